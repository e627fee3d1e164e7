//! Motions, warps and tones against their definitions, and the statistics of what is drawn.
#![cfg(not(feature = "double"))]

mod naive;

use convgrad::error::Error;
use convgrad::kernels::motion::{self, draw_maps, sine_and_cosine, Motion, Motions};
use convgrad::kernels::random::Clock;
use convgrad::kernels::tone::{self, Images};
use convgrad::kernels::warp::{self, Fill, Warp};
use naive::Numbers;

const CLOCK: Clock = Clock { step: [5, 0], seed: [7, 1] };

#[test]
fn sine_and_cosine_of_turns() {
    for index in -4000..=4000 {
        let turns = f64::from(index) / 1000.0;
        let (sine, cosine) = sine_and_cosine(turns);
        let angle = turns * std::f64::consts::TAU;
        assert!((sine - angle.sin()).abs() < 1e-14 && (cosine - angle.cos()).abs() < 1e-14, "{turns} turns");
    }
    // Unlike those of the standard library: no roundings of π.
    let quarters = [-0.5, -0.25, 0.0, 0.25, 0.5, 0.75, 1.0].map(sine_and_cosine);
    assert_eq!(quarters, [(0.0, -1.0), (-1.0, 0.0), (0.0, 1.0), (1.0, 0.0), (0.0, -1.0), (-1.0, 0.0), (0.0, 1.0)]);
}

/// A place beyond an image, step by step: nothing where a constant lies.
fn inside(fill: Fill, coordinate: f64, size: usize) -> f64 {
    let (last, whole) = (size as f64 - 1.0, size as f64);
    let mut place = coordinate;
    match fill {
        Fill::Constant(_) => return coordinate,
        Fill::Nearest => {}
        Fill::Reflect => {
            while place <= -1.0 || place >= whole {
                place = if place < 0.0 { -1.0 - place } else { 2.0 * whole - 1.0 - place };
            }
        }
        Fill::Wrap => {
            // Only as far as one image, where TensorFlow's count of images does not matter.
            if place < 0.0 {
                place += whole;
            } else if place > last {
                place -= whole;
            }
        }
    }
    place.clamp(0.0, last)
}

/// What an output pixel is mixed from: image row and column, nothing beyond the image, and shares.
fn sources(w: &Warp, map: &[f32], i: usize, j: usize) -> Vec<(Option<usize>, f64)> {
    let m: Vec<f64> = map.iter().copied().map(f64::from).collect();
    let (i, j) = (i as f64, j as f64);
    let x = inside(w.fill, m[0] * j + m[1] * i + m[2], w.input[1]);
    let y = inside(w.fill, m[3] * j + m[4] * i + m[5], w.input[0]);
    let pixel = |row: f64, column: f64| {
        let beyond = row < 0.0 || column < 0.0 || row >= w.input[0] as f64 || column >= w.input[1] as f64;
        (!beyond).then(|| (row as usize * w.input[1] + column as usize) * w.channels)
    };
    if !w.bilinear {
        return vec![(pixel(y.round(), x.round()), 1.0)];
    }
    let corners = [(0.0, 0.0), (0.0, 1.0), (1.0, 0.0), (1.0, 1.0)];
    let near = |distance: f64| (1.0 - distance.abs()).max(0.0);
    let corner = |(down, across): (f64, f64)| {
        let (row, column) = (y.floor() + down, x.floor() + across);
        (pixel(row, column), near(y - row) * near(x - column))
    };
    corners.into_iter().map(corner).collect()
}

/// Output, or with `back` the gradient by the input, in double precision.
fn naive_warp(w: &Warp, maps: &[f32], x: &[f32], back: bool) -> Vec<f64> {
    let beyond = if let Fill::Constant(value) = w.fill { f64::from(value) } else { 0.0 };
    let (from, to) = (w.input_image(), w.output_image());
    let mut sums = vec![0.0; w.batch * if back { from } else { to }];
    for n in 0..w.batch {
        for i in 0..w.output[0] {
            for j in 0..w.output[1] {
                for (source, share) in sources(w, &maps[n * 6..n * 6 + 6], i, j) {
                    for c in 0..w.channels {
                        let y = n * to + (i * w.output[1] + j) * w.channels + c;
                        let x_at = source.map(|source| n * from + source + c);
                        match (back, x_at) {
                            (false, Some(at)) => sums[y] += share * f64::from(x[at]),
                            (false, None) => sums[y] += share * beyond,
                            (true, Some(at)) => sums[at] += share * f64::from(x[y]),
                            (true, None) => {}
                        }
                    }
                }
            }
        }
    }
    sums
}

fn warps() -> Vec<Warp> {
    let mut all = Vec::new();
    for (input, channels) in [([5, 7], 1), ([1, 1], 3), ([6, 1], 5), ([1, 4], 8), ([9, 8], 33)] {
        for fill in [Fill::Constant(0.0), Fill::Constant(-2.0), Fill::Nearest, Fill::Reflect, Fill::Wrap] {
            for bilinear in [false, true] {
                let output = if channels == 1 { [3, 4] } else { input };
                all.push(Warp { batch: 3, input, output, channels, fill, bilinear });
            }
        }
    }
    all
}

#[test]
fn warps_are_exact_where_shares_are_halves() {
    for w in warps() {
        let [height, width] = w.input.map(|size| size as f32);
        // A mirror image, a shift by halves of a pixel no further than the image, a quarter turn.
        let shift = (width.min(3.0) - 0.5, height.min(2.0) - 0.5);
        let maps = [
            [-1.0, 0.0, width - 1.0, 0.0, -1.0, height - 1.0],
            [1.0, 0.0, -shift.0, 0.0, 1.0, -shift.1],
            [0.0, -1.0, height - 1.0, 1.0, 0.0, 0.0],
        ]
        .concat();
        if w.fill == Fill::Wrap && w.input[0] > w.input[1] {
            continue;
        }
        let mut numbers = Numbers::new(3);
        let x = numbers.integers(3 * w.input_image(), 8);
        let mut y = vec![f32::NAN; 3 * w.output_image()];
        warp::forward(&w, &maps, &x, &mut y);
        let expected = naive_warp(&w, &maps, &x, false);
        assert!(y.iter().zip(&expected).all(|(y, expected)| f64::from(*y) == *expected), "{w:?}");
        let dy = numbers.integers(y.len(), 8);
        let mut dx = vec![f32::NAN; x.len()];
        warp::gradient(&w, &maps, &dy, &mut dx);
        let expected = naive_warp(&w, &maps, &dy, true);
        assert!(dx.iter().zip(&expected).all(|(dx, expected)| f64::from(*dx) == *expected), "gradient of {w:?}");
    }
}

#[test]
fn warps_of_any_angle() {
    for w in warps() {
        let (mut maps, clock) = (vec![0.0; 18], CLOCK);
        let ranges = [[-0.06, 0.06], [-0.06, 0.06]];
        for motion in [Motion::Rotation, Motion::Zoom, Motion::Translation] {
            draw_maps(&Motions { motion, input: w.input, output: w.output, ranges }, 1, clock, &mut maps);
            let mut numbers = Numbers::new(9);
            let x = numbers.floats(3 * w.input_image());
            let mut y = vec![f32::NAN; 3 * w.output_image()];
            warp::forward(&w, &maps, &x, &mut y);
            let dy = numbers.floats(y.len());
            let mut dx = vec![f32::NAN; x.len()];
            warp::gradient(&w, &maps, &dy, &mut dx);
            for (actual, expected) in [(y, naive_warp(&w, &maps, &x, false)), (dx, naive_warp(&w, &maps, &dy, true))] {
                let error = actual.iter().zip(&expected).map(|(a, e)| (f64::from(*a) - e).abs()).fold(0.0, f64::max);
                assert!(error < 2e-5, "{motion:?} {w:?}: {error}");
            }
        }
    }
}

#[test]
fn what_has_no_share_does_not_count() {
    let w = Warp { batch: 1, input: [2, 2], output: [2, 2], channels: 1, fill: Fill::Nearest, bilinear: true };
    let mut y = [f32::NAN; 4];
    warp::forward(&w, &[1.0, 0.0, 0.0, 0.0, 1.0, 0.0], &[1.0, f32::INFINITY, 2.0, 3.0], &mut y);
    assert_eq!(y, [1.0, f32::INFINITY, 2.0, 3.0]);
}

#[test]
fn crops_are_copies() {
    for channels in [1, 3, 8] {
        let w = Warp { batch: 4, input: [5, 7], output: [3, 5], channels, fill: Fill::Constant(2.0), bilinear: false };
        // Within the image, at its ends, and beyond.
        let maps: Vec<f32> = [[0.0, 0.0], [2.0, 2.0], [1.0, 2.0], [3.0, -1.0]]
            .iter()
            .flat_map(|[x, y]| [1.0, 0.0, *x, 0.0, 1.0, *y])
            .collect();
        let x = Numbers::new(5).integers(4 * w.input_image(), 8);
        let mut y = vec![f32::NAN; 4 * w.output_image()];
        warp::forward(&w, &maps, &x, &mut y);
        let expected = naive_warp(&w, &maps, &x, false);
        assert!(y.iter().zip(&expected).all(|(y, expected)| f64::from(*y) == *expected), "{w:?}");
    }
}

/// Share of the numbers in each of ten parts of a range; panics where one lies outside.
fn histogram(values: &[f64], low: f64, high: f64) -> [f64; 10] {
    let mut counts = [0.0; 10];
    for &value in values {
        assert!(value >= low && value < high, "{value} is not in [{low}, {high})");
        counts[((value - low) / (high - low) * 10.0) as usize] += 1.0 / values.len() as f64;
    }
    counts
}

fn maps_of(motion: Motion, ranges: [[f32; 2]; 2], output: [usize; 2]) -> Vec<Vec<f64>> {
    let mut maps = vec![0.0; 6 * 40_000];
    draw_maps(&Motions { motion, input: [9, 14], output, ranges }, 2, CLOCK, &mut maps);
    maps.chunks(6).map(|map| map.iter().copied().map(f64::from).collect()).collect()
}

/// Each of the ten shares of 40,000 uniform numbers is within 5 deviations of a tenth, and columns do not follow rows.
fn assert_uniform(rows: &[f64], columns: &[f64], ranges: [[f64; 2]; 2]) {
    for (values, [low, high]) in [rows, columns].into_iter().zip(ranges) {
        for share in histogram(values, low, high) {
            assert!((share - 0.1).abs() < 5.0 * (0.09f64 / 40_000.0).sqrt(), "{share}");
        }
    }
    let middle = |[low, high]: [f64; 2]| (low + high) / 2.0;
    let both = rows.iter().zip(columns).filter(|(r, c)| **r < middle(ranges[0]) && **c < middle(ranges[1])).count();
    assert!((both as f64 / 40_000.0 - 0.25).abs() < 0.011, "{both}");
}

#[test]
fn numbers_are_uniform_in_their_ranges() {
    let column = |maps: &[Vec<f64>], index: usize| maps.iter().map(|map| map[index]).collect::<Vec<_>>();
    let maps = maps_of(Motion::Translation, [[-0.5, 0.25], [0.0, 1.0]], [9, 14]);
    let [rows, columns] =
        [(5, -9.0), (2, -14.0)].map(|(at, by)| column(&maps, at).iter().map(|v| v / by).collect::<Vec<_>>());
    assert_uniform(&rows, &columns, [[-0.5, 0.25], [0.0, 1.0 + 1e-7]]);
    let maps = maps_of(Motion::Zoom, [[-0.5, 0.25], [0.25, 0.75]], [9, 14]);
    assert_uniform(&column(&maps, 4), &column(&maps, 0), [[0.5, 1.25], [1.25, 1.75]]);
    // What is in the middle stays there.
    assert!(maps.iter().all(|m| (m[0] * 6.5 + m[2] - 6.5).abs() < 1e-5 && (m[4] * 4.0 + m[5] - 4.0).abs() < 1e-5));
    let maps = maps_of(Motion::EvenZoom, [[-0.5, 0.25], [0.0, 0.0]], [9, 14]);
    assert!(maps.iter().all(|m| m[0] == m[4] && (0.5..1.25).contains(&m[0])));
    let maps = maps_of(Motion::Rotation, [[-0.25, 0.125], [0.0, 0.0]], [9, 14]);
    let turns: Vec<f64> = maps.iter().map(|m| m[3].atan2(m[0]) / std::f64::consts::TAU).collect();
    for share in histogram(&turns, -0.25, 0.125) {
        assert!((share - 0.1).abs() < 0.0075, "{share}");
    }
    for m in &maps {
        assert!((m[0] * m[4] - m[1] * m[3] - 1.0).abs() < 1e-6 && m[0] == m[4] && m[1] == -m[3]);
        let (x, y) = (m[0] * 6.5 + m[1] * 4.0 + m[2], m[3] * 6.5 + m[4] * 4.0 + m[5]);
        assert!((x - 6.5).abs() < 1e-5 && (y - 4.0).abs() < 1e-5, "{x} {y}");
    }
}

#[test]
fn flips_and_crops_are_as_frequent_as_they_should() {
    let maps = maps_of(Motion::Flip, [[0.0, 0.5], [0.0, 0.0]], [9, 14]);
    let down = maps.iter().filter(|m| m[4] == -1.0 && m[5] == 8.0).count();
    assert!(maps.iter().all(|m| m[0] == 1.0 && m[2] == 0.0));
    assert!((down as f64 / 40_000.0 - 0.5).abs() < 0.0125, "{down}");
    let maps = maps_of(Motion::Flip, [[0.0, 0.5], [0.0, 0.5]], [9, 14]);
    let both = maps.iter().filter(|m| m[4] == -1.0 && m[0] == -1.0 && m[2] == 13.0).count();
    assert!((both as f64 / 40_000.0 - 0.25).abs() < 0.011, "{both}");
    let maps = maps_of(Motion::Crop, [[0.0, 0.0], [0.0, 0.0]], [7, 9]);
    let mut counts = [[0usize; 6]; 3];
    maps.iter().for_each(|m| counts[m[5] as usize][m[2] as usize] += 1);
    assert!(counts.iter().flatten().all(|&count| (count as f64 / 40_000.0 - 1.0 / 18.0).abs() < 0.006), "{counts:?}");
}

#[test]
fn draws_follow_from_seed_step_stream_and_sample() {
    let draw = |stream, step, seed, samples: usize| {
        let clock = Clock { step: [step, 0], seed: [seed, 0] };
        let mut tones = vec![0.0; 2 * samples];
        tone::draw_tones([0.0, 1.0], [2.0, 3.0], stream, clock, &mut tones);
        tones
    };
    let first = draw(0, 1, 2, 4);
    assert_eq!(first, draw(0, 1, 2, 9)[..8], "the batch's size does not matter");
    let all = [first.clone(), draw(1, 1, 2, 4), draw(0, 2, 2, 4), draw(0, 1, 3, 4)].concat();
    assert!(all.iter().enumerate().all(|(i, a)| all[..i].iter().all(|b| a != b)), "{all:?}");
    assert!(first.chunks(2).all(|t| (0.0..1.0).contains(&t[0]) && (2.0..3.0).contains(&t[1])));
}

#[test]
fn tones_against_their_definition() {
    // From 64 pixels on those of few channels are worked on side by side.
    for (pixels, channels) in [(1, 1), (35, 3), (12, 5), (9, 8), (20, 33), (67, 1), (131, 3), (70, 15), (23, 18)] {
        let images = Images { batch: 3, pixels, channels, range: [-1.5, 2.0] };
        let size = pixels * channels;
        let mut numbers = Numbers::new(4);
        let x: Vec<f32> = numbers.floats(3 * size).iter().map(|x| 2.0 * x).collect();
        let dy = numbers.floats(x.len());
        let tones = [1.0, 0.75, 0.5, 0.0, 1.75, -0.25];
        let (mut y, mut dx) = (vec![f32::NAN; x.len()], vec![f32::NAN; x.len()]);
        let (mut offsets, mut scratch) = (vec![f32::NAN; 3 * channels], vec![f32::NAN; 3 * channels]);
        tone::forward(&images, &tones, &x, &mut y, &mut offsets);
        tone::gradient(&images, (&tones, &offsets), &x, &dy, &mut dx, &mut scratch);
        for n in 0..3 {
            for c in 0..channels {
                let at = |p: usize| n * size + p * channels + c;
                let (factor, addend) = (f64::from(tones[2 * n]), f64::from(tones[2 * n + 1]));
                let mean = (0..pixels).map(|p| f64::from(x[at(p)])).sum::<f64>() / pixels as f64;
                let value = |p: usize| (f64::from(x[at(p)]) - mean) * factor + mean + addend;
                let passed = |p: usize| if (-1.5..=2.0).contains(&value(p)) { f64::from(dy[at(p)]) } else { 0.0 };
                let total = (0..pixels).map(passed).sum::<f64>() / pixels as f64;
                for p in 0..pixels {
                    assert!((f64::from(y[at(p)]) - value(p).clamp(-1.5, 2.0)).abs() < 1e-6);
                    let slope = factor * passed(p) + (1.0 - factor) * total;
                    assert!((f64::from(dx[at(p)]) - slope).abs() < 1e-6, "{pixels}×{channels}");
                }
            }
        }
    }
}

#[test]
fn nan_stays_nan_and_codes_must_be_known() {
    let images = Images { batch: 1, pixels: 2, channels: 1, range: [0.0, 1.0] };
    let (mut y, mut offsets) = ([0.0; 2], [0.0]);
    tone::forward(&images, &[1.0, 0.0], &[f32::NAN, 7.0], &mut y, &mut offsets);
    assert!(y[0].is_nan() && y[1] == 1.0);
    assert_eq!(Motion::from_code(6), Err(Error::UnknownCode));
    assert_eq!(Fill::from_code(4, 0.0), Err(Error::UnknownCode));
    assert_eq!(motion::between([2.0, 4.0], 0.25), 2.5);
}

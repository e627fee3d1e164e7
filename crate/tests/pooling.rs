//! Pooling, cross-entropy and Adam against their definitions.
#![cfg(not(feature = "double"))]

mod naive;

use convgrad::error::Error;
use convgrad::geometry::Geometry;
use convgrad::kernels::cross_entropy::{self, Targets};
use convgrad::kernels::pooling;
use convgrad::optimizers::adam::{update, Adam};
use naive::Numbers;

fn geometry(image: [u32; 2], channels: u32, window: [u32; 2], stride: [u32; 2], pads: [u32; 4]) -> Geometry {
    let [top, bottom, left, right] = pads;
    let words = [2, image[0], image[1], channels, window[0], window[1], channels, stride[0], stride[1]];
    let mut block = [1; 16];
    block[..9].copy_from_slice(&words);
    block[9..13].copy_from_slice(&[top, bottom, left, right]);
    Geometry::new(&block).unwrap()
}

/// Small images with every window up to 3×3, every stride up to 4, and borders: rows, columns and arrays end everywhere.
fn small() -> Vec<Geometry> {
    let sizes = (1..=36).map(|n| [1 + (n - 1) / 6, 1 + (n - 1) % 6]);
    let choices = (0..9 * 16).map(|n| ([1 + n % 3, 1 + n / 3 % 3], [1 + n / 9 % 4, 1 + n / 36]));
    let all = sizes.flat_map(move |image| choices.clone().map(move |(window, stride)| (image, window, stride)));
    let bordered = all.flat_map(|(image, window, stride)| {
        let pads = [[0; 4], [0, window[0] - 1, 0, window[1] - 1], [window[0] / 2, 0, window[1] / 2, window[1] / 2]];
        let fits = move |[top, bottom, left, right]: &[u32; 4]| {
            image[0] + top + bottom >= window[0] && image[1] + left + right >= window[1]
        };
        pads.into_iter()
            .filter(fits)
            .flat_map(move |pads| [1, 2, 3, 4, 5].map(|channels| geometry(image, channels, window, stride, pads)))
    });
    bordered.collect()
}

fn table() -> Vec<Geometry> {
    let mut all = Vec::new();
    for channels in [1, 2, 3, 4, 5, 6, 7, 9, 12, 16, 18, 20, 32] {
        all.push(geometry([6, 8], channels, [2, 2], [2, 2], [0; 4]));
        all.push(geometry([7, 5], channels, [2, 3], [1, 2], [0, 1, 1, 1]));
        all.push(geometry([5, 5], channels, [3, 3], [2, 2], [1; 4]));
        all.push(geometry([1, 1], channels, [1, 1], [1, 1], [0; 4]));
        all.push(geometry([5, 7], channels, [2, 2], [2, 2], [0; 4]));
        all.push(geometry([4, 13], channels, [2, 2], [2, 2], [0; 4]));
        all.push(geometry([6, 9], channels, [3, 3], [1, 1], [1; 4]));
        all.push(geometry([9, 11], channels, [5, 4], [2, 3], [1, 2, 2, 1]));
        all.push(geometry([9, 11], channels, [5, 4], [1, 1], [1, 2, 2, 1]));
        all.push(geometry([3, 8], channels, [1, 3], [1, 1], [0, 0, 1, 1]));
        all.push(geometry([4, 3], channels, [6, 5], [1, 1], [5, 2, 3, 4]));
        // Lines that are longer than what is on its way at once; windows that are as well.
        all.push(geometry([3, 600], channels, [3, 3], [1, 1], [1; 4]));
        all.push(geometry([3, 600], channels, [3, 3], [2, 2], [0, 1, 0, 1]));
        all.push(geometry([2, 1030], channels, [2, 1025], [1, 2], [0; 4]));
    }
    all
}

/// The pixels of the window of output (n, i, j), as offsets of channel 0.
fn window(g: &Geometry, n: usize, i: usize, j: usize) -> Vec<usize> {
    let mut offsets = Vec::new();
    for p in 0..g.kernel_h {
        for q in 0..g.kernel_w {
            let (row, column) = (i * g.stride_h + p, j * g.stride_w + q);
            let inside = row >= g.pad_top && column >= g.pad_left;
            if inside && row - g.pad_top < g.in_h && column - g.pad_left < g.in_w {
                offsets.push(((n * g.in_h + row - g.pad_top) * g.in_w + column - g.pad_left) * g.in_c);
            }
        }
    }
    offsets
}

/// Where places of largest values can be noted, outputs and gradients are the same with notes.
fn assert_noted(g: &Geometry, x: &[f32], dy: &[f32], y: &[f32], dx: &[f32]) {
    let notes = pooling::notes(g);
    let side_by_side = (g.kernel_h, g.kernel_w, g.stride_h, g.stride_w) == (2, 2, 2, 2) && !g.is_padded();
    assert_eq!(notes, if side_by_side && g.in_c % 4 == 0 { y.len() / 4 } else { 0 });
    if notes == 0 {
        return;
    }
    let (mut argmax, mut with_notes) = (vec![f32::NAN; notes], vec![f32::NAN; y.len()]);
    pooling::max_noting(g, x, &mut with_notes, &mut argmax);
    assert_eq!(bits(&with_notes), bits(y), "{g:?}");
    let mut from_notes = vec![f32::NAN; x.len()];
    pooling::gradient_of_noted(g, &argmax, dy, &mut from_notes);
    assert_eq!(bits(&from_notes), bits(dx), "{g:?}");
}

fn bits(values: &[f32]) -> Vec<u32> {
    values.iter().map(|value| value.to_bits()).collect()
}

#[test]
fn pooling_is_exact_on_integers() {
    // Windows that are the image, small ones and those of more than a cache keeps.
    let whole = [([4, 5], 32), ([4, 5], 36), ([7, 7], 70), ([160, 160], 64)]
        .map(|(image, channels)| geometry(image, channels, image, [1, 1], [0; 4]));
    for (index, g) in table().iter().chain(&small()).chain(&whole).enumerate() {
        let mut numbers = Numbers::new(index as u64);
        let x = numbers.integers(g.input_size(), 4);
        let dy = numbers.integers(g.output_size(), 3);
        let (mut largest, mut means) = (vec![f32::NAN; g.output_size()], vec![f32::NAN; g.output_size()]);
        pooling::max(g, &x, &mut largest);
        pooling::average(g, &x, &mut means);
        let (mut dx_max, mut dx_mean) = (vec![f32::NAN; x.len()], vec![f32::NAN; x.len()]);
        pooling::max_gradient(g, &x, &largest, &dy, &mut dx_max);
        pooling::average_gradient(g, &dy, &mut dx_mean);
        assert_noted(g, &x, &dy, &largest, &dx_max);
        let (mut expected_max, mut expected_mean) = (vec![0.0; x.len()], vec![0.0; x.len()]);
        for output in 0..g.output_size() {
            let channel = output % g.in_c;
            let place = output / g.in_c;
            let (j, i, n) = (place % g.out_w, place / g.out_w % g.out_h, place / g.out_w / g.out_h);
            let pixels = window(g, n, i, j);
            let best = pixels.iter().map(|&pixel| x[pixel + channel]).fold(f32::NEG_INFINITY, f32::max);
            assert_eq!(largest[output], best, "{g:?}");
            let mean = pixels.iter().map(|&pixel| x[pixel + channel]).sum::<f32>() / pixels.len() as f32;
            assert!((means[output] - mean).abs() < 1e-6, "{g:?}");
            let first = pixels.iter().find(|&&pixel| x[pixel + channel] == best).unwrap();
            expected_max[first + channel] += dy[output];
            for pixel in &pixels {
                expected_mean[pixel + channel] += dy[output] / pixels.len() as f32;
            }
        }
        assert_eq!(dx_max, expected_max, "{g:?}");
        assert!(dx_mean.iter().zip(&expected_mean).all(|(a, e)| (a - e).abs() < 1e-5), "{g:?}");
    }
}

#[test]
fn nan_wins_a_window() {
    for channels in [1, 4, 5, 8, 16, 32, 64, 96] {
        let (g, count) = (geometry([2, 2], channels, [2, 2], [2, 2], [0; 4]), channels as usize);
        // The first and the last one, and one of each vector between.
        for (channel, place) in (0..count).step_by(5).chain([count - 1]).flat_map(|c| [(c, 0), (c, 1), (c, 2), (c, 3)])
        {
            let mut x = vec![1.0; g.input_size()];
            x[place * count + channel] = f32::NAN;
            let mut y = vec![0.0; g.output_size()];
            pooling::max(&g, &x, &mut y);
            for (output, value) in y.iter().enumerate() {
                assert_eq!(
                    value.is_nan(),
                    output == channel,
                    "{channels} channels, pixel {place} of {channel}, {output}"
                );
            }
            let (dy, mut dx) = (vec![2.0; y.len()], vec![f32::NAN; x.len()]);
            pooling::max_gradient(&g, &x, &y, &dy, &mut dx);
            let first: Vec<f32> = dx.iter().skip(channel).step_by(count).copied().take(4).collect();
            let expected: Vec<f32> = (0..4).map(|pixel| if pixel == place { 2.0 } else { 0.0 }).collect();
            assert_eq!(first, expected, "gradient of {channels} channels, pixel {place} of {channel}");
            assert_noted(&g, &x, &dy, &y, &dx);
        }
    }
}

#[test]
fn nan_and_infinity_stay_in_their_windows() {
    let rows_of_many = [48, 64, 96, 160].map(|channels| geometry([6, 7], channels, [2, 2], [2, 2], [0; 4]));
    for g in table().into_iter().chain(rows_of_many) {
        let mut x = Numbers::new(3).integers(g.input_size(), 4);
        for (place, x) in x.iter_mut().enumerate() {
            match place % 53 {
                11 => *x = f32::NAN,
                23 => *x = f32::INFINITY,
                28.. => *x = f32::NEG_INFINITY,
                _ => {}
            }
        }
        let mut largest = vec![0.0; g.output_size()];
        pooling::max(&g, &x, &mut largest);
        for (output, largest) in largest.into_iter().enumerate() {
            let (channel, place) = (output % g.in_c, output / g.in_c);
            let (j, i, n) = (place % g.out_w, place / g.out_w % g.out_h, place / g.out_w / g.out_h);
            let values: Vec<f32> = window(&g, n, i, j).iter().map(|&pixel| x[pixel + channel]).collect();
            if values.iter().any(|value| value.is_nan()) {
                assert!(largest.is_nan(), "{g:?}");
            } else {
                assert_eq!(largest, values.into_iter().fold(f32::NEG_INFINITY, f32::max), "{g:?}");
            }
        }
    }
}

/// The gradient by its definition: sums in the order of the windows, each of which gives to its first largest pixel, or NaN.
fn max_gradient(g: &Geometry, x: &[f32], largest: &[f32], dy: &[f32]) -> Vec<f32> {
    let mut dx = vec![0.0; x.len()];
    for output in 0..g.output_size() {
        let (channel, place) = (output % g.in_c, output / g.in_c);
        let (j, i, n) = (place % g.out_w, place / g.out_w % g.out_h, place / g.out_w / g.out_h);
        let is_it = |pixel: &usize| x[pixel + channel] == largest[output] || x[pixel + channel].is_nan();
        if let Some(pixel) = window(g, n, i, j).into_iter().find(is_it) {
            dx[pixel + channel] += dy[output];
        }
    }
    dx
}

#[test]
fn gradients_have_the_bits_of_their_definition() {
    let mut all = table();
    all.extend(small());
    for channels in [1, 3, 6, 8, 17, 43] {
        all.push(geometry([7, 9], channels, [3, 3], [1, 1], [0; 4]));
        all.push(geometry([9, 9], channels, [3, 3], [2, 2], [0; 4]));
        // Rows and columns that no window sees.
        all.push(geometry([8, 10], channels, [3, 3], [2, 2], [0; 4]));
        all.push(geometry([6, 7], channels, [3, 2], [2, 1], [1, 0, 0, 1]));
        all.push(geometry([28, 35], channels, [3, 3], [2, 2], [1, 1, 1, 0]));
        all.push(geometry([11, 34], channels, [3, 3], [4, 3], [0; 4]));
        all.push(geometry([9, 21], channels, [2, 2], [2, 3], [0, 1, 1, 1]));
    }
    for channels in [8, 11, 16, 17, 20, 24, 32, 33, 48] {
        all.push(geometry([5, 9], channels, [2, 2], [2, 2], [0; 4]));
    }
    // Windows that are the image.
    for channels in [32, 36, 33, 516] {
        all.push(geometry([4, 5], channels, [4, 5], [1, 1], [0; 4]));
    }
    // Rows that a first-level cache does not keep.
    all.push(geometry([4, 83], 32, [2, 2], [2, 2], [0; 4]));
    // More than a cache keeps.
    all.push(geometry([450, 450], 4, [2, 2], [2, 2], [0; 4]));
    all.push(geometry([451, 450], 5, [2, 2], [2, 2], [0; 4]));
    for (index, g) in all.iter().enumerate() {
        let mut numbers = Numbers::new(index as u64);
        // Few different values, so that windows have several that are the largest; sums that are rounded.
        let mut x = numbers.integers(g.input_size(), 4);
        let mut dy = numbers.floats(g.output_size());
        // No pixel is given a zero with the sign minus, but where every one belongs to one window.
        if g.kernel_h > 2 {
            dy.iter_mut().step_by(11).for_each(|dy| *dy = -0.0);
        }
        for with_nan in [false, true] {
            if with_nan {
                x.iter_mut().step_by(13).for_each(|x| *x = f32::NAN);
                x.iter_mut().skip(3).step_by(7).for_each(|x| *x = f32::NEG_INFINITY);
            }
            let (mut largest, mut dx) = (vec![0.0; g.output_size()], vec![f32::NAN; x.len()]);
            pooling::max(g, &x, &mut largest);
            pooling::max_gradient(g, &x, &largest, &dy, &mut dx);
            assert_eq!(bits(&dx), bits(&max_gradient(g, &x, &largest, &dy)), "{g:?}, NaN: {with_nan}");
        }
    }
}

#[test]
fn cross_entropy_is_that_of_its_definition() {
    for width in [2, 3, 10, 33] {
        let logits: Vec<f32> = Numbers::new(width as u64).floats(5 * width).iter().map(|value| value * 20.0).collect();
        let labels: Vec<f32> = (0..5).map(|row| ((row * 7) % width) as f32).collect();
        let mut probabilities = vec![f32::NAN; logits.len()];
        let targets = Targets { values: &labels, sparse: true, smoothing: 0.0, weights: None };
        let loss = cross_entropy::from_logits(width, &logits, targets, &mut probabilities).unwrap();
        let mut gradient = vec![f32::NAN; logits.len()];
        cross_entropy::from_logits_gradient(width, &probabilities, targets, &mut gradient);
        let mut expected = 0.0;
        for (row, x) in logits.chunks_exact(width).enumerate() {
            let total: f64 = x.iter().map(|&x| f64::from(x).exp()).sum();
            let label = labels[row] as usize;
            expected += (total.ln() - f64::from(x[label])) / 5.0;
            for column in 0..width {
                let p = f64::from(x[column]).exp() / total;
                let slope = (p - f64::from(u8::from(column == label))) / 5.0;
                assert!((f64::from(gradient[row * width + column]) - slope).abs() < 1e-7);
            }
        }
        assert!((f64::from(loss) / expected - 1.0).abs() < 1e-6);
    }
}

#[test]
fn labels_out_of_range_are_refused() {
    for label in [-1.0, 3.0, 0.5, f32::NAN, 1e20] {
        let targets = Targets { values: &[label], sparse: true, smoothing: 0.0, weights: None };
        let answer = cross_entropy::from_logits(3, &[0.0; 3], targets, &mut [0.0; 3]);
        assert_eq!(answer, Err(Error::OutOfBounds), "{label}");
    }
}

#[test]
fn adam_is_that_of_its_definition() {
    let adam = Adam { rate: 0.1, beta1: 0.9, beta2: 0.99, epsilon: 1e-3 };
    for length in [1, 4, 7, 33] {
        let mut numbers = Numbers::new(length as u64);
        let mut p = numbers.floats(length);
        let (mut m, mut v) = (vec![0.0; length], vec![0.0; length]);
        let mut expected: Vec<(f64, f64, f64)> = p.iter().map(|&p| (f64::from(p), 0.0, 0.0)).collect();
        for _ in 0..5 {
            let g = numbers.floats(length);
            update(adam, &mut p, &g, &mut m, &mut v);
            for ((p, m, v), g) in expected.iter_mut().zip(&g) {
                let g = f64::from(*g);
                *m = 0.9 * *m + 0.1 * g;
                *v = 0.99 * *v + 0.01 * g * g;
                *p -= 0.1 * *m / (v.sqrt() + 1e-3);
            }
        }
        for (index, (expected, _, _)) in expected.iter().enumerate() {
            assert!((f64::from(p[index]) - expected).abs() < 2e-6, "{} {expected}", p[index]);
        }
    }
}

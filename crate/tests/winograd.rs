//! Winograd's way of convolution against the definition, natively and on small shapes, where the library does not take it.
#![cfg(not(feature = "double"))]

mod naive;

use convgrad::geometry::Geometry;
use convgrad::kernels::conv2d::pooled::Pooled;
use convgrad::kernels::conv2d::winograd::{
    both_workspace, convolve, filter_gradient, filter_gradient_workspace, gradients, has_both, is_possible, workspace,
    Convolution,
};
use convgrad::kernels::ending::Ending;
use convgrad::kernels::{activation::Activation, bias, pooling};
use naive::{convolve as define, Into, Numbers};

fn geometry(batch: u32, image: [u32; 2], channels: u32, filters: u32, pads: [u32; 4]) -> Geometry {
    with_taps([3, 3], batch, image, channels, filters, pads)
}

fn with_taps(
    [taps_h, taps_w]: [u32; 2],
    batch: u32,
    [h, w]: [u32; 2],
    channels: u32,
    filters: u32,
    [top, bottom, left, right]: [u32; 4],
) -> Geometry {
    let words = [batch, h, w, channels, taps_h, taps_w, filters, 1, 1, top, bottom, left, right, 1, 1, 1];
    let g = Geometry::new(&words).unwrap();
    assert!(is_possible(&g));
    g
}

/// Filters of one row over lines, of which they see every so manieth pixel.
fn dilated(
    [taps, dilation]: [u32; 2],
    batch: u32,
    width: u32,
    channels: u32,
    filters: u32,
    pads: [u32; 2],
) -> Geometry {
    let [left, right] = pads.map(|pad| pad * dilation);
    let words = [batch, 1, width, channels, 1, taps, filters, 1, 1, 0, 0, left, right, 1, dilation, 1];
    let g = Geometry::new(&words).unwrap();
    assert!(is_possible(&g));
    g
}

/// Outputs of every remainder by the size of a tile, every kind of padding, full and partial panels of channels, several
/// images in a part, more images than parts, more tiles than are worked on together.
fn table() -> Vec<Geometry> {
    let mut all = Vec::new();
    for height in 3..9 {
        for width in [3, 4, 7, 10, 13] {
            all.push(geometry(2, [height, width], 4, 4, [0; 4]));
            all.push(geometry(1, [height, width], 4, 8, [1; 4]));
        }
    }
    for pads in [[2; 4], [0, 1, 2, 3], [3, 0, 1, 2], [5, 4, 3, 6]] {
        all.push(geometry(2, [6, 5], 8, 12, pads));
    }
    all.push(geometry(1, [1, 1], 4, 4, [1; 4]));
    for (channels, filters) in [(4, 16), (8, 20), (12, 24), (20, 28), (32, 32), (36, 44)] {
        all.push(geometry(3, [9, 11], channels, filters, [1; 4]));
    }
    all.push(geometry(37, [5, 5], 8, 8, [1; 4]));
    all.push(geometry(2, [41, 37], 64, 4, [0; 4]));
    // Tiles for two and four parts with sums of their own.
    all.push(geometry(43, [13, 9], 4, 12, [0; 4]));
    all.push(geometry(87, [13, 9], 8, 4, [0; 4]));
    for (height, width) in (5..9).flat_map(|height| [5, 6, 9, 12].map(|width| (height, width))) {
        all.push(with_taps([5, 5], 2, [height, width], 4, 4, [0; 4]));
        all.push(with_taps([5, 5], 1, [height, width], 4, 8, [2; 4]));
    }
    for pads in [[4; 4], [0, 1, 2, 3], [3, 0, 1, 2], [7, 6, 5, 8]] {
        all.push(with_taps([5, 5], 2, [6, 5], 8, 12, pads));
    }
    all.push(with_taps([5, 5], 1, [1, 1], 4, 4, [2; 4]));
    for (channels, filters) in [(4, 16), (8, 20), (20, 28), (36, 44)] {
        all.push(with_taps([5, 5], 2, [9, 11], channels, filters, [2; 4]));
    }
    all.push(with_taps([5, 5], 37, [5, 6], 8, 8, [2; 4]));
    all.push(with_taps([5, 5], 12, [13, 9], 4, 12, [0; 4]));
    for taps in [3, 5] {
        let line = [1, taps];
        for width in 5..14 {
            all.push(with_taps(line, 2, [1, width], 4, 4, [0; 4]));
            all.push(with_taps(line, 1, [1, width], 4, 8, [0, 0, taps - 1, 0]));
        }
        for pads in [[0, 0, 4, 4], [0, 1, 2, 3], [3, 0, 1, 2], [2, 3, 8, 7]] {
            all.push(with_taps(line, 2, [3, 5], 8, 12, pads));
        }
        all.push(with_taps(line, 1, [1, 1], 4, 4, [0, 0, taps / 2, taps / 2]));
        for (channels, filters) in [(4, 16), (8, 20), (20, 28), (36, 44)] {
            all.push(with_taps(line, 2, [2, 31], channels, filters, [0, 0, 1, 1]));
        }
        all.push(with_taps(line, 37, [1, 19], 8, 8, [0, 0, 1, 1]));
        all.push(with_taps(line, 3, [7, 300], 8, 8, [0, 0, 0, 1]));
        all.push(with_taps(line, 2, [1, 801], 64, 4, [0; 4]));
        for width in 20..45 {
            all.push(dilated([taps, 4], 2, width, 4, 4, [0; 2]));
            all.push(dilated([taps, 5], 1, width, 4, 8, [taps - 1, 0]));
        }
        for (dilation, pads) in [(2, [1, 1]), (3, [6, 7]), (16, [1, 1]), (64, [2, 2])] {
            all.push(dilated([taps, dilation], 3, 37, 20, 12, pads));
        }
        all.push(dilated([taps, 7], 6, 400, 8, 20, [0, taps - 1]));
    }
    all
}

/// The transforms by their definition, all entries positive: what they make of the sizes of values.
struct Sizes {
    inputs: Vec<Vec<f64>>,
    spread: Vec<Vec<f64>>,
    taps: Vec<Vec<f64>>,
    outputs: Vec<Vec<f64>>,
    gradients: Vec<Vec<f64>>,
    tap_gradients: Vec<Vec<f64>>,
}

impl Sizes {
    /// For filters of so many taps along an axis.
    fn new(taps: usize) -> Self {
        if taps == 1 {
            let [inputs, spread, taps, outputs, gradients, tap_gradients] = std::array::from_fn(|_| vec![vec![1.0]]);
            return Self { inputs, spread, taps, outputs, gradients, tap_gradients };
        }
        let (a, b): (f64, f64) = (2.0 / 3.0, 1.5);
        let points = [0.0, a, -a, b, -b];
        let others = |i: usize| points.iter().enumerate().filter(move |&(j, _)| j != i).map(|(_, &x)| x);
        // Coefficients of the product of (x − p) over some points, from the constant on.
        let product = |roots: Vec<f64>| {
            let mut all = vec![1.0];
            for root in roots {
                let mut next = vec![0.0; all.len() + 1];
                for (power, &value) in all.iter().enumerate() {
                    next[power + 1] += value;
                    next[power] -= root * value;
                }
                all = next;
            }
            all.resize(6, 0.0);
            all.into_iter().map(f64::abs).collect::<Vec<_>>()
        };
        let mut inputs: Vec<Vec<f64>> = (0..5).map(|i| product(others(i).collect())).collect();
        inputs.push(product(points.to_vec()));
        // Values of powers at the points, the last one at infinity.
        let powers = |count: usize, weighted: bool| {
            let at = |i: usize| {
                let weight = if weighted { others(i).map(|x| points[i] - x).product::<f64>().recip() } else { 1.0 };
                (0..count).map(|power| (weight * points[i].powi(power as i32)).abs()).collect::<Vec<_>>()
            };
            let mut all: Vec<Vec<f64>> = (0..5).map(at).collect();
            all.push((0..count).map(|power| f64::from(u8::from(power + 1 == count))).collect());
            all
        };
        let transposed = |m: Vec<Vec<f64>>| -> Vec<Vec<f64>> {
            (0..m[0].len()).map(|j| m.iter().map(|row| row[j]).collect()).collect()
        };
        Self {
            spread: transposed(inputs.clone()),
            inputs,
            taps: powers(taps, true),
            outputs: transposed(powers(7 - taps, false)),
            gradients: powers(7 - taps, false),
            tap_gradients: transposed(powers(taps, true)),
        }
    }
}

/// `a · x · bᵀ` for the rectangle that `x` answers.
fn around([a, b]: [&[Vec<f64>]; 2], x: impl Fn(usize, usize) -> f64) -> Vec<Vec<f64>> {
    let left: Vec<Vec<f64>> = a
        .iter()
        .map(|row| (0..b[0].len()).map(|j| row.iter().enumerate().map(|(i, value)| value * x(i, j)).sum()).collect())
        .collect();
    left.iter().map(|left| b.iter().map(|row| row.iter().zip(left).map(|(a, b)| a * b).sum()).collect()).collect()
}

/// Outputs of a tile along an axis.
fn side(taps: usize) -> usize {
    if taps == 1 {
        1
    } else {
        7 - taps
    }
}

/// Every place of a rectangle.
fn places([height, width]: [usize; 2]) -> impl Iterator<Item = (usize, usize)> + Clone {
    (0..height).flat_map(move |i| (0..width).map(move |j| (i, j)))
}

/// Rows and columns of an image, which are those of its pixels or, where a line is dilated, one for each remainder of their numbers.
fn size([height, width, _]: [usize; 3], dilation: usize) -> [usize; 2] {
    [height * dilation, width.div_ceil(dilation)]
}

/// Where a channel of a pixel lies in a stack of images, unless it is outside.
fn place(
    [height, width, depth]: [usize; 3],
    dilation: usize,
    n: usize,
    [i, j]: [isize; 2],
    channel: usize,
) -> Option<usize> {
    let (i, j) = (usize::try_from(i).ok()?, usize::try_from(j).ok()?);
    let (row, column) = if dilation == 1 { (i, j) } else { (0, j * dilation + i) };
    (row < height && column < width && (dilation == 1 || i < dilation))
        .then(|| ((n * height + row) * width + column) * depth + channel)
}

/// One channel of a stack of images, zero outside.
fn pixel(x: &[f32], shape: [usize; 3], dilation: usize, n: usize, at: [isize; 2], channel: usize) -> f64 {
    place(shape, dilation, n, at, channel).map_or(0.0, |index| f64::from(x[index].abs()))
}

/// What all intermediate values of every output's or filter's tiles can add up to: rounding errors are shares of it.
fn reach(c: &Convolution, x: &[f32], filter: &[f32], dy: Option<&[f32]>) -> Vec<f64> {
    let (sizes, taps, side) = (c.taps.map(Sizes::new), c.taps, c.taps.map(side));
    let both = |of: fn(&Sizes) -> &Vec<Vec<f64>>| [&of(&sizes[0])[..], &of(&sizes[1])[..]];
    let points = [sizes[0].inputs.len(), sizes[1].inputs.len()];
    let ([height, width], filters) = (size(c.output, c.dilation), c.output[2]);
    let depth = c.input[2];
    let nothing = vec![vec![0.0; points[1]]; points[0]];
    let mut result = vec![0.0; if dy.is_some() { filter.len() } else { c.batch * c.output.iter().product::<usize>() }];
    let mut totals = vec![vec![nothing.clone(); filters]; depth];
    for n in 0..c.batch {
        for (row, column) in (0..height).step_by(side[0]).flat_map(|i| (0..width).step_by(side[1]).map(move |j| (i, j)))
        {
            let corner = (row as isize - c.pads[0], column as isize - c.pads[1]);
            let at = |k: usize| {
                let (input, dilation, (row, column)) = (c.input, c.dilation, corner);
                move |i: usize, j: usize| pixel(x, input, dilation, n, [row + i as isize, column + j as isize], k)
            };
            let seen: Vec<_> = (0..depth).map(|k| around(both(|s| &s.inputs), at(k))).collect();
            for o in 0..filters {
                let mut sum = nothing.clone();
                let gradients = dy.map(|dy| {
                    let at = |i, j| pixel(dy, c.output, c.dilation, n, [(row + i) as isize, (column + j) as isize], o);
                    around(both(|s| &s.gradients), at)
                });
                for k in 0..depth {
                    let tap =
                        |i: usize, j: usize| f64::from(filter[((i * taps[1] + j) * depth + k) * filters + o].abs());
                    let other = gradients.clone().unwrap_or_else(|| around(both(|s| &s.taps), tap));
                    let target = if dy.is_some() { &mut totals[k][o] } else { &mut sum };
                    for (i, j) in places(points) {
                        target[i][j] += seen[k][i][j] * other[i][j];
                    }
                }
                let tile = around(both(|s| &s.outputs), |i, j| sum[i][j]);
                for (i, j) in places(side) {
                    let at = [(row + i) as isize, (column + j) as isize];
                    if let Some(index) = place(c.output, c.dilation, n, at, o).filter(|_| dy.is_none()) {
                        result[index] = tile[i][j];
                    }
                }
            }
        }
    }
    if dy.is_some() {
        for (k, o) in places([depth, filters]) {
            let tile = around(both(|s| &s.tap_gradients), |i, j| totals[k][o][i][j]);
            for (i, j) in places(taps) {
                result[((i * taps[1] + j) * depth + k) * filters + o] = tile[i][j];
            }
        }
    }
    result
}

/// The same of the transpose: outputs are sums of those of the tiles that overlap there.
fn reach_of_transpose(c: &Convolution, x: &[f32], filter: &[f32]) -> Vec<f64> {
    let (sizes, taps, side) = (c.taps.map(Sizes::new), c.taps, c.taps.map(side));
    let both = |of: fn(&Sizes) -> &Vec<Vec<f64>>| [&of(&sizes[0])[..], &of(&sizes[1])[..]];
    let points = [sizes[0].inputs.len(), sizes[1].inputs.len()];
    let ([height, width], depth, filters) = (size(c.input, c.dilation), c.input[2], c.output[2]);
    let mut result = vec![0.0; c.batch * c.output.iter().product::<usize>()];
    for n in 0..c.batch {
        for (row, column) in (0..height).step_by(side[0]).flat_map(|i| (0..width).step_by(side[1]).map(move |j| (i, j)))
        {
            for o in 0..filters {
                let mut sum = vec![vec![0.0; points[1]]; points[0]];
                for k in 0..depth {
                    let at = |i: usize, j: usize| {
                        pixel(x, c.input, c.dilation, n, [(row + i) as isize, (column + j) as isize], k)
                    };
                    let seen = around(both(|s| &s.gradients), at);
                    let tap =
                        |i: usize, j: usize| f64::from(filter[((i * taps[1] + j) * depth + k) * filters + o].abs());
                    let other = around(both(|s| &s.taps), tap);
                    for (i, j) in places(points) {
                        sum[i][j] += seen[i][j] * other[i][j];
                    }
                }
                let tile = around(both(|s| &s.spread), |i, j| sum[i][j]);
                for (i, j) in places(points) {
                    let at = [(row + i) as isize - c.pads[0], (column + j) as isize - c.pads[1]];
                    if let Some(index) = place(c.output, c.dilation, n, at, o) {
                        result[index] += tile[i][j];
                    }
                }
            }
        }
    }
    result
}

/// Tiles of all images, each a term of a filter's gradient.
fn tiles(g: &Geometry) -> usize {
    let [height, width] = size([g.out_h, g.out_w, 1], g.dilation_w);
    g.batch * height.div_ceil(side(g.kernel_h)) * width.div_ceil(side(g.kernel_w))
}

/// Roundings on the way of a value, besides those of its sum of products: a transform of one axis has at most six, with
/// those of its constants; three arrays are transformed along each axis that has more taps than one; a bias is added, or tiles that
/// overlap.
fn roundings(taps: [usize; 2]) -> usize {
    taps.map(|taps| if taps == 1 { 0 } else { 3 * 6 }).iter().sum::<usize>()
        + taps.map(|taps| if taps == 1 { 1 } else { 6usize.div_ceil(side(taps)) }).iter().product::<usize>()
}

fn assert_within(actual: &[f32], expected: &[f64], reach: &[f64], (terms, taps): (usize, [usize; 2]), what: &str) {
    assert_eq!(actual.len(), expected.len(), "{what}");
    for (index, (&value, &expected)) in actual.iter().zip(expected).enumerate() {
        let bound = (terms + roundings(taps)) as f64 * f64::from(f32::EPSILON) / 2.0 * reach[index];
        let error = (f64::from(value) - expected).abs();
        assert!(error <= bound, "{what} [{index}]: {value}, expected {expected} within {bound}");
    }
}

/// Filters with their channels exchanged; rotated by half a turn, or not.
fn exchange(g: &Geometry, filter: &[f32], rotates: bool) -> Vec<f32> {
    let mut rotated = vec![0.0; filter.len()];
    let last = g.kernel_h * g.kernel_w - 1;
    for (tap, c, o) in (0..=last).flat_map(|tap| (0..g.in_c).flat_map(move |c| (0..g.out_c).map(move |o| (tap, c, o))))
    {
        let target = if rotates { last - tap } else { tap };
        rotated[(target * g.out_c + o) * g.in_c + c] = filter[(tap * g.in_c + c) * g.out_c + o];
    }
    rotated
}

/// A convolution, whose workspace and outputs begin with garbage.
fn run(c: &Convolution, x: &[f32], filter: &[f32], bias: Option<&[f32]>) -> Vec<f32> {
    let mut y = vec![f32::NAN; c.batch * c.output.iter().product::<usize>()];
    let mut scratch = vec![f32::NAN; workspace(c).unwrap()];
    convolve(c, x, filter, bias, &mut y, &mut scratch, |_, _| ());
    y
}

#[test]
fn errors_stay_within_those_of_their_roundings() {
    for (index, g) in table().iter().enumerate() {
        let check = |actual: &[f32], expected: &[f64], sizes: &[f64], terms: usize, pass: &str| {
            assert_within(actual, expected, sizes, (terms, [g.kernel_h, g.kernel_w]), &format!("{pass} {g:?}"));
        };
        let mut numbers = Numbers::new(index as u64);
        let (x, filter) = (numbers.floats(g.input_size()), numbers.floats(g.filter_size()));
        let (bias, dy) = (numbers.floats(g.out_c), numbers.floats(g.output_size()));

        let (forward, backward) = (Convolution::forward(g), Convolution::backward(g));
        let (mut expected, _) = define(g, &x, &filter, &dy, Into::Output);
        let mut sizes = reach(&forward, &x, &filter, None);
        check(&run(&forward, &x, &filter, None), &expected, &sizes, g.in_c, "forward");
        for (index, (expected, size)) in expected.iter_mut().zip(&mut sizes).enumerate() {
            let bias = f64::from(bias[index % g.out_c]);
            (*expected, *size) = (*expected + bias, *size + bias.abs());
        }
        check(&run(&forward, &x, &filter, Some(&bias)), &expected, &sizes, g.in_c, "with bias");

        let rotated = exchange(g, &filter, true);
        let (expected, _) = define(g, &x, &filter, &dy, Into::Input);
        let sizes = reach(&backward, &dy, &rotated, None);
        check(&run(&backward, &dy, &rotated, None), &expected, &sizes, g.out_c, "input gradient");
        let (transpose, exchanged) = (Convolution::transpose(g), exchange(g, &filter, false));
        let sizes = reach_of_transpose(&transpose, &dy, &exchanged);
        check(&run(&transpose, &dy, &exchanged, None), &expected, &sizes, g.out_c, "transpose");
        let bias = numbers.floats(g.in_c);
        let with_bias: Vec<_> = expected.iter().zip(bias.iter().cycle()).map(|(y, &b)| y + f64::from(b)).collect();
        let sizes: Vec<_> = sizes.iter().zip(bias.iter().cycle()).map(|(y, &b)| y + f64::from(b.abs())).collect();
        let actual = run(&transpose, &dy, &exchanged, Some(&bias));
        check(&actual, &with_bias, &sizes, g.out_c, "transpose with bias");

        let mut df = vec![f32::NAN; g.filter_size()];
        let mut scratch = vec![f32::NAN; filter_gradient_workspace(&forward).unwrap()];
        filter_gradient(&forward, &x, &dy, &mut df, &mut scratch);
        let (expected, _) = define(g, &x, &filter, &dy, Into::Filter);
        let sizes = reach(&forward, &x, &filter, Some(&dy));
        check(&df, &expected, &sizes, tiles(g), "filter gradient");
    }
}

#[test]
fn both_gradients_behind_pooling_err_no_more() {
    let mut all = table();
    all.retain(|g| g.out_h > 1 && g.out_w > 1 && g.kernel_h > 1);
    // Images that are worked on alone, whole and in pieces; more than one panel of channels on both sides.
    all.push(geometry(5, [13, 13], 32, 20, [0; 4]));
    all.push(geometry(2, [27, 30], 20, 12, [1; 4]));
    for (index, g) in all.iter().enumerate() {
        let what = |pass: &str| format!("{pass} {g:?}");
        let mut numbers = Numbers::new(index as u64);
        let [height, width, channels] = [g.out_h, g.out_w, g.out_c].map(|size| size as u32);
        let words = [g.batch as u32, height, width, channels, 2, 2, channels, 2, 2, 0, 0, 0, 0, 1, 1, 1];
        let windows = Geometry::new(&words).unwrap();
        let (x, filter) = (numbers.floats(g.input_size()), numbers.floats(g.filter_size()));
        let (z, dy) = (numbers.floats(g.output_size()), numbers.floats(windows.output_size()));
        let (mut largest, mut argmax) = (dy.clone(), vec![f32::NAN; pooling::notes(&windows)]);
        pooling::max_noting(&windows, &z, &mut largest, &mut argmax);
        let slope = Ending::Slope(Activation::Relu, &largest);
        let mut sloped = dy.clone();
        slope.apply(&mut sloped);
        let mut dz = vec![f32::NAN; g.output_size()];
        pooling::gradient_of_noted(&windows, &argmax, &sloped, &mut dz);

        let c = Convolution::pooled(g);
        assert!(has_both(&c));
        let pooled = Pooled { windows: &windows, argmax: &argmax, dy: &dy, slope };
        let exchanged = exchange(g, &filter, false);
        let (mut df, mut dx) = (vec![f32::NAN; g.filter_size()], vec![f32::NAN; g.input_size()]);
        let (mut db, mut expected) = (vec![f32::NAN; g.out_c], vec![f32::NAN; g.out_c]);
        let mut scratch = vec![f32::NAN; both_workspace(&c).unwrap()];
        let weights = (&mut df[..], Some(&mut db[..]));
        gradients(&c, &pooled, (&x, &exchanged), weights, (&mut dx, Ending::NONE), &mut scratch);
        bias::gradient(sloped.len() / g.out_c, g.out_c, &sloped, &mut expected);
        assert!(db.iter().zip(&expected).all(|(own, db)| (own - db).abs() < 1e-4), "{db:?} {expected:?}");

        let (expected, _) = define(g, &x, &filter, &dz, Into::Filter);
        let sizes = reach(&Convolution::forward(g), &x, &filter, Some(&dz));
        assert_within(&df, &expected, &sizes, (tiles(g), [g.kernel_h, g.kernel_w]), &what("filter gradient"));
        let (expected, _) = define(g, &x, &filter, &dz, Into::Input);
        let sizes = reach_of_transpose(&Convolution::transpose(g), &dz, &exchanged);
        assert_within(&dx, &expected, &sizes, (g.out_c, [g.kernel_h, g.kernel_w]), &what("input gradient"));

        let plain = dx.clone();
        let ending = Ending::Slope(Activation::Relu, &x);
        let mut scratch = vec![f32::NAN; both_workspace(&c).unwrap()];
        gradients(&c, &pooled, (&x, &exchanged), (&mut df, None), (&mut dx, ending), &mut scratch);
        let ended = plain.iter().zip(&x).map(|(dx, &x)| if x > 0.0 { *dx } else { 0.0 });
        assert!(ended.eq(dx.iter().copied()), "{}", what("ended"));
    }
}

#[test]
fn what_sees_nan_or_infinity_is_no_number() {
    let g = geometry(1, [9, 11], 4, 4, [1; 4]);
    let mut numbers = Numbers::new(3);
    let (clean, filter) = (numbers.floats(g.input_size()), numbers.floats(g.filter_size()));
    for bad in [f32::NAN, f32::INFINITY] {
        for (row, column) in (0..9).flat_map(|i| (0..11).map(move |j| (i, j))) {
            let mut x = clean.clone();
            x[(row * 11 + column) * 4 + 1] = bad;
            let y = run(&Convolution::forward(&g), &x, &filter, None);
            for (index, pixel) in y.chunks_exact(4).enumerate() {
                let (i, j) = (index / 11, index % 11);
                let sees = i.abs_diff(row) <= 1 && j.abs_diff(column) <= 1;
                // Tiles have 4×4 outputs and see a pixel more on every side.
                let apart = |tile: usize, place: usize| place + 1 < tile * 4 || place > tile * 4 + 4;
                let tile_sees = !apart(i / 4, row) && !apart(j / 4, column);
                assert!(!sees || pixel.iter().all(|value| !value.is_finite()), "{bad} at {row}, {column}: {i}, {j}");
                assert!(tile_sees || pixel.iter().all(|value| value.is_finite()), "{bad} at {row}, {column}: {i}, {j}");
            }
        }
    }
}

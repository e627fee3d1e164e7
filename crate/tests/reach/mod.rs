//! What rounding errors of Winograd's way may add up to, from the definitions of its transforms.
#![allow(dead_code)]

use crate::naive::{convolve as define, Into, Numbers};
use convgrad::geometry::Geometry;
use convgrad::kernels::conv2d::winograd::{
    convolve, filter_gradient, filter_gradient_workspace, transform_all, workspace, workspace_beside_filters,
    Convolution, Filters, Given, Order,
};

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
        let points = if taps == 3 { vec![0.0, a, -a, b, -b] } else { vec![0.0, 0.5, -0.5, 2.0, -2.0, 1.0, -1.0] };
        let finite = points.len();
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
            all.resize(finite + 1, 0.0);
            all.into_iter().map(f64::abs).collect::<Vec<_>>()
        };
        let mut inputs: Vec<Vec<f64>> = (0..finite).map(|i| product(others(i).collect())).collect();
        inputs.push(product(points.clone()));
        // Values of powers at the points, the last one at infinity.
        let powers = |count: usize, weighted: bool| {
            let at = |i: usize| {
                let weight = if weighted { others(i).map(|x| points[i] - x).product::<f64>().recip() } else { 1.0 };
                (0..count).map(|power| (weight * points[i].powi(power as i32)).abs()).collect::<Vec<_>>()
            };
            let mut all: Vec<Vec<f64>> = (0..finite).map(at).collect();
            all.push((0..count).map(|power| f64::from(u8::from(power + 1 == count))).collect());
            all
        };
        let transposed = |m: Vec<Vec<f64>>| -> Vec<Vec<f64>> {
            (0..m[0].len()).map(|j| m.iter().map(|row| row[j]).collect()).collect()
        };
        let mut of_taps = powers(taps, true);
        if taps == 4 {
            // The fifth one is nothing, and so is the value at infinity.
            of_taps[finite].fill(0.0);
        }
        Self {
            spread: transposed(inputs.clone()),
            inputs,
            taps: of_taps.clone(),
            outputs: transposed(powers(side(taps), false)),
            gradients: powers(side(taps), false),
            tap_gradients: transposed(of_taps),
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
pub fn side(taps: usize) -> usize {
    match taps {
        1 => 1,
        7 => 2,
        _ => 4,
    }
}

/// First taps of so many pieces of a filter, with their number of taps: the first ones have one more where they are not alike.
pub fn pieces(taps: usize, count: usize) -> Vec<(usize, usize)> {
    let of_piece = |index: usize| taps / count + usize::from(index < taps % count);
    (0..count).map(|index| ((0..index).map(of_piece).sum(), of_piece(index))).collect()
}

/// Every place of a rectangle.
pub fn places([height, width]: [usize; 2]) -> impl Iterator<Item = (usize, usize)> + Clone {
    (0..height).flat_map(move |i| (0..width).map(move |j| (i, j)))
}

/// Rows and columns of an image's pixels with the first remainders of their numbers.
pub fn size([height, width, _]: [usize; 3], dilation: [usize; 2]) -> [usize; 2] {
    [height.div_ceil(dilation[0]), width.div_ceil(dilation[1])]
}

/// An image of a stack, and remainders of its pixels' row and column numbers.
type Part = (usize, [usize; 2]);

/// All of them.
fn parts(c: &Convolution) -> impl Iterator<Item = Part> {
    let dilation = c.dilation;
    (0..c.batch).flat_map(move |n| places(dilation).map(move |(row, column)| (n, [row, column])))
}

/// Where a channel of a pixel lies in a stack of images, unless it is outside.
fn place(
    [height, width, depth]: [usize; 3],
    dilation: [usize; 2],
    (n, remainders): Part,
    at: [isize; 2],
    channel: usize,
) -> Option<usize> {
    let along = |axis: usize| Some(usize::try_from(at[axis]).ok()? * dilation[axis] + remainders[axis]);
    let (row, column) = (along(0)?, along(1)?);
    (row < height && column < width).then(|| ((n * height + row) * width + column) * depth + channel)
}

/// One channel of a stack of images, zero outside.
fn pixel(x: &[f32], shape: [usize; 3], dilation: [usize; 2], part: Part, at: [isize; 2], channel: usize) -> f64 {
    place(shape, dilation, part, at, channel).map_or(0.0, |index| f64::from(x[index].abs()))
}

/// What all intermediate values of every output's or filter's tiles can add up to: rounding errors are shares of it.
pub fn reach(c: &Convolution, x: &[f32], filter: &[f32], dy: Option<&[f32]>) -> Vec<f64> {
    let taps = if c.stride == 1 { c.kernel } else { c.taps };
    let (sizes, side) = (taps.map(Sizes::new), taps.map(side));
    let both = |of: fn(&Sizes) -> &Vec<Vec<f64>>| [&of(&sizes[0])[..], &of(&sizes[1])[..]];
    let points = [sizes[0].inputs.len(), sizes[1].inputs.len()];
    let ([height, width], filters) = (size(c.output, c.dilation), c.output[2]);
    let depth = c.input[2];
    let nothing = vec![vec![0.0; points[1]]; points[0]];
    let mut result = vec![0.0; if dy.is_some() { filter.len() } else { c.batch * c.output.iter().product::<usize>() }];
    let mut totals = vec![vec![nothing.clone(); filters]; depth];
    for part in parts(c) {
        for (row, column) in (0..height).step_by(side[0]).flat_map(|i| (0..width).step_by(side[1]).map(move |j| (i, j)))
        {
            let corner = (row as isize - c.pads[0], column as isize - c.pads[1]);
            let at = |k: usize| {
                let (input, dilation, (row, column)) = (c.input, c.dilation, corner);
                move |i: usize, j: usize| pixel(x, input, dilation, part, [row + i as isize, column + j as isize], k)
            };
            let seen: Vec<_> = (0..depth).map(|k| around(both(|s| &s.inputs), at(k))).collect();
            for o in 0..filters {
                let mut sum = nothing.clone();
                let gradients = dy.map(|dy| {
                    let at =
                        |i, j| pixel(dy, c.output, c.dilation, part, [(row + i) as isize, (column + j) as isize], o);
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
                    if let Some(index) = place(c.output, c.dilation, part, at, o).filter(|_| dy.is_none()) {
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
pub fn reach_of_transpose(c: &Convolution, x: &[f32], filter: &[f32]) -> Vec<f64> {
    let taps = if c.stride == 1 { c.kernel } else { c.taps };
    let (sizes, side) = (taps.map(Sizes::new), taps.map(side));
    let both = |of: fn(&Sizes) -> &Vec<Vec<f64>>| [&of(&sizes[0])[..], &of(&sizes[1])[..]];
    let points = [sizes[0].inputs.len(), sizes[1].inputs.len()];
    let ([height, width], depth, filters) = (size(c.input, c.dilation), c.input[2], c.output[2]);
    let mut result = vec![0.0; c.batch * c.output.iter().product::<usize>()];
    for part in parts(c) {
        for (row, column) in (0..height).step_by(side[0]).flat_map(|i| (0..width).step_by(side[1]).map(move |j| (i, j)))
        {
            for o in 0..filters {
                let mut sum = vec![vec![0.0; points[1]]; points[0]];
                for k in 0..depth {
                    let at = |i: usize, j: usize| {
                        pixel(x, c.input, c.dilation, part, [(row + i) as isize, (column + j) as isize], k)
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
                    if let Some(index) = place(c.output, c.dilation, part, at, o) {
                        result[index] += tile[i][j];
                    }
                }
            }
        }
    }
    result
}

/// Tiles of all images, each a term of a filter's gradient.
pub fn tiles(g: &Geometry) -> usize {
    let dilation = [(g.kernel_h, g.dilation_h), (g.kernel_w, g.dilation_w)].map(|(k, d)| if k == 1 { 1 } else { d });
    let [height, width] = size([g.out_h, g.out_w, 1], dilation);
    let parts = g.batch * dilation.iter().product::<usize>();
    parts * height.div_ceil(side(g.kernel_h)) * width.div_ceil(side(g.kernel_w))
}

/// Roundings on the way of a value, besides those of its sum of products: a transform of one axis has at most six, with
/// those of its constants; three arrays are transformed along each axis that has more taps than one; a bias is added, or tiles that
/// overlap.
pub fn roundings(taps: [usize; 2]) -> usize {
    taps.map(|taps| if taps == 1 { 0 } else { 3 * 6 }).iter().sum::<usize>()
        + taps.map(|taps| if taps == 1 { 1 } else { 2 }).iter().product::<usize>()
}

pub fn assert_within(actual: &[f32], expected: &[f64], reach: &[f64], (terms, taps): (usize, [usize; 2]), what: &str) {
    assert_eq!(actual.len(), expected.len(), "{what}");
    for (index, (&value, &expected)) in actual.iter().zip(expected).enumerate() {
        let bound = (terms + roundings(taps)) as f64 * f64::from(f32::EPSILON) / 2.0 * reach[index];
        let error = (f64::from(value) - expected).abs();
        assert!(error <= bound, "{what} [{index}]: {value}, expected {expected} within {bound}");
    }
}

/// Filters with their channels exchanged; rotated by half a turn, or not.
pub fn exchange(g: &Geometry, filter: &[f32], rotates: bool) -> Vec<f32> {
    let mut rotated = vec![0.0; filter.len()];
    let last = g.kernel_h * g.kernel_w - 1;
    for (tap, c, o) in (0..=last).flat_map(|tap| (0..g.in_c).flat_map(move |c| (0..g.out_c).map(move |o| (tap, c, o))))
    {
        let target = if rotates { last - tap } else { tap };
        rotated[(target * g.out_c + o) * g.in_c + c] = filter[(tap * g.in_c + c) * g.out_c + o];
    }
    rotated
}

/// A convolution whose filters are transformed before.
fn run_transformed(c: &Convolution, x: &[f32], filter: &[f32], bias: Option<&[f32]>) -> Vec<f32> {
    let mut y = vec![f32::NAN; c.batch * c.output.iter().product::<usize>()];
    let mut filters = vec![f32::NAN; c.transformed_size().unwrap()];
    transform_all(c, Given::plain(filter), &mut filters);
    let mut scratch = vec![f32::NAN; workspace_beside_filters(c).unwrap()];
    convolve(c, x, Filters::Transformed(&filters), bias, &mut y, &mut scratch, |_, _| ());
    y
}

fn bits(values: &[f32]) -> Vec<u32> {
    values.iter().map(|value| value.to_bits()).collect()
}

/// Filters with their input and output channels exchanged, and the last tap first if asked to.
fn in_order(c: &Convolution, filter: &[f32], order: Order) -> Vec<f32> {
    let (inputs, outputs) = (c.input[2], c.output[2]);
    let taps = filter.len() / (inputs * outputs);
    let place = |tap: usize, i: usize, o: usize| {
        let tap = if order == Order::Rotated { taps - 1 - tap } else { tap };
        (tap * inputs + i) * outputs + o
    };
    let values = (0..taps).flat_map(|tap| (0..outputs).flat_map(move |o| (0..inputs).map(move |i| place(tap, i, o))));
    values.map(|place| filter[place]).collect()
}

/// A convolution, whose workspace and outputs begin with garbage.
fn run_given(c: &Convolution, x: &[f32], given: Given, bias: Option<&[f32]>) -> Vec<f32> {
    let mut y = vec![f32::NAN; c.batch * c.output.iter().product::<usize>()];
    let mut scratch = vec![f32::NAN; workspace(c).unwrap()];
    convolve(c, x, Filters::Given(given), bias, &mut y, &mut scratch, |_, _| ());
    y
}

/// [`run_given`] of filters in the plain order. Transformed before, or in another order, they give the same bits.
pub fn run(c: &Convolution, x: &[f32], filter: &[f32], bias: Option<&[f32]>) -> Vec<f32> {
    let y = run_given(c, x, Given::plain(filter), bias);
    for order in [Order::Exchanged, Order::Rotated] {
        if c.takes_any_order() {
            let values = &in_order(c, filter, order)[..];
            assert_eq!(bits(&y), bits(&run_given(c, x, Given { values, order }, bias)), "{c:?} in another order");
        }
    }
    assert_eq!(bits(&y), bits(&run_transformed(c, x, filter, bias)), "{c:?} with transformed filters");
    y
}

/// Random numbers for a convolution and its gradients.
pub struct Arrays {
    pub x: Vec<f32>,
    pub filter: Vec<f32>,
    pub dy: Vec<f32>,
    biases: [Vec<f32>; 2],
}

impl Arrays {
    pub fn new(g: &Geometry, seed: u64) -> Self {
        let mut numbers = Numbers::new(seed);
        let (x, filter) = (numbers.floats(g.input_size()), numbers.floats(g.filter_size()));
        let (bias, dy) = (numbers.floats(g.out_c), numbers.floats(g.output_size()));
        Self { x, filter, dy, biases: [bias, numbers.floats(g.in_c)] }
    }
}

/// Asserts that outputs, and both gradients, err by no more than roundings of what they reach: `reaches` of outputs, filters' gradient and images'
/// gradient. A filter's taps are those of a tile's filter; `phases` have as many terms each as there are input channels.
pub fn assert_passes(g: &Geometry, arrays: &Arrays, reaches: [Vec<f64>; 3], (taps, phases): ([usize; 2], usize)) {
    let Arrays { x, filter, dy, biases } = arrays;
    let [forward, of_filter, of_input] = reaches;
    let check = |actual: &[f32], expected: &[f64], sizes: &[f64], terms: usize, pass: &str| {
        assert_within(actual, expected, sizes, (terms, taps), &format!("{pass} {g:?}"));
    };
    // With a bias, and what is reached with it.
    let biased = |expected: &[f64], sizes: &[f64], bias: &[f32]| -> [Vec<f64>; 2] {
        let bias = || bias.iter().map(|&bias| f64::from(bias)).cycle();
        [
            expected.iter().zip(bias()).map(|(y, bias)| y + bias).collect(),
            sizes.iter().zip(bias()).map(|(size, bias)| size + bias.abs()).collect(),
        ]
    };

    let c = Convolution::forward(g);
    let (expected, _) = define(g, x, filter, dy, Into::Output);
    check(&run(&c, x, filter, None), &expected, &forward, phases * g.in_c, "forward");
    let [expected, sizes] = biased(&expected, &forward, &biases[0]);
    check(&run(&c, x, filter, Some(&biases[0])), &expected, &sizes, phases * g.in_c, "with bias");

    let (transpose, exchanged) = (Convolution::transpose(g), exchange(g, filter, false));
    let (expected, _) = define(g, x, filter, dy, Into::Input);
    check(&run(&transpose, dy, &exchanged, None), &expected, &of_input, g.out_c, "transpose");
    let [expected, sizes] = biased(&expected, &of_input, &biases[1]);
    check(&run(&transpose, dy, &exchanged, Some(&biases[1])), &expected, &sizes, g.out_c, "transpose with bias");

    let mut df = vec![f32::NAN; g.filter_size()];
    let mut scratch = vec![f32::NAN; filter_gradient_workspace(&c).unwrap()];
    filter_gradient(&c, x, dy, &mut df, &mut scratch);
    let (expected, _) = define(g, x, filter, dy, Into::Filter);
    let tiles = tiles(&Geometry { kernel_h: taps[0], kernel_w: taps[1], ..*g });
    check(&df, &expected, &of_filter, tiles, "filter gradient");
}

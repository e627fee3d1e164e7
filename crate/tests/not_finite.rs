//! A NaN or an infinity reaches those values of a convolution and its gradients that have it among their products, and no others: there
//! is nothing beyond a border, and groups do not see each other.
#![cfg(not(feature = "double"))]

mod naive;

use convgrad::geometry::Geometry;
use convgrad::kernels::activation::Activation;
use convgrad::kernels::conv2d::{filter_gradient, forward, input_gradient, workspace, Pass};
use convgrad::kernels::ending::Ending;
use naive::{convolve, each_product, Into, Numbers};

/// Stride, padding, dilation and groups.
#[derive(Clone, Copy)]
struct Options {
    stride: [u32; 2],
    pads: [u32; 4],
    dilation: [u32; 2],
    groups: u32,
}

const PLAIN: Options = Options { stride: [1, 1], pads: [0; 4], dilation: [1, 1], groups: 1 };
const SAME: Options = Options { pads: [1; 4], ..PLAIN };
const UNEVEN: Options = Options { pads: [0, 2, 2, 1], ..PLAIN };
const SKIPPING: Options = Options { stride: [2, 2], pads: [0, 1, 0, 1], ..PLAIN };
const APART: Options = Options { dilation: [2, 2], pads: [2; 4], ..PLAIN };
const BELOW: Options = Options { stride: [2, 1], pads: [1; 4], ..PLAIN };

/// Adds a shape with every one of some options that it has outputs with.
fn add(
    all: &mut Vec<Geometry>,
    [batch, h, w, channels]: [u32; 4],
    [kernel_h, kernel_w, filters]: [u32; 3],
    options: &[Options],
) {
    for &Options { stride: [a, b], pads: [top, bottom, left, right], dilation: [d, e], groups } in options {
        all.extend(Geometry::new(&[
            batch, h, w, channels, kernel_h, kernel_w, filters, a, b, top, bottom, left, right, d, e, groups,
        ]));
    }
}

/// Shapes for every way that a convolution or a gradient takes.
fn table() -> Vec<Geometry> {
    let mut all = Vec::new();
    let every = [PLAIN, SAME, UNEVEN, SKIPPING, APART, BELOW];
    // Few filters over one channel, and many.
    for filters in [1, 2, 3, 4, 5, 8, 16, 32] {
        add(&mut all, [2, 6, 9, 1], [3, 3, filters], &every);
    }
    for filters in [1, 3] {
        add(&mut all, [1, 7, 14, 1], [5, 5, filters], &[PLAIN, Options { pads: [2; 4], ..PLAIN }, UNEVEN]);
    }
    // Few output channels, forward and back, with lanes along the width, along the patch or along the channels.
    for few in [1, 2, 3, 5, 6] {
        for many in [3, 4, 6, 8] {
            add(&mut all, [1, 5, 11, many], [3, 3, few], &every);
            add(&mut all, [1, 5, 11, few], [3, 3, many], &every);
        }
        add(&mut all, [1, 6, 30, 2], [2, 4, few], &[PLAIN, SAME, UNEVEN]);
        add(&mut all, [1, 6, 8, few], [5, 3, 2], &[PLAIN, SAME, UNEVEN]);
    }
    for width in [10, 17, 20, 25] {
        for pads in [[0; 4], [1; 4], [2; 4]] {
            add(&mut all, [1, 4, width, 8], [3, 3, 1], &[Options { pads, ..PLAIN }]);
            add(&mut all, [1, 4, width, 1], [3, 3, 8], &[Options { pads, ..PLAIN }]);
            add(&mut all, [1, 4, width, 4], [3, 3, 3], &[Options { pads, ..PLAIN }]);
        }
    }
    // Three channels and many; channels that are no whole vectors; many on both sides.
    add(&mut all, [1, 6, 9, 3], [3, 3, 16], &every);
    add(&mut all, [1, 6, 9, 5], [3, 3, 7], &every);
    add(&mut all, [2, 5, 6, 8], [3, 3, 33], &every);
    add(&mut all, [1, 5, 6, 48], [3, 3, 48], &every);
    // Over images of few pixels, tap by tap.
    add(&mut all, [9, 2, 3, 32], [3, 3, 36], &every);
    add(&mut all, [8, 2, 2, 121], [3, 3, 123], &[SAME]);
    // One tap, and filters that cover the image.
    for (channels, filters) in [(3, 5), (8, 8), (17, 6), (16, 1)] {
        add(&mut all, [2, 4, 5, channels], [1, 1, filters], &[PLAIN, SAME, Options { stride: [2, 2], ..PLAIN }]);
    }
    add(&mut all, [3, 4, 5, 3], [4, 5, 7], &[PLAIN]);
    // Rows of outputs that see nothing.
    for filters in [1, 3, 8] {
        add(&mut all, [1, 5, 12, 8], [3, 3, filters], &[Options { pads: [0, 4, 3, 2], ..PLAIN }]);
    }
    // Groups of one output and more, forward and back: several in a vector, several vectors of a group.
    for outputs in [1, 2, 3, 4, 5, 9] {
        for inputs in [1, 2, 3, 4, 5] {
            for groups in [2, 3, 5] {
                let options = every.map(|options| Options { groups, ..options });
                add(&mut all, [1, 4, 7, inputs * groups], [3, 3, outputs * groups], &options);
                add(&mut all, [1, 4, 12, inputs * groups], [1, 2, outputs * groups], &options[..1]);
            }
        }
    }
    add(&mut all, [2, 5, 6, 32], [3, 3, 32], &every.map(|options| Options { groups: 2, ..options }));
    // A filter for each channel.
    for channels in [4, 6, 9] {
        for kernel in [[3, 3], [5, 5], [2, 3], [4, 2]] {
            let options = every.map(|options| Options { groups: channels, ..options });
            add(&mut all, [2, 6, 11, channels], [kernel[0], kernel[1], channels], &options);
            add(&mut all, [1, 5, 12, channels], [kernel[0], kernel[1], channels], &options);
        }
    }
    add(&mut all, [1, 5, 33, 260], [3, 3, 260], &[Options { groups: 260, ..SAME }]);
    all
}

/// One of the arrays of a convolution.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Array {
    X,
    Filter,
    Dy,
}

/// What a convolution's passes are made of, in the order of [`Array`].
type Arrays = [Vec<f32>; 3];

/// The pass that does not read an array makes it: outputs where `dy` lies, and the gradients of the others.
fn pass(g: &Geometry, [x, filter, dy]: &Arrays, makes: Array) -> Vec<f32> {
    // Workspaces and outputs begin with garbage.
    let scratch = |pass| vec![f32::NAN; workspace(pass, g).unwrap()];
    let mut result;
    match makes {
        Array::Dy => {
            result = vec![f32::NAN; g.output_size()];
            let mut scratch = scratch(Pass::Forward);
            forward::forward(g, x, filter, None, &mut result, Activation::Linear, &mut scratch);
        }
        Array::Filter => {
            result = vec![f32::NAN; g.filter_size()];
            filter_gradient::filter_gradient(g, x, dy, &mut result, &mut scratch(Pass::FilterGradient));
        }
        Array::X => {
            result = vec![f32::NAN; g.input_size()];
            let mut scratch = scratch(Pass::InputGradient);
            input_gradient::input_gradient(g, dy, filter, &mut result, Ending::NONE, &mut scratch);
        }
    }
    result
}

/// Some places: corners, the end of the first row, the middle, and others.
fn places(length: usize, row: usize, numbers: &mut Numbers) -> Vec<usize> {
    let mut places = vec![0, length - 1, row.min(length) - 1, length / 2];
    places.extend(numbers.integers(4, 1 << 20).iter().map(|n| n.abs() as usize % length));
    places.sort_unstable();
    places.dedup();
    places
}

/// What one value of an array takes part in: the other factor's place and the result's.
struct Watched {
    place: usize,
    pairs: [Vec<[usize; 2]>; 2],
}

/// Answers what is wrong, if anything is.
fn check(g: &Geometry, numbers: &mut Numbers) -> Vec<String> {
    // Some zeros as well, as behind a relu: what is infinite times zero is NaN.
    let mut values = |length: usize| {
        let mut values = numbers.floats(length);
        values.iter_mut().skip(3).step_by(11).for_each(|value| *value = 0.0);
        values
    };
    let arrays = [values(g.input_size()), values(g.filter_size()), values(g.output_size())];
    let rows = [g.in_w * g.in_c, g.out_c, g.out_w * g.out_c];
    let mut watched: [Vec<Watched>; 3] = std::array::from_fn(|array| {
        let places = places(arrays[array].len(), rows[array], numbers);
        places.into_iter().map(|place| Watched { place, pairs: Default::default() }).collect()
    });
    let mut index = arrays.each_ref().map(|values| vec![usize::MAX; values.len()]);
    for array in 0..3 {
        for (number, watched) in watched[array].iter().enumerate() {
            index[array][watched.place] = number;
        }
    }
    each_product(g, |places| {
        for array in 0..3 {
            if let Some(watched) = watched[array].get_mut(index[array][places[array]]) {
                let (b, c) = (places[(array + 1) % 3], places[(array + 2) % 3]);
                watched.pairs[0].push([b, c]);
                watched.pairs[1].push([c, b]);
            }
        }
    });
    let all = [Array::X, Array::Filter, Array::Dy];
    let clean = all.map(|makes| pass(g, &arrays, makes));
    let sizes =
        [Into::Input, Into::Filter, Into::Output].map(|into| convolve(g, &arrays[0], &arrays[1], &arrays[2], into).1);
    let mut wrong = Vec::new();
    for array in 0..3 {
        for (Watched { place, pairs }, value) in
            watched[array].iter().flat_map(|watched| [f32::NAN, f32::INFINITY, -f32::INFINITY].map(|v| (watched, v)))
        {
            let mut poisoned = arrays.clone();
            poisoned[array][*place] = value;
            for (way, pairs) in pairs.iter().enumerate() {
                let (other, target) = ((array + 1 + way) % 3, (array + 2 - way) % 3);
                let mut expected = clean[target].clone();
                for &[factor, sum] in pairs {
                    expected[sum] += value * arrays[other][factor];
                }
                let actual = pass(g, &poisoned, all[target]);
                let differs = |at: usize| {
                    let (a, b) = (actual[at], expected[at]);
                    // Outputs and images' gradients keep their bits but where one channel's taps are cut into blocks.
                    let is_cut = (g.in_c, g.out_c) == (1, 1) && g.kernel_w > 3;
                    let tolerance = if is_cut || all[target] == Array::Filter { 32.0 } else { 0.0 };
                    let is_close =
                        f64::from((a - b).abs()) <= tolerance * f64::from(f32::EPSILON) * sizes[target][at] + 1e-30;
                    !(a == b || a.is_nan() && b.is_nan() || b.is_finite() && is_close)
                };
                if let Some(at) = (0..actual.len()).find(|&at| differs(at)) {
                    wrong.push(format!(
                        "{value} in {:?}[{place}]: the result {:?}[{at}] is {}, expected {}; {g:?}",
                        all[array], all[target], actual[at], expected[at]
                    ));
                }
            }
        }
    }
    wrong
}

#[test]
fn what_is_not_finite_reaches_what_sees_it_and_nothing_else() {
    let mut wrong = Vec::new();
    for (index, g) in table().iter().enumerate() {
        wrong.extend(check(g, &mut Numbers::new(index as u64)));
    }
    assert!(
        wrong.is_empty(),
        "{} faults, the first of which are\n{}",
        wrong.len(),
        wrong[..wrong.len().min(9)].join("\n")
    );
}

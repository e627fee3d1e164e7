//! An image that is alone is cut into rows for threads: its outputs are those that it has among others, bit by bit, and those of the
//! definition.
#![cfg(not(feature = "double"))]

mod naive;

use convgrad::geometry::Geometry;
use convgrad::kernels::activation::Activation;
use convgrad::kernels::conv2d::{filter_gradient, forward, input_gradient, pooled, workspace, Pass};
use convgrad::kernels::ending::Ending;
use convgrad::kernels::pooling;
use naive::{assert_close, convolve, Into, Numbers};

const BATCH: usize = 3;

/// Rows, columns and channels of an image, a filter and its stride, filters, dilation and groups. TensorFlow's `same` border where `padded`.
fn geometry(image: [u32; 3], [kernel, stride]: [u32; 2], filters: u32, others: [u32; 2], padded: bool) -> Geometry {
    let ([h, w, channels], [dilation, groups]) = (image, others);
    let span = (kernel - 1) * dilation + 1;
    let pads = |size: u32| {
        let all = if padded { ((size.div_ceil(stride) - 1) * stride + span).saturating_sub(size) } else { 0 };
        [all / 2, all.div_ceil(2)]
    };
    let ([top, bottom], [left, right]) = (pads(h), pads(w));
    let words = [
        1, h, w, channels, kernel, kernel, filters, stride, stride, top, bottom, left, right, dilation, dilation,
        groups,
    ];
    Geometry::new(&words).unwrap()
}

/// A line of so many pixels and channels, and filters that see every so manieth of them.
fn line([width, channels]: [u32; 2], [taps, stride]: [u32; 2], filters: u32, dilation: u32, padded: bool) -> Geometry {
    let flat = geometry([1, width, channels], [taps, stride], filters, [dilation, 1], true);
    let pads = if padded { [flat.pad_left, flat.pad_right] } else { [0; 2] };
    let [left, right] = pads.map(|pad| pad as u32);
    let words = [1, 1, width, channels, 1, taps, filters, 1, stride, 0, 0, left, right, 1, dilation, 1];
    Geometry::new(&words).unwrap()
}

/// Every way that goes image by image, of enough rows for several parts.
fn table() -> Vec<Geometry> {
    let mut all = Vec::new();
    for padded in [false, true] {
        // Channels of whole vectors and others, few and many filters, long lines of one tap.
        all.push(geometry([37, 30, 8], [3, 1], 12, [1, 1], padded));
        all.push(geometry([61, 40, 5], [3, 2], 18, [1, 1], padded));
        all.push(geometry([40, 33, 7], [1, 1], 30, [1, 1], padded));
        all.push(geometry([45, 31, 6], [5, 3], 16, [2, 1], padded));
        // One, two, three and six filters: lanes along the patch, or along the width, after the border was laid around.
        all.push(geometry([90, 77, 8], [3, 1], 1, [1, 1], padded));
        all.push(geometry([70, 50, 16], [3, 1], 3, [1, 1], padded));
        all.push(geometry([64, 51, 12], [4, 1], 2, [1, 1], padded));
        all.push(geometry([66, 47, 3], [5, 1], 3, [1, 1], padded));
        all.push(geometry([66, 47, 5], [3, 1], 6, [1, 1], padded));
        all.push(geometry([300, 301, 1], [3, 1], 1, [1, 1], padded));
        all.push(geometry([150, 152, 1], [3, 1], 3, [1, 1], padded));
        all.push(geometry([90, 92, 1], [7, 1], 1, [2, 1], padded));
        // Lines.
        all.push(line([1200, 16], [3, 1], 24, 1, padded));
        all.push(line([1501, 12], [2, 1], 20, 4, padded));
        all.push(line([2300, 10], [5, 2], 18, 1, padded));
        all.push(line([3000, 8], [3, 1], 3, 1, padded));
        // A filter for each channel, two for each, groups.
        all.push(geometry([61, 50, 24], [3, 1], 24, [1, 24], padded));
        all.push(geometry([90, 71, 21], [3, 2], 21, [1, 21], padded));
        all.push(geometry([50, 50, 12], [5, 1], 12, [2, 12], padded));
        all.push(geometry([60, 50, 16], [3, 1], 32, [1, 16], padded));
        all.push(geometry([50, 40, 12], [3, 1], 24, [1, 3], padded));
    }
    all
}

/// What a function makes of each of some images by itself, and of all of them.
fn alone_and_together(g: &Geometry, x: &[f32], run: impl Fn(&Geometry, &[f32]) -> Vec<f32>) -> [Vec<f32>; 2] {
    let alone = x.chunks_exact(g.input_size()).flat_map(|x| run(g, x)).collect();
    [alone, run(&g.of_images(BATCH), x)]
}

fn assert_same_bits([alone, together]: [Vec<f32>; 2], what: &Geometry) {
    assert!(alone.iter().zip(&together).all(|(a, b)| a.to_bits() == b.to_bits()), "{what:?}");
}

fn outputs(g: &Geometry, x: &[f32], filter: &[f32], bias: Option<&[f32]>, activation: Activation) -> Vec<f32> {
    let mut y = vec![f32::NAN; g.output_size()];
    let mut scratch = vec![f32::NAN; workspace(Pass::Forward, g).unwrap()];
    forward::forward(g, x, filter, bias, &mut y, activation, &mut scratch);
    y
}

#[test]
fn convolutions_of_one_image_are_those_of_several() {
    for (index, g) in table().iter().enumerate() {
        let mut numbers = Numbers::new(index as u64);
        let (x, filter) = (numbers.floats(BATCH * g.input_size()), numbers.floats(g.filter_size()));
        let bias = numbers.floats(g.out_c);
        for (bias, activation) in [(None, Activation::Linear), (Some(&bias[..]), Activation::Sigmoid)] {
            let run = |g: &Geometry, x: &[f32]| outputs(g, x, &filter, bias, activation);
            let results = alone_and_together(g, &x, run);
            if bias.is_none() {
                let some = g.input_size();
                let expected = convolve(g, &x[..some], &filter, &[], Into::Output);
                assert_close(&results[0][..g.output_size()], &expected, &format!("{g:?}"));
            }
            assert_same_bits(results, g);
        }
    }
}

#[test]
fn gradients_of_one_image_are_those_of_several() {
    for (index, g) in table().iter().enumerate() {
        let mut numbers = Numbers::new(index as u64);
        let (dy, filter) = (numbers.floats(BATCH * g.output_size()), numbers.floats(g.filter_size()));
        let run = |g: &Geometry, dy: &[f32]| {
            let mut dx = vec![f32::NAN; g.input_size()];
            let mut scratch = vec![f32::NAN; workspace(Pass::InputGradient, g).unwrap()];
            input_gradient::input_gradient(g, dy, &filter, &mut dx, Ending::NONE, &mut scratch);
            dx
        };
        let alone: Vec<f32> = dy.chunks_exact(g.output_size()).flat_map(|dy| run(g, dy)).collect();
        let expected = convolve(g, &[], &filter, &dy[..g.output_size()], Into::Input);
        assert_close(&alone[..g.input_size()], &expected, &format!("{g:?}"));
        assert_same_bits([alone, run(&g.of_images(BATCH), &dy)], g);
    }
}

#[test]
fn filters_get_the_gradients_of_all_rows() {
    for (index, g) in table().iter().enumerate() {
        let mut numbers = Numbers::new(index as u64);
        let mut scratch = vec![f32::NAN; workspace(Pass::FilterGradient, g).unwrap()];
        let (mut x, dy) = (numbers.floats(g.input_size()), numbers.floats(g.output_size()));
        let mut df = vec![f32::NAN; g.filter_size()];
        filter_gradient::filter_gradient(g, &x, &dy, &mut df, &mut scratch);
        assert_close(&df, &convolve(g, &x, &[], &dy, Into::Filter), &format!("{g:?}"));
        // What is not finite reaches what sees it alone: the zeros of a border are no pixels.
        x[(g.in_h.min(2) - 1) * g.in_w * g.in_c] = f32::INFINITY;
        filter_gradient::filter_gradient(g, &x, &dy, &mut df, &mut scratch);
        let (expected, _) = convolve(g, &x, &[], &dy, Into::Filter);
        assert!(df.iter().zip(&expected).all(|(df, e)| df.is_nan() == e.is_nan()), "{g:?}");
    }
}

#[test]
fn filters_that_are_not_finite_leave_what_sees_no_border() {
    for padded in [false, true] {
        for (image, filters) in [([66, 47, 3], 3), ([150, 152, 1], 3), ([300, 301, 1], 1)] {
            let g = geometry(image, [if filters == 3 && image[2] == 3 { 5 } else { 3 }, 1], filters, [1, 1], padded);
            let mut numbers = Numbers::new(7);
            let (x, mut filter) = (numbers.floats(BATCH * g.input_size()), numbers.floats(g.filter_size()));
            filter[0] = f32::INFINITY;
            let run = |g: &Geometry, x: &[f32]| outputs(g, x, &filter, None, Activation::Linear);
            assert_same_bits(alone_and_together(&g, &x, run), &g);
        }
    }
}

#[test]
fn pooling_of_one_image_is_that_of_several() {
    for padded in [false, true] {
        for (window, stride) in [(2, 2), (3, 2), (3, 1), (2, 3)] {
            for channels in [1, 3, 8, 21, 64] {
                let g = geometry([130, 91, channels], [window, stride], channels, [1, 1], padded);
                let x = Numbers::new(u64::from(window * stride * channels)).floats(BATCH * g.input_size());
                for pool in [pooling::max, pooling::average] {
                    let run = |g: &Geometry, x: &[f32]| {
                        let mut y = vec![f32::NAN; g.output_size()];
                        pool(g, x, &mut y);
                        y
                    };
                    assert_same_bits(alone_and_together(&g, &x, run), &g);
                }
            }
        }
    }
}

#[test]
fn pooled_convolutions_of_one_image_are_those_of_several() {
    for padded in [false, true] {
        for (channels, filters) in [(1, 8), (3, 16), (5, 12), (32, 64)] {
            let g = geometry([62, 45, channels], [3, 1], filters, [1, 1], padded);
            let mut numbers = Numbers::new(u64::from(filters));
            let (x, filter) = (numbers.floats(BATCH * g.input_size()), numbers.floats(g.filter_size()));
            let bias = numbers.floats(g.out_c);
            for activation in [Activation::Linear, Activation::Tanh] {
                for pick in [0, 1] {
                    let run = |g: &Geometry, x: &[f32]| {
                        let [batch, h, w, c] = [g.batch, g.out_h, g.out_w, g.out_c].map(|size| size as u32);
                        let words = [batch, h, w, c, 2, 2, c, 2, 2, 0, 0, 0, 0, 1, 1, 1];
                        let windows = Geometry::new(&words).unwrap();
                        let mut y = vec![f32::NAN; windows.output_size()];
                        let mut argmax = vec![f32::NAN; pooling::notes(&windows)];
                        let mut scratch = vec![f32::NAN; workspace(Pass::Pooled, g).unwrap()];
                        let arrays = (x, &filter[..], Some(&bias[..]));
                        pooled::forward(g, &windows, arrays, (&mut y, &mut argmax), activation, &mut scratch);
                        if pick == 0 {
                            y
                        } else {
                            argmax
                        }
                    };
                    assert_same_bits(alone_and_together(&g, &x, run), &g);
                }
            }
        }
    }
}

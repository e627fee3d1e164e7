//! Convolution and its gradients against their definitions, over a table of shapes.
#![cfg(not(feature = "double"))]

mod naive;

use convgrad::geometry::Geometry;
use convgrad::kernels::activation::{gradient_in_place, Activation};
use convgrad::kernels::conv2d::{filter_gradient, forward, input_gradient, workspace, Pass};
use convgrad::kernels::ending::Ending;
use naive::{assert_close, assert_exact, convolve, Into, Numbers};

#[derive(Clone, Copy, Debug)]
struct Case {
    batch: u32,
    image: [u32; 2],
    channels: u32,
    kernel: [u32; 2],
    filters: u32,
    stride: [u32; 2],
    pads: [u32; 4],
    dilation: [u32; 2],
    groups: u32,
}

impl Case {
    fn geometry(&self) -> Option<Geometry> {
        Geometry::new(&[
            self.batch,
            self.image[0],
            self.image[1],
            self.channels,
            self.kernel[0],
            self.kernel[1],
            self.filters,
            self.stride[0],
            self.stride[1],
            self.pads[0],
            self.pads[1],
            self.pads[2],
            self.pads[3],
            self.dilation[0],
            self.dilation[1],
            self.groups,
        ])
        .ok()
    }
}

/// TensorFlow's `same`: the odd pixel goes to the bottom and right.
fn same(size: u32, kernel: u32, stride: u32) -> [u32; 2] {
    let total = ((size.div_ceil(stride) - 1) * stride + kernel).saturating_sub(size);
    [total / 2, total.div_ceil(2)]
}

/// Odd widths, one pixel, channels 1 to 33, kernels 1 to 7, strides 1 and 2, every kind of padding.
fn table() -> Vec<Case> {
    let mut cases = Vec::new();
    let base = Case {
        batch: 2,
        image: [9, 11],
        channels: 1,
        kernel: [3, 3],
        filters: 1,
        stride: [1, 1],
        pads: [0; 4],
        dilation: [1, 1],
        groups: 1,
    };
    for channels in [1, 3, 5, 8, 33] {
        for filters in [1, 3, 5, 8, 33] {
            cases.push(Case { channels, filters, ..base });
        }
    }
    // Few filters over one channel go over an image in bands of lines; images as high as the kernel and a little higher.
    for image in [[60, 30], [5, 300], [3, 11], [4, 515]] {
        for filters in [1, 2, 3, 4] {
            cases.push(Case { image, filters, batch: 1, ..base });
            cases.push(Case { image, filters, batch: 1, kernel: [2, 3], ..base });
        }
    }
    for kernel in [1, 3, 5, 7] {
        for stride in [1, 2] {
            for (channels, filters) in [(1, 1), (1, 4), (3, 8), (4, 1)] {
                let case = Case { kernel: [kernel; 2], stride: [stride; 2], channels, filters, ..base };
                let [top, bottom] = same(9, kernel, stride);
                let [left, right] = same(11, kernel, stride);
                cases.extend([case, Case { pads: [top, bottom, left, right], ..case }]);
                cases.push(Case { pads: [3, 0, 1, 2], ..case });
            }
        }
    }
    // One pixel, one row, wide padding, uneven everything.
    cases.push(Case { image: [1, 1], kernel: [1, 1], ..base });
    cases.push(Case { image: [1, 1], pads: [1; 4], filters: 3, ..base });
    cases.push(Case { image: [1, 37], kernel: [1, 5], channels: 2, filters: 6, ..base });
    cases.push(Case { image: [4, 4], kernel: [1, 1], pads: [2; 4], filters: 2, ..base });
    cases.push(Case { image: [7, 5], kernel: [2, 4], stride: [3, 1], pads: [0, 1, 2, 3], filters: 7, ..base });
    // Filters that are no whole vectors: gradients with lanes along the channels where these are whole ones, else lanes that
    // reach into the next pixel; and outputs of which the last lanes are left out.
    for filters in [1, 2, 3, 5, 6, 7, 9, 10, 15] {
        for (kernel, channels) in [(1, 4), (1, 16), (1, 36), (3, 4), (3, 16), (4, 1), (5, 1), (2, 5)] {
            let case = Case { kernel: [kernel; 2], channels, filters, ..base };
            cases.extend([case, Case { pads: [1, 0, 0, 1], stride: [1, 2], ..case }]);
        }
    }
    // Few output channels with lanes along the width, forward and back: every place of the last block, and every border.
    for width in [8, 9, 11, 14, 29, 34] {
        for few in [1, 2, 3, 5, 6] {
            for (kernel, pads) in [([5, 5], [2; 4]), ([2, 3], [0; 4]), ([3, 4], [0, 2, 1, 3])] {
                for other in [1, 3, 6] {
                    let case = Case { image: [7, width], kernel, pads, ..base };
                    cases.push(Case { channels: other, filters: few, ..case });
                    cases.push(Case { channels: few, filters: other, ..case });
                }
            }
        }
    }
    for (channels, filters, groups) in [(4, 4, 4), (4, 6, 2), (6, 3, 3)] {
        cases.push(Case { channels, filters, groups, ..base });
        cases.push(Case { channels, filters, groups, stride: [2, 1], pads: [1; 4], ..base });
    }
    // Groups of few and of many channels, whole vectors and not: several groups in a vector, several vectors in a group.
    for (channels, filters, groups) in [
        (2, 2, 2),
        (3, 3, 3),
        (6, 2, 2),
        (8, 8, 4),
        (10, 10, 5),
        (8, 8, 2),
        (16, 16, 2),
        (5, 10, 5),
        (10, 5, 5),
        (3, 9, 3),
        (2, 4, 2),
        (3, 15, 3),
        (2, 14, 2),
        (2, 18, 2),
        (9, 3, 3),
        (4, 16, 4),
        (18, 18, 6),
        (10, 14, 2),
        (14, 10, 2),
        (6, 46, 2),
        (46, 6, 2),
        (24, 72, 2),
    ] {
        for width in [4, 7, 11, 14, 19] {
            let case = Case { channels, filters, groups, image: [6, width], ..base };
            cases.extend([case, Case { kernel: [1, 1], ..case }, Case { pads: [1; 4], stride: [2, 1], ..case }]);
            cases.push(Case { kernel: [5, 4], pads: [2, 2, 3, 1], ..case });
            cases.push(Case { kernel: [3, 2], dilation: [1, 2], stride: [1, 2], pads: [2; 4], ..case });
        }
    }
    for dilation in [[2, 2], [1, 3], [3, 1]] {
        for (channels, filters) in [(1, 2), (5, 9)] {
            cases.push(Case { dilation, channels, filters, ..base });
            cases.push(Case { dilation, channels, filters, pads: [2; 4], stride: [1, 2], ..base });
        }
    }
    // One input channel, whose gradient slides over four or eight channels: every place of the last block.
    for width in 8..25 {
        for (filters, pads) in [(8, [0; 4]), (4, [1; 4]), (8, [2, 0, 2, 2]), (8, [3; 4])] {
            cases.push(Case { batch: 1, image: [5, width], filters, pads, ..base });
            cases.push(Case { batch: 1, image: [5, width], channels: filters, pads, ..base });
        }
    }
    // Three filters that slide over vectors of channels, and back.
    for width in 5..16 {
        for (channels, pads) in [(8, [0; 4]), (4, [1; 4]), (12, [0, 2, 2, 2]), (4, [3; 4])] {
            let case = Case { batch: 1, image: [5, width], pads, ..base };
            cases.push(Case { channels, filters: 3, ..case });
            cases.push(Case { channels: 3, filters: channels, ..case });
        }
    }
    // The same of one filter over more vectors, and of five taps side by side; of two filters.
    for width in 8..22 {
        for (filters, channels) in [(1, 4), (1, 12), (1, 20), (2, 8)] {
            for (taps, pads) in
                [(3, [0; 4]), (3, [1; 4]), (3, [0, 2, 2, 2]), (5, [0; 4]), (5, [1; 4]), (5, [1, 3, 2, 2])]
            {
                let case = Case { batch: 1, image: [6, width], kernel: [taps; 2], pads, ..base };
                cases.push(Case { channels, filters, ..case });
                cases.push(Case { channels: filters, filters: channels, ..case });
            }
        }
    }
    // Rows of outputs below the image, which see nothing of it.
    for filters in [1, 3] {
        cases.push(Case { image: [5, 12], channels: 8, filters, pads: [0, 4, 2, 2], ..base });
    }
    // One tap over many channels: a matrix product.
    for (channels, filters) in [(64, 128), (130, 65), (63, 131)] {
        let case = Case { kernel: [1, 1], channels, filters, ..base };
        cases.extend([case, Case { pads: [1; 4], ..case }, Case { stride: [2, 1], ..case }]);
    }
    for (channels, filters) in [(17, 6), (4, 8), (5, 12), (3, 16), (33, 1), (16, 3)] {
        cases.push(Case { kernel: [1, 1], channels, filters, ..base });
    }
    // Filters that cover the image: a matrix product.
    for (image, channels, filters) in
        [([5, 5], 16, 12), ([3, 4], 3, 7), ([9, 11], 1, 4), ([6, 1], 4, 1), ([1, 1], 8, 9)]
    {
        let case = Case { image, kernel: image, channels, filters, batch: 3, ..base };
        cases.extend([case, Case { stride: [2, 3], ..case }, Case { batch: 1, ..case }]);
    }
    // Many channels over images of few pixels: tap by tap.
    for (image, channels, filters) in [([2, 2], 130, 116), ([3, 4], 121, 123), ([1, 5], 33, 452)] {
        let case = Case { image, channels, filters, batch: 17, pads: [1; 4], ..base };
        cases.extend([case, Case { stride: [2, 1], pads: [0, 2, 1, 2], ..case }]);
        cases.push(Case { image: [5, 6], stride: [2, 2], dilation: [2, 1], pads: [2, 2, 3, 0], ..case });
        // So many images that they are parts by themselves.
        cases.push(Case { batch: 33, ..case });
    }
    // The same in batches of one and two, over single pixels, with taps that nobody sees; and over as many pixels as this is done for.
    for (image, kernel, pads, channels, filters) in [
        ([2, 2], [3, 3], [1; 4], 130, 116),
        ([1, 1], [3, 3], [1; 4], 118, 126),
        ([2, 1], [5, 5], [2; 4], 60, 90),
        ([4, 4], [3, 3], [1; 4], 121, 123),
        ([8, 8], [3, 3], [1; 4], 200, 220),
        ([8, 9], [3, 3], [1; 4], 219, 200),
    ] {
        let case = Case { image, kernel, pads, channels, filters, batch: 1, ..base };
        cases.push(case);
        if image[0] < 8 {
            cases.push(Case { batch: 2, ..case });
        }
    }
    // The filters' gradient tap by tap over more pixels, where the border and the number of channels say so, and not.
    for image in [[4, 4], [3, 6], [7, 5], [16, 16], [17, 16]] {
        for (channels, filters) in [(32, 32), (33, 68), (65, 36), (36, 34)] {
            let case = Case { image, channels, filters, pads: [1; 4], ..base };
            cases.extend([case, Case { kernel: [5, 4], pads: [3, 1, 2, 2], stride: [1, 2], batch: 1, ..case }]);
            cases.push(Case { pads: [0, 1, 1, 0], dilation: [1, 2], batch: 3, ..case });
        }
    }
    cases.push(Case { image: [11, 12], channels: 132, filters: 128, stride: [2, 2], pads: [1, 0, 1, 0], ..base });
    // Two to four output channels over whole vectors of channels, forward and back.
    for few in [2, 3, 4] {
        for (channels, filters) in [(8, few), (few, 8)] {
            let case = Case { channels, filters, ..base };
            cases.extend([case, Case { pads: [1, 1, 2, 0], ..case }]);
            cases.push(Case { stride: [1, 2], dilation: [2, 1], pads: [2; 4], ..case });
            cases.push(Case { kernel: [1, 1], image: [3, 2], ..case });
        }
    }
    // A filter for each channel: every place of the last block, borders up to two pixels, and rows that see few taps.
    for width in 6..30 {
        for (stride, pads) in [(1, [1; 4]), (1, [0; 4]), (2, [0, 1, 0, 1]), (2, [1; 4]), (2, [0; 4]), (1, [2, 0, 2, 1])]
        {
            let case = Case {
                batch: 1,
                image: [6, width],
                channels: 6,
                filters: 6,
                groups: 6,
                stride: [stride; 2],
                pads,
                ..base
            };
            cases.extend([case, Case { kernel: [2, 5], ..case }, Case { dilation: [2, 1], ..case }]);
        }
    }
    cases.push(Case { image: [9, 14], kernel: [3, 4], channels: 8, filters: 8, groups: 8, dilation: [1, 2], ..base });
    // Images of few pixels, several of them, and rows so long that they are cut into parts.
    for (image, channels) in
        [([2, 1], 4), ([1, 2], 5), ([3, 2], 8), ([5, 3], 9), ([4, 4], 4), ([5, 33], 260), ([6, 50], 132)]
    {
        for (stride, pads) in [(1, [1; 4]), (1, [2; 4]), (2, [0, 1, 0, 1]), (2, [1; 4]), (2, [2; 4]), (2, [1, 2, 0, 2])]
        {
            let case = Case { image, channels, filters: channels, groups: channels, pads, ..base };
            let strides = [[stride; 2], [1, stride]].map(|stride| Case { stride, ..case });
            cases.extend(strides.into_iter().filter(|case| case.geometry().is_some()));
        }
    }
    // The same with taps that are walked along in several blocks, with gaps, and with strides that leave pixels out.
    for (kernel, stride, dilation) in [([5, 5], 1, 1), ([5, 5], 2, 1), ([3, 3], 2, 2), ([2, 2], 3, 1)] {
        let case =
            Case { image: [6, 50], kernel, channels: 132, filters: 132, groups: 132, pads: [1, 2, 2, 1], ..base };
        cases.push(Case { stride: [stride; 2], dilation: [dilation; 2], ..case });
    }
    // Channels of which four cache lines, two, or one are taken at a time.
    for (image, kernel, channels) in
        [([14, 15], [3, 3], 512), ([4, 12], [3, 3], 1536), ([7, 11], [5, 5], 2048), ([6, 9], [3, 4], 1024)]
    {
        let case = Case { image, kernel, channels, filters: channels, groups: channels, pads: [1, 1, 1, 2], ..base };
        cases.extend([case, Case { dilation: [2, 1], batch: 1, ..case }]);
    }
    // Rows and columns of another number of taps.
    for kernel in [[5, 3], [4, 3], [2, 3], [1, 3], [3, 5], [7, 3], [3, 1]] {
        for (stride, pads) in [(1, [0; 4]), (1, [1; 4]), (2, [0, 1, 0, 1]), (2, [1; 4])] {
            for channels in [4, 9] {
                let case =
                    Case { kernel, pads, stride: [stride; 2], channels, filters: channels, groups: channels, ..base };
                cases.extend(
                    [case, Case { dilation: [2, 1], ..case }].into_iter().filter(|case| case.geometry().is_some()),
                );
            }
        }
    }
    // Five and seven taps side by side: borders of up to three pixels on both sides, every place of the last eight.
    for width in 8..34 {
        for (taps, pads) in
            [(5, [2; 4]), (5, [0, 1, 2, 0]), (7, [3; 4]), (7, [0; 4]), (7, [2, 1, 1, 2]), (7, [3, 0, 2, 3])]
        {
            let image = [7, width];
            let case = Case { image, kernel: [taps; 2], pads, channels: 10, filters: 10, groups: 10, batch: 1, ..base };
            cases.extend(
                [case, Case { kernel: [2, taps], ..case }].into_iter().filter(|case| case.geometry().is_some()),
            );
        }
    }
    // Five taps at every other pixel: borders of up to two pixels on both sides, every place of the last four.
    for width in 9..22 {
        for (pads, kernel_h) in
            [([1, 2, 1, 2], 5), ([2, 2, 2, 2], 5), ([0; 4], 3), ([1, 0, 2, 1], 5), ([1, 1, 0, 2], 4)]
        {
            for channels in [4, 9] {
                cases.push(Case {
                    image: [8, width],
                    kernel: [kernel_h, 5],
                    stride: [2; 2],
                    pads,
                    channels,
                    filters: channels,
                    groups: channels,
                    ..base
                });
            }
        }
    }
    // Strides that leave pixels unseen, and strides beside dilations.
    for (stride, kernel, dilation) in [([3, 4], [2, 3], [1, 1]), ([2, 3], [3, 2], [2, 2]), ([2, 4], [3, 3], [3, 2])] {
        for (channels, filters) in [(1, 4), (3, 8), (4, 1), (5, 16)] {
            cases.push(Case { stride, kernel, dilation, channels, filters, pads: [2, 1, 1, 3], ..base });
        }
    }
    // Few filters over one channel: every width of the last vector, images of few rows and of many, rows that share no pixels.
    for filters in 1..5 {
        for (width, height) in (6..12).zip([3, 4, 5, 6, 42, 70]) {
            let case = Case { batch: 1, image: [height, width], filters, ..base };
            cases.extend([case, Case { kernel: [3, 2], ..case }, Case { kernel: [2, 3], pads: [1; 4], ..case }]);
            cases.push(Case { pads: [6; 4], stride: [2, 1], dilation: [4, 1], ..case });
            cases.push(Case { pads: [3; 4], stride: [3, 1], dilation: [2, 2], ..case });
        }
    }
    // The seed's network.
    cases.push(Case { batch: 3, image: [22, 22], filters: 3, ..base });
    cases
}

/// Every way in which a row of up to six pixels and its border can be walked along, with few of the ways down.
fn small() -> Vec<Case> {
    const GROUPS: [(u32, u32, u32); 6] = [(4, 4, 4), (4, 12, 4), (3, 3, 3), (1, 3, 1), (4, 4, 1), (6, 4, 2)];
    let number = |n: usize, of: usize, apart: usize| (n / apart % of) as u32;
    let all = 0..6 * 5 * 3 * 3 * 4 * 4 * GROUPS.len();
    let cases = all.filter_map(|n| {
        let [left, right] = [number(n, 4, 1), number(n, 4, 4)];
        let [step, apart] = [1 + number(n, 3, 16), 1 + number(n, 3, 48)];
        let [width, kernel] = [1 + number(n, 6, 144), 1 + number(n, 5, 864)];
        let (channels, filters, groups) = GROUPS[n / 4320];
        // Rows differ from columns, but are like them often.
        let (height, rows, down) = [(1, 1, 1), (4, 3, step), (3, 2, 1), (6, 3, 3), (5, kernel, step)][n % 5];
        let case = Case {
            batch: 2,
            image: [height, width],
            channels,
            kernel: [rows, kernel],
            filters,
            stride: [down, step],
            pads: [left.min(rows - 1), right, left, right],
            dilation: [if n % 2 == 0 { apart } else { 1 }, apart],
            groups,
        };
        case.geometry().map(|_| case)
    });
    cases.collect()
}

struct Arrays {
    x: Vec<f32>,
    filter: Vec<f32>,
    bias: Vec<f32>,
    dy: Vec<f32>,
}

fn check(case: &Case, arrays: &Arrays, exact: bool) {
    let g = case.geometry().unwrap();
    let Arrays { x, filter, bias, dy } = arrays;
    // Workspaces and outputs begin with garbage: nothing may rely on zeros.
    let scratch = |pass| vec![f32::NAN; workspace(pass, &g).unwrap()];
    let what = |pass: &str| format!("{pass} {case:?}");
    let compare = |actual: &[f32], expected: (Vec<f64>, Vec<f64>), pass: &str| {
        if exact {
            assert_exact(actual, &expected.0, &what(pass));
        } else {
            assert_close(actual, &expected, &what(pass));
        }
    };
    let mut y = vec![f32::NAN; g.output_size()];
    forward::forward(&g, x, filter, None, &mut y, Activation::Linear, &mut scratch(Pass::Forward));
    compare(&y, convolve(&g, x, filter, dy, Into::Output), "forward");

    forward::forward(&g, x, filter, Some(bias), &mut y, Activation::Relu, &mut scratch(Pass::Forward));
    let (mut sums, mut sizes) = convolve(&g, x, filter, dy, Into::Output);
    for (index, (sum, size)) in sums.iter_mut().zip(&mut sizes).enumerate() {
        let b = f64::from(bias[index % g.out_c]);
        (*sum, *size) = ((*sum + b).max(0.0), *size + b.abs());
    }
    compare(&y, (sums, sizes), "forward with bias and relu");

    let mut df = vec![f32::NAN; g.filter_size()];
    filter_gradient::filter_gradient(&g, x, dy, &mut df, &mut scratch(Pass::FilterGradient));
    compare(&df, convolve(&g, x, filter, dy, Into::Filter), "filter gradient");

    let mut dx = vec![f32::NAN; g.input_size()];
    input_gradient::input_gradient(&g, dy, filter, &mut dx, Ending::NONE, &mut scratch(Pass::InputGradient));
    compare(&dx, convolve(&g, x, filter, dy, Into::Input), "input gradient");

    let mut masked = vec![f32::NAN; g.input_size()];
    let ending = Ending::Slope(Activation::Relu, x);
    input_gradient::input_gradient(&g, dy, filter, &mut masked, ending, &mut scratch(Pass::InputGradient));
    gradient_in_place(Activation::Relu, x, &mut dx);
    assert_eq!(masked, dx, "{case:?}: input gradient times the slope of relu");
}

#[test]
fn integers_are_exact_on_every_shape() {
    for (index, case) in table().iter().chain(&small()).enumerate() {
        let g = case.geometry().unwrap();
        let mut numbers = Numbers::new(index as u64);
        let arrays = Arrays {
            x: numbers.integers(g.input_size(), 4),
            filter: numbers.integers(g.filter_size(), 3),
            bias: numbers.integers(g.out_c, 5),
            dy: numbers.integers(g.output_size(), 4),
        };
        check(case, &arrays, true);
    }
}

#[test]
fn floats_are_close_on_every_shape() {
    for (index, case) in table().iter().enumerate() {
        let g = case.geometry().unwrap();
        let mut numbers = Numbers::new(1000 + index as u64);
        let arrays = Arrays {
            x: numbers.floats(g.input_size()),
            filter: numbers.floats(g.filter_size()),
            bias: numbers.floats(g.out_c),
            dy: numbers.floats(g.output_size()),
        };
        check(case, &arrays, false);
    }
}

#[test]
fn what_is_infinite_reaches_the_filters_that_see_it_and_no_others() {
    let base = table()[0];
    for (filters, width, [height, stride]) in
        (1..5).flat_map(|f| (6..12).flat_map(move |w| [[3, 1], [9, 1], [9, 2]].map(|rows| (f, w, rows))))
    {
        let case = Case { batch: 1, image: [height, width], kernel: [3, 3], filters, stride: [stride, 1], ..base };
        let g = case.geometry().unwrap();
        let mut numbers = Numbers::new(u64::from(width));
        let mut positive = |length| numbers.floats(length).iter().map(|v| v.abs() + 1.0).collect::<Vec<f32>>();
        let (x, filter, dy) = (positive(g.input_size()), positive(g.filter_size()), positive(g.output_size()));
        let check = |x: &[f32], dy: &[f32]| {
            let mut df = vec![f32::NAN; g.filter_size()];
            let mut scratch = vec![f32::NAN; workspace(Pass::FilterGradient, &g).unwrap()];
            filter_gradient::filter_gradient(&g, x, dy, &mut df, &mut scratch);
            let (expected, _) = convolve(&g, x, &filter, dy, Into::Filter);
            let are_infinite = |values: &[f64]| values.iter().map(|&v| v == f64::INFINITY).collect::<Vec<_>>();
            let df: Vec<f64> = df.into_iter().map(f64::from).collect();
            assert!(!df.iter().any(|v| v.is_nan()), "{case:?}: {df:?}");
            assert_eq!(are_infinite(&df), are_infinite(&expected), "{case:?}");
        };
        for pixel in 0..x.len() {
            let mut x = x.clone();
            x[pixel] = f32::INFINITY;
            check(&x, &dy);
        }
        for output in 0..dy.len() {
            let mut dy = dy.clone();
            dy[output] = f32::INFINITY;
            check(&x, &dy);
        }
    }
}

#[test]
fn geometries_without_output_are_refused() {
    let case = table()[0];
    assert!(Case { kernel: [10, 3], ..case }.geometry().is_none());
    assert!(Case { stride: [0, 1], ..case }.geometry().is_none());
    assert!(Case { channels: 3, groups: 2, ..case }.geometry().is_none());
    assert!(Case { batch: 1 << 27, image: [1 << 10, 1 << 10], ..case }.geometry().is_none());
    assert!(Case { dilation: [1 << 28, 1 << 28], kernel: [1 << 28, 3], ..case }.geometry().is_none());
}

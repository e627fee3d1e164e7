//! Winograd's way of convolutions of stride 2, and of lines of stride 4, against the definition, natively and on small shapes, where the library does not take it.
#![cfg(not(feature = "double"))]

mod naive;
mod reach;

use convgrad::geometry::Geometry;
use convgrad::kernels::conv2d::winograd::{
    filter_gradient, filter_gradient_workspace, has_both, is_possible, Convolution,
};
use naive::Numbers;
use reach::{assert_passes, exchange, pieces, reach, reach_of_transpose, run, Arrays};

fn geometry(taps: u32, batch: u32, [h, w]: [u32; 2], channels: u32, filters: u32, pads: [u32; 4]) -> Geometry {
    let [top, bottom, left, right] = pads;
    let words = [batch, h, w, channels, taps, taps, filters, 2, 2, top, bottom, left, right, 1, 1, 1];
    let g = Geometry::new(&words).unwrap();
    assert!(is_possible(&g));
    g
}

/// Filters of one row, along lines.
fn line(
    [taps, stride]: [u32; 2],
    batch: u32,
    width: u32,
    channels: u32,
    filters: u32,
    [left, right]: [u32; 2],
) -> Geometry {
    let words = [batch, 1, width, channels, 1, taps, filters, 1, stride, 0, 0, left, right, 1, 1, 1];
    let g = Geometry::new(&words).unwrap();
    assert!(is_possible(&g));
    g
}

/// The same of lines.
fn lines() -> Vec<Geometry> {
    let mut all = Vec::new();
    // Of more than six taps and a stride of 2, or twelve and one of 4, tiles have filters of up to five taps.
    let strides =
        [(2, [3, 4, 5, 6]), (2, [7, 9, 10, 11]), (2, [12, 16, 21, 64]), (4, [9, 11, 12, 13]), (4, [16, 25, 28, 47])];
    for (taps, stride) in strides.into_iter().flat_map(|(stride, taps)| taps.map(|taps| (taps, stride))) {
        let kind = [taps, stride];
        let width = if taps < 7 { 6 } else { taps };
        for width in width..width + 8 * stride + 1 {
            all.push(line(kind, 2, width, 4, 4, [0; 2]));
            all.push(line(kind, 1, width, 4, 8, [(taps - 2) / 2, (taps - 1) / 2]));
        }
        for pads in [[2, 2], [0, 3], [3, 0], [taps + 1, taps + 2]] {
            all.push(line(kind, 2, width + 1, 8, 12, pads));
        }
        all.push(line(kind, 1, 1, 4, 4, [taps / 2; 2]));
        for (channels, filters) in
            [(4, 16), (8, 20), (12, 24), (20, 28), (36, 44), (12, 64), (8, 276), (64, 4), (32, 8)]
        {
            all.push(line(kind, 3, 50 + taps, channels, filters, [1; 2]));
        }
        all.push(line(kind, 37, 12 + taps, 8, 8, [1; 2]));
        // Filters' gradients block by block.
        all.push(line(kind, 2, 8 + taps, 140, 84, [1; 2]));
        all.push(line(kind, 2, 801, 32, 4, [0; 2]));
        // Tiles for two and four parts with sums of their own.
        all.push(line(kind, 43, 33 * stride + 1, 4, 4, [1; 2]));
        all.push(line(kind, 87, 33 * stride + 1, 4, 4, [1; 2]));
    }
    all
}

/// Outputs of every remainder by the size of a tile, odd and even images, every kind of padding, panels with channels of one phase and of
/// several, several images in a part, more images than parts, more tiles than are worked on together.
fn table() -> Vec<Geometry> {
    let mut all = Vec::new();
    for taps in 3..7 {
        for height in 6..15 {
            for width in [6, 7, 10, 13, 16] {
                all.push(geometry(taps, 2, [height, width], 4, 4, [0; 4]));
                all.push(geometry(
                    taps,
                    1,
                    [height, width],
                    4,
                    8,
                    [(taps - 2) / 2, (taps - 1) / 2, taps / 2, taps / 2],
                ));
            }
        }
        for pads in [[2; 4], [0, 1, 2, 3], [3, 0, 1, 2], [taps + 1, 4, 3, taps + 2]] {
            all.push(geometry(taps, 2, [7, 6], 8, 12, pads));
        }
        all.push(geometry(taps, 1, [1, 1], 4, 4, [taps / 2; 4]));
        for (channels, filters) in [(4, 16), (8, 20), (12, 24), (20, 28), (36, 44)] {
            all.push(geometry(taps, 2, [17, 20], channels, filters, [1; 4]));
        }
        // Few tiles and more sums than stay in a cache: filters' gradients block by block, of one part and of several.
        for (channels, filters) in [(12, 132), (140, 8)] {
            all.push(geometry(taps, 2, [8, 7], channels, filters, [1; 4]));
        }
        // Few tiles and many filters: panel by panel.
        for (channels, filters) in [(12, 64), (8, 276), (64, 4), (32, 8)] {
            all.push(geometry(taps, 1, [14, 11], channels, filters, [1; 4]));
            all.push(geometry(taps, 3, [17, 19], channels, filters, [0; 4]));
        }
        all.push(geometry(taps, 37, [9, 10], 8, 8, [1; 4]));
        all.push(geometry(taps, 1, [77, 61], 32, 4, [1; 4]));
        // Tiles for two and four parts with sums of their own.
        all.push(geometry(taps, 43, [27, 18], 4, 4, [1; 4]));
        all.push(geometry(taps, 87, [27, 18], 4, 4, [1; 4]));
    }
    all
}

/// One of the convolutions of stride 1 whose sum is one of another stride: of a square one of four, of a line a piece of one of as many.
struct Phase {
    first: [usize; 2],
    /// Columns of its filter, which is filled up with zeros.
    columns: usize,
    strides: [usize; 2],
    convolution: Convolution,
}

impl Phase {
    fn all(g: &Geometry) -> Vec<Self> {
        let (whole, strides) = (Convolution::forward(g), [g.stride_h, g.stride_w]);
        let [rows, most] = whole.taps;
        let shape = [g.out_h + rows - 1, g.out_w + most - 1, g.in_c];
        let convolution = Convolution { kernel: whole.taps, stride: 1, input: shape, pads: [0; 2], ..whole };
        let count = g.kernel_w.div_ceil(g.stride_w).div_ceil(most);
        let mut all = Vec::new();
        for (row, column) in (0..strides[0]).flat_map(|row| (0..strides[1]).map(move |column| (row, column))) {
            for (start, columns) in pieces((g.kernel_w - column).div_ceil(g.stride_w), count) {
                all.push(Self { first: [row, column + start * g.stride_w], columns, strides, convolution });
            }
        }
        all
    }

    /// Calls `work` with where a value lies in the images and in those of the phase.
    fn each_pixel(&self, g: &Geometry, mut work: impl FnMut(usize, usize)) {
        let [height, width, channels] = self.convolution.input;
        let [down, across] = self.strides;
        for (n, i, j) in (0..g.batch).flat_map(|n| (0..height).flat_map(move |i| (0..width).map(move |j| (n, i, j)))) {
            let (row, column) = (
                (down * i + self.first[0]).wrapping_sub(g.pad_top),
                (across * j + self.first[1]).wrapping_sub(g.pad_left),
            );
            if row < g.in_h && column < g.in_w {
                for c in 0..channels {
                    let whole = ((n * g.in_h + row) * g.in_w + column) * channels + c;
                    work(whole, ((n * height + i) * width + j) * channels + c);
                }
            }
        }
    }

    /// The same of the filter.
    fn each_tap(&self, g: &Geometry, mut work: impl FnMut(usize, usize)) {
        let ([rows, most], pairs) = (self.convolution.taps, g.in_c * g.out_c);
        for (i, j) in (0..rows).flat_map(|i| (0..self.columns).map(move |j| (i, j))) {
            let [row, column] = [self.strides[0] * i + self.first[0], self.strides[1] * j + self.first[1]];
            if row < g.kernel_h && column < g.kernel_w {
                (0..pairs)
                    .for_each(|pair| work((row * g.kernel_w + column) * pairs + pair, (i * most + j) * pairs + pair));
            }
        }
    }

    fn images(&self, g: &Geometry, x: &[f32]) -> Vec<f32> {
        let mut own = vec![0.0; g.batch * self.convolution.input.iter().product::<usize>()];
        self.each_pixel(g, |whole, place| own[place] = x[whole]);
        own
    }

    fn filter(&self, g: &Geometry, filter: &[f32]) -> Vec<f32> {
        let mut own = vec![0.0; self.convolution.taps.iter().product::<usize>() * g.in_c * g.out_c];
        self.each_tap(g, |whole, place| own[place] = filter[whole]);
        own
    }
}

/// What all intermediate values can add up to, for each of the passes: the phases add up.
fn sizes(g: &Geometry, x: &[f32], filter: &[f32], dy: &[f32]) -> [Vec<f64>; 3] {
    let mut forward = vec![0.0; g.output_size()];
    let (mut of_filter, mut of_input) = (vec![0.0; g.filter_size()], vec![0.0; g.input_size()]);
    for phase in Phase::all(g) {
        let (x, own) = (phase.images(g, x), phase.filter(g, filter));
        let c = phase.convolution;
        forward.iter_mut().zip(reach(&c, &x, &own, None)).for_each(|(sum, size)| *sum += size);
        let sizes = reach(&c, &x, &own, Some(dy));
        phase.each_tap(g, |whole, place| of_filter[whole] = sizes[place]);
        let transpose = Convolution { input: c.output, output: c.input, spreads: true, ..c };
        let exchanged = phase.filter(g, &exchange(g, filter, false));
        let sizes = reach_of_transpose(&transpose, dy, &exchanged);
        phase.each_pixel(g, |whole, place| of_input[whole] += sizes[place]);
    }
    [forward, of_filter, of_input]
}

#[test]
fn errors_stay_within_those_of_their_roundings() {
    for (index, g) in table().iter().chain(&lines()).enumerate() {
        assert!(!has_both(&Convolution::forward(g)));
        let arrays = Arrays::new(g, index as u64);
        let sizes = sizes(g, &arrays.x, &arrays.filter, &arrays.dy);
        assert_passes(g, &arrays, sizes, (Convolution::forward(g).taps, Phase::all(g).len()));
    }
}

/// An image's pixels that no window sees have no gradient, and nothing reaches an output or a filter from there.
#[test]
fn what_no_window_sees_is_left_alone() {
    let images = [(3, [10, 12]), (4, [9, 11]), (5, [10, 8]), (6, [9, 13])];
    let images = images.map(|(taps, size)| geometry(taps, 1, size, 4, 4, [0; 4]));
    let lines = [(3, 2, 12), (4, 2, 11), (5, 2, 8), (6, 2, 13), (9, 2, 18), (9, 4, 18), (16, 4, 29)];
    let lines = lines.map(|(taps, stride, width)| line([taps, stride], 1, width, 4, 4, [0; 2]));
    for g in images.into_iter().chain(lines) {
        let mut numbers = Numbers::new(5);
        let (x, filter, dy) =
            (numbers.floats(g.input_size()), numbers.floats(g.filter_size()), numbers.floats(g.output_size()));
        let (c, last) = (Convolution::forward(&g), |place: usize| {
            g.in_h > 1 && place / 4 / g.in_w == g.in_h - 1 || place / 4 % g.in_w == g.in_w - 1
        });
        let dx = run(&Convolution::transpose(&g), &dy, &exchange(&g, &filter, false), None);
        assert!(dx.iter().enumerate().all(|(place, &dx)| !last(place) || dx == 0.0), "{g:?}");

        let passes = |x: &[f32]| {
            let (mut df, mut scratch) = (vec![0.0; g.filter_size()], vec![0.0; filter_gradient_workspace(&c).unwrap()]);
            filter_gradient(&c, x, &dy, &mut df, &mut scratch);
            [run(&c, x, &filter, None), df]
        };
        let spoiled: Vec<_> = x.iter().enumerate().map(|(place, &x)| if last(place) { f32::NAN } else { x }).collect();
        let blank: Vec<_> = x.iter().enumerate().map(|(place, &x)| if last(place) { 0.0 } else { x }).collect();
        assert_eq!(passes(&spoiled), passes(&blank), "{g:?}");
    }
}

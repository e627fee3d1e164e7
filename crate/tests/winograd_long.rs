//! Winograd's way of lines of six taps and more than seven, and of squares of 6×6 to 10×10, as the sum of pieces, against the definition, natively and on small shapes.
#![cfg(not(feature = "double"))]

mod naive;
mod reach;

use convgrad::geometry::Geometry;
use convgrad::kernels::conv2d::winograd::{has_both, is_possible, Convolution};
use naive::{convolve as define, Into};
use reach::{assert_passes, assert_within, exchange, pieces, reach, reach_of_transpose, run, Arrays};

/// Filters of one row over lines, with zeros before and behind them; they see every so manieth pixel.
fn line(
    [taps, dilation]: [u32; 2],
    [batch, rows, width]: [u32; 3],
    [channels, filters]: [u32; 2],
    pads: [u32; 2],
) -> Geometry {
    let [left, right] = pads.map(|pad| pad * dilation);
    let words = [batch, rows, width, channels, 1, taps, filters, 1, 1, 0, 0, left, right, 1, dilation, 1];
    let g = Geometry::new(&words).unwrap();
    assert!(is_possible(&g));
    g
}

/// The same of one column.
fn column(
    taps: u32,
    [batch, height, width]: [u32; 3],
    [channels, filters]: [u32; 2],
    [top, bottom]: [u32; 2],
) -> Geometry {
    let words = [batch, height, width, channels, taps, 1, filters, 1, 1, top, bottom, 0, 0, 1, 1, 1];
    let g = Geometry::new(&words).unwrap();
    assert!(is_possible(&g));
    g
}

/// Squares, which see pixels of every so manieth row and column.
fn square(
    [taps, dilation]: [u32; 2],
    [batch, height, width]: [u32; 3],
    [channels, filters]: [u32; 2],
    [before, behind]: [u32; 2],
) -> Geometry {
    let [before, behind] = [before, behind].map(|pad| pad * dilation);
    let words = [batch, height, width, channels, taps, taps, filters, 1, 1, before, behind, before, behind];
    let g = Geometry::new(&[&words[..], &[dilation, dilation, 1]].concat().try_into().unwrap()).unwrap();
    assert!(is_possible(&g));
    g
}

/// Pieces of every kind, alike and not; of lines that end anywhere in a tile, with every kind of padding, in several images.
fn table() -> Vec<Geometry> {
    let mut all = Vec::new();
    for taps in [6, 8, 9, 10, 11, 12, 13, 16, 21, 40, 64] {
        for more in 0..7 {
            all.push(line([taps, 1], [2, 1, taps + more], [4, 4], [0; 2]));
            all.push(line([taps, 1], [1, 1, taps + 2 * more], [4, 8], [taps - 1, 0]));
        }
        for pads in [[4, 4], [2, 3], [0, 1], [taps + 2, taps + 1]] {
            all.push(line([taps, 1], [2, 3, taps + 1], [8, 12], pads));
        }
        all.push(line([taps, 1], [1, 1, 1], [4, 4], [taps / 2; 2]));
        for (channels, filters) in [(4, 16), (8, 20), (20, 28)] {
            all.push(line([taps, 1], [2, 2, taps + 15], [channels, filters], [1; 2]));
        }
        all.push(line([taps, 1], [37, 1, taps + 9], [8, 8], [1; 2]));
        all.push(line([taps, 1], [1, 1, taps + 290], [8, 4], [0, 1]));
        for (dilation, pads) in [(2, [1, 1]), (3, [6, 7])] {
            all.push(line([taps, dilation], [2, 1, dilation * taps + 11], [4, 12], pads));
        }
        all.push(column(taps, [2, taps + 3, 3], [4, 8], [1, 2]));
    }
    for taps in 6..11 {
        for (height, width) in (taps..taps + 5).flat_map(|height| [0, 1, 2, 3, 7].map(|more| (height, taps + more))) {
            all.push(square([taps, 1], [2, height, width], [4, 4], [0; 2]));
            all.push(square([taps, 1], [1, height, width], [4, 8], [taps / 2, (taps - 1) / 2]));
        }
        for pads in [[taps - 1, taps - 1], [0, 3], [taps + 1, taps]] {
            all.push(square([taps, 1], [2, 7, 9], [8, 12], pads));
        }
        all.push(square([taps, 1], [1, 1, 1], [4, 4], [taps / 2; 2]));
        all.push(square([taps, 1], [1, 12, 11], [4, 68], [2; 2]));
        all.push(square([taps, 1], [3, taps, taps + 1], [20, 28], [1; 2]));
        all.push(square([taps, 1], [2, 5, 4], [36, 68], [taps / 2; 2]));
        all.push(square([taps, 1], [37, taps + 1, taps], [8, 8], [1; 2]));
        all.push(square([taps, 2], [2, 2 * taps + 3, 2 * taps + 6], [4, 8], [1; 2]));
    }
    for taps in [6, 9, 40] {
        // Panel by panel, of one piece of tiles and of several; block by block.
        all.push(line([taps, 1], [1, 1, taps + 3], [4, 68], [1; 2]));
        all.push(line([taps, 1], [1, 1, taps + 80], [8, 64], [1; 2]));
        all.push(line([taps, 1], [2, 1, taps + 7], [68, 132], [1; 2]));
    }
    all
}

/// Most taps of a piece.
fn most(taps: usize) -> usize {
    if taps == 6 {
        3
    } else {
        5
    }
}

/// A piece as a convolution of its own, its filter filled up with zeros; row and column of the first of its taps, and how many there are.
struct Piece {
    convolution: Convolution,
    first: [usize; 2],
    taps: [usize; 2],
    /// Columns of the whole filter.
    columns: usize,
}

impl Piece {
    fn all(whole: &Convolution) -> Vec<Self> {
        let kernel = whole.kernel.map(|taps| if taps == 1 { 1 } else { most(taps) });
        let along = |axis: usize| pieces(whole.kernel[axis], whole.kernel[axis].div_ceil(kernel[axis]));
        let places = along(0).into_iter().flat_map(|row| along(1).into_iter().map(move |column| [row, column]));
        let piece = |[(row, down), (column, across)]: [(usize, usize); 2]| {
            let pads = [whole.pads[0] - row as isize, whole.pads[1] - column as isize];
            let convolution = Convolution { kernel, taps: kernel, pads, ..*whole };
            Self { convolution, first: [row, column], taps: [down, across], columns: whole.kernel[1] }
        };
        places.map(piece).collect()
    }

    /// Where rows of its taps lie in the whole filter and in its own, and how many elements they have.
    fn rows(&self, pairs: usize) -> impl Iterator<Item = (usize, usize, usize)> + '_ {
        let ([row, column], [down, across]) = (self.first, self.taps);
        (0..down).map(move |i| {
            let whole = (row + i) * self.columns + column;
            (whole * pairs, i * self.convolution.kernel[1] * pairs, across * pairs)
        })
    }

    fn filter(&self, filter: &[f32], pairs: usize) -> Vec<f32> {
        let mut own = vec![0.0; self.convolution.kernel.iter().product::<usize>() * pairs];
        for (whole, place, count) in self.rows(pairs) {
            own[place..place + count].copy_from_slice(&filter[whole..whole + count]);
        }
        own
    }
}

/// What all intermediate values can add up to: the pieces add up.
fn sums(
    whole: &Convolution,
    filter: &[f32],
    pairs: usize,
    reach: impl Fn(&Convolution, &[f32]) -> Vec<f64>,
) -> Vec<f64> {
    let all = Piece::all(whole).into_iter().map(|piece| reach(&piece.convolution, &piece.filter(filter, pairs)));
    all.reduce(|sums, own| sums.iter().zip(own).map(|(sum, own)| sum + own).collect()).unwrap()
}

#[test]
fn errors_stay_within_those_of_their_roundings() {
    for (index, g) in table().iter().enumerate() {
        let (arrays, pairs) = (Arrays::new(g, index as u64), g.in_c * g.out_c);
        let Arrays { x, filter, dy, .. } = &arrays;
        let (forward, transpose) = (Convolution::forward(g), Convolution::transpose(g));
        assert!(!has_both(&forward));
        let of_output = sums(&forward, filter, pairs, |c, own| reach(c, x, own, None));
        let mut of_filter = vec![0.0; g.filter_size()];
        for piece in Piece::all(&forward) {
            let own = reach(&piece.convolution, x, &piece.filter(filter, pairs), Some(dy));
            for (whole, place, count) in piece.rows(pairs) {
                of_filter[whole..whole + count].copy_from_slice(&own[place..place + count]);
            }
        }
        let exchanged = exchange(g, filter, false);
        let of_input = sums(&transpose, &exchanged, pairs, |c, own| reach_of_transpose(c, dy, own));
        let taps = [g.kernel_h, g.kernel_w].map(|taps| if taps == 1 { 1 } else { most(taps) });
        let count = Piece::all(&forward).len();
        assert_passes(g, &arrays, [of_output, of_filter, of_input], (taps, count));

        let (backward, rotated) = (Convolution::backward(g), exchange(g, filter, true));
        let (expected, _) = define(g, x, filter, dy, Into::Input);
        let sizes = sums(&backward, &rotated, pairs, |c, own| reach(c, dy, own, None));
        let actual = run(&backward, dy, &rotated, None);
        assert_within(&actual, &expected, &sizes, (count * g.out_c, taps), &format!("input gradient {g:?}"));
    }
}

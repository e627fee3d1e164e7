//! Rows of outputs of a depthwise convolution, of the images or of the gradients: some neighbours at a time, over all
//! channels.

use super::super::axis::{Axis, Run};
use crate::gemm::micro::{tap_channels, Factors, Rows, Walk};
use crate::vector::Real;

/// Packed filters, see [`super::pack`].
pub struct Filters<'a> {
    /// All vectors.
    pub packed: &'a [Real],
    /// Vectors of four channels.
    pub vectors: usize,
    /// Taps of a row.
    pub kernel_w: usize,
}

/// Rows of outputs that are computed before the next columns are: what they see stays in the cache.
const BAND: usize = 8;

/// The convolution of one image of rows of `input` pixels along axes, to rows of `output` pixels.
pub fn image(
    [rows, columns]: &[Axis; 2],
    [channels, input, output]: [usize; 3],
    (x, filters): (&[Real], &Filters),
    y: &mut [Real],
) {
    let border = Border::of(columns, [filters.kernel_w, input, output]);
    rows.each_run(|rows| {
        let row = |index: usize| Row {
            start: (rows.input + index * rows.input_step) * input * channels,
            rows: Rows {
                x,
                line: rows.reach * input * channels,
                rows: rows.taps,
                channels,
                factors: Factors {
                    values: filters.packed,
                    vectors: filters.vectors,
                    first: rows.tap * filters.kernel_w,
                    outer: rows.tap_step * filters.kernel_w,
                    inner: 1,
                },
            },
        };
        let place = |index: usize| (rows.output + index * rows.output_step) * output * channels;
        if let Some(border) = border {
            for index in 0..rows.count {
                border.fill(&row(index), &mut y[place(index)..][..output * channels]);
            }
            return;
        }
        for band in (0..rows.count).step_by(BAND) {
            columns.each_run(|columns| {
                for index in band..rows.count.min(band + BAND) {
                    row(index).fill(&columns, &mut y[place(index)..][..output * channels]);
                }
            });
        }
    });
}

/// What a row of outputs sees, from `start` on.
struct Row<'a> {
    start: usize,
    rows: Rows<'a>,
}

impl Row<'_> {
    /// Outputs that see the same taps, whatever lies between them.
    #[inline(never)]
    fn fill(&self, columns: &Run, out: &mut [Real]) {
        let mut done = 0;
        while done + 8 <= columns.count {
            self.taps::<8>(columns, done, out);
            done += 8;
        }
        for done in done..columns.count {
            self.taps::<1>(columns, done, out);
        }
    }

    #[inline(always)]
    fn taps<const P: usize>(&self, columns: &Run, from: usize, out: &mut [Real]) {
        let Rows { x, line, rows, channels: c, factors } = self.rows;
        let walk =
            Walk { outer: rows, outer_stride: line, inner: columns.taps, inner_stride: columns.reach * c, len: 1 };
        let start = self.start + (columns.input + from * columns.input_step) * c;
        tap_channels::<P>(
            (x, start, c, columns.input_step * c, walk),
            Factors { first: factors.first + columns.tap, inner: columns.tap_step, ..factors },
            (out, (columns.output + from * columns.output_step) * c, columns.output_step * c),
        );
    }
}

/// Rows whose taps touch each other and whose border is narrow: outputs beside the border are taken with their neighbours.
#[derive(Clone, Copy)]
struct Border {
    /// Pixels beyond the border that the first output sees; zeros between pixels count.
    left: usize,
    pixels: usize,
    taps: usize,
    stride: usize,
    spread: usize,
}

impl Border {
    /// When there is a function for the size, and pixels for all taps but two of four neighbours.
    fn of(columns: &Axis, [taps, pixels, outputs]: [usize; 3]) -> Option<Self> {
        let (left, stride, spread) = columns.touching()?;
        let right = ((outputs - 1) * stride + taps).saturating_sub(left + pixels * spread);
        let known = matches!((taps, stride, spread), (3, 1, 1) | (3, 2, 1) | (5, 1, 1) | (3, 1, 2));
        let fits = left <= 2 && right <= 2 && outputs >= 4 * spread && pixels >= 3 * stride + taps;
        (known && fits).then_some(Self { left, pixels, taps, stride, spread })
    }

    /// A row of outputs.
    fn fill(&self, row: &Row, out: &mut [Real]) {
        match (self.taps, self.stride, self.spread) {
            (3, 1, 1) => self.slide_along::<8, 3, 1>(row, out),
            (3, 2, 1) => self.slide_along::<5, 3, 2>(row, out),
            (5, 1, 1) => self.slide_along::<4, 5, 1>(row, out),
            _ => self.spread_along::<4, 8>(row, out),
        }
    }

    /// P outputs at a time, four at the end. The last ones overlap what is done already: the same values are computed again.
    #[inline(always)]
    fn slide_along<const P: usize, const T: usize, const S: usize>(&self, row: &Row, out: &mut [Real]) {
        let count = out.len() / row.rows.channels;
        let many = count >= P && self.pixels >= (P - 1) * S + T;
        let mut at = 0;
        while at < count {
            if P > 4 && many && at + 4 < count {
                at = at.min(count - P);
                self.slide::<P, T, S>(row, at, out);
                at += P;
            } else {
                at = at.min(count - 4);
                self.slide::<4, T, S>(row, at, out);
                at += 4;
            }
        }
    }

    /// P neighbours from output `at` on.
    #[inline(always)]
    fn slide<const P: usize, const T: usize, const S: usize>(&self, row: &Row, at: usize, out: &mut [Real]) {
        let c = row.rows.channels;
        let left = self.left.saturating_sub(at * S);
        let right = (at * S + (P - 1) * S + T).saturating_sub(self.left + self.pixels);
        let start = row.start + (at * S + left - self.left) * c;
        let out = (out, at * c);
        match (left, right) {
            (0, 0) => row.rows.slide::<P, T, S, 0, 0>(start, out),
            (1, 0) => row.rows.slide::<P, T, S, 1, 0>(start, out),
            (2, 0) => row.rows.slide::<P, T, S, 2, 0>(start, out),
            (0, 1) => row.rows.slide::<P, T, S, 0, 1>(start, out),
            _ => row.rows.slide::<P, T, S, 0, 2>(start, out),
        }
    }

    /// N = 2P outputs at a time, between whose pixels there are zeros. The last ones overlap what is done already.
    #[inline(always)]
    fn spread_along<const P: usize, const N: usize>(&self, row: &Row, out: &mut [Real]) {
        let c = row.rows.channels;
        let count = out.len() / c;
        for at in (0..count).step_by(N) {
            let at = at.min(count - N);
            let odd = (at + self.left) % 2 == 1;
            // Counted from one pixel before the first.
            let first = (at + 2 + usize::from(odd) - self.left) / 2;
            let left = usize::from(first == 0);
            let right = (first + P).saturating_sub(self.pixels);
            let start = row.start + (first + left - 1) * c;
            let out = (&mut *out, at * c);
            match (odd, left, right) {
                (false, 0, 0) => row.rows.spread::<P, N, false, 0, 0>(start, out),
                (false, 1, _) => row.rows.spread::<P, N, false, 1, 0>(start, out),
                (false, _, _) => row.rows.spread::<P, N, false, 0, 1>(start, out),
                (true, _, 0) => row.rows.spread::<P, N, true, 0, 0>(start, out),
                (true, _, _) => row.rows.spread::<P, N, true, 0, 1>(start, out),
            }
        }
    }
}

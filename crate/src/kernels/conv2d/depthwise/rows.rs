//! Rows of outputs of a depthwise convolution, of the images or of the gradients, over all channels.

use super::super::axis::{Axis, Run, Touching};
use super::march::March;
use crate::gemm::micro::{tap_channels, tap_vectors, Factors, Rows, Walk};
use crate::kernels::ahead::touch_all;
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

/// The convolution along axes of the image that begins at `first` in `x`, in rows of `input` pixels, to the image that begins at
/// `place` in `y`, in rows of `output` pixels.
pub fn image(
    [rows, columns]: &[Axis; 2],
    [channels, input, output]: [usize; 3],
    (x, first, filters): (&[Real], usize, &Filters),
    (y, place): (&mut [Real], usize),
) {
    let row = |start: usize, line: usize, [tap, taps, step]: [usize; 3]| Row {
        start: first + start * input * channels,
        rows: Rows {
            x,
            line: line * input * channels,
            rows: taps,
            channels,
            factors: Factors {
                values: filters.packed,
                vectors: filters.vectors,
                first: tap * filters.kernel_w,
                outer: step * filters.kernel_w,
                inner: 1,
            },
        },
    };
    let line = output * channels;
    let border = Border::of(columns, rows.touching().map_or(0, |rows| rows.outputs), channels);
    let march = March::of(rows, columns).filter(|_| border.is_none());
    if let Some(march) = march.filter(March::is_spread) {
        return march.pairs(|start, tap, taps| row(start, 1, [tap, taps, 1]), (y, place));
    }
    rows.each_run(|rows| {
        let row =
            |index: usize| row(rows.input + index * rows.input_step, rows.reach, [rows.tap, rows.taps, rows.tap_step]);
        let place = |index: usize| place + (rows.output + index * rows.output_step) * line;
        if let Some(march) = march.filter(|_| rows.taps > 0) {
            return march.rows(row, rows.count, (rows.input_step * input * channels, place), y);
        }
        if let Some(border) = border {
            for index in 0..rows.count {
                border.fill(&row(index), &mut y[place(index)..][..line]);
            }
            return;
        }
        for band in (0..rows.count).step_by(BAND) {
            columns.each_run(|columns| {
                for index in band..rows.count.min(band + BAND) {
                    row(index).fill(&columns, &mut y[place(index)..][..line]);
                }
            });
        }
    });
}

/// What a row of outputs sees, from `start` on.
pub struct Row<'a> {
    /// The first pixel.
    pub start: usize,
    /// Pixels and taps.
    pub rows: Rows<'a>,
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
        // Four at a time wait less for their sums than one by one; the last four overlap what is done already.
        if columns.count >= 4 {
            while done + 1 < columns.count {
                done = done.min(columns.count - 4);
                self.taps::<4>(columns, done, out);
                done += 4;
            }
        }
        for done in done..columns.count {
            self.alone(columns, done, out);
        }
    }

    /// One output.
    #[inline(always)]
    fn alone(&self, columns: &Run, at: usize, out: &mut [Real]) {
        let Rows { x, line, rows, channels: c, factors } = self.rows;
        let walk =
            Walk { outer: rows, outer_stride: line, inner: columns.taps, inner_stride: columns.reach * c, len: 1 };
        let start = self.start + (columns.input + at * columns.input_step) * c;
        tap_vectors(
            (x, start, c, walk),
            Factors { first: factors.first + columns.tap, inner: columns.tap_step, ..factors },
            (out, (columns.output + at * columns.output_step) * c),
        );
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

/// Rows of taps that touch each other, whose border is narrow: outputs beside the border are taken with their neighbours. Five taps or
/// seven, which are too many for the registers; or three over images of not many channels that a second-level cache does not keep with
/// their outputs: eight outputs of all channels at a time go through the memory in its order.
#[derive(Clone, Copy)]
struct Border {
    left: usize,
    pixels: usize,
    taps: usize,
    stride: usize,
}

/// So many channels that some pixels of a row are a longer walk through the memory.
const MANY: usize = 96;

/// Most elements of an image that is kept: 320 KiB, with as many outputs half of a cache.
const LARGE: usize = 80 * 1024;

/// So many channels that a processor does not foresee in which order a vector of them after the other reads pixels: what the next outputs see
/// of their last row of pixels, which no other row has seen, is asked for (112×112, 64 channels in memory: 0.8 of the time; 32: 1.0).
const SCATTERED: usize = 40;

impl Border {
    /// When there is a function for the size, and pixels for all taps of four neighbours, so that no four see both borders.
    fn of(columns: &Axis, height: usize, channels: usize) -> Option<Self> {
        let Touching { left, pixels, outputs, taps, stride, spread } = columns.touching()?;
        let right = ((outputs - 1) * stride + taps).saturating_sub(left + pixels);
        let large = channels < MANY && height * outputs * channels > LARGE;
        let known = match (stride, spread) {
            (1, 1) => taps == 5 || taps == 7 || (taps == 3 && large),
            (2, 1) => taps == 5,
            _ => false,
        };
        let fits = left <= taps / 2 && right <= taps / 2 && outputs >= 4 && pixels >= 3 * stride + taps;
        (known && fits).then_some(Self { left, pixels, taps, stride })
    }

    /// A row of outputs.
    fn fill(&self, row: &Row, out: &mut [Real]) {
        match (self.taps, self.stride) {
            (3, _) => self.slide_along::<8, 3, 1>(row, out),
            (5, 1) => self.slide_along::<8, 5, 1>(row, out),
            (7, _) => self.slide_along::<8, 7, 1>(row, out),
            _ => self.slide_along::<4, 5, 2>(row, out),
        }
    }

    /// P outputs at a time, four at the end. The last ones overlap what is done already: the same values are computed again.
    #[inline(never)]
    fn slide_along<const P: usize, const T: usize, const S: usize>(&self, row: &Row, out: &mut [Real]) {
        let Rows { x, line, rows, channels, .. } = row.rows;
        let count = out.len() / channels;
        let (bottom, far) = (row.start + rows.saturating_sub(1) * line, T == 3 && channels >= SCATTERED);
        let many = count >= P && self.pixels >= (P - 1) * S + T;
        let mut at = 0;
        while at < count {
            if far {
                let coming = |at: usize| (bottom + at * channels).min(x.len());
                touch_all(&x[coming(at + P)..coming(at + 2 * P)]);
            }
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
        let right = ((at + P - 1) * S + T).saturating_sub(self.left + self.pixels);
        let start = row.start + (at * S + left - self.left) * c;
        let out = (out, at * c);
        match (left, right) {
            (0, 0) => row.rows.slide::<P, T, S, 0, 0>(start, out),
            (1, 0) => row.rows.slide::<P, T, S, 1, 0>(start, out),
            (2, 0) => row.rows.slide::<P, T, S, 2, 0>(start, out),
            (3, 0) => row.rows.slide::<P, T, S, 3, 0>(start, out),
            (0, 1) => row.rows.slide::<P, T, S, 0, 1>(start, out),
            (0, 2) => row.rows.slide::<P, T, S, 0, 2>(start, out),
            _ => row.rows.slide::<P, T, S, 0, 3>(start, out),
        }
    }
}

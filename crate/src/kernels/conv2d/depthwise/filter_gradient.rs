//! Gradient of the filters of a depthwise convolution: `df = conv(x, dy)`, channel by channel, summed over the batch.
//!
//! Row by row of the gradients: the sums of up to 3×3 taps stay in registers while a row passes. The batch is cut into parts
//! with sums of their own, which are added in their order.

use super::super::axis::{self, Axis, Run};
use super::super::{by_definition, cut, MOST_PARTS};
use super::multiplied::{self, repeated, repeated_size};
use crate::error::{checked_product, Error};
use crate::gemm::micro::{first_channel, skip_products, slide_products, tap_products, Lines, Sums};
use crate::geometry::Geometry;
use crate::threads::each_with_scratch;
use crate::vector::{Lanes, Real, Vector, LANES};

/// Most taps of a row, and most rows of taps, whose sums are kept in registers together.
const BLOCK: usize = 3;

/// Values of the rows that are new to a band of rows of gradients: they stay in a first-level cache with those that the next
/// band sees, which are asked for meanwhile.
const BAND: usize = 4096;

/// Most rows of gradients at a time.
const MOST: usize = 8;

/// Elements of the sums of one part of the batch.
fn sums_size(g: &Geometry) -> usize {
    g.kernel_h * g.kernel_w * g.out_c.next_multiple_of(LANES)
}

/// float32 values of scratch memory: the sums of all parts, and images whose channels are repeated.
pub fn workspace(g: &Geometry) -> Result<usize, Error> {
    Ok(checked_product(&[cut(g, MOST_PARTS).1, sums_size(g)])? + multiplied::workspace(g)?)
}

/// `df = conv(x, dy)`, summed over the batch.
pub fn filter_gradient(g: &Geometry, x: &[Real], dy: &[Real], df: &mut [Real], workspace: &mut [Real]) {
    let axes = axis::forward(g);
    let (images, parts) = cut(g, MOST_PARTS);
    let (input, output) = (g.input_size() / g.batch, g.output_size() / g.batch);
    let (workspace, scratch) = workspace.split_at_mut(parts * sums_size(g));
    let of_repeated = repeated(g);
    each_with_scratch([(&mut *workspace, sums_size(g))], (scratch, repeated_size(g)), |part, [sums], repeated| {
        sums.fill(0.0);
        for n in part * images..((part + 1) * images).min(g.batch) {
            let x = multiplied::seen(&x[n * input..], input, repeated);
            add_image(&of_repeated, &axes, x, &dy[n * output..], sums);
        }
    });
    let taps = g.kernel_h * g.kernel_w;
    for (tap, df) in df.chunks_exact_mut(g.out_c).enumerate() {
        for group in 0..g.out_c.div_ceil(LANES) {
            let sums =
                workspace.chunks_exact(sums_size(g)).map(|sums| Lanes::load(&sums[(group * taps + tap) * LANES..]));
            let sum = sums.reduce(|total, sum| total.add(sum)).unwrap_or(Lanes::splat(0.0));
            sum.store(&mut df[first_channel(group, g.out_c)..]);
        }
    }
    // Beside a row of gradients or of pixels are zeros.
    if by_definition::may_have_nan(df) {
        by_definition::mend(g, x, dy, df, workspace);
    }
}

/// Adds what the first image contributes.
fn add_image(g: &Geometry, [rows, _]: &[Axis; 2], x: &[Real], dy: &[Real], sums: &mut [Real]) {
    let (row, line) = (g.in_w * g.in_c, g.out_w * g.in_c);
    // What borders contribute is added first.
    let mut add = |run: Run| {
        let band_rows = (BAND / line.max(run.input_step * row).max(1)).clamp(1, MOST);
        for band in (0..run.count).step_by(band_rows) {
            for p in (0..run.taps).step_by(BLOCK) {
                let block = Block {
                    g,
                    x,
                    start: (run.input + band * run.input_step + p * run.reach) * row,
                    dy: &dy[(run.output + band) * line..],
                    lines: Lines {
                        count: band_rows.min(run.count - band),
                        x: run.input_step * row,
                        dy: line,
                        channels: g.in_c,
                    },
                };
                let rows = (run.taps - p).min(BLOCK);
                for q in (0..g.kernel_w).step_by(BLOCK) {
                    let (vectors, first) = (g.kernel_h * g.kernel_w, (run.tap + p) * g.kernel_w + q);
                    let sums = Sums { values: &mut *sums, vectors, first, outer: g.kernel_w };
                    match (rows, (g.kernel_w - q).min(BLOCK)) {
                        (3, 3) => block.add::<3, 3>(q, sums),
                        (3, 2) => block.add::<3, 2>(q, sums),
                        (3, _) => block.add::<3, 1>(q, sums),
                        (2, 3) => block.add::<2, 3>(q, sums),
                        (2, 2) => block.add::<2, 2>(q, sums),
                        (2, _) => block.add::<2, 1>(q, sums),
                        (_, 3) => block.add::<1, 3>(q, sums),
                        (_, 2) => block.add::<1, 2>(q, sums),
                        _ => block.add::<1, 1>(q, sums),
                    }
                }
            }
        }
    };
    for border in [true, false] {
        rows.each_run(|run| {
            if border == (run.taps < g.kernel_h) {
                add(run);
            }
        });
    }
}

/// Some rows of gradients and of the pixels that they see through some rows of taps.
struct Block<'a> {
    g: &'a Geometry,
    x: &'a [Real],
    start: usize,
    dy: &'a [Real],
    lines: Lines,
}

impl Block<'_> {
    /// R rows of T taps, the first of which is `q`.
    #[inline(never)]
    fn add<const R: usize, const T: usize>(&self, q: usize, mut sums: Sums) {
        let (g, c) = (self.g, self.g.in_c);
        let line = g.dilation_h * g.in_w * c;
        if (g.stride_w, g.dilation_w) == (1, 1) {
            let begin = q.saturating_sub(g.pad_left);
            let end = (g.out_w + q + T - 1).saturating_sub(g.pad_left).min(g.in_w);
            if begin < end {
                let x = (self.x, self.start + begin * c, line, end - begin);
                slide_products::<R, T>(sums, x, (self.dy, begin + g.pad_left - q, g.out_w), self.lines);
            }
            return;
        }
        // Three taps at every other pixel, of which one may lie beyond each border.
        let seen = 2 * g.out_w + 1;
        let narrow = g.pad_left < 2 && g.in_w > 1 && seen <= g.pad_left + g.in_w + 1;
        if narrow && (g.kernel_w, T, g.stride_w, g.dilation_w) == (3, 3, 2, 1) {
            let (x, dy) = ((self.x, self.start, line, g.in_w), (self.dy, g.out_w));
            return match g.pad_left {
                0 => skip_products::<R, 0>(sums, x, dy, self.lines),
                _ => skip_products::<R, 1>(sums, x, dy, self.lines),
            };
        }
        // The gradients that see pixels through a tap.
        let range = |t: usize| {
            let shift = (q + t) * g.dilation_w;
            let from = g.pad_left.saturating_sub(shift).div_ceil(g.stride_w).min(g.out_w);
            (from, (g.in_w + g.pad_left).saturating_sub(shift).div_ceil(g.stride_w).clamp(from, g.out_w))
        };
        let pixels = |j: usize, t: usize| {
            let column = j * g.stride_w + (q + t) * g.dilation_w - g.pad_left;
            (self.x, self.start + column * c, line, g.dilation_w * c, g.stride_w * c)
        };
        // Through all taps, and those beside the border tap by tap.
        let from = range(0).0.max(range(T - 1).0);
        let to = range(0).1.min(range(T - 1).1).max(from);
        if from < to {
            tap_products::<R, T>(sums.again(0), pixels(from, 0), (self.dy, from, to - from), self.lines);
        }
        for t in 0..T {
            for (from, to) in [(range(t).0, range(t).1.min(from)), (range(t).0.max(to), range(t).1)] {
                if from < to {
                    tap_products::<R, 1>(sums.again(t), pixels(from, t), (self.dy, from, to - from), self.lines);
                }
            }
        }
    }
}

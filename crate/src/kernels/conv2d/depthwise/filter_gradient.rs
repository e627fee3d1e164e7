//! Gradient of the filters of a depthwise convolution: `df = conv(x, dy)`, channel by channel, summed over the batch.
//!
//! Row by row of the gradients: the sums of up to 3×3 taps stay in registers while a row passes. The batch is cut into parts
//! with sums of their own, which are added in their order.

use super::super::axis::{self, Axis, Run};
use super::super::{by_definition, MOST_PARTS};
use super::by_lines;
use super::images::{self, memory_size};
use super::march::parts;
use super::multiplied::{self, repeated};
use crate::error::{checked_product, Error};
use crate::gemm::micro::{first_channel, skip_products, slide_products, tap_products, Lines, Sums};
use crate::geometry::Geometry;
use crate::kernels::slabs::Slabs;
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
    Ok(checked_product(&[slabs(g).parts(), sums_size(g)])? + images::workspace(g)?)
}

/// Fewest rows of gradients of a part: its sums are written and added.
const LEAST: usize = 8;

/// How the batch is cut.
fn slabs(g: &Geometry) -> Slabs<'_> {
    Slabs::new(g, g.operations(), MOST_PARTS, if memory_size(g) > 0 { g.out_h } else { LEAST })
}

/// `df = conv(x, dy)`, summed over the batch.
pub fn filter_gradient(g: &Geometry, x: &[Real], dy: &[Real], df: &mut [Real], workspace: &mut [Real]) {
    let slabs = slabs(g);
    let (workspace, scratch) = workspace.split_at_mut(slabs.parts() * sums_size(g));
    each_with_scratch([(&mut *workspace, sums_size(g))], (scratch, memory_size(g)), |part, [sums], memory| {
        sums.fill(0.0);
        let (all, inputs) = slabs.part(part);
        let one = all.of_images(1);
        let (axes, of_repeated) = (axis::forward(&one), repeated(&one));
        let (input, output) = (one.input_size(), one.output_size());
        let first = slabs.rows_of(part).start * g.out_w * g.out_c;
        for n in 0..all.batch {
            let (x, dy) = (&x[inputs.start + n * input..], &dy[first + n * output..]);
            if by_lines::fits(g) {
                add_by_lines(g, &axes, (&x[..input], &dy[..output]), memory, sums);
            } else {
                add_image(&of_repeated, &axes, multiplied::seen(x, input, memory), dy, sums);
            }
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

/// Adds what an image contributes, some cache lines of channels at a time, see [`by_lines`].
fn add_by_lines(g: &Geometry, axes: &[Axis; 2], (x, dy): (&[Real], &[Real]), copies: &mut [Real], sums: &mut [Real]) {
    let width = by_lines::width(g);
    let (seen, gradients) = copies.split_at_mut(x.len() / g.in_c * width);
    let gradients = &mut gradients[..dy.len() / g.out_c * width];
    let lines = Geometry { in_c: width, out_c: width, groups: width, ..*g };
    let sums = sums.chunks_exact_mut(g.kernel_h * g.kernel_w * width);
    for (first, sums) in (0..g.in_c).step_by(width).zip(sums) {
        by_lines::gather(x, g.in_c, (first, width), seen);
        by_lines::gather(dy, g.in_c, (first, width), gradients);
        add_image(&lines, axes, seen, gradients, sums);
    }
}

/// Adds what the first image contributes.
fn add_image(g: &Geometry, [rows, _]: &[Axis; 2], x: &[Real], dy: &[Real], sums: &mut [Real]) {
    // Rows that are cut in two gain less than they lose by beginning anew, but for three taps at every other pixel.
    let parts = match parts(g.in_w.max(g.out_w), g.in_w.min(g.out_w), g.in_c) {
        2 if (g.kernel_w, g.stride_w) != (3, 2) => 1,
        parts => parts,
    };
    for part in 0..parts {
        add_columns(g, rows, (part, parts), x, dy, sums);
    }
}

/// A part of all columns, so many of which there are.
fn add_columns(g: &Geometry, rows: &Axis, part: (usize, usize), x: &[Real], dy: &[Real], sums: &mut [Real]) {
    let (row, line) = (g.in_w * g.in_c, g.out_w * g.in_c);
    rows.each_run(|run: Run| {
        let most = if part.1 > 1 { 1 } else { MOST };
        let band_rows = (BAND / line.max(run.input_step * row).max(1)).clamp(1, most);
        // Filters of one block see a band once: its rows follow each other in one call.
        let rows = if g.kernel_h.max(g.kernel_w) <= BLOCK { run.count } else { band_rows };
        for band in (0..run.count).step_by(rows) {
            for p in (0..run.taps).step_by(BLOCK) {
                let block = Block {
                    g,
                    part,
                    x,
                    start: (run.input + band * run.input_step + p * run.reach) * row,
                    dy: &dy[(run.output + band) * line..],
                    lines: Lines {
                        count: rows.min(run.count - band),
                        band: band_rows,
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
    });
}

/// Some rows of gradients and of the pixels that they see through some rows of taps.
struct Block<'a> {
    g: &'a Geometry,
    part: (usize, usize),
    x: &'a [Real],
    start: usize,
    dy: &'a [Real],
    lines: Lines,
}

impl Block<'_> {
    /// The part of some columns.
    fn cut(&self, from: usize, to: usize) -> (usize, usize) {
        let (part, parts) = self.part;
        // Nearly always, without two divisions for every row of taps.
        if parts == 1 {
            return (from, to);
        }
        let place = |part: usize| from + part * (to - from) / parts;
        (place(part), place(part + 1))
    }

    /// R rows of T taps, the first of which is `q`.
    #[inline(never)]
    fn add<const R: usize, const T: usize>(&self, q: usize, mut sums: Sums) {
        let (g, c) = (self.g, self.g.in_c);
        let line = g.dilation_h * g.in_w * c;
        if (g.stride_w, g.dilation_w) == (1, 1) {
            let begin = q.saturating_sub(g.pad_left);
            let end = (g.out_w + q + T - 1).saturating_sub(g.pad_left).min(g.in_w);
            let (begin, end) = self.cut(begin, end.max(begin));
            if begin < end {
                let x = (self.x, self.start + begin * c, line, end - begin);
                slide_products::<R, T>(sums, x, (self.dy, begin + g.pad_left - q, g.out_w), self.lines);
            }
            return;
        }
        // Three taps at every other pixel, of which one may lie beyond each border.
        let right = (2 * g.out_w + 1).saturating_sub(g.pad_left + g.in_w);
        let narrow = g.pad_left < 2 && right < 2 && g.out_w > 0;
        if narrow && (g.kernel_w, T, g.stride_w, g.dilation_w) == (3, 3, 2, 1) {
            let (from, to) = self.cut(0, g.out_w);
            if from == to {
                return;
            }
            let x = (self.x, self.start + (2 * from).saturating_sub(g.pad_left) * c, line);
            let dy = (&self.dy[from * c..], to - from);
            return match (from == 0 && g.pad_left > 0, to == g.out_w && right > 0) {
                (false, false) => skip_products::<R, 0, 0>(sums, x, dy, self.lines),
                (false, true) => skip_products::<R, 0, 1>(sums, x, dy, self.lines),
                (true, false) => skip_products::<R, 1, 0>(sums, x, dy, self.lines),
                (true, true) => skip_products::<R, 1, 1>(sums, x, dy, self.lines),
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
        let whole = self.cut(from, to);
        if whole.0 < whole.1 {
            tap_products::<R, T>(sums.again(0), pixels(whole.0, 0), (self.dy, whole.0, whole.1 - whole.0), self.lines);
        }
        for t in 0..T {
            for (from, to) in [(range(t).0, range(t).1.min(from)), (range(t).0.max(to), range(t).1)] {
                let (from, to) = self.cut(from, to);
                if from < to {
                    tap_products::<R, 1>(sums.again(t), pixels(from, t), (self.dy, from, to - from), self.lines);
                }
            }
        }
    }
}

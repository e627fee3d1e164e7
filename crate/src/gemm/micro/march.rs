//! One filter of three columns for each channel, along rows of pixels: the taps of four channels stay in registers while a row
//! of outputs is computed, each pixel is loaded once for all the taps that see it. The products of a column are added before
//! those of the next one.

use super::ahead::{ask, asked, Ahead};
use super::channels::Rows;
use crate::vector::{Lanes, Real, Vector, LANES, LINE};

/// Rows of outputs that see the same rows of taps.
#[derive(Clone, Copy)]
pub struct Outputs {
    /// Number of rows.
    pub rows: usize,
    /// From the pixels that one row sees to those that the next one sees.
    pub x: usize,
    /// From one row of outputs to the next.
    pub step: usize,
    /// Outputs of a row.
    pub count: usize,
    /// Zeros before the first pixel of a row, which are not there.
    pub left: usize,
    /// Pixels of a row.
    pub pixels: usize,
}

/// Four channels of a row of outputs: where its pixels are, `line` elements from one row of taps to the next and `c` from one
/// pixel to the next, where the outputs go, biases and taps.
pub(super) struct Row<const R: usize> {
    pub x: *const Real,
    pub line: usize,
    pub c: usize,
    pub out: *mut Real,
    pub bias: Lanes,
    pub taps: [[Lanes; 3]; R],
}

impl<const R: usize> Row<R> {
    /// The pixels of a column.
    ///
    /// # Safety
    /// They must be readable.
    #[inline(always)]
    unsafe fn column(&self, x: *const Real) -> [Lanes; R] {
        // SAFETY: promised by the caller.
        std::array::from_fn(|r| unsafe { Lanes::load_at(x.wrapping_add(r * self.line)) })
    }

    /// `sum + Σ column · tap`.
    #[inline(always)]
    fn add(&self, column: &[Lanes; R], t: usize, sum: Lanes) -> Lanes {
        let mut sum = sum;
        for r in 0..R {
            sum = column[r].mul_add(self.taps[r][t], sum);
        }
        sum
    }
}

// Why the walks are sound: `each_row` has checked that `count` outputs and R rows of `pixels` pixels are there; what is said
// here before the rows begin keeps the steps inside. Pointers may pass the end, where wrapping arithmetic is allowed, and
// are not read there.
impl Rows<'_> {
    /// `out[place + i·step + j·c + l] = bias[l] + Σ x[origin + i·outputs.x + r·line + (j + t − left)·c + l] · factor[r, t, l]`
    /// for R rows of three taps, over all rows `i`, outputs `j` and channels `l`. Pixels that are not there are zeros. Panics
    /// when an address lies outside a slice.
    #[inline(always)]
    pub fn march<const R: usize>(&self, origin: usize, outputs: Outputs, (out, place): (&mut [Real], usize)) {
        let Outputs { count, left, pixels, .. } = outputs;
        assert!(left <= 2 && pixels > 0 && pixels + left >= 2 && (pixels..=pixels + 2).contains(&(count + 2 - left)));
        let right = count + 2 - left - pixels;
        // SAFETY: see above.
        self.each_row::<R, 1>((origin, R), outputs, (out, place, 0), |row, _| unsafe {
            let (mut x, mut out) = (row.x, row.out);
            // Outputs that wait for the last tap, and for the last two.
            let (mut late, mut early) = (row.bias, row.bias);
            let end = x.wrapping_add(pixels * row.c);
            for _ in left..2 {
                let column = row.column(x);
                late = row.add(&column, 1, early);
                early = row.add(&column, 0, row.bias);
                x = x.wrapping_add(row.c);
            }
            while x != end {
                let column = row.column(x);
                row.add(&column, 2, late).store_at(out);
                late = row.add(&column, 1, early);
                early = row.add(&column, 0, row.bias);
                x = x.wrapping_add(row.c);
                out = out.wrapping_add(row.c);
            }
            if right > 0 {
                late.store_at(out);
            }
            if right > 1 {
                early.store_at(out.wrapping_add(row.c));
            }
        });
    }

    /// The same for outputs at every other pixel: `(2j + t − left)` instead of `(j + t − left)`.
    #[inline(always)]
    pub fn march_two<const R: usize>(&self, origin: usize, outputs: Outputs, (out, place): (&mut [Real], usize)) {
        let Outputs { count, left, pixels, .. } = outputs;
        assert!(left <= 1 && count > 0 && 2 * count - left <= pixels);
        let whole = count.min((pixels + left - 1) / 2);
        // SAFETY: see above.
        self.each_row::<R, 2>((origin, R), outputs, (out, place, 0), |row, mut ahead| unsafe {
            let (mut x, mut out) = (row.x, row.out);
            let mut sum = row.bias;
            if left == 0 {
                sum = row.add(&row.column(x), 0, sum);
                x = x.wrapping_add(row.c);
            }
            let last = out.wrapping_add((count - 1) * row.c);
            // Left in the middle: where both columns of a step stand side by side, LLVM loads all their pixels first and V8
            // spills taps.
            loop {
                ahead.touch();
                sum = row.add(&row.column(x), 1, sum);
                x = x.wrapping_add(row.c);
                if out == last {
                    break;
                }
                let column = row.column(x);
                row.add(&column, 2, sum).store_at(out);
                sum = row.add(&column, 0, row.bias);
                x = x.wrapping_add(row.c);
                out = out.wrapping_add(row.c);
            }
            if whole == count {
                sum = row.add(&row.column(x), 2, sum);
            }
            sum.store_at(out);
        });
    }

    /// Calls `work` for every row of outputs and every vector of channels, with R rows of taps, and asks for the last NEW rows of
    /// pixels that the next row sees: a processor does not foresee a walk that reads values with gaps, again and again. Where
    /// these are two, `work` asks, up to `count` times. What stands before the walk along a row costs as much as some of its steps:
    /// pointers move from one vector of channels to the next one, and of three rows of taps the distances are constants. Panics
    /// unless each row has its `count` outputs, from `below` on the last one, and its `high` rows of pixels.
    #[inline(always)]
    pub(super) fn each_row<const R: usize, const NEW: usize>(
        &self,
        (origin, high): (usize, usize),
        outputs: Outputs,
        (out, place, below): (&mut [Real], usize, usize),
        work: impl Fn(Row<R>, Ahead),
    ) {
        let Self { x, line, channels: c, factors, .. } = *self;
        let Outputs { rows, x: x_step, step, count, pixels, .. } = outputs;
        factors.check(c, R, 3);
        assert!(factors.inner == 1 && (R < 3 || (factors.first, factors.outer) == (0, 3)) && rows > 0);
        let (last, end) = (origin + (rows - 1) * x_step + (high - 1) * line, place + (rows - 1) * step + below);
        assert!(last + pixels * c <= x.len() && end + count * c <= out.len());
        let groups = c.div_ceil(LANES);
        // Of one new row each vector asks for its share, before it walks. Of two the first half of the vectors ask for one and the
        // others for the other, a line with every step.
        let share = if NEW == 1 { (pixels * c).div_ceil(groups * LINE) } else { count };
        // Of three rows of taps none is left out.
        let (skipped, outer) = if R < 3 { (factors.first * LANES, factors.outer * LANES) } else { (0, 3 * LANES) };
        let vectors = factors.vectors * LANES;
        let turn = factors.values.as_ptr().wrapping_add(groups.div_ceil(NEW) * vectors);
        for i in 0..rows {
            let seen = origin + i * x_step;
            let next = seen + x_step + (high - 1) * line;
            let above = (NEW - 1) * line;
            let there = next >= above && next + asked(groups.div_ceil(NEW), share) <= x.len();
            let (next, share, pace) = if there { (next, share, LINE) } else { (0, 0, 0) };
            let last = x.as_ptr().wrapping_add(next);
            let mut next = last.wrapping_sub(if there { above } else { 0 });
            let (x, out) = (x.as_ptr().wrapping_add(seen), out.as_mut_ptr().wrapping_add(place + i * step));
            let mut values = factors.values.as_ptr();
            let mut channel = 0;
            loop {
                // SAFETY: the assertions above bound every address.
                let (bias, taps) = unsafe {
                    if NEW == 1 {
                        ask(next, share);
                    }
                    let first = values.wrapping_add(skipped);
                    let taps = std::array::from_fn(|r| {
                        std::array::from_fn(|t| Lanes::load_at(first.wrapping_add(r * outer).add((1 + t) * LANES)))
                    });
                    (Lanes::load_at(values), taps)
                };
                let row = Row { x: x.wrapping_add(channel), line, c, out: out.wrapping_add(channel), bias, taps };
                work(row, Ahead::from(next, pace));
                next = next.wrapping_add(share * LINE);
                if channel + LANES >= c {
                    break;
                }
                values = values.wrapping_add(vectors);
                channel = (channel + LANES).min(c - LANES);
                if NEW > 1 && values == turn {
                    next = last;
                }
            }
        }
    }
}

//! One filter of three columns for each channel, along rows of pixels: the taps of four channels stay in registers while some
//! rows of outputs are computed, each pixel is loaded once a row for all the taps that see it. The products of a column
//! are added before those of the next one.

use super::ahead::{Ahead, Next};
use super::channels::{first_channel, Rows};
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
    /// Outputs to the left, which have been computed before.
    pub done: usize,
}

/// Four channels of a row of outputs: where its pixels are, `line` elements from one row of taps to the next and `c` from one
/// pixel to the next, where the outputs go, biases and taps, and what to ask for meanwhile.
pub(super) struct Row<const R: usize> {
    pub x: *const Real,
    pub line: usize,
    pub c: usize,
    pub out: *mut Real,
    pub bias: Lanes,
    pub taps: [[Lanes; 3]; R],
    pub ahead: Ahead,
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

// Why the walks are sound: `each_row` has checked that `count` outputs and R rows of `pixels` pixels are there, and lines
// ahead for every step; what is said here before the rows begin keeps the steps inside. Pointers may pass the end, where
// wrapping arithmetic is allowed, and are not read there.
impl Rows<'_> {
    /// `out[place + i·step + j·c + l] = bias[l] + Σ x[origin + i·outputs.x + r·line + (j + t − left)·c + l] · factor[r, t, l]`
    /// for R rows of three taps, over all rows `i`, outputs `j` and channels `l`. Pixels that are not there are zeros. Panics
    /// when an address lies outside a slice.
    #[inline(always)]
    pub fn march<const R: usize>(&self, origin: usize, outputs: Outputs, (out, place): (&mut [Real], usize)) {
        let Outputs { count, left, pixels, .. } = outputs;
        assert!(left <= 2 && pixels >= 2 && (pixels..=pixels + 2).contains(&(count + 2 - left)));
        let right = count + 2 - left - pixels;
        // SAFETY: see above.
        self.each_row::<R>((origin, R), outputs, (out, place, 0), (count, LINE / 2), |row| unsafe {
            let (mut x, mut out, mut ahead) = (row.x, row.out, row.ahead);
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
                ahead.touch();
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
            ahead
        });
    }

    /// The same for outputs at every other pixel: `(2j + t − left)` instead of `(j + t − left)`.
    #[inline(always)]
    pub fn march_two<const R: usize>(&self, origin: usize, outputs: Outputs, (out, place): (&mut [Real], usize)) {
        let Outputs { count, left, pixels, .. } = outputs;
        assert!(left <= 1 && count > 0 && 2 * count - left <= pixels);
        let whole = count.min((pixels + left - 1) / 2);
        // SAFETY: see above.
        self.each_row::<R>((origin, R), outputs, (out, place, 0), (whole, LINE), |row| unsafe {
            let (mut x, mut out, mut ahead) = (row.x, row.out, row.ahead);
            let mut sum = row.bias;
            if left == 0 {
                sum = row.add(&row.column(x), 0, sum);
                x = x.wrapping_add(row.c);
            }
            let end = out.wrapping_add(whole * row.c);
            while out != end {
                ahead.touch();
                sum = row.add(&row.column(x), 1, sum);
                let column = row.column(x.wrapping_add(row.c));
                row.add(&column, 2, sum).store_at(out);
                sum = row.add(&column, 0, row.bias);
                x = x.wrapping_add(2 * row.c);
                out = out.wrapping_add(row.c);
            }
            if whole < count {
                row.add(&row.column(x), 1, sum).store_at(out);
            }
            ahead
        });
    }

    /// Calls `work` for every vector of channels and every row of outputs, with R rows of taps, and as many cache `lines` to ask
    /// for: of the pixels that come next, and then of the outputs. Panics unless each row has its `count` outputs, from `below`
    /// on the last one, and its `high` rows of pixels.
    #[inline(always)]
    pub(super) fn each_row<const R: usize>(
        &self,
        (origin, high): (usize, usize),
        outputs: Outputs,
        (out, place, below): (&mut [Real], usize, usize),
        (touches, pace): (usize, usize),
        work: impl Fn(Row<R>) -> Ahead,
    ) {
        let Self { x, line, channels: c, factors, .. } = *self;
        let Outputs { rows, x: x_step, step, count, pixels, done, .. } = outputs;
        factors.check(c, R, 3);
        assert!(factors.inner == 1 && rows > 0);
        let (last, end) = (origin + (rows - 1) * x_step + (high - 1) * line, place + (rows - 1) * step + below);
        assert!(last + pixels * c <= x.len() && end + count * c <= out.len());
        let (groups, start, target) = (c.div_ceil(LANES), x.as_ptr(), out.as_mut_ptr());
        // Columns further to the right ask for what comes after that.
        let before = done * touches / count.max(1) * groups * rows * pace;
        let needed = rows * x_step;
        let next = Next {
            arrays: [(start, x.len()), (target, out.len())],
            from: [last + line + before.min(needed), end + step + before.saturating_sub(needed)],
            needed: needed.saturating_sub(before),
            touches: rows * touches,
            pace,
        };
        for group in 0..groups {
            let channel = first_channel(group, c);
            let mut ahead = next.of_group(group);
            // SAFETY: the assertions above bound every address.
            let (bias, taps) = unsafe {
                let values = factors.values.as_ptr().add(group * factors.vectors * LANES);
                let taps = values.wrapping_add((1 + factors.first) * LANES);
                let taps = std::array::from_fn(|r| {
                    std::array::from_fn(|t| Lanes::load_at(taps.wrapping_add((r * factors.outer + t) * LANES)))
                });
                (Lanes::load_at(values), taps)
            };
            let (mut x, mut out) = (start.wrapping_add(origin + channel), target.wrapping_add(place + channel));
            for _ in 0..rows {
                ahead = work(Row { x, line, c, out, bias, taps, ahead });
                x = x.wrapping_add(x_step);
                out = out.wrapping_add(step);
            }
        }
    }
}

//! The walk of [`super::march`] when zeros lie between the pixels, one and one, along rows and columns: every second output sees two
//! pixels through the outer taps, the others one through the middle tap.

use super::channels::Rows;
use super::march::{Outputs, Row};
use crate::vector::{Lanes, Real, Vector};

impl Rows<'_> {
    /// Rows of outputs that see one row of pixels through one row of taps, as [`Rows::march`], but `(j + t − left) / 2` for
    /// `(j + t − left)` where that is whole.
    #[inline(always)]
    pub fn march_spread(&self, origin: usize, outputs: Outputs, (out, place): (&mut [Real], usize)) {
        self.spread::<1, 1>(origin, outputs, (out, place, 0));
    }

    /// Pairs of rows, the second one `below` elements after the first one. The first one sees two rows of pixels through the
    /// outer ones of three rows of taps, the second one the lower row of pixels through the middle one.
    #[inline(always)]
    pub fn march_spread_pairs(&self, origin: usize, outputs: Outputs, out: (&mut [Real], usize, usize)) {
        self.spread::<3, 2>(origin, outputs, out);
    }

    #[inline(always)]
    fn spread<const R: usize, const K: usize>(
        &self,
        origin: usize,
        outputs: Outputs,
        (out, place, below): (&mut [Real], usize, usize),
    ) {
        let Outputs { count, left, pixels, .. } = outputs;
        assert!(left <= 2 && pixels > 0 && (2 * pixels..=2 * pixels + 2).contains(&(count + 2 - left)));
        let right = count + 2 - left - 2 * pixels;
        // SAFETY: `each_row` has checked that `count` outputs and K rows of `pixels` pixels are there.
        self.each_row::<R, 1>((origin, K), outputs, (out, place, below), |row, _| unsafe {
            let (mut x, mut out, c) = (row.x, row.out, row.c);
            let mut seen: [Lanes; K] = column(&row, x);
            if left == 2 {
                put(&row, (out, below), [(seen, 2)]);
                out = out.wrapping_add(c);
            }
            if left > 0 {
                put(&row, (out, below), [(seen, 1)]);
                out = out.wrapping_add(c);
            }
            let end = x.wrapping_add((pixels - 1) * c);
            while x != end {
                x = x.wrapping_add(c);
                let new = column(&row, x);
                put(&row, (out, below), [(seen, 0), (new, 2)]);
                put(&row, (out.wrapping_add(c), below), [(new, 1)]);
                out = out.wrapping_add(2 * c);
                seen = new;
            }
            if right > 0 {
                put(&row, (out, below), [(seen, 0)]);
            }
            if right > 1 {
                put::<R, K, 0>(&row, (out.wrapping_add(c), below), []);
            }
        });
    }
}

/// K rows of pixels of a column.
///
/// # Safety
/// They must be readable.
#[inline(always)]
unsafe fn column<const R: usize, const K: usize>(row: &Row<R>, x: *const Real) -> [Lanes; K] {
    // SAFETY: promised by the caller.
    std::array::from_fn(|k| unsafe { Lanes::load_at(x.wrapping_add(k * row.line)) })
}

/// Writes the outputs that see N columns, each through a tap of the row: one, or one in each of two rows.
///
/// # Safety
/// They must be writable.
#[inline(always)]
unsafe fn put<const R: usize, const K: usize, const N: usize>(
    row: &Row<R>,
    (out, below): (*mut Real, usize),
    columns: [([Lanes; K], usize); N],
) {
    // SAFETY: promised by the caller.
    unsafe {
        let mut sum = row.bias;
        for n in 0..N {
            let (column, t) = columns[n];
            sum = column[0].mul_add(row.taps[0][t], sum);
            if K == 2 {
                sum = column[1].mul_add(row.taps[R - 1][t], sum);
            }
        }
        sum.store_at(out);
        if K == 2 {
            let mut sum = row.bias;
            for n in 0..N {
                let (column, t) = columns[n];
                sum = column[K - 1].mul_add(row.taps[R / 2][t], sum);
            }
            sum.store_at(out.wrapping_add(below));
        }
    }
}

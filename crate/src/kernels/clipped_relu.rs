//! The relu with all its options: a slope below a threshold and a limit above it.

use super::map::{map, zip};
use crate::threads::{each_share_of, each_value};
use crate::vector::{Lanes, Real, Vector};

/// `limit` where x is that large, `x` from `threshold` on, else `slope · (x − threshold)`.
#[derive(Clone, Copy, Debug)]
pub struct Clipped {
    /// Factor below the threshold.
    pub slope: Real,
    /// From here on x is itself.
    pub threshold: Real,
    /// Largest value; infinity for none.
    pub limit: Real,
}

/// Operations that a value takes.
const WORK: usize = 6;

/// `y = f(x)`; NaN stays.
pub fn forward(f: Clipped, x: &[Real], y: &mut [Real]) {
    each_share_of(x, y, WORK, |x, y| {
        let (threshold, slope, limit) = (Lanes::splat(f.threshold), Lanes::splat(f.slope), Lanes::splat(f.limit));
        map::<4>(x, y, |x| {
            let low = x.sub(threshold).mul(slope);
            threshold.select_less(x, x.at_most(limit), low).or_nan_of(x)
        });
    });
}

/// `dx = dy · f′(x)`; the slope counts at the threshold, zero at the limit.
pub fn gradient(f: Clipped, x: &[Real], dy: &[Real], dx: &mut [Real]) {
    each_value([dx], WORK, |first, [dx]| {
        let range = first..first + dx.len();
        let (threshold, slope, limit) = (Lanes::splat(f.threshold), Lanes::splat(f.slope), Lanes::splat(f.limit));
        zip(&dy[range.clone()], &x[range], dx, |dy, x| {
            let above = x.select_less(limit, dy, Lanes::splat(0.0));
            threshold.select_less(x, above, dy.mul(slope))
        });
    });
}

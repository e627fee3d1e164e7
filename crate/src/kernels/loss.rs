//! Losses: one number from outputs and targets, and its gradient by the outputs.

use crate::vector::{Lanes, Real, Vector, LANES};

/// `Σ (y − o)² / 2`, the seed's E.
pub fn half_squared_error(o: &[Real], y: &[Real]) -> Real {
    let outputs = o.chunks_exact(LANES);
    let targets = y.chunks_exact(LANES);
    let rest: Real = outputs.remainder().iter().zip(targets.remainder()).map(|(o, y)| (y - o) * (y - o)).sum();
    let total = outputs.zip(targets).fold(Lanes::splat(0.0), |total, (o, y)| {
        let difference = Lanes::load(y).sub(Lanes::load(o));
        difference.mul_add(difference, total)
    });
    (total.sum() + rest) * 0.5
}

/// `do = o − y`.
pub fn half_squared_error_gradient(o: &[Real], y: &[Real], gradient: &mut [Real]) {
    for ((o, y), gradient) in o.iter().zip(y).zip(gradient) {
        *gradient = o - y;
    }
}

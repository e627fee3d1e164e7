//! Losses: one number from outputs and targets, and its gradient by the outputs.

use crate::vector::{F32x4, Vector, LANES};

/// `Σ (y − o)² / 2`, the seed's E.
pub fn half_squared_error(o: &[f32], y: &[f32]) -> f32 {
    let outputs = o.chunks_exact(LANES);
    let targets = y.chunks_exact(LANES);
    let rest: f32 = outputs.remainder().iter().zip(targets.remainder()).map(|(o, y)| (y - o) * (y - o)).sum();
    let total = outputs.zip(targets).fold(F32x4::splat(0.0), |total, (o, y)| {
        let difference = F32x4::load(y).sub(F32x4::load(o));
        difference.mul_add(difference, total)
    });
    (total.sum() + rest) * 0.5
}

/// `do = o − y`.
pub fn half_squared_error_gradient(o: &[f32], y: &[f32], gradient: &mut [f32]) {
    for ((o, y), gradient) in o.iter().zip(y).zip(gradient) {
        *gradient = o - y;
    }
}

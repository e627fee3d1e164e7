//! Lion: steps of one size, by the sign of a running mean.

use crate::vector::Real;

/// Numbers of a step.
#[derive(Clone, Copy, Debug)]
pub struct Lion {
    /// Step width η.
    pub rate: Real,
    /// Share of the mean in the direction of this step.
    pub beta1: Real,
    /// Decay of the mean.
    pub beta2: Real,
}

/// `p ← p − η·sign(β₁m + (1 − β₁)g)`, `m ← β₂m + (1 − β₂)g` (Chen et al., "Symbolic Discovery of Optimization
/// Algorithms", 2023).
pub fn update(numbers: Lion, parameters: &mut [Real], gradients: &[Real], mean: &mut [Real]) {
    let Lion { rate, beta1, beta2 } = numbers;
    for ((p, g), m) in parameters.iter_mut().zip(gradients).zip(mean) {
        let direction = beta1 * *m + (1.0 - beta1) * g;
        let sign = Real::from(i8::from(direction > 0.0) - i8::from(direction < 0.0));
        // NaN has no sign, but must not vanish.
        *p -= rate * if direction.is_nan() { direction } else { sign };
        *m = beta2 * *m + (1.0 - beta2) * g;
    }
}

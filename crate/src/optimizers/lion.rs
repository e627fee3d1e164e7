//! Lion: steps of one size, by the sign of a running mean.

/// Numbers of a step.
#[derive(Clone, Copy, Debug)]
pub struct Lion {
    /// Step width η.
    pub rate: f32,
    /// Share of the mean in the direction of this step.
    pub beta1: f32,
    /// Decay of the mean.
    pub beta2: f32,
}

/// `p ← p − η·sign(β₁m + (1 − β₁)g)`, `m ← β₂m + (1 − β₂)g` (Chen et al., "Symbolic Discovery of Optimization
/// Algorithms", 2023).
pub fn update(numbers: Lion, parameters: &mut [f32], gradients: &[f32], mean: &mut [f32]) {
    let Lion { rate, beta1, beta2 } = numbers;
    for ((p, g), m) in parameters.iter_mut().zip(gradients).zip(mean) {
        let direction = beta1 * *m + (1.0 - beta1) * g;
        let sign = f32::from(i8::from(direction > 0.0) - i8::from(direction < 0.0));
        // NaN has no sign, but must not vanish.
        *p -= rate * if direction.is_nan() { direction } else { sign };
        *m = beta2 * *m + (1.0 - beta2) * g;
    }
}

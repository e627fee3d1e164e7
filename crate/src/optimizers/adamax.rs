//! Adamax: Adam with the largest gradient so far, which decays, in place of the root of the mean of squares.

use crate::threads::each_value;
use crate::vector::Real;

/// Numbers of a step.
#[derive(Clone, Copy, Debug)]
pub struct Adamax {
    /// Step width with the correction of the mean's bias: `η / (1 − β₁ᵗ)`.
    pub rate: Real,
    /// Decay of the mean of gradients.
    pub beta1: Real,
    /// Decay of the largest gradient.
    pub beta2: Real,
    /// Keeps the step finite.
    pub epsilon: Real,
}

/// Operations that a parameter takes as long as: a division.
const WORK: usize = 16;

/// `m ← β₁m + (1 − β₁)g`, `u ← max(β₂u, |g|)`, `p ← p − rate · m / (u + ε)`: Algorithm 2 of Kingma and Ba, "Adam", ICLR
/// 2015. NaN in a gradient stays in the mean.
pub fn update(numbers: Adamax, parameters: &mut [Real], gradients: &[Real], mean: &mut [Real], largest: &mut [Real]) {
    let Adamax { rate, beta1, beta2, epsilon } = numbers;
    each_value([parameters, mean, largest], WORK, |first, [parameters, mean, largest]| {
        let gradients = &gradients[first..][..mean.len()];
        for (((p, g), m), u) in parameters.iter_mut().zip(gradients).zip(mean).zip(largest) {
            *m += (g - *m) * (1.0 - beta1);
            let faded = beta2 * *u;
            *u = if g.abs() < faded { faded } else { g.abs() };
            *p -= rate * *m / (*u + epsilon);
        }
    });
}

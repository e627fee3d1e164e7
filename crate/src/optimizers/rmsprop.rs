//! RMSProp: steps scaled by a running mean of squares (Hinton, Coursera lecture 6.5, 2012).

use crate::vector::Real;

/// Numbers of a step.
#[derive(Clone, Copy, Debug)]
pub struct RmsProp {
    /// Step width η.
    pub rate: Real,
    /// Decay ρ of the mean of squares.
    pub rho: Real,
    /// Share of the last step that goes on; 0 for none.
    pub momentum: Real,
    /// Keeps the step finite.
    pub epsilon: Real,
    /// Whether the mean of gradients is taken off the mean of squares.
    pub centered: bool,
}

/// `v ← ρ·v + (1 − ρ)·g²`, `p ← p − η·g / √(v + ε)`, in Keras's order; centered takes m² off v; with momentum the step
/// goes through `b ← μ·b + step`.
pub fn update(
    numbers: RmsProp,
    parameters: &mut [Real],
    gradients: &[Real],
    square: &mut [Real],
    mean: &mut [Real],
    buffer: &mut [Real],
) {
    let RmsProp { rate, rho, momentum, epsilon, centered } = numbers;
    let slots = square.iter_mut().zip(mean).zip(buffer);
    for ((p, g), ((v, m), b)) in parameters.iter_mut().zip(gradients).zip(slots) {
        *v = rho * *v + (1.0 - rho) * g * g;
        let mut denominator = *v + epsilon;
        if centered {
            *m = rho * *m + (1.0 - rho) * g;
            denominator -= *m * *m;
        }
        let step = rate * g / denominator.sqrt();
        if momentum > 0.0 {
            *b = momentum * *b + step;
            *p -= *b;
        } else {
            *p -= step;
        }
    }
}

//! Adagrad and Adadelta: steps scaled by what came before.

use crate::vector::Real;

/// `a ← a + g²`, `p ← p − η·g / √(a + ε)` (Duchi, Hazan and Singer, 2011).
pub fn adagrad((rate, epsilon): (Real, Real), parameters: &mut [Real], gradients: &[Real], accumulator: &mut [Real]) {
    for ((p, g), a) in parameters.iter_mut().zip(gradients).zip(accumulator) {
        *a += g * g;
        *p -= rate * g / (*a + epsilon).sqrt();
    }
}

/// `a ← ρ·a + (1 − ρ)·g²`, `d = g·√(b + ε) / √(a + ε)`, `b ← ρ·b + (1 − ρ)·d²`, `p ← p − η·d` (Zeiler, 2012).
pub fn adadelta(
    (rate, rho, epsilon): (Real, Real, Real),
    parameters: &mut [Real],
    gradients: &[Real],
    squares: &mut [Real],
    steps: &mut [Real],
) {
    for (((p, g), a), b) in parameters.iter_mut().zip(gradients).zip(squares).zip(steps) {
        *a = rho * *a + (1.0 - rho) * g * g;
        let d = g * (*b + epsilon).sqrt() / (*a + epsilon).sqrt();
        *b = rho * *b + (1.0 - rho) * d * d;
        *p -= rate * d;
    }
}

//! Adagrad and Adadelta: steps scaled by what came before.

use crate::threads::each_value;
use crate::vector::Real;

/// Operations that a parameter takes as long as: a division and a root.
const WORK: usize = 24;

/// `a ← a + g²`, `p ← p − η·g / √(a + ε)` (Duchi, Hazan and Singer, 2011).
pub fn adagrad((rate, epsilon): (Real, Real), parameters: &mut [Real], gradients: &[Real], accumulator: &mut [Real]) {
    each_value([parameters, accumulator], WORK, |first, [parameters, accumulator]| {
        for ((p, g), a) in parameters.iter_mut().zip(&gradients[first..]).zip(accumulator) {
            *a += g * g;
            *p -= rate * g / (*a + epsilon).sqrt();
        }
    });
}

/// Numbers of a step of [`adadelta`].
#[derive(Clone, Copy, Debug)]
pub struct Adadelta {
    /// Step width η.
    pub rate: Real,
    /// Decay ρ of both means.
    pub rho: Real,
    /// Keeps the step finite.
    pub epsilon: Real,
    /// Whether d takes the mean of squares of the step before, as in TensorFlow.js.
    pub lagging: bool,
}

/// `a ← ρ·a + (1 − ρ)·g²`, `d = g·√(b + ε) / √(a + ε)`, `b ← ρ·b + (1 − ρ)·d²`, `p ← p − η·d` (Zeiler, 2012).
pub fn adadelta(
    numbers: Adadelta,
    parameters: &mut [Real],
    gradients: &[Real],
    squares: &mut [Real],
    steps: &mut [Real],
) {
    let Adadelta { rate, rho, epsilon, lagging } = numbers;
    each_value([parameters, squares, steps], 2 * WORK, |first, [parameters, squares, steps]| {
        for (((p, g), a), b) in parameters.iter_mut().zip(&gradients[first..]).zip(squares).zip(steps) {
            let before = *a;
            *a = rho * before + (1.0 - rho) * g * g;
            let mean = if lagging { before } else { *a };
            let d = g * (*b + epsilon).sqrt() / (mean + epsilon).sqrt();
            *b = rho * *b + (1.0 - rho) * d * d;
            *p -= rate * d;
        }
    });
}

//! Gradient descent that keeps its direction.

use crate::vector::Real;

/// Numbers of a step.
#[derive(Clone, Copy, Debug)]
pub struct Momentum {
    /// Step width η.
    pub rate: Real,
    /// Share of the last step that goes on, μ.
    pub momentum: Real,
    /// Whether the gradient is taken where the step leads (Sutskever et al., 2013, in Keras's form).
    pub nesterov: bool,
}

/// `v ← μ·v − η·g`, `p ← p + v`; with Nesterov `p ← p + μ·v − η·g`.
pub fn update(numbers: Momentum, parameters: &mut [Real], gradients: &[Real], velocity: &mut [Real]) {
    let Momentum { rate, momentum, nesterov } = numbers;
    for ((p, g), v) in parameters.iter_mut().zip(gradients).zip(velocity) {
        *v = momentum * *v - rate * g;
        *p += if nesterov { momentum * *v - rate * g } else { *v };
    }
}

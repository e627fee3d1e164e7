//! Gradient descent that keeps its direction.

use crate::threads::each_value;
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
    /// Whether the velocity is the sum of gradients, and the rate of today scales all of it, as in TensorFlow.
    pub unscaled: bool,
}

/// Operations that a parameter takes as long as.
const WORK: usize = 9;

/// `v ← μ·v − η·g`, `p ← p + v`; with Nesterov `p ← p + μ·v − η·g`. Unscaled `v ← μ·v + g`, `p ← p − η·v`; with Nesterov
/// `p ← p − η·(g + μ·v)`.
pub fn update(numbers: Momentum, parameters: &mut [Real], gradients: &[Real], velocity: &mut [Real]) {
    let Momentum { rate, momentum, nesterov, unscaled } = numbers;
    let (of_gradient, of_step) = if unscaled { (1.0, -rate) } else { (-rate, 1.0) };
    each_value([parameters, velocity], WORK, |first, [parameters, velocity]| {
        for ((p, g), v) in parameters.iter_mut().zip(&gradients[first..]).zip(velocity) {
            let share = of_gradient * g;
            *v = momentum * *v + share;
            *p += of_step * if nesterov { momentum * *v + share } else { *v };
        }
    });
}

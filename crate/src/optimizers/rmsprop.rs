//! RMSProp: steps scaled by a running mean of squares (Hinton, Coursera lecture 6.5, 2012).

/// Numbers of a step.
#[derive(Clone, Copy, Debug)]
pub struct RmsProp {
    /// Step width η.
    pub rate: f32,
    /// Decay ρ of the mean of squares.
    pub rho: f32,
    /// Share of the last step that goes on; 0 for none.
    pub momentum: f32,
    /// Keeps the step finite.
    pub epsilon: f32,
    /// Whether the mean of gradients is taken off the mean of squares.
    pub centered: bool,
}

/// `v ← ρ·v + (1 − ρ)·g²`, `p ← p − η·g / √(v + ε)`, in Keras's order; centered takes m² off v; with momentum the step
/// goes through `b ← μ·b + step`.
pub fn update(
    numbers: RmsProp,
    parameters: &mut [f32],
    gradients: &[f32],
    square: &mut [f32],
    mean: &mut [f32],
    buffer: &mut [f32],
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

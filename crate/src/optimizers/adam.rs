//! Adam: steps scaled by running means of the gradient and of its square.

use crate::threads::each_value;
use crate::vector::{Lanes, Real, Vector, LANES};

/// Numbers of a step.
#[derive(Clone, Copy, Debug)]
pub struct Adam {
    /// Step width with both corrections of the bias: `η · √(1 − β₂ᵗ) / (1 − β₁ᵗ)`.
    pub rate: Real,
    /// Decay of the mean of gradients.
    pub beta1: Real,
    /// Decay of the mean of squares.
    pub beta2: Real,
    /// Added to the root of the mean of squares, already times `√(1 − β₂ᵗ)`.
    pub epsilon: Real,
}

/// `m ← β₁m + (1 − β₁)g`, `v ← β₂v + (1 − β₂)g²`, `p ← p − rate · m / (√v + ε)`: Algorithm 1 of Kingma and Ba, "Adam",
/// ICLR 2015, in the order of its section 2 that saves the corrections of every element.
pub fn update(adam: Adam, parameters: &mut [Real], gradients: &[Real], mean: &mut [Real], square: &mut [Real]) {
    each_value([parameters, mean, square], WORK, |first, [parameters, mean, square]| {
        update_part(adam, parameters, &gradients[first..][..mean.len()], mean, square);
    });
}

/// Operations that a parameter takes as long as: a division and a root.
const WORK: usize = 24;

fn update_part(adam: Adam, parameters: &mut [Real], gradients: &[Real], mean: &mut [Real], square: &mut [Real]) {
    let mut p = parameters.chunks_exact_mut(LANES);
    let mut g = gradients.chunks_exact(LANES);
    let mut m = mean.chunks_exact_mut(LANES);
    let mut v = square.chunks_exact_mut(LANES);
    for (((p, g), m), v) in (&mut p).zip(&mut g).zip(&mut m).zip(&mut v) {
        step(adam, p, g, m, v);
    }
    let rest = g.remainder().len();
    if rest > 0 {
        // The rest as a vector of its own, so that every element is computed in the same way.
        let (p, m, v) = (p.into_remainder(), m.into_remainder(), v.into_remainder());
        let lanes = |values: &[Real]| {
            let mut lanes = [0.0; LANES];
            lanes[..rest].copy_from_slice(values);
            lanes
        };
        let (mut p4, mut m4, mut v4) = (lanes(p), lanes(m), lanes(v));
        step(adam, &mut p4, &lanes(g.remainder()), &mut m4, &mut v4);
        p.copy_from_slice(&p4[..rest]);
        m.copy_from_slice(&m4[..rest]);
        v.copy_from_slice(&v4[..rest]);
    }
}

#[inline(always)]
fn step(adam: Adam, parameters: &mut [Real], gradients: &[Real], mean: &mut [Real], square: &mut [Real]) {
    let constant = Lanes::splat;
    let g = Lanes::load(gradients);
    let m = Lanes::load(mean);
    let v = Lanes::load(square);
    // m + (1 − β)(g − m): one rounding less than two products.
    let m = g.sub(m).mul_add(constant(1.0 - adam.beta1), m);
    let v = g.mul(g).sub(v).mul_add(constant(1.0 - adam.beta2), v);
    m.store(mean);
    v.store(square);
    let change = m.mul(constant(adam.rate)).div(v.square_root().add(constant(adam.epsilon)));
    Lanes::load(parameters).sub(change).store(parameters);
}

/// [`update`] with the largest mean of squares so far below the root (Reddi, Kale and Kumar, 2018).
pub fn update_amsgrad(
    adam: Adam,
    parameters: &mut [Real],
    gradients: &[Real],
    (mean, square, largest): (&mut [Real], &mut [Real], &mut [Real]),
) {
    each_value([parameters, mean, square, largest], WORK, |first, [parameters, mean, square, largest]| {
        let slots = mean.iter_mut().zip(square).zip(largest);
        for ((p, g), ((m, v), top)) in parameters.iter_mut().zip(&gradients[first..]).zip(slots) {
            *m += (g - *m) * (1.0 - adam.beta1);
            *v += (g * g - *v) * (1.0 - adam.beta2);
            *top = if *top > *v { *top } else { *v };
            *p -= *m * adam.rate / (top.sqrt() + adam.epsilon);
        }
    });
}

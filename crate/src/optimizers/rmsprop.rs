//! RMSProp: steps scaled by a running mean of squares (Hinton, Coursera lecture 6.5, 2012).

use crate::threads::each_value;
use crate::vector::{spread, Lanes, Real, Vector};

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

/// Operations that a parameter takes as long as: a division and a root.
const WORK: usize = 24;

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
    each_value([parameters, square, mean, buffer], WORK, |first, slots| {
        update_part(numbers, &gradients[first..][..slots[0].len()], slots);
    });
}

/// Constants are made here: those of a closure that goes to other threads lie in memory.
fn update_part(numbers: RmsProp, gradients: &[Real], [parameters, square, mean, buffer]: [&mut [Real]; 4]) {
    let RmsProp { rate, rho, momentum, epsilon, centered } = numbers;
    let goes_on = momentum > 0.0;
    let [rho, share, rate, momentum, epsilon] = [rho, 1.0 - rho, rate, momentum, epsilon].map(Lanes::splat);
    let mean_of = |m: Lanes, g: Lanes| m.mul(rho).add(g.mul(share));
    let square_of = |v: Lanes, g: Lanes| v.mul(rho).add(g.mul(share).mul(g));
    let step_of = |g: Lanes, variance: Lanes| g.mul(rate).div(variance.square_root());
    let centered_of = |v: Lanes, m: Lanes| v.add(epsilon).sub(m.mul(m));
    match (centered, goes_on) {
        (false, false) => spread::<1, 2, 2>([gradients], [parameters, square], |[g], [p, v]| {
            let v = square_of(v, g);
            [p.sub(step_of(g, v.add(epsilon))), v]
        }),
        (false, true) => spread::<1, 3, 2>([gradients], [parameters, square, buffer], |[g], [p, v, b]| {
            let v = square_of(v, g);
            let b = b.mul(momentum).add(step_of(g, v.add(epsilon)));
            [p.sub(b), v, b]
        }),
        (true, false) => spread::<1, 3, 2>([gradients], [parameters, square, mean], |[g], [p, v, m]| {
            let (v, m) = (square_of(v, g), mean_of(m, g));
            [p.sub(step_of(g, centered_of(v, m))), v, m]
        }),
        (true, true) => spread::<1, 4, 2>([gradients], [parameters, square, mean, buffer], |[g], [p, v, m, b]| {
            let (v, m) = (square_of(v, g), mean_of(m, g));
            let b = b.mul(momentum).add(step_of(g, centered_of(v, m)));
            [p.sub(b), v, m, b]
        }),
    }
}

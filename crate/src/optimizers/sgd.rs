//! Stochastic gradient descent.

use crate::kernels::map::zip_in_place;
use crate::vector::{Lanes, Real, Vector};

/// `p ← p − rate · g`, the seed's update equation.
pub fn update(parameters: &mut [Real], gradients: &[Real], rate: Real) {
    let step = Lanes::splat(-rate);
    zip_in_place(parameters, gradients, |p, g| g.mul_add(step, p));
}

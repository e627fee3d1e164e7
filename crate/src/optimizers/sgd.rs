//! Stochastic gradient descent.

use crate::kernels::map::zip_in_place;
use crate::vector::{F32x4, Vector};

/// `p ← p − rate · g`, the seed's update equation.
pub fn update(parameters: &mut [f32], gradients: &[f32], rate: f32) {
    let step = F32x4::splat(-rate);
    zip_in_place(parameters, gradients, |p, g| g.mul_add(step, p));
}

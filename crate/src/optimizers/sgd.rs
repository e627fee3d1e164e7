//! Stochastic gradient descent.

use crate::kernels::map::zip_in_place;
use crate::threads::each_value;
use crate::vector::{Lanes, Real, Vector};

/// Operations that a parameter takes as long as.
const WORK: usize = 5;

/// `p ← p − rate · g`, the seed's update equation.
pub fn update(parameters: &mut [Real], gradients: &[Real], rate: Real) {
    each_value([parameters], WORK, |first, [parameters]| {
        let step = Lanes::splat(-rate);
        zip_in_place(parameters, &gradients[first..][..parameters.len()], |p, g| g.mul_add(step, p));
    });
}

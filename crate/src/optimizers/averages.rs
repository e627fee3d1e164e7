//! Averages over steps: of gradients before an update, of parameters after it.

use crate::kernels::map::zip_in_place;
use crate::threads::each_value;
use crate::vector::{Real, Vector};

/// Operations that a value takes as long as.
const WORK: usize = 5;

/// `accumulator ← accumulator + gradients`.
pub fn accumulate(gradients: &[Real], accumulator: &mut [Real]) {
    each_value([accumulator], WORK, |first, [accumulator]| {
        let gradients = &gradients[first..][..accumulator.len()];
        zip_in_place(accumulator, gradients, |sum, g| g.add(sum));
    });
}

/// `gradients ← (gradients + accumulator) / steps`, `accumulator ← 0`: the mean over the steps since the last update.
pub fn average_gradients(steps: Real, gradients: &mut [Real], accumulator: &mut [Real]) {
    each_value([gradients, accumulator], WORK, |_, [gradients, accumulator]| {
        for (g, sum) in gradients.iter_mut().zip(accumulator.iter()) {
            *g = (*g + sum) / steps;
        }
        accumulator.fill(0.0);
    });
}

/// `average ← momentum·average + (1 − momentum)·p`; with `overwrite` then `p ← average`. A momentum of 0 copies exactly.
pub fn follow(momentum: Real, overwrite: bool, parameters: &mut [Real], average: &mut [Real]) {
    let share = 1.0 - momentum;
    each_value([parameters, average], WORK, |_, [parameters, average]| {
        for (p, average) in parameters.iter().zip(average.iter_mut()) {
            *average = momentum * *average + share * p;
        }
        if overwrite {
            parameters.copy_from_slice(average);
        }
    });
}

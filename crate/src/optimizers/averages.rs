//! Averages over steps: of gradients before an update, of parameters after it.

use crate::threads::{each_of, each_part, WORTH};
use crate::vector::{Lanes, Real, Vector, LANES};

/// Elements of a part: each takes some four operations.
const PART: usize = WORTH / 4;

/// `accumulator ← accumulator + gradients`.
pub fn accumulate(gradients: &[Real], accumulator: &mut [Real]) {
    each_part(accumulator, PART, |part, accumulator| {
        let gradients = &gradients[part * PART..][..accumulator.len()];
        let mut sums = accumulator.chunks_exact_mut(LANES);
        let mut added = gradients.chunks_exact(LANES);
        for (sum, g) in (&mut sums).zip(&mut added) {
            Lanes::load(g).add(Lanes::load(sum)).store(sum);
        }
        for (sum, g) in sums.into_remainder().iter_mut().zip(added.remainder()) {
            *sum += g;
        }
    });
}

/// `gradients ← (gradients + accumulator) / steps`, `accumulator ← 0`: the mean over the steps since the last update.
pub fn average_gradients(steps: Real, gradients: &mut [Real], accumulator: &mut [Real]) {
    each_of([(gradients, PART), (accumulator, PART)], |_, [gradients, accumulator]| {
        for (g, sum) in gradients.iter_mut().zip(accumulator.iter()) {
            *g = (*g + sum) / steps;
        }
        accumulator.fill(0.0);
    });
}

/// `average ← momentum·average + (1 − momentum)·p`; with `overwrite` then `p ← average`. A momentum of 0 copies exactly.
pub fn follow(momentum: Real, overwrite: bool, parameters: &mut [Real], average: &mut [Real]) {
    let share = 1.0 - momentum;
    each_of([(parameters, PART), (average, PART)], |_, [parameters, average]| {
        for (p, average) in parameters.iter().zip(average.iter_mut()) {
            *average = momentum * *average + share * p;
        }
        if overwrite {
            parameters.copy_from_slice(average);
        }
    });
}

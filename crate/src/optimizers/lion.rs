//! Lion: steps of one size, by the sign of a running mean.

use crate::threads::each_value;
use crate::vector::{spread, Lanes, Real, Vector};

/// Numbers of a step.
#[derive(Clone, Copy, Debug)]
pub struct Lion {
    /// Step width η.
    pub rate: Real,
    /// Share of the mean in the direction of this step.
    pub beta1: Real,
    /// Decay of the mean.
    pub beta2: Real,
}

/// Operations that a parameter takes as long as.
const WORK: usize = 10;

/// `p ← p − η·sign(β₁m + (1 − β₁)g)`, `m ← β₂m + (1 − β₂)g` (Chen et al., "Symbolic Discovery of Optimization
/// Algorithms", 2023).
pub fn update(numbers: Lion, parameters: &mut [Real], gradients: &[Real], mean: &mut [Real]) {
    each_value([parameters, mean], WORK, |first, [parameters, mean]| {
        update_part(numbers, parameters, &gradients[first..][..mean.len()], mean);
    });
}

/// Constants are made here: those of a closure that goes to other threads lie in memory.
fn update_part(numbers: Lion, parameters: &mut [Real], gradients: &[Real], mean: &mut [Real]) {
    let Lion { rate, beta1, beta2 } = numbers;
    let (zero, one, step) = (Lanes::splat(0.0), Lanes::splat(1.0), Lanes::splat(rate));
    let [shares, decays] = [beta1, beta2].map(|beta| [beta, 1.0 - beta].map(Lanes::splat));
    let mix = |[old, new]: [Lanes; 2], m: Lanes, g: Lanes| m.mul(old).add(g.mul(new));
    spread::<1, 2, 2>([gradients], [parameters, mean], |[g], [p, m]| {
        let direction = mix(shares, m, g);
        // NaN has no sign, but must not vanish.
        let sign = direction.select_equal_or_nan(zero, direction, one.with_sign_of(direction));
        [p.sub(sign.mul(step)), mix(decays, m, g)]
    });
}

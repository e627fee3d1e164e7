//! Noise while training: values that are moved, scaled or replaced by chance.

use super::quantile::Quantile;
use super::random::{limit_of, Clock, Draws, GROUP, WORK};
use crate::error::Error;
use crate::threads::each_share;
use crate::vector::{Lanes, Real, Vector, Words};

/// A kind of noise. `n` is normal with mean 0 and deviation 1.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Noise {
    /// `x + deviation · n`
    Added(Real),
    /// `x · (1 + √(rate / (1 − rate)) · n)` (Srivastava et al., 2014, section 10); its own gradient.
    Multiplied(Real),
    /// With chance `rate` the lowest value of selu, else x, then scaled and moved so that mean 0 and variance 1 stay
    /// (Klambauer et al., "Self-Normalizing Neural Networks", 2017).
    Alpha(Real),
    /// The gradient of [`Noise::Alpha`]: the scale where x was kept, else 0, times x.
    AlphaGradient(Real),
}

/// Limit times scale of selu, with the sign minus.
const LOWEST: f64 = -1.673_263_242_354_377_2 * 1.050_700_987_355_480_5;

impl Noise {
    /// The noise of a code, see ts/layers/noise.ts.
    pub fn from_code(code: u32, parameter: Real) -> Result<Self, Error> {
        Ok(match code {
            0 => Self::Added(parameter),
            1 => Self::Multiplied(parameter),
            2 => Self::Alpha(parameter),
            3 => Self::AlphaGradient(parameter),
            _ => return Err(Error::UnknownCode),
        })
    }
}

/// `y = noise(x)`. The same `stream` and clock give the same chances.
pub fn noise(noise: Noise, stream: u32, clock: Clock, x: &[Real], y: &mut [Real]) {
    let draws = Draws::new(stream, clock);
    match noise {
        Noise::Added(deviation) => {
            let deviation = Lanes::splat(deviation);
            apply_normals(&draws, x, y, |x, normals| normals.mul_add(deviation, x));
        }
        Noise::Multiplied(rate) => {
            let (deviation, one) = (Lanes::splat((rate / (1.0 - rate)).sqrt()), Lanes::splat(1.0));
            apply_normals(&draws, x, y, |x, normals| normals.mul_add(deviation, one).mul(x));
        }
        Noise::Alpha(rate) | Noise::AlphaGradient(rate) => {
            let chance = f64::from(rate);
            let scale = 1.0 / ((1.0 - chance) * (1.0 + chance * LOWEST * LOWEST)).sqrt();
            let offset = -scale * LOWEST * chance;
            let is_gradient = matches!(noise, Noise::AlphaGradient(_));
            // To add −0 changes nothing, not even the sign of 0.
            let (lowest, offset) = if is_gradient { (0.0, -0.0) } else { (scale * LOWEST + offset, offset) };
            let Some(limit) = limit_of(chance) else { return y.fill(lowest as Real) };
            let limit = Words::splat(limit);
            let [scale, offset, lowest] = [scale, offset, lowest].map(|value| Lanes::splat(value as Real));
            each_value(&draws, WORK, x, y, |x, words| words.select_from(limit, x.mul(scale).add(offset), lowest));
        }
    }
}

/// Operations of a normal number, by the time they take.
const WORK_OF_NORMAL: usize = 130;

/// Hands every four values and their normal numbers to `change`.
fn apply_normals(draws: &Draws, x: &[Real], y: &mut [Real], change: impl Fn(Lanes, Lanes) -> Lanes + Sync) {
    let quantile = Quantile::new();
    each_value(draws, WORK_OF_NORMAL, x, y, |x, words| change(x, quantile.normals(words)));
}

/// Hands every four values and their words to `change`, which takes `work` operations a value.
fn each_value(draws: &Draws, work: usize, x: &[Real], y: &mut [Real], change: impl Fn(Lanes, Words) -> Lanes + Sync) {
    each_share(y, GROUP, work * GROUP, |first, y| {
        let number = (first * GROUP / 4) as u32;
        draws.map(number, &x[first * GROUP..][..y.len()], y, &change);
    });
}

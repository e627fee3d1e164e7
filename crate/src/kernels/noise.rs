//! Noise while training: values that are moved, scaled or replaced by chance.

use super::cross_entropy::natural_logarithm;
use super::random::{draw, Clock};
use crate::error::Error;
use crate::threads::{each_part, WORTH};
use crate::vector::Real;

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

/// Values of a part: four take one block of words and some hundred operations.
const PART: usize = WORTH / 100 * 4;

/// `y = noise(x)`. The same `stream` and clock give the same chances.
pub fn noise(noise: Noise, stream: u32, clock: Clock, x: &[Real], y: &mut [Real]) {
    match noise {
        Noise::Added(deviation) => apply(stream, clock, x, y, |x, word| x + deviation * normal(word)),
        Noise::Multiplied(rate) => {
            let deviation = (rate / (1.0 - rate)).sqrt();
            apply(stream, clock, x, y, |x, word| x * (1.0 + deviation * normal(word)));
        }
        Noise::Alpha(rate) | Noise::AlphaGradient(rate) => {
            let chance = f64::from(rate);
            let limit = (chance * 4_294_967_296.0) as u64;
            let scale = 1.0 / ((1.0 - chance) * (1.0 + chance * LOWEST * LOWEST)).sqrt();
            let offset = -scale * LOWEST * chance;
            let (scale, offset, lowest) = (scale as Real, offset as Real, (scale * LOWEST + offset) as Real);
            let keeps = |word: u32| u64::from(word) >= limit;
            if matches!(noise, Noise::Alpha(_)) {
                apply(stream, clock, x, y, |x, word| if keeps(word) { x * scale + offset } else { lowest });
            } else {
                apply(stream, clock, x, y, |x, word| if keeps(word) { x * scale } else { 0.0 });
            }
        }
    }
}

/// Hands every value and 32 random bits to `change`.
fn apply(stream: u32, clock: Clock, x: &[Real], y: &mut [Real], change: impl Fn(Real, u32) -> Real + Sync) {
    each_part(y, PART, |part, y| {
        let start = part * PART;
        for (block, (x, y)) in x[start..].chunks(4).zip(y.chunks_mut(4)).enumerate() {
            let number = (start / 4 + block) as u32;
            let words = draw(number, stream, clock);
            for ((y, &x), word) in y.iter_mut().zip(x).zip(words) {
                *y = change(x, word);
            }
        }
    });
}

/// A normal number from 32 bits: the inverse of the distribution, within 1e-7 relative. M. J. Wichura, "Algorithm AS 241:
/// The Percentage Points of the Normal Distribution", Applied Statistics 37, 1988, PPND7.
pub fn normal(word: u32) -> Real {
    let ratio = |p: &[f64], q: &[f64], r: f64| {
        let horner = |list: &[f64]| list.iter().rev().fold(0.0, |sum, c| sum * r + c);
        horner(p) / horner(q)
    };
    let share = (f64::from(word) + 0.5) / 4_294_967_296.0;
    let q = share - 0.5;
    if q.abs() <= 0.425 {
        const P: [f64; 4] = [3.387_132_717_9, 5.043_427_193_8e1, 1.592_911_320_2e2, 5.910_937_472e1];
        const Q: [f64; 4] = [1.0, 1.789_516_946_9e1, 7.875_775_766_4e1, 6.718_756_36e1];
        return (q * ratio(&P, &Q, 0.180_625 - q * q)) as Real;
    }
    let tail = if q < 0.0 { share } else { 1.0 - share };
    let r = (-natural_logarithm(tail)).sqrt();
    let size = if r <= 5.0 {
        const P: [f64; 4] = [1.423_437_277_7, 2.756_815_39, 1.306_728_481_6, 1.702_382_110_3e-1];
        const Q: [f64; 3] = [1.0, 7.370_016_425e-1, 1.202_113_297_5e-1];
        ratio(&P, &Q, r - 1.6)
    } else {
        const P: [f64; 4] = [6.657_905_115, 3.081_226_386, 4.286_829_433_7e-1, 1.733_720_399_7e-2];
        const Q: [f64; 3] = [1.0, 2.419_789_422_5e-1, 1.225_820_263_5e-2];
        ratio(&P, &Q, r - 5.0)
    };
    (if q < 0.0 { -size } else { size }) as Real
}

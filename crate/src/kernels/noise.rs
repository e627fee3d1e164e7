//! Noise while training: values that are moved, scaled or replaced by chance.

use super::logarithm::logarithm_of_normal;
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
            apply_normals(&draws, x, y, |x, normal| x + deviation * normal);
        }
        Noise::Multiplied(rate) => {
            let deviation = (rate / (1.0 - rate)).sqrt();
            apply_normals(&draws, x, y, |x, normal| x * (1.0 + deviation * normal));
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
            each_share(y, GROUP, WORK * GROUP, |first, y| {
                let change = |x: Lanes, words: Words| words.select_from(limit, x.mul(scale).add(offset), lowest);
                draws.map(number_of(first), &x[first * GROUP..][..y.len()], y, change);
            });
        }
    }
}

/// The number whose words a group begins with.
fn number_of(group: usize) -> u32 {
    (group * GROUP / 4) as u32
}

/// Operations of a normal number, by the time they take.
const WORK_OF_NORMAL: usize = 400;

/// Hands every value and a normal number to `change`.
fn apply_normals(draws: &Draws, x: &[Real], y: &mut [Real], change: impl Fn(Real, Real) -> Real + Sync) {
    each_share(y, GROUP, WORK_OF_NORMAL * GROUP, |first, y| {
        for (group, (x, y)) in x[first * GROUP..].chunks(GROUP).zip(y.chunks_mut(GROUP)).enumerate() {
            let normals = normals(draws.group(number_of(first + group)));
            for ((y, &x), normal) in y.iter_mut().zip(x).zip(normals) {
                *y = change(x, normal);
            }
        }
    });
}

/// [`normal`] of many words. Those far from the mean are put together first: what cannot be foreseen then decides about no branch.
fn normals(words: [u32; GROUP]) -> [Real; GROUP] {
    let (mut places, mut far, mut count) = ([0; GROUP], [0; GROUP], 0);
    for (place, word) in words.into_iter().enumerate() {
        (places[count], far[count]) = (place, word);
        count += usize::from(is_far(word));
    }
    let mut normals = words.map(near_the_mean);
    for (places, far) in places[..count].chunks(4).zip(far.chunks_exact(4)) {
        let far: [Real; 4] = std::array::from_fn(|k| far_from_the_mean(far[k]));
        for (&place, far) in places.iter().zip(far) {
            normals[place] = far;
        }
    }
    normals
}

/// A normal number from 32 bits: the inverse of the distribution, within 1e-7 relative. M. J. Wichura, "Algorithm AS 241:
/// The Percentage Points of the Normal Distribution", Applied Statistics 37, 1988, PPND7.
pub fn normal(word: u32) -> Real {
    if is_far(word) {
        far_from_the_mean(word)
    } else {
        near_the_mean(word)
    }
}

/// How far the share of numbers below it is from a half; exactly, in (−½, ½).
#[inline(always)]
fn from_half(word: u32) -> f64 {
    (f64::from(word) + 0.5) / 4_294_967_296.0 - 0.5
}

/// Whether it is further than 0.425.
fn is_far(word: u32) -> bool {
    const LEAST_NEAR: u32 = 322_122_547; // 0.075 · 2³²
    word.min(!word) < LEAST_NEAR
}

#[inline(always)]
fn near_the_mean(word: u32) -> Real {
    const P: [f64; 4] = [3.387_132_717_9, 5.043_427_193_8e1, 1.592_911_320_2e2, 5.910_937_472e1];
    const Q: [f64; 4] = [1.0, 1.789_516_946_9e1, 7.875_775_766_4e1, 6.718_756_36e1];
    let q = from_half(word);
    (q * ratio(P, Q, 0.180_625 - q * q)) as Real
}

#[inline(always)]
fn far_from_the_mean(word: u32) -> Real {
    // Those of the middle region: what is further away takes more than 32 bits.
    const P: [f64; 4] = [1.423_437_277_7, 2.756_815_39, 1.306_728_481_6, 1.702_382_110_3e-1];
    const Q: [f64; 3] = [1.0, 7.370_016_425e-1, 1.202_113_297_5e-1];
    let q = from_half(word);
    let r = (-logarithm_of_normal(0.5 - q.abs())).sqrt();
    ratio(P, Q, r - 1.6).copysign(q) as Real
}

/// The polynomial of coefficients `p`, the constant one first, over that of `q`.
#[inline(always)]
fn ratio<const M: usize, const N: usize>(p: [f64; M], q: [f64; N], r: f64) -> f64 {
    let horner = |list: &[f64]| list.iter().rev().copied().reduce(|sum, c| sum * r + c).unwrap_or(0.0);
    horner(&p) / horner(&q)
}

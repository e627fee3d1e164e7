//! The normal distribution of four lanes, which keeps its digits where it nears 0.

use super::exponential::Falling;
use crate::vector::{opaque, Lanes, Real, Vector};

/// 1/√(2π).
const NORMAL: Real = 0.398_942_3;

/// t = 1 / (1 + 0.35·a).
const RATE: Real = 0.35;

/// The distribution is 0 beyond.
const FURTHEST: Real = 15.0;

/// Minimax polynomial of e^(a²/2)·Φ(−a) / t in t for 0 ≤ a ≤ 15, highest power first; its error is 3e-8 of the value. The form is that of
/// Abramowitz and Stegun, "Handbook of Mathematical Functions", 26.2.17.
const TAIL: [Real; 9] = [
    -0.029_163_806,
    0.144_060_24,
    -0.255_900_74,
    0.159_391_67,
    -0.023_263_017,
    0.105_574_474,
    0.119_815_57,
    0.139_864_33,
    0.139_621_26,
];

/// Terms of the series erf x = 2/√π · Σ (−1)ⁿ·x²ⁿ⁺¹ / (n!·(2n + 1)), highest power first; where |x| < [`NEAR`] the next one is 1e-8
/// of the value.
const SERIES: [Real; 8] = [
    -0.000_014_925_65,
    0.000_120_553_33,
    -0.000_854_832_7,
    0.005_223_977_6,
    -0.026_866_17,
    0.112_837_92,
    -0.376_126_4,
    std::f32::consts::FRAC_2_SQRT_PI as Real,
];

/// Below this the difference of 1 and a tail would lose digits.
const NEAR: Real = 0.7;

/// The constants.
pub struct Normal {
    falling: Falling,
    minus_half: Lanes,
    /// −[`FURTHEST`].
    furthest: Lanes,
    /// −[`RATE`].
    rate: Lanes,
    tail: [Lanes; 9],
    series: [Lanes; 8],
}

impl Normal {
    /// The constants.
    #[allow(clippy::new_without_default)]
    pub fn new() -> Self {
        // What `Falling::UNIT` takes away is a power of two, which changes no digit.
        let tail = TAIL.map(|value| opaque(value * Falling::UNIT));
        Self {
            falling: Falling::new(),
            minus_half: opaque(-0.5),
            furthest: opaque(-FURTHEST),
            rate: opaque(-RATE),
            tail,
            series: SERIES.map(opaque),
        }
    }

    /// −|x|, at least −[`FURTHEST`]; Φ of that; and 2⁶⁴·e^(−x²/2). Both within some roundings of themselves, of which a square's
    /// counts x² / 2 times.
    #[inline(always)]
    fn below(&self, x: Lanes) -> (Lanes, Lanes, Lanes) {
        let one = Lanes::splat(1.0);
        let low = x.negative_abs().at_least(self.furthest);
        let bell = self.falling.exp_within(low.mul(low).mul(self.minus_half));
        let t = one.div(low.mul_add(self.rate, one));
        // The even powers beside the odd ones: half as many steps wait for each other.
        let square = t.mul(t);
        let [a, b, c, d, e, f, g, h, i] = self.tail;
        let even = a.mul_add(square, c).mul_add(square, e).mul_add(square, g).mul_add(square, i);
        let odd = b.mul_add(square, d).mul_add(square, f).mul_add(square, h);
        (low, bell.mul(odd.mul_add(t, even).mul(t)), bell)
    }

    /// x·Φ(x) = max(x, 0) − |x|·Φ(−|x|): the smaller one of Φ(x) and 1 − Φ(x) is the one that is known.
    #[inline(always)]
    pub fn weighted(&self, x: Lanes) -> Lanes {
        let (low, tail, _) = self.below(x);
        low.mul_add(tail, x.at_least(Lanes::splat(0.0)))
    }

    /// Its derivative Φ(x) + x·φ(x); that of −x is what is missing to 1.
    #[inline(always)]
    pub fn weighted_slope(&self, x: Lanes) -> Lanes {
        let (low, tail, bell) = self.below(x);
        let slope = low.mul_add(bell.mul(Lanes::splat(NORMAL * Falling::UNIT)), tail);
        x.select_less(Lanes::splat(0.0), slope, Lanes::splat(1.0).sub(slope))
    }

    /// erf x = 1 − 2·Φ(−x·√2) with the sign of x, and near 0, where that has no digits left, its series.
    #[inline(always)]
    pub fn error(&self, x: Lanes) -> Lanes {
        let (_, tail, _) = self.below(x.mul(Lanes::splat(std::f32::consts::SQRT_2 as Real)));
        let far = tail.mul_add(Lanes::splat(-2.0), Lanes::splat(1.0));
        let square = x.mul(x);
        let [first, others @ ..] = self.series;
        let near = others.into_iter().fold(first, |sum, term| sum.mul_add(square, term));
        x.abs().select_less(Lanes::splat(NEAR), near.mul(x), far.with_sign_of(x).or_nan_of(x))
    }
}

//! The normal distribution of four lanes, which keeps its digits where it nears 0.

use super::exponential::Falling;
use crate::vector::{Lanes, Real, Vector};
use std::hint::black_box;

/// 1/√(2π).
const NORMAL: Real = 0.398_942_3;

/// t = 1 / (1 + 0.35·a).
const RATE: Real = 0.35;

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

/// The constants, as values that the compiler does not know: see `exponential`.
pub struct Normal {
    falling: Falling,
    minus_half: Lanes,
    rate: Lanes,
    tail: [Lanes; 9],
}

impl Normal {
    /// The constants.
    #[allow(clippy::new_without_default)]
    pub fn new() -> Self {
        let constant = |value| Lanes::splat(black_box(value));
        // What `Falling::UNIT` takes away is a power of two, which changes no digit.
        let tail = TAIL.map(|value| constant(value * Falling::UNIT));
        Self { falling: Falling::new(), minus_half: constant(-0.5), rate: constant(RATE), tail }
    }

    /// Φ(x), and 2⁶⁴·e^(−x²/2): both within some roundings of themselves, of which a square's counts x² / 2 times.
    #[inline(always)]
    fn both(&self, x: Lanes) -> (Lanes, Lanes) {
        let (zero, one) = (Lanes::splat(0.0), Lanes::splat(1.0));
        let bell = self.falling.exp(x.mul(x).mul(self.minus_half));
        let t = one.div(x.abs().mul_add(self.rate, one));
        let [first, rest @ ..] = self.tail;
        let sum = rest.into_iter().fold(first, |sum, c| sum.mul_add(t, c));
        let tail = bell.mul(sum.mul(t));
        (x.select_less(zero, tail, one.sub(tail)), bell)
    }

    /// Φ(x).
    #[inline(always)]
    pub fn distribution(&self, x: Lanes) -> Lanes {
        self.both(x).0
    }

    /// Φ(x) and its derivative.
    #[inline(always)]
    pub fn distribution_and_density(&self, x: Lanes) -> (Lanes, Lanes) {
        let (distribution, bell) = self.both(x);
        (distribution, bell.mul(Lanes::splat(NORMAL * Falling::UNIT)))
    }
}

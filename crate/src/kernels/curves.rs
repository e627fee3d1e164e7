//! The activation functions that are made of exp, with their derivatives. Each takes the constants that it needs and no others: what does
//! not fit the registers is loaded for every vector.

use super::exponential::{Falling, Logistic};
use crate::vector::{opaque, Lanes, Real, Vector};

/// Limit and scale of selu (Klambauer et al., "Self-Normalizing Neural Networks", 2017).
const SELU_LIMIT: Real = 1.673_263_2;
const SELU_SCALE: Real = 1.050_701;
/// Gelu by a tangent (Hendrycks and Gimpel, "Gaussian Error Linear Units", 2016): 2u = x·(2·√(2/π) + 0.044715·2·√(2/π)·x²).
const GELU_LINE: Real = 1.595_769_121_605_730_8;
const GELU_CUBE: Real = 0.071_354_816_272_600_25;

/// relu6(x + 3) / 6.
#[inline(always)]
pub fn hard_sigmoid(x: Lanes) -> Lanes {
    let constant = Lanes::splat;
    x.add(constant(3.0)).at_least(constant(0.0)).at_most(constant(6.0)).mul(constant(1.0 / 6.0))
}

/// Its derivative: 1/6 between −3 and 3.
#[inline(always)]
pub fn hard_sigmoid_slope(x: Lanes) -> Lanes {
    let zero = Lanes::splat(0.0);
    x.abs().select_less(Lanes::splat(3.0), Lanes::splat(1.0 / 6.0), zero)
}

/// Minimax polynomial of 2·artanh(s) / s in s² for 0 ≤ s ≤ 1/3, highest power first; its error is 5e-9 of the value.
const ARTANH: [Real; 5] = [0.280_119_86, 0.280_018_05, 0.400_215_27, 0.666_664_16, 2.0];

/// x for x ≥ 0, else `limit`·(eˣ − 1) (Clevert et al., 2015).
#[inline(always)]
pub fn elu(c: &Falling, x: Lanes, limit: Real) -> Lanes {
    let low = c.exp_minus_one(x).mul(Lanes::splat(limit * Falling::UNIT));
    x.select_less(Lanes::splat(0.0), low, x)
}

/// Derivative of [`elu`] by its input.
#[inline(always)]
pub fn elu_slope(c: &Falling, x: Lanes, limit: Real) -> Lanes {
    let low = c.exp(x).mul(Lanes::splat(limit * Falling::UNIT));
    Lanes::splat(0.0).select_less(x, Lanes::splat(1.0), low)
}

/// Elu with limit and scale that keep mean 0 and variance 1.
#[inline(always)]
pub fn selu(c: &Falling, x: Lanes) -> Lanes {
    elu(c, x, SELU_LIMIT).mul(Lanes::splat(SELU_SCALE))
}

/// Derivative of [`selu`].
#[inline(always)]
pub fn selu_slope(c: &Falling, x: Lanes) -> Lanes {
    elu_slope(c, x, SELU_LIMIT).mul(Lanes::splat(SELU_SCALE))
}

/// 2u, u = √(2/π)·(x + 0.044715·x³).
#[inline(always)]
fn gelu_inner(x: Lanes) -> Lanes {
    x.mul(x).mul_add(Lanes::splat(GELU_CUBE), Lanes::splat(GELU_LINE)).mul(x)
}

/// x/2·(1 + tanh u) = x·sigmoid(2u): a sum that would lose its digits where tanh u nears −1 is not there.
#[inline(always)]
pub fn gelu_tanh(c: &Logistic, x: Lanes) -> Lanes {
    x.mul(c.sigmoid(gelu_inner(x)))
}

/// Derivative of [`gelu_tanh`]: s + s·(1 − s)·x·2u′ with s = sigmoid(2u).
#[inline(always)]
pub fn gelu_tanh_slope(c: &Logistic, x: Lanes) -> Lanes {
    let zero = Lanes::splat(0.0);
    let [s, rest] = c.sides(gelu_inner(x));
    let inner = x.mul(x).mul_add(Lanes::splat(3.0 * GELU_CUBE), Lanes::splat(GELU_LINE));
    let bend = s.mul(rest);
    // Where there is no bend any more, x may be infinite.
    let share = zero.select_less(bend, x.mul(inner).mul(bend), zero);
    s.add(share)
}

/// x·sigmoid(x).
#[inline(always)]
pub fn silu(c: &Logistic, x: Lanes) -> Lanes {
    x.mul(c.sigmoid(x))
}

/// Derivative of [`silu`]: s·(1 + x·(1 − s)).
#[inline(always)]
pub fn silu_slope(c: &Logistic, x: Lanes) -> Lanes {
    let one = Lanes::splat(1.0);
    let s = c.sigmoid(x);
    let share = x.mul(s.mul(one.sub(s)));
    s.add(share)
}

/// sigmoid(x), from e = e^−|x| and a one that carry the same factor: 1 / (1 + e), below 0 e / (1 + e).
#[inline(always)]
pub fn sigmoid_of(x: Lanes, e: Lanes, one: Lanes) -> Lanes {
    x.select_less(Lanes::splat(0.0), e, one).div(e.add(one))
}

/// The constants of softplus.
pub struct Softplus {
    falling: Falling,
    artanh: [Lanes; 5],
}

impl Softplus {
    /// The constants.
    #[allow(clippy::new_without_default)]
    pub fn new() -> Self {
        Self { falling: Falling::new(), artanh: ARTANH.map(opaque) }
    }

    /// Derivative of [`Self::softplus`]: the sigmoid.
    #[inline(always)]
    pub fn slope(&self, x: Lanes) -> Lanes {
        sigmoid_of(x, self.falling.exp(x.negative_abs()), Lanes::splat(1.0 / Falling::UNIT))
    }

    /// ln(1 + eˣ) = max(x, 0) + ln(1 + e), e = e^−|x|; ln(1 + e) = 2·artanh(e / (2 + e)).
    #[inline(always)]
    pub fn softplus(&self, x: Lanes) -> Lanes {
        let e = self.falling.exp(x.negative_abs());
        // A quotient, to which a common factor is nothing.
        let s = e.div(e.add(Lanes::splat(2.0 / Falling::UNIT)));
        let square = s.mul(s);
        let [first, rest @ ..] = self.artanh;
        let sum = rest.into_iter().fold(first, |sum, c| sum.mul_add(square, c));
        s.mul_add(sum, x.at_least(Lanes::splat(0.0)))
    }
}

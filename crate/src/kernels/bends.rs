//! Activation functions beyond the usual ones, with their derivatives.

use super::curves::{sigmoid_of, Softplus};
use super::exponential::{Falling, Tangent};
use crate::vector::{Lanes, Real, Vector};

/// x between −1 and 1, cut there.
#[inline(always)]
pub fn hard_tanh(x: Lanes) -> Lanes {
    x.at_least(Lanes::splat(-1.0)).at_most(Lanes::splat(1.0))
}

/// Its derivative.
#[inline(always)]
pub fn hard_tanh_slope(x: Lanes) -> Lanes {
    x.abs().select_less(Lanes::splat(1.0), Lanes::splat(1.0), Lanes::splat(0.0))
}

/// x / (1 + |x|).
#[inline(always)]
pub fn softsign(x: Lanes) -> Lanes {
    x.div(x.abs().add(Lanes::splat(1.0)))
}

/// Its derivative: 1 / (1 + |x|)².
#[inline(always)]
pub fn softsign_slope(x: Lanes) -> Lanes {
    let sum = x.abs().add(Lanes::splat(1.0));
    Lanes::splat(1.0).div(sum.mul(sum))
}

/// x drawn towards 0 by `width`, 0 where it is nearer.
#[inline(always)]
pub fn soft_shrink(x: Lanes, width: Real) -> Lanes {
    let (zero, width) = (Lanes::splat(0.0), Lanes::splat(width));
    let negative = zero.sub(width);
    x.select_less(negative, x.add(width), width.select_less(x, x.sub(width), zero)).or_nan_of(x)
}

/// x, 0 where |x| is at most `width`.
#[inline(always)]
pub fn hard_shrink(x: Lanes, width: Real) -> Lanes {
    Lanes::splat(width).select_less(x.abs(), x, Lanes::splat(0.0)).or_nan_of(x)
}

/// The derivative of both: 1 where |x| is more than `width`.
#[inline(always)]
pub fn shrink_slope(x: Lanes, width: Real) -> Lanes {
    Lanes::splat(width).select_less(x.abs(), Lanes::splat(1.0), Lanes::splat(0.0))
}

/// √(x² + b).
#[inline(always)]
fn root(x: Lanes, b: Real) -> Lanes {
    x.mul(x).add(Lanes::splat(b)).square_root()
}

/// (x + √(x² + b)) / 2; below 0 by b / (√(x² + b) − x), where the sum would cancel.
#[inline(always)]
pub fn squareplus(x: Lanes, b: Real) -> Lanes {
    let (zero, half, root) = (Lanes::splat(0.0), Lanes::splat(0.5), root(x, b));
    let low = Lanes::splat(b).div(root.sub(x));
    x.select_less(zero, low, root.add(x)).mul(half)
}

/// Its derivative: (1 + x / √(x² + b)) / 2, below 0 squareplus / √(x² + b).
#[inline(always)]
pub fn squareplus_slope(x: Lanes, b: Real) -> Lanes {
    squareplus(x, b).div(root(x, b))
}

/// tanh(ln(1 + eˣ)) and 1 minus it, as fractions of polynomials of e = e^−|x|; and e.
#[inline(always)]
fn gate(c: &Falling, x: Lanes) -> (Lanes, Lanes, Lanes) {
    let (zero, one, two) = (Lanes::splat(0.0), Lanes::splat(1.0), Lanes::splat(2.0));
    let e = c.exp(x.negative_abs()).mul(Lanes::splat(Falling::UNIT));
    let square = e.mul(e);
    let share = x.select_less(zero, square.add(e.add(e)), one.add(e.add(e)));
    let rest = x.select_less(zero, two, square.add(square));
    let total = share.add(rest);
    (share.div(total), rest.div(total), e)
}

/// x·tanh(ln(1 + eˣ)) (Misra, "Mish: A Self Regularized Non-Monotonic Activation Function", 2019).
#[inline(always)]
pub fn mish(c: &Falling, x: Lanes) -> Lanes {
    x.mul(gate(c, x).0)
}

/// Derivative of [`mish`]: t + x·(1 − t²)·sigmoid(x).
#[inline(always)]
pub fn mish_slope(c: &Falling, x: Lanes) -> Lanes {
    let one = Lanes::splat(1.0);
    let (t, rest, e) = gate(c, x);
    let bend = rest.mul(t.add(one));
    t.add(x.mul(bend.mul(sigmoid_of(x, e, one))))
}

/// ln sigmoid(x) = −softplus(−x).
#[inline(always)]
pub fn log_sigmoid(c: &Softplus, x: Lanes) -> Lanes {
    let zero = Lanes::splat(0.0);
    zero.sub(c.softplus(zero.sub(x)))
}

/// Derivative of [`log_sigmoid`]: sigmoid(−x).
#[inline(always)]
pub fn log_sigmoid_slope(c: &Softplus, x: Lanes) -> Lanes {
    c.slope(Lanes::splat(0.0).sub(x))
}

/// x − tanh(x).
#[inline(always)]
pub fn tanh_shrink(c: &Tangent, x: Lanes) -> Lanes {
    x.sub(c.tanh(x))
}

/// Derivative of [`tanh_shrink`]: tanh²(x).
#[inline(always)]
pub fn tanh_shrink_slope(c: &Tangent, x: Lanes) -> Lanes {
    let t = c.tanh(x);
    t.mul(t)
}

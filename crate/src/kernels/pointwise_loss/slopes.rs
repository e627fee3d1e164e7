//! The losses' derivatives by the outputs.

use super::super::cross_entropy::EPSILON;
use super::values::{difference_of_logarithms, exponentials_of_negatives, falling, series, smooth, NEAR};
use super::{cut, doubles, singles, Block, DoubleBlock, Pointwise};
use crate::vector::{Doubles, Lanes, Real, Vector};

/// −1, 0 or 1; NaN stays.
#[inline(always)]
fn sign(x: Lanes) -> Lanes {
    let zero = Lanes::splat(0.0);
    x.select_less(zero, Lanes::splat(-1.0), zero.select_less(x, Lanes::splat(1.0), x.mul(zero)))
}

/// `slope` where the margin is more than 0 or NaN, else 0.
#[inline(always)]
fn within(margin: Lanes, slope: Lanes) -> Lanes {
    let zero = Lanes::splat(0.0);
    // Nothing equals NaN.
    zero.select_less(margin, slope, margin.select_equal_or_nan(Lanes::splat(Real::NAN), slope, zero))
}

impl Pointwise {
    /// The derivative of each loss by its output.
    #[inline(never)]
    pub(super) fn slopes(self, o: &Block, y: &Block) -> Block {
        let (zero, one, minus_one) = (Lanes::splat(0.0), Lanes::splat(1.0), Lanes::splat(-1.0));
        match self {
            Self::Squared => singles(o, y, |o, y| Lanes::splat(2.0).mul(o.sub(y))),
            Self::Absolute => singles(o, y, |o, y| sign(o.sub(y))),
            Self::Huber(delta) => {
                let delta = Lanes::splat(delta);
                singles(o, y, |o, y| {
                    let d = o.sub(y);
                    delta.select_less(d.abs(), delta.mul(sign(d)), d)
                })
            }
            Self::BinaryCrossEntropy(smoothing) => singles(o, &smooth(y, smoothing), |o, y| {
                let p = cut(o, EPSILON, 1.0 - EPSILON);
                o.select_equal_or_nan(p, p.sub(y).div(p.mul(one.sub(p))), zero)
            }),
            Self::BinaryCrossEntropyFromLogits(smoothing) => {
                let shares = singles(o, &exponentials_of_negatives(o), |o, e| {
                    let (e, one) = (Doubles::of(e), Doubles::splat(1.0));
                    let below = Doubles::of(o).select_less(Doubles::splat(0.0), e, one);
                    below.div(one.add(e)).rounded()
                });
                singles(&shares, &smooth(y, smoothing), Lanes::sub)
            }
            Self::Hinge => singles(o, y, |o, y| within(one.sub(y.mul(o)), y.mul(minus_one))),
            Self::KullbackLeibler => singles(o, y, |o, y| {
                let [y, p] = [y, o].map(|x| cut(x, EPSILON, 1.0));
                o.select_equal_or_nan(p, y.mul(minus_one).div(p), zero)
            }),
            Self::SquaredHinge => singles(o, y, |o, y| {
                let margin = one.sub(y.mul(o));
                within(margin, Lanes::splat(-2.0).mul(y).mul(margin))
            }),
            Self::LogCosh => tangent(&doubles(o, y, |o, y| Doubles::of(o.sub(y)))),
            Self::Poisson => singles(o, y, |o, y| one.sub(y.div(o.add(Lanes::splat(EPSILON))))),
            Self::AbsolutePercentage => singles(o, y, |o, y| {
                let scale = Lanes::splat(100.0).div(y.abs().at_least(Lanes::splat(EPSILON)));
                sign(o.sub(y)).mul(scale)
            }),
            Self::SquaredLogarithmic => singles(&difference_of_logarithms(o, y), o, |d, o| {
                let slope = d.add(d).div(Doubles::of(o.add(one))).rounded();
                o.select_less(Lanes::splat(EPSILON), zero, slope)
            }),
            Self::Focal(focal) => focal.slopes(o, y),
        }
    }
}

/// tanh d, near 0 by its series.
fn tangent(d: &DoubleBlock) -> Block {
    let one = Doubles::splat(1.0);
    singles(d, &falling(d), |d, e| {
        let e = Doubles::of(e);
        let near = series(d.mul(d), [1.0, -1.0 / 3.0, 2.0 / 15.0, -17.0 / 315.0, 62.0 / 2835.0]).mul(d);
        let sign = d.select_less(Doubles::splat(0.0), Doubles::splat(-1.0), one);
        let far = one.sub(e).div(one.add(e)).mul(sign);
        d.abs().select_less(Doubles::splat(NEAR), near, far).rounded()
    })
}

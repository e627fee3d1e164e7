//! The losses' values.

use super::super::cross_entropy::EPSILON;
use super::super::logarithm::logarithms;
use super::{cut, doubles, exponentials, singles, Block, DoubleBlock, Pointwise};
use crate::vector::{Doubles, Lanes, Real, Vector};

/// The natural logarithms of a block.
#[inline(always)]
fn ln(x: &Block) -> DoubleBlock {
    let mut results = doubles(x, x, |x, _| Doubles::of(x));
    logarithms(&mut results);
    results
}

#[inline(always)]
fn negative(x: Lanes) -> Lanes {
    x.mul(Lanes::splat(-1.0))
}

impl Pointwise {
    /// The loss of each output and its target.
    #[inline(never)]
    pub(super) fn values(self, o: &Block, y: &Block) -> DoubleBlock {
        let (zero, one) = (Lanes::splat(0.0), Lanes::splat(1.0));
        let margin = |o: Lanes, y: Lanes| one.sub(y.mul(o)).at_least(zero);
        match self {
            Self::Squared => doubles(o, y, |o, y| {
                let d = o.sub(y);
                Doubles::of(d.mul(d))
            }),
            Self::Absolute => doubles(o, y, |o, y| Doubles::of(o.sub(y).abs())),
            Self::Huber(delta) => {
                let (rest, delta) = (Lanes::splat(0.5 * delta * delta), Lanes::splat(delta));
                doubles(o, y, |o, y| {
                    let d = o.sub(y);
                    let (near, far) = (Lanes::splat(0.5).mul(d).mul(d), delta.mul(d.abs()).sub(rest));
                    Doubles::of(delta.select_less(d.abs(), far, near))
                })
            }
            Self::BinaryCrossEntropy(smoothing) => {
                let p = singles(o, o, |o, _| cut(o, EPSILON, 1.0 - EPSILON));
                let rest = singles(&p, &p, |p, _| one.sub(p));
                let y = smooth(y, smoothing);
                let ones = doubles(&y, &ln(&p), |y, ln| Doubles::of(negative(y)).mul(ln));
                let zeros = doubles(&y, &ln(&rest), |y, ln| Doubles::of(one.sub(y)).mul(ln));
                doubles(&ones, &zeros, Doubles::sub)
            }
            Self::BinaryCrossEntropyFromLogits(smoothing) => {
                let linear = singles(o, &smooth(y, smoothing), |o, y| {
                    let product = o.mul(y);
                    zero.select_less(o, o.sub(product), negative(product))
                });
                doubles(&linear, &logarithms_of_sums(&exponentials_of_negatives(o)), |linear, ln| {
                    Doubles::of(linear).add(ln)
                })
            }
            Self::Hinge => doubles(o, y, |o, y| Doubles::of(margin(o, y))),
            Self::KullbackLeibler => {
                let [y, p] = [y, o].map(|x| singles(x, x, |x, _| cut(x, EPSILON, 1.0)));
                let differences = doubles(&ln(&y), &ln(&p), Doubles::sub);
                doubles(&y, &differences, |y, difference| Doubles::of(y).mul(difference))
            }
            Self::SquaredHinge => doubles(o, y, |o, y| {
                let margin = Doubles::of(margin(o, y));
                margin.mul(margin)
            }),
            Self::LogCosh => log_cosh(&doubles(o, y, |o, y| Doubles::of(o.sub(y)))),
            Self::Poisson => {
                let logarithms = ln(&singles(o, o, |o, _| o.add(Lanes::splat(EPSILON))));
                let products = doubles(y, &logarithms, |y, ln| Doubles::of(y).mul(ln));
                doubles(o, &products, |o, product| Doubles::of(o).sub(product))
            }
            Self::AbsolutePercentage => doubles(o, y, |o, y| {
                let scale = Lanes::splat(100.0).div(y.abs().at_least(Lanes::splat(EPSILON)));
                Doubles::of(o.sub(y).abs()).mul(Doubles::of(scale))
            }),
            Self::SquaredLogarithmic => {
                let d = difference_of_logarithms(o, y);
                doubles(&d, &d, Doubles::mul)
            }
            Self::Focal(focal) => focal.values(o, y),
        }
    }
}

/// Targets drawn to 1/2.
#[inline(always)]
pub(super) fn smooth(y: &Block, smoothing: Real) -> Block {
    let (share, half) = (Lanes::splat(1.0 - smoothing), Lanes::splat(0.5 * smoothing));
    singles(y, y, |y, _| y.mul(share).add(half))
}

/// e^−|x|, by the same polynomial everywhere.
#[inline(always)]
pub(super) fn exponentials_of_negatives(x: &Block) -> Block {
    exponentials(&singles(x, x, |x, _| x.negative_abs()))
}

/// ln(1 + e).
#[inline(always)]
pub(super) fn logarithms_of_sums(e: &Block) -> DoubleBlock {
    let mut sums = doubles(e, e, |e, _| Doubles::splat(1.0).add(Doubles::of(e)));
    logarithms(&mut sums);
    sums
}

/// ln(1 + o) − ln(1 + y), of values from 0.
#[inline(always)]
pub(super) fn difference_of_logarithms(o: &Block, y: &Block) -> DoubleBlock {
    let [o, y] = [o, y].map(|x| ln(&singles(x, x, |x, _| x.at_least(Lanes::splat(EPSILON)).add(Lanes::splat(1.0)))));
    doubles(&o, &y, Doubles::sub)
}

/// ln cosh d. Near 0 by its series, where sums of powers would cancel; elsewhere it is |d| + ln((1 + e^−2|d|) / 2), of no power
/// that overflows.
fn log_cosh(d: &DoubleBlock) -> DoubleBlock {
    let e = falling(d);
    let half = Doubles::splat(0.5);
    let mut logarithm = doubles(&e, &e, |e, _| half.add(half.mul(Doubles::of(e))));
    logarithms(&mut logarithm);
    doubles(d, &logarithm, |d, logarithm| {
        let square = d.mul(d);
        let near = series(square, [0.5, -1.0 / 12.0, 1.0 / 45.0, -17.0 / 2520.0, 31.0 / 14175.0]).mul(square);
        d.abs().select_less(Doubles::splat(NEAR), near, d.abs().add(logarithm))
    })
}

/// Within it ln cosh and tanh are taken from their series.
pub(super) const NEAR: f64 = 0.25;

/// e^−2|d|.
#[inline(always)]
pub(super) fn falling(d: &DoubleBlock) -> Block {
    exponentials(&singles(d, d, |d, _| Doubles::splat(-2.0).mul(d.abs()).rounded()))
}

/// A polynomial, the constant first.
#[inline(always)]
pub(super) fn series(x: Doubles, list: [f64; 5]) -> Doubles {
    list.iter().rev().fold(Doubles::splat(0.0), |sum, &c| sum.mul(x).add(Doubles::splat(c)))
}

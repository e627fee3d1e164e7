//! The focal loss of single outputs, and powers of chances.

use super::super::cross_entropy::EPSILON;
use super::super::logarithm::logarithms;
use super::values::{exponentials_of_negatives, logarithms_of_sums, smooth};
use super::{cut, doubles, exponentials, singles, Block, DoubleBlock, Focal, VECTORS};
use crate::vector::{Doubles, Lanes, Vector};

/// What values and slopes are made of: chances of one and zero, cross-entropy, the chance of the wrong answer, and its power.
struct Parts {
    p: DoubleBlock,
    n: DoubleBlock,
    entropy: DoubleBlock,
    wrong: DoubleBlock,
    factor: DoubleBlock,
    target: DoubleBlock,
}

/// y·a + (1 − y)·b.
#[inline(always)]
fn mixed(y: Doubles, a: Doubles, b: Doubles) -> Doubles {
    y.mul(a).add(Doubles::splat(1.0).sub(y).mul(b))
}

impl Focal {
    #[inline(never)]
    fn parts(self, o: &Block, y: &Block) -> Parts {
        let (zero, one, minus_one) = (Doubles::splat(0.0), Doubles::splat(1.0), Doubles::splat(-1.0));
        let target = smooth(y, self.smoothing);
        let target = doubles(&target, &target, |y, _| Doubles::of(y));
        let (p, n, ln_p, ln_n);
        if self.from_logits {
            let e = exponentials_of_negatives(o);
            let ln = logarithms_of_sums(&e);
            let chance = |of_one: bool| {
                doubles(o, &e, |o, e| {
                    let (o, e) = (Doubles::of(o), Doubles::of(e));
                    let share = if of_one { o.select_less(zero, e, one) } else { o.select_less(zero, one, e) };
                    share.div(one.add(e))
                })
            };
            let logarithm = |of_one: bool| {
                doubles(o, &ln, |o, ln| {
                    let o = Doubles::of(o);
                    let (near, far) = (ln.mul(minus_one), o.abs().mul(minus_one).sub(ln));
                    if of_one {
                        o.select_less(zero, far, near)
                    } else {
                        o.select_less(zero, near, far)
                    }
                })
            };
            (p, n, ln_p, ln_n) = (chance(true), chance(false), logarithm(true), logarithm(false));
        } else {
            let chances = singles(o, o, |o, _| cut(o, EPSILON, 1.0 - EPSILON));
            p = doubles(&chances, &chances, |p, _| Doubles::of(p));
            n = doubles(&chances, &chances, |p, _| Doubles::of(Lanes::splat(1.0).sub(p)));
            let mut both = [p, n];
            both.iter_mut().for_each(|chances| logarithms(chances));
            [ln_p, ln_n] = both;
        }
        let ones = doubles(&target, &ln_p, |y, ln| y.mul(minus_one).mul(ln));
        let zeros = doubles(&target, &ln_n, |y, ln| one.sub(y).mul(ln));
        let right = doubles(&target, &n, |y, n| y.mul(n));
        let others = doubles(&target, &p, |y, p| one.sub(y).mul(p));
        let (entropy, wrong) = (doubles(&ones, &zeros, Doubles::sub), doubles(&right, &others, Doubles::add));
        Parts { factor: power(&wrong, f64::from(self.gamma)), p, n, entropy, wrong, target }
    }

    #[inline(always)]
    fn balance(self, y: Doubles) -> Doubles {
        let one = Doubles::splat(1.0);
        self.alpha.map(f64::from).map_or(one, |alpha| mixed(y, Doubles::splat(alpha), Doubles::splat(1.0 - alpha)))
    }

    /// The loss of each output and its target.
    pub(super) fn values(self, o: &Block, y: &Block) -> DoubleBlock {
        let Parts { entropy, factor, target, .. } = self.parts(o, y);
        let weights = doubles(&target, &factor, |y, factor| self.balance(y).mul(factor));
        let values = doubles(&weights, &entropy, Doubles::mul);
        // An infinite logit is a chance, NaN is none.
        doubles(o, &values, |o, value| Doubles::of(Lanes::splat(0.0).or_nan_of(o)).add(value))
    }

    /// The derivative of each loss by its output.
    pub(super) fn slopes(self, o: &Block, y: &Block) -> Block {
        let Parts { p, n, entropy, wrong, factor, target } = self.parts(o, y);
        let gamma = f64::from(self.gamma);
        let (one, times) = (Doubles::splat(1.0), Doubles::splat(gamma));
        let bends = if gamma == 0.0 {
            [Doubles::splat(0.0); VECTORS]
        } else {
            let bends = doubles(&power(&wrong, gamma - 1.0), &target, |bend, y| times.mul(bend).mul(one.sub(y.add(y))));
            doubles(&bends, &entropy, Doubles::mul)
        };
        let products = doubles(&doubles(&bends, &p, Doubles::mul), &n, Doubles::mul);
        let errors = doubles(&factor, &doubles(&p, &target, Doubles::sub), Doubles::mul);
        let sums = doubles(&products, &errors, Doubles::add);
        // By the logit; by a chance it is that over p·n.
        let slopes = doubles(&target, &sums, |y, sum| self.balance(y).mul(sum));
        if self.from_logits {
            return singles(&slopes, &slopes, |slope, _| slope.rounded());
        }
        let slopes = doubles(&slopes, &doubles(&p, &n, Doubles::mul), Doubles::div);
        singles(o, &slopes, |o, slope| {
            o.select_equal_or_nan(cut(o, EPSILON, 1.0 - EPSILON), slope.rounded(), Lanes::splat(0.0))
        })
    }
}

/// Each `x` to the power of `exponent`, for x in [0, 1]; negative powers end at that of 1e-7.
#[inline(never)]
pub fn power(x: &DoubleBlock, exponent: f64) -> DoubleBlock {
    let one = Doubles::splat(1.0);
    if exponent == 0.0 {
        return [one; VECTORS];
    } else if exponent == 1.0 {
        return *x;
    } else if exponent == 2.0 {
        return doubles(x, x, Doubles::mul);
    }
    let mut powers = *x;
    if exponent < 0.0 {
        powers = doubles(x, x, |x, _| Doubles::of(cut(x.rounded(), EPSILON, 1.0)));
    }
    logarithms(&mut powers);
    let size = Doubles::splat(exponent.abs());
    let powers = exponentials(&singles(&powers, &powers, |ln, _| size.mul(ln).rounded()));
    doubles(&powers, &powers, |power, _| {
        let power = Doubles::of(power);
        if exponent < 0.0 {
            one.div(power)
        } else {
            power
        }
    })
}

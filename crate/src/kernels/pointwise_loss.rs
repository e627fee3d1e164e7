//! Losses that compare each output with its own target.

use super::cross_entropy::{at_least_and_nan, natural_logarithm, EPSILON};
use crate::error::Error;
use crate::vector::Real;

/// A loss of one output and one target.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Pointwise {
    /// (o − y)².
    Squared,
    /// |o − y|.
    Absolute,
    /// d²/2 for |d| ≤ δ, else δ·|d| − δ²/2 (Huber, 1964).
    Huber(Real),
    /// −y·ln o − (1 − y)·ln(1 − o); targets are drawn to 1/2 by the smoothing.
    BinaryCrossEntropy(Real),
    /// The same of sigmoid(o), from o.
    BinaryCrossEntropyFromLogits(Real),
    /// max(1 − y·o, 0) for targets −1 and 1.
    Hinge,
    /// y·ln(y / o).
    KullbackLeibler,
    /// max(1 − y·o, 0)² for targets −1 and 1.
    SquaredHinge,
    /// ln cosh(o − y).
    LogCosh,
    /// o − y·ln(o + 1e-7), for counts.
    Poisson,
    /// 100·|y − o| / |y|.
    AbsolutePercentage,
    /// (ln(1 + o) − ln(1 + y))², for values from 0.
    SquaredLogarithmic,
    /// Cross-entropy that pays less heed to what is right already.
    Focal(Focal),
}

/// `balance · (1 − p)^γ · −ln p` with p the chance of the right answer (Lin et al., "Focal Loss for Dense Object
/// Detection", 2017); outputs are chances.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Focal {
    /// γ.
    pub gamma: Real,
    /// Share of ones in the balance, zeros have the rest; both count 1 without it.
    pub alpha: Option<Real>,
    /// Draws targets to 1/2.
    pub smoothing: Real,
    /// Whether outputs are logits instead.
    pub from_logits: bool,
}

impl Focal {
    /// Value and derivative by the output.
    fn at(self, o: Real, y: Real) -> (f64, Real) {
        let y = f64::from(y * (1.0 - self.smoothing) + 0.5 * self.smoothing);
        let cut = at_least_and_nan(o, EPSILON, 1.0 - EPSILON);
        // The chances of one and of zero, and their logarithms.
        let (p, n, ln_p, ln_n) = if self.from_logits {
            let e = f64::from(exp_of_negative(-o.abs()));
            let (large, small, ln) = (1.0 / (1.0 + e), e / (1.0 + e), natural_logarithm(1.0 + e));
            let size = f64::from(o.abs());
            if o < 0.0 {
                (small, large, -size - ln, -ln)
            } else {
                (large, small, -ln, -size - ln)
            }
        } else {
            let p = f64::from(cut);
            let n = f64::from(1.0 - cut);
            (p, n, natural_logarithm(p), natural_logarithm(n))
        };
        let gamma = f64::from(self.gamma);
        let entropy = -y * ln_p - (1.0 - y) * ln_n;
        let wrong = y * n + (1.0 - y) * p;
        let factor = power(wrong, gamma);
        let balance = self.alpha.map(f64::from).map_or(1.0, |alpha| y * alpha + (1.0 - y) * (1.0 - alpha));
        let bend = if gamma == 0.0 { 0.0 } else { gamma * power(wrong, gamma - 1.0) * (1.0 - 2.0 * y) * entropy };
        // By the logit; by a chance it is that over p·n.
        let slope = balance * (bend * p * n + factor * (p - y));
        let derivative = match () {
            () if self.from_logits => slope,
            () if cut == o || o.is_nan() => slope / (p * n),
            () => 0.0,
        };
        (if o.is_nan() { f64::NAN } else { balance * factor * entropy }, derivative as Real)
    }
}

/// `x` to the power of `exponent`, for x in [0, 1]; negative powers end at that of 1e-7.
pub fn power(x: f64, exponent: f64) -> f64 {
    if exponent == 0.0 {
        1.0
    } else if exponent == 1.0 {
        x
    } else if exponent == 2.0 {
        x * x
    } else if exponent > 0.0 {
        f64::from(exp_of_negative((exponent * natural_logarithm(x)) as Real))
    } else {
        let x = at_least_and_nan(x as Real, EPSILON, 1.0);
        1.0 / f64::from(exp_of_negative((-exponent * natural_logarithm(f64::from(x))) as Real))
    }
}

impl Pointwise {
    /// The loss of a code, see ts/losses/pointwise.ts.
    pub fn from_code(code: u32, parameter: Real) -> Result<Self, Error> {
        Ok(match code {
            0 => Self::Squared,
            1 => Self::Absolute,
            2 => Self::Huber(parameter),
            3 => Self::BinaryCrossEntropy(parameter),
            4 => Self::BinaryCrossEntropyFromLogits(parameter),
            5 => Self::Hinge,
            6 => Self::KullbackLeibler,
            7 => Self::SquaredHinge,
            8 => Self::LogCosh,
            9 => Self::Poisson,
            10 => Self::AbsolutePercentage,
            11 => Self::SquaredLogarithmic,
            _ => return Err(Error::UnknownCode),
        })
    }

    /// Value and derivative by the output.
    fn at(self, o: Real, y: Real) -> (f64, Real) {
        let logarithm = |x: Real| natural_logarithm(f64::from(x));
        let smooth = |smoothing: Real| y * (1.0 - smoothing) + 0.5 * smoothing;
        match self {
            Self::Squared => (f64::from((o - y) * (o - y)), 2.0 * (o - y)),
            Self::Absolute => (f64::from((o - y).abs()), sign(o - y)),
            Self::Huber(delta) => {
                let d = o - y;
                if d.abs() <= delta {
                    (f64::from(0.5 * d * d), d)
                } else {
                    (f64::from(delta * d.abs() - 0.5 * delta * delta), delta * sign(d))
                }
            }
            Self::BinaryCrossEntropy(smoothing) => {
                let y = smooth(smoothing);
                let p = at_least_and_nan(o, EPSILON, 1.0 - EPSILON);
                let value = -f64::from(y) * logarithm(p) - f64::from(1.0 - y) * logarithm(1.0 - p);
                (value, if p == o || o.is_nan() { (p - y) / (p * (1.0 - p)) } else { 0.0 })
            }
            Self::BinaryCrossEntropyFromLogits(smoothing) => {
                let y = smooth(smoothing);
                // e^−|o| by the same polynomial everywhere.
                let e = f64::from(exp_of_negative(-o.abs()));
                let value = f64::from(if o > 0.0 { o - o * y } else { -o * y }) + natural_logarithm(1.0 + e);
                let sigmoid = if o < 0.0 { e / (1.0 + e) } else { 1.0 / (1.0 + e) };
                (if o.is_nan() { f64::NAN } else { value }, sigmoid as Real - y)
            }
            Self::Hinge => {
                let margin = 1.0 - y * o;
                if margin <= 0.0 {
                    (0.0, 0.0)
                } else {
                    (f64::from(margin), -y)
                }
            }
            Self::KullbackLeibler => {
                let y = at_least_and_nan(y, EPSILON, 1.0);
                let p = at_least_and_nan(o, EPSILON, 1.0);
                (f64::from(y) * (logarithm(y) - logarithm(p)), if p == o || o.is_nan() { -y / p } else { 0.0 })
            }
            Self::SquaredHinge => {
                let margin = 1.0 - y * o;
                if margin <= 0.0 {
                    (0.0, 0.0)
                } else {
                    (f64::from(margin) * f64::from(margin), -2.0 * y * margin)
                }
            }
            Self::LogCosh => log_cosh(f64::from(o - y)),
            Self::Poisson => {
                let shifted = o + EPSILON;
                (f64::from(o) - f64::from(y) * logarithm(shifted), 1.0 - y / shifted)
            }
            Self::AbsolutePercentage => {
                let scale = 100.0 / at_least_and_nan(y.abs(), EPSILON, Real::INFINITY);
                (f64::from((o - y).abs()) * f64::from(scale), sign(o - y) * scale)
            }
            Self::SquaredLogarithmic => {
                let [p, t] = [o, y].map(|x| at_least_and_nan(x, EPSILON, Real::INFINITY));
                let d = logarithm(p + 1.0) - logarithm(t + 1.0);
                let slope = if p == o || o.is_nan() { 2.0 * d / f64::from(p + 1.0) } else { 0.0 };
                (d * d, slope as Real)
            }
            Self::Focal(focal) => focal.at(o, y),
        }
    }
}

/// ln cosh d and tanh d. Near 0 by their series, where sums of powers would cancel; elsewhere
/// ln cosh d = |d| + ln((1 + e^−2|d|) / 2), of no power that overflows.
fn log_cosh(d: f64) -> (f64, Real) {
    let square = d * d;
    let series = |list: [f64; 5]| list.iter().rev().fold(0.0, |sum, c| sum * square + c);
    if d.abs() < 0.25 {
        let value = series([0.5, -1.0 / 12.0, 1.0 / 45.0, -17.0 / 2520.0, 31.0 / 14175.0]) * square;
        let slope = series([1.0, -1.0 / 3.0, 2.0 / 15.0, -17.0 / 315.0, 62.0 / 2835.0]) * d;
        return (value, slope as Real);
    }
    let e = f64::from(exp_of_negative((-2.0 * d.abs()) as Real));
    (d.abs() + natural_logarithm(0.5 + 0.5 * e), ((1.0 - e) / (1.0 + e) * d.signum()) as Real)
}

fn sign(x: Real) -> Real {
    if x > 0.0 {
        1.0
    } else if x < 0.0 {
        -1.0
    } else {
        x * 0.0
    }
}

fn exp_of_negative(x: Real) -> Real {
    use super::exponential::Exponential;
    use crate::vector::{Lanes, Vector};
    Exponential::new().exp(Lanes::splat(x)).to_array()[0]
}

/// `scale · Σ weight[row] · loss(o, y)`; `width` values a row.
pub fn value(loss: Pointwise, width: usize, scale: Real, o: &[Real], y: &[Real], weights: Option<&[Real]>) -> Real {
    let mut total = 0.0;
    for (row, (o, y)) in o.chunks_exact(width).zip(y.chunks_exact(width)).enumerate() {
        let sum: f64 = o.iter().zip(y).map(|(&o, &y)| loss.at(o, y).0).sum();
        total += sum * f64::from(weights.map_or(1.0, |weights| weights[row]));
    }
    (total * f64::from(scale)) as Real
}

/// Gradient of [`value`] by the outputs.
pub fn gradient(
    loss: Pointwise,
    width: usize,
    scale: Real,
    (o, y): (&[Real], &[Real]),
    weights: Option<&[Real]>,
    gradient: &mut [Real],
) {
    for (row, ((o, y), gradient)) in
        o.chunks_exact(width).zip(y.chunks_exact(width)).zip(gradient.chunks_exact_mut(width)).enumerate()
    {
        let factor = scale * weights.map_or(1.0, |weights| weights[row]);
        for ((gradient, &o), &y) in gradient.iter_mut().zip(o).zip(y) {
            *gradient = loss.at(o, y).1 * factor;
        }
    }
}

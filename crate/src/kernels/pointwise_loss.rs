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
        }
    }
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

//! Cross-entropy of softmax, from logits, with labels as numbers.

use super::exponential::Exponential;
use crate::error::Error;
use crate::vector::{F32x4, Vector};

/// The mean over rows of `log Σ e^x − x[label]`; `probabilities` gets the softmax, for the gradient. Labels are floats
/// that hold integers.
pub fn sparse_cross_entropy(
    width: usize,
    logits: &[f32],
    labels: &[f32],
    probabilities: &mut [f32],
) -> Result<f32, Error> {
    let constants = Exponential::new();
    let mut total = 0.0;
    let rows = logits.chunks_exact(width).zip(probabilities.chunks_exact_mut(width));
    for ((x, y), &label) in rows.zip(labels) {
        let label = index(label, width)?;
        let largest = largest(x);
        super::activation::map(x, y, |x| constants.exp(x.sub(F32x4::splat(largest))));
        let sum = super::bias::sum(y);
        // In double precision: one logarithm a row, and the host's own is not the same everywhere.
        total += natural_logarithm(f64::from(sum)) - f64::from(x[label] - largest);
        let share = F32x4::splat(1.0 / sum);
        super::activation::map_in_place(y, |y| y.mul(share));
    }
    Ok((total / labels.len() as f64) as f32)
}

/// `(softmax − one-hot) / rows`, from the probabilities.
pub fn sparse_cross_entropy_gradient(
    width: usize,
    probabilities: &[f32],
    labels: &[f32],
    gradient: &mut [f32],
) -> Result<(), Error> {
    let share = 1.0 / labels.len() as f32;
    super::activation::map(probabilities, gradient, |p| p.mul(F32x4::splat(share)));
    for (row, &label) in gradient.chunks_exact_mut(width).zip(labels) {
        row[index(label, width)?] -= share;
    }
    Ok(())
}

fn index(label: f32, width: usize) -> Result<usize, Error> {
    let index = label as usize;
    if label >= 0.0 && index < width && index as f32 == label {
        Ok(index)
    } else {
        Err(Error::OutOfBounds)
    }
}

fn largest(values: &[f32]) -> f32 {
    values.iter().fold(f32::NEG_INFINITY, |best, &value| if value < best { best } else { value })
}

/// ln x for x ≥ 1 from operations that round the same everywhere. Error below 1e-15.
fn natural_logarithm(x: f64) -> f64 {
    if !x.is_finite() {
        return x;
    }
    let (mut exponent, mut mantissa) = (0.0, x);
    while mantissa > std::f64::consts::SQRT_2 {
        mantissa *= 0.5;
        exponent += 1.0;
    }
    let s = (mantissa - 1.0) / (mantissa + 1.0);
    let square = s * s;
    let sum = (0..=10).rev().fold(0.0, |sum, power| sum * square + 1.0 / f64::from(2 * power + 1));
    exponent * std::f64::consts::LN_2 + 2.0 * s * sum
}

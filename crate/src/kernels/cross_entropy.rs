//! Cross-entropy over classes, from logits or probabilities; targets as numbers of classes or as distributions.

use super::logarithm::natural_logarithm;
use super::map::map;
use super::softmax::softmax_rows;
use crate::error::Error;
use crate::vector::{Lanes, Real, Vector};

/// What the rows are compared with.
#[derive(Clone, Copy, Debug)]
pub struct Targets<'a> {
    /// One number a row (floats that hold integers), or one distribution a row.
    pub values: &'a [Real],
    /// Whether they are numbers of classes.
    pub sparse: bool,
    /// Share of every target that is spread over all classes.
    pub smoothing: Real,
    /// Weight of each row.
    pub weights: Option<&'a [Real]>,
}

impl Targets<'_> {
    fn weight(&self, row: usize) -> Real {
        self.weights.map_or(1.0, |weights| weights[row])
    }

    /// The target of class `c`, with its share of the smoothing.
    fn value(&self, row: usize, c: usize, width: usize) -> Real {
        let hard = if self.sparse {
            Real::from(u8::from(self.values[row] == c as Real))
        } else {
            self.values[row * width + c]
        };
        hard * (1.0 - self.smoothing) + self.smoothing / width as Real
    }

    /// The class that is the whole target of a row, if one is.
    fn only_class(&self, row: usize, width: usize) -> Option<usize> {
        let is_class = self.sparse && self.smoothing == 0.0 && self.check(row, width).is_ok();
        is_class.then(|| self.values[row] as usize)
    }

    fn check(&self, row: usize, width: usize) -> Result<(), Error> {
        if !self.sparse {
            return Ok(());
        }
        let label = self.values[row];
        if label >= 0.0 && (label as usize) < width && (label as usize) as Real == label {
            Ok(())
        } else {
            Err(Error::OutOfBounds)
        }
    }
}

/// Mean over rows of weight·(log Σ eˣ·Σ t − Σ t·x); `probabilities` gets the softmax, for the gradient.
pub fn from_logits(width: usize, logits: &[Real], targets: Targets, probabilities: &mut [Real]) -> Result<Real, Error> {
    let rows = logits.len() / width;
    for row in 0..rows {
        targets.check(row, width)?;
    }
    let mut total = 0.0;
    softmax_rows(width, logits, probabilities, |row, _, largest, sum| {
        let x = &logits[row * width..(row + 1) * width];
        // In double precision: one logarithm a row, and the host's own is not the same everywhere.
        let logarithm = natural_logarithm(f64::from(sum));
        let term = |target: Real, x: Real| f64::from(target) * (logarithm - f64::from(x - largest));
        let loss = match targets.only_class(row, width) {
            Some(class) => term(1.0, x[class]),
            None => {
                let shares = x.iter().enumerate().map(|(c, &x)| (targets.value(row, c, width), x));
                shares.filter(|(target, _)| *target != 0.0).map(|(target, x)| term(target, x)).sum()
            }
        };
        total += loss * f64::from(targets.weight(row));
    });
    Ok((total / rows as f64) as Real)
}

/// Gradient of [`from_logits`] by the logits: weight·(softmax·Σ t − t) / rows.
pub fn from_logits_gradient(width: usize, probabilities: &[Real], targets: Targets, gradient: &mut [Real]) {
    let rows = probabilities.len() / width;
    let share = 1.0 / rows as Real;
    for (row, (y, dx)) in probabilities.chunks_exact(width).zip(gradient.chunks_exact_mut(width)).enumerate() {
        let factor = share * targets.weight(row);
        if let Some(class) = targets.only_class(row, width) {
            map::<4>(y, dx, |y| y.mul(Lanes::splat(factor)));
            dx[class] = (y[class] - 1.0) * factor;
            continue;
        }
        let mass: Real = if targets.sparse { 1.0 } else { (0..width).map(|c| targets.value(row, c, width)).sum() };
        for (c, (y, dx)) in y.iter().zip(dx).enumerate() {
            *dx = (y * mass - targets.value(row, c, width)) * factor;
        }
    }
}

/// Probabilities are kept this far from 0 and 1, as in Keras.
pub const EPSILON: Real = 1e-7;

/// Mean over rows of −weight·Σ t·log(p / Σ p).
pub fn from_probabilities(width: usize, outputs: &[Real], targets: Targets) -> Result<Real, Error> {
    let rows = outputs.len() / width;
    let mut total = 0.0;
    for (row, p) in outputs.chunks_exact(width).enumerate() {
        targets.check(row, width)?;
        let sum: Real = p.iter().sum();
        let mut loss = 0.0;
        for (c, p) in p.iter().enumerate() {
            let target = targets.value(row, c, width);
            if target != 0.0 {
                let share = at_least_and_nan(p / sum, EPSILON, 1.0 - EPSILON);
                loss -= f64::from(target) * natural_logarithm(f64::from(share));
            }
        }
        total += loss * f64::from(targets.weight(row));
    }
    Ok((total / rows as f64) as Real)
}

/// Gradient of [`from_probabilities`] by the outputs; 0 where a share was cut.
pub fn from_probabilities_gradient(width: usize, outputs: &[Real], targets: Targets, gradient: &mut [Real]) {
    let rows = outputs.len() / width;
    for (row, (p, dp)) in outputs.chunks_exact(width).zip(gradient.chunks_exact_mut(width)).enumerate() {
        let factor = targets.weight(row) / rows as Real;
        let sum: Real = p.iter().sum();
        let free = |p: Real| p / sum > EPSILON && p / sum < 1.0 - EPSILON;
        let mass: Real = (0..width).filter(|&c| free(p[c])).map(|c| targets.value(row, c, width)).sum();
        for (c, (&p, dp)) in p.iter().zip(dp).enumerate() {
            let own = if free(p) { targets.value(row, c, width) / p } else { 0.0 };
            *dp = (mass / sum - own) * factor;
        }
    }
}

/// `value` between two limits; NaN stays.
pub fn at_least_and_nan(value: Real, low: Real, high: Real) -> Real {
    if value < low {
        low
    } else if value > high {
        high
    } else {
        value
    }
}

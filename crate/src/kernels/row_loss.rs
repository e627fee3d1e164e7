//! Losses that compare rows of outputs with rows of targets.

use super::cross_entropy::{at_least_and_nan, EPSILON};
use super::logarithm::{logarithms, natural_logarithm};
use super::pointwise_loss::{lanes, power, DoubleBlock, BLOCK};
use super::softmax::softmax_rows;
use crate::error::Error;
use crate::vector::{Doubles, Real, LANES};

/// A loss of a row.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum RowLoss {
    /// `max(max((1 − y)·o) − Σ y·o + 1, 0)` for one-hot targets.
    CategoricalHinge,
    /// `−Σ y·o / (|y|·|o|)`.
    CosineSimilarity,
    /// `Σ α·(1 − o)^γ · −y·ln o` (Lin et al., 2017); outputs are made to sum to 1.
    Focal(Focal),
}

/// Parameters of [`RowLoss::Focal`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Focal {
    /// γ.
    pub gamma: Real,
    /// α.
    pub alpha: Real,
    /// Share of every target that is spread over all classes.
    pub smoothing: Real,
    /// Whether outputs are logits instead of chances.
    pub from_logits: bool,
}

/// What rows are compared with, and how much each counts.
#[derive(Clone, Copy, Debug)]
pub struct Rows<'a> {
    /// Values of a row.
    pub width: usize,
    /// The targets.
    pub targets: &'a [Real],
    /// A weight for each sample.
    pub weights: Option<&'a [Real]>,
    /// Rows of a sample.
    pub repeats: usize,
}

impl Rows<'_> {
    fn target(&self, row: usize) -> &[Real] {
        &self.targets[row * self.width..(row + 1) * self.width]
    }

    /// What a row's loss is multiplied by: its weight over the number of rows.
    fn share(&self, row: usize) -> f64 {
        let rows = self.targets.len() / self.width;
        self.weights.map_or(1.0, |weights| f64::from(weights[row / self.repeats])) / rows as f64
    }
}

impl RowLoss {
    /// The loss of a code, see ts/losses/rows.ts.
    pub fn from_code(code: u32, gamma: Real, alpha: Real, smoothing: Real) -> Result<Self, Error> {
        let focal = |from_logits| Self::Focal(Focal { gamma, alpha, smoothing, from_logits });
        Ok(match code {
            0 => Self::CategoricalHinge,
            1 => Self::CosineSimilarity,
            2 => focal(false),
            3 => focal(true),
            _ => return Err(Error::UnknownCode),
        })
    }

    /// The loss of one row; `gradient` gets its derivatives by the outputs.
    fn row(self, o: &[Real], y: &[Real], gradient: &mut [Real]) -> f64 {
        match self {
            Self::CategoricalHinge => categorical_hinge(o, y, gradient),
            Self::CosineSimilarity => cosine_similarity(o, y, gradient),
            Self::Focal(focal) if focal.from_logits => focal.of_logits(o, y, gradient),
            Self::Focal(focal) => focal.of_chances(o, y, gradient),
        }
    }
}

fn dot(a: &[Real], b: &[Real]) -> f64 {
    a.iter().zip(b).map(|(&a, &b)| f64::from(a) * f64::from(b)).sum()
}

fn categorical_hinge(o: &[Real], y: &[Real], gradient: &mut [Real]) -> f64 {
    let (mut best, mut largest) = (0, Real::NEG_INFINITY);
    for (c, (o, y)) in o.iter().zip(y).enumerate() {
        let value = (1.0 - y) * o;
        if value > largest || value.is_nan() {
            (best, largest) = (c, value);
        }
    }
    let margin = f64::from(largest) - dot(o, y) + 1.0;
    if margin <= 0.0 {
        gradient.fill(0.0);
        return 0.0;
    }
    for (gradient, y) in gradient.iter_mut().zip(y) {
        *gradient = -y;
    }
    gradient[best] += 1.0 - y[best];
    margin
}

/// Rows shorter than this are multiplied by its inverse.
const SHORTEST: f64 = 1e-7;

fn cosine_similarity(o: &[Real], y: &[Real], gradient: &mut [Real]) -> f64 {
    let (length, target) = (dot(o, o).sqrt(), dot(y, y).sqrt());
    let cut = |length: f64| if length < SHORTEST { SHORTEST } else { length };
    let (inverse, target) = (1.0 / cut(length), 1.0 / cut(target));
    let cosine = dot(o, y) * inverse * target;
    // A row that is too short is only multiplied: then nothing turns it.
    let along = if length < SHORTEST { 0.0 } else { cosine * inverse };
    for (c, gradient) in gradient.iter_mut().enumerate() {
        *gradient = ((f64::from(o[c]) * along - f64::from(y[c]) * target) * inverse) as Real;
    }
    -cosine
}

impl Focal {
    fn target(&self, y: Real, classes: usize) -> f64 {
        f64::from(y * (1.0 - self.smoothing) + self.smoothing / classes as Real)
    }

    /// `−α·t·(1 − p)^γ·ln p` and its derivative by p, times p.
    fn terms(&self, p: &Values, rest: &Values, ln_p: &Values, t: &Values) -> (Values, Values) {
        let gamma = f64::from(self.gamma);
        let power = |exponent| lanes(&power(&vectors(rest), exponent));
        let factors = power(gamma);
        let bends = if gamma == 0.0 { [0.0; BLOCK] } else { power(gamma - 1.0) };
        let (mut values, mut slopes) = (factors, bends);
        for k in 0..BLOCK {
            let bend = if gamma == 0.0 { 0.0 } else { gamma * bends[k] * p[k] * ln_p[k] };
            let weight = f64::from(self.alpha) * t[k];
            values[k] = -weight * factors[k] * ln_p[k];
            slopes[k] = weight * (bend - factors[k]);
        }
        (values, slopes)
    }

    fn of_chances(&self, o: &[Real], y: &[Real], gradient: &mut [Real]) -> f64 {
        let sum: f64 = o.iter().map(|&o| f64::from(o)).sum();
        let (mut loss, mut mass) = (0.0, 0.0);
        for ((outputs, y), gradient) in o.chunks(BLOCK).zip(y.chunks(BLOCK)).zip(gradient.chunks_mut(BLOCK)) {
            let (mut p, mut t, mut free) = ([0.5; BLOCK], [0.0; BLOCK], [true; BLOCK]);
            for k in 0..outputs.len() {
                let share = (f64::from(outputs[k]) / sum) as Real;
                let cut = at_least_and_nan(share, EPSILON, 1.0 - EPSILON);
                (p[k], t[k]) = (f64::from(cut), self.target(y[k], o.len()));
                free[k] = cut == share || share.is_nan();
            }
            let mut ln_p = vectors(&p);
            logarithms(&mut ln_p);
            let (values, slopes) = self.terms(&p, &p.map(|p| 1.0 - p), &lanes(&ln_p), &t);
            for (k, gradient) in gradient.iter_mut().enumerate() {
                loss += values[k];
                let slope = if free[k] { slopes[k] } else { 0.0 };
                mass += slope;
                *gradient = (slope / p[k]) as Real;
            }
        }
        for gradient in gradient {
            *gradient = ((f64::from(*gradient) - mass) / sum) as Real;
        }
        loss
    }

    fn of_logits(&self, o: &[Real], y: &[Real], gradient: &mut [Real]) -> f64 {
        let mut logarithm = 0.0;
        softmax_rows(o.len(), o, gradient, |_, _, largest, total| {
            logarithm = f64::from(largest) + natural_logarithm(f64::from(total));
        });
        let (mut loss, mut mass) = (0.0, 0.0);
        let blocks = || o.chunks(BLOCK).zip(y.chunks(BLOCK));
        for ((outputs, y), gradient) in blocks().zip(gradient.chunks(BLOCK)) {
            let (values, slopes) = self.of_classes(gradient, outputs, y, logarithm, o.len());
            for k in 0..outputs.len() {
                loss += values[k];
                mass += slopes[k];
            }
        }
        for ((outputs, y), gradient) in blocks().zip(gradient.chunks_mut(BLOCK)) {
            let (_, slopes) = self.of_classes(gradient, outputs, y, logarithm, o.len());
            for (gradient, slope) in gradient.iter_mut().zip(slopes) {
                *gradient = (slope - f64::from(*gradient) * mass) as Real;
            }
        }
        loss
    }

    /// [`Self::terms`] of chances that a softmax may have rounded past 1, and their logits.
    fn of_classes(&self, p: &[Real], o: &[Real], y: &[Real], logarithm: f64, classes: usize) -> (Values, Values) {
        let [mut chances, mut rest, mut ln_p, mut t] = [[0.0; BLOCK]; 4];
        for k in 0..p.len() {
            chances[k] = f64::from(p[k]);
            rest[k] = (1.0 - chances[k]).max(0.0);
            ln_p[k] = f64::from(o[k]) - logarithm;
            t[k] = self.target(y[k], classes);
        }
        self.terms(&chances, &rest, &ln_p, &t)
    }
}

/// Values of a block.
type Values = [f64; BLOCK];

/// The vectors of a block.
fn vectors(values: &Values) -> DoubleBlock {
    std::array::from_fn(|v| Doubles::from_array(std::array::from_fn(|lane| values[v * LANES + lane])))
}

/// The weighted mean over rows; `scratch` has the size of a row.
pub fn value(loss: RowLoss, o: &[Real], rows: Rows, scratch: &mut [Real]) -> Real {
    let each = o.chunks_exact(rows.width).enumerate();
    each.map(|(row, o)| loss.row(o, rows.target(row), scratch) * rows.share(row)).sum::<f64>() as Real
}

/// Gradient of [`value`] by the outputs.
pub fn gradient(loss: RowLoss, o: &[Real], rows: Rows, gradient: &mut [Real]) {
    for (row, (o, gradient)) in o.chunks_exact(rows.width).zip(gradient.chunks_exact_mut(rows.width)).enumerate() {
        loss.row(o, rows.target(row), gradient);
        let share = rows.share(row) as Real;
        gradient.iter_mut().for_each(|value| *value *= share);
    }
}

//! Losses that compare each output with its own target, a block of values at a time: it is decided once a block which loss it is, and
//! logarithms and powers of a block are taken together.

mod focal;
mod slopes;
mod values;

use super::exponential::Exponential;
use crate::error::Error;
use crate::threads::each_share;
use crate::vector::{Doubles, Lanes, Real, Vector, LANES};
pub use focal::power;
use std::hint::black_box;

/// Vectors of a block.
const VECTORS: usize = 4;
/// Values of a block.
pub const BLOCK: usize = VECTORS * LANES;
/// A block.
type Block = [Lanes; VECTORS];
/// A block in double precision.
pub type DoubleBlock = [Doubles; VECTORS];

/// Operations of a value's slope, for shares of threads.
const WORK: usize = 32;

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
}

/// `apply` to every vector of two blocks. Their number is not told to the compiler, which would write the function so often.
#[inline(always)]
fn each<A: Copy, B: Copy, R: Copy>(
    a: &[A; VECTORS],
    b: &[B; VECTORS],
    none: R,
    apply: impl Fn(A, B) -> R,
) -> [R; VECTORS] {
    let mut results = [none; VECTORS];
    for ((result, &a), &b) in results.iter_mut().zip(a).zip(b).take(black_box(VECTORS)) {
        *result = apply(a, b);
    }
    results
}

/// [`each`] where single precision comes out.
#[inline(always)]
fn singles<A: Copy, B: Copy>(a: &[A; VECTORS], b: &[B; VECTORS], apply: impl Fn(A, B) -> Lanes) -> Block {
    each(a, b, Lanes::splat(0.0), apply)
}

/// [`each`] where double precision comes out.
#[inline(always)]
fn doubles<A: Copy, B: Copy>(a: &[A; VECTORS], b: &[B; VECTORS], apply: impl Fn(A, B) -> Doubles) -> DoubleBlock {
    each(a, b, Doubles::splat(0.0), apply)
}

/// `low` where a value is less, `high` where it is more; NaN stays.
#[inline(always)]
fn cut(x: Lanes, low: Real, high: Real) -> Lanes {
    x.at_least(Lanes::splat(low)).at_most(Lanes::splat(high))
}

/// e to the power of every value.
#[inline(never)]
fn exponentials(x: &Block) -> Block {
    let constants = Exponential::new();
    singles(x, x, |x, _| constants.exp(x))
}

/// Gives outputs and targets to `visit` in blocks, with where each begins and how many values of it count; others are ones.
#[inline(always)]
fn blocks(o: &[Real], y: &[Real], mut visit: impl FnMut(usize, usize, &Block, &Block)) {
    let load = |values: &[Real]| std::array::from_fn(|v| Lanes::load(&values[v * LANES..]));
    for (index, (o, y)) in o.chunks(BLOCK).zip(y.chunks(BLOCK)).enumerate() {
        let count = o.len();
        let (mut outputs, mut targets) = ([1.0; BLOCK], [1.0; BLOCK]);
        let [o, y] = if count == BLOCK {
            [load(o), load(y)]
        } else {
            outputs[..count].copy_from_slice(o);
            targets[..count].copy_from_slice(y);
            [load(&outputs), load(&targets)]
        };
        visit(index * BLOCK, count, &o, &y);
    }
}

/// The lanes of a block.
#[inline(always)]
pub fn lanes(block: &DoubleBlock) -> [f64; BLOCK] {
    let mut lanes = [0.0; BLOCK];
    for (lanes, vector) in lanes.chunks_exact_mut(LANES).zip(block) {
        lanes.copy_from_slice(&vector.to_array());
    }
    lanes
}

/// `scale · Σ weight[row] · loss(o, y)`; `width` values a row.
#[inline(never)]
pub fn value(loss: Pointwise, width: usize, scale: Real, o: &[Real], y: &[Real], weights: Option<&[Real]>) -> Real {
    let (mut total, mut row, mut sum, mut left) = (0.0, 0, 0.0, width);
    blocks(o, y, |_, count, o, y| {
        let values = lanes(&loss.values(o, y));
        let mut values = &values[..count];
        while !values.is_empty() {
            let (these, others) = values.split_at(left.min(values.len()));
            sum = these.iter().fold(sum, |sum, value| sum + value);
            left -= these.len();
            if left == 0 {
                total += sum * f64::from(weights.map_or(1.0, |weights| weights[row]));
                (row, sum, left) = (row + 1, 0.0, width);
            }
            values = others;
        }
    });
    (total * f64::from(scale)) as Real
}

/// Gradient of [`value`] by the outputs.
#[inline(never)]
pub fn gradient(
    loss: Pointwise,
    width: usize,
    scale: Real,
    (o, y): (&[Real], &[Real]),
    weights: Option<&[Real]>,
    gradient: &mut [Real],
) {
    each_share(gradient, width, WORK * width, |row, gradient| {
        let (first, length) = (row * width, gradient.len());
        blocks(&o[first..first + length], &y[first..first + length], |start, count, o, y| {
            let factor = |place: usize| {
                let weight = weights.map_or(1.0, |weights| weights[(first + start + place) / width]);
                scale * weight
            };
            let target = &mut gradient[start..start + count];
            let slopes = loss.slopes(o, y);
            if weights.is_none() && count == BLOCK {
                for (target, slope) in target.chunks_exact_mut(LANES).zip(slopes) {
                    slope.mul(Lanes::splat(scale)).store(target);
                }
            } else {
                let slopes = slopes.map(Lanes::to_array);
                for (place, (target, slope)) in target.iter_mut().zip(slopes.as_flattened()).enumerate() {
                    *target = slope * factor(place);
                }
            }
        });
    });
}

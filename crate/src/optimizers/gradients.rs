//! What is done to gradients and parameters around an update.

use crate::kernels::map::{map_in_place, zip_in_place};
use crate::kernels::strips::{each_strip, load, store, Strip};
use crate::threads::{each_share, each_value};
use crate::vector::{Doubles, Lanes, Real, Vector, LANES, LINE};

/// Operations that a value takes as long as.
const WORK: usize = 5;

/// Cuts every gradient to [−limit, limit]; NaN stays.
pub fn clip(limit: Real, gradients: &mut [Real]) {
    each_value([gradients], WORK, |_, [gradients]| {
        let (least, most) = (Lanes::splat(-limit), Lanes::splat(limit));
        map_in_place(gradients, |g| g.at_most(most).at_least(least));
    });
}

/// Scales gradients whose Euclidean norm is larger than `limit` down to it.
pub fn clip_norm(limit: Real, gradients: &mut [Real]) {
    let [square] = totals(gradients, |g| [g.mul(g)]);
    let norm = square.sqrt();
    // Not `norm > limit` alone: NaN must reach the parameters.
    if norm <= f64::from(limit) {
        return;
    }
    let factor = (f64::from(limit) / norm) as Real;
    each_value([gradients], WORK, |_, [gradients]| {
        let factor = Lanes::splat(factor);
        map_in_place(gradients, |g| g.mul(factor));
    });
}

/// `p ← p·(1 − factor)`: decay that does not pass through the optimizer's means (Loshchilov and Hutter, 2019).
pub fn decay(factor: Real, parameters: &mut [Real]) {
    each_value([parameters], WORK, |_, [parameters]| {
        let factor = Lanes::splat(factor);
        map_in_place(parameters, |p| p.sub(p.mul(factor)));
    });
}

/// `g ← g + l1·sign(p) + 2·l2·p`: the gradient of l1·Σ|p| + l2·Σp².
pub fn penalize((l1, l2): (Real, Real), parameters: &[Real], gradients: &mut [Real]) {
    each_value([gradients], WORK, |first, [gradients]| {
        let [zero, one, step, slope] = [0.0, 1.0, l1, 2.0 * l2].map(Lanes::splat);
        zip_in_place(gradients, &parameters[first..][..gradients.len()], |g, p| {
            let of_sign = p.select_equal_or_nan(zero, zero, one.with_sign_of(p).mul(step));
            g.add(of_sign.add(p.mul(slope)))
        });
    });
}

/// `loss += l1·Σ|p| + l2·Σp²`.
pub fn penalty((l1, l2): (Real, Real), parameters: &[Real], loss: &mut Real) {
    let [absolute, square] = totals(parameters, |p| [p.abs(), p.mul(p)]);
    *loss += (f64::from(l1) * absolute + f64::from(l2) * square) as Real;
}

/// Most parts that have sums of their own.
const MOST_PARTS: usize = 32;

/// Fewest values of one.
const LEAST: usize = 4096;

/// Operations that a value of [`totals`] takes as long as.
const WORK_IN_DOUBLE: usize = 8;

/// S sums of terms of all values, in double precision. A term of zero must be zero. Parts are cut by the number of values, and their
/// sums are added in their order.
fn totals<const S: usize>(values: &[Real], terms: impl Fn(Doubles) -> [Doubles; S] + Sync) -> [f64; S] {
    let part = values.len().div_ceil(MOST_PARTS).max(LEAST).next_multiple_of(LINE);
    let mut parts = [[0.0; S]; MOST_PARTS];
    let parts = &mut parts[..values.len().div_ceil(part)];
    each_share(parts, 1, WORK_IN_DOUBLE * part, |first, parts| {
        for (sums, values) in parts.iter_mut().zip(values.chunks(part).skip(first)) {
            *sums = totals_of_part(values, &terms);
        }
    });
    parts.iter().fold([0.0; S], |sums, part| std::array::from_fn(|s| sums[s] + part[s]))
}

/// Two vectors at a time, whose sums do not wait for each other.
#[inline(always)]
fn totals_of_part<const S: usize>(values: &[Real], terms: impl Fn(Doubles) -> [Doubles; S]) -> [f64; S] {
    let mut sums = [[Doubles::splat(0.0); S]; 2];
    let add = |sums: &mut [Doubles; S], values: Lanes| {
        let terms = terms(Doubles::of(values));
        *sums = std::array::from_fn(|s| sums[s].add(terms[s]));
    };
    let mut pairs = values.chunks_exact(2 * LANES);
    for pair in &mut pairs {
        for (v, sums) in sums.iter_mut().enumerate() {
            add(sums, Lanes::load(&pair[v * LANES..]));
        }
    }
    for rest in pairs.remainder().chunks(LANES) {
        let [values] = load::<1, true>(rest, 0);
        add(&mut sums[0], values);
    }
    std::array::from_fn(|s| sums[0][s].add(sums[1][s]).to_array().iter().sum())
}

/// Scales every column of a matrix whose norm is larger than `limit` down to it (Srivastava et al., 2014).
pub fn max_norm(columns: usize, limit: Real, parameters: &mut [Real]) {
    each_strip::<{ LINE / LANES }>(columns, &mut Limited { columns, limit: f64::from(limit), parameters });
}

/// A matrix of which strips of columns are limited: a cache line is read for all of its columns.
struct Limited<'a> {
    columns: usize,
    limit: f64,
    parameters: &'a mut [Real],
}

impl Strip for Limited<'_> {
    fn run<const V: usize, const PART: bool>(&mut self, first: usize, count: usize) {
        let (columns, limit) = (self.columns, self.limit);
        let places = || (first..self.parameters.len()).step_by(columns);
        let mut squares = [Doubles::splat(0.0); V];
        for place in places() {
            let values = load::<V, PART>(self.parameters, place).map(Doubles::of);
            squares = std::array::from_fn(|v| squares[v].add(values[v].mul(values[v])));
        }
        let factor = |norm: f64| if norm > limit { limit / norm } else { 1.0 };
        let factors = squares.map(|squares| squares.to_array().map(|square| factor(square.sqrt()) as Real));
        if factors.as_flattened()[..count].iter().all(|&factor| factor == 1.0) {
            return;
        }
        let factors = factors.map(Lanes::from_array);
        for place in places() {
            let values = load::<V, PART>(self.parameters, place);
            let scaled = std::array::from_fn(|v| values[v].mul(factors[v]));
            store::<V, PART>(scaled, self.parameters, place, count);
        }
    }
}

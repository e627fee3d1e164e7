//! Layer normalization: each row by its own mean and variance (Ba, Kiros and Hinton, 2016).

use super::batch_norm::{Affine, Matrix};
use super::bias::sums_of;
use super::strips::{each_strip, load, store, Strip};
use crate::threads;
use crate::vector::{combine, spread, update, Lanes, Real, Vector, LANES};

/// Values of rows that are taken through all passes before the next ones are: they stay in a first-level cache, and the end of
/// one row's sums does not keep the others waiting.
const BLOCK: usize = 2048;

/// Rows of a block.
fn block_rows(channels: usize) -> usize {
    (BLOCK / channels).clamp(2, 16)
}

/// `y = γ·(x − mean)/√(variance + ε) + β` for each row; `statistics [2, rows]` keeps mean and 1/√(variance + ε).
pub fn forward(matrix: Matrix, x: &[Real], affine: Affine, epsilon: Real, statistics: &mut [Real], y: &mut [Real]) {
    let Matrix { rows, channels } = matrix;
    let (means, deviations) = statistics.split_at_mut(rows);
    let part = threads::share(rows, 8 * channels);
    threads::each_of([(y, part * channels), (means, part), (deviations, part)], |index, [y, means, deviations]| {
        let block = block_rows(channels);
        let x = x[index * part * channels..].chunks(block * channels);
        let statistics = means.chunks_mut(block).zip(deviations.chunks_mut(block));
        for ((x, y), (means, deviations)) in x.zip(y.chunks_mut(block * channels)).zip(statistics) {
            let x = &x[..y.len()];
            measure(channels, x, epsilon, means, deviations);
            let statistics = means.chunks(2).zip(deviations.chunks(2));
            for ((x, y), statistics) in x.chunks(2 * channels).zip(y.chunks_mut(2 * channels)).zip(statistics) {
                scale(channels, x, affine, statistics, y);
            }
        }
    });
}

/// Mean and 1/√(variance + ε) of each row.
fn measure(channels: usize, x: &[Real], epsilon: Real, means: &mut [Real], deviations: &mut [Real]) {
    let share = 1.0 / channels as Real;
    // Two at a time; a last one is its own neighbour.
    let pairs = || x.chunks(2 * channels).map(|pair| [&pair[..channels], &pair[pair.len() - channels..]]);
    for (pair, means) in pairs().zip(means.chunks_mut(2)) {
        let sums = sums_of(pair, |[a, b], [x, y]| [a.add(x), b.add(y)]);
        for (mean, sum) in means.iter_mut().zip(sums) {
            *mean = sum * share;
        }
    }
    for ((pair, means), deviations) in pairs().zip(means.chunks(2)).zip(deviations.chunks_mut(2)) {
        let centers = [means[0], means[means.len() - 1]].map(Lanes::splat);
        let sums = sums_of(pair, |[a, b], [x, y]| {
            let (x, y) = (x.sub(centers[0]), y.sub(centers[1]));
            [x.mul_add(x, a), y.mul_add(y, b)]
        });
        for (deviation, sum) in deviations.iter_mut().zip(sums) {
            *deviation = 1.0 / (sum * share + epsilon).sqrt();
        }
    }
}

/// `y = γ·(x − mean)·deviation + β` for one row or two.
fn scale(channels: usize, x: &[Real], affine: Affine, (means, deviations): (&[Real], &[Real]), y: &mut [Real]) {
    let whole = channels / LANES * LANES;
    let mut done = 0;
    if let (Affine { gamma: Some(gamma), beta: Some(beta) }, &[a, b], &[c, d]) = (affine, means, deviations) {
        let [a, b, c, d] = [a, b, c, d].map(Lanes::splat);
        let (upper, lower) = x.split_at(channels);
        let (first, second) = y.split_at_mut(channels);
        let inputs = [upper, lower, gamma, beta].map(|input| &input[..whole]);
        let outputs = [first, second].map(|output| &mut output[..whole]);
        spread::<4, 2, 2>(inputs, outputs, |[x, y, gamma, beta]| {
            [x.sub(a).mul(c).mul_add(gamma, beta), y.sub(b).mul(d).mul_add(gamma, beta)]
        });
        done = whole;
    }
    if done == channels {
        return;
    }
    let rows = x.chunks_exact(channels).zip(y.chunks_exact_mut(channels));
    for ((x, y), (&mean, &deviation)) in rows.zip(means.iter().zip(deviations)) {
        let (x, y) = (&x[done..], &mut y[done..]);
        let [gamma, beta] = [affine.gamma, affine.beta].map(|values| values.map(|values| &values[done..]));
        let (mean, deviation) = (Lanes::splat(mean), Lanes::splat(deviation));
        let normal = |x: Lanes| x.sub(mean).mul(deviation);
        match (gamma, beta) {
            (None, None) => combine::<1, 2>([x], y, |[x]| normal(x)),
            (Some(gamma), None) => combine::<2, 2>([x, gamma], y, |[x, gamma]| normal(x).mul(gamma)),
            (None, Some(beta)) => combine::<2, 2>([x, beta], y, |[x, beta]| normal(x).add(beta)),
            (Some(gamma), Some(beta)) => {
                combine::<3, 2>([x, gamma, beta], y, |[x, gamma, beta]| normal(x).mul_add(gamma, beta));
            }
        }
    }
}

/// Gradients of [`forward`]: `sums [2, channels]` gets dβ and dγ; with g = dy·γ,
/// `dx = (g − mean(g) − x̂·mean(g·x̂))/√(variance + ε)`.
pub fn gradient(
    Matrix { rows, channels }: Matrix,
    x: &[Real],
    gamma: Option<&[Real]>,
    statistics: &[Real],
    dy: &[Real],
    dx: &mut [Real],
    sums: &mut [Real],
) {
    let (means, deviations) = statistics.split_at(rows);
    let (shift, scale) = sums.split_at_mut(channels);
    shift.fill(0.0);
    scale.fill(0.0);
    let block = block_rows(channels);
    let size = block * channels;
    let statistics = means.chunks(block).zip(deviations.chunks(block));
    for (((x, dy), dx), (means, deviations)) in
        x.chunks(size).zip(dy.chunks(size)).zip(dx.chunks_mut(size)).zip(statistics)
    {
        let rows = x.chunks_exact(channels).zip(dx.chunks_exact_mut(channels)).zip(means).zip(deviations);
        for (((x, normal), &mean), &deviation) in rows {
            let (mean, deviation) = (Lanes::splat(mean), Lanes::splat(deviation));
            combine::<1, 4>([x], normal, |[x]| x.sub(mean).mul(deviation));
        }
        each_strip::<4>(channels, &mut AddColumns { dy, normal: dx, shift, scale });
        for ((dy, dx), &deviation) in dy.chunks_exact(channels).zip(dx.chunks_exact_mut(channels)).zip(deviations) {
            project(dy, gamma, deviation, dx);
        }
    }
}

/// Each column of `dy` is added to `shift`, and of `dy · normal` to `scale`.
struct AddColumns<'a> {
    dy: &'a [Real],
    normal: &'a [Real],
    shift: &'a mut [Real],
    scale: &'a mut [Real],
}

impl Strip for AddColumns<'_> {
    #[inline(always)]
    fn run<const V: usize, const PART: bool>(&mut self, first: usize, columns: usize) {
        let mut shifts = load::<V, PART>(self.shift, first);
        let mut scales = load::<V, PART>(self.scale, first);
        for place in (first..self.dy.len()).step_by(self.shift.len()) {
            let (dy, normal) = (load::<V, PART>(self.dy, place), load::<V, PART>(self.normal, place));
            shifts = std::array::from_fn(|v| shifts[v].add(dy[v]));
            scales = std::array::from_fn(|v| dy[v].mul_add(normal[v], scales[v]));
        }
        store::<V, PART>(shifts, self.shift, first, columns);
        store::<V, PART>(scales, self.scale, first, columns);
    }
}

/// The gradient of a row, in place of its normalized values.
fn project(dy: &[Real], gamma: Option<&[Real]>, deviation: Real, dx: &mut [Real]) {
    let share = 1.0 / dx.len() as Real;
    let add = |[total, product]: [Lanes; 2], g: Lanes, normal: Lanes| [total.add(g), g.mul_add(normal, product)];
    let [total, product] = match gamma {
        Some(gamma) => sums_of([dx, dy, gamma], |sums, [normal, dy, gamma]| add(sums, dy.mul(gamma), normal)),
        None => sums_of([dx, dy], |sums, [normal, dy]| add(sums, dy, normal)),
    };
    let (mean, slope, deviation) =
        (Lanes::splat(total * share), Lanes::splat(-(product * share)), Lanes::splat(deviation));
    let end = |g: Lanes, normal: Lanes| normal.mul_add(slope, g.sub(mean)).mul(deviation);
    match gamma {
        Some(gamma) => update::<2, 2>([dy, gamma], dx, |[dy, gamma], normal| end(dy.mul(gamma), normal)),
        None => update::<1, 2>([dy], dx, |[dy], normal| end(dy, normal)),
    }
}

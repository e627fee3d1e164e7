//! Layer normalization: each row by its own mean and variance (Ba, Kiros and Hinton, 2016).

use super::batch_norm::{Affine, Matrix};
use super::bias::sums_of;
use crate::threads;
use crate::vector::{combine, spread, update, Lanes, Real, Vector, LANES};

/// Values of rows that are taken through all passes before the next ones are: they stay in a first-level cache, and the end of
/// one row's sums does not keep the others waiting.
const BLOCK: usize = 2048;

/// Most rows of a block.
const MOST: usize = 16;

/// Rows of a block: an even number.
fn block_rows(channels: usize) -> usize {
    (BLOCK / channels / 2 * 2).clamp(2, MOST)
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
        spread::<4, 2, 2>(inputs, outputs, |[x, y, gamma, beta], _| {
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
    let (size, two) = (block * channels, 2 * channels);
    let mut room = [Row::default(); MOST];
    let statistics = means.chunks(block).zip(deviations.chunks(block));
    for (((x, dy), dx), (means, deviations)) in
        x.chunks(size).zip(dy.chunks(size)).zip(dx.chunks_mut(size)).zip(statistics)
    {
        for ((row, &mean), &deviation) in room.iter_mut().zip(means).zip(deviations) {
            *row = Row { mean, deviation, ..Row::default() };
        }
        let rows = &mut room[..means.len()];
        let pairs = x.chunks(two).zip(dy.chunks(two)).zip(dx.chunks_mut(two));
        for (((x, dy), g), rows) in pairs.zip(rows.chunks_mut(2)) {
            add_rows(channels, x, dy, gamma, rows, g, shift, scale);
        }
        for ((x, dx), row) in x.chunks_exact(channels).zip(dx.chunks_exact_mut(channels)).zip(rows) {
            row.finish(x, dx);
        }
    }
}

/// The sums of one row or two; `g = dy·γ`.
#[inline(always)]
#[allow(clippy::too_many_arguments)]
fn add_rows(
    channels: usize,
    x: &[Real],
    dy: &[Real],
    gamma: Option<&[Real]>,
    rows: &mut [Row],
    g: &mut [Real],
    shift: &mut [Real],
    scale: &mut [Real],
) {
    if let [first, second] = rows {
        let ((x, y), (p, q), (g, h)) = (x.split_at(channels), dy.split_at(channels), g.split_at_mut(channels));
        let (rows, targets) = ([first, second], [g, h, shift, scale]);
        match gamma {
            Some(gamma) => Row::add(rows, [x, y, p, q, gamma], targets),
            None => Row::add(rows, [x, y, p, q], targets),
        }
    } else if let [row] = rows {
        let targets = [g, shift, scale];
        match gamma {
            Some(gamma) => Row::add([row], [x, dy, gamma], targets),
            None => Row::add([row], [x, dy], targets),
        }
    }
}

/// `x̂ = (x − mean)·deviation` of a row, and its sums of g and g·x̂.
#[derive(Clone, Copy, Default)]
struct Row {
    mean: Real,
    deviation: Real,
    total: Real,
    product: Real,
}

impl Row {
    /// The sums of R rows. `inputs` are x of all rows, dy of all rows, and γ if there is one; `targets` are g of all rows, and
    /// the sums of all rows' dy and dy·x̂.
    #[inline(always)]
    fn add<const R: usize, const I: usize, const T: usize>(
        rows: [&mut Self; R],
        inputs: [&[Real]; I],
        targets: [&mut [Real]; T],
    ) {
        let factors = std::array::from_fn::<_, R, _>(|r| [rows[r].mean, rows[r].deviation].map(Lanes::splat));
        let mut sums = [[Lanes::splat(0.0); 2]; R];
        spread::<I, T, 1>(inputs, targets, |values, mut targets| {
            for row in 0..R {
                let ([mean, deviation], dy) = (factors[row], values[R + row]);
                let normal = values[row].sub(mean).mul(deviation);
                let g = if I > 2 * R { dy.mul(values[I - 1]) } else { dy };
                targets[R] = targets[R].add(dy);
                targets[R + 1] = dy.mul_add(normal, targets[R + 1]);
                sums[row] = [sums[row][0].add(g), g.mul_add(normal, sums[row][1])];
                targets[row] = g;
            }
            targets
        });
        for (row, [total, product]) in rows.into_iter().zip(sums) {
            (row.total, row.product) = (total.sum(), product.sum());
        }
    }

    /// `dx = (g − mean(g) − x̂·mean(g·x̂))·deviation` in place of g. The mean is taken from x first: where rows lie far from zero
    /// their products with a slope would lose digits.
    fn finish(&self, x: &[Real], dx: &mut [Real]) {
        let share = -self.deviation / x.len() as Real;
        let slope = self.product * share * self.deviation;
        let [mean, deviation, slope, start] = [self.mean, self.deviation, slope, self.total * share].map(Lanes::splat);
        update::<1, 4>([x], dx, |[x], g| g.mul_add(deviation, x.sub(mean).mul_add(slope, start)));
    }
}

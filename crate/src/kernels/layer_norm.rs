//! Layer normalization: each row by its own mean and variance (Ba, Kiros and Hinton, 2016).

use super::batch_norm::{Affine, Matrix};
use super::bias::sums_beside;
use crate::threads;
use crate::vector::{spread, update, Lanes, Real, Vector};

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
        let x = &x[index * part * channels..][..y.len()];
        let rows = Rows { channels, epsilon, means, deviations };
        match (affine.gamma, affine.beta) {
            (None, None) => rows.normalize([x], y, |[x]| x),
            (Some(gamma), None) => rows.normalize([x, gamma], y, |[x, gamma]| x.mul(gamma)),
            (None, Some(beta)) => rows.normalize([x, beta], y, |[x, beta]| x.add(beta)),
            (Some(gamma), Some(beta)) => {
                rows.normalize([x, gamma, beta], y, |[x, gamma, beta]| x.mul_add(gamma, beta));
            }
        }
    });
}

/// What becomes known of some rows.
struct Rows<'a> {
    channels: usize,
    epsilon: Real,
    means: &'a mut [Real],
    deviations: &'a mut [Real],
}

impl Rows<'_> {
    /// `y = end(x̂, …)` for each row of the first input; the others are as long as a row.
    ///
    /// Three rows are on their way at once: in one walk the values of one are summed for its mean, the squares of the row before it,
    /// and the one before that is written. So the end of a sum, a root and a quotient keep nothing waiting. At both ends,
    /// where there are no three, the first or the last row stands in: what it comes to too early is overwritten, and again it
    /// comes to the same.
    #[inline(always)]
    fn normalize<const I: usize>(self, inputs: [&[Real]; I], y: &mut [Real], end: impl Fn([Lanes; I]) -> Lanes) {
        let Self { channels, epsilon, means, deviations } = self;
        let (last, share) = (means.len() - 1, 1.0 / channels as Real);
        let row = |index: usize| &inputs[0][index * channels..][..channels];
        for step in 0..means.len() + 2 {
            let [first, second, third] = [0, 1, 2].map(|behind| step.saturating_sub(behind).min(last));
            let [center, mean, deviation] = [means[second], means[third], deviations[third]].map(Lanes::splat);
            let mut inputs = inputs;
            inputs[0] = row(third);
            let [sum, squares] = sums_beside(
                (inputs, &mut y[third * channels..][..channels]),
                |mut values| {
                    values[0] = values[0].sub(mean).mul(deviation);
                    end(values)
                },
                [row(first), row(second)],
                |[sum, squares], [x, z]| {
                    let distance = z.sub(center);
                    [sum.add(x), distance.mul_add(distance, squares)]
                },
            );
            means[first] = sum * share;
            deviations[second] = 1.0 / (squares * share + epsilon).sqrt();
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

//! Rows with mean 0 and variance 1, times a factor, plus a shift.

use super::splat_all;
use crate::kernels::batch_norm::{Affine, Matrix};
use crate::kernels::bias::sums_beside;
use crate::kernels::fours::{read, total, write, write_ends, SHORT};
use crate::threads;
use crate::vector::{Lanes, Real, Vector, LANES};

/// `y = γ·(x − mean)/√(variance + ε) + β` for each row; `statistics [2, rows]` keeps mean and 1/√(variance + ε).
pub fn forward(matrix: Matrix, x: &[Real], affine: Affine, epsilon: Real, statistics: &mut [Real], y: &mut [Real]) {
    let Matrix { rows, channels } = matrix;
    let (means, deviations) = statistics.split_at_mut(rows);
    let part = threads::share_of_units(rows, if channels < SHORT { LANES } else { 1 }, 8 * channels);
    threads::each_of([(y, part * channels), (means, part), (deviations, part)], |index, [y, means, deviations]| {
        let x = &x[index * part * channels..][..y.len()];
        let rows = Rows { channels, epsilon, means, deviations };
        if channels < SHORT {
            return rows.normalize_fours(x, affine, y);
        }
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

    /// `y` for short rows, four at a time.
    #[inline(never)]
    fn normalize_fours(self, x: &[Real], affine: Affine, y: &mut [Real]) {
        let Self { channels, epsilon, means, deviations } = self;
        let mut room = [[Lanes::splat(0.0); SHORT]; 3];
        let [columns, scale, shift] = room.each_mut().map(|columns| &mut columns[..channels]);
        splat_all(affine.gamma, 1.0, scale);
        splat_all(affine.beta, 0.0, shift);
        let [share, epsilon, one] = [1.0 / channels as Real, epsilon, 1.0].map(Lanes::splat);
        let ends = means.chunks_mut(LANES).zip(deviations.chunks_mut(LANES));
        let rows = x.chunks(LANES * channels).zip(y.chunks_mut(LANES * channels));
        for ((x, y), (means, deviations)) in rows.zip(ends) {
            read(x, columns);
            let mean = total(columns, Lanes::add).mul(share);
            let squares = total(columns, |sum, x| {
                let distance = x.sub(mean);
                distance.mul_add(distance, sum)
            });
            let deviation = one.div(squares.mul(share).add(epsilon).square_root());
            write_ends(mean, means);
            write_ends(deviation, deviations);
            for (column, (scale, shift)) in columns.iter_mut().zip(scale.iter().zip(shift.iter())) {
                *column = column.sub(mean).mul(deviation).mul_add(*scale, *shift);
            }
            write(columns, y, |column| column);
        }
    }
}

//! Layer normalization: each row by its own mean and variance (Ba, Kiros and Hinton, 2016).

use super::batch_norm::{Affine, Matrix};
use super::bias::{sum_of_parts, sums_beside};
use super::fours::{read, read_ends, total, write, write_ends, SHORT};
use crate::threads;
use crate::vector::{cross, update_ahead, Crossed, Lanes, Real, Vector, LANES};

/// Values of rows whose gradients are taken through both passes before the next ones are: with the next ones, which are
/// asked for meanwhile, they stay in a first-level cache.
const BLOCK: usize = 1536;

/// Fewest rows of a block: with so many the sums of the columns are seldom loaded and stored. And most.
const LEAST: usize = 6;
const MOST: usize = 16;

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

/// Each value in all lanes; `absent` where there are none.
#[inline(always)]
fn splat_all(values: Option<&[Real]>, absent: Real, lanes: &mut [Lanes]) {
    match values {
        Some(values) => lanes.iter_mut().zip(values).for_each(|(lanes, &value)| *lanes = Lanes::splat(value)),
        None => lanes.fill(Lanes::splat(absent)),
    }
}

/// Values of the sums of all parts of some rows.
const ROOM: usize = 4096;

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
    // No more parts than there is room for sums of.
    let least = rows.div_ceil((ROOM / (2 * channels)).max(1));
    let part = threads::share(rows, 8 * channels).max(least);
    let part = part.next_multiple_of(if channels < SHORT { LANES } else { 1 });
    if part >= rows {
        return gradient_of(x, gamma, (means, deviations), dy, dx, sums);
    }
    let (size, mut room) = (part * channels, [0.0; ROOM]);
    let room = &mut room[..rows.div_ceil(part) * 2 * channels];
    threads::each_of([(dx, size), (&mut *room, 2 * channels)], |index, [dx, sums]| {
        let (first, count) = (index * part, part.min(rows - index * part));
        let [x, dy] = [x, dy].map(|values| &values[index * size..][..dx.len()]);
        let [means, deviations] = [means, deviations].map(|values| &values[first..first + count]);
        gradient_of(x, gamma, (means, deviations), dy, dx, sums);
    });
    // Added in their order.
    sum_of_parts(room.chunks_exact(2 * channels), sums);
}

/// [`gradient`] on this thread.
fn gradient_of(
    x: &[Real],
    gamma: Option<&[Real]>,
    (means, deviations): (&[Real], &[Real]),
    dy: &[Real],
    dx: &mut [Real],
    sums: &mut [Real],
) {
    let (rows, channels) = (means.len(), sums.len() / 2);
    let (shift, scale) = sums.split_at_mut(channels);
    if channels < SHORT {
        return gradient_fours(x, gamma, (means, deviations), dy, dx, [shift, scale]);
    }
    shift.fill(0.0);
    scale.fill(0.0);
    let block = (BLOCK / channels).clamp(LEAST, MOST);
    let mut room = [Row::new(0.0, 0.0); MOST];
    for first in (0..rows).step_by(block) {
        let count = block.min(rows - first);
        let size = count * channels;
        let rows = &mut room[..count];
        for (row, (&mean, &deviation)) in rows.iter_mut().zip(means[first..].iter().zip(&deviations[first..])) {
            *row = Row::new(mean, deviation);
        }
        // The next rows, or where there are not so many, these.
        let place = first * channels;
        let next = if place + 2 * size <= x.len() { place + size } else { place };
        let inputs = [&x[place..][..size], &dy[place..][..size]];
        let (target, rest) = dx[place..].split_at_mut(size);
        let arrays = Crossed { inputs, target, ahead: [&x[next..][..size], &dy[next..][..size]] };
        add_rows(rows, arrays, gamma, [shift, scale]);
        let ahead = rest.get(..size).unwrap_or(inputs[0]).chunks_exact(channels);
        let own = inputs[0].chunks_exact(channels).zip(target.chunks_exact_mut(channels));
        for ((row, (x, dx)), ahead) in rows.iter().zip(own).zip(ahead) {
            row.finish(x, dx, ahead);
        }
    }
}

/// [`gradient_of`] short rows, four at a time.
#[inline(never)]
fn gradient_fours(
    x: &[Real],
    gamma: Option<&[Real]>,
    (means, deviations): (&[Real], &[Real]),
    dy: &[Real],
    dx: &mut [Real],
    [shift, scale]: [&mut [Real]; 2],
) {
    let (channels, zero) = (shift.len(), Lanes::splat(0.0));
    let mut room = [[zero; SHORT]; 5];
    let [normals, slopes, factors, shifts, scales] = room.each_mut().map(|columns| &mut columns[..channels]);
    splat_all(gamma, 1.0, factors);
    let share = Lanes::splat(-1.0 / channels as Real);
    let ends = means.chunks(LANES).zip(deviations.chunks(LANES));
    let size = LANES * channels;
    let rows = x.chunks(size).zip(dy.chunks(size)).zip(dx.chunks_mut(size));
    for (((x, dy), dx), (mean, deviation)) in rows.zip(ends) {
        // Where rows are missing all these are zero.
        let [mean, deviation] = [mean, deviation].map(read_ends);
        read(x, normals);
        read(dy, slopes);
        let (mut sum, mut product) = (zero, zero);
        let columns = normals.iter_mut().zip(slopes.iter_mut()).zip(factors.iter());
        for (((normal, slope), &factor), (shift, scale)) in columns.zip(shifts.iter_mut().zip(scales.iter_mut())) {
            *normal = normal.sub(mean).mul(deviation);
            *shift = shift.add(*slope);
            *scale = slope.mul_add(*normal, *scale);
            *slope = slope.mul(factor);
            sum = sum.add(*slope);
            product = slope.mul_add(*normal, product);
        }
        let share = deviation.mul(share);
        let (start, along) = (sum.mul(share), product.mul(share));
        for (slope, normal) in slopes.iter_mut().zip(normals.iter()) {
            *slope = slope.mul_add(deviation, normal.mul_add(along, start));
        }
        write(slopes, dx, |slope| slope);
    }
    for (sum, lanes) in shift.iter_mut().zip(shifts).chain(scale.iter_mut().zip(scales)) {
        *sum = lanes.sum();
    }
}

/// All sums of some rows, and g. A function of its own: where it is called there are too many numbers for the registers.
#[inline(never)]
fn add_rows(rows: &mut [Row], arrays: Crossed, gamma: Option<&[Real]>, sums: [&mut [Real]; 2]) {
    cross(rows, arrays, gamma, sums, Row::add);
}

/// `x̂ = (x − mean)·deviation` of a row, and its sums of g and g·x̂.
#[derive(Clone, Copy)]
struct Row {
    mean: Lanes,
    deviation: Lanes,
    total: Lanes,
    product: Lanes,
}

impl Row {
    fn new(mean: Real, deviation: Real) -> Self {
        let [mean, deviation, zero] = [mean, deviation, 0.0].map(Lanes::splat);
        Self { mean, deviation, total: zero, product: zero }
    }

    /// g, and the sums of the columns' dy and dy·x̂.
    #[inline(always)]
    fn add(&mut self, [x, dy]: [Lanes; 2], gamma: Lanes, [shift, scale]: [Lanes; 2]) -> (Lanes, [Lanes; 2]) {
        let normal = x.sub(self.mean).mul(self.deviation);
        let g = dy.mul(gamma);
        self.total = self.total.add(g);
        self.product = g.mul_add(normal, self.product);
        (g, [shift.add(dy), dy.mul_add(normal, scale)])
    }

    /// `dx = (g − mean(g) − x̂·mean(g·x̂))·deviation` in place of g. The mean is taken from x first: where rows lie far from zero
    /// their products with a slope would lose digits.
    #[inline(always)]
    fn finish(&self, x: &[Real], dx: &mut [Real], ahead: &[Real]) {
        let deviation = self.deviation.to_array()[0];
        let share = -deviation / x.len() as Real;
        let slope = self.product.sum() * share * deviation;
        let [slope, start] = [slope, self.total.sum() * share].map(Lanes::splat);
        update_ahead([x], dx, ahead, |[x], g| g.mul_add(self.deviation, x.sub(self.mean).mul_add(slope, start)));
    }
}

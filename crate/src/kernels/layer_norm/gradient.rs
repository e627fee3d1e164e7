//! The gradients of layer normalization: every row has sums of its own, which must be there before its gradients are.

use super::splat_all;
use crate::kernels::batch_norm::Matrix;
use crate::kernels::bias::sum_of_parts;
use crate::kernels::fours::{read, read_ends, write, SHORT};
use crate::threads;
use crate::vector::{combine, cross, spread, update_ahead, Crossed, Lanes, Real, Vector, LANES};

/// Values of rows whose gradients are taken through both passes before the next ones are: with the next ones, which are
/// asked for meanwhile, they stay in a first-level cache.
const BLOCK: usize = 1536;

/// Fewest rows of a block: with so many the sums of the columns are seldom loaded and stored. And most.
const LEAST: usize = 6;
const MOST: usize = 16;

/// Values of an array that comes from memory: its rows are gone through one after the other, as a processor foresees what is read next
/// where it is read in its order.
const FAR: usize = 1 << 20;

/// Fewest columns for which that pays: the end of a row's sums is waited for.
const WIDE: usize = 48;

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
    let gradient = if channels < SHORT {
        Inputs::in_fours
    } else if channels >= WIDE && rows * channels > FAR {
        Inputs::in_order
    } else {
        Inputs::in_blocks
    };
    if part >= rows {
        let (shift, scale) = sums.split_at_mut(channels);
        return gradient(Inputs { x, dy, gamma, means, deviations }, dx, [shift, scale]);
    }
    let (size, mut room) = (part * channels, [0.0; ROOM]);
    let room = &mut room[..rows.div_ceil(part) * 2 * channels];
    threads::each_of([(dx, size), (&mut *room, 2 * channels)], |index, [dx, sums]| {
        let (first, count) = (index * part, part.min(rows - index * part));
        let [x, dy] = [x, dy].map(|values| &values[index * size..][..dx.len()]);
        let [means, deviations] = [means, deviations].map(|values| &values[first..first + count]);
        let (shift, scale) = sums.split_at_mut(channels);
        gradient(Inputs { x, dy, gamma, means, deviations }, dx, [shift, scale]);
    });
    // Added in their order.
    sum_of_parts(room.chunks_exact(2 * channels), sums);
}

/// What the gradients of some rows are made of. Each way sets the sums of the columns' dy and dy·x̂.
struct Inputs<'a> {
    x: &'a [Real],
    dy: &'a [Real],
    gamma: Option<&'a [Real]>,
    means: &'a [Real],
    deviations: &'a [Real],
}

impl Inputs<'_> {
    /// One row after the other.
    fn in_order(self, dx: &mut [Real], [shift, scale]: [&mut [Real]; 2]) {
        let Self { x, dy, gamma, means, deviations } = self;
        let channels = shift.len();
        shift.fill(0.0);
        scale.fill(0.0);
        let rows = x.chunks_exact(channels).zip(dy.chunks_exact(channels)).zip(dx.chunks_exact_mut(channels));
        for (((x, dy), dx), (&mean, &deviation)) in rows.zip(means.iter().zip(deviations)) {
            let (row, sums) = (Row::new(mean, deviation), [&mut *shift, &mut *scale]);
            match gamma {
                Some(gamma) => row.gradient([x, dy, gamma], dx, sums, |[_, dy, gamma]| dy.mul(gamma)),
                None => row.gradient([x, dy], dx, sums, |[_, dy]| dy),
            }
        }
    }

    /// Blocks of rows, which go through both walks while the next ones are asked for.
    fn in_blocks(self, dx: &mut [Real], [shift, scale]: [&mut [Real]; 2]) {
        let Self { x, dy, gamma, means, deviations } = self;
        shift.fill(0.0);
        scale.fill(0.0);
        let (rows, channels) = (means.len(), shift.len());
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
            add_rows(rows, arrays, gamma, [&mut *shift, &mut *scale]);
            let ahead = rest.get(..size).unwrap_or(inputs[0]).chunks_exact(channels);
            let own = inputs[0].chunks_exact(channels).zip(target.chunks_exact_mut(channels));
            for ((row, (x, dx)), ahead) in rows.iter().zip(own).zip(ahead) {
                let finish = row.finish(channels);
                update_ahead([x], dx, ahead, |[x], g| finish(x, g));
            }
        }
    }

    /// Short rows, four at a time.
    #[inline(never)]
    fn in_fours(self, dx: &mut [Real], [shift, scale]: [&mut [Real]; 2]) {
        let Self { x, dy, gamma, means, deviations } = self;
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
}

/// All sums of some rows, and g. A function of its own: where it is called there are too many numbers for the registers.
#[inline(never)]
fn add_rows(rows: &mut [Row], arrays: Crossed, gamma: Option<&[Real]>, sums: [&mut [Real]; 2]) {
    cross(rows, arrays, gamma, sums, |row, [x, dy], gamma, sums| {
        let g = dy.mul(gamma);
        (g, row.add([x, dy], g, sums))
    });
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

    /// The sums of the columns' dy and dy·x̂, of which g is the row's part.
    #[inline(always)]
    fn add(&mut self, [x, dy]: [Lanes; 2], g: Lanes, [shift, scale]: [Lanes; 2]) -> [Lanes; 2] {
        let normal = x.sub(self.mean).mul(self.deviation);
        self.total = self.total.add(g);
        self.product = g.mul_add(normal, self.product);
        [shift.add(dy), dy.mul_add(normal, scale)]
    }

    /// All of a row whose x and dy are the first of the `inputs`, of which `slope` makes g, in two walks.
    #[inline(never)]
    fn gradient<const I: usize>(
        mut self,
        inputs: [&[Real]; I],
        dx: &mut [Real],
        sums: [&mut [Real]; 2],
        slope: impl Fn([Lanes; I]) -> Lanes,
    ) {
        spread::<I, 2, 2>(inputs, sums, |values, sums| self.add([values[0], values[1]], slope(values), sums));
        let finish = self.finish(dx.len());
        combine::<I, 4>(inputs, dx, |values| finish(values[0], slope(values)));
    }

    /// `dx = (g − mean(g) − x̂·mean(g·x̂))·deviation` of x and g. The mean is taken from x first: where rows lie far from zero
    /// their products with a slope would lose digits.
    #[inline(always)]
    fn finish(&self, channels: usize) -> impl Fn(Lanes, Lanes) -> Lanes {
        let Self { mean, deviation, .. } = *self;
        let inverse = deviation.to_array()[0];
        let share = -inverse / channels as Real;
        let slope = self.product.sum() * share * inverse;
        let [slope, start] = [slope, self.total.sum() * share].map(Lanes::splat);
        move |x, g| g.mul_add(deviation, x.sub(mean).mul_add(slope, start))
    }
}

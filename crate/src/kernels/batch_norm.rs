//! Batch normalization over the rows of a matrix, channel by channel (Ioffe and Szegedy, 2015).
//!
//! Forward reads its input twice, once for mean and variance together; so do the gradients. Parts of the rows have their
//! own sums, which wait in the output where the part will be written.

use super::joined_rows::JoinedRows;
use super::strips::{block_rows, each_strip, load, store, Strip};
use crate::threads::{each_part, share};
use crate::vector::{Lanes, Real, Vector};

/// Sizes of an array seen as a matrix.
#[derive(Clone, Copy, Debug)]
pub struct Matrix {
    /// All dimensions but the last.
    pub rows: usize,
    /// The last dimension.
    pub channels: usize,
}

impl Matrix {
    /// Rows of a part.
    fn part(&self) -> usize {
        let block = block_rows(self.channels);
        share(self.rows, 8 * self.channels).next_multiple_of(block)
    }

    /// The same array with several rows in one, where channels are few.
    fn wide(&self) -> Option<JoinedRows> {
        JoinedRows::of(self.rows, self.channels)
    }
}

/// Factor and shift of each channel; absent ones are 1 and 0.
#[derive(Clone, Copy, Debug)]
pub struct Affine<'a> {
    /// γ.
    pub gamma: Option<&'a [Real]>,
    /// β.
    pub beta: Option<&'a [Real]>,
}

/// Sums `[2, channels]` of each part of the rows, made by `sum` from first row and number of rows, and handed to `add` one after
/// the other with the number of rows. All threads make them in `out [rows, channels]`, which has room for them unless there
/// is one row only; without it they are made in `scratch`.
fn sums_of_parts(
    matrix: Matrix,
    out: Option<&mut [Real]>,
    scratch: &mut [Real],
    sum: impl Fn(usize, usize, &mut [Real]) + Sync,
    mut add: impl FnMut(usize, &[Real]),
) {
    let Matrix { rows, channels } = matrix;
    let (part, size) = (matrix.part(), 2 * channels);
    let count = |index: usize| part.min(rows - index * part);
    let parts = rows.div_ceil(part);
    if let Some(sums) = out.and_then(|out| out.get_mut(..parts * size)) {
        // From the last part to the first: the second reading begins with what a cache still has then.
        let part_of = |index: usize| parts - 1 - index;
        each_part(sums, size, |index, sums| sum(part_of(index) * part, count(part_of(index)), sums));
        for (index, sums) in sums.chunks_exact(size).enumerate().rev() {
            add(count(part_of(index)), sums);
        }
    } else {
        for index in 0..parts {
            sum(index * part, count(index), scratch);
            add(count(index), scratch);
        }
    }
}

/// Sums of distances from a start that all rows share, and squared distances from the mean, of some rows: those of two sets
/// are put together by T. F. Chan's formula.
struct Moments<'a> {
    channels: usize,
    /// Rows in the sums so far.
    count: usize,
    sums: &'a mut [Real],
    squares: &'a mut [Real],
}

impl Moments<'_> {
    /// Adds the moments of `count` other rows for a strip.
    #[inline(always)]
    fn add<const V: usize, const PART: bool>(
        &mut self,
        (first, columns): (usize, usize),
        count: usize,
        (other_sums, other_squares): ([Lanes; V], [Lanes; V]),
    ) {
        let (mut sums, mut squares) = (other_sums, other_squares);
        if self.count > 0 {
            let before = load::<V, PART>(self.sums, first);
            let squares_before = load::<V, PART>(self.squares, first);
            let (own, other) = (self.count as Real, count as Real);
            let (own_share, other_share) = (Lanes::splat(1.0 / own), Lanes::splat(1.0 / other));
            let weight = Lanes::splat(own * other / (own + other));
            for v in 0..V {
                let distance = sums[v].mul(other_share).sub(before[v].mul(own_share));
                squares[v] = squares_before[v].add(distance.mul(distance).mul_add(weight, squares[v]));
                sums[v] = before[v].add(sums[v]);
            }
        }
        store::<V, PART>(sums, self.sums, first, columns);
        store::<V, PART>(squares, self.squares, first, columns);
    }
}

/// The moments of a block of rows join those before them.
struct AddBlock<'a, 'b> {
    start: &'a [Real],
    block: &'a [Real],
    moments: &'a mut Moments<'b>,
}

impl Strip for AddBlock<'_, '_> {
    /// Distances are taken from the mean of the block's first rows: however far those lie, their own distances from the
    /// block's mean are part of the squares, so that the subtraction at the end loses little.
    #[inline(always)]
    fn run<const V: usize, const PART: bool>(&mut self, first: usize, columns: usize) {
        let (channels, block) = (self.moments.channels, self.block);
        let rows = block.len() / channels;
        let near = rows.min(4);
        let mut origin = [Lanes::splat(0.0); V];
        for row in 0..near {
            let row = load::<V, PART>(block, row * channels + first);
            origin = std::array::from_fn(|v| origin[v].add(row[v]));
        }
        let origin = origin.map(|sum| sum.mul(Lanes::splat(1.0 / near as Real)));
        let (mut sums, mut squares) = ([Lanes::splat(0.0); V], [Lanes::splat(0.0); V]);
        for place in (first..block.len()).step_by(channels) {
            let row = load::<V, PART>(block, place);
            for v in 0..V {
                let distance = row[v].sub(origin[v]);
                sums[v] = sums[v].add(distance);
                squares[v] = distance.mul_add(distance, squares[v]);
            }
        }
        let start = load::<V, PART>(self.start, first);
        let (count, share) = (Lanes::splat(rows as Real), Lanes::splat(-1.0 / rows as Real));
        for v in 0..V {
            squares[v] = sums[v].mul(sums[v]).mul_add(share, squares[v]).at_least(Lanes::splat(0.0));
            sums[v] = origin[v].sub(start[v]).mul_add(count, sums[v]);
        }
        self.moments.add::<V, PART>((first, columns), rows, (sums, squares));
    }
}

/// The moments of a part join those before it.
struct AddPart<'a, 'b> {
    count: usize,
    part: (&'a [Real], &'a [Real]),
    moments: &'a mut Moments<'b>,
}

impl Strip for AddPart<'_, '_> {
    #[inline(always)]
    fn run<const V: usize, const PART: bool>(&mut self, first: usize, columns: usize) {
        let part = (load::<V, PART>(self.part.0, first), load::<V, PART>(self.part.1, first));
        self.moments.add::<V, PART>((first, columns), self.count, part);
    }
}

/// Something near the mean: that of the first rows, so that no single one is far from all others.
fn start_of(channels: usize, x: &[Real], start: &mut [Real]) {
    let rows = 16.min(x.len() / channels);
    start.fill(0.0);
    for row in x.chunks_exact(channels).take(rows) {
        for (start, x) in start.iter_mut().zip(row) {
            *start += x;
        }
    }
    let share = 1.0 / rows as Real;
    start.iter_mut().for_each(|start| *start *= share);
}

/// The moments of all rows, into `moments [2, channels]`; `y` is room for those of the parts.
fn add_moments(matrix: Matrix, x: &[Real], start: &[Real], y: &mut [Real], moments: &mut [Real]) {
    let channels = matrix.channels;
    if let Some(wide) = matrix.wide() {
        return add_wide_moments(matrix, wide, x, start, y, moments);
    }
    let moments_of = |first: usize, count: usize, sums: &mut [Real]| {
        let (sums, squares) = sums.split_at_mut(channels);
        let mut moments = Moments { channels, count: 0, sums, squares };
        for block in x[first * channels..][..count * channels].chunks(block_rows(channels) * channels) {
            each_strip::<4>(channels, &mut AddBlock { start, block, moments: &mut moments });
            moments.count += block.len() / channels;
        }
    };
    let (sums, squares) = moments.split_at_mut(channels);
    let mut whole = Moments { channels, count: 0, sums, squares };
    sums_of_parts(matrix, Some(y), &mut [], moments_of, |count, part| {
        each_strip::<4>(channels, &mut AddPart { count, part: part.split_at(channels), moments: &mut whole });
        whole.count += count;
    });
}

/// [`add_moments`] where several rows lie side by side in wide ones.
fn add_wide_moments(
    matrix: Matrix,
    wide: JoinedRows,
    x: &[Real],
    start: &[Real],
    y: &mut [Real],
    moments: &mut [Real],
) {
    let channels = matrix.channels;
    let (x, rest) = x.split_at(wide.size());
    let (mut room, seen) = (JoinedRows::room(), Matrix { rows: wide.rows, channels: wide.width() });
    let parts = &mut room[..2 * wide.width()];
    add_moments(seen, x, &wide.repeat(start)[..wide.width()], y, parts);
    let (sums, squares) = moments.split_at_mut(channels);
    let mut moments = Moments { channels, count: 0, sums, squares };
    let (sums, squares) = parts.split_at(wide.width());
    for part in sums.chunks_exact(channels).zip(squares.chunks_exact(channels)) {
        each_strip::<4>(channels, &mut AddPart { count: wide.rows, part, moments: &mut moments });
        moments.count += wide.rows;
    }
    if !rest.is_empty() {
        each_strip::<4>(channels, &mut AddBlock { start, block: rest, moments: &mut moments });
    }
}

/// The batch's mean and 1/√(variance + ε) of each channel, into `statistics [2, channels]`; moving averages follow with
/// `moving ← momentum·moving + (1 − momentum)·batch`, the variance divided by the number of rows (Keras's rule). Then
/// `y = γ·(x − mean)/√(variance + ε) + β`. `scratch [2, channels]`.
#[allow(clippy::too_many_arguments)]
pub fn training(
    matrix: Matrix,
    x: &[Real],
    affine: Affine,
    (momentum, epsilon): (Real, Real),
    (moving_mean, moving_variance): (&mut [Real], &mut [Real]),
    statistics: &mut [Real],
    y: &mut [Real],
    scratch: &mut [Real],
) {
    let Matrix { rows, channels } = matrix;
    let (mean, deviation) = statistics.split_at_mut(channels);
    start_of(channels, x, mean);
    scratch.fill(0.0);
    if rows > 1 {
        add_moments(matrix, x, mean, y, scratch);
    }
    let inverse = 1.0 / rows as Real;
    let (sums, squares) = scratch.split_at(channels);
    for c in 0..channels {
        mean[c] += sums[c] * inverse;
        let variance = squares[c] * inverse;
        deviation[c] = 1.0 / (variance + epsilon).sqrt();
        moving_mean[c] = momentum * moving_mean[c] + (1.0 - momentum) * mean[c];
        moving_variance[c] = momentum * moving_variance[c] + (1.0 - momentum) * variance;
    }
    apply(matrix, x, affine, mean, deviation, y, &mut scratch[..channels]);
}

/// `y = γ·(x − mean)/√(variance + ε) + β` with the moving averages. `scratch [2, channels]`.
pub fn inference(
    matrix: Matrix,
    x: &[Real],
    affine: Affine,
    epsilon: Real,
    (mean, variance): (&[Real], &[Real]),
    y: &mut [Real],
    scratch: &mut [Real],
) {
    let (part, deviation) = scratch.split_at_mut(matrix.channels);
    for (deviation, variance) in deviation.iter_mut().zip(variance) {
        *deviation = 1.0 / (variance + epsilon).sqrt();
    }
    apply(matrix, x, affine, mean, deviation, y, part);
}

fn apply(
    matrix: Matrix,
    x: &[Real],
    affine: Affine,
    mean: &[Real],
    deviation: &[Real],
    y: &mut [Real],
    factor: &mut [Real],
) {
    let Matrix { channels, .. } = matrix;
    for c in 0..channels {
        factor[c] = deviation[c] * affine.gamma.map_or(1.0, |gamma| gamma[c]);
    }
    let scaling = Scaling { mean, factor, beta: affine.beta };
    let Some(wide) = matrix.wide() else { return scale(matrix, scaling, x, y) };
    let width = wide.width();
    let ((x, last), (y, last_y)) = (x.split_at(wide.size()), y.split_at_mut(wide.size()));
    let [mean, factor] = [mean, factor].map(|values| wide.repeat(values));
    let beta = affine.beta.map(|beta| wide.repeat(beta));
    let beta = beta.as_ref().map(|beta| &beta[..width]);
    let repeated = Scaling { mean: &mean[..width], factor: &factor[..width], beta };
    scale(Matrix { rows: wide.rows, channels: width }, repeated, x, y);
    scale(Matrix { rows: last.len() / channels, channels }, scaling, last, last_y);
}

fn scale(matrix: Matrix, scaling: Scaling, x: &[Real], y: &mut [Real]) {
    let channels = matrix.channels;
    let (part, block) = (matrix.part() * channels, block_rows(channels) * channels);
    each_part(y, part, |index, y| {
        for (x, y) in x[index * part..].chunks(block).zip(y.chunks_mut(block)) {
            each_strip::<4>(channels, &mut Scale { scaling, channels, x, y });
        }
    });
}

#[derive(Clone, Copy)]
struct Scaling<'a> {
    mean: &'a [Real],
    factor: &'a [Real],
    beta: Option<&'a [Real]>,
}

/// `y = (x − mean)·factor + β` of a block.
struct Scale<'a> {
    scaling: Scaling<'a>,
    channels: usize,
    x: &'a [Real],
    y: &'a mut [Real],
}

impl Strip for Scale<'_> {
    #[inline(always)]
    fn run<const V: usize, const PART: bool>(&mut self, first: usize, columns: usize) {
        let Scaling { mean, factor, beta } = self.scaling;
        let (mean, factor) = (load::<V, PART>(mean, first), load::<V, PART>(factor, first));
        let beta = beta.map_or([Lanes::splat(0.0); V], |beta| load::<V, PART>(beta, first));
        for place in (first..self.y.len()).step_by(self.channels) {
            let x = load::<V, PART>(self.x, place);
            let y = std::array::from_fn(|v| x[v].sub(mean[v]).mul_add(factor[v], beta[v]));
            store::<V, PART>(y, self.y, place, columns);
        }
    }
}

/// Gradients of [`training`]: `sums [2, channels]` gets dβ = Σ dy and dγ = Σ dy·x̂; then
/// `dx = γ/√(variance + ε)·(dy − dβ/rows − x̂·dγ/rows)`. `scratch [2, channels]`.
#[allow(clippy::too_many_arguments)]
pub fn gradient(
    matrix: Matrix,
    x: &[Real],
    gamma: Option<&[Real]>,
    statistics: &[Real],
    dy: &[Real],
    mut dx: Option<&mut [Real]>,
    sums: &mut [Real],
    scratch: &mut [Real],
) {
    let Matrix { rows, channels } = matrix;
    let (mean, deviation) = statistics.split_at(channels);
    add_products(matrix, mean, (x, dy), dx.as_deref_mut(), sums, scratch);
    let (shift, scale) = sums.split_at_mut(channels);
    let inverse = 1.0 / rows as Real;
    let (factor, slope) = scratch.split_at_mut(channels);
    for c in 0..channels {
        scale[c] *= deviation[c];
        factor[c] = deviation[c] * gamma.map_or(1.0, |gamma| gamma[c]);
        slope[c] = scale[c] * inverse * deviation[c];
    }
    let Some(dx) = dx else { return };
    let fall = Fall { mean, factor, slope, shift, inverse };
    let Some(wide) = matrix.wide() else { return go_back(matrix, fall, (x, dy), dx) };
    let (width, size) = (wide.width(), wide.size());
    let ((x, last_x), (dy, last_dy), (dx, last)) = (x.split_at(size), dy.split_at(size), dx.split_at_mut(size));
    let repeated = [fall.mean, fall.factor, fall.slope, fall.shift].map(|values| wide.repeat(values));
    let [mean, factor, slope, shift] = [0, 1, 2, 3].map(|index| &repeated[index][..width]);
    let wide_fall = Fall { mean, factor, slope, shift, inverse };
    go_back(Matrix { rows: wide.rows, channels: width }, wide_fall, (x, dy), dx);
    go_back(Matrix { rows: last.len() / channels, channels }, fall, (last_x, last_dy), last);
}

/// Σ dy and Σ dy·(x − mean) of all rows, into `sums [2, channels]`; `dx` is room for those of the parts, or else `scratch` for one.
fn add_products(
    matrix: Matrix,
    mean: &[Real],
    (x, dy): (&[Real], &[Real]),
    dx: Option<&mut [Real]>,
    sums: &mut [Real],
    scratch: &mut [Real],
) {
    let channels = matrix.channels;
    if let Some(wide) = matrix.wide() {
        let (width, size) = (wide.width(), wide.size());
        let ((x, last_x), (dy, last_dy)) = (x.split_at(size), dy.split_at(size));
        let (mut room, mut own) = (JoinedRows::room(), JoinedRows::room());
        let (parts, own) = (&mut room[..2 * width], &mut own[..2 * width]);
        let seen = Matrix { rows: wide.rows, channels: width };
        add_products(seen, &wide.repeat(mean)[..width], (x, dy), dx, parts, own);
        for (sums, parts) in sums.chunks_exact_mut(channels).zip(parts.chunks_exact(width)) {
            wide.fold(parts, sums);
        }
        return each_strip::<4>(channels, &mut Products { channels, mean, x: last_x, dy: last_dy, sums });
    }
    let block = block_rows(channels) * channels;
    let sums_of = |first: usize, count: usize, sums: &mut [Real]| {
        sums.fill(0.0);
        let range = first * channels..(first + count) * channels;
        for (x, dy) in x[range.clone()].chunks(block).zip(dy[range].chunks(block)) {
            each_strip::<4>(channels, &mut Products { channels, mean, x, dy, sums });
        }
    };
    sums.fill(0.0);
    sums_of_parts(matrix, dx, scratch, sums_of, |_, part| {
        for (total, part) in sums.iter_mut().zip(part) {
            *total += part;
        }
    });
}

fn go_back(matrix: Matrix, fall: Fall, (x, dy): (&[Real], &[Real]), dx: &mut [Real]) {
    let channels = matrix.channels;
    let (part, block) = (matrix.part() * channels, block_rows(channels) * channels);
    each_part(dx, part, |index, dx| {
        let range = index * part..index * part + dx.len();
        let inputs = x[range.clone()].chunks(block).zip(dy[range].chunks(block));
        for ((x, dy), dx) in inputs.zip(dx.chunks_mut(block)) {
            each_strip::<4>(channels, &mut GoBack { fall, channels, x, dy, dx });
        }
    });
}

/// Σ dy and Σ dy·(x − mean) of a block, added to `sums [2, channels]`.
struct Products<'a> {
    channels: usize,
    mean: &'a [Real],
    x: &'a [Real],
    dy: &'a [Real],
    sums: &'a mut [Real],
}

impl Strip for Products<'_> {
    #[inline(always)]
    fn run<const V: usize, const PART: bool>(&mut self, first: usize, columns: usize) {
        let mean = load::<V, PART>(self.mean, first);
        let (mut sums, mut products) = ([Lanes::splat(0.0); V], [Lanes::splat(0.0); V]);
        for place in (first..self.x.len()).step_by(self.channels) {
            let (x, dy) = (load::<V, PART>(self.x, place), load::<V, PART>(self.dy, place));
            for v in 0..V {
                sums[v] = sums[v].add(dy[v]);
                products[v] = x[v].sub(mean[v]).mul_add(dy[v], products[v]);
            }
        }
        for (first, parts) in [(first, sums), (self.channels + first, products)] {
            let totals = load::<V, PART>(self.sums, first);
            store::<V, PART>(std::array::from_fn(|v| totals[v].add(parts[v])), self.sums, first, columns);
        }
    }
}

#[derive(Clone, Copy)]
struct Fall<'a> {
    mean: &'a [Real],
    factor: &'a [Real],
    slope: &'a [Real],
    shift: &'a [Real],
    inverse: Real,
}

/// `dx = factor·(dy − shift·inverse − (x − mean)·slope)` of a block.
struct GoBack<'a> {
    fall: Fall<'a>,
    channels: usize,
    x: &'a [Real],
    dy: &'a [Real],
    dx: &'a mut [Real],
}

impl Strip for GoBack<'_> {
    #[inline(always)]
    fn run<const V: usize, const PART: bool>(&mut self, first: usize, columns: usize) {
        let Fall { mean, factor, slope, shift, inverse } = self.fall;
        let [mean, factor, slope, shift] = [mean, factor, slope, shift].map(|values| load::<V, PART>(values, first));
        let zero = Lanes::splat(0.0);
        let slope: [Lanes; V] = std::array::from_fn(|v| zero.sub(slope[v]));
        let shift: [Lanes; V] = std::array::from_fn(|v| shift[v].mul(Lanes::splat(inverse)));
        for place in (first..self.dx.len()).step_by(self.channels) {
            let (x, dy) = (load::<V, PART>(self.x, place), load::<V, PART>(self.dy, place));
            let dx = std::array::from_fn(|v| x[v].sub(mean[v]).mul_add(slope[v], dy[v].sub(shift[v])).mul(factor[v]));
            store::<V, PART>(dx, self.dx, place, columns);
        }
    }
}

//! Gradients of a normalization by the batch's statistics.

use super::{combine, sums_of_parts, Matrix, FAR, TOGETHER};
use crate::kernels::joined_rows::JoinedRows;
use crate::kernels::map::zip_in_place;
use crate::kernels::strips::{block_rows, each_strip, load, store, Strip};
use crate::vector::{add_rows, Lanes, Real, Vector, LANES, LINE, NEAR_ROWS};

/// Gradients of [`super::training`]: `sums [2, channels]` gets dβ = Σ dy and dγ = Σ dy·x̂; then
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
        slope[c] = 0.0 - scale[c] * inverse * deviation[c];
    }
    let Some(dx) = dx else { return };
    let inverse = Lanes::splat(inverse);
    combine(matrix, [mean, factor, slope, shift], [x, dy], dx, |[mean, factor, slope, shift], [x, dy]| {
        x.sub(mean).mul_add(slope, dy.sub(shift.mul(inverse))).mul(factor)
    });
}

/// Σ dy and Σ dy·(x − mean) of all rows, into `sums [2, channels]`; `dx` is room for those of the parts, or else `scratch` for one.
pub fn add_products(
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
            add_block(matrix, mean, (x, dy), sums);
        }
    };
    sums.fill(0.0);
    sums_of_parts(matrix, dx, scratch, sums_of, |_, part| {
        for (total, part) in sums.iter_mut().zip(part) {
            *total += part;
        }
    });
}

/// Σ dy and Σ dy·(x − mean) of a block, added to `sums [2, channels]`.
fn add_block(matrix: Matrix, mean: &[Real], (x, dy): (&[Real], &[Real]), sums: &mut [Real]) {
    let channels = matrix.channels;
    if channels <= LINE {
        // One strip, and rows lie one after the other in it.
        return each_strip::<4>(channels, &mut Products { channels, mean, x, dy, sums });
    }
    let whole = channels / LANES * LANES;
    if matrix.in_order(3, FAR) {
        add_whole::<1, TOGETHER>(channels, &mean[..whole], (x, dy), sums);
    } else {
        add_whole::<NEAR_ROWS, FEWER>(channels, &mean[..whole], (x, dy), sums);
    }
    if whole < channels {
        Products { channels, mean, x, dy, sums }.run::<1, true>(whole, channels - whole);
    }
}

/// Columns whose sums are made together of rows that are near: they are set to zero for every block.
const FEWER: usize = 256;

/// [`add_block`] for the first columns, whole vectors of them, C at a time, and R rows together.
fn add_whole<const R: usize, const C: usize>(
    channels: usize,
    mean: &[Real],
    (x, dy): (&[Real], &[Real]),
    sums: &mut [Real],
) {
    for first in (0..mean.len()).step_by(C) {
        let columns = first..mean.len().min(first + C);
        let mut own = [[0.0; C]; 2];
        let parts = own.each_mut().map(|part| &mut part[..columns.len()]);
        add_of_rows::<R>((x.len() / channels, channels), &mean[columns.clone()], [&x[first..], &dy[first..]], parts);
        for (sums, own) in sums.chunks_exact_mut(channels).zip(&own) {
            zip_in_place(&mut sums[columns.clone()], &own[..columns.len()], |sum, own| sum.add(own));
        }
    }
}

/// Adds those of some rows, R together. A function of its own: with what stands around it, it takes some hundredths longer.
#[inline(never)]
fn add_of_rows<const R: usize>(rows: (usize, usize), mean: &[Real], values: [&[Real]; 2], sums: [&mut [Real]; 2]) {
    add_rows::<R, _, _, _>(rows, [mean], values, sums, add_product);
}

/// A value joins Σ dy and Σ dy·(x − mean).
#[inline(always)]
fn add_product([sum, product]: [Lanes; 2], [mean]: [Lanes; 1], [x, dy]: [Lanes; 2]) -> [Lanes; 2] {
    [sum.add(dy), x.sub(mean).mul_add(dy, product)]
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
                [sums[v], products[v]] = add_product([sums[v], products[v]], [mean[v]], [x[v], dy[v]]);
            }
        }
        for (first, parts) in [(first, sums), (self.channels + first, products)] {
            let totals = load::<V, PART>(self.sums, first);
            store::<V, PART>(std::array::from_fn(|v| totals[v].add(parts[v])), self.sums, first, columns);
        }
    }
}

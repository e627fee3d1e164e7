//! Matrix products of few rows, such as a dense layer on a small batch: `b` is read once, as it lies. Packing it would take longer
//! than multiplying it.
//!
//! Some rows of `b` at a time are read from their beginning to their end, for all rows of the result: the processor then knows
//! what comes next, and what several tiles need is in the first-level cache. Meanwhile the sums of a block of the reduction
//! are in scratch memory. They are added up in the same order as by [`super::matmul`]'s general way, for the same bits.

use super::by_panels;
use super::dots;
use super::ending::Ending;
use super::map::zip_in_place;
use super::matmul::{put_parts, Product, Sides, BLOCK};
use crate::error::{checked_product, Error};
use crate::gemm::micro::{load, store, strides, zeros, Tile};
use crate::threads::{each_part, share_of_units};
use crate::vector::{copy, Real, Vector, LANES};
use std::ops::Range;

/// Rows that are always few.
const FEWEST: usize = 3;

/// Most rows that are few in a long reduction.
const FEW: usize = 7;

/// The same where columns are few, which packing would pad.
const FEW_OF_NARROW: usize = 15;

/// Fewest columns that are not few.
const NARROW: usize = 64;

/// Fewest steps of a long reduction.
const LONG: usize = 20;

/// Most rows of a tile.
const MOST: usize = 5;

/// Columns of the widest tile: eight vectors of one row.
const WIDEST: usize = WIDEST_VECTORS * LANES;

/// Vectors of columns of the widest tile.
const WIDEST_VECTORS: usize = 8;

/// Elements of `b` at a time: what the first rows have read is in a near cache when the last ones come.
const ELEMENTS: usize = 16384;

/// Fewest rows of `b` at a time: sums are loaded and stored for each.
const LEAST: usize = 16;

/// Columns of a part are whole cache lines.
const UNIT: usize = 4 * LANES;

/// Whether this way is taken. A row with few columns takes the way of many such rows, for the same bits.
pub fn fits(product: &Product) -> bool {
    let &Product { m, n, k, transpose_a, transpose_b } = product;
    if n == 1 {
        return transpose_a && m > 1;
    }
    let few = m <= FEWEST || k >= LONG && m <= if n < NARROW { FEW_OF_NARROW } else { FEW };
    few && !transpose_b && !dots::fits(product) && !by_panels::fits(product)
}

/// How a product is cut.
struct Sizes {
    /// Columns of a part.
    part: usize,
    /// From one row of the sums to the next: whole vectors.
    row: usize,
    /// Rows of `b` at a time.
    steps: usize,
    /// Parts of the columns.
    parts: usize,
    /// Elements of the scratch memory of a part.
    scratch: usize,
}

impl Sizes {
    fn of(&Product { m, n, k, .. }: &Product) -> Self {
        // Reading takes as long as two rows' products.
        let part = share_of_units(n, UNIT, 2 * m.max(2) * k).min(n);
        let (parts, row) = (n.div_ceil(part), part.next_multiple_of(LANES));
        let steps = (ELEMENTS / part).clamp(LEAST, BLOCK);
        // What is added up within a block, and what its sums are added to where that cannot be `c`.
        let arrays = usize::from(steps < k.min(BLOCK)) + usize::from(parts > 1);
        Self { part, row, steps, parts, scratch: arrays * m * row }
    }
}

/// A column that is the product of a transposed `a` is a row.
fn turned(product: &Product) -> Product {
    match *product {
        Product { m, n: 1, k, .. } => Product { m: 1, n: m, k, transpose_a: false, transpose_b: false },
        other => other,
    }
}

/// float32 values of scratch memory.
pub fn workspace(product: &Product) -> Result<usize, Error> {
    let product = turned(product);
    checked_product(&[4 * product.m, product.n + UNIT])?;
    let sizes = Sizes::of(&product);
    Ok(sizes.parts * sizes.scratch)
}

/// `c = ending(op(a) · b + bias)`.
#[inline(never)]
pub fn multiply(product: Product, sides: Sides, c: &mut [Real], ending: Ending, workspace: &mut [Real]) {
    let Sides { a, b, bias } = sides;
    let (a, b) = if product.n == 1 { (b, a) } else { (a, b) };
    let product = turned(&product);
    let sizes = Sizes::of(&product);
    let Product { m, n, .. } = product;
    let work = Work { product, a, b, bias, steps: sizes.steps };
    let scratch = &mut workspace[..sizes.parts * sizes.scratch];
    if sizes.parts == 1 {
        work.columns(0..n, (scratch, sizes.row), (&mut *c, n));
        return ending.apply(c);
    }
    each_part(&mut *scratch, sizes.scratch, |part, scratch| {
        let (totals, sums) = scratch.split_at_mut(m * sizes.row);
        let columns = part * sizes.part..n.min((part + 1) * sizes.part);
        let width = columns.len();
        work.columns(columns, (sums, sizes.row), (&mut totals[..m * width], width));
    });
    put_parts((scratch, sizes.scratch), sizes.part, (c, n), ending);
}

/// What the parts of a product have in common.
struct Work<'a> {
    product: Product,
    a: &'a [Real],
    b: &'a [Real],
    bias: Option<&'a [Real]>,
    /// Rows of `b` at a time.
    steps: usize,
}

impl Work<'_> {
    /// Computes some columns of all rows of `c`, which lie `stride` apart. Sums lie `row` apart.
    fn columns(&self, columns: Range<usize>, (sums, row): (&mut [Real], usize), (c, stride): (&mut [Real], usize)) {
        let (k, width) = (self.product.k, columns.len());
        let each_row = |c: &mut [Real], work: &mut dyn FnMut(usize, &mut [Real])| {
            for (index, c) in c.chunks_mut(stride).enumerate() {
                work(index, &mut c[..width]);
            }
        };
        if let Some(bias) = self.bias {
            each_row(c, &mut |_, c| match bias {
                &[bias] => c.fill(bias),
                _ => copy(&bias[columns.clone()], c),
            });
        }
        for start in (0..k).step_by(BLOCK) {
            let block = start..k.min(start + BLOCK);
            let fresh = start == 0 && self.bias.is_none();
            if self.steps >= block.len() {
                self.add(&block, &columns, (c, stride), (true, fresh));
                continue;
            }
            for first in block.clone().step_by(self.steps) {
                let steps = first..block.end.min(first + self.steps);
                self.add(&steps, &columns, (sums, row), (false, first == start));
            }
            each_row(c, &mut |index, c| {
                let sums = &sums[index * row..][..width];
                if fresh {
                    copy(sums, c);
                } else {
                    zip_in_place(c, sums, |c, sum| c.add(sum));
                }
            });
        }
    }

    /// Adds the products of some steps to `out`: as a sum of their own if they are the `whole` block, else one after the other.
    /// Overwrites when it is `fresh`.
    fn add(
        &self,
        steps: &Range<usize>,
        columns: &Range<usize>,
        (out, stride): (&mut [Real], usize),
        (whole, fresh): (bool, bool),
    ) {
        let (mut row, state) = (0, (whole, fresh));
        while row < self.product.m {
            // As many rows a tile as in the others.
            let left = self.product.m - row;
            let count = left.div_ceil(left.div_ceil(MOST));
            let mut column = columns.start;
            while column < columns.end {
                let place = (row, column, columns.end - column);
                let out = (&mut out[row * stride + column - columns.start..], stride);
                let vectors = place.2.div_ceil(LANES);
                column += LANES
                    * match (count, vectors) {
                        (1, WIDEST_VECTORS..) => self.tile::<1, WIDEST_VECTORS>(steps, place, out, state),
                        (1, 4..) => self.tile::<1, 4>(steps, place, out, state),
                        (1, 3) => self.tile::<1, 3>(steps, place, out, state),
                        (1, 2) => self.tile::<1, 2>(steps, place, out, state),
                        (1, _) => self.tile::<1, 1>(steps, place, out, state),
                        (2, 4..) => self.tile::<2, 4>(steps, place, out, state),
                        (2, 3) => self.tile::<2, 3>(steps, place, out, state),
                        (2, 2) => self.tile::<2, 2>(steps, place, out, state),
                        (2, _) => self.tile::<2, 1>(steps, place, out, state),
                        (3, 3..) => self.tile::<3, 3>(steps, place, out, state),
                        (3, 2) => self.tile::<3, 2>(steps, place, out, state),
                        (3, _) => self.tile::<3, 1>(steps, place, out, state),
                        (4, 2..) => self.tile::<4, 2>(steps, place, out, state),
                        (4, _) => self.tile::<4, 1>(steps, place, out, state),
                        (_, 2..) => self.tile::<5, 2>(steps, place, out, state),
                        (_, _) => self.tile::<5, 1>(steps, place, out, state),
                    };
            }
            row += count;
        }
    }

    /// P rows and NV vectors of columns, of which there may be fewer: their last lanes get what comes next in `b`, which nobody
    /// reads. Answers NV.
    #[inline(never)]
    fn tile<const P: usize, const NV: usize>(
        &self,
        steps: &Range<usize>,
        (row, column, left): (usize, usize, usize),
        (out, stride): (&mut [Real], usize),
        (whole, fresh): (bool, bool),
    ) -> usize {
        let Product { m, n, k, transpose_a, .. } = self.product;
        let (row_step, step) = if transpose_a { (1, m) } else { (k, 1) };
        let a = |from: usize| (self.a, row * row_step + from * step, row_step, step);
        let mut sums: Tile<P, NV> = if whole || fresh { zeros() } else { load(out, 0, stride) };
        // Nothing comes after the last row of `b`.
        let inside = steps.len() - usize::from((steps.end - 1) * n + column + NV * LANES > self.b.len());
        strides(&mut sums, a(steps.start), (self.b, steps.start * n + column, n), inside);
        if inside < steps.len() {
            let mut last = [0.0; WIDEST];
            let used = left.min(NV * LANES);
            copy(&self.b[(steps.end - 1) * n + column..][..used], &mut last[..used]);
            strides(&mut sums, a(steps.end - 1), (&last, 0, 0), 1);
        }
        let width = if whole { left.min(NV * LANES) } else { NV * LANES };
        store(&sums, out, 0, stride, width, fresh || !whole);
        NV
    }
}

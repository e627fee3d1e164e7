//! Matrix products of few rows and a matrix that comes from memory, such as a dense layer of millions of weights on one sample: it is read
//! in the order in which it lies, which a processor foresees, and sums wait in a near cache. Blocks of the reduction have sums of their
//! own, which threads share, and which are added up in the same order as by [`super::matmul`]'s general way, for the same bits.

use super::bias::broadcast;
use super::ending::Ending;
use super::map::zip_in_place;
use super::matmul::{Product, Sides, BLOCK};
use crate::error::{checked_product, Error};
use crate::threads::each_part;
use crate::vector::{spread, Lanes, Real, Vector};
use std::array::from_fn;
use std::ops::Range;

/// Values of `b` that no near cache keeps: more than 8 MiB.
const FAR: usize = 1 << 21;

/// Most rows: of more sums are loaded and stored longer than a panel of `b` is packed.
const MOST: usize = 4;

/// Fewest columns: so many values in their order are foreseen.
const FEWEST: usize = 256;

/// Columns from which on two steps of several rows are taken at once, so that their sums are loaded and stored once: each is long enough to be
/// foreseen by itself.
const LONG: usize = 1024;

/// Sums that stay in a first-level cache.
const NEAR: usize = 4096;

/// Whether this way is taken.
pub fn fits(&Product { m, n, k, transpose_b, .. }: &Product) -> bool {
    !transpose_b && m <= MOST && n >= FEWEST && n * k > FAR
}

/// float32 values of scratch memory: the sums of all blocks.
pub fn workspace(&Product { m, n, k, .. }: &Product) -> Result<usize, Error> {
    checked_product(&[k.div_ceil(BLOCK), m, n])
}

/// `c = ending(op(a) · b + bias)`.
#[inline(never)]
pub fn multiply(product: Product, sides: Sides, c: &mut [Real], ending: Ending, workspace: &mut [Real]) {
    let Product { m, n, k, .. } = product;
    let sums = &mut workspace[..k.div_ceil(BLOCK) * m * n];
    each_part(&mut *sums, m * n, |block, sums| {
        let work = Work { product, sides, steps: block * BLOCK..k.min((block + 1) * BLOCK) };
        match m {
            1 => work.add::<1>(sums),
            2 => work.add::<2>(sums),
            3 => work.add::<3>(sums),
            _ => work.add::<MOST>(sums),
        }
    });
    broadcast(sides.bias, n, c);
    sums.chunks_exact(m * n).for_each(|sums| zip_in_place(c, sums, |c, sum| c.add(sum)));
    ending.apply(c);
}

/// A block of the reduction.
struct Work<'a> {
    product: Product,
    sides: Sides<'a>,
    steps: Range<usize>,
}

impl Work<'_> {
    /// The products of all P rows, into `sums`.
    #[inline(never)]
    fn add<const P: usize>(&self, sums: &mut [Real]) {
        let n = self.product.n;
        sums.fill(0.0);
        for first in (0..n).step_by(NEAR / P) {
            let columns = first..n.min(first + NEAR / P);
            let mut rows = sums.chunks_exact_mut(n);
            let mut rows: [&mut [Real]; P] =
                from_fn(|_| rows.next().map(|row| &mut row[columns.clone()]).unwrap_or_default());
            let mut step = self.steps.start;
            while P > 1 && n >= LONG && step + 2 <= self.steps.end {
                self.take::<P, 2, 2>(step, &columns, &mut rows);
                step += 2;
            }
            (step..self.steps.end).for_each(|step| self.take::<P, 1, 4>(step, &columns, &mut rows));
        }
    }

    /// S steps, in their order, for some columns, N vectors of them at a time.
    #[inline(always)]
    fn take<const P: usize, const S: usize, const N: usize>(
        &self,
        first: usize,
        columns: &Range<usize>,
        rows: &mut [&mut [Real]; P],
    ) {
        let (Product { m, n, k, transpose_a, .. }, Sides { a, b, .. }) = (self.product, self.sides);
        let value = |row: usize, step: usize| a[if transpose_a { step * m + row } else { row * k + step }];
        let factors: [[Lanes; S]; P] = from_fn(|row| from_fn(|step| Lanes::splat(value(row, first + step))));
        let values: [&[Real]; S] = from_fn(|step| &b[(first + step) * n..][columns.clone()]);
        spread::<S, P, N>(values, rows.each_mut().map(|row| &mut **row), |values, sums| {
            from_fn(|row| (0..S).fold(sums[row], |sum, step| factors[row][step].mul_add(values[step], sum)))
        });
    }
}

//! Matrix products of few columns with a transposed left side, such as the gradient of a classifier's last layer: lanes along
//! the rows of the result, which lie side by side in `a`. Nothing but a transposed `b` is packed, and no lane is empty.
//!
//! Rows of `a` are far apart. A few of them are read at a time, from their beginning to their end: the processor then knows
//! what comes next, and their pages stay known to it.

use super::ending::Ending;
use super::matmul::{Product, Sides};
use crate::gemm::micro::{by_halves, columns, store, vector_by_vector, zeros, Tile, Walk};
use crate::gemm::pack::transpose;
use crate::threads::{each_pair, share_of_units};
use crate::vector::{Lanes, Real, Vector, LANES};
use std::ops::Range;

/// Most columns that are few.
const FEW: usize = 16;

/// Steps of the reduction at a time: rows of `a` that are read side by side. With half as many, sums are put aside and fetched twice as
/// often (400 rows, ten columns: 46 → 49 of 59 GFLOP/s); with twice as many, rows that lie a multiple of 1 KiB apart push each other out of
/// a cache (1600 rows: 46 → 41).
const STEPS: usize = 64;

/// Rows that are computed together, a strip: one cache line.
const WIDTH: usize = 4 * LANES;

/// Rows of a strip where there are 15 registers and products are fused: six vectors, which two columns at a time make twelve sums of. Eight
/// or ten wait for each other (1600 rows, ten columns: 81 → 86 % of the FMA peak).
const WIDEST: usize = 6 * LANES;

/// Rows of a strip.
fn width_of(product: &Product) -> usize {
    if by_halves() && product.m >= WIDEST {
        WIDEST
    } else {
        WIDTH
    }
}

/// Strips whose sums stay in a cache while all steps pass.
const STRIPS: usize = 32;

/// Whether this way is taken.
pub fn fits(product: &Product) -> bool {
    product.n <= FEW && product.m >= WIDTH && product.transpose_a
}

/// float32 values of scratch memory: the sums, strip by strip of either width, and a transposed `b` turned.
pub fn workspace(product: &Product) -> usize {
    let sums = [WIDTH, WIDEST].map(|width| sums_of(product, width));
    sums[0].max(sums[1]) + turned_of(product)
}

fn turned_of(product: &Product) -> usize {
    if product.transpose_b {
        product.k * product.n
    } else {
        0
    }
}

fn sums_of(product: &Product, width: usize) -> usize {
    product.m.next_multiple_of(width) * product.n
}

/// `c = ending(aᵀ · op(b) + bias)`.
#[inline(never)]
pub fn multiply(product: Product, sides: Sides, c: &mut [Real], ending: Ending, workspace: &mut [Real]) {
    let Sides { a, b, bias } = sides;
    let Product { m, n, k, transpose_b, .. } = product;
    let width = width_of(&product);
    let (sums, turned) = workspace.split_at_mut(sums_of(&product, width));
    let turned = &mut turned[..turned_of(&product)];
    if transpose_b {
        transpose(b, k, n, turned);
    }
    let b = if transpose_b { turned } else { b };
    let rows = share_of_units(m, width, 2 * n * k);
    each_pair((c, rows * n), (sums, rows * n), |part, c, sums| {
        let count = c.len() / n;
        for first in (0..count).step_by(STRIPS * width) {
            let sums = &mut sums[first * n..];
            let places = || (first..count.min(first + STRIPS * width)).step_by(width);
            // The last rows may be some of those before, computed again. Where a part is narrower than a strip, its strip
            // begins earlier and the first lanes are not wanted.
            let row = |place: usize| part * rows + place.min(count.saturating_sub(width));
            let start = |place: usize| row(place).min(m - width);
            for begin in (0..k).step_by(STEPS) {
                let steps = begin..k.min(begin + STEPS);
                for (place, sums) in places().zip(sums.chunks_exact_mut(n * width)) {
                    Strip { m, n, width, start: start(place) }.add(&steps, a, b, sums);
                }
            }
            for (place, sums) in places().zip(sums.chunks_exact(n * width)) {
                let c = &mut c[(row(place) - part * rows) * n..];
                put((sums, width), row(place) - start(place), n, bias, &mut c[..n * width.min(count)]);
            }
        }
        ending.after(part * rows * n).apply(c);
    });
}

struct Strip {
    m: usize,
    n: usize,
    width: usize,
    start: usize,
}

impl Strip {
    /// Adds some steps to `sums[column][lane]` of all columns and the rows from `start` on; the first steps overwrite.
    fn add(&self, steps: &Range<usize>, a: &[Real], b: &[Real], sums: &mut [Real]) {
        let mut column = 0;
        while column < self.n {
            // Eight to twelve sums where that can be: each waits four cycles for itself, and two are added to in a cycle.
            column += match (self.width == WIDEST, self.n - column) {
                (true, 1) => self.six_vectors::<1>(steps, column, a, b, sums),
                (true, _) => self.six_vectors::<2>(steps, column, a, b, sums),
                (false, 1) => self.tiles::<1, 4>(steps, column, a, b, sums),
                (false, 2 | 3 | 6) => self.tiles::<2, 4>(steps, column, a, b, sums),
                (false, 4 | 8 | 12 | 16) => self.tiles::<4, 2>(steps, column, a, b, sums),
                (false, _) => self.tiles::<5, 2>(steps, column, a, b, sums),
            };
        }
    }

    /// P columns and a whole strip of [`WIDEST`] rows. Answers P.
    #[inline(never)]
    fn six_vectors<const P: usize>(
        &self,
        steps: &Range<usize>,
        column: usize,
        a: &[Real],
        b: &[Real],
        sums: &mut [Real],
    ) -> usize {
        const NV: usize = WIDEST / LANES;
        let mut tile: Tile<NV, P> = zeros();
        let b = (b, steps.start * self.n + column, self.n);
        vector_by_vector(&mut tile, b, (a, steps.start * self.m + self.start, self.m), steps.len());
        let columns: Tile<P, NV> = std::array::from_fn(|p| std::array::from_fn(|v| tile[v][p]));
        store(&columns, sums, column * WIDEST, WIDEST, WIDEST, steps.start == 0);
        P
    }

    /// P columns, NV vectors of rows at a time. Answers P.
    #[inline(never)]
    fn tiles<const P: usize, const NV: usize>(
        &self,
        steps: &Range<usize>,
        column: usize,
        a: &[Real],
        b: &[Real],
        sums: &mut [Real],
    ) -> usize {
        let walk = Walk::straight(steps.len());
        let b = (b, steps.start * self.n + column, self.n, walk);
        for lane in (0..WIDTH).step_by(NV * LANES) {
            let mut tile: Tile<P, NV> = zeros();
            columns(&mut tile, b, (a, steps.start * self.m + self.start + lane, self.m, walk));
            store(&tile, sums, column * WIDTH + lane, WIDTH, NV * LANES, steps.start == 0);
        }
        P
    }
}

/// Writes `sums [column][lane]` as rows, from a lane on.
fn put((sums, width): (&[Real], usize), lane: usize, n: usize, bias: Option<&[Real]>, c: &mut [Real]) {
    if n < LANES || c.len() < n * width {
        for (row, c) in c.chunks_exact_mut(n).enumerate() {
            for (column, value) in c.iter_mut().enumerate() {
                *value = sums[column * width + lane + row] + bias.map_or(0.0, |bias| bias[column]);
            }
        }
        return;
    }
    for column in (0..n).step_by(LANES) {
        // The last ones may be some of those before, written again.
        let column = column.min(n - LANES);
        let bias = bias.map_or(Lanes::splat(0.0), |bias| Lanes::load(&bias[column..]));
        for first in (0..width).step_by(LANES) {
            let vectors = std::array::from_fn(|q| Lanes::load(&sums[(column + q) * width + first..]));
            for (row, vector) in Lanes::interleave::<4>(vectors).into_iter().enumerate() {
                vector.add(bias).store(&mut c[(first + row) * n + column..]);
            }
        }
    }
}

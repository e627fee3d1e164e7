//! Matrix products of a long reduction with a transposed left side, such as the gradient of filters of one tap: both sides
//! are read row by row, and every step is an outer product.
//!
//! The reduction is cut into parts with sums of their own, which are added in their order. A part passes in blocks of steps
//! that stay in the second-level cache: rows of `a`, copied so that they lie an odd number of cache lines apart, because at
//! powers of two a column of them would find room in a part of the first-level cache only; and `b`, of which one panel of four
//! vectors of columns is packed at a time. Lines of `a` that tiles read for one half of a panel are in the first-level cache for the
//! other half. Meanwhile the next block is asked for in its order, a value with every step of a tile: many at a time took more than they
//! saved. 64 rows and columns of 50,176 steps, which no cache keeps, take 0.9 of the time so (Zen 4).

use super::bias;
use super::ending::Ending;
use super::map::zip_in_place;
use super::matmul::{Product, Sides};
use crate::gemm::micro::{in_pairs, outer_tiles, Paced, SIX};
use crate::gemm::pack::pack_panel;
use crate::threads::{each_part, each_with_scratch, share};
use crate::vector::{copy, many_registers, Real, Vector, FUSED, LANES, LINE};

/// Fewest steps for which this pays.
const LEAST: usize = 256;

/// Fewest steps of a part, where there are two at all: of results so small rows are not shared as evenly.
const LEAST_OF_PART: usize = 256;

/// Most parts.
const PARTS: usize = 8;

/// Fewest rows and columns of the result.
const FEWEST: usize = 8;

/// Most elements of the result: it stays in the second-level cache with two blocks of both sides.
const MOST: usize = 1 << 16;

/// Most steps of a block: a line of `a` for each and a panel then take two thirds of a first-level cache.
const BLOCK: usize = 256;

/// Most elements of a block, with the copy of `a`, for which the next one is asked for: half a megabyte, or they would push each other out of
/// the second-level cache.
const NEAR: usize = 1 << 17;

/// Vectors of columns of a panel, at most.
const VECTORS: usize = 4;

/// Columns of a tile: two vectors.
const TILE: usize = 2 * LANES;

/// Rows of a tile of two vectors, which has ten sums, where products are not fused.
const FIVE: usize = 5;

/// The same where there are registers for sixteen sums.
const EIGHT: usize = 8;

/// Whether this way is taken.
pub fn fits(&Product { m, n, k, transpose_a, transpose_b }: &Product) -> bool {
    transpose_a && !transpose_b && k >= LEAST && m.min(n) >= FEWEST && m * n <= MOST
}

/// What the parts of a product have in common.
#[derive(Clone, Copy)]
struct Sizes {
    /// Steps of a part.
    part: usize,
    /// Steps of a block.
    block: usize,
    /// Columns with their padding to whole vectors.
    columns: usize,
    /// From one row of a block of `a` to the next.
    row: usize,
    /// Whether the next block is asked for.
    asks: bool,
}

impl Sizes {
    fn of(&Product { m, n, k, .. }: &Product) -> Self {
        let parts = (k / LEAST_OF_PART).clamp(2, PARTS);
        let part = k.div_ceil(1 << parts.ilog2());
        let row = m.next_multiple_of(LINE);
        // An odd number of lines.
        let row = if row / LINE % 2 == 0 { row + LINE } else { row };
        let block = part.div_ceil(part.div_ceil(BLOCK));
        Self { part, block, columns: n.next_multiple_of(LANES), row, asks: FUSED && block * (2 * m + n) <= NEAR }
    }

    /// Elements of the scratch memory of a part: a block of `a`, a panel of `b`.
    fn scratch(&self) -> usize {
        self.block * (self.row + VECTORS * LANES)
    }
}

/// float32 values of scratch memory.
pub fn workspace(product: &Product) -> usize {
    let sizes = Sizes::of(product);
    product.k.div_ceil(sizes.part) * (product.m * sizes.columns + sizes.scratch())
}

/// `c = ending(aᵀ · b + bias)`.
#[inline(never)]
pub fn multiply(product: Product, sides: Sides, c: &mut [Real], ending: Ending, workspace: &mut [Real]) {
    let Sides { a, b, bias } = sides;
    let Product { m, n, k, .. } = product;
    let sizes = Sizes::of(&product);
    let parts = k.div_ceil(sizes.part);
    let (sums, scratch) = workspace[..self::workspace(&product)].split_at_mut(parts * m * sizes.columns);
    each_with_scratch([(&mut *sums, m * sizes.columns)], (scratch, sizes.scratch()), |part, [sums], scratch| {
        sums.fill(0.0);
        let (rows, panel) = scratch.split_at_mut(sizes.block * sizes.row);
        let end = k.min((part + 1) * sizes.part);
        for start in (part * sizes.part..end).step_by(sizes.block) {
            let steps = start..end.min(start + sizes.block);
            let (a, b) = (&a[steps.start * m..steps.end * m], &b[steps.start * n..steps.end * n]);
            let rows = &mut rows[..steps.len() * sizes.row];
            for (source, target) in a.chunks_exact(m).zip(rows.chunks_exact_mut(sizes.row)) {
                copy(source, &mut target[..m]);
            }
            let next = if sizes.asks { steps.end..end.min(steps.end + sizes.block) } else { 0..0 };
            let next = [&sides.a[next.start * m..next.end * m], &sides.b[next.start * n..next.end * n]];
            add_block(&product, &sizes, (rows, b), next, panel, sums);
        }
    });
    let rows = share(m, 4 * n * parts);
    let sums = &*sums;
    each_part(c, rows * n, |part, c| {
        for (row, c) in c.chunks_exact_mut(n).enumerate() {
            let first = (part * rows + row) * sizes.columns;
            copy(&sums[first..][..n], c);
            for others in sums.chunks_exact(m * sizes.columns).skip(1) {
                zip_in_place(c, &others[first..][..n], |sum, other| sum.add(other));
            }
        }
        if let Some(bias) = bias {
            bias::add(bias, c);
        }
        ending.after(part * rows * n).apply(c);
    });
}

/// Adds the products of a block to the sums, and asks for the next one.
fn add_block(
    product: &Product,
    sizes: &Sizes,
    (rows, b): (&[Real], &[Real]),
    next: [&[Real]; 2],
    panel: &mut [Real],
    sums: &mut [Real],
) {
    let steps = b.len() / product.n;
    let tiles = (product.m / SIX).max(1) * (sizes.columns / TILE).max(1);
    let mut next = Paced::new(next, tiles * steps);
    let mut column = 0;
    while column < product.n {
        // Never one alone, whose tiles would read more than they compute.
        let vectors = match (sizes.columns - column) / LANES {
            3 | 5 => 3,
            VECTORS.. => VECTORS,
            _ => 2,
        };
        let width = vectors * LANES;
        let panel = &mut panel[..steps * width];
        pack_panel(&b[column..], product.n, width.min(product.n - column), panel, width);
        let next = &mut next;
        let (a, out) = ((rows, sizes.row), (&mut sums[column..], sizes.columns));
        match vectors {
            VECTORS => by_twos::<VECTORS>(product.m, a, panel, out, next),
            3 => down::<3, 3, 3>(product.m, a, panel, out, next),
            _ => by_twos::<2>(product.m, a, panel, out, next),
        }
        column += width;
    }
}

/// A panel of two vectors or twice two, in tiles that suit the processor.
fn by_twos<const W: usize>(m: usize, a: (&[Real], usize), panel: &[Real], out: (&mut [Real], usize), next: &mut Paced) {
    if many_registers() {
        down::<EIGHT, 2, W>(m, a, panel, out, next);
    } else if FUSED {
        down::<SIX, 2, W>(m, a, panel, out, next);
    } else {
        down::<FIVE, 2, W>(m, a, panel, out, next);
    }
}

/// All rows of the result for a panel: tiles of P rows, then of fewer. With five some are of four so that none are left, of twelve rows or more.
#[inline(never)]
fn down<const P: usize, const NV: usize, const W: usize>(
    m: usize,
    a: (&[Real], usize),
    panel: &[Real],
    (sums, stride): (&mut [Real], usize),
    next: &mut Paced,
) {
    let [most, five] = match P {
        SIX => in_pairs(m),
        FIVE => [m.saturating_sub((P - m % P) % P * 4), 0],
        _ => [m, 0],
    };
    let mut row = outer_tiles::<P, NV, W>(a, panel, (sums, stride), 0..most, next);
    if P == SIX {
        row = outer_tiles::<5, NV, W>(a, panel, (sums, stride), row..most + five, next);
    } else if P > 4 {
        row = outer_tiles::<4, NV, W>(a, panel, (sums, stride), row..m, next);
    }
    row = outer_tiles::<2, W, W>(a, panel, (sums, stride), row..m, next);
    outer_tiles::<1, W, W>(a, panel, (sums, stride), row..m, next);
}

//! Matrix products of few columns over a long reduction, such as the last layer of a classifier: lanes along the reduction.
//! With lanes along the columns ten of them would take three vectors, and a sixth of the lanes would be empty.

use super::bias::broadcast;
use super::ending::Ending;
use super::matmul::{Product, Sides};
use crate::gemm::micro::{by_halves, dots, in_sixes, zeros, Panel, Tile, Walk, SIX};
use crate::threads::{each_part, share_of_units};
use crate::vector::{Lanes, Real, Vector, LANES};
use std::ops::Range;

/// Columns are fewer than these.
const FEW: usize = 16;

/// Most columns that are computed together.
const MOST: usize = 4;

/// Fewest steps, by columns: adding up the lanes of a sum takes as long as some of them. Where less than an eighth of the lanes would be empty
/// the other way, it is that way, but for four columns, which would be one vector.
fn least_steps(columns: usize) -> Option<usize> {
    match columns {
        2 | 3 | 5 | 6 => Some(8),
        4 => Some(64),
        9 | 10 | 13 => Some(24),
        _ => None,
    }
}

/// Most elements of `b` at a time: they stay in the first-level cache while all rows pass.
const BLOCK: usize = 8192;

/// Rows of `a` that pass all columns of a block, then the next ones: whole tiles of two, three, four or six rows.
const ROWS: usize = 24;

/// Most rows for which `b` is not packed.
const FEW_ROWS: usize = 4;

/// Whether this way is taken.
pub fn fits(&Product { n, k, transpose_a, .. }: &Product) -> bool {
    !transpose_a && least_steps(n).is_some_and(|least| k >= least)
}

/// float32 values of scratch memory: `b`, but for its last steps when they are no whole vector.
pub fn workspace(product: &Product) -> usize {
    product.k / LANES * LANES * product.n
}

/// `c = ending(a · op(b) + bias)`.
#[inline(never)]
pub fn multiply(product: Product, sides: Sides, c: &mut [Real], ending: Ending, workspace: &mut [Real]) {
    let Sides { a, b, bias } = sides;
    let Product { m, n, k, .. } = product;
    let packed = &mut workspace[..self::workspace(&product)];
    let vectors = packed.len() / n / LANES;
    let blocks = (packed.len() / n * MOST.min(n)).div_ceil(BLOCK);
    let block = vectors.div_ceil(blocks) * LANES * n;
    if m <= FEW_ROWS && blocks == 1 && !product.transpose_b {
        broadcast(bias, n, c);
        for (a, c) in a.chunks(2 * k).zip(c.chunks_mut(2 * n)) {
            if c.len() > n {
                rows::<2, 1>(k, a, b, 0, n, c);
            } else {
                let first = rows::<1, 2>(k, a, b, 0, n, c);
                rows::<1, 1>(k, a, b, first, n, c);
            }
        }
        return ending.apply(c);
    }
    let last = last_steps(&product, b, vectors * LANES);
    each_part(packed, block, |part, packed| {
        let steps = packed.len() / n;
        pack(&product, b, part * block / n, steps, packed);
    });
    let rows = share_of_units(m, 2, 2 * n * k);
    each_part(c, rows * n, |part, c| {
        broadcast(bias, n, c);
        let a = &a[part * rows * k..][..c.len() / n * k];
        for (index, packed) in packed.chunks(block).enumerate() {
            let steps = packed.len() / n;
            let is_last = (index + 1) * block >= vectors * LANES * n;
            for (a, c) in a.chunks(ROWS * k).zip(c.chunks_mut(ROWS * n)) {
                let a = &a[index * block / n..];
                for (first, count) in groups(n) {
                    let panel = &packed[first * steps..][..count * steps];
                    let few = if is_last { k % LANES } else { 0 };
                    let (last, c) = ((&last[first..first + count], few), Columns { values: &mut *c, first, n });
                    match count {
                        2 if by_halves() => down::<SIX, 2>((a, k), panel, last, c),
                        2 => down::<4, 2>((a, k), panel, last, c),
                        3 => down::<3, 3>((a, k), panel, last, c),
                        _ => down::<2, 4>((a, k), panel, last, c),
                    }
                }
            }
        }
        ending.after(part * rows * n).apply(c);
    });
}

/// The steps from `start` on, fewer than a vector has, of each column.
fn last_steps(product: &Product, b: &[Real], start: usize) -> [Lanes; FEW] {
    let &Product { n, k, transpose_b, .. } = product;
    std::array::from_fn(|column| {
        Lanes::from_array(std::array::from_fn(|lane| match start + lane {
            step if column >= n || step >= k => 0.0,
            step if transpose_b => b[column * k + step],
            step => b[step * n + column],
        }))
    })
}

/// Adds the products of P rows with `b` as it lies to columns of `c` from `first` on, V vectors at a time while there are so many: a sum for
/// every fourth step, so that the results have the bits of [`tile`]. Answers how far it came; one vector may go beyond the end.
#[inline(always)]
fn rows<const P: usize, const V: usize>(
    k: usize,
    a: &[Real],
    b: &[Real],
    first: usize,
    n: usize,
    c: &mut [Real],
) -> usize {
    let a: [&[Real]; P] = std::array::from_fn(|r| &a[r * k..][..k]);
    let mut column = first;
    while if V > 1 { column + V * LANES <= n } else { column < n } {
        let mut sums = [[[Lanes::splat(0.0); V]; P]; LANES];
        let whole = (b.len() - column).saturating_sub(V * LANES) / n / LANES * LANES;
        let whole = whole.min(k / LANES * LANES);
        for step in (0..whole).step_by(LANES) {
            let b = &b[step * n + column..][..(LANES - 1) * n + V * LANES];
            for (lane, sums) in sums.iter_mut().enumerate() {
                for v in 0..V {
                    let b = Lanes::load(&b[lane * n + v * LANES..]);
                    for r in 0..P {
                        sums[r][v] = Lanes::splat(a[r][step + lane]).mul_add(b, sums[r][v]);
                    }
                }
            }
        }
        for step in whole..k {
            let b = &b[step * n + column..];
            for v in 0..V {
                let b = if b.len() < LANES { Lanes::load_few(b, 0.0) } else { Lanes::load(&b[v * LANES..]) };
                for r in 0..P {
                    let sum = &mut sums[step % LANES][r][v];
                    *sum = Lanes::splat(a[r][step]).mul_add(b, *sum);
                }
            }
        }
        for (r, c) in c.chunks_exact_mut(n).take(P).enumerate() {
            for v in 0..V {
                let sum = |lane: usize| sums[lane][r][v];
                let sum = sum(0).add(sum(2)).add(sum(1).add(sum(3))).to_array();
                let width = LANES.min(n - column - v * LANES);
                for (c, sum) in c[column + v * LANES..][..width].iter_mut().zip(sum) {
                    *c += sum;
                }
            }
        }
        column += V * LANES;
    }
    column
}

/// The columns in groups that are computed together, of two to four, or in pairs and perhaps three, which make twelve sums with six rows: the
/// first one of each, and how many.
fn groups(n: usize) -> impl Iterator<Item = (usize, usize)> {
    let pairs = by_halves();
    let mut first = 0;
    std::iter::from_fn(move || {
        let left = n - first;
        let count = if pairs && left != 3 { left.min(2) } else { left.div_ceil(left.div_ceil(MOST).max(1)) };
        first += count;
        (count > 0).then_some((first - count, count))
    })
}

/// Packs some steps, group by group: a vector of each column, then the next vector of each.
fn pack(product: &Product, b: &[Real], start: usize, steps: usize, packed: &mut [Real]) {
    let &Product { n, k, transpose_b, .. } = product;
    for (first, count) in groups(n) {
        let panel = &mut packed[first * steps..][..count * steps];
        if transpose_b {
            for column in 0..count {
                let vectors = b[(first + column) * k + start..][..steps].chunks_exact(LANES);
                for (vector, panel) in vectors.zip(panel.chunks_exact_mut(count * LANES)) {
                    Lanes::load(vector).store(&mut panel[column * LANES..]);
                }
            }
            continue;
        }
        let b = &b[start * n..][..steps * n];
        if n < LANES {
            for (step, b) in b.chunks_exact(n).enumerate() {
                for (column, &value) in b.iter().enumerate() {
                    panel[(step / LANES * n + column) * LANES + step % LANES] = value;
                }
            }
            continue;
        }
        // The last columns are loaded with some of those before.
        let column = first.min(n - LANES);
        match (count, first - column) {
            (2, 0) => pack_group::<2, 0>(b, n, column, panel),
            (2, _) => pack_group::<2, 2>(b, n, column, panel),
            (3, 0) => pack_group::<3, 0>(b, n, column, panel),
            (3, _) => pack_group::<3, 1>(b, n, column, panel),
            _ => pack_group::<4, 0>(b, n, column, panel),
        }
    }
}

/// A group of F columns: those that come after SKIPPED ones from `column` on.
fn pack_group<const F: usize, const SKIPPED: usize>(b: &[Real], n: usize, column: usize, panel: &mut [Real]) {
    for (b, panel) in b.chunks_exact(LANES * n).zip(panel.chunks_exact_mut(F * LANES)) {
        let vectors = Lanes::interleave::<4>(std::array::from_fn(|row| Lanes::load(&b[row * n + column..])));
        for f in 0..F {
            vectors[SKIPPED + f].store(&mut panel[f * LANES..]);
        }
    }
}

/// Some columns of all rows of `c`.
struct Columns<'a> {
    values: &'a mut [Real],
    first: usize,
    n: usize,
}

/// All rows of F columns: tiles of P rows, of fewer that fill the registers, then of one. Rows of `a` lie `stride` apart. Behind the
/// panel's steps come a few `last` ones.
#[inline(never)]
fn down<const P: usize, const F: usize>(a: (&[Real], usize), panel: &[Real], last: (&[Lanes], usize), mut c: Columns) {
    let count = c.values.len() / c.n;
    let [whole, fives, fours] = if P == SIX { in_sixes(count) } else { [count / P * P, 0, 0] };
    let fives = whole + fives;
    let fours = fives + fours;
    tiles::<P, F>(a, 0..whole, panel, last, &mut c);
    if P == SIX {
        tiles::<5, F>(a, whole..fives, panel, last, &mut c);
        tiles::<4, F>(a, fives..fours, panel, last, &mut c);
    }
    tiles::<1, F>(a, fours..count, panel, last, &mut c);
}

#[inline(always)]
fn tiles<const P: usize, const F: usize>(
    a: (&[Real], usize),
    rows: Range<usize>,
    panel: &[Real],
    last: (&[Lanes], usize),
    c: &mut Columns,
) {
    for row in rows.step_by(P) {
        add(tile::<P, F>(a, row, panel, last), &mut c.values[row * c.n + c.first..], c.n);
    }
}

#[inline(always)]
fn tile<const P: usize, const F: usize>(
    (a, stride): (&[Real], usize),
    row: usize,
    panel: &[Real],
    (last, few): (&[Lanes], usize),
) -> Tile<P, F> {
    let mut sums = zeros::<P, F>();
    let walk = Walk::straight(panel.len() / F);
    dots(&mut sums, (a, row * stride, stride, walk), Panel::whole(panel, &walk));
    if few > 0 {
        for (r, sums) in sums.iter_mut().enumerate() {
            let a = Lanes::load_few(&a[(row + r) * stride + panel.len() / F..][..few], 0.0);
            for (sum, &b) in sums.iter_mut().zip(last) {
                *sum = a.mul_add(b, *sum);
            }
        }
    }
    sums
}

/// Adds the sums of the lanes to rows that lie `n` apart.
#[inline(always)]
fn add<const P: usize, const F: usize>(sums: Tile<P, F>, c: &mut [Real], n: usize) {
    for r in 0..P {
        let c = &mut c[r * n..][..F];
        if F >= 3 {
            let lanes = Lanes::interleave::<4>(std::array::from_fn(|f| sums[r][f.min(F - 1)]));
            let sums = lanes[0].add(lanes[2]).add(lanes[1].add(lanes[3]));
            if F == LANES {
                Lanes::load(c).add(sums).store(c);
            } else {
                for (c, sum) in c.iter_mut().zip(sums.to_array()) {
                    *c += sum;
                }
            }
        } else {
            for f in 0..F {
                c[f] += sums[r][f].sum();
            }
        }
    }
}

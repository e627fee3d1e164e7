//! Matrix products of few rows or columns whose two sides both lie along the reduction, such as the gradient of a dense layer's
//! inputs on a small batch: dot products between rows of `a` and rows of `b`, as they lie. Nothing is packed.

use super::bias::broadcast;
use super::ending::Ending;
use super::matmul::{put_parts, Product, Sides};
use crate::gemm::micro::{dots_between, Tile};
use crate::gemm::pack::transpose;
use crate::threads::{each_part, share};
use crate::vector::{Lanes, Real, Vector, LANES};

/// Fewest steps of the reduction, and how many rows are few then: packing takes the longer, the fewer there are.
const FEW: [(usize, usize); 3] = [(4, 3), (20, 7), (48, 15)];

/// Most columns that are few: where they are no whole vectors, or the reduction is long.
const FEW_COLUMNS: usize = 7;

/// Fewest steps for columns that are a whole vector.
const LONG: usize = 48;

/// Most of them that are computed together.
const MOST: usize = 4;

/// Steps of the reduction at a time.
const BLOCK: usize = 512;

/// Rows that pass all the others while they stay in the first-level cache, at least: whole tiles of two, three and four.
const ROWS: usize = 12;

/// Elements of these rows.
const ELEMENTS: usize = ROWS * BLOCK;

/// Whether this way is taken. A transposed `a` is turned first where its rows are few.
pub fn fits(&Product { m, n, k, transpose_a, transpose_b }: &Product) -> bool {
    let few = |count: usize| count > 1 && FEW.iter().any(|&(least, most)| k >= least && count <= most);
    let few_columns = n <= FEW_COLUMNS && few(n) && (n != LANES || k >= LONG) && !transpose_a;
    transpose_b && n > 1 && m > 1 && (few(m) || few_columns)
}

/// Columns of a part. Where columns are few, or the rows many, rows are what is cut.
fn part(&Product { m, n, k, .. }: &Product) -> usize {
    if m <= n {
        share(n, 2 * m * k)
    } else {
        n
    }
}

/// float32 values of scratch memory: `a` turned, and the parts of `c` where its rows are cut.
pub fn workspace(product: &Product) -> usize {
    let &Product { m, n, k, transpose_a, .. } = product;
    let part = part(product);
    (if transpose_a { m * k } else { 0 }) + if part < n { n.div_ceil(part) * part * m } else { 0 }
}

/// `c = ending(op(a) · bᵀ + bias)`.
#[inline(never)]
pub fn multiply(product: Product, sides: Sides, c: &mut [Real], ending: Ending, workspace: &mut [Real]) {
    let Sides { a, b, bias } = sides;
    let Product { m, n, k, transpose_a, .. } = product;
    let part = part(&product);
    let (turned, scratch) = workspace[..self::workspace(&product)].split_at_mut(if transpose_a { m * k } else { 0 });
    if transpose_a {
        transpose(a, m, k, turned);
    }
    let a = if transpose_a { turned } else { a };
    if part < n {
        each_part(&mut *scratch, part * m, |index, c| {
            let first = index * part;
            let width = part.min(n - first);
            let c = &mut c[..m * width];
            broadcast(bias.map(|bias| &bias[first..][..width]), width, c);
            add(k, &b[first * k..][..width * k], &a[..m * k], c, (1, width));
        });
        return put_parts((scratch, part * m), part, (c, n), ending);
    }
    let rows = if m <= n { m } else { share(m, 2 * n * k) };
    each_part(c, rows * n, |part, c| {
        broadcast(bias, n, c);
        let a = &a[part * rows * k..][..c.len() / n * k];
        if m <= n {
            add(k, b, a, c, (1, n));
        } else {
            add(k, a, b, c, (n, 1));
        }
        ending.after(part * rows * n).apply(c);
    });
}

/// Adds dot products of all `rows` and a few `others` to `c`, where those of one row lie `steps.0` from the next one's and those of
/// the others `steps.1`.
fn add(k: usize, rows: &[Real], others: &[Real], c: &mut [Real], steps: (usize, usize)) {
    let (few, count) = (others.len() / k, rows.len() / k);
    let mut start = 0;
    while start < k {
        // Never fewer steps than lanes.
        let len = if k - start < BLOCK + LANES { k - start } else { BLOCK };
        let together = if few > MOST { ELEMENTS / len / ROWS * ROWS } else { count }.max(ROWS);
        for row in (0..count).step_by(together) {
            let rows = (&rows[row * k + start..], together.min(count - row));
            let mut first = 0;
            while first < few {
                let of = (few - first).div_ceil((few - first).div_ceil(MOST));
                let (others, c) = (&others[first * k + start..], &mut c[row * steps.0 + first * steps.1..]);
                match of {
                    1 => down::<4, 1>(k, len, rows, others, c, steps),
                    2 => down::<4, 2>(k, len, rows, others, c, steps),
                    3 => down::<3, 3>(k, len, rows, others, c, steps),
                    _ => down::<2, 4>(k, len, rows, others, c, steps),
                }
                first += of;
            }
        }
        start += len;
    }
}

/// All rows and F others: tiles of P rows, then of one.
#[inline(never)]
fn down<const P: usize, const F: usize>(
    k: usize,
    len: usize,
    (rows, count): (&[Real], usize),
    others: &[Real],
    c: &mut [Real],
    steps: (usize, usize),
) {
    let mut row = 0;
    while row + P <= count {
        put::<P, F>(dots_between((rows, row * k, k), (others, 0, k), len), &mut c[row * steps.0..], steps);
        row += P;
    }
    for row in row..count {
        put::<1, F>(dots_between((rows, row * k, k), (others, 0, k), len), &mut c[row * steps.0..], steps);
    }
}

/// Adds the sums of the lanes.
#[inline(always)]
fn put<const P: usize, const F: usize>(tile: Tile<P, F>, c: &mut [Real], steps: (usize, usize)) {
    // One check for all of them.
    let c = &mut c[..(P - 1) * steps.0 + (F - 1) * steps.1 + 1];
    for first in 0..(P * F).div_ceil(LANES) {
        let sum = |index: usize| (index / F, index % F);
        let of = |q: usize| sum((first * LANES + q).min(P * F - 1));
        let lanes = Lanes::interleave::<4>(std::array::from_fn(|q| tile[of(q).0][of(q).1]));
        let sums = lanes[0].add(lanes[2]).add(lanes[1].add(lanes[3])).to_array();
        for q in 0..LANES {
            if first * LANES + q < P * F {
                c[of(q).0 * steps.0 + of(q).1 * steps.1] += sums[q];
            }
        }
    }
}

//! Matrix products: `c = activation(op(a) · op(b) + bias)`, row-major.

use super::activation::{forward_in_place, Activation};
use super::bias::broadcast;
use super::map::map;
use crate::error::{checked_product, Error};
use crate::gemm::micro::{columns, rows, store, zeros, Walk};
use crate::gemm::pack::{pack, packed_size, panel_start, panel_width, PANEL};
use crate::vector::{copy, Lanes, Real, Vector, LANES};

/// Steps of the reduction that are packed at a time: a panel of eight columns then takes 12 KiB, a part of the
/// first-level cache.
const BLOCK: usize = 384;

/// Sizes of a product.
#[derive(Clone, Copy, Debug)]
#[allow(missing_docs)]
pub struct Product {
    pub m: usize,
    pub n: usize,
    pub k: usize,
    /// `a` is `[k, m]`.
    pub transpose_a: bool,
    /// `b` is `[n, k]`.
    pub transpose_b: bool,
}

impl Product {
    /// float32 values of scratch memory.
    pub fn workspace(&self) -> Result<usize, Error> {
        checked_product(&[self.m, self.k])?;
        checked_product(&[self.k, self.n])?;
        checked_product(&[self.m, self.n])?;
        if self.n == 1 || self.k == 1 {
            return Ok(0);
        }
        checked_product(&[self.k.min(BLOCK), self.n + PANEL])?;
        Ok(packed_size(self.k.min(BLOCK), self.n))
    }
}

/// `c = activation(op(a) · op(b) + bias)`.
pub fn matmul(
    product: Product,
    a: &[Real],
    b: &[Real],
    bias: Option<&[Real]>,
    c: &mut [Real],
    activation: Activation,
    workspace: &mut [Real],
) {
    let Product { m, n, k, transpose_a, transpose_b } = product;
    if k == 1 {
        outer_product(n, a, b, bias, c);
        forward_in_place(activation, c);
        return;
    }
    broadcast(bias, n, c);
    if n == 1 && transpose_a {
        weighted_sum(m, a, b, c);
    } else if n == 1 {
        dot_products(k, a, b, c);
    } else {
        for start in (0..k).step_by(BLOCK) {
            let steps = BLOCK.min(k - start);
            if transpose_b {
                pack(steps, n, workspace, |row, column| b[column * k + start + row]);
            } else {
                pack(steps, n, workspace, |row, column| b[(start + row) * n + column]);
            }
            let mut column = 0;
            while column < n {
                let width = panel_width(n, column);
                let panel = &workspace[panel_start(steps, column)..][..steps * width];
                let part = Part { m, n, k, start, steps, column, used: width.min(n - column) };
                match (width == PANEL, transpose_a) {
                    (true, false) => down::<4, 2, false>(part, a, panel, c),
                    (true, true) => down::<4, 2, true>(part, a, panel, c),
                    (false, false) => down::<8, 1, false>(part, a, panel, c),
                    (false, true) => down::<8, 1, true>(part, a, panel, c),
                }
                column += width;
            }
        }
    }
    forward_in_place(activation, c);
}

/// One panel of columns and one block of the reduction.
#[derive(Clone, Copy)]
struct Part {
    m: usize,
    n: usize,
    k: usize,
    start: usize,
    steps: usize,
    column: usize,
    used: usize,
}

/// All rows of a panel: tiles of P rows, then of fewer.
#[inline(never)]
fn down<const P: usize, const NV: usize, const TRANSPOSED: bool>(
    part: Part,
    a: &[Real],
    panel: &[Real],
    c: &mut [Real],
) {
    let mut row = 0;
    while row + P <= part.m {
        tile::<P, NV, TRANSPOSED>(part, row, a, panel, c);
        row += P;
    }
    while row + 2 <= part.m {
        tile::<2, NV, TRANSPOSED>(part, row, a, panel, c);
        row += 2;
    }
    if row < part.m {
        tile::<1, NV, TRANSPOSED>(part, row, a, panel, c);
    }
}

#[inline(always)]
fn tile<const P: usize, const NV: usize, const TRANSPOSED: bool>(
    part: Part,
    row: usize,
    a: &[Real],
    panel: &[Real],
    c: &mut [Real],
) {
    let mut sums = zeros::<P, NV>();
    let walk = Walk::straight(part.steps);
    if TRANSPOSED {
        let left = (a, part.start * part.m + row, part.m, walk);
        columns(&mut sums, left, (panel, 0, NV * LANES, walk));
    } else {
        rows(&mut sums, a, row * part.k + part.start, part.k, walk, panel);
    }
    store(&sums, c, row * part.n + part.column, part.n, part.used, false);
}

/// k = 1: every row of `c` is a multiple of `b`, plus the bias. Without one it is written once and not read.
fn outer_product(n: usize, a: &[Real], b: &[Real], bias: Option<&[Real]>, c: &mut [Real]) {
    for (&factor, row) in a.iter().zip(c.chunks_exact_mut(n)) {
        if let Some(bias) = bias {
            copy(bias, row);
            axpy(factor, b, row);
        } else {
            let factor = Lanes::splat(factor);
            map(b, row, |b| b.mul(factor));
        }
    }
}

/// n = 1 and `a` is `[k, m]`: `c` is the sum of the rows of `a`, each times its value of `b`.
fn weighted_sum(m: usize, a: &[Real], b: &[Real], c: &mut [Real]) {
    // Eight vectors of sums stay in registers while all rows pass.
    const WIDTH: usize = 8 * LANES;
    let mut column = 0;
    while column + WIDTH <= m {
        let target = &mut c[column..column + WIDTH];
        let mut sums: [Lanes; 8] = std::array::from_fn(|v| Lanes::load(&target[v * LANES..]));
        for (row, &factor) in a.chunks_exact(m).zip(b) {
            let row = &row[column..column + WIDTH];
            let factor = Lanes::splat(factor);
            for (v, sum) in sums.iter_mut().enumerate() {
                *sum = Lanes::load(&row[v * LANES..]).mul_add(factor, *sum);
            }
        }
        for (v, sum) in sums.iter().enumerate() {
            sum.store(&mut target[v * LANES..]);
        }
        column += WIDTH;
    }
    if column < m {
        for (row, &factor) in a.chunks_exact(m).zip(b) {
            axpy(factor, &row[column..], &mut c[column..]);
        }
    }
}

/// n = 1: every value of `c` is a row of `a` times `b`.
fn dot_products(k: usize, a: &[Real], b: &[Real], c: &mut [Real]) {
    for (row, value) in a.chunks_exact(k).zip(c) {
        *value += dot(row, b);
    }
}

/// Sum of products, in four vectors of sums.
fn dot(a: &[Real], b: &[Real]) -> Real {
    const WIDTH: usize = 4 * LANES;
    let left = a.chunks_exact(WIDTH);
    let right = b.chunks_exact(WIDTH);
    let rest: Real = left.remainder().iter().zip(right.remainder()).map(|(a, b)| a * b).sum();
    let mut sums = [Lanes::splat(0.0); 4];
    for (a, b) in left.zip(right) {
        for (v, sum) in sums.iter_mut().enumerate() {
            *sum = Lanes::load(&a[v * LANES..]).mul_add(Lanes::load(&b[v * LANES..]), *sum);
        }
    }
    sums[0].add(sums[2]).add(sums[1].add(sums[3])).sum() + rest
}

/// `y += factor · x`.
fn axpy(factor: Real, x: &[Real], y: &mut [Real]) {
    let factor = Lanes::splat(factor);
    super::map::zip_in_place(y, x, |y, x| x.mul_add(factor, y));
}

//! Matrix products of few columns with a transposed left side, such as the gradient of a classifier's last layer: lanes along
//! the rows of the result, which lie side by side in `a`. Nothing is packed, and no lane is empty.

use super::ending::Ending;
use super::matmul::Product;
use crate::gemm::micro::{columns, zeros, Tile, Walk};
use crate::threads::{each_part, share};
use crate::vector::{Lanes, Real, Vector, LANES};

/// Most columns that are few.
const FEW: usize = 16;

/// Steps of the reduction at a time.
const STEPS: usize = 256;

/// Rows that are computed together: one cache line.
const WIDTH: usize = 4 * LANES;

/// Whether this way is taken.
pub fn fits(product: &Product) -> bool {
    product.n <= FEW && product.m >= WIDTH && product.transpose_a && !product.transpose_b
}

/// `c = ending(aᵀ · b + bias)`.
pub fn multiply(
    Product { m, n, k, .. }: Product,
    a: &[Real],
    b: &[Real],
    bias: Option<&[Real]>,
    c: &mut [Real],
    ending: Ending,
) {
    let rows = share(m, 2 * n * k).next_multiple_of(WIDTH);
    each_part(c, rows * n, |part, c| {
        let count = c.len() / n;
        let mut first = 0;
        while first < count {
            // The last ones may be some of those before, computed again.
            let place = if count >= WIDTH { first.min(count - WIDTH) } else { first };
            let width = WIDTH.min(count - place);
            // Where a part is narrower than a tile, the tile begins earlier and its first lanes are not wanted.
            let row = part * rows + place;
            let start = row.min(m - WIDTH);
            let block = RowBlock { m, n, start };
            let mut sums = [0.0; FEW * WIDTH];
            block.sum(k, a, b, &mut sums);
            put(&sums, row - start, n, bias, &mut c[place * n..(place + width) * n]);
            first = place + width;
        }
        ending.after(part * rows * n).apply(c);
    });
}

struct RowBlock {
    m: usize,
    n: usize,
    start: usize,
}

impl RowBlock {
    /// `sums[column][lane]` for all columns and the sixteen rows from `start` on.
    fn sum(&self, k: usize, a: &[Real], b: &[Real], sums: &mut [Real]) {
        for start in (0..k).step_by(STEPS) {
            let steps = STEPS.min(k - start);
            let mut column = 0;
            while column + 2 <= self.n {
                self.tile::<2>(start, steps, column, a, b, sums);
                column += 2;
            }
            if column < self.n {
                self.tile::<1>(start, steps, column, a, b, sums);
            }
        }
    }

    #[inline(always)]
    fn tile<const P: usize>(
        &self,
        start: usize,
        steps: usize,
        column: usize,
        a: &[Real],
        b: &[Real],
        sums: &mut [Real],
    ) {
        let mut tile: Tile<P, 4> = zeros();
        let walk = Walk::straight(steps);
        columns(&mut tile, (b, start * self.n + column, self.n, walk), (a, start * self.m + self.start, self.m, walk));
        for (p, row) in tile.iter().enumerate() {
            for (v, &sum) in row.iter().enumerate() {
                let target = &mut sums[(column + p) * WIDTH + v * LANES..];
                Lanes::load(target).add(sum).store(target);
            }
        }
    }
}

/// Writes `sums [column][lane]` as rows, from a lane on.
fn put(sums: &[Real], lane: usize, n: usize, bias: Option<&[Real]>, c: &mut [Real]) {
    let whole = if lane == 0 && c.len() == WIDTH * n { n / LANES * LANES } else { 0 };
    for column in (0..whole).step_by(LANES) {
        let bias = bias.map_or(Lanes::splat(0.0), |bias| Lanes::load(&bias[column..]));
        for first in (0..WIDTH).step_by(LANES) {
            let vectors = std::array::from_fn(|q| Lanes::load(&sums[(column + q) * WIDTH + first..]));
            for (row, vector) in Lanes::interleave::<4>(vectors).into_iter().enumerate() {
                vector.add(bias).store(&mut c[(first + row) * n + column..]);
            }
        }
    }
    for (row, c) in c.chunks_exact_mut(n).enumerate() {
        for column in whole..n {
            c[column] = sums[column * WIDTH + lane + row] + bias.map_or(0.0, |bias| bias[column]);
        }
    }
}

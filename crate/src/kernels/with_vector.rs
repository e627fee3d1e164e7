//! Matrix products in which one side is a vector: of one column, one row or one step. Memory bounds them, and nothing is packed.

use super::activation::Activation;
use super::bias::broadcast;
use super::ending::Ending;
use super::map::{map, zip_in_place};
use super::matmul::{Product, Sides};
use crate::threads::each_share;
use crate::vector::{combine_ahead, copy, totals, Lanes, Real, Vector, LANES};

/// With fewer columns rows of an outer product are written together.
const FEW: usize = 32;

/// Whether this way is taken: outer products, and dot products with rows.
pub fn fits(&Product { m, n, k, transpose_a, transpose_b }: &Product) -> bool {
    k == 1 || n == 1 && !(transpose_a && m > 1) || m == 1 && n > 1 && transpose_b
}

/// `c = ending(op(a) · op(b) + bias)`.
pub fn multiply(product: Product, sides: Sides, c: &mut [Real], ending: Ending) {
    let Sides { a, b, bias } = sides;
    let Product { m, n, k, .. } = product;
    if k == 1 && n == 1 && bias.is_none() {
        return outer_product(m, b, a, bias, c, ending);
    } else if k == 1 {
        return outer_product(n, a, b, bias, c, ending);
    } else if n == 1 {
        dot_products(a, b, bias, c);
    } else {
        dot_products(b, a, bias, c);
    }
    ending.apply_to_array(c);
}

/// Every row of `c` is a multiple of `b`, plus the bias. Without one it is written once and not read.
fn outer_product(n: usize, a: &[Real], b: &[Real], bias: Option<&[Real]>, c: &mut [Real], ending: Ending) {
    // A value takes as long as several operations of others.
    let operations = n * if matches!(ending, Ending::Slope(..)) { 10 } else { 4 };
    each_share(c, n, operations, |first, c| {
        let ending = ending.after(first * n);
        if n < FEW && bias.is_none() {
            multiples(&a[first..], b, c);
            return ending.apply(c);
        }
        for index in 0..c.len() / n {
            let c = &mut c[index * n..];
            let (factor, ending) = (a[first + index], ending.after(index * n));
            if let Some(bias) = bias {
                let row = &mut c[..n];
                copy(bias, row);
                zip_in_place(row, b, |y, x| x.mul_add(Lanes::splat(factor), y));
                ending.apply(row);
            } else {
                multiple(factor, b, c, ending);
            }
        }
    });
}

/// The rows of `c` are multiples of a short `b`. The last vector of a row overlaps the one before it.
fn multiples(factors: &[Real], b: &[Real], c: &mut [Real]) {
    let n = b.len();
    for (&factor, c) in factors.iter().zip(c.chunks_exact_mut(n)) {
        if n < LANES {
            for (c, b) in c.iter_mut().zip(b) {
                *c = factor * b;
            }
            continue;
        }
        let factor = Lanes::splat(factor);
        for (b, c) in b.chunks_exact(LANES).zip(c.chunks_exact_mut(LANES)) {
            Lanes::load(b).mul(factor).store(c);
        }
        Lanes::load(&b[n - LANES..]).mul(factor).store(&mut c[n - LANES..]);
    }
}

/// `c = ending(factor · b)` for as many values as `b` has, in one pass where it is the slope of a function that a dense layer of one
/// output often has before it. What follows in `c` is written next.
fn multiple(factor: Real, b: &[Real], c: &mut [Real], ending: Ending) {
    let (factor, one, zero) = (Lanes::splat(factor), Lanes::splat(1.0), Lanes::splat(0.0));
    match ending {
        Ending::Slope(Activation::Sigmoid, y) => {
            combine_ahead(b, y, c, |[b, y]| b.mul(factor).mul(y.mul(one.sub(y))));
        }
        Ending::Slope(Activation::Tanh, y) => {
            combine_ahead(b, y, c, |[b, y]| b.mul(factor).mul(one.sub(y.mul(y))));
        }
        Ending::Slope(Activation::Relu, y) => {
            combine_ahead(b, y, c, |[b, y]| zero.select_less(y, b.mul(factor), zero));
        }
        _ => {
            let c = &mut c[..b.len()];
            map::<4>(b, c, |b| b.mul(factor));
            ending.apply(c);
        }
    }
}

/// Every value of `c` is a row of a matrix times a vector.
fn dot_products(matrix: &[Real], vector: &[Real], bias: Option<&[Real]>, c: &mut [Real]) {
    let k = vector.len();
    each_share(c, 1, 4 * k, |first, c| {
        begin(bias, first, c);
        // Two rows at a time: a sum waits for its last product, and the other row's sums have one meanwhile.
        for (rows, values) in matrix[first * k..].chunks(2 * k).zip(c.chunks_mut(2)) {
            if let [first, second] = values {
                let dots = dots_of([&rows[..k], &rows[k..]], vector);
                *first += dots[0];
                *second += dots[1];
            } else {
                values[0] += dots_of([&rows[..k]], vector)[0];
            }
        }
    });
}

/// What values of `c` from the first one on begin with: their bias, or the one of all.
fn begin(bias: Option<&[Real]>, first: usize, c: &mut [Real]) {
    match bias {
        Some(bias) if bias.len() > 1 => copy(&bias[first..][..c.len()], c),
        _ => broadcast(bias, 1, c),
    }
}

/// Sums of products with `b`, in four vectors of sums for each row.
#[inline(always)]
fn dots_of<const N: usize>(rows: [&[Real]; N], b: &[Real]) -> [Real; N] {
    let whole = b.len() / (4 * LANES) * (4 * LANES);
    let arrays: [&[Real]; 3] = std::array::from_fn(|i| if i < N { &rows[i][..whole] } else { &b[..whole] });
    let sums: [[Lanes; N]; 4] = totals(arrays, |sums: [Lanes; N], values: [Lanes; 3]| {
        std::array::from_fn(|n| values[n].mul_add(values[2], sums[n]))
    });
    std::array::from_fn(|n| {
        let rest: Real = rows[n][whole..].iter().zip(&b[whole..]).map(|(a, b)| a * b).sum();
        sums[0][n].add(sums[2][n]).add(sums[1][n].add(sums[3][n])).sum() + rest
    })
}

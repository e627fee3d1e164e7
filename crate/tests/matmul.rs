//! Matrix products against their definition, over sizes around every tile and block.
#![cfg(not(feature = "double"))]

mod naive;

use convgrad::kernels::activation::{gradient_in_place, Activation};
use convgrad::kernels::ending::Ending;
use convgrad::kernels::matmul::{matmul, Product};
use naive::{assert_close, assert_exact, Numbers};

fn expected(product: Product, a: &[f32], b: &[f32], bias: Option<&[f32]>) -> (Vec<f64>, Vec<f64>) {
    let Product { m, n, k, transpose_a, transpose_b } = product;
    let (mut sums, mut sizes) = (Vec::new(), Vec::new());
    for row in 0..m {
        for column in 0..n {
            let start = bias.map_or(0.0, |bias| f64::from(bias[column]));
            let (mut sum, mut size) = (start, start.abs());
            for inner in 0..k {
                let left = if transpose_a { a[inner * m + row] } else { a[row * k + inner] };
                let right = if transpose_b { b[column * k + inner] } else { b[inner * n + column] };
                sum += f64::from(left) * f64::from(right);
                size += (f64::from(left) * f64::from(right)).abs();
            }
            sums.push(sum);
            sizes.push(size);
        }
    }
    (sums, sizes)
}

fn products() -> Vec<Product> {
    let mut products = Vec::new();
    for (m, n, k) in [
        (1, 1, 1),
        (1, 1, 37),
        (5, 1, 40),
        (40, 1, 7),
        (67, 1, 33),
        (3, 1, 600),
        (71, 1, 700),
        (6, 9, 1),
        (70, 2, 1),
        (53, 30, 1),
        (45, 1, 1),
        (1, 45, 1),
        (1, 3, 300),
        (1, 71, 600),
        (1, 40, 31),
        (1, 13, 4),
        (4, 8, 16),
        (5, 12, 3),
        (7, 10, 19),
        (9, 17, 5),
        (13, 33, 29),
        (3, 5, 385),
        (8, 16, 800),
        (18, 10, 130),
        (37, 7, 300),
        (33, 15, 2101),
        (70, 3, 66),
        (130, 16, 70),
        (1045, 6, 67),
        (27, 10, 1903),
        (26, 13, 259),
        (13, 2, 5001),
        (67, 65, 1030),
        (70, 100, 1601),
        (64, 76, 4200),
        // Few rows or columns, on both sides of every limit.
        (1300, 1, 520),
        (1, 1300, 520),
        (2, 2, 1021),
        (5, 2, 4001),
        (2, 5, 4),
        (3, 40, 3),
        (3, 40, 5),
        (4, 70, 19),
        (4, 70, 20),
        (7, 90, 21),
        (8, 63, 47),
        (8, 64, 48),
        (8, 63, 20),
        (15, 37, 257),
        (16, 37, 257),
        (6, 40, 515),
        (6, 41, 516),
        (10, 30, 1029),
        (3, 600, 530),
        (7, 801, 300),
        (50, 3, 4),
        (50, 4, 47),
        (50, 4, 48),
        (50, 7, 20),
        (50, 8, 20),
        (900, 5, 300),
        // Some rows and many columns, of one part and of several, on both sides of every limit.
        (7, 131, 19),
        (8, 128, 40),
        (9, 127, 600),
        (11, 141, 520),
        (41, 278, 257),
        (96, 310, 70),
        (97, 130, 30),
        (20, 1003, 33),
        // The same of a far right side, and a number of rows that is too few for it.
        (1, 1003, 2101),
        (1, 5003, 421),
        (2, 300, 7001),
        (2, 1051, 2003),
        (4, 1501, 1409),
        (4, 255, 8301),
        (3, 1003, 2101),
        (7, 1029, 2050),
        (20, 1051, 2003),
    ]
    .into_iter()
    // Long reductions, with rows and columns on both sides of every limit.
    .chain((7..19).flat_map(|m| [(m, 18, 256), (16, m, 255), (m, 33, 771), (40 + m, 12 + m, 2050)]))
    {
        for (transpose_a, transpose_b) in [(false, false), (true, false), (false, true), (true, true)] {
            products.push(Product { m, n, k, transpose_a, transpose_b });
        }
    }
    products
}

fn run(product: Product, a: &[f32], b: &[f32], bias: Option<&[f32]>) -> Vec<f32> {
    let mut c = vec![f32::NAN; product.m * product.n];
    let mut scratch = vec![f32::NAN; product.workspace().unwrap()];
    matmul(product, a, b, bias, &mut c, Ending::NONE, &mut scratch);
    c
}

#[test]
fn integers_are_exact() {
    for (index, product) in products().into_iter().enumerate() {
        let mut numbers = Numbers::new(index as u64);
        let a = numbers.integers(product.m * product.k, 4);
        let b = numbers.integers(product.k * product.n, 3);
        let bias = numbers.integers(product.n, 5);
        let what = format!("{product:?}");
        assert_exact(&run(product, &a, &b, None), &expected(product, &a, &b, None).0, &what);
        assert_exact(&run(product, &a, &b, Some(&bias)), &expected(product, &a, &b, Some(&bias)).0, &what);
    }
}

#[test]
fn infinity_and_nan_are_where_the_definition_has_them() {
    for product in products().into_iter().filter(|product| product.m * product.n * product.k < 100_000) {
        let Product { m, n, k, transpose_a, transpose_b } = product;
        let mut scratch = vec![f32::NAN; product.workspace().unwrap()];
        for inner in [0, k / 2, k - 1] {
            for (row, column) in [(0, 0), (m / 2, n / 2), (m - 1, n - 1)] {
                let (mut a, mut b, mut c) = (vec![1.0; m * k], vec![1.0; k * n], vec![0.0; m * n]);
                a[if transpose_a { inner * m + row } else { row * k + inner }] = f32::NAN;
                b[if transpose_b { column * k + inner } else { inner * n + column }] = f32::INFINITY;
                matmul(product, &a, &b, None, &mut c, Ending::NONE, &mut scratch);
                for (index, &value) in c.iter().enumerate() {
                    let what = format!("{product:?}: {value} at {index} for {row}, {column}, {inner}");
                    if index / n == row {
                        assert!(value.is_nan(), "{what}");
                    } else {
                        assert_eq!(value, if index % n == column { f32::INFINITY } else { k as f32 }, "{what}");
                    }
                }
            }
        }
    }
}

#[test]
fn a_row_alone_has_the_bits_it_has_among_others() {
    let sizes = [(10, 1600), (16, 600), (71, 40), (100, 257), (3, 7), (40, 1), (600, 530), (33, 19)];
    for (m, (n, k)) in [2, 5, 8, 20].into_iter().flat_map(|m| sizes.map(|size| (m, size))) {
        let mut numbers = Numbers::new(n as u64);
        let rows = Product { m, n, k, transpose_a: false, transpose_b: false };
        let (a, b, bias) = (numbers.floats(m * k), numbers.floats(k * n), numbers.floats(n));
        let together = run(rows, &a, &b, Some(&bias));
        for (row, expected) in a.chunks(k).zip(together.chunks(n)) {
            assert_eq!(run(Product { m: 1, ..rows }, row, &b, Some(&bias)), expected, "{m} {n} {k}");
        }
    }
}

#[test]
fn the_slope_of_a_function_is_that_of_its_own_pass() {
    for (index, product) in products().into_iter().enumerate() {
        let mut numbers = Numbers::new(900 + index as u64);
        let a = numbers.floats(product.m * product.k);
        let b = numbers.floats(product.k * product.n);
        let values = numbers.floats(product.m * product.n);
        let mut expected = run(product, &a, &b, None);
        gradient_in_place(Activation::Sigmoid, &values, &mut expected);
        let mut c = vec![f32::NAN; expected.len()];
        let mut scratch = vec![f32::NAN; product.workspace().unwrap()];
        matmul(product, &a, &b, None, &mut c, Ending::Slope(Activation::Sigmoid, &values), &mut scratch);
        assert_eq!(c, expected, "{product:?}");
    }
}

#[test]
fn floats_are_close() {
    for (index, product) in products().into_iter().enumerate() {
        let mut numbers = Numbers::new(500 + index as u64);
        let a = numbers.floats(product.m * product.k);
        let b = numbers.floats(product.k * product.n);
        assert_close(&run(product, &a, &b, None), &expected(product, &a, &b, None), &format!("{product:?}"));
    }
}

#[test]
fn sizes_that_overflow_are_refused() {
    let huge = Product { m: 1 << 20, n: 2, k: 1 << 20, transpose_a: false, transpose_b: false };
    assert!(huge.workspace().is_err());
}

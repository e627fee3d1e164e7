//! Operations with repetition, functions of one array and sums of rows against their definitions, for every remainder.
#![cfg(not(feature = "double"))]

use convgrad::error::Error;
use convgrad::kernels::broadcast::{binary, row_sums, unary, Binary, Repeat, Unary};

type Definition = fn(f32, f32) -> f32;

const OPERATIONS: [(Binary, Definition); 10] = [
    (Binary::Add, |a, b| a + b),
    (Binary::Subtract, |a, b| a - b),
    (Binary::Multiply, |a, b| a * b),
    (Binary::Divide, |a, b| a / b),
    (Binary::SquaredDifference, |a, b| (a - b) * (a - b)),
    (Binary::Maximum, f32::max),
    (Binary::Minimum, f32::min),
    (Binary::Prelu, |a, b| if a < 0.0 { a * b } else { a }),
    (Binary::Gate, |a, b| if b > 0.0 { a } else { a * 0.0 }),
    (Binary::TwiceProduct, |a, b| 2.0 * a * b),
];
const WAYS: [Repeat; 4] = [Repeat::None, Repeat::Row, Repeat::Column, Repeat::Value];

fn values(count: usize, seed: usize) -> Vec<f32> {
    (0..count).map(|index| ((index * 7919 + seed) % 101) as f32 / 7.0 - 7.1).collect()
}

fn at(values: &[f32], repeat: Repeat, row: usize, column: usize, columns: usize) -> f32 {
    match repeat {
        Repeat::None => values[row * columns + column],
        Repeat::Row => values[column],
        Repeat::Column => values[row],
        Repeat::Value => values[0],
    }
}

#[test]
fn two_arrays_in_every_way_of_repetition() {
    for (rows, columns) in [(1, 1), (1, 9), (3, 4), (5, 7), (4, 8), (300, 1), (107, 3), (2, 128), (3, 150)] {
        for (operation, define) in OPERATIONS {
            for of_a in WAYS {
                for of_b in WAYS {
                    let a = values(of_a.length(rows, columns), 3);
                    let b = values(of_b.length(rows, columns), 55);
                    let mut y = vec![f32::NAN; rows * columns];
                    binary(operation, columns, (&a, of_a), (&b, of_b), &mut y);
                    for (index, y) in y.iter().enumerate() {
                        let (row, column) = (index / columns, index % columns);
                        let expected = define(at(&a, of_a, row, column, columns), at(&b, of_b, row, column, columns));
                        assert_eq!(*y, expected, "{operation:?} {of_a:?} {of_b:?} [{rows}, {columns}] at {index}");
                    }
                }
            }
        }
    }
}

#[test]
fn one_array() {
    let x = [-2.0, -0.0, 0.0, 2.25, f32::INFINITY, 9.0, f32::MIN_POSITIVE];
    let mut y = [0.0; 7];
    unary(Unary::Step(0.5), &x, &mut y);
    assert_eq!(y, [0.5, 0.5, 0.5, 1.0, 1.0, 1.0, 1.0]);
    unary(Unary::Square, &x, &mut y);
    assert_eq!(y.map(f32::to_bits), x.map(|x| (x * x).to_bits()));
    unary(Unary::Negative, &x, &mut y);
    assert_eq!(y.map(f32::to_bits), x.map(|x| (-x).to_bits()));
    unary(Unary::Absolute, &x, &mut y);
    assert_eq!(y.map(f32::to_bits), x.map(|x| x.abs().to_bits()));
    unary(Unary::SquareRoot, &x[1..], &mut y[1..]);
    assert_eq!(
        y[1..].iter().map(|y| y.to_bits()).collect::<Vec<_>>(),
        x[1..].iter().map(|x| x.sqrt().to_bits()).collect::<Vec<_>>()
    );
    for operation in [Unary::Step(0.0), Unary::SquareRoot, Unary::Square, Unary::Negative, Unary::Absolute] {
        let mut y = [0.0; 5];
        unary(operation, &[f32::NAN; 5], &mut y);
        assert!(y.iter().all(|y| y.is_nan()), "{operation:?}");
    }
}

#[test]
fn sums_of_rows_are_exact_for_integers() {
    for columns in [1, 3, 4, 1024, 2500] {
        let x: Vec<f32> = (0..3 * columns).map(|index| (index % 9) as f32 - 4.0).collect();
        let mut y = [f32::NAN; 3];
        row_sums(columns, &x, &mut y);
        for (row, y) in x.chunks(columns).zip(y) {
            assert_eq!(f64::from(y), row.iter().map(|x| f64::from(*x)).sum::<f64>());
        }
    }
}

#[test]
fn unknown_codes_are_refused() {
    assert_eq!(Binary::from_code(10), Err(Error::UnknownCode));
    assert_eq!(Unary::from_code(12, 0.0), Err(Error::UnknownCode));
    assert_eq!(Repeat::from_code(4), Err(Error::UnknownCode));
}

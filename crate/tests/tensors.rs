//! Boxes, gathers, comparisons and reductions against their definitions.
#![cfg(not(feature = "double"))]

use convgrad::error::Error;
use convgrad::kernels::boxes::DIMENSIONS;
use convgrad::kernels::broadcast::{clip, unary, Repeat, Unary};
use convgrad::kernels::tensors::compare::{compare, logic, not, select, Comparison, Logic};
use convgrad::kernels::tensors::reduce::{argument, reduce, reduce_truth, segment_sums, Reduction};
use convgrad::kernels::tensors::strided::{gather, region, WORDS};

fn words(from: u32, to: u32, dimensions: &[(u32, i32, i32)]) -> [u32; WORDS] {
    let mut words = [0; WORDS];
    words[..3].copy_from_slice(&[dimensions.len() as u32, from, to]);
    for (target, &(size, from, to)) in words[3..].chunks_exact_mut(3).zip(dimensions) {
        target.copy_from_slice(&[size, from as u32, to as u32]);
    }
    words
}

/// Every box, element by element.
fn naive(from: i64, to: i64, dimensions: &[(u32, i32, i32)], source: &[u32], target: &mut [u32]) {
    match dimensions {
        [] => target[to as usize] = source[from as usize],
        [(size, step, target_step), rest @ ..] => {
            for index in 0..i64::from(*size) {
                naive(from + index * i64::from(*step), to + index * i64::from(*target_step), rest, source, target);
            }
        }
    }
}

#[test]
fn boxes_of_every_kind() {
    let source: Vec<u32> = (100..100 + 4000).collect();
    type Case<'a> = (&'a str, u32, u32, &'a [(u32, i32, i32)]);
    let cases: [Case; 14] = [
        ("one element", 5, 7, &[]),
        ("a short row", 3, 1, &[(9, 1, 1)]),
        ("a long row", 3, 1, &[(900, 1, 1)]),
        ("a transposition of matrices", 0, 0, &[(3, 1, 1200), (37, 1, 19), (19, 37, 1)]),
        ("one of four dimensions", 0, 0, &[(3, 5, 1), (4, 15, 3), (5, 1, 12), (2, 60, 60)]),
        ("short rows in another order", 0, 0, &[(3, 300, 300), (12, 8, 80), (10, 96, 8), (8, 1, 1)]),
        ("rows of three", 0, 0, &[(12, 3, 30), (10, 36, 3), (3, 1, 1)]),
        ("to columns of three", 0, 0, &[(3, 1, 50), (50, 3, 1)]),
        ("from columns of three", 0, 0, &[(50, 1, 3), (3, 50, 1)]),
        ("a transposition whose columns are not the next dimension", 0, 0, &[(9, 1, 70), (7, 90, 10), (10, 9, 1)]),
        ("a slice", 11, 0, &[(3, 100, 12), (4, 10, 3), (3, 1, 1)]),
        ("padding", 0, 23, &[(3, 12, 100), (4, 3, 10), (3, 1, 1)]),
        ("repetition", 0, 0, &[(5, 0, 12), (4, 1, 3), (3, 0, 1)]),
        ("backwards", 59, 0, &[(6, -10, 5), (5, -2, 1)]),
    ];
    for (name, from, to, dimensions) in cases {
        let (mut expected, mut found) = (vec![0; 4000], vec![0; 4000]);
        naive(i64::from(from), i64::from(to), dimensions, &source, &mut expected);
        region(&words(from, to, dimensions), [4000, 4000]).unwrap().copy(&source, &mut found);
        assert_eq!(found, expected, "{name}");
        assert!(found.iter().any(|&value| value != 0), "{name}");
        let bytes: Vec<u8> = source.iter().map(|&value| value as u8).collect();
        let mut found = vec![0; 4000];
        region(&words(from, to, dimensions), [4000, 4000]).unwrap().copy(&bytes, &mut found);
        assert_eq!(found, expected.iter().map(|&value| value as u8).collect::<Vec<_>>(), "{name} of bytes");
    }
}

#[test]
fn boxes_that_leave_their_arrays_are_refused() {
    let check = |from, to, dimensions: &[(u32, i32, i32)]| region(&words(from, to, dimensions), [10, 20]).err();
    assert_eq!(check(0, 0, &[(10, 1, 2)]), None);
    assert_eq!(check(9, 0, &[(10, -1, 1)]), None);
    assert_eq!(check(0, 0, &[(11, 1, 1)]), Some(Error::OutOfBounds));
    assert_eq!(check(0, 2, &[(10, 1, 2)]), Some(Error::OutOfBounds));
    assert_eq!(check(8, 0, &[(10, -1, 1)]), Some(Error::OutOfBounds));
    assert_eq!(check(10, 0, &[]), Some(Error::OutOfBounds));
    assert_eq!(check(4, 0, &[(2, 4, 1), (3, 1, 2), (2, -3, 1)]), Some(Error::OutOfBounds));
    assert_eq!(check(0, 0, &[(u32::MAX, i32::MAX, i32::MAX); DIMENSIONS]), Some(Error::SizeOverflow));
    let mut long = words(0, 0, &[]);
    long[0] = DIMENSIONS as u32 + 1;
    assert_eq!(region(&long, [10, 20]).err(), Some(Error::InvalidGeometry));
    // Nothing is copied of an empty box, wherever it lies.
    let mut target = [7; 3];
    region(&words(99, 99, &[(3, 1, 1), (0, 5, 5)]), [10, 3]).unwrap().copy(&[1_u32; 10], &mut target);
    assert_eq!(target, [7; 3]);
}

#[test]
fn gathers_in_batches() {
    let x: Vec<u32> = (0..2 * 3 * 4 * 5).collect();
    let indices = [3, 0, 0, 1, 2, 3];
    let mut y = vec![0; 2 * 3 * 3 * 5];
    gather([2, 3, 4, 5], &indices, &x, &mut y).unwrap();
    for (at, y) in y.iter().enumerate() {
        let (b, o, i, inner) = (at / 45, at / 15 % 3, at / 5 % 3, at % 5);
        assert_eq!(*y as usize, ((b * 3 + o) * 4 + indices[b * 3 + i] as usize) * 5 + inner);
    }
    assert_eq!(gather([1, 1, 4, 5], &[4], &x[..20], &mut y[..5]), Err(Error::OutOfBounds));
    assert_eq!(gather([1, 1, 4, 5], &[u32::MAX], &x[..20], &mut y[..5]), Err(Error::OutOfBounds));
}

#[test]
fn comparisons_in_every_way_of_repetition() {
    let (rows, columns) = (3, 5);
    let values = |count: usize, seed: usize| -> Vec<f32> {
        (0..count).map(|at| [1.0, -2.0, f32::NAN, 0.0, -0.0, 2.0][(at * 5 + seed) % 6]).collect()
    };
    let place = |repeat, row: usize, column: usize| match repeat {
        Repeat::None => row * columns + column,
        Repeat::Row => column,
        Repeat::Column => row,
        Repeat::Value => 0,
    };
    type Definition = fn(f32, f32) -> bool;
    let comparisons: [(Comparison, Definition); 6] = [
        (Comparison::Equal, |a, b| a == b),
        (Comparison::NotEqual, |a, b| a != b),
        (Comparison::Greater, |a, b| a > b),
        (Comparison::GreaterOrEqual, |a, b| a >= b),
        (Comparison::Less, |a, b| a < b),
        (Comparison::LessOrEqual, |a, b| a <= b),
    ];
    let ways = [Repeat::None, Repeat::Row, Repeat::Column, Repeat::Value];
    for (comparison, define) in comparisons {
        for of_a in ways {
            for of_b in ways {
                let a = values(of_a.length(rows, columns), 1);
                let b = values(of_b.length(rows, columns), 4);
                let mut y = vec![9; rows * columns];
                compare(comparison, columns, (&a, of_a), (&b, of_b), &mut y);
                let truth = |values: &[f32]| values.iter().map(|x| u8::from(*x > 0.0)).collect::<Vec<_>>();
                let (mut and, mut or) = (y.clone(), y.clone());
                logic(Logic::And, columns, (&truth(&a), of_a), (&truth(&b), of_b), &mut and);
                logic(Logic::Or, columns, (&truth(&a), of_a), (&truth(&b), of_b), &mut or);
                for (at, y) in y.iter().enumerate() {
                    let (a, b) = (a[place(of_a, at / 5, at % 5)], b[place(of_b, at / 5, at % 5)]);
                    assert_eq!(*y == 1, define(a, b), "{comparison:?} {of_a:?} {of_b:?} at {at}");
                    assert_eq!((and[at] == 1, or[at] == 1), (a > 0.0 && b > 0.0, a > 0.0 || b > 0.0));
                }
            }
        }
    }
    let mut y = [9; 3];
    compare(Comparison::Greater, 3, (&[-1, 2, i32::MIN], Repeat::None), (&[-2], Repeat::Value), &mut y);
    assert_eq!(y, [1, 1, 0]);
    not(&[1, 0, 1], &mut y);
    assert_eq!(y, [0, 1, 0]);
}

#[test]
fn choices() {
    let mut y = [0; 4];
    select(&[1, 0, 2, 1], &[1, 2, 3, 4], &[5, 6, 7, 8], &mut y);
    assert_eq!(y, [1, 6, 7, 4]);
}

#[test]
fn reductions_over_the_middle() {
    let small = [(1, 1, 1), (3, 5, 1), (2, 37, 1), (2, 6, 5), (1, 8, 1)];
    // More than threads take at a time, and columns of one block.
    let large = [(9001, 9, 1), (40, 12, 70), (1, 6, 200), (1, 17, 4001)];
    for (outer, reduced, inner) in small.into_iter().chain(large) {
        let mut x: Vec<f32> = (0..outer * reduced * inner).map(|at| ((at * 7919) % 13) as f32 - 6.5).collect();
        let truth: Vec<u8> = x.iter().map(|x| u8::from(*x > 4.0)).collect();
        for nan in [false, true] {
            if nan {
                x[reduced * inner / 2] = f32::NAN;
            }
            let column = |o: usize, i: usize| (0..reduced).map(move |r| (o * reduced + r) * inner + i);
            let mut y = vec![9.0; outer * inner];
            let (mut best, mut any, mut all) = (vec![9; y.len()], vec![9; y.len()], vec![9; y.len()]);
            reduce_truth(false, reduced, inner, &truth, &mut any);
            reduce_truth(true, reduced, inner, &truth, &mut all);
            argument(true, reduced, inner, &x, &mut best);
            for (reduction, start, define) in [
                (Reduction::Largest, f32::NEG_INFINITY, f32::max as fn(f32, f32) -> f32),
                (Reduction::Smallest, f32::INFINITY, f32::min),
                (Reduction::Product, 1.0, |a, b| a * b),
            ] {
                reduce(reduction, reduced, inner, &x, &mut y);
                for (at, y) in y.iter().enumerate() {
                    let values = || column(at / inner, at % inner).map(|at| x[at]);
                    // A NaN that comes first stays, others are passed over.
                    let place = |(best, place), (row, value)| if value > best { (value, row) } else { (best, place) };
                    let first = (x[column(at / inner, at % inner).next().unwrap()], 0);
                    assert_eq!(best[at], values().enumerate().fold(first, place).1 as u32);
                    let expected = values().fold(start, define);
                    if values().any(f32::is_nan) {
                        assert!(y.is_nan(), "{reduction:?}");
                    } else {
                        assert!((y - expected).abs() <= 1e-5 * expected.abs(), "{reduction:?} {y} {expected}");
                        let largest = values().fold(f32::NEG_INFINITY, f32::max);
                        assert_eq!(values().position(|x| x == largest), Some(best[at] as usize));
                    }
                    let mut truths = column(at / inner, at % inner).map(|at| truth[at] == 1);
                    assert_eq!(all[at] == 1, truths.clone().all(|truth| truth));
                    assert_eq!(any[at] == 1, truths.any(|truth| truth));
                }
            }
        }
    }
    let mut y = [9];
    argument(false, 4, 1, &[3.0, 1.0, f32::NAN, 1.0], &mut y);
    assert_eq!(y, [1]);
    argument(true, 3, 1, &[i32::MIN, i32::MAX - 1, i32::MAX], &mut y);
    assert_eq!(y, [2]);
}

#[test]
fn sums_of_segments_leave_out_what_belongs_to_none() {
    let mut y = [f32::NAN; 6];
    segment_sums(2, &[2, 0, 2, 3, u32::MAX], &[1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0, 9.0], &mut y);
    assert_eq!(y, [3.0, 4.0, 0.0, 0.0, 6.0, 8.0]);
}

#[test]
fn functions_that_are_made_of_rounding_and_logarithms() {
    let x = [-1.5, -0.5, 0.25, 1.0, 2.75, 1e20, 1e-40, f32::NAN];
    let apply = |operation| {
        let mut y = [0.0; 8];
        unary(operation, &x, &mut y);
        y.map(f32::to_bits)
    };
    assert_eq!(apply(Unary::Floor), x.map(|x| x.floor().to_bits()));
    assert_eq!(apply(Unary::Ceiling), x.map(|x| x.ceil().to_bits()));
    assert_eq!(apply(Unary::Reciprocal)[..7], x.map(|x| (1.0 / x).to_bits())[..7]);
    assert_eq!(apply(Unary::ReciprocalRoot)[2..7], x.map(|x| (1.0 / x.sqrt()).to_bits())[2..7]);
    assert_eq!(apply(Unary::Logarithm)[2..7], x.map(|x| (f64::from(x).ln() as f32).to_bits())[2..7]);
    for bits in [apply(Unary::Logarithm)[0], apply(Unary::Logarithm)[7], apply(Unary::ReciprocalRoot)[1]] {
        assert!(f32::from_bits(bits).is_nan());
    }
    let mut y = [0.0; 1];
    unary(Unary::Logarithm, &[0.0], &mut y);
    assert_eq!(y, [f32::NEG_INFINITY]);
    unary(Unary::Logarithm, &[f32::INFINITY], &mut y);
    assert_eq!(y, [f32::INFINITY]);
    let mut y = [0.0; 8];
    clip(-1.0, 2.0, &x, &mut y);
    assert_eq!(y[..7], [-1.0, -0.5, 0.25, 1.0, 2.0, 2.0, 1e-40]);
    assert!(y[7].is_nan());
}

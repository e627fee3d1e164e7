//! Adamax against its definition in double precision.
#![cfg(not(feature = "double"))]

mod naive;

use convgrad::optimizers::adamax::{update, Adamax};
use naive::Numbers;

const NUMBERS: Adamax = Adamax { rate: 0.1, beta1: 0.9, beta2: 0.7, epsilon: 1e-3 };

#[test]
fn adamax_is_that_of_its_definition() {
    // One vector and its remainders; more than a part of the threads' work.
    for length in [1, 4, 7, 33, 100_003] {
        let mut numbers = Numbers::new(length as u64);
        let mut p = numbers.floats(length);
        let (mut m, mut u) = (vec![0.0; length], vec![0.0; length]);
        let mut expected: Vec<(f64, f64, f64)> = p.iter().map(|&p| (f64::from(p), 0.0, 0.0)).collect();
        for _ in 0..5 {
            let g = numbers.floats(length);
            update(NUMBERS, &mut p, &g, &mut m, &mut u);
            for ((p, m, u), g) in expected.iter_mut().zip(&g) {
                let g = f64::from(*g);
                *m = 0.9 * *m + 0.1 * g;
                *u = (0.7 * *u).max(g.abs());
                *p -= 0.1 * *m / (*u + 1e-3);
            }
        }
        for (index, (expected, mean, largest)) in expected.iter().enumerate() {
            assert!((f64::from(p[index]) - expected).abs() < 2e-6, "{} {expected}", p[index]);
            assert!((f64::from(m[index]) - mean).abs() < 1e-6, "{} {mean}", m[index]);
            assert!((f64::from(u[index]) - largest).abs() < 1e-6, "{} {largest}", u[index]);
        }
    }
}

#[test]
fn nan_does_not_vanish() {
    let (mut p, mut m, mut u) = ([1.0; 5], [0.0; 5], [0.0; 5]);
    update(NUMBERS, &mut p, &[0.0, f32::NAN, 1.0, 0.0, f32::NAN], &mut m, &mut u);
    update(NUMBERS, &mut p, &[1.0; 5], &mut m, &mut u);
    assert_eq!(p.map(f32::is_nan), [false, true, false, false, true]);
}

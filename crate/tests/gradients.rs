//! What is done to gradients and parameters around an update, and the optimizers whose loops are written in vectors, against their
//! definitions, for every remainder and for more values than a part of the threads' work.
#![cfg(not(feature = "double"))]

mod naive;

use convgrad::optimizers::gradients::{clip, clip_norm, decay, max_norm, penalize, penalty};
use convgrad::optimizers::{lion, rmsprop};
use naive::Numbers;

const LENGTHS: [usize; 8] = [1, 3, 4, 7, 9, 130, 4097, 250_001];

/// Numbers of which some are zero or not finite.
fn with_some(numbers: &mut Numbers, length: usize, others: &[f32]) -> Vec<f32> {
    let mut values = numbers.floats(length);
    for (index, value) in values.iter_mut().enumerate().filter(|(index, _)| index % 5 == 3) {
        *value = others[index / 5 % others.len()];
    }
    values
}

fn assert_same(values: &[f32], expected: impl Fn(usize) -> f32, what: &str) {
    for (index, &value) in values.iter().enumerate() {
        let wanted = expected(index);
        assert!(value == wanted || (value.is_nan() && wanted.is_nan()), "{what} [{index}]: {value} is not {wanted}");
    }
}

fn close(value: f32, expected: f64, what: &str) {
    assert!((f64::from(value) - expected).abs() <= 2e-7 * expected.abs(), "{what}: {value} is not {expected}");
}

#[test]
fn gradients_are_cut_and_nan_stays() {
    for length in LENGTHS {
        let before = with_some(&mut Numbers::new(length as u64), length, &[f32::NAN, f32::INFINITY, -3.0, 0.0]);
        let mut g = before.clone();
        clip(0.25, &mut g);
        assert_same(&g, |i| if before[i].is_nan() { f32::NAN } else { before[i].clamp(-0.25, 0.25) }, "clip");
    }
}

#[test]
fn norms_that_are_too_large_are_scaled_down() {
    for length in LENGTHS {
        let before = Numbers::new(length as u64).floats(length);
        let norm = before.iter().map(|&g| f64::from(g).powi(2)).sum::<f64>().sqrt();
        let mut g = before.clone();
        clip_norm((1.001 * norm) as f32, &mut g);
        assert_eq!(g, before);
        clip_norm((0.5 * norm) as f32, &mut g);
        for index in 0..length {
            close(g[index], 0.5 * f64::from(before[index]), "clip_norm");
        }
        g[length / 2] = f32::NAN;
        clip_norm(1e6, &mut g);
        assert!(g.iter().all(|g| g.is_nan()));
    }
}

#[test]
fn parameters_decay_and_are_penalized() {
    for length in LENGTHS {
        let mut numbers = Numbers::new(length as u64);
        let p = with_some(&mut numbers, length, &[0.0, -0.0, f32::NAN, f32::INFINITY]);
        let before = numbers.floats(length);
        let mut decayed = p.clone();
        decay(0.125, &mut decayed);
        assert_same(&decayed, |i| p[i] - p[i] * 0.125, "decay");
        for (l1, l2) in [(0.5, 0.0), (0.0, 0.25), (0.5, 0.25), (-0.5, 0.25)] {
            let mut g = before.clone();
            penalize((l1, l2), &p, &mut g);
            let sign = |p: f32| if p > 0.0 { 1.0 } else { -f32::from(i8::from(p < 0.0)) };
            assert_same(&g, |i| before[i] + (l1 * sign(p[i]) + 2.0 * l2 * p[i]), "penalize");
        }
        let p = numbers.floats(length);
        let sum = |of: fn(f64) -> f64| p.iter().map(|&p| of(f64::from(p))).sum::<f64>();
        let mut loss = 0.0;
        penalty((0.5, 0.0), &p, &mut loss);
        close(loss, 0.5 * sum(f64::abs), "penalty of absolutes");
        let mut loss = 0.0;
        penalty((0.0, 0.25), &p, &mut loss);
        close(loss, 0.25 * sum(|p| p * p), "penalty of squares");
    }
}

#[test]
fn columns_whose_norm_is_too_large_are_scaled_down() {
    for (rows, columns) in [(1, 1), (7, 1), (1, 7), (5, 3), (9, 4), (6, 10), (130, 16), (33, 35), (2, 1000)] {
        let before = Numbers::new((rows * columns) as u64).floats(rows * columns);
        let norm = |c: usize| (0..rows).map(|r| f64::from(before[r * columns + c]).powi(2)).sum::<f64>().sqrt();
        // Some columns are larger than the limit, others are not.
        let limit = norm(columns / 2) * 0.99;
        let mut p = before.clone();
        max_norm(columns, limit as f32, &mut p);
        for c in 0..columns {
            let norm = norm(c);
            for r in 0..rows {
                let (value, was) = (p[r * columns + c], before[r * columns + c]);
                if norm > f64::from(limit as f32) {
                    close(value, f64::from(was) * limit / norm, "max_norm");
                } else {
                    assert_eq!(value, was, "{rows}×{columns} [{r}, {c}]");
                }
            }
        }
        let mut p = before.clone();
        p[columns / 2] = f32::NAN;
        max_norm(columns, f32::MAX, &mut p);
        assert_same(&p, |i| if i == columns / 2 { f32::NAN } else { before[i] }, "a column with NaN");
    }
}

#[test]
fn lion_goes_by_signs() {
    for length in LENGTHS {
        let mut numbers = Numbers::new(length as u64);
        let (p0, m0) = (numbers.floats(length), with_some(&mut numbers, length, &[0.0, 1.0, -1.0]));
        // Where the mean is zero as well there is no sign.
        let g = with_some(&mut numbers, length, &[0.0, f32::NAN, f32::NEG_INFINITY]);
        let (mut p, mut m) = (p0.clone(), m0.clone());
        lion::update(lion::Lion { rate: 0.125, beta1: 0.75, beta2: 0.875 }, &mut p, &g, &mut m);
        let direction = |i: usize| 0.75 * m0[i] + 0.25 * g[i];
        let sign = |d: f32| if d == 0.0 || d.is_nan() { d } else { d.signum() };
        assert_same(&p, |i| p0[i] - 0.125 * sign(direction(i)), "lion");
        assert_same(&m, |i| 0.875 * m0[i] + 0.125 * g[i], "its mean");
    }
}

#[test]
fn rmsprop_is_what_it_says_with_and_without_mean_and_momentum() {
    for length in LENGTHS {
        let mut numbers = Numbers::new(length as u64);
        let [p0, g, m0, b0] = std::array::from_fn(|_| numbers.floats(length));
        let v0: Vec<f32> = m0.iter().map(|m| m * m + 1.0).collect();
        for (centered, momentum) in [(false, 0.0), (false, 0.5), (true, 0.0), (true, 0.5)] {
            let [mut p, mut v, mut m, mut b] = [&p0, &v0, &m0, &b0].map(Clone::clone);
            let numbers = rmsprop::RmsProp { rate: 0.125, rho: 0.75, momentum, epsilon: 1e-3, centered };
            rmsprop::update(numbers, &mut p, &g, &mut v, &mut m, &mut b);
            let mean = |i: usize| if centered { 0.75 * m0[i] + 0.25 * g[i] } else { m0[i] };
            let square = |i: usize| 0.75 * v0[i] + 0.25 * g[i] * g[i];
            let step = |i: usize| {
                let variance = square(i) + 1e-3;
                0.125 * g[i] / (if centered { variance - mean(i) * mean(i) } else { variance }).sqrt()
            };
            let buffer = |i: usize| if momentum > 0.0 { 0.5 * b0[i] + step(i) } else { b0[i] };
            assert_same(&v, square, "squares");
            assert_same(&m, mean, "mean");
            assert_same(&b, buffer, "buffer");
            assert_same(&p, |i| p0[i] - if momentum > 0.0 { buffer(i) } else { step(i) }, "parameters");
        }
    }
}

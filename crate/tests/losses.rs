//! Losses of many values, which are computed in blocks, against those of single ones, and logarithms of vectors.
#![cfg(not(feature = "double"))]

mod naive;

use convgrad::kernels::logarithm::{logarithms, map_logarithm, natural_logarithm};
use convgrad::kernels::pointwise_loss::{gradient, value, Focal, Pointwise};
use convgrad::vector::Doubles;
use naive::Numbers;

fn focal(gamma: f32, alpha: Option<f32>, from_logits: bool) -> Pointwise {
    Pointwise::Focal(Focal { gamma, alpha, smoothing: 0.1, from_logits })
}

#[test]
fn blocks_have_the_values_of_single_outputs() {
    let mut losses: Vec<Pointwise> = (0..12).map(|code| Pointwise::from_code(code, 0.2).unwrap()).collect();
    losses.extend([focal(2.0, None, false), focal(0.5, Some(0.3), true), focal(0.0, None, false)]);
    let mut numbers = Numbers::new(31);
    for (loss, (rows, width)) in
        losses.iter().flat_map(|&loss| [(1, 1), (5, 3), (2, 16), (9, 1), (3, 41)].map(|s| (loss, s)))
    {
        let o: Vec<f32> = numbers.floats(rows * width).iter().map(|x| 0.5 + 0.6 * x).collect();
        let y: Vec<f32> = numbers.floats(rows * width).iter().map(|x| x.abs()).collect();
        let weights: Vec<f32> = numbers.floats(rows).iter().map(|x| x.abs()).collect();
        for weights in [None, Some(&weights[..])] {
            let mut slopes = vec![0.0; o.len()];
            gradient(loss, width, 0.5, (&o, &y), weights, &mut slopes);
            let mut total = 0.0;
            for (k, (&o, &y)) in o.iter().zip(&y).enumerate() {
                let weight = weights.map_or(1.0, |weights| weights[k / width]);
                let mut slope = [0.0];
                gradient(loss, 1, 0.5, (&[o], &[y]), Some(&[weight]), &mut slope);
                assert_eq!(slopes[k].to_bits(), slope[0].to_bits(), "{loss:?} {rows}×{width}: slope {k}");
                total += f64::from(value(loss, 1, 0.5, &[o], &[y], Some(&[weight])));
            }
            let all = f64::from(value(loss, width, 0.5, &o, &y, weights));
            let is_close = (all.is_nan() && total.is_nan()) || (all - total).abs() <= 1e-6 * total.abs() + 1e-12;
            assert!(is_close, "{loss:?} {rows}×{width}: {all}, not {total}");
        }
    }
}

#[test]
fn logarithms_of_vectors_are_those_of_numbers() {
    let same = |x: f64, actual: f64| {
        let expected = natural_logarithm(x);
        assert!(actual == expected || (actual.is_nan() && expected.is_nan()), "ln {x}: {actual}, not {expected}");
    };
    let mut x = 1e-45;
    while x < 1e38 {
        let lanes = [x, x * 1.1, x * std::f64::consts::SQRT_2, x * 1.99];
        let mut vectors = [0, 1, 2, 3].map(|k| Doubles::from_array(lanes.map(|lane| lane * f64::from(k + 1))));
        logarithms(&mut vectors);
        for (k, vector) in vectors.into_iter().enumerate() {
            for (lane, actual) in lanes.into_iter().zip(vector.to_array()) {
                same(lane * (k as f64 + 1.0), actual);
                assert!((actual - (lane * (k as f64 + 1.0)).ln()).abs() < 2e-15 * (1.0 + actual.abs()));
            }
        }
        x *= 3.7;
    }
    let special = [0.0, -0.0, -1.0, f32::NAN, f32::INFINITY, f32::NEG_INFINITY, 1e-45, f32::MAX, 1.0];
    for length in [1, 9, 16, 17, 40] {
        for first in 0..special.len() {
            let x: Vec<f32> = (0..length).map(|k| special[(first + k) % special.len()]).collect();
            let mut y = vec![0.0; length];
            map_logarithm(&x, &mut y);
            for (x, y) in x.into_iter().zip(y) {
                let expected = natural_logarithm(f64::from(x)) as f32;
                assert!(y == expected || (y.is_nan() && expected.is_nan()), "ln {x}: {y}, not {expected}");
            }
        }
    }
}

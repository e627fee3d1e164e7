//! Averages over steps against their definitions, for every remainder.
#![cfg(not(feature = "double"))]

mod naive;

use convgrad::optimizers::averages::{accumulate, average_gradients, follow};
use naive::Numbers;

/// One vector and its remainders; more than a part of the threads' work.
const LENGTHS: [usize; 6] = [1, 3, 4, 7, 130, 250_001];

#[test]
fn gradients_are_summed_and_their_mean_is_taken() {
    for length in LENGTHS {
        let mut numbers = Numbers::new(length as u64);
        let batches: Vec<Vec<f32>> = (0..4).map(|_| numbers.integers(length, 9)).collect();
        let mut accumulator = vec![0.0; length];
        for batch in &batches[..3] {
            accumulate(batch, &mut accumulator);
        }
        let mut gradients = batches[3].clone();
        average_gradients(4.0, &mut gradients, &mut accumulator);
        for index in 0..length {
            let sum: f32 = batches.iter().map(|batch| batch[index]).sum();
            assert_eq!(gradients[index], sum / 4.0, "{length} [{index}]");
        }
        assert!(accumulator.iter().all(|&sum| sum == 0.0));
    }
}

#[test]
fn averages_follow_parameters_and_may_replace_them() {
    for length in LENGTHS {
        let mut numbers = Numbers::new(length as u64);
        let (before, average) = (numbers.floats(length), numbers.floats(length));
        for (momentum, overwrite) in [(0.0, false), (0.75, false), (0.75, true), (1.0, true)] {
            let (mut p, mut a) = (before.clone(), average.clone());
            follow(momentum, overwrite, &mut p, &mut a);
            for index in 0..length {
                let expected = momentum * average[index] + (1.0 - momentum) * before[index];
                assert!((a[index] - expected).abs() <= 1e-7, "{length} [{index}]");
                assert_eq!(p[index], if overwrite { a[index] } else { before[index] });
            }
            if momentum == 0.0 {
                assert_eq!(a, before);
            }
        }
    }
}

//! Batch normalization folded into kernels against its definition.
#![cfg(not(feature = "double"))]

mod naive;

use convgrad::kernels::batch_norm::Affine;
use convgrad::kernels::fold::fold_batch_norm;
use naive::Numbers;

#[test]
fn a_folded_kernel_gives_the_normalized_product() {
    for (outer, channels, inner) in [(1, 1, 1), (5, 3, 1), (9, 8, 1), (9, 3, 4), (2, 33, 7)] {
        for (has_bias, has_gamma, has_beta) in
            [(true, true, true), (false, true, false), (true, false, true), (false, false, false)]
        {
            let mut numbers = Numbers::new((outer * channels * inner) as u64);
            let mut values = |length: usize| numbers.floats(length);
            let kernel = values(outer * channels * inner);
            let (bias, gamma, beta, mean) = (values(channels), values(channels), values(channels), values(channels));
            let variance: Vec<f32> = values(channels).iter().map(|v| v.abs()).collect();
            let x = values(outer * inner);
            let (mut folded, mut shift) = (vec![f32::NAN; kernel.len()], vec![f32::NAN; channels]);
            let affine = Affine { gamma: has_gamma.then_some(&gamma), beta: has_beta.then_some(&beta) };
            let layer = (&kernel[..], has_bias.then_some(&bias[..]));
            fold_batch_norm((channels, inner), 1e-3, layer, affine, (&mean, &variance), &mut folded, &mut shift);
            let product = |kernel: &[f32], c: usize| -> f64 {
                let places = (0..outer * inner).map(|k| (k, (k / inner * channels + c) * inner + k % inner));
                places.map(|(k, place)| f64::from(x[k]) * f64::from(kernel[place])).sum()
            };
            for c in 0..channels {
                let z = product(&kernel, c) + if has_bias { f64::from(bias[c]) } else { 0.0 };
                let scale = if has_gamma { f64::from(gamma[c]) } else { 1.0 } / (f64::from(variance[c]) + 1e-3).sqrt();
                let expected = (z - f64::from(mean[c])) * scale + if has_beta { f64::from(beta[c]) } else { 0.0 };
                let actual = product(&folded, c) + f64::from(shift[c]);
                assert!((actual - expected).abs() < 1e-5 * (1.0 + scale.abs()), "{outer}×{channels}×{inner} [{c}]");
            }
        }
    }
}

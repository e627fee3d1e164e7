//! Group normalization and its gradients against their definitions.
#![cfg(not(feature = "double"))]

mod naive;

use convgrad::kernels::batch_norm::Affine;
use convgrad::kernels::group_norm::{self, Groups};
use naive::Numbers;

/// Mean and variance.
fn moments(values: &[f32]) -> (f64, f64) {
    let mean = values.iter().map(|&x| f64::from(x)).sum::<f64>() / values.len() as f64;
    (mean, values.iter().map(|&x| (f64::from(x) - mean).powi(2)).sum::<f64>() / values.len() as f64)
}

/// What [`group_norm::forward`] and [`group_norm::gradient`] give: y, dx, and dβ and dγ.
fn run(g: Groups, x: &[f32], [gamma, beta]: [Option<&[f32]>; 2], dy: &[f32]) -> [Vec<f32>; 3] {
    let (mut y, mut dx, mut sums) = (vec![0.0; g.size()], vec![0.0; g.size()], vec![0.0; 2 * g.channels]);
    let mut statistics = vec![0.0; 2 * g.batch * g.groups];
    let affine = Affine { gamma, beta };
    group_norm::forward(g, x, affine, 1e-3, &mut statistics, &mut y, &mut vec![0.0; g.scratch()]);
    group_norm::gradient(g, x, gamma, &statistics, dy, &mut dx, &mut sums, &mut vec![0.0; g.gradient_scratch()]);
    [y, dx, sums]
}

#[test]
fn groups_of_any_size() {
    for (batch, inner, channels, groups) in [
        (1, 1, 8, 2),
        (70, 3, 20, 5),
        (5, 100, 6, 6),
        (3, 70, 64, 32),
        (2, 900, 33, 3),
        (2, 7, 512, 1),
        (3, 4000, 32, 8),
        (9, 25, 3, 1),
        (40, 800, 64, 8),
    ] {
        let g = Groups { batch, inner, channels, groups };
        let mut numbers = Numbers::new(7);
        let (x, dy) = (numbers.floats(g.size()), numbers.floats(g.size()));
        let (gamma, beta) = (numbers.floats(channels), numbers.floats(channels));
        for (gamma, beta) in [(Some(&gamma[..]), Some(&beta[..])), (None, None)] {
            let [y, dx, sums] = run(g, &x, [gamma, beta], &dy);
            let mut expected = vec![0.0f64; 2 * channels];
            for n in 0..batch {
                for group in 0..groups {
                    let width = channels / groups;
                    let places: Vec<usize> = (0..inner * width)
                        .map(|i| (n * inner + i / width) * channels + group * width + i % width)
                        .collect();
                    let count = places.len() as f64;
                    let mean = places.iter().map(|&p| f64::from(x[p])).sum::<f64>() / count;
                    let variance = places.iter().map(|&p| (f64::from(x[p]) - mean).powi(2)).sum::<f64>() / count;
                    let deviation = (variance + 1e-3).sqrt();
                    let normal = |p: usize| (f64::from(x[p]) - mean) / deviation;
                    let factor = |p: usize| gamma.map_or(1.0, |gamma| f64::from(gamma[p % channels]));
                    let slope = |p: usize| f64::from(dy[p]) * factor(p);
                    let first = places.iter().map(|&p| slope(p)).sum::<f64>() / count;
                    let second = places.iter().map(|&p| slope(p) * normal(p)).sum::<f64>() / count;
                    for &p in &places {
                        expected[p % channels] += f64::from(dy[p]);
                        expected[channels + p % channels] += f64::from(dy[p]) * normal(p);
                        let value = normal(p) * factor(p) + beta.map_or(0.0, |beta| f64::from(beta[p % channels]));
                        assert!((f64::from(y[p]) - value).abs() < 4e-6, "{g:?}: y[{p}] {} {value}", y[p]);
                        let value = (slope(p) - first - normal(p) * second) / deviation;
                        assert!((f64::from(dx[p]) - value).abs() < 1e-5, "{g:?}: dx[{p}] {} {value}", dx[p]);
                    }
                }
            }
            let tolerance = 1e-6 * ((batch * inner) as f64).sqrt().max(4.0);
            for (sum, expected) in sums.into_iter().zip(expected) {
                assert!((f64::from(sum) - expected).abs() < tolerance, "{g:?}: {sum} {expected}");
            }
        }
    }
}

#[test]
fn group_normalization_of_far_numbers() {
    let g = Groups { batch: 2, inner: 1000, channels: 6, groups: 2 };
    let x: Vec<f32> = Numbers::new(3).floats(g.size()).iter().map(|x| x + 100.0).collect();
    let (mut y, mut statistics) = (vec![0.0; g.size()], vec![0.0; 8]);
    let affine = Affine { gamma: None, beta: None };
    group_norm::forward(g, &x, affine, 1e-3, &mut statistics, &mut y, &mut vec![0.0; g.scratch()]);
    for n in 0..2 {
        for group in 0..2 {
            let of = |values: &[f32]| -> Vec<f32> {
                (0..6000).filter(|i| i % 6 / 3 == group).map(|i| values[n * 6000 + i]).collect()
            };
            let (mean, variance) = moments(&of(&x));
            for (x, y) in of(&x).into_iter().zip(of(&y)) {
                let expected = (f64::from(x) - mean) / (variance + 1e-3).sqrt();
                assert!((f64::from(y) - expected).abs() < 1e-4, "{y} {expected}");
            }
        }
    }
}

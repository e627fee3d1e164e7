//! What works on the rows of a matrix against its definition: softmax, batch and layer normalization.
#![cfg(not(feature = "double"))]

mod naive;

use convgrad::kernels::batch_norm::{self, Affine, Matrix};
use convgrad::kernels::{layer_norm, softmax};
use naive::Numbers;

fn close(actual: f32, expected: f64, tolerance: f64, what: &str) {
    let error = (f64::from(actual) - expected).abs();
    assert!(error <= tolerance * (1.0 + expected.abs()), "{what}: expected {expected}, got {actual}");
}

#[test]
fn softmax_of_rows_of_any_length_and_number() {
    for width in [1, 2, 3, 4, 5, 7, 10, 16, 62, 63, 64, 65, 100, 1000] {
        for rows in [1, 2, 3, 4, 5, 9, 64, 67, 130] {
            let x: Vec<f32> = Numbers::new(width).floats(width as usize * rows).iter().map(|x| x * 30.0).collect();
            let width = width as usize;
            let (mut y, mut logarithms) = (vec![f32::NAN; x.len()], vec![f32::NAN; x.len()]);
            softmax::softmax(width, &x, &mut y);
            softmax::log_softmax(width, &x, &mut logarithms);
            for row in 0..rows {
                let range = row * width..(row + 1) * width;
                let largest = x[range.clone()].iter().fold(f32::NEG_INFINITY, |a, &b| a.max(b));
                let e = |x: f32| f64::from(x - largest).exp();
                let sum: f64 = x[range.clone()].iter().map(|&x| e(x)).sum();
                for place in range.clone() {
                    let share = e(x[place]) / sum;
                    let what = format!("{rows}×{width} at {place}");
                    assert!((f64::from(y[place]) - share).abs() <= 1e-6 * share, "{what}: {share}, got {}", y[place]);
                    close(logarithms[place], f64::from(x[place] - largest) - sum.ln(), 1e-6, &what);
                }
                // A row's bits do not depend on the others.
                let mut alone = vec![f32::NAN; width];
                softmax::softmax(width, &x[range.clone()], &mut alone);
                assert_eq!(alone, y[range]);
            }
        }
    }
}

#[test]
fn softmax_of_far_numbers() {
    for width in [3, 70] {
        let mut x = vec![-200.0; 5 * width];
        (x[1], x[width + 2], x[2 * width], x[3 * width + 1]) = (0.0, f32::NAN, f32::NEG_INFINITY, f32::INFINITY);
        let mut y = vec![0.0; x.len()];
        softmax::softmax(width, &x, &mut y);
        assert_eq!(y[..3], [0.0, 1.0, 0.0]);
        assert!(y[width..2 * width].iter().all(|y| y.is_nan()), "a row with NaN");
        assert_eq!(y[2 * width], 0.0);
        close(y[2 * width + 1], 1.0 / (width - 1) as f64, 1e-6, "without what is infinitely small");
        close(y[4 * width], 1.0 / width as f64, 1e-6, "all the same");
    }
}

#[test]
fn gradients_of_softmax_of_rows_of_any_length_and_number() {
    for width in [1, 2, 3, 4, 5, 7, 10, 15, 16, 17, 33, 64, 65, 66] {
        for rows in [1, 3, 4, 5, 13] {
            let mut numbers = Numbers::new((width * rows) as u64);
            let (x, mut dy) = (numbers.floats(width * rows), numbers.floats(width * rows));
            // A row that is lost keeps that to itself.
            dy[(rows / 2) * width] = f32::NAN;
            let (mut y, mut logarithms) = (vec![f32::NAN; x.len()], vec![f32::NAN; x.len()]);
            softmax::softmax(width, &x, &mut y);
            softmax::log_softmax(width, &x, &mut logarithms);
            let (mut dx, mut log_dx) = (dy.clone(), dy.clone());
            softmax::gradient(width, &y, &mut dx);
            softmax::log_gradient(width, &logarithms, &mut log_dx);
            for row in 0..rows {
                let own = row * width..(row + 1) * width;
                let what = format!("{rows}×{width}, row {row}");
                if row == rows / 2 {
                    assert!(dx[own.clone()].iter().chain(&log_dx[own]).all(|dx| dx.is_nan()), "{what}");
                    continue;
                }
                let (y, dy) = (&y[own.clone()], &dy[own.clone()]);
                let along: f64 = y.iter().zip(dy).map(|(&y, &dy)| f64::from(y) * f64::from(dy)).sum();
                let sum: f64 = dy.iter().map(|&dy| f64::from(dy)).sum();
                for (c, place) in own.enumerate() {
                    let (y, dy) = (f64::from(y[c]), f64::from(dy[c]));
                    close(dx[place], y * (dy - along), 3e-7, &what);
                    close(log_dx[place], dy - y * sum, 2e-6, &what);
                }
            }
        }
    }
}

#[test]
fn layer_normalization_keeps_nan_in_its_row() {
    for channels in [1, 2, 3, 5, 10, 15, 16, 33] {
        let rows = 6;
        let (mut x, matrix) = (Numbers::new(9).floats(rows * channels), Matrix { rows, channels });
        (x[2 * channels], x[5 * channels]) = (f32::NAN, f32::INFINITY);
        let (mut statistics, mut y) = (vec![0.0; 2 * rows], vec![0.0; x.len()]);
        layer_norm::forward(matrix, &x, Affine { gamma: None, beta: None }, EPSILON, &mut statistics, &mut y);
        let (mut dx, mut sums) = (vec![0.0; x.len()], vec![0.0; 2 * channels]);
        layer_norm::gradient(matrix, &x, None, &statistics, &vec![1.0; x.len()], &mut dx, &mut sums);
        for (place, (y, dx)) in y.iter().zip(&dx).enumerate() {
            let is_lost = [2, 5].contains(&(place / channels));
            assert_eq!([y.is_nan(), dx.is_nan()], [is_lost; 2], "{channels} channels, row {}", place / channels);
        }
    }
}

/// Mean, variance and normalized values of each channel in double precision.
fn moments(x: &[f32], channels: usize) -> (Vec<f64>, Vec<f64>) {
    let rows = (x.len() / channels) as f64;
    let (mut mean, mut variance) = (vec![0.0; channels], vec![0.0; channels]);
    for (place, &x) in x.iter().enumerate() {
        mean[place % channels] += f64::from(x) / rows;
    }
    for (place, &x) in x.iter().enumerate() {
        variance[place % channels] += (f64::from(x) - mean[place % channels]).powi(2) / rows;
    }
    (mean, variance)
}

const EPSILON: f32 = 1e-3;

struct Trained {
    statistics: Vec<f32>,
    variance: Vec<f32>,
    y: Vec<f32>,
}

fn train(x: &[f32], channels: usize, affine: Affine) -> Trained {
    let matrix = Matrix { rows: x.len() / channels, channels };
    let (mut statistics, mut scratch) = (vec![f32::NAN; 2 * channels], vec![f32::NAN; 2 * channels]);
    let (mut mean, mut variance, mut y) = (vec![0.0; channels], vec![0.0; channels], vec![f32::NAN; x.len()]);
    let moving = (&mut mean[..], &mut variance[..]);
    batch_norm::training(matrix, x, affine, (0.0, EPSILON), moving, &mut statistics, &mut y, &mut scratch);
    Trained { statistics, variance, y }
}

#[test]
fn batch_normalization_of_matrices_of_any_size() {
    let near =
        [1, 3, 4, 6, 8, 12, 16, 31, 32, 64, 600].map(|c| [1, 2, 15, 16, 64, 65, 129, 1000, 4001].map(|rows| (rows, c)));
    let near = near.into_iter().flatten().filter(|&(rows, channels)| channels < 600 || rows <= 1000);
    // So many values that their gradients, their normalized values or their moments too are taken row after row.
    let far = [(12_011, 66), (12_011, 67), (19_000, 66), (16_500, 259), (8_300, 512), (8_300, 513)];
    for (rows, channels) in near.chain(far) {
        let mut numbers = Numbers::new((channels * rows) as u64);
        let (x, dy) = (numbers.floats(rows * channels), numbers.floats(rows * channels));
        let (gamma, beta) = (numbers.floats(channels), numbers.floats(channels));
        let (mean, variance) = moments(&x, channels);
        let trained = train(&x, channels, Affine { gamma: Some(&gamma), beta: Some(&beta) });
        let deviation: Vec<f64> = variance.iter().map(|v| 1.0 / (v + f64::from(EPSILON)).sqrt()).collect();
        let normal = |place: usize| (f64::from(x[place]) - mean[place % channels]) * deviation[place % channels];
        let what = format!("{rows}×{channels}");
        let (mut shift, mut scale) = (vec![0.0; channels], vec![0.0; channels]);
        for (place, &dy) in dy.iter().enumerate() {
            let c = place % channels;
            close(trained.y[place], normal(place) * f64::from(gamma[c]) + f64::from(beta[c]), 1e-5, &what);
            shift[c] += f64::from(dy);
            scale[c] += f64::from(dy) * normal(place);
        }
        let matrix = Matrix { rows, channels };
        let (mut dx, mut sums, mut scratch) =
            (vec![f32::NAN; x.len()], vec![f32::NAN; 2 * channels], vec![f32::NAN; 2 * channels]);
        let statistics = &trained.statistics;
        batch_norm::gradient(matrix, &x, Some(&gamma), statistics, &dy, Some(&mut dx), &mut sums, &mut scratch);
        for (place, &dx) in dx.iter().enumerate() {
            let c = place % channels;
            let rest = f64::from(dy[place]) - (shift[c] + normal(place) * scale[c]) / rows as f64;
            close(dx, f64::from(gamma[c]) * deviation[c] * rest, 3e-5, &format!("gradient of {what}"));
        }
        let mut alone = vec![f32::NAN; 2 * channels];
        batch_norm::gradient(matrix, &x, Some(&gamma), statistics, &dy, None, &mut alone, &mut scratch);
        assert_eq!(alone, sums, "sums of {what} without dx");
        for c in 0..channels {
            // Sums of more terms, which are no larger, lose more.
            let tolerance = 1e-5 * (rows as f64 / 4001.0).max(1.0);
            close(sums[c], shift[c], tolerance, &format!("shift of {what}"));
            close(sums[channels + c], scale[c], tolerance, &format!("scale of {what}"));
        }
    }
}

#[test]
fn variances_of_numbers_far_from_zero_and_of_outliers() {
    let (rows, channels) = (20_000, 5);
    let mut x: Vec<f32> = Numbers::new(5).floats(rows * channels);
    // Far from zero; one far row at the start, one in the middle of a block, one in every block.
    for (place, x) in x.iter_mut().enumerate() {
        let row = place / channels;
        *x += match place % channels {
            0 => 1000.0,
            1 if row == 0 => 100.0,
            2 if row == 1000 => 1000.0,
            3 if row % 64 == 0 => 100.0,
            _ => 0.0,
        };
    }
    let (mean, variance) = moments(&x, channels);
    let trained = train(&x, channels, Affine { gamma: None, beta: None });
    for c in 0..channels {
        let error = (f64::from(trained.statistics[c]) - mean[c]).abs() / (mean[c].abs() + variance[c].sqrt());
        assert!(error < 1e-6, "mean of channel {c}: expected {}, got {}", mean[c], trained.statistics[c]);
        let error = (f64::from(trained.variance[c]) / variance[c] - 1.0).abs();
        assert!(error < 2e-6, "variance of channel {c}: expected {}, got {}", variance[c], trained.variance[c]);
    }
}

#[test]
fn layer_normalization_of_matrices_of_any_size() {
    let few = (1_u32..=18).flat_map(|channels| [1_u32, 4, 7, 17].map(|rows| (rows, channels)));
    let many = [(1, 64), (2, 31), (3, 45), (4, 300), (5, 33), (37, 7), (40, 100), (7, 65), (6, 66), (9, 130)];
    // Of several parts, of as many as there is room for sums of, of one because there is room for no more.
    let large = [(5300, 11), (700, 90), (300, 1000), (60, 2500)];
    // More than a cache keeps.
    let far = [(21_850, 48), (16_390, 65), (1048, 1001), (33_000, 32)];
    for (rows, channels) in few.chain(many).chain(large).chain(far) {
        let mut numbers = Numbers::new(u64::from(rows * channels));
        let (count, width) = ((rows * channels) as usize, channels as usize);
        // Far from zero, each row elsewhere.
        let x: Vec<f32> = (0..).zip(numbers.floats(count)).map(|(i, x)| x + 8.0 * (i / width % 5) as f32).collect();
        let (gamma, beta, dy) = (numbers.floats(width), numbers.floats(width), numbers.floats(count));
        for (has_gamma, has_beta) in [(false, false), (true, false), (false, true), (true, true)] {
            let affine = Affine { gamma: has_gamma.then_some(&gamma[..]), beta: has_beta.then_some(&beta[..]) };
            let matrix = Matrix { rows: rows as usize, channels: width };
            let mut statistics = vec![f32::NAN; 2 * matrix.rows];
            let (mut y, mut dx, mut sums) = (vec![f32::NAN; count], vec![f32::NAN; count], vec![f32::NAN; 2 * width]);
            layer_norm::forward(matrix, &x, affine, EPSILON, &mut statistics, &mut y);
            layer_norm::gradient(matrix, &x, affine.gamma, &statistics, &dy, &mut dx, &mut sums);
            let what = format!("{rows}×{channels}, {has_gamma}, {has_beta}");
            let mut expected = vec![0.0; 2 * width];
            for (row, x) in x.chunks_exact(width).enumerate() {
                let own = row * width..(row + 1) * width;
                let mean = x.iter().map(|&x| f64::from(x)).sum::<f64>() / f64::from(channels);
                let variance = x.iter().map(|&x| (f64::from(x) - mean).powi(2)).sum::<f64>() / f64::from(channels);
                let deviation = 1.0 / (variance + f64::from(EPSILON)).sqrt();
                let factor = |c: usize| affine.gamma.map_or(1.0, |gamma| f64::from(gamma[c]));
                let normal = |c: usize| (f64::from(x[c]) - mean) * deviation;
                let g = |c: usize| f64::from(dy[own.clone()][c]) * factor(c);
                let total = (0..width).map(g).sum::<f64>() / f64::from(channels);
                let product = (0..width).map(|c| g(c) * normal(c)).sum::<f64>() / f64::from(channels);
                close(statistics[row], mean, 1e-6, &what);
                close(statistics[matrix.rows + row], deviation, 1e-4, &what);
                for c in 0..width {
                    let shift = affine.beta.map_or(0.0, |beta| f64::from(beta[c]));
                    close(y[own.clone()][c], normal(c) * factor(c) + shift, 1e-4, &what);
                    close(dx[own.clone()][c], deviation * (g(c) - total - normal(c) * product), 1e-3, &what);
                    expected[c] += f64::from(dy[own.clone()][c]);
                    expected[width + c] += f64::from(dy[own.clone()][c]) * normal(c);
                }
            }
            for (&sum, &expected) in sums.iter().zip(&expected) {
                close(sum, expected, 1e-4, &what);
            }
        }
    }
}

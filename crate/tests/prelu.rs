//! The relu with learned slopes against its definition: rows of every remainder, joined ones, wide ones, and several parts.
#![cfg(not(feature = "double"))]

mod naive;

use convgrad::kernels::prelu::{forward, gradient};
use naive::Numbers;

#[test]
fn outputs_and_gradients_are_those_of_the_definition() {
    let shapes =
        [(1, 1), (7, 1), (70_001, 1), (5, 3), (9, 10), (2100, 33), (130, 511), (3, 512), (67, 1030), (2, 40_000)];
    for (rows, width) in shapes {
        let mut numbers = Numbers::new((rows * width) as u64);
        let alpha = numbers.floats(width);
        let (mut x, dy) = (numbers.floats(rows * width), numbers.floats(rows * width));
        x[0] = 0.0;
        let mut y = vec![f32::NAN; x.len()];
        forward(&alpha, &x, &mut y);
        let (mut dx, mut dalpha) = (y.clone(), vec![f32::NAN; width]);
        gradient(&alpha, &x, &dy, &mut dx, &mut dalpha);
        let (mut sums, mut sizes) = (vec![0.0; width], vec![0.0; width]);
        for (index, (&x, &dy)) in x.iter().zip(&dy).enumerate() {
            let slope = alpha[index % width];
            assert_eq!(y[index], if x < 0.0 { x * slope } else { x }, "y [{rows}, {width}] at {index}");
            assert_eq!(dx[index], if x > 0.0 { dy } else { dy * slope }, "dx [{rows}, {width}] at {index}");
            let product = f64::from(dy) * f64::from(x.min(0.0));
            sums[index % width] += product;
            sizes[index % width] += product.abs();
        }
        for (column, &dalpha) in dalpha.iter().enumerate() {
            let error = (f64::from(dalpha) - sums[column]).abs();
            assert!(error <= 16.0 * f64::from(f32::EPSILON) * sizes[column], "dalpha [{rows}, {width}] at {column}");
        }
    }
}

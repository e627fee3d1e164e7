//! What is repeated along a dimension, against its definition, for every remainder. Integers: sums are exact.
#![cfg(not(feature = "double"))]

use convgrad::kernels::repeated::{multiply, repeat, sum, sum_of_products, Repeats};

fn values(count: usize, seed: usize) -> Vec<f32> {
    (0..count).map(|index| ((index * 7919 + seed) % 23) as f32 - 11.0).collect()
}

#[test]
fn repeated_values_by_their_definition() {
    for outer in [1, 2, 5] {
        for times in [1, 2, 7, 300, 2100] {
            for inner in [1, 2, 3, 4, 5, 7, 8, 16, 19, 63, 64, 65, 70, 130] {
                let r = Repeats { outer, times, inner };
                let (a, b, few) = (values(r.whole(), 3), values(r.whole(), 8), values(r.few(), 5));
                let place = |index: usize| index / (times * inner) * inner + index % inner;
                let mut y = vec![f32::NAN; r.whole()];
                repeat(r, &few, &mut y);
                assert!(y.iter().enumerate().all(|(index, y)| *y == few[place(index)]), "{r:?}");
                multiply(r, &a, &few, &mut y);
                assert!(y.iter().enumerate().all(|(index, y)| *y == a[index] * few[place(index)]), "{r:?}");
                let (mut sums, mut products) = (vec![0.0; r.few()], vec![0.0; r.few()]);
                for index in 0..r.whole() {
                    sums[place(index)] += a[index];
                    products[place(index)] += a[index] * b[index];
                }
                let mut y = vec![f32::NAN; r.few()];
                sum(r, &a, &mut y);
                assert_eq!(y, sums, "{r:?}");
                sum_of_products(r, &a, &b, &mut y);
                assert_eq!(y, products, "{r:?}");
            }
        }
    }
}

//! Portable and simd128 give the same bits: the hashes here are those of test/kernels/exponential.test.ts.
#![cfg(not(feature = "double"))]

use convgrad::kernels::activation::{forward, Activation};
use convgrad::kernels::elementwise;

/// The generator of test/support/numbers.ts.
fn numbers(seed: u32, count: usize) -> Vec<f32> {
    let mut state = seed;
    (0..count)
        .map(|_| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 15) as f32 / 65536.0 - 1.0
        })
        .collect()
}

fn hash(values: &[f32]) -> u32 {
    values.iter().fold(0x811c_9dc5, |hash, value| (hash ^ value.to_bits()).wrapping_mul(0x0100_0193))
}

#[test]
fn the_portable_build_gives_the_bits_of_the_strict_one() {
    let x: Vec<f32> = numbers(7, 4099).into_iter().map(|value| value * 40.0).collect();
    let mut y = vec![0.0; x.len()];
    elementwise::exp(&x, &mut y);
    let exp = hash(&y);
    forward(Activation::Sigmoid, &x, &mut y);
    let sigmoid = hash(&y);
    forward(Activation::Tanh, &x, &mut y);
    assert_eq!([exp, sigmoid, hash(&y)], [1_477_628_301, 2_486_907_298, 119_734_504]);
}

//! Loops that do nothing but arithmetic: the speed that everything else is measured against.

use crate::vector::{Lanes, Real, Vector, LANES};

/// Independent sums of a loop: enough to hide the latency of an instruction, few enough to stay in registers.
const SUMS: usize = 8;

/// Floating point operations of one iteration of either loop.
pub const FLOPS: usize = SUMS * LANES * 2;

/// Values that the loops read and write.
pub const VALUES: usize = (SUMS + 2) * LANES;

/// `sum = sum · a + b` through `mul_add`, in eight independent sums.
pub fn fused(iterations: u32, values: &mut [Real]) {
    run(iterations, values, |sum, a, b| sum.mul_add(a, b));
}

/// The same with the product rounded, whatever the build.
pub fn separate(iterations: u32, values: &mut [Real]) {
    run(iterations, values, |sum, a, b| sum.mul(a).add(b));
}

// The inputs come from memory and the results go there, so that nothing can be left out.
#[inline(always)]
fn run(iterations: u32, values: &mut [Real], step: impl Fn(Lanes, Lanes, Lanes) -> Lanes) {
    let vector = |index: usize| Lanes::load(&values[index * LANES..]);
    let (a, b) = (vector(SUMS), vector(SUMS + 1));
    let mut sums: [Lanes; SUMS] = std::array::from_fn(vector);
    for _ in 0..iterations {
        for sum in &mut sums {
            *sum = step(*sum, a, b);
        }
    }
    for (index, sum) in sums.iter().enumerate() {
        sum.store(&mut values[index * LANES..]);
    }
}

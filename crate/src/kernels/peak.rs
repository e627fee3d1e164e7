//! Loops that do nothing but arithmetic: the speed that everything else is measured against.

use crate::error::Error;
use crate::vector::{Lanes, Real, Vector, LANES};

/// Most independent sums of a loop: with two constants and a product on its way they fill the registers that V8 has.
const MOST: usize = 12;

/// Values that the loops read and write.
pub const VALUES: usize = (MOST + 2) * LANES;

/// `sum = sum · a + b` through `mul_add`, in `sums` independent sums.
pub fn fused(iterations: u32, sums: u32, values: &mut [Real]) -> Result<(), Error> {
    run_some(iterations, sums, values, |sum, a, b| sum.mul_add(a, b))
}

/// The same with the product rounded, whatever the build.
pub fn separate(iterations: u32, sums: u32, values: &mut [Real]) -> Result<(), Error> {
    run_some(iterations, sums, values, |sum, a, b| sum.mul(a).add(b))
}

/// Which number of sums hides the latency of the instructions depends on the processor.
#[inline(always)]
fn run_some(
    iterations: u32,
    sums: u32,
    values: &mut [Real],
    step: impl Fn(Lanes, Lanes, Lanes) -> Lanes,
) -> Result<(), Error> {
    match sums {
        8 => run::<8>(iterations, values, step),
        12 => run::<MOST>(iterations, values, step),
        _ => return Err(Error::UnknownCode),
    }
    Ok(())
}

// The inputs come from memory and the results go there, so that nothing can be left out.
#[inline(always)]
fn run<const SUMS: usize>(iterations: u32, values: &mut [Real], step: impl Fn(Lanes, Lanes, Lanes) -> Lanes) {
    let vector = |index: usize| Lanes::load(&values[index * LANES..]);
    let (a, b) = (vector(MOST), vector(MOST + 1));
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

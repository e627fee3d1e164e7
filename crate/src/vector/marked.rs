//! Arrays of vectors beside arrays that have one number for each vector.

use super::{Lanes, Real, Vector, LANES};

/// `(y, marks) = apply(inputs)` for every vector of `y`. Panics when `y` is not whole vectors, or when lengths differ.
#[inline(always)]
pub fn combine_marking<const I: usize>(
    inputs: [&[Real]; I],
    y: &mut [Real],
    marks: &mut [Real],
    apply: impl Fn([Lanes; I]) -> (Lanes, Real),
) {
    assert!(inputs.iter().all(|input| input.len() == y.len()) && marks.len() * LANES == y.len());
    let (mut inputs, mut target, mut mark) = (inputs.map(<[Real]>::as_ptr), y.as_mut_ptr(), marks.as_mut_ptr());
    let mut step = |vectors: usize| {
        for v in 0..vectors {
            // SAFETY: all arrays have four values for each mark, and the steps add up to no more.
            unsafe {
                let (value, own) = apply(inputs.map(|input| Lanes::load_at(input.add(v * LANES))));
                value.store_at(target.add(v * LANES));
                *mark.add(v) = own;
            }
        }
        mark = mark.wrapping_add(vectors);
        target = target.wrapping_add(vectors * LANES);
        for input in &mut inputs {
            *input = input.wrapping_add(vectors * LANES);
        }
    };
    for _ in 0..marks.len() / 2 {
        step(2);
    }
    if marks.len() % 2 > 0 {
        step(1);
    }
}

/// `outputs = apply(x, marks)` for every vector of `x`. Panics when `x` is not whole vectors, or when lengths differ.
#[inline(always)]
pub fn spread_marked<const O: usize>(
    x: &[Real],
    marks: &[Real],
    outputs: [&mut [Real]; O],
    apply: impl Fn(Lanes, Real) -> [Lanes; O],
) {
    assert!(outputs.iter().all(|output| output.len() == x.len()) && marks.len() * LANES == x.len());
    let (mut source, mut outputs, mut mark) = (x.as_ptr(), outputs.map(<[Real]>::as_mut_ptr), marks.as_ptr());
    let mut step = |vectors: usize| {
        for v in 0..vectors {
            // SAFETY: all arrays have four values for each mark, and the steps add up to no more.
            unsafe {
                let results = apply(Lanes::load_at(source.add(v * LANES)), *mark.add(v));
                for (value, output) in results.into_iter().zip(outputs) {
                    value.store_at(output.add(v * LANES));
                }
            }
        }
        mark = mark.wrapping_add(vectors);
        source = source.wrapping_add(vectors * LANES);
        for output in &mut outputs {
            *output = output.wrapping_add(vectors * LANES);
        }
    };
    for _ in 0..marks.len() / 2 {
        step(2);
    }
    if marks.len() % 2 > 0 {
        step(1);
    }
}

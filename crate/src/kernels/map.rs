//! A function of four lanes, applied to every element of slices.

use crate::vector::{combine, sweep, Lanes, Real, Vector, LANES};

/// Applies a function of four lanes to every element, N vectors at a time, see [`sweep`].
#[inline(always)]
pub fn map<const N: usize>(x: &[Real], y: &mut [Real], apply: impl Fn(Lanes) -> Lanes) {
    combine::<1, N>([x], y, |[x]| apply(x));
}

/// [`map`] in place, a vector at a time: where nothing else is read, four take a quarter longer.
#[inline(always)]
pub fn map_in_place(y: &mut [Real], apply: impl Fn(Lanes) -> Lanes) {
    let mut outputs = y.chunks_exact_mut(LANES);
    for y in &mut outputs {
        apply(Lanes::load(y)).store(y);
    }
    let rest = outputs.into_remainder();
    if !rest.is_empty() {
        apply(Lanes::load_few(rest, 1.0)).store_few(rest);
    }
}

/// [`map`] with a function that is simpler where four vectors are `small`.
#[inline(always)]
pub fn map_small(
    x: &[Real],
    y: &mut [Real],
    small: impl Fn([Lanes; 4]) -> bool,
    simple: impl Fn(Lanes) -> Lanes,
    apply: impl Fn(Lanes) -> Lanes,
) {
    let mut inputs = x.chunks_exact(4 * LANES);
    let mut outputs = y.chunks_exact_mut(4 * LANES);
    for (x, y) in (&mut inputs).zip(&mut outputs) {
        if small(std::array::from_fn(|v| Lanes::load(&x[v * LANES..]))) {
            map::<1>(x, y, &simple);
        } else {
            map::<1>(x, y, &apply);
        }
    }
    map::<1>(inputs.remainder(), outputs.into_remainder(), apply);
}

/// [`map_in_place`] with a function that is simpler where four vectors are `small`.
#[inline(always)]
pub fn map_small_in_place(
    y: &mut [Real],
    small: impl Fn([Lanes; 4]) -> bool,
    simple: impl Fn(Lanes) -> Lanes,
    apply: impl Fn(Lanes) -> Lanes,
) {
    let mut outputs = y.chunks_exact_mut(4 * LANES);
    for y in &mut outputs {
        if small(std::array::from_fn(|v| Lanes::load(&y[v * LANES..]))) {
            map_in_place(y, &simple);
        } else {
            map_in_place(y, &apply);
        }
    }
    map_in_place(outputs.into_remainder(), apply);
}

/// `y = apply(y, x)` for every element; for functions of few instructions.
#[inline(always)]
pub fn zip_in_place(y: &mut [Real], x: &[Real], apply: impl Fn(Lanes, Lanes) -> Lanes) {
    sweep::<4>(None, x, y, apply);
}

/// `y = apply(a, b)` for every element; for functions of few instructions.
#[inline(always)]
pub fn zip(a: &[Real], b: &[Real], y: &mut [Real], apply: impl Fn(Lanes, Lanes) -> Lanes) {
    sweep::<4>(Some(a), b, y, apply);
}

//! Copies, sums and gathers.

use super::exponential::Exponential;
use super::map::map;
use crate::error::Error;
use crate::threads::{each_part, WORTH};
use crate::vector::{copy, Lanes, Real, Vector, LANES};

/// Elements of a part of what takes one operation an element.
const PART: usize = WORTH / 4;

/// `y = a + b`.
pub fn add(a: &[Real], b: &[Real], y: &mut [Real]) {
    each_part(y, PART, |part, y| add_part(&a[part * PART..][..y.len()], &b[part * PART..][..y.len()], y));
}

fn add_part(a: &[Real], b: &[Real], y: &mut [Real]) {
    let mut left = a.chunks_exact(LANES);
    let mut right = b.chunks_exact(LANES);
    let mut outputs = y.chunks_exact_mut(LANES);
    for ((a, b), y) in (&mut left).zip(&mut right).zip(&mut outputs) {
        Lanes::load(a).add(Lanes::load(b)).store(y);
    }
    for ((a, b), y) in left.remainder().iter().zip(right.remainder()).zip(outputs.into_remainder()) {
        *y = a + b;
    }
}

/// `y = a · b`.
pub fn multiply(a: &[Real], b: &[Real], y: &mut [Real]) {
    each_part(y, PART, |part, y| {
        for ((a, b), y) in a[part * PART..].iter().zip(&b[part * PART..]).zip(y) {
            *y = a * b;
        }
    });
}

/// `y = scale · x + offset`.
pub fn affine(scale: Real, offset: Real, x: &[Real], y: &mut [Real]) {
    for (x, y) in x.iter().zip(y) {
        *y = x * scale + offset;
    }
}

/// `y = eˣ`.
pub fn exp(x: &[Real], y: &mut [Real]) {
    let constants = Exponential::new();
    map(x, y, |x| constants.exp(x));
}

/// `destination[r] = source[indices[r]]` for rows of `row` values.
pub fn gather_rows(row: usize, indices: &[u32], source: &[Real], destination: &mut [Real]) -> Result<(), Error> {
    for (&index, target) in indices.iter().zip(destination.chunks_exact_mut(row)) {
        let start = (index as usize).checked_mul(row).ok_or(Error::OutOfBounds)?;
        let end = start.checked_add(row).ok_or(Error::OutOfBounds)?;
        copy(source.get(start..end).ok_or(Error::OutOfBounds)?, target);
    }
    Ok(())
}

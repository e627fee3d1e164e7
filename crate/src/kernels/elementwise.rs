//! Copies, sums and gathers.

use super::exponential::Exponential;
use super::map::map;
use crate::error::Error;
use crate::vector::{copy, F32x4, Vector, LANES};

/// `y = a + b`.
pub fn add(a: &[f32], b: &[f32], y: &mut [f32]) {
    let mut left = a.chunks_exact(LANES);
    let mut right = b.chunks_exact(LANES);
    let mut outputs = y.chunks_exact_mut(LANES);
    for ((a, b), y) in (&mut left).zip(&mut right).zip(&mut outputs) {
        F32x4::load(a).add(F32x4::load(b)).store(y);
    }
    for ((a, b), y) in left.remainder().iter().zip(right.remainder()).zip(outputs.into_remainder()) {
        *y = a + b;
    }
}

/// `y = a · b`.
pub fn multiply(a: &[f32], b: &[f32], y: &mut [f32]) {
    for ((a, b), y) in a.iter().zip(b).zip(y) {
        *y = a * b;
    }
}

/// `y = scale · x + offset`.
pub fn affine(scale: f32, offset: f32, x: &[f32], y: &mut [f32]) {
    for (x, y) in x.iter().zip(y) {
        *y = x * scale + offset;
    }
}

/// `y = eˣ`.
pub fn exp(x: &[f32], y: &mut [f32]) {
    let constants = Exponential::new();
    map(x, y, |x| constants.exp(x));
}

/// `destination[r] = source[indices[r]]` for rows of `row` values.
pub fn gather_rows(row: usize, indices: &[u32], source: &[f32], destination: &mut [f32]) -> Result<(), Error> {
    for (&index, target) in indices.iter().zip(destination.chunks_exact_mut(row)) {
        let start = (index as usize).checked_mul(row).ok_or(Error::OutOfBounds)?;
        let end = start.checked_add(row).ok_or(Error::OutOfBounds)?;
        copy(source.get(start..end).ok_or(Error::OutOfBounds)?, target);
    }
    Ok(())
}

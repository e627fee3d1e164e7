//! Copies, sums and gathers.

use super::exponential::Exponential;
use super::map::{map, zip};
use crate::error::Error;
use crate::threads::{each_part, each_share_of, each_value, share, OF_COPYING};
use crate::vector::{update_ahead, Lanes, Real, Vector};

/// Operations that an exponential takes as long as.
const WORK_OF_EXP: usize = 20;

/// Operations in which one value comes from memory that nobody has read for long.
const WAIT: usize = 16;

/// `y = a + b`.
pub fn add(a: &[Real], b: &[Real], y: &mut [Real]) {
    each_value([y], OF_COPYING, |first, [y]| {
        zip(&a[first..][..y.len()], &b[first..][..y.len()], y, |a, b| a.add(b));
    });
}

/// `y = a · b`.
pub fn multiply(a: &[Real], b: &[Real], y: &mut [Real]) {
    each_value([y], OF_COPYING, |first, [y]| {
        zip(&a[first..][..y.len()], &b[first..][..y.len()], y, |a, b| a.mul(b));
    });
}

/// `y = scale · x + offset`.
pub fn affine(scale: Real, offset: Real, x: &[Real], y: &mut [Real]) {
    let (scale, offset) = (Lanes::splat(scale), Lanes::splat(offset));
    each_share_of(x, y, OF_COPYING, |x, y| map::<4>(x, y, |x| x.mul(scale).add(offset)));
}

/// `y = eˣ`.
pub fn exp(x: &[Real], y: &mut [Real]) {
    let constants = Exponential::new();
    each_share_of(x, y, WORK_OF_EXP, |x, y| map::<1>(x, y, |x| constants.exp(x)));
}

/// `destination[r] = source[indices[r]]` for rows of `row` values. A row is asked for while the one before it is copied: which it
/// will be no processor foresees. Nothing is written when a row lies outside.
pub fn gather_rows(row: usize, indices: &[u32], source: &[Real], destination: &mut [Real]) -> Result<(), Error> {
    let has = |&index: &u32| (index as usize).checked_add(1)?.checked_mul(row).filter(|&end| end <= source.len());
    if !indices.iter().all(|index| has(index).is_some()) {
        return Err(Error::OutOfBounds);
    }
    let row_of = |index: u32| &source[index as usize * row..][..row];
    let rows = share(indices.len(), WAIT * row);
    each_part(destination, rows * row, |part, destination| {
        let indices = &indices[part * rows..];
        let following = indices[1..].iter().chain(indices.last());
        for ((target, &index), &next) in destination.chunks_exact_mut(row).zip(indices).zip(following) {
            update_ahead([row_of(index)], target, row_of(next), |[values], _| values);
        }
    });
    Ok(())
}

//! Exports of reductions over the middle of `[outer, reduced, inner]`, and of sums of segments.

use super::{call, matrix};
use crate::error::{checked_product, Error};
use crate::kernels::tensors::reduce::{self, Reduction};
use wasm_bindgen::prelude::*;

/// Elements of `[outer, reduced, inner]` and of `[outer, inner]`, none of which is empty.
fn sizes(outer: u32, reduced: u32, inner: u32) -> Result<(usize, usize), Error> {
    let kept = matrix(outer, inner)?;
    if reduced == 0 {
        return Err(Error::InvalidGeometry);
    }
    Ok((checked_product(&[kept, reduced as usize])?, kept))
}

/// `y [outer, inner]` of `x [outer, reduced, inner]`; the codes are those of [`Reduction`].
#[wasm_bindgen]
pub fn reduce(code: u32, outer: u32, reduced: u32, inner: u32, x: u32, y: u32) -> u32 {
    call(|frame| {
        let (whole, kept) = sizes(outer, reduced, inner)?;
        let reduction = Reduction::from_code(code)?;
        let x = frame.input(x, whole)?;
        reduce::reduce(reduction, reduced as usize, inner as usize, x, frame.output(y, kept)?);
        Ok(())
    })
}

/// Whether any, or with `all` 1 all of the truth values are 1.
#[wasm_bindgen]
pub fn reduce_truth(all: u32, outer: u32, reduced: u32, inner: u32, x: u32, y: u32) -> u32 {
    call(|frame| {
        let (whole, kept) = sizes(outer, reduced, inner)?;
        let x = frame.bytes(x, whole)?;
        reduce::reduce_truth(all == 1, reduced as usize, inner as usize, x, frame.bytes_output(y, kept)?);
        Ok(())
    })
}

/// Number of the first largest, or with `largest` 0 smallest value, as int32; of float32, or with `integers` 1 of int32.
#[wasm_bindgen]
pub fn argument(largest: u32, integers: u32, outer: u32, reduced: u32, inner: u32, x: u32, y: u32) -> u32 {
    call(|frame| {
        let (whole, kept) = sizes(outer, reduced, inner)?;
        let (largest, reduced, inner) = (largest == 1, reduced as usize, inner as usize);
        if integers == 1 {
            let x = frame.integers(x, whole)?;
            reduce::argument(largest, reduced, inner, x, frame.words(y, kept)?);
        } else {
            let x = frame.input(x, whole)?;
            reduce::argument(largest, reduced, inner, x, frame.words(y, kept)?);
        }
        Ok(())
    })
}

/// `y [segments, inner]`: sums of the rows of `x [rows, inner]` by their numbers; rows without a segment are left out.
#[wasm_bindgen]
pub fn segment_sums(rows: u32, inner: u32, segments: u32, ids: u32, x: u32, y: u32) -> u32 {
    call(|frame| {
        let ids = frame.indices(ids, rows as usize)?;
        let x = frame.input(x, matrix(rows, inner)?)?;
        reduce::segment_sums(inner as usize, ids, x, frame.output(y, matrix(segments, inner)?)?);
        Ok(())
    })
}

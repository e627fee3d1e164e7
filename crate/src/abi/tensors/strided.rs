//! Exports of what moves elements without changing them: words of four bytes, or bytes.

use super::{call, Frame};
use crate::error::{checked_product, Error};
use crate::kernels::boxes::Region;
use crate::kernels::tensors::strided::{self, region, WORDS};
use wasm_bindgen::prelude::*;

fn plan(frame: &mut Frame, address: u32, source: u32, target: u32) -> Result<Region, Error> {
    let mut words = [0; WORDS];
    words.copy_from_slice(frame.indices(address, WORDS)?);
    region(&words, [source as usize, target as usize])
}

/// Copies the box of a plan, see [`region`], from `x` of `x_length` words to `y` of `y_length`.
#[wasm_bindgen]
pub fn copy_words(plan_address: u32, x_length: u32, x: u32, y_length: u32, y: u32) -> u32 {
    call(|frame| {
        let plan = plan(frame, plan_address, x_length, y_length)?;
        let x = frame.indices(x, x_length as usize)?;
        plan.copy(x, frame.words(y, y_length as usize)?);
        Ok(())
    })
}

/// Like [`copy_words`], of bytes.
#[wasm_bindgen]
pub fn copy_bytes(plan_address: u32, x_length: u32, x: u32, y_length: u32, y: u32) -> u32 {
    call(|frame| {
        let plan = plan(frame, plan_address, x_length, y_length)?;
        let x = frame.bytes(x, x_length as usize)?;
        plan.copy(x, frame.bytes_output(y, y_length as usize)?);
        Ok(())
    })
}

/// `y[b, o, i] = x[b, o, indices[b, i]]`, rows of `inner` words of which each `x[b, o]` has `axis`; `count` indices a batch.
#[wasm_bindgen]
#[allow(clippy::too_many_arguments)]
pub fn gather_words(batch: u32, outer: u32, axis: u32, inner: u32, count: u32, indices: u32, x: u32, y: u32) -> u32 {
    call(|frame| {
        let [batch, outer, axis, inner, count] = [batch, outer, axis, inner, count].map(|size| size as usize);
        if inner == 0 {
            return Err(Error::InvalidGeometry);
        }
        let indices = frame.indices(indices, checked_product(&[batch, count])?)?;
        let x = frame.indices(x, checked_product(&[batch, outer, axis, inner])?)?;
        let y = frame.words(y, checked_product(&[batch, outer, count, inner])?)?;
        strided::gather([batch, outer, axis, inner], indices, x, y)
    })
}

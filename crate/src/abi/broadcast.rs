//! Exports of operations on two arrays of which one may be repeated, of functions of one array, of sums of rows and of what is
//! repeated.

use super::{call, matrix, operands};
use crate::error::{checked_product, Error};
use crate::kernels::broadcast::{self, Binary, Unary};
use crate::kernels::repeated::{self, Repeats};
use wasm_bindgen::prelude::*;

/// `y [rows, columns] = a ∘ b`; the codes are those of [`Binary`] and of [`operands`].
#[wasm_bindgen]
#[allow(clippy::too_many_arguments)]
pub fn binary(code: u32, rows: u32, columns: u32, a: u32, repeat_a: u32, b: u32, repeat_b: u32, y: u32) -> u32 {
    call(|frame| {
        let operation = Binary::from_code(code)?;
        let (length, [of_a, of_b]) = operands(rows, columns, [repeat_a, repeat_b])?;
        let (a, b) = (frame.input(a, of_a.1)?, frame.input(b, of_b.1)?);
        broadcast::binary(operation, columns as usize, (a, of_a.0), (b, of_b.0), frame.output(y, length)?);
        Ok(())
    })
}

/// `y = f(x)`; the code is that of [`Unary`].
#[wasm_bindgen]
pub fn unary(code: u32, alpha: f32, length: u32, x: u32, y: u32) -> u32 {
    call(|frame| {
        let operation = Unary::from_code(code, alpha)?;
        let x = frame.input(x, length as usize)?;
        broadcast::unary(operation, x, frame.output(y, length as usize)?);
        Ok(())
    })
}

/// `y = x`, brought between `low` and `high`.
#[wasm_bindgen]
pub fn clip(low: f32, high: f32, length: u32, x: u32, y: u32) -> u32 {
    call(|frame| {
        let x = frame.input(x, length as usize)?;
        broadcast::clip(low, high, x, frame.output(y, length as usize)?);
        Ok(())
    })
}

/// `y [rows] = Σ x [rows, columns]`.
#[wasm_bindgen]
pub fn row_sums(rows: u32, columns: u32, x: u32, y: u32) -> u32 {
    call(|frame| {
        let x = frame.input(x, matrix(rows, columns)?)?;
        broadcast::row_sums(columns as usize, x, frame.output(y, rows as usize)?);
        Ok(())
    })
}

fn repeats(sizes: [u32; 3]) -> Result<Repeats, Error> {
    let [outer, times, inner] = sizes.map(|size| size as usize);
    if sizes.contains(&0) {
        return Err(Error::InvalidGeometry);
    }
    checked_product(&[outer, times, inner])?;
    Ok(Repeats { outer, times, inner })
}

/// `y [outer, times, inner] = x [outer, inner]`.
#[wasm_bindgen]
pub fn repeat(outer: u32, times: u32, inner: u32, x: u32, y: u32) -> u32 {
    call(|frame| {
        let r = repeats([outer, times, inner])?;
        let x = frame.input(x, r.few())?;
        repeated::repeat(r, x, frame.output(y, r.whole())?);
        Ok(())
    })
}

/// `y = x [outer, times, inner] · factors [outer, inner]`.
#[wasm_bindgen]
pub fn multiply_repeated(outer: u32, times: u32, inner: u32, x: u32, factors: u32, y: u32) -> u32 {
    call(|frame| {
        let r = repeats([outer, times, inner])?;
        let (x, factors) = (frame.input(x, r.whole())?, frame.input(factors, r.few())?);
        repeated::multiply(r, x, factors, frame.output(y, r.whole())?);
        Ok(())
    })
}

/// `y [outer, inner] = Σ x [outer, times, inner]`.
#[wasm_bindgen]
pub fn sum_repeated(outer: u32, times: u32, inner: u32, x: u32, y: u32) -> u32 {
    call(|frame| {
        let r = repeats([outer, times, inner])?;
        let x = frame.input(x, r.whole())?;
        repeated::sum(r, x, frame.output(y, r.few())?);
        Ok(())
    })
}

/// `y [outer, inner] = Σ a · b [outer, times, inner]`.
#[wasm_bindgen]
pub fn sum_repeated_products(outer: u32, times: u32, inner: u32, a: u32, b: u32, y: u32) -> u32 {
    call(|frame| {
        let r = repeats([outer, times, inner])?;
        let (a, b) = (frame.input(a, r.whole())?, frame.input(b, r.whole())?);
        repeated::sum_of_products(r, a, b, frame.output(y, r.few())?);
        Ok(())
    })
}

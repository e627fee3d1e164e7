//! Exports of operations on two arrays of which one may be repeated, of functions of one array, and of sums of rows.

use super::{call, matrix, operands};
use crate::kernels::broadcast::{self, Binary, Unary};
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

//! Exports of comparisons, logic and choices. Truth values are bytes.

use super::{call, operands};
use crate::kernels::tensors::compare::{self, Comparison, Logic};
use wasm_bindgen::prelude::*;

/// `y [rows, columns] = a ∘ b` as truth values, of float32 or with `integers` 1 of int32; the codes are those of
/// [`Comparison`] and of [`operands`].
#[wasm_bindgen]
#[allow(clippy::too_many_arguments)]
pub fn compare(
    code: u32,
    integers: u32,
    rows: u32,
    columns: u32,
    a: u32,
    repeat_a: u32,
    b: u32,
    repeat_b: u32,
    y: u32,
) -> u32 {
    call(|frame| {
        let comparison = Comparison::from_code(code)?;
        let (length, [of_a, of_b]) = operands(rows, columns, [repeat_a, repeat_b])?;
        let y = frame.bytes_output(y, length)?;
        if integers == 1 {
            let (a, b) = (frame.integers(a, of_a.1)?, frame.integers(b, of_b.1)?);
            compare::compare(comparison, columns as usize, (a, of_a.0), (b, of_b.0), y);
        } else {
            let (a, b) = (frame.input(a, of_a.1)?, frame.input(b, of_b.1)?);
            compare::compare(comparison, columns as usize, (a, of_a.0), (b, of_b.0), y);
        }
        Ok(())
    })
}

/// `y [rows, columns] = a ∘ b` of truth values; the codes are those of [`Logic`] and of [`operands`].
#[wasm_bindgen]
#[allow(clippy::too_many_arguments)]
pub fn logic(code: u32, rows: u32, columns: u32, a: u32, repeat_a: u32, b: u32, repeat_b: u32, y: u32) -> u32 {
    call(|frame| {
        let logic = Logic::from_code(code)?;
        let (length, [of_a, of_b]) = operands(rows, columns, [repeat_a, repeat_b])?;
        let (a, b) = (frame.bytes(a, of_a.1)?, frame.bytes(b, of_b.1)?);
        compare::logic(logic, columns as usize, (a, of_a.0), (b, of_b.0), frame.bytes_output(y, length)?);
        Ok(())
    })
}

/// `y = ¬x` of truth values.
#[wasm_bindgen]
pub fn logical_not(length: u32, x: u32, y: u32) -> u32 {
    call(|frame| {
        let x = frame.bytes(x, length as usize)?;
        compare::not(x, frame.bytes_output(y, length as usize)?);
        Ok(())
    })
}

/// `y` = `yes` where the condition is 1, else `no`; words of four bytes.
#[wasm_bindgen]
pub fn select_words(length: u32, condition: u32, yes: u32, no: u32, y: u32) -> u32 {
    call(|frame| {
        let length = length as usize;
        let condition = frame.bytes(condition, length)?;
        let (yes, no) = (frame.indices(yes, length)?, frame.indices(no, length)?);
        compare::select(condition, yes, no, frame.words(y, length)?);
        Ok(())
    })
}

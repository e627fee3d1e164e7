//! Exports of functions of one tensor and of two, of arithmetic of int32, of casts and of running sums.

use super::{call, matrix, operands};
use crate::error::{checked_product, Error};
use crate::kernels::tensors::functions::{self, Function, Pair};
use crate::kernels::tensors::integers::{self, Arithmetic, Kind};
use crate::kernels::tensors::running::{self, Direction, Running};
use wasm_bindgen::prelude::*;

/// `y = f(x)`; the code is that of [`Function`].
#[wasm_bindgen]
pub fn function_of_one(code: u32, length: u32, x: u32, y: u32) -> u32 {
    call(|frame| {
        let function = Function::from_code(code)?;
        let x = frame.input(x, length as usize)?;
        functions::function(function, x, frame.output(y, length as usize)?);
        Ok(())
    })
}

/// `y [rows, columns] = f(a, b)`; the codes are those of [`Pair`] and of [`operands`].
#[wasm_bindgen]
#[allow(clippy::too_many_arguments)]
pub fn function_of_two(
    code: u32,
    rows: u32,
    columns: u32,
    a: u32,
    repeat_a: u32,
    b: u32,
    repeat_b: u32,
    y: u32,
) -> u32 {
    call(|frame| {
        let pair = Pair::from_code(code)?;
        let (length, [of_a, of_b]) = operands(rows, columns, [repeat_a, repeat_b])?;
        let (a, b) = (frame.input(a, of_a.1)?, frame.input(b, of_b.1)?);
        functions::pair(pair, columns as usize, (a, of_a.0), (b, of_b.0), frame.output(y, length)?);
        Ok(())
    })
}

/// `y [rows, columns] = a ∘ b` of int32; the codes are those of [`Arithmetic`] and of [`operands`].
#[wasm_bindgen]
#[allow(clippy::too_many_arguments)]
pub fn arithmetic(code: u32, rows: u32, columns: u32, a: u32, repeat_a: u32, b: u32, repeat_b: u32, y: u32) -> u32 {
    call(|frame| {
        let operation = Arithmetic::from_code(code)?;
        let (length, [of_a, of_b]) = operands(rows, columns, [repeat_a, repeat_b])?;
        let (a, b) = (frame.integers(a, of_a.1)?, frame.integers(b, of_b.1)?);
        let y = frame.integers_output(y, length)?;
        integers::arithmetic(operation, columns as usize, (a, of_a.0), (b, of_b.0), y);
        Ok(())
    })
}

/// `y [rows, columns] = ⌊a / b⌋` of float32 as int32; the codes are those of [`operands`].
#[wasm_bindgen]
#[allow(clippy::too_many_arguments)]
pub fn floor_divide(rows: u32, columns: u32, a: u32, repeat_a: u32, b: u32, repeat_b: u32, y: u32) -> u32 {
    call(|frame| {
        let (length, [of_a, of_b]) = operands(rows, columns, [repeat_a, repeat_b])?;
        let (a, b) = (frame.input(a, of_a.1)?, frame.input(b, of_b.1)?);
        integers::floor_divide(columns as usize, (a, of_a.0), (b, of_b.0), frame.integers_output(y, length)?);
        Ok(())
    })
}

/// `y = x` as another type; 0 is float32, 1 int32, 2 truth values.
#[wasm_bindgen]
pub fn convert(from: u32, to: u32, length: u32, x: u32, y: u32) -> u32 {
    call(|frame| {
        let length = length as usize;
        match (from, to) {
            (0, 1) => integers::to_integers(frame.input(x, length)?, frame.integers_output(y, length)?),
            (0, 2) => integers::to_truth(frame.input(x, length)?, frame.bytes_output(y, length)?),
            (1, 0) => integers::to_floats(frame.integers(x, length)?, frame.output(y, length)?),
            (1, 2) => integers::to_truth(frame.integers(x, length)?, frame.bytes_output(y, length)?),
            (2, 0) => integers::of_truth(frame.bytes(x, length)?, frame.output(y, length)?),
            (2, 1) => integers::of_truth(frame.bytes(x, length)?, frame.integers_output(y, length)?),
            _ => return Err(Error::UnknownCode),
        }
        Ok(())
    })
}

/// Whether numbers are of a kind, as truth values; the code is that of [`Kind`].
#[wasm_bindgen]
pub fn are_of_kind(code: u32, length: u32, x: u32, y: u32) -> u32 {
    call(|frame| {
        let kind = Kind::from_code(code)?;
        let x = frame.input(x, length as usize)?;
        integers::are(kind, x, frame.bytes_output(y, length as usize)?);
        Ok(())
    })
}

/// Sums or products of the values up to each along the middle of `[outer, reduced, inner]`, of float32, or with `integers` 1 of int32;
/// the code is that of [`Running`].
#[wasm_bindgen]
#[allow(clippy::too_many_arguments)]
pub fn running(
    code: u32,
    integers: u32,
    reverse: u32,
    exclusive: u32,
    outer: u32,
    reduced: u32,
    inner: u32,
    x: u32,
    y: u32,
) -> u32 {
    call(|frame| {
        let running = Running::from_code(code)?;
        let direction = Direction { reverse: reverse == 1, exclusive: exclusive == 1 };
        let length = checked_product(&[matrix(outer, 1)?, matrix(reduced, inner)?])?;
        let sizes = [reduced as usize, inner as usize];
        if integers == 1 {
            let x = frame.integers(x, length)?;
            running::integers(running, direction, sizes, x, frame.integers_output(y, length)?);
        } else {
            let x = frame.input(x, length)?;
            running::floats(running, direction, sizes, x, frame.output(y, length)?);
        }
        Ok(())
    })
}

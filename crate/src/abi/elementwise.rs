//! Exports of what works on each element, and of gathers.

use super::call;
use crate::error::checked_product;
use crate::kernels::activation::{self, Activation};
use crate::kernels::{elementwise, with_slope};
use wasm_bindgen::prelude::*;

/// `y = activation(x)`; `y` may be `x`. `alpha` is the slope of a leaky relu, the limit of an elu.
#[wasm_bindgen]
pub fn activation_forward(code: u32, alpha: f32, length: u32, x: u32, y: u32) -> u32 {
    call(|frame| {
        let activation = Activation::from_code(code, alpha)?;
        if x == y {
            activation::forward_in_place(activation, frame.output(y, length as usize)?);
        } else {
            let x = frame.input(x, length as usize)?;
            activation::forward(activation, x, frame.output(y, length as usize)?);
        }
        Ok(())
    })
}

/// `y = activation(x)` and `slope = activation′(x)`, see [`with_slope`].
#[wasm_bindgen]
pub fn activation_with_slope(code: u32, alpha: f32, length: u32, x: u32, y: u32, slope: u32) -> u32 {
    call(|frame| {
        let activation = Activation::from_code(code, alpha)?;
        let x = frame.input(x, length as usize)?;
        let y = frame.output(y, length as usize)?;
        with_slope::forward(activation, x, y, frame.output(slope, length as usize)?);
        Ok(())
    })
}

/// `dx = dy · activation′`, from the activation's output or input `v`, see [`activation::gradient`]; `dx` may be `dy`.
#[wasm_bindgen]
pub fn activation_gradient(code: u32, alpha: f32, length: u32, v: u32, dy: u32, dx: u32) -> u32 {
    call(|frame| {
        let activation = Activation::from_code(code, alpha)?;
        let v = frame.input(v, length as usize)?;
        if dx == dy {
            activation::gradient_in_place(activation, v, frame.output(dx, length as usize)?);
        } else {
            let dy = frame.input(dy, length as usize)?;
            activation::gradient(activation, v, dy, frame.output(dx, length as usize)?);
        }
        Ok(())
    })
}

/// `y = a + b`.
#[wasm_bindgen]
pub fn add(length: u32, a: u32, b: u32, y: u32) -> u32 {
    call(|frame| {
        let a = frame.input(a, length as usize)?;
        let b = frame.input(b, length as usize)?;
        elementwise::add(a, b, frame.output(y, length as usize)?);
        Ok(())
    })
}

/// `y = a · b`.
#[wasm_bindgen]
pub fn multiply(length: u32, a: u32, b: u32, y: u32) -> u32 {
    call(|frame| {
        let a = frame.input(a, length as usize)?;
        let b = frame.input(b, length as usize)?;
        elementwise::multiply(a, b, frame.output(y, length as usize)?);
        Ok(())
    })
}

/// `y = scale · x + offset`.
#[wasm_bindgen]
pub fn affine(length: u32, scale: f32, offset: f32, x: u32, y: u32) -> u32 {
    call(|frame| {
        let x = frame.input(x, length as usize)?;
        elementwise::affine(scale, offset, x, frame.output(y, length as usize)?);
        Ok(())
    })
}

/// `y = eˣ`.
#[wasm_bindgen]
pub fn exp(length: u32, x: u32, y: u32) -> u32 {
    call(|frame| {
        let x = frame.input(x, length as usize)?;
        elementwise::exp(x, frame.output(y, length as usize)?);
        Ok(())
    })
}

/// `destination[r] = source[indices[r]]` for `count` rows of `row` values; the source has `source_rows` of them.
#[wasm_bindgen]
pub fn gather_rows(count: u32, row: u32, indices: u32, source_rows: u32, source: u32, destination: u32) -> u32 {
    call(|frame| {
        let (count, row) = (count as usize, row as usize);
        let indices = frame.indices(indices, count)?;
        let source = frame.input(source, checked_product(&[source_rows as usize, row])?)?;
        let destination = frame.output(destination, checked_product(&[count, row])?)?;
        elementwise::gather_rows(row, indices, source, destination)
    })
}

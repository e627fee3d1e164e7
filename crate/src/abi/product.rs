//! Exports of the matrix product and the bias.

use super::{call, ending, matrix};
use crate::error::{checked_product, Error};
use crate::kernels::matmul::Product;
use crate::kernels::{bias, matmul as product, use_registers, Registers};
use wasm_bindgen::prelude::*;

fn product_of(m: u32, n: u32, k: u32, transpose_a: u32, transpose_b: u32) -> Result<Product, Error> {
    if m == 0 || n == 0 || k == 0 {
        return Err(Error::InvalidGeometry);
    }
    Ok(Product {
        m: m as usize,
        n: n as usize,
        k: k as usize,
        transpose_a: transpose_a != 0,
        transpose_b: transpose_b != 0,
    })
}

/// Answers the float32 values of scratch memory for a matrix product; `u32::MAX` when there is no such product.
#[wasm_bindgen]
pub fn matmul_workspace(m: u32, n: u32, k: u32, transpose_a: u32, transpose_b: u32) -> u32 {
    let size = product_of(m, n, k, transpose_a, transpose_b).and_then(|product| product.workspace());
    size.map_or(u32::MAX, |size| size as u32)
}

/// `c [m, n] = activation(op(a) · op(b) + bias)`; `bias [n]`, 0 for none. With `values [m, n]`, not 0, it is
/// `(op(a) · op(b) + bias) · activation′`, see [`super::ending`].
#[wasm_bindgen]
pub fn matmul(
    m: u32,
    n: u32,
    k: u32,
    transpose_a: u32,
    transpose_b: u32,
    a: u32,
    b: u32,
    bias: u32,
    c: u32,
    activation: u32,
    values: u32,
    workspace: u32,
    workspace_length: u32,
) -> u32 {
    call(|frame| {
        let sizes = product_of(m, n, k, transpose_a, transpose_b)?;
        let needed = sizes.workspace()?;
        product::matmul(
            sizes,
            frame.input(a, sizes.m * sizes.k)?,
            frame.input(b, sizes.k * sizes.n)?,
            frame.optional(bias, sizes.n)?,
            frame.output(c, sizes.m * sizes.n)?,
            ending(frame, activation, values, sizes.m * sizes.n)?,
            frame.workspace(workspace, workspace_length, needed)?,
        );
        Ok(())
    })
}

/// `y[row, c] += bias[c]`.
#[wasm_bindgen]
pub fn bias_add(rows: u32, columns: u32, bias: u32, y: u32) -> u32 {
    call(|frame| {
        let length = matrix(rows, columns)?;
        let bias = frame.input(bias, columns as usize)?;
        bias::add(bias, frame.output(y, length)?);
        Ok(())
    })
}

/// `db[c] = Σ dy[row, c]`.
#[wasm_bindgen]
pub fn bias_gradient(rows: u32, columns: u32, dy: u32, db: u32) -> u32 {
    call(|frame| {
        let (rows, columns) = (rows as usize, columns as usize);
        let dy = frame.input(dy, checked_product(&[rows, columns])?)?;
        bias::gradient(rows, columns, dy, frame.output(db, columns)?);
        Ok(())
    })
}

/// Makes tiles as large as the processor's vector registers allow (0), sixteen (1) or 32 (2): for tests and benchmarks.
#[wasm_bindgen]
pub fn choose_registers(registers: u32) -> u32 {
    call(|_| {
        use_registers(match registers {
            0 => Registers::Detected,
            1 => Registers::Few,
            2 => Registers::Many,
            _ => return Err(Error::UnknownCode),
        });
        Ok(())
    })
}

//! Exports of the losses.

use super::call;
use crate::error::{checked_product, Error};
use crate::kernels::{loss, softmax};
use wasm_bindgen::prelude::*;

/// `loss[0] = Σ (y − o)² / 2`.
#[wasm_bindgen]
pub fn half_squared_error(length: u32, o: u32, y: u32, loss_address: u32) -> u32 {
    call(|frame| {
        let o = frame.input(o, length as usize)?;
        let y = frame.input(y, length as usize)?;
        frame.output(loss_address, 1)?[0] = loss::half_squared_error(o, y);
        Ok(())
    })
}

/// `gradient = o − y`.
#[wasm_bindgen]
pub fn half_squared_error_gradient(length: u32, o: u32, y: u32, gradient: u32) -> u32 {
    call(|frame| {
        let o = frame.input(o, length as usize)?;
        let y = frame.input(y, length as usize)?;
        loss::half_squared_error_gradient(o, y, frame.output(gradient, length as usize)?);
        Ok(())
    })
}

/// `loss[0]` = mean of `log Σ e^logits − logits[label]`; `probabilities` = softmax. Labels out of range are refused.
#[wasm_bindgen]
pub fn sparse_cross_entropy(
    rows: u32,
    width: u32,
    logits: u32,
    labels: u32,
    probabilities: u32,
    loss_address: u32,
) -> u32 {
    call(|frame| {
        let length = matrix(rows, width)?;
        let logits = frame.input(logits, length)?;
        let labels = frame.input(labels, rows as usize)?;
        let probabilities = frame.output(probabilities, length)?;
        let loss = frame.output(loss_address, 1)?;
        loss[0] = softmax::sparse_cross_entropy(width as usize, logits, labels, probabilities)?;
        Ok(())
    })
}

/// Gradient of [`sparse_cross_entropy`] by the logits, from its probabilities.
#[wasm_bindgen]
pub fn sparse_cross_entropy_gradient(rows: u32, width: u32, probabilities: u32, labels: u32, gradient: u32) -> u32 {
    call(|frame| {
        let length = matrix(rows, width)?;
        let probabilities = frame.input(probabilities, length)?;
        let labels = frame.input(labels, rows as usize)?;
        softmax::sparse_cross_entropy_gradient(width as usize, probabilities, labels, frame.output(gradient, length)?)
    })
}

/// Elements of a matrix that is not empty.
fn matrix(rows: u32, width: u32) -> Result<usize, Error> {
    if rows == 0 || width == 0 {
        return Err(Error::InvalidGeometry);
    }
    checked_product(&[rows as usize, width as usize])
}

//! Exports of the losses and of softmax.

use super::{call, matrix, Frame};
use crate::error::Error;
use crate::kernels::cross_entropy::{self, Targets};
use crate::kernels::pointwise_loss::{self, Pointwise};
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

/// `loss[0] = scale · Σ weight[row] · loss(o, y)` for a loss of single outputs; `weights` may be 0.
#[wasm_bindgen]
#[allow(clippy::too_many_arguments)]
pub fn pointwise_loss(
    code: u32,
    parameter: f32,
    rows: u32,
    width: u32,
    scale: f32,
    o: u32,
    y: u32,
    weights: u32,
    loss_address: u32,
) -> u32 {
    call(|frame| {
        let length = matrix(rows, width)?;
        let loss = Pointwise::from_code(code, parameter)?;
        let (o, y) = (frame.input(o, length)?, frame.input(y, length)?);
        let weights = frame.optional(weights, rows as usize)?;
        frame.output(loss_address, 1)?[0] = pointwise_loss::value(loss, width as usize, scale, o, y, weights);
        Ok(())
    })
}

/// Gradient of [`pointwise_loss`] by the outputs.
#[wasm_bindgen]
#[allow(clippy::too_many_arguments)]
pub fn pointwise_loss_gradient(
    code: u32,
    parameter: f32,
    rows: u32,
    width: u32,
    scale: f32,
    o: u32,
    y: u32,
    weights: u32,
    gradient: u32,
) -> u32 {
    call(|frame| {
        let length = matrix(rows, width)?;
        let loss = Pointwise::from_code(code, parameter)?;
        let (o, y) = (frame.input(o, length)?, frame.input(y, length)?);
        let weights = frame.optional(weights, rows as usize)?;
        let gradient = frame.output(gradient, length)?;
        pointwise_loss::gradient(loss, width as usize, scale, (o, y), weights, gradient);
        Ok(())
    })
}

fn targets(
    frame: &mut Frame,
    (rows, width): (u32, u32),
    (sparse, smoothing): (u32, f32),
    (values, weights): (u32, u32),
) -> Result<Targets<'static>, Error> {
    let length = if sparse == 1 { rows as usize } else { matrix(rows, width)? };
    Ok(Targets {
        values: frame.input(values, length)?,
        sparse: sparse == 1,
        smoothing,
        weights: frame.optional(weights, rows as usize)?,
    })
}

/// `loss[0]` = mean over rows of weighted cross-entropy of softmax(logits); `probabilities` gets the softmax. With
/// `sparse` 1 targets are numbers of classes, which are refused out of range; `weights` may be 0.
#[wasm_bindgen]
#[allow(clippy::too_many_arguments)]
pub fn cross_entropy_from_logits(
    rows: u32,
    width: u32,
    sparse: u32,
    smoothing: f32,
    logits: u32,
    target: u32,
    weights: u32,
    probabilities: u32,
    loss_address: u32,
) -> u32 {
    call(|frame| {
        let length = matrix(rows, width)?;
        let targets = targets(frame, (rows, width), (sparse, smoothing), (target, weights))?;
        let logits = frame.input(logits, length)?;
        let probabilities = frame.output(probabilities, length)?;
        let loss = frame.output(loss_address, 1)?;
        loss[0] = cross_entropy::from_logits(width as usize, logits, targets, probabilities)?;
        Ok(())
    })
}

/// Gradient of [`cross_entropy_from_logits`] by the logits, from its probabilities.
#[wasm_bindgen]
#[allow(clippy::too_many_arguments)]
pub fn cross_entropy_from_logits_gradient(
    rows: u32,
    width: u32,
    sparse: u32,
    smoothing: f32,
    probabilities: u32,
    target: u32,
    weights: u32,
    gradient: u32,
) -> u32 {
    call(|frame| {
        let length = matrix(rows, width)?;
        let targets = targets(frame, (rows, width), (sparse, smoothing), (target, weights))?;
        let probabilities = frame.input(probabilities, length)?;
        let gradient = frame.output(gradient, length)?;
        cross_entropy::from_logits_gradient(width as usize, probabilities, targets, gradient);
        Ok(())
    })
}

/// `loss[0]` = mean over rows of weighted cross-entropy of outputs, which are made to sum to 1; see
/// [`cross_entropy_from_logits`].
#[wasm_bindgen]
#[allow(clippy::too_many_arguments)]
pub fn cross_entropy(
    rows: u32,
    width: u32,
    sparse: u32,
    smoothing: f32,
    o: u32,
    target: u32,
    weights: u32,
    loss_address: u32,
) -> u32 {
    call(|frame| {
        let length = matrix(rows, width)?;
        let targets = targets(frame, (rows, width), (sparse, smoothing), (target, weights))?;
        let o = frame.input(o, length)?;
        frame.output(loss_address, 1)?[0] = cross_entropy::from_probabilities(width as usize, o, targets)?;
        Ok(())
    })
}

/// Gradient of [`cross_entropy`] by the outputs.
#[wasm_bindgen]
#[allow(clippy::too_many_arguments)]
pub fn cross_entropy_gradient(
    rows: u32,
    width: u32,
    sparse: u32,
    smoothing: f32,
    o: u32,
    target: u32,
    weights: u32,
    gradient: u32,
) -> u32 {
    call(|frame| {
        let length = matrix(rows, width)?;
        let targets = targets(frame, (rows, width), (sparse, smoothing), (target, weights))?;
        let o = frame.input(o, length)?;
        cross_entropy::from_probabilities_gradient(width as usize, o, targets, frame.output(gradient, length)?);
        Ok(())
    })
}

/// `y` = softmax of each row of `x`.
#[wasm_bindgen]
pub fn softmax(rows: u32, width: u32, x: u32, y: u32) -> u32 {
    call(|frame| {
        let length = matrix(rows, width)?;
        let x = frame.input(x, length)?;
        softmax::softmax(width as usize, x, frame.output(y, length)?);
        Ok(())
    })
}

/// Gradient of [`softmax`] from its output; `dx` may be `dy`.
#[wasm_bindgen]
pub fn softmax_gradient(rows: u32, width: u32, y: u32, dy: u32, dx: u32) -> u32 {
    call(|frame| {
        let length = matrix(rows, width)?;
        let y = frame.input(y, length)?;
        softmax::gradient(width as usize, y, frame.copied(dy, dx, length)?);
        Ok(())
    })
}

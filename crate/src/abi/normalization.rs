//! Exports of the normalizations, dropout and learned slopes.

use super::{call, matrix};
use crate::error::Error;
use crate::kernels::batch_norm::{self, Affine, Matrix};
use crate::kernels::{dropout, fold, layer_norm, prelu};
use wasm_bindgen::prelude::*;

fn sizes(rows: u32, channels: u32) -> Matrix {
    Matrix { rows: rows as usize, channels: channels as usize }
}

/// Batch normalization of a training step: see [`batch_norm::training`]. `gamma` and `beta` may be 0; `statistics` and
/// `scratch` have `2 · channels` values.
#[wasm_bindgen]
#[allow(clippy::too_many_arguments)]
pub fn batch_norm(
    rows: u32,
    channels: u32,
    momentum: f32,
    epsilon: f32,
    x: u32,
    gamma: u32,
    beta: u32,
    moving_mean: u32,
    moving_variance: u32,
    statistics: u32,
    y: u32,
    scratch: u32,
) -> u32 {
    call(|frame| {
        let (length, width) = (matrix(rows, channels)?, channels as usize);
        let x = frame.input(x, length)?;
        let affine = Affine { gamma: frame.optional(gamma, width)?, beta: frame.optional(beta, width)? };
        let moving = (frame.output(moving_mean, width)?, frame.output(moving_variance, width)?);
        let statistics = frame.output(statistics, 2 * width)?;
        let y = frame.output(y, length)?;
        let scratch = frame.output(scratch, 2 * width)?;
        batch_norm::training(sizes(rows, channels), x, affine, (momentum, epsilon), moving, statistics, y, scratch);
        Ok(())
    })
}

/// Batch normalization with the moving averages: see [`batch_norm::inference`].
#[wasm_bindgen]
#[allow(clippy::too_many_arguments)]
pub fn batch_norm_inference(
    rows: u32,
    channels: u32,
    epsilon: f32,
    x: u32,
    gamma: u32,
    beta: u32,
    mean: u32,
    variance: u32,
    y: u32,
    scratch: u32,
) -> u32 {
    call(|frame| {
        let (length, width) = (matrix(rows, channels)?, channels as usize);
        let x = frame.input(x, length)?;
        let affine = Affine { gamma: frame.optional(gamma, width)?, beta: frame.optional(beta, width)? };
        let moving = (frame.input(mean, width)?, frame.input(variance, width)?);
        let y = frame.output(y, length)?;
        let scratch = frame.output(scratch, 2 * width)?;
        batch_norm::inference(sizes(rows, channels), x, affine, epsilon, moving, y, scratch);
        Ok(())
    })
}

/// Folds a batch normalization into the layer before it: see [`fold::fold_batch_norm`]. `kernel` and `folded` have `length`
/// values, `inner` of them together for each channel; `bias`, `gamma` and `beta` may be 0.
#[wasm_bindgen]
#[allow(clippy::too_many_arguments)]
pub fn fold_batch_norm(
    length: u32,
    channels: u32,
    inner: u32,
    epsilon: f32,
    kernel: u32,
    bias: u32,
    gamma: u32,
    beta: u32,
    mean: u32,
    variance: u32,
    folded: u32,
    shift: u32,
) -> u32 {
    call(|frame| {
        let (length, width) = (length as usize, channels as usize);
        if length == 0 || length % matrix(channels, inner)? != 0 {
            return Err(Error::InvalidGeometry);
        }
        let layer = (frame.input(kernel, length)?, frame.optional(bias, width)?);
        let affine = Affine { gamma: frame.optional(gamma, width)?, beta: frame.optional(beta, width)? };
        let moving = (frame.input(mean, width)?, frame.input(variance, width)?);
        let (folded, shift) = (frame.output(folded, length)?, frame.output(shift, width)?);
        fold::fold_batch_norm((width, inner as usize), epsilon, layer, affine, moving, folded, shift);
        Ok(())
    })
}

/// Gradients of [`batch_norm`]; `dx`, `dgamma` and `dbeta` may be 0. `scratch` has `4 · channels` values.
#[wasm_bindgen]
#[allow(clippy::too_many_arguments)]
pub fn batch_norm_gradient(
    rows: u32,
    channels: u32,
    x: u32,
    gamma: u32,
    statistics: u32,
    dy: u32,
    dx: u32,
    dgamma: u32,
    dbeta: u32,
    scratch: u32,
) -> u32 {
    call(|frame| {
        let (length, width) = (matrix(rows, channels)?, channels as usize);
        let x = frame.input(x, length)?;
        let gamma = frame.optional(gamma, width)?;
        let statistics = frame.input(statistics, 2 * width)?;
        let dy = frame.input(dy, length)?;
        let dx = frame.optional_output(dx, length)?;
        let (dgamma, dbeta) = (frame.optional_output(dgamma, width)?, frame.optional_output(dbeta, width)?);
        let (sums, scratch) = frame.output(scratch, 4 * width)?.split_at_mut(2 * width);
        batch_norm::gradient(sizes(rows, channels), x, gamma, statistics, dy, dx, sums, scratch);
        hand_out(sums, dgamma, dbeta);
        Ok(())
    })
}

/// The sums dβ and dγ, where they are wanted.
fn hand_out(sums: &[f32], dgamma: Option<&mut [f32]>, dbeta: Option<&mut [f32]>) {
    let (shift, scale) = sums.split_at(sums.len() / 2);
    if let Some(dgamma) = dgamma {
        dgamma.copy_from_slice(scale);
    }
    if let Some(dbeta) = dbeta {
        dbeta.copy_from_slice(shift);
    }
}

/// Layer normalization of each row: see [`layer_norm::forward`]. `statistics` has `2 · rows` values.
#[wasm_bindgen]
#[allow(clippy::too_many_arguments)]
pub fn layer_norm(
    rows: u32,
    channels: u32,
    epsilon: f32,
    x: u32,
    gamma: u32,
    beta: u32,
    statistics: u32,
    y: u32,
) -> u32 {
    call(|frame| {
        let (length, width) = (matrix(rows, channels)?, channels as usize);
        let x = frame.input(x, length)?;
        let affine = Affine { gamma: frame.optional(gamma, width)?, beta: frame.optional(beta, width)? };
        let statistics = frame.output(statistics, 2 * rows as usize)?;
        layer_norm::forward(sizes(rows, channels), x, affine, epsilon, statistics, frame.output(y, length)?);
        Ok(())
    })
}

/// Gradients of [`layer_norm`]; `dgamma` and `dbeta` may be 0. `scratch` has `2 · channels` values.
#[wasm_bindgen]
#[allow(clippy::too_many_arguments)]
pub fn layer_norm_gradient(
    rows: u32,
    channels: u32,
    x: u32,
    gamma: u32,
    statistics: u32,
    dy: u32,
    dx: u32,
    dgamma: u32,
    dbeta: u32,
    scratch: u32,
) -> u32 {
    call(|frame| {
        let (length, width) = (matrix(rows, channels)?, channels as usize);
        let x = frame.input(x, length)?;
        let gamma = frame.optional(gamma, width)?;
        let statistics = frame.input(statistics, 2 * rows as usize)?;
        let dy = frame.input(dy, length)?;
        let dx = frame.output(dx, length)?;
        let (dgamma, dbeta) = (frame.optional_output(dgamma, width)?, frame.optional_output(dbeta, width)?);
        let sums = frame.output(scratch, 2 * width)?;
        layer_norm::gradient(sizes(rows, channels), x, gamma, statistics, dy, dx, sums);
        hand_out(sums, dgamma, dbeta);
        Ok(())
    })
}

/// Dropout of `batch` arrays of `inner · channels` values, see [`dropout::dropout`]; `clock` are four words.
#[wasm_bindgen]
#[allow(clippy::too_many_arguments)]
pub fn dropout(batch: u32, inner: u32, channels: u32, rate: f32, stream: u32, clock: u32, x: u32, y: u32) -> u32 {
    call(|frame| {
        let length = matrix(batch, inner)?.checked_mul(channels as usize).ok_or(Error::OutOfBounds)?;
        let clock = frame.clock(clock)?;
        let x = frame.input(x, length)?;
        let y = frame.output(y, length)?;
        if channels == 0 {
            return Err(Error::InvalidGeometry);
        }
        dropout::dropout(inner as usize, channels as usize, rate, stream, clock, x, y);
        Ok(())
    })
}

/// A relu with `width` learned slopes: see [`prelu::forward`].
#[wasm_bindgen]
pub fn prelu(rows: u32, width: u32, x: u32, alpha: u32, y: u32) -> u32 {
    call(|frame| {
        let length = matrix(rows, width)?;
        let x = frame.input(x, length)?;
        let alpha = frame.input(alpha, width as usize)?;
        prelu::forward(alpha, x, frame.output(y, length)?);
        Ok(())
    })
}

/// Gradients of [`prelu`].
#[wasm_bindgen]
pub fn prelu_gradient(rows: u32, width: u32, x: u32, alpha: u32, dy: u32, dx: u32, dalpha: u32) -> u32 {
    call(|frame| {
        let length = matrix(rows, width)?;
        let x = frame.input(x, length)?;
        let alpha = frame.input(alpha, width as usize)?;
        let dy = frame.input(dy, length)?;
        let dx = frame.output(dx, length)?;
        prelu::gradient(alpha, x, dy, dx, frame.output(dalpha, width as usize)?);
        Ok(())
    })
}

//! Exports of what works on rows: their logarithmic softmax, their lengths, the losses that compare them; and of groups of
//! channels.

use super::{call, matrix, Frame};
use crate::error::{checked_product, Error};
use crate::kernels::batch_norm::Affine;
use crate::kernels::group_norm::{self, Groups};
use crate::kernels::pointwise_loss::{self, Focal, Pointwise};
use crate::kernels::row_loss::{self, RowLoss, Rows};
use crate::kernels::{softmax, unit_norm};
use wasm_bindgen::prelude::*;

/// `y` = logarithm of the softmax of each row of `x`.
#[wasm_bindgen]
pub fn log_softmax(rows: u32, width: u32, x: u32, y: u32) -> u32 {
    call(|frame| {
        let length = matrix(rows, width)?;
        let x = frame.input(x, length)?;
        softmax::log_softmax(width as usize, x, frame.output(y, length)?);
        Ok(())
    })
}

/// Gradient of [`log_softmax`] from its output; `dx` may be `dy`.
#[wasm_bindgen]
pub fn log_softmax_gradient(rows: u32, width: u32, y: u32, dy: u32, dx: u32) -> u32 {
    call(|frame| {
        let length = matrix(rows, width)?;
        let y = frame.input(y, length)?;
        softmax::log_gradient(width as usize, y, frame.copied(dy, dx, length)?);
        Ok(())
    })
}

/// `y` = rows of `x` over their lengths; `factors [rows]` gets what they were multiplied by.
#[wasm_bindgen]
pub fn unit_norm(rows: u32, width: u32, x: u32, factors: u32, y: u32) -> u32 {
    call(|frame| {
        let length = matrix(rows, width)?;
        let x = frame.input(x, length)?;
        let factors = frame.output(factors, rows as usize)?;
        unit_norm::forward(width as usize, x, factors, frame.output(y, length)?);
        Ok(())
    })
}

/// Gradient of [`unit_norm`] from its results.
#[wasm_bindgen]
pub fn unit_norm_gradient(rows: u32, width: u32, y: u32, factors: u32, dy: u32, dx: u32) -> u32 {
    call(|frame| {
        let length = matrix(rows, width)?;
        let y = frame.input(y, length)?;
        let factors = frame.input(factors, rows as usize)?;
        let dy = frame.input(dy, length)?;
        unit_norm::gradient(width as usize, y, factors, dy, frame.output(dx, length)?);
        Ok(())
    })
}

fn groups([batch, inner, channels, groups]: [u32; 4]) -> Result<Groups, Error> {
    let g = [batch, inner, channels, groups].map(|size| size as usize);
    if g.contains(&0) || channels % groups != 0 {
        return Err(Error::InvalidGeometry);
    }
    checked_product(&g[..3])?;
    Ok(Groups { batch: g[0], inner: g[1], channels: g[2], groups: g[3] })
}

/// Group normalization of images `[batch, inner, channels]`, see [`group_norm::forward`]; `gamma` and `beta` may be 0.
/// `statistics` has `2 · batch · groups` values, `scratch` [`Groups::scratch`].
#[wasm_bindgen]
#[allow(clippy::too_many_arguments)]
pub fn group_norm(
    batch: u32,
    inner: u32,
    channels: u32,
    group_count: u32,
    epsilon: f32,
    x: u32,
    gamma: u32,
    beta: u32,
    statistics: u32,
    y: u32,
    scratch: u32,
) -> u32 {
    call(|frame| {
        let g = groups([batch, inner, channels, group_count])?;
        let x = frame.input(x, g.size())?;
        let affine = Affine { gamma: frame.optional(gamma, g.channels)?, beta: frame.optional(beta, g.channels)? };
        let statistics = frame.output(statistics, 2 * g.batch * g.groups)?;
        let y = frame.output(y, g.size())?;
        group_norm::forward(g, x, affine, epsilon, statistics, y, frame.output(scratch, g.scratch())?);
        Ok(())
    })
}

/// Gradients of [`group_norm`]; `dgamma` and `dbeta` may be 0. `scratch` has `2 · channels` values and
/// [`Groups::gradient_scratch`].
#[wasm_bindgen]
#[allow(clippy::too_many_arguments)]
pub fn group_norm_gradient(
    batch: u32,
    inner: u32,
    channels: u32,
    group_count: u32,
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
        let g = groups([batch, inner, channels, group_count])?;
        let x = frame.input(x, g.size())?;
        let gamma = frame.optional(gamma, g.channels)?;
        let statistics = frame.input(statistics, 2 * g.batch * g.groups)?;
        let dy = frame.input(dy, g.size())?;
        let dx = frame.output(dx, g.size())?;
        let (dgamma, dbeta) = (frame.optional_output(dgamma, g.channels)?, frame.optional_output(dbeta, g.channels)?);
        let (sums, scratch) =
            frame.output(scratch, 2 * g.channels + g.gradient_scratch())?.split_at_mut(2 * g.channels);
        group_norm::gradient(g, x, gamma, statistics, dy, dx, sums, scratch);
        let (shift, scale) = sums.split_at(g.channels);
        if let Some(dgamma) = dgamma {
            dgamma.copy_from_slice(scale);
        }
        if let Some(dbeta) = dbeta {
            dbeta.copy_from_slice(shift);
        }
        Ok(())
    })
}

fn rows_of(
    frame: &mut Frame,
    (rows, width, repeats): (u32, u32, u32),
    (targets, weights): (u32, u32),
) -> Result<Rows<'static>, Error> {
    if repeats == 0 || rows % repeats != 0 {
        return Err(Error::InvalidGeometry);
    }
    Ok(Rows {
        width: width as usize,
        targets: frame.input(targets, matrix(rows, width)?)?,
        weights: frame.optional(weights, (rows / repeats) as usize)?,
        repeats: repeats as usize,
    })
}

/// `loss[0]` = weighted mean over rows of a [`RowLoss`]; `weights` has a value for every `repeats` rows, and may be 0;
/// `scratch` has `width` values.
#[wasm_bindgen]
#[allow(clippy::too_many_arguments)]
pub fn row_loss(
    code: u32,
    gamma: f32,
    alpha: f32,
    smoothing: f32,
    rows: u32,
    width: u32,
    repeats: u32,
    o: u32,
    y: u32,
    weights: u32,
    loss_address: u32,
    scratch: u32,
) -> u32 {
    call(|frame| {
        let loss = RowLoss::from_code(code, gamma, alpha, smoothing)?;
        let compared = rows_of(frame, (rows, width, repeats), (y, weights))?;
        let o = frame.input(o, matrix(rows, width)?)?;
        let scratch = frame.output(scratch, width as usize)?;
        frame.output(loss_address, 1)?[0] = row_loss::value(loss, o, compared, scratch);
        Ok(())
    })
}

/// Gradient of [`row_loss`] by the outputs.
#[wasm_bindgen]
#[allow(clippy::too_many_arguments)]
pub fn row_loss_gradient(
    code: u32,
    gamma: f32,
    alpha: f32,
    smoothing: f32,
    rows: u32,
    width: u32,
    repeats: u32,
    o: u32,
    y: u32,
    weights: u32,
    gradient: u32,
) -> u32 {
    call(|frame| {
        let loss = RowLoss::from_code(code, gamma, alpha, smoothing)?;
        let compared = rows_of(frame, (rows, width, repeats), (y, weights))?;
        let o = frame.input(o, matrix(rows, width)?)?;
        row_loss::gradient(loss, o, compared, frame.output(gradient, matrix(rows, width)?)?);
        Ok(())
    })
}

/// A negative `alpha` stands for none.
fn focal(from_logits: u32, gamma: f32, alpha: f32, smoothing: f32) -> Pointwise {
    let alpha = (alpha >= 0.0).then_some(alpha);
    Pointwise::Focal(Focal { gamma, alpha, smoothing, from_logits: from_logits == 1 })
}

/// `loss[0] = scale · Σ weight[row] · focal(o, y)`, see [`Focal`]; a negative `alpha` stands for none, `weights` may be 0.
#[wasm_bindgen]
#[allow(clippy::too_many_arguments)]
pub fn focal_loss(
    from_logits: u32,
    gamma: f32,
    alpha: f32,
    smoothing: f32,
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
        let loss = focal(from_logits, gamma, alpha, smoothing);
        let (o, y) = (frame.input(o, length)?, frame.input(y, length)?);
        let weights = frame.optional(weights, rows as usize)?;
        frame.output(loss_address, 1)?[0] = pointwise_loss::value(loss, width as usize, scale, o, y, weights);
        Ok(())
    })
}

/// Gradient of [`focal_loss`] by the outputs.
#[wasm_bindgen]
#[allow(clippy::too_many_arguments)]
pub fn focal_loss_gradient(
    from_logits: u32,
    gamma: f32,
    alpha: f32,
    smoothing: f32,
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
        let loss = focal(from_logits, gamma, alpha, smoothing);
        let (o, y) = (frame.input(o, length)?, frame.input(y, length)?);
        let weights = frame.optional(weights, rows as usize)?;
        let gradient = frame.output(gradient, length)?;
        pointwise_loss::gradient(loss, width as usize, scale, (o, y), weights, gradient);
        Ok(())
    })
}

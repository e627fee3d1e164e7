//! Exports of what picks and reorders values: extremes, permutations, the relu with limits.

use super::call;
use crate::error::Error;
use crate::kernels::clipped_relu::{self, Clipped};
use crate::kernels::extremes::{self, Extreme};
use crate::kernels::permute::{self, Permutation, MAX_RANK};
use wasm_bindgen::prelude::*;

/// `y = max(a, b)`, with `code` 1 `min(a, b)`.
#[wasm_bindgen]
pub fn extreme(code: u32, length: u32, a: u32, b: u32, y: u32) -> u32 {
    call(|frame| {
        let extreme = Extreme::from_code(code)?;
        let (a, b) = (frame.input(a, length as usize)?, frame.input(b, length as usize)?);
        extremes::forward(extreme, a, b, frame.output(y, length as usize)?);
        Ok(())
    })
}

/// Gradients of [`extreme`].
#[wasm_bindgen]
pub fn extreme_gradient(code: u32, length: u32, a: u32, b: u32, dy: u32, da: u32, db: u32) -> u32 {
    call(|frame| {
        let (extreme, length) = (Extreme::from_code(code)?, length as usize);
        let inputs = (frame.input(a, length)?, frame.input(b, length)?);
        let dy = frame.input(dy, length)?;
        let da = frame.output(da, length)?;
        extremes::gradient(extreme, inputs, dy, da, frame.output(db, length)?);
        Ok(())
    })
}

/// `y` = `x` with its dimensions in another order; `words` are the sizes of `x`, then the order.
#[wasm_bindgen]
pub fn permute(rank: u32, words: u32, x: u32, y: u32) -> u32 {
    call(|frame| {
        let rank = rank as usize;
        if rank > MAX_RANK {
            return Err(Error::InvalidGeometry);
        }
        let (sizes, order) = frame.indices(words, 2 * rank)?.split_at(rank);
        let permutation = Permutation::new(sizes, order)?;
        let x = frame.input(x, permutation.size())?;
        permute::permute(&permutation, x, frame.output(y, permutation.size())?);
        Ok(())
    })
}

/// `y` = relu of `x` with a slope, a threshold and a limit, see [`Clipped`].
#[wasm_bindgen]
pub fn clipped_relu(length: u32, slope: f32, threshold: f32, limit: f32, x: u32, y: u32) -> u32 {
    call(|frame| {
        let x = frame.input(x, length as usize)?;
        clipped_relu::forward(Clipped { slope, threshold, limit }, x, frame.output(y, length as usize)?);
        Ok(())
    })
}

/// Gradient of [`clipped_relu`].
#[wasm_bindgen]
pub fn clipped_relu_gradient(length: u32, slope: f32, threshold: f32, limit: f32, x: u32, dy: u32, dx: u32) -> u32 {
    call(|frame| {
        let (x, dy) = (frame.input(x, length as usize)?, frame.input(dy, length as usize)?);
        clipped_relu::gradient(Clipped { slope, threshold, limit }, x, dy, frame.output(dx, length as usize)?);
        Ok(())
    })
}

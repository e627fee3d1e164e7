//! Exports of the optimizers: one call for all parameters.

use super::call;
use crate::optimizers::{adam, sgd};
use wasm_bindgen::prelude::*;

/// `p ← p − rate[0] · g`.
#[wasm_bindgen]
pub fn sgd_update(length: u32, parameters: u32, gradients: u32, rate: u32) -> u32 {
    call(|frame| {
        let rate = frame.input(rate, 1)?[0];
        let gradients = frame.input(gradients, length as usize)?;
        sgd::update(frame.output(parameters, length as usize)?, gradients, rate);
        Ok(())
    })
}

/// Adam on `length` parameters; `scalars` is `[rate, beta1, beta2, epsilon]`, see [`adam::Adam`].
#[wasm_bindgen]
pub fn adam_update(length: u32, parameters: u32, gradients: u32, mean: u32, square: u32, scalars: u32) -> u32 {
    call(|frame| {
        let length = length as usize;
        let scalars = frame.input(scalars, 4)?;
        let numbers = adam::Adam { rate: scalars[0], beta1: scalars[1], beta2: scalars[2], epsilon: scalars[3] };
        adam::update(
            numbers,
            frame.output(parameters, length)?,
            frame.input(gradients, length)?,
            frame.output(mean, length)?,
            frame.output(square, length)?,
        );
        Ok(())
    })
}

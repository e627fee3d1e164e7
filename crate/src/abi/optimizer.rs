//! Exports of the optimizers: one call for all parameters.

use super::call;
use crate::optimizers::{adagrad, adam, adamax, averages, gradients, lion, momentum, rmsprop, sgd};
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

/// AMSGrad on `length` parameters; `scalars` as for [`adam_update`].
#[wasm_bindgen]
pub fn amsgrad_update(
    length: u32,
    parameters: u32,
    gradients: u32,
    mean: u32,
    square: u32,
    largest: u32,
    scalars: u32,
) -> u32 {
    call(|frame| {
        let length = length as usize;
        let scalars = frame.input(scalars, 4)?;
        let numbers = adam::Adam { rate: scalars[0], beta1: scalars[1], beta2: scalars[2], epsilon: scalars[3] };
        let parameters = frame.output(parameters, length)?;
        let gradients = frame.input(gradients, length)?;
        let slots = (frame.output(mean, length)?, frame.output(square, length)?, frame.output(largest, length)?);
        adam::update_amsgrad(numbers, parameters, gradients, slots);
        Ok(())
    })
}

/// Adamax on `length` parameters; `scalars` is `[rate, beta1, beta2, epsilon]`, see [`adamax::Adamax`].
#[wasm_bindgen]
pub fn adamax_update(length: u32, parameters: u32, gradients: u32, mean: u32, largest: u32, scalars: u32) -> u32 {
    call(|frame| {
        let length = length as usize;
        let s = frame.input(scalars, 4)?;
        let numbers = adamax::Adamax { rate: s[0], beta1: s[1], beta2: s[2], epsilon: s[3] };
        let parameters = frame.output(parameters, length)?;
        let gradients = frame.input(gradients, length)?;
        let (mean, largest) = (frame.output(mean, length)?, frame.output(largest, length)?);
        adamax::update(numbers, parameters, gradients, mean, largest);
        Ok(())
    })
}

/// Momentum on `length` parameters; `scalars` is `[rate, momentum, unscaled]`, the last and `nesterov` 0 or 1.
#[wasm_bindgen]
pub fn momentum_update(
    length: u32,
    nesterov: u32,
    parameters: u32,
    gradients: u32,
    velocity: u32,
    scalars: u32,
) -> u32 {
    call(|frame| {
        let length = length as usize;
        let s = frame.input(scalars, 3)?;
        let (nesterov, unscaled) = (nesterov == 1, s[2] == 1.0);
        let numbers = momentum::Momentum { rate: s[0], momentum: s[1], nesterov, unscaled };
        let parameters = frame.output(parameters, length)?;
        momentum::update(numbers, parameters, frame.input(gradients, length)?, frame.output(velocity, length)?);
        Ok(())
    })
}

/// RMSProp on `length` parameters; `scalars` is `[rate, rho, momentum, epsilon]`, `centered` 0 or 1.
#[wasm_bindgen]
#[allow(clippy::too_many_arguments)]
pub fn rmsprop_update(
    length: u32,
    centered: u32,
    parameters: u32,
    gradients: u32,
    square: u32,
    mean: u32,
    buffer: u32,
    scalars: u32,
) -> u32 {
    call(|frame| {
        let length = length as usize;
        let s = frame.input(scalars, 4)?;
        let centered = centered == 1;
        let numbers = rmsprop::RmsProp { rate: s[0], rho: s[1], momentum: s[2], epsilon: s[3], centered };
        rmsprop::update(
            numbers,
            frame.output(parameters, length)?,
            frame.input(gradients, length)?,
            frame.output(square, length)?,
            frame.output(mean, length)?,
            frame.output(buffer, length)?,
        );
        Ok(())
    })
}

/// Adagrad on `length` parameters; `scalars` is `[rate, epsilon]`.
#[wasm_bindgen]
pub fn adagrad_update(length: u32, parameters: u32, gradients: u32, accumulator: u32, scalars: u32) -> u32 {
    call(|frame| {
        let length = length as usize;
        let s = frame.input(scalars, 2)?;
        let parameters = frame.output(parameters, length)?;
        let gradients = frame.input(gradients, length)?;
        adagrad::adagrad((s[0], s[1]), parameters, gradients, frame.output(accumulator, length)?);
        Ok(())
    })
}

/// Adadelta on `length` parameters; `scalars` is `[rate, rho, epsilon, lagging]`, the last 0 or 1.
#[wasm_bindgen]
pub fn adadelta_update(length: u32, parameters: u32, gradients: u32, squares: u32, steps: u32, scalars: u32) -> u32 {
    call(|frame| {
        let length = length as usize;
        let s = frame.input(scalars, 4)?;
        let numbers = adagrad::Adadelta { rate: s[0], rho: s[1], epsilon: s[2], lagging: s[3] == 1.0 };
        let parameters = frame.output(parameters, length)?;
        let gradients = frame.input(gradients, length)?;
        let (squares, steps) = (frame.output(squares, length)?, frame.output(steps, length)?);
        adagrad::adadelta(numbers, parameters, gradients, squares, steps);
        Ok(())
    })
}

/// Lion on `length` parameters; `scalars` is `[rate, beta1, beta2]`.
#[wasm_bindgen]
pub fn lion_update(length: u32, parameters: u32, gradients: u32, mean: u32, scalars: u32) -> u32 {
    call(|frame| {
        let length = length as usize;
        let s = frame.input(scalars, 3)?;
        let numbers = lion::Lion { rate: s[0], beta1: s[1], beta2: s[2] };
        let parameters = frame.output(parameters, length)?;
        lion::update(numbers, parameters, frame.input(gradients, length)?, frame.output(mean, length)?);
        Ok(())
    })
}

/// Cuts gradients to `[−limit, limit]`.
#[wasm_bindgen]
pub fn clip_gradients(length: u32, limit: f32, gradients: u32) -> u32 {
    call(|frame| {
        gradients::clip(limit, frame.output(gradients, length as usize)?);
        Ok(())
    })
}

/// Scales gradients whose norm is larger than `limit` down to it.
#[wasm_bindgen]
pub fn clip_gradient_norm(length: u32, limit: f32, gradients: u32) -> u32 {
    call(|frame| {
        gradients::clip_norm(limit, frame.output(gradients, length as usize)?);
        Ok(())
    })
}

/// `p ← p·(1 − rate·decay)`; `rate[0]` is the step width.
#[wasm_bindgen]
pub fn decay_parameters(length: u32, decay: f32, parameters: u32, rate: u32) -> u32 {
    call(|frame| {
        let rate = frame.input(rate, 1)?[0];
        gradients::decay(rate * decay, frame.output(parameters, length as usize)?);
        Ok(())
    })
}

/// `g ← g + l1·sign(p) + 2·l2·p`.
#[wasm_bindgen]
pub fn penalize(length: u32, l1: f32, l2: f32, parameters: u32, gradients: u32) -> u32 {
    call(|frame| {
        let parameters = frame.input(parameters, length as usize)?;
        gradients::penalize((l1, l2), parameters, frame.output(gradients, length as usize)?);
        Ok(())
    })
}

/// `loss[0] += l1·Σ|p| + l2·Σp²`.
#[wasm_bindgen]
pub fn penalty(length: u32, l1: f32, l2: f32, parameters: u32, loss: u32) -> u32 {
    call(|frame| {
        let parameters = frame.input(parameters, length as usize)?;
        gradients::penalty((l1, l2), parameters, &mut frame.output(loss, 1)?[0]);
        Ok(())
    })
}

/// Scales the columns of `parameters [length / columns, columns]` whose norm is larger than `limit` down to it.
#[wasm_bindgen]
pub fn max_norm(length: u32, columns: u32, limit: f32, parameters: u32) -> u32 {
    call(|frame| {
        gradients::max_norm((columns as usize).max(1), limit, frame.output(parameters, length as usize)?);
        Ok(())
    })
}

/// `accumulator ← accumulator + gradients`.
#[wasm_bindgen]
pub fn accumulate_gradients(length: u32, gradients: u32, accumulator: u32) -> u32 {
    call(|frame| {
        let gradients = frame.input(gradients, length as usize)?;
        averages::accumulate(gradients, frame.output(accumulator, length as usize)?);
        Ok(())
    })
}

/// `gradients ← (gradients + accumulator) / steps`, `accumulator ← 0`.
#[wasm_bindgen]
pub fn average_gradients(length: u32, steps: f32, gradients: u32, accumulator: u32) -> u32 {
    call(|frame| {
        let gradients = frame.output(gradients, length as usize)?;
        averages::average_gradients(steps, gradients, frame.output(accumulator, length as usize)?);
        Ok(())
    })
}

/// Lets averages follow the parameters: see [`averages::follow`]; `scalars` is `[momentum, overwrite]`, overwrite 0 or 1.
#[wasm_bindgen]
pub fn follow_parameters(length: u32, parameters: u32, average: u32, scalars: u32) -> u32 {
    call(|frame| {
        let s = frame.input(scalars, 2)?;
        let parameters = frame.output(parameters, length as usize)?;
        averages::follow(s[0], s[1] == 1.0, parameters, frame.output(average, length as usize)?);
        Ok(())
    })
}

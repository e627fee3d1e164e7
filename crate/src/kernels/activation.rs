//! Activation functions that work on each element, and their gradients by the function's own output.

use super::exponential::{Logistic, Tangent};
use crate::error::Error;
use crate::vector::{F32x4, Vector, LANES};

/// An activation function.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Activation {
    /// The identity.
    Linear,
    /// 1 / (1 + e⁻ˣ).
    Sigmoid,
    /// max(x, 0).
    Relu,
    /// Hyperbolic tangent.
    Tanh,
}

impl Activation {
    /// The function of a code, see ts/layers/activations.ts.
    pub fn from_code(code: u32) -> Result<Self, Error> {
        match code {
            0 => Ok(Self::Linear),
            1 => Ok(Self::Sigmoid),
            2 => Ok(Self::Relu),
            3 => Ok(Self::Tanh),
            _ => Err(Error::UnknownCode),
        }
    }
}

/// `y = activation(x)`.
pub fn forward(activation: Activation, x: &[f32], y: &mut [f32]) {
    match activation {
        Activation::Linear => y.copy_from_slice(x),
        Activation::Sigmoid => {
            let constants = Logistic::new();
            map(x, y, |x| constants.sigmoid(x));
        }
        Activation::Relu => map(x, y, |x| x.at_least(F32x4::splat(0.0))),
        Activation::Tanh => {
            let constants = Tangent::new();
            map(x, y, |x| constants.tanh(x));
        }
    }
}

/// `y = activation(y)`.
pub fn forward_in_place(activation: Activation, y: &mut [f32]) {
    match activation {
        Activation::Linear => {}
        Activation::Sigmoid => {
            let constants = Logistic::new();
            map_in_place(y, |x| constants.sigmoid(x));
        }
        Activation::Relu => map_in_place(y, |x| x.at_least(F32x4::splat(0.0))),
        Activation::Tanh => {
            let constants = Tangent::new();
            map_in_place(y, |x| constants.tanh(x));
        }
    }
}

/// `dx = dy · activation′`, from the activation's output `y`: y(1−y) for sigmoid, y > 0 for relu, 1−y² for tanh.
pub fn gradient(activation: Activation, y: &[f32], dy: &[f32], dx: &mut [f32]) {
    match activation {
        Activation::Linear => dx.copy_from_slice(dy),
        _ => {
            dx.copy_from_slice(dy);
            gradient_in_place(activation, y, dx);
        }
    }
}

/// `dy = dy · activation′`, see [`gradient`].
pub fn gradient_in_place(activation: Activation, y: &[f32], dy: &mut [f32]) {
    match activation {
        Activation::Linear => {}
        Activation::Sigmoid => zip_in_place(dy, y, sigmoid_gradient),
        Activation::Relu => zip_in_place(dy, y, relu_gradient),
        Activation::Tanh => zip_in_place(dy, y, tanh_gradient),
    }
}

#[inline(always)]
fn sigmoid_gradient(dy: F32x4, y: F32x4) -> F32x4 {
    dy.mul(y.mul(F32x4::splat(1.0).sub(y)))
}

#[inline(always)]
fn relu_gradient(dy: F32x4, y: F32x4) -> F32x4 {
    F32x4::splat(0.0).select_less(y, dy, F32x4::splat(0.0))
}

#[inline(always)]
fn tanh_gradient(dy: F32x4, y: F32x4) -> F32x4 {
    dy.mul(F32x4::splat(1.0).sub(y.mul(y)))
}

/// Applies a function of four lanes to every element.
#[inline(always)]
pub fn map(x: &[f32], y: &mut [f32], apply: impl Fn(F32x4) -> F32x4) {
    let mut inputs = x.chunks_exact(LANES);
    let mut outputs = y.chunks_exact_mut(LANES);
    for (x, y) in (&mut inputs).zip(&mut outputs) {
        apply(F32x4::load(x)).store(y);
    }
    let rest = inputs.remainder();
    if !rest.is_empty() {
        let result = apply(partial(rest)).to_array();
        outputs.into_remainder().copy_from_slice(&result[..rest.len()]);
    }
}

/// Applies a function of four lanes to every element, in place.
#[inline(always)]
pub fn map_in_place(y: &mut [f32], apply: impl Fn(F32x4) -> F32x4) {
    let mut outputs = y.chunks_exact_mut(LANES);
    for y in &mut outputs {
        apply(F32x4::load(y)).store(y);
    }
    let rest = outputs.into_remainder();
    if !rest.is_empty() {
        let result = apply(partial(rest)).to_array();
        rest.copy_from_slice(&result[..rest.len()]);
    }
}

/// `y = apply(y, x)` for every element.
#[inline(always)]
pub fn zip_in_place(y: &mut [f32], x: &[f32], apply: impl Fn(F32x4, F32x4) -> F32x4) {
    let mut inputs = x.chunks_exact(LANES);
    let mut outputs = y.chunks_exact_mut(LANES);
    for (x, y) in (&mut inputs).zip(&mut outputs) {
        apply(F32x4::load(y), F32x4::load(x)).store(y);
    }
    let rest = inputs.remainder();
    let outputs = outputs.into_remainder();
    if !rest.is_empty() {
        let result = apply(partial(outputs), partial(rest)).to_array();
        outputs.copy_from_slice(&result[..rest.len()]);
    }
}

/// Up to three values, with ones behind them.
#[inline(always)]
fn partial(values: &[f32]) -> F32x4 {
    let mut lanes = [1.0; LANES];
    lanes[..values.len()].copy_from_slice(values);
    F32x4::from_array(lanes)
}

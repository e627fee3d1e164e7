//! Exports of noise.

use super::call;
use crate::kernels::noise::{self, Noise};
use wasm_bindgen::prelude::*;

/// `y = noise(x)` by [`Noise`] and its parameter; `clock` are four words.
#[wasm_bindgen]
pub fn noise(code: u32, parameter: f32, length: u32, stream: u32, clock: u32, x: u32, y: u32) -> u32 {
    call(|frame| {
        let kind = Noise::from_code(code, parameter)?;
        let clock = frame.clock(clock)?;
        let x = frame.input(x, length as usize)?;
        noise::noise(kind, stream, clock, x, frame.output(y, length as usize)?);
        Ok(())
    })
}

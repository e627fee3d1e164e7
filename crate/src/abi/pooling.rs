//! Exports of pooling.

use super::call;
use crate::kernels::pooling;
use wasm_bindgen::prelude::*;

/// The largest value of each window; the geometry's filters are the windows, with as many outputs as inputs.
#[wasm_bindgen]
pub fn max_pool2d(geometry: u32, x: u32, y: u32) -> u32 {
    call(|frame| {
        let geometry = frame.pooling(geometry)?;
        let x = frame.input(x, geometry.input_size())?;
        pooling::max(&geometry, x, frame.output(y, geometry.output_size())?);
        Ok(())
    })
}

/// Gradient of [`max_pool2d`], from its input and output.
#[wasm_bindgen]
pub fn max_pool2d_gradient(geometry: u32, x: u32, y: u32, dy: u32, dx: u32) -> u32 {
    call(|frame| {
        let geometry = frame.pooling(geometry)?;
        let x = frame.input(x, geometry.input_size())?;
        let y = frame.input(y, geometry.output_size())?;
        let dy = frame.input(dy, geometry.output_size())?;
        pooling::max_gradient(&geometry, x, y, dy, frame.output(dx, geometry.input_size())?);
        Ok(())
    })
}

/// The mean of each window over the pixels that lie on the image.
#[wasm_bindgen]
pub fn average_pool2d(geometry: u32, x: u32, y: u32) -> u32 {
    call(|frame| {
        let geometry = frame.pooling(geometry)?;
        let x = frame.input(x, geometry.input_size())?;
        pooling::average(&geometry, x, frame.output(y, geometry.output_size())?);
        Ok(())
    })
}

/// Gradient of [`average_pool2d`].
#[wasm_bindgen]
pub fn average_pool2d_gradient(geometry: u32, dy: u32, dx: u32) -> u32 {
    call(|frame| {
        let geometry = frame.pooling(geometry)?;
        let dy = frame.input(dy, geometry.output_size())?;
        pooling::average_gradient(&geometry, dy, frame.output(dx, geometry.input_size())?);
        Ok(())
    })
}

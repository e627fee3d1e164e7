//! Exports of pooling.

use super::{call, Frame};
use crate::error::Error;
use crate::geometry::Geometry;
use crate::kernels::pooling;
use wasm_bindgen::prelude::*;

/// Answers how many numbers [`max_pool2d`] notes of its largest values for the windows at an address: 0 where they are not
/// 2×2 side by side over whole vectors of channels; `u32::MAX` when there are no such windows.
#[wasm_bindgen]
pub fn max_pool2d_argmax_size(geometry: u32) -> u32 {
    Frame::new().pooling(geometry).map_or(u32::MAX, |geometry| pooling::notes(&geometry) as u32)
}

/// The notes on every window that are to be written; none for the address 0.
pub(super) fn notes_output(frame: &mut Frame, address: u32, windows: &Geometry) -> Result<&'static mut [f32], Error> {
    match pooling::notes(windows) {
        _ if address == 0 => Ok(&mut []),
        0 => Err(Error::InvalidGeometry),
        size => frame.output(address, size),
    }
}

/// The notes on every window.
pub(super) fn notes(frame: &mut Frame, address: u32, windows: &Geometry) -> Result<&'static [f32], Error> {
    match pooling::notes(windows) {
        0 => Err(Error::InvalidGeometry),
        size => frame.input(address, size),
    }
}

/// The largest value of each window; the geometry's filters are the windows, with as many outputs as inputs. Where `argmax` is not
/// 0, [`max_pool2d_argmax_size`] numbers are written there for [`max_pool2d_argmax_gradient`].
#[wasm_bindgen]
pub fn max_pool2d(geometry: u32, x: u32, y: u32, argmax: u32) -> u32 {
    call(|frame| {
        let geometry = frame.pooling(geometry)?;
        let x = frame.input(x, geometry.input_size())?;
        let y = frame.output(y, geometry.output_size())?;
        pooling::max_noting(&geometry, x, y, notes_output(frame, argmax, &geometry)?);
        Ok(())
    })
}

/// Gradient of [`max_pool2d`], from what it has noted.
#[wasm_bindgen]
pub fn max_pool2d_argmax_gradient(geometry: u32, argmax: u32, dy: u32, dx: u32) -> u32 {
    call(|frame| {
        let geometry = frame.pooling(geometry)?;
        let argmax = notes(frame, argmax, &geometry)?;
        let dy = frame.input(dy, geometry.output_size())?;
        pooling::gradient_of_noted(&geometry, argmax, dy, frame.output(dx, geometry.input_size())?);
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

//! Exports of images in another size.

use super::call;
use crate::error::{checked_product, Error};
use crate::kernels::mix::Sizes;
use crate::kernels::tensors::resize::{self, Alignment};
use wasm_bindgen::prelude::*;

/// Images of another size by distance, see [`Alignment`].
#[wasm_bindgen]
#[allow(clippy::too_many_arguments)]
pub fn resize_bilinear(
    batch: u32,
    height: u32,
    width: u32,
    channels: u32,
    to_height: u32,
    to_width: u32,
    align_corners: u32,
    half_pixels: u32,
    x: u32,
    y: u32,
) -> u32 {
    call(|frame| {
        let [batch, channels] = [batch, channels].map(|size| size as usize);
        let [from, to] = [[height, width], [to_height, to_width]].map(|axes| axes.map(|size| size as usize));
        for [height, width] in [from, to] {
            if checked_product(&[batch, height, width, channels])? == 0 {
                return Err(Error::InvalidGeometry);
            }
        }
        let sizes = Sizes { batch, from, to, channels };
        let alignment = Alignment { corners: align_corners == 1, half_pixels: half_pixels == 1 };
        let x = frame.input(x, sizes.input_size())?;
        resize::resize_bilinear(&sizes, alignment, x, frame.output(y, sizes.output_size())?);
        Ok(())
    })
}

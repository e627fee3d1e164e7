//! Exports of what frames, cuts and enlarges images, and of columns.

use super::{call, matrix};
use crate::error::{checked_product, Error};
use crate::kernels::columns;
use crate::kernels::enlarge::{self, Enlargement};
use crate::kernels::image::{self, Inset};
use wasm_bindgen::prelude::*;

#[allow(clippy::too_many_arguments)]
fn inset(batch: u32, channels: u32, small: [u32; 2], large: [u32; 2], at: [u32; 2]) -> Result<Inset, Error> {
    for axis in 0..2 {
        let end = small[axis].checked_add(at[axis]).ok_or(Error::InvalidGeometry)?;
        if end > large[axis] {
            return Err(Error::InvalidGeometry);
        }
    }
    checked_product(&[batch as usize, large[0] as usize, large[1] as usize, channels as usize])?;
    let pair = |[a, b]: [u32; 2]| [a as usize, b as usize];
    Ok(Inset {
        batch: batch as usize,
        small: pair(small),
        large: pair(large),
        at: pair(at),
        channels: channels as usize,
    })
}

/// `y` = images `x [batch, height, width, channels]` at `[top, left]` of zeros `[out_height, out_width]`.
#[wasm_bindgen]
#[allow(clippy::too_many_arguments)]
pub fn pad2d(
    batch: u32,
    channels: u32,
    height: u32,
    width: u32,
    out_height: u32,
    out_width: u32,
    top: u32,
    left: u32,
    x: u32,
    y: u32,
) -> u32 {
    call(|frame| {
        let inset = inset(batch, channels, [height, width], [out_height, out_width], [top, left])?;
        let x = frame.input(x, inset.small_size())?;
        image::pad(&inset, x, frame.output(y, inset.large_size())?);
        Ok(())
    })
}

/// `y [out_height, out_width]` = what lies at `[top, left]` of images `x [batch, height, width, channels]`.
#[wasm_bindgen]
#[allow(clippy::too_many_arguments)]
pub fn crop2d(
    batch: u32,
    channels: u32,
    height: u32,
    width: u32,
    out_height: u32,
    out_width: u32,
    top: u32,
    left: u32,
    x: u32,
    y: u32,
) -> u32 {
    call(|frame| {
        let inset = inset(batch, channels, [out_height, out_width], [height, width], [top, left])?;
        let x = frame.input(x, inset.large_size())?;
        image::crop(&inset, x, frame.output(y, inset.small_size())?);
        Ok(())
    })
}

fn enlargement(
    batch: u32,
    size: [u32; 2],
    channels: u32,
    factor: [u32; 2],
    bilinear: u32,
) -> Result<Enlargement, Error> {
    let pair = |[a, b]: [u32; 2]| [a as usize, b as usize];
    let e = Enlargement {
        batch: batch as usize,
        size: pair(size),
        factor: pair(factor),
        channels: channels as usize,
        bilinear: bilinear == 1,
    };
    let [height, width] = e.size;
    let length = checked_product(&[e.batch, height, width, e.channels, e.factor[0], e.factor[1]])?;
    if length == 0 {
        return Err(Error::InvalidGeometry);
    }
    Ok(e)
}

/// Images enlarged by whole factors, by repetition or with `bilinear` 1 by distance.
#[wasm_bindgen]
#[allow(clippy::too_many_arguments)]
pub fn upsampling2d(
    batch: u32,
    height: u32,
    width: u32,
    channels: u32,
    factor_height: u32,
    factor_width: u32,
    bilinear: u32,
    x: u32,
    y: u32,
) -> u32 {
    call(|frame| {
        let e = enlargement(batch, [height, width], channels, [factor_height, factor_width], bilinear)?;
        let x = frame.input(x, e.input_size())?;
        enlarge::enlarge(&e, x, frame.output(y, e.output_size())?);
        Ok(())
    })
}

/// Gradient of [`upsampling2d`].
#[wasm_bindgen]
#[allow(clippy::too_many_arguments)]
pub fn upsampling2d_gradient(
    batch: u32,
    height: u32,
    width: u32,
    channels: u32,
    factor_height: u32,
    factor_width: u32,
    bilinear: u32,
    dy: u32,
    dx: u32,
) -> u32 {
    call(|frame| {
        let e = enlargement(batch, [height, width], channels, [factor_height, factor_width], bilinear)?;
        let dy = frame.input(dy, e.output_size())?;
        enlarge::enlarge_gradient(&e, dy, frame.output(dx, e.input_size())?);
        Ok(())
    })
}

/// Columns `offset…` of `whole [rows, total]` become `part [rows, width]`.
#[wasm_bindgen]
pub fn put_columns(rows: u32, width: u32, total: u32, offset: u32, part: u32, whole: u32) -> u32 {
    call(|frame| {
        within(offset, width, total)?;
        let part = frame.input(part, matrix(rows, width)?)?;
        let whole = frame.output(whole, matrix(rows, total)?)?;
        columns::put(width as usize, total as usize, offset as usize, part, whole);
        Ok(())
    })
}

/// `part [rows, width]` becomes columns `offset…` of `whole [rows, total]`.
#[wasm_bindgen]
pub fn take_columns(rows: u32, width: u32, total: u32, offset: u32, whole: u32, part: u32) -> u32 {
    call(|frame| {
        within(offset, width, total)?;
        let whole = frame.input(whole, matrix(rows, total)?)?;
        let part = frame.output(part, matrix(rows, width)?)?;
        columns::take(width as usize, total as usize, offset as usize, whole, part);
        Ok(())
    })
}

fn within(offset: u32, width: u32, total: u32) -> Result<(), Error> {
    if offset.checked_add(width).is_some_and(|end| end <= total) {
        Ok(())
    } else {
        Err(Error::OutOfBounds)
    }
}

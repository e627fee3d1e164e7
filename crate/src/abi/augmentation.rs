//! Exports of what moves images and changes their tones by chance.

use super::call;
use crate::error::{checked_product, Error};
use crate::kernels::motion::{self, Motion, Motions, MAP};
use crate::kernels::tone::{self, Images, TONE};
use crate::kernels::warp::{self, Fill, Warp};
use wasm_bindgen::prelude::*;

/// A product of sizes that are not 0.
fn elements(sizes: &[u32]) -> Result<usize, Error> {
    if sizes.contains(&0) {
        return Err(Error::InvalidGeometry);
    }
    sizes.iter().try_fold(1, |product, &size| checked_product(&[product, size as usize]))
}

/// Draws `maps [batch, 6]` of a motion, see [`motion::draw_maps`]; a crop's output must fit its input.
#[wasm_bindgen]
#[allow(clippy::too_many_arguments)]
pub fn draw_maps(
    batch: u32,
    height: u32,
    width: u32,
    out_height: u32,
    out_width: u32,
    code: u32,
    lowest_down: f32,
    highest_down: f32,
    lowest_across: f32,
    highest_across: f32,
    stream: u32,
    clock: u32,
    maps: u32,
) -> u32 {
    call(|frame| {
        let motion = Motion::from_code(code)?;
        if motion == Motion::Crop && (out_height > height || out_width > width) {
            return Err(Error::InvalidGeometry);
        }
        let motions = Motions {
            motion,
            input: [height as usize, width as usize],
            output: [out_height as usize, out_width as usize],
            ranges: [[lowest_down, highest_down], [lowest_across, highest_across]],
        };
        let clock = frame.clock(clock)?;
        motion::draw_maps(&motions, stream, clock, frame.output(maps, elements(&[batch, MAP as u32])?)?);
        Ok(())
    })
}

/// Rules and the sizes of input and output.
#[allow(clippy::too_many_arguments)]
fn warp_of(
    batch: u32,
    input: [u32; 2],
    output: [u32; 2],
    channels: u32,
    fill: Fill,
    bilinear: u32,
) -> Result<(Warp, usize, usize), Error> {
    let pair = |[height, width]: [u32; 2]| [height as usize, width as usize];
    let warp = Warp {
        batch: batch as usize,
        input: pair(input),
        output: pair(output),
        channels: channels as usize,
        fill,
        bilinear: bilinear == 1,
    };
    Ok((warp, elements(&[batch, input[0], input[1], channels])?, elements(&[batch, output[0], output[1], channels])?))
}

/// Images along `maps [batch, 6]`, see [`warp::forward`].
#[wasm_bindgen]
#[allow(clippy::too_many_arguments)]
pub fn warp(
    batch: u32,
    height: u32,
    width: u32,
    out_height: u32,
    out_width: u32,
    channels: u32,
    fill: u32,
    value: f32,
    bilinear: u32,
    maps: u32,
    x: u32,
    y: u32,
) -> u32 {
    call(|frame| {
        let fill = Fill::from_code(fill, value)?;
        let sizes = ([height, width], [out_height, out_width]);
        let (warp, input, output) = warp_of(batch, sizes.0, sizes.1, channels, fill, bilinear)?;
        let maps = frame.input(maps, elements(&[batch, MAP as u32])?)?;
        let x = frame.input(x, input)?;
        warp::forward(&warp, maps, x, frame.output(y, output)?);
        Ok(())
    })
}

/// Gradient of [`warp`] by its images.
#[wasm_bindgen]
#[allow(clippy::too_many_arguments)]
pub fn warp_gradient(
    batch: u32,
    height: u32,
    width: u32,
    out_height: u32,
    out_width: u32,
    channels: u32,
    fill: u32,
    value: f32,
    bilinear: u32,
    maps: u32,
    dy: u32,
    dx: u32,
) -> u32 {
    call(|frame| {
        let fill = Fill::from_code(fill, value)?;
        let sizes = ([height, width], [out_height, out_width]);
        let (warp, input, output) = warp_of(batch, sizes.0, sizes.1, channels, fill, bilinear)?;
        let maps = frame.input(maps, elements(&[batch, MAP as u32])?)?;
        let dy = frame.input(dy, output)?;
        warp::gradient(&warp, maps, dy, frame.output(dx, input)?);
        Ok(())
    })
}

/// Draws `tones [batch, 2]`, factors and addends, see [`tone::draw_tones`].
#[wasm_bindgen]
#[allow(clippy::too_many_arguments)]
pub fn draw_tones(
    batch: u32,
    lowest_factor: f32,
    highest_factor: f32,
    lowest_addend: f32,
    highest_addend: f32,
    stream: u32,
    clock: u32,
    tones: u32,
) -> u32 {
    call(|frame| {
        let clock = frame.clock(clock)?;
        let tones = frame.output(tones, elements(&[batch, TONE as u32])?)?;
        tone::draw_tones([lowest_factor, highest_factor], [lowest_addend, highest_addend], stream, clock, tones);
        Ok(())
    })
}

fn images(batch: u32, pixels: u32, channels: u32, range: [f32; 2]) -> Images {
    Images { batch: batch as usize, pixels: pixels as usize, channels: channels as usize, range }
}

/// Brightness and contrast, see [`tone::forward`]; `offsets [batch, channels]`.
#[wasm_bindgen]
#[allow(clippy::too_many_arguments)]
pub fn tone(
    batch: u32,
    pixels: u32,
    channels: u32,
    low: f32,
    high: f32,
    tones: u32,
    x: u32,
    y: u32,
    offsets: u32,
) -> u32 {
    call(|frame| {
        let length = elements(&[batch, pixels, channels])?;
        let tones = frame.input(tones, elements(&[batch, TONE as u32])?)?;
        let x = frame.input(x, length)?;
        let y = frame.output(y, length)?;
        let offsets = frame.output(offsets, elements(&[batch, channels])?)?;
        tone::forward(&images(batch, pixels, channels, [low, high]), tones, x, y, offsets);
        Ok(())
    })
}

/// Gradient of [`tone`()]; `means [batch, channels]` is scratch.
#[wasm_bindgen]
#[allow(clippy::too_many_arguments)]
pub fn tone_gradient(
    batch: u32,
    pixels: u32,
    channels: u32,
    low: f32,
    high: f32,
    tones: u32,
    offsets: u32,
    x: u32,
    dy: u32,
    dx: u32,
    means: u32,
) -> u32 {
    call(|frame| {
        let (length, rows) = (elements(&[batch, pixels, channels])?, elements(&[batch, channels])?);
        let tones = frame.input(tones, elements(&[batch, TONE as u32])?)?;
        let offsets = frame.input(offsets, rows)?;
        let (x, dy) = (frame.input(x, length)?, frame.input(dy, length)?);
        let (dx, means) = (frame.output(dx, length)?, frame.output(means, rows)?);
        tone::gradient(&images(batch, pixels, channels, [low, high]), (tones, offsets), x, dy, dx, means);
        Ok(())
    })
}

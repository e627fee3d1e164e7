//! Exports of the convolution and its gradients.

use super::pooling::{notes, notes_output};
use super::{call, ending, Frame};
use crate::error::{checked_product, Error};
use crate::geometry::Geometry;
use crate::kernels::activation::Activation;
use crate::kernels::conv2d::kept::Kept;
use crate::kernels::conv2d::pooled::Pooled;
use crate::kernels::conv2d::winograd::{self, Use};
use crate::kernels::conv2d::{self, Pass};
use wasm_bindgen::prelude::*;

/// Where convolutions of 3×3 to 10×10 taps, and those of lines of three to 64, are computed in Winograd's way, whose bits are others, from now on:
/// nowhere (0), where it pays (1, as the relaxed build does from the start), or wherever there is one (2): for benchmarks.
#[wasm_bindgen]
pub fn conv2d_use_winograd(uses: u32) -> u32 {
    call(|_| {
        winograd::choose(match uses {
            0 => Use::Never,
            1 => Use::WhereItPays,
            2 => Use::Always,
            _ => return Err(Error::UnknownCode),
        });
        Ok(())
    })
}

/// Answers the float32 values of scratch memory for a pass (0 forward, 1 filter gradient, 2 input gradient, 3 forward with
/// max pooling, 4 its gradient, 5 that and the images': 0 where it is not had at once) of the convolution whose geometry block is
/// at an address; `u32::MAX` when there is no such convolution.
#[wasm_bindgen]
pub fn conv2d_workspace(pass: u32, geometry: u32) -> u32 {
    let size = || conv2d::workspace(Pass::from_code(pass)?, &Frame::new().geometry(geometry)?);
    size().map_or(u32::MAX, |size| size as u32)
}

/// `y = activation(conv(x, filter) + bias)`; `bias` 0 for none.
#[wasm_bindgen]
pub fn conv2d_forward(
    geometry: u32,
    x: u32,
    filter: u32,
    bias: u32,
    y: u32,
    activation: u32,
    workspace: u32,
    workspace_length: u32,
) -> u32 {
    call(|frame| {
        let geometry = frame.geometry(geometry)?;
        let needed = conv2d::workspace(Pass::Forward, &geometry)?;
        conv2d::forward::forward(
            &geometry,
            frame.input(x, geometry.input_size())?,
            frame.input(filter, geometry.filter_size())?,
            frame.optional(bias, geometry.out_c)?,
            frame.output(y, geometry.output_size())?,
            Activation::from_code(activation, 0.0)?,
            frame.workspace(workspace, workspace_length, needed)?,
        );
        Ok(())
    })
}

/// Answers how many float32 values are kept of the filters for a pass (6 forward, 7 input gradient): as the kernel reads them, transformed
/// once for many calls; 0 where that does not pay, `u32::MAX` when there is no such convolution.
#[wasm_bindgen]
pub fn conv2d_kept_size(pass: u32, geometry: u32) -> u32 {
    let size = || {
        let geometry = Frame::new().geometry(geometry)?;
        Kept::new(Pass::from_code(pass)?, &geometry).map_or(Ok(0), |kept| kept.size())
    };
    size().map_or(u32::MAX, |size| size as u32)
}

/// Makes what is kept of the filters for a pass.
#[wasm_bindgen]
pub fn conv2d_keep(pass: u32, geometry: u32, filter: u32, kept: u32, workspace: u32, workspace_length: u32) -> u32 {
    call(|frame| {
        let geometry = frame.geometry(geometry)?;
        let pass = Kept::new(Pass::from_code(pass)?, &geometry).ok_or(Error::InvalidGeometry)?;
        let filter = frame.input(filter, geometry.filter_size())?;
        let kept = frame.output(kept, pass.size()?)?;
        pass.keep(filter, kept, frame.workspace(workspace, workspace_length, pass.workspace()?)?);
        Ok(())
    })
}

/// `y = activation(conv(x, filter) + bias)` for pass 6, for pass 7 of the transpose, whose inputs are the convolution's outputs, by what
/// [`conv2d_keep`] has made of the filters; `bias` 0 for none.
#[wasm_bindgen]
pub fn conv2d_with_kept(
    pass: u32,
    geometry: u32,
    x: u32,
    kept: u32,
    bias: u32,
    y: u32,
    activation: u32,
    workspace: u32,
    workspace_length: u32,
) -> u32 {
    call(|frame| {
        let geometry = frame.geometry(geometry)?;
        let pass = Kept::new(Pass::from_code(pass)?, &geometry).ok_or(Error::InvalidGeometry)?;
        let [inputs, outputs] = pass.shapes();
        let elements = |shape: [usize; 3]| checked_product(&[geometry.batch, shape[0], shape[1], shape[2]]);
        let x = frame.input(x, elements(inputs)?)?;
        pass.convolve(
            (x, frame.input(kept, pass.size()?)?, frame.optional(bias, outputs[2])?),
            frame.output(y, elements(outputs)?)?,
            Activation::from_code(activation, 0.0)?,
            frame.workspace(workspace, workspace_length, pass.workspace()?)?,
        );
        Ok(())
    })
}

/// The geometry of max pooling behind a convolution.
fn windows_behind(frame: &mut Frame, convolution: &Geometry, pooling: u32) -> Result<Geometry, Error> {
    let windows = frame.pooling(pooling)?;
    let outputs = [convolution.batch, convolution.out_h, convolution.out_w, convolution.out_c];
    if outputs == [windows.batch, windows.in_h, windows.in_w, windows.in_c] {
        Ok(windows)
    } else {
        Err(Error::InvalidGeometry)
    }
}

/// `y = max_pool(activation(conv(x, filter) + bias))`; the images of `pooling` are the outputs of the convolution. `argmax` as in
/// [`super::pooling::max_pool2d`].
#[wasm_bindgen]
pub fn conv2d_max_pool2d(
    geometry: u32,
    pooling: u32,
    x: u32,
    filter: u32,
    bias: u32,
    y: u32,
    argmax: u32,
    activation: u32,
    workspace: u32,
    workspace_length: u32,
) -> u32 {
    call(|frame| {
        let geometry = frame.geometry(geometry)?;
        let windows = windows_behind(frame, &geometry, pooling)?;
        let needed = conv2d::workspace(Pass::Pooled, &geometry)?;
        let x = frame.input(x, geometry.input_size())?;
        let filter = frame.input(filter, geometry.filter_size())?;
        let bias = frame.optional(bias, geometry.out_c)?;
        conv2d::pooled::forward(
            &geometry,
            &windows,
            (x, filter, bias),
            (frame.output(y, windows.output_size())?, notes_output(frame, argmax, &windows)?),
            Activation::from_code(activation, 0.0)?,
            frame.workspace(workspace, workspace_length, needed)?,
        );
        Ok(())
    })
}

/// Gradients by the outputs of max pooling, and what [`conv2d_max_pool2d`] noted.
fn pooled<'a>(
    frame: &mut Frame,
    windows: &'a Geometry,
    (argmax, dy): (u32, u32),
    (activation, values): (u32, u32),
) -> Result<Pooled<'a>, Error> {
    let size = windows.output_size();
    Ok(Pooled {
        windows,
        argmax: notes(frame, argmax, windows)?,
        dy: frame.input(dy, size)?,
        slope: ending(frame, activation, values, size)?,
    })
}

/// Gradients of the filter and the bias (`dbias` 0 for none) of [`conv2d_max_pool2d`] from the gradient by its outputs; with
/// `values` of their size, not 0, times the activation's slope, see [`super::ending`].
#[wasm_bindgen]
pub fn conv2d_max_pool2d_gradient(
    geometry: u32,
    pooling: u32,
    x: u32,
    argmax: u32,
    dy: u32,
    activation: u32,
    values: u32,
    dfilter: u32,
    dbias: u32,
    workspace: u32,
    workspace_length: u32,
) -> u32 {
    call(|frame| {
        let geometry = frame.geometry(geometry)?;
        let windows = windows_behind(frame, &geometry, pooling)?;
        let needed = conv2d::workspace(Pass::PooledGradient, &geometry)?;
        let pooled = pooled(frame, &windows, (argmax, dy), (activation, values))?;
        conv2d::pooled::gradient(
            &geometry,
            &pooled,
            frame.input(x, geometry.input_size())?,
            frame.output(dfilter, geometry.filter_size())?,
            frame.optional_output(dbias, geometry.out_c)?,
            frame.workspace(workspace, workspace_length, needed)?,
        );
        Ok(())
    })
}

/// [`conv2d_max_pool2d_gradient`] that also writes the gradient of the images; with `dx_values` of their size, not 0, times an
/// activation's slope. Only where [`conv2d_workspace`] has memory for it.
#[wasm_bindgen]
pub fn conv2d_max_pool2d_gradients(
    geometry: u32,
    pooling: u32,
    x: u32,
    filter: u32,
    argmax: u32,
    dy: u32,
    activation: u32,
    values: u32,
    dfilter: u32,
    dbias: u32,
    dx: u32,
    dx_activation: u32,
    dx_values: u32,
    workspace: u32,
    workspace_length: u32,
) -> u32 {
    call(|frame| {
        let geometry = frame.geometry(geometry)?;
        let windows = windows_behind(frame, &geometry, pooling)?;
        let needed = conv2d::workspace(Pass::PooledGradients, &geometry)?;
        let pooled = pooled(frame, &windows, (argmax, dy), (activation, values))?;
        if needed == 0 {
            return Err(Error::InvalidGeometry);
        }
        let x = frame.input(x, geometry.input_size())?;
        let filter = frame.input(filter, geometry.filter_size())?;
        let dfilter = frame.output(dfilter, geometry.filter_size())?;
        conv2d::pooled::gradients(
            &geometry,
            &pooled,
            (x, filter),
            (dfilter, frame.optional_output(dbias, geometry.out_c)?),
            (frame.output(dx, geometry.input_size())?, ending(frame, dx_activation, dx_values, geometry.input_size())?),
            frame.workspace(workspace, workspace_length, needed)?,
        );
        Ok(())
    })
}

/// `dfilter = conv(x, dy)`, summed over the batch.
#[wasm_bindgen]
pub fn conv2d_filter_gradient(
    geometry: u32,
    x: u32,
    dy: u32,
    dfilter: u32,
    workspace: u32,
    workspace_length: u32,
) -> u32 {
    call(|frame| {
        let geometry = frame.geometry(geometry)?;
        let needed = conv2d::workspace(Pass::FilterGradient, &geometry)?;
        conv2d::filter_gradient::filter_gradient(
            &geometry,
            frame.input(x, geometry.input_size())?,
            frame.input(dy, geometry.output_size())?,
            frame.output(dfilter, geometry.filter_size())?,
            frame.workspace(workspace, workspace_length, needed)?,
        );
        Ok(())
    })
}

/// `dx` from `dy` and the filters; with `values` of the size of `dx`, not 0, times the activation's slope, see
/// [`super::ending`].
#[wasm_bindgen]
pub fn conv2d_input_gradient(
    geometry: u32,
    dy: u32,
    filter: u32,
    dx: u32,
    activation: u32,
    values: u32,
    workspace: u32,
    workspace_length: u32,
) -> u32 {
    call(|frame| {
        let geometry = frame.geometry(geometry)?;
        let needed = conv2d::workspace(Pass::InputGradient, &geometry)?;
        conv2d::input_gradient::input_gradient(
            &geometry,
            frame.input(dy, geometry.output_size())?,
            frame.input(filter, geometry.filter_size())?,
            frame.output(dx, geometry.input_size())?,
            ending(frame, activation, values, geometry.input_size())?,
            frame.workspace(workspace, workspace_length, needed)?,
        );
        Ok(())
    })
}

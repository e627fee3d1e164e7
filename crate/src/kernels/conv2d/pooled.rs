//! `y = max_pool(activation(conv(x, filter) + bias))`, for those who do not need the convolution's outputs: they stay in a
//! cache, an image at a time.

use super::{axis, cut, forward, MOST_PARTS};
use crate::error::{checked_product, Error};
use crate::geometry::Geometry;
use crate::kernels::activation::{forward_in_place, Activation};
use crate::kernels::pooling;
use crate::threads::each_pair;
use crate::vector::Real;

/// float32 values of scratch memory: those of the convolution, and outputs of it: one image for each part of the batch,
/// where images are computed one by one.
pub fn workspace(geometry: &Geometry) -> Result<usize, Error> {
    let outputs = if forward::goes_by_images(geometry) {
        checked_product(&[cut(geometry, MOST_PARTS).1, geometry.output_size() / geometry.batch])?
    } else {
        geometry.output_size()
    };
    Ok(outputs + forward::workspace(geometry)?)
}

/// The largest values of windows of a convolution's outputs. The images of `pooling` are these outputs.
pub fn forward(
    geometry: &Geometry,
    windows: &Geometry,
    (x, filter, bias): (&[Real], &[Real], Option<&[Real]>),
    y: &mut [Real],
    activation: Activation,
    workspace: &mut [Real],
) {
    let (input, output) = (geometry.input_size() / geometry.batch, geometry.output_size() / geometry.batch);
    if !forward::goes_by_images(geometry) {
        let (outputs, workspace) = workspace.split_at_mut(geometry.output_size());
        forward::forward(geometry, x, filter, bias, outputs, activation, workspace);
        return pooling::max(windows, outputs, y);
    }
    let (images, parts) = cut(geometry, MOST_PARTS);
    let (outputs, packed) = workspace.split_at_mut(parts * output);
    forward::prepare(geometry, filter, bias, packed);
    let (packed, axes, one) = (&*packed, axis::forward(geometry), windows.of_images(1));
    let first = bias.map_or(0.0, |bias| bias[0]);
    let pooled = windows.output_size() / windows.batch;
    each_pair((y, images * pooled), (outputs, output), |part, y, outputs| {
        let x = x[part * images * input..].chunks_exact(input);
        for (x, y) in x.zip(y.chunks_exact_mut(pooled)) {
            forward::image(geometry, &axes, x, (filter, first), packed, outputs);
            forward_in_place(activation, outputs);
            pooling::max_of(&one, outputs, y);
        }
    });
}

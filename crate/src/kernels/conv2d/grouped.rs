//! Convolutions in groups: block by block of channels, or the channels of each group are gathered, convolved by themselves and
//! put back, where that way takes fewer multiplications.

use super::blocks::{self, Groups};
use super::{blocks_gradient, depthwise, filter_gradient, forward, input_gradient, winograd};
use crate::error::Error;
use crate::geometry::Geometry;
use crate::kernels::activation::{forward_in_place, Activation};
use crate::kernels::bias::broadcast;
use crate::kernels::ending::Ending;
use crate::vector::{copy, Real};

/// From so many pairs of channels in a group on, gathered channels have wider tiles of sums.
const MANY_PAIRS: usize = 64;

/// Whether outputs are computed by blocks. For few pairs Winograd's way gains less than gathering takes.
fn forward_by_blocks(geometry: &Geometry) -> bool {
    let one = geometry.of_one_group();
    Groups::of(geometry).fit() && !(one.in_c * one.out_c > MANY_PAIRS && winograd::fits(&one))
}

/// Whether the gradient of the filters is.
fn filter_gradient_by_blocks(geometry: &Geometry) -> bool {
    let one = geometry.of_one_group();
    Groups::of(geometry).fit() && one.in_c * one.out_c < MANY_PAIRS
}

/// Whether the gradient of the images is.
fn input_gradient_by_blocks(geometry: &Geometry) -> bool {
    let one = geometry.of_one_group();
    blocks::backward(geometry).fit() && !(one.in_c * one.out_c > MANY_PAIRS && winograd::backward(&one).is_some())
}

/// float32 values of scratch memory for the forward pass.
pub fn forward_workspace(geometry: &Geometry) -> Result<usize, Error> {
    if depthwise::fits(geometry) {
        return depthwise::workspace(geometry);
    }
    if forward_by_blocks(geometry) {
        return Ok(blocks::workspace(geometry, &Groups::of(geometry)));
    }
    let one = geometry.of_one_group();
    Ok(one.input_size() + one.filter_size() + one.output_size() + forward::workspace(&one)?)
}

/// float32 values of scratch memory for the filters' gradient.
pub fn filter_gradient_workspace(geometry: &Geometry) -> Result<usize, Error> {
    if depthwise::fits(geometry) {
        return depthwise::filter_gradient_workspace(geometry);
    }
    if filter_gradient_by_blocks(geometry) {
        return blocks_gradient::workspace(geometry);
    }
    let one = geometry.of_one_group();
    Ok(one.input_size() + one.filter_size() + one.output_size() + filter_gradient::workspace(&one)?)
}

/// float32 values of scratch memory for the images' gradient.
pub fn input_gradient_workspace(geometry: &Geometry) -> Result<usize, Error> {
    if depthwise::fits(geometry) {
        return depthwise::workspace(geometry);
    }
    if input_gradient_by_blocks(geometry) {
        return Ok(blocks::workspace(geometry, &blocks::backward(geometry)));
    }
    let one = geometry.of_one_group();
    Ok(one.input_size() + one.filter_size() + one.output_size() + input_gradient::workspace(&one)?)
}

/// See [`forward::forward`].
pub fn forward(
    geometry: &Geometry,
    x: &[Real],
    filter: &[Real],
    bias: Option<&[Real]>,
    y: &mut [Real],
    activation: Activation,
    workspace: &mut [Real],
) {
    if depthwise::fits(geometry) {
        return depthwise::forward(geometry, x, filter, bias, y, activation, workspace);
    }
    if forward_by_blocks(geometry) {
        return blocks::forward(geometry, x, filter, bias, y, activation, workspace);
    }
    let one = geometry.of_one_group();
    let parts = Parts::new(&one, workspace);
    broadcast(bias, geometry.out_c, y);
    for group in 0..geometry.groups {
        gather(x, geometry.in_c, one.in_c, group, parts.input);
        gather(filter, geometry.out_c, one.out_c, group, parts.filter);
        forward::forward(&one, parts.input, parts.filter, None, parts.output, Activation::Linear, parts.rest);
        let rows = y.chunks_exact_mut(geometry.out_c).zip(parts.output.chunks_exact(one.out_c));
        for (target, source) in rows {
            for (value, part) in target[group * one.out_c..].iter_mut().zip(source) {
                *value += part;
            }
        }
    }
    forward_in_place(activation, y);
}

/// See [`filter_gradient::filter_gradient`].
pub fn filter_gradient(geometry: &Geometry, x: &[Real], dy: &[Real], df: &mut [Real], workspace: &mut [Real]) {
    if depthwise::fits(geometry) {
        return depthwise::filter_gradient(geometry, x, dy, df, workspace);
    }
    if filter_gradient_by_blocks(geometry) {
        return blocks_gradient::filter_gradient(geometry, x, dy, df, workspace);
    }
    let one = geometry.of_one_group();
    let parts = Parts::new(&one, workspace);
    for group in 0..geometry.groups {
        gather(x, geometry.in_c, one.in_c, group, parts.input);
        gather(dy, geometry.out_c, one.out_c, group, parts.output);
        filter_gradient::filter_gradient(&one, parts.input, parts.output, parts.filter, parts.rest);
        scatter(parts.filter, geometry.out_c, one.out_c, group, df);
    }
}

/// See [`input_gradient::input_gradient`].
pub fn input_gradient(geometry: &Geometry, dy: &[Real], filter: &[Real], dx: &mut [Real], workspace: &mut [Real]) {
    if depthwise::fits(geometry) {
        return depthwise::input_gradient(geometry, dy, filter, dx, workspace);
    }
    if input_gradient_by_blocks(geometry) {
        return blocks::input_gradient(geometry, dy, filter, dx, workspace);
    }
    let one = geometry.of_one_group();
    let parts = Parts::new(&one, workspace);
    for group in 0..geometry.groups {
        gather(dy, geometry.out_c, one.out_c, group, parts.output);
        gather(filter, geometry.out_c, one.out_c, group, parts.filter);
        input_gradient::input_gradient(&one, parts.output, parts.filter, parts.input, Ending::NONE, parts.rest);
        scatter(parts.input, geometry.in_c, one.in_c, group, dx);
    }
}

/// The arrays of one group.
struct Parts<'a> {
    input: &'a mut [Real],
    filter: &'a mut [Real],
    output: &'a mut [Real],
    rest: &'a mut [Real],
}

impl<'a> Parts<'a> {
    fn new(one: &Geometry, workspace: &'a mut [Real]) -> Self {
        let (input, rest) = workspace.split_at_mut(one.input_size());
        let (filter, rest) = rest.split_at_mut(one.filter_size());
        let (output, rest) = rest.split_at_mut(one.output_size());
        Self { input, filter, output, rest }
    }
}

/// Copies the channels of a group out of rows of all channels.
fn gather(source: &[Real], all: usize, part: usize, group: usize, target: &mut [Real]) {
    for (source, target) in source.chunks_exact(all).zip(target.chunks_exact_mut(part)) {
        copy(&source[group * part..][..part], target);
    }
}

/// Copies the channels of a group into rows of all channels.
fn scatter(source: &[Real], all: usize, part: usize, group: usize, target: &mut [Real]) {
    for (source, target) in source.chunks_exact(part).zip(target.chunks_exact_mut(all)) {
        copy(source, &mut target[group * part..][..part]);
    }
}

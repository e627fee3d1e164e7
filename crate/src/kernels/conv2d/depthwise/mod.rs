//! One filter or several for each channel: lanes along the channels, taps beyond the border left out.

mod by_lines;
mod filter_gradient;
mod images;
mod march;
mod multiplied;
mod rows;

pub use filter_gradient::{filter_gradient, workspace as filter_gradient_workspace};

use super::axis;
use crate::error::Error;
use crate::gemm::micro::first_channel;
use crate::geometry::Geometry;
use crate::kernels::activation::{forward_in_place, Activation};
use crate::vector::{Lanes, Real, Vector, LANES};

/// Whether this way is taken: as many groups as input channels, a vector of output channels at least.
pub fn fits(geometry: &Geometry) -> bool {
    geometry.groups == geometry.in_c && geometry.out_c >= LANES
}

/// float32 values of scratch memory of the forward pass and of the images' gradient: the packed filters, and images whose channels
/// are repeated.
pub fn workspace(g: &Geometry) -> Result<usize, Error> {
    Ok(packed_size(g) + images::workspace(g)?)
}

/// Elements of the packed filters.
fn packed_size(g: &Geometry) -> usize {
    vectors(g) * g.out_c.next_multiple_of(LANES)
}

/// Packed vectors of four channels: biases, then the taps.
fn vectors(g: &Geometry) -> usize {
    1 + g.kernel_h * g.kernel_w
}

/// `y = activation(conv(x, filter) + bias)`.
pub fn forward(
    g: &Geometry,
    x: &[Real],
    filter: &[Real],
    bias: Option<&[Real]>,
    y: &mut [Real],
    activation: Activation,
    workspace: &mut [Real],
) {
    let (packed, scratch) = workspace.split_at_mut(packed_size(g));
    pack(g, filter.chunks_exact(g.out_c), bias, packed);
    let sizes = [g.out_c, g.in_w, g.out_w];
    let taps = rows::Filters { packed, vectors: vectors(g), kernel_w: g.kernel_w };
    images::each_slab(g, y, scratch, |own, first, y, memory| {
        let axes = axis::forward(own);
        let (input, output) = (own.input_size() / own.batch, own.output_size() / own.batch);
        for n in 0..own.batch {
            let x = &x[first + n * input..];
            if by_lines::fits(g) {
                by_lines::image(&axes, sizes, (&x[..input], &taps), &mut y[n * output..][..output], memory);
            } else {
                rows::image(&axes, sizes, (multiplied::seen(x, input, memory), 0, &taps), (y, n * output));
            }
            // The image is still in the cache.
            forward_in_place(activation, &mut y[n * output..][..output]);
        }
    });
}

/// Packs filters and biases for [`rows::image`].
fn pack<'a>(g: &Geometry, taps: impl Iterator<Item = &'a [Real]>, bias: Option<&[Real]>, packed: &mut [Real]) {
    let (c, vectors) = (g.out_c, vectors(g));
    let target = |index: usize, group: usize| (group * vectors + index) * LANES;
    for group in 0..c.div_ceil(LANES) {
        let start = bias.map_or(Lanes::splat(0.0), |bias| Lanes::load(&bias[first_channel(group, c)..]));
        start.store(&mut packed[target(0, group)..]);
    }
    for (tap, values) in taps.enumerate() {
        for group in 0..c.div_ceil(LANES) {
            Lanes::load(&values[first_channel(group, c)..]).store(&mut packed[target(1 + tap, group)..]);
        }
    }
}

/// `dx` from `dy` and the filters: the convolution of the gradients, spread by the stride, with the filters rotated by half a
/// turn.
pub fn input_gradient(g: &Geometry, dy: &[Real], filter: &[Real], dx: &mut [Real], workspace: &mut [Real]) {
    let (input, output) = (g.input_size() / g.batch, g.output_size() / g.batch);
    let (packed, scratch) = workspace.split_at_mut(packed_size(g));
    pack(g, filter.chunks_exact(g.out_c).rev(), None, packed);
    let axes = axis::backward(g);
    let sizes = [g.out_c, g.out_w, g.in_w];
    let taps = rows::Filters { packed, vectors: vectors(g), kernel_w: g.kernel_w };
    images::each_images(g, (dx, input), scratch, |first, dx, memory| {
        for n in 0..dx.len() / input {
            let start = (first + n) * output;
            if by_lines::fits(g) {
                let dy = (&dy[start..][..output], &taps);
                by_lines::image(&axes, sizes, dy, &mut dx[n * input..][..input], memory);
            } else if memory.is_empty() {
                rows::image(&axes, sizes, (dy, start, &taps), (dx, n * input));
            } else {
                rows::image(&axes, sizes, (dy, start, &taps), (memory, 0));
                multiplied::add_neighbours(memory, &mut dx[n * input..][..input]);
            }
        }
    });
}

//! One filter or several for each channel: lanes along the channels, taps beyond the border left out.

mod by_lines;
mod filter_gradient;
mod images;
mod march;
mod multiplied;
mod rows;

pub use filter_gradient::{filter_gradient, workspace as filter_gradient_workspace};

use super::axis;
use super::forward::each_image;
use super::input_gradient::{reversed, seen};
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
    let (slabs, line) = (images::slabs(g, g, false), g.out_w * g.out_c);
    each_image(y, (slabs.rows(), line), (scratch, images::memory_size(g)), |part, y, memory| {
        let (own, inputs) = slabs.part(part);
        let one = own.of_images(1);
        let (axes, input) = (axis::forward(&one), one.input_size());
        for (n, y) in y.chunks_exact_mut(one.output_size()).enumerate() {
            let x = &x[inputs.start + n * input..];
            if by_lines::fits(g) {
                by_lines::image(&axes, (sizes, by_lines::width(g)), (&x[..input], &taps), y, memory);
            } else {
                rows::image(&axes, sizes, (multiplied::seen(x, input, memory), 0, &taps), (y, 0));
            }
            // The image is still in the cache.
            forward_in_place(activation, y);
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
    let output = g.output_size() / g.batch;
    let (packed, scratch) = workspace.split_at_mut(packed_size(g));
    pack(g, filter.chunks_exact(g.out_c).rev(), None, packed);
    let sizes = [g.out_c, g.out_w, g.in_w];
    let taps = rows::Filters { packed, vectors: vectors(g), kernel_w: g.kernel_w };
    let (reversed, line) = (reversed(g), g.in_w * g.in_c);
    let slabs = images::slabs(g, &reversed, g.stride_h > 1);
    each_image(dx, (slabs.rows(), line), (scratch, images::memory_size(g)), |part, dx, memory| {
        let (one, axes, first) = seen(g, &reversed, &slabs, part);
        for (n, dx) in dx.chunks_exact_mut(one.out_h * line).enumerate() {
            let start = first + n * output;
            if by_lines::fits(g) {
                by_lines::image(&axes, (sizes, by_lines::width(g)), (&dy[start..][..output], &taps), dx, memory);
            } else if memory.is_empty() {
                rows::image(&axes, sizes, (dy, start, &taps), (dx, 0));
            } else {
                rows::image(&axes, sizes, (dy, start, &taps), (memory, 0));
                multiplied::add_neighbours(memory, dx);
            }
        }
    });
}

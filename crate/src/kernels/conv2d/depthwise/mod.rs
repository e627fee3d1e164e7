//! One filter for each channel: lanes along the channels, taps beyond the border left out.

mod filter_gradient;
mod march;
mod rows;

pub use filter_gradient::{filter_gradient, workspace as filter_gradient_workspace};

use super::axis;
use crate::gemm::micro::first_channel;
use crate::geometry::Geometry;
use crate::kernels::activation::{forward_in_place, Activation};
use crate::threads::{each_part, share};
use crate::vector::{Lanes, Real, Vector, LANES};

/// Whether this way is taken: as many groups as input and output channels, a vector at least.
pub fn fits(geometry: &Geometry) -> bool {
    geometry.groups >= LANES && geometry.groups == geometry.in_c && geometry.groups == geometry.out_c
}

/// float32 values of scratch memory of the forward pass and of the images' gradient: the packed filters.
pub fn workspace(g: &Geometry) -> usize {
    vectors(g) * g.in_c.next_multiple_of(LANES)
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
    let (input, output) = (g.input_size() / g.batch, g.output_size() / g.batch);
    let images = share(g.batch, g.operations());
    pack(g, filter.chunks_exact(g.in_c), bias, workspace);
    let (packed, axes) = (&*workspace, axis::forward(g));
    let sizes = [g.in_c, g.in_w, g.out_w];
    let taps = rows::Filters { packed, vectors: vectors(g), kernel_w: g.kernel_w };
    each_part(y, images * output, |part, y| {
        let x = &x[part * images * input..];
        for n in 0..y.len() / output {
            rows::image(&axes, sizes, (x, n * input, &taps), (y, n * output));
            // The image is still in the cache.
            forward_in_place(activation, &mut y[n * output..][..output]);
        }
    });
}

/// Packs filters and biases for [`rows::image`].
fn pack<'a>(g: &Geometry, taps: impl Iterator<Item = &'a [Real]>, bias: Option<&[Real]>, packed: &mut [Real]) {
    let (c, vectors) = (g.in_c, vectors(g));
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
    let images = share(g.batch, g.operations());
    pack(g, filter.chunks_exact(g.in_c).rev(), None, workspace);
    let (packed, axes) = (&*workspace, axis::backward(g));
    let sizes = [g.in_c, g.out_w, g.in_w];
    let taps = rows::Filters { packed, vectors: vectors(g), kernel_w: g.kernel_w };
    each_part(dx, images * input, |part, dx| {
        let dy = &dy[part * images * output..];
        for n in 0..dx.len() / input {
            rows::image(&axes, sizes, (dy, n * output, &taps), (dx, n * input));
        }
    });
}

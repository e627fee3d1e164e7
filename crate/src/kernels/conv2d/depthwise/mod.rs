//! One filter for each channel: lanes along the channels, taps beyond the border left out.

mod filter_gradient;
mod march;
mod rows;

pub use filter_gradient::{filter_gradient, workspace as filter_gradient_workspace};

use super::axis;
use crate::gemm::micro::first_channel;
use crate::geometry::Geometry;
use crate::kernels::activation::{forward_in_place, Activation};
use crate::kernels::bias::broadcast;
use crate::threads::{each_part, share};
use crate::vector::{Lanes, Real, Vector, LANES};

/// Whether this way is taken: as many groups as input and output channels.
pub fn fits(geometry: &Geometry) -> bool {
    geometry.groups > 1 && geometry.groups == geometry.in_c && geometry.groups == geometry.out_c
}

/// Visits every pair of an output pixel and a tap that lies on the image: offsets of output, input and tap, and the
/// number of channels.
#[inline(always)]
fn pairs(g: &Geometry, mut visit: impl FnMut(usize, usize, usize, usize)) {
    let c = g.in_c;
    let place = |index: usize, stride: usize, tap: usize, dilation: usize, pad: usize, size: usize| {
        (index * stride + tap * dilation).checked_sub(pad).filter(|&place| place < size)
    };
    for n in 0..g.batch {
        for i in 0..g.out_h {
            for p in 0..g.kernel_h {
                let Some(row) = place(i, g.stride_h, p, g.dilation_h, g.pad_top, g.in_h) else { continue };
                for j in 0..g.out_w {
                    let output = ((n * g.out_h + i) * g.out_w + j) * c;
                    for q in 0..g.kernel_w {
                        let column = place(j, g.stride_w, q, g.dilation_w, g.pad_left, g.in_w);
                        let Some(column) = column else { continue };
                        visit(output, ((n * g.in_h + row) * g.in_w + column) * c, (p * g.kernel_w + q) * c, c);
                    }
                }
            }
        }
    }
}

/// `target += a · b`, channel by channel.
#[inline(always)]
fn accumulate(target: &mut [Real], a: &[Real], b: &[Real]) {
    let mut targets = target.chunks_exact_mut(LANES);
    let (mut left, mut right) = (a.chunks_exact(LANES), b.chunks_exact(LANES));
    for ((target, a), b) in (&mut targets).zip(&mut left).zip(&mut right) {
        Lanes::load(a).mul_add(Lanes::load(b), Lanes::load(target)).store(target);
    }
    let rest = targets.into_remainder();
    for ((target, a), b) in rest.iter_mut().zip(left.remainder()).zip(right.remainder()) {
        *target += a * b;
    }
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
    if g.in_c < LANES {
        return each_part(y, images * output, |part, y| {
            let g = &g.of_images(y.len() / output);
            broadcast(bias, g.in_c, y);
            pairs(g, |output, input, tap, c| {
                accumulate(
                    &mut y[output..output + c],
                    &x[part * images * input..][input..input + c],
                    &filter[tap..tap + c],
                );
            });
            forward_in_place(activation, y);
        });
    }
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
    if g.in_c < LANES {
        return each_part(dx, images * input, |part, dx| {
            let g = &g.of_images(dx.len() / input);
            dx.fill(0.0);
            pairs(g, |y, x, tap, c| {
                accumulate(&mut dx[x..x + c], &dy[part * images * output..][y..y + c], &filter[tap..tap + c]);
            });
        });
    }
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

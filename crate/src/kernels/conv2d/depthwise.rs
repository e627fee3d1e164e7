//! One filter for each channel: lanes along the channels, taps beyond the border left out.

use crate::geometry::Geometry;
use crate::kernels::activation::{forward_in_place, Activation};
use crate::kernels::bias::broadcast;
use crate::vector::{Lanes, Real, Vector, LANES};

/// Whether this way is taken: as many groups as input and output channels.
pub fn fits(geometry: &Geometry) -> bool {
    geometry.groups > 1 && geometry.groups == geometry.in_c && geometry.groups == geometry.out_c
}

/// Visits every pair of an output pixel and a tap that lies on the image: offsets of output, input and tap.
#[inline(always)]
fn pairs(g: &Geometry, mut visit: impl FnMut(usize, usize, usize)) {
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
                        visit(output, ((n * g.in_h + row) * g.in_w + column) * c, (p * g.kernel_w + q) * c);
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

/// `y = activation(conv(x, filter) + bias)`.
pub fn forward(
    g: &Geometry,
    x: &[Real],
    filter: &[Real],
    bias: Option<&[Real]>,
    y: &mut [Real],
    activation: Activation,
) {
    let c = g.in_c;
    broadcast(bias, c, y);
    pairs(g, |output, input, tap| accumulate(&mut y[output..output + c], &x[input..input + c], &filter[tap..tap + c]));
    forward_in_place(activation, y);
}

/// `df = conv(x, dy)`, summed over the batch.
pub fn filter_gradient(g: &Geometry, x: &[Real], dy: &[Real], df: &mut [Real]) {
    let c = g.in_c;
    df.fill(0.0);
    pairs(g, |output, input, tap| accumulate(&mut df[tap..tap + c], &x[input..input + c], &dy[output..output + c]));
}

/// `dx` from `dy` and the filters.
pub fn input_gradient(g: &Geometry, dy: &[Real], filter: &[Real], dx: &mut [Real]) {
    let c = g.in_c;
    dx.fill(0.0);
    pairs(g, |output, input, tap| {
        accumulate(&mut dx[input..input + c], &dy[output..output + c], &filter[tap..tap + c])
    });
}

//! Gradient of the images: a convolution of the output's gradients, spread out by the stride and with a border of
//! zeros, with the filters rotated by half a turn and their channels exchanged.

use super::{cut, forward, grouped, MOST_PARTS};
use crate::error::{checked_product, Error};
use crate::geometry::Geometry;
use crate::kernels::activation::Activation;
use crate::threads::each_pair;
use crate::vector::{copy, Real};

/// The convolution that computes the gradient of one image, over gradients that carry their border with them. Image by
/// image, what is spread out stays in the cache.
fn reversed(geometry: &Geometry) -> Geometry {
    Geometry {
        batch: 1,
        in_h: geometry.in_h + geometry.span_h() - 1,
        in_w: geometry.in_w + geometry.span_w() - 1,
        in_c: geometry.out_c,
        out_h: geometry.in_h,
        out_w: geometry.in_w,
        out_c: geometry.in_c,
        stride_h: 1,
        stride_w: 1,
        pad_top: 0,
        pad_bottom: 0,
        pad_left: 0,
        pad_right: 0,
        ..*geometry
    }
}

/// float32 values of scratch memory: rotated filters, spread gradients, and what the convolution wants.
pub fn workspace(geometry: &Geometry) -> Result<usize, Error> {
    if geometry.groups > 1 {
        return grouped::input_gradient_workspace(geometry);
    }
    let reversed = reversed(geometry);
    let (_, parts) = cut(geometry, MOST_PARTS);
    let spread = checked_product(&[parts, reversed.in_h, reversed.in_w, reversed.in_c])?;
    Ok(geometry.filter_size() + spread + forward::packed(&reversed))
}

/// `dx` from `dy` and the filters.
pub fn input_gradient(geometry: &Geometry, dy: &[Real], filter: &[Real], dx: &mut [Real], workspace: &mut [Real]) {
    if geometry.groups > 1 {
        grouped::input_gradient(geometry, dy, filter, dx, workspace);
        return;
    }
    let reversed = reversed(geometry);
    let (rotated, rest) = workspace.split_at_mut(geometry.filter_size());
    let (images, parts) = cut(geometry, MOST_PARTS);
    let (spread, packed) = rest.split_at_mut(parts * reversed.input_size());
    rotate(geometry, filter, rotated);
    forward::prepare(&reversed, rotated, None, packed);
    let (rotated, packed) = (&*rotated, &*packed);
    let (gradients, image) = (geometry.output_size() / geometry.batch, reversed.output_size());
    each_pair((dx, images * image), (spread, reversed.input_size()), |part, dx, spread| {
        // The border, and the gaps between gradients, stay zero from image to image.
        spread.fill(0.0);
        let dy = dy[part * images * gradients..].chunks_exact(gradients);
        for (dy, dx) in dy.zip(dx.chunks_exact_mut(image)) {
            spread_out(geometry, &reversed, dy, spread);
            forward::run(&reversed, spread, rotated, None, dx, Activation::Linear, packed);
        }
    });
}

/// `rotated[p, q, o, c] = filter[kernel_h − 1 − p, kernel_w − 1 − q, c, o]`.
fn rotate(geometry: &Geometry, filter: &[Real], rotated: &mut [Real]) {
    let (inputs, outputs) = (geometry.in_c, geometry.out_c);
    let taps = geometry.kernel_h * geometry.kernel_w;
    for (tap, target) in rotated.chunks_exact_mut(inputs * outputs).enumerate() {
        let source = &filter[(taps - 1 - tap) * inputs * outputs..][..inputs * outputs];
        for o in 0..outputs {
            for c in 0..inputs {
                target[o * inputs + c] = source[c * outputs + o];
            }
        }
    }
}

/// Puts gradient `[i, j]` of one image at `[span_h − 1 − pad_top + i·stride_h, span_w − 1 − pad_left + j·stride_w]`. A
/// border wider than the filter pushes gradients out of the array: they touch no pixel.
fn spread_out(geometry: &Geometry, reversed: &Geometry, dy: &[Real], spread: &mut [Real]) {
    let channels = geometry.out_c;
    let place = |index: usize, stride: usize, span: usize, pad: usize, size: usize| -> Option<usize> {
        (index * stride + span - 1).checked_sub(pad).filter(|&place| place < size)
    };
    for (i, source) in dy.chunks_exact(geometry.out_w * channels).enumerate() {
        let Some(row) = place(i, geometry.stride_h, geometry.span_h(), geometry.pad_top, reversed.in_h) else {
            continue;
        };
        let line = &mut spread[row * reversed.in_w * channels..][..reversed.in_w * channels];
        let whole = (geometry.span_w() - 1).checked_sub(geometry.pad_left);
        if let (1, Some(first)) = (geometry.stride_w, whole) {
            // Gradients that stay neighbours are copied at once, as far as the array goes.
            let length = geometry.out_w.min(reversed.in_w.saturating_sub(first)) * channels;
            copy(&source[..length], &mut line[first * channels..][..length]);
            continue;
        }
        for (j, gradient) in source.chunks_exact(channels).enumerate() {
            let column = place(j, geometry.stride_w, geometry.span_w(), geometry.pad_left, reversed.in_w);
            if let Some(column) = column {
                copy(gradient, &mut line[column * channels..][..channels]);
            }
        }
    }
}

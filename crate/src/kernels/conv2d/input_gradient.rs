//! Gradient of the images: a convolution of the output's gradients, spread out by the stride, with the filters rotated by
//! half a turn and their channels exchanged. Winograd's way can also be the transpose, with filters as they are.

use super::axis::{self, Axis};
use super::by_taps::{self, Way};
use super::lines::in_long_lines;
use super::winograd::{Convolution, Given, Order};
use super::{dense, folded, forward, grouped, rounded, wide, winograd, Pass, MOST_PARTS};
use crate::error::{checked_product, Error};
use crate::gemm::pack::transpose;
use crate::geometry::Geometry;
use crate::kernels::ending::Ending;
use crate::kernels::matmul::{matmul, Product};
use crate::kernels::slabs::Slabs;
use crate::threads::{each_share, OF_COPYING};
use crate::vector::Real;

/// The sizes of that convolution. Its stride is hidden in the axes along which the gradients are seen; what it says of the
/// border is right where there is none to hide.
pub(super) fn reversed(geometry: &Geometry) -> Geometry {
    let pad = |span: usize, pad: usize| (span - 1).saturating_sub(pad);
    Geometry {
        in_h: geometry.out_h,
        in_w: geometry.out_w,
        in_c: geometry.out_c,
        out_h: geometry.in_h,
        out_w: geometry.in_w,
        out_c: geometry.in_c,
        pad_top: pad(geometry.span_h(), geometry.pad_top),
        pad_bottom: pad(geometry.span_h(), geometry.pad_bottom),
        pad_left: pad(geometry.span_w(), geometry.pad_left),
        pad_right: pad(geometry.span_w(), geometry.pad_right),
        ..*geometry
    }
}

/// How it is computed.
enum Route {
    Grouped,
    Winograd(winograd::Convolution),
    /// By the convolution of more channels.
    Rounded(Geometry),
    Product(Product),
    ByTaps,
    Folded,
    /// Image by image, by [`forward::image`].
    ByImages,
}

impl Route {
    fn of(geometry: &Geometry) -> Self {
        if geometry.groups > 1 {
            Self::Grouped
        } else if let Some(convolution) = winograd::backward(geometry) {
            Self::Winograd(convolution)
        } else if let Some(own) = rounded::backward_way(geometry) {
            Self::Rounded(own)
        } else if let Some(product) = dense::product(geometry, Pass::InputGradient) {
            Self::Product(product)
        } else if by_taps::fits(geometry) {
            Self::ByTaps
        } else if folded::fits(geometry) {
            Self::Folded
        } else {
            Self::ByImages
        }
    }
}

/// float32 values of scratch memory: exchanged filters, and the packed ones.
pub fn workspace(geometry: &Geometry) -> Result<usize, Error> {
    match Route::of(geometry) {
        Route::Grouped => grouped::input_gradient_workspace(geometry),
        Route::Winograd(convolution) => Ok(room_of_given(geometry, &convolution) + winograd::workspace(&convolution)?),
        Route::Rounded(own) => rounded::backward_workspace(&own),
        Route::Product(product) => product.workspace(),
        Route::ByTaps => by_taps::workspace(geometry, Way::Backward),
        Route::Folded => folded::workspace(geometry),
        Route::ByImages => {
            let reversed = reversed(geometry);
            let slabs = slabs(geometry, &reversed, MOST_PARTS);
            let scratch = checked_product(&[slabs.parts(), wide::scratch(&reversed, slabs.rows())?])?;
            Ok(geometry.filter_size() + forward::packed(&reversed) + scratch)
        }
    }
}

/// `dx` from `dy` and the filters, ended image by image.
pub fn input_gradient(
    geometry: &Geometry,
    dy: &[Real],
    filter: &[Real],
    dx: &mut [Real],
    ending: Ending,
    workspace: &mut [Real],
) {
    match Route::of(geometry) {
        Route::Grouped => {
            grouped::input_gradient(geometry, dy, filter, dx, workspace);
            ending.apply_to_array(dx);
        }
        Route::Winograd(convolution) => {
            let (exchanged, workspace) = workspace.split_at_mut(room_of_given(geometry, &convolution));
            let filter = winograd::Filters::Given(given(geometry, &convolution, filter, exchanged));
            winograd::convolve(&convolution, dy, filter, None, dx, workspace, |first, dx| {
                ending.after(first).apply(dx);
            });
        }
        Route::Rounded(own) => rounded::input_gradient((geometry, &own), (dy, filter), dx, ending, workspace),
        Route::Product(product) => matmul(product, dy, filter, None, dx, ending, workspace),
        Route::ByTaps => by_taps::convolve(geometry, Way::Backward, (dy, filter, None), (dx, ending), workspace),
        Route::Folded => folded::input_gradient(geometry, dy, filter, dx, ending, workspace),
        Route::ByImages => images(geometry, dy, filter, dx, ending, workspace),
    }
}

/// How the batch is cut. What rows see is found by the border alone where that is not wider than a filter.
fn slabs<'a>(geometry: &Geometry, reversed: &'a Geometry, most: usize) -> Slabs<'a> {
    if geometry.sees_rows() {
        forward::slabs_for(reversed, geometry.operations(), most)
    } else {
        Slabs::new(reversed, geometry.operations(), most, reversed.out_h)
    }
}

/// [`input_gradient`] image by image.
fn images(geometry: &Geometry, dy: &[Real], filter: &[Real], dx: &mut [Real], ending: Ending, workspace: &mut [Real]) {
    let geometry = &in_long_lines(geometry);
    let (rotated, packed) = workspace.split_at_mut(geometry.filter_size());
    exchange(geometry, filter, true, rotated);
    let reversed = reversed(geometry);
    let (packed, scratch) = packed.split_at_mut(forward::packed(&reversed));
    let together = slabs(geometry, &reversed, MOST_PARTS);
    let size = wide::scratch_for(&reversed, together.rows(), rotated);
    if size == 0 {
        forward::prepare(&reversed, rotated, None, packed);
    }
    let (rotated, packed) = (&*rotated, &*packed);
    let slabs = if size > 0 { together } else { slabs(geometry, &reversed, usize::MAX) };
    let line = geometry.in_w * geometry.in_c;
    forward::each_image(dx, (slabs.rows(), line), (scratch, size), |part, dx, scratch| {
        let ending = ending.after(slabs.rows_of(part).start * line);
        let (one, axes, first) = seen(geometry, &reversed, &slabs, part);
        let (gradients, pixels) = (geometry.output_size() / geometry.batch, one.out_h * line);
        for (n, dx) in dx.chunks_exact_mut(pixels).enumerate() {
            forward::image(&one, &axes, &dy[first + n * gradients..], (rotated, None), packed, dx, scratch);
            ending.after(n * pixels).apply(dx);
        }
    });
}

/// What a part sees: the convolution of one of its images, or of its rows, the axes, and the first element.
pub(super) fn seen(
    geometry: &Geometry,
    reversed: &Geometry,
    slabs: &Slabs,
    part: usize,
) -> (Geometry, [Axis; 2], usize) {
    let axes = axis::backward(geometry);
    if !slabs.are_rows() {
        let gradients = geometry.output_size() / geometry.batch;
        return (reversed.of_images(1), axes, slabs.first_image(part) * gradients);
    }
    let (down, skipped) = axes[0].of_outputs(slabs.rows_of(part));
    // What goes by sizes alone is not spread.
    let (own, _) = reversed.of_rows(slabs.rows_of(part));
    (own, [down, axes[1]], skipped * geometry.out_w * geometry.out_c)
}

/// Elements of scratch memory that [`given`] needs.
pub(super) fn room_of_given(geometry: &Geometry, convolution: &Convolution) -> usize {
    if convolution.takes_any_order() {
        0
    } else {
        geometry.filter_size()
    }
}

/// The filters for a convolution that computes the gradient, exchanged in scratch memory where it does not do so itself.
pub(super) fn given<'a>(
    geometry: &Geometry,
    convolution: &Convolution,
    filter: &'a [Real],
    exchanged: &'a mut [Real],
) -> Given<'a> {
    let rotates = !convolution.spreads;
    if convolution.takes_any_order() {
        return Given { values: filter, order: if rotates { Order::Rotated } else { Order::Exchanged } };
    }
    exchange(geometry, filter, rotates, exchanged);
    Given::plain(exchanged)
}

/// Exchanges input and output channels of the filters; and rotates them by half a turn, if asked to:
/// `exchanged[p, q, o, c] = filter[kernel_h − 1 − p, kernel_w − 1 − q, c, o]`.
pub(super) fn exchange(geometry: &Geometry, filter: &[Real], rotates: bool, exchanged: &mut [Real]) {
    let (inputs, outputs) = (geometry.in_c, geometry.out_c);
    let taps = geometry.kernel_h * geometry.kernel_w;
    let size = inputs * outputs;
    each_share(exchanged, size, size * OF_COPYING, |first, exchanged| {
        for (tap, target) in (first..).zip(exchanged.chunks_exact_mut(size)) {
            let tap = if rotates { taps - 1 - tap } else { tap };
            transpose(&filter[tap * size..][..size], outputs, inputs, target);
        }
    });
}

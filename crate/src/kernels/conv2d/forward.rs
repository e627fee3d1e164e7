//! `y = activation(conv(x, filter) + bias)`.

use super::axis::{self, Axis};
use super::by_definition::are_finite;
use super::by_taps::{self, Way};
use super::lines::{each_band, each_line, in_long_lines, Line};
use super::part::{all_channels, ASKING};
use super::{border, dense, dotted, grouped, rounded, sliding, thin, to_depth, wide, winograd, Pass, MOST_PARTS};
use crate::error::{checked_product, Error};
use crate::gemm::pack::{pack_panel, packed_size, panel_width, PANEL};
use crate::geometry::Geometry;
use crate::kernels::activation::{forward_in_place, Activation};
use crate::kernels::ending::Ending;
use crate::kernels::matmul::{matmul, Product};
use crate::kernels::slabs::Slabs;
use crate::threads::{each_part, each_share, each_with_scratch, OF_COPYING};
use crate::vector::{Real, LANES};

/// How outputs are computed.
enum Route {
    Grouped,
    Winograd,
    /// By the convolution of more channels.
    Rounded(Geometry),
    /// By the convolution of blocks of pixels.
    ToDepth(Geometry),
    Product(Product),
    ByTaps,
    /// Few filters over images of one channel, after these have got their border.
    Thin,
    /// Image by image, by [`image`].
    ByImages,
}

impl Route {
    fn of(geometry: &Geometry) -> Self {
        if geometry.groups > 1 {
            Self::Grouped
        } else if winograd::fits(geometry) {
            Self::Winograd
        } else if let Some(own) = rounded::forward_way(geometry) {
            Self::Rounded(own)
        } else if let Some(own) = to_depth::forward_way(geometry) {
            Self::ToDepth(own)
        } else if let Some(product) = dense::product(geometry, Pass::Forward) {
            Self::Product(product)
        } else if by_taps::fits(geometry) {
            Self::ByTaps
        } else if thin::fits_forward(&geometry.without_padding()) {
            Self::Thin
        } else {
            Self::ByImages
        }
    }
}

/// float32 values of scratch memory: the packed filters, and the images with their border where few filters want them so.
pub fn workspace(geometry: &Geometry) -> Result<usize, Error> {
    match Route::of(geometry) {
        Route::Grouped => grouped::forward_workspace(geometry),
        Route::Winograd => winograd::workspace(&winograd::Convolution::forward(geometry)),
        Route::Rounded(own) => rounded::workspace(&own),
        Route::ToDepth(own) => to_depth::workspace(&own),
        Route::Product(product) => product.workspace(),
        Route::ByTaps => by_taps::workspace(geometry, Way::Forward),
        Route::Thin => {
            let mut most = packed(geometry);
            for activation in [Activation::Linear, Activation::Sigmoid] {
                let slabs = slabs(geometry, activation, MOST_PARTS);
                let borders = checked_product(&[slabs.parts(), slabs.images(), slabs.bordered_image()?])?;
                most = most.max(borders + checked_product(&[slabs.parts(), thin::workspace(geometry)])?);
            }
            Ok(most)
        }
        Route::ByImages => {
            let geometry = &upright(geometry);
            let slabs = slabs(geometry, Activation::Linear, MOST_PARTS);
            Ok(packed(geometry) + checked_product(&[slabs.parts(), wide::scratch(geometry, slabs.rows())?])?)
        }
    }
}

/// Whether outputs are computed image by image, by [`image`].
pub(super) fn goes_by_images(geometry: &Geometry) -> bool {
    matches!(Route::of(geometry), Route::ByImages)
}

/// Steps of the reduction: channels of all taps.
fn steps(geometry: &Geometry) -> usize {
    geometry.kernel_h * geometry.kernel_w * geometry.in_c
}

/// Elements of the packed filters with a row for the bias.
pub(super) fn packed(geometry: &Geometry) -> usize {
    if dotted::fits(geometry) {
        return dotted::packed(geometry);
    }
    packed_size(steps(geometry) + 1, geometry.out_c)
}

/// `y = activation(conv(x, filter) + bias)`.
pub fn forward(
    geometry: &Geometry,
    x: &[Real],
    filter: &[Real],
    bias: Option<&[Real]>,
    y: &mut [Real],
    activation: Activation,
    workspace: &mut [Real],
) {
    match Route::of(geometry) {
        Route::Grouped => grouped::forward(geometry, x, filter, bias, y, activation, workspace),
        Route::Winograd => {
            let convolution = winograd::Convolution::forward(geometry);
            let filter = winograd::Filters::Given(winograd::Given::plain(filter));
            winograd::convolve(&convolution, x, filter, bias, y, workspace, |_, y| forward_in_place(activation, y));
        }
        Route::Rounded(own) => rounded::forward((geometry, &own), (x, filter, bias), y, activation, workspace),
        Route::ToDepth(own) => {
            to_depth::forward((geometry, &own), (x, filter, bias), y, activation, workspace);
        }
        Route::Product(product) => matmul(product, x, filter, bias, y, Ending::Function(activation), workspace),
        Route::ByTaps => {
            let ending = Ending::Function(activation);
            by_taps::convolve(geometry, Way::Forward, (x, filter, bias), (y, ending), workspace);
        }
        // Not finite times a zero of the border would be NaN.
        Route::Thin if geometry.is_padded() && !are_finite(filter) => {
            images(geometry, x, (filter, bias), y, activation, workspace);
        }
        Route::Thin => thin_images(geometry, x, (filter, bias), y, activation, workspace),
        Route::ByImages => images(geometry, x, (filter, bias), y, activation, workspace),
    }
}

/// How the batch is cut, each image with the activation of its outputs: a function of a value takes some ten operations.
fn slabs(geometry: &Geometry, activation: Activation, most: usize) -> Slabs<'_> {
    let outputs = if activation == Activation::Linear { 0 } else { geometry.output_size() / geometry.batch };
    slabs_for(geometry, geometry.operations() + 10 * outputs, most)
}

/// The same for what takes so many operations an image.
pub(super) fn slabs_for(geometry: &Geometry, operations: usize, most: usize) -> Slabs<'_> {
    let least = if most < usize::MAX {
        // What is copied for each part is copied twice where parts meet.
        4 * geometry.span_h()
    } else if geometry.out_c <= LANES {
        // As `sliding` wants it.
        geometry.span_h()
    } else {
        1
    };
    Slabs::new(geometry, operations, most, least)
}

/// [`forward`] by [`thin`].
fn thin_images(
    geometry: &Geometry,
    x: &[Real],
    filter: (&[Real], Option<&[Real]>),
    y: &mut [Real],
    activation: Activation,
    workspace: &mut [Real],
) {
    let (slabs, line) = (slabs(geometry, activation, MOST_PARTS), geometry.out_w * geometry.out_c);
    let bordered = slabs.images() * slabs.bordered_image().unwrap_or(0);
    let (borders, planes) = workspace.split_at_mut(bordered * slabs.parts());
    let results = [(y, slabs.rows() * line), (borders, bordered)];
    each_with_scratch(results, (planes, thin::workspace(geometry)), |part, [y, bordered], planes| {
        let (own, inputs) = slabs.part(part);
        let mut x = &x[inputs];
        if geometry.is_padded() {
            border::copy(&own, x, bordered);
            x = bordered;
        }
        thin::forward(&own.without_padding(), x, filter, y, activation, planes);
    });
}

/// A line that is alone as a column of as many rows: threads share these. Not where lanes lie along it.
fn upright(geometry: &Geometry) -> Geometry {
    let g = geometry;
    let is_line = (g.batch, g.in_h, g.out_h, g.kernel_h) == (1, 1, 1, 1);
    if !is_line || sliding::fits(g) || dotted::fits(g) || wide::fits(g) {
        return *g;
    }
    Geometry {
        in_h: g.in_w,
        in_w: 1,
        kernel_h: g.kernel_w,
        kernel_w: 1,
        stride_h: g.stride_w,
        stride_w: 1,
        pad_top: g.pad_left,
        pad_bottom: g.pad_right,
        pad_left: 0,
        pad_right: 0,
        dilation_h: g.dilation_w,
        dilation_w: 1,
        out_h: g.out_w,
        out_w: 1,
        ..*g
    }
}

/// [`forward`] by [`image`].
fn images(
    geometry: &Geometry,
    x: &[Real],
    (filter, bias): (&[Real], Option<&[Real]>),
    y: &mut [Real],
    activation: Activation,
    workspace: &mut [Real],
) {
    let geometry = &upright(geometry);
    let (packed, scratch) = workspace.split_at_mut(packed(geometry));
    let together = slabs(geometry, Activation::Linear, MOST_PARTS);
    let size = wide::scratch_for(geometry, together.rows(), filter);
    if size == 0 {
        prepare(geometry, filter, bias, packed);
    }
    let slabs = if size > 0 { together } else { slabs(geometry, activation, usize::MAX) };
    let (packed, line) = (&*packed, geometry.out_w * geometry.out_c);
    each_image(y, (slabs.rows(), line), (scratch, size), |part, y, scratch| {
        let (own, inputs) = slabs.part(part);
        let one = in_long_lines(&own.of_images(1));
        let axes = axis::forward(&one);
        let x = x[inputs].chunks_exact(one.input_size());
        for (x, y) in x.zip(y.chunks_exact_mut(one.output_size())) {
            image(&one, &axes, x, (filter, bias), packed, y, scratch);
            // The image is still in the cache.
            forward_in_place(activation, y);
        }
    });
}

/// Gives every part of so many images, or rows, of `output` elements each to `work`, with scratch memory if there is any.
pub(super) fn each_image(
    y: &mut [Real],
    (count, output): (usize, usize),
    (scratch, size): (&mut [Real], usize),
    work: impl Fn(usize, &mut [Real], &mut [Real]) + Sync,
) {
    if size == 0 {
        return each_part(y, count * output, |part, y| work(part, y, &mut []));
    }
    each_with_scratch([(y, count * output)], (scratch, size), |part, [y], scratch| work(part, y, scratch));
}

/// Packs the filters, for any number of [`image`]s that are not `wide`. `packed` has [`packed`] elements.
pub(super) fn prepare(geometry: &Geometry, filter: &[Real], bias: Option<&[Real]>, packed: &mut [Real]) {
    let steps = steps(geometry);
    let channels = geometry.out_c;
    if dotted::fits(geometry) {
        return dotted::prepare(geometry, filter, bias, packed);
    }
    let (packed, starts) = packed.split_at_mut(packed_size(steps, channels));
    let starts = &mut starts[..packed_size(1, channels)];
    starts.fill(0.0);
    if let Some(bias) = bias {
        starts[..channels].copy_from_slice(bias);
    }
    each_share(packed, steps * PANEL, steps * PANEL * OF_COPYING, |first, packed| {
        for (panel, packed) in packed.chunks_mut(steps * PANEL).enumerate() {
            let channel = (first + panel) * PANEL;
            let width = panel_width(channels, channel);
            pack_panel(&filter[channel..], channels, PANEL.min(channels - channel), packed, width);
        }
    });
}

/// The convolution of one image after [`prepare`], without activation. [`sliding`] and [`wide`] read the filters themselves;
/// `scratch` is what [`wide`] wants.
pub(super) fn image(
    geometry: &Geometry,
    axes: &[Axis; 2],
    x: &[Real],
    (filter, bias): (&[Real], Option<&[Real]>),
    packed: &[Real],
    y: &mut [Real],
    scratch: &mut [Real],
) {
    if sliding::fits(geometry) {
        return sliding::image(geometry, x, filter, bias.map_or(0.0, |bias| bias[0]), y);
    }
    if !scratch.is_empty() {
        return wide::image(geometry, x, filter, bias, y, scratch);
    }
    if dotted::fits(geometry) {
        return dotted::image(geometry, axes, x, packed, y);
    }
    let steps = steps(geometry);
    let (packed, starts) = packed.split_at(packed_size(steps, geometry.out_c));
    let line = |line: &Line| all_channels(line, (geometry.out_c, steps), x, packed, starts, y);
    if geometry.kernel_w * geometry.in_c * geometry.out_c < ASKING {
        each_band(geometry, axes, line);
    } else {
        each_line(geometry, axes, line);
    }
}

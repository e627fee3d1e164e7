//! `y = activation(conv(x, filter) + bias)`.

use super::axis::{self, Axis};
use super::by_taps::{self, Way};
use super::lines::{each_line, Line};
use super::{border, cut, dense, dotted, grouped, sliding, thin, wide, winograd, Pass, MOST_PARTS};
use crate::error::{checked_product, Error};
use crate::gemm::micro::{rows, store, strip, strip_ahead, Panel};
use crate::gemm::pack::{pack_panel, packed_size, panel_start, panel_width, PANEL};
use crate::geometry::Geometry;
use crate::kernels::activation::{forward_in_place, Activation};
use crate::kernels::ending::Ending;
use crate::kernels::matmul::{matmul, Product};
use crate::threads::{each_part, each_with_scratch, share};
use crate::vector::{Lanes, Real, Vector, LANES};

/// Products of a pixel through one tap, from which on the pixels and outputs that come next are asked for.
const ASKING: usize = 4096;

/// Whether products are added in the instruction that makes them.
const FUSED: bool = cfg!(target_feature = "relaxed-simd");

/// float32 values of scratch memory: the packed filters, and the images with their border where few filters want them so.
pub fn workspace(geometry: &Geometry) -> Result<usize, Error> {
    if geometry.groups > 1 {
        return grouped::forward_workspace(geometry);
    }
    if winograd::fits(geometry) {
        return winograd::workspace(&winograd::Convolution::forward(geometry));
    }
    if let Some(product) = product(geometry) {
        return product.workspace();
    }
    if by_taps::fits(geometry) {
        return by_taps::workspace(geometry, Way::Forward);
    }
    if is_thin(geometry) {
        return Ok(border::size(geometry)? + checked_product(&[MOST_PARTS, thin::workspace(geometry)])?);
    }
    Ok(packed(geometry) + cut(geometry, MOST_PARTS).1 * wide::scratch(geometry)?)
}

/// The product that it is, if it is computed as one.
fn product(geometry: &Geometry) -> Option<Product> {
    dense::product(geometry, Pass::Forward)
}

/// Whether few filters go over images of one channel, after these have got their border.
fn is_thin(geometry: &Geometry) -> bool {
    thin::fits_forward(&geometry.without_padding())
}

/// Whether outputs are computed image by image, by [`image`].
pub(super) fn goes_by_images(geometry: &Geometry) -> bool {
    geometry.groups == 1
        && !winograd::fits(geometry)
        && product(geometry).is_none()
        && !by_taps::fits(geometry)
        && !is_thin(geometry)
}

/// Steps of the reduction: channels of all taps.
fn steps(geometry: &Geometry) -> usize {
    geometry.kernel_h * geometry.kernel_w * geometry.in_c
}

/// Elements of the packed filters with a row for the bias.
pub(super) fn packed(geometry: &Geometry) -> usize {
    if wide::fits(geometry) {
        return 0;
    }
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
    if geometry.groups > 1 {
        grouped::forward(geometry, x, filter, bias, y, activation, workspace);
        return;
    }
    if winograd::fits(geometry) {
        let convolution = winograd::Convolution::forward(geometry);
        winograd::convolve(&convolution, x, filter, bias, y, workspace, |_, y| {
            forward_in_place(activation, y);
        });
        return;
    }
    if let Some(product) = product(geometry) {
        return matmul(product, x, filter, bias, y, Ending::Function(activation), workspace);
    }
    if by_taps::fits(geometry) {
        let ending = Ending::Function(activation);
        return by_taps::convolve(geometry, Way::Forward, (x, filter, bias), (y, ending), workspace);
    }
    let outputs = if activation == Activation::Linear { 0 } else { geometry.output_size() / geometry.batch };
    // A function of a value takes some ten operations.
    let images = share(geometry.batch, geometry.operations() + 10 * outputs);
    let (input, output) = (geometry.in_h * geometry.in_w * geometry.in_c, geometry.output_size() / geometry.batch);
    if is_thin(geometry) {
        let images = images.max(geometry.batch.div_ceil(MOST_PARTS));
        let bordered = border::size(&geometry.of_images(1)).unwrap_or(0);
        let (borders, planes) = workspace.split_at_mut(bordered * geometry.batch);
        let results = [(y, images * output), (borders, images * bordered)];
        each_with_scratch(results, (planes, thin::workspace(geometry)), |part, [y, bordered], planes| {
            let geometry = geometry.of_images(y.len() / output);
            let mut x = &x[part * images * input..][..geometry.batch * input];
            if geometry.is_padded() {
                border::copy(&geometry, x, bordered);
                x = bordered;
            }
            thin::forward(&geometry.without_padding(), x, (filter, bias), y, activation, planes);
        });
        return;
    }
    let (packed, scratch) = workspace.split_at_mut(packed(geometry));
    prepare(geometry, filter, bias, packed);
    let (packed, axes) = (&*packed, axis::forward(geometry));
    let size = wide::scratch(geometry).unwrap_or(0);
    let images = if size > 0 { cut(geometry, MOST_PARTS).0 } else { images };
    each_image(y, (images, output), (scratch, size), |part, y, scratch| {
        let x = x[part * images * input..].chunks_exact(input);
        for (x, y) in x.zip(y.chunks_exact_mut(output)) {
            image(geometry, &axes, x, (filter, bias), packed, y, scratch);
            // The image is still in the cache.
            forward_in_place(activation, y);
        }
    });
}

/// Gives every part of some images' outputs to `work`, with scratch memory if there is any.
pub(super) fn each_image(
    y: &mut [Real],
    (images, output): (usize, usize),
    (scratch, size): (&mut [Real], usize),
    work: impl Fn(usize, &mut [Real], &mut [Real]) + Sync,
) {
    if size == 0 {
        return each_part(y, images * output, |part, y| work(part, y, &mut []));
    }
    each_with_scratch([(y, images * output)], (scratch, size), |part, [y], scratch| work(part, y, scratch));
}

/// Packs the filters, for any number of [`image`]s. `packed` has [`packed`] elements.
pub(super) fn prepare(geometry: &Geometry, filter: &[Real], bias: Option<&[Real]>, packed: &mut [Real]) {
    let steps = steps(geometry);
    let channels = geometry.out_c;
    if wide::fits(geometry) {
        return;
    }
    if dotted::fits(geometry) {
        return dotted::prepare(geometry, filter, bias, packed);
    }
    let (packed, starts) = packed.split_at_mut(packed_size(steps, channels));
    let starts = &mut starts[..packed_size(1, channels)];
    starts.fill(0.0);
    if let Some(bias) = bias {
        starts[..channels].copy_from_slice(bias);
    }
    for (panel, packed) in packed.chunks_mut(steps * PANEL).enumerate() {
        let channel = panel * PANEL;
        pack_panel(&filter[channel..], channels, PANEL.min(channels - channel), packed, panel_width(channels, channel));
    }
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
    each_line(geometry, axes, |line| all_channels(geometry, line, x, packed, starts, y));
}

/// One line of outputs.
fn all_channels(geometry: &Geometry, line: &Line, x: &[Real], packed: &[Real], starts: &[Real], out: &mut [Real]) {
    let channels = geometry.out_c;
    let steps = steps(geometry);
    let mut channel = 0;
    while channel < channels {
        let width = panel_width(channels, channel);
        let values = &packed[panel_start(steps, channel)..][..steps * width];
        let panel =
            Panel { values: &values[(line.step * width).min(values.len())..], outer: line.outer, inner: line.inner };
        let part =
            Part { line, channel, channels, used: width.min(channels - channel), panel, starts: &starts[channel..] };
        part.all_pixels(width, x, out);
        channel += width;
    }
}

/// One line of outputs and one panel of channels.
pub(super) struct Part<'a> {
    pub line: &'a Line,
    /// The first channel of the panel.
    pub channel: usize,
    /// Channels of an output.
    pub channels: usize,
    /// Channels of the panel that there are.
    pub used: usize,
    pub panel: Panel<'a>,
    /// What the sums of the panel's channels begin with.
    pub starts: &'a [Real],
}

impl Part<'_> {
    /// Computes the panel, which is `width` channels wide, for all pixels of the line.
    pub fn all_pixels(&self, width: usize, x: &[Real], out: &mut [Real]) {
        match width / LANES {
            4 => self.along::<2, 4>(x, out),
            3 => self.along::<3, 3>(x, out),
            2 => self.along::<4, 2>(x, out),
            _ => self.along::<8, 1>(x, out),
        }
    }

    /// All pixels of a line. Where there are enough pixels they are a strip.
    #[inline(never)]
    fn along<const P: usize, const NV: usize>(&self, x: &[Real], out: &mut [Real]) {
        let starts: [Lanes; NV] = std::array::from_fn(|v| Lanes::load(&self.starts[v * LANES..]));
        let line = self.line;
        if line.pixels >= P && line.walk.steps() > 0 {
            let (pixels, stride) = ((x, line.start, line.pixel, line.walk), line.output_step * self.channels);
            let out = &mut out[self.place(0)..];
            let full = self.used == NV * LANES;
            if full && line.walk.steps() == line.walk.len && self.channels * line.walk.len >= ASKING {
                let index = (self.channel / PANEL, self.channels.div_ceil(PANEL));
                strip_ahead::<P, NV>(pixels, self.panel, starts, (out, stride, line.pixels), index);
            } else if NV == 4 && FUSED && line.pixel == 3 && line.walk.len == 9 && line.pixels >= 5 {
                // Three channels, as a first layer has: a row of taps has so few steps that eight sums, which wait four cycles for
                // themselves each, would not make up for its end. Here they are ten.
                for half in [0, 2 * LANES] {
                    let used = (self.used - half).min(2 * LANES);
                    let starts = std::array::from_fn(|v| Lanes::load(&self.starts[half + v * LANES..]));
                    let panel = Panel { values: &self.panel.values[half..], ..self.panel };
                    strip::<5, 2, 4, false, 3>(pixels, panel, starts, (&mut out[half..], stride, line.pixels), used);
                }
            } else if (line.walk.inner, line.walk.len) != (1, 3) {
                strip::<P, NV, NV, false, 0>(pixels, self.panel, starts, (out, stride, line.pixels), self.used);
            } else if line.pixel != 1 {
                strip::<P, NV, NV, true, 0>(pixels, self.panel, starts, (out, stride, line.pixels), self.used);
            } else if NV == 4 && FUSED && line.pixels >= 4 {
                // Four pixels share more of what they see than two.
                for half in [0, 2 * LANES] {
                    let used = (self.used - half).min(2 * LANES);
                    let starts = std::array::from_fn(|v| Lanes::load(&self.starts[half + v * LANES..]));
                    let panel = Panel { values: &self.panel.values[half..], ..self.panel };
                    strip::<4, 2, 4, true, 1>(pixels, panel, starts, (&mut out[half..], stride, line.pixels), used);
                }
            } else {
                strip::<P, NV, NV, true, 1>(pixels, self.panel, starts, (out, stride, line.pixels), self.used);
            }
            return;
        }
        let mut pixel = 0;
        while pixel + P <= line.pixels {
            self.tile::<P, NV>(pixel, x, starts, out);
            pixel += P;
        }
        while P > 2 && pixel + 2 <= line.pixels {
            self.tile::<2, NV>(pixel, x, starts, out);
            pixel += 2;
        }
        if pixel < line.pixels {
            self.tile::<1, NV>(pixel, x, starts, out);
        }
    }

    /// Where the output of a pixel of the line lies.
    fn place(&self, pixel: usize) -> usize {
        (self.line.output + pixel * self.line.output_step) * self.channels + self.channel
    }

    #[inline(always)]
    fn tile<const P: usize, const NV: usize>(&self, pixel: usize, x: &[Real], starts: [Lanes; NV], out: &mut [Real]) {
        let line = self.line;
        let mut sums = [starts; P];
        rows(&mut sums, x, line.start + pixel * line.pixel, line.pixel, line.walk, self.panel);
        store(&sums, out, self.place(pixel), line.output_step * self.channels, self.used, true);
    }
}

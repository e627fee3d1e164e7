//! `y = activation(conv(x, filter) + bias)`.

use super::{border, dotted, grouped, taps, thin};
use crate::error::Error;
use crate::gemm::micro::{rows, store, strip, Walk};
use crate::gemm::pack::{pack_panel, packed_size, panel_start, panel_width, PANEL};
use crate::geometry::Geometry;
use crate::kernels::activation::{forward_in_place, Activation};
use crate::threads::{each_pair, each_part, share};
use crate::vector::{Lanes, Real, Vector, LANES};

/// float32 values of scratch memory: the packed filters, and the images with their border.
pub fn workspace(geometry: &Geometry) -> Result<usize, Error> {
    if geometry.groups > 1 {
        return grouped::forward_workspace(geometry);
    }
    Ok(packed(geometry) + border::size(geometry)?)
}

/// Elements of the packed filters with a row for the bias; the way for few filters needs none.
pub(super) fn packed(geometry: &Geometry) -> usize {
    let steps = geometry.kernel_h * geometry.kernel_w * geometry.in_c;
    packed_size(steps + 1, geometry.out_c)
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
    let (packed, bordered) = workspace.split_at_mut(packed(geometry));
    prepare(geometry, filter, bias, packed);
    let packed = &*packed;
    let images = share(geometry.batch, geometry.operations());
    let (input, output) = (geometry.in_h * geometry.in_w * geometry.in_c, geometry.output_size() / geometry.batch);
    if geometry.is_padded() {
        let bordered_size = bordered.len() / geometry.batch;
        each_pair((y, images * output), (bordered, images * bordered_size), |part, y, bordered| {
            let geometry = geometry.of_images(y.len() / output);
            border::copy(&geometry, &x[part * images * input..][..geometry.batch * input], bordered);
            run(&geometry.without_padding(), bordered, filter, bias, y, activation, packed);
        });
    } else {
        each_part(y, images * output, |part, y| {
            let geometry = geometry.of_images(y.len() / output);
            let x = &x[part * images * input..][..geometry.batch * input];
            run(&geometry, x, filter, bias, y, activation, packed);
        });
    }
}

/// Packs the filters, for any number of [`run`]s. `packed` has [`packed`] elements.
pub(super) fn prepare(geometry: &Geometry, filter: &[Real], bias: Option<&[Real]>, packed: &mut [Real]) {
    let steps = geometry.kernel_h * geometry.kernel_w * geometry.in_c;
    let channels = geometry.out_c;
    let unpadded = geometry.without_padding();
    if thin::fits_forward(&unpadded) || dotted::fits(&unpadded) {
        return;
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

/// The convolution of images without border, after [`prepare`].
pub(super) fn run(
    geometry: &Geometry,
    x: &[Real],
    filter: &[Real],
    bias: Option<&[Real]>,
    y: &mut [Real],
    activation: Activation,
    packed: &[Real],
) {
    if thin::fits_forward(geometry) {
        thin::forward(geometry, x, filter, bias, y, activation);
        return;
    }
    if dotted::fits(geometry) {
        dotted::forward(geometry, x, filter, bias, y, activation);
        return;
    }
    let channels = geometry.out_c;
    let steps = geometry.kernel_h * geometry.kernel_w * geometry.in_c;
    let (packed, starts) = packed.split_at(packed_size(steps, channels));
    let image = geometry.in_h * geometry.in_w * geometry.in_c;
    let line = geometry.stride_h * geometry.in_w * geometry.in_c;
    for (n, out) in y.chunks_exact_mut(geometry.out_h * geometry.out_w * channels).enumerate() {
        for (i, out) in out.chunks_exact_mut(geometry.out_w * channels).enumerate() {
            row(geometry, x, n * image + i * line, packed, starts, out);
        }
        // The image is still in the cache.
        forward_in_place(activation, out);
    }
}

/// One row of outputs.
fn row(geometry: &Geometry, x: &[Real], start: usize, packed: &[Real], starts: &[Real], out: &mut [Real]) {
    let walk = taps(geometry);
    let channels = geometry.out_c;
    let mut channel = 0;
    while channel < channels {
        let width = panel_width(channels, channel);
        let panel = &packed[panel_start(walk.steps(), channel)..][..walk.steps() * width];
        let line = Line {
            start,
            pixel: geometry.stride_w * geometry.in_c,
            pixels: geometry.out_w,
            channel,
            channels,
            used: width.min(channels - channel),
            walk,
        };
        let starts = &starts[channel..];
        match width / LANES {
            4 => along::<2, 4>(&line, x, panel, starts, out),
            3 => along::<3, 3>(&line, x, panel, starts, out),
            2 => along::<4, 2>(&line, x, panel, starts, out),
            _ => along::<8, 1>(&line, x, panel, starts, out),
        }
        channel += width;
    }
}

/// One row of outputs and one panel of channels.
struct Line {
    start: usize,
    pixel: usize,
    pixels: usize,
    channel: usize,
    channels: usize,
    used: usize,
    walk: Walk,
}

/// All pixels of a line. Where a panel is full and there are enough pixels they are a strip.
#[inline(never)]
fn along<const P: usize, const NV: usize>(line: &Line, x: &[Real], panel: &[Real], starts: &[Real], out: &mut [Real]) {
    let starts: [Lanes; NV] = std::array::from_fn(|v| Lanes::load(&starts[v * LANES..]));
    if line.used == NV * LANES && line.pixels >= P {
        let pixels = (x, line.start, line.pixel, line.walk);
        let out = (&mut out[line.channel..], line.channels, line.pixels);
        if (line.walk.outer, line.walk.inner, line.walk.len) != (3, 1, 3) {
            strip::<P, NV, false, 0>(pixels, panel, starts, out);
        } else if line.pixel == 1 {
            strip::<P, NV, true, 1>(pixels, panel, starts, out);
        } else {
            strip::<P, NV, true, 0>(pixels, panel, starts, out);
        }
        return;
    }
    let mut pixel = 0;
    while pixel + P <= line.pixels {
        tile::<P, NV>(line, pixel, x, panel, starts, out);
        pixel += P;
    }
    while P > 2 && pixel + 2 <= line.pixels {
        tile::<2, NV>(line, pixel, x, panel, starts, out);
        pixel += 2;
    }
    if pixel < line.pixels {
        tile::<1, NV>(line, pixel, x, panel, starts, out);
    }
}

#[inline(always)]
fn tile<const P: usize, const NV: usize>(
    line: &Line,
    pixel: usize,
    x: &[Real],
    panel: &[Real],
    starts: [Lanes; NV],
    out: &mut [Real],
) {
    let mut sums = [starts; P];
    rows(&mut sums, x, line.start + pixel * line.pixel, line.pixel, line.walk, panel);
    store(&sums, out, pixel * line.channels + line.channel, line.channels, line.used, true);
}

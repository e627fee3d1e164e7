//! Gradient of the filters for many channels: a matrix product of the image's channels, laid out as planes, with the
//! gradients' channels, packed into panels.
//!
//! Along a row of a plane neighbouring pixels are contiguous, and a tap is a shift: the planes serve all taps. The batch is
//! cut into parts with sums of their own, which are added in their order; with few images the channels are cut too.

use super::by_definition;
use crate::error::{checked_product, Error};
use crate::gemm::micro::{rows, store, zeros, Panel, Walk};
use crate::gemm::pack::{pack_panel, packed_size, panel_start, panel_width, PANEL};
use crate::geometry::Geometry;
use crate::threads::each_part;
use crate::vector::{Lanes, Real, Vector, LANES};
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

/// Fewest channels of a part of the work.
const FEWEST: usize = 16;

/// Fewest pairs of channels for which this pays.
const PAIRS: usize = 2048;

/// Parts to cut the work into.
const PARTS: usize = 8;

/// Most elements of all sums together.
const MOST: usize = 4 << 20;

/// Rows of gradients at a time: their panel of sixteen channels stays within half of a first-level cache.
const PIXELS: usize = 256;

/// Whether this way is taken.
pub fn fits(geometry: &Geometry) -> bool {
    let (taps, pairs) = (geometry.kernel_h * geometry.kernel_w, geometry.in_c * geometry.out_c);
    let many = geometry.in_c >= FEWEST && geometry.out_c >= FEWEST && pairs >= PAIRS;
    taps > 1 && many && geometry.stride_w == 1 && geometry.groups == 1
}

/// Rows of an image's gradients that are a strip.
fn rows_of_strip(geometry: &Geometry) -> usize {
    (PIXELS / geometry.out_w).clamp(1, geometry.out_h)
}

/// Gradients of a strip: so many share that the sums are read and written.
pub fn pixels_of_strip(geometry: &Geometry) -> usize {
    rows_of_strip(geometry) * geometry.out_w
}

/// How the work is cut: images of a part, channels of a part.
fn cut(geometry: &Geometry) -> (usize, usize) {
    let most = (MOST / geometry.filter_size()).clamp(1, PARTS);
    let images = geometry.batch.div_ceil(most.min(geometry.batch));
    let parts = geometry.batch.div_ceil(images);
    let channels = geometry.in_c.div_ceil(PARTS / parts).next_multiple_of(LANES).max(FEWEST);
    (images, if parts * 2 > PARTS { geometry.in_c } else { channels.min(geometry.in_c) })
}

/// Sizes of what a part works on.
struct Sizes {
    sums: usize,
    planes: usize,
    panels: usize,
}

impl Sizes {
    fn of(geometry: &Geometry, channels: usize) -> Result<Self, Error> {
        let padded = geometry.out_c.next_multiple_of(LANES);
        Ok(Self {
            sums: checked_product(&[geometry.kernel_h * geometry.kernel_w, channels, padded])?,
            planes: checked_product(&[channels, geometry.padded_h(), geometry.padded_w()])?,
            panels: checked_product(&[geometry.out_h * geometry.out_w, padded])?,
        })
    }

    fn all(&self) -> usize {
        self.sums + self.planes + self.panels
    }
}

/// float32 values of scratch memory.
pub fn workspace(geometry: &Geometry) -> Result<usize, Error> {
    let (images, channels) = cut(geometry);
    let parts = geometry.batch.div_ceil(images) * geometry.in_c.div_ceil(channels);
    checked_product(&[parts, Sizes::of(geometry, channels)?.all()])
}

/// `df = conv(x, dy)`, summed over the batch.
pub fn filter_gradient(g: &Geometry, x: &[Real], dy: &[Real], df: &mut [Real], workspace: &mut [Real]) {
    let (images, channels) = cut(g);
    let groups = g.in_c.div_ceil(channels);
    let Ok(sizes) = Sizes::of(g, channels) else { return };
    each_part(workspace, sizes.all(), |part, scratch| {
        let (sums, rest) = scratch.split_at_mut(sizes.sums);
        let (planes, panels) = rest.split_at_mut(sizes.planes);
        let first = part % groups * channels;
        let channels = channels.min(g.in_c - first);
        sums.fill(0.0);
        // The border stays zero from image to image.
        planes.fill(0.0);
        let from = part / groups * images;
        for n in from..(from + images).min(g.batch) {
            lay_out(
                g,
                &x[n * g.in_h * g.in_w * g.in_c..],
                first,
                channels,
                (planes, g.padded_h() * g.padded_w(), g.padded_w()),
            );
            let pixels = g.out_h * g.out_w;
            let dy = &dy[n * pixels * g.out_c..][..pixels * g.out_c];
            let strip = rows_of_strip(g);
            for i in (0..g.out_h).step_by(strip) {
                let count = strip.min(g.out_h - i);
                add_strip(g, (i, count), planes, channels, &dy[i * g.out_w * g.out_c..], panels, sums);
            }
        }
    });
    let padded = g.out_c.next_multiple_of(LANES);
    let parts = g.batch.div_ceil(images);
    let (sums_of_parts, spreads) = (&*workspace, AtomicBool::new(false));
    each_part(df, g.in_c * g.out_c, |tap, df| {
        for (c, df) in df.chunks_exact_mut(g.out_c).enumerate() {
            let (group, c) = (c / channels, c % channels);
            let width = channels.min(g.in_c - group * channels);
            for part in 0..parts {
                let sums =
                    &sums_of_parts[(part * groups + group) * sizes.all() + (tap * width + c) * padded..][..g.out_c];
                if part == 0 {
                    df.copy_from_slice(sums);
                } else {
                    crate::kernels::map::zip_in_place(df, sums, |df, sum| df.add(sum));
                }
            }
        }
        if g.is_padded() && by_definition::may_have_nan(df) {
            spreads.store(true, Relaxed);
        }
    });
    if spreads.into_inner() {
        by_definition::mend(g, x, dy, df, workspace);
    }
}

/// Puts some channels of an image into planes that have its border, of which planes and rows are `plane` and `line` apart.
pub(super) fn lay_out(
    g: &Geometry,
    x: &[Real],
    first: usize,
    channels: usize,
    (planes, plane, line): (&mut [Real], usize, usize),
) {
    for i in 0..g.in_h {
        let row = &x[i * g.in_w * g.in_c..][..g.in_w * g.in_c];
        let start = (i + g.pad_top) * line + g.pad_left;
        let mut c = 0;
        while channels >= LANES && c < channels {
            // The last four channels may overlap the ones before them.
            c = c.min(channels - LANES);
            let place = |lane: usize| (c + lane) * plane + start;
            let mut j = 0;
            while j + LANES <= g.in_w {
                let pixels = std::array::from_fn(|p| Lanes::load(&row[(j + p) * g.in_c + first + c..]));
                for (lane, vector) in Lanes::interleave::<4>(pixels).into_iter().enumerate() {
                    vector.store(&mut planes[place(lane) + j..]);
                }
                j += LANES;
            }
            for j in j..g.in_w {
                for lane in 0..LANES {
                    planes[place(lane) + j] = row[j * g.in_c + first + c + lane];
                }
            }
            c += LANES;
        }
        for c in c..channels {
            for j in 0..g.in_w {
                planes[c * plane + start + j] = row[j * g.in_c + first + c];
            }
        }
    }
}

/// Adds what some rows of gradients contribute to all sums.
fn add_strip(
    g: &Geometry,
    (first, count): (usize, usize),
    planes: &[Real],
    channels: usize,
    dy: &[Real],
    panels: &mut [Real],
    sums: &mut [Real],
) {
    let steps = count * g.out_w;
    let padded = packed_size(1, g.out_c);
    let (height, width) = (g.padded_h(), g.padded_w());
    let walk = Walk { outer: 1, outer_stride: 0, inner: count, inner_stride: g.stride_h * width, len: g.out_w };
    for column in (0..g.out_c).step_by(PANEL) {
        let lanes = panel_width(g.out_c, column);
        let panel = &mut panels[panel_start(steps, column)..][..steps * lanes];
        pack_panel(&dy[column..], g.out_c, PANEL.min(g.out_c - column), panel, lanes);
        for p in 0..g.kernel_h {
            for q in 0..g.kernel_w {
                let start = (first * g.stride_h + p * g.dilation_h) * width + q * g.dilation_w;
                let target = (p * g.kernel_w + q) * channels * padded + column;
                let sums = &mut sums[target..][..channels * padded - column];
                let tap = Tap { start, plane: height * width, channels, padded, walk };
                match lanes / LANES {
                    4 => tap.down::<2, 4>(planes, panel, sums),
                    3 => tap.down::<3, 3>(planes, panel, sums),
                    2 => tap.down::<4, 2>(planes, panel, sums),
                    _ => tap.down::<8, 1>(planes, panel, sums),
                }
            }
        }
    }
}

/// One tap over a strip.
struct Tap {
    start: usize,
    plane: usize,
    channels: usize,
    padded: usize,
    walk: Walk,
}

impl Tap {
    /// All channels of the image for one panel: tiles of P, then of one.
    #[inline(never)]
    fn down<const P: usize, const NV: usize>(&self, planes: &[Real], panel: &[Real], sums: &mut [Real]) {
        let mut channel = 0;
        while channel + P <= self.channels {
            self.tile::<P, NV>(channel, planes, panel, sums);
            channel += P;
        }
        while channel < self.channels {
            self.tile::<1, NV>(channel, planes, panel, sums);
            channel += 1;
        }
    }

    #[inline(always)]
    fn tile<const P: usize, const NV: usize>(
        &self,
        channel: usize,
        planes: &[Real],
        panel: &[Real],
        sums: &mut [Real],
    ) {
        let mut tile = zeros::<P, NV>();
        rows::<P, NV, NV>(
            &mut tile,
            planes,
            self.start + channel * self.plane,
            self.plane,
            self.walk,
            Panel::whole(panel, &self.walk),
        );
        store(&tile, sums, channel * self.padded, self.padded, NV * LANES, false);
    }
}

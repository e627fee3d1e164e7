//! The outputs of a line of pixels, panel by panel of channels: what the direct way of a convolution comes down to.

use super::lines::Line;
use crate::gemm::micro::{all_in_sixes, rows, store, strip, strip_ahead, tiled, Band, Panel, Tiled, Walk, SIX};
use crate::gemm::pack::{panel_start, panel_width, PANEL};
use crate::vector::{Lanes, Real, Vector, FUSED, LANES};
use std::ops::Range;

/// Products of a pixel through one tap, from which on the pixels and outputs that come next are asked for.
pub const ASKING: usize = 4096;

/// Steps of a segment that are too few for tiles of twelve sums over all of a panel: what stands between segments takes longer with more pixels.
const SHORT: usize = 12;

/// Outputs that see the same taps with all their channels, from filters of `steps` each.
pub fn all_channels(
    line: &Line,
    (channels, steps): (usize, usize),
    x: &[Real],
    packed: &[Real],
    starts: &[Real],
    out: &mut [Real],
) {
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
pub struct Part<'a> {
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

/// Numbers, where the first pixel of a strip lies, the distance of two pixels, and the steps.
type Pixels<'a> = (&'a [Real], usize, usize, Walk);

/// A panel and all pixels.
struct AllPixels<'a> {
    part: &'a Part<'a>,
    x: &'a [Real],
    out: &'a mut [Real],
}

impl Tiled for AllPixels<'_> {
    #[inline(always)]
    fn run<const P: usize, const NV: usize, const W: usize>(self) {
        self.part.along::<P, NV>(self.x, self.out);
    }
}

impl Part<'_> {
    /// Computes the panel, which is `width` channels wide, for all pixels of the line.
    pub fn all_pixels(&self, width: usize, x: &[Real], out: &mut [Real]) {
        tiled(width / LANES, AllPixels { part: self, x, out });
    }

    /// All pixels of a line. Where there are enough pixels they are a strip.
    #[inline(always)]
    fn along<const P: usize, const NV: usize>(&self, x: &[Real], out: &mut [Real]) {
        let (line, walk) = (self.line, self.line.walk);
        if line.pixels >= P && walk.steps() > 0 {
            match (walk.inner, walk.len, line.pixel) {
                (1, 3, 1) => self.neighbours::<P, NV, 3>(x, out),
                // In tiles of eight sums; in those of nine, three vectors wide, four or five steps take longer unrolled.
                (1, 4, 1) if FUSED && P * NV == 8 => self.neighbours::<P, NV, 4>(x, out),
                (1, 5, 1) if FUSED && P * NV == 8 => self.neighbours::<P, NV, 5>(x, out),
                (1, 3, _) => self.three_steps::<P, NV>(x, out),
                _ if self.asks(NV) => self.ahead::<P, NV>(x, out),
                _ => self.steps::<P, NV>(x, out),
            }
            return;
        }
        self.few_pixels::<P, NV>(x, out);
    }

    /// Rows that are too short for a strip.
    #[inline(never)]
    fn few_pixels<const P: usize, const NV: usize>(&self, x: &[Real], out: &mut [Real]) {
        let starts: [Lanes; NV] = std::array::from_fn(|v| Lanes::load(&self.starts[v * LANES..]));
        for row in 0..self.line.rows {
            self.tiles::<P, NV>(&self.line.row(row), x, starts, out);
        }
    }

    /// What a strip takes: its pixels, its outputs and its rows.
    #[inline(always)]
    fn parts_of_strip<'o>(
        &self,
        x: &'o [Real],
        out: &'o mut [Real],
    ) -> (Pixels<'o>, (&'o mut [Real], usize, usize), Band) {
        let line = self.line;
        let Line { rows, row_input, row_output, pixels, .. } = *line;
        let band = Band { rows, x_step: row_input, out_step: row_output * self.channels, pixels };
        let out = (&mut out[self.place(0)..], line.output_step * self.channels, self.used);
        ((x, line.start, line.pixel, line.walk), out, band)
    }

    /// A strip of one segment that asks for what comes next.
    #[inline(never)]
    fn ahead<const P: usize, const NV: usize>(&self, x: &[Real], out: &mut [Real]) {
        let (pixels, (out, stride, _), band) = self.parts_of_strip(x, out);
        let index = (self.channel / PANEL, self.channels.div_ceil(PANEL));
        strip_ahead::<P, NV>(pixels, self.panel, self.starts, (out, stride, band.pixels), index);
    }

    /// A strip of segments of any length.
    #[inline(never)]
    fn steps<const P: usize, const NV: usize>(&self, x: &[Real], out: &mut [Real]) {
        let (pixels, out, band) = self.parts_of_strip(x, out);
        let line = self.line;
        if (P, NV) == (2, 4) && FUSED && line.pixel == 3 && line.walk.len == 9 && line.pixels >= 5 {
            // Three channels, as a first layer has: a row of taps has so few steps that eight sums, which wait four cycles for
            // themselves each, would not make up for its end. Here they are ten.
            strip::<5, 2, 4, 0, 3>(pixels, self.panel, self.starts, out, band);
        } else {
            match all_in_sixes(line.pixels) {
                Some(cut) if (P, NV) == (2, 4) && line.walk.len > SHORT => {
                    self.in_sixes::<4, 0, 0>(pixels, out, band, cut)
                }
                Some(cut) if (P, NV) == (4, 2) => self.in_sixes::<2, 0, 0>(pixels, out, band, cut),
                _ => strip::<P, NV, NV, 0, 0>(pixels, self.panel, self.starts, out, band),
            }
        }
    }

    /// A strip of one channel and three taps, whose windows begin further apart.
    #[inline(never)]
    fn three_steps<const P: usize, const NV: usize>(&self, x: &[Real], out: &mut [Real]) {
        let (pixels, out, band) = self.parts_of_strip(x, out);
        if self.line.pixel != 2 {
            return strip::<P, NV, NV, 3, 0>(pixels, self.panel, self.starts, out, band);
        }
        match all_in_sixes(band.pixels) {
            Some(cut) if (P, NV) == (2, 4) => self.in_sixes::<4, 3, 2>(pixels, out, band, cut),
            Some(cut) if (P, NV) == (4, 2) => self.in_sixes::<2, 3, 2>(pixels, out, band, cut),
            _ => strip::<P, NV, NV, 3, 2>(pixels, self.panel, self.starts, out, band),
        }
    }

    /// A strip of one channel, whose windows begin one pixel apart and share what they see.
    #[inline(never)]
    fn neighbours<const P: usize, const NV: usize, const STEPS: usize>(&self, x: &[Real], out: &mut [Real]) {
        let (pixels, out, band) = self.parts_of_strip(x, out);
        if (P, NV) == (2, 4) && FUSED && band.pixels >= 4 {
            // Four pixels share more of what they see than two.
            strip::<4, 2, 4, STEPS, 1>(pixels, self.panel, self.starts, out, band);
        } else if !FUSED && NV > 1 && P * NV < 10 && band.pixels >= 8 {
            // A row of three factors of one vector fits the registers beside so many sums, a value and a product.
            if band.pixels.div_ceil(7) * 7 < band.pixels.div_ceil(8) * 8 {
                strip::<7, 1, NV, STEPS, 1>(pixels, self.panel, self.starts, out, band);
            } else {
                strip::<8, 1, NV, STEPS, 1>(pixels, self.panel, self.starts, out, band);
            }
        } else {
            strip::<P, NV, NV, STEPS, 1>(pixels, self.panel, self.starts, out, band);
        }
    }

    /// A strip of tiles of six, five and four pixels and two vectors, see [`strip`].
    #[inline(always)]
    fn in_sixes<const W: usize, const STEPS: usize, const PIXEL: usize>(
        &self,
        pixels: Pixels,
        (out, stride, used): (&mut [Real], usize, usize),
        band: Band,
        [sixes, fives, fours]: [usize; 3],
    ) {
        let after_fives = sixes + fives;
        self.some::<SIX, W, STEPS, PIXEL>(0..sixes, pixels, (&mut *out, stride, used), band);
        self.some::<5, W, STEPS, PIXEL>(sixes..after_fives, pixels, (&mut *out, stride, used), band);
        self.some::<4, W, STEPS, PIXEL>(after_fives..after_fives + fours, pixels, (out, stride, used), band);
    }

    /// Some pixels of a strip, if there are any, in tiles of P.
    #[inline(always)]
    fn some<const P: usize, const W: usize, const STEPS: usize, const PIXEL: usize>(
        &self,
        some: Range<usize>,
        (x, start, pixel, walk): Pixels,
        (out, stride, used): (&mut [Real], usize, usize),
        band: Band,
    ) {
        if !some.is_empty() {
            let (pixels, out) = ((x, start + some.start * pixel, pixel, walk), &mut out[some.start * stride..]);
            let band = Band { pixels: some.len(), ..band };
            strip::<P, 2, W, STEPS, PIXEL>(pixels, self.panel, self.starts, (out, stride, used), band);
        }
    }

    /// Whether a strip of NV vectors asks for what comes next.
    fn asks(&self, vectors: usize) -> bool {
        let (line, walk) = (self.line, self.line.walk);
        self.used == vectors * LANES && line.rows == 1 && walk.steps() == walk.len && self.channels * walk.len >= ASKING
    }

    /// One row, tile by tile.
    fn tiles<const P: usize, const NV: usize>(&self, line: &Line, x: &[Real], starts: [Lanes; NV], out: &mut [Real]) {
        let part = Part { line, ..*self };
        let mut pixel = 0;
        while pixel + P <= line.pixels {
            part.tile::<P, NV>(pixel, x, starts, out);
            pixel += P;
        }
        while P > 2 && pixel + 2 <= line.pixels {
            part.tile::<2, NV>(pixel, x, starts, out);
            pixel += 2;
        }
        if pixel < line.pixels {
            part.tile::<1, NV>(pixel, x, starts, out);
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
        rows::<P, NV, NV>(&mut sums, x, line.start + pixel * line.pixel, line.pixel, line.walk, self.panel);
        store(&sums, out, self.place(pixel), line.output_step * self.channels, self.used, true);
    }
}

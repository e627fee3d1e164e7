//! One to four output channels, as in the images' gradient of a first layer: lanes along the channels of the patch. With
//! lanes along so few output channels some would stay empty.

use super::axis::Axis;
use super::lines::{each_line, Line};
use super::sliding;
use crate::gemm::micro::{dots, slide_filters, Panel, Tile};
use crate::geometry::Geometry;
use crate::vector::{Lanes, Real, Vector, LANES};

/// Most output channels for which this pays.
const MOST: usize = 4;

/// Whether this way is taken: few filters over whole vectors of channels.
pub fn fits(geometry: &Geometry) -> bool {
    geometry.out_c <= MOST && geometry.in_c % LANES == 0
}

/// Outputs of two filters, and of three, that are computed together where neighbours share the pixels, and outputs at a border.
const OF_TWO: usize = 4;
const OF_THREE: usize = 3;
const EDGE: usize = 2;

/// Whether neighbouring outputs share the pixels.
fn slides(geometry: &Geometry) -> bool {
    matches!(geometry.out_c, 2 | 3) && geometry.out_w >= OF_TWO + 2 * EDGE && sliding::is_plain(geometry, 3)
}

/// Elements of the packed filters and their biases.
pub fn packed(geometry: &Geometry) -> usize {
    (geometry.kernel_h * geometry.kernel_w * geometry.in_c + LANES) * geometry.out_c
}

/// Packs the filters, four steps of each in turn, and vectors that begin with the biases. Where neighbouring outputs share the
/// pixels, the three taps of the same channels lie side by side.
pub fn prepare(geometry: &Geometry, filter: &[Real], bias: Option<&[Real]>, packed: &mut [Real]) {
    let filters = geometry.out_c;
    let (packed, starts) = packed[..self::packed(geometry)].split_at_mut(filter.len());
    let (vectors, slides) = (geometry.in_c / LANES, slides(geometry));
    for (index, source) in filter.chunks_exact(LANES * filters).enumerate() {
        let (row, tap, vector) = (index / (3 * vectors), index / vectors % 3, index % vectors);
        let place = if slides { (row * vectors + vector) * 3 + tap } else { index };
        let target = &mut packed[place * LANES * filters..][..LANES * filters];
        for (k, row) in source.chunks_exact(filters).enumerate() {
            for (f, &value) in row.iter().enumerate() {
                target[f * LANES + k] = value;
            }
        }
    }
    starts.fill(0.0);
    for (f, start) in starts.chunks_exact_mut(LANES).enumerate() {
        start[0] = bias.map_or(0.0, |bias| bias[f]);
    }
}

/// `y = bias + conv(x, filter)` of one image after [`prepare`].
pub fn image(geometry: &Geometry, axes: &[Axis; 2], x: &[Real], packed: &[Real], y: &mut [Real]) {
    let (filter, starts) = packed[..self::packed(geometry)].split_at(geometry.filter_size());
    if slides(geometry) {
        return match (geometry.out_c, geometry.pad_left) {
            (2, 0) => rows::<OF_TWO, 2, 0>(geometry, x, filter, starts, y),
            (2, 1) => rows::<OF_TWO, 2, 1>(geometry, x, filter, starts, y),
            (2, _) => rows::<OF_TWO, 2, 2>(geometry, x, filter, starts, y),
            (_, 0) => rows::<OF_THREE, 3, 0>(geometry, x, filter, starts, y),
            (_, 1) => rows::<OF_THREE, 3, 1>(geometry, x, filter, starts, y),
            _ => rows::<OF_THREE, 3, 2>(geometry, x, filter, starts, y),
        };
    }
    each_line(geometry, axes, |line| match geometry.out_c {
        1 => along::<8, 1>(line, x, filter, starts, y),
        2 => along::<4, 2>(line, x, filter, starts, y),
        3 => along::<3, 3>(line, x, filter, starts, y),
        _ => along::<2, 4>(line, x, filter, starts, y),
    });
}

/// A line of outputs: P at a time; fewer sums would wait for themselves.
#[inline(never)]
fn along<const P: usize, const F: usize>(line: &Line, x: &[Real], filter: &[Real], starts: &[Real], y: &mut [Real]) {
    let starts: [Lanes; F] = std::array::from_fn(|f| Lanes::load(&starts[f * LANES..]));
    let mut done = 0;
    while done < line.pixels && line.pixels >= P {
        // The last block overlaps what is done already: the same values are computed again.
        let from = done.min(line.pixels - P);
        store(block::<P, F>(line, from, x, filter, starts), line, from, y);
        done = from + P;
    }
    for place in done..line.pixels {
        store(block::<1, F>(line, place, x, filter, starts), line, place, y);
    }
}

#[inline(always)]
fn block<const P: usize, const F: usize>(
    line: &Line,
    place: usize,
    x: &[Real],
    filter: &[Real],
    starts: [Lanes; F],
) -> Tile<P, F> {
    let mut sums = [starts; P];
    if line.walk.steps() == 0 {
        return sums;
    }
    let panel = Panel { values: &filter[(line.step * F).min(filter.len())..], outer: line.outer, inner: line.inner };
    dots(&mut sums, (x, line.start + place * line.pixel, line.pixel, line.walk), panel);
    sums
}

/// Stores the sums of the lanes. Outputs side by side are contiguous: four sums at a time.
#[inline(always)]
fn store<const P: usize, const F: usize>(sums: Tile<P, F>, line: &Line, place: usize, y: &mut [Real]) {
    let step = line.output_step * F;
    let out = &mut y[(line.output + place * line.output_step) * F..][..(P - 1) * step + F];
    if step > F {
        for (sums, out) in sums.iter().zip(out.chunks_mut(step)) {
            for (sum, out) in sums.iter().zip(out) {
                *out = sum.sum();
            }
        }
        return;
    }
    store_side_by_side(&sums, out);
}

/// Stores the sums of the lanes of outputs that are contiguous: four at a time.
#[inline(always)]
fn store_side_by_side<const P: usize, const F: usize>(sums: &Tile<P, F>, out: &mut [Real]) {
    let sums = sums.as_flattened();
    let mut quads = out.chunks_exact_mut(LANES);
    for (four, out) in sums.chunks_exact(LANES).zip(&mut quads) {
        let lanes = Lanes::interleave::<4>(std::array::from_fn(|f| four[f]));
        lanes[0].add(lanes[2]).add(lanes[1].add(lanes[3])).store(out);
    }
    for (sum, out) in sums[sums.len() / LANES * LANES..].iter().zip(quads.into_remainder()) {
        *out = sum.sum();
    }
}

/// All rows of outputs of F filters, P at a time, with a border of B pixels left and right: where there is one, the first outputs and
/// the last ones by themselves.
#[inline(never)]
fn rows<const P: usize, const F: usize, const B: usize>(
    geometry: &Geometry,
    x: &[Real],
    filter: &[Real],
    starts: &[Real],
    y: &mut [Real],
) {
    let Geometry { in_h, in_c, out_w, kernel_h, pad_top, .. } = *geometry;
    let starts: [Lanes; F] = std::array::from_fn(|f| Lanes::load(&starts[f * LANES..]));
    let line = geometry.in_w * in_c;
    let size = (in_c, in_c / LANES);
    let edge = if B > 0 { EDGE } else { 0 };
    for (i, out) in y.chunks_exact_mut(out_w * F).enumerate() {
        // The kernel's rows that see the image.
        let begin = pad_top.saturating_sub(i);
        let end = kernel_h.min(in_h + pad_top - i);
        let start = (i + begin - pad_top) * line;
        let pixels = |from: usize| (x, start + from * in_c, line, end - begin);
        let filter = &filter[begin * 3 * in_c * F..];
        if B > 0 {
            let mut sums = [starts; EDGE];
            slide_filters::<EDGE, F, B, 0>(&mut sums, pixels(0), size, filter);
            store_side_by_side(&sums, &mut out[..EDGE * F]);
        }
        let mut done = edge;
        while done < out_w - edge {
            // The last block may overlap the one before it: the same values are computed again.
            let from = done.min(out_w - edge - P);
            let mut sums = [starts; P];
            slide_filters::<P, F, 0, 0>(&mut sums, pixels(from - B), size, filter);
            store_side_by_side(&sums, &mut out[from * F..][..P * F]);
            done = from + P;
        }
        if B > 0 {
            let mut sums = [starts; EDGE];
            slide_filters::<EDGE, F, 0, B>(&mut sums, pixels(out_w - EDGE - B), size, filter);
            store_side_by_side(&sums, &mut out[(out_w - EDGE) * F..]);
        }
    }
}

//! One to four output channels, as in the images' gradient of a first layer: lanes along the channels of the patch. With
//! lanes along so few output channels some would stay empty.

use super::axis::Axis;
use super::lines::{each_line, Line};
use crate::gemm::micro::{dots, Panel, Tile};
use crate::geometry::Geometry;
use crate::vector::{Lanes, Real, Vector, LANES};

/// Most output channels for which this pays.
const MOST: usize = 4;

/// Whether this way is taken: few filters over whole vectors of channels.
pub fn fits(geometry: &Geometry) -> bool {
    geometry.out_c <= MOST && geometry.in_c % LANES == 0
}

/// Elements of the packed filters and their biases.
pub fn packed(geometry: &Geometry) -> usize {
    (geometry.kernel_h * geometry.kernel_w * geometry.in_c + LANES) * geometry.out_c
}

/// Packs the filters, four steps of each in turn, and vectors that begin with the biases.
pub fn prepare(geometry: &Geometry, filter: &[Real], bias: Option<&[Real]>, packed: &mut [Real]) {
    let filters = geometry.out_c;
    let (packed, starts) = packed[..self::packed(geometry)].split_at_mut(filter.len());
    for (source, target) in filter.chunks_exact(LANES * filters).zip(packed.chunks_exact_mut(LANES * filters)) {
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

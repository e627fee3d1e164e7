//! One output channel: lanes along the channels of the patch.

use super::axis::Axis;
use super::lines::{each_line, Line};
use crate::gemm::micro::{dots, Panel};
use crate::geometry::Geometry;
use crate::vector::{Lanes, Real, Vector, LANES};

/// Whether this way is taken: one filter over whole vectors of channels.
pub fn fits(geometry: &Geometry) -> bool {
    geometry.out_c == 1 && geometry.in_c % LANES == 0
}

/// `y = first + conv(x, filter)` of one image. With one filter its taps lie as the patch does: nothing is packed.
pub fn image(geometry: &Geometry, axes: &[Axis; 2], x: &[Real], filter: &[Real], first: Real, y: &mut [Real]) {
    each_line(geometry, axes, |line| along(line, x, filter, first, y));
}

/// A line of outputs: eight at a time, then four; a single sum would wait for itself.
#[inline(never)]
fn along(line: &Line, x: &[Real], filter: &[Real], first: Real, y: &mut [Real]) {
    let mut done = 0;
    while done + 8 <= line.pixels {
        block::<8>(line, done, x, filter, first, y);
        done += 8;
    }
    while done < line.pixels && line.pixels >= 4 {
        // The last block overlaps what is done already: the same values are computed again.
        let from = done.min(line.pixels - 4);
        block::<4>(line, from, x, filter, first, y);
        done = from + 4;
    }
    for place in done..line.pixels {
        block::<1>(line, place, x, filter, first, y);
    }
}

#[inline(always)]
fn block<const P: usize>(line: &Line, place: usize, x: &[Real], filter: &[Real], first: Real, y: &mut [Real]) {
    let mut sums = [Lanes::splat(0.0); P];
    let panel = Panel { values: &filter[line.step.min(filter.len())..], outer: line.outer, inner: line.inner };
    dots(&mut sums, (x, line.start + place * line.pixel, line.pixel, line.walk), panel);
    for (p, sum) in sums.into_iter().enumerate() {
        y[line.output + (place + p) * line.output_step] = sum.sum() + first;
    }
}

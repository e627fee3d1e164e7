//! Three taps that touch each other: in which order the rows of an image are marched along, see [`Rows::march`].

use super::super::axis::{Axis, Touching};
use super::rows::Row;
use crate::gemm::micro::{Outputs, Rows};
use crate::vector::{Real, LINE};

/// Longer rows are cut into parts, so many values in each.
const WIDE: usize = 4096;

/// Sets of a first-level cache, and lines of a set: those of most processors.
const SETS: usize = 64;
const WAYS: usize = 8;

/// Least pixels of a part of a row, or least outputs where these are more: each part begins anew. Half as many where there are no more
/// places.
const LEAST: usize = 8;

/// How to march along the rows of an image.
#[derive(Clone, Copy)]
pub struct March {
    rows: Option<Touching>,
    columns: Touching,
}

impl March {
    /// When there is a function for the columns, three taps at most lie below each other, whose factors fit the registers, and
    /// when there is a function for the rows as well if zeros lie between them.
    pub fn of(rows: &Axis, columns: &Axis) -> Option<Self> {
        if rows.taps() > 3 {
            return None;
        }
        let fits = |along: &Touching| {
            let Touching { left, pixels, outputs, taps, stride, spread } = *along;
            let right = (outputs - 1) * stride + 3;
            taps == 3
                && match (stride, spread) {
                    (1, 1) => left <= 2 && pixels >= 2 && right <= left + pixels + 2,
                    (2, 1) => left <= 1 && right <= left + pixels + 1,
                    (1, 2) => left <= 2 && (2 * pixels..=2 * pixels + 2).contains(&(outputs + 2 - left)),
                    _ => false,
                }
        };
        let columns = columns.touching().filter(fits)?;
        let rows = rows.touching().filter(fits).filter(|rows| rows.spread == columns.spread);
        (columns.spread == 1 || rows.is_some()).then_some(Self { rows, columns })
    }

    /// Whether zeros lie between the pixels.
    pub fn is_spread(&self) -> bool {
        self.columns.spread == 2
    }

    /// `count` rows of outputs that see the same rows of taps: what a row sees, the distance in `x` to what the next one sees, and
    /// where it is.
    pub fn rows<'a>(
        &self,
        row: impl Fn(usize) -> Row<'a>,
        count: usize,
        (x, place): (usize, impl Fn(usize) -> usize),
        y: &mut [Real],
    ) {
        let Touching { left, pixels, outputs, stride, .. } = self.columns;
        let channels = row(0).rows.channels;
        let parts = self.parts(channels);
        let step = if count > 1 { place(1) - place(0) } else { outputs * channels };
        let row = row(0);
        for part in 0..parts {
            let (from, to) = (part * outputs / parts, (part + 1) * outputs / parts);
            let start = (from * stride).saturating_sub(left);
            let left = left.saturating_sub(from * stride);
            let outputs = Outputs {
                rows: count,
                x,
                step,
                count: to - from,
                left,
                pixels: ((to - from - 1) * stride + 3 - left).min(pixels - start),
            };
            let out = (&mut *y, place(0) + from * channels);
            along(&row.rows, stride, row.start + start * channels, outputs, out);
        }
    }

    /// All rows of an image with zeros between its pixels: what rows see from a row of pixels on through rows of taps; `y` and
    /// the first output.
    pub fn pairs<'a>(&self, row: impl Fn(usize, usize, usize) -> Row<'a>, (y, place): (&mut [Real], usize)) {
        let Some(rows) = self.rows else { return };
        let channels = row(0, 0, 1).rows.channels;
        let line = self.columns.outputs * channels;
        let mut single = |output: usize, pixel: usize, tap: usize| {
            self.columns(&row(pixel, tap, 1), 1, (&mut *y, place + output * line, 0));
        };
        if rows.left == 2 {
            single(0, 0, 2);
        }
        if rows.left > 0 {
            single(rows.left - 1, 0, 1);
        }
        if rows.pixels > 1 {
            let output = place + rows.left * line;
            self.columns(&row(0, 0, 3), rows.pixels - 1, (&mut *y, output, line));
        }
        let last = 2 * (rows.pixels - 1) + rows.left;
        if last < rows.outputs {
            self.columns(&row(rows.pixels - 1, 0, 1), 1, (&mut *y, place + last * line, 0));
        }
        if last + 1 < rows.outputs {
            // Nothing is seen.
            y[place + (last + 1) * line..][..line].fill(0.0);
        }
    }

    /// `count` rows, or pairs of rows, with zeros between their pixels.
    fn columns(&self, row: &Row, count: usize, (y, place, below): (&mut [Real], usize, usize)) {
        let Touching { left, pixels, outputs, .. } = self.columns;
        let c = row.rows.channels;
        let parts = self.parts(c);
        for part in 0..parts {
            // Each part begins with the last pixel of the one before it.
            let cut = |part: usize| if part == 0 { 0 } else { part * pixels / parts - 1 };
            let (from, to) = (cut(part), if part + 1 == parts { pixels } else { cut(part + 1) + 1 });
            let done = if part == 0 { 0 } else { 2 * from + left };
            let end = if part + 1 == parts { outputs } else { 2 * (to - 1) + left };
            let outputs = Outputs {
                rows: count,
                x: pixels * c,
                step: 2 * outputs * c,
                count: end - done,
                left: if part == 0 { left } else { 0 },
                pixels: to - from,
            };
            let (origin, out) = (row.start + from * c, (&mut *y, place + done * c, below));
            spread(&row.rows, origin, outputs, out);
        }
    }

    /// How many parts rows are cut into.
    fn parts(&self, channels: usize) -> usize {
        let Touching { pixels, outputs, .. } = self.columns;
        parts(pixels.max(outputs), pixels.min(outputs), channels)
    }
}

/// How many parts rows are cut into, the longest and the shortest of which have so many pixels.
pub fn parts(longest: usize, shortest: usize, channels: usize) -> usize {
    let places = places(channels);
    let least = if places <= LEAST { LEAST / 2 } else { LEAST };
    let most = (longest / least).clamp(1, shortest.max(1));
    (longest * channels).div_ceil(WIDE).max(longest.div_ceil(places)).min(most)
}

/// So many pixels, a cache line of each, have places in a first-level cache with those of two rows above and of one of outputs: lines
/// whose distance is a multiple of a power of two share few sets.
pub fn places(channels: usize) -> usize {
    let shared = channels.trailing_zeros().saturating_sub(LINE.trailing_zeros());
    ((SETS * WAYS / 4) >> shared).max(1)
}

#[inline(never)]
fn along(rows: &Rows, stride: usize, origin: usize, outputs: Outputs, out: (&mut [Real], usize)) {
    match (stride, rows.rows) {
        (1, 1) => rows.march::<1>(origin, outputs, out),
        (1, 2) => rows.march::<2>(origin, outputs, out),
        (1, _) => rows.march::<3>(origin, outputs, out),
        (_, 1) => rows.march_two::<1>(origin, outputs, out),
        (_, 2) => rows.march_two::<2>(origin, outputs, out),
        (_, _) => rows.march_two::<3>(origin, outputs, out),
    }
}

#[inline(never)]
fn spread(rows: &Rows, origin: usize, outputs: Outputs, out: (&mut [Real], usize, usize)) {
    match rows.rows {
        1 => rows.march_spread(origin, outputs, (out.0, out.1)),
        _ => rows.march_spread_pairs(origin, outputs, out),
    }
}

//! Images enlarged by whole factors, by repetition or by distance. NHWC.

use super::map::{map, zip_in_place};
use super::mix::{mix, Between, Sizes, MANY, OPERATIONS, STRIP};
use crate::threads::each_share;
use crate::vector::{copy, spread, Lanes, Real, Vector, LANES};

/// Sizes of an enlargement by whole factors.
#[derive(Clone, Copy, Debug)]
pub struct Enlargement {
    /// Number of images.
    pub batch: usize,
    /// Height and width of the input.
    pub size: [usize; 2],
    /// Factors of height and width.
    pub factor: [usize; 2],
    /// Channels.
    pub channels: usize,
    /// Whether pixels are mixed by distance, else repeated.
    pub bilinear: bool,
}

/// Where a place lies among the pixels, whose centres lie at halves (half_pixel_centers).
fn source(place: usize, factor: usize) -> f64 {
    (place as f64 + 0.5) / factor as f64 - 0.5
}

/// The first of the places that are mixed with a pixel.
fn mixed_from(pixel: usize, factor: usize) -> usize {
    (pixel * factor).saturating_sub(factor / 2)
}

/// The places that are mixed with a pixel, and its share of each.
fn mixed(pixel: usize, factor: usize, size: usize) -> impl Iterator<Item = (usize, Real)> + Clone {
    let places = mixed_from(pixel, factor)..(pixel * factor + 3 * factor / 2).min(size * factor);
    let last = (size - 1) as f64;
    places.map(move |place| {
        let source = source(place, factor).clamp(0.0, last);
        (place, (1.0 - (source - pixel as f64).abs()) as Real)
    })
}

impl Enlargement {
    /// Elements of the input.
    pub fn input_size(&self) -> usize {
        self.batch * self.size[0] * self.size[1] * self.channels
    }

    /// Elements of the output.
    pub fn output_size(&self) -> usize {
        self.input_size() * self.factor[0] * self.factor[1]
    }
}

/// The enlarged images. None may be empty.
pub fn enlarge(e: &Enlargement, x: &[Real], y: &mut [Real]) {
    let ([height, width], [down, across], channels) = (e.size, e.factor, e.channels);
    if e.bilinear {
        let sizes = Sizes { batch: e.batch, from: e.size, to: [height * down, width * across], channels };
        return mix(&sizes, &|axis, place| Between::at(source(place, e.factor[axis]), e.size[axis]), x, y);
    }
    let (row, line) = (width * channels, width * across * channels);
    each_share(y, line, OPERATIONS * line, |first, y| {
        for (place, y) in (first..).zip(y.chunks_exact_mut(line)) {
            repeat(&x[place / down * row..][..row], channels, across, y);
        }
    });
}

/// Every pixel of a row, repeated.
fn repeat(row: &[Real], channels: usize, times: usize, y: &mut [Real]) {
    for (x, y) in row.chunks_exact(channels).zip(y.chunks_exact_mut(channels * times)) {
        for y in y.chunks_exact_mut(channels) {
            copy(x, y);
        }
    }
}

/// Every pixel gets its shares of the gradient.
pub fn enlarge_gradient(e: &Enlargement, dy: &[Real], dx: &mut [Real]) {
    let ([height, width], [down, across], c) = (e.size, e.factor, e.channels);
    let (row, line) = (width * c, width * across * c);
    each_share(dx, row, OPERATIONS * line * down, |first, dx| {
        dx.fill(0.0);
        let mut strip = [0.0; STRIP];
        for (place, dx) in (first..).zip(dx.chunks_exact_mut(row)) {
            let (i, lines) = (place % height, dy[place / height * height * down * line..].chunks_exact(line));
            if !e.bilinear {
                lines.skip(i * down).take(down).for_each(|line| add_repeated(line, across * c, dx));
                continue;
            }
            let lines = mixed(i, down, height).map(|(_, low)| low).zip(lines.skip(mixed_from(i, down)));
            let places = STRIP / c;
            if c >= MANY || places < 4 * across {
                for (j, dx) in dx.chunks_exact_mut(c).enumerate() {
                    add_mixed(mixed(j, across, width), lines.clone(), dx);
                }
            } else {
                add_mixed_strips(e, lines, dx, &mut strip);
            }
        }
    });
}

/// Adds what lines have to a row of pixels, strip by strip: first the lines are added up, times their shares, then the places of
/// each pixel.
fn add_mixed_strips<'a>(
    e: &Enlargement,
    lines: impl Iterator<Item = (Real, &'a [Real])> + Clone,
    dx: &mut [Real],
    strip: &mut [Real; STRIP],
) {
    let (across, width, c) = (e.factor[1], e.size[1], e.channels);
    let pixels = STRIP / c / across - 2;
    for (first, dx) in (0_usize..).step_by(pixels).zip(dx.chunks_mut(pixels * c)) {
        let start = mixed_from(first, across);
        let end = ((first + pixels + 1) * across).min(width * across);
        let strip = &mut strip[..(end - start) * c];
        for (number, (low, line)) in lines.clone().enumerate() {
            let (line, low) = (&line[start * c..end * c], Lanes::splat(low));
            if number == 0 {
                map::<4>(line, strip, |value| value.mul(low));
            } else {
                zip_in_place(strip, line, |sum, value| value.mul_add(low, sum));
            }
        }
        for (j, dx) in (first..).zip(dx.chunks_exact_mut(c)) {
            let places = mixed(j, across, width).map(|(place, share)| (place - start, share));
            if c < LANES {
                for (place, share) in places {
                    for (dx, value) in dx.iter_mut().zip(&strip[place * c..]) {
                        *dx += value * share;
                    }
                }
            } else {
                add_mixed(places, std::iter::once((1.0, &*strip)), dx);
            }
        }
    }
}

/// Adds what the pixels of a line give that a row of pixels was repeated for, each `size` values long.
fn add_repeated(line: &[Real], size: usize, row: &mut [Real]) {
    let channels = row.len() * size / line.len();
    for (pixels, dx) in line.chunks_exact(size).zip(row.chunks_exact_mut(channels)) {
        for pixel in pixels.chunks_exact(channels) {
            if channels < LANES {
                dx.iter_mut().zip(pixel).for_each(|(dx, dy)| *dx += dy);
            } else {
                zip_in_place(dx, pixel, |dx, dy| dx.add(dy));
            }
        }
    }
}

/// Adds what places of lines have to a pixel, times the shares of both, four places at a time as far as there are so many.
#[inline(always)]
fn add_mixed<'a>(
    mut places: impl Iterator<Item = (usize, Real)>,
    lines: impl Iterator<Item = (Real, &'a [Real])> + Clone,
    pixel: &mut [Real],
) {
    let channels = pixel.len();
    while let Some(first) = places.next() {
        let mut four = [first; 4];
        let others = places.by_ref().zip(&mut four[1..]).map(|(place, other)| *other = place);
        let count = 1 + others.count();
        for (low, line) in lines.clone() {
            let at = |(place, _)| &line[place * channels..][..channels];
            let shares = four.map(|(_, share)| Lanes::splat(low * share));
            if count == 4 {
                spread::<4, 1, 1>(four.map(at), [&mut *pixel], |values, [sum]| {
                    [values.into_iter().zip(shares).fold(sum, |sum, (value, share)| value.mul_add(share, sum))]
                });
                continue;
            }
            for (&place, share) in four[..count].iter().zip(shares) {
                zip_in_place(pixel, at(place), |sum, value| value.mul_add(share, sum));
            }
        }
    }
}

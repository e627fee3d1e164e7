//! Images enlarged by whole factors, by repetition or by distance. NHWC.

use super::map::{map, zip_in_place};
use crate::threads::{each_part, share};
use crate::vector::{combine, copy, spread, Lanes, Real, Vector, LANES};

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

/// The pixels between which a place lies, and the share of the second.
fn neighbours(place: usize, factor: usize, size: usize, bilinear: bool) -> (usize, usize, Real) {
    if !bilinear {
        return (place / factor, place / factor, 0.0);
    }
    let source = source(place, factor, size);
    let first = source as usize;
    (first, (first + 1).min(size - 1), (source - first as f64) as Real)
}

/// Where a place lies among the pixels. Centres of pixels lie at halves (half_pixel_centers), beyond the border the outermost pixel
/// goes on. In double precision: what is left of a large number has few digits.
fn source(place: usize, factor: usize, size: usize) -> f64 {
    ((place as f64 + 0.5) / factor as f64 - 0.5).clamp(0.0, (size - 1) as f64)
}

/// The first of the places that are mixed with a pixel.
fn mixed_from(pixel: usize, factor: usize) -> usize {
    (pixel * factor).saturating_sub(factor / 2)
}

/// The places that are mixed with a pixel, and its share of each.
fn mixed(pixel: usize, factor: usize, size: usize) -> impl Iterator<Item = (usize, Real)> + Clone {
    let places = mixed_from(pixel, factor)..(pixel * factor + 3 * factor / 2).min(size * factor);
    places.map(move |place| (place, (1.0 - (source(place, factor, size) - pixel as f64).abs()) as Real))
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

    /// The rows between which a line of the outputs lies, and the share of the lower one.
    fn rows<'a>(&self, x: &'a [Real], place: usize) -> ([&'a [Real]; 2], Real) {
        let ([height, width], down) = (self.size, self.factor[0]);
        let (image, i) = (place / (height * down), place % (height * down));
        let (top, bottom, low) = neighbours(i, down, height, self.bilinear);
        let row = width * self.channels;
        ([top, bottom].map(|i| &x[(image * height + i) * row..][..row]), low)
    }
}

/// Operations for a value, with what its pixel takes.
const OPERATIONS: usize = 16;

/// Values of a strip of lines that are mixed with each other before their pixels are.
const STRIP: usize = 2048;

/// Channels from which on a pixel is work enough to be mixed from four pixels at once.
const MANY: usize = 32;

/// The enlarged images. None may be empty.
pub fn enlarge(e: &Enlargement, x: &[Real], y: &mut [Real]) {
    let ([_, width], [_, across], c) = (e.size, e.factor, e.channels);
    let line = width * across * c;
    let rows = share(y.len() / line, OPERATIONS * line);
    each_part(y, rows * line, |part, y| {
        if e.bilinear && c < MANY && across <= STRIP {
            return mix_strips(e, x, part * rows, y);
        }
        for (place, y) in (part * rows..).zip(y.chunks_exact_mut(line)) {
            let ([above, below], low) = e.rows(x, place);
            if e.bilinear {
                mix_pixels(e, [above, below], low, y);
            } else {
                repeat(above, c, across, y);
            }
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

/// A line of pixels, each mixed from four; `low` is the share of the row below.
fn mix_pixels(e: &Enlargement, [above, below]: [&[Real]; 2], low: Real, y: &mut [Real]) {
    let c = e.channels;
    for (j, y) in y.chunks_exact_mut(c).enumerate() {
        let (left, right, far) = neighbours(j, e.factor[1], e.size[1], true);
        let [left, right] = [left, right].map(|j| j * c..(j + 1) * c);
        let shares = [(1.0 - low) * (1.0 - far), (1.0 - low) * far, low * (1.0 - far), low * far];
        let shares = shares.map(Lanes::splat);
        let sources = [&above[left.clone()], &above[right.clone()], &below[left], &below[right]];
        combine::<4, 1>(sources, y, |x| {
            let first = x[1].mul_add(shares[1], x[0].mul(shares[0]));
            x[3].mul_add(shares[3], x[2].mul_add(shares[2], first))
        });
    }
}

/// Two pixels of a strip, by where their values begin, and the share of the second.
#[derive(Clone, Copy, Default)]
struct Mixture {
    left: usize,
    right: usize,
    far: Real,
}

/// Lines from a place on, strip by strip: first rows are mixed with each other, whatever their pixels, then pixels side by side.
fn mix_strips(e: &Enlargement, x: &[Real], from: usize, y: &mut [Real]) {
    let (across, width, c) = (e.factor[1], e.size[1], e.channels);
    let (mut strip, mut mixtures) = ([0.0; STRIP], [Mixture::default(); STRIP]);
    // One pixel more on either side belongs to the mixture.
    let pixels = (STRIP / c - 2).min(STRIP / across);
    for first in (0..width).step_by(pixels) {
        let start = first.saturating_sub(1);
        let seen = start * c..(first + pixels + 1).min(width) * c;
        let places = first * across..(first + pixels).min(width) * across;
        let (strip, mixtures) = (&mut strip[..seen.len()], &mut mixtures[..places.len()]);
        for (mixture, place) in mixtures.iter_mut().zip(places.clone()) {
            let (left, right, far) = neighbours(place, across, width, true);
            *mixture = Mixture { left: (left - start) * c, right: (right - start) * c, far };
        }
        for (place, y) in (from..).zip(y.chunks_exact_mut(width * across * c)) {
            let (rows, low) = e.rows(x, place);
            let shares = [1.0 - low, low].map(Lanes::splat);
            let rows = rows.map(|row| &row[seen.clone()]);
            combine::<2, 4>(rows, strip, |[a, b]| b.mul_add(shares[1], a.mul(shares[0])));
            let y = &mut y[places.start * c..places.end * c];
            match c {
                1 => mix_few::<1>(mixtures, strip, y),
                2 => mix_few::<2>(mixtures, strip, y),
                3 => mix_few::<3>(mixtures, strip, y),
                _ => {
                    for (mixture, y) in mixtures.iter().zip(y.chunks_exact_mut(c)) {
                        let shares = [1.0 - mixture.far, mixture.far].map(Lanes::splat);
                        let sides = [mixture.left, mixture.right].map(|at| &strip[at..at + c]);
                        combine::<2, 1>(sides, y, |[a, b]| b.mul_add(shares[1], a.mul(shares[0])));
                    }
                }
            }
        }
    }
}

/// Pixels of C values, fewer than a vector has.
fn mix_few<const C: usize>(mixtures: &[Mixture], strip: &[Real], y: &mut [Real]) {
    for (mixture, y) in mixtures.iter().zip(y.chunks_exact_mut(C)) {
        let (left, right) = (&strip[mixture.left..][..C], &strip[mixture.right..][..C]);
        for k in 0..C {
            y[k] = left[k] * (1.0 - mixture.far) + right[k] * mixture.far;
        }
    }
}

/// Every pixel gets its shares of the gradient.
pub fn enlarge_gradient(e: &Enlargement, dy: &[Real], dx: &mut [Real]) {
    let ([height, width], [down, across], c) = (e.size, e.factor, e.channels);
    let (row, line) = (width * c, width * across * c);
    let rows = share(dx.len() / row, OPERATIONS * line * down);
    each_part(dx, rows * row, |part, dx| {
        dx.fill(0.0);
        let mut strip = [0.0; STRIP];
        for (place, dx) in (part * rows..).zip(dx.chunks_exact_mut(row)) {
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

//! Images that are framed, cut and enlarged. NHWC.

use super::map::zip_in_place;
use crate::threads::{each_part, share, OF_COPYING};
use crate::vector::{combine, copy, spread, Lanes, Real, Vector};

/// A small image inside a large one.
#[derive(Clone, Copy, Debug)]
pub struct Inset {
    /// Number of images.
    pub batch: usize,
    /// Height and width of the small image.
    pub small: [usize; 2],
    /// Height and width of the large image.
    pub large: [usize; 2],
    /// Where the small image's first pixel lies in the large one.
    pub at: [usize; 2],
    /// Channels of both.
    pub channels: usize,
}

impl Inset {
    /// Elements of the small images.
    pub fn small_size(&self) -> usize {
        self.batch * self.small[0] * self.small[1] * self.channels
    }

    /// Elements of the large images.
    pub fn large_size(&self) -> usize {
        self.batch * self.large[0] * self.large[1] * self.channels
    }

    /// Elements of a row of the small image.
    fn row(&self) -> usize {
        self.small[1] * self.channels
    }

    /// Elements of a small image and of a large one.
    fn image(&self) -> [usize; 2] {
        [self.small, self.large].map(|[height, width]| height * width * self.channels)
    }

    /// Images of a part, by the elements of those that are written.
    fn share(&self, size: usize) -> usize {
        share(self.batch, OF_COPYING * size)
    }

    /// Where a row of a small image lies in the large one.
    fn place(&self, row: usize) -> usize {
        ((self.at[0] + row) * self.large[1] + self.at[1]) * self.channels
    }
}

/// The small image in a border of zeros.
pub fn pad(inset: &Inset, small: &[Real], large: &mut [Real]) {
    let ([from, to], row) = (inset.image(), inset.row());
    if from == 0 {
        return large.fill(0.0);
    }
    let images = inset.share(to);
    each_part(large, images * to, |part, large| {
        large.fill(0.0);
        for (small, large) in small[part * images * from..].chunks_exact(from).zip(large.chunks_exact_mut(to)) {
            for (i, small) in small.chunks_exact(row).enumerate() {
                copy(small, &mut large[inset.place(i)..][..row]);
            }
        }
    });
}

/// The small image out of the large one.
pub fn crop(inset: &Inset, large: &[Real], small: &mut [Real]) {
    let ([to, from], row) = (inset.image(), inset.row());
    if to == 0 {
        return;
    }
    let images = inset.share(to);
    each_part(small, images * to, |part, small| {
        for (large, small) in large[part * images * from..].chunks_exact(from).zip(small.chunks_exact_mut(to)) {
            for (i, small) in small.chunks_exact_mut(row).enumerate() {
                copy(&large[inset.place(i)..][..row], small);
            }
        }
    });
}

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
    (first, (first + 1).min(size - 1), source - first as Real)
}

/// Where a place lies among the pixels. Centres of pixels lie at halves (half_pixel_centers), beyond the border the outermost pixel
/// goes on.
fn source(place: usize, factor: usize, size: usize) -> Real {
    ((place as Real + 0.5) / factor as Real - 0.5).clamp(0.0, (size - 1) as Real)
}

/// The first of the places that are mixed with a pixel.
fn mixed_from(pixel: usize, factor: usize) -> usize {
    (pixel * factor).saturating_sub(factor / 2)
}

/// The places that are mixed with a pixel, and its share of each.
fn mixed(pixel: usize, factor: usize, size: usize) -> impl Iterator<Item = (usize, Real)> + Clone {
    let places = mixed_from(pixel, factor)..(pixel * factor + 3 * factor / 2).min(size * factor);
    places.map(move |place| (place, 1.0 - (source(place, factor, size) - pixel as Real).abs()))
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

/// Operations for a value, with what its pixel takes.
const OPERATIONS: usize = 16;

/// The enlarged images. None may be empty.
pub fn enlarge(e: &Enlargement, x: &[Real], y: &mut [Real]) {
    let ([height, width], [down, across], c) = (e.size, e.factor, e.channels);
    let (row, line) = (width * c, width * across * c);
    let rows = share(y.len() / line, OPERATIONS * line);
    each_part(y, rows * line, |part, y| {
        for (place, y) in (part * rows..).zip(y.chunks_exact_mut(line)) {
            let (image, i) = (place / (height * down), place % (height * down));
            let (top, bottom, low) = neighbours(i, down, height, e.bilinear);
            let [above, below] = [top, bottom].map(|i| &x[(image * height + i) * row..][..row]);
            for (j, y) in y.chunks_exact_mut(c).enumerate() {
                let (left, right, far) = neighbours(j, across, width, e.bilinear);
                let [left, right] = [left, right].map(|j| j * c..(j + 1) * c);
                if !e.bilinear {
                    copy(&above[left], y);
                    continue;
                }
                let shares = [(1.0 - low) * (1.0 - far), (1.0 - low) * far, low * (1.0 - far), low * far];
                let shares = shares.map(Lanes::splat);
                let sources = [&above[left.clone()], &above[right.clone()], &below[left], &below[right]];
                combine::<4, 1>(sources, y, |x| {
                    let first = x[1].mul_add(shares[1], x[0].mul(shares[0]));
                    x[3].mul_add(shares[3], x[2].mul_add(shares[2], first))
                });
            }
        }
    });
}

/// Every pixel gets its shares of the gradient.
pub fn enlarge_gradient(e: &Enlargement, dy: &[Real], dx: &mut [Real]) {
    let ([height, width], [down, across], c) = (e.size, e.factor, e.channels);
    let (row, line) = (width * c, width * across * c);
    let rows = share(dx.len() / row, OPERATIONS * line * down);
    each_part(dx, rows * row, |part, dx| {
        dx.fill(0.0);
        for (place, dx) in (part * rows..).zip(dx.chunks_exact_mut(row)) {
            let (i, lines) = (place % height, dy[place / height * height * down * line..].chunks_exact(line));
            if !e.bilinear {
                lines.skip(i * down).take(down).for_each(|line| add_repeated(line, across * c, dx));
                continue;
            }
            let lines = mixed(i, down, height).map(|(_, low)| low).zip(lines.skip(mixed_from(i, down)));
            for (j, dx) in dx.chunks_exact_mut(c).enumerate() {
                add_mixed(mixed(j, across, width), lines.clone(), dx);
            }
        }
    });
}

/// Adds what the pixels of a line give that a row of pixels was repeated for, each `size` values long.
fn add_repeated(line: &[Real], size: usize, row: &mut [Real]) {
    let channels = row.len() * size / line.len();
    for (pixels, dx) in line.chunks_exact(size).zip(row.chunks_exact_mut(channels)) {
        for pixel in pixels.chunks_exact(channels) {
            zip_in_place(dx, pixel, |dx, dy| dx.add(dy));
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

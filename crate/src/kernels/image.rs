//! Images that are framed, cut and enlarged. NHWC.

use crate::vector::{copy, Real};

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

    /// Visits the rows of the small image with their places in both arrays.
    fn rows(&self, mut visit: impl FnMut(usize, usize, usize)) {
        let length = self.small[1] * self.channels;
        for n in 0..self.batch {
            for row in 0..self.small[0] {
                let large = ((n * self.large[0] + self.at[0] + row) * self.large[1] + self.at[1]) * self.channels;
                visit((n * self.small[0] + row) * length, large, length);
            }
        }
    }
}

/// The small image in a border of zeros.
pub fn pad(inset: &Inset, small: &[Real], large: &mut [Real]) {
    large.fill(0.0);
    inset.rows(|from, to, length| copy(&small[from..from + length], &mut large[to..to + length]));
}

/// The small image out of the large one.
pub fn crop(inset: &Inset, large: &[Real], small: &mut [Real]) {
    inset.rows(|to, from, length| copy(&large[from..from + length], &mut small[to..to + length]));
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
    // Centres of pixels lie at halves (half_pixel_centers), beyond the border the outermost pixel goes on.
    let source = ((place as Real + 0.5) / factor as Real - 0.5).max(0.0);
    let first = (source as usize).min(size - 1);
    (first, (first + 1).min(size - 1), (source - first as Real).min(1.0))
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

    /// Visits every output pixel with the pixels it is mixed from and their shares.
    fn pixels(&self, mut visit: impl FnMut(usize, [(usize, Real); 4])) {
        let [height, width] = self.size;
        let mut output = 0;
        for n in 0..self.batch {
            for i in 0..height * self.factor[0] {
                let (top, bottom, down) = neighbours(i, self.factor[0], height, self.bilinear);
                for j in 0..width * self.factor[1] {
                    let (left, right, across) = neighbours(j, self.factor[1], width, self.bilinear);
                    let at = |row: usize, column: usize| ((n * height + row) * width + column) * self.channels;
                    let sources = [
                        (at(top, left), (1.0 - down) * (1.0 - across)),
                        (at(top, right), (1.0 - down) * across),
                        (at(bottom, left), down * (1.0 - across)),
                        (at(bottom, right), down * across),
                    ];
                    visit(output, sources);
                    output += self.channels;
                }
            }
        }
    }
}

/// The enlarged images.
pub fn enlarge(e: &Enlargement, x: &[Real], y: &mut [Real]) {
    e.pixels(|output, sources| {
        let target = &mut y[output..output + e.channels];
        if !e.bilinear {
            copy(&x[sources[0].0..][..e.channels], target);
            return;
        }
        target.fill(0.0);
        for (source, share) in sources {
            for (y, x) in target.iter_mut().zip(&x[source..source + e.channels]) {
                *y += share * x;
            }
        }
    });
}

/// Every pixel gets its shares of the gradient.
pub fn enlarge_gradient(e: &Enlargement, dy: &[Real], dx: &mut [Real]) {
    dx.fill(0.0);
    e.pixels(|output, sources| {
        let gradient = &dy[output..output + e.channels];
        let used = if e.bilinear { 4 } else { 1 };
        for (source, share) in sources.into_iter().take(used) {
            for (dx, dy) in dx[source..source + e.channels].iter_mut().zip(gradient) {
                *dx += share * dy;
            }
        }
    });
}

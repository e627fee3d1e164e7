//! Images resampled along affine maps, a map a sample, and the gradient: the same shares in reverse. NHWC. The rules for
//! coordinates and for what lies beyond an image are those of TensorFlow's ImageProjectiveTransformV3, which are Keras's.

use super::motion::MAP;
use crate::error::Error;
use crate::threads::{each_part, share};
use crate::vector::{Lanes, Real, Vector};

/// What lies beyond an image.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Fill {
    /// A constant.
    Constant(Real),
    /// The nearest pixel of the border.
    Nearest,
    /// The image mirrored at the border's edge: d c b a | a b c d | d c b a.
    Reflect,
    /// The image again.
    Wrap,
}

impl Fill {
    /// The kind of a code, see ts/layers/augmentation/motion.ts.
    pub fn from_code(code: u32, value: Real) -> Result<Self, Error> {
        Ok(match code {
            0 => Self::Constant(value),
            1 => Self::Nearest,
            2 => Self::Reflect,
            3 => Self::Wrap,
            _ => return Err(Error::UnknownCode),
        })
    }

    fn value(self) -> Real {
        match self {
            Self::Constant(value) => value,
            _ => 0.0,
        }
    }

    /// A coordinate brought into the image, unless beyond it a constant lies.
    fn place(self, coordinate: Real, size: usize) -> Real {
        let (last, whole) = ((size - 1) as Real, size as Real);
        if matches!(self, Self::Constant(_)) || (coordinate >= 0.0 && coordinate <= last) {
            return coordinate;
        }
        let inside = match self {
            Self::Reflect => {
                // Mirrored at −½ first, then every second image is turned.
                let ahead = if coordinate < 0.0 { -1.0 - coordinate } else { coordinate };
                let rest = ahead - 2.0 * whole * (ahead / (2.0 * whole)).floor();
                if rest >= whole {
                    2.0 * whole - 1.0 - rest
                } else {
                    rest
                }
            }
            // TensorFlow counts images by size − 1, so that what lies further away than one image is moved.
            Self::Wrap if size > 1 && coordinate < 0.0 => coordinate + whole * ((-coordinate / last).floor() + 1.0),
            Self::Wrap if size > 1 => coordinate - whole * (coordinate / last).floor(),
            _ => coordinate,
        };
        inside.clamp(0.0, last)
    }
}

/// Sizes and rules.
#[derive(Clone, Copy, Debug)]
pub struct Warp {
    /// Number of images.
    pub batch: usize,
    /// Height and width of the input.
    pub input: [usize; 2],
    /// Height and width of the output.
    pub output: [usize; 2],
    /// Channels of both.
    pub channels: usize,
    /// What lies beyond the input.
    pub fill: Fill,
    /// Whether four pixels are mixed by distance, else the nearest one is taken.
    pub bilinear: bool,
}

/// What an output pixel is mixed from: where pixels begin in their image, with shares that are not 0, and the share of what
/// lies beyond the image.
#[derive(Default)]
struct Mixture {
    sources: [(usize, Real); 4],
    count: usize,
    beyond: Real,
}

/// Operations of an output's value, for shares of threads.
const WORK: usize = 16;

impl Warp {
    /// Elements of an input image.
    pub fn input_image(&self) -> usize {
        self.input[0] * self.input[1] * self.channels
    }

    /// Elements of an output image.
    pub fn output_image(&self) -> usize {
        self.output[0] * self.output[1] * self.channels
    }

    fn images_a_part(&self) -> usize {
        share(self.batch, WORK * self.output_image())
    }

    /// Adds a share of the pixel in a row and a column that are whole numbers. What has no share may be infinite.
    #[inline(always)]
    fn add(&self, mixture: &mut Mixture, row: Real, column: Real, share: Real) {
        if share == 0.0 {
            return;
        }
        let [height, width] = self.input;
        if row >= 0.0 && row < height as Real && column >= 0.0 && column < width as Real {
            let pixel = (row as usize * width + column as usize) * self.channels;
            mixture.sources[mixture.count] = (pixel, share);
            mixture.count += 1;
        } else {
            mixture.beyond += share;
        }
    }

    /// Where in the input the output's pixel in row `i` and column `j` lies: column and row, which may be beyond it.
    #[inline(always)]
    fn origin(map: &[Real], i: usize, j: usize) -> (Real, Real) {
        let (i, j) = (i as Real, j as Real);
        (map[0] * j + map[1] * i + map[2], map[3] * j + map[4] * i + map[5])
    }

    /// Gives `visit` what a pixel of an output image is mixed from.
    #[inline(always)]
    fn pixel(&self, map: &[Real], i: usize, j: usize, visit: impl FnOnce(&Mixture)) {
        let [height, width] = self.input;
        let (x, y) = Self::origin(map, i, j);
        let (x, y) = (self.fill.place(x, width), self.fill.place(y, height));
        let mut mixture = Mixture::default();
        if self.bilinear {
            let (top, left) = (y.floor(), x.floor());
            let [a, b, c, d] = shares((x, y), (left, top));
            self.add(&mut mixture, top, left, a);
            self.add(&mut mixture, top, left + 1.0, b);
            self.add(&mut mixture, top + 1.0, left, c);
            self.add(&mut mixture, top + 1.0, left + 1.0, d);
        } else {
            self.add(&mut mixture, rounded(y), rounded(x), 1.0);
        }
        visit(&mixture);
    }

    /// The four pixels that one well within the input is mixed from, where all have a share: where the upper two and the lower two
    /// begin, and the shares.
    #[inline(always)]
    fn four(&self, map: &[Real], i: usize, j: usize) -> Option<([usize; 2], [Real; 4])> {
        let [height, width] = self.input;
        let (x, y) = Self::origin(map, i, j);
        if !(self.bilinear && x > 0.0 && y > 0.0 && x < (width - 1) as Real && y < (height - 1) as Real) {
            return None;
        }
        let (row, column) = (y as usize, x as usize);
        let shares = shares((x, y), (column as Real, row as Real));
        let upper = (row * width + column) * self.channels;
        let is_mixed = shares.iter().all(|&share| share != 0.0);
        is_mixed.then_some(([upper, upper + width * self.channels], shares))
    }

    /// Where in an input image the pixel begins that one within the input repeats.
    #[inline(always)]
    fn nearest(&self, map: &[Real], i: usize, j: usize) -> Option<usize> {
        let [height, width] = self.input;
        let (x, y) = Self::origin(map, i, j);
        let is_inside = x >= 0.0 && y >= 0.0 && x <= (width - 1) as Real && y <= (height - 1) as Real;
        (!self.bilinear && is_inside).then(|| (rounded(y) as usize * width + rounded(x) as usize) * self.channels)
    }

    /// Where in an input image the pixels begin that a row of the output repeats, if it does.
    fn repeated(&self, map: &[Real], i: usize) -> Option<usize> {
        let [height, width] = self.input;
        let row = Self::origin(map, i, 0).1;
        let is_even = !self.bilinear && map[0] == 1.0 && map[1] == 0.0 && map[3] == 0.0 && map[2].trunc() == map[2];
        let is_inside = row >= 0.0 && row <= (height - 1) as Real && map[2] >= 0.0;
        let is_whole = is_even && is_inside && map[2] + self.output[1] as Real <= width as Real;
        is_whole.then(|| (rounded(row) as usize * width + map[2] as usize) * self.channels)
    }

    /// An output image.
    fn image(&self, map: &[Real], x: &[Real], y: &mut [Real]) {
        let nothing = Lanes::splat(self.nothing());
        for (i, y) in y.chunks_exact_mut(self.output[1] * self.channels).enumerate() {
            if let Some(start) = self.repeated(map, i) {
                super::map::map::<4>(&x[start..start + y.len()], y, |x| nothing.add(x));
                continue;
            }
            for (j, y) in y.chunks_exact_mut(self.channels).enumerate() {
                self.mix(map, [i, j], x, y);
            }
        }
    }

    /// What lies beyond the input without a share: sums begin with it, which makes +0 of −0.
    fn nothing(&self) -> Real {
        0.0 * self.fill.value()
    }

    /// A pixel of an output image.
    #[inline(always)]
    fn mix(&self, map: &[Real], [i, j]: [usize; 2], x: &[Real], y: &mut [Real]) {
        let (channels, nothing) = (self.channels, self.nothing());
        if let Some(([upper, lower], [a, b, c, d])) = self.four(map, i, j) {
            let [upper, lower] = [upper, lower].map(|start| x[start..][..2 * channels].split_at(channels));
            let pixels = upper.0.iter().zip(upper.1).zip(lower.0.iter().zip(lower.1));
            for (y, ((p, q), (r, s))) in y.iter_mut().zip(pixels) {
                *y = nothing + a * p + b * q + c * r + d * s;
            }
        } else if let Some(source) = self.nearest(map, i, j) {
            for (y, x) in y.iter_mut().zip(&x[source..source + channels]) {
                *y = nothing + x;
            }
        } else {
            self.pixel(map, i, j, |mixture| {
                let beyond = mixture.beyond * self.fill.value();
                for (channel, y) in y.iter_mut().enumerate() {
                    let sources = &mixture.sources[..mixture.count];
                    *y = sources.iter().fold(beyond, |sum, &(source, share)| sum + share * x[source + channel]);
                }
            });
        }
    }
}

/// What a place is mixed of, by its distances: the pixel to the left above it, the next one, and the two below.
#[inline(always)]
fn shares((x, y): (Real, Real), (left, top): (Real, Real)) -> [Real; 4] {
    let (down, across) = (y - top, x - left);
    let (up, back) = (top + 1.0 - y, left + 1.0 - x);
    [up * back, up * across, down * back, down * across]
}

/// The nearest whole number, halves away from 0: without the call that `round` is in WebAssembly.
#[inline(always)]
fn rounded(value: Real) -> Real {
    let whole = value.trunc();
    let rest = value - whole;
    if rest >= 0.5 {
        whole + 1.0
    } else if rest <= -0.5 {
        whole - 1.0
    } else {
        whole
    }
}

/// `y [batch, output, channels]` = `x [batch, input, channels]` along `maps [batch, 6]`, see [`MAP`].
pub fn forward(warp: &Warp, maps: &[Real], x: &[Real], y: &mut [Real]) {
    let images = warp.images_a_part();
    each_part(y, images * warp.output_image(), |part, y| {
        for (n, y) in y.chunks_exact_mut(warp.output_image()).enumerate() {
            let n = part * images + n;
            warp.image(&maps[n * MAP..][..MAP], &x[n * warp.input_image()..][..warp.input_image()], y);
        }
    });
}

/// Gradient by the input: every pixel gets its shares of `dy`. Parts are whole images.
pub fn gradient(warp: &Warp, maps: &[Real], dy: &[Real], dx: &mut [Real]) {
    let (images, channels) = (warp.images_a_part(), warp.channels);
    each_part(dx, images * warp.input_image(), |part, dx| {
        for (n, dx) in dx.chunks_exact_mut(warp.input_image()).enumerate() {
            let n = part * images + n;
            let dy = &dy[n * warp.output_image()..][..warp.output_image()];
            dx.fill(0.0);
            let map = &maps[n * MAP..][..MAP];
            for (i, dy) in dy.chunks_exact(warp.output[1] * channels).enumerate() {
                for (j, dy) in dy.chunks_exact(channels).enumerate() {
                    let mut add = |source: usize, share: Real| {
                        for (dx, dy) in dx[source..source + channels].iter_mut().zip(dy) {
                            *dx += share * dy;
                        }
                    };
                    if let Some(([upper, lower], [a, b, c, d])) = warp.four(map, i, j) {
                        add(upper, a);
                        add(upper + channels, b);
                        add(lower, c);
                        add(lower + channels, d);
                    } else if let Some(source) = warp.nearest(map, i, j) {
                        add(source, 1.0);
                    } else {
                        warp.pixel(map, i, j, |mixture| {
                            mixture.sources[..mixture.count].iter().for_each(|&(source, share)| add(source, share));
                        });
                    }
                }
            }
        }
    });
}

//! Images resampled along affine maps, a map a sample, and the gradient: the same shares in reverse. NHWC. The rules for
//! coordinates and for what lies beyond an image are those of TensorFlow's ImageProjectiveTransformV3, which are Keras's.

use super::motion::MAP;
use crate::error::Error;
use crate::threads::{each_part, share};
use crate::vector::Real;

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

    /// Visits every pixel of an output image, in order, with what it is mixed from.
    #[inline(always)]
    fn pixels(&self, map: &[Real], mut visit: impl FnMut(usize, &Mixture)) {
        let [height, width] = self.input;
        for i in 0..self.output[0] {
            for j in 0..self.output[1] {
                let at = (i * self.output[1] + j) * self.channels;
                let (i, j) = (i as Real, j as Real);
                let x = self.fill.place(map[0] * j + map[1] * i + map[2], width);
                let y = self.fill.place(map[3] * j + map[4] * i + map[5], height);
                let mut mixture = Mixture::default();
                if self.bilinear {
                    let (top, left) = (y.floor(), x.floor());
                    let (down, across) = (y - top, x - left);
                    let (up, back) = (top + 1.0 - y, left + 1.0 - x);
                    self.add(&mut mixture, top, left, up * back);
                    self.add(&mut mixture, top, left + 1.0, up * across);
                    self.add(&mut mixture, top + 1.0, left, down * back);
                    self.add(&mut mixture, top + 1.0, left + 1.0, down * across);
                } else {
                    self.add(&mut mixture, rounded(y), rounded(x), 1.0);
                }
                visit(at, &mixture);
            }
        }
    }
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
    let (images, channels, beyond) = (warp.images_a_part(), warp.channels, warp.fill.value());
    each_part(y, images * warp.output_image(), |part, y| {
        for (n, y) in y.chunks_exact_mut(warp.output_image()).enumerate() {
            let n = part * images + n;
            let x = &x[n * warp.input_image()..][..warp.input_image()];
            warp.pixels(&maps[n * MAP..][..MAP], |at, mixture| {
                let sources = &mixture.sources[..mixture.count];
                for (channel, y) in y[at..at + channels].iter_mut().enumerate() {
                    let mut sum = mixture.beyond * beyond;
                    for &(source, share) in sources {
                        sum += share * x[source + channel];
                    }
                    *y = sum;
                }
            });
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
            warp.pixels(&maps[n * MAP..][..MAP], |at, mixture| {
                for &(source, share) in &mixture.sources[..mixture.count] {
                    for (dx, dy) in dx[source..source + channels].iter_mut().zip(&dy[at..at + channels]) {
                        *dx += share * dy;
                    }
                }
            });
        }
    });
}

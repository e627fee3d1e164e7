//! Brightness and contrast of images, drawn by chance for each sample; values are cut off at the ends of a range.

use super::motion::between;
use super::random::{draw, share, Clock};
use crate::threads::{each_of, share as share_of};
use crate::vector::Real;

/// Values of a tone: the factor of the distance from the mean, and what is added.
pub const TONE: usize = 2;

/// Draws factor and addend for each sample from their ranges.
pub fn draw_tones(factors: [Real; 2], addends: [Real; 2], stream: u32, clock: Clock, tones: &mut [Real]) {
    for (n, tone) in tones.chunks_exact_mut(TONE).enumerate() {
        let words = draw(n as u32, stream, clock);
        tone[0] = between(factors, share(words[0])) as Real;
        tone[1] = between(addends, share(words[1])) as Real;
    }
}

/// Sizes of images and the range of their values.
#[derive(Clone, Copy, Debug)]
pub struct Images {
    /// Number of images.
    pub batch: usize,
    /// Pixels of an image.
    pub pixels: usize,
    /// Channels.
    pub channels: usize,
    /// Smallest and largest value.
    pub range: [Real; 2],
}

/// Operations of a value, for shares of threads.
const WORK: usize = 8;

impl Images {
    fn image(&self) -> usize {
        self.pixels * self.channels
    }

    fn images_a_part(&self) -> usize {
        share_of(self.batch, WORK * self.image())
    }

    /// The mean of each channel of what `value` gives for each place, in double precision: `store(channel, mean)`.
    fn means(&self, value: impl Fn(usize, usize) -> Real, mut store: impl FnMut(usize, Real)) {
        const BLOCK: usize = 8;
        for first in (0..self.channels).step_by(BLOCK) {
            let width = BLOCK.min(self.channels - first);
            let mut sums = [0.0; BLOCK];
            for pixel in 0..self.pixels {
                for (lane, sum) in sums[..width].iter_mut().enumerate() {
                    *sum += f64::from(value(pixel * self.channels + first + lane, first + lane));
                }
            }
            for (lane, sum) in sums[..width].iter().enumerate() {
                store(first + lane, (sum / self.pixels as f64) as Real);
            }
        }
    }
}

/// `y = factor·(x − mean) + mean + addend` within the range; a mean a channel and image. `offsets [batch, channels]` gets
/// what is added to factor·x; the gradient reads it.
pub fn forward(images: &Images, tones: &[Real], x: &[Real], y: &mut [Real], offsets: &mut [Real]) {
    let (each, size, channels, [low, high]) = (images.images_a_part(), images.image(), images.channels, images.range);
    each_of([(y, each * size), (offsets, each * channels)], |part, [y, offsets]| {
        for (n, (y, offsets)) in y.chunks_exact_mut(size).zip(offsets.chunks_exact_mut(channels)).enumerate() {
            let n = part * each + n;
            let (x, factor, addend) = (&x[n * size..][..size], tones[n * TONE], tones[n * TONE + 1]);
            offsets.fill(addend);
            if factor != 1.0 {
                images.means(|place, _| x[place], |channel, mean| offsets[channel] += (1.0 - factor) * mean);
            }
            for (y, x) in y.chunks_exact_mut(channels).zip(x.chunks_exact(channels)) {
                for ((y, x), offset) in y.iter_mut().zip(x).zip(&*offsets) {
                    let value = factor * x + offset;
                    // Unlike max and min, these keep NaN.
                    let value = if value < low { low } else { value };
                    *y = if value > high { high } else { value };
                }
            }
        }
    });
}

/// Gradient by the input, 0 where a value was cut off. `means [batch, channels]` is scratch.
pub fn gradient(
    images: &Images,
    (tones, offsets): (&[Real], &[Real]),
    x: &[Real],
    dy: &[Real],
    dx: &mut [Real],
    means: &mut [Real],
) {
    let (each, size, channels, [low, high]) = (images.images_a_part(), images.image(), images.channels, images.range);
    each_of([(dx, each * size), (means, each * channels)], |part, [dx, means]| {
        for (n, (dx, means)) in dx.chunks_exact_mut(size).zip(means.chunks_exact_mut(channels)).enumerate() {
            let n = part * each + n;
            let (x, dy, factor) = (&x[n * size..][..size], &dy[n * size..][..size], tones[n * TONE]);
            let offsets = &offsets[n * channels..][..channels];
            let passed = |place: usize, channel: usize| {
                let value = factor * x[place] + offsets[channel];
                if value < low || value > high {
                    0.0
                } else {
                    dy[place]
                }
            };
            means.fill(0.0);
            if factor != 1.0 {
                images.means(passed, |channel, mean| means[channel] = (1.0 - factor) * mean);
            }
            for (pixel, dx) in dx.chunks_exact_mut(channels).enumerate() {
                for (channel, dx) in dx.iter_mut().enumerate() {
                    *dx = factor * passed(pixel * channels + channel, channel) + means[channel];
                }
            }
        }
    });
}

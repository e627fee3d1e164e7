//! Brightness and contrast of images, drawn by chance for each sample; values are cut off at the ends of a range.

use super::joined_rows::JoinedRows;
use super::map::zip_in_place;
use super::motion::between;
use super::random::{draw, share, Clock};
use crate::threads::{each_of, share as share_of};
use crate::vector::{combine, Lanes, Real, Vector};
use std::ops::Range;

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

    /// The mean of each channel of an image, in double precision: `store(channel, mean)`.
    fn means(&self, x: &[Real], mut store: impl FnMut(usize, Real)) {
        let mut first = 0;
        while first < self.channels {
            first += match self.channels - first {
                1 => self.some_means::<1>(first, x, &mut store),
                2 => self.some_means::<2>(first, x, &mut store),
                3 => self.some_means::<3>(first, x, &mut store),
                _ => self.some_means::<4>(first, x, &mut store),
            };
        }
    }

    /// The means of N channels, whose sums stay in registers. Answers N.
    fn some_means<const N: usize>(&self, first: usize, x: &[Real], mut store: impl FnMut(usize, Real)) -> usize {
        let mut sums = [0.0; N];
        for pixel in x.chunks_exact(self.channels) {
            for (sum, x) in sums.iter_mut().zip(&pixel[first..first + N]) {
                *sum += f64::from(*x);
            }
        }
        for (lane, sum) in sums.iter().enumerate() {
            store(first + lane, (sum / self.pixels as f64) as Real);
        }
        N
    }

    /// Gives `work` pieces of an image, by the places where they begin and end, with a value of `of_channels` for each of their values.
    #[inline(always)]
    fn pieces(&self, of_channels: &[Real], mut work: impl FnMut(Range<usize>, &[Real])) {
        let wide = JoinedRows::of(self.pixels, self.channels);
        let repeated = wide.map(|wide| (wide.repeat(of_channels), wide.width()));
        let values = repeated.as_ref().map_or(of_channels, |(values, width)| &values[..*width]);
        for start in (0..self.image()).step_by(values.len()) {
            let length = values.len().min(self.image() - start);
            work(start..start + length, &values[..length]);
        }
    }
}

/// `y = factor·(x − mean) + mean + addend` within the range; a mean a channel and image. `offsets [batch, channels]` gets
/// what is added to factor·x; the gradient reads it.
pub fn forward(images: &Images, tones: &[Real], x: &[Real], y: &mut [Real], offsets: &mut [Real]) {
    let (each, size, channels) = (images.images_a_part(), images.image(), images.channels);
    let [low, high] = images.range.map(Lanes::splat);
    each_of([(y, each * size), (offsets, each * channels)], |part, [y, offsets]| {
        for (n, (y, offsets)) in y.chunks_exact_mut(size).zip(offsets.chunks_exact_mut(channels)).enumerate() {
            let n = part * each + n;
            let (x, factor, addend) = (&x[n * size..][..size], tones[n * TONE], tones[n * TONE + 1]);
            offsets.fill(addend);
            if factor != 1.0 {
                images.means(x, |channel, mean| offsets[channel] += (1.0 - factor) * mean);
            }
            let factor = Lanes::splat(factor);
            images.pieces(offsets, |piece, offsets| {
                // NaN stays.
                combine::<2, 1>([&x[piece.clone()], offsets], &mut y[piece], |[x, offset]| {
                    factor.mul(x).add(offset).at_least(low).at_most(high)
                });
            });
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
    let (each, size, channels) = (images.images_a_part(), images.image(), images.channels);
    let ([low, high], zero) = (images.range.map(Lanes::splat), Lanes::splat(0.0));
    each_of([(dx, each * size), (means, each * channels)], |part, [dx, means]| {
        for (n, (dx, means)) in dx.chunks_exact_mut(size).zip(means.chunks_exact_mut(channels)).enumerate() {
            let n = part * each + n;
            let (x, dy, scale) = (&x[n * size..][..size], &dy[n * size..][..size], tones[n * TONE]);
            let factor = Lanes::splat(scale);
            images.pieces(&offsets[n * channels..][..channels], |piece, offsets| {
                let inputs = [&x[piece.clone()], &dy[piece.clone()], offsets];
                combine::<3, 1>(inputs, &mut dx[piece], |[x, dy, offset]| {
                    let value = factor.mul(x).add(offset);
                    value.select_less(low, zero, high.select_less(value, zero, dy))
                });
            });
            means.fill(0.0);
            if scale != 1.0 {
                images.means(dx, |channel, mean| means[channel] = (1.0 - scale) * mean);
            }
            images.pieces(means, |piece, means| {
                zip_in_place(&mut dx[piece], means, |passed, mean| factor.mul(passed).add(mean));
            });
        }
    });
}

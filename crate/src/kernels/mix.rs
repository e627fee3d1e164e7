//! Images of another size, whose pixels are mixed from four by distance. NHWC.

use crate::threads::each_share;
use crate::vector::{combine, Lanes, Real, Vector};

/// Operations for a value, with what its pixel takes.
pub const OPERATIONS: usize = 16;

/// Values of a strip of lines that are mixed with each other before their pixels are.
pub const STRIP: usize = 2048;

/// Channels from which on a pixel is work enough to be mixed from four pixels at once.
pub const MANY: usize = 32;

/// Sizes of images and of what becomes of them.
#[derive(Clone, Copy, Debug)]
pub struct Sizes {
    /// Number of images.
    pub batch: usize,
    /// Height and width of the input.
    pub from: [usize; 2],
    /// Height and width of the output.
    pub to: [usize; 2],
    /// Channels of both.
    pub channels: usize,
}

/// Between which pixels of an axis a place lies, and the share of the second.
#[derive(Clone, Copy, Debug, Default)]
pub struct Between {
    /// The pixel before it.
    pub first: usize,
    /// The pixel behind it, or the same one.
    pub second: usize,
    /// What the second counts, from 0 to 1.
    pub share: Real,
}

impl Between {
    /// What lies at `source` of `size` pixels; beyond the border the outermost one goes on.
    pub fn at(source: f64, size: usize) -> Self {
        let source = source.clamp(0.0, (size - 1) as f64);
        let first = source as usize;
        // In double precision: what is left of a large number has few digits.
        Self { first, second: (first + 1).min(size - 1), share: (source - first as f64) as Real }
    }
}

impl Sizes {
    /// Elements of the input.
    pub fn input_size(&self) -> usize {
        self.batch * self.from[0] * self.from[1] * self.channels
    }

    /// Elements of the output.
    pub fn output_size(&self) -> usize {
        self.batch * self.to[0] * self.to[1] * self.channels
    }
}

/// The images in their new size; `places` says for an axis, 0 for rows and 1 for columns, where a place of the output lies in the input: no
/// nearer to the start than the place before it. None may be empty.
pub fn mix(s: &Sizes, places: &(dyn Fn(usize, usize) -> Between + Sync), x: &[Real], y: &mut [Real]) {
    let (row, line) = (s.from[1] * s.channels, s.to[1] * s.channels);
    each_share(y, line, OPERATIONS * line, |first, y| {
        // The rows between which a line lies, and the share of the lower one.
        let rows = |place: usize| {
            let (image, Between { first, second, share }) = (place / s.to[0], places(0, place % s.to[0]));
            ([first, second].map(|i| &x[(image * s.from[0] + i) * row..][..row]), share)
        };
        mix_strips(s, rows, |place| places(1, place), first, y);
    });
}

/// Lines from a place on, strip by strip. Where channels are few rows are mixed with each other first, whatever their pixels, then pixels
/// side by side.
fn mix_strips<'a>(
    s: &Sizes,
    rows: impl Fn(usize) -> ([&'a [Real]; 2], Real),
    columns: impl Fn(usize) -> Between,
    from: usize,
    y: &mut [Real],
) {
    let (width, c) = (s.to[1], s.channels);
    // Columns are counted in values from where the strip begins.
    let (mut strip, mut mixed) = ([0.0; STRIP], [Between::default(); STRIP]);
    let most = if c < MANY { STRIP } else { usize::MAX };
    let mut start = 0;
    while start < width {
        let (mut end, begin, mut seen) = (start, columns(start).first, 0);
        while end < width && end - start < STRIP {
            let Between { first, second, share } = columns(end);
            let wanted = (first.max(second) + 1 - begin) * c;
            if wanted > most {
                break;
            }
            seen = seen.max(wanted);
            mixed[end - start] = Between { first: (first - begin) * c, second: (second - begin) * c, share };
            end += 1;
        }
        let mixed = &mixed[..end - start];
        for (place, y) in (from..).zip(y.chunks_exact_mut(width * c)) {
            let (rows, low) = rows(place);
            let (rows, y) = (rows.map(|row| &row[begin * c..][..seen]), &mut y[start * c..end * c]);
            if c >= MANY {
                mix_pixels(mixed, rows, low, c, y);
                continue;
            }
            let (strip, shares) = (&mut strip[..seen], [1.0 - low, low].map(Lanes::splat));
            combine::<2, 4>(rows, strip, |[a, b]| b.mul_add(shares[1], a.mul(shares[0])));
            mix_columns(mixed, strip, c, y);
        }
        start = end;
    }
}

/// Pixels of many channels, each mixed from four; `low` is the share of the row below.
fn mix_pixels(mixed: &[Between], [above, below]: [&[Real]; 2], low: Real, channels: usize, y: &mut [Real]) {
    for (between, y) in mixed.iter().zip(y.chunks_exact_mut(channels)) {
        let far = between.share;
        let [left, right] = [between.first, between.second].map(|at| at..at + channels);
        let shares = [(1.0 - low) * (1.0 - far), (1.0 - low) * far, low * (1.0 - far), low * far];
        let shares = shares.map(Lanes::splat);
        let sources = [&above[left.clone()], &above[right.clone()], &below[left], &below[right]];
        combine::<4, 1>(sources, y, |x| {
            let first = x[1].mul_add(shares[1], x[0].mul(shares[0]));
            x[3].mul_add(shares[3], x[2].mul_add(shares[2], first))
        });
    }
}

/// Pixels of a strip, each mixed from two.
fn mix_columns(mixed: &[Between], strip: &[Real], channels: usize, y: &mut [Real]) {
    match channels {
        1 => mix_few::<1>(mixed, strip, y),
        2 => mix_few::<2>(mixed, strip, y),
        3 => mix_few::<3>(mixed, strip, y),
        _ => {
            for (between, y) in mixed.iter().zip(y.chunks_exact_mut(channels)) {
                let shares = [1.0 - between.share, between.share].map(Lanes::splat);
                let sides = [between.first, between.second].map(|at| &strip[at..at + channels]);
                combine::<2, 1>(sides, y, |[a, b]| b.mul_add(shares[1], a.mul(shares[0])));
            }
        }
    }
}

/// Pixels of C values, fewer than a vector has.
fn mix_few<const C: usize>(mixed: &[Between], strip: &[Real], y: &mut [Real]) {
    for (between, y) in mixed.iter().zip(y.chunks_exact_mut(C)) {
        let (left, right) = (&strip[between.first..][..C], &strip[between.second..][..C]);
        for k in 0..C {
            y[k] = left[k] * (1.0 - between.share) + right[k] * between.share;
        }
    }
}

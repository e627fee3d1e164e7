//! Dropout: values that are set to zero by chance, the others grow (Srivastava et al., 2014).

use super::map::{zip, zip_in_place};
use super::random::{limit_of, Clock, Draws, GROUP, WORK};
use crate::threads::each_share;
use crate::vector::{combine_rows, Lanes, Real, Vector, Words, LANES, NEAR_ROWS};

/// Operations of a value that shares its chance.
const WORK_OF_SHARED: usize = 10;

/// `y[n, i, c] = x[n, i, c] · m[n, c] / (1 − rate)` where m is 0 with chance `rate`, else 1; `inner` values `i` share
/// one chance. The same `stream` and clock give the same chances: the gradient is this function of the gradient.
pub fn dropout(inner: usize, channels: usize, rate: Real, stream: u32, clock: Clock, x: &[Real], y: &mut [Real]) {
    let (draws, factors) = (Draws::new(stream, clock), Factors::new(rate));
    if inner > 1 {
        let blocks = channels.div_ceil(LANES);
        return each_share(y, channels, WORK_OF_SHARED * channels, |first, mut y| {
            // The rows of one image after those of another, of the first and the last one perhaps some.
            let mut row = first;
            while !y.is_empty() {
                let (image, count) = (row / inner, inner - row % inner);
                let (own, others) = y.split_at_mut(y.len().min(count * channels));
                let number = (image * blocks) as u32;
                share_factors(channels, &x[row * channels..][..own.len()], own, |x, y| {
                    draws.map(number, x, y, |_, words| factors.of(words));
                });
                (row, y) = (row + count, others);
            }
        });
    }
    // Rows of whole blocks are one row.
    let is_one = channels % LANES == 0 || channels == y.len();
    let size = if is_one { GROUP } else { channels };
    each_share(y, size, WORK * size, |first, y| {
        let row = if is_one { y.len() } else { channels };
        let blocks = size.div_ceil(LANES);
        for (n, (x, y)) in x[first * size..].chunks(row).zip(y.chunks_mut(row)).enumerate() {
            draws.map(((first + n) * blocks) as u32, x, y, |x, words| x.mul(factors.of(words)));
        }
    });
}

/// What values are multiplied by.
#[derive(Clone, Copy)]
struct Factors {
    limit: Words,
    scale: Lanes,
}

impl Factors {
    fn new(rate: Real) -> Self {
        let limit = limit_of(f64::from(rate));
        Self {
            limit: Words::splat(limit.unwrap_or(0)),
            scale: Lanes::splat(if limit.is_some() { 1.0 / (1.0 - rate) } else { 0.0 }),
        }
    }

    #[inline(always)]
    fn of(self, words: Words) -> Lanes {
        words.select_from(self.limit, self.scale, Lanes::splat(0.0))
    }
}

/// `y = x · factors` for some rows of an image; `draw` makes the factors of a row, and is given one of `x`, too.
fn share_factors(channels: usize, x: &[Real], y: &mut [Real], draw: impl FnOnce(&[Real], &mut [Real])) {
    // They stand in the first row until the others are done, where channels are few in the first four: vectors are whole then.
    let width = if channels < LANES { LANES * channels } else { channels }.min(y.len());
    draw(&x[..channels], &mut y[..channels]);
    for place in channels..width {
        y[place] = y[place - channels];
    }
    let (factors, y) = y.split_at_mut(width);
    let (first, x) = x.split_at(width);
    let ((x, x_rest), (y, y_rest)) = {
        let whole = y.len() / width * width;
        (x.split_at(whole), y.split_at_mut(whole))
    };
    combine_rows::<NEAR_ROWS, _, _>([&*factors], [x], y, |[factor], [x]| x.mul(factor));
    zip(x_rest, &factors[..x_rest.len()], y_rest, |x, factor| x.mul(factor));
    zip_in_place(factors, first, |factor, x| x.mul(factor));
}

//! Dropout: values that are set to zero by chance, the others grow (Srivastava et al., 2014).

use super::random::{draw, Clock};
use crate::vector::Real;

/// `y[n, i, c] = x[n, i, c] · m[n, c] / (1 − rate)` where m is 0 with chance `rate`, else 1; `inner` values `i` share
/// one chance. The same `stream` and clock give the same chances: the gradient is this function of the gradient.
pub fn dropout(inner: usize, channels: usize, rate: Real, stream: u32, clock: Clock, x: &[Real], y: &mut [Real]) {
    let scale = 1.0 / (1.0 - rate);
    let limit = (f64::from(rate) * 4_294_967_296.0) as u64;
    let factor = |word: u32| if u64::from(word) < limit { 0.0 } else { scale };
    let images = x.chunks_exact(inner * channels).zip(y.chunks_exact_mut(inner * channels));
    let blocks = channels.div_ceil(4);
    for (n, (x, y)) in images.enumerate() {
        for block in 0..blocks {
            let words = draw((n * blocks + block) as u32, stream, clock);
            let first = block * 4;
            for (lane, word) in words.into_iter().enumerate().take(channels - first) {
                let factor = factor(word);
                for i in 0..inner {
                    let place = i * channels + first + lane;
                    y[place] = x[place] * factor;
                }
            }
        }
    }
}

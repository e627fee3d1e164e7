//! Dropout: values that are set to zero by chance, the others grow (Srivastava et al., 2014).

use crate::vector::Real;

/// What decides about a step's chances, written by TypeScript before each step: number of the step and the seed.
#[derive(Clone, Copy, Debug)]
pub struct Clock {
    /// Low and high word of the step's number.
    pub step: [u32; 2],
    /// Low and high word of the seed.
    pub seed: [u32; 2],
}

/// Philox 4×32-10 (Salmon et al., "Parallel Random Numbers: As Easy as 1, 2, 3", 2011): four words for a counter and a key.
pub fn philox(mut counter: [u32; 4], mut key: [u32; 2]) -> [u32; 4] {
    for _ in 0..10 {
        let left = u64::from(counter[0]) * 0xd251_1f53;
        let right = u64::from(counter[2]) * 0xcd9e_8d57;
        counter = [
            (right >> 32) as u32 ^ counter[1] ^ key[0],
            right as u32,
            (left >> 32) as u32 ^ counter[3] ^ key[1],
            left as u32,
        ];
        key = [key[0].wrapping_add(0x9e37_79b9), key[1].wrapping_add(0xbb67_ae85)];
    }
    counter
}

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
            let number = (n * blocks + block) as u32;
            let words = philox([number, stream, clock.step[0], clock.step[1]], clock.seed);
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

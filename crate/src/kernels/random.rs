//! Chance: random words that follow from the time, a stream and a number, so that nothing needs to be kept.

/// What decides about a step's chances, written by TypeScript before each step: number of the step and the seed.
#[derive(Clone, Copy, Debug)]
pub struct Clock {
    /// Low and high word of the step's number.
    pub step: [u32; 2],
    /// Low and high word of the seed.
    pub seed: [u32; 2],
}

/// Four random words: the same for the same number, stream and clock. Layers have streams, `number` tells their draws apart.
pub fn draw(number: u32, stream: u32, clock: Clock) -> [u32; 4] {
    philox([number, stream, clock.step[0], clock.step[1]], clock.seed)
}

/// A random word as a number in [0, 1), from its upper 24 bits.
pub fn share(word: u32) -> f64 {
    f64::from(word >> 8) / 16_777_216.0
}

/// Philox 4×32-10 (Salmon et al., "Parallel Random Numbers: As Easy as 1, 2, 3", 2011): four words for a counter and a key.
fn philox(mut counter: [u32; 4], mut key: [u32; 2]) -> [u32; 4] {
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

//! Chance: random words that follow from the time, a stream and a number, so that nothing needs to be kept.

use crate::vector::{Lanes, Real, Vector, Words, LANES};

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

/// Factors of the first and the third word of a counter.
const FACTORS: [u32; 2] = [0xd251_1f53, 0xcd9e_8d57];

/// Philox 4×32-10 (Salmon et al., "Parallel Random Numbers: As Easy as 1, 2, 3", 2011): four words for a counter and a key.
fn philox(mut counter: [u32; 4], key: [u32; 2]) -> [u32; 4] {
    for key in keys(key) {
        let [a, b, c, d] = counter;
        let [left_low, left_high] = product(a, FACTORS[0]);
        let [right_low, right_high] = product(c, FACTORS[1]);
        counter = [right_high ^ b ^ key[0], right_low, left_high ^ d ^ key[1], left_low];
    }
    counter
}

/// The low and the high word of a product.
fn product(a: u32, b: u32) -> [u32; 2] {
    let product = u64::from(a) * u64::from(b);
    [product as u32, (product >> 32) as u32]
}

/// The keys of the rounds.
fn keys([first, second]: [u32; 2]) -> [[u32; 2]; 10] {
    std::array::from_fn(|round| {
        let times = |step: u32| step.wrapping_mul(round as u32);
        [first.wrapping_add(times(0x9e37_79b9)), second.wrapping_add(times(0xbb67_ae85))]
    })
}

/// Words below this are drawn with a chance from 0 to 1; `None` when all words are.
pub fn limit_of(chance: f64) -> Option<u32> {
    u32::try_from((chance * 4_294_967_296.0) as u64).ok()
}

/// Numbers that [`Draws`] have words for at a time.
const NUMBERS: usize = 8;

/// Values that get a word each from so many numbers.
pub const GROUP: usize = NUMBERS * 4;

/// Operations of a value whose word is drawn, by the time they take.
pub const WORK: usize = 60;

/// [`draw`] of a stream for eight numbers at a time.
#[derive(Clone, Copy)]
pub struct Draws {
    factors: [Words; 2],
    /// What comes of the other words of a counter in the first two rounds: for what the second round multiplies, and for three of
    /// the words after it; the fourth itself.
    mixed: [Words; 4],
    /// The keys of the others.
    keys: [[Words; 2]; 8],
}

impl Draws {
    /// Those of a stream.
    pub fn new(stream: u32, clock: Clock) -> Self {
        let [first, second, others @ ..] = keys(clock.seed);
        let [low, high] = product(clock.step[0], FACTORS[1]);
        let [next_low, next_high] = product(high ^ stream ^ first[0], FACTORS[0]);
        let mixed = [clock.step[1] ^ first[1], low ^ second[0], next_high ^ second[1], next_low];
        Self {
            factors: FACTORS.map(Words::splat),
            mixed: mixed.map(Words::splat),
            keys: others.map(|key| key.map(Words::splat)),
        }
    }

    /// The words of `number` and the seven numbers after it.
    #[inline(always)]
    fn eight(&self, number: u32) -> [Words; NUMBERS] {
        let mut counters = [number, number.wrapping_add(4)].map(|number| self.begin(Words::count_from(number)));
        for key in &self.keys {
            counters = counters.map(|[a, b, c, d]| {
                let [left_low, left_high] = a.multiply(&self.factors[0]);
                let [right_low, right_high] = c.multiply(&self.factors[1]);
                [right_high.xor(b.xor(key[0])), right_low, left_high.xor(d.xor(key[1])), left_low]
            });
        }
        let [[a, b, c, d], [e, f, g, h]] = counters.map(Words::transpose);
        [a, b, c, d, e, f, g, h]
    }

    /// The first two rounds. Of their four products two are the same for all numbers.
    #[inline(always)]
    fn begin(&self, numbers: Words) -> [Words; 4] {
        let [low, high] = numbers.multiply(&self.factors[0]);
        let [next_low, next_high] = high.xor(self.mixed[0]).multiply(&self.factors[1]);
        [next_high.xor(self.mixed[1]), next_low, low.xor(self.mixed[2]), self.mixed[3]]
    }

    /// `y = apply(x, words)`, four values a number, the first ones by `number`.
    #[inline(always)]
    pub fn map(&self, number: u32, x: &[Real], y: &mut [Real], apply: impl Fn(Lanes, Words) -> Lanes) {
        let mut number = number;
        for (x, y) in x.chunks(GROUP).zip(y.chunks_mut(GROUP)) {
            let words = self.eight(number);
            number = number.wrapping_add(NUMBERS as u32);
            if let (Ok(x), Ok(y)) = (<&[Real; GROUP]>::try_from(x), <&mut [Real; GROUP]>::try_from(&mut *y)) {
                for (v, words) in words.into_iter().enumerate() {
                    apply(Lanes::load(&x[v * LANES..]), words).store(&mut y[v * LANES..]);
                }
                continue;
            }
            for ((x, y), words) in x.chunks(LANES).zip(y.chunks_mut(LANES)).zip(words) {
                if x.len() == LANES {
                    apply(Lanes::load(x), words).store(y);
                } else {
                    apply(Lanes::load_few(x, 0.0), words).store_few(y);
                }
            }
        }
    }
}

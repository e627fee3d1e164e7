//! Random words against the definition of Philox and its authors' known answers; dropout and noise against theirs, to the bit.
#![cfg(not(feature = "double"))]

mod naive;

use convgrad::kernels::dropout::dropout;
use convgrad::kernels::noise::{noise, Noise};
use convgrad::kernels::quantile::normal;
use convgrad::kernels::random::{draw, Clock};
use naive::Numbers;

const CLOCK: Clock = Clock { step: [7, 3], seed: [0xdead_beef, 0x1234_5678] };
const STREAM: u32 = 5;

/// Philox 4×32-10: ten rounds of a counter, each with the key of the one before raised by two constants.
fn philox(mut counter: [u32; 4], mut key: [u32; 2]) -> [u32; 4] {
    for _ in 0..10 {
        let left = 0xd251_1f53 * u64::from(counter[0]);
        let right = 0xcd9e_8d57 * u64::from(counter[2]);
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

/// The word of a value: four have a number.
fn word(number: usize, lane: usize) -> u32 {
    philox([number as u32, STREAM, CLOCK.step[0], CLOCK.step[1]], CLOCK.seed)[lane]
}

/// Whether a word is one of those that happen with a chance.
fn happens(word: u32, chance: f32) -> bool {
    f64::from(word) < (f64::from(chance) * 4_294_967_296.0).floor()
}

/// Numbers among which are zeros of both signs, infinities and NaN.
fn values(length: usize) -> Vec<f32> {
    let mut values = Numbers::new(length as u64 + 1).floats(length);
    for (place, value) in values.iter_mut().enumerate() {
        match place % 29 {
            3 => *value = f32::NAN,
            7 => *value = -0.0,
            13 => *value = f32::INFINITY,
            19 => *value = f32::NEG_INFINITY,
            23 => *value = 0.0,
            _ => {}
        }
    }
    values
}

fn assert_bits(actual: &[f32], expected: impl Fn(usize) -> f32, what: &str) {
    for (place, &actual) in actual.iter().enumerate() {
        let expected = expected(place);
        let is_same = actual.to_bits() == expected.to_bits() || (actual.is_nan() && expected.is_nan());
        assert!(is_same, "{what}, at {place}: expected {expected:?}, got {actual:?}");
    }
}

#[test]
fn words_are_the_known_answers() {
    // Random123, kat_vectors.
    for (counter, key, expected) in [
        ([0; 4], [0; 2], [0x6627_e8d5, 0xe169_c58d, 0xbc57_ac4c, 0x9b00_dbd8]),
        ([u32::MAX; 4], [u32::MAX; 2], [0x408f_276d, 0x41c8_3b0e, 0xa20b_c7c6, 0x6d54_51fd]),
        (
            [0x243f_6a88, 0x85a3_08d3, 0x1319_8a2e, 0x0370_7344],
            [0xa409_3822, 0x299f_31d0],
            [0xd16c_fe09, 0x94fd_cceb, 0x5001_e420, 0x2412_6ea1],
        ),
    ] {
        assert_eq!(philox(counter, key), expected);
        let clock = Clock { step: [counter[2], counter[3]], seed: key };
        assert_eq!(draw(counter[0], counter[1], clock), expected);
    }
}

#[test]
fn dropout_is_that_of_its_definition() {
    let shapes = [
        // One array: less than a vector, than a group of words, more, and several parts of the threads' work.
        (1, 1, 1),
        (1, 1, 3),
        (1, 1, 4),
        (1, 1, 31),
        (1, 1, 32),
        (1, 1, 33),
        (1, 1, 70),
        (1, 1, 100_003),
        // Rows of whole blocks, and of others, which begin anew.
        (9, 1, 4),
        (7, 1, 12),
        (30, 1, 1),
        (11, 1, 3),
        (5, 1, 37),
        (300, 1, 331),
        // Channels of images: few, whole vectors, others; images of few pixels, of many; in parts that end within one.
        (2, 2, 1),
        (3, 7, 1),
        (2, 9, 2),
        (3, 3, 3),
        (2, 11, 3),
        (4, 5, 4),
        (3, 6, 7),
        (2, 3, 16),
        (2, 4, 35),
        (3, 40_001, 3),
        (5, 999, 64),
        (2, 2, 70_001),
    ];
    for (batch, inner, channels) in shapes {
        // Nothing is dropped for the lowest rate, all for the highest.
        for rate in [0.25, 0.5, 1e-12, 1.0] {
            let x = values(batch * inner * channels);
            let mut y = vec![9.0; x.len()];
            dropout(inner, channels, rate, STREAM, CLOCK, &x, &mut y);
            let factors: Vec<f32> = (0..batch * channels)
                .map(|place| {
                    let (n, c) = (place / channels, place % channels);
                    let is_dropped = happens(word(n * channels.div_ceil(4) + c / 4, c % 4), rate);
                    if is_dropped {
                        0.0
                    } else {
                        1.0 / (1.0 - rate)
                    }
                })
                .collect();
            let expected = |place: usize| {
                let (n, c) = (place / (inner * channels), place % channels);
                x[place] * factors[n * channels + c]
            };
            assert_bits(&y, expected, &format!("{batch}×{inner}×{channels} of {rate}"));
        }
    }
}

#[test]
fn noise_is_that_of_its_definition() {
    for length in [1, 2, 4, 5, 31, 32, 33, 100, 100_001] {
        let x = values(length);
        let run = |kind| {
            let mut y = vec![9.0; length];
            noise(kind, STREAM, CLOCK, &x, &mut y);
            y
        };
        let words: Vec<u32> = (0..length).map(|place| word(place / 4, place % 4)).collect();
        let what = |kind: &str| format!("{kind} of {length}");
        assert_bits(&run(Noise::Added(0.3)), |place| x[place] + 0.3 * normal(words[place]), &what("added"));
        let deviation = (0.2f32 / 0.8).sqrt();
        let multiplied = |place: usize| x[place] * (1.0 + deviation * normal(words[place]));
        assert_bits(&run(Noise::Multiplied(0.2)), multiplied, &what("multiplied"));
        for rate in [0.25f32, 1e-12, 1.0] {
            let (chance, low) = (f64::from(rate), -1.673_263_242_354_377_2 * 1.050_700_987_355_480_5);
            let scale = 1.0 / ((1.0 - chance) * (1.0 + chance * low * low)).sqrt();
            let offset = -scale * low * chance;
            let alpha = |place: usize| match happens(words[place], rate) {
                true => (scale * low + offset) as f32,
                false => x[place] * scale as f32 + offset as f32,
            };
            assert_bits(&run(Noise::Alpha(rate)), alpha, &what("alpha"));
            let gradient = |place: usize| if happens(words[place], rate) { 0.0 } else { x[place] * scale as f32 };
            assert_bits(&run(Noise::AlphaGradient(rate)), gradient, &what("gradient of alpha"));
        }
    }
}

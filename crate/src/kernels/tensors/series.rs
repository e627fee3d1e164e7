//! Exponential, logarithm, sine, cosine and arctangent of some numbers in double precision, good for every digit of a float32:
//! within 1e-11 of the result.
//!
//! Arrays of a fixed length and loops without branches, of which the compiler makes vectors.

use crate::kernels::logarithm::logarithms;
use crate::vector::{Doubles, LANES};
use std::f64::consts::{FRAC_PI_2, FRAC_PI_4, LN_2, LOG2_E, SQRT_2};
use std::hint::black_box;

/// Numbers that are computed together: a term of a series for all of them, then the next one.
pub const TOGETHER: usize = 16;

/// Numbers that are computed together.
pub type Block = [f64; TOGETHER];

/// 1.5·2⁵²: adding it rounds a number to an integer in its low bits.
const ROUND: f64 = 6_755_399_441_055_744.0;

/// `Σ terms[k]·xᵏ`. The compiler does not know the terms: a constant vector costs V8 more than one that is loaded.
#[inline(never)]
fn polynomial(terms: &[f64], x: &Block, sums: &mut Block) {
    const HALF: usize = TOGETHER / 2;
    for (x, sums) in x.chunks_exact(HALF).zip(sums.chunks_exact_mut(HALF)) {
        let x: [f64; HALF] = std::array::from_fn(|k| x[k]);
        let mut parts = [0.0; HALF];
        for &term in terms.iter().rev() {
            for (part, x) in parts.iter_mut().zip(x) {
                *part = *part * x + term;
            }
        }
        sums.copy_from_slice(&parts);
    }
}

fn sum_of(terms: &[f64], x: &Block) -> Block {
    let mut sums = [0.0; TOGETHER];
    polynomial(black_box(terms), x, &mut sums);
    sums
}

/// `1/first`, and each further term the one before it divided by the next two numbers, with the other sign: of sine and cosine.
const fn alternating<const N: usize>(first: usize) -> [f64; N] {
    let mut terms = [1.0; N];
    let mut k = 1;
    while k < N {
        let at = first + 2 * k;
        terms[k] = -terms[k - 1] / (at * (at - 1)) as f64;
        k += 1;
    }
    terms
}

/// `(eʳ − 1) / r` for |r| ≤ ln 2 / 2.
static POWERS: [f64; 11] = {
    let mut terms = [1.0; 11];
    let mut k = 1;
    while k < 11 {
        terms[k] = terms[k - 1] / (k + 1) as f64;
        k += 1;
    }
    terms
};
/// `sin r / r` and `cos r` by r², for |r| ≤ π/4.
static SINE: [f64; 6] = alternating(1);
static COSINE: [f64; 7] = alternating(0);

/// `artan v / v` by v², for |v| ≤ √2 − 1.
static ARCTANGENT: [f64; 13] = {
    let mut terms = [1.0; 13];
    let mut k = 1;
    while k < 13 {
        let term = 1.0 / (2 * k + 1) as f64;
        terms[k] = if k % 2 == 0 { term } else { -term };
        k += 1;
    }
    terms
};

/// `eˣ`; 10⁻³⁰⁰ and 10³⁰⁰ stand for what is beyond.
pub fn exponentials(x: &mut Block) {
    exponentials_less(0.0, x);
}

/// `eˣ − 1`, without the cancellation of the subtraction.
pub fn exponentials_less_one(x: &mut Block) {
    exponentials_less(1.0, x);
}

/// `eˣ` less nothing or one.
#[inline(never)]
fn exponentials_less(less: f64, x: &mut Block) {
    // More than float32 can tell from zero and infinity.
    const LIMIT: f64 = 700.0;
    let (mut rests, mut powers) = ([0.0; TOGETHER], [0.0; TOGETHER]);
    for k in 0..TOGETHER {
        let x = if x[k] < -LIMIT { -LIMIT } else { x[k] };
        let x = if LIMIT < x { LIMIT } else { x };
        let rounded = x * LOG2_E + ROUND;
        rests[k] = x - (rounded - ROUND) * LN_2;
        powers[k] = f64::from_bits((rounded.to_bits() << 52).wrapping_add(1.0f64.to_bits()));
    }
    let sums = sum_of(&POWERS, &rests);
    for k in 0..TOGETHER {
        // With relaxed SIMD the limits above lose NaN.
        if !x[k].is_nan() {
            x[k] = sums[k] * rests[k] * powers[k] + (powers[k] - less);
        }
    }
}

/// `ln x`: −∞ of zero, NaN of less.
pub fn natural_logarithms(x: &mut Block) {
    let mut vectors: [Doubles; TOGETHER / LANES] =
        std::array::from_fn(|v| Doubles::from_array(std::array::from_fn(|lane| x[v * LANES + lane])));
    logarithms(&mut vectors);
    for (x, vector) in x.chunks_exact_mut(LANES).zip(vectors) {
        x.copy_from_slice(&vector.to_array());
    }
}

/// Angles of which the sine and the cosine are known within an eighth of a turn, and what is left are right angles.
pub struct Turn {
    sine: Block,
    cosine: Block,
    quadrants: [u64; TOGETHER],
}

impl Turn {
    /// Of angles; none where one is too large or no number at all, so that its turns cannot be told here.
    pub fn new(x: &Block) -> Option<Self> {
        // π/2 in two parts: the first has so few digits that a million of it are exact.
        const HIGH: f64 = f64::from_bits(FRAC_PI_2.to_bits() >> 21 << 21);
        // What both are short of π/2 by: 6.1e-17.
        const LOW: f64 = (FRAC_PI_2 - HIGH) + 6.123_233_995_736_766e-17;
        const LIMIT: f64 = 1e6;
        if !x.iter().fold(true, |within, x| within & (x.abs() < LIMIT)) {
            return None;
        }
        let (mut rests, mut squares, mut quadrants) = ([0.0; TOGETHER], [0.0; TOGETHER], [0; TOGETHER]);
        for k in 0..TOGETHER {
            let rounded = x[k] * (1.0 / FRAC_PI_2) + ROUND;
            let turns = rounded - ROUND;
            rests[k] = x[k] - turns * HIGH - turns * LOW;
            squares[k] = rests[k] * rests[k];
            quadrants[k] = rounded.to_bits();
        }
        let mut sine = sum_of(&SINE, &squares);
        for (sine, rest) in sine.iter_mut().zip(rests) {
            *sine *= rest;
        }
        Some(Self { sine, cosine: sum_of(&COSINE, &squares), quadrants })
    }

    /// The sine of angles that are larger by `quarters` right angles.
    pub fn sines(&self, quarters: u64) -> Block {
        std::array::from_fn(|k| {
            let quadrant = self.quadrants[k].wrapping_add(quarters);
            let size = if quadrant & 1 == 0 { self.sine[k] } else { self.cosine[k] };
            f64::from_bits(size.to_bits() ^ (quadrant & 2) << 62)
        })
    }
}

/// `artan x`.
pub fn arctangents(x: &mut Block) {
    const NEAR: f64 = SQRT_2 - 1.0;
    const FAR: f64 = SQRT_2 + 1.0;
    let (mut ratios, mut squares, mut starts) = ([0.0; TOGETHER], [0.0; TOGETHER], [0.0; TOGETHER]);
    for k in 0..TOGETHER {
        let size = x[k].abs();
        // artan x = π/4 + artan((x − 1)/(x + 1)) = π/2 − artan(1/x).
        let (mut numerator, mut denominator, mut start) = (size, 1.0, 0.0);
        if NEAR < size {
            (numerator, denominator, start) = (size - 1.0, size + 1.0, FRAC_PI_4);
        }
        if FAR < size {
            (numerator, denominator, start) = (-1.0, size, FRAC_PI_2);
        }
        ratios[k] = numerator / denominator;
        squares[k] = ratios[k] * ratios[k];
        starts[k] = start;
    }
    let sums = sum_of(&ARCTANGENT, &squares);
    for k in 0..TOGETHER {
        x[k] = (starts[k] + ratios[k] * sums[k]).copysign(x[k]);
    }
}

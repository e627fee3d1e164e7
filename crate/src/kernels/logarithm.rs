//! The natural logarithm in double precision, from operations that round the same everywhere.

use crate::vector::{Doubles, Lanes, Real, Splitting, Vector, LANES};
use std::hint::black_box;

/// ln x for positive normal x from operations that round the same everywhere. Error below 1e-15 relative to 1.
pub fn natural_logarithm(x: f64) -> f64 {
    if !(x > 0.0 && x.is_finite()) {
        return if x == 0.0 {
            f64::NEG_INFINITY
        } else if x < 0.0 {
            f64::NAN
        } else {
            x
        };
    }
    logarithm_of_normal(x)
}

/// [`natural_logarithm`] of numbers that are positive and normal. No branch: half of the mantissas are beyond √2, which nobody foresees.
#[inline(always)]
pub fn logarithm_of_normal(x: f64) -> f64 {
    // A mantissa beyond √2 counts as half as much.
    let bits = x.to_bits() as i64;
    let exponent = ((bits - std::f64::consts::SQRT_2.to_bits() as i64 - 1) >> 52) + 1;
    let mantissa = f64::from_bits((bits - (exponent << 52)) as u64);
    let s = (mantissa - 1.0) / (mantissa + 1.0);
    let square = s * s;
    let sum = SERIES[..TERMS - 1].iter().rev().fold(SERIES[TERMS - 1], |sum, term| sum * square + term);
    f64::from(exponent as i32) * std::f64::consts::LN_2 + 2.0 * s * sum
}

/// Terms of the series.
const TERMS: usize = 11;
static SERIES: [f64; TERMS] = {
    let mut series = [1.0; TERMS];
    let mut power = 1;
    while power < TERMS {
        series[power] = 1.0 / (2 * power + 1) as f64;
        power += 1;
    }
    series
};

/// Vectors whose logarithms are taken together: a term of the series for all of them, then the next one. One after the other the terms
/// of a vector would wait for each other.
const TOGETHER: usize = 4;

/// [`natural_logarithm`] of vectors, in place: the same bits. Panics when their number is no multiple of four.
#[inline(never)]
pub fn logarithms(x: &mut [Doubles]) {
    assert!(x.len() % TOGETHER == 0);
    // The compiler does not know the constants, nor how many terms there are: it would write one vector's terms side by side.
    static NUMBERS: [f64; 2] = [std::f64::consts::LN_2, f64::INFINITY];
    let [ln2, infinity] = black_box(&NUMBERS).map(Doubles::splat);
    let (splitting, series) = (Splitting::new(), black_box(&SERIES[..]));
    let one = Doubles::splat(1.0);
    for x in x.chunks_exact_mut(TOGETHER) {
        if !x.iter().all(|x| x.all_below(infinity)) {
            each_logarithm(x);
            continue;
        }
        let (mut s, mut squares, mut sums) = ([one; TOGETHER], [one; TOGETHER], [Doubles::splat(0.0); TOGETHER]);
        for (k, x) in x.iter_mut().enumerate() {
            let [exponent, mantissa] = x.split(&splitting);
            *x = exponent.mul(ln2);
            s[k] = mantissa.sub(one).div(mantissa.add(one));
            squares[k] = s[k].mul(s[k]);
        }
        // Zero, times a square, plus the last term: that term.
        for &term in series.iter().rev() {
            for (sum, square) in sums.iter_mut().zip(squares) {
                *sum = sum.mul(square).add(Doubles::splat(term));
            }
        }
        for (k, x) in x.iter_mut().enumerate() {
            *x = x.add(s[k].add(s[k]).mul(sums[k]));
        }
    }
}

#[cold]
#[inline(never)]
fn each_logarithm(x: &mut [Doubles]) {
    for x in x {
        *x = Doubles::from_array(x.to_array().map(natural_logarithm));
    }
}

/// `y = ln x`, by way of double precision.
pub fn map_logarithm(x: &[Real], y: &mut [Real]) {
    const BLOCK: usize = TOGETHER * LANES;
    for (x, y) in x.chunks(BLOCK).zip(y.chunks_mut(BLOCK)) {
        let mut values = [1.0; BLOCK];
        values[..x.len()].copy_from_slice(x);
        let mut vectors: [Doubles; TOGETHER] = std::array::from_fn(|v| Doubles::of(Lanes::load(&values[v * LANES..])));
        logarithms(&mut vectors);
        for (value, vector) in values.chunks_exact_mut(LANES).zip(vectors) {
            vector.rounded().store(value);
        }
        y.copy_from_slice(&values[..y.len()]);
    }
}

//! Arithmetic of int32, and what becomes of numbers of one type as another one. Results are what JavaScript stores in an `Int32Array`
//! that was computed in double precision: modulo 2³².

use super::functions::modulus;
use crate::error::Error;
use crate::kernels::broadcast::{by_pieces, Repeat};
use crate::threads::{each_share_of, OF_COPYING};

/// What is done with two integers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arithmetic {
    /// `a + b`
    Add,
    /// `a − b`
    Subtract,
    /// `a · b`, rounded beyond 2⁵³.
    Multiply,
    /// The larger.
    Maximum,
    /// The smaller.
    Minimum,
    /// `(a − b)²`, rounded beyond 2⁵³.
    SquaredDifference,
    /// `⌊a / b⌋`; 0 where b is.
    FloorQuotient,
    /// What is left of it, with the sign of b; 0 where b is.
    Modulus,
    /// `aᵇ` without its fraction; 0 where it is infinite.
    Power,
}

impl Arithmetic {
    /// The operation of a code that crossed the boundary.
    pub fn from_code(code: u32) -> Result<Self, Error> {
        Ok(match code {
            0 => Self::Add,
            1 => Self::Subtract,
            2 => Self::Multiply,
            3 => Self::Maximum,
            4 => Self::Minimum,
            5 => Self::SquaredDifference,
            6 => Self::FloorQuotient,
            7 => Self::Modulus,
            8 => Self::Power,
            _ => return Err(Error::UnknownCode),
        })
    }
}

/// Operations of a division and what is around it.
const OF_DIVISION: usize = 8 * OF_COPYING;

/// An operation on two arrays.
type Pieces = fn(&[i32], &[i32], &mut [i32]);

/// `y = a ∘ b` over `[rows, columns]`; an operand may be repeated.
pub fn arithmetic(operation: Arithmetic, columns: usize, a: (&[i32], Repeat), b: (&[i32], Repeat), y: &mut [i32]) {
    let (operations, apply): (_, Pieces) = match operation {
        Arithmetic::Add => (OF_COPYING, |a, b, y| each(a, b, y, i32::wrapping_add)),
        Arithmetic::Subtract => (OF_COPYING, |a, b, y| each(a, b, y, i32::wrapping_sub)),
        Arithmetic::Multiply => (OF_COPYING, |a, b, y| each(a, b, y, multiply)),
        Arithmetic::Maximum => (OF_COPYING, |a, b, y| each(a, b, y, i32::max)),
        Arithmetic::Minimum => (OF_COPYING, |a, b, y| each(a, b, y, i32::min)),
        Arithmetic::SquaredDifference => (OF_COPYING, |a, b, y| in_doubles(a, b, y, |a, b| (a - b) * (a - b))),
        Arithmetic::FloorQuotient => (OF_DIVISION, floor_quotients),
        Arithmetic::Modulus => (OF_DIVISION, |a, b, y| in_doubles(a, b, y, modulus)),
        Arithmetic::Power => (OF_DIVISION, |a, b, y| in_doubles(a, b, y, f64::powf)),
    };
    by_pieces(columns, operations, a, b, y, apply);
}

/// `y = ⌊a / b⌋` of float32 as int32, see [`arithmetic`].
pub fn floor_divide(columns: usize, a: (&[f32], Repeat), b: (&[f32], Repeat), y: &mut [i32]) {
    by_pieces(columns, OF_DIVISION, a, b, y, floor_quotients);
}

fn floor_quotients<T: Copy + Into<f64>>(a: &[T], b: &[T], y: &mut [i32]) {
    in_doubles(a, b, y, |a, b| (a / b).floor());
}

#[inline(always)]
fn each<T: Copy>(a: &[T], b: &[T], y: &mut [i32], apply: impl Fn(T, T) -> i32) {
    for ((a, b), y) in a.iter().zip(b).zip(y) {
        *y = apply(*a, *b);
    }
}

#[inline(always)]
fn in_doubles<T: Copy + Into<f64>>(a: &[T], b: &[T], y: &mut [i32], apply: impl Fn(f64, f64) -> f64) {
    each(a, b, y, |a, b| wrapped(apply(a.into(), b.into())));
}

/// `a · b` modulo 2³², rounded beyond 2⁵³.
#[inline(always)]
pub fn multiply(a: i32, b: i32) -> i32 {
    let product = i64::from(a) * i64::from(b);
    if product.unsigned_abs() >> f64::MANTISSA_DIGITS == 0 {
        product as i32
    } else {
        // It has at most 62 bits, also when it is rounded.
        product as f64 as i64 as i32
    }
}

/// The integer part modulo 2³²; 0 for what is not finite.
#[inline(always)]
pub fn wrapped(value: f64) -> i32 {
    // Saturates.
    let whole = value as i32;
    if whole == i32::MAX || whole == i32::MIN {
        wrapped_beyond(value)
    } else {
        whole
    }
}

#[cold]
fn wrapped_beyond(value: f64) -> i32 {
    const MODULUS: f64 = 4_294_967_296.0;
    if value.is_finite() {
        // Each step is exact.
        let whole = value.trunc();
        (whole - (whole / MODULUS).floor() * MODULUS) as u32 as i32
    } else {
        0
    }
}

/// `y = x` as float32.
pub fn to_floats(x: &[i32], y: &mut [f32]) {
    convert(x, y, |x| x as f32);
}

/// The integer parts, modulo 2³².
pub fn to_integers(x: &[f32], y: &mut [i32]) {
    const BLOCK: usize = 64;
    const LIMIT: f32 = 2_147_483_648.0;
    each_share_of(x, y, OF_COPYING, |x, y| {
        for (x, y) in x.chunks(BLOCK).zip(y.chunks_mut(BLOCK)) {
            let mut beyond = false;
            for (x, y) in x.iter().zip(y.iter_mut()) {
                *y = *x as i32;
                beyond |= x.abs() >= LIMIT;
            }
            if beyond {
                for (x, y) in x.iter().zip(y) {
                    *y = wrapped(f64::from(*x));
                }
            }
        }
    });
}

/// Whether values are not zero; NaN is not.
pub fn to_truth<T: Copy + Default + PartialEq + Sync>(x: &[T], y: &mut [u8]) {
    convert(x, y, |x| u8::from(x != T::default()));
}

/// Truth values as numbers.
pub fn of_truth<T: From<u8> + Send>(x: &[u8], y: &mut [T]) {
    convert(x, y, T::from);
}

/// Kinds of float32.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// No number.
    Nan,
    /// Infinite.
    Infinite,
    /// Neither.
    Finite,
}

impl Kind {
    /// The kind of a code that crossed the boundary.
    pub fn from_code(code: u32) -> Result<Self, Error> {
        [Self::Nan, Self::Infinite, Self::Finite].get(code as usize).copied().ok_or(Error::UnknownCode)
    }
}

/// Whether numbers are of a kind.
pub fn are(kind: Kind, x: &[f32], y: &mut [u8]) {
    match kind {
        Kind::Nan => convert(x, y, |x| u8::from(x.is_nan())),
        Kind::Infinite => convert(x, y, |x| u8::from(x.abs() == f32::INFINITY)),
        Kind::Finite => convert(x, y, |x| u8::from(x.abs() < f32::INFINITY)),
    }
}

#[inline(always)]
fn convert<T: Copy + Sync, U: Send>(x: &[T], y: &mut [U], apply: impl Fn(T) -> U + Sync) {
    each_share_of(x, y, OF_COPYING, |x, y| {
        for (x, y) in x.iter().zip(y) {
            *y = apply(*x);
        }
    });
}

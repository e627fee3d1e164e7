//! Comparisons of numbers, logic of truth values, which are bytes 0 and 1, and choices by them.

use crate::error::Error;
use crate::kernels::broadcast::{by_pieces, Repeat};
use crate::threads::{each_share_of, each_value};

/// How two numbers are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Comparison {
    /// `a = b`
    Equal,
    /// `a ≠ b`
    NotEqual,
    /// `a > b`
    Greater,
    /// `a ≥ b`
    GreaterOrEqual,
    /// `a < b`
    Less,
    /// `a ≤ b`
    LessOrEqual,
}

impl Comparison {
    /// The comparison of a code that crossed the boundary.
    pub fn from_code(code: u32) -> Result<Self, Error> {
        Ok(match code {
            0 => Self::Equal,
            1 => Self::NotEqual,
            2 => Self::Greater,
            3 => Self::GreaterOrEqual,
            4 => Self::Less,
            5 => Self::LessOrEqual,
            _ => return Err(Error::UnknownCode),
        })
    }
}

/// What is done with two truth values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Logic {
    /// Both.
    And,
    /// One or both.
    Or,
}

impl Logic {
    /// The operation of a code that crossed the boundary.
    pub fn from_code(code: u32) -> Result<Self, Error> {
        Ok(match code {
            0 => Self::And,
            1 => Self::Or,
            _ => return Err(Error::UnknownCode),
        })
    }
}

/// Operations that a value takes as long as.
const WORK: usize = 8;

/// `y = a ∘ b` over `[rows, columns]`; an operand may be repeated. NaN is unequal to everything.
pub fn compare<T: Copy + PartialOrd + Default + Sync>(
    comparison: Comparison,
    columns: usize,
    a: (&[T], Repeat),
    b: (&[T], Repeat),
    y: &mut [u8],
) {
    let apply: fn(&[T], &[T], &mut [u8]) = match comparison {
        Comparison::Equal => |a, b, y| each(a, b, y, |a, b| a == b),
        Comparison::NotEqual => |a, b, y| each(a, b, y, |a, b| a != b),
        Comparison::Greater => |a, b, y| each(a, b, y, |a, b| a > b),
        Comparison::GreaterOrEqual => |a, b, y| each(a, b, y, |a, b| a >= b),
        Comparison::Less => |a, b, y| each(a, b, y, |a, b| a < b),
        Comparison::LessOrEqual => |a, b, y| each(a, b, y, |a, b| a <= b),
    };
    by_pieces(columns, WORK, a, b, y, apply);
}

/// `y = a ∘ b` of truth values over `[rows, columns]`; an operand may be repeated.
pub fn logic(logic: Logic, columns: usize, a: (&[u8], Repeat), b: (&[u8], Repeat), y: &mut [u8]) {
    let apply: fn(&[u8], &[u8], &mut [u8]) = match logic {
        Logic::And => |a, b, y| each(a, b, y, |a, b| (a != 0) & (b != 0)),
        Logic::Or => |a, b, y| each(a, b, y, |a, b| (a != 0) | (b != 0)),
    };
    by_pieces(columns, WORK, a, b, y, apply);
}

#[inline(always)]
fn each<T: Copy>(a: &[T], b: &[T], y: &mut [u8], apply: impl Fn(T, T) -> bool) {
    for ((y, a), b) in y.iter_mut().zip(a).zip(b) {
        *y = u8::from(apply(*a, *b));
    }
}

/// `y = ¬x`.
pub fn not(x: &[u8], y: &mut [u8]) {
    each_share_of(x, y, 1, |x, y| {
        for (x, y) in x.iter().zip(y) {
            *y = u8::from(*x == 0);
        }
    });
}

/// `y` = `yes` where the condition is 1, else `no`.
pub fn select<T: Copy + Send + Sync>(condition: &[u8], yes: &[T], no: &[T], y: &mut [T]) {
    each_value([y], 2 * WORK, |first, [y]| {
        let sides = condition[first..].iter().zip(&yes[first..]).zip(&no[first..]);
        for (((condition, yes), no), y) in sides.zip(y) {
            *y = if *condition == 1 { *yes } else { *no };
        }
    });
}

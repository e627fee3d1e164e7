//! Comparisons of numbers, logic of truth values, which are bytes 0 and 1, and choices by them.

use crate::error::Error;
use crate::kernels::broadcast::Repeat;

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

/// `y = a ∘ b` over `[rows, columns]`; an operand may be repeated. NaN is unequal to everything.
pub fn compare<T: Copy + PartialOrd>(
    comparison: Comparison,
    columns: usize,
    a: (&[T], Repeat),
    b: (&[T], Repeat),
    y: &mut [u8],
) {
    match comparison {
        Comparison::Equal => combine(columns, a, b, y, |a, b| a == b),
        Comparison::NotEqual => combine(columns, a, b, y, |a, b| a != b),
        Comparison::Greater => combine(columns, a, b, y, |a, b| a > b),
        Comparison::GreaterOrEqual => combine(columns, a, b, y, |a, b| a >= b),
        Comparison::Less => combine(columns, a, b, y, |a, b| a < b),
        Comparison::LessOrEqual => combine(columns, a, b, y, |a, b| a <= b),
    }
}

/// `y = a ∘ b` of truth values over `[rows, columns]`; an operand may be repeated.
pub fn logic(logic: Logic, columns: usize, a: (&[u8], Repeat), b: (&[u8], Repeat), y: &mut [u8]) {
    match logic {
        Logic::And => combine(columns, a, b, y, |a, b| (a != 0) & (b != 0)),
        Logic::Or => combine(columns, a, b, y, |a, b| (a != 0) | (b != 0)),
    }
}

/// `y = ¬x`.
pub fn not(x: &[u8], y: &mut [u8]) {
    for (x, y) in x.iter().zip(y) {
        *y = u8::from(*x == 0);
    }
}

#[inline(always)]
fn combine<T: Copy>(
    columns: usize,
    (a, of_a): (&[T], Repeat),
    (b, of_b): (&[T], Repeat),
    y: &mut [u8],
    apply: impl Fn(T, T) -> bool,
) {
    for (row, y) in y.chunks_exact_mut(columns).enumerate() {
        match (row_of(a, of_a, row, columns), row_of(b, of_b, row, columns)) {
            ([a], b) => {
                for (y, b) in y.iter_mut().zip(b.iter().cycle()) {
                    *y = u8::from(apply(*a, *b));
                }
            }
            (a, [b]) => {
                for (y, a) in y.iter_mut().zip(a) {
                    *y = u8::from(apply(*a, *b));
                }
            }
            (a, b) => {
                for ((y, a), b) in y.iter_mut().zip(a).zip(b) {
                    *y = u8::from(apply(*a, *b));
                }
            }
        }
    }
}

/// One row of an operand: its values, or one for all.
fn row_of<T>(values: &[T], repeat: Repeat, row: usize, columns: usize) -> &[T] {
    match repeat {
        Repeat::None => &values[row * columns..(row + 1) * columns],
        Repeat::Row => values,
        Repeat::Column => &values[row..=row],
        Repeat::Value => &values[..1],
    }
}

/// `y` = `yes` where the condition is 1, else `no`.
pub fn select<T: Copy>(condition: &[u8], yes: &[T], no: &[T], y: &mut [T]) {
    for (((condition, yes), no), y) in condition.iter().zip(yes).zip(no).zip(y) {
        *y = if *condition == 1 { *yes } else { *no };
    }
}

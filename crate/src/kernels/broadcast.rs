//! Sums, products and the like of two arrays, one of which may be repeated, functions of one array, sums of rows.
//!
//! The result is `[rows, columns]`; an operand is that, or one row for all, or one value a row, or one value for all.

use super::bias::sum;
use super::logarithm::map_logarithm;
use super::map::map;
use crate::error::Error;
use crate::vector::{Lanes, Real, Vector, LANES};

/// What is done with two values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Binary {
    /// `a + b`
    Add,
    /// `a − b`
    Subtract,
    /// `a · b`
    Multiply,
    /// `a / b`
    Divide,
    /// `(a − b)²`
    SquaredDifference,
    /// The larger; NaN where one is.
    Maximum,
    /// The smaller; NaN where one is.
    Minimum,
    /// `a < 0 ? a · b : a`
    Prelu,
}

impl Binary {
    /// The operation of a code that crossed the boundary.
    pub fn from_code(code: u32) -> Result<Self, Error> {
        Ok(match code {
            0 => Self::Add,
            1 => Self::Subtract,
            2 => Self::Multiply,
            3 => Self::Divide,
            4 => Self::SquaredDifference,
            5 => Self::Maximum,
            6 => Self::Minimum,
            7 => Self::Prelu,
            _ => return Err(Error::UnknownCode),
        })
    }
}

/// What is done with one value.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Unary {
    /// 1 above zero, the given value elsewhere, NaN for NaN.
    Step(Real),
    /// `√x`
    SquareRoot,
    /// `x²`
    Square,
    /// `−x`
    Negative,
    /// `|x|`
    Absolute,
    /// `1 / x`
    Reciprocal,
    /// `1 / √x`
    ReciprocalRoot,
    /// The next integer below.
    Floor,
    /// The next integer above.
    Ceiling,
    /// `ln x`, computed in double precision.
    Logarithm,
}

impl Unary {
    /// The operation of a code that crossed the boundary.
    pub fn from_code(code: u32, alpha: Real) -> Result<Self, Error> {
        Ok(match code {
            0 => Self::Step(alpha),
            1 => Self::SquareRoot,
            2 => Self::Square,
            3 => Self::Negative,
            4 => Self::Absolute,
            5 => Self::Reciprocal,
            6 => Self::ReciprocalRoot,
            7 => Self::Floor,
            8 => Self::Ceiling,
            9 => Self::Logarithm,
            _ => return Err(Error::UnknownCode),
        })
    }
}

/// How an operand fills `[rows, columns]`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Repeat {
    /// It has all values.
    None,
    /// It is one row.
    Row,
    /// It has one value a row.
    Column,
    /// It is one value.
    Value,
}

impl Repeat {
    /// The way of a code that crossed the boundary.
    pub fn from_code(code: u32) -> Result<Self, Error> {
        Ok(match code {
            0 => Self::None,
            1 => Self::Row,
            2 => Self::Column,
            3 => Self::Value,
            _ => return Err(Error::UnknownCode),
        })
    }

    /// Values that the operand has.
    pub fn length(self, rows: usize, columns: usize) -> usize {
        match self {
            Self::None => rows * columns,
            Self::Row => columns,
            Self::Column => rows,
            Self::Value => 1,
        }
    }
}

/// One row of an operand: its values, or one for all.
#[derive(Clone, Copy)]
enum RowOf<'a> {
    Values(&'a [Real]),
    Same(Real),
}

impl<'a> RowOf<'a> {
    fn new(values: &'a [Real], repeat: Repeat, row: usize, columns: usize) -> Self {
        match repeat {
            Repeat::None => Self::Values(&values[row * columns..(row + 1) * columns]),
            Repeat::Row => Self::Values(values),
            Repeat::Column => Self::Same(values[row]),
            Repeat::Value => Self::Same(values[0]),
        }
    }
}

/// `y = a ∘ b` over `[rows, columns]`.
pub fn binary(operation: Binary, columns: usize, a: (&[Real], Repeat), b: (&[Real], Repeat), y: &mut [Real]) {
    for (row, y) in y.chunks_exact_mut(columns).enumerate() {
        let (a, b) = (RowOf::new(a.0, a.1, row, columns), RowOf::new(b.0, b.1, row, columns));
        match operation {
            Binary::Add => combine(a, b, y, |a, b| a.add(b)),
            Binary::Subtract => combine(a, b, y, |a, b| a.sub(b)),
            Binary::Multiply => combine(a, b, y, |a, b| a.mul(b)),
            Binary::Divide => combine(a, b, y, |a, b| a.div(b)),
            Binary::SquaredDifference => combine(a, b, y, |a, b| a.sub(b).mul(a.sub(b))),
            Binary::Maximum => combine(a, b, y, |a, b| a.at_least(b).or_nan_of(b)),
            Binary::Minimum => combine(a, b, y, |a, b| a.at_most(b).or_nan_of(b)),
            Binary::Prelu => combine(a, b, y, |a, b| a.select_less(Lanes::splat(0.0), a.mul(b), a)),
        }
    }
}

#[inline(always)]
fn combine(a: RowOf, b: RowOf, y: &mut [Real], apply: impl Fn(Lanes, Lanes) -> Lanes) {
    match (a, b) {
        (RowOf::Values(a), RowOf::Values(b)) => {
            let whole = y.len() / LANES * LANES;
            let (body, rest) = y.split_at_mut(whole);
            for ((a, b), y) in a.chunks_exact(LANES).zip(b.chunks_exact(LANES)).zip(body.chunks_exact_mut(LANES)) {
                apply(Lanes::load(a), Lanes::load(b)).store(y);
            }
            for ((a, b), y) in a[whole..].iter().zip(&b[whole..]).zip(rest) {
                *y = apply(Lanes::splat(*a), Lanes::splat(*b)).to_array()[0];
            }
        }
        (RowOf::Values(a), RowOf::Same(b)) => map(a, y, |a| apply(a, Lanes::splat(b))),
        (RowOf::Same(a), RowOf::Values(b)) => map(b, y, |b| apply(Lanes::splat(a), b)),
        (RowOf::Same(a), RowOf::Same(b)) => y.fill(apply(Lanes::splat(a), Lanes::splat(b)).to_array()[0]),
    }
}

/// `y = f(x)`.
pub fn unary(operation: Unary, x: &[Real], y: &mut [Real]) {
    let (zero, one) = (Lanes::splat(0.0), Lanes::splat(1.0));
    match operation {
        Unary::Step(alpha) => map(x, y, |x| zero.select_less(x, one, Lanes::splat(alpha)).or_nan_of(x)),
        Unary::SquareRoot => map(x, y, |x| x.square_root()),
        Unary::Square => map(x, y, |x| x.mul(x)),
        Unary::Negative => map(x, y, |x| x.mul(Lanes::splat(-1.0))),
        Unary::Absolute => map(x, y, |x| x.abs()),
        Unary::Reciprocal => map(x, y, |x| one.div(x)),
        Unary::ReciprocalRoot => map(x, y, |x| one.div(x.square_root())),
        Unary::Floor => each(x, y, Real::floor),
        Unary::Ceiling => each(x, y, Real::ceil),
        Unary::Logarithm => map_logarithm(x, y),
    }
}

#[inline(always)]
fn each(x: &[Real], y: &mut [Real], apply: impl Fn(Real) -> Real) {
    for (x, y) in x.iter().zip(y) {
        *y = apply(*x);
    }
}

/// `y = x`, brought between `low` and `high`; NaN stays.
pub fn clip(low: Real, high: Real, x: &[Real], y: &mut [Real]) {
    let (low, high) = (Lanes::splat(low), Lanes::splat(high));
    map(x, y, |x| x.at_least(low).at_most(high));
}

/// `y[row] = Σ x[row, column]`; sums are cut into blocks, whose sums are added, so that long ones lose less.
pub fn row_sums(columns: usize, x: &[Real], y: &mut [Real]) {
    const BLOCK: usize = 1024;
    for (row, y) in x.chunks_exact(columns).zip(y) {
        *y = row.chunks(BLOCK).map(sum).sum();
    }
}

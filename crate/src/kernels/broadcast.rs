//! Sums, products and the like of two arrays, one of which may be repeated, functions of one array, sums of rows.
//!
//! The result is `[rows, columns]`; an operand is that, or one row for all, or one value a row, or one value for all.

use super::bias::long_total;
use super::logarithm::map_logarithm;
use super::map::{map, zip};
use crate::error::Error;
use crate::threads::{each_share, each_share_of, OF_COPYING};
use crate::vector::{Lanes, Real, Vector};

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
    /// `a` times 1 where b is above zero, 0 where it is not, and b where that is NaN.
    Gate,
    /// `2 · a · b`
    TwiceProduct,
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
            8 => Self::Gate,
            9 => Self::TwiceProduct,
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
    /// The nearest integer, the even one of two.
    Nearest,
    /// −1 below zero, 1 above, 0 for zero and NaN.
    Sign,
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
            10 => Self::Nearest,
            11 => Self::Sign,
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

/// Some rows of an operand: their values, or one for all.
#[derive(Clone, Copy)]
enum Part<'a, T> {
    Values(&'a [T]),
    Same(T),
}

/// An operand, of which `rows` rows are taken at once.
struct Operand<'a, T> {
    values: &'a [T],
    repeat: Repeat,
    rows: usize,
    columns: usize,
    /// What is repeated within that many rows.
    written_out: [T; JOINED],
}

impl<'a, T: Copy + Default> Operand<'a, T> {
    fn new((values, repeat): (&'a [T], Repeat), rows: usize, columns: usize) -> Self {
        let mut written_out = [T::default(); JOINED];
        if rows > 1 && repeat == Repeat::Row {
            for row in written_out.chunks_exact_mut(columns) {
                row.copy_from_slice(values);
            }
        }
        Self { values, repeat, rows, columns, written_out }
    }

    /// `length` values, from row `part · rows` on.
    fn part(&mut self, part: usize, length: usize) -> Part<'_, T> {
        let Self { rows, columns, .. } = *self;
        match self.repeat {
            Repeat::None => Part::Values(&self.values[part * rows * columns..][..length]),
            Repeat::Row if rows == 1 => Part::Values(self.values),
            Repeat::Row => Part::Values(&self.written_out[..length]),
            Repeat::Column if rows == 1 => Part::Same(self.values[part]),
            Repeat::Column => {
                let each = &self.values[part * rows..][..length / columns];
                if columns == 1 {
                    return Part::Values(each);
                }
                for (row, &value) in self.written_out.chunks_exact_mut(columns).zip(each) {
                    row.fill(value);
                }
                Part::Values(&self.written_out[..length])
            }
            Repeat::Value => Part::Same(self.values[0]),
        }
    }
}

/// Rows of fewer values than this are joined to one of so many.
const JOINED: usize = 128;

/// Values that are taken at once where nothing is repeated by rows.
const PIECE: usize = 1024;

/// Operations that a value is worth where it takes a few instructions: it is loaded and stored.
const OPERATIONS: usize = OF_COPYING;

/// `y = a ∘ b` over `[rows, columns]`. Where a row is short, as many as make a long one are taken at once: what is repeated within
/// it is written out.
pub fn binary(operation: Binary, columns: usize, a: (&[Real], Repeat), b: (&[Real], Repeat), y: &mut [Real]) {
    by_parts(columns, OPERATIONS, a, b, y, |a, b, y| apply_to(operation, a, b, y));
}

/// [`binary`] by a function of pieces in which nothing is repeated. A value takes `operations`.
pub fn by_pieces<T: Copy + Default + Sync, U: Send>(
    columns: usize,
    operations: usize,
    a: (&[T], Repeat),
    b: (&[T], Repeat),
    y: &mut [U],
    apply: fn(&[T], &[T], &mut [U]),
) {
    by_parts(columns, operations, a, b, y, |a, b, y| {
        let (mut left, mut right) = ([T::default(); JOINED], [T::default(); JOINED]);
        for (piece, y) in y.chunks_mut(JOINED).enumerate() {
            let a = written_out(a, piece, y.len(), &mut left);
            apply(a, written_out(b, piece, y.len(), &mut right), y);
        }
    });
}

/// The values of a piece of a part.
fn written_out<'a, T: Copy>(part: Part<'a, T>, piece: usize, length: usize, buffer: &'a mut [T; JOINED]) -> &'a [T] {
    match part {
        Part::Values(values) => &values[piece * JOINED..][..length],
        Part::Same(value) => {
            // The last piece is not longer than the first one.
            if piece == 0 {
                buffer[..length].fill(value);
            }
            &buffer[..length]
        }
    }
}

fn by_parts<T: Copy + Default + Sync, U: Send>(
    columns: usize,
    operations: usize,
    a: (&[T], Repeat),
    b: (&[T], Repeat),
    y: &mut [U],
    apply: impl Fn(Part<T>, Part<T>, &mut [U]) + Sync,
) {
    let by_rows = [a.1, b.1].iter().any(|repeat| matches!(repeat, Repeat::Row | Repeat::Column));
    let columns = if by_rows { columns } else { PIECE };
    let rows = (JOINED / columns).max(1);
    let size = rows * columns;
    each_share(y, size, operations * size, |first, y| {
        let (mut a, mut b) = (Operand::new(a, rows, columns), Operand::new(b, rows, columns));
        for (part, y) in y.chunks_mut(size).enumerate() {
            apply(a.part(first + part, y.len()), b.part(first + part, y.len()), y);
        }
    });
}

fn apply_to(operation: Binary, a: Part<Real>, b: Part<Real>, y: &mut [Real]) {
    match operation {
        Binary::Add => combine(a, b, y, |a, b| a.add(b)),
        Binary::Subtract => combine(a, b, y, |a, b| a.sub(b)),
        Binary::Multiply => combine(a, b, y, |a, b| a.mul(b)),
        Binary::Divide => combine(a, b, y, |a, b| a.div(b)),
        Binary::SquaredDifference => combine(a, b, y, |a, b| a.sub(b).mul(a.sub(b))),
        Binary::Maximum => combine(a, b, y, |a, b| a.at_least(b).or_nan_of(b)),
        Binary::Minimum => combine(a, b, y, |a, b| a.at_most(b).or_nan_of(b)),
        Binary::Prelu => combine(a, b, y, |a, b| a.select_less(Lanes::splat(0.0), a.mul(b), a)),
        Binary::Gate => combine(a, b, y, |a, b| a.mul(step(b, Lanes::splat(0.0)))),
        Binary::TwiceProduct => combine(a, b, y, |a, b| a.mul(b.add(b))),
    }
}

#[inline(always)]
fn combine(a: Part<Real>, b: Part<Real>, y: &mut [Real], apply: impl Fn(Lanes, Lanes) -> Lanes) {
    match (a, b) {
        (Part::Values(a), Part::Values(b)) => zip(a, b, y, apply),
        (Part::Values(a), Part::Same(b)) => map::<4>(a, y, |a| apply(a, Lanes::splat(b))),
        (Part::Same(a), Part::Values(b)) => map::<4>(b, y, |b| apply(Lanes::splat(a), b)),
        (Part::Same(a), Part::Same(b)) => y.fill(apply(Lanes::splat(a), Lanes::splat(b)).to_array()[0]),
    }
}

/// 1 above zero, `below` elsewhere, NaN for NaN.
#[inline(always)]
fn step(x: Lanes, below: Lanes) -> Lanes {
    Lanes::splat(0.0).select_less(x, Lanes::splat(1.0), below).or_nan_of(x)
}

/// `y = f(x)`.
pub fn unary(operation: Unary, x: &[Real], y: &mut [Real]) {
    each_share_of(x, y, OPERATIONS, |x, y| unary_part(operation, x, y));
}

fn unary_part(operation: Unary, x: &[Real], y: &mut [Real]) {
    let (zero, one) = (Lanes::splat(0.0), Lanes::splat(1.0));
    match operation {
        Unary::Step(alpha) => map::<4>(x, y, |x| step(x, Lanes::splat(alpha))),
        Unary::SquareRoot => map::<4>(x, y, |x| x.square_root()),
        Unary::Square => map::<4>(x, y, |x| x.mul(x)),
        Unary::Negative => map::<4>(x, y, |x| x.mul(Lanes::splat(-1.0))),
        Unary::Absolute => map::<4>(x, y, |x| x.abs()),
        Unary::Reciprocal => map::<4>(x, y, |x| one.div(x)),
        Unary::ReciprocalRoot => map::<4>(x, y, |x| one.div(x.square_root())),
        Unary::Floor => map::<4>(x, y, |x| x.floor()),
        Unary::Ceiling => map::<4>(x, y, |x| x.ceil()),
        Unary::Logarithm => map_logarithm(x, y),
        Unary::Nearest => map::<4>(x, y, |x| x.nearest()),
        Unary::Sign => map::<4>(x, y, |x| zero.select_less(x, one, x.select_less(zero, Lanes::splat(-1.0), zero))),
    }
}

/// `y = x`, brought between `low` and `high`; NaN stays.
pub fn clip(low: Real, high: Real, x: &[Real], y: &mut [Real]) {
    let (low, high) = (Lanes::splat(low), Lanes::splat(high));
    each_share_of(x, y, OPERATIONS, |x, y| map::<4>(x, y, |x| x.at_least(low).at_most(high)));
}

/// `y[row] = Σ x[row, column]`; sums are cut into blocks, whose sums are added, so that long ones lose less.
pub fn row_sums(columns: usize, x: &[Real], y: &mut [Real]) {
    for (row, y) in x.chunks_exact(columns).zip(y) {
        *y = long_total([row], |[x]| x);
    }
}

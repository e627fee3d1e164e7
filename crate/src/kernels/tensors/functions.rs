//! Functions of one number and of two that are made of [`super::series`], and remainders: computed in double precision and rounded
//! once, as JavaScript's `Math` in a program that stores float32.

use super::series::{arctangents, exponentials, exponentials_less_one, natural_logarithms, Block, Turn, TOGETHER};
use crate::error::Error;
use crate::kernels::broadcast::{by_pieces, unary, Repeat, Unary};
use crate::kernels::map::map;
use crate::kernels::normal::Normal;
use crate::threads::each_share_of;
use crate::vector::{Doubles, Lanes, Real, Vector};
use std::f64::consts::PI;

/// A function of one number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Function {
    /// `sin x`
    Sine,
    /// `cos x`
    Cosine,
    /// `tan x`
    Tangent,
    /// `arcsin x`, NaN beyond ±1.
    Arcsine,
    /// `arccos x`, NaN beyond ±1.
    Arccosine,
    /// `arctan x`
    Arctangent,
    /// `sinh x`
    HyperbolicSine,
    /// `cosh x`
    HyperbolicCosine,
    /// `arsinh x`
    AreaSine,
    /// `arcosh x`, NaN below 1.
    AreaCosine,
    /// `artanh x`, NaN beyond ±1.
    AreaTangent,
    /// `eˣ − 1`
    ExponentialLessOne,
    /// `ln(1 + x)`
    LogarithmOfOneMore,
    /// `erf x`, in single precision: within 2e-7 of itself, where the formula that TensorFlow.js takes is within 1.5e-7 of one.
    Error,
}

impl Function {
    /// All functions, by the codes that cross the boundary.
    pub const ALL: [Self; 14] = [
        Self::Sine,
        Self::Cosine,
        Self::Tangent,
        Self::Arcsine,
        Self::Arccosine,
        Self::Arctangent,
        Self::HyperbolicSine,
        Self::HyperbolicCosine,
        Self::AreaSine,
        Self::AreaCosine,
        Self::AreaTangent,
        Self::ExponentialLessOne,
        Self::LogarithmOfOneMore,
        Self::Error,
    ];

    /// The function of a code that crossed the boundary.
    pub fn from_code(code: u32) -> Result<Self, Error> {
        Self::ALL.get(code as usize).copied().ok_or(Error::UnknownCode)
    }

    /// What is done with numbers in double precision; nothing for those that take single precision.
    fn of_block(self) -> Option<fn(&mut Block)> {
        Some(match self {
            Self::Sine => |x| *x = Turn::new(x).map_or_else(|| x.map(f64::sin), |turn| turn.sines(0)),
            Self::Cosine => |x| *x = Turn::new(x).map_or_else(|| x.map(f64::cos), |turn| turn.sines(1)),
            Self::Tangent => tangents,
            Self::Arcsine => |x| {
                change(x, |x| x / ((1.0 - x) * (1.0 + x)).sqrt());
                arctangents(x);
            },
            // Of half the angle: π/2 less the arcsine would lose the digits of what is small.
            Self::Arccosine => |x| {
                change(x, |x| ((1.0 - x) / (1.0 + x)).sqrt());
                arctangents(x);
                change(x, |half| half + half);
            },
            Self::Arctangent => arctangents,
            Self::HyperbolicSine => |x| {
                let signs = *x;
                change(x, f64::abs);
                exponentials_less_one(x);
                change_with(x, &signs, |less, sign| ((less + less / (less + 1.0)) * 0.5).copysign(sign));
            },
            Self::HyperbolicCosine => |x| {
                exponentials(x);
                change(x, |power| (power + 1.0 / power) * 0.5);
            },
            Self::AreaSine => |x| {
                let small = *x;
                change(x, |x| x.abs() + (x * x + 1.0).sqrt());
                natural_logarithms(x);
                change_with(x, &small, |large, x| near_zero(x, x - x * x * x / 6.0, large.copysign(x)));
            },
            Self::AreaCosine => |x| {
                change(x, |x| if x < 1.0 { f64::NAN } else { x + ((x - 1.0) * (x + 1.0)).sqrt() });
                natural_logarithms(x);
            },
            Self::AreaTangent => |x| {
                let small = *x;
                change(x, |x| (1.0 + x) / (1.0 - x));
                natural_logarithms(x);
                change_with(x, &small, |double, x| near_zero(x, x + x * x * x / 3.0, double * 0.5));
            },
            Self::ExponentialLessOne => exponentials_less_one,
            Self::LogarithmOfOneMore => |x| {
                let small = *x;
                change(x, |x| 1.0 + x);
                natural_logarithms(x);
                change_with(x, &small, |large, x| near_zero(x, x * (1.0 - x * (0.5 - x / 3.0)), large));
            },
            Self::Error => return None,
        })
    }
}

/// What the first terms of a series give where one and a number have too few digits for the logarithm of their sum.
#[inline(always)]
fn near_zero(x: f64, series: f64, elsewhere: f64) -> f64 {
    if x.abs() < 1.0 / 4096.0 {
        series
    } else {
        elsewhere
    }
}

#[inline(always)]
fn change(x: &mut Block, apply: impl Fn(f64) -> f64) {
    for x in x {
        *x = apply(*x);
    }
}

#[inline(always)]
fn change_with(x: &mut Block, other: &Block, apply: impl Fn(f64, f64) -> f64) {
    for (x, other) in x.iter_mut().zip(other) {
        *x = apply(*x, *other);
    }
}

fn tangents(x: &mut Block) {
    match Turn::new(x) {
        None => change(x, f64::tan),
        Some(turn) => {
            *x = turn.sines(0);
            change_with(x, &turn.sines(1), |sine, cosine| sine / cosine);
        }
    }
}

/// A function of two numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pair {
    /// The angle of the point (b, a), from −π to π.
    Angle,
    /// What is left of a where b is taken away as often as it goes: it has the sign of b.
    Modulus,
    /// `aᵇ` as JavaScript has it: NaN of ±1 to the power ±∞, and of any number to the power NaN.
    Power,
}

impl Pair {
    /// The function of a code that crossed the boundary.
    pub fn from_code(code: u32) -> Result<Self, Error> {
        [Self::Angle, Self::Modulus, Self::Power].get(code as usize).copied().ok_or(Error::UnknownCode)
    }
}

/// Operations that a number is worth: some dozen, in double precision.
const OPERATIONS: usize = 80;

/// The same of a root, a cube or an error function.
const OF_SMALL: usize = 16;

/// `y = f(x)`.
pub fn function(function: Function, x: &[Real], y: &mut [Real]) {
    let Some(apply) = function.of_block() else {
        let normal = Normal::new();
        return each_share_of(x, y, OF_SMALL, |x, y| map::<2>(x, y, |x| normal.error(x)));
    };
    each_share_of(x, y, OPERATIONS, |x, y| {
        for (x, y) in x.chunks(TOGETHER).zip(y.chunks_mut(TOGETHER)) {
            let mut block = block(x);
            apply(&mut block);
            store(&block, y);
        }
    });
}

/// `y = f(a, b)` over `[rows, columns]`; an operand may be repeated.
pub fn pair(pair: Pair, columns: usize, a: (&[Real], Repeat), b: (&[Real], Repeat), y: &mut [Real]) {
    if let (Pair::Power, (bases, Repeat::None), (&[exponent], Repeat::Value)) = (pair, a, b) {
        if small_power(exponent, bases, y) {
            return;
        }
    }
    let apply: fn(&[Real], &[Real], &mut [Real]) = match pair {
        Pair::Angle => |a, b, y| by_blocks(angles, a, b, y),
        Pair::Power => |a, b, y| by_blocks(powers, a, b, y),
        Pair::Modulus => |a, b, y| {
            for ((a, b), y) in a.iter().zip(b).zip(y) {
                *y = modulus(f64::from(*a), f64::from(*b)) as Real;
            }
        },
    };
    by_pieces(columns, OPERATIONS, a, b, y, apply);
}

/// `y = xᵉ` for exponents that need no logarithm; false for others. All but the cube are one instruction, rounded once: in double precision
/// each is exact, or so close to it that rounding it again changes nothing. Their cases beyond numbers are those of [`powers`].
fn small_power(exponent: Real, x: &[Real], y: &mut [Real]) -> bool {
    match exponent {
        1.0 => y.copy_from_slice(x),
        2.0 => unary(Unary::Square, x, y),
        -1.0 => unary(Unary::Reciprocal, x, y),
        3.0 => each_share_of(x, y, OF_SMALL, |x, y| {
            map::<4>(x, y, |x| {
                let wide = Doubles::of(x);
                wide.mul(wide).mul(wide).rounded()
            });
        }),
        // A root of −0 is 0, and that of −∞ is ∞.
        0.5 => each_share_of(x, y, OF_SMALL, |x, y| {
            let (zero, least, infinity) = (Lanes::splat(0.0), Lanes::splat(Real::MIN), Lanes::splat(Real::INFINITY));
            map::<4>(x, y, |x| x.select_less(least, infinity, x.add(zero).square_root()));
        }),
        _ => return false,
    }
    true
}

fn by_blocks(apply: fn(&mut Block, &Block), a: &[Real], b: &[Real], y: &mut [Real]) {
    for ((a, b), y) in a.chunks(TOGETHER).zip(b.chunks(TOGETHER)).zip(y.chunks_mut(TOGETHER)) {
        let mut first = block(a);
        apply(&mut first, &block(b));
        store(&first, y);
    }
}

/// Numbers in double precision, with halves behind the last ones of a slice.
#[inline(always)]
fn block(x: &[Real]) -> Block {
    if let Ok(x) = <&[Real; TOGETHER]>::try_from(x) {
        return x.map(f64::from);
    }
    let mut block = [0.5; TOGETHER];
    for (block, x) in block.iter_mut().zip(x) {
        *block = f64::from(*x);
    }
    block
}

#[inline(always)]
fn store(block: &Block, y: &mut [Real]) {
    if let Ok(y) = <&mut [Real; TOGETHER]>::try_from(&mut *y) {
        *y = block.map(|value| value as Real);
        return;
    }
    for (y, value) in y.iter_mut().zip(block) {
        *y = *value as Real;
    }
}

fn angles(y: &mut Block, x: &Block) {
    let height = *y;
    change_with(y, x, |y, x| {
        let slope = y.abs() / x.abs();
        let slope = if y == 0.0 && x == 0.0 { 0.0 } else { slope };
        if y.abs() == f64::INFINITY && x.abs() == f64::INFINITY {
            1.0
        } else {
            slope
        }
    });
    arctangents(y);
    for ((angle, x), height) in y.iter_mut().zip(x).zip(height) {
        *angle = if x.is_sign_negative() { PI - *angle } else { *angle }.copysign(height);
    }
}

fn powers(a: &mut Block, b: &Block) {
    let bases = *a;
    change(a, f64::abs);
    natural_logarithms(a);
    change_with(a, b, |logarithm, b| logarithm * b);
    exponentials(a);
    for ((power, base), b) in a.iter_mut().zip(bases).zip(b) {
        let is_whole = b.trunc() == *b;
        let is_odd = is_whole && (b * 0.5).trunc() != b * 0.5;
        let signed = if is_odd { power.copysign(base) } else { *power };
        // A root of a negative number. That of −∞ is ∞, says JavaScript.
        let is_imaginary = !is_whole && base < 0.0 && base != f64::NEG_INFINITY;
        let real = if is_imaginary { f64::NAN } else { signed };
        *power = if *b == 0.0 { 1.0 } else { real };
    }
}

/// `a mod b` with the sign of b.
pub fn modulus(a: f64, b: f64) -> f64 {
    let rest = remainder(a, b);
    if (a < 0.0 && b < 0.0) || (a >= 0.0 && b >= 0.0) {
        rest
    } else {
        remainder(rest + b, b)
    }
}

/// `a % b`, with the sign of a.
#[inline(always)]
fn remainder(a: f64, b: f64) -> f64 {
    let quotient = (a / b).trunc();
    // Of two float32, or of a remainder and a float32, quotient and product are exact then.
    if quotient.abs() < 268_435_456.0 && b.abs() < f64::INFINITY {
        (a - quotient * b).copysign(a)
    } else {
        a % b
    }
}

//! The larger and the smaller of two arrays, value by value.

use crate::error::Error;
use crate::vector::{Lanes, Real, Vector, LANES};

/// Which of two values is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Extreme {
    /// The larger one.
    Maximum,
    /// The smaller one.
    Minimum,
}

impl Extreme {
    /// The choice of a code that crossed the boundary.
    pub fn from_code(code: u32) -> Result<Self, Error> {
        match code {
            0 => Ok(Self::Maximum),
            1 => Ok(Self::Minimum),
            _ => Err(Error::UnknownCode),
        }
    }

    /// Whether `b` is taken; of equal values it is `a`.
    fn takes_second(self, a: Real, b: Real) -> bool {
        match self {
            Self::Maximum => a < b,
            Self::Minimum => b < a,
        }
    }
}

/// `y = max(a, b)` or `y = min(a, b)`; NaN where one of them is NaN.
pub fn forward(extreme: Extreme, a: &[Real], b: &[Real], y: &mut [Real]) {
    let pick = |a: Lanes, b: Lanes| match extreme {
        Extreme::Maximum => a.at_least(b).or_nan_of(b),
        Extreme::Minimum => a.at_most(b).or_nan_of(b),
    };
    let whole = y.len() / LANES * LANES;
    for start in (0..whole).step_by(LANES) {
        pick(Lanes::load(&a[start..]), Lanes::load(&b[start..])).store(&mut y[start..]);
    }
    for place in whole..y.len() {
        y[place] = pick(Lanes::splat(a[place]), Lanes::splat(b[place])).to_array()[0];
    }
}

/// Hands `dy` to the value that was taken, zero to the other; of equal values the first gets it.
pub fn gradient(extreme: Extreme, (a, b): (&[Real], &[Real]), dy: &[Real], da: &mut [Real], db: &mut [Real]) {
    for (place, &dy) in dy.iter().enumerate() {
        let second = extreme.takes_second(a[place], b[place]);
        (da[place], db[place]) = if second { (0.0, dy) } else { (dy, 0.0) };
    }
}

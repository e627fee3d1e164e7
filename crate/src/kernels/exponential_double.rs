//! exp, sigmoid and tanh in double precision: those of the standard library, lane by lane. For gradient checks; the
//! float32 polynomials beside this file are what runs.

use crate::vector::{Lanes, Vector};

fn map(x: Lanes, apply: impl Fn(f64) -> f64) -> Lanes {
    Lanes::from_array(x.to_array().map(apply))
}

/// See the float32 twin.
#[derive(Clone, Copy)]
pub struct Exponential;

#[allow(clippy::new_without_default)]
impl Exponential {
    /// Nothing to prepare.
    pub fn new() -> Self {
        Self
    }

    /// eˣ.
    pub fn exp(&self, x: Lanes) -> Lanes {
        map(x, f64::exp)
    }
}

/// See the float32 twin.
#[derive(Clone, Copy)]
pub struct Logistic;

#[allow(clippy::new_without_default)]
impl Logistic {
    /// Nothing to prepare.
    pub fn new() -> Self {
        Self
    }

    /// 1 / (1 + e⁻ˣ).
    pub fn sigmoid(&self, x: Lanes) -> Lanes {
        map(x, |x| 1.0 / (1.0 + (-x).exp()))
    }

    /// [`Self::sigmoid`], and what it lacks to 1.
    pub fn sides(&self, x: Lanes) -> [Lanes; 2] {
        [self.sigmoid(x), map(x, |x| 1.0 / (1.0 + x.exp()))]
    }

    /// There are no limits here.
    pub fn are_within(&self, _x: [Lanes; 4]) -> bool {
        true
    }

    /// [`Self::sigmoid`].
    pub fn sigmoid_within(&self, x: Lanes) -> Lanes {
        self.sigmoid(x)
    }
}

/// See the float32 twin.
#[derive(Clone, Copy)]
pub struct Falling;

#[allow(clippy::new_without_default)]
impl Falling {
    /// Nothing is scaled here.
    pub const UNIT: f64 = 1.0;

    /// Nothing to prepare.
    pub fn new() -> Self {
        Self
    }

    /// eˣ.
    pub fn exp(&self, x: Lanes) -> Lanes {
        map(x, f64::exp)
    }

    /// [`Self::exp`].
    pub fn exp_within(&self, x: Lanes) -> Lanes {
        self.exp(x)
    }

    /// eˣ − 1.
    pub fn exp_minus_one(&self, x: Lanes) -> Lanes {
        map(x, f64::exp_m1)
    }
}

/// See the float32 twin.
#[derive(Clone, Copy)]
pub struct Tangent;

#[allow(clippy::new_without_default)]
impl Tangent {
    /// Nothing to prepare.
    pub fn new() -> Self {
        Self
    }

    /// tanh x.
    pub fn tanh(&self, x: Lanes) -> Lanes {
        map(x, f64::tanh)
    }
}

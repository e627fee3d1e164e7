//! Activation functions that work on each element, and their gradients.

use super::bends;
use super::curves::{self, Softplus};
use super::exponential::{Exponential, Falling, Logistic, Tangent};
use super::map::{map, map_in_place, map_small, map_small_in_place};
use super::normal::Normal;
use crate::error::Error;
use crate::threads::{each_share_of, each_value, OF_COPYING};
use crate::vector::{sweep, Lanes, Real, Vector};

/// An activation function.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Activation {
    /// The identity.
    Linear,
    /// 1 / (1 + e⁻ˣ).
    Sigmoid,
    /// max(x, 0).
    Relu,
    /// Hyperbolic tangent.
    Tanh,
    /// min(max(x, 0), 6).
    Relu6,
    /// x for x ≥ 0, else x times this slope.
    LeakyRelu(Real),
    /// x for x ≥ 0, else eˣ − 1 times this limit.
    Elu(Real),
    /// Elu whose limit and scale keep mean and variance.
    Selu,
    /// x · Φ(x) with the normal distribution Φ.
    Gelu,
    /// Gelu by a tangent.
    GeluTanh,
    /// x · sigmoid(x).
    Silu,
    /// ln(1 + eˣ).
    Softplus,
    /// relu6(x + 3) / 6.
    HardSigmoid,
    /// x · relu6(x + 3) / 6.
    HardSwish,
    /// x · tanh(ln(1 + eˣ)).
    Mish,
    /// x / (1 + |x|).
    Softsign,
    /// min(max(x, −1), 1).
    HardTanh,
    /// eˣ.
    Exponential,
    /// ln sigmoid(x).
    LogSigmoid,
    /// x drawn towards 0 by this width.
    SoftShrink(Real),
    /// x, 0 where |x| is at most this width.
    HardShrink(Real),
    /// x − tanh(x).
    TanhShrink,
    /// (x + √(x² + b)) / 2 with this b.
    Squareplus(Real),
}

impl Activation {
    /// The function of a code, see ts/layers/activations.ts; `alpha` is the slope or limit of those that have one.
    pub fn from_code(code: u32, alpha: Real) -> Result<Self, Error> {
        Ok(match code {
            0 => Self::Linear,
            1 => Self::Sigmoid,
            2 => Self::Relu,
            3 => Self::Tanh,
            4 => Self::Relu6,
            5 => Self::LeakyRelu(alpha),
            6 => Self::Elu(alpha),
            7 => Self::Selu,
            8 => Self::Gelu,
            9 => Self::GeluTanh,
            10 => Self::Silu,
            11 => Self::Softplus,
            12 => Self::HardSigmoid,
            13 => Self::HardSwish,
            14 => Self::Mish,
            15 => Self::Softsign,
            16 => Self::HardTanh,
            17 => Self::Exponential,
            18 => Self::LogSigmoid,
            19 => Self::SoftShrink(alpha),
            20 => Self::HardShrink(alpha),
            21 => Self::TanhShrink,
            22 => Self::Squareplus(alpha),
            _ => return Err(Error::UnknownCode),
        })
    }

    /// Whether a gradient is taken from the function's output, not from its input.
    pub fn slope_follows_from_output(self) -> bool {
        matches!(self, Self::Linear | Self::Sigmoid | Self::Relu | Self::Tanh | Self::Relu6 | Self::Exponential)
    }

    /// Operations that a value takes as long as, for [`each_value`].
    pub fn work(self) -> usize {
        match self {
            Self::Linear | Self::Relu | Self::Relu6 | Self::LeakyRelu(_) | Self::HardTanh => OF_COPYING,
            Self::SoftShrink(_) | Self::HardShrink(_) | Self::HardSigmoid | Self::HardSwish | Self::Softsign => 8,
            Self::Gelu | Self::Softplus | Self::LogSigmoid | Self::Mish => 50,
            _ => 25,
        }
    }

    /// The same of a value of its gradient.
    pub fn work_of_slope(self) -> usize {
        match self {
            Self::Sigmoid | Self::Tanh | Self::Exponential => OF_COPYING,
            Self::Gelu | Self::GeluTanh | Self::Mish => 70,
            _ => self.work().min(30),
        }
    }
}

/// `y = activation(x)`.
pub fn forward(activation: Activation, x: &[Real], y: &mut [Real]) {
    each_share_of(x, y, activation.work(), |x, y| match activation {
        Activation::Linear => y.copy_from_slice(x),
        _ => with_function(activation, Between { x, y }),
    });
}

/// `y = activation(y)`.
pub fn forward_in_place(activation: Activation, y: &mut [Real]) {
    if activation != Activation::Linear {
        with_function(activation, InPlace { y });
    }
}

/// What takes a function of four lanes and applies it, so that each function is named once.
trait Visitor: Sized {
    fn apply(self, function: impl Fn(Lanes) -> Lanes);
    /// For functions that need constants.
    #[inline(always)]
    fn apply_with<C>(self, constants: C, function: impl Fn(&C, Lanes) -> Lanes) {
        self.apply(|x| function(&constants, x));
    }
    /// For functions of a few instructions, among which those of the loop would count.
    #[inline(always)]
    fn apply_brief(self, function: impl Fn(Lanes) -> Lanes) {
        self.apply(function);
    }
    /// The same where a simpler function gives the same for four vectors that are `small`.
    fn apply_simpler(
        self,
        small: impl Fn([Lanes; 4]) -> bool,
        simple: impl Fn(Lanes) -> Lanes,
        function: impl Fn(Lanes) -> Lanes,
    );
}

struct Between<'a> {
    x: &'a [Real],
    y: &'a mut [Real],
}

impl Visitor for Between<'_> {
    #[inline(always)]
    fn apply(self, function: impl Fn(Lanes) -> Lanes) {
        map::<1>(self.x, self.y, function);
    }

    #[inline(always)]
    fn apply_brief(self, function: impl Fn(Lanes) -> Lanes) {
        map::<4>(self.x, self.y, function);
    }

    #[inline(always)]
    fn apply_simpler(
        self,
        small: impl Fn([Lanes; 4]) -> bool,
        simple: impl Fn(Lanes) -> Lanes,
        function: impl Fn(Lanes) -> Lanes,
    ) {
        map_small(self.x, self.y, small, simple, function);
    }
}

struct InPlace<'a> {
    y: &'a mut [Real],
}

impl Visitor for InPlace<'_> {
    #[inline(always)]
    fn apply(self, function: impl Fn(Lanes) -> Lanes) {
        map_in_place(self.y, function);
    }

    #[inline(always)]
    fn apply_simpler(
        self,
        small: impl Fn([Lanes; 4]) -> bool,
        simple: impl Fn(Lanes) -> Lanes,
        function: impl Fn(Lanes) -> Lanes,
    ) {
        map_small_in_place(self.y, small, simple, function);
    }
}

#[inline(always)]
fn with_function(activation: Activation, visitor: impl Visitor) {
    let zero = Lanes::splat(0.0);
    match activation {
        Activation::Linear => visitor.apply_brief(|x| x),
        Activation::Sigmoid => {
            let c = Logistic::new();
            visitor.apply_simpler(|x| c.are_within(x), |x| c.sigmoid_within(x), |x| c.sigmoid(x));
        }
        Activation::Silu => {
            let c = Logistic::new();
            let within = |x: Lanes| x.mul(c.sigmoid_within(x));
            visitor.apply_simpler(|x| c.are_within(x), within, |x| curves::silu(&c, x));
        }
        Activation::Relu => visitor.apply_brief(|x| x.at_least(zero)),
        Activation::Tanh => visitor.apply_with(Tangent::new(), Tangent::tanh),
        Activation::Relu6 => visitor.apply_brief(|x| x.at_least(zero).at_most(Lanes::splat(6.0))),
        Activation::LeakyRelu(slope) => visitor.apply_brief(|x| x.select_less(zero, x.mul(Lanes::splat(slope)), x)),
        Activation::HardSigmoid => visitor.apply_brief(curves::hard_sigmoid),
        Activation::HardSwish => visitor.apply_brief(|x| x.mul(curves::hard_sigmoid(x))),
        Activation::Softsign => visitor.apply(bends::softsign),
        Activation::HardTanh => visitor.apply_brief(bends::hard_tanh),
        Activation::SoftShrink(width) => visitor.apply(|x| bends::soft_shrink(x, width)),
        Activation::HardShrink(width) => visitor.apply(|x| bends::hard_shrink(x, width)),
        Activation::Squareplus(b) => visitor.apply(|x| bends::squareplus(x, b)),
        Activation::Mish | Activation::Exponential | Activation::LogSigmoid | Activation::TanhShrink => {
            with_bend(activation, visitor);
        }
        _ => with_curve(activation, visitor),
    }
}

/// The functions that need exp; a frame of their own, so that their constants do not crowd the others'.
#[inline(never)]
fn with_curve(activation: Activation, visitor: impl Visitor) {
    match activation {
        Activation::Elu(limit) => visitor.apply_with(Falling::new(), |c, x| curves::elu(c, x, limit)),
        Activation::Selu => visitor.apply_with(Falling::new(), curves::selu),
        Activation::Gelu => visitor.apply_with(Normal::new(), Normal::weighted),
        Activation::GeluTanh => visitor.apply_with(Logistic::new(), curves::gelu_tanh),
        _ => visitor.apply_with(Softplus::new(), Softplus::softplus),
    }
}

/// The rarer functions that need exp or tanh.
#[inline(never)]
fn with_bend(activation: Activation, visitor: impl Visitor) {
    match activation {
        Activation::Mish => visitor.apply_with(Falling::new(), bends::mish),
        Activation::Exponential => visitor.apply_with(Exponential::new(), Exponential::exp),
        Activation::LogSigmoid => visitor.apply_with(Softplus::new(), bends::log_sigmoid),
        _ => visitor.apply_with(Tangent::new(), bends::tanh_shrink),
    }
}

/// `dx = dy · activation′`. `v` is the activation's output for the first five functions and the exponential, whose derivative it tells: y(1−y)
/// for sigmoid, y > 0 for relu, 1−y² for tanh, y for the exponential. For the others it is the input; or, with the exponential's code, what
/// [`super::with_slope`] has kept of them.
pub fn gradient(activation: Activation, v: &[Real], dy: &[Real], dx: &mut [Real]) {
    each_value([dx], activation.work_of_slope(), |first, [dx]| {
        let range = first..first + dx.len();
        with_slope(activation, &v[range.clone()], Some(&dy[range]), dx);
    });
}

/// `dy = dy · activation′`, see [`gradient`].
pub fn gradient_in_place(activation: Activation, v: &[Real], dy: &mut [Real]) {
    each_share_of(v, dy, activation.work_of_slope(), |v, dy| slope_in_place(activation, v, dy));
}

/// [`gradient_in_place`] of a part, by one thread. `v` and `dy` have the same length.
pub fn slope_in_place(activation: Activation, v: &[Real], dy: &mut [Real]) {
    with_slope(activation, v, None, dy);
}

/// `dx = dy · activation′` of a part; without `dy` it is `dx` that is multiplied.
fn with_slope(activation: Activation, v: &[Real], dy: Option<&[Real]>, dx: &mut [Real]) {
    let constant = Lanes::splat;
    let (zero, one) = (constant(0.0), constant(1.0));
    match activation {
        Activation::Linear => dy.into_iter().for_each(|dy| dx.copy_from_slice(dy)),
        Activation::Sigmoid => sweep::<4>(dy, v, dx, |dy, y| dy.mul(y.mul(one.sub(y)))),
        Activation::Relu => sweep::<4>(dy, v, dx, |dy, y| zero.select_less(y, dy, zero)),
        Activation::Tanh => sweep::<4>(dy, v, dx, |dy, y| dy.mul(one.sub(y.mul(y)))),
        Activation::Relu6 => {
            sweep::<4>(dy, v, dx, |dy, y| zero.select_less(y, y.select_less(constant(6.0), dy, zero), zero))
        }
        Activation::Exponential => sweep::<4>(dy, v, dx, Lanes::mul),
        Activation::LeakyRelu(slope) => {
            sweep::<1>(dy, v, dx, |dy, x| zero.select_less(x, dy, dy.mul(constant(slope))));
        }
        Activation::HardSigmoid => sweep::<4>(dy, v, dx, |dy, x| dy.mul(curves::hard_sigmoid_slope(x))),
        Activation::HardSwish => {
            sweep::<4>(dy, v, dx, |dy, x| dy.mul(x.mul_add(curves::hard_sigmoid_slope(x), curves::hard_sigmoid(x))))
        }
        Activation::Softsign => sweep::<1>(dy, v, dx, |dy, x| dy.mul(bends::softsign_slope(x))),
        Activation::HardTanh => sweep::<1>(dy, v, dx, |dy, x| dy.mul(bends::hard_tanh_slope(x))),
        Activation::SoftShrink(width) | Activation::HardShrink(width) => {
            sweep::<1>(dy, v, dx, |dy, x| dy.mul(bends::shrink_slope(x, width)));
        }
        Activation::Squareplus(b) => sweep::<1>(dy, v, dx, |dy, x| dy.mul(bends::squareplus_slope(x, b))),
        Activation::Mish | Activation::LogSigmoid | Activation::TanhShrink => {
            bend_gradient(activation, (v, dy, dx));
        }
        _ => curve_gradient(activation, (v, dy, dx)),
    }
}

/// What [`with_slope`] gets.
type Arrays<'a> = (&'a [Real], Option<&'a [Real]>, &'a mut [Real]);

/// [`with_slope`] of a derivative that needs constants.
#[inline(always)]
fn slopes<C>(constants: C, (x, dy, dx): Arrays, slope: impl Fn(&C, Lanes) -> Lanes) {
    sweep::<1>(dy, x, dx, |dy, x| dy.mul(slope(&constants, x)));
}

#[inline(never)]
fn curve_gradient(activation: Activation, arrays: Arrays) {
    match activation {
        Activation::Elu(limit) => slopes(Falling::new(), arrays, |c, x| curves::elu_slope(c, x, limit)),
        Activation::Selu => slopes(Falling::new(), arrays, curves::selu_slope),
        Activation::Gelu => slopes(Normal::new(), arrays, Normal::weighted_slope),
        Activation::GeluTanh => slopes(Logistic::new(), arrays, curves::gelu_tanh_slope),
        Activation::Silu => slopes(Logistic::new(), arrays, curves::silu_slope),
        _ => slopes(Softplus::new(), arrays, Softplus::slope),
    }
}

#[inline(never)]
fn bend_gradient(activation: Activation, arrays: Arrays) {
    match activation {
        Activation::Mish => slopes(Falling::new(), arrays, bends::mish_slope),
        Activation::LogSigmoid => slopes(Softplus::new(), arrays, bends::log_sigmoid_slope),
        _ => slopes(Tangent::new(), arrays, bends::tanh_shrink_slope),
    }
}

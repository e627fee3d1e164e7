//! Activation functions together with their slopes, which are made of the same exponential functions and quotients: training keeps the
//! slopes instead of the inputs, and the gradient is a product.

use super::activation::{self, Activation};
use super::bends;
use super::curves::{self, Softplus};
use super::exponential::{Falling, Logistic, Tangent};
use super::normal::Normal;
use crate::threads::each_value;
use crate::vector::{spread, Lanes, Real};

/// `y = activation(x)` and `slope = activation′(x)`, with the bits of [`activation::forward`] and of [`activation::gradient`] of ones.
pub fn forward(activation: Activation, x: &[Real], y: &mut [Real], slope: &mut [Real]) {
    each_value([y, slope], activation.work(), |first, [y, slope]| {
        both(activation, Part { x: &x[first..][..y.len()], y, slope });
    });
}

/// Some of the values.
struct Part<'a> {
    x: &'a [Real],
    y: &'a mut [Real],
    slope: &'a mut [Real],
}

fn both(activation: Activation, part: Part) {
    match activation {
        Activation::Elu(limit) => {
            part.fill(Falling::new(), |c, x| curves::elu(c, x, limit), |c, x| curves::elu_slope(c, x, limit));
        }
        Activation::Selu => part.fill(Falling::new(), curves::selu, curves::selu_slope),
        Activation::Gelu => part.fill(Normal::new(), Normal::weighted, Normal::weighted_slope),
        Activation::GeluTanh => part.fill(Logistic::new(), curves::gelu_tanh, curves::gelu_tanh_slope),
        Activation::Silu => part.fill(Logistic::new(), curves::silu, curves::silu_slope),
        Activation::Softplus => part.fill(Softplus::new(), Softplus::softplus, Softplus::slope),
        Activation::LogSigmoid => part.fill(Softplus::new(), bends::log_sigmoid, bends::log_sigmoid_slope),
        Activation::Mish => part.fill(Falling::new(), bends::mish, bends::mish_slope),
        Activation::TanhShrink => part.fill(Tangent::new(), bends::tanh_shrink, bends::tanh_shrink_slope),
        // Neither is much work, or they have little in common.
        _ => part.one_after_the_other(activation),
    }
}

impl Part<'_> {
    /// A function of its own for each, so that their constants do not crowd the others'. What both compute is computed once.
    #[inline(never)]
    fn fill<C>(self, constants: C, apply: impl Fn(&C, Lanes) -> Lanes, slope: impl Fn(&C, Lanes) -> Lanes) {
        let both = |[x]: [Lanes; 1], _| [apply(&constants, x), slope(&constants, x)];
        spread::<1, 2, 1>([self.x], [self.y, self.slope], both);
    }

    fn one_after_the_other(self, activation: Activation) {
        activation::forward(activation, self.x, self.y);
        let known = if activation.slope_follows_from_output() { &*self.y } else { self.x };
        self.slope.fill(1.0);
        activation::slope_in_place(activation, known, self.slope);
    }
}

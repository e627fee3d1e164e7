//! The activation functions that are made of exp, tanh and erf, with their derivatives.

use super::exponential::{Exponential, Logistic, Tangent};
use crate::vector::{F32x4, Vector};

/// Limit and scale of selu (Klambauer et al., "Self-Normalizing Neural Networks", 2017).
const SELU_LIMIT: f32 = 1.673_263_2;
const SELU_SCALE: f32 = 1.050_701;
/// √(2/π) and the cube's share of gelu by a tangent (Hendrycks and Gimpel, "Gaussian Error Linear Units", 2016).
const GELU_SCALE: f32 = 0.797_884_6;
const GELU_CUBE: f32 = 0.044_715;
/// 1/√(2π).
const NORMAL: f32 = 0.398_942_3;

/// relu6(x + 3) / 6.
#[inline(always)]
pub fn hard_sigmoid(x: F32x4) -> F32x4 {
    let constant = F32x4::splat;
    x.add(constant(3.0)).at_least(constant(0.0)).at_most(constant(6.0)).mul(constant(1.0 / 6.0))
}

/// Its derivative: 1/6 between −3 and 3.
#[inline(always)]
pub fn hard_sigmoid_slope(x: F32x4) -> F32x4 {
    let zero = F32x4::splat(0.0);
    x.abs().select_less(F32x4::splat(3.0), F32x4::splat(1.0 / 6.0), zero)
}

/// The constants of all functions here.
pub struct Curves {
    exponential: Exponential,
    /// Also that of silu and of softplus' derivative.
    pub logistic: Logistic,
    tangent: Tangent,
}

impl Curves {
    /// The constants.
    #[allow(clippy::new_without_default)]
    pub fn new() -> Self {
        Self { exponential: Exponential::new(), logistic: Logistic::new(), tangent: Tangent::new() }
    }

    /// eˣ − 1 = 2t / (1 − t), t = tanh(x/2): without the cancellation of the subtraction. For x ≤ 0.
    #[inline(always)]
    fn exp_minus_one(&self, x: F32x4) -> F32x4 {
        let t = self.tangent.tanh(x.mul(F32x4::splat(0.5)));
        t.add(t).div(F32x4::splat(1.0).sub(t))
    }

    /// x for x ≥ 0, else `limit`·(eˣ − 1) (Clevert et al., 2015).
    #[inline(always)]
    pub fn elu(&self, x: F32x4, limit: f32) -> F32x4 {
        let zero = F32x4::splat(0.0);
        let low = self.exp_minus_one(x.at_most(zero)).mul(F32x4::splat(limit));
        x.select_less(zero, low, x)
    }

    /// Derivative of [`Self::elu`] by its input.
    #[inline(always)]
    pub fn elu_slope(&self, x: F32x4, limit: f32) -> F32x4 {
        let low = self.exponential.exp(x).mul(F32x4::splat(limit));
        F32x4::splat(0.0).select_less(x, F32x4::splat(1.0), low)
    }

    /// Elu with limit and scale that keep mean 0 and variance 1.
    #[inline(always)]
    pub fn selu(&self, x: F32x4) -> F32x4 {
        self.elu(x, SELU_LIMIT).mul(F32x4::splat(SELU_SCALE))
    }

    /// Derivative of [`Self::selu`].
    #[inline(always)]
    pub fn selu_slope(&self, x: F32x4) -> F32x4 {
        self.elu_slope(x, SELU_LIMIT).mul(F32x4::splat(SELU_SCALE))
    }

    /// Φ(x) = (1 + erf(x/√2)) / 2.
    #[inline(always)]
    fn normal_distribution(&self, x: F32x4) -> F32x4 {
        let half = F32x4::splat(0.5);
        erf(x.mul(F32x4::splat(std::f32::consts::FRAC_1_SQRT_2))).mul_add(half, half)
    }

    /// x·Φ(x).
    #[inline(always)]
    pub fn gelu(&self, x: F32x4) -> F32x4 {
        x.mul(self.normal_distribution(x))
    }

    /// Φ(x) + x·φ(x).
    #[inline(always)]
    pub fn gelu_slope(&self, x: F32x4) -> F32x4 {
        let density = self.exponential.exp(x.mul(x).mul(F32x4::splat(-0.5))).mul(F32x4::splat(NORMAL));
        // Where the density is 0, x may be infinite.
        let share = F32x4::splat(0.0).select_less(density, x.mul(density), F32x4::splat(0.0));
        self.normal_distribution(x).add(share)
    }

    /// √(2/π)·(x + 0.044715·x³), and its tangent.
    #[inline(always)]
    fn gelu_tangent(&self, x: F32x4) -> F32x4 {
        let inner = x.mul(x).mul_add(F32x4::splat(GELU_CUBE), F32x4::splat(1.0)).mul(x);
        self.tangent.tanh(inner.mul(F32x4::splat(GELU_SCALE)))
    }

    /// x/2·(1 + tanh(√(2/π)·(x + 0.044715·x³))).
    #[inline(always)]
    pub fn gelu_tanh(&self, x: F32x4) -> F32x4 {
        let half = F32x4::splat(0.5);
        x.mul(self.gelu_tangent(x).mul_add(half, half))
    }

    /// Derivative of [`Self::gelu_tanh`].
    #[inline(always)]
    pub fn gelu_tanh_slope(&self, x: F32x4) -> F32x4 {
        let (half, one) = (F32x4::splat(0.5), F32x4::splat(1.0));
        let t = self.gelu_tangent(x);
        let inner = x.mul(x).mul_add(F32x4::splat(3.0 * GELU_CUBE), one).mul(F32x4::splat(GELU_SCALE));
        let bend = one.sub(t.mul(t));
        let share = F32x4::splat(0.0).select_less(bend, x.mul(inner).mul(bend), F32x4::splat(0.0));
        half.mul(one.add(t).add(share))
    }

    /// Derivative of x·sigmoid(x): s·(1 + x·(1 − s)).
    #[inline(always)]
    pub fn silu_slope(&self, x: F32x4) -> F32x4 {
        let one = F32x4::splat(1.0);
        let s = self.logistic.sigmoid(x);
        let share = x.mul(s.mul(one.sub(s)));
        s.add(share)
    }

    /// ln(1 + eˣ) = max(x, 0) + ln(1 + e), e = e^−|x|; ln(1 + e) = 2·artanh(e / (2 + e)).
    #[inline(always)]
    pub fn softplus(&self, x: F32x4) -> F32x4 {
        let constant = F32x4::splat;
        let e = self.exponential.exp(x.negative_abs());
        let s = e.div(e.add(constant(2.0)));
        let square = s.mul(s);
        let mut sum = constant(1.0 / 15.0);
        for odd in [13.0, 11.0, 9.0, 7.0, 5.0, 3.0, 1.0] {
            sum = sum.mul_add(square, constant(1.0 / odd));
        }
        x.at_least(constant(0.0)).add(s.add(s).mul(sum))
    }
}

/// The error function, within 3e-7: the rational approximation of Eigen and XLA, odd over even polynomial on [−4, 4].
#[inline(always)]
fn erf(x: F32x4) -> F32x4 {
    const ODD: [f32; 7] = [
        -2.726_142_3e-10,
        2.770_681_5e-8,
        -2.101_024_1e-6,
        -5.692_506_5e-5,
        -7.349_906_3e-4,
        -2.954_600e-3,
        -1.609_603_3e-2,
    ];
    const EVEN: [f32; 5] = [-1.456_607_2e-5, -2.133_740_6e-4, -1.682_827_0e-3, -7.373_329_1e-3, -1.426_473_9e-2];
    let x = x.at_least(F32x4::splat(-4.0)).at_most(F32x4::splat(4.0));
    let square = x.mul(x);
    let polynomial = |coefficients: &[f32]| {
        coefficients[1..].iter().fold(F32x4::splat(coefficients[0]), |sum, &c| sum.mul_add(square, F32x4::splat(c)))
    };
    x.mul(polynomial(&ODD)).div(polynomial(&EVEN))
}

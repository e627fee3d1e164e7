//! The transforms along one axis. They are applied to columns, then to rows.
//!
//! A product of two polynomials is known by its values at as many points as it has coefficients: both are evaluated there,
//! multiplied, and the product is interpolated. A correlation is the transpose of that. The points are 0, ±2/3, ±3/2 and
//! infinity. With ±1 and ±2, at which integers stay exact in the transforms of inputs, the largest error is five times as
//! large; with ±1/2 and ±2 three times.

use super::{M, N};
use crate::vector::{Lanes, Real, Vector};
use std::hint::black_box;

/// The points besides 0 and infinity are ±A and ±1/A; that A² · 1/A² is 1 saves multiplications.
const A: f64 = 2.0 / 3.0;

/// What the transforms multiply by. The compiler does not know the values: it would build a vector of them anew at every
/// use.
#[derive(Clone, Copy)]
pub struct Points {
    /// A, A², A³, and the same of 1/A.
    a: [Lanes; 3],
    b: [Lanes; 3],
    /// −A, −A², and the same of 1/A.
    minus_a: [Lanes; 2],
    minus_b: [Lanes; 2],
    /// −A² − 1/A².
    minus_both: Lanes,
    /// Weights of ±A and ±1/A in the interpolation; those of 0 and infinity are 1.
    weights: [Lanes; 2],
}

impl Points {
    pub fn new() -> Self {
        let constant = |value: f64| Lanes::splat(black_box(value as Real));
        let powers = |x: f64| [constant(x), constant(x * x), constant(x * x * x)];
        let (a, b) = (A, 1.0 / A);
        Self {
            a: powers(a),
            b: powers(b),
            minus_a: [constant(-a), constant(-a * a)],
            minus_b: [constant(-b), constant(-b * b)],
            minus_both: constant(-a * a - b * b),
            weights: [constant(0.5 / (a * a * (a * a - b * b))), constant(0.5 / (b * b * (b * b - a * a)))],
        }
    }

    /// Inputs of a tile.
    #[inline(always)]
    pub fn inputs(self, d: [Lanes; N]) -> [Lanes; N] {
        let (even_a, odd_a) = (d[2].mul_add(self.minus_b[1], d[4]), d[1].mul_add(self.minus_b[1], d[3]));
        let (even_b, odd_b) = (d[2].mul_add(self.minus_a[1], d[4]), d[1].mul_add(self.minus_a[1], d[3]));
        [
            d[2].mul_add(self.minus_both, d[0].add(d[4])),
            odd_a.mul_add(self.a[0], even_a),
            odd_a.mul_add(self.minus_a[0], even_a),
            odd_b.mul_add(self.b[0], even_b),
            odd_b.mul_add(self.minus_b[0], even_b),
            d[3].mul_add(self.minus_both, d[1].add(d[5])),
        ]
    }

    /// Taps of a filter, times the weights.
    #[inline(always)]
    pub fn taps(self, g: [Lanes; 3]) -> [Lanes; N] {
        let point = |x: &[Lanes; 3], weight: Lanes| {
            let (even, odd) = (g[2].mul_add(x[1], g[0]).mul(weight), g[1].mul(x[0]).mul(weight));
            (even.add(odd), even.sub(odd))
        };
        let (a, b) = (point(&self.a, self.weights[0]), point(&self.b, self.weights[1]));
        [g[0], a.0, a.1, b.0, b.1, g[2]]
    }

    /// Outputs, from products of [`Self::inputs`] and [`Self::taps`].
    #[inline(always)]
    pub fn outputs(self, m: [Lanes; N]) -> [Lanes; M] {
        let (even_a, odd_a) = (m[1].add(m[2]), m[1].sub(m[2]));
        let (even_b, odd_b) = (m[3].add(m[4]), m[3].sub(m[4]));
        [
            m[0].add(even_a).add(even_b),
            odd_a.mul_add(self.a[0], odd_b.mul(self.b[0])),
            even_a.mul_add(self.a[1], even_b.mul(self.b[1])),
            odd_a.mul_add(self.a[2], odd_b.mul_add(self.b[2], m[5])),
        ]
    }

    /// Gradients of a tile's outputs, the transpose of [`Self::outputs`]: the filter of the filters' gradient, and the input
    /// of the transposed convolution.
    #[inline(always)]
    pub fn gradients(self, g: [Lanes; M]) -> [Lanes; N] {
        let (even_a, odd_a) = (g[2].mul_add(self.a[1], g[0]), g[3].mul_add(self.a[1], g[1]));
        let (even_b, odd_b) = (g[2].mul_add(self.b[1], g[0]), g[3].mul_add(self.b[1], g[1]));
        [
            g[0],
            odd_a.mul_add(self.a[0], even_a),
            odd_a.mul_add(self.minus_a[0], even_a),
            odd_b.mul_add(self.b[0], even_b),
            odd_b.mul_add(self.minus_b[0], even_b),
            g[3],
        ]
    }

    /// Gradients of a tile's inputs, the transpose of [`Self::inputs`]: outputs of the transposed convolution, from products of
    /// [`Self::gradients`] and [`Self::taps`].
    #[inline(always)]
    pub fn spread(self, m: [Lanes; N]) -> [Lanes; N] {
        let (even_a, odd_a) = (m[1].add(m[2]), m[1].sub(m[2]));
        let (even_b, odd_b) = (m[3].add(m[4]), m[3].sub(m[4]));
        // A · 1/A is 1: odd_a comes with A · 1/A², odd_b with 1/A · A².
        [
            m[0],
            odd_a.mul_add(self.minus_b[0], odd_b.mul_add(self.minus_a[0], m[5])),
            m[0].mul_add(self.minus_both, even_a.mul_add(self.minus_b[1], even_b.mul(self.minus_a[1]))),
            m[5].mul_add(self.minus_both, odd_a.mul_add(self.a[0], odd_b.mul(self.b[0]))),
            m[0].add(even_a).add(even_b),
            m[5],
        ]
    }

    /// Gradients of a filter's taps, from sums of products of [`Self::inputs`] and [`Self::gradients`].
    #[inline(always)]
    pub fn tap_gradients(self, m: [Lanes; N]) -> [Lanes; 3] {
        let [weight_a, weight_b] = self.weights;
        let (even_a, odd_a) = (m[1].add(m[2]).mul(weight_a), m[1].sub(m[2]).mul(weight_a));
        let (even_b, odd_b) = (m[3].add(m[4]).mul(weight_b), m[3].sub(m[4]).mul(weight_b));
        [
            m[0].add(even_a).add(even_b),
            odd_a.mul_add(self.a[0], odd_b.mul(self.b[0])),
            even_a.mul_add(self.a[1], even_b.mul_add(self.b[1], m[5])),
        ]
    }
}

/// Applies a transform to the columns of a square and then to the rows of what comes out: R×R vectors of S×S.
#[inline(always)]
pub fn around<const S: usize, const R: usize>(
    transform: impl Fn([Lanes; S]) -> [Lanes; R],
    source: impl Fn(usize, usize) -> Lanes,
    mut set: impl FnMut(usize, usize, Lanes),
) {
    let columns: [_; S] = std::array::from_fn(|j| transform(std::array::from_fn(|i| source(i, j))));
    // Written out: LLVM would put all columns into memory for a loop.
    emit(0, &columns, &transform, &mut set);
    emit(1, &columns, &transform, &mut set);
    emit(2, &columns, &transform, &mut set);
    emit(3, &columns, &transform, &mut set);
    emit(4, &columns, &transform, &mut set);
    emit(5, &columns, &transform, &mut set);
}

/// Row `i` of [`around`], if there is one.
#[inline(always)]
fn emit<const S: usize, const R: usize>(
    i: usize,
    columns: &[[Lanes; R]; S],
    transform: &impl Fn([Lanes; S]) -> [Lanes; R],
    set: &mut impl FnMut(usize, usize, Lanes),
) {
    if i < R {
        let row = transform(std::array::from_fn(|j| columns[j][i]));
        for j in 0..R {
            set(i, j, row[j]);
        }
    }
}

//! The transforms along one axis. They are applied to columns, then to rows.
//!
//! A product of two polynomials is known by its values at as many points as it has coefficients: both are evaluated there,
//! multiplied, and the product is interpolated. A correlation is the transpose of that. A tile has four outputs, and with filters of three
//! taps [six](super::six) points, with four or five [eight](super::eight).
//!
//! An axis along which filters have one tap is left as it is.

use super::around::{Axis, Transform};
use super::eight::Eight;
use super::six::Six;
use super::{along, side, SIDE};
use crate::vector::{Lanes, Vector};

/// What the transforms multiply by. The compiler does not know the values: it would build a vector of them anew at every
/// use.
#[derive(Clone, Copy)]
pub struct Points {
    pub(super) six: Six,
    pub(super) eight: Eight,
}

impl Points {
    pub fn new() -> Self {
        Self { six: Six::new(), eight: Eight::new() }
    }
}

/// The value at a point, whose square is given, of the coefficients from `first` on, every second one.
#[inline(always)]
pub fn every_second<const C: usize>(first: usize, g: [Lanes; C], square: Lanes) -> Lanes {
    (first..C).step_by(2).rev().map(|k| g[k]).reduce(|sum, g| sum.mul_add(square, g)).unwrap_or(Lanes::splat(0.0))
}

/// Whether tiles of so many rows out of `side`, at the end of an image, do without one of `count` points: those of two out of four without the
/// last two besides infinity, those of one without infinity as well, others without infinity.
#[inline(always)]
pub fn is_missing((rows, side): (usize, usize), point: usize, count: usize) -> bool {
    let (is_half, is_last) = (side == SIDE && [1, 2].contains(&rows), point + 1 == count);
    count > 1 && (is_last && rows != 2 || is_half && !is_last && point + 3 >= count)
}

/// The points of tiles of two rows out of four.
#[inline(always)]
fn of_half<const R: usize>() -> [bool; R] {
    std::array::from_fn(|point| !is_missing((2, SIDE), point, R))
}

/// The values at x and −x, of what is even there and what is odd.
#[inline(always)]
pub fn pair(even: Lanes, odd: Lanes, x: Lanes, minus_x: Lanes) -> [Lanes; 2] {
    [odd.mul_add(x, even), odd.mul_add(minus_x, even)]
}

/// Transforms along an axis with R points. Those of a half are of tiles of two rows or columns out of four, or of one, which do without two points, and share the
/// other side's values at the others.
pub trait At<const R: usize>: Copy {
    /// Inputs of a tile.
    fn inputs(self, d: [Lanes; R]) -> [Lanes; R];

    /// The same of the first ones.
    fn inputs_of_half(self, d: [Lanes; R]) -> [Lanes; R];

    /// Values of a polynomial of C coefficients: the gradients of a tile's outputs, which are the filter of the filters' gradient, and the input of
    /// the transposed convolution.
    fn values<const C: usize>(self, g: [Lanes; C]) -> [Lanes; R];

    /// Those of the first two.
    fn values_of_half<const C: usize>(self, g: [Lanes; C]) -> [Lanes; R];

    /// The transpose of [`Self::values`]: outputs of a tile, from products of [`Self::inputs`] and [`Self::taps`].
    fn coefficients<const C: usize>(self, m: [Lanes; R]) -> [Lanes; C];

    /// The first two of them.
    fn coefficients_of_half<const C: usize>(self, m: [Lanes; R]) -> [Lanes; C];

    /// Values times the weights of the points.
    fn weighted(self, m: [Lanes; R]) -> [Lanes; R];

    /// Gradients of a tile's inputs, the transpose of [`Self::inputs`]: outputs of the transposed convolution, from products of
    /// [`Self::values`] and [`Self::taps`].
    fn spread(self, m: [Lanes; R]) -> [Lanes; R];

    /// The same of the first ones, from the gradients of two outputs.
    fn spread_of_half(self, m: [Lanes; R]) -> [Lanes; R];

    /// Taps of a filter, times the weights.
    #[inline(always)]
    fn taps<const K: usize>(self, g: [Lanes; K]) -> [Lanes; R] {
        self.weighted(self.values(g))
    }

    /// Gradients of a filter's taps, from sums of products of [`Self::inputs`] and [`Self::values`]. Where there are fewer taps than in a tile there is no sum at
    /// infinity.
    #[inline(always)]
    fn tap_gradients<const K: usize>(self, mut m: [Lanes; R]) -> [Lanes; K] {
        if side(K) + K - 1 < along(K) {
            m[R - 1] = Lanes::splat(0.0);
        }
        self.coefficients(self.weighted(m))
    }

    /// [`Self::inputs`] of tiles.
    #[inline(always)]
    fn of_inputs(self) -> Transform<R, impl Axis<R, R>, impl Axis<R, R>> {
        let made = [[true; R], of_half()];
        Transform { whole: move |d| self.inputs(d), half: move |d| self.inputs_of_half(d), made }
    }

    /// [`Self::coefficients`] of tiles.
    #[inline(always)]
    fn of_outputs<const M: usize>(self) -> Transform<M, impl Axis<R, M>, impl Axis<R, M>> {
        let made = [[true; M], std::array::from_fn(|i| i < 2)];
        Transform { whole: move |m| self.coefficients(m), half: move |m| self.coefficients_of_half(m), made }
    }

    /// [`Self::values`] of gradients of tiles.
    #[inline(always)]
    fn of_gradients<const M: usize>(self) -> Transform<R, impl Axis<M, R>, impl Axis<M, R>> {
        let made = [[true; R], of_half()];
        Transform { whole: move |g| self.values(g), half: move |g| self.values_of_half(g), made }
    }

    /// [`Self::spread`] of tiles.
    #[inline(always)]
    fn of_spread(self) -> Transform<R, impl Axis<R, R>, impl Axis<R, R>> {
        let made = [[true; R], std::array::from_fn(|i| i + 2 < R)];
        Transform { whole: move |m| self.spread(m), half: move |m| self.spread_of_half(m), made }
    }
}

/// An axis that is left as it is.
impl At<1> for Points {
    #[inline(always)]
    fn inputs(self, d: [Lanes; 1]) -> [Lanes; 1] {
        d
    }

    #[inline(always)]
    fn inputs_of_half(self, d: [Lanes; 1]) -> [Lanes; 1] {
        d
    }

    #[inline(always)]
    fn values<const C: usize>(self, g: [Lanes; C]) -> [Lanes; 1] {
        [g[0]]
    }

    #[inline(always)]
    fn values_of_half<const C: usize>(self, g: [Lanes; C]) -> [Lanes; 1] {
        [g[0]]
    }

    #[inline(always)]
    fn coefficients<const C: usize>(self, m: [Lanes; 1]) -> [Lanes; C] {
        [m[0]; C]
    }

    #[inline(always)]
    fn coefficients_of_half<const C: usize>(self, m: [Lanes; 1]) -> [Lanes; C] {
        [m[0]; C]
    }

    #[inline(always)]
    fn weighted(self, m: [Lanes; 1]) -> [Lanes; 1] {
        m
    }

    #[inline(always)]
    fn spread(self, m: [Lanes; 1]) -> [Lanes; 1] {
        m
    }

    #[inline(always)]
    fn spread_of_half(self, m: [Lanes; 1]) -> [Lanes; 1] {
        m
    }
}

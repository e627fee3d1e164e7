//! The transforms along one axis. They are applied to columns, then to rows.
//!
//! A product of two polynomials is known by its values at as many points as it has coefficients: both are evaluated there,
//! multiplied, and the product is interpolated. A correlation is the transpose of that. The points are 0, ±2/3, ±3/2 and
//! infinity. With ±1 and ±2, at which integers stay exact in the transforms of inputs, the largest error is five times as
//! large; with ±1/2 and ±2 three times.
//!
//! An axis along which filters have one tap is left as it is.
//!
//! They are the same for filters of three taps, whose tiles have four outputs, and of five, whose tiles have two: what is evaluated as a polynomial
//! has as many coefficients.

use super::N;
use crate::vector::{opaque, Lanes, Real, Vector};

/// The points besides 0 and infinity are ±A and ±1/A; that A² · 1/A² is 1 saves multiplications.
const A: f64 = 2.0 / 3.0;

/// What the transforms multiply by. The compiler does not know the values: it would build a vector of them anew at every
/// use.
#[derive(Clone, Copy)]
pub struct Points {
    /// Powers of A from the first to the fourth, and those of 1/A.
    pub(super) a: [Lanes; 4],
    pub(super) b: [Lanes; 4],
    /// −A, −A², and the same of 1/A.
    pub(super) minus_a: [Lanes; 2],
    pub(super) minus_b: [Lanes; 2],
    /// −A² − 1/A².
    pub(super) minus_both: Lanes,
    /// Weights of ±A and ±1/A in the interpolation; those of 0 and infinity are 1.
    weights: [Lanes; 2],
    /// What the weight of ±A is less than that of an interpolation without ±1/A: A² − 1/A²; and its products with A and −A.
    pub(super) halves: [Lanes; 3],
    /// The same of an interpolation without the others at all, where a filter has one tap: A⁴ − 1.
    pub(super) weight: Lanes,
}

impl Points {
    pub fn new() -> Self {
        let constant = |value: f64| opaque(value as Real);
        let powers = |x: f64| [constant(x), constant(x * x), constant(x * x * x), constant(x * x * x * x)];
        let (a, b) = (A, 1.0 / A);
        Self {
            a: powers(a),
            b: powers(b),
            minus_a: [constant(-a), constant(-a * a)],
            minus_b: [constant(-b), constant(-b * b)],
            minus_both: constant(-a * a - b * b),
            weights: [constant(0.5 / (a * a * (a * a - b * b))), constant(0.5 / (b * b * (b * b - a * a)))],
            halves: [constant(a * a - b * b), constant(a * (a * a - b * b)), constant(-a * (a * a - b * b))],
            weight: constant(a * a * a * a - 1.0),
        }
    }

    /// Inputs of a tile.
    #[inline(always)]
    pub fn inputs<const R: usize>(self, d: [Lanes; R]) -> [Lanes; R] {
        if R == 1 {
            return d;
        }
        let d: [Lanes; N] = sized(d);
        let (even_a, odd_a) = (d[2].mul_add(self.minus_b[1], d[4]), d[1].mul_add(self.minus_b[1], d[3]));
        let (even_b, odd_b) = (d[2].mul_add(self.minus_a[1], d[4]), d[1].mul_add(self.minus_a[1], d[3]));
        sized([
            d[2].mul_add(self.minus_both, d[0].add(d[4])),
            odd_a.mul_add(self.a[0], even_a),
            odd_a.mul_add(self.minus_a[0], even_a),
            odd_b.mul_add(self.b[0], even_b),
            odd_b.mul_add(self.minus_b[0], even_b),
            d[3].mul_add(self.minus_both, d[1].add(d[5])),
        ])
    }

    /// Values of a polynomial of C coefficients: the gradients of a tile's outputs, which are the filter of the filters' gradient, and the input of
    /// the transposed convolution.
    #[inline(always)]
    pub fn values<const C: usize, const R: usize>(self, g: [Lanes; C]) -> [Lanes; R] {
        if R == 1 {
            return sized(g);
        }
        // Those of the coefficients from `first` on, every second one.
        let every_second = |first: usize, square: Lanes| {
            (first..C)
                .step_by(2)
                .rev()
                .map(|k| g[k])
                .reduce(|sum, g| sum.mul_add(square, g))
                .unwrap_or(Lanes::splat(0.0))
        };
        let [(even_a, odd_a), (even_b, odd_b)] =
            [self.a, self.b].map(|x| (every_second(0, x[1]), every_second(1, x[1])));
        sized([
            g[0],
            odd_a.mul_add(self.a[0], even_a),
            odd_a.mul_add(self.minus_a[0], even_a),
            odd_b.mul_add(self.b[0], even_b),
            odd_b.mul_add(self.minus_b[0], even_b),
            g[C - 1],
        ])
    }

    /// The transpose of [`Self::values`]: outputs of a tile, from products of [`Self::inputs`] and [`Self::taps`].
    #[inline(always)]
    pub fn coefficients<const R: usize, const C: usize>(self, m: [Lanes; R]) -> [Lanes; C] {
        if R == 1 {
            return sized(m);
        }
        let m: [Lanes; N] = sized(m);
        let (even_a, odd_a) = (m[1].add(m[2]), m[1].sub(m[2]));
        let (even_b, odd_b) = (m[3].add(m[4]), m[3].sub(m[4]));
        std::array::from_fn(|power| {
            let Some(x) = power.checked_sub(1) else { return m[0].add(even_a).add(even_b) };
            let (at_a, at_b) = if power % 2 == 0 { (even_a, even_b) } else { (odd_a, odd_b) };
            let second = if power + 1 == C { at_b.mul_add(self.b[x], m[5]) } else { at_b.mul(self.b[x]) };
            at_a.mul_add(self.a[x], second)
        })
    }

    /// Values times the weights of the points.
    #[inline(always)]
    fn weighted<const R: usize>(self, m: [Lanes; R]) -> [Lanes; R] {
        if R == 1 {
            return m;
        }
        let ([a, b], m) = (self.weights, sized::<R, N>(m));
        sized([m[0], m[1].mul(a), m[2].mul(a), m[3].mul(b), m[4].mul(b), m[5]])
    }

    /// Taps of a filter, times the weights.
    #[inline(always)]
    pub fn taps<const K: usize, const R: usize>(self, g: [Lanes; K]) -> [Lanes; R] {
        self.weighted(self.values(g))
    }

    /// Gradients of a filter's taps, from sums of products of [`Self::inputs`] and [`Self::values`].
    #[inline(always)]
    pub fn tap_gradients<const R: usize, const K: usize>(self, m: [Lanes; R]) -> [Lanes; K] {
        self.coefficients(self.weighted(m))
    }

    /// Gradients of a tile's inputs, the transpose of [`Self::inputs`]: outputs of the transposed convolution, from products of
    /// [`Self::values`] and [`Self::taps`].
    #[inline(always)]
    pub fn spread<const R: usize>(self, m: [Lanes; R]) -> [Lanes; R] {
        if R == 1 {
            return m;
        }
        let m: [Lanes; N] = sized(m);
        let (even_a, odd_a) = (m[1].add(m[2]), m[1].sub(m[2]));
        let (even_b, odd_b) = (m[3].add(m[4]), m[3].sub(m[4]));
        // A · 1/A is 1: odd_a comes with A · 1/A², odd_b with 1/A · A².
        sized([
            m[0],
            odd_a.mul_add(self.minus_b[0], odd_b.mul_add(self.minus_a[0], m[5])),
            m[0].mul_add(self.minus_both, even_a.mul_add(self.minus_b[1], even_b.mul(self.minus_a[1]))),
            m[5].mul_add(self.minus_both, odd_a.mul_add(self.a[0], odd_b.mul(self.b[0]))),
            m[0].add(even_a).add(even_b),
            m[5],
        ])
    }
}

/// The same vectors, of which a caller knows that they are as many.
#[inline(always)]
pub(super) fn sized<const A: usize, const B: usize>(vectors: [Lanes; A]) -> [Lanes; B] {
    std::array::from_fn(|i| vectors[i])
}

/// A transform of whole tiles, and that of tiles of two rows or columns out of four, which need the values at 0, ±A and infinity alone and
/// share the other side's values there. What they answer where `made` says no, of whole ones and of the others, is not used.
#[derive(Clone, Copy)]
pub struct Transform<const R: usize, Whole, Half> {
    pub whole: Whole,
    pub half: Half,
    pub made: [[bool; R]; 2],
}

/// The points of tiles of two rows out of four.
const OF_HALF: [bool; N] = [true, true, true, false, false, true];

/// Whether tiles of so many rows, at the end of an image, do without a point: those of two out of four without ±1/A, others without infinity.
pub fn is_missing(rows: usize, point: usize) -> bool {
    if rows == 2 {
        !OF_HALF[point]
    } else {
        point == N - 1
    }
}

/// A function of one axis.
pub trait Axis<const S: usize, const R: usize>: Fn([Lanes; S]) -> [Lanes; R] {}
impl<const S: usize, const R: usize, F: Fn([Lanes; S]) -> [Lanes; R]> Axis<S, R> for F {}

impl Points {
    /// [`Self::inputs`], of two outputs four.
    #[inline(always)]
    pub fn of_inputs<const R: usize>(self) -> Transform<R, impl Axis<R, R>, impl Axis<R, R>> {
        let [factor, odd, minus_odd] = self.halves;
        let half = move |d: [Lanes; R]| {
            let d: [Lanes; N] = sized(d);
            let even = d[2].mul(factor);
            let far = d[1].mul_add(self.minus_a[1], d[3]);
            let (first, second) = (d[2].mul_add(self.minus_b[1], d[0]), d[1].mul_add(odd, even));
            sized([first, second, d[1].mul_add(minus_odd, even), far, far, far])
        };
        Transform { whole: move |d| self.inputs(d), half, made: [[true; R], std::array::from_fn(|i| OF_HALF[i])] }
    }

    /// [`Self::coefficients`], two of them.
    #[inline(always)]
    pub fn of_outputs<const R: usize, const M: usize>(self) -> Transform<M, impl Axis<R, M>, impl Axis<R, M>> {
        let half = move |m: [Lanes; R]| {
            let m: [Lanes; N] = sized(m);
            let last = m[1].sub(m[2]).mul_add(self.a[0], m[5]);
            std::array::from_fn(|i| if i == 0 { m[0].add(m[1].add(m[2])) } else { last })
        };
        Transform { whole: move |m| self.coefficients(m), half, made: [[true; M], std::array::from_fn(|i| i < 2)] }
    }

    /// [`Self::values`] of gradients, of two.
    #[inline(always)]
    pub fn of_gradients<const M: usize, const R: usize>(self) -> Transform<R, impl Axis<M, R>, impl Axis<M, R>> {
        let half = move |g: [Lanes; M]| {
            sized([g[0], g[1].mul_add(self.a[0], g[0]), g[1].mul_add(self.minus_a[0], g[0]), g[1], g[1], g[1]])
        };
        Transform { whole: move |g| self.values(g), half, made: [[true; R], std::array::from_fn(|i| OF_HALF[i])] }
    }

    /// [`Self::spread`], of two gradients to four.
    #[inline(always)]
    pub fn of_spread<const R: usize>(self) -> Transform<R, impl Axis<R, R>, impl Axis<R, R>> {
        let [factor, odd, _] = self.halves;
        let half = move |m: [Lanes; R]| {
            let m: [Lanes; N] = sized(m);
            let second = m[1].sub(m[2]).mul_add(odd, m[5].mul(self.minus_a[1]));
            let third = m[1].add(m[2]).mul_add(factor, m[0].mul(self.minus_b[1]));
            sized([m[0], second, third, m[5], m[5], m[5]])
        };
        Transform { whole: move |m| self.spread(m), half, made: [[true; R], std::array::from_fn(|i| i < 4)] }
    }
}

/// [`around`] of a tile that may have two rows, or columns, instead of four.
#[inline(always)]
pub fn around_tile<const SR: usize, const SC: usize, const RR: usize, const RC: usize>(
    down: &Transform<RR, impl Axis<SR, RR>, impl Axis<SR, RR>>,
    across: &Transform<RC, impl Axis<SC, RC>, impl Axis<SC, RC>>,
    halves: [bool; 2],
    source: impl Fn(usize, usize) -> Lanes,
    mut set: impl FnMut(usize, usize, Lanes),
) {
    let (rows, columns) = ((&down.whole, &down.made[0]), (&across.whole, &across.made[0]));
    let (half_rows, half_columns) = ((&down.half, &down.made[1]), (&across.half, &across.made[1]));
    // One row is whole.
    match [halves[0] && SR.max(RR) > 1, halves[1]] {
        [false, false] => rectangle(rows, columns, source, &mut set),
        [false, true] => rectangle(rows, half_columns, source, &mut set),
        [true, false] => rectangle(half_rows, columns, source, &mut set),
        [true, true] => rectangle(half_rows, half_columns, source, &mut set),
    }
}

/// Applies a transform to the columns of a rectangle and another one to the rows of what comes out: RR×RC vectors of SR×SC.
#[inline(always)]
pub fn around<const SR: usize, const SC: usize, const RR: usize, const RC: usize>(
    down: impl Axis<SR, RR>,
    across: impl Axis<SC, RC>,
    source: impl Fn(usize, usize) -> Lanes,
    mut set: impl FnMut(usize, usize, Lanes),
) {
    rectangle((&down, &[true; RR]), (&across, &[true; RC]), source, &mut set);
}

/// The same where they say that they make something.
#[inline(always)]
fn rectangle<const SR: usize, const SC: usize, const RR: usize, const RC: usize>(
    (down, rows): (&impl Axis<SR, RR>, &[bool; RR]),
    (across, columns): (&impl Axis<SC, RC>, &[bool; RC]),
    source: impl Fn(usize, usize) -> Lanes,
    set: &mut impl FnMut(usize, usize, Lanes),
) {
    let made: [_; SC] = std::array::from_fn(|j| down(std::array::from_fn(|i| source(i, j))));
    // Written out: LLVM would put all columns into memory for a loop.
    emit(0, rows, &made, (across, columns), set);
    emit(1, rows, &made, (across, columns), set);
    emit(2, rows, &made, (across, columns), set);
    emit(3, rows, &made, (across, columns), set);
    emit(4, rows, &made, (across, columns), set);
    emit(5, rows, &made, (across, columns), set);
}

/// Row `i` of [`rectangle`], if there is one.
#[inline(always)]
fn emit<const SC: usize, const RR: usize, const RC: usize>(
    i: usize,
    rows: &[bool; RR],
    made: &[[Lanes; RR]; SC],
    (across, columns): (&impl Axis<SC, RC>, &[bool; RC]),
    set: &mut impl FnMut(usize, usize, Lanes),
) {
    if i < RR && rows[i] {
        let row = across(std::array::from_fn(|j| made[j][i]));
        for j in 0..RC {
            if columns[j] {
                set(i, j, row[j]);
            }
        }
    }
}

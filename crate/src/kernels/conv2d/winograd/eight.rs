//! Eight points, of tiles that filters of four, five or seven taps have: 0, ±1/2, ±2, infinity and ±1, without which tiles of two outputs do.

use super::points::{every_second, pair, At, Points};
use super::EIGHT;
use crate::vector::{opaque, Lanes, Real, Vector};

/// The points besides 0 and infinity are ±A, ±1/A and ±1; that the product of their squares is 1 saves multiplications. With A from 0.45
/// to 0.65, and with others for ±1 and ±1/A, errors are as large or larger.
const A: f64 = 0.5;

/// What the transforms multiply by.
#[derive(Clone, Copy)]
pub struct Eight {
    /// Powers of A from the first to the sixth, and those of 1/A.
    a: [Lanes; 6],
    b: [Lanes; 6],
    minus_a: Lanes,
    minus_b: Lanes,
    /// A² + 1/A² + 1, and less than 0; −A² − 1/A².
    all: Lanes,
    minus_all: Lanes,
    minus_both: Lanes,
    /// −1/A² − 1 and −A² − 1, of the points ±A and ±1/A; −A − 1/A.
    minus_others: [Lanes; 2],
    minus_sum: Lanes,
    /// Weights of ±A, ±1/A and ±1 in the interpolation; those of 0 and infinity are 1.
    weights: [Lanes; 3],
    /// What the weights of ±A and ±1/A are less than those of an interpolation without ±1: A² − 1 and 1/A² − 1.
    halves: [Lanes; 2],
    /// A · (A² − 1), 1/A · (1/A² − 1), A · (1/A² − 1), 1/A · (A² − 1).
    odd_halves: [Lanes; 4],
}

impl Eight {
    pub fn new() -> Self {
        let constant = |value: f64| opaque(value as Real);
        let powers = |x: f64| [1, 2, 3, 4, 5, 6].map(|power| constant(x.powi(power)));
        let (a, b) = (A, 1.0 / A);
        let (square_a, square_b) = (a * a, b * b);
        let (half_a, half_b) = (square_a - 1.0, square_b - 1.0);
        let weight = |x: f64, other: f64| constant(0.5 / (x * (x - other) * (x - 1.0)));
        Self {
            a: powers(a),
            b: powers(b),
            minus_a: constant(-a),
            minus_b: constant(-b),
            all: constant(square_a + square_b + 1.0),
            minus_all: constant(-square_a - square_b - 1.0),
            minus_both: constant(-square_a - square_b),
            minus_others: [constant(-square_b - 1.0), constant(-square_a - 1.0)],
            minus_sum: constant(-a - b),
            weights: [
                weight(square_a, square_b),
                weight(square_b, square_a),
                constant(0.5 / ((1.0 - square_a) * (1.0 - square_b))),
            ],
            halves: [constant(half_a), constant(half_b)],
            odd_halves: [a * half_a, b * half_b, a * half_b, b * half_a].map(constant),
        }
    }
}

impl At<EIGHT> for Points {
    #[inline(always)]
    fn inputs(self, d: [Lanes; EIGHT]) -> [Lanes; EIGHT] {
        let Eight { a, b, minus_a, minus_b, all, minus_both, minus_others: [of_a, of_b], .. } = self.eight;
        // Those at ±x, from the coefficients of what is even there and of what is odd.
        let even_a = d[2].mul_add(b[1], d[4].mul_add(of_a, d[6]));
        let odd_a = d[1].mul_add(b[1], d[3].mul_add(of_a, d[5]));
        let even_b = d[2].mul_add(a[1], d[4].mul_add(of_b, d[6]));
        let odd_b = d[1].mul_add(a[1], d[3].mul_add(of_b, d[5]));
        let even = d[4].mul_add(minus_both, d[2].add(d[6]));
        let odd = d[3].mul_add(minus_both, d[1].add(d[5]));
        let [at_a, at_minus_a] = pair(even_a, odd_a, a[0], minus_a);
        let [at_b, at_minus_b] = pair(even_b, odd_b, b[0], minus_b);
        let first = d[4].sub(d[2]).mul_add(all, d[0].sub(d[6]));
        let last = d[3].sub(d[5]).mul_add(all, d[7].sub(d[1]));
        [first, at_a, at_minus_a, at_b, at_minus_b, even.add(odd), even.sub(odd), last]
    }

    #[inline(always)]
    fn inputs_of_half(self, d: [Lanes; EIGHT]) -> [Lanes; EIGHT] {
        let Eight { a, b, minus_a, minus_b, minus_both, halves: [half_a, half_b], .. } = self.eight;
        let [even_a, odd_a] = [2, 1].map(|i: usize| d[i].mul_add(half_b, d[i + 2].mul(half_a)));
        let [even_b, odd_b] = [2, 1].map(|i: usize| d[i].mul_add(half_a, d[i + 2].mul(half_b)));
        let [at_a, at_minus_a] = pair(even_a, odd_a, a[0], minus_a);
        let [at_b, at_minus_b] = pair(even_b, odd_b, b[0], minus_b);
        let [first, last] = [2, 3].map(|i: usize| d[i].mul_add(minus_both, d[i - 2].add(d[i + 2])));
        [first, at_a, at_minus_a, at_b, at_minus_b, last, last, last]
    }

    #[inline(always)]
    fn values<const C: usize>(self, g: [Lanes; C]) -> [Lanes; EIGHT] {
        let Eight { a, b, minus_a, minus_b, .. } = self.eight;
        let [(even_a, odd_a), (even_b, odd_b)] = [a, b].map(|x| (every_second(0, g, x[1]), every_second(1, g, x[1])));
        let [even, odd] = [0, 1].map(|first| (first..C).step_by(2).map(|k| g[k]).reduce(|sum, g| sum.add(g)));
        let (even, odd) = (even.unwrap_or(Lanes::splat(0.0)), odd.unwrap_or(Lanes::splat(0.0)));
        let [at_a, at_minus_a] = pair(even_a, odd_a, a[0], minus_a);
        let [at_b, at_minus_b] = pair(even_b, odd_b, b[0], minus_b);
        [g[0], at_a, at_minus_a, at_b, at_minus_b, even.add(odd), even.sub(odd), g[C - 1]]
    }

    #[inline(always)]
    fn values_of_half<const C: usize>(self, g: [Lanes; C]) -> [Lanes; EIGHT] {
        let Eight { a, b, minus_a, minus_b, .. } = self.eight;
        let [at_a, at_minus_a] = pair(g[0], g[1], a[0], minus_a);
        let [at_b, at_minus_b] = pair(g[0], g[1], b[0], minus_b);
        [g[0], at_a, at_minus_a, at_b, at_minus_b, g[1], g[1], g[1]]
    }

    #[inline(always)]
    fn coefficients<const C: usize>(self, m: [Lanes; EIGHT]) -> [Lanes; C] {
        let Eight { a, b, .. } = self.eight;
        let even = [1, 3, 5].map(|i| m[i].add(m[i + 1]));
        let odd = [1, 3, 5].map(|i| m[i].sub(m[i + 1]));
        std::array::from_fn(|power| {
            let Some(x) = power.checked_sub(1) else { return m[0].add(even[0]).add(even[1]).add(even[2]) };
            let [at_a, at_b, at_one] = if power % 2 == 0 { even } else { odd };
            let last = if power + 1 == C { at_one.add(m[7]) } else { at_one };
            at_a.mul_add(a[x], at_b.mul_add(b[x], last))
        })
    }

    #[inline(always)]
    fn coefficients_of_half<const C: usize>(self, m: [Lanes; EIGHT]) -> [Lanes; C] {
        let Eight { a, b, .. } = self.eight;
        let last = m[1].sub(m[2]).mul_add(a[0], m[3].sub(m[4]).mul_add(b[0], m[7]));
        let first = m[0].add(m[1].add(m[2])).add(m[3].add(m[4]));
        std::array::from_fn(|i| if i == 0 { first } else { last })
    }

    #[inline(always)]
    fn weighted(self, m: [Lanes; EIGHT]) -> [Lanes; EIGHT] {
        let [a, b, one] = self.eight.weights;
        [m[0], m[1].mul(a), m[2].mul(a), m[3].mul(b), m[4].mul(b), m[5].mul(one), m[6].mul(one), m[7]]
    }

    #[inline(always)]
    fn spread(self, m: [Lanes; EIGHT]) -> [Lanes; EIGHT] {
        let Eight { a, b, all, minus_all, minus_both, minus_others: [of_a, of_b], minus_sum, .. } = self.eight;
        let [even_a, even_b, even] = [1, 3, 5].map(|i| m[i].add(m[i + 1]));
        let [odd_a, odd_b, odd] = [1, 3, 5].map(|i| m[i].sub(m[i + 1]));
        // A · 1/A is 1: so A · (1/A² + 1) and 1/A · (A² + 1) are A + 1/A.
        [
            m[0],
            odd_a.mul_add(b[0], odd_b.mul_add(a[0], odd.sub(m[7]))),
            m[0].mul_add(minus_all, even_a.mul_add(b[1], even_b.mul_add(a[1], even))),
            m[7].mul_add(all, odd_a.add(odd_b).mul_add(minus_sum, odd.mul(minus_both))),
            m[0].mul_add(all, even_a.mul_add(of_a, even_b.mul_add(of_b, even.mul(minus_both)))),
            m[7].mul_add(minus_all, odd_a.mul_add(a[0], odd_b.mul_add(b[0], odd))),
            even_a.add(even_b).add(even.sub(m[0])),
            m[7],
        ]
    }

    #[inline(always)]
    fn spread_of_half(self, m: [Lanes; EIGHT]) -> [Lanes; EIGHT] {
        let Eight { minus_both, halves: [half_a, half_b], odd_halves, .. } = self.eight;
        let [even_a, even_b] = [1, 3].map(|i| m[i].add(m[i + 1]));
        let [odd_a, odd_b] = [1, 3].map(|i| m[i].sub(m[i + 1]));
        [
            m[0],
            odd_a.mul_add(odd_halves[2], odd_b.mul_add(odd_halves[3], m[7])),
            m[0].mul_add(minus_both, even_a.mul_add(half_b, even_b.mul(half_a))),
            m[7].mul_add(minus_both, odd_a.mul_add(odd_halves[0], odd_b.mul(odd_halves[1]))),
            even_a.mul_add(half_a, even_b.mul_add(half_b, m[0])),
            m[7],
            m[7],
            m[7],
        ]
    }
}

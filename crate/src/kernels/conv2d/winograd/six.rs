//! Six points, of tiles that filters of three taps have: 0, ±2/3, ±3/2 and infinity. With ±1 and ±2, at which integers stay exact in
//! the transforms of inputs, the largest error is five times as large; with ±1/2 and ±2 three times.

use super::points::{every_second, pair, At, Points};
use super::SIX;
use crate::vector::{opaque, Lanes, Real, Vector};

/// The points besides 0 and infinity are ±A and ±1/A; that A² · 1/A² is 1 saves multiplications.
const A: f64 = 2.0 / 3.0;

/// What the transforms multiply by.
#[derive(Clone, Copy)]
pub struct Six {
    /// Powers of A from the first to the third, and those of 1/A.
    pub a: [Lanes; 3],
    pub b: [Lanes; 3],
    /// −A, −A², and the same of 1/A.
    pub minus_a: [Lanes; 2],
    pub minus_b: [Lanes; 2],
    /// −A² − 1/A².
    pub minus_both: Lanes,
    /// Weights of ±A and ±1/A in the interpolation; those of 0 and infinity are 1.
    weights: [Lanes; 2],
    /// What the weight of ±A is less than that of an interpolation without ±1/A: A² − 1/A²; and its products with A and −A.
    pub halves: [Lanes; 3],
    /// The same of an interpolation without the others at all, where a filter has one tap: A⁴ − 1.
    pub weight: Lanes,
}

impl Six {
    pub fn new() -> Self {
        let constant = |value: f64| opaque(value as Real);
        let powers = |x: f64| [constant(x), constant(x * x), constant(x * x * x)];
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
}

impl At<SIX> for Points {
    #[inline(always)]
    fn inputs(self, d: [Lanes; SIX]) -> [Lanes; SIX] {
        let Six { a, b, minus_a, minus_b, minus_both, .. } = self.six;
        let (even_a, odd_a) = (d[2].mul_add(minus_b[1], d[4]), d[1].mul_add(minus_b[1], d[3]));
        let (even_b, odd_b) = (d[2].mul_add(minus_a[1], d[4]), d[1].mul_add(minus_a[1], d[3]));
        let [at_a, at_minus_a] = pair(even_a, odd_a, a[0], minus_a[0]);
        let [at_b, at_minus_b] = pair(even_b, odd_b, b[0], minus_b[0]);
        let first = d[2].mul_add(minus_both, d[0].add(d[4]));
        [first, at_a, at_minus_a, at_b, at_minus_b, d[3].mul_add(minus_both, d[1].add(d[5]))]
    }

    #[inline(always)]
    fn inputs_of_half(self, d: [Lanes; SIX]) -> [Lanes; SIX] {
        let Six { minus_a, minus_b, halves: [factor, odd, minus_odd], .. } = self.six;
        let even = d[2].mul(factor);
        let far = d[1].mul_add(minus_a[1], d[3]);
        let (first, second) = (d[2].mul_add(minus_b[1], d[0]), d[1].mul_add(odd, even));
        [first, second, d[1].mul_add(minus_odd, even), far, far, far]
    }

    #[inline(always)]
    fn values<const C: usize>(self, g: [Lanes; C]) -> [Lanes; SIX] {
        let Six { a, b, minus_a, minus_b, .. } = self.six;
        let [(even_a, odd_a), (even_b, odd_b)] = [a, b].map(|x| (every_second(0, g, x[1]), every_second(1, g, x[1])));
        let [at_a, at_minus_a] = pair(even_a, odd_a, a[0], minus_a[0]);
        let [at_b, at_minus_b] = pair(even_b, odd_b, b[0], minus_b[0]);
        [g[0], at_a, at_minus_a, at_b, at_minus_b, g[C - 1]]
    }

    #[inline(always)]
    fn values_of_half<const C: usize>(self, g: [Lanes; C]) -> [Lanes; SIX] {
        let Six { a, minus_a, .. } = self.six;
        let [at_a, at_minus_a] = pair(g[0], g[1], a[0], minus_a[0]);
        [g[0], at_a, at_minus_a, g[1], g[1], g[1]]
    }

    #[inline(always)]
    fn coefficients<const C: usize>(self, m: [Lanes; SIX]) -> [Lanes; C] {
        let Six { a, b, .. } = self.six;
        let (even_a, odd_a) = (m[1].add(m[2]), m[1].sub(m[2]));
        let (even_b, odd_b) = (m[3].add(m[4]), m[3].sub(m[4]));
        std::array::from_fn(|power| {
            let Some(x) = power.checked_sub(1) else { return m[0].add(even_a).add(even_b) };
            let (at_a, at_b) = if power % 2 == 0 { (even_a, even_b) } else { (odd_a, odd_b) };
            let second = if power + 1 == C { at_b.mul_add(b[x], m[5]) } else { at_b.mul(b[x]) };
            at_a.mul_add(a[x], second)
        })
    }

    #[inline(always)]
    fn coefficients_of_half<const C: usize>(self, m: [Lanes; SIX]) -> [Lanes; C] {
        let last = m[1].sub(m[2]).mul_add(self.six.a[0], m[5]);
        std::array::from_fn(|i| if i == 0 { m[0].add(m[1].add(m[2])) } else { last })
    }

    #[inline(always)]
    fn weighted(self, m: [Lanes; SIX]) -> [Lanes; SIX] {
        let [a, b] = self.six.weights;
        [m[0], m[1].mul(a), m[2].mul(a), m[3].mul(b), m[4].mul(b), m[5]]
    }

    #[inline(always)]
    fn spread(self, m: [Lanes; SIX]) -> [Lanes; SIX] {
        let Six { a, b, minus_a, minus_b, minus_both, .. } = self.six;
        let (even_a, odd_a) = (m[1].add(m[2]), m[1].sub(m[2]));
        let (even_b, odd_b) = (m[3].add(m[4]), m[3].sub(m[4]));
        // A · 1/A is 1: odd_a comes with A · 1/A², odd_b with 1/A · A².
        [
            m[0],
            odd_a.mul_add(minus_b[0], odd_b.mul_add(minus_a[0], m[5])),
            m[0].mul_add(minus_both, even_a.mul_add(minus_b[1], even_b.mul(minus_a[1]))),
            m[5].mul_add(minus_both, odd_a.mul_add(a[0], odd_b.mul(b[0]))),
            m[0].add(even_a).add(even_b),
            m[5],
        ]
    }

    #[inline(always)]
    fn spread_of_half(self, m: [Lanes; SIX]) -> [Lanes; SIX] {
        let Six { minus_a, minus_b, halves: [factor, odd, _], .. } = self.six;
        let second = m[1].sub(m[2]).mul_add(odd, m[5].mul(minus_a[1]));
        let third = m[1].add(m[2]).mul_add(factor, m[0].mul(minus_b[1]));
        [m[0], second, third, m[5], m[5], m[5]]
    }
}

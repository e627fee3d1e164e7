//! The transforms along an axis where a filter has fewer taps than three. Filters are transformed as others are ([`Points::taps`]), and so are
//! outputs. Of two taps the value at infinity is 0. With one tap four outputs take four points, ±A and ±1/A; inputs are multiplied by
//! what the weights of filters are less.

use super::around::{Axis, Transform};
use super::points::{At, Points};
use super::six::Six;
use super::SIX;
use crate::vector::{Lanes, Vector};

/// The first points, or pixels.
const fn first(count: usize) -> [bool; SIX] {
    let (mut all, mut i) = ([false; SIX], 0);
    while i < count {
        (all[i], i) = (true, i + 1);
    }
    all
}

impl Points {
    /// Inputs of a tile, for filters of two taps.
    #[inline(always)]
    pub fn of_inputs_of_two(self) -> Transform<SIX, impl Axis<SIX, SIX>, impl Axis<SIX, SIX>> {
        let all = At::<SIX>::of_inputs(self);
        Transform { whole: all.whole, half: all.half, made: [first(5), first(3)] }
    }

    /// Their transpose: gradients of a tile's inputs.
    #[inline(always)]
    pub fn of_spread_of_two(self) -> Transform<SIX, impl Axis<SIX, SIX>, impl Axis<SIX, SIX>> {
        let Six { a, b, halves, minus_a, minus_b, minus_both, .. } = self.six;
        let whole = move |m: [Lanes; SIX]| {
            let (even_a, odd_a) = (m[1].add(m[2]), m[1].sub(m[2]));
            let (even_b, odd_b) = (m[3].add(m[4]), m[3].sub(m[4]));
            [
                m[0],
                odd_a.mul_add(minus_b[0], odd_b.mul(minus_a[0])),
                m[0].mul_add(minus_both, even_a.mul_add(minus_b[1], even_b.mul(minus_a[1]))),
                odd_a.mul_add(a[0], odd_b.mul(b[0])),
                m[0].add(even_a).add(even_b),
                m[0],
            ]
        };
        let half = move |m: [Lanes; SIX]| {
            let [factor, odd, _] = halves;
            let third = m[1].add(m[2]).mul_add(factor, m[0].mul(minus_b[1]));
            [m[0], m[1].sub(m[2]).mul(odd), third, m[0], m[0], m[0]]
        };
        Transform { whole, half, made: [first(5), first(3)] }
    }

    /// Inputs of a tile, for filters of one tap.
    #[inline(always)]
    pub fn of_inputs_of_one(self) -> Transform<SIX, impl Axis<SIX, SIX>, impl Axis<SIX, SIX>> {
        let Six { a, b, halves, minus_a, minus_b, weight, .. } = self.six;
        let whole = move |d: [Lanes; SIX]| {
            let (even_a, odd_a) = (d[2].mul(a[1]).sub(d[0]), d[3].mul_add(a[0], d[1].mul(minus_b[0])));
            let (even_b, odd_b) = (d[2].mul(b[1]).sub(d[0]), d[3].mul_add(b[0], d[1].mul(minus_a[0])));
            [d[0], even_a.add(odd_a), even_a.sub(odd_a), even_b.add(odd_b), even_b.sub(odd_b), d[0]]
        };
        let half = move |d: [Lanes; SIX]| {
            let even = d[0].mul(weight);
            let [first, second] = [halves[1], halves[2]].map(|odd| d[1].mul_add(odd, even));
            [d[0], first, second, d[0], d[0], d[0]]
        };
        Transform {
            whole,
            half,
            made: [[false, true, true, true, true, false], [false, true, true, false, false, false]],
        }
    }

    /// Their transpose: gradients of a tile's inputs.
    #[inline(always)]
    pub fn of_spread_of_one(self) -> Transform<SIX, impl Axis<SIX, SIX>, impl Axis<SIX, SIX>> {
        let Six { a, b, halves, minus_a, minus_b, weight, .. } = self.six;
        let whole = move |m: [Lanes; SIX]| {
            let (even_a, odd_a) = (m[1].add(m[2]), m[1].sub(m[2]));
            let (even_b, odd_b) = (m[3].add(m[4]), m[3].sub(m[4]));
            let zero = Lanes::splat(0.0);
            [
                zero.sub(even_a.add(even_b)),
                odd_a.mul_add(minus_b[0], odd_b.mul(minus_a[0])),
                even_a.mul_add(a[1], even_b.mul(b[1])),
                odd_a.mul_add(a[0], odd_b.mul(b[0])),
                zero,
                zero,
            ]
        };
        let half = move |m: [Lanes; SIX]| {
            let (even, odd) = (m[1].add(m[2]).mul(weight), m[1].sub(m[2]).mul(halves[1]));
            [even, odd, even, even, even, even]
        };
        Transform { whole, half, made: [first(4), first(2)] }
    }
}

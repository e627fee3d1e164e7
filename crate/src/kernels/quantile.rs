//! Normal numbers of random words: the inverse of the normal distribution.

use super::logarithm::logarithm_of_normal;
use crate::vector::{opaque, Lanes, Real, Vector, Words, ROOT};
use std::hint::black_box;

/// Minimax polynomial of log₂(1 + t) / t for √½ − 1 ≤ t ≤ √2 − 1, highest power first; log₂'s error is 5e-8.
const LOG2: [Real; 8] =
    [-0.145_736_58, 0.236_885_86, -0.250_069_79, 0.286_708_13, -0.360_087_22, 0.480_939_42, -0.721_357_15, 1.442_694_8];

/// Minimax polynomial of Φ⁻¹(½ + q) / q in log₂(1 − 4q²), which that nearly is a line of, for ½ − |q| ≥ 2⁻¹¹; highest power first. Its
/// error is 5e-9 of the value. The variable is that of M. Giles, "Approximating the erfinv function", 2012.
const CURVE: [Real; 11] = [
    4.616_304_6e-11,
    2.565_918_7e-9,
    5.824_241_3e-8,
    6.380_233e-7,
    2.297_751_7e-6,
    -1.691_381_2e-5,
    -7.710_226_2e-5,
    2.205_372_1e-3,
    1.569_739_1e-2,
    -4.548_661e-1,
    2.506_628_3,
];

/// 2⁻³²: the share of a word.
const UNIT: Real = 1.0 / 4_294_967_296.0;

/// Words nearer to an end, 0 or 2³², are left to [`far`]: one in a thousand.
const FAR: u32 = 1 << 21;

/// The constants, as values that the compiler does not know.
pub struct Quantile {
    half: Lanes,
    double: Lanes,
    one: Lanes,
    two: Lanes,
    middle: Words,
    root: Words,
    log2: [Lanes; 8],
    curve: [Lanes; 11],
}

impl Quantile {
    /// The constants.
    #[allow(clippy::new_without_default)]
    pub fn new() -> Self {
        Self {
            half: opaque(0.5),
            double: opaque(2.0 * UNIT),
            one: opaque(1.0),
            two: opaque(2.0),
            middle: Words::splat(black_box(1 << 31)),
            root: Words::splat(black_box(ROOT)),
            log2: LOG2.map(opaque),
            // What it is multiplied by is counted in words.
            curve: CURVE.map(|value| opaque(value * UNIT)),
        }
    }

    /// A normal number with mean 0 and deviation 1 for each word: Φ⁻¹((word + ½) / 2³²), within 3e-7 of itself.
    #[inline(always)]
    pub fn normals(&self, words: Words) -> Lanes {
        let ends = words.from_end();
        let near = self.near(words, ends);
        if ends.any_below(FAR) {
            with_far(words, near)
        } else {
            near
        }
    }

    /// [`Self::normals`] of words that are far from both ends. `ends` is how far from the nearer one.
    #[inline(always)]
    fn near(&self, words: Words, ends: Words) -> Lanes {
        // 1 − 4q² = 2p·(2 − 2p) with p = ½ − |q|, which has all its digits.
        let double = ends.to_integers().add(self.half).mul(self.double);
        let [n, m] = Words::split(double.mul(self.two.sub(double)), self.root);
        let t = m.sub(self.one);
        // Estrin's scheme: the pairs do not wait for each other, and what waits is what takes the time here.
        let square = t.mul(t);
        let [a, b, c, d, e, f, g, h] = self.log2;
        let high = a.mul_add(t, b).mul_add(square, c.mul_add(t, d));
        let low = e.mul_add(t, f).mul_add(square, g.mul_add(t, h));
        let log2 = high.mul_add(square.mul(square), low).mul_add(t, n);
        let square = log2.mul(log2);
        let [a, b, c, d, e, f, g, h, i, j, k] = self.curve;
        let fourth = square.mul(square);
        let high = a.mul_add(square, b.mul_add(log2, c));
        let middle = d.mul_add(log2, e).mul_add(square, f.mul_add(log2, g));
        let low = h.mul_add(log2, i).mul_add(square, j.mul_add(log2, k));
        let curve = high.mul_add(fourth, middle).mul_add(fourth, low);
        let q = words.xor(self.middle).to_integers().add(self.half);
        curve.mul(q)
    }
}

/// The normal number of a word.
pub fn normal(word: u32) -> Real {
    Quantile::new().normals(Words::splat(word)).to_array()[0]
}

/// `near`, but for words that are near to an end.
#[cold]
#[inline(never)]
fn with_far(words: Words, near: Lanes) -> Lanes {
    let (words, mut normals) = (words.to_array(), near.to_array());
    for (normal, word) in normals.iter_mut().zip(words) {
        if word.min(!word) < FAR {
            *normal = far(word);
        }
    }
    Lanes::from_array(normals)
}

/// M. J. Wichura, "Algorithm AS 241: The Percentage Points of the Normal Distribution", Applied Statistics 37, 1988: PPND7 in the middle
/// region, which ends beyond what 32 bits tell apart.
fn far(word: u32) -> Real {
    const P: [f64; 4] = [1.423_437_277_7, 2.756_815_39, 1.306_728_481_6, 1.702_382_110_3e-1];
    const Q: [f64; 3] = [1.0, 7.370_016_425e-1, 1.202_113_297_5e-1];
    let horner = |list: &[f64], r: f64| list.iter().rev().copied().reduce(|sum, c| sum * r + c).unwrap_or(0.0);
    let p = (f64::from(word.min(!word)) + 0.5) / 4_294_967_296.0;
    let r = (-logarithm_of_normal(p)).sqrt() - 1.6;
    let size = horner(&P, r) / horner(&Q, r);
    (if word < 1 << 31 { -size } else { size }) as Real
}

//! exp, sigmoid and tanh of four lanes: own polynomials, the same bits on every engine.
//!
//! Coefficients of exp: S. L. Moshier's Cephes library, `expf`.

use crate::vector::{opaque, Lanes, Vector, ROUND};

/// The constants of the polynomials.
#[derive(Clone, Copy)]
pub struct Exponential {
    low: Lanes,
    high: Lanes,
    log2e: Lanes,
    round: Lanes,
    ln2: [Lanes; 2],
    p: [Lanes; 6],
    bias: Lanes,
    one: Lanes,
}

impl Exponential {
    /// The constants.
    #[inline(always)]
    #[allow(clippy::new_without_default)]
    pub fn new() -> Self {
        Self {
            // Beyond these the result is 0 or infinity.
            low: opaque(-104.0),
            high: opaque(89.0),
            log2e: opaque(std::f32::consts::LOG2_E),
            round: opaque(ROUND),
            // ln 2 in two parts; the first has few bits, so that n times it is exact.
            ln2: [-0.693_359_375, 2.121_944_4e-4].map(opaque),
            p: [1.987_569_1e-4, 1.398_199_9e-3, 8.333_452e-3, 4.166_579_6e-2, 1.666_666_5e-1, 0.5].map(opaque),
            bias: opaque(f32::from_bits(127 << 23)),
            one: opaque(1.0),
        }
    }

    /// eˣ, within 2 ULP over the whole range; subnormal results, infinities and NaN come out right.
    #[inline(always)]
    pub fn exp(&self, x: Lanes) -> Lanes {
        let (p, rounded) = self.reduced(x.at_least(self.low).at_most(self.high));
        // In two steps: 2ⁿ itself may be too small or too large for a float.
        let half = rounded.half_of_rounded();
        let rest = rounded.sub(half).add(self.round);
        p.mul(half.power_of_two(self.bias)).mul(rest.power_of_two(self.bias))
    }

    /// x = n·ln 2 + r, |r| ≤ ln 2 / 2: eʳ, and n + ROUND.
    #[inline(always)]
    fn reduced(&self, x: Lanes) -> (Lanes, Lanes) {
        let rounded = x.mul(self.log2e).add(self.round);
        let n = rounded.sub(self.round);
        let r = n.mul_add(self.ln2[0], x);
        let r = n.mul_add(self.ln2[1], r);
        let square = r.mul(r);
        // Estrin's scheme: the pairs do not wait for each other, and the wait is what exp is made of.
        let high = self.p[0].mul_add(r, self.p[1]);
        let middle = self.p[2].mul_add(r, self.p[3]);
        let low = self.p[4].mul_add(r, self.p[5]);
        let p = high.mul_add(square, middle).mul_add(square, low);
        (p.mul_add(square, r).add(self.one), rounded)
    }
}

/// Minimax polynomial of (e⁻ʳ − 1 + r) / r² for |r| ≤ ln 2 / 2, highest power first; its error is 0.05 ULP of e⁻ʳ.
const LOGISTIC: [f32; 5] = [1.381_432e-3, -8.368_851e-3, 4.166_84e-2, -1.666_652e-1, 4.999_999_4e-1];

/// A polynomial of fourth degree, highest power first, by Estrin's scheme: an operation more than Horner's where the square is of no
/// other use, but half as many steps that wait for each other. A processor looks no more than two vectors ahead.
#[inline(always)]
fn quartic(p: &[Lanes; 5], x: Lanes, square: Lanes) -> Lanes {
    let (middle, low) = (p[1].mul_add(x, p[2]), p[3].mul_add(x, p[4]));
    p[0].mul_add(square, middle).mul_add(square, low)
}

/// The constants of the logistic function. It is evaluated most often of all, so that it has its own way through exp:
/// fewer constants, which then fit the registers, and a range reduction whose sum holds the exponent's bits already.
#[derive(Clone, Copy)]
pub struct Logistic {
    low: Lanes,
    high: Lanes,
    log2e: Lanes,
    round: Lanes,
    ln2: [Lanes; 2],
    p: [Lanes; 5],
    one: Lanes,
    scale: Lanes,
}

impl Logistic {
    /// The constants.
    #[inline(always)]
    #[allow(clippy::new_without_default)]
    pub fn new() -> Self {
        Self {
            // Beyond -104 the result is 0, beyond 42 it is 1.
            low: opaque(-104.0),
            high: opaque(42.0),
            log2e: opaque(-std::f32::consts::LOG2_E),
            // The low bits of n + round are the exponent's bits of 2ⁿ⁻⁶⁴.
            round: opaque(ROUND + 63.0),
            ln2: [0.693_359_375, -2.121_944_4e-4].map(opaque),
            p: LOGISTIC.map(opaque),
            one: opaque(1.0),
            scale: opaque(Falling::UNIT),
        }
    }

    /// 1 / (1 + e⁻ˣ), within 3 ULP over the whole range.
    ///
    /// e⁻ˣ grows where the result falls, so that small results keep their digits without a look at the sign. Both
    /// terms of the sum carry 2⁻⁶⁴, which changes no digit: e¹⁰⁴ is a float then, and the division makes what is
    /// subnormal.
    #[inline(always)]
    pub fn sigmoid(&self, x: Lanes) -> Lanes {
        self.sigmoid_within(x.at_least(self.low).at_most(self.high))
    }

    /// Whether [`Self::sigmoid_within`] serves four vectors. The limits cost a seventh of the function, and what has to be kept
    /// within them is rare.
    #[inline(always)]
    pub fn are_within(&self, x: [Lanes; 4]) -> bool {
        Lanes::all_within(x, self.high)
    }

    /// [`Self::sigmoid`] of what is within the limits, with the same bits.
    #[inline(always)]
    pub fn sigmoid_within(&self, x: Lanes) -> Lanes {
        let (p, power) = self.falling(x);
        self.scale.div(p.mul_add(power, self.scale))
    }

    /// [`Self::sigmoid`], with the same bits, and what it lacks to 1, which keeps its digits as well; from 42 on that is 0.
    #[inline(always)]
    pub fn sides(&self, x: Lanes) -> [Lanes; 2] {
        let (p, power) = self.falling(x.at_least(self.low).at_most(self.high));
        // A power of two changes no digit, so that a sum of the product rounds as a fused one does.
        let falling = p.mul(power);
        let sigmoid = self.scale.div(falling.add(self.scale));
        let rest = falling.mul(Lanes::splat(1.0 / Falling::UNIT)).mul(sigmoid);
        [sigmoid, x.select_less(self.high, rest, Lanes::splat(0.0))]
    }

    /// Two factors of 2⁻⁶⁴·e⁻ˣ.
    #[inline(always)]
    fn falling(&self, x: Lanes) -> (Lanes, Lanes) {
        let rounded = x.mul_add(self.log2e, self.round);
        let n = rounded.sub(self.round);
        // −x = n·ln 2 − r.
        let r = n.mul_add(self.ln2[0], x);
        let r = n.mul_add(self.ln2[1], r);
        let square = r.mul(r);
        (quartic(&self.p, r, square).mul_add(square, self.one.sub(r)), rounded.exponent())
    }
}

/// The constants of [`Self::exp`] of what is not positive, as differences from a largest value are.
#[derive(Clone, Copy)]
pub struct Falling {
    low: Lanes,
    log2e: Lanes,
    round: Lanes,
    ln2: [Lanes; 2],
    p: [Lanes; 5],
    one: Lanes,
    unit: Lanes,
}

impl Falling {
    /// What [`Self::exp`] times this is eˣ: 2⁻⁶⁴.
    pub const UNIT: f32 = 5.421_010_9e-20;

    /// The constants.
    #[inline(always)]
    #[allow(clippy::new_without_default)]
    pub fn new() -> Self {
        Self {
            low: opaque(-104.0),
            log2e: opaque(std::f32::consts::LOG2_E),
            // The low bits of n + round are the exponent's bits of 2ⁿ⁺⁶⁴.
            round: opaque(ROUND + 191.0),
            ln2: [-0.693_359_375, 2.121_944_4e-4].map(opaque),
            p: [0, 1, 2, 3, 4].map(|k| opaque(LOGISTIC[k].abs())),
            one: opaque(1.0),
            unit: opaque(1.0 / Self::UNIT),
        }
    }

    /// 2⁶⁴·eˣ for x ≤ 0 or NaN, within 2 ULP: small results keep their digits, until a quotient of two of them is taken.
    #[inline(always)]
    pub fn exp(&self, x: Lanes) -> Lanes {
        self.exp_within(x.at_least(self.low))
    }

    /// [`Self::exp`] of what is at least −130, with the same bits.
    #[inline(always)]
    pub fn exp_within(&self, x: Lanes) -> Lanes {
        let reduced = self.reduced(x);
        reduced.above(self.one.add(reduced.r)).mul(reduced.power)
    }

    /// 2⁶⁴·(eˣ − 1) for x ≤ 0 or NaN: 2ⁿ·(eʳ − 1) + (2ⁿ − 1), whose subtraction is exact and cancels nothing.
    #[inline(always)]
    pub fn exp_minus_one(&self, x: Lanes) -> Lanes {
        let reduced = self.reduced(x.at_least(self.low));
        reduced.above(reduced.r).mul_add(reduced.power, reduced.power.sub(self.unit))
    }

    #[inline(always)]
    fn reduced(&self, x: Lanes) -> Reduced {
        let rounded = x.mul_add(self.log2e, self.round);
        let n = rounded.sub(self.round);
        let r = n.mul_add(self.ln2[0], x);
        let r = n.mul_add(self.ln2[1], r);
        let square = r.mul(r);
        Reduced { r, square, p: quartic(&self.p, r, square), power: rounded.exponent() }
    }
}

/// x = n·ln 2 + r, |r| ≤ ln 2 / 2.
struct Reduced {
    r: Lanes,
    square: Lanes,
    /// (eʳ − 1 − r) / r².
    p: Lanes,
    /// 2ⁿ⁺⁶⁴.
    power: Lanes,
}

impl Reduced {
    /// `start` + (eʳ − 1 − r).
    #[inline(always)]
    fn above(&self, start: Lanes) -> Lanes {
        self.p.mul_add(self.square, start)
    }
}

/// The constants of tanh.
#[derive(Clone, Copy)]
pub struct Tangent {
    high: Lanes,
    log2e: Lanes,
    round: Lanes,
    ln2: [Lanes; 2],
    p: [Lanes; 5],
    half: Lanes,
    minus_half: Lanes,
    one: Lanes,
}

impl Tangent {
    /// The constants.
    #[inline(always)]
    #[allow(clippy::new_without_default)]
    pub fn new() -> Self {
        Self {
            // Beyond it the result is 1.
            high: opaque(10.0),
            log2e: opaque(2.0 * std::f32::consts::LOG2_E),
            // The low bits of n + round are the exponent's bits of 2ⁿ.
            round: opaque(ROUND + 127.0),
            ln2: [-0.693_359_375 / 2.0, 2.121_944_4e-4 / 2.0].map(opaque),
            // With r = −2h: (e²ʰ − 1)/2 = h + h²·p(h).
            p: [(32.0, 0), (-16.0, 1), (8.0, 2), (-4.0, 3), (2.0, 4)].map(|(scale, k)| opaque(scale * LOGISTIC[k])),
            half: opaque(0.5),
            minus_half: opaque(-0.5),
            one: opaque(1.0),
        }
    }

    /// tanh x, within 3 ULP over the whole range.
    ///
    /// It is t / (t + 1) with t = (e²ˣ − 1)/2, whose subtraction does not cancel: 2|x| = n·ln 2 + 2h, and for n = 0
    /// nothing is subtracted.
    #[inline(always)]
    pub fn tanh(&self, x: Lanes) -> Lanes {
        let size = x.abs().at_most(self.high);
        let rounded = size.mul_add(self.log2e, self.round);
        let n = rounded.sub(self.round);
        let h = n.mul_add(self.ln2[0], size);
        let h = n.mul_add(self.ln2[1], h);
        let square = h.mul(h);
        let near = quartic(&self.p, h, square).mul_add(square, h);
        let power = rounded.exponent();
        let t = near.mul_add(power, power.mul_add(self.half, self.minus_half));
        t.div(t.add(self.one)).with_sign_of(x)
    }
}

//! One filter for each channel: lanes along the channels, which are independent of each other.

use super::Walk;
use crate::vector::{touch, Lanes, Real, Vector, LANES, LINE};
use std::hint::black_box;

/// A filter of every channel, packed: for each four channels a vector of biases, then one of every tap.
#[derive(Clone, Copy)]
pub struct Factors<'a> {
    /// All vectors.
    pub values: &'a [Real],
    /// Vectors of four channels.
    pub vectors: usize,
    /// The first tap that is taken.
    pub first: usize,
    /// Taps from one row of taps to the next.
    pub outer: usize,
    /// Taps from one tap of a row to the next.
    pub inner: usize,
}

impl Factors<'_> {
    /// Panics unless all vectors of `c` channels and the taps of `rows` times `columns` are there.
    #[inline(always)]
    pub(super) fn check(&self, c: usize, rows: usize, columns: usize) {
        let last = self.first + rows.saturating_sub(1) * self.outer + columns.saturating_sub(1) * self.inner;
        assert!(rows * columns == 0 || 1 + last < self.vectors);
        assert!(c >= LANES && self.vectors > 0 && c.div_ceil(LANES) * self.vectors * LANES <= self.values.len());
    }
}

/// The channel that vector `group` of `channels` begins with; the last one overlaps the one before it when the channels are
/// no whole vectors.
#[inline(always)]
pub fn first_channel(group: usize, channels: usize) -> usize {
    (group * LANES).min(channels - LANES)
}

/// Rows of taps on rows of pixels, `line` elements apart.
#[derive(Clone, Copy)]
pub struct Rows<'a> {
    /// The pixels.
    pub x: &'a [Real],
    /// From one row to the next.
    pub line: usize,
    /// Number of rows.
    pub rows: usize,
    /// Channels of a pixel.
    pub channels: usize,
    /// The filters.
    pub factors: Factors<'a>,
}

impl Rows<'_> {
    /// `out[place + p·c + l] = bias[l] + Σ x[origin + r·line + (p·S + t − LEFT)·c + l] · factor[r, t, l]` for P outputs `p`,
    /// T taps of each row and all channels `l < c`. Each pixel is loaded once a row for all the taps that see it, of seven for four and
    /// for three. The first LEFT pixels and the last RIGHT ones lie beyond the border: they are zeros and not there. Panics when
    /// another address lies outside a slice.
    #[inline(always)]
    pub fn slide<const P: usize, const T: usize, const S: usize, const LEFT: usize, const RIGHT: usize>(
        &self,
        origin: usize,
        (out, place): (&mut [Real], usize),
    ) {
        let seen = (P - 1) * S + T;
        let nowhere = black_box(std::ptr::null());
        // SAFETY: `each_vector` has checked that so many pixels lie in `x`, so many outputs in `out`, and T taps in the filters.
        self.each_vector::<T, S, P>(origin, seen - LEFT - RIGHT, (out, place), |sums, pixel, taps| unsafe {
            let row = Seen { pixel, step: self.channels, from: LEFT, to: seen - RIGHT, nowhere };
            if T == 7 {
                row.add::<P, 4, S>(sums, taps, 0);
                row.add::<P, 3, S>(sums, taps.add(4 * LANES), 4);
            } else {
                row.add::<P, T, S>(sums, taps, 0);
            }
        });
    }

    /// Calls `work` for every vector of channels and every row with N sums, the first of `pixels` pixels and T weights. The
    /// sums begin with the biases; they are stored side by side. With stride S > 1 each vector asks for its share of the S rows of pixels
    /// that are new to the next row of outputs.
    #[inline(always)]
    fn each_vector<const T: usize, const S: usize, const N: usize>(
        &self,
        origin: usize,
        pixels: usize,
        (out, place): (&mut [Real], usize),
        work: impl Fn(&mut [Lanes; N], *const Real, *const Real),
    ) {
        let Self { x, line, rows, channels: c, factors } = *self;
        factors.check(c, rows, T);
        assert!(factors.inner == 1 && place + N * c <= out.len());
        assert!(!x.is_empty() && (rows == 0 || origin + (rows - 1) * line + pixels * c <= x.len()));
        let groups = c.div_ceil(LANES);
        let mut ahead = Next::<S, N>::of((x, origin + rows * line), line, groups);
        for group in 0..groups {
            let channel = first_channel(group, c);
            if S > 1 {
                ahead.ask();
            }
            // SAFETY: the assertions above bound every address. After the last row the pointers may pass the end: wrapping
            // arithmetic allows that, they are not read again.
            unsafe {
                let values = factors.values.as_ptr().add(group * factors.vectors * LANES);
                let mut sums = [Lanes::load_at(values); N];
                let mut taps = values.wrapping_add((1 + factors.first) * LANES);
                let mut row = x.as_ptr().wrapping_add(origin + channel);
                for _ in 0..rows {
                    work(&mut sums, row, taps);
                    row = row.wrapping_add(line);
                    taps = taps.wrapping_add(factors.outer * LANES);
                }
                let mut target = out.as_mut_ptr().add(place + channel);
                for sum in sums {
                    sum.store_at(target);
                    target = target.wrapping_add(c);
                }
            }
        }
    }
}

/// The pixels of a row that outputs side by side see, numbered from what the first one sees through its first tap.
struct Seen {
    /// The first that is there.
    pixel: *const Real,
    step: usize,
    /// Its number, and the one behind the last.
    from: usize,
    to: usize,
    /// No pixel's place, which LLVM does not know.
    nowhere: *const Real,
}

impl Seen {
    /// Adds the products of T taps, the first of which has a number, to the sums of P outputs, every one S pixels further.
    ///
    /// # Safety
    /// The pixels and the taps must be readable.
    #[inline(always)]
    unsafe fn add<const P: usize, const T: usize, const S: usize>(
        &self,
        sums: &mut [Lanes; P],
        taps: *const Real,
        first: usize,
    ) {
        // SAFETY: promised by the caller.
        unsafe {
            let weights: [Lanes; T] = std::array::from_fn(|t| Lanes::load_at(taps.add(t * LANES)));
            let (from, to) = (self.from.max(first), self.to.min((P - 1) * S + first + T));
            let mut pixel = self.pixel.wrapping_add((from - self.from) * self.step);
            for d in from - first..to - first {
                // Never: else LLVM would put all steps of a sum together, which wait for each other.
                if pixel == self.nowhere {
                    return;
                }
                let value = Lanes::load_at(pixel);
                for t in 0..T {
                    if d >= t && (d - t) % S == 0 && (d - t) / S < P {
                        sums[(d - t) / S] = value.mul_add(weights[t], sums[(d - t) / S]);
                    }
                }
                pixel = pixel.wrapping_add(self.step);
            }
        }
    }
}

/// S rows of pixels, of which each vector of channels asks for those of N outputs.
struct Next<const S: usize, const N: usize> {
    place: *const Real,
    row: usize,
    step: usize,
}

impl<const S: usize, const N: usize> Next<S, N> {
    /// Values of a row that a vector of channels asks for.
    const SHARE: usize = N * S * LANES;

    /// The shares of so many vectors, from a place on; the first pixel again and again where they are not all there.
    #[inline(always)]
    fn of((x, place): (&[Real], usize), row: usize, vectors: usize) -> Self {
        match place + (S - 1) * row + vectors * Self::SHARE <= x.len() {
            true => Self { place: x.as_ptr().wrapping_add(place), row, step: LINE },
            false => Self { place: x.as_ptr(), row: 0, step: 0 },
        }
    }

    /// Asks for one vector's share. Called no more often than was said, with pixels there.
    #[inline(always)]
    fn ask(&mut self) {
        for _ in 0..Self::SHARE / LINE {
            for row in 0..S {
                // SAFETY: `of` has seen that they are there.
                unsafe { touch(self.place.wrapping_add(row * self.row)) };
            }
            self.place = self.place.wrapping_add(self.step);
        }
    }
}

/// `out[p·step + l] = bias[l] + Σ x[origin + p·pixel + k + l] · factor[k, l]` for P outputs `p`, the steps `k` of a walk,
/// each of which is a tap, and all `c` channels `l`. Panics when an address lies outside a slice.
#[inline(always)]
pub fn tap_channels<const P: usize>(
    (x, origin, c, pixel, walk): (&[Real], usize, usize, usize, Walk),
    factors: Factors,
    (out, place, step): (&mut [Real], usize, usize),
) {
    factors.check(c, walk.outer, walk.inner);
    if walk.outer * walk.inner > 0 {
        let reach = (walk.outer - 1) * walk.outer_stride + (walk.inner - 1) * walk.inner_stride;
        assert!(origin + reach + (P - 1) * pixel + c <= x.len());
    }
    assert!(place + (P - 1) * step + c <= out.len());
    for group in 0..c.div_ceil(LANES) {
        let channel = first_channel(group, c);
        // SAFETY: the assertions above bound every address.
        unsafe {
            let values = factors.values.as_ptr().add(group * factors.vectors * LANES);
            let mut sums = [Lanes::load_at(values); P];
            let values = values.wrapping_add((1 + factors.first) * LANES);
            let origin = x.as_ptr().wrapping_add(origin + channel);
            for r in 0..walk.outer {
                for k in 0..walk.inner {
                    let weight = Lanes::load_at(values.wrapping_add((r * factors.outer + k * factors.inner) * LANES));
                    let mut place = origin.wrapping_add(r * walk.outer_stride + k * walk.inner_stride);
                    for p in 0..P {
                        sums[p] = Lanes::load_at(place).mul_add(weight, sums[p]);
                        place = place.wrapping_add(pixel);
                    }
                }
            }
            let mut target = out.as_mut_ptr().add(place + channel);
            for sum in sums {
                sum.store_at(target);
                target = target.wrapping_add(step);
            }
        }
    }
}

/// [`tap_channels`] for one output: four vectors of channels at a time where there are so many, since one sum alone would wait for
/// itself with every tap. Panics when an address lies outside a slice.
#[inline(always)]
pub fn tap_vectors(
    (x, origin, c, walk): (&[Real], usize, usize, Walk),
    factors: Factors,
    (out, place): (&mut [Real], usize),
) {
    const MOST: usize = 4;
    factors.check(c, walk.outer, walk.inner);
    if walk.outer * walk.inner > 0 {
        let reach = (walk.outer - 1) * walk.outer_stride + (walk.inner - 1) * walk.inner_stride;
        assert!(origin + reach + c <= x.len());
    }
    assert!(place + c <= out.len());
    let fours = c / (MOST * LANES);
    // SAFETY: the assertions above bound every address.
    unsafe {
        let (x, out) = (x.as_ptr().wrapping_add(origin), out.as_mut_ptr().add(place));
        for four in 0..fours {
            some_vectors::<MOST>(x, walk, factors, out, (four * MOST, four * MOST * LANES));
        }
        if fours * MOST * LANES < c {
            for group in fours * MOST..c.div_ceil(LANES) {
                some_vectors::<1>(x, walk, factors, out, (group, first_channel(group, c)));
            }
        }
    }
}

/// V vectors of [`tap_vectors`] from one on, and from its first channel on.
///
/// # Safety
/// The walk must be readable for all their channels, which must be those of `factors` and of `out`.
#[inline(always)]
unsafe fn some_vectors<const V: usize>(
    x: *const Real,
    walk: Walk,
    factors: Factors,
    out: *mut Real,
    (vector, channel): (usize, usize),
) {
    let step = factors.vectors * LANES;
    // SAFETY: promised by the caller. After the last step pointers may pass the end: wrapping arithmetic allows that.
    unsafe {
        let values = factors.values.as_ptr().add(vector * step);
        let mut sums: [Lanes; V] = std::array::from_fn(|v| Lanes::load_at(values.wrapping_add(v * step)));
        let values = values.wrapping_add((1 + factors.first) * LANES);
        for r in 0..walk.outer {
            let mut weights = values.wrapping_add(r * factors.outer * LANES);
            let mut pixel = x.wrapping_add(channel + r * walk.outer_stride);
            for _ in 0..walk.inner {
                for v in 0..V {
                    let weight = Lanes::load_at(weights.wrapping_add(v * step));
                    sums[v] = Lanes::load_at(pixel.add(v * LANES)).mul_add(weight, sums[v]);
                }
                weights = weights.wrapping_add(factors.inner * LANES);
                pixel = pixel.wrapping_add(walk.inner_stride);
            }
        }
        for v in 0..V {
            sums[v].store_at(out.add(channel + v * LANES));
        }
    }
}

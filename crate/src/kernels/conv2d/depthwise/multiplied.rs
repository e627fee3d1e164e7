//! Several filters for each channel: the images' channels are repeated, image by image in memory of their own, so that every output
//! channel has one of its own; of the gradient of the repeated ones neighbours are added.

use crate::geometry::Geometry;
use crate::vector::{Lanes, Real, Vector, LANES};

/// Filters of a channel.
pub fn multiplier(g: &Geometry) -> usize {
    g.out_c / g.in_c
}

/// The convolution of the repeated channels.
pub fn repeated(g: &Geometry) -> Geometry {
    Geometry { in_c: g.out_c, groups: g.out_c, ..*g }
}

/// The image of so many elements that `x` begins with, in `repeated` where that has got memory, else as it is, with what lies behind it.
pub fn seen<'a>(x: &'a [Real], size: usize, repeated: &'a mut [Real]) -> &'a [Real] {
    if repeated.is_empty() {
        return x;
    }
    repeat(&x[..size], repeated);
    repeated
}

/// Every value as often as fits `out`.
fn repeat(x: &[Real], out: &mut [Real]) {
    match out.len() / x.len() {
        2 => repeat_vectors::<2>(x, out),
        3 => repeat_vectors::<3>(x, out),
        4 => repeat_vectors::<4>(x, out),
        times => {
            for (&value, out) in x.iter().zip(out.chunks_exact_mut(times)) {
                let value = Lanes::splat(value);
                for start in (0..times).step_by(LANES) {
                    value.store(&mut out[start.min(times - LANES)..]);
                }
            }
        }
    }
}

fn repeat_vectors<const N: usize>(x: &[Real], out: &mut [Real]) {
    let done = x.len() / LANES * LANES;
    for (x, out) in x.chunks_exact(LANES).zip(out.chunks_exact_mut(N * LANES)) {
        let vectors = Lanes::interleave([Lanes::load(x); N]);
        for (vector, out) in vectors.into_iter().zip(out.chunks_exact_mut(LANES)) {
            vector.store(out);
        }
    }
    for (&x, out) in x[done..].iter().zip(out[N * done..].chunks_exact_mut(N)) {
        out.fill(x);
    }
}

/// `out = Σ` of as many neighbours each as fit `x`.
pub fn add_neighbours(x: &[Real], out: &mut [Real]) {
    match x.len() / out.len() {
        2 => add_vectors::<2>(x, out, |x| {
            Lanes::load(x)
                .pick_of_twos(Lanes::load(&x[3..]))
                .add(Lanes::load(&x[1..]).pick_of_twos(Lanes::load(&x[4..])))
        }),
        3 => add_vectors::<3>(x, out, |x| {
            let [a, b, c] = std::array::from_fn(|k| Lanes::load(&x[k..]).pick_of_threes(Lanes::load(&x[k + 6..])));
            a.add(b).add(c)
        }),
        4 => add_vectors::<4>(x, out, |x| {
            let [a, b, c, d] = Lanes::interleave(std::array::from_fn(|k| Lanes::load(&x[k * LANES..])));
            a.add(b).add(c).add(d)
        }),
        times => {
            for (x, out) in x.chunks_exact(times).zip(out) {
                *out = total(x);
            }
        }
    }
}

#[inline(always)]
fn add_vectors<const N: usize>(x: &[Real], out: &mut [Real], sum: impl Fn(&[Real]) -> Lanes) {
    let done = out.len() / LANES * LANES;
    for (x, out) in x.chunks_exact(N * LANES).zip(out.chunks_exact_mut(LANES)) {
        sum(x).store(out);
    }
    for (x, out) in x[N * done..].chunks_exact(N).zip(&mut out[done..]) {
        *out = x.iter().sum();
    }
}

/// The sum of five values or more: of whole vectors, then of the rest.
fn total(x: &[Real]) -> Real {
    let vectors = x.chunks_exact(LANES);
    let rest: Real = vectors.remainder().iter().sum();
    vectors.map(Lanes::load).fold(Lanes::splat(0.0), Vector::add).sum() + rest
}

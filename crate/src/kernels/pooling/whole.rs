//! Pooling whose only window is the image: pixels are gone through in their order, as memory is read fastest.

use crate::geometry::Geometry;
use crate::kernels::bias::{add_in_order, add_sums};
use crate::kernels::map::{map, map_in_place};
use crate::vector::{copy, spread, Lanes, Real, Vector, LANES};

/// Channels that are worked on together: what is left for them stays near.
const TOGETHER: usize = 512;

/// Channels of a pixel for which a walk of its own pays: whole vectors, so many or more.
const FEWEST: usize = 32;

/// Whether this way is taken.
pub fn fits(g: &Geometry) -> bool {
    let is_whole = (g.kernel_h, g.kernel_w, g.out_h, g.out_w) == (g.in_h, g.in_w, 1, 1) && !g.is_padded();
    is_whole && g.in_c >= FEWEST && g.in_c % LANES == 0
}

/// What a pixel counts.
fn share(g: &Geometry) -> Lanes {
    Lanes::splat(1.0 / (g.in_h * g.in_w) as Real)
}

/// The mean of each image; whether all of them are `far` is a matter of speed alone.
pub fn average(g: &Geometry, x: &[Real], y: &mut [Real], far: bool) {
    let (c, share) = (g.in_c, share(g));
    for (x, y) in x.chunks_exact(g.in_h * g.in_w * c).zip(y.chunks_exact_mut(c)) {
        y.fill(0.0);
        if far {
            add_in_order(x, y);
        } else {
            add_sums(x, y);
        }
        map_in_place(y, |sum| sum.mul(share));
    }
}

/// Every pixel gets its share of the gradient.
pub fn average_gradient(g: &Geometry, dy: &[Real], dx: &mut [Real]) {
    let (c, share) = (g.in_c, share(g));
    for (dy, dx) in dy.chunks_exact(c).zip(dx.chunks_exact_mut(g.in_h * g.in_w * c)) {
        let (first, rest) = dx.split_at_mut(c);
        // Added to a zero as where a pixel is in several windows.
        map::<4>(dy, first, |dy| dy.mul_add(share, Lanes::splat(0.0)));
        rest.chunks_exact_mut(c).for_each(|dx| copy(first, dx));
    }
}

/// The gradient goes to the first pixel that holds the largest value; there must be no NaN among these. Every gradient is written once.
pub fn max_gradient(g: &Geometry, x: &[Real], y: &[Real], dy: &[Real], dx: &mut [Real]) {
    let (c, size, zero) = (g.in_c, g.in_h * g.in_w * g.in_c, Lanes::splat(0.0));
    for (image, dx) in dx.chunks_exact_mut(size).enumerate() {
        let x = &x[image * size..][..size];
        for first in (0..c).step_by(TOGETHER) {
            let count = TOGETHER.min(c - first);
            let [y, dy] = [y, dy].map(|values| &values[image * c + first..][..count]);
            let mut room = [0.0; TOGETHER];
            let left = &mut room[..count];
            // Plus zero, so that no pixel is given a zero with the sign minus.
            spread::<1, 1, 4>([dy], [&mut *left], |[dy], [_]| [dy.add(zero)]);
            for (x, dx) in x.chunks_exact(c).zip(dx.chunks_exact_mut(c)) {
                let (x, dx) = (&x[first..][..count], &mut dx[first..][..count]);
                spread::<2, 2, 2>([x, y], [dx, &mut *left], |[x, y], [_, left]| {
                    let (own, rest) = x.split_equal(y, left);
                    [own, rest]
                });
            }
        }
    }
}

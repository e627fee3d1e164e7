//! The gradient of max pooling whose only window is the image.

use crate::geometry::Geometry;
use crate::vector::{spread, Lanes, Real, Vector, LANES};

/// Channels that are worked on together: what is left for them stays near.
const TOGETHER: usize = 512;

/// Channels of a pixel for which a walk of its own pays: whole vectors, so many or more.
const FEWEST: usize = 32;

/// Whether this way is taken. There must be no NaN among the largest values.
pub fn fits(g: &Geometry) -> bool {
    let is_whole = (g.kernel_h, g.kernel_w, g.out_h, g.out_w) == (g.in_h, g.in_w, 1, 1) && !g.is_padded();
    is_whole && g.in_c >= FEWEST && g.in_c % LANES == 0
}

/// The gradient goes to the first pixel that holds the largest value. Pixels are gone through in their order, as memory is read fastest, and every
/// gradient is written once.
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

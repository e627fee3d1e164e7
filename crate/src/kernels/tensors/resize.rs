//! Images of any other size, by distance, as TensorFlow counts it.

use crate::kernels::mix::{mix, Between, Sizes};
use crate::vector::Real;

/// Where the pixels of both sizes lie.
#[derive(Clone, Copy, Debug)]
pub struct Alignment {
    /// The centres of the outermost pixels lie on each other, instead of the first pixels' corners.
    pub corners: bool,
    /// Centres of pixels lie at halves.
    pub half_pixels: bool,
}

/// The resized images. None may be empty.
pub fn resize_bilinear(s: &Sizes, alignment: Alignment, x: &[Real], y: &mut [Real]) {
    let ratio = [0, 1].map(|axis| {
        let less = usize::from(alignment.corners && s.to[axis] > 1);
        (s.from[axis] - less) as f64 / (s.to[axis] - less) as f64
    });
    let between = |axis: usize, place: usize| {
        let source =
            if alignment.half_pixels { ratio[axis] * (place as f64 + 0.5) - 0.5 } else { ratio[axis] * place as f64 };
        Between::at(source, s.from[axis])
    };
    mix(s, &between, x, y);
}

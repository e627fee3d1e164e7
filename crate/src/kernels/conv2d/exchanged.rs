//! Gradients of few filters over more channels: what images and gradients contribute to each other is the same the other way round. They are those of
//! the reversed convolution, whose images are the gradients, of few channels, and whose gradients are the images: lanes along their channels
//! are full, and neighbours in a row of pixels share what they see. What gets a border is then the smaller one.

use super::filter_gradient;
use super::input_gradient::{exchange, reversed};
use crate::error::Error;
use crate::geometry::Geometry;
use crate::vector::{Real, LANES};

/// Most filters that are fewer than half of whole vectors of channels: with more it would take as long.
const MOST: usize = 16;

/// The reversed convolution, where its gradient takes less time, and its border is no wider than what a filter spans. It has as many products as the
/// images have pixels, which without a border are more than those of the outputs.
pub fn way(geometry: &Geometry) -> Option<Geometry> {
    let g = geometry;
    let has_border = g.slides() && g.pad_left.max(g.pad_right) < g.span_w();
    let (inputs, outputs, taps) = (g.in_h * g.in_w, g.out_h * g.out_w, g.kernel_h * g.kernel_w);
    let are_few = match g.out_c {
        ..=LANES => g.out_c < g.in_c,
        _ if g.out_c <= MOST => 2 * g.out_c <= g.in_c && g.in_c % LANES == 0,
        _ => false,
    };
    (has_border && are_few && inputs <= outputs && taps > 1 && taps <= outputs).then(|| reversed(geometry))
}

/// float32 values of scratch memory.
pub fn workspace(own: &Geometry) -> Result<usize, Error> {
    Ok(own.filter_size() + filter_gradient::workspace(own)?)
}

/// `df = conv(x, dy)` by `own`, which [`way`] has answered.
pub fn filter_gradient(own: &Geometry, x: &[Real], dy: &[Real], df: &mut [Real], workspace: &mut [Real]) {
    let (gradient, rest) = workspace.split_at_mut(own.filter_size());
    filter_gradient::filter_gradient(own, dy, x, gradient, rest);
    exchange(own, gradient, true, df);
}

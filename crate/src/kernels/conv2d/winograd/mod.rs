//! 3×3 convolutions of many channels with a quarter of the multiplications (S. Winograd, *Arithmetic Complexity of
//! Computations*, 1980; A. Lavin and S. Gray, *Fast Algorithms for Convolutional Neural Networks*, 2016).
//!
//! A tile of 6×6 inputs and a filter are taken to the values of polynomials at 6×6 points, where the 4×4 outputs of the
//! tile take 36 multiplications instead of 144 for each pair of channels: 36 matrix products over the channels. Between
//! them and the arrays stand transforms, which take a share of the time that falls with the number of channels. The values at
//! infinity are for the fourth row and column of outputs alone: tiles that have none, at the end of an image, are left out of
//! these products, so that 3×3 tiles for 11×11 outputs take 289 multiplications instead of 324. Two rows need four points only,
//! and take 0, two others and infinity, where the transformed filters are the same: 10×10 outputs take 256.
//!
//! Sums are rounded otherwise than in the direct way, which is why this is done where bits are not promised alone: in the relaxed
//! build, and in others when [`allow`] has said so. Errors grow with the
//! values of a whole tile, not with those that an output sees. Measured in units of 2⁻²³ of the sum of absolute products,
//! with random numbers and 16 to 128 channels: outputs and images' gradients err by 0.34 to 0.59 (root of the mean square),
//! and by 8 at most where an output sees little beside a border, else by 3; in the direct way by 0.20, and 1.8 at most.
//! Filters' gradients err by 0.2 to 0.3, and by 1.7 at most; in the direct way by 0.06, and 0.4 at most. Sums of small
//! integers are not exact. NaN and infinity spread to all outputs of the tiles that see them.

mod convolution;
mod filter_gradient;
mod gradients;
mod points;
mod tiles;

pub use convolution::{convolve, in_groups, workspace, workspace_in_groups};
pub use filter_gradient::{filter_gradient, filter_gradient_workspace};
pub use gradients::{both_workspace, gradients, has_both};
pub use tiles::Convolution;

use crate::geometry::Geometry;
use crate::vector::{FUSED, LANES, LINE};
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

/// Rows and columns of the inputs of a tile.
const N: usize = 6;

/// Rows and columns of its outputs.
const M: usize = 4;

/// Matrices, one for each of the points.
const POINTS: usize = N * N;

/// Elements between matrices beyond their size: powers of two would put all of them into the same lines of a cache.
const GAP: usize = LINE;

/// Fewest channels on both sides.
const FEWEST: usize = 16;

/// Most elements of the transformed filters.
const MOST: usize = 16 << 20;

/// Whether bits other than those of the direct way may come out.
static ALLOWED: AtomicBool = AtomicBool::new(FUSED);

/// Lets convolutions be computed this way from now on. What they need for it changes; there must be none under way.
pub fn allow() {
    ALLOWED.store(true, Relaxed);
}

/// Whether the outputs and the gradient of the filters are computed this way.
pub fn fits(geometry: &Geometry) -> bool {
    ALLOWED.load(Relaxed) && is_possible(geometry) && pays(&Convolution::forward(geometry))
}

/// How the gradient of the images is computed this way, if it is: by the transpose, which errs less at borders, unless it
/// has more tiles.
pub fn backward(geometry: &Geometry) -> Option<Convolution> {
    let (correlation, transpose) = (Convolution::backward(geometry), Convolution::transpose(geometry));
    let way = if transpose.tiles() <= correlation.tiles() { transpose } else { correlation };
    (ALLOWED.load(Relaxed) && is_possible(geometry) && pays(&way)).then_some(way)
}

/// Whether this is a way for the convolution.
pub fn is_possible(g: &Geometry) -> bool {
    let plain = (g.stride_h, g.stride_w, g.dilation_h, g.dilation_w, g.groups) == (1, 1, 1, 1, 1);
    plain && (g.kernel_h, g.kernel_w) == (3, 3) && g.in_c % LANES == 0 && g.out_c % LANES == 0
}

/// Whether it takes less time than the direct way, by the multiplications for each pair of channels: those of the tiles
/// weigh half as much again, for the transforms, and six tiles more are what the transform of the filters takes.
fn pays(c: &Convolution) -> bool {
    let many = c.depth().min(c.filters()) >= FEWEST && POINTS * c.depth() * c.filters() <= MOST;
    many && c.batch * c.products() >= POINTS * (c.batch * c.tiles() * 3 / 2 + 6)
}

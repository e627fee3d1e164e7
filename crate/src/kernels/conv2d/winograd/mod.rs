//! Convolutions of 3×3 to 10×10 taps with a quarter to a sixth of the multiplications, and those of lines or columns of three to five taps with a
//! half to two fifths, of seven taps with four sevenths, of more in pieces (S. Winograd, *Arithmetic Complexity of
//! Computations*, 1980; A. Lavin and S. Gray, *Fast Algorithms for Convolutional Neural Networks*, 2016).
//!
//! A tile of 6×6 inputs and a filter are taken to the values of polynomials at 6×6 points, where the outputs of the
//! tile take 36 multiplications for each pair of channels: 36 matrix products over the channels. Of 3×3 taps these are 4×4 outputs, which take
//! 144 multiplications otherwise. With 5×5 taps a tile has 8×8 inputs and as many points, and its 4×4 outputs take 64 instead of 400; with
//! 4×4 taps the value at infinity is nothing, and they take 49 instead of 256. Between them and the arrays stand transforms, which take a share
//! of the time that falls with the number of channels. The values at
//! infinity are for the last row and column of outputs alone: tiles that have none, at the end of an image, are left out of
//! these products, so that 3×3 tiles for 11×11 outputs take 289 multiplications instead of 324. Two rows out of four need two points less,
//! and do without a pair, one needs three less; the transformed filters are the same: 10×10 outputs take 256, 9×9 take 225.
//!
//! A line of pixels has tiles of one row, and points along it; so has a column, as a line of all pixels with a dilation. With a dilation an image is
//! several, as far as windows see (`lattice`). A convolution of stride 2 is the sum of four of stride 1, of a line of two, and one of a long line or a
//! large square that of pieces (`phases`).
//!
//! Sums are rounded otherwise than in the direct way, which is why this is done where bits are not promised alone: in the relaxed
//! build, and in others when [`allow`] has said so. Errors grow with the
//! values of a whole tile, not with those that an output sees. Measured in units of 2⁻²³ of the sum of absolute products,
//! with random numbers and 8 to 128 channels, 3×3 outputs and images' gradients err by 0.34 to 0.65 (root of the mean square),
//! and by 9 at most where an output sees little beside a border, else by 3; in the direct way by 0.20, and 1.8 at most.
//! Filters' gradients err by 0.2 to 0.3, and by 3 at most; in the direct way by 0.06, and 0.4 at most. Of 5×5 taps outputs and images' gradients
//! err by 0.8 to 1.6, and by 22 at most, filters' gradients by 0.6 to 1.6, and 23 at most; of lines of three taps by 0.22 to 0.30 and 0.12 to
//! 0.18, of five and seven by 0.4 to 0.6, and 6.3 at most, and 0.18 to 0.40; of stride 2 outputs by 0.28 to 0.65,
//! and 6.3 at most, images' gradients by 0.36 to 0.94, and 10.3 at most, filters' by 0.36 to 0.78, and 5.8 at most; of lines with
//! stride 2 outputs and images' gradients by 0.27 to 0.35, and 3.8 at most, filters' by 0.08 to 0.13, and 0.8 at most; of lines in pieces outputs and
//! images' gradients by 0.23 to 0.48, and 5.7 at most, filters' by 0.17 to 0.36, and 3.0 at most; of squares in pieces by 0.39 to 1.24, and 25
//! at most, filters' by 0.21 to 1.02, and 15 at most. Sums of small
//! integers are not exact. NaN and infinity spread to all outputs of the tiles that see them.

mod around;
mod by_blocks;
mod by_panels;
mod coming;
mod convolution;
mod costs;
mod eight;
mod fewer;
mod filter_gradient;
mod filters;
mod gradients;
mod lattice;
mod outputs;
mod own;
mod phases;
mod points;
mod six;
mod sizes;
mod taps;
mod tiles;

pub use convolution::{convolve, in_groups, workspace, workspace_beside_filters, workspace_in_groups, Filters};
pub use filter_gradient::{filter_gradient, filter_gradient_workspace};
pub use filters::{transform_all, Given, Order};
pub use gradients::{both_workspace, gradients, has_both};
pub use sizes::Convolution;

use costs::{keeps, pays_for_filters, pays_for_outputs, Before};
use phases::by_taps_of_phase;

use crate::geometry::Geometry;
use crate::vector::{FUSED, LANES, LINE};
use std::sync::atomic::{AtomicU8, Ordering::Relaxed};

/// Taps of the filters along an axis, those of a tile: four are five of which the last one is nothing.
const THREE: usize = 3;
const FIVE: usize = 5;
const SEVEN: usize = 7;
const TWICE_THREE: usize = 2 * THREE;

/// Most taps of a line, and of a square along an axis.
const LONGEST: usize = 64;
const LARGEST: usize = 10;

/// Inputs of a tile along an axis with so many taps, and points.
const SIX: usize = along(THREE);
const EIGHT: usize = along(FIVE);

/// Outputs of a tile along an axis, by the taps: those of one row, or four; of seven taps two.
const SIDE: usize = 4;
const fn side(taps: usize) -> usize {
    match taps {
        1 => 1,
        SEVEN => 2,
        _ => SIDE,
    }
}

/// Inputs of a tile along an axis, and points.
const fn along(taps: usize) -> usize {
    side(taps) + of_tile(taps, 1) - 1
}

/// Taps of the filters of a tile, by those of a filter that are a stride apart. Long lines are cut into [phases] of so many at most.
const fn of_tile(taps: usize, stride: usize) -> usize {
    match (taps, stride) {
        (1, _) => 1,
        (SEVEN, 1) => SEVEN,
        (..=THREE | TWICE_THREE, _) => THREE,
        _ => FIVE,
    }
}

/// Does something for the taps of a tile's filters, also for those of tiles with phases, or for those of a convolution's, down and across, which are
/// constants there.
macro_rules! by_taps {
    ($taps:expr, |$down:ident, $across:ident| $body:expr) => {
        by_taps!($taps, $down, $across, $body, [1, 3], [1, 5], [1, 7], [5, 5], [3, 3])
    };
    (phases $taps:expr, |$down:ident, $across:ident| $body:expr) => {
        by_taps!($taps, $down, $across, $body, [1, 3], [1, 5], [5, 5], [3, 3])
    };
    (kernel $taps:expr, |$down:ident, $across:ident| $body:expr) => {
        by_taps!($taps, $down, $across, $body, [1, 3], [1, 4], [1, 5], [1, 7], [4, 4], [5, 5], [3, 3])
    };
    ($taps:expr, $down:ident, $across:ident, $body:expr, $([$rows:literal, $columns:literal]),+) => {
        match $taps {
            $([$rows, $columns] => {
                const $down: usize = $rows;
                const $across: usize = $columns;
                $body
            })+
            _ => unreachable!("filters that have no tiles"),
        }
    };
}
use by_taps;

/// Elements between matrices beyond their size: powers of two would put all of them into the same lines of a cache.
const GAP: usize = LINE;

/// Where convolutions are computed this way, if it is one for them.
#[derive(Clone, Copy, PartialEq)]
#[repr(u8)]
pub enum Use {
    /// Nowhere: no bits other than those of the direct way may come out.
    Never,
    /// Where it takes less time.
    WhereItPays,
    /// In tests and benchmarks.
    Always,
}

static USE: AtomicU8 = AtomicU8::new(if FUSED { Use::WhereItPays } else { Use::Never } as u8);

/// Where it is used from now on. What convolutions need for it changes; there must be none under way.
pub fn choose(uses: Use) {
    USE.store(uses as u8, Relaxed);
}

/// Whether it is used as said.
fn is_used(uses: Use) -> bool {
    USE.load(Relaxed) == uses as u8
}

/// Whether the outputs are computed this way.
pub fn fits(geometry: &Geometry) -> bool {
    fits_instead(geometry, 1.0)
}

/// Whether the gradient of the filters is.
pub fn gradient_fits(geometry: &Geometry) -> bool {
    gradient_fits_instead(geometry, 1.0)
}

/// Whether the outputs are computed this way instead of those of another convolution, whose direct way makes a share of the products.
pub fn fits_instead(geometry: &Geometry, share: f64) -> bool {
    outputs_are_allowed(geometry) && for_outputs(&Convolution::forward(geometry), share)
}

/// The same for the gradient of the filters.
pub fn gradient_fits_instead(geometry: &Geometry, share: f64) -> bool {
    is_allowed(geometry) && (is_used(Use::Always) || pays_for_filters(&Convolution::forward(geometry), share))
}

/// How the gradient of the images is computed this way, if it is: by the transpose, which errs less at borders, unless it
/// has more tiles.
pub fn backward(geometry: &Geometry) -> Option<Convolution> {
    backward_instead(geometry, 1.0)
}

/// The same instead of that of another convolution, whose direct way makes a share of the products.
pub fn backward_instead(geometry: &Geometry, share: f64) -> Option<Convolution> {
    let way = outputs_are_allowed(geometry).then(|| backward_way(geometry));
    way.filter(|way| for_outputs(way, share))
}

/// Whether outputs are computed this way, where they may be.
fn for_outputs(way: &Convolution, share: f64) -> bool {
    is_used(Use::Always) || pays_for_outputs(way, share)
}

fn backward_way(geometry: &Geometry) -> Convolution {
    let (correlation, transpose) = (Convolution::backward(geometry), Convolution::transpose(geometry));
    // Rows of a transpose's outputs overlap: threads cannot share those of an image that is alone.
    let is_shared = geometry.batch > 1 || transpose.is_line() || by_panels::fits(&transpose);
    // Of filters in pieces the transpose transforms one side for each of them, a correlation the other one.
    let pays = !transpose.has_phases() || geometry.out_c >= 2 * geometry.in_c;
    let is_transposed = geometry.stride_w > 1
        || transpose.tiles() < correlation.tiles()
        || is_shared && pays && transpose.tiles() == correlation.tiles();
    if is_transposed {
        transpose
    } else {
        correlation
    }
}

/// How the outputs are computed this way from filters that are kept, if that pays, also instead of those of another convolution as in [`fits_instead`].
pub fn forward_with_kept(geometry: &Geometry, share: f64) -> Option<Convolution> {
    let way = outputs_are_allowed(geometry).then(|| Convolution::forward(geometry));
    way.filter(|way| is_used(Use::Always) || keeps(way, Before::Packing, share))
}

/// The same of the gradient of the images.
pub fn backward_with_kept(geometry: &Geometry, share: f64) -> Option<Convolution> {
    let way = outputs_are_allowed(geometry).then(|| backward_way(geometry));
    way.filter(|way| is_used(Use::Always) || keeps(way, Before::Exchange, share))
}

/// Threads do not share the outputs of a single image with filters of one column, whose tiles lie all over it. In the direct way they do.
fn outputs_are_allowed(geometry: &Geometry) -> bool {
    is_allowed(geometry) && (geometry.batch > 1 || geometry.kernel_w > 1)
}

fn is_allowed(geometry: &Geometry) -> bool {
    !is_used(Use::Never) && is_possible(geometry)
}

/// Whether this is a way for the convolution.
pub fn is_possible(g: &Geometry) -> bool {
    let [is_row, is_column] = [g.kernel_h == 1, g.kernel_w == 1 && g.out_w == g.in_w && g.pad_left == 0];
    let is_dilated = g.dilation_h.max(g.dilation_w) > 1;
    let has_tiles = match [g.stride_h, g.stride_w] {
        [1, 1] if is_row || is_column => matches!(g.kernel_h.max(g.kernel_w), THREE..=LONGEST),
        [1, 1] => g.kernel_h == g.kernel_w && (THREE..=LARGEST).contains(&g.kernel_w),
        [2, 2] => g.kernel_h == g.kernel_w && !is_dilated && (THREE..=TWICE_THREE).contains(&g.kernel_w),
        // Of fewer taps phases of a stride of 4 have two, which take as long.
        [1, stride @ (2 | 4)] => {
            let fewest = if stride == 2 { THREE } else { 9 };
            is_row && g.in_h == 1 && g.out_h == 1 && !is_dilated && (fewest..=LONGEST).contains(&g.kernel_w)
        }
        _ => false,
    };
    // A window's pixels then have the remainders of its own numbers.
    let keeps_remainders = (is_row || g.pad_top % g.dilation_h == 0) && (is_column || g.pad_left % g.dilation_w == 0);
    has_tiles && keeps_remainders && g.groups == 1 && g.in_c % LANES == 0 && g.out_c % LANES == 0
}

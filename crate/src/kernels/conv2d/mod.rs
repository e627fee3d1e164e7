//! Two-dimensional convolution (cross-correlation) and its gradients: images NHWC, filters HWIO.
//!
//! A filter's taps over the channels of one kernel row lie side by side in an image, so that a patch is a few
//! contiguous segments: products run straight over the image, without building a matrix of patches.

mod axis;
mod blocks;
mod blocks_gradient;
mod border;
mod by_definition;
mod by_images;
mod by_taps;
mod dense;
mod depthwise;
mod dotted;
mod exchanged;
pub mod filter_gradient;
mod folded;
pub mod forward;
mod grouped;
pub mod input_gradient;
pub mod kept;
mod lines;
mod part;
mod planar;
pub mod pooled;
pub mod rounded;
mod segments;
mod sliding;
mod thin;
mod thin_gradient;
pub mod to_depth;
mod wide;
pub mod winograd;

use crate::error::Error;
use crate::gemm::micro::Walk;
use crate::geometry::Geometry;
use crate::threads::share;

/// One of the passes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pass {
    /// Outputs from images and filters.
    Forward,
    /// Gradient of the filters.
    FilterGradient,
    /// Gradient of the images.
    InputGradient,
    /// Outputs of max pooling behind it.
    Pooled,
    /// Gradients of filters and bias from that of max pooling's outputs.
    PooledGradient,
    /// The same, and the gradient of the images.
    PooledGradients,
    /// Outputs from images and kept filters.
    KeptForward,
    /// The transpose: the gradient of the images from filters kept for it.
    KeptInputGradient,
}

impl Pass {
    /// The pass of a code: 0 forward, 1 filter gradient, 2 input gradient, 3 outputs of max pooling, 4 gradients of filters from theirs,
    /// 5 that of the images as well, 6 forward and 7 input gradient with kept filters.
    pub fn from_code(code: u32) -> Result<Self, Error> {
        match code {
            0 => Ok(Self::Forward),
            1 => Ok(Self::FilterGradient),
            2 => Ok(Self::InputGradient),
            3 => Ok(Self::Pooled),
            4 => Ok(Self::PooledGradient),
            5 => Ok(Self::PooledGradients),
            6 => Ok(Self::KeptForward),
            7 => Ok(Self::KeptInputGradient),
            _ => Err(Error::UnknownCode),
        }
    }
}

/// float32 values of scratch memory that a pass wants.
pub fn workspace(pass: Pass, geometry: &Geometry) -> Result<usize, Error> {
    match pass {
        Pass::Forward => forward::workspace(geometry),
        Pass::FilterGradient => filter_gradient::workspace(geometry),
        Pass::InputGradient => input_gradient::workspace(geometry),
        Pass::Pooled => pooled::workspace(geometry),
        Pass::PooledGradient => pooled::gradient_workspace(geometry),
        Pass::PooledGradients => pooled::gradients_workspace(geometry),
        Pass::KeptForward | Pass::KeptInputGradient => {
            kept::Kept::new(pass, geometry).map_or(Ok(0), |kept| kept.workspace())
        }
    }
}

/// Most parts of a batch that need scratch memory of their own.
const MOST_PARTS: usize = 16;

/// How a batch is cut where every part needs scratch memory: images of a part, and parts, `most` at most.
fn cut(geometry: &Geometry, most: usize) -> (usize, usize) {
    let images = share(geometry.batch, geometry.operations()).max(geometry.batch.div_ceil(most));
    (images, geometry.batch.div_ceil(images))
}

/// How the taps of a filter walk over an image without border, from the patch's first pixel: whole kernel rows
/// where the taps touch each other, else tap by tap.
fn taps(geometry: &Geometry) -> Walk {
    let row = geometry.in_w * geometry.in_c;
    let touching = geometry.dilation_w == 1;
    Walk {
        outer: geometry.kernel_h,
        outer_stride: geometry.dilation_h * row,
        inner: if touching { 1 } else { geometry.kernel_w },
        inner_stride: geometry.dilation_w * geometry.in_c,
        len: if touching { geometry.kernel_w * geometry.in_c } else { geometry.in_c },
    }
}

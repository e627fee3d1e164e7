//! Gradient of the filters: `df = conv(x, dy)`, summed over the batch.

use super::by_images::{self, Given};
use super::{by_taps, dense, exchanged, grouped, planar, rounded, to_depth, winograd, Pass};
use crate::error::Error;
use crate::geometry::Geometry;
use crate::kernels::ending::Ending;
use crate::kernels::matmul::{matmul, Product};
use crate::vector::Real;

/// How it is computed.
enum Route {
    Grouped,
    /// By the reversed convolution.
    Exchanged(Geometry),
    Winograd,
    /// By the convolution of more channels.
    Rounded(Geometry),
    /// By the convolution of blocks of pixels.
    ToDepth(Geometry),
    Product(Product),
    ByTaps,
    Planar,
    /// The batch is worked through by [`by_images`].
    ByImages,
}

impl Route {
    fn of(geometry: &Geometry) -> Self {
        if geometry.groups > 1 {
            Self::Grouped
        } else if let Some(own) = exchanged::way(geometry) {
            Self::Exchanged(own)
        } else if winograd::gradient_fits(geometry) {
            Self::Winograd
        } else if let Some(own) = rounded::gradient_way(geometry) {
            Self::Rounded(own)
        } else if let Some(own) = to_depth::gradient_way(geometry) {
            Self::ToDepth(own)
        } else if let Some(product) = dense::product(geometry, Pass::FilterGradient) {
            Self::Product(product)
        } else if by_taps::gradient_fits(geometry) {
            Self::ByTaps
        } else if planar::fits(geometry) {
            Self::Planar
        } else {
            Self::ByImages
        }
    }
}

/// Whether the batch is worked through by [`by_images`].
pub(super) fn goes_by_images(geometry: &Geometry) -> bool {
    matches!(Route::of(geometry), Route::ByImages)
}

/// float32 values of scratch memory.
pub fn workspace(geometry: &Geometry) -> Result<usize, Error> {
    match Route::of(geometry) {
        Route::Grouped => grouped::filter_gradient_workspace(geometry),
        Route::Exchanged(own) => exchanged::workspace(&own),
        Route::Winograd => winograd::filter_gradient_workspace(&winograd::Convolution::forward(geometry)),
        Route::Rounded(own) => rounded::gradient_workspace(&own),
        Route::ToDepth(own) => to_depth::gradient_workspace(&own),
        Route::Product(product) => product.workspace(),
        Route::ByTaps => by_taps::gradient_workspace(geometry),
        Route::Planar => planar::workspace(geometry),
        Route::ByImages => by_images::workspace(geometry, 0),
    }
}

/// `df = conv(x, dy)`.
pub fn filter_gradient(geometry: &Geometry, x: &[Real], dy: &[Real], df: &mut [Real], workspace: &mut [Real]) {
    match Route::of(geometry) {
        Route::Grouped => grouped::filter_gradient(geometry, x, dy, df, workspace),
        Route::Exchanged(own) => exchanged::filter_gradient(&own, x, dy, df, workspace),
        Route::Winograd => {
            winograd::filter_gradient(&winograd::Convolution::forward(geometry), x, dy, df, workspace);
        }
        Route::Rounded(own) => rounded::filter_gradient((geometry, &own), (x, dy), df, workspace),
        Route::ToDepth(own) => to_depth::filter_gradient((geometry, &own), (x, dy), df, workspace),
        Route::Product(product) => matmul(product, x, dy, None, df, Ending::NONE, workspace),
        Route::ByTaps => by_taps::filter_gradient(geometry, x, dy, df, workspace),
        Route::Planar => planar::filter_gradient(geometry, x, dy, df, workspace),
        Route::ByImages => {
            let given = Given { dy, size: geometry.output_size() / geometry.batch };
            by_images::filter_gradient(geometry, x, (&given, 0), df, workspace);
        }
    }
}

//! Gradient of the filters: `df = conv(x, dy)`, summed over the batch.

use super::by_images::{self, Given};
use super::{by_taps, dense, grouped, planar, winograd, Pass};
use crate::error::Error;
use crate::geometry::Geometry;
use crate::kernels::ending::Ending;
use crate::kernels::matmul::{matmul, Product};
use crate::vector::Real;

/// The product that it is, if it is computed as one.
fn product(geometry: &Geometry) -> Option<Product> {
    dense::product(geometry, Pass::FilterGradient)
}

/// Whether the batch is worked through by [`by_images`].
pub(super) fn goes_by_images(geometry: &Geometry) -> bool {
    geometry.groups == 1
        && !winograd::fits(geometry)
        && product(geometry).is_none()
        && !by_taps::gradient_fits(geometry)
        && !planar::fits(geometry)
}

/// float32 values of scratch memory.
pub fn workspace(geometry: &Geometry) -> Result<usize, Error> {
    if geometry.groups > 1 {
        return grouped::filter_gradient_workspace(geometry);
    }
    if winograd::fits(geometry) {
        return winograd::filter_gradient_workspace(&winograd::Convolution::forward(geometry));
    }
    if let Some(product) = product(geometry) {
        return product.workspace();
    }
    if by_taps::gradient_fits(geometry) {
        return by_taps::gradient_workspace(geometry);
    }
    if planar::fits(geometry) {
        return planar::workspace(geometry);
    }
    by_images::workspace(geometry, 0)
}

/// `df = conv(x, dy)`.
pub fn filter_gradient(geometry: &Geometry, x: &[Real], dy: &[Real], df: &mut [Real], workspace: &mut [Real]) {
    if geometry.groups > 1 {
        return grouped::filter_gradient(geometry, x, dy, df, workspace);
    }
    if winograd::fits(geometry) {
        return winograd::filter_gradient(&winograd::Convolution::forward(geometry), x, dy, df, workspace);
    }
    if let Some(product) = product(geometry) {
        return matmul(product, x, dy, None, df, Ending::NONE, workspace);
    }
    if by_taps::gradient_fits(geometry) {
        return by_taps::filter_gradient(geometry, x, dy, df, workspace);
    }
    if planar::fits(geometry) {
        return planar::filter_gradient(geometry, x, dy, df, workspace);
    }
    let given = Given { dy, size: geometry.output_size() / geometry.batch };
    by_images::filter_gradient(geometry, x, (&given, 0), df, workspace);
}

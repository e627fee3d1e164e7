//! Gradient of the filters: `df = conv(x, dy)`, summed over the batch.

use super::by_images::{self, Given};
use super::{grouped, planar, winograd};
use crate::error::Error;
use crate::geometry::Geometry;
use crate::kernels::ending::Ending;
use crate::kernels::matmul::{matmul, Product};
use crate::vector::Real;

/// Fewest channels on both sides, and fewest pairs of them, for which the gradient of one tap is computed as a matrix
/// product: both sides are packed for it.
const FEWEST: usize = 64;
const FEWEST_PAIRS: usize = 8192;

/// The product that the gradient of filters of one tap is: of the transposed images with the gradients.
fn product(geometry: &Geometry) -> Option<Product> {
    let Geometry { kernel_h, kernel_w, stride_h, stride_w, groups, in_c: m, out_c: n, .. } = *geometry;
    let one = (kernel_h, kernel_w, stride_h, stride_w, groups) == (1, 1, 1, 1, 1) && !geometry.is_padded();
    let k = geometry.batch * geometry.out_h * geometry.out_w;
    (one && m.min(n) >= FEWEST && m * n >= FEWEST_PAIRS).then_some(Product {
        m,
        n,
        k,
        transpose_a: true,
        transpose_b: false,
    })
}

/// Whether the batch is worked through by [`by_images`].
pub(super) fn goes_by_images(geometry: &Geometry) -> bool {
    geometry.groups == 1 && !winograd::fits(geometry) && product(geometry).is_none() && !planar::fits(geometry)
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
    if planar::fits(geometry) {
        return planar::filter_gradient(geometry, x, dy, df, workspace);
    }
    let given = Given { dy, size: geometry.output_size() / geometry.batch };
    by_images::filter_gradient(geometry, x, (&given, 0), df, workspace);
}

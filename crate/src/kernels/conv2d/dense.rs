//! Convolutions that are products of two matrices: where the filters cover the whole image, or have one tap. All passes go to
//! [`matmul`](super::super::matmul), which knows how to pack them.

use super::Pass;
use crate::geometry::Geometry;
use crate::kernels::matmul::Product;
use crate::vector::LANES;

/// Fewest channels on both sides, and fewest pairs of them, for which the gradient of filters of one tap is computed as a matrix
/// product: both sides are packed for it.
const FEWEST: usize = 64;
const FEWEST_PAIRS: usize = 8192;

/// The product that a pass is, if it is computed as one. Images are rows of all their values, or of one pixel's.
pub fn product(geometry: &Geometry, pass: Pass) -> Option<Product> {
    let Geometry { in_h, in_w, kernel_h, kernel_w, stride_h, stride_w, groups, in_c, out_c, .. } = *geometry;
    if groups > 1 || geometry.is_padded() {
        return None;
    }
    let covers = (kernel_h, kernel_w) == (in_h, in_w);
    let one_tap = (kernel_h, kernel_w, stride_h, stride_w) == (1, 1, 1, 1) && pays(pass, in_c, out_c);
    if !covers && !one_tap {
        return None;
    }
    let steps = kernel_h * kernel_w * in_c;
    let rows = geometry.batch * geometry.out_h * geometry.out_w;
    let plain = Product { m: rows, n: out_c, k: steps, transpose_a: false, transpose_b: false };
    match pass {
        Pass::Forward => Some(plain),
        Pass::FilterGradient => Some(Product { m: steps, k: rows, transpose_a: true, ..plain }),
        Pass::InputGradient => Some(Product { n: steps, k: out_c, transpose_b: true, ..plain }),
        _ => None,
    }
}

/// Whether a product of one tap takes less time than the other ways do.
fn pays(pass: Pass, in_c: usize, out_c: usize) -> bool {
    let whole = |n: usize| n % LANES == 0;
    match pass {
        // The other way copies gradients that are no whole vectors.
        Pass::FilterGradient if !whole(out_c) => in_c >= 4 * LANES,
        Pass::FilterGradient => in_c.min(out_c) >= FEWEST && in_c * out_c >= FEWEST_PAIRS,
        Pass::InputGradient => whole(in_c) && out_c >= LANES,
        _ => whole(out_c) && in_c >= LANES,
    }
}

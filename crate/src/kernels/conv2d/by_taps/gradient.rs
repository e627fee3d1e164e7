//! Filters' gradients, tap by tap: what a tap sees of all images is copied, and a product of matrices.

use super::seen::{pixels_of_tap, Along};
use super::{are_many, FEW, FEWEST_FILTERS};
use crate::error::{checked_product, Error};
use crate::geometry::{operations_of, Geometry};
use crate::kernels::conv2d::{planar, segments};
use crate::kernels::ending::Ending;
use crate::kernels::matmul::{matmul, Product};
use crate::threads::{each_pair, each_with_scratch, share, workers};
use crate::vector::{copy, Real, LANES};

/// Most outputs of an image for [`filter_gradient`]: what a tap sees of all images is copied.
const MOST_GRADIENTS: usize = 256;

/// Whether the filters' gradient is, where Winograd's way is not taken: else each image would read and write all sums for a few
/// pixels, and multiply by the zeros of its border.
pub fn gradient_fits(geometry: &Geometry) -> bool {
    let (pixels, channels) = (geometry.out_h * geometry.out_w, [geometry.in_c, geometry.out_c]);
    let pays = || are_many(channels) && pixels <= MOST_GRADIENTS && gradient_pays(geometry);
    geometry.groups == 1 && (gradient_pays_of_few((pixels, channels)) || pays())
}

/// [`gradient_fits`] for so many outputs of an image and channels on both sides, where outputs are few.
pub fn gradient_pays_of_few((pixels, channels): (usize, [usize; 2])) -> bool {
    are_many(channels) && pixels <= FEW
}

/// Elements of both sides that find room in a second-level cache, more or less.
const NEAR: usize = 1 << 19;

/// Whether copying what each tap sees takes less time than what it spares: the zeros of the border, and reading and writing the
/// sums with every strip. In multiples of the time that a vector's product takes, a vector that is copied takes about five,
/// or eight from afar; one of the sums one and a half, or five from afar.
fn gradient_pays(geometry: &Geometry) -> bool {
    let (m, n) = (geometry.in_c, geometry.out_c);
    if n % LANES > 0 {
        return false;
    }
    let taps = taps(geometry);
    let (seen, all) =
        ((0..taps).map(|tap| pixels_of_tap(geometry, tap)).sum::<usize>(), taps * geometry.out_h * geometry.out_w);
    let copied = geometry.batch * geometry.out_h * geometry.out_w * (m + n);
    let copies = if copied > NEAR { 8.0 } else { 5.0 } * (m + n) as f64 / (m * n) as f64;
    let strip = if planar::fits(geometry) {
        planar::pixels_of_strip(geometry)
    } else {
        segments::pixels_of_strip(&geometry.without_padding())
    };
    let sums = if geometry.filter_size() >= FEWEST_FILTERS { 5.0 } else { 1.5 } / strip as f64;
    seen as f64 * (1.0 + copies) < all as f64 * (1.0 + sums)
}

/// The product that the gradient of a tap's filters is: of what it sees in all images with its gradients.
fn gradient_of_tap(geometry: &Geometry, tap: usize) -> Product {
    let k = geometry.batch * pixels_of_tap(geometry, tap);
    Product { m: geometry.in_c, n: geometry.out_c, k, transpose_a: true, transpose_b: false }
}

/// Most operations of a tap's product for which threads share the taps: they wait for each other once, not several times for each tap,
/// and read what they copied themselves.
const FEW_OPERATIONS: usize = 1 << 22;

/// [`FEW_OPERATIONS`] of two threads, for which nine taps are many. What a tap copies is then [`NEAR`], as channels are [`are_many`].
const FEW_OF_TWO: usize = 1 << 24;

/// Most taps that threads share, each with scratch memory of its own.
const MOST_TAPS: usize = 32;

/// Taps of the filters.
fn taps(geometry: &Geometry) -> usize {
    geometry.kernel_h * geometry.kernel_w
}

/// Whether threads share the taps, else the product of each: no tap may have more than half of the work, as the middle one has
/// where images are a pixel.
fn shares_taps(geometry: &Geometry) -> bool {
    let Geometry { batch, in_c, out_c, .. } = *geometry;
    let pixels = || (0..taps(geometry)).map(|tap| pixels_of_tap(geometry, tap));
    let most = pixels().max().unwrap_or(0);
    let few = if workers() == 1 { FEW_OF_TWO } else { FEW_OPERATIONS };
    taps(geometry) <= MOST_TAPS
        && operations_of(&[2, batch, most, in_c, out_c]) <= few
        && 2 * most <= pixels().sum::<usize>()
}

/// float32 values of scratch memory of a tap: both sides of its product, and its own.
fn workspace_of_tap(geometry: &Geometry) -> Result<usize, Error> {
    let mut most = 0;
    for tap in 0..taps(geometry) {
        let product = gradient_of_tap(geometry, tap);
        most = most.max(product.k * (product.m + product.n) + product.workspace()?);
    }
    Ok(most)
}

/// float32 values of scratch memory of [`filter_gradient`].
pub fn gradient_workspace(geometry: &Geometry) -> Result<usize, Error> {
    let parts = if shares_taps(geometry) { taps(geometry) } else { 1 };
    checked_product(&[parts, workspace_of_tap(geometry)?])
}

/// `df = conv(x, dy)`, summed over the batch.
pub fn filter_gradient(geometry: &Geometry, x: &[Real], dy: &[Real], df: &mut [Real], workspace: &mut [Real]) {
    let size = geometry.in_c * geometry.out_c;
    if !shares_taps(geometry) {
        for (tap, df) in df.chunks_exact_mut(size).enumerate() {
            gradient_of(geometry, tap, (x, dy), df, workspace);
        }
        return;
    }
    let of_tap = workspace.len() / taps(geometry);
    each_with_scratch([(df, size)], (workspace, of_tap), |tap, [df], workspace| {
        gradient_of(geometry, tap, (x, dy), df, workspace);
    });
}

/// The gradient of a tap's filters.
fn gradient_of(geometry: &Geometry, tap: usize, (x, dy): (&[Real], &[Real]), df: &mut [Real], workspace: &mut [Real]) {
    let [input, output] = [geometry.input_size(), geometry.output_size()].map(|size| size / geometry.batch);
    let product = gradient_of_tap(geometry, tap);
    let Product { m, n, k, .. } = product;
    if k == 0 {
        return df.fill(0.0);
    }
    let (a, rest) = workspace.split_at_mut(k * m);
    let (b, workspace) = rest.split_at_mut(k * n);
    let pixels = k / geometry.batch;
    let images = share(geometry.batch, pixels * (m + n));
    each_pair((&mut *a, images * pixels * m), (&mut *b, images * pixels * n), |part, a, b| {
        let pairs = a.chunks_exact_mut(pixels * m).zip(b.chunks_exact_mut(pixels * n));
        for ((a, b), image) in pairs.zip(part * images..) {
            let (x, dy) = (&x[image * input..], &dy[image * output..]);
            copy_seen(geometry, tap, (x, dy), (a, b));
        }
    });
    matmul(product, a, b, None, df, Ending::NONE, workspace);
}

/// Copies the pixels of an image that a tap sees, and the gradients of the outputs that see them.
fn copy_seen(g: &Geometry, tap: usize, (x, dy): (&[Real], &[Real]), (a, b): (&mut [Real], &mut [Real])) {
    let ([down, across], [m, n]) = (Along::of_tap(g, tap), [g.in_c, g.out_c]);
    let columns = across.outputs.len();
    let rows = a.chunks_exact_mut(columns * m).zip(b.chunks_exact_mut(columns * n));
    for (row, (a, b)) in rows.enumerate() {
        let input = ((down.first + row) * g.stride_h + down.remainder) * g.in_w;
        let input = input + across.first * g.stride_w + across.remainder;
        let output = (down.outputs.start + row) * g.out_w + across.outputs.start;
        copy(&dy[output * n..][..b.len()], b);
        if g.stride_w == 1 {
            copy(&x[input * m..][..a.len()], a);
            continue;
        }
        for (column, a) in a.chunks_exact_mut(m).enumerate() {
            copy(&x[(input + column * g.stride_w) * m..][..m], a);
        }
    }
}

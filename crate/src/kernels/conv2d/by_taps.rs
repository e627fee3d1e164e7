//! Convolutions of many channels over images of few pixels, tap by tap: a tap's filters are packed once for all images, and go
//! with what they see of all of them. Image by image they would come from a far cache for a few pixels each.
//!
//! Pixels are put in another order for it: those of the same place in all images of a part lie side by side, so that what a
//! row of outputs sees through a tap is a matrix.

use super::{planar, segments};
use crate::error::{checked_product, Error};
use crate::gemm::pack::{packed_size, PANEL};
use crate::geometry::Geometry;
use crate::kernels::bias::broadcast;
use crate::kernels::ending::Ending;
use crate::kernels::matmul::{matmul, Block, Product, BLOCK};
use crate::threads::{each_pair, each_part, share, OF_COPYING};
use crate::vector::{copy, Real, LANES};

/// Outputs of an image that are few.
const FEW: usize = 16;

/// Most outputs of an image for [`convolve`].
const MOST: usize = 64;

/// Most outputs of an image for [`filter_gradient`]: what a tap sees of all images is copied.
const MOST_GRADIENTS: usize = 256;

/// Fewest channels on both sides.
const FEWEST: usize = 32;

/// Fewest elements of the filters for [`convolve`], for few outputs and for more: fewer stay in the second-level cache.
const FEWEST_FILTERS: usize = 1 << 17;
const FEWEST_FILTERS_OF_MORE: usize = 3 << 17;

/// Whether outputs and the images' gradient are computed this way, where Winograd's is not taken.
pub fn fits(geometry: &Geometry) -> bool {
    let pixels = geometry.out_h * geometry.out_w;
    let fewest = if pixels <= FEW { FEWEST_FILTERS } else { FEWEST_FILTERS_OF_MORE };
    is_possible(geometry) && pixels <= MOST && geometry.filter_size() >= fewest
}

/// Whether the filters' gradient is, where Winograd's way is not taken: else each image would read and write all sums for a few
/// pixels, and multiply by the zeros of its border.
pub fn gradient_fits(geometry: &Geometry) -> bool {
    let pixels = geometry.out_h * geometry.out_w;
    is_possible(geometry) && (pixels <= FEW || pixels <= MOST_GRADIENTS && gradient_pays(geometry))
}

/// Whether channels are many.
fn is_possible(geometry: &Geometry) -> bool {
    geometry.groups == 1 && geometry.in_c.min(geometry.out_c) >= FEWEST
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
    let (mut seen, all) = (0, geometry.kernel_h * geometry.kernel_w * geometry.out_h * geometry.out_w);
    for tap in 0..geometry.kernel_h * geometry.kernel_w {
        each_seen(geometry, tap, |part| seen += part.count);
    }
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

/// Pixels that see each other through a tap.
struct Seen {
    /// Pixel of the images, and of the outputs.
    input: usize,
    output: usize,
    /// How many lie side by side on both sides.
    count: usize,
}

/// Calls `work` with what there is to see through a tap, a row or a pixel at a time.
fn each_seen(geometry: &Geometry, tap: usize, mut work: impl FnMut(Seen)) {
    let (tap_row, tap_column) = (tap / geometry.kernel_w, tap % geometry.kernel_w);
    let place = |output: usize, stride: usize, tap: usize, dilation: usize, pad: usize, size: usize| {
        (output * stride + tap * dilation).checked_sub(pad).filter(|&input| input < size)
    };
    let side =
        |column| place(column, geometry.stride_w, tap_column, geometry.dilation_w, geometry.pad_left, geometry.in_w);
    for row in 0..geometry.out_h {
        let above = place(row, geometry.stride_h, tap_row, geometry.dilation_h, geometry.pad_top, geometry.in_h);
        let Some(line) = above.map(|row| row * geometry.in_w) else { continue };
        let mut column = 0;
        while column < geometry.out_w {
            let first = column;
            column += 1;
            let Some(input) = side(first) else { continue };
            while column < geometry.out_w && side(column) == Some(input + column - first) {
                column += 1;
            }
            work(Seen { input: line + input, output: row * geometry.out_w + first, count: column - first });
        }
    }
}

/// Fewest images of a part: a panel of filters passes over them in a first-level cache.
const LEAST_OF_PART: usize = 16;

/// Which way a convolution goes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// From the images to the outputs.
    Forward,
    /// From the outputs' gradients to the images'.
    Backward,
}

/// What one way reads and writes.
struct Sides {
    /// Channels, and elements of an image, on both sides.
    channels: [usize; 2],
    sizes: [usize; 2],
}

impl Sides {
    fn of(geometry: &Geometry, way: Way) -> Self {
        let mut channels = [geometry.in_c, geometry.out_c];
        let mut sizes = [geometry.input_size() / geometry.batch, geometry.output_size() / geometry.batch];
        if way == Way::Backward {
            channels.reverse();
            sizes.reverse();
        }
        Self { channels, sizes }
    }

    /// The product that a tap is, but for its rows.
    fn product(&self, way: Way) -> Product {
        let [k, n] = self.channels;
        Product { m: 0, n, k, transpose_a: false, transpose_b: way == Way::Backward }
    }

    /// Elements of a packed block of a tap's filters.
    fn packed(&self) -> usize {
        packed_size(self.channels[0].min(BLOCK), self.channels[1])
    }
}

/// float32 values of scratch memory of [`convolve`]: both sides in the order of pixels, and a packed block of filters.
pub fn workspace(geometry: &Geometry, way: Way) -> Result<usize, Error> {
    let sides = Sides::of(geometry, way);
    checked_product(&[geometry.batch, sides.sizes[0] + sides.sizes[1] + sides.packed()])?;
    Ok(geometry.batch * (sides.sizes[0] + sides.sizes[1]) + sides.packed())
}

/// `target = ending(conv(source, filter) + bias)`, or the gradient of the images.
pub fn convolve(
    geometry: &Geometry,
    way: Way,
    (source, filter, bias): (&[Real], &[Real], Option<&[Real]>),
    (target, ending): (&mut [Real], Ending),
    workspace: &mut [Real],
) {
    let sides = Sides::of(geometry, way);
    let (product, [from, to], [k, n]) = (sides.product(way), sides.sizes, sides.channels);
    let images = share(geometry.batch, geometry.operations()).max(LEAST_OF_PART);
    let (sources, rest) = workspace.split_at_mut(source.len());
    let (targets, packed) = rest.split_at_mut(target.len());
    if geometry.batch < 2 * images {
        return by_panels(geometry, way, (source, filter, bias), (target, ending), [sources, targets, packed]);
    }
    each_pair((&mut *sources, images * from), (&mut *targets, images * to), |part, sources, targets| {
        broadcast(bias, n, targets);
        exchange(&source[part * images * from..][..sources.len()], [sources.len() / from, from / k], k, 0, sources);
    });
    let sources = &*sources;
    for (tap, filter) in filter.chunks_exact(k * n).enumerate() {
        let mut is_seen = false;
        each_seen(geometry, tap, |_| is_seen = true);
        if !is_seen {
            continue;
        }
        for start in (0..k).step_by(BLOCK) {
            let block = Block { product, start, steps: BLOCK.min(k - start) };
            let packed = &mut packed[..packed_size(block.steps, n)];
            each_part(packed, block.steps * PANEL, |panel, packed| block.pack(filter, panel * PANEL, packed));
            each_part(targets, images * to, |part, targets| {
                let sources = &sources[part * images * from..];
                let images = targets.len() / to;
                each_seen(geometry, tap, |Seen { input, output, count }| {
                    let [a, c] = if way == Way::Forward { [input, output] } else { [output, input] };
                    let c = &mut targets[c * images * n..][..count * images * n];
                    block.multiply(&sources[a * images * k + start..], k, packed, 0, c, false);
                });
            });
        }
    }
    let targets = &*targets;
    each_part(target, images * to, |part, target| {
        let targets = &targets[part * images * to..][..target.len()];
        exchange(targets, [to / n, target.len() / to], n, 0, target);
        ending.after(part * images * to).apply(target);
    });
}

/// The same of images that are too few for two parts: threads share the panels of channels of the target, which are apart from each other
/// until all taps are done.
fn by_panels(
    geometry: &Geometry,
    way: Way,
    (source, filter, bias): (&[Real], &[Real], Option<&[Real]>),
    (target, ending): (&mut [Real], Ending),
    [sources, targets, packed]: [&mut [Real]; 3],
) {
    let sides = Sides::of(geometry, way);
    let (product, [from, to], [k, n]) = (sides.product(way), sides.sizes, sides.channels);
    let (images, rows) = (geometry.batch, target.len() / n);
    let pixels = share(from / k, images * k * OF_COPYING);
    each_part(sources, pixels * images * k, |part, sources| {
        exchange(source, [images, from / k], k, part * pixels, sources);
    });
    let sources = &*sources;
    let packed = (&mut packed[..sides.packed()], k.min(BLOCK) * PANEL);
    each_pair(packed, (&mut *targets, rows * PANEL), |panel, packed, targets| {
        let (column, width) = (panel * PANEL, targets.len() / rows);
        broadcast(bias.map(|bias| &bias[column..][..width]), width, targets);
        for (tap, filter) in filter.chunks_exact(k * n).enumerate() {
            for start in (0..k).step_by(BLOCK) {
                let block = Block { product, start, steps: BLOCK.min(k - start) };
                let packed = &mut packed[..packed_size(block.steps, width)];
                let own = Block { product: Product { n: width, ..product }, ..block };
                let mut is_packed = false;
                each_seen(geometry, tap, |Seen { input, output, count }| {
                    if !is_packed {
                        block.pack(filter, column, packed);
                        is_packed = true;
                    }
                    let [a, c] = if way == Way::Forward { [input, output] } else { [output, input] };
                    let c = &mut targets[c * images * width..][..count * images * width];
                    own.multiply(&sources[a * images * k + start..], k, packed, 0, c, false);
                });
            }
        }
    });
    let targets = &*targets;
    let together = share(images, to * OF_COPYING);
    each_part(target, together * to, |part, target| {
        for (image, target) in target.chunks_exact_mut(to).enumerate() {
            for (pixel, target) in target.chunks_exact_mut(n).enumerate() {
                for (panel, target) in target.chunks_mut(PANEL).enumerate() {
                    let row = pixel * images + part * together + image;
                    copy(&targets[panel * PANEL * rows + row * target.len()..][..target.len()], target);
                }
            }
        }
        ending.after(part * together * to).apply(target);
    });
}

/// `[rows, columns, channels]` becomes `[columns, rows, channels]`, or some columns of it from `first` on.
fn exchange(source: &[Real], [rows, columns]: [usize; 2], channels: usize, first: usize, target: &mut [Real]) {
    for (column, target) in target.chunks_exact_mut(rows * channels).enumerate() {
        for (row, target) in target.chunks_exact_mut(channels).enumerate() {
            copy(&source[(row * columns + first + column) * channels..][..channels], target);
        }
    }
}

/// The product that the gradient of a tap's filters is: of what it sees in all images with its gradients.
fn gradient_of_tap(geometry: &Geometry, tap: usize) -> Product {
    let mut pixels = 0;
    each_seen(geometry, tap, |seen| pixels += seen.count);
    Product { m: geometry.in_c, n: geometry.out_c, k: geometry.batch * pixels, transpose_a: true, transpose_b: false }
}

/// float32 values of scratch memory of [`filter_gradient`]: both sides of a tap's product, and its own.
pub fn gradient_workspace(geometry: &Geometry) -> Result<usize, Error> {
    let mut most = 0;
    for tap in 0..geometry.kernel_h * geometry.kernel_w {
        let product = gradient_of_tap(geometry, tap);
        most = most.max(product.k * (product.m + product.n) + product.workspace()?);
    }
    Ok(most)
}

/// `df = conv(x, dy)`, summed over the batch.
pub fn filter_gradient(geometry: &Geometry, x: &[Real], dy: &[Real], df: &mut [Real], workspace: &mut [Real]) {
    let [input, output] = Sides::of(geometry, Way::Forward).sizes;
    for (tap, df) in df.chunks_exact_mut(geometry.in_c * geometry.out_c).enumerate() {
        let product = gradient_of_tap(geometry, tap);
        let Product { m, n, k, .. } = product;
        if k == 0 {
            df.fill(0.0);
            continue;
        }
        let (a, rest) = workspace.split_at_mut(k * m);
        let (b, workspace) = rest.split_at_mut(k * n);
        let pixels = k / geometry.batch;
        let images = share(geometry.batch, pixels * (m + n));
        each_pair((&mut *a, images * pixels * m), (&mut *b, images * pixels * n), |part, a, b| {
            let pairs = a.chunks_exact_mut(pixels * m).zip(b.chunks_exact_mut(pixels * n));
            for ((a, b), image) in pairs.zip(part * images..) {
                let (x, dy) = (&x[image * input..], &dy[image * output..]);
                let mut pixel = 0;
                each_seen(geometry, tap, |Seen { input, output, count }| {
                    copy(&x[input * m..][..count * m], &mut a[pixel * m..][..count * m]);
                    copy(&dy[output * n..][..count * n], &mut b[pixel * n..][..count * n]);
                    pixel += count;
                });
            }
        });
        matmul(product, a, b, None, df, Ending::NONE, workspace);
    }
}

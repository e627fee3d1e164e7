//! Convolutions of many channels over images of few pixels, tap by tap: a tap's filters are packed once for all images, and go
//! with what they see of all of them. Image by image they would come from a far cache for a few pixels each.
//!
//! Pixels are put in another order for it: those of the same place in all images of a part lie side by side, and those that lie a stride from each
//! other do, so that what a row of outputs sees through a tap is a matrix, or what all of them see.

mod gradient;
mod seen;

pub use gradient::{filter_gradient, gradient_fits, gradient_pays_of_few, gradient_workspace};

use crate::error::{checked_product, Error};
use crate::gemm::pack::{packed_size, PANEL};
use crate::geometry::Geometry;
use crate::kernels::bias::broadcast;
use crate::kernels::ending::Ending;
use crate::kernels::matmul::{Block, Product, BLOCK};
use crate::threads::{each_pair, each_part, share, OF_COPYING};
use crate::vector::{copy, Real};
use seen::{each_seen, pixels_of_tap, Order, Seen};

/// Outputs of an image that are few.
const FEW: usize = 16;

/// Most outputs of an image for [`convolve`].
const MOST: usize = 64;

/// Fewest channels on both sides.
const FEWEST: usize = 32;

/// Fewest elements of the filters for [`convolve`], for few outputs and for more: fewer stay in the second-level cache. With a stride, what other ways make of
/// filters takes longer.
const FEWEST_FILTERS: usize = 1 << 17;
const FEWEST_FILTERS_OF_MORE: usize = 3 << 17;

/// Whether outputs and the images' gradient are computed this way, where Winograd's is not taken.
pub fn fits(geometry: &Geometry) -> bool {
    let Geometry { in_c, out_c, out_h, out_w, kernel_h, kernel_w, stride_h, stride_w, .. } = *geometry;
    geometry.groups == 1 && pays((out_h * out_w, [in_c, out_c]), kernel_h * kernel_w, stride_h.max(stride_w) > 1)
}

/// [`fits`] for so many outputs of an image, channels on both sides, and taps.
pub fn pays((pixels, channels): (usize, [usize; 2]), taps: usize, is_strided: bool) -> bool {
    let fewest = if pixels <= FEW || is_strided { FEWEST_FILTERS } else { FEWEST_FILTERS_OF_MORE };
    are_many(channels) && pixels <= MOST && taps * channels[0] * channels[1] >= fewest
}

/// Whether channels are many on both sides.
fn are_many([inputs, outputs]: [usize; 2]) -> bool {
    inputs.min(outputs) >= FEWEST
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
    /// Channels, elements of an image, and the order of its pixels, on both sides.
    channels: [usize; 2],
    sizes: [usize; 2],
    orders: [Order; 2],
}

impl Sides {
    fn of(geometry: &Geometry, way: Way) -> Self {
        let mut channels = [geometry.in_c, geometry.out_c];
        let mut sizes = [geometry.input_size() / geometry.batch, geometry.output_size() / geometry.batch];
        let mut orders = [Order::of_inputs(geometry), Order::of_outputs(geometry)];
        if way == Way::Backward {
            channels.reverse();
            sizes.reverse();
            orders.reverse();
        }
        Self { channels, sizes, orders }
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
        let source = &source[part * images * from..][..sources.len()];
        gather(source, sources.len() / from, (&sides.orders[0], k), 0, sources);
    });
    let sources = &*sources;
    for (tap, filter) in seen_taps(geometry, filter) {
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
        scatter(targets, target.len() / to, (&sides.orders[1], n), target);
        ending.after(part * images * to).apply(target);
    });
}

/// The taps that see something, with their filters.
fn seen_taps<'a>(geometry: &'a Geometry, filter: &'a [Real]) -> impl Iterator<Item = (usize, &'a [Real])> + 'a {
    let taps = filter.chunks_exact(geometry.in_c * geometry.out_c).enumerate();
    taps.filter(|&(tap, _)| pixels_of_tap(geometry, tap) > 0)
}

/// [`convolve`] of images that are too few for two parts: threads share the panels of channels of the target, which are apart from each other
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
        gather(source, images, (&sides.orders[0], k), part * pixels, sources);
    });
    let sources = &*sources;
    let packed = (&mut packed[..sides.packed()], k.min(BLOCK) * PANEL);
    each_pair(packed, (&mut *targets, rows * PANEL), |panel, packed, targets| {
        let (column, width) = (panel * PANEL, targets.len() / rows);
        broadcast(bias.map(|bias| &bias[column..][..width]), width, targets);
        for (tap, filter) in seen_taps(geometry, filter) {
            for start in (0..k).step_by(BLOCK) {
                let block = Block { product, start, steps: BLOCK.min(k - start) };
                let packed = &mut packed[..packed_size(block.steps, width)];
                let own = Block { product: Product { n: width, ..product }, ..block };
                block.pack(filter, column, packed);
                each_seen(geometry, tap, |Seen { input, output, count }| {
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
                    let row = sides.orders[1].place(pixel) * images + part * together + image;
                    copy(&targets[panel * PANEL * rows + row * target.len()..][..target.len()], target);
                }
            }
        }
        ending.after(part * together * to).apply(target);
    });
}

/// `[image, pixel, channel]` becomes `[place, image, channel]`, or some places of it from `first` on.
fn gather(source: &[Real], images: usize, (order, channels): (&Order, usize), first: usize, target: &mut [Real]) {
    let image = source.len() / images;
    for (place, target) in target.chunks_exact_mut(images * channels).enumerate() {
        let pixel = order.pixel(first + place) * channels;
        for (source, target) in source.chunks_exact(image).zip(target.chunks_exact_mut(channels)) {
            copy(&source[pixel..][..channels], target);
        }
    }
}

/// `[place, image, channel]` becomes `[image, pixel, channel]`.
fn scatter(source: &[Real], images: usize, (order, channels): (&Order, usize), target: &mut [Real]) {
    for (image, target) in target.chunks_exact_mut(source.len() / images).enumerate() {
        for (pixel, target) in target.chunks_exact_mut(channels).enumerate() {
            copy(&source[(order.place(pixel) * images + image) * channels..][..channels], target);
        }
    }
}

//! Strided convolutions of few channels as convolutions of stride 1 and many: a block of stride×stride pixels is taken for one pixel, whose channels are those of
//! all of them (space to depth), and a filter for one of as many blocks as it spans. First layers with wide filters (7×7 of stride 2, 11×11 of stride 4) can
//! then go Winograd's way, which takes the phases of a stride of 2 by itself where channels are multiples of four.

use super::winograd::{self, Convolution, Filters, Given};
use crate::error::{checked_product, Error};
use crate::geometry::Geometry;
use crate::kernels::activation::{forward_in_place, Activation};
use crate::threads::{each_share, OF_COPYING};
use crate::vector::{copy, Real};

/// Fewest filters: with 16 over three channels the transforms of blocks take as long as is gained.
const FEWEST: usize = 24;

/// The convolution of the blocks. Images begin with their border, and have as many blocks as windows see.
pub fn of_blocks(geometry: &Geometry) -> Option<Geometry> {
    let g = geometry;
    let stride = g.stride_h;
    let is_square =
        g.kernel_h == g.kernel_w && g.stride_w == stride && (g.dilation_h, g.dilation_w, g.groups) == (1, 1, 1);
    let taps = g.kernel_h.div_ceil(stride);
    if !is_square || stride < 2 || !(3..=5).contains(&taps) || winograd::is_possible(g) {
        return None;
    }
    let own = Geometry {
        in_h: g.out_h + taps - 1,
        in_w: g.out_w + taps - 1,
        in_c: stride * stride * g.in_c,
        kernel_h: taps,
        kernel_w: taps,
        stride_h: 1,
        stride_w: 1,
        pad_top: 0,
        pad_bottom: 0,
        pad_left: 0,
        pad_right: 0,
        ..*g
    };
    checked_product(&[own.batch, own.in_h, own.in_w, own.in_c]).ok()?;
    Some(own)
}

/// The share of the products of the blocks' convolution that the direct way makes.
fn share(geometry: &Geometry, own: &Geometry) -> f64 {
    let all = own.kernel_h * own.kernel_w * own.in_c;
    (geometry.kernel_h * geometry.kernel_w * geometry.in_c) as f64 / all as f64
}

/// The same where there are enough filters.
fn of_many(geometry: &Geometry) -> Option<Geometry> {
    of_blocks(geometry).filter(|own| own.out_c >= FEWEST)
}

/// The convolution of blocks whose outputs are computed instead, if that pays.
pub fn forward_way(geometry: &Geometry) -> Option<Geometry> {
    of_many(geometry).filter(|own| winograd::fits_instead(own, share(geometry, own)))
}

/// That for the gradient of the filters.
pub fn gradient_way(geometry: &Geometry) -> Option<Geometry> {
    of_many(geometry).filter(|own| winograd::gradient_fits_instead(own, share(geometry, own)))
}

/// float32 values of scratch memory for [`forward`]: images and filters of blocks, and what Winograd's way wants.
pub fn workspace(own: &Geometry) -> Result<usize, Error> {
    Ok(own.input_size() + own.filter_size() + winograd::workspace(&Convolution::forward(own))?)
}

/// The same for [`filter_gradient`].
pub fn gradient_workspace(own: &Geometry) -> Result<usize, Error> {
    Ok(own.input_size() + own.filter_size() + winograd::filter_gradient_workspace(&Convolution::forward(own))?)
}

/// `y = activation(conv(x, filter) + bias)` by `own`, which [`forward_way`] has answered.
pub fn forward(
    (geometry, own): (&Geometry, &Geometry),
    (x, filter, bias): (&[Real], &[Real], Option<&[Real]>),
    y: &mut [Real],
    activation: Activation,
    workspace: &mut [Real],
) {
    let (images, rest) = workspace.split_at_mut(own.input_size());
    let (filters, rest) = rest.split_at_mut(own.filter_size());
    rearrange(geometry, own, x, images);
    filters.fill(0.0);
    each_tap(geometry, own, |of_blocks, tap| copy(&filter[tap.clone()], &mut filters[of_blocks..][..tap.len()]));
    let plain = Filters::Given(Given::plain(filters));
    winograd::convolve(&Convolution::forward(own), images, plain, bias, y, rest, |_, y| {
        forward_in_place(activation, y)
    });
}

/// `df = conv(x, dy)` by `own`, which [`gradient_way`] has answered.
pub fn filter_gradient(
    (geometry, own): (&Geometry, &Geometry),
    (x, dy): (&[Real], &[Real]),
    df: &mut [Real],
    workspace: &mut [Real],
) {
    let (images, rest) = workspace.split_at_mut(own.input_size());
    let (gradients, rest) = rest.split_at_mut(own.filter_size());
    rearrange(geometry, own, x, images);
    winograd::filter_gradient(&Convolution::forward(own), images, dy, gradients, rest);
    each_tap(geometry, own, |of_blocks, tap| copy(&gradients[of_blocks..][..tap.len()], &mut df[tap]));
}

/// Images of blocks, with zeros where a block reaches beyond its image.
fn rearrange(geometry: &Geometry, own: &Geometry, x: &[Real], images: &mut [Real]) {
    let (stride, channels) = (geometry.stride_h, geometry.in_c);
    let (row, line) = (geometry.in_w * channels, own.in_w * own.in_c);
    // Pixels that lie side by side in an image do so in a block.
    let inner = stride * channels;
    each_share(images, line, line * OF_COPYING, |first, lines| {
        for (index, line) in lines.chunks_exact_mut(line).enumerate() {
            let (image, block_row) = ((first + index) / own.in_h, (first + index) % own.in_h);
            for i in 0..stride {
                let source = (block_row * stride + i).checked_sub(geometry.pad_top).filter(|&i| i < geometry.in_h);
                let source = source.map(|i| &x[(image * geometry.in_h + i) * row..][..row]);
                for (column, block) in line.chunks_exact_mut(own.in_c).enumerate() {
                    let target = &mut block[i * inner..][..inner];
                    let start = (column * stride) as isize - geometry.pad_left as isize;
                    match source {
                        None => target.fill(0.0),
                        Some(source) => copy_inside((source, start * channels as isize), target),
                    }
                }
            }
        }
    });
}

/// Copies what there is from `start` on, and zeros for what is not there.
fn copy_inside((source, start): (&[Real], isize), target: &mut [Real]) {
    let [first, end] = [start, start + target.len() as isize].map(|place| place.clamp(0, source.len() as isize));
    let before = ((first - start) as usize).min(target.len());
    let (zeros, rest) = target.split_at_mut(before);
    let (inside, beyond) = rest.split_at_mut((end - first) as usize);
    zeros.fill(0.0);
    copy(&source[first as usize..end as usize], inside);
    beyond.fill(0.0);
}

/// Calls `work` for every tap of a filter, with where it begins in filters of blocks, and where it lies in filters: all pairs of channels of it.
fn each_tap(geometry: &Geometry, own: &Geometry, mut work: impl FnMut(usize, std::ops::Range<usize>)) {
    let (stride, size) = (geometry.stride_h, geometry.in_c * geometry.out_c);
    for tap in 0..geometry.kernel_h * geometry.kernel_w {
        let (i, j) = (tap / geometry.kernel_w, tap % geometry.kernel_w);
        let block = i / stride * own.kernel_w + j / stride;
        let inside = i % stride * stride + j % stride;
        work((block * stride * stride + inside) * size, tap * size..(tap + 1) * size);
    }
}

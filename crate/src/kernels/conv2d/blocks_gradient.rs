//! Gradient of the filters of a convolution in groups, block by block as in [`super::blocks`]: every part of the batch has sums
//! of its own, of all inputs of a block with its four outputs, and those of different groups are dropped in the end.

use super::blocks::{Block, Groups};
use super::{border, by_definition, cut, MOST_PARTS};
use crate::error::{checked_product, Error};
use crate::gemm::micro::block_products;
use crate::geometry::Geometry;
use crate::threads::each_part;
use crate::vector::{copy, Lanes, Real, Vector, LANES};

/// Elements of a strip of images and gradients that stays in a first-level cache while all blocks pass over it.
const STRIP: usize = 6 * 1024;

/// What a part of the batch has in its memory.
struct Sizes {
    sums: usize,
    bordered: usize,
    /// Gradients of one image with whole vectors of channels, where there are fewer.
    outputs: usize,
}

impl Sizes {
    fn of(g: &Geometry) -> Result<Self, Error> {
        let mut steps = 0;
        Groups::of(g).each_block(LANES, |block| steps += block.inputs);
        Ok(Self {
            sums: checked_product(&[g.kernel_h * g.kernel_w, steps, LANES])?,
            bordered: border::size(&g.of_images(1))?,
            outputs: if g.out_c < LANES { checked_product(&[g.out_h * g.out_w, LANES])? } else { 0 },
        })
    }

    fn all(&self) -> usize {
        self.sums + self.bordered + self.outputs
    }
}

/// float32 values of scratch memory.
pub fn workspace(g: &Geometry) -> Result<usize, Error> {
    checked_product(&[cut(g, MOST_PARTS).1, Sizes::of(g)?.all()])
}

/// `df = conv(x, dy)`, summed over the batch.
pub fn filter_gradient(g: &Geometry, x: &[Real], dy: &[Real], df: &mut [Real], workspace: &mut [Real]) {
    let Ok(sizes) = Sizes::of(g) else { return };
    let (images, parts) = cut(g, MOST_PARTS);
    let (one, inner) = (g.of_images(1), g.of_images(1).without_padding());
    let (input, output) = (one.input_size(), one.output_size());
    let workspace = &mut workspace[..parts * sizes.all()];
    each_part(workspace, sizes.all(), |part, scratch| {
        let (sums, rest) = scratch.split_at_mut(sizes.sums);
        let (bordered, outputs) = rest.split_at_mut(sizes.bordered);
        sums.fill(0.0);
        for image in part * images..((part + 1) * images).min(g.batch) {
            let (mut x, mut dy) = (&x[image * input..][..input], &dy[image * output..][..output]);
            if g.is_padded() {
                border::copy(&one, x, bordered);
                x = bordered;
            }
            if g.out_c < LANES {
                for (source, target) in dy.chunks_exact(g.out_c).zip(outputs.chunks_exact_mut(LANES)) {
                    copy(source, &mut target[..g.out_c]);
                    target[g.out_c..].fill(0.0);
                }
                dy = outputs;
            }
            add_image(&inner, x, dy, sums);
        }
    });
    let (first, others) = workspace.split_at_mut(sizes.all());
    for part in others.chunks_exact(sizes.all()) {
        for (total, sum) in first[..sizes.sums].chunks_exact_mut(LANES).zip(part.chunks_exact(LANES)) {
            Lanes::load(total).add(Lanes::load(sum)).store(total);
        }
    }
    put(g, first, df);
    if g.is_padded() && by_definition::may_have_nan(df) {
        by_definition::mend(g, x, dy, df, workspace);
    }
}

/// The sums of inputs and outputs of the same group.
fn put(g: &Geometry, sums: &[Real], df: &mut [Real]) {
    let (groups, taps, depth) = (Groups::of(g), g.kernel_h * g.kernel_w, g.in_c / g.groups);
    let mut place = 0;
    groups.each_block(LANES, |Block { output, outputs, input, inputs, .. }| {
        for (lane, channel) in (output..output + outputs).enumerate() {
            let seen = groups.first_input(channel) - input;
            for tap in 0..taps {
                for inner in 0..depth {
                    df[(tap * depth + inner) * g.out_c + channel] =
                        sums[place + (tap * inputs + seen + inner) * LANES + lane];
                }
            }
        }
        place += taps * inputs * LANES;
    });
}

/// Adds what one image without border contributes, strip by strip.
fn add_image(g: &Geometry, x: &[Real], dy: &[Real], sums: &mut [Real]) {
    let (line, below) = (g.in_w * g.in_c, g.out_w * g.out_c.max(LANES));
    let strip = (STRIP / (g.stride_h * line + below)).clamp(1, g.out_h);
    for first in (0..g.out_h).step_by(strip) {
        let strip =
            Strip { g, x: &x[first * g.stride_h * line..], dy: &dy[first * below..], rows: strip.min(g.out_h - first) };
        let mut place = 0;
        Groups::of(g).each_block(LANES, |block| {
            let size = g.kernel_h * g.kernel_w * block.inputs * LANES;
            strip.add(&block, &mut sums[place..place + size]);
            place += size;
        });
    }
}

/// Some rows of gradients and what they see.
struct Strip<'a> {
    g: &'a Geometry,
    x: &'a [Real],
    dy: &'a [Real],
    rows: usize,
}

impl Strip<'_> {
    /// All taps and inputs of a block: as many at a time as keep the units for products busy and fit the registers.
    fn add(&self, block: &Block, sums: &mut [Real]) {
        let (height, width) = (self.g.kernel_h, self.g.kernel_w);
        let mut input = 0;
        while input < block.inputs {
            let inputs = (block.inputs - input).min(LANES);
            let rows = match inputs {
                1 => 3,
                2 => 2,
                _ => 1,
            };
            for p in (0..height).step_by(rows) {
                for q in (0..width).step_by(3) {
                    let at = (p, q, input);
                    match (inputs, (height - p).min(rows), (width - q).min(3)) {
                        (1, 3, 3) => self.tile::<3, 3, 1>(block, at, sums),
                        (1, r, t) => (0..r).for_each(|r| match t {
                            3 => self.tile::<1, 3, 1>(block, (p + r, q, input), sums),
                            2 => self.tile::<1, 2, 1>(block, (p + r, q, input), sums),
                            _ => self.tile::<1, 1, 1>(block, (p + r, q, input), sums),
                        }),
                        (2, 2, 3) => self.tile::<2, 3, 2>(block, at, sums),
                        (2, r, t) => (0..r).for_each(|r| match t {
                            3 => self.tile::<1, 3, 2>(block, (p + r, q, input), sums),
                            2 => self.tile::<1, 2, 2>(block, (p + r, q, input), sums),
                            _ => self.tile::<1, 1, 2>(block, (p + r, q, input), sums),
                        }),
                        (3, _, 3) => self.tile::<1, 3, 3>(block, at, sums),
                        (3, _, 2) => self.tile::<1, 2, 3>(block, at, sums),
                        (3, _, _) => self.tile::<1, 1, 3>(block, at, sums),
                        (_, _, 3) => self.tile::<1, 3, 4>(block, at, sums),
                        (_, _, 2) => self.tile::<1, 2, 4>(block, at, sums),
                        (_, _, _) => self.tile::<1, 1, 4>(block, at, sums),
                    }
                }
            }
            input += inputs;
        }
    }

    /// R rows of T taps from a tap on, and I inputs.
    #[inline(never)]
    fn tile<const R: usize, const T: usize, const I: usize>(
        &self,
        block: &Block,
        (p, q, input): (usize, usize, usize),
        sums: &mut [Real],
    ) {
        let Self { g, x, dy, rows } = *self;
        let (line, channels) = (g.in_w * g.in_c, g.out_c.max(LANES));
        let start = p * g.dilation_h * line + q * g.dilation_w * g.in_c + block.input + input;
        let tap = (p * g.kernel_w + q) * block.inputs + input;
        block_products::<R, T, I>(
            (&mut sums[tap * LANES..], g.kernel_w * block.inputs, block.inputs),
            (x, start, [g.stride_h * line, g.stride_w * g.in_c, g.dilation_h * line, g.dilation_w * g.in_c]),
            (dy, block.output, [g.out_w * channels, channels]),
            (rows, g.out_w),
        );
    }
}

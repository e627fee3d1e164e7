//! Convolutions in groups straight over the images: a panel of output channels and the input channels that they see are a
//! small convolution by themselves, whose pixels are as far apart as all channels are.
//!
//! Where a group has fewer output channels than a vector, several groups share one: the filters of a channel are zeros
//! for the inputs of the other groups of its vector. Such zeros take less time than channels that are gathered and put back,
//! or lanes that stay empty. What is not finite spreads by them to the other channels of its vector, as NaN, and these are computed
//! anew then.

use super::axis::{self, Axis};
use super::by_definition::may_have_nan;
use super::input_gradient::reversed;
use super::lines::each_line;
use super::part::Part;
use crate::gemm::micro::{block_strip, Panel};
use crate::gemm::pack::PANEL;
use crate::geometry::Geometry;
use crate::kernels::activation::{forward_in_place, Activation};
use crate::threads::{each_part, share};
use crate::vector::{Lanes, Real, Vector, LANES};

/// Some output channels, and the input channels that one of them sees.
#[derive(Clone, Copy)]
pub struct Block {
    /// The first output channel.
    pub output: usize,
    /// Output channels.
    pub outputs: usize,
    /// They with those of the padding: whole vectors.
    pub width: usize,
    /// The first input channel.
    pub input: usize,
    /// Input channels.
    pub inputs: usize,
}

/// Channels, and those of one group.
#[derive(Clone, Copy)]
pub struct Groups {
    /// Channels of an output.
    outputs: usize,
    /// Of one group.
    group_outputs: usize,
    /// Input channels of one group.
    group_inputs: usize,
}

impl Groups {
    /// Of a convolution.
    pub fn of(g: &Geometry) -> Self {
        Self { outputs: g.out_c, group_outputs: g.out_c / g.groups, group_inputs: g.in_c / g.groups }
    }

    /// Whether zeros, if there are any, take less time than channels that are gathered: they are the more, the fewer outputs a
    /// group has.
    pub fn fit(&self) -> bool {
        self.group_outputs >= LANES || self.group_inputs < LANES * self.group_outputs
    }

    /// Calls `work` with blocks of `most` output channels at most that have all channels. The last block of a group overlaps
    /// the one before it where channels are no whole vectors: the same values are computed again.
    pub fn each_block(&self, most: usize, mut work: impl FnMut(Block)) {
        let Self { outputs: all, group_outputs, group_inputs } = *self;
        if group_outputs < LANES {
            let mut done = 0;
            while done < all {
                let output = done.min(all.saturating_sub(LANES));
                let outputs = LANES.min(all - output);
                let input = self.first_input(output);
                let inputs = self.first_input(output + outputs - 1) + group_inputs - input;
                work(Block { output, outputs, width: LANES, input, inputs });
                done = output + outputs;
            }
            return;
        }
        let (mut start, mut input) = (0, 0);
        while start < all {
            let mut done = 0;
            while done < group_outputs {
                // A group of five to seven outputs are two vectors that overlap.
                let width = (group_outputs - done).next_multiple_of(LANES).min(most).min(group_outputs / LANES * LANES);
                let output = done.min(group_outputs - width);
                work(Block { output: start + output, outputs: width, width, input, inputs: group_inputs });
                done = output + width;
            }
            start += group_outputs;
            input += group_inputs;
        }
    }

    /// The first input channel that an output channel sees.
    pub fn first_input(&self, output: usize) -> usize {
        output / self.group_outputs * self.group_inputs
    }

    /// Elements of the packed filters of `taps` taps with a row for the bias.
    fn packed(&self, taps: usize) -> usize {
        let mut size = 0;
        self.each_block(PANEL, |block| size += (1 + taps * block.inputs) * block.width);
        size
    }

    /// Packs the filters block by block: biases, then the steps.
    fn pack(
        &self,
        taps: usize,
        start: impl Fn(usize) -> Real,
        value: impl Fn(usize, usize, usize) -> Real,
        packed: &mut [Real],
    ) {
        packed.fill(0.0);
        let mut place = 0;
        self.each_block(PANEL, |Block { output, outputs, width, input, inputs }| {
            let (starts, steps) = packed[place..][..(1 + taps * inputs) * width].split_at_mut(width);
            place += starts.len() + steps.len();
            for (lane, value) in starts[..outputs].iter_mut().enumerate() {
                *value = start(output + lane);
            }
            for tap in 0..taps {
                for (lane, output) in (output..output + outputs).enumerate() {
                    let seen = self.first_input(output);
                    for inner in 0..self.group_inputs {
                        steps[(tap * inputs + seen - input + inner) * width + lane] = value(tap, inner, output);
                    }
                }
            }
        });
    }

    /// The convolution of all images after [`Self::pack`], `images` of them a part, each of which is ended by `end`.
    fn all_images(
        &self,
        (geometry, images): (&Geometry, usize),
        axes: &[Axis; 2],
        x: &[Real],
        packed: &[Real],
        y: &mut [Real],
        end: impl Fn(&mut [Real]) + Sync,
    ) {
        let (input, output) = (geometry.input_size() / geometry.batch, geometry.output_size() / geometry.batch);
        each_part(y, images * output, |part, y| {
            let x = x[part * images * input..].chunks_exact(input);
            for (x, y) in x.zip(y.chunks_exact_mut(output)) {
                self.image(geometry, axes, x, packed, y);
                end(y);
            }
        });
    }

    /// The convolution of one image, whose sizes `geometry` has, after [`Self::pack`].
    fn image(&self, geometry: &Geometry, axes: &[Axis; 2], x: &[Real], packed: &[Real], y: &mut [Real]) {
        self.each_part(geometry, axes, packed, |part, block| {
            let line = part.line;
            match (block.width / LANES, block.outputs == block.width && line.pixels >= 4 && line.walk.steps() > 0) {
                (1, true) if line.pixels >= 8 => along::<8, 1>(part, x, y),
                (1, true) => along::<4, 1>(part, x, y),
                (2, true) => along::<4, 2>(part, x, y),
                _ => part.all_pixels(block.width, x, y),
            }
        });
        if self.group_outputs < LANES && may_have_nan(y) {
            self.mend(geometry, axes, x, packed, y);
        }
    }

    /// Calls `work` with all lines and blocks of an image.
    #[inline(always)]
    fn each_part(&self, geometry: &Geometry, axes: &[Axis; 2], packed: &[Real], mut work: impl FnMut(&Part, &Block)) {
        let taps = geometry.kernel_h * geometry.kernel_w;
        each_line(geometry, axes, |line| {
            let (mut packed, mut part_of) = (packed, line.of_inputs(geometry.in_c, self.group_inputs));
            let mut seen = self.group_inputs;
            self.each_block(PANEL, |block| {
                let Block { output, outputs, width, input, inputs } = block;
                let (own, rest) = packed.split_at((1 + taps * inputs) * width);
                packed = rest;
                let (starts, steps) = own.split_at(width);
                if inputs != seen {
                    (seen, part_of) = (inputs, line.of_inputs(geometry.in_c, inputs));
                }
                part_of.start = line.start + input;
                let line = &part_of;
                let values = &steps[(line.step * width).min(steps.len())..];
                let panel = Panel { values, outer: line.outer, inner: line.inner };
                work(&Part { line, channel: output, channels: geometry.out_c, used: outputs, panel, starts }, &block);
            });
        });
    }

    /// Computes those outputs of an image anew that are NaN, from the inputs of their group alone, in the same order.
    #[cold]
    fn mend(&self, geometry: &Geometry, axes: &[Axis; 2], x: &[Real], packed: &[Real], y: &mut [Real]) {
        self.each_part(geometry, axes, packed, |part, block| {
            let (line, walk) = (part.line, part.line.walk);
            for (pixel, lane) in (0..line.pixels).flat_map(|pixel| (0..block.outputs).map(move |lane| (pixel, lane))) {
                let value = &mut y[(line.output + pixel * line.output_step) * part.channels + block.output + lane];
                if !value.is_nan() {
                    continue;
                }
                let first = self.first_input(block.output + lane) - block.input;
                let mut sum = Lanes::splat(part.starts[lane]);
                for (outer, inner) in (0..walk.outer).flat_map(|outer| (0..walk.inner).map(move |inner| (outer, inner)))
                {
                    let start = line.start + pixel * line.pixel + outer * walk.outer_stride + inner * walk.inner_stride;
                    let step = outer * line.outer + inner * line.inner;
                    // A segment may be several taps that touch each other.
                    for seen in (first..walk.len).step_by(block.inputs).flat_map(|tap| tap..tap + self.group_inputs) {
                        let factor = Lanes::splat(part.panel.values[(step + seen) * block.width + lane]);
                        sum = Lanes::splat(x[start + seen]).mul_add(factor, sum);
                    }
                    if sum.has_nan() {
                        break;
                    }
                }
                *value = sum.to_array()[0];
            }
        });
    }
}

/// All pixels of a line, for a panel of few vectors.
fn along<const P: usize, const NV: usize>(part: &Part, x: &[Real], y: &mut [Real]) {
    match part.line.walk.len {
        len if len % 4 == 0 && NV == 1 => strip::<P, NV, 4>(part, x, y),
        len if len % 3 == 0 && NV == 1 => strip::<P, NV, 3>(part, x, y),
        len if len % 2 == 0 => strip::<P, NV, 2>(part, x, y),
        _ => strip::<P, NV, 1>(part, x, y),
    }
}

/// I inputs at a time.
#[inline(never)]
fn strip<const P: usize, const NV: usize, const I: usize>(part: &Part, x: &[Real], y: &mut [Real]) {
    let line = part.line;
    let starts = std::array::from_fn(|v| Lanes::load(&part.starts[v * LANES..]));
    let (place, step) = (line.output * part.channels + part.channel, line.output_step * part.channels);
    // Up to four pixels that are left are a strip by themselves.
    let rest = if P > 4 && (1..=4).contains(&(line.pixels % P)) { line.pixels % P } else { 0 };
    if line.pixels > rest {
        let pixels = (x, line.start, line.pixel, line.walk);
        block_strip::<P, NV, I>(pixels, part.panel, starts, (&mut y[place..], step, line.pixels - rest));
    }
    if rest > 0 {
        let last = line.pixels - 4;
        let pixels = (x, line.start + last * line.pixel, line.pixel, line.walk);
        block_strip::<4, NV, I>(pixels, part.panel, starts, (&mut y[place + last * step..], step, 4));
    }
}

/// Groups of the convolution of gradients that is the gradient of the images.
pub fn backward(geometry: &Geometry) -> Groups {
    Groups::of(&reversed(geometry))
}

/// float32 values of scratch memory: packed filters.
pub fn workspace(geometry: &Geometry, groups: &Groups) -> usize {
    groups.packed(geometry.kernel_h * geometry.kernel_w)
}

/// `y = activation(conv(x, filter) + bias)`.
pub fn forward(
    g: &Geometry,
    x: &[Real],
    filter: &[Real],
    bias: Option<&[Real]>,
    y: &mut [Real],
    activation: Activation,
    workspace: &mut [Real],
) {
    let (groups, taps) = (Groups::of(g), g.kernel_h * g.kernel_w);
    let packed = &mut workspace[..groups.packed(taps)];
    let value =
        |tap: usize, inner: usize, output: usize| filter[(tap * groups.group_inputs + inner) * g.out_c + output];
    groups.pack(taps, |output| bias.map_or(0.0, |bias| bias[output]), value, packed);
    // An image is still in the cache.
    groups.all_images((g, share(g.batch, g.operations())), &axis::forward(g), x, packed, y, |y| {
        forward_in_place(activation, y)
    });
}

/// `dx` from `dy` and the filters, see [`super::input_gradient`].
pub fn input_gradient(g: &Geometry, dy: &[Real], filter: &[Real], dx: &mut [Real], workspace: &mut [Real]) {
    let (reversed, groups, taps) = (reversed(g), backward(g), g.kernel_h * g.kernel_w);
    let packed = &mut workspace[..groups.packed(taps)];
    // What the convolution sees are the outputs, what it makes are the inputs.
    let (inputs, outputs) = (groups.group_outputs, groups.group_inputs);
    let value = |tap: usize, inner: usize, input: usize| {
        let (group, channel) = (input / inputs, input % inputs);
        filter[((taps - 1 - tap) * inputs + channel) * g.out_c + group * outputs + inner]
    };
    groups.pack(taps, |_| 0.0, value, packed);
    groups.all_images((&reversed, share(g.batch, g.operations())), &axis::backward(g), dy, packed, dx, |_| ());
}

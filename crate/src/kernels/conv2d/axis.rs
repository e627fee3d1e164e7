//! What each output of a convolution sees along one axis. Outputs that see the same taps are taken together: in the middle
//! all taps, at the border fewer, so that nothing is multiplied by the zeros of a border or between spread pixels.

use crate::geometry::Geometry;
use std::ops::Range;

/// Output `o` sees through tap `t` the input `(o·stride + t·dilation − pad) / spread`, when that is whole and inside.
#[derive(Clone, Copy, Debug)]
pub struct Axis {
    inputs: isize,
    outputs: usize,
    taps: usize,
    stride: usize,
    dilation: usize,
    pad: isize,
    spread: usize,
}

/// Outputs `output, output + output_step, …` that see the same taps `tap, tap + tap_step, …`.
#[derive(Clone, Copy, Debug)]
pub struct Run {
    /// First output.
    pub output: usize,
    /// From one output to the next.
    pub output_step: usize,
    /// Number of outputs.
    pub count: usize,
    /// First tap.
    pub tap: usize,
    /// From one tap to the next.
    pub tap_step: usize,
    /// Number of taps; 0 where an output sees nothing.
    pub taps: usize,
    /// What the first output sees through the first tap.
    pub input: usize,
    /// From what one output sees to what the next one sees.
    pub input_step: usize,
    /// From what is seen through one tap to what is seen through the next.
    pub reach: usize,
}

/// An axis whose taps touch each other.
#[derive(Clone, Copy)]
pub struct Touching {
    /// Pixels beyond the border that the first output sees; zeros between pixels count.
    pub left: usize,
    /// Pixels.
    pub pixels: usize,
    /// Outputs.
    pub outputs: usize,
    /// Taps.
    pub taps: usize,
    /// From what one output sees to what the next one sees; zeros between pixels count.
    pub stride: usize,
    /// From one pixel to the next, zeros between them included.
    pub spread: usize,
}

/// Rows and columns of a convolution.
pub fn forward(geometry: &Geometry) -> [Axis; 2] {
    let Geometry { in_h, out_h, kernel_h, stride_h, dilation_h, pad_top, .. } = *geometry;
    let Geometry { in_w, out_w, kernel_w, stride_w, dilation_w, pad_left, .. } = *geometry;
    [
        axis(in_h, out_h, kernel_h, (stride_h, dilation_h, 1), pad_top as isize),
        axis(in_w, out_w, kernel_w, (stride_w, dilation_w, 1), pad_left as isize),
    ]
}

/// Rows and columns of the convolution of an output's gradients with the rotated filters, which is the gradient of the
/// images: the stride spreads the gradients.
pub fn backward(geometry: &Geometry) -> [Axis; 2] {
    let Geometry { in_h, out_h, kernel_h, stride_h, dilation_h, pad_top, .. } = *geometry;
    let Geometry { in_w, out_w, kernel_w, stride_w, dilation_w, pad_left, .. } = *geometry;
    let pad = |span: usize, pad: usize| span as isize - 1 - pad as isize;
    [
        axis(out_h, in_h, kernel_h, (1, dilation_h, stride_h), pad(geometry.span_h(), pad_top)),
        axis(out_w, in_w, kernel_w, (1, dilation_w, stride_w), pad(geometry.span_w(), pad_left)),
    ]
}

fn axis(
    inputs: usize,
    outputs: usize,
    taps: usize,
    (stride, dilation, spread): (usize, usize, usize),
    pad: isize,
) -> Axis {
    Axis { inputs: inputs as isize, outputs, taps, stride, dilation, pad, spread }
}

impl Axis {
    /// Some outputs of an axis along which gradients are seen, and how many inputs the first one of them is behind: those are left out.
    pub fn of_outputs(&self, outputs: Range<usize>) -> (Self, usize) {
        debug_assert!(self.stride == 1);
        let pad = self.pad - outputs.start as isize;
        let skipped = ceiling((-pad).max(0) as usize, self.spread).min(self.inputs as usize);
        let axis = Self {
            inputs: self.inputs - skipped as isize,
            outputs: outputs.len(),
            pad: pad + (skipped * self.spread) as isize,
            ..*self
        };
        (axis, skipped)
    }

    /// Taps.
    pub fn taps(&self) -> usize {
        self.taps
    }

    /// What the outputs see where the taps touch each other and no pixel before the first output's is left out.
    pub fn touching(&self) -> Option<Touching> {
        let Self { inputs, outputs, taps, stride, spread, .. } = *self;
        let touching = self.dilation == 1 && self.pad >= 0;
        touching.then_some(Touching { left: self.pad as usize, pixels: inputs as usize, outputs, taps, stride, spread })
    }

    /// Calls `work` with runs that have all outputs once: where no zeros lie between pixels, in their order.
    pub fn each_run(&self, mut work: impl FnMut(Run)) {
        let spread = self.spread as isize;
        // Every so many taps see pixels: in between are gaps.
        let tap_step = if spread == 1 { 1 } else { self.spread / common_divisor(self.spread, self.dilation) };
        for phase in 0..self.spread.min(self.outputs) {
            let place = |tap: usize| phase as isize + (tap * self.dilation) as isize - self.pad;
            let tap = (0..tap_step.min(self.taps)).find(|&tap| place(tap) == floor(place(tap), spread) * spread);
            let all = tap.map_or(0, |tap| ceiling(self.taps - tap, tap_step));
            let phase = Phase {
                run: Run {
                    output: phase,
                    output_step: self.spread,
                    count: ceiling(self.outputs - phase, self.spread),
                    tap: tap.unwrap_or(0),
                    tap_step,
                    taps: all,
                    input: 0,
                    input_step: self.stride,
                    reach: ceiling(self.dilation * tap_step, self.spread),
                },
                start: floor(place(tap.unwrap_or(0)), spread),
                inputs: self.inputs,
            };
            phase.each_run(&mut work);
        }
    }
}

/// Outputs that see the same taps but for the border.
struct Phase {
    /// With all outputs and all taps.
    run: Run,
    /// What the first output sees through the first tap; it may lie outside.
    start: isize,
    inputs: isize,
}

impl Phase {
    fn each_run(&self, work: &mut impl FnMut(Run)) {
        let (step, reach) = (self.run.input_step as isize, self.run.reach as isize);
        let count = self.run.count as isize;
        let last = self.start + (self.run.taps as isize - 1) * reach;
        // The outputs of the middle: the first tap sees 0 at least, the last one less than `inputs`.
        let begin = (ceiling((-self.start).max(0) as usize, self.run.input_step) as isize).min(count);
        let end = (floor(self.inputs - 1 - last, step) + 1).clamp(begin, count);
        for index in 0..begin {
            work(self.part(index, 1));
        }
        if begin < end {
            work(self.part(begin, end - begin));
        }
        for index in end..count {
            work(self.part(index, 1));
        }
    }

    /// `count` outputs from the one of this index on, which see the same taps.
    fn part(&self, index: isize, count: isize) -> Run {
        let Run { output, output_step, tap, tap_step, taps, input_step, reach, .. } = self.run;
        let start = self.start + index * input_step as isize;
        let up = |value: isize| value.max(0) as usize;
        let first = ceiling(up(-start), reach);
        let end = ceiling(up(self.inputs - start), reach).min(taps);
        Run {
            output: output + index as usize * output_step,
            count: count as usize,
            tap: tap + first * tap_step,
            taps: end.saturating_sub(first),
            input: up(start + (first * reach) as isize),
            ..self.run
        }
    }
}

// The axes of every image are looked at anew, and nearly all divisors are one: a division takes longer than to see that.

/// `a / b` rounded down, for positive b.
#[inline(always)]
fn floor(a: isize, b: isize) -> isize {
    if b == 1 {
        a
    } else {
        a.div_euclid(b)
    }
}

/// `a / b` rounded up.
#[inline(always)]
fn ceiling(a: usize, b: usize) -> usize {
    if b == 1 {
        a
    } else {
        a.div_ceil(b)
    }
}

fn common_divisor(a: usize, b: usize) -> usize {
    if b == 0 {
        a
    } else {
        common_divisor(b, a % b)
    }
}

#[cfg(test)]
mod tests {
    use super::{axis, Axis};

    /// Every output sees through its runs what the definition says, in both directions.
    fn check(axis: &Axis) {
        let mut seen = vec![None; axis.outputs];
        axis.each_run(|run| {
            for index in 0..run.count {
                let taps = (0..run.taps)
                    .map(|t| (run.tap + t * run.tap_step, run.input + index * run.input_step + t * run.reach))
                    .collect::<Vec<_>>();
                assert!(seen[run.output + index * run.output_step].replace(taps).is_none());
            }
        });
        for (output, seen) in seen.into_iter().enumerate() {
            let expected = (0..axis.taps).filter_map(|tap| {
                let place = (output * axis.stride + tap * axis.dilation) as isize - axis.pad;
                let input = place / axis.spread as isize;
                let inside = place >= 0 && place % axis.spread as isize == 0 && input < axis.inputs;
                inside.then_some((tap, input as usize))
            });
            assert_eq!(seen, Some(expected.collect::<Vec<_>>()), "output {output} of {axis:?}");
        }
    }

    #[test]
    fn outputs_see_what_the_definition_says() {
        for inputs in [1, 2, 5, 9] {
            for outputs in [1, 3, 8] {
                for taps in [1, 2, 3, 5] {
                    for (stride, dilation, spread) in [
                        (1, 1, 1),
                        (2, 1, 1),
                        (3, 2, 1),
                        (1, 3, 1),
                        (1, 1, 2),
                        (1, 1, 3),
                        (1, 2, 2),
                        (1, 2, 3),
                        (1, 4, 6),
                    ] {
                        for pad in [-2, 0, 1, 4, 11] {
                            check(&axis(inputs, outputs, taps, (stride, dilation, spread), pad));
                        }
                    }
                }
            }
        }
    }
}

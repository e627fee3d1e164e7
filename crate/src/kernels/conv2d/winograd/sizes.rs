//! What a convolution is here: its sizes, and its tiles.

use super::lattice::Lattice;
use super::points::is_missing;
use super::{along, of_tile, side, FIVE, SEVEN, THREE};
use crate::geometry::Geometry;

/// A correlation of stride 1 with filters of 3×3 to 10×10 or 1×3 to 1×64 taps, one of stride 2 with 3×3 to 6×6 or 1×3 to 1×64 taps, one of a
/// line with stride 4 and 9 to 64, or the transpose of one. A border may be negative: what lies there is not seen.
#[derive(Clone, Copy, Debug)]
pub struct Convolution {
    /// Images.
    pub batch: usize,
    /// Rows and columns of a filter.
    pub kernel: [usize; 2],
    /// Pixels from one window to the next: 1, 2 or, of a line, 4.
    pub stride: usize,
    /// Rows and columns of the filters of a tile, which are those of a [phase](super::phases).
    pub taps: [usize; 2],
    /// Height, width and channels of an image.
    pub input: [usize; 3],
    /// Height, width and channels of its output.
    pub output: [usize; 3],
    /// Rows and columns from one tap to the next, see [`Lattice`].
    pub dilation: [usize; 2],
    /// Rows above the image, and columns left of it, of the same remainders; of the transpose: above and left of the output.
    pub pads: [isize; 2],
    /// Whether this is a transpose: tiles of 4×4 inputs, whose 6×6 outputs overlap and are added up.
    pub spreads: bool,
}

impl Convolution {
    /// The outputs of a convolution.
    pub fn forward(g: &Geometry) -> Self {
        let (kernel, stride) = ([g.kernel_h, g.kernel_w], g.stride_w);
        // That of one tap is nothing.
        let dilation = [0, 1].map(|axis| if kernel[axis] == 1 { 1 } else { [g.dilation_h, g.dilation_w][axis] });
        let convolution = Self {
            batch: g.batch,
            kernel,
            stride,
            taps: kernel.map(|taps| match taps {
                1 => 1,
                SEVEN if !kernel.contains(&1) => FIVE,
                _ => of_tile(taps.div_ceil(stride).max(THREE), stride),
            }),
            input: [g.in_h, g.in_w, g.in_c],
            output: [g.out_h, g.out_w, g.out_c],
            dilation,
            pads: [(g.pad_top / dilation[0]) as isize, (g.pad_left / dilation[1]) as isize],
            spreads: false,
        };
        if g.kernel_w == 1 {
            convolution.as_line()
        } else {
            convolution
        }
    }

    /// A convolution with filters of one column, as one of lines: all pixels of an image side by side, of which a window sees every so manieth.
    fn as_line(self) -> Self {
        let across = |[height, width, channels]: [usize; 3]| [1, height * width, channels];
        let [down, right] = self.taps;
        Self {
            kernel: [1, self.kernel[0]],
            taps: [right, down],
            dilation: [1, self.dilation[0] * self.input[1]],
            pads: [0, self.pads[0]],
            input: across(self.input),
            output: across(self.output),
            ..self
        }
    }

    /// The outputs that windows of 2×2 see: without a last row or column that is left over.
    pub fn pooled(g: &Geometry) -> Self {
        let c = Self::forward(g);
        let [height, width, channels] = c.output;
        Self { output: [height / 2 * 2, width / 2 * 2, channels], ..c }
    }

    /// The gradient of its images as a correlation: of the outputs' gradients with the filters rotated by half a turn.
    pub fn backward(g: &Geometry) -> Self {
        let c = Self::forward(g);
        let pad = |axis: usize| c.kernel[axis] as isize - 1 - c.pads[axis];
        Self { input: c.output, output: c.input, pads: [pad(0), pad(1)], ..c }
    }

    /// The same as the transpose of the convolution, with its filters as they are. Where it shrinks images its outputs
    /// have fewer tiles: 9 instead of 16 for 13×13 images and 11×11 outputs.
    pub fn transpose(g: &Geometry) -> Self {
        Self::forward(g).transposed()
    }

    /// Whether tiles have one row.
    pub(super) fn is_line(&self) -> bool {
        self.taps[0] == 1
    }

    /// Whether images are lines.
    pub(super) fn has_one_row(&self) -> bool {
        self.is_line() && self.grid()[0] == 1
    }

    /// The transpose.
    pub(super) fn transposed(&self) -> Self {
        Self { input: self.output, output: self.input, spreads: !self.spreads, ..*self }
    }

    /// Input channels of a tile: those of all phases.
    pub(super) fn depth(&self) -> usize {
        let phases = if self.spreads { 1 } else { self.count_of_phases() };
        phases * self.input[2]
    }

    /// Output channels of a tile.
    pub(super) fn filters(&self) -> usize {
        let phases = if self.spreads { self.count_of_phases() } else { 1 };
        phases * self.output[2]
    }

    /// What windows see.
    fn image(&self) -> Lattice {
        let [shape, windows] = if self.spreads { [self.output, self.input] } else { [self.input, self.output] };
        let end = |axis: usize| ((windows[axis] - 1) * self.stride + self.kernel[axis]) as isize - self.pads[axis];
        let used = |axis: usize| if self.stride > 1 { shape[axis].min(end(axis).max(0) as usize) } else { shape[axis] };
        Lattice::new(shape, [used(0), used(1)], self.dilation, self.stride)
    }

    /// The windows, which are cut into tiles.
    pub(super) fn windows(&self) -> Lattice {
        let shape = if self.spreads { self.input } else { self.output };
        Lattice::new(shape, [shape[0], shape[1]], self.dilation, 1)
    }

    /// The pixels of the input.
    pub(super) fn seen(&self) -> Lattice {
        if self.spreads {
            self.windows()
        } else {
            self.image()
        }
    }

    /// The pixels of the output.
    pub(super) fn made(&self) -> Lattice {
        if self.spreads {
            self.image()
        } else {
            self.windows()
        }
    }

    /// Images that an image is, by the remainders of its pixels' rows and columns.
    pub(super) fn parts_of_image(&self) -> usize {
        self.dilation.iter().product()
    }

    /// Rows and columns of what is cut into tiles, of the same remainders.
    pub(super) fn tiled(&self) -> [usize; 2] {
        self.windows().size()
    }

    /// Outputs of a tile, down and across.
    pub(super) fn sides(&self) -> [usize; 2] {
        self.taps.map(side)
    }

    /// Points, each of which has matrices of its own.
    pub(super) fn matrices(&self) -> usize {
        self.taps.map(along).iter().product()
    }

    /// Tiles of an image, or of the same remainders in one, down and across.
    pub(super) fn grid(&self) -> [usize; 2] {
        let ([height, width], [high, wide]) = (self.tiled(), self.sides());
        [height.div_ceil(high), width.div_ceil(wide)]
    }

    /// Tiles of an image.
    pub(super) fn tiles(&self) -> usize {
        self.grid().iter().product::<usize>() * self.parts_of_image()
    }

    /// Elements of the outputs up to the last row that the first `count` tiles write, of lines up to the last pixel.
    pub(super) fn written(&self, count: usize) -> usize {
        let (lattice, [down, across]) = (self.made(), self.grid());
        if self.parts_of_image() > 1 {
            // The pixels of a tile lie all over the image.
            return count.div_ceil(self.tiles()) * lattice.elements();
        }
        if self.has_one_row() && !self.spreads {
            let pixels = (count % across * self.sides()[1]).min(lattice.size()[1]);
            return count / across * lattice.elements() + pixels * lattice.shape[2];
        }
        let ([height, _], rows) = (lattice.size(), count.div_ceil(across));
        let of_last = (rows % down * self.sides()[0]).min(height);
        rows / down * lattice.elements() + of_last * lattice.elements() / height
    }

    /// Products at the points of all tiles of an image, for each pair of channels.
    pub(super) fn points(&self) -> usize {
        self.parts_of_image()
            * self.of_phases(|axis, taps| {
                let (size, side) = (self.tiled()[axis], self.sides()[axis]);
                let (rest, points) = (size % side, self.points_along(axis, taps));
                let of_rest =
                    points.clone().filter(|&point| !is_missing((rest, side), point, along(self.taps[axis]))).count();
                size / side * points.count() + if rest == 0 { 0 } else { of_rest }
            })
    }

    /// Points at which filters have values, those of all phases.
    pub(super) fn points_of_tile(&self) -> usize {
        self.of_phases(|axis, taps| self.points_along(axis, taps).count())
    }

    /// What two axes have of all phases, by their taps.
    fn of_phases(&self, of_axis: impl Fn(usize, usize) -> usize) -> usize {
        self.phases().map(|phase| of_axis(0, phase.taps[0]) * of_axis(1, phase.taps[1])).sum()
    }

    /// Points along an axis at which a phase of so many taps has values.
    fn points_along(&self, axis: usize, taps: usize) -> impl Iterator<Item = usize> + Clone + '_ {
        (0..along(self.taps[axis])).filter(move |&point| self.has(axis, taps, point))
    }

    /// Taps of a filter.
    pub(super) fn taps_of_filter(&self) -> usize {
        self.kernel.iter().product()
    }

    /// Products of an input and a filter's tap in an image, for each pair of channels: without those at the border.
    pub(super) fn products(&self) -> usize {
        let (image, windows, stride) = (self.image().used(), self.windows().used(), self.stride as isize);
        // Strides are powers of two.
        let windows_from = |pixel: isize| (pixel + stride - 1) >> stride.trailing_zeros();
        let seen = |axis: usize| {
            let [size, count, dilation] = [image, windows, self.dilation].map(|sizes| sizes[axis] as isize);
            // The first window whose tap lies at a pixel or behind it, of those that there are.
            let first = |pixel: isize| windows_from(pixel).clamp(0, count);
            (0..self.kernel[axis] as isize)
                .map(|tap| (self.pads[axis] - tap) * dilation)
                .map(|start| first(start + size) - first(start))
                .sum::<isize>() as usize
        };
        seen(0) * seen(1)
    }

    /// The same with those at the border.
    pub(super) fn all_products(&self) -> usize {
        self.kernel.iter().chain(&self.windows().used()).product()
    }
}

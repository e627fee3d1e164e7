//! What taps see of images, and the order of pixels in which it lies side by side.

use crate::geometry::Geometry;
use std::ops::Range;

/// Pixels that see each other through a tap.
pub struct Seen {
    /// Place of the first pixel of the images, and number of that of the outputs.
    pub input: usize,
    pub output: usize,
    /// How many lie side by side on both sides.
    pub count: usize,
}

/// What there is to see through a tap along an axis.
pub struct Along {
    /// Outputs that see something.
    pub outputs: Range<usize>,
    /// The remainder of the pixels that they see, by the stride, and the first one's number among those that have it.
    pub remainder: usize,
    pub first: usize,
}

impl Along {
    fn new(tap: usize, [inputs, outputs, stride]: [usize; 3], [dilation, pad]: [usize; 2]) -> Self {
        let start = (tap * dilation) as isize - pad as isize;
        let (remainder, start) = (start.rem_euclid(stride as isize) as usize, start.div_euclid(stride as isize));
        let end = of_remainder(inputs, stride, remainder) as isize - start;
        let outputs = (-start).clamp(0, outputs as isize)..end.clamp(0, outputs as isize);
        let first = (outputs.start + start).max(0) as usize;
        Self { outputs: outputs.start as usize..outputs.end.max(outputs.start) as usize, remainder, first }
    }

    /// Down and across.
    pub fn of_tap(g: &Geometry, tap: usize) -> [Self; 2] {
        let (row, column) = (tap / g.kernel_w, tap % g.kernel_w);
        [
            Self::new(row, [g.in_h, g.out_h, g.stride_h], [g.dilation_h, g.pad_top]),
            Self::new(column, [g.in_w, g.out_w, g.stride_w], [g.dilation_w, g.pad_left]),
        ]
    }
}

/// How many of so many pixels have a remainder.
fn of_remainder(pixels: usize, stride: usize, remainder: usize) -> usize {
    (pixels + stride - 1 - remainder) / stride
}

/// Pixels that a tap sees in an image.
pub fn pixels_of_tap(geometry: &Geometry, tap: usize) -> usize {
    Along::of_tap(geometry, tap).iter().map(|along| along.outputs.len()).product()
}

/// Calls `work` with what there is to see through a tap, a row or all rows at a time.
pub fn each_seen(geometry: &Geometry, tap: usize, mut work: impl FnMut(Seen)) {
    let [down, across] = Along::of_tap(geometry, tap);
    let order = Order::of_inputs(geometry);
    let width = order.count([0, across.remainder])[1];
    let start = order.start([down.remainder, across.remainder]) + down.first * width + across.first;
    let output = down.outputs.start * geometry.out_w + across.outputs.start;
    let [rows, columns] = [down.outputs.len(), across.outputs.len()];
    if columns == 0 {
        return;
    }
    if [width, geometry.out_w] == [columns; 2] {
        return work(Seen { input: start, output, count: rows * columns });
    }
    for row in 0..rows {
        work(Seen { input: start + row * width, output: output + row * geometry.out_w, count: columns });
    }
}

/// The order of pixels: those that lie a stride from each other, which a tap sees, are side by side.
#[derive(Clone, Copy)]
pub struct Order {
    sizes: [usize; 2],
    strides: [usize; 2],
}

impl Order {
    /// That of the images.
    pub fn of_inputs(g: &Geometry) -> Self {
        Self { sizes: [g.in_h, g.in_w], strides: [g.stride_h, g.stride_w] }
    }

    /// That of the outputs, which stays as it is.
    pub fn of_outputs(g: &Geometry) -> Self {
        Self { sizes: [g.out_h, g.out_w], strides: [1; 2] }
    }

    /// Rows and columns of the pixels with these remainders.
    fn count(&self, remainders: [usize; 2]) -> [usize; 2] {
        [0, 1].map(|axis| of_remainder(self.sizes[axis], self.strides[axis], remainders[axis]))
    }

    /// Place of the first pixel with these remainders.
    fn start(&self, remainders: [usize; 2]) -> usize {
        let before = |axis: usize| {
            let (size, stride, remainder) = (self.sizes[axis], self.strides[axis], remainders[axis]);
            size / stride * remainder + remainder.min(size % stride)
        };
        before(0) * self.sizes[1] + self.count(remainders)[0] * before(1)
    }

    /// Place of a pixel.
    pub fn place(&self, pixel: usize) -> usize {
        if self.strides == [1; 2] {
            return pixel;
        }
        let at = [pixel / self.sizes[1], pixel % self.sizes[1]];
        let remainders = [0, 1].map(|axis| at[axis] % self.strides[axis]);
        let [row, column] = [0, 1].map(|axis| at[axis] / self.strides[axis]);
        self.start(remainders) + row * self.count(remainders)[1] + column
    }

    /// The pixel of a place.
    pub fn pixel(&self, place: usize) -> usize {
        if self.strides == [1; 2] {
            return place;
        }
        let (mut rest, [high, wide]) = (place, [0, 1].map(|axis| self.strides[axis].min(self.sizes[axis])));
        for remainders in (0..high).flat_map(|i| (0..wide).map(move |j| [i, j])) {
            let [rows, columns] = self.count(remainders);
            if rest < rows * columns {
                let [row, column] = [rest / columns, rest % columns];
                let at = [row * self.strides[0] + remainders[0], column * self.strides[1] + remainders[1]];
                return at[0] * self.sizes[1] + at[1];
            }
            rest -= rows * columns;
        }
        unreachable!("a place beyond the pixels")
    }
}

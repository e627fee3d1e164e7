//! Which pixels of an image are taken for rows and columns.

use super::tiles::Place;
use std::ops::Range;

/// Images of some pixels. With a dilation each is several, which see nothing of each other: those whose pixels have row and column numbers of the
/// same remainders.
#[derive(Clone, Copy, Debug)]
pub struct Lattice {
    /// Height, width and channels.
    pub shape: [usize; 3],
    /// Rows and columns of every remainder, and the first remainders that have one more.
    least: [usize; 2],
    more: [usize; 2],
    /// Rows and columns from a pixel to the next one of the same remainders.
    pub dilation: [usize; 2],
    /// Rows and columns from one that a tile has to its next.
    pub step: usize,
}

impl Lattice {
    /// Images of a shape, of which windows see the first `used` rows and columns: with a stride there may be more.
    pub fn new(shape: [usize; 3], used: [usize; 2], dilation: [usize; 2], step: usize) -> Self {
        let along = |of: fn(usize, usize) -> usize| std::array::from_fn(|axis| of(used[axis], dilation[axis]));
        Self {
            shape,
            least: along(|used, dilation| used / dilation),
            more: along(|used, dilation| used % dilation),
            dilation,
            step,
        }
    }

    /// Rows and columns that windows see, of all remainders.
    pub fn used(&self) -> [usize; 2] {
        std::array::from_fn(|axis| self.least[axis] * self.dilation[axis] + self.more[axis])
    }

    /// Rows and columns of the first remainders, the most that there are.
    pub fn size(&self) -> [usize; 2] {
        self.size_of([0; 2])
    }

    /// Rows and columns of some remainders.
    #[inline(always)]
    pub fn size_of(&self, remainders: [usize; 2]) -> [usize; 2] {
        std::array::from_fn(|axis| self.least[axis] + usize::from(remainders[axis] < self.more[axis]))
    }

    /// Elements from a row of a tile to the next, and from a column to the next.
    #[inline(always)]
    pub fn strides(&self) -> [usize; 2] {
        let [_, width, channels] = self.shape;
        [self.step * self.dilation[0] * width * channels, self.step * self.dilation[1] * channels]
    }

    /// Where the first pixel of a place's image and remainders lies.
    #[inline(always)]
    pub fn start(&self, &Place { image, remainders: [row, column], .. }: &Place) -> usize {
        let [_, width, channels] = self.shape;
        image * self.elements() + (row * width + column) * channels
    }

    /// The number of a place's first pixel among those of all images.
    #[inline(always)]
    pub fn pixel(&self, place: &Place) -> usize {
        let [height, width, _] = self.shape;
        let [line, column] =
            std::array::from_fn(|axis| place.remainders[axis] + [place.row, place.column][axis] * self.dilation[axis]);
        (place.image * height + line) * width + column
    }

    /// Where a pixel lies, from the first one with its remainders.
    #[inline(always)]
    pub fn at(&self, [row, column]: [usize; 2]) -> usize {
        let [line, pixel] = self.strides();
        self.steps((row * line + column * pixel) as isize) as usize
    }

    /// How many steps, of one, two or four, there are in a number: a division, which every tile would wait for, of a multiple or of what is positive.
    #[inline(always)]
    pub fn steps(&self, number: isize) -> isize {
        number >> self.step.trailing_zeros()
    }

    /// Row and column of the first pixel of a tile, by those of its first window.
    #[inline(always)]
    pub fn first(&self, window: [usize; 2], pads: [isize; 2]) -> [isize; 2] {
        std::array::from_fn(|axis| (window[axis] * self.step) as isize - pads[axis])
    }

    /// Which of so many rows, or columns, of a tile lie within an image that has `size` of them, where the tile begins at pixel `first`.
    #[inline(always)]
    pub fn inside(&self, first: isize, count: usize, size: usize) -> Range<usize> {
        let last = self.step as isize - 1;
        let from = |pixel: isize| self.steps((pixel - first + last).max(0)).min(count as isize) as usize;
        from(0)..from(size as isize)
    }

    /// Elements of an image.
    pub fn elements(&self) -> usize {
        self.shape.iter().product()
    }
}

//! How the pixels of an image are taken for rows and columns.

use std::ops::Range;

/// An image. With a dilation it is one line of pixels, and taken for as many rows: every row has the pixels that the same filters see, those
/// whose numbers have the same remainder. The last rows may have a pixel less.
#[derive(Clone, Copy, Debug)]
pub struct Lattice {
    /// Height, width and channels.
    pub shape: [usize; 3],
    /// Rows and columns that windows see, the first ones: with a stride there may be more.
    pub used: [usize; 2],
    /// Pixels from one of a row to the next.
    pub dilation: usize,
    /// Rows and columns from one that a tile has to its next.
    pub step: usize,
}

impl Lattice {
    /// Rows and columns that are seen.
    pub fn size(&self) -> [usize; 2] {
        let [height, width] = self.used;
        [height * self.dilation, width.div_ceil(self.dilation)]
    }

    /// Columns of a row, where tiles have R rows: only those of one row may be parts of a line.
    #[inline(always)]
    pub fn columns<const R: usize>(&self, row: usize) -> usize {
        let width = self.used[1];
        if R > 1 || self.dilation == 1 {
            width
        } else {
            width.saturating_sub(row).div_ceil(self.dilation)
        }
    }

    /// Elements from a row of a tile to the next, and from a column to the next, where tiles have R rows.
    #[inline(always)]
    pub fn strides<const R: usize>(&self) -> [usize; 2] {
        let [_, width, channels] = self.shape;
        if R > 1 || self.dilation == 1 {
            [self.step * width * channels, self.step * channels]
        } else {
            [channels, self.dilation * channels]
        }
    }

    /// Where a pixel lies in an image.
    #[inline(always)]
    pub fn at<const R: usize>(&self, [row, column]: [usize; 2]) -> usize {
        let [line, pixel] = self.strides::<R>();
        (row * line + column * pixel) / self.step
    }

    /// Row and column of the first pixel of a tile, by those of its first window.
    #[inline(always)]
    pub fn first(&self, window: [usize; 2], pads: [isize; 2]) -> [isize; 2] {
        std::array::from_fn(|axis| (window[axis] * self.step) as isize - pads[axis])
    }

    /// Which of so many rows, or columns, of a tile lie within an image that has `size` of them, where the tile begins at pixel `first`.
    #[inline(always)]
    pub fn inside(&self, first: isize, count: usize, size: usize) -> Range<usize> {
        let step = self.step as isize;
        let from = |pixel: isize| ((pixel - first + step - 1).max(0) / step).min(count as isize) as usize;
        from(0)..from(size as isize)
    }

    /// Elements of an image.
    pub fn elements(&self) -> usize {
        self.shape.iter().product()
    }
}

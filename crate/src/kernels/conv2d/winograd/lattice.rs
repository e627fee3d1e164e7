//! How the pixels of an image are taken for rows and columns.

/// An image. With a dilation it is one line of pixels, and taken for as many rows: every row has the pixels that the same filters see, those
/// whose numbers have the same remainder. The last rows may have a pixel less.
#[derive(Clone, Copy, Debug)]
pub struct Lattice {
    /// Height, width and channels.
    pub shape: [usize; 3],
    /// Pixels from one of a row to the next.
    pub dilation: usize,
}

impl Lattice {
    /// Rows and columns.
    pub fn size(&self) -> [usize; 2] {
        let [height, width, _] = self.shape;
        [height * self.dilation, width.div_ceil(self.dilation)]
    }

    /// Columns of a row, where tiles have R rows: only those of one row may be parts of a line.
    #[inline(always)]
    pub fn columns<const R: usize>(&self, row: usize) -> usize {
        let width = self.shape[1];
        if R > 1 || self.dilation == 1 {
            width
        } else {
            width.saturating_sub(row).div_ceil(self.dilation)
        }
    }

    /// Elements from a row to the next, and from a column to the next, where tiles have R rows.
    #[inline(always)]
    pub fn strides<const R: usize>(&self) -> [usize; 2] {
        let [_, width, channels] = self.shape;
        if R > 1 || self.dilation == 1 {
            [width * channels, channels]
        } else {
            [channels, self.dilation * channels]
        }
    }

    /// Elements of an image.
    pub fn elements(&self) -> usize {
        self.shape.iter().product()
    }
}

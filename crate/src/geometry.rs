//! Sizes of a convolution, resolved once from sixteen words.

use crate::error::{checked_product, Error};
use std::ops::Range;

/// Number of words of a geometry block.
pub const WORDS: usize = 16;

/// Operations that are many, however many more there are.
const MANY: usize = 1 << 30;

/// The product of sizes that operations are counted by, or [`MANY`]: those of large images may be more than a number of 32 bits holds.
pub fn operations_of(sizes: &[usize]) -> usize {
    checked_product(sizes).unwrap_or(MANY)
}

/// A two-dimensional convolution: images NHWC, filters HWIO, outputs NHWC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct Geometry {
    pub batch: usize,
    pub in_h: usize,
    pub in_w: usize,
    pub in_c: usize,
    pub kernel_h: usize,
    pub kernel_w: usize,
    pub out_c: usize,
    pub stride_h: usize,
    pub stride_w: usize,
    pub pad_top: usize,
    pub pad_bottom: usize,
    pub pad_left: usize,
    pub pad_right: usize,
    pub dilation_h: usize,
    pub dilation_w: usize,
    pub groups: usize,
    pub out_h: usize,
    pub out_w: usize,
}

impl Geometry {
    /// Reads a block: batch, in_h, in_w, in_c, kernel_h, kernel_w, out_c, stride_h, stride_w, pad_top, pad_bottom,
    /// pad_left, pad_right, dilation_h, dilation_w, groups.
    pub fn new(words: &[u32; WORDS]) -> Result<Self, Error> {
        let word = |index: usize| words[index] as usize;
        let positive = [0, 1, 2, 3, 4, 5, 6, 7, 8, 13, 14, 15];
        // Bounded so that the sums below cannot wrap; far above what memory could hold.
        if positive.iter().any(|&index| word(index) == 0) || words.iter().any(|&word| word > 1 << 28) {
            return Err(Error::InvalidGeometry);
        }
        let (in_h, in_w, in_c) = (word(1), word(2), word(3));
        let (kernel_h, kernel_w, out_c) = (word(4), word(5), word(6));
        let (dilation_h, dilation_w, groups) = (word(13), word(14), word(15));
        if in_c % groups != 0 || out_c % groups != 0 {
            return Err(Error::InvalidGeometry);
        }
        let outputs = |size: usize, pads: usize, kernel: usize, dilation: usize, stride: usize| {
            let span = (kernel - 1).checked_mul(dilation).and_then(|span| span.checked_add(1));
            let span = span.ok_or(Error::SizeOverflow)?;
            let room = (size + pads).checked_sub(span).ok_or(Error::InvalidGeometry)?;
            Ok(room / stride + 1)
        };
        let geometry = Self {
            batch: word(0),
            in_h,
            in_w,
            in_c,
            kernel_h,
            kernel_w,
            out_c,
            stride_h: word(7),
            stride_w: word(8),
            pad_top: word(9),
            pad_bottom: word(10),
            pad_left: word(11),
            pad_right: word(12),
            dilation_h,
            dilation_w,
            groups,
            out_h: outputs(in_h, word(9) + word(10), kernel_h, dilation_h, word(7))?,
            out_w: outputs(in_w, word(11) + word(12), kernel_w, dilation_w, word(8))?,
        };
        checked_product(&[geometry.batch, in_h, in_w, in_c])?;
        checked_product(&[geometry.batch, geometry.padded_h(), geometry.padded_w(), in_c])?;
        checked_product(&[geometry.batch, geometry.out_h, geometry.out_w, out_c])?;
        Ok(geometry)
    }

    /// Checks that there can be filters of these sizes. Windows of pooling have none: there may be more pixels and channels.
    pub fn with_filters(self) -> Result<Self, Error> {
        checked_product(&[self.kernel_h, self.kernel_w, self.in_c / self.groups, self.out_c])?;
        Ok(self)
    }

    /// Elements of the images.
    pub fn input_size(&self) -> usize {
        self.batch * self.in_h * self.in_w * self.in_c
    }

    /// Elements of the filters.
    pub fn filter_size(&self) -> usize {
        self.kernel_h * self.kernel_w * (self.in_c / self.groups) * self.out_c
    }

    /// Elements of the outputs.
    pub fn output_size(&self) -> usize {
        self.batch * self.out_h * self.out_w * self.out_c
    }

    /// Height of an image with its border.
    pub fn padded_h(&self) -> usize {
        self.in_h + self.pad_top + self.pad_bottom
    }

    /// Width of an image with its border.
    pub fn padded_w(&self) -> usize {
        self.in_w + self.pad_left + self.pad_right
    }

    /// Whether there is a border.
    pub fn is_padded(&self) -> bool {
        self.padded_h() != self.in_h || self.padded_w() != self.in_w
    }

    /// Rows that a filter spans.
    pub fn span_h(&self) -> usize {
        (self.kernel_h - 1) * self.dilation_h + 1
    }

    /// Columns that a filter spans.
    pub fn span_w(&self) -> usize {
        (self.kernel_w - 1) * self.dilation_w + 1
    }

    /// The same for another number of images.
    pub fn of_images(&self, batch: usize) -> Self {
        Self { batch, ..*self }
    }

    /// Whether every row of outputs sees a row of its image: no border is as wide as a filter.
    pub fn sees_rows(&self) -> bool {
        self.pad_top.max(self.pad_bottom) < self.span_h()
    }

    /// Whether neighbours see neighbours, of one group and without strides, through a border that is seen to its end and by no row alone.
    pub fn slides(&self) -> bool {
        (self.stride_h, self.stride_w, self.groups) == (1, 1, 1)
            && self.sees_rows()
            && self.out_h + self.span_h() == self.padded_h() + 1
            && self.out_w + self.span_w() == self.padded_w() + 1
    }

    /// Rows that windows of so many rows of outputs span.
    pub fn span_of(&self, rows: usize) -> usize {
        (rows - 1) * self.stride_h + self.span_h()
    }

    /// The convolution of some rows of outputs of one image, where [`Self::sees_rows`]. Its image is the rows that they see, which
    /// are answered as well.
    pub fn of_rows(&self, rows: Range<usize>) -> (Self, Range<usize>) {
        let first = rows.start * self.stride_h;
        let end = first + self.span_of(rows.len());
        let inside = |row: usize| row.saturating_sub(self.pad_top).min(self.in_h);
        let seen = inside(first)..inside(end);
        let geometry = Self {
            batch: 1,
            in_h: seen.len(),
            out_h: rows.len(),
            pad_top: self.pad_top.saturating_sub(first),
            pad_bottom: end.saturating_sub(self.pad_top + self.in_h),
            ..*self
        };
        (geometry, seen)
    }

    /// Floating-point operations that one image takes.
    pub fn operations(&self) -> usize {
        let Self { out_h, out_w, out_c, kernel_h, kernel_w, in_c, groups, .. } = *self;
        operations_of(&[2, out_h, out_w, out_c, kernel_h, kernel_w, in_c / groups])
    }

    /// The same convolution on images that carry their border with them.
    pub fn without_padding(&self) -> Self {
        Self {
            in_h: self.padded_h(),
            in_w: self.padded_w(),
            pad_top: 0,
            pad_bottom: 0,
            pad_left: 0,
            pad_right: 0,
            ..*self
        }
    }

    /// The convolution of one group by itself.
    pub fn of_one_group(&self) -> Self {
        Self { in_c: self.in_c / self.groups, out_c: self.out_c / self.groups, groups: 1, ..*self }
    }
}

#[cfg(test)]
mod tests {
    use super::{Geometry, MANY};

    #[test]
    fn operations_of_a_large_image_are_many() {
        let of = |size, channels| {
            let g = Geometry::new(&[1, size, size, channels, 2, 2, channels, 1, 1, 0, 1, 0, 1, 1, 1, 1]);
            g.expect("a convolution").operations()
        };
        assert_eq!(of(5, 3), 2 * 25 * 4 * 9);
        // Two to the thirty-third, of which 32 bits are zeros.
        assert_eq!(of(256, 128), MANY);
    }

    #[test]
    fn rows_see_what_they_see_of_the_whole_image() {
        for kernel in 1..4 {
            for (stride, dilation, top, bottom) in
                [(1, 1, 0, 0), (1, 1, 1, 2), (2, 1, 2, 0), (3, 2, 1, 1), (4, 1, 0, 1)]
            {
                let words = [1, 11, 7, 2, kernel, kernel, 3, stride, stride, top, bottom, 1, 1, dilation, dilation, 1];
                let g = Geometry::new(&words).expect("a convolution");
                for (first, end) in (0..g.out_h).flat_map(|first| (first + 1..=g.out_h).map(move |end| (first, end))) {
                    if !g.sees_rows() {
                        continue;
                    }
                    let (own, seen) = g.of_rows(first..end);
                    assert_eq!((own.batch, own.in_h, own.out_h), (1, seen.len(), end - first));
                    assert_eq!(own.padded_h(), g.span_of(end - first));
                    for (row, tap) in (0..own.out_h).flat_map(|row| (0..g.kernel_h).map(move |tap| (row, tap))) {
                        let place = |g: &Geometry, row: usize| {
                            (row * g.stride_h + tap * g.dilation_h).checked_sub(g.pad_top).filter(|&row| row < g.in_h)
                        };
                        let whole = place(&g, first + row);
                        assert_eq!(place(&own, row).map(|row| row + seen.start), whole, "{g:?} {first}..{end}");
                    }
                }
            }
        }
    }
}

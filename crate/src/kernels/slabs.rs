//! How convolutions and pooling are cut for threads: a batch into images, and an image that is alone into rows of outputs, which
//! are a convolution of their own of the rows that they see.

use crate::error::{checked_product, Error};
use crate::geometry::Geometry;
use crate::threads::share;
use std::ops::Range;

/// Most parts of an image that is alone: each looks at its border and its rows anew.
const MOST: usize = 8;

/// A batch in parts.
#[derive(Clone, Copy)]
pub struct Slabs<'a> {
    geometry: &'a Geometry,
    /// Images of a part, and rows of outputs of each of them.
    images: usize,
    rows: usize,
}

impl<'a> Slabs<'a> {
    /// Parts that are worth it where an image takes so many operations, `most` at most. What is the case for the filters of all
    /// images is the case for those of rows, too: there are `least` rows in each part at least.
    pub fn new(geometry: &'a Geometry, operations: usize, most: usize, least: usize) -> Self {
        let Geometry { batch, out_h, .. } = *geometry;
        let images = share(batch, operations).max(batch.div_ceil(most));
        let rows = if batch == 1 && geometry.sees_rows() {
            let rows = share(out_h, operations / out_h).max(out_h.div_ceil(most.min(MOST))).max(least);
            // The last part is no exception.
            (rows..out_h).find(|rows| out_h % rows == 0 || out_h % rows >= least).unwrap_or(out_h)
        } else {
            out_h
        };
        Self { geometry, images, rows }
    }

    /// Parts.
    pub fn parts(&self) -> usize {
        self.geometry.batch.div_ceil(self.images) * self.geometry.out_h.div_ceil(self.rows)
    }

    /// Images of a part.
    pub fn images(&self) -> usize {
        self.images
    }

    /// Whether parts are rows of an image.
    pub fn are_rows(&self) -> bool {
        self.rows < self.geometry.out_h
    }

    /// Rows of outputs of a part, of all its images.
    pub fn rows(&self) -> usize {
        self.images * self.rows
    }

    /// Rows of outputs of one of the parts, among those of all images: the last part may have fewer.
    pub fn rows_of(&self, part: usize) -> Range<usize> {
        let first = part * self.rows();
        first..(first + self.rows()).min(self.geometry.batch * self.geometry.out_h)
    }

    /// The first image of a part.
    pub fn first_image(&self, part: usize) -> usize {
        self.rows_of(part).start / self.geometry.out_h
    }

    /// The first row of outputs of a part, in its image.
    pub fn first_row(&self, part: usize) -> usize {
        self.rows_of(part).start % self.geometry.out_h
    }

    /// Elements of an image with its border, or of the rows of it that a part sees; 0 where there is no border.
    pub fn bordered_image(&self) -> Result<usize, Error> {
        let g = self.geometry;
        if !g.is_padded() {
            return Ok(0);
        }
        let lines = if self.are_rows() { g.span_of(self.rows) } else { g.padded_h() };
        checked_product(&[lines, g.padded_w(), g.in_c])
    }

    /// The convolution that a part is, and which elements of the images it sees.
    pub fn part(&self, part: usize) -> (Geometry, Range<usize>) {
        let Geometry { in_h, in_w, in_c, .. } = *self.geometry;
        let (geometry, seen) = if self.are_rows() {
            self.geometry.of_rows(self.rows_of(part))
        } else {
            let (first, images) = (self.first_image(part), self.rows_of(part).len() / self.geometry.out_h);
            (self.geometry.of_images(images), first * in_h..(first + images) * in_h)
        };
        (geometry, seen.start * in_w * in_c..seen.end * in_w * in_c)
    }
}

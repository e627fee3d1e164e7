//! Images that are framed and cut. NHWC.

use crate::threads::{each_part, share, OF_COPYING};
use crate::vector::{copy, Real};

/// A small image inside a large one.
#[derive(Clone, Copy, Debug)]
pub struct Inset {
    /// Number of images.
    pub batch: usize,
    /// Height and width of the small image.
    pub small: [usize; 2],
    /// Height and width of the large image.
    pub large: [usize; 2],
    /// Where the small image's first pixel lies in the large one.
    pub at: [usize; 2],
    /// Channels of both.
    pub channels: usize,
}

impl Inset {
    /// Elements of the small images.
    pub fn small_size(&self) -> usize {
        self.batch * self.small[0] * self.small[1] * self.channels
    }

    /// Elements of the large images.
    pub fn large_size(&self) -> usize {
        self.batch * self.large[0] * self.large[1] * self.channels
    }

    /// Elements of a row of the small image.
    fn row(&self) -> usize {
        self.small[1] * self.channels
    }

    /// Elements of a small image and of a large one.
    fn image(&self) -> [usize; 2] {
        [self.small, self.large].map(|[height, width]| height * width * self.channels)
    }

    /// Images of a part, by the elements of those that are written.
    fn share(&self, size: usize) -> usize {
        share(self.batch, OF_COPYING * size)
    }

    /// Where a row of a small image lies in the large one.
    fn place(&self, row: usize) -> usize {
        ((self.at[0] + row) * self.large[1] + self.at[1]) * self.channels
    }
}

/// The small image in a border of zeros.
pub fn pad(inset: &Inset, small: &[Real], large: &mut [Real]) {
    let ([from, to], row) = (inset.image(), inset.row());
    if from == 0 {
        return large.fill(0.0);
    }
    let images = inset.share(to);
    each_part(large, images * to, |part, large| {
        large.fill(0.0);
        for (small, large) in small[part * images * from..].chunks_exact(from).zip(large.chunks_exact_mut(to)) {
            for (i, small) in small.chunks_exact(row).enumerate() {
                copy(small, &mut large[inset.place(i)..][..row]);
            }
        }
    });
}

/// The small image out of the large one.
pub fn crop(inset: &Inset, large: &[Real], small: &mut [Real]) {
    let ([to, from], row) = (inset.image(), inset.row());
    if to == 0 {
        return;
    }
    let images = inset.share(to);
    each_part(small, images * to, |part, small| {
        for (large, small) in large[part * images * from..].chunks_exact(from).zip(small.chunks_exact_mut(to)) {
            for (i, small) in small.chunks_exact_mut(row).enumerate() {
                copy(&large[inset.place(i)..][..row], small);
            }
        }
    });
}

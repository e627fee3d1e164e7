//! One input channel and few filters, as in the seed's network: lanes along the width of the image.
//!
//! With one channel a patch has nothing contiguous to offer but its width, and with few filters the lanes of a
//! vector of channels would stay empty. With one filter, four neighbouring outputs share a vector. With two to four
//! filters of 3×3 they share each load of the image, and their vectors are woven together before they are stored; with
//! others the tiles over channels are better.

use crate::gemm::micro::{planes, weave, Taps};
use crate::geometry::Geometry;
use crate::kernels::activation::{forward_in_place, Activation};
use crate::vector::{Lanes, Real, Vector, LANES};

/// Most filters for which this pays; with more the tiles over channels are full.
const MOST_FILTERS: usize = 4;

/// Whether this way is taken: one channel, stride 1 along the width, no group, no border.
pub fn fits(geometry: &Geometry) -> bool {
    geometry.in_c == 1
        && geometry.out_c <= MOST_FILTERS
        && geometry.stride_w == 1
        && geometry.out_w >= LANES
        && geometry.groups == 1
        && !geometry.is_padded()
}

/// Whether the outputs are computed this way: one filter, or 3×3 taps, for which several share the pixels.
pub fn fits_forward(geometry: &Geometry) -> bool {
    fits(geometry) && (geometry.out_c == 1 || (geometry.kernel_h, geometry.kernel_w) == (3, 3))
}

/// `y = activation(conv(x, filter) + bias)`.
pub fn forward(
    geometry: &Geometry,
    x: &[Real],
    filter: &[Real],
    bias: Option<&[Real]>,
    y: &mut [Real],
    activation: Activation,
) {
    let filters = geometry.out_c;
    let outputs = geometry.out_h * geometry.out_w;
    let images = x.chunks_exact(geometry.in_h * geometry.in_w);
    for (x, out) in images.zip(y.chunks_exact_mut(outputs * filters)) {
        match filters {
            1 => {
                let start = bias.map_or(0.0, |bias| bias[0]);
                each_block(geometry, |block| block.forward(x, filter, start, out));
            }
            2 => three_by_three::<2>(geometry, x, filter, bias, out),
            3 => three_by_three::<3>(geometry, x, filter, bias, out),
            _ => three_by_three::<4>(geometry, x, filter, bias, out),
        }
        // The image is still in the first-level cache.
        forward_in_place(activation, out);
    }
}

/// Two to four filters of 3×3 on one image.
#[inline(never)]
fn three_by_three<const F: usize>(
    geometry: &Geometry,
    x: &[Real],
    filter: &[Real],
    bias: Option<&[Real]>,
    out: &mut [Real],
) {
    let start: [Real; F] = std::array::from_fn(|f| bias.map_or(0.0, |bias| bias[f]));
    let (row, column) = (geometry.dilation_h * geometry.in_w, geometry.dilation_w);
    let line = geometry.stride_h * geometry.in_w;
    let (lines, width) = (geometry.out_h, geometry.out_w);
    if column == 1 {
        weave::<F, 3, 1>((x, 0, row, 1, line), (filter, geometry.kernel_h), &start, (&mut *out, lines, width));
    } else {
        weave::<F, 3, 0>((x, 0, row, column, line), (filter, geometry.kernel_h), &start, (&mut *out, lines, width));
    }
    // What is left of each row beyond its whole vectors.
    for i in 0..lines {
        for j in width / LANES * LANES..width {
            for f in 0..F {
                let products =
                    (0..9).map(|tap| x[i * line + tap / 3 * row + tap % 3 * column + j] * filter[tap * F + f]);
                out[(i * width + j) * F + f] = products.fold(start[f], |sum, product| sum + product);
            }
        }
    }
}

/// Some taps: R rows of T.
pub(super) struct Block<'a> {
    pub(super) geometry: &'a Geometry,
    p: usize,
    q: usize,
    pub(super) rows: usize,
    pub(super) columns: usize,
}

/// Cuts the taps into blocks of up to 3×3, whose factors or sums fit the registers.
#[inline(always)]
pub(super) fn each_block(geometry: &Geometry, mut work: impl FnMut(Block)) {
    let mut p = 0;
    while p < geometry.kernel_h {
        let rows = if geometry.kernel_h - p >= 3 { 3 } else { 1 };
        let mut q = 0;
        while q < geometry.kernel_w {
            let columns = (geometry.kernel_w - q).min(3);
            work(Block { geometry, p, q, rows, columns });
            q += columns;
        }
        p += rows;
    }
}

/// Calls a function of a block, behind constants of its own, with the block's size and the distance of its taps as constants.
macro_rules! with_size {
    ($block:expr, $function:ident, [$($own:ident),*], $($argument:expr),*) => {
        match ($block.rows, $block.columns, $block.geometry.dilation_w) {
            (3, 3, 1) => $block.$function::<$($own,)* 3, 3, 1>($($argument),*),
            (3, 3, _) => $block.$function::<$($own,)* 3, 3, 0>($($argument),*),
            (3, 2, _) => $block.$function::<$($own,)* 3, 2, 0>($($argument),*),
            (3, _, _) => $block.$function::<$($own,)* 3, 1, 0>($($argument),*),
            (_, 3, _) => $block.$function::<$($own,)* 1, 3, 0>($($argument),*),
            (_, 2, _) => $block.$function::<$($own,)* 1, 2, 0>($($argument),*),
            _ => $block.$function::<$($own,)* 1, 1, 0>($($argument),*),
        }
    };
}
pub(super) use with_size;

impl Block<'_> {
    fn forward(&self, x: &[Real], filter: &[Real], start: Real, plane: &mut [Real]) {
        with_size!(self, forward_sized, [], x, filter, start, plane);
    }

    /// Where tap `[r, t]` lies among the filters.
    pub(super) fn tap(&self, r: usize, t: usize) -> usize {
        ((self.p + r) * self.geometry.kernel_w + self.q + t) * self.geometry.out_c
    }

    /// Where the first output sees its first tap; distances of rows, columns and lines of outputs.
    pub(super) fn steps(&self) -> (usize, usize, usize, usize) {
        let geometry = self.geometry;
        let row = geometry.dilation_h * geometry.in_w;
        let column = geometry.dilation_w;
        (self.p * row + self.q * column, row, column, geometry.stride_h * geometry.in_w)
    }

    #[inline(never)]
    fn forward_sized<const R: usize, const T: usize, const COLUMN: usize>(
        &self,
        x: &[Real],
        filter: &[Real],
        start: Real,
        plane: &mut [Real],
    ) {
        let (first, row, column, line) = self.steps();
        let (lines, width) = (self.geometry.out_h, self.geometry.out_w);
        let is_first = self.p == 0 && self.q == 0;
        let weights: Taps<R, T> =
            std::array::from_fn(|r| std::array::from_fn(|t| Lanes::splat(filter[self.tap(r, t)])));
        let begin = is_first.then(|| Lanes::splat(start));
        let pixels = (x, first, row, column, line);
        planes::<R, T, COLUMN>(pixels, &weights, begin, (&mut *plane, lines, width));
        for i in 0..lines {
            for j in width / LANES * LANES..width {
                let mut sum = if is_first { start } else { plane[i * width + j] };
                for r in 0..R {
                    for t in 0..T {
                        sum += x[first + i * line + r * row + t * column + j] * filter[self.tap(r, t)];
                    }
                }
                plane[i * width + j] = sum;
            }
        }
    }
}

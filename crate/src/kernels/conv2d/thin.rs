//! One input channel and few filters, as in the seed's network: lanes along the width of the image.
//!
//! With one channel a patch has nothing contiguous to offer but its width, and with few filters the lanes of a
//! vector of channels would stay empty. With one filter, four neighbouring outputs share a vector. Two to four filters of
//! 3×3 are computed one after the other, some lines at a time, and the last one's vectors are woven together with the
//! others' before they are stored; with other filters the tiles over channels are better.

use crate::gemm::micro::{band, planes, weave, widest_band, Taps};
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

/// Whether the outputs are computed this way: one filter of any size, or several of 3×3, which are one block of taps each.
pub fn fits_forward(geometry: &Geometry) -> bool {
    fits(geometry) && (geometry.out_c == 1 || (geometry.kernel_h, geometry.kernel_w) == (3, 3))
}

/// float32 values of scratch memory of [`forward`]: some lines of outputs of each filter, where there are several.
pub fn workspace(geometry: &Geometry) -> usize {
    match geometry.out_c {
        1 => 0,
        filters => filters * geometry.out_w * geometry.out_h.min(widest_band(geometry.out_w * filters)),
    }
}

/// `y = activation(conv(x, filter) + bias)`.
pub fn forward(
    geometry: &Geometry,
    x: &[Real],
    (filter, bias): (&[Real], Option<&[Real]>),
    y: &mut [Real],
    activation: Activation,
    workspace: &mut [Real],
) {
    let filters = geometry.out_c;
    let outputs = geometry.out_h * geometry.out_w;
    let images = x.chunks_exact(geometry.in_h * geometry.in_w);
    let start = |f: usize| bias.map_or(0.0, |bias| bias[f]);
    for (x, out) in images.zip(y.chunks_exact_mut(outputs * filters)) {
        match filters {
            1 => each_block(geometry, |block| block.forward(x, filter, start(0), out)),
            2 => by_bands::<2>(geometry, x, filter, start, out, workspace),
            3 => by_bands::<3>(geometry, x, filter, start, out, workspace),
            _ => by_bands::<4>(geometry, x, filter, start, out, workspace),
        }
        // The image is still in the first-level cache.
        forward_in_place(activation, out);
    }
}

/// F filters of 3×3 on one image.
fn by_bands<const F: usize>(
    geometry: &Geometry,
    x: &[Real],
    filter: &[Real],
    start: impl Fn(usize) -> Real,
    out: &mut [Real],
    workspace: &mut [Real],
) {
    let (lines, width) = (geometry.out_h, geometry.out_w);
    let plane = workspace.len() / F;
    let mut i = 0;
    while i < lines {
        let count = band(lines - i, width * F);
        let some = Geometry { out_h: count, ..*geometry };
        let (x, out) = (&x[i * geometry.stride_h * geometry.in_w..], &mut out[i * width * F..]);
        each_block(&some, |block| {
            for (f, plane) in workspace.chunks_exact_mut(plane).enumerate().take(F - 1) {
                block.forward(x, &filter[f..], start(f), plane);
            }
            let (last, start) = (&filter[F - 1..], start(F - 1));
            match geometry.dilation_w {
                1 => block.weave::<F, 1>(x, last, start, (workspace, plane), out),
                _ => block.weave::<F, 0>(x, last, start, (workspace, plane), out),
            }
        });
        i += count;
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
    ($block:expr, $function:ident, [$($own:tt),*], $($argument:expr),*) => {
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
        if self.p == 0 && self.q == 0 {
            with_size!(self, forward_sized, [true], x, filter, start, plane);
        } else {
            with_size!(self, forward_sized, [false], x, filter, start, plane);
        }
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

    /// With `FIRST`, these are the first taps; else their products are added to the outputs.
    #[inline(never)]
    fn forward_sized<const FIRST: bool, const R: usize, const T: usize, const COLUMN: usize>(
        &self,
        x: &[Real],
        filter: &[Real],
        start: Real,
        plane: &mut [Real],
    ) {
        let (first, row, column, line) = self.steps();
        let (lines, width) = (self.geometry.out_h, self.geometry.out_w);
        let begin = FIRST.then(|| Lanes::splat(start));
        let pixels = (x, first, row, column, line);
        planes::<R, T, COLUMN>(pixels, &self.weights(filter), begin, (&mut *plane, lines, width));
        if FIRST {
            return;
        }
        for i in 0..lines {
            for j in width / LANES * LANES..width {
                for r in 0..R {
                    for t in 0..T {
                        let pixel = x[first + i * line + r * row + t * column + j];
                        plane[i * width + j] += pixel * filter[self.tap(r, t)];
                    }
                }
            }
        }
    }

    /// The last of F filters, where this block is all of it, woven together with the others.
    #[inline(never)]
    fn weave<const F: usize, const COLUMN: usize>(
        &self,
        x: &[Real],
        filter: &[Real],
        start: Real,
        planes: (&[Real], usize),
        out: &mut [Real],
    ) {
        let (first, row, column, line) = self.steps();
        let size = (self.geometry.out_h, self.geometry.out_w);
        let pixels = (x, first, row, column, line);
        weave::<F, 3, 3, COLUMN>(pixels, &self.weights(filter), Lanes::splat(start), planes, (out, size.0, size.1));
    }

    /// Those of the first of the filters, in all lanes.
    #[inline(always)]
    fn weights<const R: usize, const T: usize>(&self, filter: &[Real]) -> Taps<R, T> {
        std::array::from_fn(|r| std::array::from_fn(|t| Lanes::splat(filter[self.tap(r, t)])))
    }
}

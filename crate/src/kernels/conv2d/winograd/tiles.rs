//! The tiles of a convolution, and the transform of their inputs.

use super::points::{around, Points};
use super::{M, N};
use crate::gemm::micro::{Square, SquareMut};
use crate::geometry::Geometry;
use crate::vector::{copy, Lanes, Real, Vector, LANES};
use std::hint::black_box;

/// A correlation of stride 1 with 3×3 filters. A border may be negative: what lies there is not seen.
#[derive(Clone, Copy, Debug)]
pub struct Convolution {
    /// Images.
    pub batch: usize,
    /// Height, width and channels of an image.
    pub input: [usize; 3],
    /// Height, width and channels of its output.
    pub output: [usize; 3],
    /// Rows above the image, and columns left of it.
    pub pads: [isize; 2],
}

impl Convolution {
    /// The outputs of a convolution.
    pub fn forward(g: &Geometry) -> Self {
        Self {
            batch: g.batch,
            input: [g.in_h, g.in_w, g.in_c],
            output: [g.out_h, g.out_w, g.out_c],
            pads: [g.pad_top as isize, g.pad_left as isize],
        }
    }

    /// The gradient of its images: from the outputs' gradients and the filters rotated by half a turn.
    pub fn backward(g: &Geometry) -> Self {
        let Self { batch, input, output, pads } = Self::forward(g);
        Self { batch, input: output, output: input, pads: pads.map(|pad| 2 - pad) }
    }

    /// Input channels.
    pub(super) fn depth(&self) -> usize {
        self.input[2]
    }

    /// Output channels.
    pub(super) fn filters(&self) -> usize {
        self.output[2]
    }

    /// Tiles of an image.
    pub(super) fn tiles(&self) -> usize {
        self.output[0].div_ceil(M) * self.output[1].div_ceil(M)
    }

    /// Products of an input and a filter's tap in an image, for each pair of channels: without those at the border.
    pub(super) fn products(&self) -> usize {
        let seen = |axis: usize| {
            let (size, count, pad) = (self.input[axis] as isize, self.output[axis] as isize, self.pads[axis]);
            (0..3).map(|tap| ((size + pad - tap).min(count) - (pad - tap).max(0)).max(0) as usize).sum::<usize>()
        };
        seen(0) * seen(1)
    }

    /// Image, and row and column of the first output, of a tile.
    pub(super) fn place(&self, tile: usize) -> Place {
        let across = self.output[1].div_ceil(M);
        let (image, rest) = (tile / self.tiles(), tile % self.tiles());
        Place { image, row: rest / across * M, column: rest % across * M }
    }
}

/// Where a tile lies.
#[derive(Clone, Copy, Debug)]
pub struct Place {
    pub image: usize,
    pub row: usize,
    pub column: usize,
}

/// How transformed tiles lie in an array: elements from one to the next.
#[derive(Clone, Copy, Debug)]
pub struct Layout {
    /// From one point to the next.
    pub point: usize,
    /// From one tile to the next.
    pub tile: usize,
    /// From four channels to the next four.
    pub vector: usize,
}

/// Transforms the inputs of `count` tiles from `start` on. `patch` has room for one tile.
#[inline(never)]
pub fn transform_inputs(
    points: Points,
    c: &Convolution,
    x: &[Real],
    (start, count): (usize, usize),
    (target, layout): (&mut [Real], Layout),
    patch: &mut [Real],
) {
    let [height, width, depth] = c.input;
    let line = width * depth;
    for tile in 0..count {
        let place = c.place(start + tile);
        let image = &x[place.image * height * line..][..height * line];
        let (row, column) = (place.row as isize - c.pads[0], place.column as isize - c.pads[1]);
        let inside = |first: isize, size: usize| first >= 0 && first as usize + N <= size;
        let target = &mut target[tile * layout.tile..];
        if inside(row, height) && inside(column, width) {
            let source = &image[row as usize * line + column as usize * depth..];
            transform(points, (source, line), depth, target, layout);
        } else {
            copy_patch::<N>(c.input, image, (row, column), patch);
            transform(points, (patch, N * depth), depth, target, layout);
        }
    }
}

/// Copies S×S pixels of an image, with zeros where they lie outside of it.
pub fn copy_patch<const S: usize>(
    [height, width, depth]: [usize; 3],
    image: &[Real],
    (row, column): (isize, isize),
    patch: &mut [Real],
) {
    // LLVM would make memory.fill of a zero that it knows, which takes longer than a pixel.
    let zero = Lanes::splat(black_box(0.0));
    for (index, pixel) in patch.chunks_exact_mut(depth).take(S * S).enumerate() {
        let (i, j) = (row + (index / S) as isize, column + (index % S) as isize);
        if i >= 0 && j >= 0 && (i as usize) < height && (j as usize) < width {
            copy(&image[(i as usize * width + j as usize) * depth..][..depth], pixel);
        } else {
            for vector in pixel.chunks_exact_mut(LANES) {
                zero.store(vector);
            }
        }
    }
}

/// Transforms all channels of one tile.
#[inline(always)]
fn transform(points: Points, (source, line): (&[Real], usize), depth: usize, target: &mut [Real], layout: Layout) {
    for vector in 0..depth / LANES {
        let source = Square::<N>::new(&source[vector * LANES..], line, depth);
        let mut target = SquareMut::<N>::new(&mut target[vector * layout.vector..], N * layout.point, layout.point);
        around(|v| points.inputs(v), |i, j| source.at(i, j), |i, j, value| target.set(i, j, value));
    }
}

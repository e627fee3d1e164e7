//! The tiles of a convolution, and the transform of what they see.

use super::lattice::Lattice;
use super::points::{around_tile, is_missing, Axis, Points, Transform};
use super::{along, by_taps, side, N};
use crate::gemm::micro::{Rectangle, RectangleMut};
use crate::geometry::Geometry;
use crate::vector::{copy, opaque, Lanes, Real, Vector, LANES};
use std::ops::Range;

/// A correlation of stride 1 with filters of 3×3, 5×5, 1×3 or 1×5 taps, or the transpose of one. A border may be negative: what lies there is not
/// seen.
#[derive(Clone, Copy, Debug)]
pub struct Convolution {
    /// Images.
    pub batch: usize,
    /// Rows and columns of a filter.
    pub taps: [usize; 2],
    /// Height, width and channels of an image.
    pub input: [usize; 3],
    /// Height, width and channels of its output.
    pub output: [usize; 3],
    /// Pixels from one tap to the next, of a line: see [`Lattice`].
    pub dilation: usize,
    /// Rows above the image, and columns left of it; of the transpose: above and left of the output.
    pub pads: [isize; 2],
    /// Whether this is a transpose: tiles of 4×4 inputs, whose 6×6 outputs overlap and are added up.
    pub spreads: bool,
}

impl Convolution {
    /// The outputs of a convolution.
    pub fn forward(g: &Geometry) -> Self {
        Self {
            batch: g.batch,
            taps: [g.kernel_h, g.kernel_w],
            input: [g.in_h, g.in_w, g.in_c],
            output: [g.out_h, g.out_w, g.out_c],
            dilation: g.dilation_w,
            pads: [g.pad_top as isize, (g.pad_left / g.dilation_w) as isize],
            spreads: false,
        }
    }

    /// The outputs that windows of 2×2 see: without a last row or column that is left over.
    pub fn pooled(g: &Geometry) -> Self {
        let c = Self::forward(g);
        let [height, width, channels] = c.output;
        Self { output: [height / 2 * 2, width / 2 * 2, channels], ..c }
    }

    /// The gradient of its images as a correlation: of the outputs' gradients with the filters rotated by half a turn.
    pub fn backward(g: &Geometry) -> Self {
        let c = Self::forward(g);
        let pad = |axis: usize| c.taps[axis] as isize - 1 - c.pads[axis];
        Self { input: c.output, output: c.input, pads: [pad(0), pad(1)], ..c }
    }

    /// The same as the transpose of the convolution, with its filters as they are. Where it shrinks images its outputs
    /// have fewer tiles: 9 instead of 16 for 13×13 images and 11×11 outputs.
    pub fn transpose(g: &Geometry) -> Self {
        Self::forward(g).transposed()
    }

    /// The transpose.
    pub(super) fn transposed(&self) -> Self {
        Self { input: self.output, output: self.input, spreads: !self.spreads, ..*self }
    }

    /// Input channels.
    pub(super) fn depth(&self) -> usize {
        self.input[2]
    }

    /// Output channels.
    pub(super) fn filters(&self) -> usize {
        self.output[2]
    }

    /// The pixels of the input.
    pub(super) fn seen(&self) -> Lattice {
        Lattice { shape: self.input, dilation: self.dilation }
    }

    /// The pixels of the output.
    pub(super) fn made(&self) -> Lattice {
        Lattice { shape: self.output, dilation: self.dilation }
    }

    /// Rows and columns of what is cut into tiles.
    pub(super) fn tiled(&self) -> [usize; 2] {
        if self.spreads { self.seen() } else { self.made() }.size()
    }

    /// Outputs of a tile, down and across.
    pub(super) fn sides(&self) -> [usize; 2] {
        self.taps.map(side)
    }

    /// Points, each of which has matrices of its own.
    pub(super) fn matrices(&self) -> usize {
        self.taps.map(along).iter().product()
    }

    /// Tiles of an image, down and across.
    fn grid(&self) -> [usize; 2] {
        let ([height, width], [high, wide]) = (self.tiled(), self.sides());
        [height.div_ceil(high), width.div_ceil(wide)]
    }

    /// Tiles of an image.
    pub(super) fn tiles(&self) -> usize {
        self.grid().iter().product()
    }

    /// Elements of the outputs up to the last row that the first `count` tiles write.
    pub(super) fn written(&self, count: usize) -> usize {
        let (lattice, [down, across]) = (self.made(), self.grid());
        let ([height, _], rows) = (lattice.size(), count.div_ceil(across));
        let of_last = match rows % down * self.sides()[0] {
            // The pixels of a row lie all over the image.
            1.. if self.dilation > 1 => height,
            rows => rows.min(height),
        };
        rows / down * lattice.elements() + of_last * lattice.elements() / height
    }

    /// Products at the points of all tiles of an image, for each pair of channels.
    pub(super) fn points(&self) -> usize {
        let of_axis = |axis: usize| {
            let (size, side, along) = (self.tiled()[axis], self.sides()[axis], along(self.taps[axis]));
            let rest = size % side;
            let of_rest = if rest == 0 { 0 } else { (0..along).filter(|&point| !is_missing(rest, point)).count() };
            size / side * along + of_rest
        };
        of_axis(0) * of_axis(1)
    }

    /// Products of an input and a filter's tap in an image, for each pair of channels: without those at the border.
    pub(super) fn products(&self) -> usize {
        let seen = |axis: usize| {
            let [size, count] = [self.seen(), self.made()].map(|lattice| lattice.size()[axis] as isize);
            let taps = self.taps[axis] as isize;
            let pad = if self.spreads { taps - 1 - self.pads[axis] } else { self.pads[axis] };
            (0..taps).map(|tap| ((size + pad - tap).min(count) - (pad - tap).max(0)).max(0) as usize).sum::<usize>()
        };
        seen(0) * seen(1)
    }

    /// Where tiles lie, from number `first` on.
    fn places(&self, first: usize) -> impl Iterator<Item = Place> {
        let ([height, width], [high, wide], [down, across]) = (self.tiled(), self.sides(), self.grid());
        let (mut image, rest) = (first / (down * across), first % (down * across));
        let (mut row, mut column) = (rest / across * high, rest % across * wide);
        std::iter::from_fn(move || {
            let left = [height - row, width - column];
            let whole = [left[0] >= high, left[1] >= wide];
            let half = [left[0] == 2 && high > 2, left[1] == 2 && wide > 2];
            let place = Place { image, row, column, whole, half };
            column += wide;
            if column >= width {
                (row, column) = (row + high, 0);
            }
            if row >= height {
                (image, row) = (image + 1, 0);
            }
            Some(place)
        })
    }
}

/// Where a tile lies.
#[derive(Clone, Copy, Debug, Default)]
pub struct Place {
    /// The image.
    pub image: usize,
    /// Row and column of the first output; of the transpose: of the first input.
    pub row: usize,
    pub column: usize,
    /// Whether there are all rows and all columns of these.
    pub whole: [bool; 2],
    /// Whether there are two rows, and two columns, out of four.
    pub half: [bool; 2],
}

/// Most tiles of a [`Group`].
pub const MOST_TILES: usize = 64;

/// Tiles that are worked on together. Where the last rows or columns of a tile are not there, it does without some of the points:
/// the tiles are sorted so that those for which a point is needed lie side by side.
pub struct Group {
    places: [Place; MOST_TILES],
    /// Where they end: tiles without the last row, whole ones, those without the last column, and those without both.
    ends: [usize; 4],
    /// Rows and columns of the tiles that are not whole.
    rest: [usize; 2],
}

impl Group {
    /// `count` tiles from `start` on.
    pub fn new(c: &Convolution, start: usize, count: usize) -> Self {
        let (mut given, mut places) = ([Place::default(); MOST_TILES], [Place::default(); MOST_TILES]);
        for (place, lies) in given[..count].iter_mut().zip(c.places(start)) {
            *place = lies;
        }
        let mut filled = 0;
        let ends = [[false, true], [true, true], [true, false], [false, false]].map(|whole| {
            for place in given[..count].iter().filter(|place| place.whole == whole) {
                places[filled] = *place;
                filled += 1;
            }
            filled
        });
        let ([height, width], [high, wide]) = (c.tiled(), c.sides());
        Self { places, ends, rest: [height % high, width % wide] }
    }

    /// The tiles, in their order.
    pub fn places(&self) -> &[Place] {
        &self.places[..self.ends[3]]
    }

    /// Those for which a point is needed.
    pub fn of_point(&self, point: usize) -> Range<usize> {
        let [without_row, whole, without_column, all] = self.ends;
        match (is_missing(self.rest[0], point / N), is_missing(self.rest[1], point % N)) {
            (false, false) => 0..all,
            (false, true) => 0..whole,
            (true, false) => without_row..without_column,
            (true, true) => without_row..whole,
        }
    }
}

/// How transformed tiles lie in an array: elements from one to the next.
#[derive(Clone, Copy, Debug)]
pub struct Layout {
    /// From one point to the next.
    pub point: usize,
    /// From one tile to the next.
    pub tile: usize,
    /// From four channels, or those that lie side by side, to the next.
    pub vector: usize,
}

/// Transforms the inputs of tiles. `patch` has room for one tile.
#[inline(never)]
pub fn transform_inputs(
    points: Points,
    c: &Convolution,
    x: &[Real],
    places: &[Place],
    target: (&mut [Real], Layout),
    patch: &mut [Real],
) {
    let images = (c.seen(), x, c.pads);
    if c.spreads {
        transform_gradients::<1>(points, c.taps, (c.seen(), x), places, target, patch);
    } else if c.taps[0] == 1 {
        let transforms = (points.of_inputs::<1>(), points.of_inputs());
        transform::<1, N, 1, 1>(images, places, transforms, target, patch);
    } else {
        let transforms = (points.of_inputs(), points.of_inputs());
        transform::<N, N, N, 1>(images, places, transforms, target, patch);
    }
}

/// Transforms the gradients of tiles' outputs, which lie so: `SIDE` vectors of channels lie side by side in the target.
#[inline(always)]
pub fn transform_gradients<const SIDE: usize>(
    points: Points,
    taps: [usize; 2],
    (lattice, gradients): (Lattice, &[Real]),
    places: &[Place],
    target: (&mut [Real], Layout),
    patch: &mut [Real],
) {
    let gradients = (lattice, gradients, [0; 2]);
    by_taps!(taps, |DOWN, ACROSS| {
        let transforms = (points.of_gradients(), points.of_gradients());
        transform::<{ side(DOWN) }, { side(ACROSS) }, { along(DOWN) }, SIDE>(
            gradients, places, transforms, target, patch,
        )
    });
}

/// Transforms rectangles of SR×SC pixels of `images`, which lie so and with those pads, to R×N: `SIDE` vectors of channels lie side by
/// side in the target.
#[inline(always)]
fn transform<const SR: usize, const SC: usize, const R: usize, const SIDE: usize>(
    (lattice, images, pads): (Lattice, &[Real], [isize; 2]),
    places: &[Place],
    (down, across): (
        Transform<R, impl Axis<SR, R>, impl Axis<SR, R>>,
        Transform<N, impl Axis<SC, N>, impl Axis<SC, N>>,
    ),
    (target, layout): (&mut [Real], Layout),
    patch: &mut [Real],
) {
    let ([height, _], [line, pixel], depth) = (lattice.size(), lattice.strides::<R>(), lattice.shape[2]);
    // The last inputs go to the point at infinity alone; where that is not needed, they may be anything.
    let inside = |first: isize, size: usize, axis: usize, place: &Place| {
        let inputs = [SR, SC][axis];
        let seen = if place.half[axis] {
            inputs - 2
        } else if inputs == N && !place.whole[axis] {
            inputs - 1
        } else {
            inputs
        };
        first >= 0 && first as usize + seen <= size
    };
    for (tile, place) in places.iter().enumerate() {
        let images = &images[place.image * lattice.elements()..];
        let (row, column) = (place.row as isize - pads[0], place.column as isize - pads[1]);
        let target = &mut target[tile * layout.tile..];
        let first = (inside(row, height, 0, place) && inside(column, lattice.columns::<R>(place.row), 1, place))
            .then(|| row as usize * line + column as usize * pixel)
            .filter(|first| first + (SR - 1) * line + (SC - 1) * pixel + depth <= images.len());
        let (source, strides) = if let Some(first) = first {
            (&images[first..], [line, pixel])
        } else {
            copy_patch::<SR, SC>(lattice, images, (row, column), patch);
            (&*patch, [SC * depth, depth])
        };
        for vector in 0..depth / LANES {
            let source = Rectangle::<SR, SC>::new(&source[vector * LANES..], strides[0], strides[1]);
            let target = &mut target[vector / SIDE * layout.vector + vector % SIDE * LANES..];
            let mut target = RectangleMut::<R, N>::new(target, N * layout.point, layout.point);
            let set = |i: usize, j: usize, value: Lanes| target.set(i, j, value);
            around_tile(&down, &across, place.half, |i, j| source.at(i, j), set);
        }
    }
}

/// Copies R×C pixels of an image, with zeros where they lie outside of it.
fn copy_patch<const R: usize, const C: usize>(
    lattice: Lattice,
    image: &[Real],
    (row, column): (isize, isize),
    patch: &mut [Real],
) {
    let ([height, _], [line, next], depth) = (lattice.size(), lattice.strides::<R>(), lattice.shape[2]);
    for (index, pixel) in patch.chunks_exact_mut(depth).take(R * C).enumerate() {
        let (i, j) = (row + (index / C) as isize, column + (index % C) as isize);
        if i >= 0 && j >= 0 && (i as usize) < height && (j as usize) < lattice.columns::<R>(i as usize) {
            copy(&image[i as usize * line + j as usize * next..][..depth], pixel);
        } else {
            clear(pixel);
        }
    }
}

/// Writes zeros.
pub fn clear(values: &mut [Real]) {
    // LLVM would make memory.fill of a zero that it knows, which takes longer than a pixel.
    let zero = opaque(0.0);
    for vector in values.chunks_exact_mut(LANES) {
        zero.store(vector);
    }
}

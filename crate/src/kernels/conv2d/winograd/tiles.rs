//! The tiles of a convolution, and the transform of what they see.

use super::around::{around_tile, Axis, Transform};
use super::lattice::Lattice;
use super::phases::Phase;
use super::points::{is_missing, At, Points};
use super::sizes::Convolution;
use super::{along, by_taps, by_taps_of_phase, side, SIDE, SIX};
use crate::gemm::micro::{Rectangle, RectangleMut};
use crate::vector::{opaque, Lanes, Real, Vector, LANES};
use std::ops::Range;

impl Convolution {
    /// Where tiles lie, from number `first` on.
    fn places(&self, first: usize) -> impl Iterator<Item = Place> {
        let ([height, width], [high, wide], [down, across]) = (self.tiled(), self.sides(), self.grid());
        let (mut image, rest) = (first / self.tiles(), first % self.tiles());
        let (part, rest) = (rest / (down * across), rest % (down * across));
        let (windows, [lines, columns]) = (self.windows(), self.dilation);
        let mut remainders = [part / columns, part % columns];
        let (mut row, mut column) = (rest / across * high, rest % across * wide);
        std::iter::from_fn(move || {
            let left = [height - row, width - column];
            let whole = [left[0] >= high, left[1] >= wide];
            let half = [left[0] <= 2 && high > 2, left[1] <= 2 && wide > 2];
            let last = [whole[0] || left[0] == 2, whole[1] || left[1] == 2];
            let mut place = Place { image, remainders, row, column, whole, half, last, ..Place::default() };
            let size = windows.size_of(remainders);
            place.count = [size[0].saturating_sub(row).min(high), size[1].saturating_sub(column).min(wide)];
            place.pixel = windows.pixel(&place);
            column += wide;
            if column >= width {
                (row, column) = (row + high, 0);
            }
            if row >= height {
                (remainders[1], row) = (remainders[1] + 1, 0);
                if remainders[1] == columns {
                    remainders = [remainders[0] + 1, 0];
                }
                if remainders[0] == lines {
                    (image, remainders) = (image + 1, [0; 2]);
                }
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
    /// The remainders of its pixels' row and column numbers by the dilation.
    pub remainders: [usize; 2],
    /// Row and column, of those of the same remainders, of the first output; of the transpose: of the first input.
    pub row: usize,
    pub column: usize,
    /// Its number among the pixels of all images, and how many rows and columns of these there are.
    pub pixel: usize,
    pub count: [usize; 2],
    /// Whether there are all rows and all columns of these in the first remainders.
    pub whole: [bool; 2],
    /// Whether there are two rows, and two columns, out of four, or one.
    pub half: [bool; 2],
    /// Whether there is the last one of four, or of two, which alone needs the point at infinity.
    pub last: [bool; 2],
}

impl Place {
    /// Its number in the order of a [`Group`].
    #[inline(always)]
    fn kind(&self) -> usize {
        match self.whole {
            [false, true] => 0,
            [true, true] => 1,
            [true, false] => 2,
            [false, false] => 3,
        }
    }
}

/// Most tiles of a [`Group`].
pub const MOST_TILES: usize = 64;

/// Tiles that are worked on together. Where the last rows or columns of a tile are not there, it does without some of the points:
/// the tiles are sorted so that those for which a point is needed lie side by side.
pub struct Group {
    places: [Place; MOST_TILES],
    /// Where they end: tiles without the last row, whole ones, those without the last column, and those without both.
    ends: [usize; 4],
    /// Rows and columns of the tiles that are not whole, and of those that are.
    rest: [(usize, usize); 2],
    /// Points of a tile, down and across.
    points: [usize; 2],
}

impl Group {
    /// `count` tiles from `start` on.
    pub fn new(c: &Convolution, start: usize, count: usize) -> Self {
        let (mut places, mut counts) = ([Place::default(); MOST_TILES], [0; 4]);
        for (target, place) in places.iter_mut().zip(c.places(start).take(count)) {
            counts[place.kind()] += 1;
            *target = place;
        }
        let mut all = 0;
        let ends = counts.map(|own| {
            all += own;
            all
        });
        // Most often all are of one kind.
        if !counts.contains(&count) {
            let mut next: [usize; 4] = std::array::from_fn(|kind| ends[kind] - counts[kind]);
            for place in c.places(start).take(count) {
                let next = &mut next[place.kind()];
                (places[*next], *next) = (place, *next + 1);
            }
        }
        let ([height, width], [high, wide]) = (c.tiled(), c.sides());
        Self { places, ends, rest: [(height % high, high), (width % wide, wide)], points: c.taps.map(along) }
    }

    /// The tiles, in their order.
    pub fn places(&self) -> &[Place] {
        &self.places[..self.ends[3]]
    }

    /// Those for which a point is needed.
    pub fn of_point(&self, point: usize) -> Range<usize> {
        let [without_row, whole, without_column, all] = self.ends;
        let places = [point / self.points[1], point % self.points[1]];
        match [0, 1].map(|axis| is_missing(self.rest[axis], places[axis], self.points[axis])) {
            [false, false] => 0..all,
            [false, true] => 0..whole,
            [true, false] => without_row..without_column,
            [true, true] => without_row..whole,
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

impl Layout {
    /// The same of tiles that have no more than so many channels.
    pub fn with_tiles_of(self, width: usize) -> Self {
        Self { tile: width, ..self }
    }
}

/// Transforms the inputs of tiles. `patch` has room for one tile.
#[inline(never)]
pub fn transform_inputs(
    points: Points,
    c: &Convolution,
    x: &[Real],
    places: &[Place],
    (target, layout): (&mut [Real], Layout),
    patch: &mut [Real],
) {
    let images = Images { lattice: c.seen(), values: x, pads: c.pads, fewer: [0; 2] };
    if c.spreads {
        return transform_gradients::<1>(points, c.taps, (images.lattice, x), places, (target, layout), patch);
    }
    for (index, Phase { taps, pads, .. }) in c.phases().enumerate() {
        let fewer = [0, 1].map(|axis| c.taps[axis] - taps[axis]);
        let images = Images { pads, fewer, ..images };
        let target = (&mut target[index * c.input[2] / LANES * layout.vector..], layout);
        if !c.has_short_phases() {
            by_taps!(c.taps, |DOWN, ACROSS| {
                let transforms = (At::<{ along(DOWN) }>::of_inputs(points), At::<{ along(ACROSS) }>::of_inputs(points));
                transform::<{ along(DOWN) }, { along(ACROSS) }, { along(DOWN) }, { along(ACROSS) }, 1>(
                    images, places, transforms, target, patch,
                )
            });
        } else if c.is_line() {
            by_taps_of_phase!(taps, points, line, [of_inputs, of_inputs_of_two, of_inputs_of_one], |transforms| {
                transform::<1, SIX, 1, SIX, 1>(images, places, transforms, target, patch);
            });
        } else {
            by_taps_of_phase!(taps, points, [of_inputs, of_inputs_of_two, of_inputs_of_one], |transforms| {
                transform::<SIX, SIX, SIX, SIX, 1>(images, places, transforms, target, patch);
            });
        }
    }
}

/// Transforms the gradients of tiles' outputs, which lie so: `VECTORS` of channels lie side by side in the target.
#[inline(always)]
pub fn transform_gradients<const VECTORS: usize>(
    points: Points,
    taps: [usize; 2],
    (lattice, gradients): (Lattice, &[Real]),
    places: &[Place],
    target: (&mut [Real], Layout),
    patch: &mut [Real],
) {
    let gradients = Images { lattice, values: gradients, pads: [0; 2], fewer: [0; 2] };
    by_taps!(taps, |DOWN, ACROSS| {
        let transforms = (At::<{ along(DOWN) }>::of_gradients(points), At::<{ along(ACROSS) }>::of_gradients(points));
        transform::<{ side(DOWN) }, { side(ACROSS) }, { along(DOWN) }, { along(ACROSS) }, VECTORS>(
            gradients, places, transforms, target, patch,
        )
    });
}

/// Images that tiles see.
#[derive(Clone, Copy)]
struct Images<'a> {
    lattice: Lattice,
    values: &'a [Real],
    /// Rows above an image, and columns left of it, that the first tile sees.
    pads: [isize; 2],
    /// How many of the last rows and columns of a tile there are no filters for.
    fewer: [usize; 2],
}

/// Transforms rectangles of SR×SC pixels of images to R×P: `VECTORS` of channels lie side by side in the target.
#[inline(always)]
fn transform<const SR: usize, const SC: usize, const R: usize, const P: usize, const VECTORS: usize>(
    Images { lattice, values, pads, fewer }: Images,
    places: &[Place],
    (down, across): (
        Transform<R, impl Axis<SR, R>, impl Axis<SR, R>>,
        Transform<P, impl Axis<SC, P>, impl Axis<SC, P>>,
    ),
    (target, layout): (&mut [Real], Layout),
    patch: &mut [Real],
) {
    let ([line, pixel], depth) = (lattice.strides(), lattice.shape[2]);
    // The last inputs go to the point at infinity alone; where that is not needed, they may be anything.
    let inside = |first: isize, size: usize, axis: usize, place: &Place| {
        let inputs = [SR, SC][axis];
        let all = if place.half[axis] { inputs - SIDE / 2 } else { inputs };
        let is_last_needed = place.last[axis] || inputs <= SIDE;
        let seen = all - fewer[axis].max(usize::from(!is_last_needed));
        first >= 0 && first as usize + (seen - 1) * lattice.step < size
    };
    for (tile, place) in places.iter().enumerate() {
        // Beyond the last image there are no pixels of large remainders.
        let images = values.get(lattice.start(place)..).unwrap_or_default();
        let [height, width] = lattice.size_of(place.remainders);
        let [row, column] = lattice.first([place.row, place.column], pads);
        let target = &mut target[tile * layout.tile..];
        let first = (inside(row, height, 0, place) && inside(column, width, 1, place))
            .then(|| lattice.at([row as usize, column as usize]))
            .filter(|first| first + (SR - 1) * line + (SC - 1) * pixel + depth <= images.len());
        let (source, strides) = if let Some(first) = first {
            (&images[first..], [line, pixel])
        } else {
            copy_patch::<SC>((lattice, [height, width]), images, (row, column), SR, patch);
            (&*patch, [SC * depth, depth])
        };
        for vector in 0..depth / LANES {
            let source = Rectangle::<SR, SC>::new(&source[vector * LANES..], strides[0], strides[1]);
            let target = &mut target[vector / VECTORS * layout.vector + vector % VECTORS * LANES..];
            let mut target = RectangleMut::<R, P>::new(target, P * layout.point, layout.point);
            let set = |i: usize, j: usize, value: Lanes| target.set(i, j, value);
            around_tile(&down, &across, place.half, |i, j| source.at(i, j), set);
        }
    }
}

/// Copies so many rows of C pixels of an image, with zeros where they lie outside of it, or where no window sees them.
fn copy_patch<const C: usize>(
    (lattice, [height, width]): (Lattice, [usize; 2]),
    image: &[Real],
    (row, column): (isize, isize),
    rows: usize,
    patch: &mut [Real],
) {
    let ([_, pixel], depth) = (lattice.strides(), lattice.shape[2]);
    let (lines, columns) = (lattice.inside(row, rows, height), lattice.inside(column, C, width));
    for (i, line) in patch.chunks_exact_mut(C * depth).take(rows).enumerate() {
        if !lines.contains(&i) || columns.is_empty() {
            clear(line);
            continue;
        }
        clear(&mut line[..columns.start * depth]);
        clear(&mut line[columns.end * depth..]);
        let first = [(row, i), (column, columns.start)].map(|(first, step)| first + (step * lattice.step) as isize);
        let (seen, line) =
            (&image[lattice.at(first.map(|first| first as usize))..], &mut line[columns.start * depth..]);
        if pixel == depth {
            copy_vectors(&seen[..columns.len() * depth], line);
        } else {
            for (j, line) in line.chunks_exact_mut(depth).take(columns.len()).enumerate() {
                copy_vectors(&seen[j * pixel..][..depth], line);
            }
        }
    }
}

/// Copies whole vectors to the first ones of an array: [`copy`](crate::vector::copy), which asks how many there are and where the last one ends, makes a
/// convolution take 1 to 3 % longer.
#[inline(always)]
fn copy_vectors(source: &[Real], target: &mut [Real]) {
    const FOUR: usize = 4 * LANES;
    let target = &mut target[..source.len()];
    let (mut from, mut to) = (source.chunks_exact(FOUR), target.chunks_exact_mut(FOUR));
    for (source, target) in (&mut from).zip(&mut to) {
        let vectors: [Lanes; 4] = std::array::from_fn(|v| Lanes::load(&source[v * LANES..]));
        for (vector, target) in vectors.into_iter().zip(target.chunks_exact_mut(LANES)) {
            vector.store(target);
        }
    }
    for (source, target) in from.remainder().chunks_exact(LANES).zip(to.into_remainder().chunks_exact_mut(LANES)) {
        Lanes::load(source).store(target);
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

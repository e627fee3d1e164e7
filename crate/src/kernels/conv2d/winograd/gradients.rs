//! Both gradients of a convolution behind which there is max pooling: the gradients of its outputs are never in memory. They are
//! spread in registers, transformed, and the products for the filters and for the images are made of the same values.

use super::around::around_tile;
use super::convolution::{filters_of_point, multiply, panel_size};
use super::filter_gradient::{add_products, add_sums, sums_size, transform_sums, Segment, PANEL as OUTER};
use super::filters::{transform_own, Given, Order};
use super::outputs::add_outputs;
use super::own::Own;
use super::points::{At, Points};
use super::sizes::Convolution;
use super::tiles::{clear, transform_inputs, Group, Layout, Place, MOST_TILES};
use super::{EIGHT, FIVE, GAP, SIDE, SIX};
use crate::error::{checked_product, Error};
use crate::gemm::micro::RectangleMut;
use crate::gemm::pack::{panel_width, PANEL};
use crate::kernels::ahead::Ahead;
use crate::kernels::bias;
use crate::kernels::conv2d::pooled::Pooled;
use crate::kernels::ending::Ending;
use crate::threads::each_with_scratch;
use crate::vector::{Lanes, Real, Vector, LANES};

/// Parts of the batch, each with sums of its own.
const PARTS: usize = 4;

/// Windows of a tile along an axis.
const WINDOWS: usize = SIDE / 2;

/// Most elements of the sums of a part, a megabyte: more take longer than two gradients by themselves.
const MOST: usize = 1 << 18;

/// Tiles that are worked on together, at most.
const TILES: usize = 36;

/// Whether this is a way for a convolution, whose outputs are what windows see.
pub fn has_both(c: &Convolution) -> bool {
    c.tiles() > 0 && !c.has_phases() && c.parts_of_image() == 1 && !c.is_line() && c.matrices() * sums_size(c) <= MOST
}

/// How the work is cut, and where things lie in the memory of a part.
#[derive(Clone, Copy)]
struct Cut {
    /// Images of a part, and of these that are worked on together.
    images: usize,
    together: usize,
    /// Tiles that are worked on together.
    tiles: usize,
    /// Transformed images, transformed gradients of the outputs, products of a panel of the images' channels.
    seen: Layout,
    gradients: Layout,
    made: Layout,
    /// Elements of the gradients of the pooled outputs of an image.
    pooled: usize,
}

impl Cut {
    fn new(c: &Convolution) -> Self {
        let (depth, filters) = (c.depth(), c.filters());
        let images = c.batch.div_ceil(PARTS);
        let together = (TILES / c.tiles()).clamp(1, images);
        let all = together * c.tiles();
        let tiles = all.div_ceil(all.div_ceil(MOST_TILES.min(TILES)));
        Self {
            images,
            together,
            tiles,
            seen: Layout { point: tiles * depth + GAP, tile: LANES, vector: LANES * tiles },
            gradients: Layout { point: tiles * filters + GAP, tile: filters, vector: OUTER },
            made: Layout { point: tiles * PANEL + GAP, tile: PANEL, vector: LANES },
            pooled: c.output[0] / 2 * (c.output[1] / 2) * filters,
        }
    }

    /// Elements of products of all panels.
    fn products(&self, c: &Convolution) -> usize {
        c.depth().div_ceil(PANEL) * c.matrices() * self.made.point
    }

    /// Elements of scratch memory of a part.
    fn piece(&self, c: &Convolution) -> Result<usize, Error> {
        let transformed = checked_product(&[c.matrices(), self.seen.point + self.gradients.point])?;
        let pooled = checked_product(&[self.together, self.pooled])?;
        Ok(transformed + self.products(c) + pooled + c.matrices() * c.depth() + c.filters())
    }

    fn parts(&self, c: &Convolution) -> usize {
        c.batch.div_ceil(self.images)
    }
}

/// float32 values of scratch memory for [`gradients`].
pub fn both_workspace(c: &Convolution) -> Result<usize, Error> {
    let (cut, transpose) = (Cut::new(c), c.transposed());
    let filters = transpose.room_of_filters()?;
    let part = checked_product(&[c.matrices(), sums_size(c)])? + c.filters() + cut.piece(c)?;
    Ok(filters + checked_product(&[cut.parts(c), part])?)
}

/// Gradients of the filters, of the bias if there is one, and of the images, which are ended image by image. The
/// filters are those of the convolution.
pub fn gradients(
    c: &Convolution,
    pooled: &Pooled,
    (x, filter): (&[Real], &[Real]),
    (df, db): (&mut [Real], Option<&mut [Real]>),
    (dx, ending): (&mut [Real], Ending),
    workspace: &mut [Real],
) {
    let (cut, points, transpose) = (Cut::new(c), Points::new(), c.transposed());
    let (parts, size) = (cut.parts(c), c.matrices() * sums_size(c));
    let (filters, rest) = workspace.split_at_mut(transpose.room_of_filters().unwrap_or(0));
    let (sums, rest) = rest.split_at_mut(parts * size);
    let (biases, scratch) = rest.split_at_mut(parts * c.filters());
    let given = Given { values: filter, order: Order::Exchanged };
    let filters = transform_own(&transpose, given, filters);
    let work = Work { c, transpose: &transpose, cut, points, pooled, x, filters, ending };
    let image = c.input.iter().product::<usize>();
    let results = [(&mut *sums, size), (&mut *biases, c.filters()), (dx, cut.images * image)];
    each_with_scratch(results, (scratch, cut.piece(c).unwrap_or(1)), |part, [sums, biases, dx], scratch| {
        biases.fill(0.0);
        for (number, dx) in dx.chunks_mut(cut.together * image).enumerate() {
            let first = part * cut.images + number * cut.together;
            work.images(first, number == 0, (&mut *sums, &mut *biases, dx), scratch);
        }
    });
    add_sums(c, sums);
    transform_sums(points, c, &sums[..size], df);
    if let Some(db) = db {
        bias::sum_of_parts(biases.chunks_exact(c.filters()), db);
    }
}

/// What all parts have in common.
struct Work<'a> {
    c: &'a Convolution,
    transpose: &'a Convolution,
    cut: Cut,
    points: Points,
    pooled: &'a Pooled<'a>,
    x: &'a [Real],
    filters: Own<'a>,
    ending: Ending<'a>,
}

impl Work<'_> {
    /// What some images, from number `first` on, add to the sums; and their gradients.
    fn images(
        &self,
        first: usize,
        fresh: bool,
        (sums, biases, dx): (&mut [Real], &mut [Real], &mut [Real]),
        scratch: &mut [Real],
    ) {
        let Self { c, cut, points, .. } = *self;
        let image = c.input.iter().product::<usize>();
        let count = dx.len() / image;
        let (slopes, rest) = scratch.split_at_mut(cut.together * cut.pooled);
        let (zeros, rest) = rest.split_at_mut(c.filters());
        let (patch, rest) = rest.split_at_mut(c.matrices() * c.depth());
        let (made, transformed) = rest.split_at_mut(cut.products(c));
        let slopes = &mut slopes[..count * cut.pooled];
        self.pooled.slopes(first * cut.pooled, slopes);
        bias::add_sums(slopes, biases);
        zeros.fill(0.0);
        dx.fill(0.0);
        let source = Source { slopes, notes: &self.pooled.argmax[first * cut.pooled / LANES..], zeros };
        let all = count * c.tiles();
        for start in (0..all).step_by(cut.tiles) {
            let group = Group::new(c, start, cut.tiles.min(all - start));
            let places = group.places();
            let (seen, gradients) = transformed.split_at_mut(c.matrices() * cut.seen.point);
            transform_inputs(points, c, &self.x[first * image..], places, (seen, cut.seen), patch);
            let target = (gradients, cut.gradients);
            if c.taps == [FIVE; 2] {
                source.transform::<EIGHT>(points, c, places, target);
            } else {
                source.transform::<SIX>(points, c, places, target);
            }
            let next = first * c.tiles() + start + places.len();
            let coming = c.coming(self.x, c.input, next..(c.batch * c.tiles()).min(next + cut.tiles));
            let ahead =
                &mut Ahead::new([coming, &[]], c.matrices() * (c.depth() / LANES) * c.filters().div_ceil(OUTER));
            self.products(&group, transformed, (fresh && start == 0, sums), made, ahead);
            for (panel, made) in made.chunks_exact(c.matrices() * cut.made.point).enumerate() {
                let channel = panel * PANEL;
                let width = panel_width(c.depth(), channel);
                let made = (made, cut.made.with_tiles_of(width));
                add_outputs(points, self.transpose, &group, made, (channel, width), (dx, 0));
            }
        }
        self.ending.after(first * image).apply(dx);
    }

    /// The products of tiles, point by point: those for the filters are added to the sums, those for the images are made. What lies ahead is
    /// asked for meanwhile.
    fn products(
        &self,
        group: &Group,
        transformed: &[Real],
        (fresh, sums): (bool, &mut [Real]),
        made: &mut [Real],
        ahead: &mut Ahead,
    ) {
        let Self { c, cut, transpose, .. } = *self;
        let (channels, filters) = (c.filters(), self.filters.of_thread());
        let all = group.places().len();
        for (point, sums) in sums.chunks_exact_mut(sums_size(c)).enumerate() {
            let tiles = if c.at_point(point).is_empty() { 0..0 } else { group.of_point(point) };
            let seen = point * cut.seen.point + tiles.start * cut.seen.tile;
            let gradients = c.matrices() * cut.seen.point + point * cut.gradients.point + tiles.start * channels;
            let segments = [Segment { seen, gradients, tiles: tiles.len() }];
            let used = if tiles.is_empty() { &[][..] } else { &segments[..] };
            add_products(c, 0..c.depth(), [cut.seen, cut.gradients], (transformed, used), (fresh, sums), ahead);
            let gradients = &transformed[gradients..][..tiles.len() * channels];
            for (panel, made) in made.chunks_exact_mut(c.matrices() * cut.made.point).enumerate() {
                let width = panel_width(c.depth(), panel * PANEL);
                let filters = &filters[panel * panel_size(transpose) + point * filters_of_point(transpose)..];
                let made = &mut made[point * cut.made.point..][..all * width];
                clear(&mut made[..tiles.start * width]);
                clear(&mut made[tiles.end * width..]);
                if !tiles.is_empty() {
                    let made = &mut made[tiles.start * width..tiles.end * width];
                    multiply(channels, (gradients, channels), (&filters[..channels * width], width), made, ahead);
                }
            }
        }
    }
}

/// Gradients of pooled outputs, and which pixels they belong to.
struct Source<'a> {
    slopes: &'a [Real],
    notes: &'a [Real],
    /// As many zeros as an output has channels: what is beyond the border.
    zeros: &'a [Real],
}

impl Source<'_> {
    /// Spreads the gradients of tiles' outputs, four windows, and transforms them to P×P points.
    #[inline(never)]
    fn transform<const P: usize>(
        &self,
        points: Points,
        c: &Convolution,
        places: &[Place],
        (target, layout): (&mut [Real], Layout),
    ) where
        Points: At<P>,
    {
        let channels = c.filters();
        let (high, wide) = (c.output[0] / 2, c.output[1] / 2);
        for (tile, place) in places.iter().enumerate() {
            let window = |i: usize, j: usize| {
                let (row, column) = (place.row / 2 + i, place.column / 2 + j);
                if row < high && column < wide {
                    let first = ((place.image * high + row) * wide + column) * channels;
                    (&self.slopes[first..][..channels], &self.notes[first / LANES..][..channels / LANES])
                } else {
                    (self.zeros, &self.zeros[..channels / LANES])
                }
            };
            let windows: [[_; WINDOWS]; WINDOWS] = std::array::from_fn(|i| std::array::from_fn(|j| window(i, j)));
            let target = &mut target[tile * layout.tile..];
            for vector in 0..channels / LANES {
                let spread = windows.map(|row| {
                    row.map(|(slopes, notes)| Lanes::load(&slopes[vector * LANES..]).part_by(notes[vector]))
                });
                let mut target =
                    RectangleMut::<P, P>::new(&mut target[vector * LANES..], P * layout.point, layout.point);
                around_tile(
                    &points.of_gradients::<SIDE>(),
                    &points.of_gradients::<SIDE>(),
                    place.half,
                    |i, j| spread[i / 2][j / 2][i % 2 * 2 + j % 2],
                    |i, j, value| target.set(i, j, value),
                );
            }
        }
    }
}

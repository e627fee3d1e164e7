//! Mean and variance of each channel in one reading, whose parts are put together.

use super::{sums_of_parts, Matrix, FARTHER, TOGETHER};
use crate::kernels::joined_rows::JoinedRows;
use crate::kernels::strips::{block_rows, each_strip, load, store, Strip};
use crate::vector::{add_rows, Lanes, Real, Vector, LANES};

/// Sums of distances from a start that all rows share, and squared distances from the mean, of some rows: those of two sets
/// are put together by T. F. Chan's formula.
struct Moments<'a> {
    channels: usize,
    /// Rows in the sums so far.
    count: usize,
    sums: &'a mut [Real],
    squares: &'a mut [Real],
}

impl Moments<'_> {
    /// Adds the moments of `count` other rows for a strip.
    #[inline(always)]
    fn add<const V: usize, const PART: bool>(
        &mut self,
        (first, columns): (usize, usize),
        count: usize,
        (other_sums, other_squares): ([Lanes; V], [Lanes; V]),
    ) {
        let (mut sums, mut squares) = (other_sums, other_squares);
        if self.count > 0 {
            let before = load::<V, PART>(self.sums, first);
            let squares_before = load::<V, PART>(self.squares, first);
            let (own, other) = (self.count as Real, count as Real);
            let (own_share, other_share) = (Lanes::splat(1.0 / own), Lanes::splat(1.0 / other));
            let weight = Lanes::splat(own * other / (own + other));
            for v in 0..V {
                let distance = sums[v].mul(other_share).sub(before[v].mul(own_share));
                squares[v] = squares_before[v].add(distance.mul(distance).mul_add(weight, squares[v]));
                sums[v] = before[v].add(sums[v]);
            }
        }
        store::<V, PART>(sums, self.sums, first, columns);
        store::<V, PART>(squares, self.squares, first, columns);
    }
}

/// The moments of a block of rows join those before them.
struct AddBlock<'a, 'b> {
    start: &'a [Real],
    block: &'a [Real],
    moments: &'a mut Moments<'b>,
}

impl Strip for AddBlock<'_, '_> {
    /// Distances are taken from the mean of the block's first rows: however far those lie, their own distances from the
    /// block's mean are part of the squares, so that the subtraction at the end loses little.
    #[inline(always)]
    fn run<const V: usize, const PART: bool>(&mut self, first: usize, columns: usize) {
        let (channels, block) = (self.moments.channels, self.block);
        let origin = self.origin::<V, PART>(first);
        let (mut sums, mut squares) = ([Lanes::splat(0.0); V], [Lanes::splat(0.0); V]);
        for place in (first..block.len()).step_by(channels) {
            let row = load::<V, PART>(block, place);
            for v in 0..V {
                let distance = row[v].sub(origin[v]);
                sums[v] = sums[v].add(distance);
                squares[v] = distance.mul_add(distance, squares[v]);
            }
        }
        self.join::<V, PART>((first, columns), origin, (sums, squares));
    }
}

/// A value's distance from the origin joins the sum, and its square that of the squares.
#[inline(always)]
fn add_distance([sum, squares]: [Lanes; 2], [origin]: [Lanes; 1], [value]: [Lanes; 1]) -> [Lanes; 2] {
    let distance = value.sub(origin);
    [sum.add(distance), distance.mul_add(distance, squares)]
}

impl AddBlock<'_, '_> {
    /// The mean of the block's first rows.
    #[inline(always)]
    fn origin<const V: usize, const PART: bool>(&self, first: usize) -> [Lanes; V] {
        let (channels, block) = (self.moments.channels, self.block);
        let near = (block.len() / channels).min(4);
        let mut origin = [Lanes::splat(0.0); V];
        for row in 0..near {
            let row = load::<V, PART>(block, row * channels + first);
            origin = std::array::from_fn(|v| origin[v].add(row[v]));
        }
        origin.map(|sum| sum.mul(Lanes::splat(1.0 / near as Real)))
    }

    /// The sums of a strip's distances from its origin, and of their squares, join the moments.
    #[inline(always)]
    fn join<const V: usize, const PART: bool>(
        &mut self,
        (first, columns): (usize, usize),
        origin: [Lanes; V],
        (mut sums, mut squares): ([Lanes; V], [Lanes; V]),
    ) {
        let rows = self.block.len() / self.moments.channels;
        let start = load::<V, PART>(self.start, first);
        let (count, share) = (Lanes::splat(rows as Real), Lanes::splat(-1.0 / rows as Real));
        for v in 0..V {
            squares[v] = sums[v].mul(sums[v]).mul_add(share, squares[v]).at_least(Lanes::splat(0.0));
            sums[v] = origin[v].sub(start[v]).mul_add(count, sums[v]);
        }
        self.moments.add::<V, PART>((first, columns), rows, (sums, squares));
    }

    /// All columns, no more than [`TOGETHER`], whose rows are read one after the other.
    #[inline(never)]
    fn in_order(&mut self) {
        let (channels, block) = (self.moments.channels, self.block);
        let whole = channels / LANES * LANES;
        let (mut origins, mut own) = ([0.0; TOGETHER], [[0.0; TOGETHER]; 2]);
        for (column, origin) in origins[..whole].chunks_exact_mut(LANES).enumerate() {
            self.origin::<1, false>(column * LANES)[0].store(origin);
        }
        let sums = own.each_mut().map(|sums| &mut sums[..whole]);
        let rows = (block.len() / channels, channels);
        add_rows::<1, _, _, _>(rows, [&origins[..whole]], [block], sums, add_distance);
        for column in (0..whole).step_by(LANES) {
            let [origin, sums, squares] = [&origins, &own[0], &own[1]].map(|values| [Lanes::load(&values[column..])]);
            self.join::<1, false>((column, LANES), origin, (sums, squares));
        }
        if whole < channels {
            self.run::<1, true>(whole, channels - whole);
        }
    }
}

/// The moments of a part join those before it.
struct AddPart<'a, 'b> {
    count: usize,
    part: (&'a [Real], &'a [Real]),
    moments: &'a mut Moments<'b>,
}

impl Strip for AddPart<'_, '_> {
    #[inline(always)]
    fn run<const V: usize, const PART: bool>(&mut self, first: usize, columns: usize) {
        let part = (load::<V, PART>(self.part.0, first), load::<V, PART>(self.part.1, first));
        self.moments.add::<V, PART>((first, columns), self.count, part);
    }
}

/// Something near the mean: that of the first rows, so that no single one is far from all others.
pub fn start_of(channels: usize, x: &[Real], start: &mut [Real]) {
    let rows = 16.min(x.len() / channels);
    start.fill(0.0);
    for row in x.chunks_exact(channels).take(rows) {
        for (start, x) in start.iter_mut().zip(row) {
            *start += x;
        }
    }
    let share = 1.0 / rows as Real;
    start.iter_mut().for_each(|start| *start *= share);
}

/// The moments of all rows, into `moments [2, channels]`; `y` is room for those of the parts.
pub fn add_moments(matrix: Matrix, x: &[Real], start: &[Real], y: &mut [Real], moments: &mut [Real]) {
    let channels = matrix.channels;
    if let Some(wide) = matrix.wide() {
        return add_wide_moments(matrix, wide, x, start, y, moments);
    }
    let in_order = matrix.in_order(2, FARTHER);
    let moments_of = |first: usize, count: usize, sums: &mut [Real]| {
        let (sums, squares) = sums.split_at_mut(channels);
        let mut moments = Moments { channels, count: 0, sums, squares };
        for block in x[first * channels..][..count * channels].chunks(block_rows(channels) * channels) {
            if in_order {
                AddBlock { start, block, moments: &mut moments }.in_order();
            } else {
                each_strip::<4>(channels, &mut AddBlock { start, block, moments: &mut moments });
            }
            moments.count += block.len() / channels;
        }
    };
    let (sums, squares) = moments.split_at_mut(channels);
    let mut whole = Moments { channels, count: 0, sums, squares };
    sums_of_parts(matrix, Some(y), &mut [], moments_of, |count, part| {
        each_strip::<4>(channels, &mut AddPart { count, part: part.split_at(channels), moments: &mut whole });
        whole.count += count;
    });
}

/// [`add_moments`] where several rows lie side by side in wide ones.
fn add_wide_moments(
    matrix: Matrix,
    wide: JoinedRows,
    x: &[Real],
    start: &[Real],
    y: &mut [Real],
    moments: &mut [Real],
) {
    let channels = matrix.channels;
    let (x, rest) = x.split_at(wide.size());
    let (mut room, seen) = (JoinedRows::room(), Matrix { rows: wide.rows, channels: wide.width() });
    let parts = &mut room[..2 * wide.width()];
    add_moments(seen, x, &wide.repeat(start)[..wide.width()], y, parts);
    let (sums, squares) = moments.split_at_mut(channels);
    let mut moments = Moments { channels, count: 0, sums, squares };
    let (sums, squares) = parts.split_at(wide.width());
    for part in sums.chunks_exact(channels).zip(squares.chunks_exact(channels)) {
        each_strip::<4>(channels, &mut AddPart { count: wide.rows, part, moments: &mut moments });
        moments.count += wide.rows;
    }
    if !rest.is_empty() {
        each_strip::<4>(channels, &mut AddBlock { start, block: rest, moments: &mut moments });
    }
}

//! Copies between boxes of two arrays: transposition, slices, padding, repetition and concatenation are all of this.
//!
//! A box has a size in every dimension; either array has a step for each, which may be negative, or zero on the side that
//! is read.

use crate::error::Error;

/// Most dimensions of a box: six of a tensor, each repeated.
pub const DIMENSIONS: usize = 12;

/// Words of a plan: dimensions, both starts, then size and steps for each dimension.
pub const WORDS: usize = 3 + 3 * DIMENSIONS;

/// Values of a tile of a transposition: both sides of a tile stay in the first cache.
const TILE: usize = 16;

/// Rows shorter than this are copied by a loop.
const SHORT: usize = 32;

/// One dimension of a box.
#[derive(Clone, Copy, Default)]
struct Dimension {
    size: usize,
    from: isize,
    to: isize,
}

/// A box in two arrays, its dimensions from the slowest to the fastest.
pub struct Plan {
    dimensions: [Dimension; DIMENSIONS],
    count: usize,
    from: usize,
    to: usize,
}

impl Plan {
    /// Reads a plan for arrays of the given lengths and sees to it that the box lies inside both.
    pub fn new(words: &[u32; WORDS], source: usize, target: usize) -> Result<Self, Error> {
        let count = words[0] as usize;
        if count > DIMENSIONS {
            return Err(Error::InvalidGeometry);
        }
        let mut dimensions = [Dimension::default(); DIMENSIONS];
        let (mut volume, mut reach) = (1, [[i64::from(words[1]); 2], [i64::from(words[2]); 2]]);
        for (dimension, words) in dimensions[..count].iter_mut().zip(words[3..].chunks_exact(3)) {
            let steps = [words[1] as i32, words[2] as i32];
            volume *= words[0].min(1);
            for (reach, step) in reach.iter_mut().zip(steps) {
                let far = i64::from(step) * (i64::from(words[0]) - 1);
                let end = &mut reach[usize::from(far > 0)];
                *end = end.checked_add(far).ok_or(Error::SizeOverflow)?;
            }
            *dimension = Dimension { size: words[0] as usize, from: steps[0] as isize, to: steps[1] as isize };
        }
        let inside = |[low, high]: [i64; 2], length: usize| low >= 0 && high < length as i64;
        if volume > 0 && !(inside(reach[0], source) && inside(reach[1], target)) {
            return Err(Error::OutOfBounds);
        }
        if volume == 0 {
            dimensions[0].size = 0;
        }
        Ok(Self { dimensions, count, from: words[1] as usize, to: words[2] as usize })
    }

    /// Copies the box.
    pub fn copy<T: Copy>(&self, source: &[T], target: &mut [T]) {
        match self.dimensions[..self.count] {
            [] => target[self.to] = source[self.from],
            [first, ..] if first.size == 0 => {}
            _ => walk(&self.dimensions[..self.count], (source, self.from), (target, self.to)),
        }
    }
}

/// All boxes of the faster dimensions, one after the other.
fn walk<T: Copy>(dimensions: &[Dimension], (source, from): (&[T], usize), (target, to): (&mut [T], usize)) {
    match *dimensions {
        [] => {}
        [row] => copy_row(row, (source, from), (target, to)),
        // Where only one side is contiguous, tiles keep the lines of both in the cache.
        [outer, inner] if inner.from != 1 && outer.from == 1 && inner.to == 1 => {
            for first in (0..inner.size).step_by(TILE) {
                let tile = Dimension { size: TILE.min(inner.size - first), ..inner };
                for index in 0..outer.size {
                    let from = moved(from, outer.from, index);
                    let to = moved(to, outer.to, index);
                    let starts = (moved(from, inner.from, first), to + first);
                    copy_row(tile, (source, starts.0), (target, starts.1));
                }
            }
        }
        [outer, ref inner @ ..] => {
            for index in 0..outer.size {
                walk(inner, (source, moved(from, outer.from, index)), (target, moved(to, outer.to, index)));
            }
        }
    }
}

#[inline(always)]
fn moved(start: usize, step: isize, times: usize) -> usize {
    start.wrapping_add_signed(step.wrapping_mul(times as isize))
}

#[inline(always)]
fn copy_row<T: Copy>(row: Dimension, (source, from): (&[T], usize), (target, to): (&mut [T], usize)) {
    match (row.from, row.to) {
        (1, 1) if row.size >= SHORT => target[to..to + row.size].copy_from_slice(&source[from..from + row.size]),
        (0, 1) if row.size >= SHORT => target[to..to + row.size].fill(source[from]),
        // Also for short rows: memory.copy and memory.fill leave the compiled code for the engine's.
        _ => {
            for index in 0..row.size {
                target[moved(to, row.to, index)] = source[moved(from, row.from, index)];
            }
        }
    }
}

/// `y[b, o, i] = x[b, o, indices[b, i]]`, rows of `inner` values, `axis` of them in each `x[b, o]`.
pub fn gather<T: Copy>(
    [batch, outer, axis, inner]: [usize; 4],
    indices: &[u32],
    x: &[T],
    y: &mut [T],
) -> Result<(), Error> {
    let count = indices.len() / batch.max(1);
    if indices.iter().any(|&index| index as usize >= axis) {
        return Err(Error::OutOfBounds);
    }
    for (block, y) in y.chunks_exact_mut((count * inner).max(1)).enumerate() {
        let x = &x[block * axis * inner..][..axis * inner];
        let indices = &indices[block / outer.max(1) * count..][..count];
        for (&index, y) in indices.iter().zip(y.chunks_exact_mut(inner)) {
            y.copy_from_slice(&x[index as usize * inner..][..inner]);
        }
    }
    Ok(())
}

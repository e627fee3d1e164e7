//! Copies between boxes of two arrays: pointers that move, nothing is checked within a loop.
//!
//! A box has a size in every dimension; either array has a step for each, which may be negative, or zero on the side that
//! is read.

use super::Element;

/// Columns of a strip of a transposition: the lines of both sides stay in the first cache.
const STRIP: usize = 16;

/// Most bytes that [`copy`] moves and [`clear`](super::clear) writes by itself.
pub(super) const SHORT: usize = 4096;

/// One dimension of a box: its size, and the elements from one index to the next in the array that is read and in the one that is
/// written.
#[derive(Clone, Copy, Debug, Default)]
pub struct Dimension {
    /// Indices.
    pub size: usize,
    /// Step in the array that is read.
    pub from: isize,
    /// Step in the array that is written.
    pub to: isize,
}

/// The first and the last element that a box reaches in an array, from the element on that it begins with; nothing when the numbers do not
/// fit. No size may be zero.
pub fn reach(start: usize, sizes_and_steps: impl Iterator<Item = (usize, isize)>) -> Option<[i64; 2]> {
    let mut reach = [i64::try_from(start).ok()?; 2];
    for (size, step) in sizes_and_steps {
        let far = (step as i64).checked_mul(i64::try_from(size).ok()? - 1)?;
        let end = &mut reach[usize::from(far > 0)];
        *end = end.checked_add(far)?;
    }
    Some(reach)
}

/// Copies a box of these dimensions, from the slowest to the fastest, which begins at the given elements. Panics when it leaves one of
/// the arrays.
///
/// Where the fastest dimension lies side by side in the array that is written alone, the one that does so in the other should be next:
/// both are the rows and columns of a transposition.
pub fn copy_box<T: Element>(dimensions: &[Dimension], (source, from): (&[T], usize), (target, to): (&mut [T], usize)) {
    if dimensions.iter().any(|dimension| dimension.size == 0) {
        return;
    }
    let inside = |reach: Option<[i64; 2]>, length| reach.is_some_and(|[low, high]| low >= 0 && high < length as i64);
    assert!(inside(reach(from, dimensions.iter().map(|d| (d.size, d.from))), source.len()));
    assert!(inside(reach(to, dimensions.iter().map(|d| (d.size, d.to))), target.len()));
    // SAFETY: the box lies inside both arrays.
    unsafe { walk(dimensions, source.as_ptr().add(from), target.as_mut_ptr().add(to)) }
}

/// All planes of the two fastest dimensions, one after the other.
///
/// # Safety
/// The box must be readable and writable at the places.
unsafe fn walk<T: Element>(dimensions: &[Dimension], from: *const T, to: *mut T) {
    const ONE: Dimension = Dimension { size: 1, from: 0, to: 0 };
    // SAFETY: promised by the caller.
    unsafe {
        match *dimensions {
            [] => *to = *from,
            [inner] => plane(ONE, inner, from, to),
            [outer, inner] => plane(outer, inner, from, to),
            [outer, ref faster @ ..] => {
                for index in 0..outer.size as isize {
                    walk(faster, from.offset(index * outer.from), to.offset(index * outer.to));
                }
            }
        }
    }
}

/// # Safety
/// The box must be readable and writable at the places.
unsafe fn plane<T: Element>(outer: Dimension, inner: Dimension, from: *const T, to: *mut T) {
    // SAFETY: promised by the caller.
    unsafe {
        if inner.to == 1 && inner.from != 1 && outer.from == 1 {
            return turn(outer, inner, from, to);
        }
        for index in 0..outer.size as isize {
            row(inner, from.offset(index * outer.from), to.offset(index * outer.to));
        }
    }
}

/// What lies side by side along `rows` where it is read and along `columns` where it is written: squares are turned, what is left
/// goes one by one.
///
/// # Safety
/// The box must be readable and writable at the places.
unsafe fn turn<T: Element>(rows: Dimension, columns: Dimension, from: *const T, to: *mut T) {
    let [whole_rows, whole_columns] = [rows, columns].map(|dimension| dimension.size / T::SIDE * T::SIDE);
    // SAFETY: promised by the caller.
    unsafe {
        for first in (0..whole_columns).step_by(STRIP) {
            let strip = first..whole_columns.min(first + STRIP);
            for index in (0..whole_rows).step_by(T::SIDE) {
                let to = to.offset(index as isize * rows.to);
                for column in strip.clone().step_by(T::SIDE) {
                    let from = from.add(index).offset(column as isize * columns.from);
                    T::turn(from, columns.from, to.add(column), rows.to);
                }
            }
        }
        for index in whole_rows..rows.size {
            row(columns, from.add(index), to.offset(index as isize * rows.to));
        }
        let beneath = Dimension { size: whole_rows, ..rows };
        for column in whole_columns..columns.size {
            row(beneath, from.offset(column as isize * columns.from), to.add(column));
        }
    }
}

/// # Safety
/// The row must be readable and writable at the places.
#[inline(always)]
unsafe fn row<T: Element>(row: Dimension, from: *const T, to: *mut T) {
    let size = row.size;
    // SAFETY: promised by the caller.
    unsafe {
        if row.from != 1 || row.to != 1 {
            let (mut from, mut to) = (from, to);
            for _ in 0..size {
                *to = *from;
                from = from.wrapping_offset(row.from);
                to = to.wrapping_offset(row.to);
            }
        } else if size >= T::RUN {
            if size * size_of::<T>() <= SHORT {
                T::carry(from, to, size);
            } else {
                std::ptr::copy_nonoverlapping(from, to, size);
            }
        } else if T::RUN > 4 && size > 3 {
            for index in 0..size {
                *to.add(index) = *from.add(index);
            }
        } else if size > 0 {
            // The first, the middle and the last of up to three: of a loop LLVM would make memory.copy.
            for index in [0, size / 2, size - 1] {
                *to.add(index) = *from.add(index);
            }
        }
    }
}

/// Copies a slice into one of the same length, quickly when it is short: memory.copy, which LLVM makes of
/// `copy_from_slice`, leaves the compiled code for the engine's, which takes longer than a row of an image. Panics when
/// the lengths differ.
#[inline(always)]
pub fn copy<T: Element>(source: &[T], target: &mut [T]) {
    assert!(source.len() == target.len());
    let whole = Dimension { size: source.len(), from: 1, to: 1 };
    // SAFETY: both arrays are as long as the row.
    unsafe { row(whole, source.as_ptr(), target.as_mut_ptr()) }
}

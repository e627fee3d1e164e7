//! Short rows, four at a time as columns, a lane a row: no lane is empty, nothing is left over at a row's end, and the lanes of a sum
//! need not be added.

use crate::vector::{columns_to_rows, rows_to_columns, Lanes, Real, Vector, LANES};

/// Most columns.
pub const MOST: usize = 64;

/// Rows shorter than this are worth it even where there is little to do with a value; for longer ones turning them takes longer than
/// what is left over at their ends.
pub const SHORT: usize = 16;

/// The columns of one to four rows; where rows are missing there are zeros.
#[inline(always)]
pub fn read(rows: &[Real], columns: &mut [Lanes]) {
    if rows.len() == LANES * columns.len() {
        rows_to_columns(rows, columns, |_| ());
    } else {
        read_few(rows, columns);
    }
}

#[inline(never)]
fn read_few(rows: &[Real], columns: &mut [Lanes]) {
    let mut room = [0.0; LANES * MOST];
    room[..rows.len()].copy_from_slice(rows);
    rows_to_columns(&room[..LANES * columns.len()], columns, |_| ());
}

/// Columns as one to four rows, each value after `apply`.
#[inline(always)]
pub fn write(columns: &[Lanes], rows: &mut [Real], apply: impl Fn(Lanes) -> Lanes) {
    if rows.len() == LANES * columns.len() {
        return columns_to_rows(columns, rows, apply);
    }
    let mut applied = [Lanes::splat(0.0); MOST];
    for (applied, &column) in applied.iter_mut().zip(columns) {
        *applied = apply(column);
    }
    write_few(&applied[..columns.len()], rows);
}

#[inline(never)]
fn write_few(columns: &[Lanes], rows: &mut [Real]) {
    let mut room = [0.0; LANES * MOST];
    columns_to_rows(columns, &mut room[..LANES * columns.len()], |column| column);
    rows.copy_from_slice(&room[..rows.len()]);
}

/// A value of each of one to four rows; where rows are missing there are zeros.
#[inline(always)]
pub fn read_ends(values: &[Real]) -> Lanes {
    if values.len() < LANES {
        Lanes::load_few(values, 0.0)
    } else {
        Lanes::load(values)
    }
}

/// Writes a value of each of one to four rows.
#[inline(always)]
pub fn write_ends(lanes: Lanes, values: &mut [Real]) {
    if values.len() < LANES {
        lanes.store_few(values);
    } else {
        lanes.store(values);
    }
}

/// Sums of the columns, `sum = add(sum, column)`, in four vectors that do not wait for each other.
#[inline(always)]
pub fn total(columns: &[Lanes], add: impl Fn(Lanes, Lanes) -> Lanes) -> Lanes {
    let mut sums = [Lanes::splat(0.0); 4];
    let fours = columns.chunks_exact(4);
    for &column in fours.remainder() {
        sums[0] = add(sums[0], column);
    }
    for four in fours {
        for (sum, &column) in sums.iter_mut().zip(four) {
            *sum = add(*sum, column);
        }
    }
    sums[0].add(sums[2]).add(sums[1].add(sums[3]))
}

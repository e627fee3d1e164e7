//! Bias: one value for each channel, and its gradient.

use crate::threads::{each_part, share};
use crate::vector::{copy, Lanes, Real, Vector, LANES};

/// Sets every row of `y` to the bias, or to zero.
pub fn broadcast(bias: Option<&[Real]>, columns: usize, y: &mut [Real]) {
    match bias {
        None => y.fill(0.0),
        Some(bias) => {
            for row in y.chunks_exact_mut(columns) {
                copy(bias, row);
            }
        }
    }
}

/// Adds the bias to every row of `y`.
pub fn add(bias: &[Real], y: &mut [Real]) {
    for row in y.chunks_exact_mut(bias.len()) {
        for (value, bias) in row.iter_mut().zip(bias) {
            *value += bias;
        }
    }
}

/// Columns that are summed together: four vectors, which one cache line holds.
const TOGETHER: usize = 4 * LANES;

/// `db[c] = Σ over rows of dy[row, c]`.
pub fn gradient(rows: usize, columns: usize, dy: &[Real], db: &mut [Real]) {
    if columns == 1 {
        // Cut into blocks whose sums are added, so that long sums lose less; the cut depends on nothing else.
        db[0] = dy.chunks(BLOCK).fold(0.0, |total, block| total + sum(block));
        return;
    }
    let width = share(columns, rows).next_multiple_of(TOGETHER);
    each_part(db, width, |part, db| {
        db.fill(0.0);
        for block in dy[..rows * columns].chunks(BLOCK * columns) {
            for (group, db) in db.chunks_mut(TOGETHER).enumerate() {
                add_block(columns, part * width + group * TOGETHER, block, db);
            }
        }
    });
}

/// Rows whose sums are added before they join the others.
const BLOCK: usize = 256;

/// Adds the sums of up to sixteen columns, from `first` on, of a block of rows.
fn add_block(columns: usize, first: usize, block: &[Real], db: &mut [Real]) {
    if db.len() == TOGETHER {
        let mut totals = [Lanes::splat(0.0); 4];
        for row in block.chunks_exact(columns) {
            let row = &row[first..first + TOGETHER];
            for (v, total) in totals.iter_mut().enumerate() {
                *total = total.add(Lanes::load(&row[v * LANES..]));
            }
        }
        for (v, total) in totals.iter().enumerate() {
            let target = &mut db[v * LANES..(v + 1) * LANES];
            Lanes::load(target).add(*total).store(target);
        }
        return;
    }
    for (column, total) in db.iter_mut().enumerate() {
        *total += block.iter().skip(first + column).step_by(columns).sum::<Real>();
    }
}

/// Sum of all values.
pub fn sum(values: &[Real]) -> Real {
    sum_of(values, |value| value)
}

/// Sum of a function of all values, in four vectors of sums that do not wait for each other.
#[inline(always)]
pub fn sum_of(values: &[Real], term: impl Fn(Lanes) -> Lanes) -> Real {
    let mut totals = [Lanes::splat(0.0); 4];
    let groups = values.chunks_exact(TOGETHER);
    let vectors = groups.remainder().chunks_exact(LANES);
    let rest = vectors.remainder();
    for group in groups {
        for (v, total) in totals.iter_mut().enumerate() {
            *total = total.add(term(Lanes::load(&group[v * LANES..])));
        }
    }
    for vector in vectors {
        totals[0] = totals[0].add(term(Lanes::load(vector)));
    }
    let mut lanes = [0.0; LANES];
    lanes[..rest.len()].copy_from_slice(rest);
    let last: Real = term(Lanes::from_array(lanes)).to_array().iter().take(rest.len()).sum();
    totals[0].add(totals[2]).add(totals[1].add(totals[3])).sum() + last
}

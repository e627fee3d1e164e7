//! Bias: one value for each channel, and its gradient.

use super::joined_rows::{beside, JoinedRows};
use super::map::zip_in_place;
use crate::threads::{each_part, each_share, share_of_units, OF_COPYING};
use crate::vector::{combine_beside_totals, copy, spread, totals, Lanes, Real, Vector, LANES};

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
    each_share(y, bias.len(), OF_COPYING * bias.len(), |_, y| {
        beside(bias, y, |_, bias, y| zip_in_place(y, bias, |value, bias| value.add(bias)));
    });
}

/// Columns that are summed together where there are so many: eight vectors. Each sum waits four cycles for itself, and two are
/// added to in a cycle.
const TOGETHER: usize = 8 * LANES;

/// Columns that are summed together where there are fewer.
const FEWER: usize = 4 * LANES;

/// Values of rows that come from memory, 12 MiB: they are read in their order, one after the other, as a processor foresees that.
const FAR: usize = 3 << 20;

/// Fewest columns of which only a part is read at once otherwise, and most whose sums stay near.
const WIDE: usize = TOGETHER + 1;
const WIDEST: usize = 2048;

/// Values of the sums of all parts of such rows.
const ROOM: usize = 2 * WIDEST;

/// Whether so many rows are read in their order.
pub fn are_far(rows: usize, columns: usize) -> bool {
    (WIDE..=WIDEST).contains(&columns) && rows * columns > FAR
}

/// `db[c] = Σ over rows of dy[row, c]`.
pub fn gradient(rows: usize, columns: usize, dy: &[Real], db: &mut [Real]) {
    if columns == 1 {
        // Cut into blocks whose sums are added, so that long sums lose less; the cut depends on nothing else.
        db[0] = dy.chunks(BLOCK).fold(0.0, |total, block| total + sum(block));
        return;
    }
    if let Some(wide) = JoinedRows::of(rows, columns) {
        let (dy, rest) = dy[..rows * columns].split_at(wide.size());
        let mut room = JoinedRows::room();
        let sums = &mut room[..wide.width()];
        gradient(wide.rows, sums.len(), dy, sums);
        wide.fold(sums, db);
        return add_sums(rest, db);
    }
    if are_far(rows, columns) {
        return gradient_in_order(rows, columns, &dy[..rows * columns], db);
    }
    let width = share_of_units(columns, TOGETHER, rows);
    each_part(db, width, |part, db| {
        db.fill(0.0);
        for block in dy[..rows * columns].chunks(BLOCK * columns) {
            add_columns(columns, part * width, block, db);
        }
    });
}

/// [`gradient`] of parts of the rows, which have sums of their own: parts of the columns would each read all of the memory.
fn gradient_in_order(rows: usize, columns: usize, dy: &[Real], db: &mut [Real]) {
    let least = rows.div_ceil(ROOM / columns);
    let part = share_of_units(rows, BLOCK, columns).max(least);
    let mut room = [0.0; ROOM];
    let room = &mut room[..rows.div_ceil(part) * columns];
    each_part(room, columns, |index, sums| {
        let rows = &dy[index * part * columns..rows.min((index + 1) * part) * columns];
        let mut own = [0.0; WIDEST];
        let own = &mut own[..columns];
        for block in rows.chunks(BLOCK * columns) {
            own.fill(0.0);
            add_in_order(block, own);
            zip_in_place(sums, own, |sum, own| sum.add(own));
        }
    });
    sum_of_parts(room.chunks_exact(columns), db);
}

/// Adds every row to `db`, one after the other.
pub fn add_in_order(rows: &[Real], db: &mut [Real]) {
    for row in rows.chunks_exact(db.len()) {
        spread::<1, 1, 4>([row], [&mut *db], |[value], [sum]| [sum.add(value)]);
    }
}

/// `db` is the sum of what the parts of some work have at their beginning, added in their order.
pub fn sum_of_parts<'a>(parts: impl Iterator<Item = &'a [Real]>, db: &mut [Real]) {
    db.fill(0.0);
    for part in parts {
        zip_in_place(db, &part[..db.len()], |db, sum| db.add(sum));
    }
}

/// Adds every row of `dy` to `db`.
pub fn add_sums(dy: &[Real], db: &mut [Real]) {
    add_columns(db.len(), 0, dy, db);
}

/// Adds the sums of columns, from `first` on, of some rows.
fn add_columns(columns: usize, first: usize, rows: &[Real], db: &mut [Real]) {
    let mut column = first;
    let mut groups = db.chunks_exact_mut(TOGETHER);
    for db in &mut groups {
        add_block::<8>(columns, column, rows, db);
        column += TOGETHER;
    }
    for db in groups.into_remainder().chunks_mut(FEWER) {
        add_block::<4>(columns, column, rows, db);
        column += FEWER;
    }
}

/// Rows whose sums are added before they join the others.
const BLOCK: usize = 256;

/// Adds the sums of V vectors of columns or fewer columns, from `first` on, of a block of rows.
#[inline(never)]
fn add_block<const V: usize>(columns: usize, first: usize, block: &[Real], db: &mut [Real]) {
    if db.len() == V * LANES {
        let mut totals = [Lanes::splat(0.0); V];
        for row in block.chunks_exact(columns) {
            let row = &row[first..first + V * LANES];
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
    let vectors = db.len() / LANES * LANES;
    for (column, total) in db[..vectors].chunks_exact_mut(LANES).enumerate() {
        let rows = block.chunks_exact(columns).map(|row| Lanes::load(&row[first + column * LANES..]));
        let sum = rows.fold(Lanes::splat(0.0), |sum, row| sum.add(row));
        Lanes::load(total).add(sum).store(total);
    }
    for (column, total) in db.iter_mut().enumerate().skip(vectors) {
        *total += block.iter().skip(first + column).step_by(columns).sum::<Real>();
    }
}

/// Sum of all values.
pub fn sum(values: &[Real]) -> Real {
    total([values], |[value]| value)
}

/// Values whose sums are added before they join the others of a [`long_total`].
const LONG: usize = 1024;

/// [`total`] of arrays of any length, cut into blocks, so that long ones lose less.
#[inline(always)]
pub fn long_total<const I: usize>(arrays: [&[Real]; I], term: impl Fn([Lanes; I]) -> Lanes + Copy) -> Real {
    let length = arrays.first().map_or(0, |array| array.len());
    if length <= LONG {
        return total(arrays, term);
    }
    let block = |first: usize| arrays.map(|array| &array[first..length.min(first + LONG)]);
    (0..length).step_by(LONG).map(|first| total(block(first), term)).sum()
}

/// Sum of a term of what the arrays have at the same place, which is zero where all of them are.
#[inline(always)]
fn total<const I: usize>(arrays: [&[Real]; I], term: impl Fn([Lanes; I]) -> Lanes) -> Real {
    let add = |[total]: [Lanes; 1], values: [Lanes; I]| [total.add(term(values))];
    let [sum] = whole(totals(arrays, add), arrays, add);
    sum
}

/// `y = apply(inputs)` for every element, and S sums of what A other arrays as long have at the same place, in one walk; `add`
/// adds a vector's share to sums.
#[inline(always)]
pub fn sums_beside<const I: usize, const A: usize, const S: usize>(
    output: ([&[Real]; I], &mut [Real]),
    apply: impl Fn([Lanes; I]) -> Lanes,
    arrays: [&[Real]; A],
    add: impl Fn([Lanes; S], [Lanes; A]) -> [Lanes; S],
) -> [Real; S] {
    whole(combine_beside_totals(output, apply, arrays, &add), arrays, add)
}

/// Sums of what the vectors of four sums have, and of the arrays' last few values.
#[inline(always)]
fn whole<const I: usize, const S: usize>(
    [a, b, c, d]: [[Lanes; S]; 4],
    arrays: [&[Real]; I],
    add: impl Fn([Lanes; S], [Lanes; I]) -> [Lanes; S],
) -> [Real; S] {
    let sums = std::array::from_fn(|s| a[s].add(c[s]).add(b[s].add(d[s])).sum());
    let rest = arrays.map(|array| array.chunks_exact(LANES).remainder());
    let count = rest.first().map_or(0, |rest| rest.len());
    if count == 0 {
        return sums;
    }
    let last = add([Lanes::splat(0.0); S], rest.map(|rest| Lanes::load_few(rest, 0.0))).map(Lanes::to_array);
    std::array::from_fn(|s| sums[s] + last[s].iter().take(count).sum::<Real>())
}

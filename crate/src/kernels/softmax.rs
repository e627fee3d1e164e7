//! Softmax of each row, and its gradient.

use super::bias::sum;
use super::exponential::{Exponential, Falling};
use super::fours::{self, total, SHORT};
use super::logarithm::natural_logarithm;
use super::map::{map, map_in_place, zip_in_place};
use crate::threads::each_share;
use crate::vector::{columns_to_rows, rows_to_columns, sweep, Lanes, Real, Vector, LANES};

/// Rows up to this long are taken four at a time: see [`fours`].
const NARROW: usize = fours::MOST;

/// Most groups of four rows whose ends are kept.
const GROUPS: usize = 16;

/// The largest values of four rows, and their sums of e^(x − largest).
type Ends = [[Real; LANES]; 2];

/// Softmax of rows of `width`; `visit` gets each row's number, its result, its largest value and its sum of e^(x − largest).
/// A row's results do not depend on the others.
#[inline(always)]
pub fn softmax_rows(width: usize, x: &[Real], y: &mut [Real], mut visit: impl FnMut(usize, &mut [Real], Real, Real)) {
    if width > NARROW {
        let constants = Falling::new();
        for (row, (x, y)) in x.chunks_exact(width).zip(y.chunks_exact_mut(width)).enumerate() {
            let (largest, total) = wide(&constants, x, y);
            visit(row, y, largest, total);
        }
        return;
    }
    const TOGETHER: usize = GROUPS * LANES;
    let mut ends = [[[0.0; LANES]; 2]; GROUPS];
    for (part, (x, y)) in x.chunks(TOGETHER * width).zip(y.chunks_mut(TOGETHER * width)).enumerate() {
        narrow(width, x, y, &mut ends);
        for (row, y) in y.chunks_exact_mut(width).enumerate() {
            let [largest, totals] = &ends[row / LANES];
            visit(part * TOGETHER + row, y, largest[row % LANES], totals[row % LANES]);
        }
    }
}

/// [`softmax_rows`] of rows that are not wide. The ends of as many groups of four rows are kept as there is room for.
#[inline(never)]
fn narrow(width: usize, x: &[Real], y: &mut [Real], ends: &mut [Ends]) {
    let whole = x.len() / (LANES * width) * LANES * width;
    // Clearing more takes time.
    if width <= SHORT {
        fours(width, &x[..whole], &mut y[..whole], &mut [Lanes::splat(0.0); 3 * SHORT], ends);
    } else {
        fours(width, &x[..whole], &mut y[..whole], &mut [Lanes::splat(0.0); 3 * NARROW], ends);
    }
    let rest = x.len() - whole;
    if rest > 0 {
        let (mut from, mut to) = ([0.0; LANES * NARROW], [0.0; LANES * NARROW]);
        from[..rest].copy_from_slice(&x[whole..]);
        let columns = &mut [Lanes::splat(0.0); 3 * NARROW];
        let ends = ends.get_mut(whole / (LANES * width)..).unwrap_or_default();
        fours(width, &from[..LANES * width], &mut to[..LANES * width], columns, ends);
        y[whole..].copy_from_slice(&to[..rest]);
    }
}

/// [`narrow`] of groups of four rows; `columns` is room for three of them. While one is raised, the one before it is written and the
/// next one is read: within one group the steps wait for each other.
#[inline(never)]
fn fours(width: usize, x: &[Real], y: &mut [Real], columns: &mut [Lanes], ends: &mut [Ends]) {
    let constants = Falling::new();
    let (before, columns) = columns.split_at_mut(width);
    let (now, next) = columns.split_at_mut(width);
    let (mut before, mut now, mut next) = (before, now, &mut next[..width]);
    let mut groups = x.chunks_exact(LANES * width);
    let mut targets = y.chunks_exact_mut(LANES * width);
    let mut ends = ends.iter_mut();
    let Some(group) = groups.next() else { return };
    let mut largest = gather(group, now);
    let mut last = Lanes::splat(0.0);
    for at in 0..x.len() / (LANES * width) {
        let after = groups.next().map_or(largest, |group| gather(group, next));
        let total = raise(&constants, largest, now);
        if let Some(ends) = ends.next() {
            *ends = [largest, total.mul(Lanes::splat(Falling::UNIT))].map(Lanes::to_array);
        }
        if at > 0 {
            if let Some(y) = targets.next() {
                scatter(before, last, y);
            }
        }
        (largest, last) = (after, total);
        (before, now, next) = (now, next, before);
    }
    if let Some(y) = targets.next() {
        scatter(before, last, y);
    }
}

/// [`softmax_rows`] of one row, the largest values and the sums of four columns at a time.
#[inline(always)]
fn wide(constants: &Falling, x: &[Real], y: &mut [Real]) -> (Real, Real) {
    let largest = Lanes::splat(largest(x));
    let mut total = Lanes::splat(0.0);
    let (mut inputs, mut outputs) = (x.chunks_exact(LANES), y.chunks_exact_mut(LANES));
    for (x, y) in (&mut inputs).zip(&mut outputs) {
        let e = constants.exp(Lanes::load(x).sub(largest));
        total = total.add(e);
        e.store(y);
    }
    let rest = inputs.remainder();
    if !rest.is_empty() {
        // What is far below the largest value adds nothing.
        let e = constants.exp(Lanes::load_few(rest, Real::NEG_INFINITY).sub(largest));
        total = total.add(e);
        e.store_few(outputs.into_remainder());
    }
    let total = total.sum();
    let share = Lanes::splat(1.0 / total);
    map_in_place(y, |y| y.mul(share));
    (largest.to_array()[0], total * Falling::UNIT)
}

/// The largest value, in four vectors that do not wait for each other.
fn largest(x: &[Real]) -> Real {
    const WIDTH: usize = 4 * LANES;
    let mut best = [Lanes::splat(Real::NEG_INFINITY); 4];
    let chunks = x.chunks_exact(WIDTH);
    let rest = chunks.remainder();
    for x in chunks {
        for (v, best) in best.iter_mut().enumerate() {
            *best = best.at_least(Lanes::load(&x[v * LANES..]));
        }
    }
    let lanes = best[0].at_least(best[2]).at_least(best[1].at_least(best[3])).to_array();
    lanes.iter().chain(rest).fold(Real::NEG_INFINITY, |best, &value| if value < best { best } else { value })
}

/// The columns of four rows, a lane each, and the largest value of each row.
#[inline(always)]
fn gather(x: &[Real], columns: &mut [Lanes]) -> Lanes {
    let mut largest = [Lanes::splat(Real::NEG_INFINITY); LANES];
    rows_to_columns(x, columns, |lanes| largest = std::array::from_fn(|c| largest[c].at_least(lanes[c])));
    largest[0].at_least(largest[2]).at_least(largest[1].at_least(largest[3]))
}

/// The exponentials of columns, and their sums.
#[inline(always)]
fn raise(constants: &Falling, largest: Lanes, columns: &mut [Lanes]) -> Lanes {
    let mut total = Lanes::splat(0.0);
    for column in columns {
        *column = constants.exp(column.sub(largest));
        total = total.add(*column);
    }
    total
}

/// Columns over their sums, as rows.
#[inline(always)]
fn scatter(columns: &[Lanes], total: Lanes, y: &mut [Real]) {
    let share = Lanes::splat(1.0).div(total);
    columns_to_rows(columns, y, |column| column.mul(share));
}

/// `y = eˣ / Σ eˣ` for rows of `width`.
pub fn softmax(width: usize, x: &[Real], y: &mut [Real]) {
    each_rows(width, y, |first, y| {
        let x = &x[first..][..y.len()];
        if width > NARROW {
            softmax_rows(width, x, y, |_, _, _, _| {});
        } else {
            narrow(width, x, y, &mut []);
        }
    });
}

/// Gives parts of rows to `work`: where they begin, and the part.
fn each_rows(width: usize, out: &mut [Real], work: impl Fn(usize, &mut [Real]) + Sync) {
    // Some twenty operations a value.
    each_share(out, width, 20 * width, |first, out| work(first * width, out));
}

/// `dx = y·(dy − Σ dy·y)` for rows of `width`, in place in `d`.
pub fn gradient(width: usize, y: &[Real], d: &mut [Real]) {
    each_rows(width, d, |first, d| {
        let y = &y[first..][..d.len()];
        if width < SHORT {
            return change_fours(width, y, d, |y, d| {
                for (d, &y) in d.iter_mut().zip(y.iter()) {
                    *d = d.mul(y);
                }
                let total = Lanes::splat(0.0).sub(total(d, Lanes::add));
                for (d, &y) in d.iter_mut().zip(y.iter()) {
                    *d = y.mul_add(total, *d);
                }
            });
        }
        for (y, d) in y.chunks_exact(width).zip(d.chunks_exact_mut(width)) {
            zip_in_place(d, y, |d, y| d.mul(y));
            let total = Lanes::splat(-sum(d));
            zip_in_place(d, y, |product, y| y.mul_add(total, product));
        }
    });
}

/// Columns of four short rows of `d` become what `change` makes of them and of those of `y`.
#[inline(always)]
fn change_fours(width: usize, y: &[Real], d: &mut [Real], change: impl Fn(&[Lanes], &mut [Lanes])) {
    let mut room = [[Lanes::splat(0.0); SHORT]; 2];
    let [inputs, columns] = room.each_mut().map(|columns| &mut columns[..width]);
    for (y, d) in y.chunks(LANES * width).zip(d.chunks_mut(LANES * width)) {
        fours::read(y, inputs);
        fours::read(d, columns);
        change(inputs, columns);
        fours::write(columns, d, |column| column);
    }
}

/// `y = x − ln Σ eˣ` for rows of `width`: the logarithm of [`softmax`].
pub fn log_softmax(width: usize, x: &[Real], y: &mut [Real]) {
    let logarithm = |total: Real| natural_logarithm(f64::from(total)) as Real;
    each_rows(width, y, |first, y| {
        let x = &x[first..][..y.len()];
        if width <= NARROW {
            let mut ends = [[[0.0; LANES]; 2]; GROUPS];
            let columns = &mut [Lanes::splat(0.0); NARROW][..width];
            let size = GROUPS * LANES * width;
            for (x, y) in x.chunks(size).zip(y.chunks_mut(size)) {
                narrow(width, x, y, &mut ends);
                let groups = x.chunks(LANES * width).zip(y.chunks_mut(LANES * width));
                for ((x, y), &[largest, totals]) in groups.zip(&ends) {
                    let [largest, logarithms] = [largest, totals.map(logarithm)].map(Lanes::from_array);
                    fours::read(x, columns);
                    fours::write(columns, y, |x| x.sub(largest).sub(logarithms));
                }
            }
            return;
        }
        softmax_rows(width, x, y, |row, y, largest, total| {
            let logarithm = Lanes::splat(logarithm(total));
            map::<4>(&x[row * width..(row + 1) * width], y, |x| x.sub(Lanes::splat(largest)).sub(logarithm));
        });
    });
}

/// Gradient of [`log_softmax`] from its output: `dx = dy − eʸ·Σ dy` for rows of `width`, in place in `d`.
pub fn log_gradient(width: usize, y: &[Real], d: &mut [Real]) {
    each_rows(width, d, |first, d| {
        let (y, constants) = (&y[first..][..d.len()], Exponential::new());
        if width < SHORT {
            return change_fours(width, y, d, |y, d| {
                let total = Lanes::splat(0.0).sub(total(d, Lanes::add));
                for (d, &y) in d.iter_mut().zip(y.iter()) {
                    *d = constants.exp(y).mul_add(total, *d);
                }
            });
        }
        for (y, d) in y.chunks_exact(width).zip(d.chunks_exact_mut(width)) {
            let total = Lanes::splat(-sum(d));
            sweep::<1>(None, y, d, |d, y| constants.exp(y).mul_add(total, d));
        }
    });
}

//! Softmax of each row, and its gradient.

use super::bias::sum;
use super::cross_entropy::natural_logarithm;
use super::exponential::{Exponential, Falling};
use super::map::{map, map_in_place, zip_in_place};
use crate::threads::{each_part, share};
use crate::vector::{Lanes, Real, Vector, LANES};

/// Rows up to this long are taken four at a time, a lane each: nothing is left over, and no lanes are summed.
const NARROW: usize = 64;
/// Most groups of four rows that are on their way together.
const GROUPS: usize = 16;
/// Columns of them that there is room for.
const SCRATCH: usize = 256;

/// The largest value of rows, and their sums of e^(x − largest).
type Ends = [[Real; GROUPS * LANES]; 2];

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
    let together = GROUPS.min(SCRATCH / width) * LANES;
    // Cleared once for all parts.
    let mut columns = [Lanes::splat(0.0); SCRATCH];
    let mut ends = [[0.0; GROUPS * LANES]; 2];
    let parts = x.chunks(together * width).zip(y.chunks_mut(together * width));
    for (part, (x, y)) in parts.enumerate() {
        narrow(width, x, y, &mut columns, &mut ends);
        for (row, y) in y.chunks_exact_mut(width).enumerate() {
            visit(part * together + row, y, ends[0][row], ends[1][row]);
        }
    }
}

/// [`softmax_rows`] of up to four times `GROUPS` rows.
#[inline(never)]
fn narrow(width: usize, x: &[Real], y: &mut [Real], columns: &mut [Lanes; SCRATCH], ends: &mut Ends) {
    let whole = x.len() / (LANES * width) * LANES * width;
    fours(width, &x[..whole], &mut y[..whole], columns, (ends, 0));
    let rest = x.len() - whole;
    if rest > 0 {
        let (mut from, mut to) = ([0.0; LANES * NARROW], [0.0; LANES * NARROW]);
        from[..rest].copy_from_slice(&x[whole..]);
        fours(width, &from[..LANES * width], &mut to[..LANES * width], columns, (ends, whole / width));
        y[whole..].copy_from_slice(&to[..rest]);
    }
}

/// [`narrow`] of groups of four rows, whose ends stand from `first` on. Step by step for all groups: within one group the
/// steps wait for each other.
#[inline(never)]
fn fours(width: usize, x: &[Real], y: &mut [Real], columns: &mut [Lanes; SCRATCH], (ends, first): (&mut Ends, usize)) {
    let (mut largest, mut totals) = ([Lanes::splat(0.0); GROUPS], [Lanes::splat(0.0); GROUPS]);
    let groups = x.chunks_exact(LANES * width).zip(columns.chunks_exact_mut(width));
    for ((x, columns), largest) in groups.zip(&mut largest) {
        *largest = gather(x, columns);
    }
    let constants = Falling::new();
    let count = x.len() / (LANES * width);
    for ((columns, &largest), total) in columns.chunks_exact_mut(width).zip(&largest).zip(&mut totals[..count]) {
        *total = raise(&constants, largest, columns);
    }
    let groups = y.chunks_exact_mut(LANES * width).zip(columns.chunks_exact(width));
    for ((y, columns), &total) in groups.zip(&totals) {
        scatter(columns, total, y);
    }
    for (group, (largest, total)) in largest.iter().zip(&totals).take(count).enumerate() {
        largest.store(&mut ends[0][first + group * LANES..]);
        total.mul(Lanes::splat(Falling::UNIT)).store(&mut ends[1][first + group * LANES..]);
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
        let mut lanes = [Real::NEG_INFINITY; LANES];
        lanes[..rest.len()].copy_from_slice(rest);
        let e = constants.exp(Lanes::from_array(lanes).sub(largest));
        total = total.add(e);
        outputs.into_remainder().copy_from_slice(&e.to_array()[..rest.len()]);
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
    let width = columns.len();
    let rows: [&[Real]; LANES] = std::array::from_fn(|row| &x[row * width..(row + 1) * width]);
    let mut largest = [Lanes::splat(Real::NEG_INFINITY); LANES];
    let [a, b, c, d] = rows.map(|row| row.chunks_exact(LANES));
    for ((((a, b), c), d), columns) in a.zip(b).zip(c).zip(d).zip(columns.chunks_exact_mut(LANES)) {
        let lanes = Lanes::interleave([a, b, c, d].map(Lanes::load));
        columns.copy_from_slice(&lanes);
        largest = std::array::from_fn(|c| largest[c].at_least(lanes[c]));
    }
    if width < LANES {
        for (column, target) in columns.iter_mut().enumerate() {
            *target = Lanes::from_array(rows.map(|row| row[column]));
            largest[column] = *target;
        }
    } else if width % LANES > 0 {
        // The last four, of which some were there already.
        let lanes = Lanes::interleave(rows.map(|row| Lanes::load(&row[width - LANES..])));
        columns[width - LANES..].copy_from_slice(&lanes);
        largest = std::array::from_fn(|c| largest[c].at_least(lanes[c]));
    }
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
    let (width, share) = (columns.len(), Lanes::splat(1.0).div(total));
    let (ab, cd) = y.split_at_mut(2 * width);
    let ((a, b), (c, d)) = (ab.split_at_mut(width), cd.split_at_mut(width));
    let turned = |columns: &[Lanes]| Lanes::interleave::<4>(std::array::from_fn(|c| columns[c].mul(share)));
    {
        let [a, b, c, d] = [&mut *a, &mut *b, &mut *c, &mut *d].map(|row| row.chunks_exact_mut(LANES));
        for ((((a, b), c), d), columns) in a.zip(b).zip(c).zip(d).zip(columns.chunks_exact(LANES)) {
            for (lanes, row) in turned(columns).into_iter().zip([a, b, c, d]) {
                lanes.store(row);
            }
        }
    }
    if width < LANES {
        for (column, lanes) in columns.iter().enumerate() {
            [a[column], b[column], c[column], d[column]] = lanes.mul(share).to_array();
        }
    } else if width % LANES > 0 {
        for (lanes, row) in turned(&columns[width - LANES..]).into_iter().zip([a, b, c, d]) {
            lanes.store(&mut row[width - LANES..]);
        }
    }
}

/// `y = eˣ / Σ eˣ` for rows of `width`.
pub fn softmax(width: usize, x: &[Real], y: &mut [Real]) {
    each_rows(width, y, |first, y| softmax_rows(width, &x[first..][..y.len()], y, |_, _, _, _| {}));
}

/// Gives parts of rows to `work`: where they begin, and the part.
fn each_rows(width: usize, out: &mut [Real], work: impl Fn(usize, &mut [Real]) + Sync) {
    // Some twenty operations a value.
    let part = share(out.len() / width, 20 * width) * width;
    each_part(out, part, |index, out| work(index * part, out));
}

/// `dx = y·(dy − Σ dy·y)` for rows of `width`, in place in `d`.
pub fn gradient(width: usize, y: &[Real], d: &mut [Real]) {
    each_rows(width, d, |first, d| {
        for (y, d) in y[first..].chunks_exact(width).zip(d.chunks_exact_mut(width)) {
            zip_in_place(d, y, |d, y| d.mul(y));
            let total = Lanes::splat(-sum(d));
            zip_in_place(d, y, |product, y| y.mul_add(total, product));
        }
    });
}

/// `y = x − ln Σ eˣ` for rows of `width`: the logarithm of [`softmax`].
pub fn log_softmax(width: usize, x: &[Real], y: &mut [Real]) {
    each_rows(width, y, |first, y| {
        let x = &x[first..][..y.len()];
        softmax_rows(width, x, y, |row, y, largest, total| {
            let logarithm = Lanes::splat(natural_logarithm(f64::from(total)) as Real);
            map(&x[row * width..(row + 1) * width], y, |x| x.sub(Lanes::splat(largest)).sub(logarithm));
        });
    });
}

/// Gradient of [`log_softmax`] from its output: `dx = dy − eʸ·Σ dy` for rows of `width`, in place in `d`.
pub fn log_gradient(width: usize, y: &[Real], d: &mut [Real]) {
    each_rows(width, d, |first, d| {
        let constants = Exponential::new();
        for (y, d) in y[first..].chunks_exact(width).zip(d.chunks_exact_mut(width)) {
            let total = Lanes::splat(-sum(d));
            zip_in_place(d, y, |d, y| constants.exp(y).mul_add(total, d));
        }
    });
}

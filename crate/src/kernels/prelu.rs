//! A leaky relu whose slopes are learned (He et al., "Delving Deep into Rectifiers", 2015).
//!
//! Rows shorter than [`WIDTH`] are worked on together, with their slopes repeated, so that loops are long and vectors full.

use crate::threads::{each_pair, each_part, each_share, share_of_units, OF_COPYING};
use crate::vector::{combine, copy, spread, Lanes, Real, Vector};

/// Elements of rows that are worked on together, at most.
const WIDTH: usize = 512;

/// Parts with sums of their own, where there is enough to sum up.
const PARTS: usize = 4;

/// Elements for which parts pay.
const MANY: usize = 1 << 16;

/// `y = x` for x ≥ 0, else `alpha · x`; the slopes repeat for every row.
pub fn forward(alpha: &[Real], x: &[Real], y: &mut [Real]) {
    each_row(alpha, x, x, y, |[x, _, alpha]| x.select_less(Lanes::splat(0.0), x.mul(alpha), x));
}

/// `dx = dy` for x > 0, else `alpha · dy`; `dalpha = Σ over rows of dy · min(x, 0)`.
pub fn gradient(alpha: &[Real], x: &[Real], dy: &[Real], dx: &mut [Real], dalpha: &mut [Real]) {
    let zero = Lanes::splat(0.0);
    let slope = |[x, dy, alpha]: [Lanes; 3]| zero.select_less(x, dy, dy.mul(alpha));
    let add = |sum: Lanes, x: Lanes, dy: Lanes| sum.add(zero.select_less(x, zero, dy.mul(x)));
    dalpha.fill(0.0);
    let width = alpha.len();
    if width >= WIDTH {
        each_row(alpha, x, dy, dx, slope);
        let part = share_of_units(width, 16, OF_COPYING * x.len() / width);
        return each_part(dalpha, part, |number, sums| {
            for (x, dy) in x.chunks_exact(width).zip(dy.chunks_exact(width)) {
                let range = number * part..number * part + sums.len();
                spread::<2, 1, 4>([&x[range.clone()], &dy[range]], [&mut *sums], |[x, dy], [sum]| [add(sum, x, dy)]);
            }
        });
    }
    let (mut repeated, together) = ([0.0; WIDTH], together(width));
    let alpha = repeat(alpha, &mut repeated);
    let parts = if x.len() < MANY { 1 } else { PARTS };
    let part = x.len().div_ceil(parts).next_multiple_of(together).max(together);
    let mut sums = [0.0; PARTS * WIDTH];
    let sums = &mut sums[..dx.len().div_ceil(part) * WIDTH];
    each_pair((dx, part), (&mut *sums, WIDTH), |number, dx, sums| {
        let [x, dy] = [x, dy].map(|values| &values[number * part..][..dx.len()]);
        for ((x, dy), dx) in x.chunks(together).zip(dy.chunks(together)).zip(dx.chunks_mut(together)) {
            // One walk for both: what is read is read once.
            let size = dx.len();
            spread::<3, 2, 4>([x, dy, &alpha[..size]], [dx, &mut sums[..size]], |[x, dy, alpha], [_, sum]| {
                [slope([x, dy, alpha]), add(sum, x, dy)]
            });
        }
    });
    for sums in sums.chunks_exact(WIDTH) {
        for row in sums[..together].chunks_exact(width) {
            spread::<1, 1, 1>([row], [&mut *dalpha], |[row], [sum]| [sum.add(row)]);
        }
    }
}

/// `y = apply(x, dy, alpha)` for every element.
fn each_row(alpha: &[Real], x: &[Real], dy: &[Real], y: &mut [Real], apply: impl Fn([Lanes; 3]) -> Lanes + Sync) {
    let together = together(alpha.len());
    let mut repeated = [0.0; WIDTH];
    let alpha = repeat(alpha, &mut repeated);
    each_share(y, together, OF_COPYING * together, |first, y| {
        let inputs = [x, dy].map(|values| &values[first * together..][..y.len()]);
        for ((x, dy), y) in inputs[0].chunks(together).zip(inputs[1].chunks(together)).zip(y.chunks_mut(together)) {
            combine::<3, 4>([x, dy, &alpha[..y.len()]], y, &apply);
        }
    });
}

/// The slopes of as many rows as are worked on together.
fn repeat<'a>(alpha: &'a [Real], repeated: &'a mut [Real; WIDTH]) -> &'a [Real] {
    if alpha.len() >= WIDTH {
        return alpha;
    }
    let repeated = &mut repeated[..together(alpha.len())];
    repeated.chunks_exact_mut(alpha.len()).for_each(|row| copy(alpha, row));
    repeated
}

/// Elements of rows of `width` that are worked on together.
fn together(width: usize) -> usize {
    (WIDTH / width).max(1) * width
}

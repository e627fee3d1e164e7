//! Outer products: a splat value of one array times vectors of the other.

use super::{Paced, Panel, Tile, Walk};
use crate::vector::{Lanes, Real, Vector, FUSED, LANES};
use std::ops::Range;

/// A step of any reduction here: the NV vectors at `b`, times a value of each of P rows, which is `place(row)` elements behind `a`.
///
/// # Safety
/// All of them must be readable.
#[inline(always)]
pub(super) unsafe fn add_step<const P: usize, const NV: usize>(
    sums: &mut Tile<P, NV>,
    a: *const Real,
    place: impl Fn(usize) -> usize,
    b: *const Real,
) {
    // SAFETY: promised by the caller.
    unsafe {
        let vectors: [Lanes; NV] = std::array::from_fn(|v| Lanes::load_at(b.add(v * LANES)));
        for r in 0..P {
            let value = Lanes::splat_at(a.add(place(r)));
            for v in 0..NV {
                sums[r][v] = value.mul_add(vectors[v], sums[r][v]);
            }
        }
    }
}

/// `tile[r] += Σ a[start + r·row_stride + k] · panel[k]` for the steps `k` of `walk`: rows of `a` whose reduction is
/// contiguous within a segment, and a panel, of whose W vectors the first NV are taken. Panics when a step lies outside a slice.
#[inline(always)]
pub fn rows<const P: usize, const NV: usize, const W: usize>(
    tile: &mut Tile<P, NV>,
    a: &[Real],
    start: usize,
    row_stride: usize,
    walk: Walk,
    panel: Panel,
) {
    if walk.steps() == 0 {
        return;
    }
    assert!(start + (P - 1) * row_stride + walk.reach(1) < a.len());
    assert!(panel.has(&walk, W * LANES, NV * LANES));
    let mut sums = *tile;
    for outer in 0..walk.outer {
        for inner in 0..walk.inner {
            let first = start + outer * walk.outer_stride + inner * walk.inner_stride;
            // SAFETY: the assertions above bound every address that the walk can reach in `a` and in the panel. After the last
            // step the pointers may pass the end: wrapping arithmetic allows that, they are not read again.
            unsafe {
                let mut row = a.as_ptr().add(first);
                let mut b = panel.values.as_ptr().add((outer * panel.outer + inner * panel.inner) * W * LANES);
                // Not unrolled: LLVM would load the vectors of all steps first, and they would not fit the registers.
                for _ in 0..walk.len {
                    add_step(&mut sums, row, |r| r * row_stride, b);
                    row = row.wrapping_add(1);
                    b = b.wrapping_add(W * LANES);
                }
            }
        }
    }
    *tile = sums;
}

/// `tile[r] += Σ a[start_a + r·row + k·step_a] · b[start_b + k·step_b + …]` for `count` steps `k`: both arrays as they lie. Panics
/// when a step lies outside a slice.
#[inline(always)]
pub fn strides<const P: usize, const NV: usize>(
    tile: &mut Tile<P, NV>,
    (a, start_a, row, step_a): (&[Real], usize, usize, usize),
    b: (&[Real], usize, usize),
    count: usize,
) {
    steps(tile, (a, start_a, step_a), |r| r * row, b, count);
}

/// `tile[r] += Σ a[start_a + k·step_a + r / 4 · apart + r % 4] · b[start_b + k·step_b + …]` for `count` steps `k`: rows that lie four
/// and four side by side in `a`. Panics when a step lies outside a slice.
#[inline(always)]
pub fn fours<const P: usize, const NV: usize>(
    tile: &mut Tile<P, NV>,
    (a, start_a, apart, step_a): (&[Real], usize, usize, usize),
    b: (&[Real], usize, usize),
    count: usize,
) {
    steps(tile, (a, start_a, step_a), |r| r / LANES * apart + r % LANES, b, count);
}

/// The steps of [`strides`] and [`fours`], where `place` says how far a row of the tile is from the first one: the last one the farthest.
#[inline(always)]
fn steps<const P: usize, const NV: usize>(
    tile: &mut Tile<P, NV>,
    (a, start_a, step_a): (&[Real], usize, usize),
    place: impl Fn(usize) -> usize,
    (b, start_b, step_b): (&[Real], usize, usize),
    count: usize,
) {
    if count == 0 {
        return;
    }
    assert!(start_a + place(P - 1) + (count - 1) * step_a < a.len());
    assert!(start_b + (count - 1) * step_b + NV * LANES <= b.len());
    let mut sums = *tile;
    // SAFETY: the assertions bound every address, as no row is farther than the last one. After the last step the pointers may pass the end: wrapping arithmetic
    // allows that, they are not read again.
    unsafe {
        let (mut pa, mut pb) = (a.as_ptr().add(start_a), b.as_ptr().add(start_b));
        for _ in 0..count {
            add_step(&mut sums, pa, &place, pb);
            pa = pa.wrapping_add(step_a);
            pb = pb.wrapping_add(step_b);
        }
    }
    *tile = sums;
}

/// `out[start_out + r·stride + c] = Σ a[start + r·row_stride + k] · panels[c / 16][k][c % 16]` for P rows and all columns of
/// `count` panels of sixteen, NV of their four vectors at a time, or added to what is there unless `fresh`: for reductions of few steps, where
/// checks for each tile would take as long as the tile. Panics when a step lies outside a slice.
#[inline(always)]
pub fn along<const P: usize, const NV: usize>(
    (a, start, row_stride, steps): (&[Real], usize, usize, usize),
    (panels, count): (&[Real], usize),
    (out, start_out, stride): (&mut [Real], usize, usize),
    fresh: bool,
) {
    const WIDTH: usize = 4 * LANES;
    assert!(steps > 0 && start + (P - 1) * row_stride + steps <= a.len());
    assert!(count * steps * WIDTH <= panels.len() && 4 % NV == 0);
    assert!(start_out + (P - 1) * stride + count * WIDTH <= out.len());
    // SAFETY: the assertions bound every address. After the last step the pointers may pass the end: wrapping arithmetic
    // allows that, they are not read again.
    unsafe {
        let first = a.as_ptr().add(start);
        for panel in 0..count {
            for part in (0..WIDTH).step_by(NV * LANES) {
                let mut sums: Tile<P, NV> = super::zeros();
                let mut row = first;
                let mut b = panels.as_ptr().add(panel * steps * WIDTH + part);
                let end = b.wrapping_add(steps * WIDTH);
                while b != end {
                    add_step(&mut sums, row, |r| r * row_stride, b);
                    row = row.wrapping_add(1);
                    b = b.wrapping_add(WIDTH);
                }
                let target = out.as_mut_ptr().add(start_out + panel * WIDTH + part);
                for r in 0..P {
                    for v in 0..NV {
                        let place = target.add(r * stride).add(v * LANES);
                        let sum = if fresh { sums[r][v] } else { Lanes::load_at(place).add(sums[r][v]) };
                        sum.store_at(place);
                    }
                }
            }
        }
    }
}

/// `tile[r] += Σ a[start_a + k·step_a + r] · b[start_b + k·step_b + …]`: the rows of the tile lie side by side in
/// `a`, so that each step is an outer product. Both arrays walk with their own strides and the same lengths.
/// Panics when there is no step, or when one lies outside a slice.
#[inline(always)]
pub fn columns<const P: usize, const NV: usize>(
    tile: &mut Tile<P, NV>,
    (a, start_a, step_a, walk_a): (&[Real], usize, usize, Walk),
    (b, start_b, step_b, walk_b): (&[Real], usize, usize, Walk),
) {
    assert!(walk_a.steps() > 0);
    assert!(walk_a.outer == walk_b.outer && walk_a.inner == walk_b.inner && walk_a.len == walk_b.len);
    assert!(start_a + walk_a.reach(step_a) + P <= a.len());
    assert!(start_b + walk_b.reach(step_b) + NV * LANES <= b.len());
    let mut sums = *tile;
    for outer in 0..walk_a.outer {
        for inner in 0..walk_a.inner {
            let first_a = start_a + outer * walk_a.outer_stride + inner * walk_a.inner_stride;
            let first_b = start_b + outer * walk_b.outer_stride + inner * walk_b.inner_stride;
            // SAFETY: the assertions above bound every address that the walks can reach in `a` and in `b`. After the
            // last step the pointers may pass the end: wrapping arithmetic allows that, they are not read again.
            unsafe {
                let mut pa = a.as_ptr().add(first_a);
                let mut pb = b.as_ptr().add(first_b);
                let end = pb.wrapping_add(walk_a.len * step_b);
                while pb != end {
                    add_step(&mut sums, pa, |r| r, pb);
                    pa = pa.wrapping_add(step_a);
                    pb = pb.wrapping_add(step_b);
                }
            }
        }
    }
    *tile = sums;
}

/// `tile[v][p] += Σ a[start_a + k·step_a + p] · b[start_b + k·step_b + 4v …]` for `count` steps `k`. P values wait in registers while NV
/// vectors of `b` pass through one: twelve sums of six vectors fit beside two values. Panics when a step lies outside a slice.
#[inline(always)]
pub fn vector_by_vector<const NV: usize, const P: usize>(
    tile: &mut Tile<NV, P>,
    (a, start_a, step_a): (&[Real], usize, usize),
    (b, start_b, step_b): (&[Real], usize, usize),
    count: usize,
) {
    if count == 0 {
        return;
    }
    assert!(start_a + (count - 1) * step_a + P <= a.len());
    assert!(start_b + (count - 1) * step_b + NV * LANES <= b.len());
    let mut sums = *tile;
    // SAFETY: the assertions bound every address. After the last step the pointers may pass the end: wrapping arithmetic
    // allows that, they are not read again.
    unsafe {
        let (mut pa, mut pb) = (a.as_ptr().add(start_a), b.as_ptr().add(start_b));
        for _ in 0..count {
            let values: [Lanes; P] = std::array::from_fn(|p| Lanes::splat_at(pa.add(p)));
            for v in 0..NV {
                let vector = Lanes::load_at(pb.add(v * LANES));
                for p in 0..P {
                    sums[v][p] = values[p].mul_add(vector, sums[v][p]);
                }
            }
            pa = pa.wrapping_add(step_a);
            pb = pb.wrapping_add(step_b);
        }
    }
    *tile = sums;
}

/// `out[p·stride + c] += Σ a[k·step + p] · panel[k][c]` for the rows `p`, P at a time, as many as there are, and the W vectors of the
/// panel, NV at a time. With every step of a tile something that comes `next` is asked for, if products are fused: beside sums and
/// products that wait for each other it would take a seventh longer. Answers the first row that is left. Panics when a step lies outside
/// a slice.
#[inline(always)]
pub fn outer_tiles<const P: usize, const NV: usize, const W: usize>(
    (a, step): (&[Real], usize),
    panel: &[Real],
    (out, stride): (&mut [Real], usize),
    rows: Range<usize>,
    next: &mut Paced,
) -> usize {
    let steps = panel.len() / (W * LANES);
    let count = rows.len() / P;
    if count == 0 || steps == 0 {
        return rows.start;
    }
    let end = rows.start + count * P;
    assert!((steps - 1) * step + end <= a.len() && (end - 1) * stride + W * LANES <= out.len());
    // SAFETY: the assertions bound every address, and a tile asks once a step. After the last step the pointers may pass the end: wrapping
    // arithmetic allows that, they are not read again.
    unsafe {
        let mut first = a.as_ptr().add(rows.start);
        let mut target = out.as_mut_ptr().add(rows.start * stride);
        let after = steps * W * LANES;
        for _ in 0..count {
            for part in 0..W / NV {
                let mut sums: Tile<P, NV> = super::zeros();
                let (mut row, mut b) = (first, panel.as_ptr().wrapping_add(part * NV * LANES));
                let last = b.wrapping_add(after);
                let mut ahead = next.of_tile(steps, b);
                while b != last {
                    if FUSED {
                        ahead.touch();
                    }
                    add_step(&mut sums, row, |r| r, b);
                    row = row.wrapping_add(step);
                    b = b.wrapping_add(W * LANES);
                }
                for r in 0..P {
                    for v in 0..NV {
                        let place = target.add(r * stride + (part * NV + v) * LANES);
                        Lanes::load_at(place).add(sums[r][v]).store_at(place);
                    }
                }
            }
            target = target.wrapping_add(P * stride);
            first = first.wrapping_add(P);
        }
    }
    end
}

//! Transforms of both axes: they are applied to the columns of a rectangle, then to the rows of what comes out.

use crate::vector::Lanes;

/// A transform of whole tiles, and that of tiles of two rows or columns out of four, which need some of the points alone and
/// share the other side's values there. What they answer where `made` says no, of whole ones and of the others, is not used.
#[derive(Clone, Copy)]
pub struct Transform<const R: usize, Whole, Half> {
    pub whole: Whole,
    pub half: Half,
    pub made: [[bool; R]; 2],
}

/// A function of one axis.
pub trait Axis<const S: usize, const R: usize>: Fn([Lanes; S]) -> [Lanes; R] {}
impl<const S: usize, const R: usize, F: Fn([Lanes; S]) -> [Lanes; R]> Axis<S, R> for F {}

/// [`around`] of a tile that may have two rows, or columns, instead of four.
#[inline(always)]
pub fn around_tile<const SR: usize, const SC: usize, const RR: usize, const RC: usize>(
    down: &Transform<RR, impl Axis<SR, RR>, impl Axis<SR, RR>>,
    across: &Transform<RC, impl Axis<SC, RC>, impl Axis<SC, RC>>,
    halves: [bool; 2],
    source: impl Fn(usize, usize) -> Lanes,
    mut set: impl FnMut(usize, usize, Lanes),
) {
    let (rows, columns) = ((&down.whole, &down.made[0]), (&across.whole, &across.made[0]));
    let (half_rows, half_columns) = ((&down.half, &down.made[1]), (&across.half, &across.made[1]));
    // One row is whole.
    match [halves[0] && SR.max(RR) > 1, halves[1]] {
        [false, false] => rectangle(rows, columns, source, &mut set),
        [false, true] => rectangle(rows, half_columns, source, &mut set),
        [true, false] => rectangle(half_rows, columns, source, &mut set),
        [true, true] => rectangle(half_rows, half_columns, source, &mut set),
    }
}

/// Applies a transform to the columns of a rectangle and another one to the rows of what comes out: RR×RC vectors of SR×SC.
#[inline(always)]
pub fn around<const SR: usize, const SC: usize, const RR: usize, const RC: usize>(
    down: impl Axis<SR, RR>,
    across: impl Axis<SC, RC>,
    source: impl Fn(usize, usize) -> Lanes,
    mut set: impl FnMut(usize, usize, Lanes),
) {
    rectangle((&down, &[true; RR]), (&across, &[true; RC]), source, &mut set);
}

/// The same where they say that they make something.
#[inline(always)]
fn rectangle<const SR: usize, const SC: usize, const RR: usize, const RC: usize>(
    (down, rows): (&impl Axis<SR, RR>, &[bool; RR]),
    (across, columns): (&impl Axis<SC, RC>, &[bool; RC]),
    source: impl Fn(usize, usize) -> Lanes,
    set: &mut impl FnMut(usize, usize, Lanes),
) {
    let made: [_; SC] = std::array::from_fn(|j| down(std::array::from_fn(|i| source(i, j))));
    // Written out: LLVM would put all columns into memory for a loop.
    emit(0, rows, &made, (across, columns), set);
    emit(1, rows, &made, (across, columns), set);
    emit(2, rows, &made, (across, columns), set);
    emit(3, rows, &made, (across, columns), set);
    emit(4, rows, &made, (across, columns), set);
    emit(5, rows, &made, (across, columns), set);
    emit(6, rows, &made, (across, columns), set);
    emit(7, rows, &made, (across, columns), set);
}

/// Row `i` of [`rectangle`], if there is one.
#[inline(always)]
fn emit<const SC: usize, const RR: usize, const RC: usize>(
    i: usize,
    rows: &[bool; RR],
    made: &[[Lanes; RR]; SC],
    (across, columns): (&impl Axis<SC, RC>, &[bool; RC]),
    set: &mut impl FnMut(usize, usize, Lanes),
) {
    if i < RR && rows[i] {
        let row = across(std::array::from_fn(|j| made[j][i]));
        for j in 0..RC {
            if columns[j] {
                set(i, j, row[j]);
            }
        }
    }
}

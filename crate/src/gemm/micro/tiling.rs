//! How large tiles are: as the processor's registers allow.
//!
//! V8 has 15 vector registers to give on x64, and with ten sums and what they are made of some go to the stack. On arm64 it
//! has 28 or so, and processors there begin up to four fused additions a cycle, each of which takes four: sixteen
//! sums are the fewest that do not wait for themselves. A sum has the same bits in a tile of any size.
//!
//! Twelve sums of two vectors just fit the fifteen registers, where nothing else needs one: eight, which two additions a cycle want
//! at least, wait for each other at every delay.

use crate::vector::{many_registers, FUSED};

/// Work on a panel of W vectors of columns, in tiles of P rows and NV vectors.
pub trait Tiled {
    /// Does it.
    fn run<const P: usize, const NV: usize, const W: usize>(self);
}

/// Does work on a panel of one to four vectors in tiles that suit the processor, all as wide as the panel.
#[inline(always)]
pub fn tiled(vectors: usize, work: impl Tiled) {
    match (vectors, many_registers()) {
        (4, false) => work.run::<2, 4, 4>(),
        (3, false) => work.run::<3, 3, 3>(),
        (2, false) => work.run::<4, 2, 2>(),
        _ => in_large_tiles(vectors, work),
    }
}

/// Whether twelve sums of two vectors are the best that registers have room for: on x64 where products are fused, and are no instructions
/// of their own, which take a register.
#[inline]
pub fn by_halves() -> bool {
    FUSED && !many_registers()
}

/// [`tiled`], but four vectors are two and two where that is best, see [`by_halves`].
#[inline(always)]
pub fn tiled_by_halves(vectors: usize, work: impl Tiled) {
    match (vectors, by_halves()) {
        (4, true) => work.run::<SIX, 2, 4>(),
        (2, true) => work.run::<SIX, 2, 2>(),
        _ => tiled(vectors, work),
    }
}

#[inline(always)]
fn in_large_tiles(vectors: usize, work: impl Tiled) {
    match vectors {
        4 => work.run::<4, 4, 4>(),
        3 => work.run::<6, 3, 3>(),
        2 => work.run::<8, 2, 2>(),
        _ => work.run::<8, 1, 1>(),
    }
}

/// Rows of a tile of twelve sums.
pub const SIX: usize = 6;

/// Cuts rows into tiles of six, five and four times two vectors, so that few sums are never alone: how many rows go to each. What is left are three
/// rows or fewer, where there are no more than seven.
pub fn in_sixes(rows: usize) -> [usize; 3] {
    let (fives, fours) = match (rows % SIX, rows) {
        (1, 13..) => (5, 8),
        (2, 8..) => (0, 8),
        (3, 9..) => (5, 4),
        (4, _) => (0, 4),
        (5, _) => (5, 0),
        (1, 7) => (0, 4),
        _ => (0, 0),
    };
    let rest = if rows < 4 || rows == 7 { rows } else { fives + fours };
    [rows - rest, fives, fours]
}

/// [`in_sixes`] where such tiles are best, see [`by_halves`], and leave no row.
pub fn all_in_sixes(rows: usize) -> Option<[usize; 3]> {
    let cut = in_sixes(rows);
    (by_halves() && cut.iter().sum::<usize>() == rows).then_some(cut)
}

/// Cuts rows into tiles of six and perhaps one of five, so that what is left are pairs: how many rows go to both. A row alone takes
/// as long as two. For panels of four vectors: a pair with all of them has as many sums as four rows of two.
pub fn in_pairs(rows: usize) -> [usize; 2] {
    let five = if rows % 2 == 1 && rows >= 5 { 5 } else { 0 };
    [(rows - five) / SIX * SIX, five]
}

#[cfg(test)]
mod tests {
    use super::{in_pairs, in_sixes};

    #[test]
    fn what_sixes_and_a_five_leave_are_pairs() {
        for rows in 0..100 {
            let [sixes, five] = in_pairs(rows);
            let left = rows - sixes - five;
            assert!(sixes % 6 == 0 && five % 5 == 0 && left < 6);
            assert!(left % 2 == 0 || rows < 5, "{rows}");
        }
    }

    #[test]
    fn rows_are_cut_into_whole_tiles() {
        for rows in 0..100 {
            let [sixes, fives, fours] = in_sixes(rows);
            assert!(sixes % 6 == 0 && fives % 5 == 0 && fours % 4 == 0);
            let left = rows - sixes - fives - fours;
            assert!(if rows < 4 || rows == 7 { left < 4 } else { left == 0 }, "{rows}");
        }
    }
}

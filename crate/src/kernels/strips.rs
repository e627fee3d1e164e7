//! How matrices are worked through column by column: blocks of rows that stay in a cache, and in each of them strips of
//! columns whose sums or factors stay in registers.

use crate::vector::{Lanes, Real, Vector, LANES};

/// Rows of a block: some 32 KiB, but neither so many that long sums lose much, nor so few that their ends cost much.
pub fn block_rows(columns: usize) -> usize {
    (8192 / columns.max(1)).clamp(16, 64)
}

/// What is done with a strip of V vectors of columns from `first` on. With `PART` there is one vector of which only
/// `count` columns are meant.
pub trait Strip {
    /// Works on the strip.
    fn run<const V: usize, const PART: bool>(&mut self, first: usize, count: usize);
}

/// Gives all columns to `strip`, up to MAX ≤ 4 vectors at a time.
#[inline(always)]
pub fn each_strip<const MAX: usize>(columns: usize, strip: &mut impl Strip) {
    let mut first = 0;
    while first + MAX * LANES <= columns {
        strip.run::<MAX, false>(first, MAX * LANES);
        first += MAX * LANES;
    }
    if MAX > 2 && first + 2 * LANES <= columns {
        strip.run::<2, false>(first, 2 * LANES);
        first += 2 * LANES;
    }
    if first + LANES <= columns {
        strip.run::<1, false>(first, LANES);
        first += LANES;
    }
    if first < columns {
        strip.run::<1, true>(first, columns - first);
    }
}

/// The strip of a row that begins at `place`; in a `PART` the lanes behind the strip hold anything.
#[inline(always)]
pub fn load<const V: usize, const PART: bool>(values: &[Real], place: usize) -> [Lanes; V] {
    if PART && place + LANES > values.len() {
        return [Lanes::load_few(&values[place..], 0.0); V];
    }
    let strip = &values[place..place + V * LANES];
    std::array::from_fn(|v| Lanes::load(&strip[v * LANES..]))
}

/// Writes a strip of `count` columns to a row.
#[inline(always)]
pub fn store<const V: usize, const PART: bool>(strip: [Lanes; V], values: &mut [Real], place: usize, count: usize) {
    if PART {
        return strip[0].store_few(&mut values[place..place + count]);
    }
    let target = &mut values[place..place + V * LANES];
    for (v, lanes) in strip.iter().enumerate() {
        lanes.store(&mut target[v * LANES..]);
    }
}

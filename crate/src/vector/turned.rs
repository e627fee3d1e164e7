//! Four rows of a matrix as columns, a lane a row, and back: pointers that move, nothing is checked within a loop.

use super::{Lanes, Real, Vector, LANES};

/// The columns of four rows that lie one after the other; `see` gets four columns a time, some of them again where the rows
/// are not whole vectors. Panics when there are none, or when the lengths differ.
#[inline(always)]
pub fn rows_to_columns(rows: &[Real], columns: &mut [Lanes], mut see: impl FnMut([Lanes; LANES])) {
    let width = columns.len();
    assert!(width > 0 && rows.len() == LANES * width);
    if width < LANES {
        for (c, column) in columns.iter_mut().enumerate() {
            *column = match width {
                1 => Lanes::load(rows),
                2 => Lanes::load(&rows[c..]).pick_of_twos(Lanes::load(&rows[c + 3..])),
                _ => Lanes::load(&rows[c..]).pick_of_threes(Lanes::load(&rows[c + 6..])),
            };
        }
        return see(std::array::from_fn(|c| columns[c.min(width - 1)]));
    }
    let (mut places, mut target) = (starts(width).map(|start| rows.as_ptr().wrapping_add(start)), columns.as_mut_ptr());
    let mut step = |places: &[*const Real; LANES], target: *mut Lanes| {
        // SAFETY: four columns are left of all arrays, or it is the last four.
        unsafe {
            let lanes = Lanes::interleave(places.map(|place| Lanes::load_at(place)));
            for c in 0..LANES {
                *target.add(c) = lanes[c];
            }
            see(lanes);
        }
    };
    for _ in 0..width / LANES {
        step(&places, target);
        for place in &mut places {
            *place = place.wrapping_add(LANES);
        }
        target = target.wrapping_add(LANES);
    }
    if width % LANES > 0 {
        let again = LANES - width % LANES;
        step(&places.map(|place| place.wrapping_sub(again)), target.wrapping_sub(again));
    }
}

/// Columns as four rows that lie one after the other, each value after `apply`. Panics when there are none, or when the lengths
/// differ.
#[inline(always)]
pub fn columns_to_rows(columns: &[Lanes], rows: &mut [Real], apply: impl Fn(Lanes) -> Lanes) {
    let width = columns.len();
    assert!(width > 0 && rows.len() == LANES * width);
    if width < LANES {
        return match width {
            1 => weave::<1>(columns, rows, apply),
            2 => weave::<2>(columns, rows, apply),
            _ => weave::<3>(columns, rows, apply),
        };
    }
    let start = rows.as_mut_ptr();
    let (mut places, mut source) = (starts(width).map(|first| start.wrapping_add(first)), columns.as_ptr());
    let step = |places: &[*mut Real; LANES], source: *const Lanes| {
        // SAFETY: as above.
        unsafe {
            let lanes = Lanes::interleave::<LANES>(std::array::from_fn(|c| apply(*source.add(c))));
            for row in 0..LANES {
                lanes[row].store_at(places[row]);
            }
        }
    };
    for _ in 0..width / LANES {
        step(&places, source);
        for place in &mut places {
            *place = place.wrapping_add(LANES);
        }
        source = source.wrapping_add(LANES);
    }
    if width % LANES > 0 {
        let again = LANES - width % LANES;
        step(&places.map(|place| place.wrapping_sub(again)), source.wrapping_sub(again));
    }
}

/// [`columns_to_rows`] of fewer columns than a vector has lanes.
#[inline(always)]
fn weave<const N: usize>(columns: &[Lanes], rows: &mut [Real], apply: impl Fn(Lanes) -> Lanes) {
    let woven = Lanes::interleave::<N>(std::array::from_fn(|c| apply(columns[c])));
    for (woven, rows) in woven.into_iter().zip(rows.chunks_exact_mut(LANES)) {
        woven.store(rows);
    }
}

/// Where four rows begin.
#[inline(always)]
fn starts(width: usize) -> [usize; LANES] {
    std::array::from_fn(|row| row * width)
}

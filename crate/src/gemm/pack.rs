//! Packs the right matrix of a product: panels of sixteen columns, step by step, zeros where columns are missing. The
//! last panel is as many vectors wide as it needs.

use crate::vector::{Lanes, Real, Vector, LANES};

/// Columns of a full panel: four vectors.
pub const PANEL: usize = 4 * LANES;

/// Elements of `k` packed rows of `n` columns.
pub fn packed_size(k: usize, n: usize) -> usize {
    k * n.div_ceil(LANES) * LANES
}

/// First element of the panel that begins at column `column`, a multiple of [`PANEL`].
pub fn panel_start(k: usize, column: usize) -> usize {
    k * column
}

/// Columns of the panel that begins at `column`, with its padding: 16, or the multiple of 4 that holds the last ones.
pub fn panel_width(n: usize, column: usize) -> usize {
    ((n - column).div_ceil(LANES) * LANES).min(PANEL)
}

/// Packs one panel of up to 16 columns from a matrix whose rows are `stride` apart: `panel[row] = source[row·stride ..]`.
pub fn pack_panel(source: &[Real], stride: usize, used: usize, panel: &mut [Real], width: usize) {
    match width / LANES {
        1 => pack_vectors::<1>(source, stride, used, panel),
        2 => pack_vectors::<2>(source, stride, used, panel),
        3 => pack_vectors::<3>(source, stride, used, panel),
        _ => pack_vectors::<4>(source, stride, used, panel),
    }
}

/// A panel of so many vectors that the compiler knows: one check a row, no loop over its vectors.
fn pack_vectors<const NV: usize>(source: &[Real], stride: usize, used: usize, panel: &mut [Real]) {
    let rows = panel.chunks_exact_mut(NV * LANES).enumerate();
    if used == NV * LANES {
        for (row, target) in rows {
            let source = &source[row * stride..][..NV * LANES];
            for v in 0..NV {
                Lanes::load(&source[v * LANES..]).store(&mut target[v * LANES..]);
            }
        }
        return;
    }
    // Of the last vector some lanes are there; what comes behind them becomes zero.
    let (lane, rest) = (Lanes::from_array([0.0, 1.0, 2.0, 3.0]), Lanes::splat((used % LANES) as Real));
    for (row, target) in rows {
        let source = &source[row * stride..];
        for v in 0..NV - 1 {
            Lanes::load(&source[v * LANES..]).store(&mut target[v * LANES..]);
        }
        let source = &source[(NV - 1) * LANES..];
        let last = if source.len() < LANES { Lanes::load_few(source, 0.0) } else { Lanes::load(source) };
        lane.select_less(rest, last, Lanes::splat(0.0)).store(&mut target[(NV - 1) * LANES..]);
    }
}

/// Packs one panel of up to 16 columns that are the rows of a matrix, `stride` apart: `panel[row][c] = source[c·stride +
/// row]`, four by four.
pub fn pack_panel_transposed(source: &[Real], stride: usize, used: usize, panel: &mut [Real], width: usize) {
    let steps = panel.len() / width;
    for first in (0..width).step_by(LANES) {
        let columns = LANES.min(used - first);
        let mut row = 0;
        if steps >= LANES {
            while row < steps {
                // The last ones may be some of those before, written again.
                let place = row.min(steps - LANES);
                let vectors = std::array::from_fn(|c| match c {
                    c if c < columns => Lanes::load(&source[(first + c) * stride + place..]),
                    _ => Lanes::splat(0.0),
                });
                for (r, vector) in Lanes::interleave::<4>(vectors).into_iter().enumerate() {
                    vector.store(&mut panel[(place + r) * width + first..]);
                }
                row = place + LANES;
            }
        }
        for row in row..steps {
            for c in 0..LANES {
                let value = if c < columns { source[(first + c) * stride + row] } else { 0.0 };
                panel[row * width + first + c] = value;
            }
        }
    }
}

/// `target[c][row] = source[row·stride + c]`: the transpose of `target.len() / rows` columns, four by four. The last ones may be
/// some of those before, written again.
pub fn transpose(source: &[Real], stride: usize, rows: usize, target: &mut [Real]) {
    let columns = target.len() / rows;
    if rows < LANES || columns < LANES {
        for (c, target) in target.chunks_exact_mut(rows).enumerate() {
            for (row, value) in target.iter_mut().enumerate() {
                *value = source[row * stride + c];
            }
        }
        return;
    }
    for column in (0..columns).step_by(LANES) {
        let column = column.min(columns - LANES);
        for row in (0..rows).step_by(LANES) {
            let row = row.min(rows - LANES);
            let vectors = std::array::from_fn(|r| Lanes::load(&source[(row + r) * stride + column..]));
            for (c, vector) in Lanes::interleave::<4>(vectors).into_iter().enumerate() {
                vector.store(&mut target[(column + c) * rows + row..]);
            }
        }
    }
}

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
    if used == width {
        match width / LANES {
            2 => return pack_vectors::<2>(source, stride, panel),
            3 => return pack_vectors::<3>(source, stride, panel),
            4 => return pack_vectors::<4>(source, stride, panel),
            _ => {}
        }
    }
    for (row, target) in panel.chunks_exact_mut(width).enumerate() {
        let source = &source[row * stride..][..used];
        for (part, from) in target.chunks_exact_mut(LANES).zip(source.chunks(LANES)) {
            if from.len() == LANES {
                Lanes::load(from).store(part);
            } else {
                part.fill(0.0);
                for (value, &from) in part.iter_mut().zip(from) {
                    *value = from;
                }
            }
        }
    }
}

/// A panel of whole vectors, so many that the compiler knows: one check a row, no loop over its vectors.
fn pack_vectors<const NV: usize>(source: &[Real], stride: usize, panel: &mut [Real]) {
    for (row, target) in panel.chunks_exact_mut(NV * LANES).enumerate() {
        let source = &source[row * stride..][..NV * LANES];
        for v in 0..NV {
            Lanes::load(&source[v * LANES..]).store(&mut target[v * LANES..]);
        }
    }
}

/// Packs one panel of up to 16 columns that are the rows of a matrix, `stride` apart: `panel[row][c] = source[c·stride +
/// row]`, four by four.
pub fn pack_panel_transposed(source: &[Real], stride: usize, used: usize, panel: &mut [Real], width: usize) {
    let steps = panel.len() / width;
    for first in (0..width).step_by(LANES) {
        let columns = LANES.min(used - first);
        let mut row = 0;
        if columns == LANES && steps >= LANES {
            while row < steps {
                // The last ones may be some of those before, written again.
                let place = row.min(steps - LANES);
                let vectors = std::array::from_fn(|c| Lanes::load(&source[(first + c) * stride + place..]));
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

//! Packs the right matrix of a product: panels of eight columns, step by step, zeros where columns are missing.
//! The last panel has four columns when no more are needed.

use crate::vector::{Real, LANES};

/// Columns of a full panel: two vectors.
pub const PANEL: usize = 2 * LANES;

/// Elements of `k` packed rows of `n` columns.
pub fn packed_size(k: usize, n: usize) -> usize {
    k * n.div_ceil(LANES) * LANES
}

/// First element of the panel that begins at column `column`, a multiple of [`PANEL`].
pub fn panel_start(k: usize, column: usize) -> usize {
    k * column
}

/// Columns of the panel that begins at `column`, with its padding: 8, or 4 for a last panel of up to four.
pub fn panel_width(n: usize, column: usize) -> usize {
    if n - column > LANES {
        PANEL
    } else {
        LANES
    }
}

/// Packs rows `k0 .. k0 + k` of a `[?, n]` matrix that is reached through `at(row, column)`.
#[inline(always)]
pub fn pack(k: usize, n: usize, packed: &mut [Real], at: impl Fn(usize, usize) -> Real) {
    let mut column = 0;
    while column < n {
        let width = panel_width(n, column);
        let used = width.min(n - column);
        let panel = &mut packed[panel_start(k, column)..][..k * width];
        for (row, part) in panel.chunks_exact_mut(width).enumerate() {
            for (offset, value) in part.iter_mut().enumerate() {
                *value = if offset < used { at(row, column + offset) } else { 0.0 };
            }
        }
        column += width;
    }
}

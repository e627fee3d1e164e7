//! Rows times a packed panel of columns: tile by tile down the rows.

use super::ahead::Ahead;
use crate::gemm::micro::{in_pairs, rows, store, tiled_by_halves, zeros, Panel, Tiled, Walk, SIX};
use crate::vector::{Real, LANES};

/// One panel of columns.
#[derive(Clone, Copy)]
pub struct Part {
    /// Columns of the result.
    pub n: usize,
    /// From one row to the next.
    pub stride: usize,
    /// The first column.
    pub column: usize,
    /// Columns that there are.
    pub used: usize,
    /// Whether the result is overwritten, not added to.
    pub fresh: bool,
}

/// A panel and all rows, and what is asked for meanwhile.
pub struct Down<'a, 'b> {
    pub part: Part,
    pub a: &'a [Real],
    pub panel: &'a [Real],
    pub c: &'a mut [Real],
    pub ahead: &'a mut Ahead<'b>,
}

impl Tiled for Down<'_, '_> {
    #[inline(always)]
    fn run<const P: usize, const NV: usize, const W: usize>(self) {
        self.go::<P, NV, W, true>();
    }
}

/// The last columns of a matrix: its tiles store a part of a vector, and are another function, or the others would be slower.
struct Last<'a, 'b>(Down<'a, 'b>);

impl Tiled for Last<'_, '_> {
    #[inline(always)]
    fn run<const P: usize, const NV: usize, const W: usize>(self) {
        self.0.go::<P, NV, W, false>();
    }
}

impl Down<'_, '_> {
    /// The whole panel, which is `vectors` wide.
    pub fn all(self, vectors: usize) {
        if self.part.used == vectors * LANES {
            return tiled_by_halves(vectors, self);
        }
        tiled_by_halves(vectors, Last(self));
    }

    /// All rows: tiles of P rows, then pairs.
    #[inline(never)]
    fn go<const P: usize, const NV: usize, const W: usize, const WHOLE: bool>(mut self) {
        let count = self.c.len() / self.part.n;
        let [most, five] = if P == SIX { in_pairs(count) } else { [count / P * P, 0] };
        for row in (0..most).step_by(P) {
            self.across::<P, NV, W, WHOLE>(row);
            self.ahead.touch();
        }
        let mut row = most + five;
        if five > 0 {
            self.across::<5, NV, W, WHOLE>(most);
        }
        while P > 2 && row + 2 <= count {
            self.across::<2, W, W, WHOLE>(row);
            row += 2;
        }
        if row < count {
            self.across::<1, W, W, WHOLE>(row);
        }
    }

    /// P rows and all vectors of the panel, NV at a time.
    #[inline(always)]
    fn across<const P: usize, const NV: usize, const W: usize, const WHOLE: bool>(&mut self, row: usize) {
        let Part { n, stride, column, used, fresh } = self.part;
        let walk = Walk::straight(self.panel.len() / (W * LANES));
        for first in (0..W * LANES).step_by(NV * LANES) {
            let mut sums = zeros::<P, NV>();
            let panel = Panel::whole(&self.panel[first..], &walk);
            rows::<P, NV, W>(&mut sums, self.a, row * stride, stride, walk, panel);
            let width = if WHOLE { NV * LANES } else { (used - first).min(NV * LANES) };
            store(&sums, self.c, row * n + column + first, n, width, fresh);
        }
    }
}

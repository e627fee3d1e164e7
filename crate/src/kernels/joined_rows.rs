//! Matrices of few columns seen as wider ones: several rows lie side by side in one, so that vectors are full. What is known of a
//! column is repeated for it, and sums of the wide columns are added in their order.

use super::map::zip_in_place;
use crate::vector::{copy, Real, Vector, LANES};

/// Most columns of a wide matrix.
const MOST: usize = 256;

/// How a matrix is cut: rows that lie together in a wide one, wide rows, and elements of these; the rest are fewer rows.
#[derive(Clone, Copy)]
pub struct JoinedRows {
    columns: usize,
    together: usize,
    /// Wide rows.
    pub rows: usize,
}

impl JoinedRows {
    /// Of a matrix of few columns and rows enough.
    pub fn of(rows: usize, columns: usize) -> Option<Self> {
        let together = match columns {
            ..16 => 16,
            16..64 if columns % LANES != 0 => 4,
            _ => return None,
        };
        (rows >= 4 * together).then_some(Self { columns, together, rows: rows / together })
    }

    /// Columns of the wide matrix.
    pub fn width(&self) -> usize {
        self.together * self.columns
    }

    /// Elements of the wide matrix.
    pub fn size(&self) -> usize {
        self.rows * self.width()
    }

    /// A value of each column for each wide one, of which there are [`Self::width`].
    pub fn repeat(&self, values: &[Real]) -> [Real; MOST] {
        let mut repeated = [0.0; MOST];
        write_out(values, &mut repeated[..self.width()]);
        repeated
    }

    /// `sums` gets those of the columns from those of the wide ones.
    pub fn fold(&self, wide: &[Real], sums: &mut [Real]) {
        sums.fill(0.0);
        for wide in wide.chunks_exact(self.columns) {
            zip_in_place(sums, wide, |sum, wide| sum.add(wide));
        }
    }

    /// Room for two values of each wide column.
    pub fn room() -> [Real; 2 * MOST] {
        [0.0; 2 * MOST]
    }
}

/// Values again and again.
fn write_out(values: &[Real], rows: &mut [Real]) {
    rows.chunks_exact_mut(values.len()).for_each(|row| copy(values, row));
}

/// Fewer values are written out before they are repeated: as many together as fit so many.
const JOINED: usize = 128;

/// Calls `work` with some values, or with repetitions of them, and as much of the rows of `y` that are as long as they at a time;
/// with where that begins in `y`.
pub fn beside(values: &[Real], y: &mut [Real], mut work: impl FnMut(usize, &[Real], &mut [Real])) {
    let columns = values.len();
    let mut room = [0.0; JOINED];
    let joined = if columns > JOINED / 2 {
        values
    } else {
        let joined = &mut room[..JOINED / columns * columns];
        write_out(values, joined);
        joined
    };
    for (piece, y) in y.chunks_mut(joined.len()).enumerate() {
        work(piece * joined.len(), &joined[..y.len()], y);
    }
}

//! Bias: one value for each channel, and its gradient.

use crate::vector::{copy, Lanes, Real, Vector, LANES};

/// Sets every row of `y` to the bias, or to zero.
pub fn broadcast(bias: Option<&[Real]>, columns: usize, y: &mut [Real]) {
    match bias {
        None => y.fill(0.0),
        Some(bias) => {
            for row in y.chunks_exact_mut(columns) {
                copy(bias, row);
            }
        }
    }
}

/// Adds the bias to every row of `y`.
pub fn add(bias: &[Real], y: &mut [Real]) {
    for row in y.chunks_exact_mut(bias.len()) {
        for (value, bias) in row.iter_mut().zip(bias) {
            *value += bias;
        }
    }
}

/// `db[c] = Σ over rows of dy[row, c]`.
pub fn gradient(rows: usize, columns: usize, dy: &[Real], db: &mut [Real]) {
    // Rows are cut into blocks whose sums are added, so that long sums lose less; the cut depends on nothing else.
    const BLOCK: usize = 256;
    db.fill(0.0);
    let mut start = 0;
    while start < rows {
        let end = rows.min(start + BLOCK);
        let block = &dy[start * columns..end * columns];
        if columns == 1 {
            db[0] += sum(block);
        } else {
            let mut column = 0;
            while column + LANES <= columns {
                let mut total = Lanes::splat(0.0);
                for row in block.chunks_exact(columns) {
                    total = total.add(Lanes::load(&row[column..]));
                }
                let target = &mut db[column..column + LANES];
                Lanes::load(target).add(total).store(target);
                column += LANES;
            }
            while column < columns {
                db[column] += block.iter().skip(column).step_by(columns).sum::<Real>();
                column += 1;
            }
        }
        start = end;
    }
}

/// Sum of all values.
pub fn sum(values: &[Real]) -> Real {
    let chunks = values.chunks_exact(LANES);
    let rest: Real = chunks.remainder().iter().sum();
    chunks.fold(Lanes::splat(0.0), |total, chunk| total.add(Lanes::load(chunk))).sum() + rest
}

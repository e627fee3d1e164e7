//! Bias: one value for each channel, and its gradient.

use crate::vector::{copy, F32x4, Vector, LANES};

/// Sets every row of `y` to the bias, or to zero.
pub fn broadcast(bias: Option<&[f32]>, columns: usize, y: &mut [f32]) {
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
pub fn add(bias: &[f32], y: &mut [f32]) {
    for row in y.chunks_exact_mut(bias.len()) {
        for (value, bias) in row.iter_mut().zip(bias) {
            *value += bias;
        }
    }
}

/// `db[c] = Σ over rows of dy[row, c]`.
pub fn gradient(rows: usize, columns: usize, dy: &[f32], db: &mut [f32]) {
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
                let mut total = F32x4::splat(0.0);
                for row in block.chunks_exact(columns) {
                    total = total.add(F32x4::load(&row[column..]));
                }
                let target = &mut db[column..column + LANES];
                F32x4::load(target).add(total).store(target);
                column += LANES;
            }
            while column < columns {
                db[column] += block.iter().skip(column).step_by(columns).sum::<f32>();
                column += 1;
            }
        }
        start = end;
    }
}

/// Sum of all values.
pub fn sum(values: &[f32]) -> f32 {
    let chunks = values.chunks_exact(LANES);
    let rest: f32 = chunks.remainder().iter().sum();
    chunks.fold(F32x4::splat(0.0), |total, chunk| total.add(F32x4::load(chunk))).sum() + rest
}

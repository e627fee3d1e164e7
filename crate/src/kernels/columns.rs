//! Columns of matrices: how arrays are put side by side and taken apart.

use crate::threads::{each_part, share, OF_COPYING};
use crate::vector::{copy, Real};

/// Columns `offset…` of a matrix whose rows have `total` values get the rows of `part`, which have `width`.
pub fn put(width: usize, total: usize, offset: usize, part: &[Real], whole: &mut [Real]) {
    let rows = share(whole.len() / total, OF_COPYING * width);
    each_part(whole, rows * total, |number, whole| {
        let part = &part[number * rows * width..];
        for (part, row) in part.chunks_exact(width).zip(whole.chunks_exact_mut(total)) {
            copy(part, &mut row[offset..offset + width]);
        }
    });
}

/// The rows of `part` are columns `offset…` of a matrix whose rows have `total` values.
pub fn take(width: usize, total: usize, offset: usize, whole: &[Real], part: &mut [Real]) {
    let rows = share(part.len() / width, OF_COPYING * width);
    each_part(part, rows * width, |number, part| {
        let whole = &whole[number * rows * total..];
        for (row, part) in whole.chunks_exact(total).zip(part.chunks_exact_mut(width)) {
            copy(&row[offset..offset + width], part);
        }
    });
}

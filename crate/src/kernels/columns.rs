//! Columns of matrices: how arrays are put side by side and taken apart.

use crate::threads::{each_share, OF_COPYING};
use crate::vector::{copy, Real};

/// Columns `offset…` of a matrix whose rows have `total` values get the rows of `part`, which have `width`.
pub fn put(width: usize, total: usize, offset: usize, part: &[Real], whole: &mut [Real]) {
    each_share(whole, total, OF_COPYING * width, |first, whole| {
        let part = &part[first * width..];
        for (part, row) in part.chunks_exact(width).zip(whole.chunks_exact_mut(total)) {
            copy(part, &mut row[offset..offset + width]);
        }
    });
}

/// The rows of `part` are columns `offset…` of a matrix whose rows have `total` values.
pub fn take(width: usize, total: usize, offset: usize, whole: &[Real], part: &mut [Real]) {
    each_share(part, width, OF_COPYING * width, |first, part| {
        let whole = &whole[first * total..];
        for (row, part) in whole.chunks_exact(total).zip(part.chunks_exact_mut(width)) {
            copy(&row[offset..offset + width], part);
        }
    });
}

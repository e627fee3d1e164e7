//! Largest, smallest, product, any, all and their like over the middle of `[outer, reduced, inner]`.

use crate::error::Error;
use crate::vector::Real;

/// What becomes of the values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reduction {
    /// The largest; NaN where there is one.
    Largest,
    /// The smallest; NaN where there is one.
    Smallest,
    /// The product.
    Product,
}

impl Reduction {
    /// The reduction of a code that crossed the boundary.
    pub fn from_code(code: u32) -> Result<Self, Error> {
        Ok(match code {
            0 => Self::Largest,
            1 => Self::Smallest,
            2 => Self::Product,
            _ => return Err(Error::UnknownCode),
        })
    }
}

/// `y [outer, inner]` of `x [outer, reduced, inner]`.
pub fn reduce(reduction: Reduction, reduced: usize, inner: usize, x: &[Real], y: &mut [Real]) {
    match reduction {
        // Written so that a NaN on either side wins.
        Reduction::Largest => fold(reduced, inner, x, y, |a, b| if b > a || b.is_nan() { b } else { a }),
        Reduction::Smallest => fold(reduced, inner, x, y, |a, b| if b < a || b.is_nan() { b } else { a }),
        Reduction::Product => fold(reduced, inner, x, y, |a, b| a * b),
    }
}

/// Whether any (`all` false) or all of the truth values are 1.
pub fn reduce_truth(all: bool, reduced: usize, inner: usize, x: &[u8], y: &mut [u8]) {
    if all {
        fold(reduced, inner, x, y, |a, b| a & b);
    } else {
        fold(reduced, inner, x, y, |a, b| a | b);
    }
}

#[inline(always)]
fn fold<T: Copy>(reduced: usize, inner: usize, x: &[T], y: &mut [T], apply: impl Fn(T, T) -> T) {
    for (x, y) in x.chunks_exact(reduced * inner).zip(y.chunks_exact_mut(inner)) {
        if let [y] = y {
            // Eight at a time, so that one does not wait for the other.
            let blocks = x.chunks_exact(8);
            let rest = blocks.remainder();
            *y = match blocks
                .map(|block| -> [T; 8] { std::array::from_fn(|lane| block[lane]) })
                .reduce(|a, b| std::array::from_fn(|lane| apply(a[lane], b[lane])))
            {
                Some(lanes) => lanes.into_iter().chain(rest.iter().copied()).reduce(&apply).unwrap_or(x[0]),
                None => rest.iter().copied().reduce(&apply).unwrap_or(x[0]),
            };
            continue;
        }
        let (first, others) = x.split_at(inner);
        y.copy_from_slice(first);
        for row in others.chunks_exact(inner) {
            for (y, x) in y.iter_mut().zip(row) {
                *y = apply(*y, *x);
            }
        }
    }
}

/// Number of the first largest (`largest`) or smallest value: `y [outer, inner]` of `x [outer, reduced, inner]`. A NaN that
/// comes first stays, others are passed over.
pub fn argument<T: Copy + PartialOrd>(largest: bool, reduced: usize, inner: usize, x: &[T], y: &mut [u32]) {
    for (x, y) in x.chunks_exact(reduced * inner).zip(y.chunks_exact_mut(inner)) {
        for (column, y) in y.iter_mut().enumerate() {
            let mut best = x[column];
            *y = 0;
            for index in 1..reduced {
                let value = x[index * inner + column];
                if if largest { value > best } else { value < best } {
                    best = value;
                    *y = index as u32;
                }
            }
        }
    }
}

/// `y[ids[r]] += x[r]` for rows of `inner` values; rows whose number is none of a segment are left out.
pub fn segment_sums(inner: usize, ids: &[u32], x: &[Real], y: &mut [Real]) {
    y.fill(0.0);
    let segments = y.len() / inner;
    for (&id, x) in ids.iter().zip(x.chunks_exact(inner)) {
        let id = id as usize;
        if id < segments {
            for (y, x) in y[id * inner..][..inner].iter_mut().zip(x) {
                *y += x;
            }
        }
    }
}

//! Work for several threads: a loop over independent parts of an output.
//!
//! Parts are cut by the sizes of a problem, never by the number of threads, and each is computed by one thread alone:
//! any number of threads gives the same bits. In builds without shared memory the parts run one after the other.

use crate::vector::Real;

#[cfg(not(target_feature = "atomics"))]
mod alone;
#[cfg(target_feature = "atomics")]
mod pool;

#[cfg(not(target_feature = "atomics"))]
pub use alone::{allow_waiting, end, fail, provoke_panic_in_worker, work, workers};
#[cfg(target_feature = "atomics")]
pub use pool::{allow_waiting, end, fail, provoke_panic_in_worker, work, workers};

#[cfg(not(target_feature = "atomics"))]
use alone::run;
#[cfg(target_feature = "atomics")]
use pool::run;

/// Floating-point operations that are worth a part: some ten microseconds, in which handing it over is lost.
pub const WORTH: usize = 400_000;

/// Items of a part, when each item takes `operations`; at least one.
pub fn share(items: usize, operations: usize) -> usize {
    (WORTH / operations.max(1)).clamp(1, items.max(1))
}

/// Gives every part of `size` elements of `out`, the last one perhaps shorter, with its number to `work`.
pub fn each_part(out: &mut [Real], size: usize, work: impl Fn(usize, &mut [Real]) + Sync) {
    let length = out.len();
    if length == 0 {
        return;
    }
    assert!(size > 0);
    let start = Shared(out.as_mut_ptr());
    run(length.div_ceil(size), &|part| {
        let from = part * size;
        // SAFETY: the parts lie inside `out` and do not overlap, `run` hands each number out once and ends before the
        // borrow of `out` does.
        work(part, unsafe { start.part(from, size.min(length - from)) });
    });
}

/// [`each_part`] of two outputs at once, which have as many parts each.
pub fn each_pair(
    (first, first_size): (&mut [Real], usize),
    (second, second_size): (&mut [Real], usize),
    work: impl Fn(usize, &mut [Real], &mut [Real]) + Sync,
) {
    let (first_length, second_length) = (first.len(), second.len());
    if first_length == 0 {
        return;
    }
    assert!(first_size > 0 && second_size > 0);
    let parts = first_length.div_ceil(first_size);
    assert!(second_length.div_ceil(second_size) == parts);
    let (first, second) = (Shared(first.as_mut_ptr()), Shared(second.as_mut_ptr()));
    run(parts, &|part| {
        let (a, b) = (part * first_size, part * second_size);
        // SAFETY: as for `each_part`, for each of the two.
        let (a, b) = unsafe {
            (first.part(a, first_size.min(first_length - a)), second.part(b, second_size.min(second_length - b)))
        };
        work(part, a, b);
    });
}

/// The start of an output that several threads write to, each its own part.
#[derive(Clone, Copy)]
struct Shared(*mut Real);

// SAFETY: it is only used to make slices that do not overlap.
unsafe impl Sync for Shared {}

impl Shared {
    /// # Safety
    /// The range must lie inside the output, and nobody else may hold a slice that overlaps it.
    unsafe fn part<'a>(self, from: usize, length: usize) -> &'a mut [Real] {
        // SAFETY: promised by the caller.
        unsafe { std::slice::from_raw_parts_mut(self.0.add(from), length) }
    }
}

//! Work for several threads: a loop over independent parts of an output.
//!
//! Parts are cut by the sizes of a problem, never by the number of threads, and each is computed by one thread alone:
//! any number of threads gives the same bits. In builds without shared memory the parts run one after the other.

use crate::vector::{Real, LINE};
use std::sync::atomic::{AtomicU32, Ordering::SeqCst};

#[cfg(not(target_feature = "atomics"))]
mod alone;
#[cfg(target_feature = "atomics")]
mod pool;

#[cfg(not(target_feature = "atomics"))]
pub use alone::{allow_waiting, end, fail, number, provoke_panic_in_worker, work, workers};
#[cfg(target_feature = "atomics")]
pub use pool::{allow_waiting, end, fail, number, provoke_panic_in_worker, work, workers};

#[cfg(not(target_feature = "atomics"))]
use alone::run;
#[cfg(target_feature = "atomics")]
use pool::run;

/// Floating-point operations that are worth a part: some ten microseconds, in which handing it over is lost.
const WORTH: usize = 400_000;

/// Operations that take as long as loading and storing a value.
pub const OF_COPYING: usize = 4;

/// Items of a part, when each item takes `operations`; at least one. All parts but the last one are of a size.
pub fn share(items: usize, operations: usize) -> usize {
    share_of_units(items, 1, operations)
}

/// [`share`], a multiple of `unit`. The number of parts is 1, 2 or, where sizes allow, a multiple of 4: processors come in twos and fours,
/// and the last part of an odd number would leave the others waiting. Of the numbers that are worth it this is the largest by which the
/// busiest of two threads, and of four, have least.
pub fn share_of_units(items: usize, unit: usize, operations: usize) -> usize {
    let parts = items.div_ceil((WORTH / operations.max(1)).clamp(1, items.max(1)));
    let parts = if parts > 2 { parts.next_multiple_of(4) } else { parts.max(1) };
    let part = |parts: usize| items.div_ceil(parts).max(1).next_multiple_of(unit);
    let parts_of_fours = (1..=parts / 4).rev().map(|fours| part(4 * fours));
    parts_of_fours.min_by_key(|&part| of_busiest(items, part)).unwrap_or(part(parts))
}

/// Items of the busiest of two threads, and of four, together, where parts have `part` items.
pub fn of_busiest(items: usize, part: usize) -> usize {
    let parts = items.div_ceil(part);
    part * (parts.div_ceil(2) + parts.div_ceil(4))
}

/// Floating-point operations of which a half is worth handing over to a thread that is awake: some microseconds.
const WORTH_A_HALF: usize = 100_000;

/// Items of a part, and whether threads that sleep are woken for them: [`share_of_units`], or halves, for threads that are awake, of what is few.
pub fn share_or_halves(items: usize, unit: usize, operations: usize) -> (usize, bool) {
    let part = share_of_units(items, unit, operations);
    let halves = part >= items && items * operations >= WORTH_A_HALF;
    (if halves { items.div_ceil(2).next_multiple_of(unit) } else { part }, !halves)
}

/// Gives items of `size` elements of `out`, each of which takes `operations` and is the same however they are cut, in parts with
/// the number of the first one to `work`. Few of them are two parts for threads that are awake: to wake one takes longer.
pub fn each_share<T: Send>(out: &mut [T], size: usize, operations: usize, work: impl Fn(usize, &mut [T]) + Sync) {
    each_of_shares([out], size, operations, |first, [out]| work(first, out));
}

/// [`each_share`] of single values, each of which takes `operations`, with the same values of an input that is as long.
pub fn each_share_of<T: Sync, U: Send>(
    x: &[T],
    out: &mut [U],
    operations: usize,
    work: impl Fn(&[T], &mut [U]) + Sync,
) {
    each_value([out], operations, |first, [out]| work(&x[first..][..out.len()], out));
}

/// [`each_share`] of single values of N outputs that are as long: `work` gets the number of the first one.
pub fn each_value<T: Send, const N: usize>(
    outputs: [&mut [T]; N],
    operations: usize,
    work: impl Fn(usize, [&mut [T]; N]) + Sync,
) {
    each_of_shares(outputs, LINE, LINE * operations, |first, outputs| work(first * LINE, outputs));
}

fn each_of_shares<T: Send, const N: usize>(
    outputs: [&mut [T]; N],
    size: usize,
    operations: usize,
    work: impl Fn(usize, [&mut [T]; N]) + Sync,
) {
    let items = outputs.first().map_or(0, |out| out.len().div_ceil(size.max(1)));
    let (part, rouse) = share_or_halves(items, 1, operations);
    each_of_some(outputs.map(|out| (out, part * size)), rouse, |index, outputs| work(index * part, outputs));
}

/// The numbers of parts in an order for [`each_part`] in which what was read first is read last: backward, but for the caller and the others by
/// themselves, so that each thread reads what it reads otherwise, which its own cache has. It is its own inverse.
pub fn backward(parts: usize) -> impl Fn(usize) -> usize + Sync {
    backward_on(1 + workers() as usize, parts)
}

fn backward_on(threads: usize, parts: usize) -> impl Fn(usize) -> usize + Sync {
    let of_caller = parts.div_ceil(threads);
    move |number| if number < of_caller { of_caller - 1 - number } else { parts - 1 - (number - of_caller) }
}

/// Gives every part of `size` elements of `out`, the last one perhaps shorter, with its number to `work`.
pub fn each_part<T: Send>(out: &mut [T], size: usize, work: impl Fn(usize, &mut [T]) + Sync) {
    each_of([(out, size)], |part, [out]| work(part, out));
}

/// [`each_part`] of two outputs at once, which have as many parts each.
pub fn each_pair(
    first: (&mut [Real], usize),
    second: (&mut [Real], usize),
    work: impl Fn(usize, &mut [Real], &mut [Real]) + Sync,
) {
    each_of([first, second], |part, [first, second]| work(part, first, second));
}

/// [`each_part`] of N outputs at once, which have as many parts each as the first; those without elements have empty ones.
/// Panics when they have not.
pub fn each_of<T: Send, const N: usize>(outputs: [(&mut [T], usize); N], work: impl Fn(usize, [&mut [T]; N]) + Sync) {
    each_of_some(outputs, true, work);
}

/// [`each_of`], for which threads that sleep are woken or not.
pub fn each_of_some<T: Send, const N: usize>(
    outputs: [(&mut [T], usize); N],
    rouse: bool,
    work: impl Fn(usize, [&mut [T]; N]) + Sync,
) {
    let outputs = outputs.map(|(out, size)| (Shared(out.as_mut_ptr()), out.len(), size));
    let parts = outputs.first().map_or(0, |&(_, length, size)| length.div_ceil(size.max(1)));
    assert!(outputs.iter().all(|&(_, length, size)| length == 0 || (size > 0 && length.div_ceil(size) == parts)));
    run(parts, rouse, &|part| {
        work(
            part,
            outputs.map(|(start, length, size)| {
                let from = (part * size).min(length);
                // SAFETY: the parts lie inside their output and do not overlap, `run` hands each number out once and ends
                // before the borrows of the outputs do.
                unsafe { start.part(from, size.min(length - from)) }
            }),
        );
    });
}

/// [`each_of`] with scratch memory of `size` elements for every call of `work`, in which anything may stand. There must be as
/// much as for all parts; but a thread gets what it had before, which is still in its cache.
pub fn each_with_scratch<const N: usize>(
    outputs: [(&mut [Real], usize); N],
    (scratch, size): (&mut [Real], usize),
    work: impl Fn(usize, [&mut [Real]; N], &mut [Real]) + Sync,
) {
    let parts = outputs.first().map_or(0, |(out, size)| out.len().div_ceil((*size).max(1)));
    assert!(parts <= u32::BITS as usize && parts * size <= scratch.len());
    let (start, taken) = (Shared(scratch.as_mut_ptr()), AtomicU32::new(0));
    each_of(outputs, |part, outputs| {
        let place = take_place(&taken, number() % parts as u32);
        // SAFETY: there are as many places as parts, so that there was a free one, which is inside `scratch`; nobody else has it
        // before it is given back.
        work(part, outputs, unsafe { start.part(place as usize * size, size) });
        taken.fetch_and(!(1 << place), SeqCst);
    });
}

/// Takes a place that is free, a bit that is zero: the one that is wished for, or the first one.
fn take_place(taken: &AtomicU32, wish: u32) -> u32 {
    let mut now = taken.load(SeqCst);
    loop {
        let place = if now & 1 << wish == 0 { wish } else { now.trailing_ones() };
        match taken.compare_exchange(now, now | 1 << place, SeqCst, SeqCst) {
            Ok(_) => return place,
            Err(other) => now = other,
        }
    }
}

/// The start of an output that several threads write to, each its own part.
struct Shared<T>(*mut T);

// SAFETY: it is only used to make slices that do not overlap, of what may go to other threads.
unsafe impl<T: Send> Sync for Shared<T> {}

impl<T> Clone for Shared<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Shared<T> {}

impl<T> Shared<T> {
    /// # Safety
    /// The range must lie inside the output, and nobody else may hold a slice that overlaps it.
    unsafe fn part<'a>(self, from: usize, length: usize) -> &'a mut [T] {
        // SAFETY: promised by the caller.
        unsafe { std::slice::from_raw_parts_mut(self.0.add(from), length) }
    }
}

#[cfg(test)]
mod tests {
    use super::backward_on;

    #[test]
    fn parts_go_backward_for_each_thread_and_back_again() {
        for (threads, parts) in (1..=4).flat_map(|threads| (1..=9).map(move |parts| (threads, parts))) {
            let order = backward_on(threads, parts);
            assert!((0..parts).all(|number| order(number) < parts && order(order(number)) == number));
        }
        let of = |threads, parts| (0..parts).map(backward_on(threads, parts)).collect::<Vec<_>>();
        assert_eq!(of(1, 4), [3, 2, 1, 0]);
        assert_eq!(of(2, 5), [2, 1, 0, 4, 3]);
    }
}

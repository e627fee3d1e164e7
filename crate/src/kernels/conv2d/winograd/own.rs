//! What one thread reads of another one's making comes from that one's cache, from another die of a processor more slowly than it is made where that
//! takes little. So each of two threads makes such things, of which both read all, for itself.

use crate::threads::{each_part, number, workers};
use crate::vector::Real;

/// Most values of which each of two threads makes its own, a megabyte.
const MOST: usize = 1 << 18;

/// Whether each of two threads makes its own of so many values.
pub fn is_little(size: usize) -> bool {
    size <= MOST
}

/// Values of memory that [`Own::make`] needs for so many.
pub fn room(size: usize) -> usize {
    if is_little(size) {
        2 * size
    } else {
        size
    }
}

/// Values that all threads read: the same ones, or each of two threads its own.
#[derive(Clone, Copy)]
pub struct Own<'a> {
    all: &'a [Real],
    copies: usize,
}

impl<'a> Own<'a> {
    /// What is made already.
    pub fn shared(all: &'a [Real]) -> Self {
        Self { all, copies: 1 }
    }

    /// `size` values that `make` makes, in memory that has [`room`] for them. `make` may share its work.
    pub fn make(size: usize, memory: &'a mut [Real], make: impl Fn(&mut [Real]) + Sync) -> Self {
        let copies = if workers() == 1 && is_little(size) { 2 } else { 1 };
        let all = &mut memory[..copies * size];
        if copies == 1 {
            make(all);
        } else {
            each_part(all, size, |_, own| make(own));
        }
        Self { all, copies }
    }

    /// The values for this thread.
    pub fn of_thread(&self) -> &'a [Real] {
        let own = (number() as usize).min(self.copies - 1);
        let size = self.all.len() / self.copies;
        &self.all[own * size..][..size]
    }
}

//! The allocations that the other side holds: every address that comes in must lie inside one of them.

use crate::error::Error;
use std::alloc::{alloc, alloc_zeroed, dealloc, Layout};

/// Allocations begin at multiples of this many bytes: a cache line.
pub const ALIGNMENT: usize = 64;

/// The live allocations, sorted by address.
#[derive(Default)]
pub struct Registry {
    live: Vec<(usize, usize)>,
    bytes: usize,
}

impl Registry {
    /// No allocation.
    pub const fn new() -> Self {
        Self { live: Vec::new(), bytes: 0 }
    }

    /// Reserves memory: zeroed, or as it was left, for what is written before it is read. Answers its address.
    pub fn allocate(&mut self, bytes: usize, zeroed: bool) -> Result<usize, Error> {
        let layout = Self::layout(bytes)?;
        if self.live.try_reserve(1).is_err() {
            return Err(Error::OutOfMemory);
        }
        // SAFETY: the size of the layout is not zero.
        let address = unsafe {
            if zeroed {
                alloc_zeroed(layout)
            } else {
                alloc(layout)
            }
        } as usize;
        if address == 0 {
            return Err(Error::OutOfMemory);
        }
        let place = self.live.partition_point(|&(start, _)| start < address);
        self.live.insert(place, (address, bytes));
        self.bytes += bytes;
        Ok(address)
    }

    /// Gives an allocation back.
    pub fn release(&mut self, address: usize) -> Result<(), Error> {
        let place = self.live.binary_search_by_key(&address, |&(start, _)| start);
        let place = place.map_err(|_| Error::UnknownAllocation)?;
        let (_, bytes) = self.live.remove(place);
        self.bytes -= bytes;
        // SAFETY: the address came from `allocate` with the same layout and was live until now.
        unsafe { dealloc(address as *mut u8, Self::layout(bytes)?) };
        Ok(())
    }

    /// Whether `bytes` bytes at `address` lie inside one live allocation.
    pub fn check(&self, address: usize, bytes: usize) -> Result<(), Error> {
        let after = self.live.partition_point(|&(start, _)| start <= address);
        let (start, size) = *after.checked_sub(1).and_then(|at| self.live.get(at)).ok_or(Error::OutOfBounds)?;
        let end = address.checked_add(bytes).ok_or(Error::SizeOverflow)?;
        if end <= start + size {
            Ok(())
        } else {
            Err(Error::OutOfBounds)
        }
    }

    /// Bytes that are allocated now.
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// Number of live allocations.
    pub fn count(&self) -> usize {
        self.live.len()
    }

    fn layout(bytes: usize) -> Result<Layout, Error> {
        if bytes == 0 || bytes > (isize::MAX as usize) - ALIGNMENT {
            return Err(Error::OutOfMemory);
        }
        Layout::from_size_align(bytes, ALIGNMENT).map_err(|_| Error::OutOfMemory)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_range_must_lie_inside_one_live_allocation() {
        let mut registry = Registry::new();
        let address = registry.allocate(100, true).unwrap();
        assert_eq!(address % ALIGNMENT, 0);
        assert_eq!(registry.check(address, 100), Ok(()));
        assert_eq!(registry.check(address + 96, 4), Ok(()));
        assert_eq!(registry.check(address + 96, 8), Err(Error::OutOfBounds));
        assert_eq!(registry.check(address - 4, 4), Err(Error::OutOfBounds));
        assert_eq!(registry.bytes(), 100);
        assert_eq!(registry.release(address + 4), Err(Error::UnknownAllocation));
        assert_eq!(registry.release(address), Ok(()));
        assert_eq!(registry.release(address), Err(Error::UnknownAllocation));
        assert_eq!((registry.bytes(), registry.count()), (0, 0));
    }

    #[test]
    fn sizes_that_cannot_be_had_are_refused() {
        let mut registry = Registry::new();
        assert_eq!(registry.allocate(0, true), Err(Error::OutOfMemory));
        assert_eq!(registry.allocate(usize::MAX, false), Err(Error::OutOfMemory));
    }
}

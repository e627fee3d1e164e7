//! One thread: the builds without shared memory.

/// Calls `work` with every number below `parts`.
pub fn run(parts: usize, _rouse: bool, work: &(dyn Fn(usize) + Sync)) {
    for part in 0..parts {
        work(part);
    }
}

/// The only thread's number.
pub fn number() -> u32 {
    0
}

/// There is nothing that a worker could do.
pub fn work() {}

/// There are no workers.
pub fn workers() -> u32 {
    0
}

/// There is nobody to tell.
pub fn end() {}

/// There is nobody to tell.
pub fn fail() {}

/// There is nobody to wait for.
pub fn allow_waiting() {}

/// There is nobody who could panic.
pub fn provoke_panic_in_worker() {}

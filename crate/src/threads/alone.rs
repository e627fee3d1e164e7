//! One thread.

/// Calls `work` with every number below `parts`.
pub fn run(parts: usize, work: &(dyn Fn(usize) + Sync)) {
    for part in 0..parts {
        work(part);
    }
}

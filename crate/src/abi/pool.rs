//! Exports of the pool of threads; in builds without shared memory they do nothing.

use crate::threads;
use wasm_bindgen::prelude::*;

/// What the thread of a worker calls: returns when the pool ends.
#[wasm_bindgen]
pub fn pool_work() -> u32 {
    threads::work();
    0
}

/// Answers the number of workers that are ready.
#[wasm_bindgen]
pub fn pool_workers() -> u32 {
    threads::workers()
}

/// Tells all workers to return.
#[wasm_bindgen]
pub fn pool_end() -> u32 {
    threads::end();
    0
}

/// What a worker calls after it trapped: the caller traps too instead of waiting for it.
#[wasm_bindgen]
pub fn pool_fail() -> u32 {
    threads::fail();
    0
}

/// Says that the caller's thread may sleep while it waits for workers.
#[wasm_bindgen]
pub fn pool_allow_waiting() -> u32 {
    threads::allow_waiting();
    0
}

/// Panics in a worker, so that tests can see what becomes of it; answers 0 when there is none.
#[wasm_bindgen]
pub fn provoke_panic_in_worker() -> u32 {
    threads::provoke_panic_in_worker();
    0
}

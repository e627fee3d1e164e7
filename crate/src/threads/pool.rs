//! A pool of threads over one shared memory. The caller posts a job in memory, and works with the others; a part is
//! taken by raising a counter. Workers look for a job for a short while, then sleep. No message is passed.
//!
//! The ticket has everything that tells whether a part is to be had, in one word: how many parts are taken and how many
//! there are. The job itself is read only after a part was taken: until that part is done the caller waits, and the job
//! stays.

use core::arch::wasm32::{memory_atomic_notify, memory_atomic_wait32};
use std::cell::{Cell, UnsafeCell};
use std::sync::atomic::{AtomicBool, AtomicI32, AtomicU32, AtomicU64, Ordering::SeqCst};

/// Times that a worker looks for a job before it sleeps: some sixty microseconds, longer than what lies between two
/// jobs of a step or between two steps. To wake it costs the caller more than a job of a small network gains.
const LOOKS_FOR_A_JOB: u32 = 120_000;

/// Times that a caller looks whether its workers are done before it sleeps: some ten microseconds.
const LOOKS_FOR_AN_END: u32 = 20_000;

/// Nanoseconds that a caller sleeps at a time when workers keep it waiting: then they have lost their processors.
const NAP: i64 = 100_000;

type Work = &'static (dyn Fn(usize) + Sync);

/// Parts taken in the low half, parts there are in the high half.
static TICKET: AtomicU64 = AtomicU64::new(0);
/// Parts of the job that are done.
static DONE: AtomicI32 = AtomicI32::new(0);
/// Raised with every job: what sleepers watch.
static EPOCH: AtomicI32 = AtomicI32::new(0);
/// Workers that sleep or are about to.
static SLEEPING: AtomicU32 = AtomicU32::new(0);
/// Workers that have come and not gone.
static WORKERS: AtomicU32 = AtomicU32::new(0);
/// What has happened to the pool: nothing, [`ENDING`] or [`BROKEN`].
static STATE: AtomicU32 = AtomicU32::new(0);
/// Whether a job is being done: a part that asks for threads itself gets none.
static BUSY: AtomicBool = AtomicBool::new(false);
/// Whether the caller's thread may sleep; that of a page may not.
static MAY_WAIT: AtomicBool = AtomicBool::new(false);
static JOB: Job = Job(UnsafeCell::new(&|_| {}));

const ENDING: u32 = 1;
const BROKEN: u32 = 2;

struct Job(UnsafeCell<Work>);

// SAFETY: the caller alone writes the job, while no part is to be had and none is being worked on; it is read only
// between taking a part and reporting it done.
unsafe impl Sync for Job {}

/// Calls `work` with every number below `parts`, on all threads. Panics when a worker has trapped.
pub fn run(parts: usize, work: &(dyn Fn(usize) + Sync)) {
    if parts <= 1 || WORKERS.load(SeqCst) == 0 || BUSY.swap(true, SeqCst) {
        for part in 0..parts {
            work(part);
        }
        return;
    }
    // SAFETY: no part is to be had now, so nobody reads the job. The lifetime is stretched: the job is not read after
    // the last part is done, which is before this function returns.
    unsafe { *JOB.0.get() = std::mem::transmute::<&(dyn Fn(usize) + Sync), Work>(work) };
    DONE.store(0, SeqCst);
    TICKET.store((parts as u64) << 32, SeqCst);
    wake();
    take_parts();
    wait_for(parts as i32);
    BUSY.store(false, SeqCst);
}

/// Waits until all parts are done.
fn wait_for(parts: i32) {
    let mut looks = 0;
    loop {
        let done = DONE.load(SeqCst);
        if done == parts {
            return;
        }
        assert!(STATE.load(SeqCst) != BROKEN, "a thread of the pool trapped");
        looks += 1;
        if looks > LOOKS_FOR_AN_END && MAY_WAIT.load(SeqCst) {
            // SAFETY: the address is that of a static.
            unsafe { memory_atomic_wait32(DONE.as_ptr(), done, NAP) };
        }
    }
}

/// Works on parts as long as there are any. Not inlined into loops that never end: V8 replaces code by better code only
/// when it is entered.
#[inline(never)]
fn take_parts() {
    let mut ticket = TICKET.load(SeqCst);
    loop {
        let (taken, parts) = (ticket as u32, (ticket >> 32) as u32);
        if taken >= parts {
            return;
        }
        match TICKET.compare_exchange(ticket, ticket + 1, SeqCst, SeqCst) {
            Ok(_) => {
                // SAFETY: a part was taken and is not done: the caller waits, and the job stays.
                let work = unsafe { *JOB.0.get() };
                work(taken as usize);
                DONE.fetch_add(1, SeqCst);
                ticket = TICKET.load(SeqCst);
            }
            Err(now) => ticket = now,
        }
    }
}

thread_local! {
    static IS_WORKER: Cell<bool> = const { Cell::new(false) };
}

/// What a worker does until it is told to end.
pub fn work() {
    IS_WORKER.set(true);
    WORKERS.fetch_add(1, SeqCst);
    while STATE.load(SeqCst) == 0 {
        let epoch = EPOCH.load(SeqCst);
        take_parts();
        if !something_new(epoch) {
            SLEEPING.fetch_add(1, SeqCst);
            // SAFETY: the address is that of a static. It answers at once when the epoch is another one already.
            unsafe { memory_atomic_wait32(EPOCH.as_ptr(), epoch, -1) };
            SLEEPING.fetch_sub(1, SeqCst);
        }
    }
    WORKERS.fetch_sub(1, SeqCst);
}

#[inline(never)]
fn something_new(epoch: i32) -> bool {
    (0..LOOKS_FOR_A_JOB).any(|_| EPOCH.load(SeqCst) != epoch)
}

/// Tells workers that there is something new, the sleeping ones too.
fn wake() {
    EPOCH.fetch_add(1, SeqCst);
    if SLEEPING.load(SeqCst) > 0 {
        // SAFETY: the address is that of a static.
        unsafe { memory_atomic_notify(EPOCH.as_ptr(), u32::MAX) };
    }
}

/// Workers that wait for work or work.
pub fn workers() -> u32 {
    WORKERS.load(SeqCst)
}

/// Tells all workers to end, for good.
pub fn end() {
    STATE.fetch_max(ENDING, SeqCst);
    wake();
}

/// Says that a worker trapped: the caller, which may wait for it, panics.
pub fn fail() {
    STATE.fetch_max(BROKEN, SeqCst);
    wake();
}

/// Says that the caller's thread may sleep.
pub fn allow_waiting() {
    MAY_WAIT.store(true, SeqCst);
}

/// Panics in a worker, when there is one: both threads wait until each has a part.
pub fn provoke_panic_in_worker() {
    if workers() == 0 {
        return;
    }
    let arrived = AtomicU32::new(0);
    run(2, &|_| {
        arrived.fetch_add(1, SeqCst);
        while arrived.load(SeqCst) < 2 {
            std::hint::spin_loop();
        }
        assert!(!IS_WORKER.get(), "provoked by a test in a worker");
    });
}

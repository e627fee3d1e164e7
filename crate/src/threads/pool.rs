//! A pool of threads over one shared memory. The caller posts a job in memory, and works with the others: it takes parts from
//! the first one on, workers from the last one back, so that each has nearly the same parts in every job, and what it wrote in
//! the one before is still in its own cache. Workers look for a job for a short while, then sleep. No message is passed.
//!
//! The ticket has everything that tells whether a part is to be had, in one word: the first part that is left, and the end of
//! those that are. The job itself is read only after a part was taken: until that part is done the caller waits, and the job
//! stays.

use core::arch::wasm32::{memory_atomic_notify, memory_atomic_wait32};
use std::cell::{Cell, UnsafeCell};
use std::hint::black_box;
use std::mem::MaybeUninit;
use std::sync::atomic::{AtomicBool, AtomicI32, AtomicU32, AtomicU64, Ordering::SeqCst};

/// Times that a worker looks for a job before it sleeps: some sixty microseconds, longer than what lies between two
/// jobs of a step or between two steps. To wake it costs the caller more than a job of a small network gains.
const LOOKS_FOR_A_JOB: u32 = 120_000;

/// Times that a caller looks whether its workers are done before it sleeps: some sixty microseconds, a part of a large job.
const LOOKS_FOR_AN_END: u32 = 120_000;

/// Nanoseconds that a caller sleeps at most before it asks whether a worker has trapped.
const NAP: i64 = 1_000_000;

type Work = &'static (dyn Fn(usize) + Sync);

/// What changes with every job and every part. It has cache lines of its own: those who look for a job do not ask for them, so
/// that a caller writes them at once, and who has asked for the ticket has the job too.
#[repr(align(128))]
struct Board {
    /// The first part that is left in the low half, the end of those that are in the high half.
    ticket: AtomicU64,
    job: UnsafeCell<Work>,
    /// Parts of the job that are done.
    done: AtomicI32,
    /// Whether the caller sleeps or is about to.
    awaited: AtomicBool,
    /// Whether a job is being done: a part that asks for threads itself gets none.
    busy: AtomicBool,
}

// SAFETY: the caller alone writes the job, while no part is to be had and none is being worked on; it is read only
// between taking a part and reporting it done.
unsafe impl Sync for Board {}

static BOARD: Board = Board {
    ticket: AtomicU64::new(0),
    job: UnsafeCell::new(&|_| {}),
    done: AtomicI32::new(0),
    awaited: AtomicBool::new(false),
    busy: AtomicBool::new(false),
};

/// What those who look for a job read.
#[repr(align(128))]
struct Bell {
    /// Raised with every job: what sleepers watch.
    epoch: AtomicI32,
    /// Workers that sleep or are about to.
    sleeping: AtomicU32,
    /// Workers that have come and not gone.
    workers: AtomicU32,
    /// What has happened to the pool: nothing, [`ENDING`] or [`BROKEN`].
    state: AtomicU32,
}

static BELL: Bell = Bell {
    epoch: AtomicI32::new(0),
    sleeping: AtomicU32::new(0),
    workers: AtomicU32::new(0),
    state: AtomicU32::new(0),
};

/// Whether the caller's thread may sleep; that of a page may not.
static MAY_WAIT: AtomicBool = AtomicBool::new(false);

const ENDING: u32 = 1;
const BROKEN: u32 = 2;

/// Calls `work` with every number below `parts`, on all threads, or on those that are awake. Panics when a worker has trapped.
pub fn run(parts: usize, rouse: bool, work: &(dyn Fn(usize) + Sync)) {
    if parts <= 1 || BELL.workers.load(SeqCst) == 0 || BOARD.busy.swap(true, SeqCst) {
        for part in 0..parts {
            work(part);
        }
        return;
    }
    // SAFETY: no part is to be had now, so nobody reads the job. The lifetime is stretched: the job is not read after
    // the last part is done, which is before this function returns.
    unsafe { *BOARD.job.get() = std::mem::transmute::<&(dyn Fn(usize) + Sync), Work>(work) };
    BOARD.done.store(0, SeqCst);
    BOARD.ticket.store((parts as u64) << 32, SeqCst);
    ring(rouse);
    take_parts_apart();
    wait_for(parts as i32);
    BOARD.busy.store(false, SeqCst);
}

/// Bytes between what is read of a job and what the caller's work writes. Two cache lines are too few: a processor fetches further ones ahead.
const GAP: usize = 1024;

/// [`take_parts`] of the caller, with a gap on its stack: what others read of the job lies above it, so that it is not in cache lines that the
/// caller's own work writes to, nor near them.
#[inline(never)]
fn take_parts_apart() {
    let gap = MaybeUninit::<[u8; GAP]>::uninit();
    black_box(&gap);
    take_parts(true);
    black_box(&gap);
}

/// Waits until all parts are done.
fn wait_for(parts: i32) {
    let mut looks = 0;
    loop {
        let done = BOARD.done.load(SeqCst);
        if done == parts {
            return;
        }
        assert!(BELL.state.load(SeqCst) != BROKEN, "a thread of the pool trapped");
        looks += 1;
        if looks > LOOKS_FOR_AN_END && MAY_WAIT.load(SeqCst) {
            BOARD.awaited.store(true, SeqCst);
            sleep_while(&BOARD.done, done, NAP);
            BOARD.awaited.store(false, SeqCst);
        }
    }
}

/// Sleeps until it is woken, or for so many nanoseconds when they are not negative, or not at all when the word has another value.
/// Never a part of its caller: code that V8 has not optimized yet overwrites, up to V8 11.3 (Node 20), the variable that was
/// declared last with zero, which was the stack pointer in some kernels. Here nothing is read after it.
#[inline(never)]
fn sleep_while(word: &AtomicI32, value: i32, nanoseconds: i64) {
    // SAFETY: the address is that of a word that lives.
    unsafe { memory_atomic_wait32(word.as_ptr(), value, nanoseconds) };
}

/// Works on parts as long as there are any, from the first one on or from the last one back. Not inlined into loops that never
/// end: V8 replaces code by better code only when it is entered.
#[inline(never)]
fn take_parts(forward: bool) {
    let mut ticket = BOARD.ticket.load(SeqCst);
    loop {
        let (first, end) = (ticket as u32, (ticket >> 32) as u32);
        if first >= end {
            return;
        }
        // Several of many, which may be short: to take one can last as long.
        let count = ((end - first) / (4 * (1 + BELL.workers.load(SeqCst)))).max(1);
        let (parts, rest) = if forward {
            (first..first + count, ticket + u64::from(count))
        } else {
            (end - count..end, ticket - (u64::from(count) << 32))
        };
        match BOARD.ticket.compare_exchange(ticket, rest, SeqCst, SeqCst) {
            Ok(_) => {
                // SAFETY: parts were taken and are not done: the caller waits, and the job stays.
                let work = unsafe { *BOARD.job.get() };
                parts.for_each(|part| work(part as usize));
                BOARD.done.fetch_add(count as i32, SeqCst);
                if !forward && BOARD.awaited.load(SeqCst) {
                    // SAFETY: the address is that of a static.
                    unsafe { memory_atomic_notify(BOARD.done.as_ptr(), 1) };
                }
                ticket = BOARD.ticket.load(SeqCst);
            }
            Err(now) => ticket = now,
        }
    }
}

thread_local! {
    static NUMBER: Cell<u32> = const { Cell::new(0) };
}

/// The number of this thread: 0 of the caller, workers have others.
pub fn number() -> u32 {
    NUMBER.get()
}

/// What a worker does until it is told to end.
pub fn work() {
    NUMBER.set(BELL.workers.fetch_add(1, SeqCst) + 1);
    while BELL.state.load(SeqCst) == 0 {
        let epoch = BELL.epoch.load(SeqCst);
        take_parts(false);
        if !something_new(epoch) {
            BELL.sleeping.fetch_add(1, SeqCst);
            sleep_while(&BELL.epoch, epoch, -1);
            BELL.sleeping.fetch_sub(1, SeqCst);
        }
    }
    BELL.workers.fetch_sub(1, SeqCst);
}

#[inline(never)]
fn something_new(epoch: i32) -> bool {
    (0..LOOKS_FOR_A_JOB).any(|_| BELL.epoch.load(SeqCst) != epoch)
}

/// Tells workers that there is something new, the sleeping ones too where they are to be roused.
fn ring(rouse: bool) {
    BELL.epoch.fetch_add(1, SeqCst);
    if rouse && BELL.sleeping.load(SeqCst) > 0 {
        // SAFETY: the address is that of a static.
        unsafe { memory_atomic_notify(BELL.epoch.as_ptr(), u32::MAX) };
    }
}

/// Workers that wait for work or work.
pub fn workers() -> u32 {
    BELL.workers.load(SeqCst)
}

/// Tells all workers to end, for good.
pub fn end() {
    BELL.state.fetch_max(ENDING, SeqCst);
    ring(true);
}

/// Says that a worker trapped: the caller, which may wait for it, panics.
pub fn fail() {
    BELL.state.fetch_max(BROKEN, SeqCst);
    ring(true);
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
    run(2, true, &|_| {
        arrived.fetch_add(1, SeqCst);
        while arrived.load(SeqCst) < 2 {
            std::hint::spin_loop();
        }
        assert!(number() == 0, "provoked by a test in a worker");
    });
}

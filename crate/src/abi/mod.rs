//! The boundary: every export of the WebAssembly module. Addresses and lengths are checked here, slices are made
//! here and nowhere else, then one kernel is called. No mathematics.
//!
//! Exports are free functions of u32 and f32 over byte addresses, never methods of objects that a trap could leave
//! borrowed. Unless a line says otherwise they answer 0, or the number of an [`Error`].

mod augmentation;
mod broadcast;
mod convolution;
mod elementwise;
mod image;
mod loss;
mod noise;
mod normalization;
mod optimizer;
mod pool;
mod pooling;
mod product;
mod rows;
mod shape;

use crate::error::{checked_product, Error};
use crate::geometry::{Geometry, WORDS};
use crate::kernels::activation::Activation;
use crate::kernels::broadcast::Repeat;
use crate::kernels::ending::Ending;
use crate::kernels::random::Clock;
use crate::memory::Registry;
use std::cell::UnsafeCell;
use std::sync::atomic::{AtomicBool, Ordering};
use wasm_bindgen::prelude::*;

mod tensors;

/// State of the instance. Only the thread that calls exports takes it, and no function here calls another one that does.
struct Global<T>(UnsafeCell<T>);

// SAFETY: workers of the pool call no export but `pool_work`; what they do with the state is said at `start`.
unsafe impl<T> Sync for Global<T> {}

impl<T> Global<T> {
    #[allow(clippy::mut_from_ref)]
    fn get(&self) -> &mut T {
        // SAFETY: one thread takes it, and every borrow ends within the expression or the function that made it.
        unsafe { &mut *self.0.get() }
    }
}

static REGISTRY: Global<Registry> = Global(UnsafeCell::new(Registry::new()));
static PANIC: Global<String> = Global(UnsafeCell::new(String::new()));

/// Whether a thread has panicked, and whether its words are there.
static PANICKED: AtomicBool = AtomicBool::new(false);
static WORDS_ARE_THERE: AtomicBool = AtomicBool::new(false);

/// How often another thread that panics looks for the words of the first one.
const LOOKS_FOR_WORDS: u32 = 100_000_000;

/// Keeps the words of the first panic of any thread, which is about to become a bare trap. Another one's trap could be seen before these words are
/// there, so it waits for them.
#[wasm_bindgen(start)]
pub fn start() {
    std::panic::set_hook(Box::new(|information| {
        if PANICKED.swap(true, Ordering::SeqCst) {
            for _ in 0..LOOKS_FOR_WORDS {
                if WORDS_ARE_THERE.load(Ordering::SeqCst) {
                    break;
                }
                std::hint::spin_loop();
            }
        } else {
            *PANIC.get() = information.to_string();
            WORDS_ARE_THERE.store(true, Ordering::SeqCst);
        }
    }));
}

/// Address of the words of the last panic.
#[wasm_bindgen]
pub fn panic_message_address() -> u32 {
    PANIC.get().as_ptr() as u32
}

/// Bytes of the words of the last panic; 0 when there was none.
#[wasm_bindgen]
pub fn panic_message_length() -> u32 {
    PANIC.get().len() as u32
}

/// Panics, so that tests can see what becomes of it.
#[wasm_bindgen]
pub fn provoke_panic() -> u32 {
    panic!("provoked by a test")
}

/// Reserves memory at a multiple of 64, zeroed unless `zeroed` is 0. Answers the address, 0 when it cannot be had.
#[wasm_bindgen]
pub fn allocate(bytes: u32, zeroed: u32) -> u32 {
    REGISTRY.get().allocate(bytes as usize, zeroed != 0).unwrap_or(0) as u32
}

/// Gives an allocation back.
#[wasm_bindgen]
pub fn release(address: u32) -> u32 {
    status(REGISTRY.get().release(address as usize))
}

/// Answers the bytes that are allocated now.
#[wasm_bindgen]
pub fn live_bytes() -> u32 {
    REGISTRY.get().bytes() as u32
}

/// Answers the number of live allocations.
#[wasm_bindgen]
pub fn live_allocations() -> u32 {
    REGISTRY.get().count() as u32
}

fn status(result: Result<(), Error>) -> u32 {
    match result {
        Ok(()) => 0,
        Err(error) => error as u32,
    }
}

/// Runs one call: its arguments are claimed from a fresh [`Frame`]. Answers 0 or the number of an error.
fn call(work: impl FnOnce(&mut Frame) -> Result<(), Error>) -> u32 {
    status(work(&mut Frame::new()))
}

/// How a product ends: with an activation function, or, where `values` is not 0, times the slope of the function whose
/// outputs (for functions from the fifth on, inputs) lie there.
fn ending(frame: &mut Frame, activation: u32, values: u32, length: usize) -> Result<Ending<'static>, Error> {
    let activation = Activation::from_code(activation, 0.0)?;
    Ok(match frame.optional(values, length)? {
        None => Ending::Function(activation),
        Some(values) => Ending::Slope(activation, values),
    })
}

/// The arguments of one call: makes slices and sees to it that no output overlaps anything.
struct Frame {
    ranges: [(usize, usize, bool); 12],
    count: usize,
}

impl Frame {
    fn new() -> Self {
        Self { ranges: [(0, 0, false); 12], count: 0 }
    }

    fn claim(&mut self, address: u32, length: usize, written: bool) -> Result<(), Error> {
        if address % 4 != 0 {
            return Err(Error::Misaligned);
        }
        self.claim_bytes(address, checked_product(&[length])? * 4, written)
    }

    fn claim_bytes(&mut self, address: u32, bytes: usize, written: bool) -> Result<(), Error> {
        let start = address as usize;
        REGISTRY.get().check(start, bytes)?;
        let end = start + bytes;
        let overlaps = |&(from, to, other): &(usize, usize, bool)| (written || other) && start < to && from < end;
        if self.ranges[..self.count].iter().any(overlaps) {
            return Err(Error::Overlap);
        }
        let slot = self.ranges.get_mut(self.count).ok_or(Error::OutOfBounds)?;
        *slot = (start, end, written);
        self.count += 1;
        Ok(())
    }

    /// An array that is read.
    fn input(&mut self, address: u32, length: usize) -> Result<&'static [f32], Error> {
        self.claim(address, length, false)?;
        // SAFETY: the range lies in a live allocation, is aligned, and no mutable slice of this call overlaps it. The
        // slice does not outlive the call: kernels keep nothing.
        Ok(unsafe { std::slice::from_raw_parts(address as *const f32, length) })
    }

    /// An array of integers that is read.
    fn indices(&mut self, address: u32, length: usize) -> Result<&'static [u32], Error> {
        self.claim(address, length, false)?;
        // SAFETY: as for `input`.
        Ok(unsafe { std::slice::from_raw_parts(address as *const u32, length) })
    }

    /// An array of signed integers that is read.
    fn integers(&mut self, address: u32, length: usize) -> Result<&'static [i32], Error> {
        self.claim(address, length, false)?;
        // SAFETY: as for `input`.
        Ok(unsafe { std::slice::from_raw_parts(address as *const i32, length) })
    }

    /// An array of signed integers that is written.
    fn integers_output(&mut self, address: u32, length: usize) -> Result<&'static mut [i32], Error> {
        self.claim(address, length, true)?;
        // SAFETY: as for `output`.
        Ok(unsafe { std::slice::from_raw_parts_mut(address as *mut i32, length) })
    }

    /// An array of integers that is written.
    fn words(&mut self, address: u32, length: usize) -> Result<&'static mut [u32], Error> {
        self.claim(address, length, true)?;
        // SAFETY: as for `output`.
        Ok(unsafe { std::slice::from_raw_parts_mut(address as *mut u32, length) })
    }

    /// An array of bytes that is read.
    fn bytes(&mut self, address: u32, length: usize) -> Result<&'static [u8], Error> {
        self.claim_bytes(address, length, false)?;
        // SAFETY: as for `input`; bytes need no alignment.
        Ok(unsafe { std::slice::from_raw_parts(address as *const u8, length) })
    }

    /// An array of bytes that is written.
    fn bytes_output(&mut self, address: u32, length: usize) -> Result<&'static mut [u8], Error> {
        self.claim_bytes(address, length, true)?;
        // SAFETY: as for `output`; bytes need no alignment.
        Ok(unsafe { std::slice::from_raw_parts_mut(address as *mut u8, length) })
    }

    /// An array that may be left out, by the address 0.
    fn optional(&mut self, address: u32, length: usize) -> Result<Option<&'static [f32]>, Error> {
        if address == 0 {
            Ok(None)
        } else {
            self.input(address, length).map(Some)
        }
    }

    /// An array that is written and may be left out, by the address 0.
    fn optional_output(&mut self, address: u32, length: usize) -> Result<Option<&'static mut [f32]>, Error> {
        if address == 0 {
            Ok(None)
        } else {
            self.output(address, length).map(Some)
        }
    }

    /// An array that is written.
    fn output(&mut self, address: u32, length: usize) -> Result<&'static mut [f32], Error> {
        self.claim(address, length, true)?;
        // SAFETY: the range lies in a live allocation, is aligned, and no other slice of this call overlaps it. The
        // slice does not outlive the call: kernels keep nothing.
        Ok(unsafe { std::slice::from_raw_parts_mut(address as *mut f32, length) })
    }

    /// Scratch memory of at least `needed` values; exactly these.
    fn workspace(&mut self, address: u32, length: u32, needed: usize) -> Result<&'static mut [f32], Error> {
        if (length as usize) < needed {
            return Err(Error::WorkspaceTooSmall);
        }
        if needed == 0 {
            return Ok(&mut []);
        }
        self.output(address, needed)
    }

    /// An array that is written and begins as the one at `source`, which may be the same.
    fn copied(&mut self, source: u32, address: u32, length: usize) -> Result<&'static mut [f32], Error> {
        let source = if source == address { None } else { Some(self.input(source, length)?) };
        let target = self.output(address, length)?;
        if let Some(source) = source {
            target.copy_from_slice(source);
        }
        Ok(target)
    }

    /// Four words: a step's number and the seed.
    fn clock(&mut self, address: u32) -> Result<Clock, Error> {
        let words = self.indices(address, 4)?;
        Ok(Clock { step: [words[0], words[1]], seed: [words[2], words[3]] })
    }

    fn geometry(&mut self, address: u32) -> Result<Geometry, Error> {
        self.windows(address)?.with_filters()
    }

    /// A geometry of which nothing is said about filters.
    fn windows(&mut self, address: u32) -> Result<Geometry, Error> {
        let words = self.indices(address, WORDS)?;
        let mut block = [0; WORDS];
        block.copy_from_slice(words);
        Geometry::new(&block)
    }

    /// A geometry whose filters are windows over each channel by itself.
    fn pooling(&mut self, address: u32) -> Result<Geometry, Error> {
        let geometry = self.windows(address)?;
        let plain = (geometry.dilation_h, geometry.dilation_w, geometry.groups) == (1, 1, 1);
        if geometry.in_c == geometry.out_c && plain {
            Ok(geometry)
        } else {
            Err(Error::InvalidGeometry)
        }
    }
}

/// Elements of `[rows, columns]`, and the ways and lengths of the operands that fill it; the codes are those of [`Repeat`].
fn operands(rows: u32, columns: u32, repeats: [u32; 2]) -> Result<(usize, [(Repeat, usize); 2]), Error> {
    let length = matrix(rows, columns)?;
    let of = |code| -> Result<_, Error> {
        let repeat = Repeat::from_code(code)?;
        Ok((repeat, repeat.length(rows as usize, columns as usize)))
    };
    Ok((length, [of(repeats[0])?, of(repeats[1])?]))
}

/// Elements of a matrix that is not empty.
fn matrix(rows: u32, width: u32) -> Result<usize, Error> {
    if rows == 0 || width == 0 {
        return Err(Error::InvalidGeometry);
    }
    checked_product(&[rows as usize, width as usize])
}

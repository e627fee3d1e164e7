//! The boundary: every export of the WebAssembly module. Addresses and lengths are checked here, slices are made
//! here and nowhere else, then one kernel is called. No mathematics.
//!
//! Exports are free functions of u32 and f32 over byte addresses, never methods of objects that a trap could leave
//! borrowed. Unless a line says otherwise they answer 0, or the number of an [`Error`].

use crate::error::{checked_product, Error};
use crate::geometry::{Geometry, WORDS};
use crate::kernels::activation::{self, Activation};
use crate::kernels::conv2d::{self, Pass};
use crate::kernels::matmul::Product;
use crate::kernels::{bias, elementwise, loss, matmul as product, peak};
use crate::memory::Registry;
use crate::optimizers::sgd;
use std::cell::UnsafeCell;
use wasm_bindgen::prelude::*;

/// State of the instance. There is one thread, and no function here calls another one that takes the state.
struct Global<T>(UnsafeCell<T>);

// SAFETY: the builds without shared memory have one thread.
unsafe impl<T> Sync for Global<T> {}

impl<T> Global<T> {
    #[allow(clippy::mut_from_ref)]
    fn get(&self) -> &mut T {
        // SAFETY: one thread, and every borrow ends within the expression or the function that made it.
        unsafe { &mut *self.0.get() }
    }
}

static REGISTRY: Global<Registry> = Global(UnsafeCell::new(Registry::new()));
static PANIC: Global<String> = Global(UnsafeCell::new(String::new()));

/// Keeps the words of a panic, which is about to become a bare trap.
#[wasm_bindgen(start)]
pub fn start() {
    std::panic::set_hook(Box::new(|information| *PANIC.get() = information.to_string()));
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

/// Reserves zeroed memory at a multiple of 64. Answers the address, 0 when it cannot be had.
#[wasm_bindgen]
pub fn allocate(bytes: u32) -> u32 {
    REGISTRY.get().allocate(bytes as usize).unwrap_or(0) as u32
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

/// The arguments of one call: makes slices and sees to it that no output overlaps anything.
struct Frame {
    ranges: [(usize, usize, bool); 8],
    count: usize,
}

impl Frame {
    fn new() -> Self {
        Self { ranges: [(0, 0, false); 8], count: 0 }
    }

    fn claim(&mut self, address: u32, length: usize, written: bool) -> Result<(), Error> {
        let bytes = checked_product(&[length])? * 4;
        let start = address as usize;
        if start % 4 != 0 {
            return Err(Error::Misaligned);
        }
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

    /// An array that may be left out, by the address 0.
    fn optional(&mut self, address: u32, length: usize) -> Result<Option<&'static [f32]>, Error> {
        if address == 0 {
            Ok(None)
        } else {
            self.input(address, length).map(Some)
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

    fn geometry(&mut self, address: u32) -> Result<Geometry, Error> {
        let words = self.indices(address, WORDS)?;
        let mut block = [0; WORDS];
        block.copy_from_slice(words);
        Geometry::new(&block)
    }
}

/// Answers the float32 values of scratch memory for a pass (0 forward, 1 filter gradient, 2 input gradient) of the
/// convolution whose geometry block is at an address; `u32::MAX` when there is no such convolution.
#[wasm_bindgen]
pub fn conv2d_workspace(pass: u32, geometry: u32) -> u32 {
    let size = || conv2d::workspace(Pass::from_code(pass)?, &Frame::new().geometry(geometry)?);
    size().map_or(u32::MAX, |size| size as u32)
}

/// `y = activation(conv(x, filter) + bias)`; `bias` 0 for none.
#[wasm_bindgen]
pub fn conv2d_forward(
    geometry: u32,
    x: u32,
    filter: u32,
    bias: u32,
    y: u32,
    activation: u32,
    workspace: u32,
    workspace_length: u32,
) -> u32 {
    let call = || {
        let mut frame = Frame::new();
        let geometry = frame.geometry(geometry)?;
        let needed = conv2d::workspace(Pass::Forward, &geometry)?;
        conv2d::forward::forward(
            &geometry,
            frame.input(x, geometry.input_size())?,
            frame.input(filter, geometry.filter_size())?,
            frame.optional(bias, geometry.out_c)?,
            frame.output(y, geometry.output_size())?,
            Activation::from_code(activation)?,
            frame.workspace(workspace, workspace_length, needed)?,
        );
        Ok(())
    };
    status(call())
}

/// `dfilter = conv(x, dy)`, summed over the batch.
#[wasm_bindgen]
pub fn conv2d_filter_gradient(
    geometry: u32,
    x: u32,
    dy: u32,
    dfilter: u32,
    workspace: u32,
    workspace_length: u32,
) -> u32 {
    let call = || {
        let mut frame = Frame::new();
        let geometry = frame.geometry(geometry)?;
        let needed = conv2d::workspace(Pass::FilterGradient, &geometry)?;
        conv2d::filter_gradient::filter_gradient(
            &geometry,
            frame.input(x, geometry.input_size())?,
            frame.input(dy, geometry.output_size())?,
            frame.output(dfilter, geometry.filter_size())?,
            frame.workspace(workspace, workspace_length, needed)?,
        );
        Ok(())
    };
    status(call())
}

/// `dx` from `dy` and the filters.
#[wasm_bindgen]
pub fn conv2d_input_gradient(
    geometry: u32,
    dy: u32,
    filter: u32,
    dx: u32,
    workspace: u32,
    workspace_length: u32,
) -> u32 {
    let call = || {
        let mut frame = Frame::new();
        let geometry = frame.geometry(geometry)?;
        let needed = conv2d::workspace(Pass::InputGradient, &geometry)?;
        conv2d::input_gradient::input_gradient(
            &geometry,
            frame.input(dy, geometry.output_size())?,
            frame.input(filter, geometry.filter_size())?,
            frame.output(dx, geometry.input_size())?,
            frame.workspace(workspace, workspace_length, needed)?,
        );
        Ok(())
    };
    status(call())
}

fn product_of(m: u32, n: u32, k: u32, transpose_a: u32, transpose_b: u32) -> Result<Product, Error> {
    if m == 0 || n == 0 || k == 0 {
        return Err(Error::InvalidGeometry);
    }
    Ok(Product {
        m: m as usize,
        n: n as usize,
        k: k as usize,
        transpose_a: transpose_a != 0,
        transpose_b: transpose_b != 0,
    })
}

/// Answers the float32 values of scratch memory for a matrix product; `u32::MAX` when there is no such product.
#[wasm_bindgen]
pub fn matmul_workspace(m: u32, n: u32, k: u32, transpose_a: u32, transpose_b: u32) -> u32 {
    let size = product_of(m, n, k, transpose_a, transpose_b).and_then(|product| product.workspace());
    size.map_or(u32::MAX, |size| size as u32)
}

/// `c [m, n] = activation(op(a) · op(b) + bias)`; `bias [n]`, 0 for none.
#[wasm_bindgen]
pub fn matmul(
    m: u32,
    n: u32,
    k: u32,
    transpose_a: u32,
    transpose_b: u32,
    a: u32,
    b: u32,
    bias: u32,
    c: u32,
    activation: u32,
    workspace: u32,
    workspace_length: u32,
) -> u32 {
    let call = || {
        let mut frame = Frame::new();
        let sizes = product_of(m, n, k, transpose_a, transpose_b)?;
        let needed = sizes.workspace()?;
        product::matmul(
            sizes,
            frame.input(a, sizes.m * sizes.k)?,
            frame.input(b, sizes.k * sizes.n)?,
            frame.optional(bias, sizes.n)?,
            frame.output(c, sizes.m * sizes.n)?,
            Activation::from_code(activation)?,
            frame.workspace(workspace, workspace_length, needed)?,
        );
        Ok(())
    };
    status(call())
}

/// `db[c] = Σ dy[row, c]`.
#[wasm_bindgen]
pub fn bias_gradient(rows: u32, columns: u32, dy: u32, db: u32) -> u32 {
    let call = || {
        let mut frame = Frame::new();
        let (rows, columns) = (rows as usize, columns as usize);
        let dy = frame.input(dy, checked_product(&[rows, columns])?)?;
        bias::gradient(rows, columns, dy, frame.output(db, columns)?);
        Ok(())
    };
    status(call())
}

/// `y = activation(x)`; `y` may be `x`.
#[wasm_bindgen]
pub fn activation_forward(code: u32, length: u32, x: u32, y: u32) -> u32 {
    let call = || {
        let mut frame = Frame::new();
        let activation = Activation::from_code(code)?;
        if x == y {
            activation::forward_in_place(activation, frame.output(y, length as usize)?);
        } else {
            let x = frame.input(x, length as usize)?;
            activation::forward(activation, x, frame.output(y, length as usize)?);
        }
        Ok(())
    };
    status(call())
}

/// `dx = dy · activation′`, from the activation's output `y`; `dx` may be `dy`.
#[wasm_bindgen]
pub fn activation_gradient(code: u32, length: u32, y: u32, dy: u32, dx: u32) -> u32 {
    let call = || {
        let mut frame = Frame::new();
        let activation = Activation::from_code(code)?;
        let y = frame.input(y, length as usize)?;
        if dx == dy {
            activation::gradient_in_place(activation, y, frame.output(dx, length as usize)?);
        } else {
            let dy = frame.input(dy, length as usize)?;
            activation::gradient(activation, y, dy, frame.output(dx, length as usize)?);
        }
        Ok(())
    };
    status(call())
}

/// `loss[0] = Σ (y − o)² / 2`.
#[wasm_bindgen]
pub fn half_squared_error(length: u32, o: u32, y: u32, loss_address: u32) -> u32 {
    let call = || {
        let mut frame = Frame::new();
        let o = frame.input(o, length as usize)?;
        let y = frame.input(y, length as usize)?;
        frame.output(loss_address, 1)?[0] = loss::half_squared_error(o, y);
        Ok(())
    };
    status(call())
}

/// `gradient = o − y`.
#[wasm_bindgen]
pub fn half_squared_error_gradient(length: u32, o: u32, y: u32, gradient: u32) -> u32 {
    let call = || {
        let mut frame = Frame::new();
        let o = frame.input(o, length as usize)?;
        let y = frame.input(y, length as usize)?;
        loss::half_squared_error_gradient(o, y, frame.output(gradient, length as usize)?);
        Ok(())
    };
    status(call())
}

/// `p ← p − rate[0] · g`.
#[wasm_bindgen]
pub fn sgd_update(length: u32, parameters: u32, gradients: u32, rate: u32) -> u32 {
    let call = || {
        let mut frame = Frame::new();
        let rate = frame.input(rate, 1)?[0];
        let gradients = frame.input(gradients, length as usize)?;
        sgd::update(frame.output(parameters, length as usize)?, gradients, rate);
        Ok(())
    };
    status(call())
}

/// `y = a + b`.
#[wasm_bindgen]
pub fn add(length: u32, a: u32, b: u32, y: u32) -> u32 {
    let call = || {
        let mut frame = Frame::new();
        let a = frame.input(a, length as usize)?;
        let b = frame.input(b, length as usize)?;
        elementwise::add(a, b, frame.output(y, length as usize)?);
        Ok(())
    };
    status(call())
}

/// `y = eˣ`.
#[wasm_bindgen]
pub fn exp(length: u32, x: u32, y: u32) -> u32 {
    let call = || {
        let mut frame = Frame::new();
        let x = frame.input(x, length as usize)?;
        elementwise::exp(x, frame.output(y, length as usize)?);
        Ok(())
    };
    status(call())
}

/// `destination[r] = source[indices[r]]` for `count` rows of `row` values; the source has `source_rows` of them.
#[wasm_bindgen]
pub fn gather_rows(count: u32, row: u32, indices: u32, source_rows: u32, source: u32, destination: u32) -> u32 {
    let call = || {
        let mut frame = Frame::new();
        let (count, row) = (count as usize, row as usize);
        let indices = frame.indices(indices, count)?;
        let source = frame.input(source, checked_product(&[source_rows as usize, row])?)?;
        let destination = frame.output(destination, checked_product(&[count, row])?)?;
        elementwise::gather_rows(row, indices, source, destination)
    };
    status(call())
}

/// A loop of fused multiply-adds over 40 values at an address: 64 floating point operations an iteration.
#[wasm_bindgen]
pub fn peak_fma(iterations: u32, address: u32) -> u32 {
    status(Frame::new().output(address, peak::VALUES).map(|values| peak::fused(iterations, values)))
}

/// A loop of multiplications and additions over 40 values at an address: 64 floating point operations an iteration.
#[wasm_bindgen]
pub fn peak_mul_add(iterations: u32, address: u32) -> u32 {
    status(Frame::new().output(address, peak::VALUES).map(|values| peak::separate(iterations, values)))
}

#![cfg_attr(target_feature = "atomics", feature(stdarch_wasm_atomic_wait))]
//! Kernels for training convolutional networks.
//!
//! TypeScript decides, Rust computes: shapes, lifetimes and order are known on the other side. Here a kernel gets
//! slices and sizes, and does one thing fast. There is no graph, no policy and no allocation in a kernel.
//!
//! - `abi` is the boundary (WebAssembly only): it checks addresses and lengths, makes slices and calls one kernel.
//! - `kernels` and `optimizers` have one file an operation, forward and gradients side by side.
//! - `gemm` holds the register tiles that matrix products and convolutions share.
//! - `vector` is the one SIMD type: four lanes, portable (float32, or float64 for gradient checks), `simd128`
//!   or `relaxed`.
//!
//! Portable and `simd128` give the same bits on any data: the same lanes in the same order, never fused. Only
//! `relaxed` may round differently, in [`vector::Vector::mul_add`] and in [`kernels::conv2d::winograd`].

#[cfg(target_arch = "wasm32")]
#[allow(unsafe_code)]
mod abi;
pub mod error;
pub mod gemm;
pub mod geometry;
pub mod kernels;
#[allow(unsafe_code)]
pub mod memory;
pub mod optimizers;
#[allow(unsafe_code)]
pub mod threads;
#[allow(unsafe_code)]
pub mod vector;

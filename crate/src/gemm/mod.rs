//! Matrix products on register tiles, and the tiles that convolutions share.
//!
//! A tile has at most nine accumulators: V8 on x64 has 15 usable vector registers and does not fold loads, so the
//! tenth accumulator would be spilled in the innermost loop.

#[allow(unsafe_code)]
pub mod micro;
pub mod pack;

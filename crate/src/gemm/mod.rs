//! Matrix products on register tiles, and the tiles that convolutions share.
//!
//! A tile has at most nine accumulators, ten where it is five by two: V8 on x64 has 15 usable vector registers and does not
//! fold loads. LLVM takes a tile row by row, so that the vectors of a whole row and one value of the other side have to
//! fit beside the accumulators; one more would be spilled in the innermost loop.

#[allow(unsafe_code)]
pub mod micro;
pub mod pack;

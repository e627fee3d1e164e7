//! What is done with tensors of any shape, float32, int32 or truth values: TensorFlow.js asks for it, our layers do not.

pub mod compare;
pub mod functions;
pub mod integers;
pub mod reduce;
pub mod resize;
pub mod running;
mod series;
pub mod strided;

//! Exports of the kernels for TensorFlow.js.

mod image;
mod logic;
mod mathematics;
mod reduction;
mod strided;

use super::{call, matrix, operands, Frame};

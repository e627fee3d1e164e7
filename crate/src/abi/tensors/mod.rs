//! Exports of the kernels for TensorFlow.js.

mod logic;
mod mathematics;
mod reduction;
mod strided;

use super::{call, matrix, Frame};

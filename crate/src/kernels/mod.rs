//! One file an operation, forward and gradients side by side. Kernels get slices whose lengths the boundary checked.

// Of any shape and type, for TensorFlow.js.
pub mod tensors;

pub mod activation;
mod ahead;
pub mod batch_norm;
pub mod bends;
pub mod between;
pub mod bias;
pub mod boxes;
pub mod broadcast;
mod by_panels;
pub mod clipped_relu;
pub mod columns;
pub mod conv2d;
pub mod cross_entropy;
pub mod curves;
mod dots;
pub mod dropout;
pub mod elementwise;
pub mod ending;
pub mod enlarge;
#[cfg_attr(feature = "double", path = "exponential_double.rs")]
pub mod exponential;
pub mod extremes;
pub mod far_rows;
pub mod few_rows;
pub mod fold;
mod fours;
pub mod group_norm;
pub mod image;
mod joined_rows;
pub mod layer_norm;
pub mod logarithm;
pub mod loss;
pub mod map;
pub mod matmul;
pub mod mix;
pub mod motion;
pub mod narrow;
pub mod noise;
mod normal;
mod panel;
pub mod permute;
pub mod pointwise_loss;
pub mod pooling;
pub mod prelu;
pub mod quantile;
pub mod random;
pub mod repeated;
pub mod row_loss;
mod slabs;
pub mod softmax;
pub mod strips;
mod tall;
pub mod tone;
pub mod unit_norm;
pub mod warp;
pub mod with_slope;
mod with_vector;

// What the boundary may choose.
pub use crate::vector::{use_registers, Registers};

//! One file an operation, forward and gradients side by side. Kernels get slices whose lengths the boundary checked.

pub mod activation;
pub mod bias;
pub mod conv2d;
pub mod elementwise;
pub mod exponential;
pub mod loss;
pub mod matmul;
pub mod peak;
pub mod pooling;
pub mod softmax;

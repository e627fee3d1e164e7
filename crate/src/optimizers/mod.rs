//! How parameters follow their gradients, each in one pass.

pub mod sgd;

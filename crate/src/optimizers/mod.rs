//! How parameters follow their gradients, each in one pass.

pub mod adam;
pub mod sgd;

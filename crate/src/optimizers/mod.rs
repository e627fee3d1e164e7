//! How parameters follow their gradients, each in one pass.

pub mod adagrad;
pub mod adam;
pub mod adamax;
pub mod averages;
pub mod gradients;
pub mod lion;
pub mod momentum;
pub mod rmsprop;
pub mod sgd;

//! Layer normalization: each row by its own mean and variance (Ba, Kiros and Hinton, 2016).

mod forward;
mod gradient;

pub use forward::forward;
pub use gradient::gradient;

use crate::vector::{Lanes, Real, Vector};

/// Each value in all lanes; `absent` where there are none.
#[inline(always)]
fn splat_all(values: Option<&[Real]>, absent: Real, lanes: &mut [Lanes]) {
    match values {
        Some(values) => lanes.iter_mut().zip(values).for_each(|(lanes, &value)| *lanes = Lanes::splat(value)),
        None => lanes.fill(Lanes::splat(absent)),
    }
}

//! What becomes of the values of a product while they are still in a cache.

use super::activation::{forward_in_place, slope_in_place, Activation};
use crate::threads::each_value;
use crate::vector::Real;

/// The last step of a kernel that computes products.
#[derive(Clone, Copy)]
pub enum Ending<'a> {
    /// Each value becomes the function's.
    Function(Activation),
    /// Each value, a gradient by the function's output, is multiplied by the function's slope. The slice has a value for
    /// each, see [`super::activation::gradient`].
    Slope(Activation, &'a [Real]),
}

impl Ending<'_> {
    /// Values stay as they are.
    pub const NONE: Ending<'static> = Ending::Function(Activation::Linear);

    /// The ending of the values from `first` on.
    pub fn after(self, first: usize) -> Self {
        match self {
            Self::Function(_) => self,
            Self::Slope(activation, values) => Self::Slope(activation, &values[first..]),
        }
    }

    /// Ends some values, of which this is the ending.
    pub fn apply(self, out: &mut [Real]) {
        match self {
            Self::Function(activation) => forward_in_place(activation, out),
            Self::Slope(activation, values) => slope_in_place(activation, &values[..out.len()], out),
        }
    }

    /// [`Self::apply`] on all threads, where the values are an array that was computed before.
    pub fn apply_to_array(self, out: &mut [Real]) {
        let work = match self {
            Self::Function(activation) => activation.work(),
            Self::Slope(activation, _) => activation.work_of_slope(),
        };
        each_value([out], work, |first, [out]| self.after(first).apply(out));
    }
}

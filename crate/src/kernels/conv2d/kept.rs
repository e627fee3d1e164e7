//! Filters that a caller keeps as Winograd's way reads them, where they are the same from call to call: those of predictions are transformed
//! when weights have changed. One image or a few have fewer pixels than filters have weights, whose transform then takes most of the time.

use super::input_gradient::exchange;
use super::{winograd, Pass};
use crate::error::Error;
use crate::geometry::Geometry;
use crate::kernels::activation::{forward_in_place, Activation};
use crate::vector::Real;
use winograd::{Convolution, Filters};

/// A pass with kept filters.
pub struct Kept<'a> {
    geometry: &'a Geometry,
    convolution: Convolution,
    /// Whether filters are exchanged before they are transformed, as the transpose wants them.
    exchanges: bool,
}

impl<'a> Kept<'a> {
    /// The pass, if it is one of these and keeping filters pays.
    pub fn new(pass: Pass, geometry: &'a Geometry) -> Option<Self> {
        let (way, exchanges) = match pass {
            Pass::KeptForward => (winograd::forward_with_kept(geometry), false),
            Pass::KeptInputGradient => (winograd::backward_with_kept(geometry), true),
            _ => (None, false),
        };
        way.map(|convolution| Self { geometry, convolution, exchanges })
    }

    /// Elements of the filters as they are kept.
    pub fn size(&self) -> Result<usize, Error> {
        self.convolution.transformed_size()
    }

    /// float32 values of scratch memory for [`Self::keep`] and [`Self::convolve`].
    pub fn workspace(&self) -> Result<usize, Error> {
        let exchanged = if self.exchanges { self.geometry.filter_size() } else { 0 };
        Ok(winograd::workspace_beside_filters(&self.convolution)?.max(exchanged))
    }

    /// Makes what is kept of filters.
    pub fn keep(&self, filter: &[Real], kept: &mut [Real], workspace: &mut [Real]) {
        if !self.exchanges {
            return winograd::transform_all(&self.convolution, filter, kept);
        }
        let exchanged = &mut workspace[..self.geometry.filter_size()];
        exchange(self.geometry, filter, !self.convolution.spreads, exchanged);
        winograd::transform_all(&self.convolution, exchanged, kept);
    }

    /// `y = activation(conv(x, filter) + bias)`, or of the transpose, by what [`Self::keep`] has made of the filters.
    pub fn convolve(
        &self,
        (x, kept, bias): (&[Real], &[Real], Option<&[Real]>),
        y: &mut [Real],
        activation: Activation,
        workspace: &mut [Real],
    ) {
        let filters = Filters::Transformed(kept);
        winograd::convolve(&self.convolution, x, filters, bias, y, workspace, |_, y| forward_in_place(activation, y));
    }

    /// Height, width and channels of the inputs, and of the outputs.
    pub fn shapes(&self) -> [[usize; 3]; 2] {
        [self.convolution.input, self.convolution.output]
    }
}

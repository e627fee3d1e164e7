//! Filters that a caller keeps as Winograd's way reads them, where they are the same from call to call: those of predictions are transformed
//! when weights have changed. One image or a few have fewer pixels than filters have weights, whose transform then takes most of the time.

use super::input_gradient::{given, room_of_given};
use super::{rounded, winograd, Pass};
use crate::error::Error;
use crate::geometry::Geometry;
use crate::kernels::activation::{forward_in_place, Activation};
use crate::kernels::ending::Ending;
use crate::vector::Real;
use winograd::{Convolution, Filters, Given};

/// A pass with kept filters.
pub struct Kept<'a> {
    geometry: &'a Geometry,
    /// The convolution with more channels, where it is computed instead.
    rounded: Option<Geometry>,
    convolution: Convolution,
    /// Whether filters are exchanged before they are transformed, as the transpose wants them.
    exchanges: bool,
}

impl<'a> Kept<'a> {
    /// The pass, if it is one of these and keeping filters pays.
    pub fn new(pass: Pass, geometry: &'a Geometry) -> Option<Self> {
        let (way, exchanges): (fn(&Geometry, f64) -> _, _) = match pass {
            Pass::KeptForward => (winograd::forward_with_kept, false),
            Pass::KeptInputGradient => (winograd::backward_with_kept, true),
            _ => return None,
        };
        if let Some(convolution) = way(geometry, 1.0) {
            return Some(Self { geometry, rounded: None, convolution, exchanges });
        }
        let (own, convolution) = rounded::kept_way(geometry, |g| if exchanges { g.out_c } else { g.in_c }, way)?;
        Some(Self { geometry, rounded: Some(own), convolution, exchanges })
    }

    /// The convolution that is computed.
    fn own(&self) -> &Geometry {
        self.rounded.as_ref().unwrap_or(self.geometry)
    }

    /// Elements of the filters as they are kept.
    pub fn size(&self) -> Result<usize, Error> {
        self.convolution.transformed_size()
    }

    /// float32 values of scratch memory for [`Self::keep`] and [`Self::convolve`].
    pub fn workspace(&self) -> Result<usize, Error> {
        let pixels = self.rounded.as_ref().map_or(0, rounded::workspace_beside_filters);
        let needed = pixels + winograd::workspace_beside_filters(&self.convolution)?;
        let widened = if self.rounded.is_some() { self.own().filter_size() } else { 0 };
        Ok(needed.max(widened + self.room_of_given()))
    }

    /// Elements of scratch memory for exchanged filters.
    fn room_of_given(&self) -> usize {
        if self.exchanges {
            room_of_given(self.own(), &self.convolution)
        } else {
            0
        }
    }

    /// Makes what is kept of filters.
    pub fn keep<'b>(&self, mut filter: &'b [Real], kept: &mut [Real], workspace: &'b mut [Real]) {
        let (own, mut rest) = (self.own(), workspace);
        if self.rounded.is_some() {
            let filters;
            (filters, rest) = rest.split_at_mut(own.filter_size());
            rounded::widen_filters((self.geometry, filter), (own, filters));
            filter = filters;
        }
        let given = if self.exchanges {
            given(own, &self.convolution, filter, &mut rest[..self.room_of_given()])
        } else {
            Given::plain(filter)
        };
        winograd::transform_all(&self.convolution, given, kept);
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
        let Some(own) = &self.rounded else {
            let end = |_, y: &mut [Real]| forward_in_place(activation, y);
            return winograd::convolve(&self.convolution, x, filters, bias, y, workspace, end);
        };
        let mut pixels = rounded::pixels(self.geometry, own);
        if self.exchanges {
            pixels.reverse();
        }
        let ending = Ending::Function(activation);
        rounded::convolve(pixels, (x, bias), (y, ending), workspace, |(x, bias), y, rest| {
            winograd::convolve(&self.convolution, x, filters, bias, y, rest, |_, _| ());
        });
    }

    /// Height, width and channels of the inputs, and of the outputs.
    pub fn shapes(&self) -> [[usize; 3]; 2] {
        let g = self.geometry;
        let mut shapes = [[g.in_h, g.in_w, g.in_c], [g.out_h, g.out_w, g.out_c]];
        if self.exchanges {
            shapes.reverse();
        }
        shapes
    }
}

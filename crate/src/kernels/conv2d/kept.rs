//! Filters that a caller keeps as Winograd's way reads them, where they are the same from call to call: those of predictions are transformed
//! when weights have changed. One image or a few have fewer pixels than filters have weights, whose transform then takes most of the time.

use super::input_gradient::exchange;
use super::{winograd, Pass};
use crate::error::Error;
use crate::geometry::Geometry;
use crate::kernels::activation::{forward_in_place, Activation};
use crate::vector::Real;
use winograd::{Convolution, Filters};

/// What a pass computes this way, if it pays.
fn way(pass: Pass, geometry: &Geometry) -> Option<Convolution> {
    match pass {
        Pass::KeptForward => winograd::forward_with_kept(geometry),
        Pass::KeptInputGradient => winograd::backward_with_kept(geometry),
        _ => None,
    }
}

/// Elements of the filters as they are kept for a pass; 0 where that does not pay.
pub fn size(pass: Pass, geometry: &Geometry) -> usize {
    way(pass, geometry).map_or(0, |convolution| convolution.transformed_size())
}

/// float32 values of scratch memory for [`keep`] and [`convolve`].
pub fn workspace(pass: Pass, geometry: &Geometry) -> Result<usize, Error> {
    let Some(convolution) = way(pass, geometry) else {
        return Ok(0);
    };
    let exchanged = if pass == Pass::KeptInputGradient { geometry.filter_size() } else { 0 };
    Ok(winograd::workspace_beside_filters(&convolution)?.max(exchanged))
}

/// Makes what is kept of filters. `kept` has [`size`] elements, which are not 0.
pub fn keep(pass: Pass, geometry: &Geometry, filter: &[Real], kept: &mut [Real], workspace: &mut [Real]) {
    let Some(convolution) = way(pass, geometry) else {
        return;
    };
    if pass == Pass::KeptForward {
        return winograd::transform_all(&convolution, filter, kept);
    }
    let exchanged = &mut workspace[..geometry.filter_size()];
    exchange(geometry, filter, !convolution.spreads, exchanged);
    winograd::transform_all(&convolution, exchanged, kept);
}

/// `y = activation(conv(x, filter) + bias)`, or of the transpose, by what [`keep`] has made of the filters.
pub fn convolve(
    pass: Pass,
    geometry: &Geometry,
    (x, kept, bias): (&[Real], &[Real], Option<&[Real]>),
    y: &mut [Real],
    activation: Activation,
    workspace: &mut [Real],
) {
    if let Some(convolution) = way(pass, geometry) {
        let filters = Filters::Transformed(kept);
        winograd::convolve(&convolution, x, filters, bias, y, workspace, |_, y| forward_in_place(activation, y));
    }
}

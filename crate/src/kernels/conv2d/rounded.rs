//! Channels that are no multiple of four, rounded up to the next one with zeros: Winograd's way, which wants whole vectors, then takes less time with more
//! channels than the direct way does with fewer.

use super::{filter_gradient, forward, input_gradient, winograd};
use crate::error::{checked_product, Error};
use crate::geometry::Geometry;
use crate::kernels::activation::Activation;
use crate::kernels::ending::Ending;
use crate::threads::{each_share, OF_COPYING};
use crate::vector::{Lanes, Real, Vector, LANES};

/// The convolution with more channels, where there are more than a vector's of either: of fewer too much would be zeros.
pub fn rounded(geometry: &Geometry) -> Option<Geometry> {
    let [in_c, out_c] = [geometry.in_c, geometry.out_c].map(|channels| channels.next_multiple_of(LANES));
    let own = Geometry { in_c, out_c, ..*geometry };
    let is_larger = [in_c, out_c] != [geometry.in_c, geometry.out_c];
    if geometry.groups > 1 || !is_larger || geometry.in_c.min(geometry.out_c) <= LANES {
        return None;
    }
    checked_product(&[own.batch, own.in_h, own.in_w, in_c]).ok()?;
    checked_product(&[own.batch, own.out_h, own.out_w, out_c]).ok()?;
    Some(own)
}

/// What the copy of a value takes, counted in products.
const COPY: f64 = 4.0;

/// The share of its products that the direct way makes, less those that copies take as long as: by the channels of what is `read`, as
/// lanes along those of what is made would be empty there, too.
fn share(geometry: &Geometry, own: &Geometry, read: impl Fn(&Geometry) -> usize) -> f64 {
    share_of_all(geometry) * read(geometry) as f64 / read(own) as f64
}

/// The same where the direct way takes as long as with all channels, as it does for gradients of filters.
fn share_of_all(geometry: &Geometry) -> f64 {
    let g = geometry;
    let [inputs, outputs] = [g.in_h * g.in_w * g.in_c, g.out_h * g.out_w * g.out_c].map(|size| size as f64);
    1.0 - COPY * (inputs + outputs) / (outputs * (g.kernel_h * g.kernel_w * g.in_c) as f64)
}

/// The convolution that is computed with kept filters instead, and how, if `way` answers that for it and the share of its products, by the channels
/// of what is `read`.
pub(super) fn kept_way<T>(
    geometry: &Geometry,
    read: impl Fn(&Geometry) -> usize,
    way: impl FnOnce(&Geometry, f64) -> Option<T>,
) -> Option<(Geometry, T)> {
    let own = rounded(geometry)?;
    way(&own, share(geometry, &own, read)).map(|way| (own, way))
}

/// The convolution whose outputs are computed instead, if that pays.
pub fn forward_way(geometry: &Geometry) -> Option<Geometry> {
    rounded(geometry).filter(|own| winograd::fits_instead(own, share(geometry, own, |g| g.in_c)))
}

/// That for the gradient of the filters.
pub fn gradient_way(geometry: &Geometry) -> Option<Geometry> {
    rounded(geometry).filter(|own| winograd::gradient_fits_instead(own, share_of_all(geometry)))
}

/// That for the gradient of the images.
pub fn backward_way(geometry: &Geometry) -> Option<Geometry> {
    rounded(geometry).filter(|own| winograd::backward_instead(own, share(geometry, own, |g| g.out_c)).is_some())
}

/// float32 values of scratch memory for [`forward`].
pub fn workspace(own: &Geometry) -> Result<usize, Error> {
    Ok(own.filter_size() + workspace_beside_filters(own) + forward::workspace(own)?)
}

/// The same for [`input_gradient`].
pub fn backward_workspace(own: &Geometry) -> Result<usize, Error> {
    Ok(own.filter_size() + workspace_beside_filters(own) + input_gradient::workspace(own)?)
}

/// The same for [`filter_gradient`].
pub fn gradient_workspace(own: &Geometry) -> Result<usize, Error> {
    Ok(own.filter_size() + workspace_beside_filters(own) + filter_gradient::workspace(own)?)
}

/// What [`convolve`] wants for images, outputs and a bias.
pub(super) fn workspace_beside_filters(own: &Geometry) -> usize {
    own.input_size() + own.output_size() + own.out_c.max(own.in_c)
}

/// `y = activation(conv(x, filter) + bias)` by `own`, which [`rounded`] has answered.
pub fn forward(
    (geometry, own): (&Geometry, &Geometry),
    (x, filter, bias): (&[Real], &[Real], Option<&[Real]>),
    y: &mut [Real],
    activation: Activation,
    workspace: &mut [Real],
) {
    let (filters, rest) = workspace.split_at_mut(own.filter_size());
    widen_filters((geometry, filter), (own, filters));
    let ending = Ending::Function(activation);
    convolve(pixels(geometry, own), (x, bias), (y, ending), rest, |(x, bias), y, rest| {
        forward::forward(own, x, filters, bias, y, Activation::Linear, rest);
    });
}

/// `dx` from `dy` and the filters, ended, by `own`.
pub fn input_gradient(
    (geometry, own): (&Geometry, &Geometry),
    (dy, filter): (&[Real], &[Real]),
    dx: &mut [Real],
    ending: Ending,
    workspace: &mut [Real],
) {
    let (filters, rest) = workspace.split_at_mut(own.filter_size());
    widen_filters((geometry, filter), (own, filters));
    let [inputs, outputs] = pixels(geometry, own);
    convolve([outputs, inputs], (dy, None), (dx, ending), rest, |(dy, _), dx, rest| {
        input_gradient::input_gradient(own, dy, filters, dx, Ending::NONE, rest);
    });
}

/// `df = conv(x, dy)` by `own`.
pub fn filter_gradient(
    (geometry, own): (&Geometry, &Geometry),
    (x, dy): (&[Real], &[Real]),
    df: &mut [Real],
    workspace: &mut [Real],
) {
    let [inputs, outputs] = pixels(geometry, own);
    let (filters, rest) = workspace.split_at_mut(own.filter_size());
    let (x, rest) = inputs.widened(x, rest);
    let (dy, rest) = outputs.widened(dy, rest);
    filter_gradient::filter_gradient(own, x, dy, filters, rest);
    let taps = filters.chunks_exact(own.in_c * own.out_c);
    for (filters, df) in taps.zip(df.chunks_exact_mut(geometry.in_c * geometry.out_c)) {
        narrow((filters, own.out_c), (df, geometry.out_c));
    }
}

/// Pixels of images or of outputs, with the channels that they have and those that they get.
#[derive(Clone, Copy)]
pub(super) struct Pixels {
    count: usize,
    channels: usize,
    more: usize,
}

/// Those of the images, and of the outputs.
pub(super) fn pixels(geometry: &Geometry, own: &Geometry) -> [Pixels; 2] {
    let g = geometry;
    [
        Pixels { count: g.batch * g.in_h * g.in_w, channels: g.in_c, more: own.in_c },
        Pixels { count: g.batch * g.out_h * g.out_w, channels: g.out_c, more: own.out_c },
    ]
}

impl Pixels {
    /// Values with more channels, and the rest of the workspace: themselves, where they have as many.
    fn widened<'a>(self, values: &'a [Real], workspace: &'a mut [Real]) -> (&'a [Real], &'a mut [Real]) {
        let Self { count, channels, more } = self;
        if channels == more {
            return (values, workspace);
        }
        let (wide, rest) = workspace.split_at_mut(count * more);
        each_share(wide, more, more * OF_COPYING, |first, wide| {
            widen((&values[first * channels..], channels), (wide, more))
        });
        (wide, rest)
    }
}

/// Lets `work` make of images and a bias with more channels outputs with more, and ends those that there are.
pub(super) fn convolve(
    [seen, made]: [Pixels; 2],
    (x, bias): (&[Real], Option<&[Real]>),
    (y, ending): (&mut [Real], Ending),
    workspace: &mut [Real],
    work: impl FnOnce((&[Real], Option<&[Real]>), &mut [Real], &mut [Real]),
) {
    let Pixels { count, channels, more } = made;
    let (biases, rest) = workspace.split_at_mut(more);
    if let Some(bias) = bias {
        widen((bias, channels), (biases, more));
    }
    let bias = bias.map(|_| &*biases);
    let (x, rest) = seen.widened(x, rest);
    if channels == more {
        work((x, bias), y, rest);
        return ending.apply_to_array(y);
    }
    let (wide, rest) = rest.split_at_mut(count * more);
    work((x, bias), wide, rest);
    let wide = &*wide;
    each_share(y, channels, channels * OF_COPYING, |first, y| {
        narrow((&wide[first * more..], more), (y, channels));
        ending.after(first * channels).apply(y);
    });
}

/// Filters with more channels.
pub(super) fn widen_filters((geometry, filter): (&Geometry, &[Real]), (own, filters): (&Geometry, &mut [Real])) {
    let taps = filter.chunks_exact(geometry.in_c * geometry.out_c);
    for (filter, filters) in taps.zip(filters.chunks_exact_mut(own.in_c * own.out_c)) {
        let (there, zeros) = filters.split_at_mut(geometry.in_c * own.out_c);
        widen((filter, geometry.out_c), (there, own.out_c));
        zeros.fill(0.0);
    }
}

/// Pixels with so many channels that are whole vectors: zeros behind those that there are.
#[inline(never)]
fn widen((values, channels): (&[Real], usize), (wide, more): (&mut [Real], usize)) {
    let last = more - LANES;
    let (lane, rest) = (Lanes::from_array([0.0, 1.0, 2.0, 3.0]), Lanes::splat((channels - last) as Real));
    let mut place = 0;
    for wide in wide.chunks_exact_mut(more) {
        let vector = if let Some(values) = values.get(place..place + more) {
            for (values, wide) in values[..last].chunks_exact(LANES).zip(wide.chunks_exact_mut(LANES)) {
                Lanes::load(values).store(wide);
            }
            Lanes::load(&values[last..])
        } else {
            let values = &values[place..];
            wide[..last].copy_from_slice(&values[..last]);
            Lanes::load_few(&values[last..], 0.0)
        };
        lane.select_less(rest, vector, Lanes::splat(0.0)).store(&mut wide[last..]);
        place += channels;
    }
}

/// Pixels with the first of their channels.
#[inline(never)]
fn narrow((wide, more): (&[Real], usize), (values, channels): (&mut [Real], usize)) {
    let count = values.len() / channels;
    let mut place = 0;
    for wide in wide.chunks_exact(more).take(count) {
        // What is too much lies where the next pixel will.
        if let Some(values) = values.get_mut(place..place + more) {
            for (wide, values) in wide.chunks_exact(LANES).zip(values.chunks_exact_mut(LANES)) {
                Lanes::load(wide).store(values);
            }
        } else {
            values[place..].copy_from_slice(&wide[..channels]);
        }
        place += channels;
    }
}

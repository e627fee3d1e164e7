//! `y = max_pool(activation(conv(x, filter) + bias))`, for those who do not need the convolution's outputs, and the gradients
//! of filter and bias: the outputs and their gradients stay in a cache, an image at a time.

use super::by_images::{self, Gradients};
use super::{axis, cut, filter_gradient, forward, wide, winograd, MOST_PARTS};
use crate::error::{checked_product, Error};
use crate::geometry::Geometry;
use crate::kernels::activation::{forward_in_place, Activation};
use crate::kernels::ending::Ending;
use crate::kernels::{bias, pooling};
use crate::threads::each_with_scratch;
use crate::vector::{copy, Real, LANES};

/// Whether all outputs are computed before the largest ones are looked for: threads share those of an image that is alone.
fn is_in_two(geometry: &Geometry) -> bool {
    // Filters of one column see a line of all pixels, not an image.
    let by_groups = winograd::fits(geometry) && geometry.kernel_w > 1;
    geometry.batch == 1 || !(by_groups || forward::goes_by_images(geometry))
}

/// float32 values of scratch memory: those of the convolution, and outputs of it: one image for each part of the batch,
/// where images are computed one by one.
pub fn workspace(geometry: &Geometry) -> Result<usize, Error> {
    if is_in_two(geometry) {
        return Ok(geometry.output_size() + forward::workspace(geometry)?);
    }
    if winograd::fits(geometry) {
        let sizes = [winograd::Convolution::forward(geometry), winograd::Convolution::pooled(geometry)];
        let sizes = sizes.iter().filter(|c| !c.output.contains(&0)).map(winograd::workspace_in_groups);
        return sizes.collect::<Result<Vec<_>, _>>().map(|sizes| sizes.into_iter().max().unwrap_or(0));
    }
    let outputs = geometry.output_size() / geometry.batch + wide::scratch(geometry, geometry.out_h)?;
    Ok(checked_product(&[cut(geometry, MOST_PARTS).1, outputs])? + forward::workspace(geometry)?)
}

/// The largest values of windows of a convolution's outputs. The images of `windows` are these outputs. With `argmax` is noted
/// where they are, see [`pooling::max_noting`]; without it has no elements.
pub fn forward(
    geometry: &Geometry,
    windows: &Geometry,
    (x, filter, bias): (&[Real], &[Real], Option<&[Real]>),
    (y, argmax): (&mut [Real], &mut [Real]),
    activation: Activation,
    workspace: &mut [Real],
) {
    if is_in_two(geometry) {
        let (outputs, workspace) = workspace.split_at_mut(geometry.output_size());
        forward::forward(geometry, x, filter, bias, outputs, activation, workspace);
        return pooling::max_noting(windows, outputs, y, argmax);
    }
    let (input, output) = (geometry.input_size() / geometry.batch, geometry.output_size() / geometry.batch);
    let pooled = windows.output_size() / windows.batch;
    let notes = if argmax.is_empty() { 0 } else { pooled / LANES };
    // The largest value's relu is the largest relu (but for the sign of a zero), and it is taken of fewer values. Where all are
    // cut off it may be another pixel's, of no slope either.
    let is_late = matches!(activation, Activation::Relu | Activation::Relu6);
    let (early, late) = if is_late { (Activation::Linear, activation) } else { (activation, Activation::Linear) };
    // A last row or column that is in no window is not computed.
    let is_cut = winograd::fits(geometry) && pooling::notes(windows) > 0;
    let seen =
        if is_cut { Geometry { in_h: 2 * windows.out_h, in_w: 2 * windows.out_w, ..*windows } } else { *windows };
    let pool = |outputs: &mut [Real], y: &mut [Real], argmax: &mut [Real]| {
        forward_in_place(early, outputs);
        let windows = seen.of_images(y.len() / pooled);
        pooling::max_noting_of(&windows, outputs, y, argmax);
        forward_in_place(late, y);
    };
    if winograd::fits(geometry) {
        let way = if is_cut { winograd::Convolution::pooled } else { winograd::Convolution::forward };
        let convolution = way(geometry);
        let results = [(y, pooled), (argmax, notes)];
        return winograd::in_groups(&convolution, (x, winograd::Given::plain(filter), bias), results, workspace, pool);
    }
    let (images, parts) = cut(geometry, MOST_PARTS);
    let scratch = output + wide::scratch(geometry, geometry.out_h).unwrap_or(0);
    let (outputs, packed) = workspace.split_at_mut(parts * scratch);
    let wide_size = wide::scratch_for(geometry, geometry.out_h, filter);
    if wide_size == 0 {
        forward::prepare(geometry, filter, bias, packed);
    }
    let (packed, axes) = (&*packed, axis::forward(geometry));
    let results = [(y, images * pooled), (argmax, images * notes)];
    each_with_scratch(results, (outputs, scratch), |part, [y, mut argmax], outputs| {
        let (outputs, scratch) = outputs.split_at_mut(output);
        let scratch = &mut scratch[..wide_size];
        let x = x[part * images * input..].chunks_exact(input);
        for (x, y) in x.zip(y.chunks_exact_mut(pooled)) {
            let own;
            (own, argmax) = argmax.split_at_mut(notes);
            forward::image(geometry, &axes, x, (filter, bias), packed, outputs, scratch);
            pool(outputs, y, own);
        }
    });
}

/// Where an image's gradients come from: those of the pooled outputs, before the function's slope.
pub struct Pooled<'a> {
    /// The windows.
    pub windows: &'a Geometry,
    /// What [`forward`] noted.
    pub argmax: &'a [Real],
    /// Gradients by the pooled outputs.
    pub dy: &'a [Real],
    /// What they are multiplied by before they are spread.
    pub slope: Ending<'a>,
}

impl Pooled<'_> {
    /// Elements of the pooled outputs of an image.
    fn size(&self) -> usize {
        self.windows.output_size() / self.windows.batch
    }

    /// The gradients of some images' pooled outputs, from `first` on.
    pub(super) fn slopes(&self, first: usize, gradients: &mut [Real]) {
        copy(&self.dy[first..][..gradients.len()], gradients);
        self.slope.after(first).apply(gradients);
    }
}

impl Gradients for Pooled<'_> {
    fn of<'a>(&'a self, image: usize, fresh: bool, own: &'a mut [Real]) -> &'a [Real] {
        let (sums, rest) = own.split_at_mut(self.windows.in_c);
        let (outputs, pooled) = rest.split_at_mut(rest.len() - self.size());
        let first = image * self.size();
        self.slopes(first, pooled);
        if fresh {
            sums.fill(0.0);
        }
        bias::add_sums(pooled, sums);
        pooling::gradient_of_noted_of(&self.windows.of_images(1), &self.argmax[first / LANES..], pooled, outputs);
        outputs
    }
}

/// Elements of the pooled outputs of an image, whose windows are 2×2.
fn pooled_size(geometry: &Geometry) -> usize {
    geometry.out_h / 2 * (geometry.out_w / 2) * geometry.out_c
}

/// What a part of the batch has for itself: sums for the bias, and an image's gradients.
fn own_size(geometry: &Geometry) -> usize {
    geometry.out_c + geometry.out_h * geometry.out_w * geometry.out_c + pooled_size(geometry)
}

/// float32 values of scratch memory of [`gradient`].
pub fn gradient_workspace(geometry: &Geometry) -> Result<usize, Error> {
    let output = checked_product(&[geometry.out_h, geometry.out_w, geometry.out_c])?;
    let pooled = pooled_size(geometry);
    if filter_gradient::goes_by_images(geometry) {
        return by_images::workspace(geometry, own_size(geometry));
    }
    Ok(checked_product(&[geometry.batch, output + pooled])? + filter_gradient::workspace(geometry)?)
}

/// Gradients of the filter and, if there is one, of the bias. The images of `pooled.windows` are the convolution's outputs.
pub fn gradient(
    geometry: &Geometry,
    pooled: &Pooled,
    x: &[Real],
    df: &mut [Real],
    db: Option<&mut [Real]>,
    workspace: &mut [Real],
) {
    if !filter_gradient::goes_by_images(geometry) {
        let (outputs, rest) = workspace.split_at_mut(geometry.output_size());
        let (gradients, rest) = rest.split_at_mut(pooled.dy.len());
        pooled.slopes(0, gradients);
        pooling::gradient_of_noted(pooled.windows, pooled.argmax, gradients, outputs);
        if let Some(db) = db {
            bias::gradient(gradients.len() / db.len(), db.len(), gradients, db);
        }
        return filter_gradient::filter_gradient(geometry, x, outputs, df, rest);
    }
    let own = own_size(geometry);
    by_images::filter_gradient(geometry, x, (pooled, own), df, workspace);
    if let Some(db) = db {
        bias::sum_of_parts(by_images::parts(geometry, own, workspace), db);
    }
}

/// How both gradients are computed at once by Winograd's way, if they are.
fn both(geometry: &Geometry) -> Option<winograd::Convolution> {
    let is_transposed = winograd::backward(geometry).is_some_and(|way| way.spreads);
    if !is_transposed || !winograd::gradient_fits(geometry) {
        return None;
    }
    Some(winograd::Convolution::pooled(geometry)).filter(winograd::has_both)
}

/// float32 values of scratch memory of [`gradients`]; 0 where there is no such way.
pub fn gradients_workspace(geometry: &Geometry) -> Result<usize, Error> {
    match both(geometry) {
        None => Ok(0),
        Some(convolution) => winograd::both_workspace(&convolution),
    }
}

/// [`gradient`], and that of the images as well. Only where [`gradients_workspace`] is not 0.
pub fn gradients(
    geometry: &Geometry,
    pooled: &Pooled,
    (x, filter): (&[Real], &[Real]),
    (df, db): (&mut [Real], Option<&mut [Real]>),
    (dx, ending): (&mut [Real], Ending),
    workspace: &mut [Real],
) {
    let Some(convolution) = both(geometry) else { return };
    winograd::gradients(&convolution, pooled, (x, filter), (df, db), (dx, ending), workspace);
}

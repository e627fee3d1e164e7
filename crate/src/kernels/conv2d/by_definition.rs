//! Where what is not finite met zeros that the convolution does not have: those of a border, beside a row, or of other groups. The product
//! is NaN. Filters' gradients that came out so are computed anew, by their definition; finite numbers never come here.

use crate::geometry::Geometry;
use crate::vector::{totals, Lanes, Real, Vector, LANES};

/// Whether a value is NaN; maybe also where infinities of both signs are.
pub fn may_have_nan(values: &[Real]) -> bool {
    let [a, b, c, d] = totals([values], |[sum], [value]| [sum.add(value)]).map(|[sum]| sum);
    a.add(b).add(c.add(d)).has_nan() || rest(values).iter().any(|value| value.is_nan())
}

/// Whether all values are finite.
pub fn are_finite(values: &[Real]) -> bool {
    let zero = Lanes::splat(0.0);
    let [a, b, c, d] = totals([values], |[sum], [value]| [value.mul_add(zero, sum)]).map(|[sum]| sum);
    !a.add(b).add(c.add(d)).has_nan() && rest(values).iter().all(|value| value.is_finite())
}

/// Those behind the last whole vector.
fn rest(values: &[Real]) -> &[Real] {
    values.chunks_exact(LANES).remainder()
}

/// Computes those gradients of filters anew that are NaN. `marks` is memory of at least as many values.
#[cold]
pub fn mend(g: &Geometry, x: &[Real], dy: &[Real], df: &mut [Real], marks: &mut [Real]) {
    let marks = mark(df, marks);
    for finite in ROUNDS {
        let images = x.chunks_exact(g.input_size() / g.batch).zip(dy.chunks_exact(g.output_size() / g.batch));
        for (x, dy) in images {
            add_image(g, x, dy, finite, marks, df);
        }
    }
}

/// The images take part in two rounds, those that are finite in the second: by then gradients that are NaN by definition are so
/// again, and take no more time.
pub const ROUNDS: [bool; 2] = [false, true];

/// Copies the gradients, and sets those to zero that are NaN, for [`add_image`].
pub fn mark<'a>(df: &mut [Real], marks: &'a mut [Real]) -> &'a [Real] {
    let marks = &mut marks[..df.len()];
    marks.copy_from_slice(df);
    for value in df.iter_mut().filter(|value| value.is_nan()) {
        *value = 0.0;
    }
    marks
}

/// Adds what an image contributes to the gradients whose marks are NaN, if it is one of this round's. Those that are NaN again stay
/// so.
pub fn add_image(g: &Geometry, x: &[Real], dy: &[Real], finite: bool, marks: &[Real], df: &mut [Real]) {
    if finite != (are_finite(x) && are_finite(dy)) {
        return;
    }
    for (place, value) in df.iter_mut().enumerate() {
        if marks[place].is_nan() && !value.is_nan() {
            *value += gradient(g, x, dy, place);
        }
    }
}

/// The gradient of one value of the filters by an image's outputs, row by row.
fn gradient(g: &Geometry, x: &[Real], dy: &[Real], place: usize) -> Real {
    let depth = g.in_c / g.groups;
    let (output, inner, tap) = (place % g.out_c, place / g.out_c % depth, place / g.out_c / depth);
    let channel = output / (g.out_c / g.groups) * depth + inner;
    let seen = |output: usize, stride: usize, tap: usize, dilation: usize, pad: usize, size: usize| {
        (output * stride + tap * dilation).checked_sub(pad).filter(|&input| input < size)
    };
    let mut sum = 0.0;
    for i in 0..g.out_h {
        let Some(row) = seen(i, g.stride_h, tap / g.kernel_w, g.dilation_h, g.pad_top, g.in_h) else { continue };
        let mut of_row = 0.0;
        for j in 0..g.out_w {
            if let Some(column) = seen(j, g.stride_w, tap % g.kernel_w, g.dilation_w, g.pad_left, g.in_w) {
                let pixel = (row * g.in_w + column) * g.in_c + channel;
                of_row += x[pixel] * dy[(i * g.out_w + j) * g.out_c + output];
            }
        }
        sum += of_row;
        if sum.is_nan() {
            break;
        }
    }
    sum
}

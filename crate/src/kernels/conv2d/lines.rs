//! The outputs of one image as lines of neighbours that see the same taps.

use super::axis::{Axis, Run};
use super::part::ASKING;
use crate::gemm::micro::Walk;
use crate::geometry::Geometry;

/// Outputs in a row, or in a column where a column of the border is taken for itself. Places of outputs count pixels, those
/// of inputs elements.
#[derive(Clone, Copy)]
pub struct Line {
    /// What the first output sees through its first tap.
    pub start: usize,
    /// From what one output sees to what the next one sees.
    pub pixel: usize,
    /// Number of outputs.
    pub pixels: usize,
    /// First output.
    pub output: usize,
    /// From one output to the next.
    pub output_step: usize,
    /// How the taps go over the image.
    pub walk: Walk,
    /// The first step of the filter that is taken: a step is a channel of a tap.
    pub step: usize,
    /// Steps of the filter from one row of taps that is taken to the next.
    pub outer: usize,
    /// Steps of the filter from one segment of the walk to the next.
    pub inner: usize,
    /// Number of rows of such outputs, which see the same taps: one, but of [`each_band`].
    pub rows: usize,
    /// From what one row sees to what the next one sees.
    pub row_input: usize,
    /// From the outputs of one row to those of the next.
    pub row_output: usize,
}

impl Line {
    /// One of the rows.
    pub fn row(&self, row: usize) -> Self {
        let (start, output) = (self.start + row * self.row_input, self.output + row * self.row_output);
        Self { start, output, rows: 1, ..*self }
    }

    /// The same where only the first `inputs` of the image's `channels` are seen.
    pub fn of_inputs(&self, channels: usize, inputs: usize) -> Self {
        if inputs == channels {
            return *self;
        }
        let Walk { inner, inner_stride, len, .. } = self.walk;
        // Taps that touch each other are one segment where all channels are seen.
        let (inner, inner_stride) = if len > channels { (len / channels, channels) } else { (inner, inner_stride) };
        let steps = |all: usize| all / channels * inputs;
        Self {
            walk: Walk { inner, inner_stride, len: inputs, ..self.walk },
            step: steps(self.step),
            outer: steps(self.outer),
            inner: steps(self.inner),
            ..*self
        }
    }
}

/// The same convolution with as long lines as there may be: where filters have one tap and all pixels are seen, an image is one row. Not
/// where channels are many: what comes next is asked for line by line then.
pub fn in_long_lines(geometry: &Geometry) -> Geometry {
    let Geometry { in_h, in_w, in_c, out_c, kernel_h, kernel_w, stride_h, stride_w, .. } = *geometry;
    let same = (kernel_h, kernel_w, stride_h, stride_w) == (1, 1, 1, 1) && !geometry.is_padded();
    if !same || in_c * out_c >= ASKING {
        return *geometry;
    }
    Geometry { in_h: 1, out_h: 1, in_w: in_h * in_w, out_w: in_h * in_w, ..*geometry }
}

/// Most outputs that are computed together: a line of so many need not be longer.
const ENOUGH: usize = 8;

/// Calls `work` with lines that have all outputs of an image once. `geometry` has the sizes of the images, whose rows and
/// columns are seen along `axes`.
pub fn each_line(geometry: &Geometry, axes: &[Axis; 2], mut work: impl FnMut(&Line)) {
    each_band(geometry, axes, |band| {
        for row in 0..band.rows {
            work(&band.row(row));
        }
    });
}

/// The same with lines side by side that see the same taps as one of several rows: what a line costs beside its outputs is as much as
/// some of these do, where channels are few.
pub fn each_band(geometry: &Geometry, [rows, columns]: &[Axis; 2], mut work: impl FnMut(&Line)) {
    rows.each_run(|rows| {
        columns.each_run(|columns| work(&band_of(geometry, &rows, &columns)));
    });
}

fn band_of(geometry: &Geometry, rows: &Run, columns: &Run) -> Line {
    let channels = geometry.in_c;
    let row = geometry.in_w * channels;
    let touching = columns.reach == 1 && columns.tap_step == 1;
    let nothing = rows.taps * columns.taps == 0;
    let walk = Walk {
        outer: if nothing { 0 } else { rows.taps },
        outer_stride: rows.reach * row,
        inner: if touching { 1 } else { columns.taps },
        inner_stride: columns.reach * channels,
        len: if touching { columns.taps * channels } else { channels },
    };
    let along_rows = columns.count >= ENOUGH || columns.count >= rows.count;
    let (along, across) = if along_rows { (columns, rows) } else { (rows, columns) };
    let (output, input) =
        if along_rows { ([1, geometry.out_w], [channels, row]) } else { ([geometry.out_w, 1], [row, channels]) };
    let (start, from) = (along.input, across.input);
    Line {
        start: if nothing { 0 } else { start * input[0] + from * input[1] },
        pixel: along.input_step * input[0],
        pixels: along.count,
        output: along.output * output[0] + across.output * output[1],
        output_step: along.output_step * output[0],
        walk,
        step: (rows.tap * geometry.kernel_w + columns.tap) * channels,
        outer: rows.tap_step * geometry.kernel_w * channels,
        inner: columns.tap_step * channels,
        rows: across.count,
        row_input: if nothing { 0 } else { across.input_step * input[1] },
        row_output: across.output_step * output[1],
    }
}

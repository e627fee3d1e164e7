//! One filter for each channel: lanes along the channels, taps beyond the border left out.

use crate::gemm::micro::slide_channels;
use crate::geometry::Geometry;
use crate::kernels::activation::{forward_in_place, Activation};
use crate::kernels::bias::broadcast;
use crate::threads::{each_part, share};
use crate::vector::{copy, Lanes, Real, Vector, LANES};

/// Whether this way is taken: as many groups as input and output channels.
pub fn fits(geometry: &Geometry) -> bool {
    geometry.groups > 1 && geometry.groups == geometry.in_c && geometry.groups == geometry.out_c
}

/// Visits every pair of an output pixel and a tap that lies on the image: offsets of output, input and tap.
#[inline(always)]
fn pairs(g: &Geometry, mut visit: impl FnMut(usize, usize, usize)) {
    let c = g.in_c;
    let place = |index: usize, stride: usize, tap: usize, dilation: usize, pad: usize, size: usize| {
        (index * stride + tap * dilation).checked_sub(pad).filter(|&place| place < size)
    };
    for n in 0..g.batch {
        for i in 0..g.out_h {
            for p in 0..g.kernel_h {
                let Some(row) = place(i, g.stride_h, p, g.dilation_h, g.pad_top, g.in_h) else { continue };
                for j in 0..g.out_w {
                    let output = ((n * g.out_h + i) * g.out_w + j) * c;
                    for q in 0..g.kernel_w {
                        let column = place(j, g.stride_w, q, g.dilation_w, g.pad_left, g.in_w);
                        let Some(column) = column else { continue };
                        visit(output, ((n * g.in_h + row) * g.in_w + column) * c, (p * g.kernel_w + q) * c);
                    }
                }
            }
        }
    }
}

/// `target += a · b`, channel by channel.
#[inline(always)]
fn accumulate(target: &mut [Real], a: &[Real], b: &[Real]) {
    let mut targets = target.chunks_exact_mut(LANES);
    let (mut left, mut right) = (a.chunks_exact(LANES), b.chunks_exact(LANES));
    for ((target, a), b) in (&mut targets).zip(&mut left).zip(&mut right) {
        Lanes::load(a).mul_add(Lanes::load(b), Lanes::load(target)).store(target);
    }
    let rest = targets.into_remainder();
    for ((target, a), b) in rest.iter_mut().zip(left.remainder()).zip(right.remainder()) {
        *target += a * b;
    }
}

/// `y = activation(conv(x, filter) + bias)`.
pub fn forward(
    g: &Geometry,
    x: &[Real],
    filter: &[Real],
    bias: Option<&[Real]>,
    y: &mut [Real],
    activation: Activation,
) {
    let (input, output) = (g.in_h * g.in_w * g.in_c, g.out_h * g.out_w * g.out_c);
    let images = share(g.batch, g.operations());
    each_part(y, images * output, |part, y| {
        let g = &g.of_images(y.len() / output);
        let x = &x[part * images * input..][..g.batch * input];
        match (g.kernel_w, g.stride_w) {
            _ if g.in_c % LANES != 0 || g.dilation_w != 1 || g.out_w < 4 => forward_of(g, x, filter, bias, y),
            (3, 1) => sliding::<3, 1>(g, x, filter, bias, y),
            (3, 2) => sliding::<3, 2>(g, x, filter, bias, y),
            (5, 1) => sliding::<5, 1>(g, x, filter, bias, y),
            _ => forward_of(g, x, filter, bias, y),
        }
        forward_in_place(activation, y);
    });
}

fn forward_of(g: &Geometry, x: &[Real], filter: &[Real], bias: Option<&[Real]>, y: &mut [Real]) {
    let c = g.in_c;
    broadcast(bias, c, y);
    pairs(g, |output, input, tap| accumulate(&mut y[output..output + c], &x[input..input + c], &filter[tap..tap + c]));
}

/// Rows of outputs, four neighbours at a time where all their taps lie on the row; kernel rows beyond the border are left
/// out. T taps in a row, S pixels from output to output.
fn sliding<const T: usize, const S: usize>(
    g: &Geometry,
    x: &[Real],
    filter: &[Real],
    bias: Option<&[Real]>,
    y: &mut [Real],
) {
    let (c, row) = (g.in_c, g.in_w * g.in_c);
    // Outputs `from .. to` have all their columns on the image.
    let from = g.pad_left.div_ceil(S).min(g.out_w);
    let to = ((g.in_w + g.pad_left).saturating_sub(T) / S + 1).clamp(from, g.out_w);
    for (i, out) in y.chunks_exact_mut(g.out_w * c).enumerate() {
        let (n, i) = (i / g.out_h, i % g.out_h);
        let top = i * g.stride_h;
        let place = |p: usize| (top + p * g.dilation_h).checked_sub(g.pad_top).filter(|&place| place < g.in_h);
        let first = (0..g.kernel_h).find(|&p| place(p).is_some());
        let Some((first, start)) = first.and_then(|first| Some((first, place(first)?))) else {
            broadcast(bias, c, out);
            continue;
        };
        let rows = (first..g.kernel_h).take_while(|&p| place(p).is_some()).count();
        let line = n * g.in_h * row + start * row;
        let filter = &filter[first * T * c..];
        for channel in (0..c).step_by(LANES) {
            let start = bias.map_or(Lanes::splat(0.0), |bias| Lanes::load(&bias[channel..]));
            let mut j = from;
            while j < to {
                let pixels = |j: usize| (x, line + (j * S - g.pad_left) * c + channel, g.dilation_h * row, rows);
                if to - from < 4 {
                    slide_channels::<1, T, S>(pixels(j), (filter, channel, c), start, (out, j * c + channel));
                    j += 1;
                } else {
                    // The last block overlaps what is done already: the same values are computed again.
                    let at = j.min(to - 4);
                    slide_channels::<4, T, S>(pixels(at), (filter, channel, c), start, (out, at * c + channel));
                    j = at + 4;
                }
            }
            for j in (0..from).chain(to..g.out_w) {
                let mut sum = start;
                for r in 0..rows {
                    for t in 0..T {
                        let Some(column) = (j * S + t).checked_sub(g.pad_left).filter(|&column| column < g.in_w) else {
                            continue;
                        };
                        let pixel = Lanes::load(&x[line + r * g.dilation_h * row + column * c + channel..]);
                        sum = pixel.mul_add(Lanes::load(&filter[(r * T + t) * c + channel..]), sum);
                    }
                }
                sum.store(&mut out[j * c + channel..]);
            }
        }
    }
}

/// `df = conv(x, dy)`, summed over the batch.
pub fn filter_gradient(g: &Geometry, x: &[Real], dy: &[Real], df: &mut [Real]) {
    let c = g.in_c;
    df.fill(0.0);
    if c % LANES != 0 {
        return pairs(g, |output, input, tap| {
            accumulate(&mut df[tap..tap + c], &x[input..input + c], &dy[output..output + c]);
        });
    }
    // Each tap sums a row of outputs in registers, four channels at a time.
    let row = g.in_w * c;
    each_part(df, g.kernel_w * c, |p, df| {
        for line in 0..g.batch * g.out_h {
            let (n, i) = (line / g.out_h, line % g.out_h);
            let place = (i * g.stride_h + p * g.dilation_h).checked_sub(g.pad_top).filter(|&place| place < g.in_h);
            let Some(place) = place else { continue };
            let x = &x[(n * g.in_h + place) * row..][..row];
            let dy = &dy[line * g.out_w * c..][..g.out_w * c];
            for (q, df) in df.chunks_exact_mut(c).enumerate() {
                let shift = q * g.dilation_w;
                // Outputs whose column lies on the image.
                let from = g.pad_left.saturating_sub(shift).div_ceil(g.stride_w).min(g.out_w);
                let to = ((g.in_w + g.pad_left).saturating_sub(shift).div_ceil(g.stride_w)).clamp(from, g.out_w);
                if from == to {
                    continue;
                }
                let first = (from * g.stride_w + shift - g.pad_left) * c;
                add_products(&x[first..], g.stride_w * c, &dy[from * c..to * c], df);
            }
        }
    });
}

/// `df[l] += Σ x[j·step + l] · dy[j·c + l]` for all channels `l`.
#[inline(always)]
fn add_products(x: &[Real], step: usize, dy: &[Real], df: &mut [Real]) {
    let c = df.len();
    let mut channel = 0;
    while channel < c {
        let vectors = ((c - channel) / LANES).min(4);
        match vectors {
            4 => add_channels::<4>(x, step, dy, c, channel, df),
            3 => add_channels::<3>(x, step, dy, c, channel, df),
            2 => add_channels::<2>(x, step, dy, c, channel, df),
            _ => add_channels::<1>(x, step, dy, c, channel, df),
        }
        channel += vectors * LANES;
    }
}

#[inline(always)]
fn add_channels<const NV: usize>(x: &[Real], step: usize, dy: &[Real], c: usize, channel: usize, df: &mut [Real]) {
    let mut sums = [Lanes::splat(0.0); NV];
    for (j, dy) in dy.chunks_exact(c).enumerate() {
        let dy = &dy[channel..channel + NV * LANES];
        let x = &x[j * step + channel..][..NV * LANES];
        for v in 0..NV {
            sums[v] = Lanes::load(&x[v * LANES..]).mul_add(Lanes::load(&dy[v * LANES..]), sums[v]);
        }
    }
    for v in 0..NV {
        let target = &mut df[channel + v * LANES..][..LANES];
        Lanes::load(target).add(sums[v]).store(target);
    }
}

/// float32 values of scratch memory of the images' gradient: rotated filters, where it is a convolution of the gradients.
pub fn input_gradient_workspace(g: &Geometry) -> usize {
    reversed(g).map_or(0, |reversed| reversed.filter_size())
}

/// The convolution of the outputs' gradients that gives those of the images, when the stride is 1 and the border is not
/// wider than the filter.
fn reversed(g: &Geometry) -> Option<Geometry> {
    let other = |span: usize, pad: usize| (span - 1).checked_sub(pad);
    ((g.stride_h, g.stride_w) == (1, 1)).then_some(())?;
    Some(Geometry {
        in_h: g.out_h,
        in_w: g.out_w,
        out_h: g.in_h,
        out_w: g.in_w,
        pad_top: other(g.span_h(), g.pad_top)?,
        pad_bottom: other(g.span_h(), g.pad_bottom)?,
        pad_left: other(g.span_w(), g.pad_left)?,
        pad_right: other(g.span_w(), g.pad_right)?,
        ..*g
    })
}

/// `dx` from `dy` and the filters.
pub fn input_gradient(g: &Geometry, dy: &[Real], filter: &[Real], dx: &mut [Real], workspace: &mut [Real]) {
    let c = g.in_c;
    if let Some(reversed) = reversed(g) {
        for (tap, rotated) in filter.chunks_exact(c).rev().zip(workspace.chunks_exact_mut(c)) {
            copy(tap, rotated);
        }
        return forward(&reversed, dy, workspace, None, dx, Activation::Linear);
    }
    let (input, output) = (g.in_h * g.in_w * c, g.out_h * g.out_w * c);
    let images = share(g.batch, g.operations());
    each_part(dx, images * input, |part, dx| {
        let g = &g.of_images(dx.len() / input);
        let dy = &dy[part * images * output..][..g.batch * output];
        dx.fill(0.0);
        pairs(g, |output, input, tap| {
            accumulate(&mut dx[input..input + c], &dy[output..output + c], &filter[tap..tap + c]);
        });
    });
}

//! Register tiles: P rows times NV vectors of sums, kept in registers while the reduction runs.

use crate::vector::{Lanes, Real, Vector, LANES};

/// A tile of sums: P rows of NV vectors.
pub type Tile<const P: usize, const NV: usize> = [[Lanes; NV]; P];

/// How a reduction walks through an array: `outer · inner` segments of `len` steps. Strides count elements.
#[derive(Clone, Copy, Debug)]
pub struct Walk {
    /// Number of groups of segments.
    pub outer: usize,
    /// From one group to the next.
    pub outer_stride: usize,
    /// Segments of a group.
    pub inner: usize,
    /// From one segment to the next.
    pub inner_stride: usize,
    /// Steps of a segment.
    pub len: usize,
}

impl Walk {
    /// One segment.
    pub fn straight(len: usize) -> Self {
        Self { outer: 1, outer_stride: 0, inner: 1, inner_stride: 0, len }
    }

    /// Number of steps of the reduction.
    pub fn steps(&self) -> usize {
        self.outer * self.inner * self.len
    }

    /// Largest distance from the start to a step, when steps are `step` elements apart.
    fn reach(&self, step: usize) -> usize {
        (self.outer - 1) * self.outer_stride + (self.inner - 1) * self.inner_stride + (self.len - 1) * step
    }
}

/// A tile of zeros.
#[inline(always)]
pub fn zeros<const P: usize, const NV: usize>() -> Tile<P, NV> {
    [[Lanes::splat(0.0); NV]; P]
}

/// `tile[r] += Σ a[start + r·row_stride + k] · b[k]` for the steps `k` of `walk`: rows of `a` whose reduction is
/// contiguous within a segment. `b` is packed: step `k` at `k · NV · 4`. Panics when a step lies outside a slice.
#[inline(always)]
pub fn rows<const P: usize, const NV: usize>(
    tile: &mut Tile<P, NV>,
    a: &[Real],
    start: usize,
    row_stride: usize,
    walk: Walk,
    b: &[Real],
) {
    if walk.steps() == 0 {
        return;
    }
    assert!(start + (P - 1) * row_stride + walk.reach(1) < a.len());
    assert!(walk.steps() * NV * LANES <= b.len());
    let mut b = b.as_ptr();
    let mut sums = *tile;
    for outer in 0..walk.outer {
        for inner in 0..walk.inner {
            let first = start + outer * walk.outer_stride + inner * walk.inner_stride;
            // SAFETY: the assertions above bound every address that the walk can reach in `a` and in `b`.
            unsafe {
                let mut row = a.as_ptr().add(first);
                // Not unrolled: LLVM would load the vectors of all steps first, and they would not fit the registers.
                for _ in 0..walk.len {
                    let vectors: [Lanes; NV] = std::array::from_fn(|v| Lanes::load_at(b.add(v * LANES)));
                    for r in 0..P {
                        let value = Lanes::splat_at(row.add(r * row_stride));
                        for v in 0..NV {
                            sums[r][v] = value.mul_add(vectors[v], sums[r][v]);
                        }
                    }
                    row = row.add(1);
                    b = b.add(NV * LANES);
                }
            }
        }
    }
    *tile = sums;
}

/// [`rows`] for a patch of three segments of three steps, as a 3×3 filter has over one channel: unrolled, because a
/// loop would cost more than the nine steps. Panics when a step lies outside a slice.
#[inline(always)]
pub fn rows_of_nine<const P: usize, const NV: usize>(
    tile: &mut Tile<P, NV>,
    (a, start, row_stride, segment_stride): (&[Real], usize, usize, usize),
    b: &[Real],
) {
    assert!(start + (P - 1) * row_stride + 2 * segment_stride + 2 < a.len());
    assert!(9 * NV * LANES <= b.len());
    let mut sums = *tile;
    // SAFETY: the assertions above bound every address.
    unsafe {
        for segment in 0..3 {
            let first = a.as_ptr().add(start + segment * segment_stride);
            for k in 0..3 {
                let b = b.as_ptr().add((segment * 3 + k) * NV * LANES);
                let vectors: [Lanes; NV] = std::array::from_fn(|v| Lanes::load_at(b.add(v * LANES)));
                for r in 0..P {
                    let value = Lanes::splat_at(first.add(r * row_stride + k));
                    for v in 0..NV {
                        sums[r][v] = value.mul_add(vectors[v], sums[r][v]);
                    }
                }
            }
        }
    }
    *tile = sums;
}

/// `tile[r] += Σ a[start_a + k·step_a + r] · b[start_b + k·step_b + …]`: the rows of the tile lie side by side in
/// `a`, so that each step is an outer product. Both arrays walk with their own strides and the same lengths.
/// Panics when a step lies outside a slice.
#[inline(always)]
pub fn columns<const P: usize, const NV: usize>(
    tile: &mut Tile<P, NV>,
    (a, start_a, step_a, walk_a): (&[Real], usize, usize, Walk),
    (b, start_b, step_b, walk_b): (&[Real], usize, usize, Walk),
) {
    if walk_a.steps() == 0 {
        return;
    }
    assert!(walk_a.outer == walk_b.outer && walk_a.inner == walk_b.inner && walk_a.len == walk_b.len);
    assert!(start_a + walk_a.reach(step_a) + P <= a.len());
    assert!(start_b + walk_b.reach(step_b) + NV * LANES <= b.len());
    let mut sums = *tile;
    for outer in 0..walk_a.outer {
        for inner in 0..walk_a.inner {
            let first_a = start_a + outer * walk_a.outer_stride + inner * walk_a.inner_stride;
            let first_b = start_b + outer * walk_b.outer_stride + inner * walk_b.inner_stride;
            // SAFETY: the assertions above bound every address that the walks can reach in `a` and in `b`. After the
            // last step the pointers may pass the end: wrapping arithmetic allows that, they are not read again.
            unsafe {
                let mut pa = a.as_ptr().add(first_a);
                let mut pb = b.as_ptr().add(first_b);
                for _ in 0..walk_a.len {
                    let vectors: [Lanes; NV] = std::array::from_fn(|v| Lanes::load_at(pb.add(v * LANES)));
                    for r in 0..P {
                        let value = Lanes::splat_at(pa.add(r));
                        for v in 0..NV {
                            sums[r][v] = value.mul_add(vectors[v], sums[r][v]);
                        }
                    }
                    pa = pa.wrapping_add(step_a);
                    pb = pb.wrapping_add(step_b);
                }
            }
        }
    }
    *tile = sums;
}

/// Sums of R kernel rows times T taps.
pub type Taps<const R: usize, const T: usize> = [[Lanes; T]; R];

/// `out[i, j] = start + Σ x[first + i·line + r·row + t·column + j] · taps[r][t]`, or added to what `out` holds when
/// `start` is `None`: the whole vectors `j` of `lines` rows of `width` outputs of one filter, with lanes along the
/// width. `COLUMN` is the distance of two taps when it is known, else 0. Panics when a tap lies outside a slice.
#[inline(always)]
pub fn planes<const R: usize, const T: usize, const COLUMN: usize>(
    (x, first, row, column, line): (&[Real], usize, usize, usize, usize),
    taps: &Taps<R, T>,
    start: Option<Lanes>,
    (out, lines, width): (&mut [Real], usize, usize),
) {
    let column = if COLUMN > 0 { COLUMN } else { column };
    let vectors = width / LANES;
    if lines == 0 || vectors == 0 {
        return;
    }
    assert!(first + (lines - 1) * line + (R - 1) * row + (T - 1) * column + vectors * LANES <= x.len());
    assert!((lines - 1) * width + vectors * LANES <= out.len());
    for i in 0..lines {
        // SAFETY: the assertions above bound every address.
        unsafe {
            let rows: [*const Real; R] = std::array::from_fn(|r| x.as_ptr().add(first + i * line + r * row));
            let target = out.as_mut_ptr().add(i * width);
            // Two vectors at a time: the sum of one is a chain of additions that waits for itself.
            let mut j = 0;
            while j + 2 <= vectors {
                let place = target.add(j * LANES);
                let mut sums = match start {
                    Some(start) => [start; 2],
                    None => [Lanes::load_at(place), Lanes::load_at(place.add(LANES))],
                };
                for r in 0..R {
                    for t in 0..T {
                        for v in 0..2 {
                            let pixels = Lanes::load_at(rows[r].add((j + v) * LANES + t * column));
                            sums[v] = pixels.mul_add(taps[r][t], sums[v]);
                        }
                    }
                }
                sums[0].store_at(place);
                sums[1].store_at(place.add(LANES));
                j += 2;
            }
            if j < vectors {
                let place = target.add(j * LANES);
                let mut sum = start.unwrap_or_else(|| Lanes::load_at(place));
                for r in 0..R {
                    for t in 0..T {
                        sum = Lanes::load_at(rows[r].add(j * LANES + t * column)).mul_add(taps[r][t], sum);
                    }
                }
                sum.store_at(place);
            }
        }
    }
}

/// `out[(i·width + j)·F + f] = start[f] + Σ x[first + i·line + r·row + t·column + j] · filter[(r·T + t)·F + f]` for the
/// whole vectors `j` of every row: F filters share each load of `x`, their outputs are woven together in registers.
/// `COLUMN` as for [`planes`]. Panics when a tap lies outside a slice.
#[inline(always)]
pub fn weave<const F: usize, const R: usize, const T: usize, const COLUMN: usize>(
    (x, first, row, column, line): (&[Real], usize, usize, usize, usize),
    filter: &[Real],
    start: &[Real; F],
    (out, lines, width): (&mut [Real], usize, usize),
) {
    let column = if COLUMN > 0 { COLUMN } else { column };
    let vectors = width / LANES;
    if lines == 0 || vectors == 0 {
        return;
    }
    assert!(first + (lines - 1) * line + (R - 1) * row + (T - 1) * column + vectors * LANES <= x.len());
    assert!(R * T * F <= filter.len() && ((lines - 1) * width + vectors * LANES) * F <= out.len());
    for i in 0..lines {
        for j in 0..vectors {
            // SAFETY: the assertions above bound every address.
            unsafe {
                let pixels = x.as_ptr().add(first + i * line + j * LANES);
                let mut sums: [Lanes; F] = std::array::from_fn(|f| Lanes::splat(start[f]));
                for r in 0..R {
                    for t in 0..T {
                        let pixel = Lanes::load_at(pixels.add(r * row + t * column));
                        for f in 0..F {
                            let weight = Lanes::splat_at(filter.as_ptr().add((r * T + t) * F + f));
                            sums[f] = pixel.mul_add(weight, sums[f]);
                        }
                    }
                }
                let target = out.as_mut_ptr().add((i * width + j * LANES) * F);
                for (v, woven) in Lanes::interleave(sums).into_iter().enumerate() {
                    woven.store_at(target.add(v * LANES));
                }
            }
        }
    }
}

/// `sums[r][t][f] += x[start + i·line + r·row + t·column + j] · dy[(i·width + j)·channels + f]` over all pixels: the
/// gradients of R·T taps for up to four channels `f`, which are the lanes; lanes beyond them hold nothing of use.
/// Panics when a tap lies outside a slice.
#[inline(always)]
pub fn correlate_channels<const R: usize, const T: usize>(
    sums: &mut Taps<R, T>,
    (x, start, row, column, line): (&[Real], usize, usize, usize, usize),
    (dy, lines, width, channels): (&[Real], usize, usize, usize),
) {
    let pixels = lines * width;
    if pixels == 0 {
        return;
    }
    assert!(start + (lines - 1) * line + (R - 1) * row + (T - 1) * column + width <= x.len());
    assert!(channels > 0 && channels <= LANES && pixels * channels <= dy.len());
    let safe = (pixels * channels).saturating_sub(LANES) / channels + usize::from(pixels * channels >= LANES);
    let mut totals = *sums;
    for i in 0..lines {
        let begin = i * width;
        let whole = safe.saturating_sub(begin).min(width);
        // SAFETY: the assertions above bound every address; `safe` pixels have four floats from their place on.
        unsafe {
            let rows: [*const Real; R] = std::array::from_fn(|r| x.as_ptr().add(start + i * line + r * row));
            let gradients = dy.as_ptr().add(begin * channels);
            for j in 0..whole {
                let gradient = Lanes::load_at(gradients.add(j * channels));
                for r in 0..R {
                    for t in 0..T {
                        let pixel = Lanes::splat_at(rows[r].add(j + t * column));
                        totals[r][t] = pixel.mul_add(gradient, totals[r][t]);
                    }
                }
            }
        }
        for j in whole..width {
            let mut lanes = [0.0; LANES];
            lanes[..channels].copy_from_slice(&dy[(begin + j) * channels..][..channels]);
            let gradient = Lanes::from_array(lanes);
            for r in 0..R {
                for t in 0..T {
                    let pixel = Lanes::splat(x[start + i * line + r * row + t * column + j]);
                    totals[r][t] = pixel.mul_add(gradient, totals[r][t]);
                }
            }
        }
    }
    *sums = totals;
}

/// `sums[r][t] += x[start + r·row + t·column + j] · dy[j]` for the whole vectors `j` of `lines` rows of gradients of
/// `width` values, images `line` apart: the gradients of R·T taps at once. `COLUMN` as for [`planes`]. Panics outside a slice.
#[inline(always)]
pub fn correlate<const R: usize, const T: usize, const COLUMN: usize>(
    sums: &mut Taps<R, T>,
    (x, start, row, column, line): (&[Real], usize, usize, usize, usize),
    (dy, lines, width): (&[Real], usize, usize),
) {
    let column = if COLUMN > 0 { COLUMN } else { column };
    let vectors = width / LANES;
    if lines == 0 || vectors == 0 {
        return;
    }
    assert!(start + (lines - 1) * line + (R - 1) * row + (T - 1) * column + vectors * LANES <= x.len());
    assert!((lines - 1) * width + vectors * LANES <= dy.len());
    let mut totals = *sums;
    for i in 0..lines {
        // SAFETY: the assertions above bound every address.
        unsafe {
            let rows: [*const Real; R] = std::array::from_fn(|r| x.as_ptr().add(start + i * line + r * row));
            let gradients = dy.as_ptr().add(i * width);
            for j in 0..vectors {
                let gradient = Lanes::load_at(gradients.add(j * LANES));
                for r in 0..R {
                    for t in 0..T {
                        let pixel = Lanes::load_at(rows[r].add(j * LANES + t * column));
                        totals[r][t] = pixel.mul_add(gradient, totals[r][t]);
                    }
                }
            }
        }
    }
    *sums = totals;
}

/// `sums[f][t] += x[start + i·line + t·column + j] · dy[f·plane + i·width + j]` for the whole vectors `j` of `lines`
/// rows of gradients of `width` values: the gradients of T taps of one kernel row for F filters, whose gradients lie
/// `plane` values apart. `COLUMN` as for [`planes`]. Panics outside a slice.
#[inline(always)]
pub fn correlate_planes<const F: usize, const T: usize, const COLUMN: usize>(
    sums: &mut Taps<F, T>,
    (x, start, column, line): (&[Real], usize, usize, usize),
    (dy, plane, lines, width): (&[Real], usize, usize, usize),
) {
    let column = if COLUMN > 0 { COLUMN } else { column };
    let vectors = width / LANES;
    if lines == 0 || vectors == 0 {
        return;
    }
    assert!(start + (lines - 1) * line + (T - 1) * column + vectors * LANES <= x.len());
    assert!((F - 1) * plane + (lines - 1) * width + vectors * LANES <= dy.len());
    let mut totals = *sums;
    for i in 0..lines {
        // SAFETY: the assertions above bound every address.
        unsafe {
            let row = x.as_ptr().add(start + i * line);
            let gradients = dy.as_ptr().add(i * width);
            for j in 0..vectors {
                let pixels: [Lanes; T] = std::array::from_fn(|t| Lanes::load_at(row.add(j * LANES + t * column)));
                for f in 0..F {
                    let gradient = Lanes::load_at(gradients.add(f * plane + j * LANES));
                    for t in 0..T {
                        totals[f][t] = pixels[t].mul_add(gradient, totals[f][t]);
                    }
                }
            }
        }
    }
    *sums = totals;
}

/// `sums[r] += Σ a[start + r·row_stride + k] · b[k]` with lanes along the reduction, for segments of whole vectors:
/// P dot products at once. Panics when a step lies outside a slice.
#[inline(always)]
pub fn dots<const P: usize>(
    sums: &mut [Lanes; P],
    (a, start, row_stride, walk): (&[Real], usize, usize, Walk),
    b: &[Real],
) {
    let vectors = walk.len / LANES;
    if walk.steps() == 0 {
        return;
    }
    assert!(walk.len % LANES == 0 && walk.steps() <= b.len());
    assert!(start + (P - 1) * row_stride + walk.reach(1) < a.len());
    let mut totals = *sums;
    let mut b = b.as_ptr();
    for outer in 0..walk.outer {
        for inner in 0..walk.inner {
            // SAFETY: the assertions above bound every address that the walk can reach in `a` and in `b`.
            unsafe {
                let mut row = a.as_ptr().add(start + outer * walk.outer_stride + inner * walk.inner_stride);
                for _ in 0..vectors {
                    let factor = Lanes::load_at(b);
                    for r in 0..P {
                        totals[r] = Lanes::load_at(row.add(r * row_stride)).mul_add(factor, totals[r]);
                    }
                    row = row.wrapping_add(LANES);
                    b = b.wrapping_add(LANES);
                }
            }
        }
    }
    *sums = totals;
}

/// `sums[p] += Σ a[start + r·line + (p + t)·4V + c] · b[(r·T + t)·4V + c]` with lanes along `c < 4V`: P neighbouring
/// outputs of a filter of `rows` times T taps over pixels of V vectors. Each pixel is loaded once a row for all the taps
/// that see it. Panics when a pixel lies outside a slice.
#[inline(always)]
pub fn slide<const P: usize, const T: usize, const V: usize>(
    sums: &mut [Lanes; P],
    (a, start, line, rows): (&[Real], usize, usize, usize),
    b: &[Real],
) {
    let pixel = V * LANES;
    assert!(rows > 0 && start + (rows - 1) * line + (P + T - 1) * pixel <= a.len());
    assert!(rows * T * pixel <= b.len());
    let mut totals = *sums;
    for r in 0..rows {
        // SAFETY: the assertions above bound every address.
        unsafe {
            let pixels = a.as_ptr().add(start + r * line);
            let taps = b.as_ptr().add(r * T * pixel);
            let factors: [[Lanes; V]; T] =
                std::array::from_fn(|t| std::array::from_fn(|v| Lanes::load_at(taps.add(t * pixel + v * LANES))));
            for d in 0..P + T - 1 {
                for v in 0..V {
                    let values = Lanes::load_at(pixels.add(d * pixel + v * LANES));
                    for t in 0..T {
                        if d >= t && d - t < P {
                            totals[d - t] = values.mul_add(factors[t][v], totals[d - t]);
                        }
                    }
                }
            }
        }
    }
    *sums = totals;
}

/// Adds the first `width ≤ 4·NV` values of each row of a tile to `out`, rows `stride` apart; overwrites instead
/// when `fresh`.
#[inline(always)]
pub fn store<const P: usize, const NV: usize>(
    tile: &Tile<P, NV>,
    out: &mut [Real],
    start: usize,
    stride: usize,
    width: usize,
    fresh: bool,
) {
    for r in 0..P {
        let row = &mut out[start + r * stride..start + r * stride + width];
        if fresh && width == NV * LANES {
            for v in 0..NV {
                tile[r][v].store(&mut row[v * LANES..]);
            }
            continue;
        }
        for v in 0..NV {
            let first = v * LANES;
            if first >= width {
                break;
            }
            let part = &mut row[first..width.min(first + LANES)];
            if part.len() == LANES {
                let sum = if fresh { tile[r][v] } else { Lanes::load(part).add(tile[r][v]) };
                sum.store(part);
            } else {
                let lanes = tile[r][v].to_array();
                for (value, lane) in part.iter_mut().zip(lanes) {
                    *value = if fresh { lane } else { *value + lane };
                }
            }
        }
    }
}

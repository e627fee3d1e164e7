//! Images of one channel: lanes along their width.

use crate::vector::{Lanes, Real, Vector, LANES};
use std::hint::black_box;

/// Sums of R kernel rows times T taps.
pub type Taps<const R: usize, const T: usize> = [[Lanes; T]; R];

/// Most lines of `length` values each that are walked down together.
pub fn widest_band(length: usize) -> usize {
    (4096 / length.max(1)).clamp(2 * LEAST, 32)
}

/// Fewest lines that [`band`] leaves together: half of the fewest that a band has at most.
pub const LEAST: usize = 4;

/// How many of the lines that are left, of `length` values each, are walked down together, column by column: [`LEAST`] or more where
/// there are so many. More would want more streams of memory than a processor keeps up with, where lines are long.
pub fn band(left: usize, length: usize) -> usize {
    let most = widest_band(length);
    match left {
        _ if left <= most => left,
        _ if left < 2 * most => left / 2,
        _ => most,
    }
}

/// `out[i, j] = start + Σ x[first + i·line + r·row + t·column + j] · taps[r][t]` for `lines` rows of `width` outputs, four at least, of
/// one filter, with lanes along the width. Without a `start` it is added to what `out` holds, in whole vectors alone: up to three
/// values of each row are left as they were. `COLUMN` is the distance of two taps when it is known, else 0. Panics when a tap
/// lies outside a slice.
#[inline(always)]
pub fn planes<const R: usize, const T: usize, const COLUMN: usize>(
    pixels: Pixels,
    taps: &Taps<R, T>,
    start: Option<Lanes>,
    (out, lines, width): (&mut [Real], usize, usize),
) {
    assert!(lines * width <= out.len());
    let target = out.as_mut_ptr();
    // SAFETY: there are so many outputs.
    unsafe { walk::<R, T, COLUMN>(pixels, taps, (start, target), target, (lines, width, start.is_some())) }
}

/// [`planes`] of the last of F filters, whose outputs are woven together: `out[(i·width + j)·F + f]`. The others' are in `planes`,
/// `plane` values each.
#[inline(always)]
pub fn weave<const F: usize, const R: usize, const T: usize, const COLUMN: usize>(
    pixels: Pixels,
    taps: &Taps<R, T>,
    start: Lanes,
    (planes, plane): (&[Real], usize),
    (out, lines, width): (&mut [Real], usize, usize),
) {
    assert!(lines * width <= plane && (F - 1) * plane <= planes.len() && lines * width * F <= out.len());
    let target = Woven::<F> { planes: planes.as_ptr(), plane, out: out.as_mut_ptr() };
    // SAFETY: there are so many outputs of each.
    unsafe { walk::<R, T, COLUMN>(pixels, taps, (Some(start), target.out), target, (lines, width, true)) }
}

/// An image and where its first output sees its first tap; distances of rows and columns of taps, and of lines of outputs.
pub type Pixels<'a> = (&'a [Real], usize, usize, usize, usize);

/// Where outputs go.
trait Target: Copy {
    /// Writes four of them.
    ///
    /// # Safety
    /// There must be so many.
    unsafe fn put(self, outputs: Lanes);

    /// Some outputs further on.
    fn after(self, outputs: usize) -> Self;
}

impl Target for *mut Real {
    #[inline(always)]
    unsafe fn put(self, outputs: Lanes) {
        // SAFETY: promised by the caller.
        unsafe { outputs.store_at(self) }
    }

    #[inline(always)]
    fn after(self, outputs: usize) -> Self {
        self.wrapping_add(outputs)
    }
}

/// To the outputs of the filters before.
#[derive(Clone, Copy)]
struct Woven<const F: usize> {
    planes: *const Real,
    plane: usize,
    out: *mut Real,
}

impl<const F: usize> Target for Woven<F> {
    #[inline(always)]
    unsafe fn put(self, outputs: Lanes) {
        // SAFETY: promised by the caller.
        unsafe {
            let vectors: [Lanes; F] = std::array::from_fn(|f| match f {
                _ if f + 1 < F => Lanes::load_at(self.planes.add(f * self.plane)),
                _ => outputs,
            });
            for (v, vector) in Lanes::interleave(vectors).into_iter().enumerate() {
                vector.store_at(self.out.add(v * LANES));
            }
        }
    }

    #[inline(always)]
    fn after(self, outputs: usize) -> Self {
        Self { planes: self.planes.wrapping_add(outputs), out: self.out.wrapping_add(outputs * F), ..self }
    }
}

/// All vectors of outputs; with `whole` also one that overlaps the last one where a row ends within a vector.
///
/// # Safety
/// The outputs must be there, and what they begin with where no start is given.
#[inline(always)]
unsafe fn walk<const R: usize, const T: usize, const COLUMN: usize>(
    (x, first, row, column, line): Pixels,
    taps: &Taps<R, T>,
    (start, begun): (Option<Lanes>, *const Real),
    target: impl Target,
    (lines, width, whole): (usize, usize, bool),
) {
    let column = if COLUMN > 0 { COLUMN } else { column };
    if lines == 0 {
        return;
    }
    assert!(width >= LANES && first + (lines - 1) * line + (R - 1) * row + (T - 1) * column + width <= x.len());
    let vectors = if whole { width.div_ceil(LANES) } else { width / LANES };
    let at = |i: usize, v: usize| {
        let j = (v * LANES).min(width - LANES);
        let pixels = x.as_ptr().wrapping_add(first + i * line + j);
        ((pixels, row, column), (start, begun.wrapping_add(i * width + j)), target.after(i * width + j))
    };
    if line == row && lines >= R {
        // Lines share rows of pixels: down each column of vectors every row is loaded once.
        const { assert!(R <= LEAST) };
        let mut i = 0;
        while i < lines {
            let count = band(lines - i, width);
            for v in 0..vectors {
                let (pixels, start, target) = at(i, v);
                // SAFETY: the assertion above bounds every pixel.
                unsafe { march::<R, T>(pixels, taps, start, (target, count, width)) }
            }
            i += count;
        }
        return;
    }
    for i in 0..lines {
        let mut v = 0;
        // Several vectors at a time: the sum of one is a chain of additions that waits for itself.
        while v + 5 <= width / LANES {
            let (pixels, start, target) = at(i, v);
            // SAFETY: the assertion above bounds every pixel.
            unsafe { plane::<R, T, 5>(pixels, taps, start, target) }
            v += 5;
        }
        while v + 2 <= width / LANES {
            let (pixels, start, target) = at(i, v);
            // SAFETY: as above.
            unsafe { plane::<R, T, 2>(pixels, taps, start, target) }
            v += 2;
        }
        while v < vectors {
            let (pixels, start, target) = at(i, v);
            // SAFETY: as above.
            unsafe { plane::<R, T, 1>(pixels, taps, start, target) }
            v += 1;
        }
    }
}

/// A column of vectors of [`walk`] whose lines lie as far apart as the rows of taps: a row of pixels adds to the R lines that
/// see it. There are R lines at least.
///
/// # Safety
/// The pixels and the outputs must lie inside their arrays.
#[inline(always)]
unsafe fn march<const R: usize, const T: usize>(
    (mut pixels, row, column): (*const Real, usize, usize),
    taps: &Taps<R, T>,
    (start, mut begun): (Option<Lanes>, *const Real),
    (mut ended, lines, width): (impl Target, usize, usize),
) {
    // The sums of the line that a row is the first of, of the one before, …
    let mut sums = [Lanes::splat(0.0); R];
    // SAFETY: promised by the caller; `lines` lines begin, and as many end.
    unsafe {
        let first = |begun: *const Real| start.unwrap_or_else(|| Lanes::load_at(begun));
        for r in 0..R - 1 {
            sums[0] = first(begun);
            sums = add_row(sums, (pixels, column), taps, 0..r + 1);
            (pixels, begun) = (pixels.wrapping_add(row), begun.wrapping_add(width));
            sums = std::array::from_fn(|r| sums[r.saturating_sub(1)]);
        }
        for _ in R - 1..lines {
            sums[0] = first(begun);
            sums = add_row(sums, (pixels, column), taps, 0..R);
            ended.put(sums[R - 1]);
            (pixels, begun) = (pixels.wrapping_add(row), begun.wrapping_add(width));
            ended = ended.after(width);
            sums = std::array::from_fn(|r| sums[r.saturating_sub(1)]);
        }
        for r in 1..R {
            sums = add_row(sums, (pixels, column), taps, r..R);
            ended.put(sums[R - 1]);
            (pixels, ended) = (pixels.wrapping_add(row), ended.after(width));
            sums = std::array::from_fn(|r| sums[r.saturating_sub(1)]);
        }
    }
}

/// Adds a row of pixels to the sums of the lines of which it is one of the rows `seen`.
///
/// # Safety
/// The pixels must lie inside their array.
#[inline(always)]
unsafe fn add_row<const R: usize, const T: usize>(
    sums: [Lanes; R],
    (pixels, column): (*const Real, usize),
    taps: &Taps<R, T>,
    seen: std::ops::Range<usize>,
) -> [Lanes; R] {
    // SAFETY: promised by the caller.
    let values: [Lanes; T] = std::array::from_fn(|t| unsafe { Lanes::load_at(pixels.add(t * column)) });
    std::array::from_fn(|r| match seen.contains(&r) {
        true => (0..T).fold(sums[r], |sum, t| values[t].mul_add(taps[r][t], sum)),
        false => sums[r],
    })
}

/// N neighbouring vectors of [`walk`].
///
/// # Safety
/// The pixels and the outputs must lie inside their arrays.
#[inline(always)]
unsafe fn plane<const R: usize, const T: usize, const N: usize>(
    (pixels, row, column): (*const Real, usize, usize),
    taps: &Taps<R, T>,
    (start, begun): (Option<Lanes>, *const Real),
    target: impl Target,
) {
    // SAFETY: promised by the caller.
    unsafe {
        let mut sums: [Lanes; N] = std::array::from_fn(|n| match start {
            Some(start) => start,
            None => Lanes::load_at(begun.add(n * LANES)),
        });
        for r in 0..black_box(R) {
            let line = pixels.add(r * row);
            for t in 0..T {
                for n in 0..N {
                    let values = Lanes::load_at(line.add(n * LANES).add(t * column));
                    sums[n] = values.mul_add(taps[r][t], sums[n]);
                }
            }
        }
        for n in 0..N {
            target.after(n * LANES).put(sums[n]);
        }
    }
}

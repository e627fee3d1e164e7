//! A row of outputs of a convolution: tiles of neighbouring pixels, checked once for the whole row.

use super::ahead::Next;
use super::outer::add_step;
use super::{Panel, Walk};
use crate::vector::{Lanes, Real, Vector, LANES, LINE};
use std::hint::black_box;

/// Whether products and sums are instructions of their own: with them [`shared_by_two`] takes longer than [`unrolled`], whose
/// bits are the same.
const STRICT: bool = cfg!(all(target_feature = "simd128", not(target_feature = "relaxed-simd")));

/// Rows of outputs that see the same taps.
#[derive(Clone, Copy)]
pub struct Band {
    /// Rows.
    pub rows: usize,
    /// From what one row sees to what the next one sees.
    pub x_step: usize,
    /// From the outputs of one row to those of the next.
    pub out_step: usize,
    /// Outputs of a row.
    pub pixels: usize,
}

impl Band {
    /// One row.
    pub fn row(pixels: usize) -> Self {
        Self { rows: 1, x_step: 0, out_step: 0, pixels }
    }
}

/// `out[i·out_step + p·stride + c] = starts[c] + Σ x[start + i·x_step + p·pixel + k] · panel[k, c]` for the steps `k` of `walk`, for all
/// outputs `p` of the rows `i` of a band and the 4W channels `c` of a panel: P pixels and NV vectors of channels at a time. The last tile
/// of a row may overlap the one before it: the same values are computed again. `STEPS` is 3, 4 or 5 where segments have so many, as
/// filters have over one channel, else 0; they are unrolled then, because a loop would cost more than they do. Only the first `used`
/// channels are stored, more than 4(W − 1) of them. `PIXEL` is the distance of two pixels when it is known, else 0. Panics when there are
/// fewer than P pixels, or when a step or an output lies outside a slice.
#[inline(always)]
pub fn strip<const P: usize, const NV: usize, const W: usize, const STEPS: usize, const PIXEL: usize>(
    pixels: (&[Real], usize, usize, Walk),
    panel: Panel,
    starts: &[Real],
    (out, stride, used): (&mut [Real], usize, usize),
    band: Band,
) {
    tiles::<P, NV, W, STEPS, PIXEL>(pixels, panel, starts, (out, stride, used), band, || ());
}

/// [`strip`] that calls `each` with every tile.
#[inline(always)]
pub fn strip_with<const P: usize, const NV: usize, const W: usize>(
    pixels: (&[Real], usize, usize, Walk),
    panel: Panel,
    starts: &[Real],
    out: (&mut [Real], usize, usize),
    band: Band,
    each: impl FnMut(),
) {
    tiles::<P, NV, W, 0, 0>(pixels, panel, starts, out, band, each);
}

/// [`strip`] for a walk of one segment, of panel `index` of `panels`, which asks meanwhile for its share of the pixels and outputs
/// that come next: those of all panels are as many as the strip has. So much is new to the second-level cache that a processor's
/// own foresight, which ends with a page, is not enough.
#[inline(always)]
pub fn strip_ahead<const P: usize, const NV: usize>(
    (x, start, pixel, walk): (&[Real], usize, usize, Walk),
    panel: Panel,
    starts: &[Real],
    (out, stride, pixels): (&mut [Real], usize, usize),
    (index, panels): (usize, usize),
) {
    let touches = pixels.div_ceil(P);
    let each = (pixels * (pixel + stride)).div_ceil(panels * touches * LINE);
    let next = Next {
        arrays: [(x.as_ptr(), x.len()), (out.as_ptr(), out.len())],
        from: [start + pixels * pixel, pixels * stride],
        needed: pixels * pixel,
        touches: touches * each,
        pace: LINE,
    };
    let mut ahead = next.of_group(index);
    let taken = (out, stride, NV * LANES);
    strip_with::<P, NV, NV>((x, start, pixel, walk), panel, starts, taken, Band::row(pixels), || {
        for _ in 0..each {
            // SAFETY: both arrays are readable, and `tiles` has seen that they are not empty; so often was said.
            unsafe { ahead.touch() };
        }
    });
}

/// [`strip`] and [`strip_with`].
#[inline(always)]
fn tiles<const P: usize, const NV: usize, const W: usize, const STEPS: usize, const PIXEL: usize>(
    (x, start, pixel, walk): (&[Real], usize, usize, Walk),
    panel: Panel,
    starts: &[Real],
    (out, stride, used): (&mut [Real], usize, usize),
    band: Band,
    mut each: impl FnMut(),
) {
    const { assert!(W.is_multiple_of(NV)) };
    let pixel = if PIXEL > 0 { PIXEL } else { pixel };
    let Band { rows, x_step, out_step, pixels } = band;
    assert!(rows > 0 && pixels >= P && walk.steps() > 0);
    assert!(STEPS == 0 || (walk.inner, walk.len) == (1, STEPS));
    assert!(start + (rows - 1) * x_step + (pixels - 1) * pixel + walk.reach(1) < x.len());
    assert!(panel.has(&walk, W * LANES, W * LANES) && starts.len() >= W * LANES);
    assert!(used > (W - 1) * LANES && used <= W * LANES);
    assert!((rows - 1) * out_step + (pixels - 1) * stride + used <= out.len());
    for row in 0..rows {
        for part in 0..W / NV {
            // SAFETY: the assertions above bound every address that the walk can reach from any of the pixels, in the panel,
            // in `starts` and in `out`.
            unsafe {
                let b = panel.values.as_ptr().add(part * NV * LANES);
                let x = x.as_ptr().add(start + row * x_step);
                let out = out.as_mut_ptr().add(row * out_step + part * NV * LANES);
                let starts: [Lanes; NV] =
                    std::array::from_fn(|v| Lanes::load_at(starts.as_ptr().add((part * NV + v) * LANES)));
                let rest = if part + 1 == W / NV { used % LANES } else { 0 };
                let mut first = 0;
                while first < pixels {
                    let place = first.min(pixels - P);
                    each();
                    let origin = x.add(place * pixel);
                    let sums = tile::<P, NV, W, STEPS, PIXEL>([starts; P], (origin, pixel), (b, &panel), &walk);
                    store(&sums, (out.add(place * stride), stride), rest);
                    first += P;
                }
            }
        }
    }
}

/// The sums of a tile after all steps of a walk.
///
/// # Safety
/// All that the walk reaches from the P pixels, and in the panel from `b` on, must be readable.
#[inline(always)]
unsafe fn tile<const P: usize, const NV: usize, const W: usize, const STEPS: usize, const PIXEL: usize>(
    mut sums: [[Lanes; NV]; P],
    (origin, pixel): (*const Real, usize),
    (b, panel): (*const Real, &Panel),
    walk: &Walk,
) -> [[Lanes; NV]; P] {
    // SAFETY: promised by the caller.
    unsafe {
        if STEPS > 0 && PIXEL == 1 && NV == 2 && !STRICT {
            let segments = (b, panel.outer * W * LANES);
            shared_by_two::<P, NV, W, STEPS>(&mut sums, (origin, walk.outer_stride), segments, walk.outer);
            return sums;
        }
        for outer in 0..walk.outer {
            if STEPS > 0 {
                let b = b.add(outer * panel.outer * W * LANES);
                unrolled::<P, NV, W, STEPS>(&mut sums, origin.add(outer * walk.outer_stride), pixel, b, PIXEL == 1);
                continue;
            }
            for inner in 0..walk.inner {
                let mut row = origin.add(outer * walk.outer_stride).add(inner * walk.inner_stride);
                let mut b = b.add((outer * panel.outer + inner * panel.inner) * W * LANES);
                // Not unrolled: LLVM would load the vectors of all steps first, and they would not fit the
                // registers.
                for _ in 0..walk.len {
                    add_step(&mut sums, row, |r| r * pixel, b);
                    row = row.wrapping_add(1);
                    b = b.wrapping_add(W * LANES);
                }
            }
        }
    }
    sums
}

/// Stores a tile, of whose last vectors only the first `rest` lanes are there, or all where it is zero.
///
/// # Safety
/// All of them must be writable.
#[inline(always)]
unsafe fn store<const P: usize, const NV: usize>(
    sums: &[[Lanes; NV]; P],
    (target, stride): (*mut Real, usize),
    rest: usize,
) {
    // Short bodies, which LLVM unrolls: then the tile is never in memory.
    // SAFETY: promised by the caller.
    unsafe {
        for r in 0..P {
            for v in 0..NV {
                if v + 1 < NV || rest == 0 {
                    sums[r][v].store_at(target.add(r * stride).add(v * LANES));
                }
            }
        }
        let last = target.add((NV - 1) * LANES);
        if rest > 0 {
            for r in 0..P {
                *last.add(r * stride) = sums[r][NV - 1].to_array()[0];
            }
        }
        if rest > 1 {
            for r in 0..P {
                *last.add(r * stride + 1) = sums[r][NV - 1].to_array()[1];
            }
        }
        if rest > 2 {
            for r in 0..P {
                *last.add(r * stride + 2) = sums[r][NV - 1].to_array()[2];
            }
        }
    }
}

/// Neighbours of the widest tile, and what the last of them sees beside its own.
const SEEN: usize = 8 + 4;

/// The three to five steps of every segment for neighbours one step apart, which share the values that they see, and for two vectors of
/// channels.
///
/// # Safety
/// The values of P rows and the steps of the panel must be readable for every segment.
#[inline(always)]
unsafe fn shared_by_two<const P: usize, const NV: usize, const W: usize, const STEPS: usize>(
    sums: &mut [[Lanes; NV]; P],
    (mut row, row_step): (*const Real, usize),
    (mut b, b_step): (*const Real, usize),
    segments: usize,
) {
    const { assert!(STEPS <= 5 && P + STEPS <= SEEN + 1) };
    // Before every step the loop could end, as far as the compiler knows: it does not gather the steps of a sum then, for which
    // the factors of all steps would have to be in registers.
    let ends = black_box([segments; STEPS]);
    let mut segment = 0;
    while segment < segments {
        let mut values = [Lanes::splat(0.0); SEEN];
        // Written out: of a loop over so many LLVM would keep the values in memory.
        macro_rules! step {
            ($k:literal) => {
                if segment == ends[$k] {
                    break;
                }
                // SAFETY: promised by the caller.
                unsafe {
                    for d in if $k == 0 { 0..P } else { P + $k - 1..P + $k } {
                        values[d] = Lanes::splat_at(row.add(d));
                    }
                    for v in 0..NV {
                        let factor = Lanes::load_at(b.add(($k * W + v) * LANES));
                        for r in 0..P {
                            sums[r][v] = values[r + $k].mul_add(factor, sums[r][v]);
                        }
                    }
                }
            };
        }
        step!(0);
        step!(1);
        step!(2);
        if STEPS > 3 {
            step!(3);
        }
        if STEPS > 4 {
            step!(4);
        }
        row = row.wrapping_add(row_step);
        b = b.wrapping_add(b_step);
        segment += 1;
    }
}

/// The steps of a segment. Neighbours one step apart share the values that both see, where the factors of all steps fit the registers.
///
/// # Safety
/// The values of P rows and the steps of the panel must be readable.
#[inline(always)]
unsafe fn unrolled<const P: usize, const NV: usize, const W: usize, const STEPS: usize>(
    sums: &mut [[Lanes; NV]; P],
    row: *const Real,
    pixel: usize,
    b: *const Real,
    shared: bool,
) {
    // SAFETY: promised by the caller.
    unsafe {
        if shared && STEPS * NV <= 6 {
            let factors: [[Lanes; NV]; STEPS] =
                std::array::from_fn(|k| std::array::from_fn(|v| Lanes::load_at(b.add((k * W + v) * LANES))));
            for d in 0..P + STEPS - 1 {
                let value = Lanes::splat_at(row.add(d));
                for k in 0..STEPS {
                    if d >= k && d - k < P {
                        for v in 0..NV {
                            sums[d - k][v] = value.mul_add(factors[k][v], sums[d - k][v]);
                        }
                    }
                }
            }
        } else {
            for k in 0..STEPS {
                add_step(sums, row.add(k), |r| r * pixel, b.add(k * W * LANES));
            }
        }
    }
}

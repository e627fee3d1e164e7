//! Register tiles: P rows times NV vectors of sums, kept in registers while the reduction runs.
//!
//! Addresses are a pointer that moves and a constant apart from it: only then the constant becomes part of the
//! instruction.

mod ahead;
mod blocks;
mod channels;
mod correlate;
mod dots;
mod march;
mod outer;
mod planes;
mod products;
mod rectangle;
mod spread;
mod strip;
mod tiling;
mod walks;
mod wide;

pub use ahead::Paced;
pub use blocks::{block_products, block_strip};
pub use channels::{first_channel, tap_channels, tap_vectors, Factors, Rows};
pub use correlate::{correlate, correlate_channels};
pub use dots::{dots, dots_between, slide, slide_filters};
pub use march::Outputs;
pub use outer::{along, columns, fours, outer_tiles, rows, strides, vector_by_vector};
pub use planes::{band, planes, weave, widest_band, Taps};
pub use products::{skip_products, slide_products, tap_products};
pub use rectangle::{Rectangle, RectangleMut};
pub use strip::{strip, strip_ahead, strip_with, Band};
pub use tiling::{all_in_sixes, by_halves, in_pairs, in_sixes, tiled, tiled_by_halves, Tiled, SIX};
pub use walks::{Lines, Sums};
pub use wide::wide;

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

/// The packed side of a reduction: vectors of 4·NV columns, step by step.
#[derive(Clone, Copy)]
pub struct Panel<'a> {
    /// The vectors, from the first step that is taken on.
    pub values: &'a [Real],
    /// Steps from one group of segments to the next.
    pub outer: usize,
    /// Steps from one segment to the next.
    pub inner: usize,
}

impl<'a> Panel<'a> {
    /// All the steps of a walk, one after the other.
    pub fn whole(values: &'a [Real], walk: &Walk) -> Self {
        Self { values, outer: walk.inner * walk.len, inner: walk.len }
    }

    /// Whether the panel has `width` columns of all the steps of a walk, which are `row` elements apart.
    fn has(&self, walk: &Walk, row: usize, width: usize) -> bool {
        let steps = (walk.outer - 1) * self.outer + (walk.inner - 1) * self.inner + walk.len;
        (steps - 1) * row + width <= self.values.len()
    }
}

/// A tile of zeros.
#[inline(always)]
pub fn zeros<const P: usize, const NV: usize>() -> Tile<P, NV> {
    [[Lanes::splat(0.0); NV]; P]
}

/// The tile whose rows lie `stride` apart. Panics when a vector lies outside the slice.
#[inline(always)]
pub fn load<const P: usize, const NV: usize>(values: &[Real], start: usize, stride: usize) -> Tile<P, NV> {
    assert!(start + (P - 1) * stride + NV * LANES <= values.len());
    std::array::from_fn(|r| {
        std::array::from_fn(|v| {
            // SAFETY: the assertion bounds every address.
            unsafe { Lanes::load_at(values.as_ptr().add(start + r * stride + v * LANES)) }
        })
    })
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
    if P == 0 || NV == 0 {
        return;
    }
    assert!(width <= NV * LANES && start + (P - 1) * stride + width <= out.len());
    // Short bodies, which LLVM unrolls: then the tile is never in memory.
    // SAFETY: the assertion bounds every address.
    unsafe {
        let target = out.as_mut_ptr().add(start);
        for r in 0..P {
            for v in 0..NV {
                if (v + 1) * LANES <= width {
                    let place = target.add(r * stride).add(v * LANES);
                    let sum = if fresh { tile[r][v] } else { Lanes::load_at(place).add(tile[r][v]) };
                    sum.store_at(place);
                }
            }
        }
    }
    let whole = width / LANES;
    if whole < NV && width % LANES > 0 {
        let lanes = tile.map(|row| row.map(Lanes::to_array));
        for (r, lanes) in lanes.iter().enumerate() {
            let row = &mut out[start + r * stride..][whole * LANES..width];
            for (value, lane) in row.iter_mut().zip(lanes[whole]) {
                *value = if fresh { lane } else { *value + lane };
            }
        }
    }
}

//! Gradient of few filters over one input channel: lanes along the width of the image, or along four filters.

use super::thin::{self, each_block, with_size, Block};
use crate::gemm::micro::{correlate, correlate_channels, Taps};
use crate::geometry::Geometry;
use crate::vector::{Lanes, Real, Vector, FUSED, LANES};

/// Whether this way is taken: as for the outputs, and for eight or sixteen filters of 3×3 where products are fused. A processor waits
/// four cycles for such a sum: three taps of a row times eight filters are too few sums then, nine taps of four filters are enough.
pub fn fits(geometry: &Geometry) -> bool {
    let fours = FUSED && matches!(geometry.out_c, 8 | 16) && (geometry.kernel_h, geometry.kernel_w) == (3, 3);
    thin::fits(geometry) || (fours && thin::fits(&Geometry { out_c: LANES, ..*geometry }))
}

/// Adds what one image contributes to the gradients.
pub fn add_image(geometry: &Geometry, x: &[Real], dy: &[Real], df: &mut [Real]) {
    match geometry.out_c {
        1 => each_block(geometry, |block| block.gradients::<1>(x, dy, df)),
        2 => each_block(geometry, |block| block.gradients::<2>(x, dy, df)),
        3 => each_block(geometry, |block| block.gradients::<3>(x, dy, df)),
        _ => each_block(geometry, |block| block.gradients::<LANES>(x, dy, df)),
    }
}

/// Gradients that stay in a first-level cache.
const BAND: usize = 8192;

impl Block<'_> {
    /// Those of F filters.
    fn gradients<const F: usize>(&self, x: &[Real], dy: &[Real], df: &mut [Real]) {
        with_size!(self, gradients_sized, [F], x, dy, df);
    }

    /// Those of R rows of T taps, whose distance is `COLUMN` when it is known, else 0.
    #[inline(never)]
    fn gradients_sized<const F: usize, const R: usize, const T: usize, const COLUMN: usize>(
        &self,
        x: &[Real],
        dy: &[Real],
        df: &mut [Real],
    ) {
        let (first, row, column, line) = self.steps();
        let column = if COLUMN > 0 { COLUMN } else { column };
        let (lines, width) = (self.geometry.out_h, self.geometry.out_w);
        let zeros: Taps<R, T> = [[Lanes::splat(0.0); T]; R];
        if F == LANES {
            let filters = self.geometry.out_c;
            for f in (0..filters).step_by(LANES) {
                let mut sums = zeros;
                correlate_channels(&mut sums, (x, first, row, column, line), (dy, f, filters), (lines, width));
                for r in 0..R {
                    for t in 0..T {
                        let target = &mut df[self.tap(r, t) + f..];
                        Lanes::load(target).add(sums[r][t]).store(target);
                    }
                }
            }
            return;
        }
        let mut sums = [zeros; F];
        // All filters take some rows before the next ones, which may have to come from far.
        let band = (BAND / (width * F)).max(8);
        for i in (0..lines).step_by(band) {
            let pixels = (x, first + i * line, row, column, line);
            for (f, sums) in sums.iter_mut().enumerate() {
                correlate::<F, R, T>(sums, pixels, (&dy[i * width * F..], f, band.min(lines - i), width));
            }
        }
        for (f, sums) in sums.iter().enumerate() {
            for r in 0..R {
                for t in 0..T {
                    df[self.tap(r, t) + f] += sums[r][t].sum();
                }
            }
        }
    }
}

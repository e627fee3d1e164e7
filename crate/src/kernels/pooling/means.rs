//! Average pooling of windows of 2×2 side by side. Sums are taken in the order of other windows, so that they are the same bits.

use super::quarters::{each_row, each_run, rows};
use crate::geometry::Geometry;
use crate::vector::{combine_quarters, give_quarters, Lanes, Real, Vector, LANES};

/// What a pixel counts.
const SHARE: Real = 0.25;

#[inline(always)]
fn mean(pixels: [Lanes; 4]) -> Lanes {
    pixels.into_iter().fold(Lanes::splat(0.0), Lanes::add).mul(Lanes::splat(SHARE))
}

/// The mean of each window.
pub fn average(g: &Geometry, x: &[Real], y: &mut [Real]) {
    let (c, row) = (g.in_c, g.in_w * g.in_c);
    if c >= LANES {
        return each_run(g, x, y, |sizes, x, ahead, y| {
            combine_quarters::<false>(sizes, x, ahead, y, |pixels| (mean(pixels), Lanes::splat(0.0)));
        });
    }
    for (i, y) in y.chunks_exact_mut(g.out_w * c).enumerate() {
        average_of_few(c, x[rows(g, i)..][..2 * row].split_at(row).into(), y);
    }
}

/// Windows of less than a vector: what it has behind one is written as well, and overwritten by the next ones.
fn average_of_few(c: usize, rows: [&[Real]; 2], y: &mut [Real]) {
    let whole = (y.len() + c).saturating_sub(LANES) / c;
    for j in 0..whole {
        let [[a, b], [d, e]] = rows.map(|row| [0, c].map(|pixel| Lanes::load(&row[2 * j * c + pixel..])));
        mean([a, b, d, e]).store(&mut y[j * c..]);
    }
    for (place, y) in y.iter_mut().enumerate().skip(whole * c) {
        let pixel = place / c * 2 * c + place % c;
        *y = rows.iter().flat_map(|row| [row[pixel], row[pixel + c]]).fold(0.0, |sum, x| sum + x) * SHARE;
    }
}

/// Every pixel of a window gets its share of the gradient.
pub fn gradient(g: &Geometry, dy: &[Real], dx: &mut [Real]) {
    let (c, size) = (g.in_c, g.out_w * g.in_c);
    // Added to a zero as where a pixel is in several windows.
    let share = |dy: Lanes| dy.mul_add(Lanes::splat(SHARE), Lanes::splat(0.0));
    each_row(g, dx, |i, top, bottom| {
        let dy = &dy[i * size..][..size];
        if c >= LANES {
            return give_quarters(c, dy, [top, bottom], share);
        }
        let whole = (dy.len() + c).saturating_sub(LANES) / c;
        for row in [top, bottom] {
            for j in 0..whole {
                let own = share(Lanes::load(&dy[j * c..]));
                own.store(&mut row[2 * j * c..]);
                own.store(&mut row[(2 * j + 1) * c..]);
            }
            for (place, dy) in dy.iter().enumerate().skip(whole * c) {
                let pixel = place / c * 2 * c + place % c;
                row[pixel] = dy * SHARE + 0.0;
                row[pixel + c] = dy * SHARE + 0.0;
            }
        }
    });
}

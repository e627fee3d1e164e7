//! Sums of products, channel by channel: the gradients of filters that see one channel each.

use super::walks::{Lines, Next, Sums};
use crate::vector::{Lanes, Real, Vector, LANES, LINE};

/// `sums[r, t, l] += Σ x[origin + i·lines.x + r·line + j·c + l] · dy[i·lines.dy + (first + j − t)·c + l]` for R rows of T taps
/// that touch each other, over the lines `i`, `pixels` pixels `j` and all `c` channels `l`. Gradients before the first one
/// of a line and from `count` on are zeros and not there. Each pixel and each gradient is loaded once a row. Panics when
/// another address lies outside a slice.
#[inline(never)]
pub fn slide_products<const R: usize, const T: usize>(
    sums: Sums,
    (x, origin, line, pixels): (&[Real], usize, usize, usize),
    (dy, first, count): (&[Real], usize, usize),
    lines: Lines,
) {
    if lines.count == 0 {
        return;
    }
    let (c, reach) = (lines.channels, lines.reach());
    let seen = pixels.min(count.saturating_sub(first));
    assert!(origin + reach.0 + (R - 1) * line + pixels * c <= x.len() && reach.1 + count * c <= dy.len());
    let values = [(x, origin + (R - 1) * line, lines.x), (dy, first * c, lines.dy)];
    let next = Next { values, first: c.div_ceil(2 * LANES), touches: seen, pace: LINE / 2 };
    lines.each_walk::<R, T>(sums, (x, origin), dy, next, |walk, sums| {
        let mut sums = sums;
        walk.each_row(&lines, |row, start, ahead| {
            let mut pixel = row;
            let mut gradient = start.wrapping_add(first * c);
            let end = pixel.wrapping_add(seen * c);
            // SAFETY: the assertion above bounds every address that is read; pointers may pass the end after the last pixel.
            unsafe {
                // The gradients that the taps meet, the newest first; here those before the first pixel.
                let mut window: [Lanes; T] = std::array::from_fn(|t| {
                    if t < first && first - 1 - t < count {
                        Lanes::load_at(gradient.wrapping_sub((t + 1) * c))
                    } else {
                        Lanes::splat(0.0)
                    }
                });
                while pixel != end {
                    ahead.touch();
                    window = meet(&mut sums, window, Lanes::load_at(gradient), pixel, line);
                    gradient = gradient.wrapping_add(c);
                    pixel = pixel.wrapping_add(c);
                }
                for _ in seen..pixels {
                    window = meet(&mut sums, window, Lanes::splat(0.0), pixel, line);
                    pixel = pixel.wrapping_add(c);
                }
            }
        });
        sums
    });
}

/// Adds the products of R pixels, `line` elements apart, with the gradients that the taps meet: one more than before.
///
/// # Safety
/// The pixels must be readable.
#[inline(always)]
unsafe fn meet<const R: usize, const T: usize>(
    sums: &mut [[Lanes; T]; R],
    window: [Lanes; T],
    newest: Lanes,
    pixel: *const Real,
    line: usize,
) -> [Lanes; T] {
    let window: [Lanes; T] = std::array::from_fn(|t| if t == 0 { newest } else { window[t - 1] });
    for r in 0..R {
        // SAFETY: promised by the caller.
        let value = unsafe { Lanes::load_at(pixel.wrapping_add(r * line)) };
        for t in 0..T {
            sums[r][t] = value.mul_add(window[t], sums[r][t]);
        }
    }
    window
}

/// `sums[r, t, l] += Σ x[origin + i·lines.x + r·line + (2j + t − LEFT)·c + l] · dy[i·lines.dy + j·c + l]` for R rows of three taps
/// that touch each other, over the lines `i`, `count` gradients `j` and all `c` channels `l`. LEFT and RIGHT pixels, none or one, before
/// the first one and behind the last one are zeros and not there. The pixel between two gradients is loaded once for both.
/// Panics when another address lies outside a slice.
#[inline(never)]
pub fn skip_products<const R: usize, const LEFT: usize, const RIGHT: usize>(
    sums: Sums,
    (x, origin, line): (&[Real], usize, usize),
    (dy, count): (&[Real], usize),
    lines: Lines,
) {
    const { assert!(LEFT < 2 && RIGHT < 2) };
    let pixels = 2 * count + 1 - LEFT - RIGHT;
    if lines.count * count == 0 {
        return;
    }
    let (c, reach) = (lines.channels, lines.reach());
    assert!(origin + reach.0 + (R - 1) * line + pixels * c <= x.len() && reach.1 + count * c <= dy.len());
    // As many lines as there are steps are those of the two rows of pixels that are new to the next row of gradients, the first of them first: what
    // comes too early is gone when it is needed. Where these lie side by side the
    // gradients' are asked for as well: of five lines the last one is left to the processor, which sees four come one by one.
    let (last, groups) = (origin + R.saturating_sub(2) * line, c.div_ceil(LANES));
    let next = if 2 * (count + 1) * c > line {
        let values = [(x, last, lines.x), (dy, 0, lines.dy)];
        Next { values, first: groups - groups / 5, touches: count, pace: LINE * 5 / 4 }
    } else {
        let values = [(x, last, lines.x), (x, last + lines.band * line, lines.x)];
        Next { values, first: groups.div_ceil(2), touches: count, pace: LINE }
    };
    // A constant, whose multiples are parts of the loads and stores.
    assert!(sums.outer == 3);
    lines.each_walk::<R, 3>(Sums { outer: 3, ..sums }, (x, origin), dy, next, |walk, sums| {
        let mut sums = sums;
        walk.each_row(&lines, |row, start, ahead| {
            // SAFETY: the assertions above bound every address that is read; pointers may pass the end after the last gradient.
            unsafe {
                // What the last gradient has seen through its last tap, the next one sees through its first one.
                let mut seen: [Lanes; R] = std::array::from_fn(|r| {
                    if LEFT == 0 {
                        Lanes::load_at(row.wrapping_add(r * line))
                    } else {
                        Lanes::splat(0.0)
                    }
                });
                let mut pixel = row.wrapping_add((1 - LEFT) * c);
                let mut gradient = start;
                let end = start.wrapping_add((count - RIGHT) * c);
                loop {
                    ahead.touch();
                    let value = Lanes::load_at(gradient);
                    for r in 0..R {
                        let middle = Lanes::load_at(pixel.wrapping_add(r * line));
                        sums[r][0] = seen[r].mul_add(value, sums[r][0]);
                        sums[r][1] = middle.mul_add(value, sums[r][1]);
                    }
                    if RIGHT == 1 && gradient == end {
                        break;
                    }
                    for r in 0..R {
                        seen[r] = Lanes::load_at(pixel.wrapping_add(r * line + c));
                        sums[r][2] = seen[r].mul_add(value, sums[r][2]);
                    }
                    gradient = gradient.wrapping_add(c);
                    if RIGHT == 0 && gradient == end {
                        break;
                    }
                    pixel = pixel.wrapping_add(2 * c);
                }
            }
        });
        sums
    });
}

/// `sums[r, t, l] += Σ x[origin + i·lines.x + r·line + t·column + j·step + l] · dy[i·lines.dy + (first + j)·c + l]` for R rows
/// of T taps, over the lines `i`, `count` gradients `j` and all `c` channels `l`. Panics when an address lies outside a
/// slice.
#[inline(always)]
pub fn tap_products<const R: usize, const T: usize>(
    sums: Sums,
    (x, origin, line, column, step): (&[Real], usize, usize, usize, usize),
    (dy, first, count): (&[Real], usize, usize),
    lines: Lines,
) {
    if lines.count * count == 0 {
        return;
    }
    let (c, reach) = (lines.channels, lines.reach());
    assert!(origin + reach.0 + (R - 1) * line + (T - 1) * column + (count - 1) * step + c <= x.len());
    assert!(reach.1 + (first + count) * c <= dy.len());
    let next = Next { values: [(x, 0, 0), (dy, 0, 0)], first: 0, touches: 0, pace: 0 };
    lines.each_walk::<R, T>(sums, (x, origin), dy, next, |walk, sums| {
        let mut sums = sums;
        walk.each_row(&lines, |row, start, _| {
            let mut pixel = row;
            let mut gradient = start.wrapping_add(first * c);
            // SAFETY: the assertions above bound every address that is read; pointers may pass the end after the last gradient.
            unsafe {
                for _ in 0..count {
                    let value = Lanes::load_at(gradient);
                    for r in 0..R {
                        for t in 0..T {
                            let seen = Lanes::load_at(pixel.wrapping_add(r * line + t * column));
                            sums[r][t] = seen.mul_add(value, sums[r][t]);
                        }
                    }
                    gradient = gradient.wrapping_add(c);
                    pixel = pixel.wrapping_add(step);
                }
            }
        });
        sums
    });
}

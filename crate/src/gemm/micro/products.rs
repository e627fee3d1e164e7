//! Sums of products, channel by channel: the gradients of filters that see one channel each.

use super::ahead::Next;
use super::channels::first_channel;
use crate::vector::{Lanes, Real, Vector, LANES, LINE};

/// Where the sums of R rows of T taps are: for each four channels a vector of every tap.
pub struct Sums<'a> {
    /// All vectors.
    pub values: &'a mut [Real],
    /// Vectors of four channels.
    pub vectors: usize,
    /// The first tap.
    pub first: usize,
    /// Taps from one row of taps to the next.
    pub outer: usize,
}

impl Sums<'_> {
    /// The same from another tap of the rows on.
    pub fn again(&mut self, tap: usize) -> Sums<'_> {
        Sums { values: self.values, vectors: self.vectors, first: self.first + tap, outer: self.outer }
    }

    /// Calls `add` with the first channel and the sums of every vector of channels.
    #[inline(always)]
    fn each_vector<const R: usize, const T: usize>(
        self,
        channels: usize,
        add: impl Fn(usize, [[Lanes; T]; R]) -> [[Lanes; T]; R],
    ) {
        let groups = channels.div_ceil(LANES);
        let Self { values, vectors, first, outer } = self;
        assert!(
            channels >= LANES && first + (R - 1) * outer + T <= vectors && groups * vectors * LANES <= values.len()
        );
        for group in 0..groups {
            // SAFETY: the assertion above bounds every address.
            unsafe {
                let start = values.as_mut_ptr().add((group * vectors + first) * LANES);
                let place = |r: usize, t: usize| start.wrapping_add((r * outer + t) * LANES);
                let sums = std::array::from_fn(|r| std::array::from_fn(|t| Lanes::load_at(place(r, t))));
                let sums = add(first_channel(group, channels), sums);
                for r in 0..R {
                    for t in 0..T {
                        sums[r][t].store_at(place(r, t));
                    }
                }
            }
        }
    }
}

/// Rows of gradients and rows of the pixels that they see, from step to step.
#[derive(Clone, Copy)]
pub struct Lines {
    /// Rows of gradients.
    pub count: usize,
    /// From the pixels of one row of gradients to those of the next.
    pub x: usize,
    /// From one row of gradients to the next.
    pub dy: usize,
    /// Channels of a pixel.
    pub channels: usize,
}

impl Lines {
    /// How far the last row is from the first one: of pixels, of gradients.
    fn reach(&self) -> (usize, usize) {
        ((self.count - 1) * self.x, (self.count - 1) * self.dy)
    }

    /// What to ask for meanwhile, so often a row: pixels from the last one of those rows on that the first gradients see, which begins
    /// at `origin`, and the gradients below.
    #[inline(always)]
    fn next(&self, (x, origin): (&[Real], usize), dy: &[Real], (touches, pace): (usize, usize)) -> Next {
        let Self { count, x: x_step, dy: dy_step, .. } = *self;
        Next {
            arrays: [(x.as_ptr(), x.len()), (dy.as_ptr(), dy.len())],
            from: [origin + count * x_step, count * dy_step],
            needed: count * x_step,
            touches: count * touches,
            pace,
        }
    }
}

/// `sums[r, t, l] += Σ x[origin + i·lines.x + r·line + j·c + l] · dy[i·lines.dy + (first + j − t)·c + l]` for R rows of T taps
/// that touch each other, over the lines `i`, `pixels` pixels `j` and all `c` channels `l`. Gradients before the first one
/// of a line and from `count` on are zeros and not there. Each pixel and each gradient is loaded once a row. Panics when
/// another address lies outside a slice.
#[inline(always)]
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
    let next = lines.next((x, origin + (R - 1) * line), dy, (seen, LINE / 2));
    sums.each_vector::<R, T>(c, |channel, sums| {
        let (mut sums, mut ahead) = (sums, next.of_group(channel / LANES));
        for i in 0..lines.count {
            let mut pixel = x.as_ptr().wrapping_add(origin + i * lines.x + channel);
            let mut gradient = dy.as_ptr().wrapping_add(i * lines.dy + first * c + channel);
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
        }
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
/// that touch each other, over the lines `i`, `count` gradients `j` and all `c` channels `l`. LEFT pixels, none or one, before
/// the first one and one from `pixels` on are zeros and not there. The pixel between two gradients is loaded once for both.
/// Panics when another address lies outside a slice.
#[inline(always)]
pub fn skip_products<const R: usize, const LEFT: usize>(
    sums: Sums,
    (x, origin, line, pixels): (&[Real], usize, usize, usize),
    (dy, count): (&[Real], usize),
    lines: Lines,
) {
    const { assert!(LEFT < 2) };
    if lines.count * count == 0 {
        return;
    }
    let (c, reach) = (lines.channels, lines.reach());
    let inside = (2 * count + 1).saturating_sub(LEFT) <= pixels;
    let whole = if inside { count } else { count - 1 };
    assert!(2 * count - LEFT <= pixels && (1 - LEFT) < pixels);
    assert!(origin + reach.0 + (R - 1) * line + pixels * c <= x.len() && reach.1 + count * c <= dy.len());
    let next = lines.next((x, origin + (R - 1) * line), dy, (whole, LINE));
    sums.each_vector::<R, 3>(c, |channel, sums| {
        let (mut sums, mut ahead) = (sums, next.of_group(channel / LANES));
        for i in 0..lines.count {
            let first = x.as_ptr().wrapping_add(origin + i * lines.x + channel);
            let mut gradient = dy.as_ptr().wrapping_add(i * lines.dy + channel);
            // SAFETY: the assertions above bound every address that is read; pointers may pass the end after the last gradient.
            unsafe {
                // What the last gradient has seen through its last tap, the next one sees through its first one.
                let mut seen: [Lanes; R] = std::array::from_fn(|r| {
                    if LEFT == 0 {
                        Lanes::load_at(first.wrapping_add(r * line))
                    } else {
                        Lanes::splat(0.0)
                    }
                });
                let mut pixel = first.wrapping_add((1 - LEFT) * c);
                let end = gradient.wrapping_add(whole * c);
                while gradient != end {
                    ahead.touch();
                    let value = Lanes::load_at(gradient);
                    for r in 0..R {
                        let place = pixel.wrapping_add(r * line);
                        let (middle, last) = (Lanes::load_at(place), Lanes::load_at(place.wrapping_add(c)));
                        sums[r][0] = seen[r].mul_add(value, sums[r][0]);
                        sums[r][1] = middle.mul_add(value, sums[r][1]);
                        sums[r][2] = last.mul_add(value, sums[r][2]);
                        seen[r] = last;
                    }
                    gradient = gradient.wrapping_add(c);
                    pixel = pixel.wrapping_add(2 * c);
                }
                if !inside {
                    let value = Lanes::load_at(gradient);
                    for r in 0..R {
                        let middle = Lanes::load_at(pixel.wrapping_add(r * line));
                        sums[r][0] = seen[r].mul_add(value, sums[r][0]);
                        sums[r][1] = middle.mul_add(value, sums[r][1]);
                    }
                }
            }
        }
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
    sums.each_vector::<R, T>(c, |channel, sums| {
        let mut sums = sums;
        for i in 0..lines.count {
            let mut pixel = x.as_ptr().wrapping_add(origin + i * lines.x + channel);
            let mut gradient = dy.as_ptr().wrapping_add(i * lines.dy + first * c + channel);
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
        }
        sums
    });
}

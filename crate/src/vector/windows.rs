//! A walk along a row of windows, which have columns in common or have not: what a column gets of several windows stays in registers until the
//! last of them was there.

use super::quarters::{walk, Sizes, Window};
use super::{Lanes, Real, Vector, LANES};

/// Where windows of K×K vectors lie, of which the next one begins S ≤ K columns further on or, without common columns, any number.
#[derive(Clone, Copy)]
pub struct Walk {
    /// Windows.
    pub count: usize,
    /// Values from a column to the next, and from a window's value to the next one's.
    pub column: usize,
    /// Values from a window's first column to the next one's.
    pub step: usize,
}

/// What the first K − S columns of the next window have been given, row by row.
pub type Carried<const K: usize> = [[Lanes; K]; K];

/// Gives `dy` of each window to the first of its vectors, row by row, that equals `y`, lane by lane, and where `lanes` is zero: adds it to what
/// the vector has had in `dx`. The last S rows have had nothing, and what stands there is not read. Panics when the arrays are too short.
#[inline(never)]
pub fn give_to_equal<const K: usize, const S: usize>(
    walk: Walk,
    lanes: Lanes,
    [y, dy]: [&[Real]; 2],
    x: [&[Real]; K],
    dx: [&mut [Real]; K],
    carried: &mut Carried<K>,
) {
    let Walk { count, column, step } = walk;
    let Some(last) = count.checked_sub(1) else { return };
    let needed = last * step + (K - 1) * column + LANES;
    assert!(x.iter().all(|row| row.len() >= needed) && dx.iter().all(|row| row.len() >= needed));
    assert!(y.len() >= last * column + LANES && dy.len() >= last * column + LANES);
    let [mut y, mut dy] = [y, dy].map(<[Real]>::as_ptr);
    let (mut x, mut dx) = (x.map(<[Real]>::as_ptr), dx.map(<[Real]>::as_mut_ptr));
    let zero = Lanes::splat(0.0);
    let mut sums = *carried;
    for _ in 0..count {
        // SAFETY: the lengths were checked, and the steps add up to no more.
        unsafe {
            let largest = Lanes::load_at(y);
            let (mut left, _) = lanes.split_equal(zero, Lanes::load_at(dy));
            for r in 0..K {
                let before: [Lanes; K] = std::array::from_fn(|q| match (q < K - S, r < K - S) {
                    (true, _) => sums[r][q],
                    (_, true) => Lanes::load_at(dx[r].add(q * column)),
                    _ => zero,
                });
                // All of the row are read before the first is written, which may overlap the next ones.
                for q in 0..K {
                    let (own, rest) = Lanes::load_at(x[r].add(q * column)).split_equal(largest, left);
                    left = rest;
                    let sum = before[q].add(own);
                    if q < S {
                        sum.store_at(dx[r].add(q * column));
                    } else {
                        sums[r][q - S] = sum;
                    }
                }
            }
            (y, dy) = (y.wrapping_add(column), dy.wrapping_add(column));
        }
        for r in 0..K {
            (x[r], dx[r]) = (x[r].wrapping_add(step), dx[r].wrapping_add(step));
        }
    }
    *carried = sums;
}

/// Pixels that four windows begin with, two each.
const FOUR: usize = 2 * LANES;

/// [`give_to_equal`] of K×K single values, K 2 or 3, two from a window to the next, four windows at a time; `carried` is that of the windows' first
/// column. Returns how many were taken, as many as there are of `count` and the arrays hold.
#[inline(never)]
pub fn give_fours_to_equal<const K: usize>(
    count: usize,
    [y, dy]: [&[Real]; 2],
    x: [&[Real]; K],
    dx: [&mut [Real]; K],
    carried: &mut [Real; K],
) -> usize {
    let length = x.iter().map(|row| row.len()).chain(dx.iter().map(|row| row.len())).min().unwrap_or(0);
    let fours = (count.min(y.len()).min(dy.len()) / LANES).min((length + 2).saturating_sub(K) / FOUR);
    let [mut y, mut dy] = [y, dy].map(<[Real]>::as_ptr);
    let (mut x, mut dx) = (x.map(<[Real]>::as_ptr), dx.map(<[Real]>::as_mut_ptr));
    let zero = Lanes::splat(0.0);
    // In the last lane: what the next window's first pixel has been given.
    let mut sums = carried.map(Lanes::splat);
    for _ in 0..fours {
        // SAFETY: four windows have FOUR + K − 2 values of each row, and four of the others.
        unsafe {
            let (largest, mut left) = (Lanes::load_at(y), Lanes::load_at(dy));
            for r in 0..K {
                let (pixels, target) = (x[r], dx[r]);
                let every_second = |row: *const Real, first: usize| {
                    Lanes::load_at(row.add(first)).pick_of_twos(Lanes::load_at(row.add(first + LANES - 1)))
                };
                // Only the first of three rows has been given to.
                let before = |first: usize| if K > 2 && r == 0 { every_second(target, first) } else { zero };
                let [third, second] = [if K > 2 { before(2) } else { zero }, before(1)];
                let mut take = |first: usize| {
                    let (own, rest) = every_second(pixels, first).split_equal(largest, left);
                    left = rest;
                    own
                };
                let [a, b] = [take(0), take(1)];
                let earlier = if K > 2 {
                    let next = third.add(take(2));
                    let earlier = next.behind(sums[r]);
                    sums[r] = next;
                    earlier
                } else {
                    zero
                };
                let [low, high] = Lanes::interleave([earlier.add(a), second.add(b)]);
                low.store_at(target);
                high.store_at(target.add(LANES));
            }
            (y, dy) = (y.wrapping_add(LANES), dy.wrapping_add(LANES));
        }
        for r in 0..K {
            (x[r], dx[r]) = (x[r].wrapping_add(FOUR), dx[r].wrapping_add(FOUR));
        }
    }
    *carried = sums.map(|sums| zero.behind(sums).to_array()[0]);
    fours * LANES
}

/// Gives `dy` of each window of a row to the first of its K×K pixels, row by row, that equals `y`, lane by lane: adds it to what
/// the pixel has had in `dx`. The windows begin `stride` pixels from each other, S ≤ K or, without common pixels, more. Of the last S rows
/// only what the first K − S columns have had is read. Pixels have `channels`, whole vectors. Panics when the arrays are too short.
#[inline(never)]
pub fn give_pixels<const K: usize, const S: usize>(
    (channels, stride): (usize, usize),
    [y, dy]: [&[Real]; 2],
    x: [&[Real]; K],
    dx: [&mut [Real]; K],
) {
    assert!(channels > 0 && channels % LANES == 0 && stride >= S && S <= K);
    let Some(last) = (y.len() / channels).checked_sub(1) else { return };
    let needed = (last * stride + K) * channels;
    assert!(x.iter().all(|row| row.len() >= needed) && dx.iter().all(|row| row.len() >= needed) && dy.len() == y.len());
    let (x, dx) = (x.map(<[Real]>::as_ptr), dx.map(<[Real]>::as_mut_ptr));
    let work = Give::<K, S> { channels, stride, x, dx, y: y.as_ptr(), dy: dy.as_ptr() };
    // SAFETY: the lengths were checked.
    unsafe { walk::<false, _>(Sizes { channels, row: needed, windows: y.len() }, 1, work) };
}

/// See [`give_pixels`].
struct Give<const K: usize, const S: usize> {
    channels: usize,
    stride: usize,
    x: [*const Real; K],
    dx: [*mut Real; K],
    y: *const Real,
    dy: *const Real,
}

impl<const K: usize, const S: usize> Window for Give<K, S> {
    const MAY_REPEAT: bool = false;

    #[inline(always)]
    unsafe fn run<const N: usize, const AGAIN: bool>(&mut self, first: usize) {
        // SAFETY: promised by the caller.
        unsafe {
            let largest: [Lanes; N] = std::array::from_fn(|v| Lanes::load_at(self.y.add(first + v * LANES)));
            // Plus zero, so that no pixel is given a zero with the sign minus.
            let mut left: [Lanes; N] =
                std::array::from_fn(|v| Lanes::load_at(self.dy.add(first + v * LANES)).add(Lanes::splat(0.0)));
            for r in 0..K {
                for q in 0..K {
                    for v in 0..N {
                        let place = first + q * self.channels + v * LANES;
                        let pixel = Lanes::load_at(self.x[r].add(place));
                        let (own, rest) = pixel.split_equal(largest[v], left[v]);
                        left[v] = rest;
                        let target = self.dx[r].add(place);
                        let sum = if r < K - S || q < K - S { Lanes::load_at(target).add(own) } else { own };
                        sum.store_at(target);
                    }
                }
            }
        }
    }

    #[inline(always)]
    fn next(&mut self, values: usize, more: usize) {
        let pixels = values + more * (self.stride - 1);
        for r in 0..K {
            self.x[r] = self.x[r].wrapping_add(pixels);
            self.dx[r] = self.dx[r].wrapping_add(pixels);
        }
        self.y = self.y.wrapping_add(values);
        self.dy = self.dy.wrapping_add(values);
    }
}

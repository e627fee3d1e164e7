//! The gradient of max pooling along rows of windows: what a column of pixels gets of several windows stays in registers, and gradients are
//! read only where windows of the row before have written. Channels that do not fill a vector take one, too: what a vector has behind them is
//! zero, or is the next pixel's, which comes later.

use crate::geometry::Geometry;
use crate::vector::{give_fours_to_equal, give_to_equal, Carried, Lanes, Real, Vector, Walk, LANES};

/// Images whose rows take turns: what was written is read for the next row of windows when it has reached the cache.
const TOGETHER: usize = 4;

/// Whether rows of windows are gone along: those of 2×2 and 3×3 pixels, more than one of which lies between two windows' first ones. There must
/// be no NaN among the largest values, and no infinity.
pub fn fits(g: &Geometry) -> bool {
    let k = g.kernel_w;
    g.kernel_h == k && g.stride_h.min(k) == g.stride_w.min(k) && g.stride_w > 1 && (2..=3).contains(&k)
}

/// The gradient goes to the first pixel of each window that holds its largest value; for channels that do not fill vectors.
pub fn max_gradient(g: &Geometry, x: &[Real], y: &[Real], dy: &[Real], dx: &mut [Real]) {
    match (g.kernel_w, g.stride_w) {
        (2, _) => each_line::<2, 2>(g, x, y, dy, dx),
        (_, 2) => each_line::<3, 2>(g, x, y, dy, dx),
        _ => each_line::<3, 3>(g, x, y, dy, dx),
    }
}

/// Windows of K×K pixels, S of which or more lie between two windows' first ones.
fn each_line<const K: usize, const S: usize>(g: &Geometry, x: &[Real], y: &[Real], dy: &[Real], dx: &mut [Real]) {
    let (size, width, whole) = (g.in_h * g.in_w * g.in_c, g.out_w * g.in_c, g.in_c / LANES * LANES);
    // The last channels first: what is written behind them belongs to the next pixel's first ones.
    let strips = [(whole, g.in_c - whole), (0, LANES)].map(|(first, count)| Strip::new(g, first, count));
    for (images, dx) in dx.chunks_mut(TOGETHER * size).enumerate() {
        dx.fill(0.0);
        for i in 0..g.out_h {
            for (image, dx) in dx.chunks_exact_mut(size).enumerate() {
                let image = images * TOGETHER + image;
                let start = (image * g.out_h + i) * width;
                // No vector of the row's last window reaches farther than one behind the row.
                let is_last = start + width + LANES > y.len();
                let mut line = Line::<K, S> { g, i, x: &x[image * size..], y: &y[start..], dy: &dy[start..], dx };
                if whole < g.in_c {
                    line.strip(&strips[0], is_last);
                }
                for first in (0..whole).step_by(LANES) {
                    line.strip(&Strip { first, ..strips[1] }, false);
                }
            }
        }
    }
}

/// Some channels, at most a vector.
#[derive(Clone, Copy)]
struct Strip {
    first: usize,
    count: usize,
    /// Zero in the lanes that are meant.
    lanes: Lanes,
    /// Whether windows are taken in fours, those that are left over first.
    singles: bool,
    /// Windows without a border for which whole vectors lie in a row of pixels.
    start: usize,
    end: usize,
    /// Their end where whole vectors must lie in the row of windows, too, as behind it there are too few.
    last_end: usize,
}

impl Strip {
    fn new(g: &Geometry, first: usize, count: usize) -> Self {
        let lanes = Lanes::from_array(std::array::from_fn(|lane| if lane < count { 0.0 } else { 1.0 }));
        // Fours of windows of single values end with their last pixel, other windows with a vector.
        let singles = g.in_c == 1 && g.stride_w == 2;
        let room = if singles { 1 } else { first + LANES };
        // Pixels of a row that are followed by so much.
        let ending = |pixels: usize| ((pixels + 1) * g.in_c).saturating_sub(room) / g.in_c;
        let columns = (ending(g.in_w) + g.pad_left).checked_sub(g.kernel_w);
        let start = g.pad_left.div_ceil(g.stride_w).min(g.out_w);
        let end = columns.map_or(0, |columns| columns / g.stride_w + 1).min(g.out_w).max(start);
        let last_end = end.min(ending(g.out_w)).max(start);
        Self { first, count, lanes, singles, start, end, last_end }
    }
}

/// A row of windows, and the image that they see.
struct Line<'a, const K: usize, const S: usize> {
    g: &'a Geometry,
    i: usize,
    /// From the image on.
    x: &'a [Real],
    /// From the row on.
    y: &'a [Real],
    dy: &'a [Real],
    /// The image.
    dx: &'a mut [Real],
}

impl<const K: usize, const S: usize> Line<'_, K, S> {
    fn strip(&mut self, strip: &Strip, is_last: bool) {
        let Self { g, i, .. } = *self;
        let (c, row, first) = (g.in_c, g.in_w * g.in_c, strip.first);
        let mut carried = [[Lanes::splat(0.0); K]; K];
        for (r, sums) in carried.iter_mut().enumerate().take(K - S) {
            for (q, sum) in sums.iter_mut().enumerate().take(K - S) {
                if let Some(pixel) = self.pixel(r, q) {
                    *sum = self.given(pixel, q, first);
                }
            }
        }
        let lies_inside = i * g.stride_h >= g.pad_top && i * g.stride_h + K <= g.in_h + g.pad_top;
        let end = if is_last { strip.last_end } else { strip.end };
        let inner = strip.start..if lies_inside { end } else { strip.start };
        (0..inner.start).for_each(|j| self.window(j, strip, &mut carried));
        let fours = if strip.singles { inner.len() / LANES * LANES } else { 0 };
        let inner = if strip.singles && fours == 0 { inner.start..inner.start } else { inner };
        let mut next = inner.start;
        for (count, are_fours) in [(inner.len() - fours, false), (fours, true)] {
            if count == 0 {
                continue;
            }
            let place = ((i * g.stride_h - g.pad_top) * g.in_w + next * g.stride_w - g.pad_left) * c + first;
            let windows = [self.y, self.dy].map(|values| &values[next * c + first..]);
            let rest = row - (next * g.stride_w - g.pad_left) * c - first;
            if are_fours {
                next += self.fours(count, windows, place, rest, &mut carried);
                continue;
            }
            let x = std::array::from_fn(|r| &self.x[place + r * row..]);
            let mut rows = self.dx[place..].chunks_mut(row);
            let dx = std::array::from_fn(|_| rows.next().unwrap_or_default());
            let walk = Walk { count, column: c, step: g.stride_w * c };
            give_to_equal::<K, S>(walk, strip.lanes, windows, x, dx, &mut carried);
            next += count;
        }
        (next..g.out_w).for_each(|j| self.window(j, strip, &mut carried));
        for (r, sums) in carried.iter().enumerate() {
            for (q, sum) in sums.iter().enumerate().take(K - S) {
                if let Some(pixel) = self.pixel(r, g.out_w * g.stride_w + q) {
                    write(*sum, &mut self.dx[pixel + first..], strip.count);
                }
            }
        }
    }

    /// Windows of single values whose pixels begin at `place`, of whose rows there is a `rest`.
    fn fours(
        &mut self,
        count: usize,
        windows: [&[Real]; 2],
        place: usize,
        rest: usize,
        carried: &mut Carried<K>,
    ) -> usize {
        let row = self.g.in_w;
        let x = std::array::from_fn(|r| &self.x[place + r * row..][..rest]);
        let mut rows = self.dx[place..].chunks_mut(row);
        let dx = std::array::from_fn(|_| rows.next().map(|row| &mut row[..rest]).unwrap_or_default());
        let mut values = std::array::from_fn(|r| carried[r][0].to_array()[0]);
        let taken = give_fours_to_equal::<K>(count, windows, x, dx, &mut values);
        carried.iter_mut().zip(values).for_each(|(row, value)| row[0] = Lanes::splat(value));
        taken
    }

    /// Where a pixel of the windows' row `r` is in the image; columns are counted with the border.
    #[inline(always)]
    fn pixel(&self, r: usize, column: usize) -> Option<usize> {
        let row = (self.i * self.g.stride_h + r).checked_sub(self.g.pad_top)?;
        let column = column.checked_sub(self.g.pad_left)?;
        (row < self.g.in_h && column < self.g.in_w).then(|| (row * self.g.in_w + column) * self.g.in_c)
    }

    /// What a pixel has been given, and behind its channels what the next ones of its row have: where a vector is written, they get it back.
    #[inline(always)]
    fn given(&self, pixel: usize, column: usize, first: usize) -> Lanes {
        let rest = (self.g.in_w + self.g.pad_left - column) * self.g.in_c - first;
        read(&self.dx[pixel + first..], LANES.min(rest))
    }

    /// A window at the border, or at an array's end.
    #[inline(never)]
    fn window(&mut self, j: usize, strip: &Strip, carried: &mut Carried<K>) {
        let Strip { first, count, lanes, .. } = *strip;
        let (mut x, mut dx) = ([[[Real::NAN; LANES]; K]; K], [[[0.0; LANES]; K]; K]);
        let column = j * self.g.stride_w;
        for r in 0..K {
            for q in 0..K {
                if let Some(pixel) = self.pixel(r, column + q) {
                    read(&self.x[pixel + first..], count).store(&mut x[r][q]);
                    self.given(pixel, column + q, first).store(&mut dx[r][q]);
                }
            }
        }
        let place = j * self.g.in_c + first;
        let values = [self.y, self.dy].map(|values| read(&values[place..], count).to_array());
        let walk = Walk { count: 1, column: LANES, step: 0 };
        let rows = dx.each_mut().map(|row| row.as_flattened_mut());
        let [y, dy] = values.each_ref().map(|values| &values[..]);
        give_to_equal::<K, S>(walk, lanes, [y, dy], x.each_ref().map(|row| row.as_flattened()), rows, carried);
        for (r, row) in dx.iter().enumerate() {
            for (q, sum) in row.iter().enumerate().take(S) {
                if let Some(pixel) = self.pixel(r, column + q) {
                    write(Lanes::load(sum), &mut self.dx[pixel + first..], count);
                }
            }
        }
    }
}

/// The first `count` values, and zeros behind them.
#[inline(always)]
fn read(values: &[Real], count: usize) -> Lanes {
    if count < LANES {
        Lanes::load_few(&values[..count], 0.0)
    } else {
        Lanes::load(values)
    }
}

/// Writes the first `count` lanes.
#[inline(always)]
fn write(lanes: Lanes, values: &mut [Real], count: usize) {
    if count < LANES {
        lanes.store_few(&mut values[..count]);
    } else {
        lanes.store(values);
    }
}

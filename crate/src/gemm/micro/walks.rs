//! How sums of products of pixels and gradients are walked along: band by band of rows, one vector of channels after the other, whose sums
//! stay in registers.

use super::ahead::Ahead;
use crate::vector::{Lanes, Real, Vector, LANES};

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
}

/// Rows of gradients and rows of the pixels that they see, from step to step.
#[derive(Clone, Copy)]
pub struct Lines {
    /// Rows of gradients.
    pub count: usize,
    /// So many rows are walked along by one vector of channels after the other.
    pub band: usize,
    /// From the pixels of one row of gradients to those of the next.
    pub x: usize,
    /// From one row of gradients to the next.
    pub dy: usize,
    /// Channels of a pixel.
    pub channels: usize,
}

/// Four channels of a band: where its first pixels and its gradients begin, how far its gradients reach, and what to ask for meanwhile.
#[derive(Clone, Copy)]
pub(super) struct Walk {
    x: *const Real,
    dy: *const Real,
    rows: usize,
    ahead: Ahead,
}

impl Walk {
    /// Calls `add` with where the pixels and the gradients of every row begin, and with what asks for the next ones.
    #[inline(always)]
    pub fn each_row(&mut self, lines: &Lines, mut add: impl FnMut(*const Real, *const Real, &mut Ahead)) {
        let (mut x, mut dy) = (self.x, self.dy);
        let below = dy.wrapping_add(self.rows);
        // There is a row: nothing is asked before it.
        loop {
            add(x, dy, &mut self.ahead);
            dy = dy.wrapping_add(lines.dy);
            if dy == below {
                break;
            }
            x = x.wrapping_add(lines.x);
        }
    }
}

/// What the first vectors of channels ask for while they walk along a row, and what the others do.
pub(super) struct Next<'a> {
    /// From where on, and from one row to the next.
    pub values: [(&'a [Real], usize, usize); 2],
    /// So many are the first ones.
    pub first: usize,
    /// How often each of them asks in a row.
    pub touches: usize,
    /// Values from one time to the next.
    pub pace: usize,
}

impl Lines {
    /// How far the last row is from the first one: of pixels, of gradients.
    pub(super) fn reach(&self) -> (usize, usize) {
        ((self.count - 1) * self.x, (self.count - 1) * self.dy)
    }

    /// Calls `add` with every band, every vector of channels and its sums. What stands between two walks is not hidden behind them:
    /// pointers move.
    #[inline(always)]
    pub(super) fn each_walk<const R: usize, const T: usize>(
        &self,
        Sums { values, vectors, first, outer }: Sums,
        (x, origin): (&[Real], usize),
        dy: &[Real],
        next: Next,
        add: impl Fn(&mut Walk, [[Lanes; T]; R]) -> [[Lanes; T]; R],
    ) {
        let Self { count, band, x: x_step, dy: dy_step, channels } = *self;
        let groups = channels.div_ceil(LANES);
        assert!(
            channels >= LANES && first + (R - 1) * outer + T <= vectors && groups * vectors * LANES <= values.len()
        );
        let (step, outer) = (vectors * LANES, outer * LANES);
        let turns = [next.first, groups - next.first];
        let mut above = 0;
        while above < count {
            let rows = band.min(count - above);
            let below = above + rows;
            let ahead = |part: usize| {
                let (array, from, step) = next.values[part];
                let values = turns[part] * rows * next.touches * next.pace;
                Ahead::within((array.as_ptr(), array.len()), from + below * step, values, next.pace)
            };
            let (now, then) = (ahead(0), ahead(1));
            let mut ahead = now;
            let mut place = values.as_mut_ptr().wrapping_add(first * LANES);
            let turn = place.wrapping_add(turns[0] * step);
            // Whole vectors of channels, then the last one where it overlaps the one before it.
            let (mut channel, mut end) = (0, place.wrapping_add(channels / LANES * step));
            loop {
                let mut x = x.as_ptr().wrapping_add(origin + above * x_step + channel);
                let mut dy = dy.as_ptr().wrapping_add(above * dy_step + channel);
                while place != end {
                    if place == turn {
                        ahead = then;
                    }
                    let mut walk = Walk { x, dy, rows: rows * dy_step, ahead };
                    // SAFETY: the assertion above bounds every address.
                    unsafe {
                        let place = |r: usize, t: usize| place.wrapping_add(r * outer).wrapping_add(t * LANES);
                        let sums = std::array::from_fn(|r| std::array::from_fn(|t| Lanes::load_at(place(r, t))));
                        let sums = add(&mut walk, sums);
                        for r in 0..R {
                            for t in 0..T {
                                sums[r][t].store_at(place(r, t));
                            }
                        }
                    }
                    ahead = walk.ahead;
                    x = x.wrapping_add(LANES);
                    dy = dy.wrapping_add(LANES);
                    place = place.wrapping_add(step);
                }
                if channel > 0 || channels % LANES == 0 {
                    break;
                }
                (channel, end) = (channels - LANES, place.wrapping_add(step));
            }
            above = below;
        }
    }
}

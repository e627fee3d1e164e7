//! A walk over some rows of a matrix, strip by strip: what is summed along the columns stays in registers while it goes down
//! the rows, what is summed along the rows waits in memory, a few values a row.

use super::{touch, Lanes, Real, Vector, LANES, LINE};

/// Arrays of a matrix's rows: two that are read, one that is written, and two that hold what comes next in the first ones.
pub struct Crossed<'a> {
    /// What is read.
    pub inputs: [&'a [Real]; 2],
    /// What is written.
    pub target: &'a mut [Real],
    /// What will be read next: of each cache line one value is read already now, so that it is there in time.
    pub ahead: [&'a [Real]; 2],
}

/// `(target, sums) = apply(row, inputs, factor, sums)` for all elements of the rows that `rows` stand for, in each row from the
/// first column to the last, in each column from the first row to the last; `sums` and the factors (or 1) have a value for
/// each column. Behind a row's end are zeros. Panics when the lengths do not fit.
#[inline(always)]
pub fn cross<R: Copy>(
    rows: &mut [R],
    arrays: Crossed,
    factors: Option<&[Real]>,
    sums: [&mut [Real]; 2],
    apply: impl Fn(&mut R, [Lanes; 2], Lanes, [Lanes; 2]) -> (Lanes, [Lanes; 2]),
) {
    let Crossed { inputs, target, ahead } = arrays;
    let width = sums[0].len();
    let size = rows.len() * width;
    assert!(inputs.iter().chain(&ahead).all(|array| array.len() == size) && target.len() == size);
    assert!(sums[1].len() == width && factors.is_none_or(|factors| factors.len() == width));
    let mut strip = Strip {
        width,
        inputs: inputs.map(<[Real]>::as_ptr),
        target: target.as_mut_ptr(),
        factors: factors.map(<[Real]>::as_ptr),
        sums: sums.map(<[Real]>::as_mut_ptr),
    };
    // SAFETY: the arrays have `width` values for each row, or once, and the strips add up to no more. One of half a line touches a
    // line for each row: as many of them as rows have whole lines touch what an array has.
    unsafe {
        for array in ahead {
            let mut next = array.as_ptr();
            for _ in 0..width / LINE {
                strip.run::<R, 2, false>(rows, &mut next, 2 * LANES, &apply);
            }
        }
        let mut none = ahead[0].as_ptr();
        for _ in 0..width % LINE / LANES {
            strip.run::<R, 1, false>(rows, &mut none, LANES, &apply);
        }
        if width % LANES > 0 {
            strip.run::<R, 1, true>(rows, &mut none, width % LANES, &apply);
        }
    }
}

/// Where a strip of columns begins in all arrays.
struct Strip {
    width: usize,
    inputs: [*const Real; 2],
    target: *mut Real,
    factors: Option<*const Real>,
    sums: [*mut Real; 2],
}

impl Strip {
    /// # Safety
    /// From here on V vectors, or `count` values of a `PART`, must be readable and writable in all rows; where V is 2, as many lines
    /// as there are rows must be readable from `ahead` on.
    #[inline(always)]
    unsafe fn run<R: Copy, const V: usize, const PART: bool>(
        &mut self,
        rows: &mut [R],
        ahead: &mut *const Real,
        count: usize,
        apply: &impl Fn(&mut R, [Lanes; 2], Lanes, [Lanes; 2]) -> (Lanes, [Lanes; 2]),
    ) {
        let load = |place: *const Real| {
            // SAFETY: promised by the caller.
            std::array::from_fn::<_, V, _>(|v| unsafe {
                if PART {
                    Lanes::splat(0.0).with_few_at(place, count)
                } else {
                    Lanes::load_at(place.add(v * LANES))
                }
            })
        };
        let store = |lanes: Lanes, place: *mut Real, v: usize| {
            // SAFETY: promised by the caller.
            unsafe {
                if PART {
                    lanes.store_few_at(place, count)
                } else {
                    lanes.store_at(place.add(v * LANES))
                }
            }
        };
        let factors = self.factors.map_or([Lanes::splat(1.0); V], load);
        let [first, second] = self.sums.map(|sums| load(sums));
        let mut sums: [[Lanes; 2]; V] = std::array::from_fn(|v| [first[v], second[v]]);
        let (mut inputs, mut target) = (self.inputs, self.target);
        for row in rows {
            if V == 2 {
                // SAFETY: promised by the caller.
                unsafe { touch(*ahead) };
                *ahead = ahead.wrapping_add(LINE);
            }
            let mut state = *row;
            let [x, y] = inputs.map(load);
            for v in 0..V {
                let (result, after) = apply(&mut state, [x[v], y[v]], factors[v], sums[v]);
                store(result, target, v);
                sums[v] = after;
            }
            *row = state;
            for input in &mut inputs {
                *input = input.wrapping_add(self.width);
            }
            target = target.wrapping_add(self.width);
        }
        for v in 0..V {
            store(sums[v][0], self.sums[0], v);
            store(sums[v][1], self.sums[1], v);
        }
        for input in &mut self.inputs {
            *input = input.wrapping_add(count);
        }
        for sums in &mut self.sums {
            *sums = sums.wrapping_add(count);
        }
        self.target = self.target.wrapping_add(count);
        self.factors = self.factors.map(|factors| factors.wrapping_add(count));
    }
}

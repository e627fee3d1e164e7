//! Functions of arrays, vector by vector: pointers that move, nothing is checked within a loop.

use super::{touch, Lanes, Real, Vector, LANES, LINE};

/// `y = apply(source, x)` for every element, N vectors at a time; without a `source` it is `y` itself that is read. Panics
/// when the lengths differ.
///
/// One loop for both, so that functions of many instructions are compiled once. Those of few are worth N = 4: then most
/// of the instructions are theirs.
#[inline(always)]
pub fn sweep<const N: usize>(
    source: Option<&[Real]>,
    x: &[Real],
    y: &mut [Real],
    apply: impl Fn(Lanes, Lanes) -> Lanes,
) {
    assert!(x.len() == y.len() && source.is_none_or(|source| source.len() == y.len()));
    let target = y.as_mut_ptr();
    let inputs = [source.map_or(target.cast_const(), <[Real]>::as_ptr), x.as_ptr()];
    // SAFETY: all three arrays are as long as `y`, which is read through the pointer that writes it.
    unsafe { run::<2, N>(Places { inputs, target }, y.len(), |[source, x], _| apply(source, x)) }
}

/// `y = apply(inputs)` for every element, N vectors at a time. Panics when the lengths differ.
#[inline(always)]
pub fn combine<const I: usize, const N: usize>(
    inputs: [&[Real]; I],
    y: &mut [Real],
    apply: impl Fn([Lanes; I]) -> Lanes,
) {
    assert!(inputs.iter().all(|input| input.len() == y.len()));
    let places = Places { inputs: inputs.map(<[Real]>::as_ptr), target: y.as_mut_ptr() };
    // SAFETY: all arrays are as long as `y`.
    unsafe { run::<I, N>(places, y.len(), |inputs, _| apply(inputs)) }
}

/// [`combine`] of what `apply` gives, and the sum of what it gives beside that, in N sums that do not wait for each other; behind the
/// arrays' ends are ones. Panics when the lengths differ.
#[inline(always)]
pub fn combine_and_add<const I: usize, const N: usize>(
    inputs: [&[Real]; I],
    y: &mut [Real],
    apply: impl Fn([Lanes; I]) -> (Lanes, Lanes),
) -> Lanes {
    let length = y.len();
    assert!(inputs.iter().all(|input| input.len() == length));
    let (mut inputs, mut target) = (inputs.map(<[Real]>::as_ptr), y.as_mut_ptr());
    let mut sums = [Lanes::splat(0.0); N];
    let mut step = |vectors: usize| {
        for v in 0..vectors {
            // SAFETY: all arrays have `length` values, and the steps add up to no more.
            unsafe {
                let (value, other) = apply(inputs.map(|input| Lanes::load_at(input.add(v * LANES))));
                value.store_at(target.add(v * LANES));
                sums[v] = sums[v].add(other);
            }
        }
        inputs = inputs.map(|input| input.wrapping_add(vectors * LANES));
        target = target.wrapping_add(vectors * LANES);
    };
    for _ in 0..length / (N * LANES) {
        step(N);
    }
    for _ in 0..length % (N * LANES) / LANES {
        step(1);
    }
    let count = length % LANES;
    if count > 0 {
        // SAFETY: `count` values are left of all arrays.
        unsafe {
            let (value, other) = apply(inputs.map(|input| few(input, count, 1.0)));
            put_few(value, target, count);
            sums[0] = sums[0].add(other);
        }
    }
    sums.into_iter().fold(Lanes::splat(0.0), Lanes::add)
}

/// `y = apply(factors, x)` for the elements of `factors`, four vectors at a time. `x` and `y` may be longer: a value of each cache line
/// some lines further on is read as well, so that what is read and written next is there in time. Panics when they are shorter.
#[inline(always)]
pub fn combine_ahead(factors: &[Real], x: &[Real], y: &mut [Real], apply: impl Fn([Lanes; 2]) -> Lanes) {
    const AHEAD: usize = 8 * LINE;
    let length = factors.len();
    assert!(x.len() >= length && y.len() >= length);
    let lines = (x.len().min(y.len()).saturating_sub(AHEAD) / LINE).min(length / LINE);
    let apply = |inputs, _| apply(inputs);
    let mut places = Places { inputs: [factors.as_ptr(), x.as_ptr()], target: y.as_mut_ptr() };
    // SAFETY: all arrays have `length` values, and the steps add up to that; so many lines further on are those that are touched.
    unsafe {
        for _ in 0..lines {
            touch(places.inputs[1].add(AHEAD));
            touch(places.target.add(AHEAD));
            places.vectors::<4>(&apply);
        }
        run::<2, 4>(places, length - lines * LINE, apply);
    }
}

/// `targets = apply(inputs, targets)` for every element, N vectors at a time, from the first to the last; behind the arrays'
/// ends are zeros. Panics when the lengths differ.
#[inline(always)]
pub fn spread<const I: usize, const T: usize, const N: usize>(
    inputs: [&[Real]; I],
    targets: [&mut [Real]; T],
    mut apply: impl FnMut([Lanes; I], [Lanes; T]) -> [Lanes; T],
) {
    let length = inputs.first().map_or(0, |input| input.len());
    assert!(inputs.iter().all(|input| input.len() == length) && targets.iter().all(|target| target.len() == length));
    let mut inputs = inputs.map(<[Real]>::as_ptr);
    let mut targets = targets.map(<[Real]>::as_mut_ptr);
    let mut step = |vectors: usize| {
        for v in 0..vectors {
            // SAFETY: all arrays have `length` values, and the steps add up to no more.
            unsafe {
                let values = inputs.map(|input| Lanes::load_at(input.add(v * LANES)));
                let results = apply(values, targets.map(|target| Lanes::load_at(target.add(v * LANES))));
                for (result, target) in results.into_iter().zip(targets) {
                    result.store_at(target.add(v * LANES));
                }
            }
        }
        for input in &mut inputs {
            *input = input.wrapping_add(vectors * LANES);
        }
        for target in &mut targets {
            *target = target.wrapping_add(vectors * LANES);
        }
    };
    for _ in 0..length / (N * LANES) {
        step(N);
    }
    if N > 1 {
        for _ in 0..length % (N * LANES) / LANES {
            step(1);
        }
    }
    let count = length % LANES;
    if count > 0 {
        // SAFETY: `count` values are left of all arrays.
        unsafe {
            let results =
                apply(inputs.map(|input| few(input, count, 0.0)), targets.map(|target| few(target, count, 0.0)));
            for (result, target) in results.into_iter().zip(targets) {
                put_few(result, target, count);
            }
        }
    }
}

/// Four vectors of each of S sums of what I arrays have at the same place, which do not wait for each other: `sums = add(sums,
/// values)` for all whole vectors, in turn as far as there are fours of them, the rest to the first. Panics when the lengths
/// differ.
#[inline(always)]
pub fn totals<const I: usize, const S: usize>(
    arrays: [&[Real]; I],
    add: impl Fn([Lanes; S], [Lanes; I]) -> [Lanes; S],
) -> [[Lanes; S]; 4] {
    let length = arrays.first().map_or(0, |array| array.len());
    assert!(arrays.iter().all(|array| array.len() == length));
    let mut sums = Sums::of(arrays);
    // SAFETY: all arrays have `length` values, and the steps add up to no more.
    unsafe {
        for _ in 0..length / (4 * LANES) {
            sums.four(&add);
        }
        for _ in 0..length % (4 * LANES) / LANES {
            sums.one(&add);
        }
    }
    sums.totals
}

/// [`combine`] of `inputs`, and [`totals`] of other arrays as long, in one walk: where either would wait for memory or for the end
/// of a sum, the other has work. Panics when the lengths differ.
///
/// A step writes first and adds then: LLVM keeps loads behind the writes before them, but moves additions to the step's end,
/// and what had been loaded for them before the writes would take the registers.
#[inline(always)]
pub fn combine_beside_totals<const I: usize, const A: usize, const S: usize>(
    (inputs, y): ([&[Real]; I], &mut [Real]),
    apply: impl Fn([Lanes; I]) -> Lanes,
    arrays: [&[Real]; A],
    add: impl Fn([Lanes; S], [Lanes; A]) -> [Lanes; S],
) -> [[Lanes; S]; 4] {
    let length = y.len();
    assert!(inputs.iter().chain(&arrays).all(|array| array.len() == length));
    let apply = |inputs, _| apply(inputs);
    let mut places = Places { inputs: inputs.map(<[Real]>::as_ptr), target: y.as_mut_ptr() };
    let mut sums = Sums::of(arrays);
    // SAFETY: all arrays have `length` values, and the steps of both add up to no more.
    unsafe {
        for _ in 0..length / (8 * LANES) {
            places.vectors::<8>(&apply);
            sums.four(&add);
            sums.four(&add);
        }
        if length % (8 * LANES) >= 4 * LANES {
            places.vectors::<4>(&apply);
            sums.four(&add);
        }
        for _ in 0..length % (4 * LANES) / LANES {
            places.vectors::<1>(&apply);
            sums.one(&add);
        }
        if length % LANES > 0 {
            places.rest(length % LANES, &apply);
        }
    }
    sums.totals
}

/// Where arrays go on whose values are added, and the sums so far.
struct Sums<const I: usize, const S: usize> {
    places: [*const Real; I],
    totals: [[Lanes; S]; 4],
}

impl<const I: usize, const S: usize> Sums<I, S> {
    #[inline(always)]
    fn of(arrays: [&[Real]; I]) -> Self {
        Self { places: arrays.map(<[Real]>::as_ptr), totals: [[Lanes::splat(0.0); S]; 4] }
    }

    /// # Safety
    /// Four vectors must be readable from here on.
    #[inline(always)]
    unsafe fn four(&mut self, add: &impl Fn([Lanes; S], [Lanes; I]) -> [Lanes; S]) {
        // SAFETY: promised by the caller.
        unsafe {
            for v in 0..4 {
                self.totals[v] = add(self.totals[v], self.places.map(|place| Lanes::load_at(place.add(v * LANES))));
            }
            // In place: of two addresses that move as an array LLVM makes one number of 64 bits.
            for place in &mut self.places {
                *place = place.add(4 * LANES);
            }
        }
    }

    /// # Safety
    /// A vector must be readable from here on.
    #[inline(always)]
    unsafe fn one(&mut self, add: &impl Fn([Lanes; S], [Lanes; I]) -> [Lanes; S]) {
        // SAFETY: promised by the caller.
        unsafe {
            self.totals[0] = add(self.totals[0], self.places.map(|place| Lanes::load_at(place)));
            for place in &mut self.places {
                *place = place.add(LANES);
            }
        }
    }
}

/// `y = apply(inputs, y)` for every element, four vectors at a time; a value of each cache line of `ahead` is read as well: what is
/// needed next is there in time then. Panics when the lengths differ.
#[inline(always)]
pub fn update_ahead<const I: usize>(
    inputs: [&[Real]; I],
    y: &mut [Real],
    ahead: &[Real],
    apply: impl Fn([Lanes; I], Lanes) -> Lanes,
) {
    let length = y.len();
    assert!(ahead.len() == length && inputs.iter().all(|input| input.len() == length));
    let whole = length / (4 * LANES) * (4 * LANES);
    let mut next = ahead.as_ptr();
    let mut places = Places { inputs: inputs.map(<[Real]>::as_ptr), target: y.as_mut_ptr() };
    // SAFETY: all arrays are as long as `y`, which is read through the pointer that writes it; the steps add up to its length.
    unsafe {
        for _ in 0..whole / (4 * LANES) {
            places.vectors::<4>(&apply);
            touch(next);
            next = next.add(4 * LANES);
        }
        run::<I, 1>(places, length - whole, apply);
    }
}

/// Where the arrays go on.
struct Places<const I: usize> {
    inputs: [*const Real; I],
    target: *mut Real,
}

/// # Safety
/// `length` values must be readable and writable at the places. An input may be the target: values are read before they
/// are written.
#[inline(always)]
unsafe fn run<const I: usize, const N: usize>(
    mut places: Places<I>,
    length: usize,
    apply: impl Fn([Lanes; I], Lanes) -> Lanes,
) {
    // SAFETY: the steps add up to no more than the length.
    unsafe {
        for _ in 0..length / (N * LANES) {
            places.vectors::<N>(&apply);
        }
        if N > 1 {
            for _ in 0..length % (N * LANES) / LANES {
                places.vectors::<1>(&apply);
            }
        }
        if length % LANES > 0 {
            places.rest(length % LANES, &apply);
        }
    }
}

impl<const I: usize> Places<I> {
    /// # Safety
    /// N vectors must be readable and writable from here on.
    #[inline(always)]
    unsafe fn vectors<const N: usize>(&mut self, apply: &impl Fn([Lanes; I], Lanes) -> Lanes) {
        // SAFETY: promised by the caller.
        unsafe {
            for v in 0..N {
                let inputs = self.inputs.map(|input| Lanes::load_at(input.add(v * LANES)));
                let target = self.target.add(v * LANES);
                apply(inputs, Lanes::load_at(target)).store_at(target);
            }
            self.inputs = self.inputs.map(|input| input.add(N * LANES));
            self.target = self.target.add(N * LANES);
        }
    }

    /// Up to three values; behind them are ones, which can be divided by.
    ///
    /// # Safety
    /// `count` values must be readable and writable from here on.
    #[inline(always)]
    unsafe fn rest(&self, count: usize, apply: &impl Fn([Lanes; I], Lanes) -> Lanes) {
        // SAFETY: promised by the caller.
        unsafe {
            let result = apply(self.inputs.map(|input| few(input, count, 1.0)), few(self.target, count, 1.0));
            put_few(result, self.target, count);
        }
    }
}

/// One to three values, with others behind them. A function of its own: it stands at the end of every loop over arrays.
///
/// # Safety
/// `count` values must be readable from here on.
#[inline(never)]
unsafe fn few(place: *const Real, count: usize, others: Real) -> Lanes {
    // SAFETY: promised by the caller.
    unsafe { Lanes::splat(others).with_few_at(place, count) }
}

/// Writes the first lanes, one to three of them.
///
/// # Safety
/// `count` values must be writable from here on.
#[inline(never)]
unsafe fn put_few(lanes: Lanes, place: *mut Real, count: usize) {
    // SAFETY: promised by the caller.
    unsafe { lanes.store_few_at(place, count) }
}

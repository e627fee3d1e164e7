//! Walks along a row of windows of 2×2 pixels side by side, as `quarters`, where pixels have one to three values, less than a vector: of one and
//! two values vectors are full, those of a row's end overlap and give the same again; of three a vector has the first value of what comes
//! next as well, which is written once more then.

use super::{Lanes, Real, Vector, LANES};

/// `y = join(join(a, d), join(b, e))` for every value of the windows, of which a and b are above d and e. Panics when there are more than
/// three values or less than a vector, when `y` is not whole windows, or when a row is too short.
#[inline(always)]
pub fn combine_few(channels: usize, rows: [&[Real]; 2], y: &mut [Real], join: impl Fn(Lanes, Lanes) -> Lanes) {
    assert_few(channels, y.len(), rows.iter().all(|row| row.len() >= 2 * y.len()));
    let [top, bottom] = rows.map(<[Real]>::as_ptr);
    let (length, y) = (y.len(), y.as_mut_ptr());
    // SAFETY: the lengths were checked: of each row there are twice as many values as of `y`, which has a vector or more.
    unsafe {
        match channels {
            1 => vectors(length, |place| combine_vector::<1>([top, bottom], y, place, &join)),
            2 => vectors(length, |place| combine_vector::<2>([top, bottom], y, place, &join)),
            _ => windows(length, |place, is_last| {
                let pixels = pixels_at([top, bottom], place, is_last);
                put(join(join(pixels[0], pixels[2]), join(pixels[1], pixels[3])), y.add(place), is_last);
            }),
        }
    }
}

/// Gives `dy` of each window to the first of its pixels that equals `y`, lane by lane, and to the last one where none before it does. Panics
/// as [`combine_few`] does.
#[inline(always)]
pub fn spread_few(channels: usize, [y, dy]: [&[Real]; 2], rows: [&[Real]; 2], targets: [&mut [Real]; 2]) {
    let length = y.len();
    let are_whole = rows.iter().all(|row| row.len() >= 2 * length) && targets.iter().all(|row| row.len() >= 2 * length);
    assert_few(channels, length, are_whole && dy.len() == length);
    let outputs = [y, dy].map(<[Real]>::as_ptr);
    let (rows, targets) = (rows.map(<[Real]>::as_ptr), targets.map(<[Real]>::as_mut_ptr));
    // SAFETY: the lengths were checked: of rows and targets there are twice as many values as of `y`, which has a vector or more.
    unsafe {
        match channels {
            1 => vectors(length, |place| spread_vector::<1>(outputs, rows, targets, place)),
            2 => vectors(length, |place| spread_vector::<2>(outputs, rows, targets, place)),
            _ => windows(length, |place, is_last| {
                let pixels = pixels_at(rows, place, is_last);
                let [a, b, d, e] = shares(pixels, outputs.map(|output| get(output.add(place), is_last)));
                // In their order: the last lane of each is the first one of the next.
                put(a, targets[0].add(2 * place), is_last);
                put(b, targets[0].add(2 * place + THREE), is_last);
                put(d, targets[1].add(2 * place), is_last);
                put(e, targets[1].add(2 * place + THREE), is_last);
            }),
        }
    }
}

/// Values of a pixel that is less than a vector and not whole parts of it.
const THREE: usize = 3;

fn assert_few(channels: usize, length: usize, are_whole: bool) {
    assert!((1..=THREE).contains(&channels) && length % channels == 0 && length >= LANES && are_whole);
}

/// Where each vector of `length` ≥ 4 values begins; the last one may overlap the one before it.
#[inline(always)]
fn vectors(length: usize, mut visit: impl FnMut(usize)) {
    for place in (0..length - LANES).step_by(LANES) {
        visit(place);
    }
    visit(length - LANES);
}

/// Where each window of three values begins, and whether it is the last one.
#[inline(always)]
fn windows(length: usize, mut visit: impl FnMut(usize, bool)) {
    for place in (0..length - THREE).step_by(THREE) {
        visit(place, false);
    }
    visit(length - THREE, true);
}

/// # Safety
/// A vector must be readable, or three values where it is the last one.
#[inline(always)]
unsafe fn get(place: *const Real, is_last: bool) -> Lanes {
    // SAFETY: promised by the caller.
    unsafe {
        if is_last {
            Lanes::splat(0.0).with_few_at(place, THREE)
        } else {
            Lanes::load_at(place)
        }
    }
}

/// # Safety
/// A vector must be writable, or three values where it is the last one.
#[inline(always)]
unsafe fn put(lanes: Lanes, place: *mut Real, is_last: bool) {
    // SAFETY: promised by the caller.
    unsafe {
        if is_last {
            lanes.store_few_at(place, THREE);
        } else {
            lanes.store_at(place);
        }
    }
}

/// The pixels of the window of three values at `place`.
///
/// # Safety
/// It must be there, and the next one where it is not the last.
#[inline(always)]
unsafe fn pixels_at([top, bottom]: [*const Real; 2], place: usize, is_last: bool) -> [Lanes; 4] {
    let pixel = |row: *const Real, column| {
        // SAFETY: promised by the caller.
        unsafe { get(row.add(2 * place + column * THREE), is_last) }
    };
    [pixel(top, 0), pixel(top, 1), pixel(bottom, 0), pixel(bottom, 1)]
}

/// The left and the right pixels, of C values, of the windows of a vector at `place`.
///
/// # Safety
/// They must be there.
#[inline(always)]
unsafe fn pair_at(row: *const Real, place: usize) -> [Lanes; 2] {
    // SAFETY: promised by the caller.
    unsafe { [Lanes::load_at(row.add(2 * place)), Lanes::load_at(row.add(2 * place + LANES))] }
}

/// # Safety
/// A vector of `y` and twice as much of rows must be there from `place` on, and twice that.
#[inline(always)]
unsafe fn combine_vector<const C: usize>(
    [top, bottom]: [*const Real; 2],
    y: *mut Real,
    place: usize,
    join: &impl Fn(Lanes, Lanes) -> Lanes,
) {
    // SAFETY: promised by the caller.
    unsafe {
        let ([a, b], [d, e]) = (pair_at(top, place), pair_at(bottom, place));
        let [left, right] = Lanes::alternate::<C>([join(a, d), join(b, e)]);
        join(left, right).store_at(y.add(place));
    }
}

/// # Safety
/// See [`combine_vector`]; targets are as rows.
#[inline(always)]
unsafe fn spread_vector<const C: usize>(
    outputs: [*const Real; 2],
    rows: [*const Real; 2],
    targets: [*mut Real; 2],
    place: usize,
) {
    // SAFETY: promised by the caller.
    unsafe {
        let [[a, b], [d, e]] = rows.map(|row| Lanes::alternate::<C>(pair_at(row, place)));
        let [a, b, d, e] = shares([a, b, d, e], outputs.map(|output| Lanes::load_at(output.add(place))));
        for (target, pair) in targets.into_iter().zip([[a, b], [d, e]]) {
            let [low, high] = if C == 1 { Lanes::interleave(pair) } else { Lanes::alternate::<C>(pair) };
            low.store_at(target.add(2 * place));
            high.store_at(target.add(2 * place + LANES));
        }
    }
}

/// What each of a window's pixels is given. Plus zero, as of other windows, so that none is given a zero with the sign minus.
#[inline(always)]
fn shares([a, b, d, _]: [Lanes; 4], [largest, dy]: [Lanes; 2]) -> [Lanes; 4] {
    let (first, left) = a.split_equal(largest, dy.add(Lanes::splat(0.0)));
    let (second, left) = b.split_equal(largest, left);
    let (third, left) = d.split_equal(largest, left);
    [first, second, third, left]
}

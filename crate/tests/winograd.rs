//! Winograd's way of convolution against the definition, natively and on small shapes, where the library does not take it.
#![cfg(not(feature = "double"))]

mod naive;
mod reach;

use convgrad::geometry::Geometry;
use convgrad::kernels::conv2d::pooled::Pooled;
use convgrad::kernels::conv2d::winograd::{both_workspace, gradients, has_both, is_possible, Convolution};
use convgrad::kernels::ending::Ending;
use convgrad::kernels::{activation::Activation, bias, pooling};
use naive::{convolve as define, Into, Numbers};
use reach::{assert_passes, assert_within, exchange, reach, reach_of_transpose, run, tiles, Arrays};

fn geometry(batch: u32, image: [u32; 2], channels: u32, filters: u32, pads: [u32; 4]) -> Geometry {
    with_taps([3, 3], batch, image, channels, filters, pads)
}

fn with_taps(
    [taps_h, taps_w]: [u32; 2],
    batch: u32,
    [h, w]: [u32; 2],
    channels: u32,
    filters: u32,
    [top, bottom, left, right]: [u32; 4],
) -> Geometry {
    let words = [batch, h, w, channels, taps_h, taps_w, filters, 1, 1, top, bottom, left, right, 1, 1, 1];
    let g = Geometry::new(&words).unwrap();
    assert!(is_possible(&g));
    g
}

/// Filters of one row over lines, of which they see every so manieth pixel.
fn dilated(
    [taps, dilation]: [u32; 2],
    batch: u32,
    width: u32,
    channels: u32,
    filters: u32,
    pads: [u32; 2],
) -> Geometry {
    let [left, right] = pads.map(|pad| pad * dilation);
    let words = [batch, 1, width, channels, 1, taps, filters, 1, 1, 0, 0, left, right, 1, dilation, 1];
    let g = Geometry::new(&words).unwrap();
    assert!(is_possible(&g));
    g
}

/// Filters that see pixels of every so manieth row and column.
fn spaced(
    taps: [u32; 2],
    dilation: [u32; 2],
    [batch, h, w]: [u32; 3],
    [channels, filters]: [u32; 2],
    [top, bottom, left, right]: [u32; 4],
) -> Geometry {
    let pads = [top * dilation[0], bottom, left * dilation[1], right];
    let words = [batch, h, w, channels, taps[0], taps[1], filters, 1, 1, pads[0], pads[1], pads[2], pads[3]];
    let g = Geometry::new(&[&words[..], &dilation, &[1]].concat().try_into().unwrap()).unwrap();
    assert!(is_possible(&g));
    g
}

/// Outputs of every remainder by the size of a tile, every kind of padding, full and partial panels of channels, several
/// images in a part, more images than parts, more tiles than are worked on together.
fn table() -> Vec<Geometry> {
    let mut all = Vec::new();
    for height in 3..9 {
        for width in [3, 4, 7, 10, 13] {
            all.push(geometry(2, [height, width], 4, 4, [0; 4]));
            all.push(geometry(1, [height, width], 4, 8, [1; 4]));
        }
    }
    // Few tiles and many channels: panel by panel, of one piece and of several, of one part and of several, forward and back.
    for (channels, filters) in [(12, 64), (8, 76), (72, 4), (4, 276)] {
        all.push(geometry(1, [14, 11], channels, filters, [1; 4]));
        all.push(geometry(3, [7, 15], channels, filters, [0; 4]));
    }
    // Few tiles and more sums than stay in a cache: filters' gradients block by block, whole blocks and the rest of one.
    for (channels, filters) in [(72, 68), (32, 132), (36, 128)] {
        all.push(geometry(3, [5, 6], channels, filters, [1; 4]));
        all.push(with_taps([4, 4], 2, [6, 5], channels, filters, [2; 4]));
        all.push(with_taps([5, 5], 2, [6, 5], channels, filters, [2; 4]));
    }
    all.push(with_taps([1, 3], 2, [1, 9], 164, 140, [0; 4]));
    // Parts of a line that is alone, of whole tiles at its end and not.
    for width in [162, 165, 800] {
        all.push(with_taps([1, 3], 1, [1, width], 8, 20, [0, 0, 1, 1]));
        all.push(with_taps([1, 5], 1, [1, width], 12, 4, [0; 4]));
    }
    // More input channels than there are parts for a block each.
    all.push(geometry(2, [3, 4], 552, 8, [1; 4]));
    for pads in [[2; 4], [0, 1, 2, 3], [3, 0, 1, 2], [5, 4, 3, 6]] {
        all.push(geometry(2, [6, 5], 8, 12, pads));
    }
    all.push(geometry(1, [1, 1], 4, 4, [1; 4]));
    for (channels, filters) in [(4, 16), (8, 20), (12, 24), (20, 28), (32, 32), (36, 44)] {
        all.push(geometry(3, [9, 11], channels, filters, [1; 4]));
    }
    all.push(geometry(37, [5, 5], 8, 8, [1; 4]));
    all.push(geometry(2, [41, 37], 64, 4, [0; 4]));
    // Tiles for two and four parts with sums of their own.
    all.push(geometry(43, [13, 9], 4, 12, [0; 4]));
    all.push(geometry(87, [13, 9], 8, 4, [0; 4]));
    for taps in [4, 5] {
        for (height, width) in (5..9).flat_map(|height| [5, 6, 9, 12].map(|width| (height, width))) {
            all.push(with_taps([taps; 2], 2, [height, width], 4, 4, [0; 4]));
            all.push(with_taps([taps; 2], 1, [height, width], 4, 8, [taps / 2, taps / 2, (taps - 1) / 2, 2]));
        }
        for pads in [[4; 4], [0, 1, 2, 3], [3, 0, 1, 2], [7, 6, 5, 8]] {
            all.push(with_taps([taps; 2], 2, [6, 5], 8, 12, pads));
        }
        all.push(with_taps([taps; 2], 1, [1, 1], 4, 4, [2; 4]));
        for (channels, filters) in [(4, 16), (8, 20), (20, 28), (36, 44)] {
            all.push(with_taps([taps; 2], 2, [9, 11], channels, filters, [2; 4]));
        }
        all.push(with_taps([taps; 2], 37, [5, 6], 8, 8, [2; 4]));
        all.push(with_taps([taps; 2], 12, [13, 9], 4, 12, [0; 4]));
    }
    for taps in [3, 4, 5, 7] {
        let line = [1, taps];
        for width in taps..14 {
            all.push(with_taps(line, 2, [1, width], 4, 4, [0; 4]));
            all.push(with_taps(line, 1, [1, width], 4, 8, [0, 0, taps - 1, 0]));
        }
        for pads in [[0, 0, 4, 4], [0, 1, 2, 3], [3, 0, 1, 2], [2, 3, 8, 7]] {
            all.push(with_taps(line, 2, [3, 5], 8, 12, pads));
        }
        all.push(with_taps(line, 1, [1, 1], 4, 4, [0, 0, taps / 2, taps / 2]));
        for (channels, filters) in [(4, 16), (8, 20), (20, 28), (36, 44)] {
            all.push(with_taps(line, 2, [2, 31], channels, filters, [0, 0, 1, 1]));
        }
        all.push(with_taps(line, 37, [1, 19], 8, 8, [0, 0, 1, 1]));
        all.push(with_taps(line, 3, [7, 300], 8, 8, [0, 0, 0, 1]));
        all.push(with_taps(line, 2, [1, 801], 64, 4, [0; 4]));
        for width in 25..50 {
            all.push(dilated([taps, 4], 2, width, 4, 4, [0; 2]));
            all.push(dilated([taps, 5], 1, width, 4, 8, [taps - 1, 0]));
        }
        for (dilation, pads) in [(2, [1, 1]), (3, [6, 7]), (16, [1, taps - 2]), (64, [2, taps - 3])] {
            all.push(dilated([taps, dilation], 3, 37, 20, 12, pads));
        }
        all.push(dilated([taps, 7], 6, 400, 8, 20, [0, taps - 1]));
    }
    for taps in 3..6 {
        // Images of two and of six parts, as large and not; of more parts than there are rows; with what is seen of a border in some of them.
        for (dilation, pads) in
            [([2, 2], [1, 2, 1, 2]), ([2, 3], [0, 1, 1, 0]), ([5, 1], [1, 8, 0, 1]), ([9, 12], [2, 24, 2, 25])]
        {
            for [height, width] in [[17, 17], [20, 13], [9, 12]] {
                let reach = [(taps - 1) * dilation[0], (taps - 1) * dilation[1]];
                if height + pads[0] * dilation[0] + pads[1] > reach[0]
                    && width + pads[2] * dilation[1] + pads[3] > reach[1]
                {
                    all.push(spaced([taps; 2], dilation, [2, height, width], [4, 8], pads));
                }
            }
        }
        all.push(spaced([taps; 2], [2, 2], [3, 12, 13], [20, 36], [1, 2, 1, 2]));
        all.push(spaced([taps; 2], [3, 3], [1, 21, 24], [12, 76], [1, 3, 1, 3]));
    }
    for taps in [3, 4, 5, 7] {
        all.push(spaced([1, taps], [7, 2], [2, 3, 19], [8, 4], [0, 0, 1, 2]));
        // Columns, whose pixels lie a row apart.
        for height in taps..14 {
            all.push(spaced([taps, 1], [1, 1], [2, height, 3], [4, 8], [0; 4]));
            all.push(spaced([taps, 1], [2, 5], [1, height + 6, 2], [8, 4], [1, 2, 0, 0]));
        }
        all.push(spaced([taps, 1], [1, 1], [3, 24, 7], [20, 28], [1, 2, 0, 0]));
        all.push(spaced([taps, 1], [3, 1], [5, 31, 9], [36, 8], [2, 6, 0, 0]));
    }
    all
}

#[test]
fn errors_stay_within_those_of_their_roundings() {
    for (index, g) in table().iter().enumerate() {
        let (arrays, taps) = (Arrays::new(g, index as u64), [g.kernel_h, g.kernel_w]);
        let Arrays { x, filter, dy, .. } = &arrays;
        let (forward, transpose) = (Convolution::forward(g), Convolution::transpose(g));
        let of_filter = reach(&forward, x, filter, Some(dy));
        let of_input = reach_of_transpose(&transpose, dy, &exchange(g, filter, false));
        assert_passes(g, &arrays, [reach(&forward, x, filter, None), of_filter, of_input], (taps, 1));

        let (backward, rotated) = (Convolution::backward(g), exchange(g, filter, true));
        let (expected, _) = define(g, x, filter, dy, Into::Input);
        let sizes = reach(&backward, dy, &rotated, None);
        let actual = run(&backward, dy, &rotated, None);
        assert_within(&actual, &expected, &sizes, (g.out_c, taps), &format!("input gradient {g:?}"));
    }
}

#[test]
fn both_gradients_behind_pooling_err_no_more() {
    let mut all = table();
    // More sums than stay in a cache are not for this way.
    all.retain(|g| g.out_h > 1 && g.out_w > 1 && g.kernel_h > 1 && g.in_c * g.out_c < 2000);
    all.retain(|g| g.kernel_w > 1 && g.dilation_h.max(g.dilation_w) == 1);
    // Images that are worked on alone, whole and in pieces; more than one panel of channels on both sides.
    all.push(geometry(5, [13, 13], 32, 20, [0; 4]));
    all.push(geometry(2, [27, 30], 20, 12, [1; 4]));
    for (index, g) in all.iter().enumerate() {
        let what = |pass: &str| format!("{pass} {g:?}");
        let mut numbers = Numbers::new(index as u64);
        let [height, width, channels] = [g.out_h, g.out_w, g.out_c].map(|size| size as u32);
        let words = [g.batch as u32, height, width, channels, 2, 2, channels, 2, 2, 0, 0, 0, 0, 1, 1, 1];
        let windows = Geometry::new(&words).unwrap();
        let (x, filter) = (numbers.floats(g.input_size()), numbers.floats(g.filter_size()));
        let (z, dy) = (numbers.floats(g.output_size()), numbers.floats(windows.output_size()));
        let (mut largest, mut argmax) = (dy.clone(), vec![f32::NAN; pooling::notes(&windows)]);
        pooling::max_noting(&windows, &z, &mut largest, &mut argmax);
        let slope = Ending::Slope(Activation::Relu, &largest);
        let mut sloped = dy.clone();
        slope.apply(&mut sloped);
        let mut dz = vec![f32::NAN; g.output_size()];
        pooling::gradient_of_noted(&windows, &argmax, &sloped, &mut dz);

        let c = Convolution::pooled(g);
        assert!(has_both(&c));
        let pooled = Pooled { windows: &windows, argmax: &argmax, dy: &dy, slope };
        let exchanged = exchange(g, &filter, false);
        let (mut df, mut dx) = (vec![f32::NAN; g.filter_size()], vec![f32::NAN; g.input_size()]);
        let (mut db, mut expected) = (vec![f32::NAN; g.out_c], vec![f32::NAN; g.out_c]);
        let mut scratch = vec![f32::NAN; both_workspace(&c).unwrap()];
        let weights = (&mut df[..], Some(&mut db[..]));
        gradients(&c, &pooled, (&x, &filter), weights, (&mut dx, Ending::NONE), &mut scratch);
        bias::gradient(sloped.len() / g.out_c, g.out_c, &sloped, &mut expected);
        assert!(db.iter().zip(&expected).all(|(own, db)| (own - db).abs() < 1e-4), "{db:?} {expected:?}");

        let (expected, _) = define(g, &x, &filter, &dz, Into::Filter);
        let sizes = reach(&Convolution::forward(g), &x, &filter, Some(&dz));
        assert_within(&df, &expected, &sizes, (tiles(g), [g.kernel_h, g.kernel_w]), &what("filter gradient"));
        let (expected, _) = define(g, &x, &filter, &dz, Into::Input);
        let sizes = reach_of_transpose(&Convolution::transpose(g), &dz, &exchanged);
        assert_within(&dx, &expected, &sizes, (g.out_c, [g.kernel_h, g.kernel_w]), &what("input gradient"));

        let plain = dx.clone();
        let ending = Ending::Slope(Activation::Relu, &x);
        let mut scratch = vec![f32::NAN; both_workspace(&c).unwrap()];
        gradients(&c, &pooled, (&x, &filter), (&mut df, None), (&mut dx, ending), &mut scratch);
        let ended = plain.iter().zip(&x).map(|(dx, &x)| if x > 0.0 { *dx } else { 0.0 });
        assert!(ended.eq(dx.iter().copied()), "{}", what("ended"));
    }
}

#[test]
fn what_sees_nan_or_infinity_is_no_number() {
    let g = geometry(1, [9, 11], 4, 4, [1; 4]);
    let mut numbers = Numbers::new(3);
    let (clean, filter) = (numbers.floats(g.input_size()), numbers.floats(g.filter_size()));
    for bad in [f32::NAN, f32::INFINITY] {
        for (row, column) in (0..9).flat_map(|i| (0..11).map(move |j| (i, j))) {
            let mut x = clean.clone();
            x[(row * 11 + column) * 4 + 1] = bad;
            let y = run(&Convolution::forward(&g), &x, &filter, None);
            for (index, pixel) in y.chunks_exact(4).enumerate() {
                let (i, j) = (index / 11, index % 11);
                let sees = i.abs_diff(row) <= 1 && j.abs_diff(column) <= 1;
                // Tiles have 4×4 outputs and see a pixel more on every side.
                let apart = |tile: usize, place: usize| place + 1 < tile * 4 || place > tile * 4 + 4;
                let tile_sees = !apart(i / 4, row) && !apart(j / 4, column);
                assert!(!sees || pixel.iter().all(|value| !value.is_finite()), "{bad} at {row}, {column}: {i}, {j}");
                assert!(tile_sees || pixel.iter().all(|value| value.is_finite()), "{bad} at {row}, {column}: {i}, {j}");
            }
        }
    }
}

#[test]
fn images_that_no_cache_keeps_have_the_outputs_of_each_alone() {
    // So many that what comes next is asked for, or so large; last groups of tiles are smaller than the others.
    for (count, [h, w]) in [(61, [32, 32]), (5, [108, 100]), (2, [210, 216])] {
        let [all, alone] = [count, 1].map(|batch| geometry(batch, [h, w], 16, 32, [1; 4]));
        let mut numbers = Numbers::new(11);
        let (x, filter) = (numbers.floats(all.input_size()), numbers.floats(all.filter_size()));
        let (dy, exchanged) = (numbers.floats(all.output_size()), exchange(&all, &filter, false));
        let outputs = |[first, later]: [Convolution; 2], values: &[f32], filter: &[f32], what: &str| {
            let together = run(&first, values, filter, None);
            let each = values.chunks_exact(values.len() / count as usize).map(|own| run(&later, own, filter, None));
            assert!(each.flatten().eq(together), "{what} of {all:?}");
        };
        outputs([&all, &alone].map(Convolution::forward), &x, &filter, "outputs");
        outputs([&all, &alone].map(Convolution::transpose), &dy, &exchanged, "input gradients");
    }
}

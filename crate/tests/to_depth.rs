//! Convolutions of blocks of pixels against the definition, natively and on small shapes, where the library does not take them.
#![cfg(not(feature = "double"))]

mod naive;

use convgrad::geometry::Geometry;
use convgrad::kernels::activation::Activation;
use convgrad::kernels::conv2d::to_depth::{
    filter_gradient, forward, forward_way, gradient_way, gradient_workspace, of_blocks, workspace,
};
use naive::{assert_near, convolve as define, Into, Numbers};

fn geometry(
    [taps, stride]: [u32; 2],
    batch: u32,
    [h, w]: [u32; 2],
    [channels, filters]: [u32; 2],
    pads: [u32; 4],
) -> Geometry {
    let [top, bottom, left, right] = pads;
    Geometry::new(&[batch, h, w, channels, taps, taps, filters, stride, stride, top, bottom, left, right, 1, 1, 1])
        .unwrap()
}

/// Filters that are whole blocks and that are not, of three, four and five blocks; images that are whole blocks and that are not, or smaller than a filter;
/// every kind of border.
fn table() -> Vec<Geometry> {
    let mut all = Vec::new();
    for (taps, stride, channels) in [
        (5, 2, 3),
        (6, 2, 1),
        (7, 2, 3),
        (8, 2, 1),
        (9, 2, 5),
        (10, 2, 4),
        (7, 3, 4),
        (9, 3, 8),
        (9, 4, 1),
        (11, 4, 3),
        (12, 4, 2),
        (20, 4, 1),
    ] {
        for (height, width) in [(21, 24), (22, 27), (23, 20), (31, 37)] {
            all.push(geometry([taps, stride], 2, [height, width], [channels, 4], [0; 4]));
            all.push(geometry([taps, stride], 1, [height, width], [channels, 20], [taps / 2, taps / 2 - 1, 1, 2]));
        }
        all.push(geometry([taps, stride], 3, [3, 4], [channels, 8], [taps; 4]));
    }
    all
}

#[test]
fn outputs_and_filters_gradients_are_those_of_the_definition() {
    for (index, g) in table().iter().enumerate() {
        let own = of_blocks(g).unwrap_or_else(|| panic!("{g:?}"));
        let mut numbers = Numbers::new(index as u64);
        let (x, filter) = (numbers.floats(g.input_size()), numbers.floats(g.filter_size()));
        let (bias, dy) = (numbers.floats(g.out_c), numbers.floats(g.output_size()));

        let mut y = vec![f32::NAN; g.output_size()];
        let mut scratch = vec![f32::NAN; workspace(&own).unwrap()];
        forward((g, &own), (&x, &filter, Some(&bias)), &mut y, Activation::Linear, &mut scratch);
        let (mut expected, sizes) = define(g, &x, &filter, &dy, Into::Output);
        expected.iter_mut().zip(bias.iter().cycle()).for_each(|(y, &bias)| *y += f64::from(bias));
        assert_near(&y, (expected, sizes), &format!("forward {g:?}"));

        let mut df = vec![f32::NAN; g.filter_size()];
        let mut scratch = vec![f32::NAN; gradient_workspace(&own).unwrap()];
        filter_gradient((g, &own), (&x, &dy), &mut df, &mut scratch);
        assert_near(&df, define(g, &x, &filter, &dy, Into::Filter), &format!("filter gradient {g:?}"));
    }
}

#[test]
fn what_has_no_such_blocks_has_none() {
    let none = [
        // Of stride 1; whose phases are taken; of two blocks, and of six.
        geometry([7, 1], 1, [32, 32], [4, 4], [0; 4]),
        geometry([5, 2], 1, [32, 32], [4, 4], [0; 4]),
        geometry([4, 2], 1, [32, 32], [3, 4], [0; 4]),
        geometry([12, 2], 1, [32, 32], [3, 4], [0; 4]),
    ];
    assert!(none.iter().all(|g| of_blocks(g).is_none()));
    // Bits are promised where nobody has allowed others.
    let stem = geometry([7, 2], 4, [64, 64], [3, 64], [3; 4]);
    assert!(of_blocks(&stem).is_some() && forward_way(&stem).is_none() && gradient_way(&stem).is_none());
    // Three channels in blocks of 3×3 are 27.
    assert!(forward_way(&geometry([9, 3], 1, [64, 64], [3, 64], [0; 4])).is_none());
}

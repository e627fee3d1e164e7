//! Convolutions of channels that are no multiple of four with more of them, against the definition, natively.
#![cfg(not(feature = "double"))]

mod naive;

use convgrad::geometry::Geometry;
use convgrad::kernels::activation::Activation;
use convgrad::kernels::conv2d::kept::Kept;
use convgrad::kernels::conv2d::rounded::{
    backward_way, backward_workspace, filter_gradient, forward, forward_way, gradient_way, gradient_workspace,
    input_gradient, rounded, workspace,
};
use convgrad::kernels::conv2d::{winograd, Pass};
use convgrad::kernels::ending::Ending;
use naive::{assert_near, convolve as define, Into, Numbers};

fn geometry([batch, h, w, channels]: [u32; 4], taps: [u32; 2], filters: u32, stride: u32, pad: u32) -> Geometry {
    let [down, across] = taps.map(|taps| if taps > 1 { pad } else { 0 });
    let words = [batch, h, w, channels, taps[0], taps[1], filters, stride.min(h), stride, down, down, across, across];
    Geometry::new(&[&words[..], &[1, 1, 1]].concat().try_into().unwrap()).unwrap()
}

/// Channels of images, of outputs and of both that are no multiple of four, by all remainders; squares, lines and strides.
fn table() -> Vec<Geometry> {
    let channels = [(5, 8), (8, 5), (6, 7), (7, 10), (9, 11), (13, 12), (21, 6), (17, 18)];
    let mut all = Vec::new();
    for (channels, filters) in channels {
        all.push(geometry([2, 9, 14, channels], [3, 3], filters, 1, 1));
        all.push(geometry([1, 12, 7, channels], [5, 5], filters, 1, 2));
        all.push(geometry([3, 1, 23, channels], [1, 3], filters, 1, 0));
        all.push(geometry([2, 9, 10, channels], [3, 3], filters, 2, 1));
        all.push(geometry([3, 2, 2, channels], [1, 1], filters, 1, 0));
    }
    all
}

/// All three passes.
fn assert_passes(g: &Geometry, own: &Geometry, seed: u64) {
    let mut numbers = Numbers::new(seed);
    let (x, filter) = (numbers.floats(g.input_size()), numbers.floats(g.filter_size()));
    let (bias, dy) = (numbers.floats(g.out_c), numbers.floats(g.output_size()));

    let mut y = vec![f32::NAN; g.output_size()];
    let mut scratch = vec![f32::NAN; workspace(own).unwrap()];
    forward((g, own), (&x, &filter, Some(&bias)), &mut y, Activation::Relu, &mut scratch);
    assert_near(&y, relu(define(g, &x, &filter, &dy, Into::Output), &bias), &format!("forward {g:?}"));

    let mut df = vec![f32::NAN; g.filter_size()];
    let mut scratch = vec![f32::NAN; gradient_workspace(own).unwrap()];
    filter_gradient((g, own), (&x, &dy), &mut df, &mut scratch);
    assert_near(&df, define(g, &x, &filter, &dy, Into::Filter), &format!("filter gradient {g:?}"));

    let mut dx = vec![f32::NAN; g.input_size()];
    let mut scratch = vec![f32::NAN; backward_workspace(own).unwrap()];
    let ending = Ending::Slope(Activation::Relu, &x);
    input_gradient((g, own), (&dy, &filter), &mut dx, ending, &mut scratch);
    let (mut expected, sizes) = define(g, &x, &filter, &dy, Into::Input);
    expected.iter_mut().zip(&x).for_each(|(dx, &x)| *dx *= if x > 0.0 { 1.0 } else { 0.0 });
    assert_near(&dx, (expected, sizes), &format!("input gradient {g:?}"));
}

/// What is expected of outputs with a bias.
fn relu((mut sums, sizes): (Vec<f64>, Vec<f64>), bias: &[f32]) -> (Vec<f64>, Vec<f64>) {
    sums.iter_mut().zip(bias.iter().cycle()).for_each(|(y, &bias)| *y = (*y + f64::from(bias)).max(0.0));
    (sums, sizes)
}

#[test]
fn passes_are_those_of_the_definition() {
    for (index, g) in table().iter().enumerate() {
        let own = rounded(g).unwrap_or_else(|| panic!("{g:?}"));
        assert_passes(g, &own, index as u64);
    }
}

#[test]
fn they_are_where_it_pays() {
    winograd::choose(winograd::Use::WhereItPays);
    for g in [
        geometry([2, 20, 20, 21], [3, 3], 18, 1, 1),
        geometry([2, 20, 16, 9], [5, 5], 10, 1, 0),
        geometry([2, 28, 28, 45], [5, 5], 42, 2, 2),
    ] {
        let ways = [forward_way(&g), gradient_way(&g), backward_way(&g)];
        let own = rounded(&g);
        assert!(own.is_some() && ways == [own; 3], "{g:?}: {ways:?}");
        assert_passes(&g, &own.unwrap(), 7);
    }
}

#[test]
fn filters_are_kept() {
    winograd::choose(winograd::Use::WhereItPays);
    let g = geometry([1, 8, 8, 45], [3, 3], 42, 1, 1);
    let mut numbers = Numbers::new(3);
    let (x, filter) = (numbers.floats(g.input_size()), numbers.floats(g.filter_size()));
    let (bias, dy) = (numbers.floats(g.out_c), numbers.floats(g.output_size()));
    for pass in [Pass::KeptForward, Pass::KeptInputGradient] {
        let way = Kept::new(pass, &g).expect("kept filters");
        let mut scratch = vec![f32::NAN; way.workspace().unwrap()];
        let mut kept = vec![f32::NAN; way.size().unwrap()];
        way.keep(&filter, &mut kept, &mut scratch);
        let (seen, into, bias_of_pass) = match pass {
            Pass::KeptForward => (&x, Into::Output, &bias[..]),
            _ => (&dy, Into::Input, &numbers.floats(g.in_c)[..]),
        };
        let expected = relu(define(&g, &x, &filter, &dy, into), bias_of_pass);
        let mut made = vec![f32::NAN; expected.0.len()];
        way.convolve((seen, &kept, Some(bias_of_pass)), &mut made, Activation::Relu, &mut scratch);
        assert_near(&made, expected, &format!("{pass:?}"));
    }
}

#[test]
fn what_is_whole_or_small_is_left_as_it_is() {
    winograd::choose(winograd::Use::WhereItPays);
    let whole = geometry([2, 20, 20, 16], [3, 3], 8, 1, 1);
    let few = [geometry([2, 20, 20, 3], [3, 3], 9, 1, 1), geometry([2, 20, 20, 9], [3, 3], 4, 1, 1)];
    assert!(rounded(&whole).is_none() && few.iter().all(|g| rounded(g).is_none()));
    // Of six channels and six filters two fifths would be zeros.
    let six = geometry([16, 32, 32, 6], [3, 3], 6, 1, 1);
    assert!(rounded(&six).is_some() && forward_way(&six).is_none());
}

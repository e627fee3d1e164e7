//! Convolution and max pooling as one: what the kernels of each give one after the other.
#![cfg(not(feature = "double"))]

mod naive;

use convgrad::geometry::Geometry;
use convgrad::kernels::activation::{gradient_in_place, Activation};
use convgrad::kernels::conv2d::pooled::{self, Pooled};
use convgrad::kernels::conv2d::{filter_gradient, forward, workspace, Pass};
use convgrad::kernels::ending::Ending;
use convgrad::kernels::{bias, pooling};
use naive::Numbers;

/// Batch, image, channels, kernel, filters, stride, border.
fn convolution(
    batch: u32,
    image: [u32; 2],
    channels: u32,
    kernel: u32,
    filters: u32,
    stride: u32,
    pad: u32,
) -> Geometry {
    let words =
        [batch, image[0], image[1], channels, kernel, kernel, filters, stride, stride, pad, pad, pad, pad, 1, 1, 1];
    Geometry::new(&words).expect("a convolution")
}

/// Windows of 2×2 over its outputs.
fn windows(g: &Geometry) -> Geometry {
    let [batch, height, width, channels] = [g.batch, g.out_h, g.out_w, g.out_c].map(|size| size as u32);
    Geometry::new(&[batch, height, width, channels, 2, 2, channels, 2, 2, 0, 0, 0, 0, 1, 1, 1]).expect("windows")
}

fn table() -> Vec<Geometry> {
    let mut all = Vec::new();
    for (channels, filters) in
        [(1, 4), (1, 8), (1, 12), (1, 16), (1, 28), (1, 32), (2, 4), (3, 16), (5, 12), (16, 16), (64, 64)]
    {
        all.push(convolution(3, [9, 8], channels, 3, filters, 1, 0));
        all.push(convolution(19, [6, 7], channels, 3, filters, 1, 1));
    }
    all.push(convolution(2, [11, 13], 3, 5, 8, 2, 2));
    all.push(convolution(2, [4, 4], 64, 1, 128, 1, 0));
    let mut grouped = convolution(2, [9, 9], 8, 3, 8, 1, 1);
    grouped.groups = 2;
    all.push(grouped);
    all
}

#[test]
fn gradients_are_those_of_one_kernel_after_the_other() {
    for (index, g) in table().iter().enumerate() {
        let (w, mut numbers) = (windows(g), Numbers::new(index as u64));
        let scratch = |pass| vec![f32::NAN; workspace(pass, g).unwrap()];
        // Integers: sums are the same in every order.
        let (x, filter) = (numbers.integers(g.input_size(), 4), numbers.integers(g.filter_size(), 3));
        let (b, dy) = (numbers.integers(g.out_c, 5), numbers.integers(w.output_size(), 4));
        for activation in [Activation::Linear, Activation::Relu, Activation::Relu6, Activation::Tanh] {
            let mut between = vec![f32::NAN; g.output_size()];
            forward::forward(g, &x, &filter, Some(&b), &mut between, activation, &mut scratch(Pass::Forward));
            let mut largest = vec![f32::NAN; w.output_size()];
            pooling::max(&w, &between, &mut largest);

            let (mut y, mut argmax) = (vec![f32::NAN; w.output_size()], vec![f32::NAN; pooling::notes(&w)]);
            let arrays = (&x[..], &filter[..], Some(&b[..]));
            pooled::forward(g, &w, arrays, (&mut y, &mut argmax), activation, &mut scratch(Pass::Pooled));
            assert_eq!(y, largest, "{activation:?} {g:?}");
            y.fill(f32::NAN);
            pooled::forward(g, &w, arrays, (&mut y, &mut []), activation, &mut scratch(Pass::Pooled));
            assert_eq!(y, largest, "without notes, {activation:?} {g:?}");

            let mut dz = vec![f32::NAN; g.output_size()];
            pooling::max_gradient(&w, &between, &largest, &dy, &mut dz);
            gradient_in_place(activation, &between, &mut dz);
            let (mut df, mut db) = (vec![f32::NAN; g.filter_size()], vec![f32::NAN; g.out_c]);
            filter_gradient::filter_gradient(g, &x, &dz, &mut df, &mut scratch(Pass::FilterGradient));
            bias::gradient(dz.len() / g.out_c, g.out_c, &dz, &mut db);

            let slope = Ending::Slope(activation, &largest);
            let gradients = Pooled { windows: &w, argmax: &argmax, dy: &dy, slope };
            let (mut own_df, mut own_db) = (vec![f32::NAN; g.filter_size()], vec![f32::NAN; g.out_c]);
            pooled::gradient(g, &gradients, &x, &mut own_df, Some(&mut own_db), &mut scratch(Pass::PooledGradient));
            assert_eq!(own_df, df, "{activation:?} {g:?}");
            if activation == Activation::Tanh {
                assert!(own_db.iter().zip(&db).all(|(own, db)| (own - db).abs() < 1e-4), "{own_db:?} {db:?}");
            } else {
                assert_eq!(own_db, db, "{activation:?} {g:?}");
            }
            own_df.fill(f32::NAN);
            pooled::gradient(g, &gradients, &x, &mut own_df, None, &mut scratch(Pass::PooledGradient));
            assert_eq!(own_df, df, "without a bias, {activation:?} {g:?}");

            // What is not finite gets where it gets in one kernel after the other: text has NaN equal to NaN.
            let text = |values: &[f32]| format!("{values:?}");
            let mut dy = dy.clone();
            dy[0] = f32::INFINITY;
            pooling::max_gradient(&w, &between, &largest, &dy, &mut dz);
            gradient_in_place(activation, &between, &mut dz);
            filter_gradient::filter_gradient(g, &x, &dz, &mut df, &mut scratch(Pass::FilterGradient));
            let gradients = Pooled { dy: &dy, ..gradients };
            pooled::gradient(g, &gradients, &x, &mut own_df, Some(&mut own_db), &mut scratch(Pass::PooledGradient));
            assert_eq!(text(&own_df), text(&df), "an infinite gradient, {activation:?} {g:?}");
        }
    }
}

#[test]
fn infinite_weights_reach_what_they_reach_in_one_kernel_after_the_other() {
    for channels in [1, 3, 8] {
        for filters in [1, 3, 4, 6] {
            let g = convolution(3, [6, 12], channels, 3, filters, 1, 1);
            let (w, mut numbers) = (windows(&g), Numbers::new(7));
            let scratch = |pass| vec![f32::NAN; workspace(pass, &g).unwrap()];
            let (x, mut filter) = (numbers.integers(g.input_size(), 4), numbers.integers(g.filter_size(), 3));
            filter[0] = f32::NEG_INFINITY;
            let mut between = vec![f32::NAN; g.output_size()];
            forward::forward(&g, &x, &filter, None, &mut between, Activation::Relu, &mut scratch(Pass::Forward));
            let (mut largest, mut y) = (vec![f32::NAN; w.output_size()], vec![f32::NAN; w.output_size()]);
            pooling::max(&w, &between, &mut largest);
            let arrays = (&x[..], &filter[..], None);
            pooled::forward(&g, &w, arrays, (&mut y, &mut []), Activation::Relu, &mut scratch(Pass::Pooled));
            // Text has NaN equal to NaN.
            assert_eq!(format!("{y:?}"), format!("{largest:?}"), "{g:?}");
        }
    }
}

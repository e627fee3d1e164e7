//! Images enlarged, against the definition in double precision, and their gradients as the transpose; also where an image is wider
//! than what is mixed at once.
#![cfg(not(feature = "double"))]

use convgrad::kernels::enlarge::{enlarge, enlarge_gradient, Enlargement};

fn values(count: usize, seed: usize) -> Vec<f32> {
    (0..count).map(|index| ((index * 7919 + seed) % 2003) as f32 / 1001.5 - 1.0).collect()
}

/// The value at a place of the enlarged image: centres of pixels lie at halves.
fn define(e: &Enlargement, x: &[f32], [image, i, j, c]: [usize; 4]) -> f64 {
    let [height, width] = e.size;
    let at = |i: usize, j: usize| f64::from(x[((image * height + i) * width + j) * e.channels + c]);
    if !e.bilinear {
        return at(i / e.factor[0], j / e.factor[1]);
    }
    let side = |place: usize, axis: usize| {
        let source = (place as f64 + 0.5) / e.factor[axis] as f64 - 0.5;
        let source = source.clamp(0.0, (e.size[axis] - 1) as f64);
        let first = source as usize;
        (first, (first + 1).min(e.size[axis] - 1), source - first as f64)
    };
    let ((top, bottom, low), (left, right, far)) = (side(i, 0), side(j, 1));
    (at(top, left) * (1.0 - far) + at(top, right) * far) * (1.0 - low)
        + (at(bottom, left) * (1.0 - far) + at(bottom, right) * far) * low
}

#[test]
fn images_of_every_width_and_their_gradients() {
    for (batch, size, factor, channels) in [
        (2, [3, 4], [2, 2], 3),
        (1, [2, 3000], [2, 2], 1),
        (1, [3, 1100], [3, 2], 2),
        (2, [2, 700], [1, 3], 3),
        (1, [2, 450], [2, 4], 5),
        (1, [4, 150], [2, 3], 16),
        (2, [5, 7], [2, 2], 40),
        (1, [1, 3], [1, 2100], 1),
        (1, [3, 1], [5, 700], 4),
    ] {
        for bilinear in [false, true] {
            let e = Enlargement { batch, size, factor, channels, bilinear };
            let (x, dy) = (values(e.input_size(), 5), values(e.output_size(), 11));
            let (mut y, mut dx) = (vec![f32::NAN; dy.len()], vec![f32::NAN; x.len()]);
            enlarge(&e, &x, &mut y);
            let [height, width] = [size[0] * factor[0], size[1] * factor[1]];
            for (index, &y) in y.iter().enumerate() {
                let place = [index / (height * width * channels), index / (width * channels) % height];
                let expected = define(&e, &x, [place[0], place[1], index / channels % width, index % channels]);
                assert!((f64::from(y) - expected).abs() < 1e-6, "{e:?} at {index}: {y}, expected {expected}");
            }
            enlarge_gradient(&e, &dy, &mut dx);
            // Of a linear function: what the gradient says a pixel does is what it does.
            for pixel in (0..x.len()).step_by(1 + x.len() / 40) {
                let mut one = vec![0.0; x.len()];
                one[pixel] = 1.0;
                let mut effect = vec![f32::NAN; dy.len()];
                enlarge(&e, &one, &mut effect);
                let expected: f64 = effect.iter().zip(&dy).map(|(&a, &b)| f64::from(a) * f64::from(b)).sum();
                let scale: f64 = effect.iter().map(|&a| f64::from(a)).sum();
                let found = f64::from(dx[pixel]);
                assert!((found - expected).abs() < 1e-6 * (1.0 + scale), "{e:?} at {pixel}: {found}, {expected}");
            }
        }
    }
}

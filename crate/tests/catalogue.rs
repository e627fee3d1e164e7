//! The rarer activations, permutations, extremes, noise, normalizations and losses against their definitions.
#![cfg(not(feature = "double"))]

mod naive;

use convgrad::kernels::activation::{forward, gradient, Activation};
use convgrad::kernels::clipped_relu::{self, Clipped};
use convgrad::kernels::extremes::{self, Extreme};
use convgrad::kernels::noise::{self, Noise};
use convgrad::kernels::permute::{permute, Permutation};
use convgrad::kernels::pointwise_loss::{self, Focal, Pointwise};
use convgrad::kernels::quantile::normal;
use convgrad::kernels::random::Clock;
use convgrad::kernels::row_loss::{self, RowLoss, Rows};
use convgrad::kernels::{softmax, unit_norm};
use naive::Numbers;

fn close(actual: f32, expected: f64, tolerance: f64, what: &str) {
    let error = (f64::from(actual) - expected).abs();
    assert!(error <= tolerance * expected.abs().max(1e-30), "{what}: expected {expected}, got {actual}");
}

/// A function of one number.
type Curve = fn(f64) -> f64;

fn softplus(x: f64) -> f64 {
    x.max(0.0) + (-x.abs()).exp().ln_1p()
}

fn logistic(x: f64) -> f64 {
    1.0 / (1.0 + (-x).exp())
}

#[test]
fn rare_activations_and_their_slopes() {
    let cases: [(Activation, Curve, Curve); 8] = [
        (
            Activation::Mish,
            |x| x * softplus(x).tanh(),
            |x| softplus(x).tanh() + x * (1.0 - softplus(x).tanh().powi(2)) * logistic(x),
        ),
        (Activation::Softsign, |x| x / (1.0 + x.abs()), |x| (1.0 + x.abs()).powi(-2)),
        (Activation::HardTanh, |x| x.clamp(-1.0, 1.0), |x| if x.abs() < 1.0 { 1.0 } else { 0.0 }),
        (Activation::Exponential, f64::exp, f64::exp),
        (Activation::LogSigmoid, |x| -softplus(-x), |x| logistic(-x)),
        (
            Activation::SoftShrink(0.5),
            |x| x.signum() * (x.abs() - 0.5).max(0.0),
            |x| if x.abs() > 0.5 { 1.0 } else { 0.0 },
        ),
        (
            Activation::HardShrink(0.5),
            |x| if x.abs() > 0.5 { x } else { 0.0 },
            |x| if x.abs() > 0.5 { 1.0 } else { 0.0 },
        ),
        (
            Activation::Squareplus(4.0),
            |x| if x < 0.0 { 2.0 / ((x * x + 4.0).sqrt() - x) } else { (x + (x * x + 4.0).sqrt()) / 2.0 },
            |x| {
                if x < 0.0 {
                    2.0 / (x * x + 4.0 - x * (x * x + 4.0).sqrt())
                } else {
                    (1.0 + x / (x * x + 4.0).sqrt()) / 2.0
                }
            },
        ),
    ];
    let x: Vec<f32> = Numbers::new(5).floats(999).iter().map(|x| x * 20.0).chain([0.0, -80.0, 80.0, 1e-4]).collect();
    for (activation, curve, slope) in cases {
        let (mut y, mut dx) = (vec![0.0; x.len()], vec![0.0; x.len()]);
        forward(activation, &x, &mut y);
        let seen = if activation.slope_follows_from_output() { &y } else { &x };
        gradient(activation, seen, &vec![1.0; x.len()], &mut dx);
        for (place, &x) in x.iter().enumerate() {
            close(y[place], curve(f64::from(x)), 1e-6, &format!("{activation:?} of {x}"));
            // A slope near a zero of its own has the error of its terms.
            let (error, expected) = ((f64::from(dx[place]) - slope(f64::from(x))).abs(), slope(f64::from(x)));
            assert!(error <= 1e-6 * expected.abs() + 3e-7 * f64::from(x).exp().min(1.0), "{activation:?}′ of {x}");
        }
        let mut y = [0.0; 5];
        forward(activation, &[f32::NAN; 5], &mut y);
        assert!(y.iter().all(|y| y.is_nan()), "{activation:?} of NaN");
    }
    let mut y = [0.0; 3];
    forward(Activation::TanhShrink, &[0.5, -3.0, 40.0], &mut y);
    for (y, x) in y.into_iter().zip([0.5f64, -3.0, 40.0]) {
        close(y, x - x.tanh(), 1e-5, "x − tanh x");
    }
}

#[test]
fn the_relu_with_limits() {
    let f = Clipped { slope: 0.25, threshold: 1.0, limit: 3.0 };
    let x = [-7.0, 0.0, 1.0, 1.5, 3.0, 3.5, 100.0];
    let (mut y, mut dx) = ([0.0; 7], [0.0; 7]);
    clipped_relu::forward(f, &x, &mut y);
    assert_eq!(y, [-2.0, -0.25, 0.0, 1.5, 3.0, 3.0, 3.0]);
    clipped_relu::gradient(f, &x, &[2.0; 7], &mut dx);
    assert_eq!(dx, [0.5, 0.5, 0.5, 2.0, 0.0, 0.0, 0.0]);
    clipped_relu::forward(f, &[f32::NAN; 7], &mut y);
    assert!(y.iter().all(|y| y.is_nan()));
}

#[test]
fn extremes_keep_nan_and_give_ties_to_the_first() {
    let (a, b) = ([1.0, 2.0, f32::NAN, 3.0, 4.0], [2.0, 2.0, 1.0, f32::NAN, 3.0]);
    for (extreme, expected, first) in [
        (Extreme::Maximum, [2.0, 2.0, f32::NAN, f32::NAN, 4.0], [0.0, 7.0, 7.0, 7.0, 7.0]),
        (Extreme::Minimum, [1.0, 2.0, f32::NAN, f32::NAN, 3.0], [7.0, 7.0, 7.0, 7.0, 0.0]),
    ] {
        let (mut y, mut da, mut db) = ([0.0; 5], [9.0; 5], [9.0; 5]);
        extremes::forward(extreme, &a, &b, &mut y);
        assert!(y.iter().zip(expected).all(|(y, e)| *y == e || (y.is_nan() && e.is_nan())), "{extreme:?}: {y:?}");
        extremes::gradient(extreme, (&a, &b), &[7.0; 5], &mut da, &mut db);
        assert_eq!(da, first);
        assert!(da.iter().zip(db).all(|(a, b)| a + b == 7.0));
    }
}

#[test]
fn permutations() {
    for (sizes, order) in [
        (vec![7], vec![0]),
        (vec![3, 4], vec![1, 0]),
        (vec![2, 3, 4], vec![0, 2, 1]),
        (vec![2, 3, 5], vec![1, 0, 2]),
        (vec![2, 3, 4, 5], vec![3, 1, 0, 2]),
        (vec![1, 2, 1, 3, 2, 1, 2, 2], vec![7, 6, 5, 4, 3, 2, 1, 0]),
    ] {
        let permutation = Permutation::new(&sizes, &order).expect("a permutation");
        let length = permutation.size();
        let x: Vec<f32> = (0..length).map(|value| value as f32).collect();
        let mut y = vec![-1.0; length];
        permute(&permutation, &x, &mut y);
        let rank = sizes.len();
        let stride = |at: usize| sizes[at + 1..].iter().product::<u32>() as usize;
        for (number, value) in y.iter().enumerate() {
            let (mut rest, mut source) = (number, 0);
            for to in (0..rank).rev() {
                let size = sizes[order[to] as usize] as usize;
                source += rest % size * stride(order[to] as usize);
                rest /= size;
            }
            assert_eq!(*value, source as f32, "{sizes:?} {order:?} at {number}");
        }
    }
    for (sizes, order) in
        [(vec![], vec![]), (vec![2, 2], vec![0, 0]), (vec![2, 2], vec![0, 2]), (vec![2, 0], vec![0, 1])]
    {
        assert!(Permutation::new(&sizes, &order).is_err(), "{sizes:?} {order:?}");
    }
    assert!(Permutation::new(&[1 << 31, 1 << 31, 1 << 31], &[0, 1, 2]).is_err());
}

#[test]
fn normal_numbers_have_the_shares_of_the_distribution() {
    // Percentage points of the normal distribution.
    for (share, expected) in [
        (0.5 + 1e-4, 2.506_628_277e-4f64),
        (0.75, 0.674_489_750_2),
        (0.9, 1.281_551_566),
        (0.975, 1.959_963_985),
        (0.999, 3.090_232_306),
        (1.0 - 1e-6, 4.753_424_309),
    ] {
        let word = (share * 4_294_967_296.0f64) as u32;
        let slope = (-0.5 * expected * expected).exp() / 2.506_628_274_6;
        let tolerance = 2e-7 + 2.4e-10 / slope / expected;
        close(normal(word), expected, tolerance, "percentage point");
        close(normal(!word), -expected, tolerance, "the other side");
    }
    assert!(normal(0) < -6.2 && normal(0) > -6.6 && normal(u32::MAX) == -normal(0));
}

/// Mean and variance.
fn moments(values: &[f32]) -> (f64, f64) {
    let mean = values.iter().map(|&x| f64::from(x)).sum::<f64>() / values.len() as f64;
    (mean, values.iter().map(|&x| (f64::from(x) - mean).powi(2)).sum::<f64>() / values.len() as f64)
}

#[test]
fn noise_has_its_moments_and_comes_again() {
    const LENGTH: usize = 40_001;
    let clock = Clock { step: [3, 0], seed: [11, 5] };
    let run = |kind, stream, x: &[f32]| {
        let mut y = vec![0.0; x.len()];
        noise::noise(kind, stream, clock, x, &mut y);
        y
    };
    let near = |(mean, variance): (f64, f64), m: f64, v: f64| {
        assert!((mean - m).abs() < 0.02 && (variance / v - 1.0).abs() < 0.03, "{mean} {variance}, expected {m} {v}");
    };
    let two = vec![2.0; LENGTH];
    near(moments(&run(Noise::Added(0.5), 0, &two)), 2.0, 0.25);
    near(moments(&run(Noise::Multiplied(0.2), 0, &two)), 2.0, 1.0);
    assert_eq!(run(Noise::Added(0.5), 7, &two), run(Noise::Added(0.5), 7, &two));
    assert_ne!(run(Noise::Added(0.5), 7, &two), run(Noise::Added(0.5), 8, &two));
    // Mean and variance of normal inputs stay.
    let inputs = run(Noise::Added(1.0), 1, &vec![0.0; LENGTH]);
    near(moments(&inputs), 0.0, 1.0);
    for rate in [0.1, 0.5, 0.9] {
        near(moments(&run(Noise::Alpha(rate), 2, &inputs)), 0.0, 1.0);
        let (y, slope) = (run(Noise::Alpha(rate), 2, &inputs), run(Noise::AlphaGradient(rate), 2, &vec![1.0; LENGTH]));
        let lowest = y.iter().zip(&slope).find(|(_, slope)| **slope == 0.0).map(|(y, _)| *y).expect("one was dropped");
        for (place, slope) in slope.iter().enumerate() {
            assert_eq!(*slope == 0.0, y[place] == lowest, "at {place}");
        }
        let dropped = slope.iter().filter(|slope| **slope == 0.0).count() as f64 / LENGTH as f64;
        assert!((dropped - f64::from(rate)).abs() < 0.01, "{dropped} of {rate}");
    }
}

#[test]
fn rows_of_unit_length() {
    let x = [3.0, 4.0, 0.0, 0.0, 3e30, 4e30, 3e-30, -4e-30];
    let (mut y, mut factors) = ([9.0; 8], [0.0; 4]);
    unit_norm::forward(2, &x, &mut factors, &mut y);
    for (y, expected) in y.into_iter().zip([0.6, 0.8, 0.0, 0.0, 0.6, 0.8, 3e-18, -4e-18]) {
        close(y, expected, 1e-6, "a row");
    }
    let mut dx = [0.0; 8];
    unit_norm::gradient(2, &y, &factors, &[1.0; 8], &mut dx);
    close(dx[0], (1.0 - 0.6 * 1.4) / 5.0, 1e-6, "across");
    assert!(dx[2..4].iter().all(|dx| *dx == 1e12), "a row of zeros is only multiplied");
}

#[test]
fn long_rows_of_unit_length() {
    for (rows, width) in [(1, 16), (3, 17), (5, 70), (2, 1030), (700, 300), (9, 15)] {
        let mut numbers = Numbers::new(width as u64);
        let (mut x, dy) = (numbers.floats(rows * width), numbers.floats(rows * width));
        // Rows whose squares a float32 does not hold, one by one or together, and one of zeros.
        for (row, scale) in x.chunks_exact_mut(width).zip([1.0, 1e30, 1e-30, 1e19, 0.0, 3e-20].into_iter().cycle()) {
            row.iter_mut().for_each(|x| *x *= scale);
        }
        let (mut y, mut factors, mut dx) = (vec![9.0; x.len()], vec![9.0; rows], vec![9.0; x.len()]);
        unit_norm::forward(width, &x, &mut factors, &mut y);
        unit_norm::gradient(width, &y, &factors, &dy, &mut dx);
        for row in 0..rows {
            let own = row * width..(row + 1) * width;
            let length = x[own.clone()].iter().map(|&x| f64::from(x) * f64::from(x)).sum::<f64>().sqrt();
            let factor = 1.0 / length.max(1e-12);
            close(factors[row] / factor as f32, 1.0, 1e-6, "a factor");
            let normal = |place: usize| f64::from(x[place]) * factor;
            let along = own.clone().map(|place| normal(place) * f64::from(dy[place])).sum::<f64>();
            let along = if length < 1e-12 { 0.0 } else { along };
            for place in own {
                close(y[place], normal(place), 1e-6, "a row");
                let slope = f64::from(dx[place]) / factor;
                let error = (slope - (f64::from(dy[place]) - normal(place) * along)).abs();
                assert!(error < 2e-6, "gradient of [{rows}, {width}] at {place}: {error}");
            }
        }
    }
}

#[test]
fn losses_stay_finite_and_right_far_out() {
    let at = |loss, o: f32, y: f32| {
        let mut slope = [0.0];
        pointwise_loss::gradient(loss, 1, 1.0, (&[o], &[y]), None, &mut slope);
        (pointwise_loss::value(loss, 1, 1.0, &[o], &[y], None), slope[0])
    };
    for d in [0.0, 1e-5, 0.01, 0.2, 0.249, 0.251, -0.24, 0.5, 3.0, 500.0, -1e4] {
        let (value, slope) = at(Pointwise::LogCosh, d as f32, 0.0);
        let d = f64::from(d as f32);
        let exact = d.abs() + ((-2.0 * d.abs()).exp() / 2.0 + 0.5).ln();
        let expected = if d.abs() < 0.001 { d * d / 2.0 } else { exact };
        close(value, expected, 1e-5, "ln cosh");
        close(slope, d.tanh(), 1e-6, "tanh");
    }
    let focal = |from_logits| Pointwise::Focal(Focal { gamma: 2.0, alpha: Some(0.25), smoothing: 0.0, from_logits });
    // Far on the wrong side it is the distance, and the slope does not vanish.
    close(at(focal(true), -200.0, 1.0).0, 50.0, 1e-6, "focal loss of a logit");
    close(at(focal(true), -200.0, 1.0).1, -0.25, 1e-6, "its slope");
    close(at(focal(true), 200.0, 0.0).0, 150.0, 1e-6, "focal loss of a logit");
    assert_eq!(at(focal(true), 200.0, 1.0), (0.0, 0.0));
    assert_eq!(at(focal(false), 0.0, 1.0).1, 0.0);
    assert!(at(focal(false), 0.0, 1.0).0.is_finite() && at(focal(false), 1.0, 1.0).0 >= 0.0);
    // Where the two terms do not cancel: float32 has no digits left for their difference.
    close(at(Pointwise::Poisson, 2.0, 1.0).0, 2.0 - (2.0f64 + 1e-7).ln(), 1e-6, "poisson");
    close(at(Pointwise::SquaredLogarithmic, -1.0, 1.0).0, 2f64.ln().powi(2), 1e-5, "below 0");
    close(at(Pointwise::AbsolutePercentage, 1.0, 0.0).0, 1e9, 1e-6, "percentage of 0");
    for loss in [Pointwise::LogCosh, Pointwise::SquaredHinge, Pointwise::Poisson, focal(true), focal(false)] {
        let (value, slope) = at(loss, f32::NAN, 1.0);
        assert!(value.is_nan() && slope.is_nan(), "{loss:?} of NaN");
    }
}

#[test]
fn losses_of_rows_far_out() {
    let run = |loss, o: &[f32], y: &[f32]| {
        let rows = Rows { width: o.len(), targets: y, weights: None, repeats: 1 };
        let (mut scratch, mut gradient) = (vec![0.0; o.len()], vec![0.0; o.len()]);
        let value = row_loss::value(loss, o, rows, &mut scratch);
        row_loss::gradient(loss, o, rows, &mut gradient);
        (value, gradient)
    };
    let focal = |from_logits| RowLoss::Focal(row_loss::Focal { gamma: 2.0, alpha: 0.25, smoothing: 0.0, from_logits });
    let (value, gradient) = run(focal(true), &[-300.0, 0.0, -5.0], &[1.0, 0.0, 0.0]);
    close(value, 0.25 * (300.0 + (-5f64).exp().ln_1p()), 1e-6, "focal loss of logits");
    close(gradient[0], -0.25, 1e-5, "its slope");
    let (value, gradient) = run(RowLoss::CosineSimilarity, &[3e25, 4e25], &[0.0, 2.0]);
    close(value, -0.8, 1e-6, "cosine");
    close(gradient[0], 0.8 * 0.6 / 5e25, 1e-5, "cosine's slope");
    assert_eq!(run(RowLoss::CosineSimilarity, &[0.0, 0.0], &[0.0, 2.0]).0, 0.0);
    let (value, gradient) = run(RowLoss::CategoricalHinge, &[1.0, 4.0, 4.0], &[1.0, 0.0, 0.0]);
    assert_eq!((value, &gradient[..]), (4.0, &[-1.0, 1.0, 0.0][..]));
    for loss in [RowLoss::CategoricalHinge, RowLoss::CosineSimilarity, focal(true), focal(false)] {
        assert!(run(loss, &[f32::NAN, 0.5], &[1.0, 0.0]).0.is_nan(), "{loss:?} of NaN");
    }
}

#[test]
fn logarithms_of_softmax_far_out() {
    let mut y = [0.0; 3];
    softmax::log_softmax(3, &[1000.0, 0.0, 999.0], &mut y);
    let rest = 1f64.exp().recip().ln_1p();
    for (y, expected) in y.into_iter().zip([-rest, -1000.0 - rest, -1.0 - rest]) {
        close(y, expected, 1e-6, "logarithm");
    }
}

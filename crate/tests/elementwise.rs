//! Activations, exp, loss, bias, update and gather against their definitions.
#![cfg(not(feature = "double"))]

mod naive;

use convgrad::error::Error;
use convgrad::kernels::activation::{forward, forward_in_place, gradient, gradient_in_place, Activation};
use convgrad::kernels::{bias, elementwise, loss, with_slope};
use convgrad::optimizers::sgd;
use naive::Numbers;

/// Distance in units of the last place of the right answer, rounded to float32.
fn ulps(actual: f32, expected: f64) -> f64 {
    let rounded = expected as f32;
    if rounded.is_nan() || rounded.is_infinite() {
        return if actual == rounded || (actual.is_nan() && rounded.is_nan()) { 0.0 } else { f64::INFINITY };
    }
    let next = f32::from_bits(rounded.abs().to_bits() + 1);
    let unit = f64::from(next) - f64::from(rounded.abs());
    // The last finite number has no successor; its unit is that of its neighbour below.
    let unit = if unit.is_finite() { unit } else { 2f64.powi(104) };
    (f64::from(actual) - expected).abs() / unit
}

/// Every 1009th float of both signs, subnormals and infinities included: four million of them.
fn every_range() -> Vec<f32> {
    let mut values: Vec<f32> = (0..=0x7f80_0000u32).step_by(1009).map(f32::from_bits).collect();
    values.push(f32::INFINITY);
    // Where results over- and underflow, and where the polynomials meet.
    values.extend([87.33, 88.0, 88.72, 88.73, 103.9, 104.1, 0.625, 0.346_573_6, 16.6, 17.4]);
    let negative: Vec<f32> = values.iter().map(|value| -value).collect();
    values.extend(negative);
    values
}

fn worst(apply: impl Fn(&[f32], &mut [f32]), define: impl Fn(f64) -> f64) -> (f64, f32) {
    let x = every_range();
    let mut y = vec![0.0; x.len()];
    apply(&x, &mut y);
    let mut worst = (0.0, 0.0);
    for (&x, &y) in x.iter().zip(&y) {
        let error = ulps(y, define(f64::from(x)));
        if error > worst.0 {
            worst = (error, x);
        }
    }
    worst
}

#[test]
fn exp_is_within_2_ulp_over_the_whole_range() {
    let (error, at) = worst(elementwise::exp, f64::exp);
    assert!(error <= 2.0, "{error} ulp at {at}");
}

#[test]
fn sigmoid_is_within_3_ulp_over_the_whole_range() {
    let define = |x: f64| if x < 0.0 { x.exp() / (1.0 + x.exp()) } else { 1.0 / (1.0 + (-x).exp()) };
    let (error, at) = worst(|x, y| forward(Activation::Sigmoid, x, y), define);
    assert!(error <= 3.0, "{error} ulp at {at}");
}

/// Sixteen values at a time take a shorter way where all are small.
#[test]
fn sigmoid_does_not_depend_on_the_neighbours() {
    let beyond = f32::from_bits(42f32.to_bits() + 1);
    for neighbour in [0.5, -3.0, 42.0, 50.0, -200.0, f32::NAN] {
        for value in
            [0.0, -0.0, 1.5, -7.25, 42.0, -42.0, beyond, -beyond, 100.0, -103.5, f32::INFINITY, f32::NEG_INFINITY]
        {
            let mut alone = [value];
            forward_in_place(Activation::Sigmoid, &mut alone);
            for place in 0..19 {
                let mut x = [neighbour; 19];
                x[place] = value;
                let mut y = [0.0; 19];
                forward(Activation::Sigmoid, &x, &mut y);
                forward_in_place(Activation::Sigmoid, &mut x);
                let got = [x[place].to_bits(), y[place].to_bits()];
                assert_eq!(got, [alone[0].to_bits(); 2], "{value} at {place} beside {neighbour}");
            }
        }
    }
}

#[test]
fn tanh_is_within_3_ulp_over_the_whole_range() {
    let (error, at) = worst(|x, y| forward(Activation::Tanh, x, y), f64::tanh);
    assert!(error <= 3.0, "{error} ulp at {at}");
}

type Definition<'a> = &'a dyn Fn(f64) -> f64;

#[test]
fn curves_are_within_some_ulp_over_the_whole_range() {
    let softplus = |x: f64| x.max(0.0) + (-x.abs()).exp().ln_1p();
    let logistic = |x: f64| (x.min(0.0) - (-x.abs()).exp().ln_1p()).exp();
    let definitions: [(Activation, f64, Definition, Option<Definition>); 4] = [
        (Activation::Elu(1.0), 2.0, &|x| if x < 0.0 { x.exp_m1() } else { x }, Some(&|x| x.min(0.0).exp())),
        (Activation::Elu(0.3), 2.0, &|x| if x < 0.0 { f64::from(0.3f32) * x.exp_m1() } else { x }, None),
        (Activation::Softplus, 4.0, &softplus, Some(&logistic)),
        (Activation::LogSigmoid, 4.0, &|x| -softplus(-x), Some(&|x| logistic(-x))),
    ];
    for (activation, limit, define, slope) in definitions {
        let (error, at) = worst(|x, y| forward(activation, x, y), define);
        assert!(error <= limit, "{activation:?}: {error} ulp at {at}");
        let Some(slope) = slope else { continue };
        let (error, at) = worst(|x, y| gradient(activation, x, &vec![1.0; x.len()], y), slope);
        assert!(error <= 3.0, "slope of {activation:?}: {error} ulp at {at}");
    }
}

#[test]
fn gelu_of_infinities_is_its_limit() {
    let x = [f32::INFINITY, f32::NEG_INFINITY, f32::NAN, f32::MAX, f32::MIN];
    let (mut y, mut slope) = ([9.0; 5], [9.0; 5]);
    forward(Activation::Gelu, &x, &mut y);
    gradient(Activation::Gelu, &x, &[1.0; 5], &mut slope);
    assert_eq!([y[0], y[1], y[3], y[4]], [f32::INFINITY, 0.0, f32::MAX, 0.0]);
    assert_eq!([slope[0], slope[1], slope[3], slope[4]], [1.0, 0.0, 1.0, 0.0]);
    assert!(y[2].is_nan() && slope[2].is_nan());
}

/// sigmoid(2u), twice the derivative of u, and 2u itself; u is the inner function of gelu by a tangent.
fn gelu_parts(x: f64) -> (f64, f64, f64) {
    let scale = 2.0 * (2.0 / std::f64::consts::PI).sqrt();
    let twice = scale * (x + 0.044_715 * x * x * x);
    (1.0 / (1.0 + (-twice).exp()), scale * (1.0 + 3.0 * 0.044_715 * x * x), twice)
}

#[test]
fn gelu_by_a_tangent_keeps_its_digits_in_the_tail() {
    let x: Vec<f32> =
        (-100_000..=100_000).map(|n| n as f32 * 1e-4).chain([-1e-30, 1e-30, -1e20, 1e20, 300.0]).collect();
    let mut y = vec![0.0; x.len()];
    forward(Activation::GeluTanh, &x, &mut y);
    let mut slope = vec![0.0; x.len()];
    gradient(Activation::GeluTanh, &x, &vec![1.0; x.len()], &mut slope);
    for ((&x, &y), &slope) in x.iter().zip(&y).zip(&slope) {
        let (s, inner, twice) = gelu_parts(f64::from(x));
        // A rounding of 2u is one of e²ᵘ, 2u times as large where u is very negative.
        let roundings = 2f64.powi(-24) * (6.0 + 3.0 * (-twice).max(0.0));
        let expected = f64::from(x) * s;
        assert!((f64::from(y) - expected).abs() <= roundings * expected.abs() + 2e-44, "{x}: {y}, not {expected}");
        let bend = if s == 1.0 || s == 0.0 { 0.0 } else { f64::from(x) * inner * s * (1.0 - s) };
        let size = s + bend.abs();
        assert!(
            (f64::from(slope) - (s + bend)).abs() <= roundings * size + 1e-42,
            "slope at {x}: {slope}, not {}",
            s + bend
        );
    }
}

/// Φ(−a) = φ(a)·∫ e^(−a·u − u²/2) du from 0 on, by Simpson's rule, which has nine digits here.
fn tail_of_normal_distribution(a: f64) -> f64 {
    const STEP: f64 = 0.002;
    let value = |n: usize| (-(a + n as f64 * STEP / 2.0) * n as f64 * STEP).exp();
    let inner: f64 = (1..4500).map(|n| if n % 2 == 0 { 2.0 } else { 4.0 } * value(n)).sum();
    density(a) * (1.0 + inner) * STEP / 3.0
}

fn density(x: f64) -> f64 {
    (-x * x / 2.0).exp() / (2.0 * std::f64::consts::PI).sqrt()
}

#[test]
fn gelu_keeps_its_digits_in_the_tail() {
    let x: Vec<f32> = (-1500..=1500).map(|n| n as f32 * 1e-2).chain([-1e-30, 1e-30, -1e20, 1e20, 300.0]).collect();
    let mut y = vec![0.0; x.len()];
    forward(Activation::Gelu, &x, &mut y);
    let mut slope = vec![0.0; x.len()];
    gradient(Activation::Gelu, &x, &vec![1.0; x.len()], &mut slope);
    for ((&x, &y), &slope) in x.iter().zip(&y).zip(&slope) {
        let exact = f64::from(x);
        let tail = tail_of_normal_distribution(exact.abs());
        let distribution = if exact < 0.0 { tail } else { 1.0 - tail };
        let share = exact * density(exact);
        // A rounding of x²/2 is one of its power of e, x²/2 times as large; subnormal results have fewer digits.
        let roundings = 2f64.powi(-24) * (10.0 + exact * exact).min(250.0);
        let expected = exact * distribution;
        assert!((f64::from(y) - expected).abs() <= roundings * expected.abs() + 3e-44, "{x}: {y}, not {expected}");
        let size = distribution + share.abs();
        assert!(
            (f64::from(slope) - (distribution + share)).abs() <= roundings * size + 1e-42,
            "slope at {x}: {slope}, not {}",
            distribution + share
        );
    }
}

#[test]
fn nan_stays_nan() {
    let x = [f32::NAN; 5];
    for activation in [Activation::Linear, Activation::Sigmoid, Activation::Relu, Activation::Tanh] {
        let mut y = [0.0; 5];
        forward(activation, &x, &mut y);
        assert!(y.iter().all(|value| value.is_nan()), "{activation:?}");
        let mut y = x;
        forward_in_place(activation, &mut y);
        assert!(y.iter().all(|value| value.is_nan()), "{activation:?} in place");
    }
    let mut y = [0.0; 5];
    elementwise::exp(&x, &mut y);
    assert!(y.iter().all(|value| value.is_nan()));
}

#[test]
fn gradients_are_those_of_the_output() {
    for length in [1, 3, 4, 7, 130] {
        let mut numbers = Numbers::new(length as u64);
        let y: Vec<f32> = numbers.floats(length);
        let dy = numbers.floats(length);
        for (activation, slope) in [
            (Activation::Linear, (|_| 1.0) as fn(f64) -> f64),
            (Activation::Sigmoid, |y| y * (1.0 - y)),
            (Activation::Relu, |y| if y > 0.0 { 1.0 } else { 0.0 }),
            (Activation::Tanh, |y| 1.0 - y * y),
        ] {
            let mut dx = vec![f32::NAN; length];
            gradient(activation, &y, &dy, &mut dx);
            for index in 0..length {
                let expected = f64::from(dy[index]) * slope(f64::from(y[index]));
                assert!((f64::from(dx[index]) - expected).abs() < 4e-7, "{activation:?} [{index}]");
            }
            let mut in_place = dy.clone();
            gradient_in_place(activation, &y, &mut in_place);
            assert_eq!(in_place, dx, "{activation:?} in place");
        }
    }
}

#[test]
fn half_squared_error_is_exact_on_integers() {
    for length in [1, 4, 6, 101] {
        let mut numbers = Numbers::new(length as u64);
        let (o, y) = (numbers.integers(length, 4), numbers.integers(length, 4));
        let expected: f32 = o.iter().zip(&y).map(|(o, y)| (y - o) * (y - o) / 2.0).sum();
        assert_eq!(loss::half_squared_error(&o, &y), expected);
        let mut gradient = vec![f32::NAN; length];
        loss::half_squared_error_gradient(&o, &y, &mut gradient);
        assert!(gradient.iter().zip(o.iter().zip(&y)).all(|(g, (o, y))| *g == o - y));
    }
}

#[test]
fn bias_gradient_is_exact_on_integers() {
    for (rows, columns) in
        [(1, 1), (300, 1), (257, 3), (513, 4), (10, 9), (1000, 33), (98_307, 33), (1537, 2048), (1539, 2049)]
    {
        let dy = Numbers::new(rows as u64).integers(rows * columns, 4);
        let mut db = vec![f32::NAN; columns];
        bias::gradient(rows, columns, &dy, &mut db);
        for (column, value) in db.iter().enumerate() {
            let expected: f32 = dy.iter().skip(column).step_by(columns).sum();
            assert_eq!(*value, expected, "{rows}×{columns}");
        }
    }
}

#[test]
fn sgd_takes_a_step_against_the_gradient() {
    for length in [1, 4, 7, 50] {
        let mut numbers = Numbers::new(length as u64);
        let before = numbers.integers(length, 9);
        let gradients = numbers.integers(length, 4);
        let mut after = before.clone();
        sgd::update(&mut after, &gradients, 0.25);
        assert!(after.iter().zip(before.iter().zip(&gradients)).all(|(a, (p, g))| *a == p - 0.25 * g));
    }
}

#[test]
fn add_and_gather() {
    let a = Numbers::new(1).integers(7, 4);
    let b = Numbers::new(2).integers(7, 4);
    let mut sum = vec![f32::NAN; 7];
    elementwise::add(&a, &b, &mut sum);
    assert!(sum.iter().zip(a.iter().zip(&b)).all(|(s, (a, b))| *s == a + b));

    let source: Vec<f32> = (0..12).map(|value| value as f32).collect();
    let mut rows = vec![f32::NAN; 6];
    assert_eq!(elementwise::gather_rows(3, &[2, 0], &source, &mut rows), Ok(()));
    assert_eq!(rows, [6.0, 7.0, 8.0, 0.0, 1.0, 2.0]);
    for outside in [4, u32::MAX] {
        let mut rows = vec![f32::NAN; 6];
        assert_eq!(elementwise::gather_rows(3, &[0, outside], &source, &mut rows), Err(Error::OutOfBounds));
        assert!(rows.iter().all(|value| value.is_nan()));
    }
}

#[test]
fn gather_of_one_and_of_several_parts() {
    for (row, count) in [(1, 9), (5, 1), (484, 100), (16, 0), (2500, 61)] {
        let source = Numbers::new(row as u64).integers(7 * row, 4);
        let indices: Vec<u32> = (0..count as u32).map(|n| n * n % 7).collect();
        let mut rows = vec![f32::NAN; count * row];
        assert_eq!(elementwise::gather_rows(row, &indices, &source, &mut rows), Ok(()));
        for (&index, values) in indices.iter().zip(rows.chunks(row)) {
            assert_eq!(values, &source[index as usize * row..][..row]);
        }
    }
}

/// Training keeps the slopes; `explain` and the gradient of a function alone compute them from the inputs.
#[test]
fn a_function_with_its_slope_gives_the_bits_of_either() {
    let x: Vec<f32> = every_range().into_iter().chain([f32::NAN; 2]).collect();
    for code in 0..=22 {
        for alpha in [0.3, 1.0] {
            let activation = Activation::from_code(code, alpha).expect("a known code");
            let (mut y, mut slope, mut dx) = (vec![9.0; x.len()], vec![9.0; x.len()], vec![9.0; x.len()]);
            forward(activation, &x, &mut y);
            let seen = if activation.slope_follows_from_output() { &y } else { &x };
            gradient(activation, seen, &vec![1.0; x.len()], &mut dx);
            let expected = [bits(&y), bits(&dx)];
            with_slope::forward(activation, &x, &mut y, &mut slope);
            assert!([bits(&y), bits(&slope)] == expected, "{activation:?}");
            // The exponential's code stands for slopes that are kept.
            gradient(Activation::Exponential, &slope, &y, &mut dx);
            let product: Vec<f32> = y.iter().zip(&slope).map(|(y, slope)| y * slope).collect();
            assert!(bits(&dx) == bits(&product), "{activation:?}");
        }
    }
}

/// NaN is one whatever its bits.
fn bits(values: &[f32]) -> Vec<u32> {
    values.iter().map(|value| if value.is_nan() { u32::MAX } else { value.to_bits() }).collect()
}

//! Functions of one number and of two, arithmetic of int32, conversions and running sums against their definitions.
#![cfg(not(feature = "double"))]

use convgrad::error::Error;
use convgrad::kernels::broadcast::{unary, Repeat, Unary};
use convgrad::kernels::tensors::functions::{function, modulus, pair, Function, Pair};
use convgrad::kernels::tensors::integers::{
    are, arithmetic, floor_divide, of_truth, to_floats, to_integers, to_truth, wrapped, Arithmetic, Kind,
};
use convgrad::kernels::tensors::running::{floats, integers, Direction, Running};

const SPECIAL: [f32; 12] =
    [f32::NAN, f32::INFINITY, f32::NEG_INFINITY, 0.0, -0.0, 1.0, -1.0, 1e-40, f32::MAX, f32::MIN, -0.5, 2.5];

/// Numbers of every size, and what is special.
fn numbers() -> Vec<f32> {
    let sizes = (0..400).flat_map(|k| {
        let size = 10f32.powf(k as f32 / 20.0 - 10.0) * (1.0 + (k * 37 % 101) as f32 / 101.0);
        [size, -size]
    });
    let near = (-400..400).map(|k| k as f32 / 100.0);
    SPECIAL.into_iter().chain(sizes).chain(near).collect()
}

/// `erf x` by a series whose terms are all of one sign: 2/√π · e^(−x²) · Σ 2ⁿ·x²ⁿ⁺¹ / (1·3·…·(2n + 1)).
fn error_function(x: f64) -> f64 {
    if x.is_nan() || x.abs() > 6.0 {
        return x.clamp(-1.0, 1.0);
    }
    let (mut term, mut sum) = (x, x);
    for n in 1..200 {
        term *= 2.0 * x * x / f64::from(2 * n + 1);
        sum += term;
    }
    sum * (-x * x).exp() * std::f64::consts::FRAC_2_SQRT_PI
}

/// The same float32 but for a last digit; zeros of either sign and any NaN are the same.
fn assert_close(found: f32, exact: f64, what: &str) {
    let expected = exact as f32;
    let step = |value: f32| if value.is_finite() { value.abs().max(f32::MIN_POSITIVE) * f32::EPSILON } else { 0.0 };
    let is_close = found == expected || (found - expected).abs() <= step(expected);
    assert!(is_close || (found.is_nan() && expected.is_nan()), "{what}: {found:e}, expected {expected:e}");
}

#[test]
fn functions_of_one_number() {
    let definitions: [fn(f64) -> f64; 13] = [
        f64::sin,
        f64::cos,
        f64::tan,
        f64::asin,
        f64::acos,
        f64::atan,
        f64::sinh,
        f64::cosh,
        f64::asinh,
        f64::acosh,
        f64::atanh,
        f64::exp_m1,
        f64::ln_1p,
    ];
    let x = numbers();
    for length in [x.len(), 1, 15, 17] {
        let mut y = vec![9.0; length];
        for (code, known) in Function::ALL.into_iter().enumerate() {
            assert_eq!(Function::from_code(code as u32), Ok(known));
            function(known, &x[..length], &mut y);
            for (x, y) in x.iter().zip(&y) {
                let x = f64::from(*x);
                match definitions.get(code) {
                    Some(define) => assert_close(*y, define(x), &format!("{known:?} of {x:e}")),
                    None => assert_error(*y, x),
                }
            }
        }
    }
    assert_eq!(Function::from_code(14), Err(Error::UnknownCode));
}

/// The error function is computed in single precision.
fn assert_error(found: f32, x: f64) {
    let exact = error_function(x);
    let is_close = (f64::from(found) - exact).abs() <= 2e-7 * exact.abs().max(1e-38);
    assert!(is_close || (found.is_nan() && exact.is_nan()), "erf of {x:e}: {found:e}, expected {exact:e}");
}

type Definition = fn(f64, f64) -> f64;

/// What JavaScript's `Math.pow` gives.
fn power(a: f64, b: f64) -> f64 {
    if b.is_nan() || (a.abs() == 1.0 && b.is_infinite()) {
        f64::NAN
    } else {
        a.powf(b)
    }
}

fn javascript_modulus(a: f64, b: f64) -> f64 {
    let rest = a % b;
    if (a < 0.0 && b < 0.0) || (a >= 0.0 && b >= 0.0) {
        rest
    } else {
        (rest + b) % b
    }
}

#[test]
fn functions_of_two_numbers() {
    let few: Vec<f32> = SPECIAL.into_iter().chain([2.0, -3.0, 0.1, 7.25, -1e-3, 1e9, 3e-7, -41.0]).collect();
    let (rows, columns) = (few.len(), few.len());
    let all: Vec<f32> = few.iter().flat_map(|_| few.iter().copied()).collect();
    let definitions: [(Pair, Definition); 3] =
        [(Pair::Angle, f64::atan2), (Pair::Modulus, javascript_modulus), (Pair::Power, power)];
    for (code, (known, define)) in definitions.into_iter().enumerate() {
        assert_eq!(Pair::from_code(code as u32), Ok(known));
        let mut y = vec![9.0; rows * columns];
        pair(known, columns, (&few, Repeat::Column), (&all, Repeat::None), &mut y);
        for (at, y) in y.iter().enumerate() {
            let (a, b) = (f64::from(few[at / columns]), f64::from(few[at % columns]));
            assert_close(*y, define(a, b), &format!("{known:?} of {a:e} and {b:e}"));
            let sign = define(a, b).is_sign_negative();
            assert!(y.is_nan() || y.is_sign_negative() == sign, "the sign of {known:?} of {a:e} and {b:e}");
        }
        let mut same = vec![9.0; rows * columns];
        pair(known, columns, (&few, Repeat::Column), (&few, Repeat::Row), &mut same);
        assert_eq!(
            y.iter().map(|y| y.to_bits()).collect::<Vec<_>>(),
            same.iter().map(|y| y.to_bits()).collect::<Vec<_>>()
        );
        // Longer than a piece, one value for all.
        let (long, mut y) = (vec![few[13]; 2500], vec![9.0; 2500]);
        pair(known, 2500, (&long, Repeat::None), (&few[16..17], Repeat::Value), &mut y);
        y.iter().for_each(|y| assert_close(*y, define(-3.0, f64::from(few[16])), &format!("{known:?} of one value")));
    }
    assert_eq!(Pair::from_code(3), Err(Error::UnknownCode));
    assert_eq!(modulus(-4.0, 2.0), 0.0);
    assert_eq!(modulus(1e30, 3.0), 1e30 % 3.0);
}

#[test]
fn powers_of_one_small_exponent() {
    let x: Vec<f32> = numbers().into_iter().chain(SPECIAL).collect();
    let length = x.len();
    for exponent in [2.0, 3.0, 0.5, -1.0, 1.0, 0.0, -0.5, 4.0_f32] {
        let mut y = vec![9.0; length];
        pair(Pair::Power, length, (&x, Repeat::None), (&[exponent], Repeat::Value), &mut y);
        for (x, y) in x.iter().map(|&x| f64::from(x)).zip(y) {
            let exact = power(x, f64::from(exponent));
            assert_close(y, exact, &format!("{x:e} to the {exponent}"));
            assert!(
                y.is_nan() || y.is_sign_negative() == exact.is_sign_negative(),
                "the sign of {x:e} to the {exponent}"
            );
        }
    }
}

#[test]
fn rounding_and_signs() {
    let mut y = [9.0; 12];
    unary(Unary::Nearest, &SPECIAL, &mut y);
    assert_eq!(y[1..].iter().map(|y| y.to_bits()).collect::<Vec<_>>(), {
        SPECIAL[1..].iter().map(|x| x.round_ties_even().to_bits()).collect::<Vec<_>>()
    });
    assert!(y[0].is_nan());
    unary(Unary::Sign, &SPECIAL, &mut y);
    assert_eq!(y, [0.0, 1.0, -1.0, 0.0, 0.0, 1.0, -1.0, 1.0, 1.0, -1.0, -1.0, 1.0]);
}

/// What JavaScript stores of a number in an `Int32Array`.
fn stored(value: f64) -> i32 {
    if value.is_finite() {
        value.trunc().rem_euclid(4_294_967_296.0) as u32 as i32
    } else {
        0
    }
}

#[test]
fn integers_are_what_javascript_stores() {
    let values = [0, 1, -1, 2, -3, 7, 100_003, -46_341, i32::MAX, i32::MIN];
    let definitions: [(Arithmetic, Definition); 9] = [
        (Arithmetic::Add, |a, b| a + b),
        (Arithmetic::Subtract, |a, b| a - b),
        (Arithmetic::Multiply, |a, b| a * b),
        (Arithmetic::Maximum, f64::max),
        (Arithmetic::Minimum, f64::min),
        (Arithmetic::SquaredDifference, |a, b| (a - b) * (a - b)),
        (Arithmetic::FloorQuotient, |a, b| (a / b).floor()),
        (Arithmetic::Modulus, javascript_modulus),
        (Arithmetic::Power, power),
    ];
    for (code, (operation, define)) in definitions.into_iter().enumerate() {
        assert_eq!(Arithmetic::from_code(code as u32), Ok(operation));
        let mut y = [9; 100];
        arithmetic(operation, 10, (&values, Repeat::Column), (&values, Repeat::Row), &mut y);
        for (at, y) in y.iter().enumerate() {
            let (a, b) = (values[at / 10], values[at % 10]);
            assert_eq!(*y, stored(define(f64::from(a), f64::from(b))), "{operation:?} of {a} and {b}");
        }
    }
    assert_eq!(Arithmetic::from_code(9), Err(Error::UnknownCode));
    let x = [7.5, -7.5, 1e20, f32::NAN, f32::INFINITY, 0.0, 3e9, -3e9];
    let mut y = [9; 8];
    floor_divide(8, (&x, Repeat::None), (&[2.0], Repeat::Value), &mut y);
    assert_eq!(y, x.map(|x| stored((f64::from(x) / 2.0).floor())));
    for value in [1e300, -1e25, 4_294_967_297.5, -2_147_483_649.0, 2_147_483_648.0, -0.9] {
        assert_eq!(wrapped(value), stored(value), "{value}");
    }
}

#[test]
fn conversions_and_kinds() {
    let x: Vec<f32> = SPECIAL.iter().copied().cycle().take(150).collect();
    let (mut whole, mut truth, mut back) = (vec![9; 150], vec![9; 150], vec![9.0; 150]);
    to_integers(&x, &mut whole);
    assert_eq!(whole, x.iter().map(|x| stored(f64::from(*x))).collect::<Vec<_>>());
    to_integers(&x[5..7], &mut whole[..2]);
    assert_eq!(whole[..2], [1, -1]);
    to_integers(&[3e9, 1.0], &mut whole[..2]);
    assert_eq!(whole[..2], [-1_294_967_296, 1]);
    to_truth(&x, &mut truth);
    assert_eq!(truth, x.iter().map(|x| u8::from(*x != 0.0)).collect::<Vec<_>>());
    to_truth(&[0, -1, 256], &mut truth[..3]);
    assert_eq!(truth[..3], [0, 1, 1]);
    to_floats(&[3, -1, i32::MAX], &mut back[..3]);
    assert_eq!(back[..3], [3.0, -1.0, 2_147_483_648.0]);
    of_truth(&[1, 0, 1], &mut back[..3]);
    assert_eq!(back[..3], [1.0, 0.0, 1.0]);
    for (kind, define) in [
        (Kind::Nan, f32::is_nan as fn(f32) -> bool),
        (Kind::Infinite, f32::is_infinite),
        (Kind::Finite, f32::is_finite),
    ] {
        are(kind, &x, &mut truth);
        assert_eq!(truth, x.iter().map(|x| u8::from(define(*x))).collect::<Vec<_>>(), "{kind:?}");
    }
    assert_eq!(Kind::from_code(3), Err(Error::UnknownCode));
}

#[test]
fn running_sums_and_products() {
    for (outer, reduced, inner) in [(1, 1, 1), (3, 5, 1), (2, 4, 3), (1, 3, 600)] {
        let whole: Vec<i32> = (0..outer * reduced * inner).map(|at| ((at * 7919) % 13) as i32 - 6).collect();
        let x: Vec<f32> = whole.iter().map(|&x| x as f32).collect();
        for running in [Running::Sum, Running::Product] {
            for (reverse, exclusive) in [(false, false), (true, false), (false, true), (true, true)] {
                let direction = Direction { reverse, exclusive };
                let (mut y, mut z) = (vec![9.0; x.len()], vec![9; x.len()]);
                floats(running, direction, [reduced, inner], &x, &mut y);
                integers(running, direction, [reduced, inner], &whole, &mut z);
                for (at, (y, z)) in y.iter().zip(&z).enumerate() {
                    let (o, r, i) = (at / inner / reduced, at / inner % reduced, at % inner);
                    let takes = |k: usize| (k == r && !exclusive) || if reverse { k > r } else { k < r };
                    let values = (0..reduced).filter(|&k| takes(k)).map(|k| whole[(o * reduced + k) * inner + i]);
                    let expected: i32 = if running == Running::Sum { values.sum() } else { values.product() };
                    assert_eq!((*y, *z), (expected as f32, expected), "{running:?} {direction:?} at {at}");
                }
            }
        }
    }
    let mut y = [0; 3];
    integers(Running::Sum, Direction::default(), [3, 1], &[i32::MAX, 1, 1], &mut y);
    assert_eq!(y, [i32::MAX, i32::MIN, i32::MIN + 1]);
    assert_eq!(Running::from_code(2), Err(Error::UnknownCode));
}

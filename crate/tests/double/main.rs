//! The kernels themselves in double precision, their gradients against central differences. Every product
//! `dy · f(x ± ε)` is compared for every single value; numbers as in PyTorch's gradcheck: ε 1e-6, absolute 1e-5,
//! relative 1e-3. Run by `cargo test --features double`.
#![cfg(feature = "double")]

mod catalogue;

use convgrad::geometry::Geometry;
use convgrad::kernels::activation::{self, Activation};
use convgrad::kernels::batch_norm::{self, Affine, Matrix};
use convgrad::kernels::conv2d::{self, filter_gradient, forward, input_gradient, Pass};
use convgrad::kernels::cross_entropy::{self, Targets};
use convgrad::kernels::ending::Ending;
use convgrad::kernels::enlarge::{self, Enlargement};
use convgrad::kernels::matmul::{matmul, Product};
use convgrad::kernels::pointwise_loss::{self, Focal, Pointwise};
use convgrad::kernels::tone::{self, Images};
use convgrad::kernels::warp::{self, Fill, Warp};
use convgrad::kernels::{layer_norm, loss, pooling, prelu, softmax};

/// A small generator; its quality does not matter.
struct Numbers(u64);

impl Numbers {
    fn next(&mut self) -> f64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) as f64 / (1u64 << 52) as f64 - 1.0
    }

    /// Values in ±`limit`, all at least 0.01 away from the whole numbers, where functions have their kinks.
    fn values(&mut self, length: usize, limit: f64) -> Vec<f64> {
        std::iter::repeat_with(|| self.next() * limit).filter(|x| (x - x.round()).abs() > 0.01).take(length).collect()
    }

    fn integers(&mut self, length: usize) -> Vec<f64> {
        (0..length).map(|_| (self.next() * 4.0).round()).collect()
    }
}

type Arrays = Vec<Vec<f64>>;

/// Compares the gradients of `Σ dy · compute(inputs)` by every value of every input with central differences.
fn check(name: &str, inputs: Arrays, compute: impl Fn(&Arrays) -> Vec<f64>, back: impl Fn(&Arrays, &[f64]) -> Arrays) {
    let length = compute(&inputs).len();
    let dy = Numbers(7).values(length, 1.0);
    let gradients = back(&inputs, &dy);
    assert_eq!(gradients.len(), inputs.len(), "{name}: gradients for every input");
    let total = |at: &Arrays| compute(at).iter().zip(&dy).map(|(y, dy)| y * dy).sum::<f64>();
    for (index, gradient) in gradients.iter().enumerate() {
        assert_eq!(gradient.len(), inputs[index].len(), "{name}: input {index}");
        for place in 0..gradient.len() {
            let mut moved = inputs.clone();
            let epsilon = 1e-6;
            moved[index][place] += epsilon;
            let above = total(&moved);
            moved[index][place] -= 2.0 * epsilon;
            let slope = (above - total(&moved)) / (2.0 * epsilon);
            let error = (gradient[place] - slope).abs();
            assert!(
                error <= 1e-5 + 1e-3 * slope.abs(),
                "{name}: input {index} at {place}: gradient {} but slope {slope}",
                gradient[place]
            );
        }
    }
}

fn geometries() -> Vec<Geometry> {
    let mut all = Vec::new();
    for (in_c, out_c, groups) in [(1, 1, 1), (1, 3, 1), (3, 5, 1), (8, 4, 1), (4, 8, 2), (3, 3, 3), (5, 9, 1)] {
        for kernel in [[1, 1], [3, 3], [2, 5]] {
            for (stride, pads, dilation) in
                [([1, 1], [0, 0, 0, 0], [1, 1]), ([2, 2], [1, 0, 1, 1], [1, 1]), ([1, 2], [2, 2, 2, 2], [1, 2])]
            {
                let words = [2, 6, 7, in_c, kernel[0], kernel[1], out_c, stride[0], stride[1]];
                let rest = [pads[0], pads[1], pads[2], pads[3], dilation[0], dilation[1], groups];
                let block: Vec<u32> = words.into_iter().chain(rest).collect();
                all.extend(Geometry::new(&block.try_into().expect("sixteen words")).ok());
            }
        }
    }
    assert!(all.len() > 40, "most combinations exist");
    all
}

fn convolution(g: &Geometry, inputs: &Arrays) -> Vec<f64> {
    let mut y = vec![0.0; g.output_size()];
    let mut space = vec![0.0; conv2d::workspace(Pass::Forward, g).expect("fits")];
    forward::forward(g, &inputs[0], &inputs[1], Some(&inputs[2]), &mut y, Activation::Linear, &mut space);
    y
}

fn convolution_gradients(g: &Geometry, inputs: &Arrays, dy: &[f64]) -> Arrays {
    let (mut dx, mut df) = (vec![0.0; g.input_size()], vec![0.0; g.filter_size()]);
    let mut db = vec![0.0; g.out_c];
    let space = |pass| vec![0.0; conv2d::workspace(pass, g).expect("fits")];
    input_gradient::input_gradient(g, dy, &inputs[1], &mut dx, Ending::NONE, &mut space(Pass::InputGradient));
    filter_gradient::filter_gradient(g, &inputs[0], dy, &mut df, &mut space(Pass::FilterGradient));
    convgrad::kernels::bias::gradient(dy.len() / g.out_c, g.out_c, dy, &mut db);
    vec![dx, df, db]
}

#[test]
fn convolution_by_images_filters_and_bias() {
    for g in geometries() {
        let mut numbers = Numbers(3);
        let sizes = [g.input_size(), g.filter_size(), g.out_c];
        let inputs: Arrays = sizes.into_iter().map(|size| numbers.integers(size)).collect();
        // Linear in each argument: with whole numbers and ε = 1 the differences are exact.
        let dy = numbers.integers(g.output_size());
        let gradients = convolution_gradients(&g, &inputs, &dy);
        let total = |at: &Arrays| convolution(&g, at).iter().zip(&dy).map(|(y, dy)| y * dy).sum::<f64>();
        for (index, gradient) in gradients.iter().enumerate() {
            for place in 0..gradient.len() {
                let mut moved = inputs.clone();
                moved[index][place] += 1.0;
                let slope = total(&moved) - total(&inputs);
                assert_eq!(gradient[place], slope, "{g:?}: input {index} at {place}");
            }
        }
    }
}

#[test]
fn matrix_products() {
    for (m, n, k) in [(3, 5, 4), (4, 8, 9), (1, 7, 3), (6, 1, 5), (5, 9, 1)] {
        let product = |m, n, k, transpose_a, transpose_b| Product { m, n, k, transpose_a, transpose_b };
        let run = |product: Product, a: &[f64], b: &[f64]| {
            let mut c = vec![0.0; product.m * product.n];
            let mut space = vec![0.0; product.workspace().expect("fits")];
            matmul(product, a, b, None, &mut c, Ending::NONE, &mut space);
            c
        };
        let mut numbers = Numbers(5);
        check(
            "matmul",
            vec![numbers.values(m * k, 1.0), numbers.values(k * n, 1.0)],
            |x| run(product(m, n, k, false, false), &x[0], &x[1]),
            |x, dy| {
                let da = run(product(m, k, n, false, true), dy, &x[1]);
                vec![da, run(product(k, n, m, true, false), &x[0], dy)]
            },
        );
    }
}

#[test]
fn activations() {
    let functions = [
        Activation::Sigmoid,
        Activation::Relu,
        Activation::Tanh,
        Activation::Relu6,
        Activation::LeakyRelu(0.2),
        Activation::Elu(0.7),
        Activation::Selu,
        Activation::Gelu,
        Activation::GeluTanh,
        Activation::Silu,
        Activation::Softplus,
        Activation::HardSigmoid,
        Activation::HardSwish,
        Activation::Mish,
        Activation::Softsign,
        Activation::HardTanh,
        Activation::Exponential,
        Activation::LogSigmoid,
        Activation::SoftShrink(0.5),
        Activation::HardShrink(1.0),
        Activation::TanhShrink,
        Activation::Squareplus(4.0),
    ];
    for function in functions {
        let run = |x: &Arrays| {
            let mut y = vec![0.0; x[0].len()];
            activation::forward(function, &x[0], &mut y);
            y
        };
        check(&format!("{function:?}"), vec![Numbers(9).values(203, 7.0)], run, |x, dy| {
            let seen = if function.slope_follows_from_output() { run(x) } else { x[0].clone() };
            let mut dx = vec![0.0; dy.len()];
            activation::gradient(function, &seen, dy, &mut dx);
            vec![dx]
        });
    }
}

#[test]
fn softmax_of_rows() {
    let run = |x: &Arrays| {
        let mut y = vec![0.0; x[0].len()];
        softmax::softmax(7, &x[0], &mut y);
        y
    };
    check("softmax", vec![Numbers(11).values(35, 3.0)], run, |x, dy| {
        let mut dx = dy.to_vec();
        softmax::gradient(7, &run(x), &mut dx);
        vec![dx]
    });
}

#[test]
fn normalizations() {
    let matrix = Matrix { rows: 9, channels: 5 };
    let mut numbers = Numbers(13);
    let inputs = vec![numbers.values(45, 2.0), numbers.values(5, 2.0), numbers.values(5, 2.0)];
    let batch = |x: &Arrays| {
        let (mut y, mut statistics) = (vec![0.0; 45], vec![0.0; 10]);
        let affine = Affine { gamma: Some(&x[1]), beta: Some(&x[2]) };
        let (mut mean, mut variance, mut scratch) = (vec![0.0; 5], vec![0.0; 5], vec![0.0; 10]);
        let moving = (&mut mean[..], &mut variance[..]);
        batch_norm::training(matrix, &x[0], affine, (0.9, 1e-3), moving, &mut statistics, &mut y, &mut scratch);
        (y, statistics)
    };
    check(
        "batch normalization",
        inputs.clone(),
        |x| batch(x).0,
        |x, dy| {
            let (mut dx, mut sums, mut scratch) = (vec![0.0; 45], vec![0.0; 10], vec![0.0; 10]);
            let statistics = batch(x).1;
            let gamma = Some(&x[1][..]);
            batch_norm::gradient(matrix, &x[0], gamma, &statistics, dy, Some(&mut dx), &mut sums, &mut scratch);
            vec![dx, sums[5..].to_vec(), sums[..5].to_vec()]
        },
    );
    let layer = |x: &Arrays| {
        let (mut y, mut statistics) = (vec![0.0; 45], vec![0.0; 18]);
        let affine = Affine { gamma: Some(&x[1]), beta: Some(&x[2]) };
        layer_norm::forward(matrix, &x[0], affine, 1e-3, &mut statistics, &mut y);
        (y, statistics)
    };
    check(
        "layer normalization",
        inputs,
        |x| layer(x).0,
        |x, dy| {
            let (mut dx, mut sums) = (vec![0.0; 45], vec![0.0; 10]);
            layer_norm::gradient(matrix, &x[0], Some(&x[1]), &layer(x).1, dy, &mut dx, &mut sums);
            vec![dx, sums[5..].to_vec(), sums[..5].to_vec()]
        },
    );
}

#[test]
fn poolings() {
    for (kernel, stride, pad) in [(2, 2, 0), (3, 2, 1), (3, 1, 1), (1, 1, 0)] {
        let words = [2, 6, 5, 3, kernel, kernel, 3, stride, stride, pad, pad, pad, pad, 1, 1, 1];
        let g = Geometry::new(&words).expect("a geometry");
        let inputs = || vec![Numbers(17).values(g.input_size(), 5.0)];
        let run = |kernel: &dyn Fn(&[f64], &mut [f64]), x: &Arrays| {
            let mut y = vec![0.0; g.output_size()];
            kernel(&x[0], &mut y);
            y
        };
        let max = |x: &Arrays| run(&|x, y| pooling::max(&g, x, y), x);
        check("max pooling", inputs(), max, |x, dy| {
            let mut dx = vec![0.0; g.input_size()];
            pooling::max_gradient(&g, &x[0], &max(x), dy, &mut dx);
            vec![dx]
        });
        check(
            "average pooling",
            inputs(),
            |x| run(&|x, y| pooling::average(&g, x, y), x),
            |_, dy| {
                let mut dx = vec![0.0; g.input_size()];
                pooling::average_gradient(&g, dy, &mut dx);
                vec![dx]
            },
        );
    }
}

#[test]
fn losses() {
    let mut numbers = Numbers(19);
    let shares =
        |numbers: &mut Numbers| numbers.values(24, 1.0).iter().map(|x| x.abs() * 0.9 + 0.05).collect::<Vec<_>>();
    let (targets, weights) = (shares(&mut numbers), shares(&mut numbers)[..6].to_vec());
    let kinds = [
        Pointwise::Squared,
        Pointwise::Absolute,
        Pointwise::Huber(0.3),
        Pointwise::BinaryCrossEntropy(0.1),
        Pointwise::BinaryCrossEntropyFromLogits(0.1),
        Pointwise::Hinge,
        Pointwise::KullbackLeibler,
        Pointwise::SquaredHinge,
        Pointwise::LogCosh,
        Pointwise::Poisson,
        Pointwise::AbsolutePercentage,
        Pointwise::SquaredLogarithmic,
        Pointwise::Focal(Focal { gamma: 2.0, alpha: None, smoothing: 0.1, from_logits: false }),
        Pointwise::Focal(Focal { gamma: 0.7, alpha: Some(0.25), smoothing: 0.1, from_logits: false }),
        Pointwise::Focal(Focal { gamma: 1.5, alpha: Some(0.25), smoothing: 0.0, from_logits: true }),
        Pointwise::Focal(Focal { gamma: 0.0, alpha: None, smoothing: 0.0, from_logits: true }),
    ];
    for kind in kinds {
        check(
            &format!("{kind:?}"),
            vec![shares(&mut numbers)],
            |x| vec![pointwise_loss::value(kind, 4, 0.25, &x[0], &targets, Some(&weights))],
            |x, dy| {
                let mut dx = vec![0.0; 24];
                pointwise_loss::gradient(kind, 4, 0.25 * dy[0], (&x[0], &targets), Some(&weights), &mut dx);
                vec![dx]
            },
        );
    }
    let labels = [0.0, 3.0, 1.0, 1.0, 2.0, 0.0];
    for (values, sparse) in [(&labels[..], true), (&targets[..], false)] {
        let targets = Targets { values, sparse, smoothing: 0.1, weights: Some(&weights) };
        let scaled = |mut gradient: Vec<f64>, dy: &[f64]| {
            gradient.iter_mut().for_each(|value| *value *= dy[0]);
            vec![gradient]
        };
        let logits = |x: &Arrays| {
            let mut shares = vec![0.0; 24];
            let loss = cross_entropy::from_logits(4, &x[0], targets, &mut shares).expect("labels are classes");
            (vec![loss], shares)
        };
        check(
            "cross-entropy of logits",
            vec![numbers.values(24, 3.0)],
            |x| logits(x).0,
            |x, dy| {
                let mut dx = vec![0.0; 24];
                cross_entropy::from_logits_gradient(4, &logits(x).1, targets, &mut dx);
                scaled(dx, dy)
            },
        );
        check(
            "cross-entropy of probabilities",
            vec![shares(&mut numbers)],
            |x| vec![cross_entropy::from_probabilities(4, &x[0], targets).expect("labels are classes")],
            |x, dy| {
                let mut dx = vec![0.0; 24];
                cross_entropy::from_probabilities_gradient(4, &x[0], targets, &mut dx);
                scaled(dx, dy)
            },
        );
    }
    check(
        "half squared error",
        vec![numbers.values(23, 2.0)],
        |x| vec![loss::half_squared_error(&x[0], &targets[..23])],
        |x, dy| {
            let mut dx = vec![0.0; 23];
            loss::half_squared_error_gradient(&x[0], &targets[..23], &mut dx);
            vec![dx.iter().map(|value| value * dy[0]).collect()]
        },
    );
}

#[test]
fn enlarged_images_and_slopes_that_learn() {
    for bilinear in [false, true] {
        let e = Enlargement { batch: 2, size: [3, 4], factor: [2, 3], channels: 3, bilinear };
        check(
            "enlargement",
            vec![Numbers(23).values(e.input_size(), 1.0)],
            |x| {
                let mut y = vec![0.0; e.output_size()];
                enlarge::enlarge(&e, &x[0], &mut y);
                y
            },
            |_, dy| {
                let mut dx = vec![0.0; e.input_size()];
                enlarge::enlarge_gradient(&e, dy, &mut dx);
                vec![dx]
            },
        );
    }
    let mut numbers = Numbers(29);
    check(
        "prelu",
        vec![numbers.values(6, 1.0), numbers.values(24, 2.0)],
        |x| {
            let mut y = vec![0.0; 24];
            prelu::forward(&x[0], &x[1], &mut y);
            y
        },
        |x, dy| {
            let (mut dx, mut dalpha) = (vec![0.0; 24], vec![0.0; 6]);
            prelu::gradient(&x[0], &x[1], dy, &mut dx, &mut dalpha);
            vec![dalpha, dx]
        },
    );
}

#[test]
fn warps() {
    for fill in [Fill::Constant(0.5), Fill::Nearest, Fill::Reflect, Fill::Wrap] {
        for bilinear in [false, true] {
            let w = Warp { batch: 2, input: [5, 4], output: [4, 6], channels: 3, fill, bilinear };
            let maps = [0.9, -0.3, 0.7, 0.2, 1.1, -1.3, 1.3, 0.4, -2.2, -0.1, 0.7, 1.9];
            let run = |x: &Arrays| {
                let mut y = vec![0.0; 2 * w.output_image()];
                warp::forward(&w, &maps, &x[0], &mut y);
                y
            };
            check(&format!("{w:?}"), vec![Numbers(29).values(120, 2.0)], run, |_, dy| {
                let mut dx = vec![0.0; 120];
                warp::gradient(&w, &maps, dy, &mut dx);
                vec![dx]
            });
        }
    }
}

#[test]
fn tones() {
    let images = Images { batch: 2, pixels: 7, channels: 5, range: [-1.2, 1.6] };
    let tones = [0.6, 0.1, 1.0, -0.3];
    let run = |x: &Arrays| {
        let (mut y, mut offsets) = (vec![0.0; 70], vec![0.0; 10]);
        tone::forward(&images, &tones, &x[0], &mut y, &mut offsets);
        (y, offsets)
    };
    check(
        "tones",
        vec![Numbers(31).values(70, 3.0)],
        |x| run(x).0,
        |x, dy| {
            let (mut dx, mut means) = (vec![0.0; 70], vec![0.0; 10]);
            tone::gradient(&images, (&tones, &run(x).1), &x[0], dy, &mut dx, &mut means);
            vec![dx]
        },
    );
}

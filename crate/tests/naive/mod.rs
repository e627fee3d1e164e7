//! The definitions in double precision: the reference of every kernel.
#![allow(dead_code)]

use convgrad::geometry::Geometry;

/// A small generator for test data; its quality does not matter.
pub struct Numbers(u64);

impl Numbers {
    pub fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    /// Integers from -limit to limit: sums of their products are exact in any order.
    pub fn integers(&mut self, length: usize, limit: i64) -> Vec<f32> {
        (0..length).map(|_| (self.next() % (2 * limit as u64 + 1)) as f32 - limit as f32).collect()
    }

    /// Floats from -1 to 1.
    pub fn floats(&mut self, length: usize) -> Vec<f32> {
        (0..length).map(|_| (self.next() >> 40) as f32 / (1u64 << 23) as f32 - 1.0).collect()
    }
}

/// Which array of a convolution is summed up.
#[derive(Clone, Copy)]
pub enum Into {
    Output,
    Filter,
    Input,
}

/// Calls `work` with the places of a pixel, of a filter's value and of an output, for every product that there is.
pub fn each_product(g: &Geometry, mut work: impl FnMut([usize; 3])) {
    let (depth, per_group) = (g.in_c / g.groups, g.out_c / g.groups);
    for n in 0..g.batch {
        for i in 0..g.out_h {
            for j in 0..g.out_w {
                for p in 0..g.kernel_h {
                    for q in 0..g.kernel_w {
                        let row = (i * g.stride_h + p * g.dilation_h) as isize - g.pad_top as isize;
                        let column = (j * g.stride_w + q * g.dilation_w) as isize - g.pad_left as isize;
                        if row < 0 || column < 0 || row >= g.in_h as isize || column >= g.in_w as isize {
                            continue;
                        }
                        for o in 0..g.out_c {
                            for c in 0..depth {
                                let channel = o / per_group * depth + c;
                                let a = ((n * g.in_h + row as usize) * g.in_w + column as usize) * g.in_c + channel;
                                let b = ((p * g.kernel_w + q) * depth + c) * g.out_c + o;
                                let d = ((n * g.out_h + i) * g.out_w + j) * g.out_c + o;
                                work([a, b, d]);
                            }
                        }
                    }
                }
            }
        }
    }
}

/// All three passes from one definition. Answers the sums, and the sums of absolute products, by which rounding errors are
/// judged.
pub fn convolve(g: &Geometry, x: &[f32], filter: &[f32], y: &[f32], into: Into) -> (Vec<f64>, Vec<f64>) {
    let length = match into {
        Into::Output => g.output_size(),
        Into::Filter => g.filter_size(),
        Into::Input => g.input_size(),
    };
    let (mut sums, mut sizes) = (vec![0.0; length], vec![0.0; length]);
    each_product(g, |[a, b, d]| {
        let (target, product) = match into {
            Into::Output => (d, f64::from(x[a]) * f64::from(filter[b])),
            Into::Filter => (b, f64::from(x[a]) * f64::from(y[d])),
            Into::Input => (a, f64::from(y[d]) * f64::from(filter[b])),
        };
        sums[target] += product;
        sizes[target] += product.abs();
    });
    (sums, sizes)
}

/// Every value within the rounding of a sum of products: some units of the last place of Σ|products|.
pub fn assert_close(actual: &[f32], (expected, sizes): &(Vec<f64>, Vec<f64>), what: &str) {
    assert_eq!(actual.len(), expected.len(), "{what}");
    for (index, ((&a, &e), &size)) in actual.iter().zip(expected).zip(sizes).enumerate() {
        let error = (f64::from(a) - e).abs();
        // Blocked sums of n terms err by far less than n ulps; 32 holds for every shape of these tables.
        assert!(error <= 32.0 * f64::from(f32::EPSILON) * size + 1e-30, "{what} [{index}]: {a}, expected {e}");
    }
}

/// Every value the same, bit for bit but for the sign of zero.
pub fn assert_exact(actual: &[f32], expected: &[f64], what: &str) {
    assert_eq!(actual.len(), expected.len(), "{what}");
    for (index, (&a, &e)) in actual.iter().zip(expected).enumerate() {
        assert!(f64::from(a) == e, "{what} [{index}]: {a}, expected {e}");
    }
}

/// Errors are shares of what all taps add up to, at most some roundings of them.
pub fn assert_near(actual: &[f32], (expected, sizes): (Vec<f64>, Vec<f64>), what: &str) {
    let most = sizes.iter().copied().fold(0.0, f64::max);
    for (index, (&value, &expected)) in actual.iter().zip(&expected).enumerate() {
        let error = (f64::from(value) - expected).abs();
        assert!(error <= 50.0 * f64::from(f32::EPSILON) * most, "{what} [{index}]: {value}, expected {expected}");
    }
}

//! What is done to gradients and parameters around an update.

use crate::vector::Real;

/// Cuts every gradient to [−limit, limit]; NaN stays.
pub fn clip(limit: Real, gradients: &mut [Real]) {
    for g in gradients {
        *g = if *g > limit {
            limit
        } else if *g < -limit {
            -limit
        } else {
            *g
        };
    }
}

/// Scales gradients whose Euclidean norm is larger than `limit` down to it.
pub fn clip_norm(limit: Real, gradients: &mut [Real]) {
    let square: f64 = gradients.iter().map(|&g| f64::from(g) * f64::from(g)).sum();
    let norm = square.sqrt();
    // Not `norm > limit` alone: NaN must reach the parameters.
    if norm <= f64::from(limit) {
        return;
    }
    let factor = (f64::from(limit) / norm) as Real;
    for g in gradients {
        *g *= factor;
    }
}

/// `p ← p·(1 − factor)`: decay that does not pass through the optimizer's means (Loshchilov and Hutter, 2019).
pub fn decay(factor: Real, parameters: &mut [Real]) {
    for p in parameters {
        *p -= *p * factor;
    }
}

/// `g ← g + l1·sign(p) + 2·l2·p`: the gradient of l1·Σ|p| + l2·Σp².
pub fn penalize((l1, l2): (Real, Real), parameters: &[Real], gradients: &mut [Real]) {
    for (p, g) in parameters.iter().zip(gradients) {
        let sign = Real::from(i8::from(*p > 0.0) - i8::from(*p < 0.0));
        *g += l1 * sign + 2.0 * l2 * p;
    }
}

/// `loss += l1·Σ|p| + l2·Σp²`.
pub fn penalty((l1, l2): (Real, Real), parameters: &[Real], loss: &mut Real) {
    let sums = parameters.iter().fold((0.0, 0.0), |(absolute, square): (f64, f64), &p| {
        (absolute + f64::from(p).abs(), square + f64::from(p) * f64::from(p))
    });
    *loss += (f64::from(l1) * sums.0 + f64::from(l2) * sums.1) as Real;
}

/// Scales every column of a matrix whose norm is larger than `limit` down to it (Srivastava et al., 2014).
pub fn max_norm(columns: usize, limit: Real, parameters: &mut [Real]) {
    for column in 0..columns {
        let square: f64 = parameters.iter().skip(column).step_by(columns).map(|&p| f64::from(p) * f64::from(p)).sum();
        if square.sqrt() > f64::from(limit) {
            let factor = (f64::from(limit) / square.sqrt()) as Real;
            for p in parameters.iter_mut().skip(column).step_by(columns) {
                *p *= factor;
            }
        }
    }
}

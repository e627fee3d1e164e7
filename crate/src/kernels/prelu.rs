//! A leaky relu whose slopes are learned (He et al., "Delving Deep into Rectifiers", 2015).

use crate::vector::Real;

/// `y = x` for x ≥ 0, else `alpha · x`; the slopes repeat for every row.
pub fn forward(alpha: &[Real], x: &[Real], y: &mut [Real]) {
    for (x, y) in x.chunks_exact(alpha.len()).zip(y.chunks_exact_mut(alpha.len())) {
        for ((x, y), alpha) in x.iter().zip(y).zip(alpha) {
            *y = if *x < 0.0 { x * alpha } else { *x };
        }
    }
}

/// `dx = dy` for x > 0, else `alpha · dy`; `dalpha = Σ over rows of dy · min(x, 0)`.
pub fn gradient(alpha: &[Real], x: &[Real], dy: &[Real], dx: &mut [Real], dalpha: &mut [Real]) {
    dalpha.fill(0.0);
    let width = alpha.len();
    for ((x, dy), dx) in x.chunks_exact(width).zip(dy.chunks_exact(width)).zip(dx.chunks_exact_mut(width)) {
        for c in 0..width {
            let negative = x[c] <= 0.0;
            dx[c] = if negative { dy[c] * alpha[c] } else { dy[c] };
            dalpha[c] += if negative { dy[c] * x[c] } else { 0.0 };
        }
    }
}

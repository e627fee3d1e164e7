//! Batch normalization with moving averages, folded into the linear layer before it: one product where there were two.

use super::batch_norm::Affine;
use crate::vector::Real;

/// In the kernel `inner` values stand together for each of the `channels` of the output, again and again: `s = γ/√(variance + ε)`, `folded = kernel·s`, `shift = (bias − mean)·s + β`: then `x·folded +
/// shift` is the normalized `x·kernel + bias` (Jacob et al., "Quantization and Training of Neural Networks", 2018, section 3.2). `shift [channels]`.
pub fn fold_batch_norm(
    (channels, inner): (usize, usize),
    epsilon: Real,
    (kernel, bias): (&[Real], Option<&[Real]>),
    affine: Affine,
    (mean, variance): (&[Real], &[Real]),
    folded: &mut [Real],
    shift: &mut [Real],
) {
    for c in 0..channels {
        shift[c] = affine.gamma.map_or(1.0, |gamma| gamma[c]) / (variance[c] + epsilon).sqrt();
    }
    let groups = kernel.chunks_exact(inner).zip(folded.chunks_exact_mut(inner));
    for ((kernel, folded), factor) in groups.zip(shift.iter().cycle()) {
        for (kernel, folded) in kernel.iter().zip(folded) {
            *folded = kernel * factor;
        }
    }
    for c in 0..channels {
        let centred = bias.map_or(0.0, |bias| bias[c]) - mean[c];
        shift[c] = centred * shift[c] + affine.beta.map_or(0.0, |beta| beta[c]);
    }
}

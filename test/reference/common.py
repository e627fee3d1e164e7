"""What the scripts that ask Keras share."""

import numpy as np
import tensorflow as tf


def numbers(seed: int, shape) -> np.ndarray:
    """The generator of test/support/numbers.ts."""
    count, state = int(np.prod(shape)), seed
    out = np.empty(count, np.float32)
    for index in range(count):
        state = (state * 1664525 + 1013904223) % 2**32
        out[index] = (state >> 15) / 65536 - 1
    return out.reshape(shape)


def significant(values) -> list[float]:
    """All values in one list, with eight digits."""
    return [float(f"{value:.8g}") for value in np.asarray(values, np.float64).ravel()]


sample_weight = np.abs(numbers(6, (6,))) * 2


def loss_case(function, options, outputs, targets, loss):
    """A loss and its gradient by six outputs, also with weights of the samples."""

    def run(weights):
        o = tf.Variable(outputs)
        with tf.GradientTape() as tape:
            value = loss(targets, o, sample_weight=weights)
        return float(value), significant(tape.gradient(value, o))

    (value, gradient), (weighted, weighted_gradient) = run(None), run(sample_weight)
    return dict(
        function=function, options=options, outputs=significant(outputs), targets=significant(targets),
        loss=value, gradient=gradient, weightedLoss=weighted, weightedGradient=weighted_gradient,
    )

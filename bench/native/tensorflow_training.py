"""Training steps in TensorFlow as compiled functions."""

import tensorflow as tf


def training(variables, loss_of, optimizer):
    """The losses of the first two steps, and a step."""

    @tf.function
    def step():
        with tf.GradientTape() as tape:
            loss = loss_of()
        optimizer(tape.gradient(loss, variables))
        return loss

    return [float(step()), float(step())], lambda: float(step())


def adam(variables, rate):
    """Keras's, as a function of the gradients."""
    optimizer = tf.keras.optimizers.Adam(rate, epsilon=1e-7)
    optimizer.build(variables)
    return lambda gradients: optimizer.apply_gradients(zip(gradients, variables))

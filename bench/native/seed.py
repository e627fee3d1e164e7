"""The seed's step in native TensorFlow and JAX on the CPU: python seed.py FILTERS SECONDS prints JSON rows."""

import json
import statistics
import sys
import time

import numpy as np

BATCH, RATE = 100, 0.0005
k, seconds = int(sys.argv[1]), float(sys.argv[2])


def numbers(seed: int, count: int) -> np.ndarray:
    out, state = np.empty(count, np.float32), seed
    for index in range(count):
        state = (state * 1664525 + 1013904223) % 2**32
        out[index] = (state >> 15) / 65536 - 1
    return out


x = ((numbers(1, BATCH * 484) + 1) / 2).reshape(BATCH, 22, 22, 1)
f = (numbers(2, 9 * k) * 0.5).reshape(3, 3, 1, k)
w = (numbers(3, 400 * k) * 0.125).reshape(400 * k, 1)
b = numbers(4, 1) * 0.5
y = (numbers(5, BATCH) > 0).astype(np.float32).reshape(BATCH, 1)


def measure(step) -> list[float]:
    for _ in range(50):
        step()
    times, end = [], time.perf_counter() + seconds
    while time.perf_counter() < end:
        start = time.perf_counter()
        for _ in range(5):
            step()
        times.append((time.perf_counter() - start) * 200)
    return times


def tensorflow_step():
    import tensorflow as tf

    tx, ty = tf.constant(x), tf.constant(y)
    variables = [tf.Variable(value) for value in (f, w, b)]

    @tf.function(jit_compile=False)
    def step():
        with tf.GradientTape() as tape:
            h = tf.reshape(tf.sigmoid(tf.nn.conv2d(tx, variables[0], 1, "VALID")), [BATCH, -1])
            loss = tf.reduce_sum((ty - tf.sigmoid(h @ variables[1] + variables[2])) ** 2) / 2
        for variable, gradient in zip(variables, tape.gradient(loss, variables)):
            variable.assign_sub(RATE * gradient)
        return loss

    return lambda: float(step())


def jax_step():
    import jax
    import jax.numpy as jnp

    def loss(p):
        z = jax.lax.conv_general_dilated(x, p[0], (1, 1), "VALID", dimension_numbers=("NHWC", "HWIO", "NHWC"))
        h = jax.nn.sigmoid(z).reshape(BATCH, -1)
        return jnp.sum((y - jax.nn.sigmoid(h @ p[1] + p[2])) ** 2) / 2

    update = jax.jit(lambda p: (lambda v, g: (v, [a - RATE * d for a, d in zip(p, g)]))(*jax.value_and_grad(loss)(p)))
    state = [[jnp.asarray(value) for value in (f, w, b)]]

    def step():
        value, state[0] = update(state[0])
        return float(value)

    return step


rows = []
for name, make in (("tensorflow", tensorflow_step), ("jax", jax_step)):
    try:
        step = make()
    except ImportError:
        continue
    rows.append({"engine": name, "times": measure(step)})
if not rows:
    sys.exit("neither tensorflow nor jax is installed")
print(json.dumps(rows))

"""Numbers of the seed's network from JAX, for test/seed: gradients and a loss curve of 200 steps.

Inputs come from a generator that both sides have, so that only results are stored.
Run: pip install jax && python seed.py
"""

import json
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np

jax.config.update("jax_enable_x64", True)

STEPS = 200
# Small enough that descent is stable for every k. At four times these rates the steps of 5 filters overshoot, and
# then JAX's own float32 and float64 curves part as well (by 3.4 for batch 7): such a curve can judge nobody.
RATE = {1: 0.02, 7: 0.005, 100: 0.0005}


def numbers(seed: int, count: int) -> np.ndarray:
    """Multiples of 2**-16 in [-1, 1), exact in float32: a linear congruential generator modulo 2**32."""
    out = np.empty(count)
    state = seed
    for index in range(count):
        state = (state * 1664525 + 1013904223) % 2**32
        out[index] = (state >> 15) / 65536 - 1
    return out


def inputs(k: int, batch: int):
    x = (numbers(1, batch * 22 * 22).reshape(batch, 22, 22) + 1) / 2
    f = numbers(2, 9 * k).reshape(3, 3, 1, k) * 0.5
    w = numbers(3, 400 * k).reshape(400 * k, 1) * 0.125
    b = numbers(4, 1) * 0.5
    y = (numbers(5, batch) > 0).astype(np.float64).reshape(batch, 1)
    return x, f, w, b, y


def loss(parameters, x, y):
    """E of the seed, with samples in rows: Z1 = conv(X, f), H1 = sigmoid(Z1), O = sigmoid(H1·W + b)."""
    f, w, b = parameters
    z1 = jax.lax.conv_general_dilated(
        x[..., None], f, (1, 1), "VALID", dimension_numbers=("NHWC", "HWIO", "NHWC")
    )
    h1 = jax.nn.sigmoid(z1).reshape(x.shape[0], -1)
    o = jax.nn.sigmoid(h1 @ w + b)
    return jnp.sum((y - o) ** 2) / 2


def case(k: int, batch: int):
    x, f, w, b, y = inputs(k, batch)
    value_and_gradient = jax.jit(jax.value_and_grad(loss))
    parameters = (jnp.asarray(f), jnp.asarray(w), jnp.asarray(b))
    first, gradients = value_and_gradient(parameters, x, y)
    curve = []
    for _ in range(STEPS):
        value, slopes = value_and_gradient(parameters, x, y)
        curve.append(float(value))
        parameters = tuple(p - RATE[batch] * g for p, g in zip(parameters, slopes))
    significant = lambda values: [float(f"{value:.9g}") for value in np.asarray(values).ravel()]
    return {
        "filters": k,
        "batch": batch,
        "learningRate": RATE[batch],
        "loss": float(first),
        "filterGradient": significant(gradients[0]),
        "weightGradient": significant(gradients[1]),
        "biasGradient": significant(gradients[2]),
        "curve": significant(curve),
    }


if __name__ == "__main__":
    result = {
        "made by": f"test/reference/seed.py, jax {jax.__version__}, float64",
        "cases": [case(k, batch) for k in (1, 3, 5) for batch in (1, 7, 100)],
    }
    Path(__file__).with_name("seed.json").write_text(json.dumps(result) + "\n")

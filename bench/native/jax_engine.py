"""Workloads in JAX on the CPU, each step compiled by jit; prepare answers (answer, step) or None."""

import jax
import jax.numpy as jnp
import numpy as np

VERSION = jax.__version__
LAYOUT = ("NHWC", "HWIO", "NHWC")


def prepare(workload: dict, inputs: dict, threads: int):
    maker = MAKERS.get(workload["kind"])
    return maker(workload, inputs) if maker else None


def kernel(function, *arrays):
    compiled, arrays = jax.jit(function), [jnp.asarray(array) for array in arrays]
    return np.asarray(compiled(*arrays)), lambda: compiled(*arrays).block_until_ready()


def matmul(w, inputs):
    a = inputs["a"].reshape((w["k"], w["m"]) if w["transposeA"] else (w["m"], w["k"]))
    b = inputs["b"].reshape((w["n"], w["k"]) if w["transposeB"] else (w["k"], w["n"]))
    return kernel(lambda a, b: (a.T if w["transposeA"] else a) @ (b.T if w["transposeB"] else b), a, b)


def conv2d(w, inputs):
    sizes = w["sizes"]
    groups = sizes["input"][3] if w["depthwise"] else 1
    strides, padding = (w["strides"],) * 2, w["padding"].upper()
    x, f, dy = (inputs[name].reshape(sizes[key]) for name, key in (("x", "input"), ("filter", "filter"), ("dy", "output")))

    def conv(x, f):
        return jax.lax.conv_general_dilated(
            x, f, strides, padding, dimension_numbers=LAYOUT, feature_group_count=groups
        )

    if w["pass"] == "forward":
        return kernel(conv, x, f)
    index = 1 if w["pass"] == "filterGradient" else 0
    return kernel(lambda x, f, dy: jax.vjp(conv, x, f)[1](dy)[index], x, f, dy)


def activation(w, inputs):
    if w["pass"] != "forward":
        return None
    name = w["activation"]
    special = {"tanh": jnp.tanh, "gelu": lambda x: jax.nn.gelu(x, approximate=False)}
    return kernel(special[name] if name in special else getattr(jax.nn, name), inputs["x"])


def softmax(w, inputs):
    return kernel(lambda x: jax.nn.softmax(x, -1), inputs["x"].reshape(w["rows"], w["width"]))


def training(step, state):
    state = [state]

    def run():
        value, state[0] = step(state[0])
        return float(value)

    return [run(), run()], run


def seed_step(w, inputs):
    x, y = inputs["x"].reshape(-1, 22, 22, 1), inputs["y"].reshape(-1, 1)
    shapes = {"f": (3, 3, 1, w["filters"]), "w": (400 * w["filters"], 1), "b": (1,)}
    state = [jnp.asarray(inputs[name].reshape(shape)) for name, shape in shapes.items()]

    def loss(p):
        z = jax.lax.conv_general_dilated(x, p[0], (1, 1), "VALID", dimension_numbers=LAYOUT)
        h = jax.nn.sigmoid(z).reshape(w["batch"], -1)
        return jnp.sum((y - jax.nn.sigmoid(h @ p[1] + p[2])) ** 2) / 2

    @jax.jit
    def step(p):
        value, gradients = jax.value_and_grad(loss)(p)
        return value, [a - w["rate"] * g for a, g in zip(p, gradients)]

    return training(step, state)


def logits(p, x):
    k1, b1, k2, b2, dense, b = p

    def layer(z, k, b):
        z = jax.nn.relu(jax.lax.conv_general_dilated(z, k, (1, 1), "VALID", dimension_numbers=LAYOUT) + b)
        return jax.lax.reduce_window(z, -jnp.inf, jax.lax.max, (1, 2, 2, 1), (1, 2, 2, 1), "VALID")

    return layer(layer(x, k1, b1), k2, b2).reshape(x.shape[0], -1) @ dense + b


def convnet(w, inputs):
    x = jnp.asarray(inputs["x"].reshape(-1, 28, 28, 1))
    return x, [jnp.asarray(inputs[name].reshape(shape)) for name, shape in w["shapes"].items()]


def convnet_step(w, inputs):
    x, weights = convnet(w, inputs)
    labels = jnp.asarray(inputs["labels"])

    def loss(p):
        chances = jax.nn.log_softmax(logits(p, x))
        return -jnp.take_along_axis(chances, labels[:, None], 1).mean()

    @jax.jit
    def step(state):
        p, m, v, t = state
        value, g = jax.value_and_grad(loss)(p)
        t = t + 1
        scale = w["rate"] * jnp.sqrt(1 - 0.999**t) / (1 - 0.9**t)
        m = [0.9 * a + 0.1 * b for a, b in zip(m, g)]
        v = [0.999 * a + 0.001 * b * b for a, b in zip(v, g)]
        return value, ([a - scale * b / (jnp.sqrt(c) + 1e-7) for a, b, c in zip(p, m, v)], m, v, t)

    zeros = [jnp.zeros_like(a) for a in weights]
    return training(step, (weights, zeros, zeros, jnp.float32(0)))


def convnet_inference(w, inputs):
    x, weights = convnet(w, inputs)
    compiled = jax.jit(logits)
    return np.asarray(compiled(weights, x)), lambda: np.asarray(compiled(weights, x))


MAKERS = {
    "matmul": matmul,
    "conv2d": conv2d,
    "activation": activation,
    "softmax": softmax,
    "seed step": seed_step,
    "convnet step": convnet_step,
    "convnet inference": convnet_inference,
}

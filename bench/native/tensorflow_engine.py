"""Workloads in TensorFlow, each step a compiled function; prepare answers (answer, step) or None."""

import os

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
import numpy as np
import tensorflow as tf

from keras_networks import network_predict, network_step
from tensorflow_training import adam, training

VERSION = tf.__version__


def prepare(workload: dict, inputs: dict, threads: int):
    maker = MAKERS.get(workload["kind"])
    return maker(workload, inputs) if maker else None


def kernel(function, *arrays):
    """A kernel whose arguments are variables, so that nothing is computed beforehand."""
    variables = [tf.Variable(array) for array in arrays]
    compiled = tf.function(lambda: function(*variables))
    return compiled().numpy(), lambda: compiled()


def matmul(w, inputs):
    a = inputs["a"].reshape((w["k"], w["m"]) if w["transposeA"] else (w["m"], w["k"]))
    b = inputs["b"].reshape((w["n"], w["k"]) if w["transposeB"] else (w["k"], w["n"]))
    return kernel(lambda a, b: tf.matmul(a, b, w["transposeA"], w["transposeB"]), a, b)


def conv2d(w, inputs):
    sizes, strides, padding = w["sizes"], [1, w["strides"], w["strides"], 1], w["padding"].upper()
    shape = sizes["filter"]
    if w["depthwise"]:
        shape = [shape[0], shape[1], shape[3], 1]
    x = inputs["x"].reshape(sizes["input"])
    f = inputs["filter"].reshape(shape)
    dy = inputs["dy"].reshape(sizes["output"])
    raw = tf.raw_ops
    if w["depthwise"]:
        forward, filter_gradient, input_gradient = (
            raw.DepthwiseConv2dNative,
            raw.DepthwiseConv2dNativeBackpropFilter,
            raw.DepthwiseConv2dNativeBackpropInput,
        )
    else:
        forward, filter_gradient, input_gradient = raw.Conv2D, raw.Conv2DBackpropFilter, raw.Conv2DBackpropInput
    options = {"strides": strides, "padding": padding}
    if w["pass"] == "forward":
        return kernel(lambda x, f: forward(input=x, filter=f, **options), x, f)
    if w["pass"] == "filterGradient":
        return kernel(lambda x, dy: filter_gradient(input=x, filter_sizes=shape, out_backprop=dy, **options), x, dy)
    sides = sizes["input"]
    return kernel(lambda f, dy: input_gradient(input_sizes=sides, filter=f, out_backprop=dy, **options), f, dy)


def activation(w, inputs):
    if w["pass"] != "forward":
        return None
    return kernel(getattr(tf.nn, w["activation"]), inputs["x"])


def softmax(w, inputs):
    return kernel(tf.nn.softmax, inputs["x"].reshape(w["rows"], w["width"]))


def max_pool(w, inputs):
    x = inputs["x"].reshape(w["sizes"]["input"])
    ksize, strides = ([1, side, side, 1] for side in (w["window"], w["strides"]))
    options = {"ksize": ksize, "strides": strides, "padding": "VALID"}
    if w["pass"] == "forward":
        return kernel(lambda x: tf.raw_ops.MaxPool(input=x, **options), x)
    y, dy = (inputs[name].reshape(w["sizes"]["output"]) for name in ("y", "dy"))
    return kernel(lambda x, y, dy: tf.raw_ops.MaxPoolGrad(orig_input=x, orig_output=y, grad=dy, **options), x, y, dy)


def seed_step(w, inputs):
    x = tf.constant(inputs["x"].reshape(-1, 22, 22, 1))
    y = tf.constant(inputs["y"].reshape(-1, 1))
    shapes = {"f": (3, 3, 1, w["filters"]), "w": (400 * w["filters"], 1), "b": (1,)}
    f, dense, b = variables = [tf.Variable(inputs[name].reshape(shape)) for name, shape in shapes.items()]

    def loss():
        h = tf.reshape(tf.sigmoid(tf.nn.conv2d(x, f, 1, "VALID")), [w["batch"], -1])
        return tf.reduce_sum((y - tf.sigmoid(h @ dense + b)) ** 2) / 2

    def descend(gradients):
        for variable, gradient in zip(variables, gradients):
            variable.assign_sub(w["rate"] * gradient)

    return training(variables, loss, descend)


def convnet(w, inputs):
    variables = [tf.Variable(inputs[name].reshape(shape)) for name, shape in w["shapes"].items()]
    k1, b1, k2, b2, dense, b = variables
    x = tf.Variable(inputs["x"].reshape(-1, 28, 28, 1), trainable=False)

    def logits():
        h = tf.nn.max_pool2d(tf.nn.relu(tf.nn.bias_add(tf.nn.conv2d(x, k1, 1, "VALID"), b1)), 2, 2, "VALID")
        h = tf.nn.max_pool2d(tf.nn.relu(tf.nn.bias_add(tf.nn.conv2d(h, k2, 1, "VALID"), b2)), 2, 2, "VALID")
        return tf.reshape(h, [w["batch"], 1600]) @ dense + b

    return variables, logits


def convnet_step(w, inputs):
    variables, logits = convnet(w, inputs)
    labels = tf.constant(inputs["labels"])

    def loss():
        return tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels=labels, logits=logits()))

    return training(variables, loss, adam(variables, w["rate"]))


def convnet_inference(w, inputs):
    _, logits = convnet(w, inputs)
    compiled = tf.function(logits)
    return compiled().numpy(), lambda: compiled().numpy()


MAKERS = {
    "matmul": matmul,
    "conv2d": conv2d,
    "activation": activation,
    "softmax": softmax,
    "maxPool": max_pool,
    "seed step": seed_step,
    "convnet step": convnet_step,
    "convnet inference": convnet_inference,
    "network step": network_step,
    "network predict": network_predict,
}

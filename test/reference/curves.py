"""Three networks in Keras, for test/train/curves.test.ts: the losses of 50 training steps, then one of inference.

Weights and batches come from the generator of test/support/numbers.ts; everything is a multiple of a power of two and the
same bits on both sides.

Run: pip install tensorflow-cpu && python curves.py
"""

import json
import math
import os
from pathlib import Path

os.environ["TF_ENABLE_ONEDNN_OPTS"] = "0"
import numpy as np
import tensorflow as tf
from common import numbers

keras = tf.keras
L = keras.layers
BATCH, STEPS, CLASSES = 16, 50, 10


def batch(step: int, shape):
    """Noise over a pattern of each class."""
    y = ((numbers(70_000 + step, (BATCH,)) + 1) / 2 * CLASSES).astype(np.int32)
    x = numbers(90_000 + step, (BATCH, *shape))
    return x + np.stack([numbers(50_000 + int(label), shape) for label in y]), y


def lenet():
    x = L.Input((28, 28, 1))
    y = L.Conv2D(6, 5, padding="same", activation="tanh", name="c1")(x)
    y = L.AveragePooling2D(2)(y)
    y = L.Conv2D(16, 5, activation="tanh", name="c3")(y)
    y = L.AveragePooling2D(2)(y)
    y = L.Flatten()(y)
    y = L.Dense(120, activation="tanh", name="f5")(y)
    y = L.Dense(84, activation="tanh", name="f6")(y)
    return keras.Model(x, L.Dense(CLASSES, name="f7")(y)), keras.optimizers.SGD(0.02, 0.9)


def vgg():
    x = y = L.Input((16, 16, 3))
    for name, filters in (("a1", 8), ("a2", 8), ("b1", 16), ("b2", 16)):
        y = L.Conv2D(filters, 3, padding="same", use_bias=False, name=name)(y)
        y = L.BatchNormalization(name=name + "n")(y)
        y = L.ReLU()(y)
        if name.endswith("2"):
            y = L.MaxPooling2D(2)(y)
    y = L.Dropout(0.0)(L.Dense(32, activation="relu", name="c1")(L.Flatten()(y)))
    return keras.Model(x, L.Dense(CLASSES, name="c2")(y)), keras.optimizers.Adam(1e-3)


def resnet():
    def normalized(y, filters, size, strides, name):
        y = L.Conv2D(filters, size, strides, padding="same", use_bias=False, name=name)(y)
        return L.BatchNormalization(momentum=0.9, name=name + "n")(y)

    x = L.Input((16, 16, 3))
    y = L.ReLU()(normalized(x, 8, 3, 1, "a1"))
    for name, filters, strides in (("b", 8, 1), ("c", 16, 2), ("d", 16, 1)):
        inner = L.ReLU()(normalized(y, filters, 3, strides, name + "1"))
        inner = normalized(inner, filters, 3, 1, name + "2")
        shortcut = normalized(y, filters, 1, strides, name + "3") if strides > 1 else y
        y = L.ReLU()(L.Add()([inner, shortcut]))
    y = L.GlobalAveragePooling2D()(y)
    # At a rate of 0.05 two runs of Keras itself are 5e-3 apart after 50 steps.
    return keras.Model(x, L.Dense(CLASSES, name="e1")(y)), keras.optimizers.SGD(0.01, 0.9, nesterov=True)


def curve(make) -> dict:
    model, optimizer = make()
    kernels = sorted((l for l in model.layers if hasattr(l, "kernel")), key=lambda l: l.name)
    for index, layer in enumerate(kernels):
        kernel, *bias = layer.get_weights()
        # He's initialization, to the next power of two.
        scale = 2.0 ** round(math.log2(math.sqrt(6 / np.prod(kernel.shape[:-1]))))
        layer.set_weights([numbers(1000 + 10 * index, kernel.shape) * scale, *(numbers(1005 + 10 * index, b.shape) / 16 for b in bias)])
    loss_of = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    shape, losses = model.input_shape[1:], []
    for step in range(STEPS):
        x, y = batch(step, shape)
        with tf.GradientTape() as tape:
            loss = loss_of(y, model(x, training=True))
        optimizer.apply_gradients(zip(tape.gradient(loss, model.trainable_variables), model.trainable_variables))
        losses.append(float(loss))
    x, y = batch(STEPS, shape)
    return {"curve": [float(f"{v:.7g}") for v in losses], "inference": float(loss_of(y, model(x, training=False)))}


result = {
    "made by": f"test/reference/curves.py, tensorflow {tf.__version__}, keras {keras.__version__}, float32",
    **{make.__name__: curve(make) for make in (lenet, vgg, resnet)},
}
Path(__file__).with_name("curves.json").write_text(json.dumps(result) + "\n")

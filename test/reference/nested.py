"""Nested models in Keras, for test/train/nested.test.ts: an extractor that is frozen, then free, and one that is applied twice.

Weights and batches come from the generator of test/support/numbers.ts.

Run: pip install tensorflow-cpu && python nested.py
"""

import json
import os
from pathlib import Path

os.environ["TF_ENABLE_ONEDNN_OPTS"] = "0"
import numpy as np
import tensorflow as tf
from common import numbers

keras = tf.keras
L = keras.layers
BATCH, CLASSES = 8, 3


def labels(seed: int) -> np.ndarray:
    return ((numbers(seed, (BATCH,)) + 1) / 2 * CLASSES).astype(np.int32)


def extractor():
    x = L.Input((8, 8, 1))
    y = L.Conv2D(4, 3, activation="relu", name="c")(x)
    y = L.Flatten(name="f")(L.BatchNormalization(momentum=0.9, name="n")(y))
    return keras.Model(x, L.Dense(6, activation="tanh", name="d")(y), name="extractor")


def fill(model, seed: int):
    """Variances stay positive."""
    for index, v in enumerate(model.weights):
        values = numbers(seed + index, v.shape) / 4
        v.assign(np.abs(values) + 0.5 if "variance" in v.path else values)


def compile(model):
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(optimizer=keras.optimizers.SGD(0.1), loss=loss)


def train(model, steps, inputs=1):
    losses = []
    for step in steps:
        x = [numbers(1000 + 10 * step + i, (BATCH, 8, 8, 1)) for i in range(inputs)]
        model.reset_metrics()
        losses.append(float(f"{float(model.train_on_batch(x if inputs > 1 else x[0], labels(2000 + step))):.8g}"))
    return losses


probe = numbers(5, (4, 8, 8, 1))
inner = extractor()
x = L.Input((8, 8, 1))
outer = keras.Model(x, L.Dense(CLASSES, name="head")(inner(x)))
fill(outer, 100)
inner.trainable = False
compile(outer)
frozen = train(outer, range(10))
features = inner.predict(probe, verbose=0)
inner.trainable = True
compile(outer)
free = train(outer, range(10, 15))

twin = extractor()
a, b = L.Input((8, 8, 1)), L.Input((8, 8, 1))
pair = keras.Model([a, b], L.Dense(CLASSES, name="head")(L.Concatenate(name="j")([twin(a), twin(b)])))
fill(pair, 300)
compile(pair)

result = {
    "made by": f"test/reference/nested.py, tensorflow {tf.__version__}, keras {keras.__version__}, float32",
    "frozen": frozen,
    "features": features.ravel().tolist(),
    "free": free,
    "features after": inner.predict(probe, verbose=0).ravel().tolist(),
    "twice": train(pair, range(10), 2),
    "twice features": twin.predict(probe, verbose=0).ravel().tolist(),
}
Path(__file__).with_name("nested.json").write_text(json.dumps(result) + "\n")

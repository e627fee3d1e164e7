"""A network with two outputs in Keras, for test/train/outputs.test.ts: what class a picture is, and two numbers of it.

Weights and batches come from the generator of test/support/numbers.ts.

Run: pip install tensorflow-cpu && python outputs.py
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
BATCH, STEPS, CLASSES = 8, 20, 3


def samples(seed: int, count: int):
    """Noise, classes, and two numbers that follow from the noise."""
    x = numbers(seed, (count, 8, 8, 1))
    digit = ((numbers(seed + 1, (count,)) + 1) / 2 * CLASSES).astype(np.int32)
    size = np.stack([x[:, 2, 3, 0], x[:, 5, 4, 0] - x[:, 1, 1, 0]], 1)
    return x, digit, size


def make(**compiled):
    x = L.Input((8, 8, 1))
    y = L.Conv2D(4, 3, activation="relu", kernel_regularizer=keras.regularizers.L2(0.01), name="c")(x)
    y = L.Flatten(name="f")(L.MaxPooling2D(2, name="p")(y))
    hidden = L.Dense(8, activation="tanh", name="h")(y)
    digit = L.Dense(CLASSES, name="digit")(hidden)
    size = L.Dense(2, name="size")(L.Concatenate(name="j")([hidden, digit]))
    model = keras.Model(x, [digit, size])
    weights = model.get_weights()
    model.set_weights([numbers(100 + index, w.shape) / 4 for index, w in enumerate(weights)])
    model.compile(optimizer=keras.optimizers.SGD(0.1), **compiled)
    return model


cross = keras.losses.SparseCategoricalCrossentropy(from_logits=True)


def compiled():
    return dict(loss={"digit": cross, "size": "mse"}, loss_weights={"digit": 1.5, "size": 0.25}, metrics={"digit": ["accuracy"], "size": ["mae"]})


def plain(logs):
    return {name: float(f"{value:.8g}") for name, value in logs.items()}


model = make(**compiled())
steps = []
for step in range(STEPS):
    x, digit, size = samples(1000 + 10 * step, BATCH)
    model.reset_metrics()
    steps.append(plain(model.train_on_batch(x, [digit, size], return_dict=True)))

x, digit, size = samples(5000, 20)
one, other = (numbers(6000, (20,)) + 1) / 2, (numbers(6001, (20,)) + 1) * 2
# Batches of equal sizes: Keras takes the mean of an output's losses over batches, whatever their sizes, for that over samples.
evaluate = lambda weights: plain(model.evaluate(x, [digit, size], sample_weight=weights, batch_size=10, verbose=0, return_dict=True))
weighted = {"for all": evaluate(one), "for each": evaluate([one, other]), "none": evaluate(None)}
predictions = [p.ravel().tolist() for p in model.predict(x[:2], verbose=0)]

model = make(**compiled())
x, digit, size = samples(2000, 40)
history = model.fit(x, {"digit": digit, "size": size}, batch_size=8, epochs=3, shuffle=False, validation_split=0.2, verbose=0).history

# One loss for all outputs; the first of them is a value that the other follows from, and a factor is negative.
x = L.Input((6,))
hidden = L.Dense(3, activation="tanh", name="hidden")(x)
model = keras.Model(x, [hidden, L.Dense(3, name="out")(hidden)])
model.set_weights([numbers(200 + index, w.shape) for index, w in enumerate(model.get_weights())])
model.compile(optimizer=keras.optimizers.SGD(0.1), loss=["mse", "mse"], loss_weights=[-0.5, 2.0])
x, ys = numbers(300, (5, 6)), [numbers(301, (5, 3)), numbers(302, (5, 3))]
inner = []
for _ in range(3):
    model.reset_metrics()
    inner.append(plain(model.train_on_batch(x, ys, return_dict=True)))

result = {
    "made by": f"test/reference/outputs.py, tensorflow {tf.__version__}, keras {keras.__version__}, float32",
    "steps": steps,
    "weighted": weighted,
    "predictions": predictions,
    "history": {name: [float(f"{v:.8g}") for v in values] for name, values in history.items()},
    "inner": inner,
}
Path(__file__).with_name("outputs.json").write_text(json.dumps(result) + "\n")

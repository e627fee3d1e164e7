"""Keras's augmentation layers with the random numbers of this library, for test/layers/augmentation.test.ts.

A layer of Keras draws its numbers by `uniform`; here it gets what Philox gives for seed, step and sample, in the order in
which the case says that it asks for them. What comes out is all Keras's own.

Run: pip install tensorflow-cpu && python augmentation.py
"""

import json
import os
from pathlib import Path

os.environ["TF_ENABLE_ONEDNN_OPTS"] = "0"
import numpy as np
import tensorflow as tf
from keras.src.backend.tensorflow import random as keras_random
from common import numbers

keras = tf.keras
L = keras.layers


def philox(counter, key):
    """Philox 4×32-10 (Salmon et al., 2011)."""
    (a, b, c, d), (k, l) = counter, key
    for _ in range(10):
        left, right = a * 0xD2511F53, c * 0xCD9E8D57
        a, b, c, d = (right >> 32) ^ b ^ k, right % 2**32, (left >> 32) ^ d ^ l, left % 2**32
        k, l = (k + 0x9E3779B9) % 2**32, (l + 0xBB67AE85) % 2**32
    return a, b, c, d


BATCH, IMAGE = 3, (5, 6, 2)
FILLS = ["constant", "nearest", "reflect", "wrap"]
CASES = []


def add(function, options, layer, words, scale=1.0):
    """`words`: which of a sample's four words `uniform` gives, call after call."""
    # Steps of training are counted from 1 by the clock.
    seed, step = 1000 + len(CASES), len(CASES) % 3
    x = numbers(seed, (BATCH, *IMAGE)) * np.float32(scale)
    calls = iter(words)

    def uniform(shape, minval=0.0, maxval=1.0, dtype=None, seed=None):
        word = next(calls)
        shares = [(philox((n, 0, step + 1, 0), (seed_words, 0))[word] >> 8) / 2**24 for n in range(BATCH)]
        values = [minval + (maxval - minval) * share for share in shares]
        return tf.reshape(tf.constant(values, tf.float32), shape)

    seed_words, original = seed, keras_random.uniform
    keras_random.uniform = uniform
    try:
        images = tf.constant(x)
        with tf.GradientTape() as tape:
            tape.watch(images)
            y = layer(images, training=True)
            total = tf.reduce_sum(y * numbers(2, y.shape))
    finally:
        keras_random.uniform = original
    assert next(calls, None) is None, function
    case = {"function": function, "options": options, "seed": seed, "step": step, "scale": scale, "output": significant(y)}
    if function in ("randomBrightness", "randomContrast"):
        case["gradient"] = significant(tape.gradient(total, images))
    CASES.append(case)


significant = lambda values: [float(f"{value:.7g}") for value in np.asarray(values, np.float64).ravel()]

add("randomFlip", dict(mode="horizontal"), L.RandomFlip("horizontal"), [1])
add("randomFlip", dict(mode="vertical"), L.RandomFlip("vertical"), [0])
for fill in FILLS:
    for kind in ["nearest", "bilinear"]:
        ours, theirs = dict(fillMode=fill, interpolation=kind), dict(fill_mode=fill, interpolation=kind)
        if fill == "constant":
            ours["fillValue"] = theirs["fill_value"] = 0.5
        add("randomTranslation", dict(heightFactor=0.9, widthFactor=[-0.4, 1], **ours), L.RandomTranslation(0.9, (-0.4, 1), **theirs), [0, 1])
        add("randomRotation", dict(factor=[-0.5, 0.8], **ours), L.RandomRotation((-0.5, 0.8), **theirs), [0])
        add("randomZoom", dict(heightFactor=[0.2, 1], widthFactor=0.8, **ours), L.RandomZoom((0.2, 1), 0.8, **theirs), [0, 1])
add("randomZoom", dict(heightFactor=0.5), L.RandomZoom(0.5), [0])
add("randomRotation", dict(factor=0.1), L.RandomRotation(0.1), [0])
add("randomTranslation", dict(heightFactor=0.1, widthFactor=0.2), L.RandomTranslation(0.1, 0.2), [0, 1])
add("randomBrightness", dict(factor=0.3), L.RandomBrightness(0.3), [1], 255)
add("randomBrightness", dict(factor=[-0.5, 0.1], valueRange=[-1, 1]), L.RandomBrightness((-0.5, 0.1), (-1, 1)), [1])
# A single number is taken by Keras 3.15 as (0, number), against its own documentation.
add("randomContrast", dict(factor=0.4, valueRange=[-1, 1]), L.RandomContrast((0.4, 0.4), (-1, 1)), [0])
add("randomContrast", dict(factor=[0.2, 0.9]), L.RandomContrast((0.2, 0.9)), [0], 255)

path = Path(__file__).with_suffix(".json")
path.write_text(json.dumps({"made by": f"test/reference/augmentation.py, tensorflow {tf.__version__}, keras {keras.__version__}, float32", "cases": CASES}, separators=(",", ":")) + "\n")
print(path.stat().st_size)

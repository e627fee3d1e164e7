"""A small CNN in Keras, for test/train/cnn.test.ts: first gradients, and the losses of 50 steps of Adam.

Run: pip install tensorflow-cpu && python cnn.py
"""

import json
from pathlib import Path

import numpy as np
import tensorflow as tf
from common import numbers, significant

keras = tf.keras
BATCH, SIDE, CHANNELS, STEPS = 16, 13, 2, 50


model = keras.Sequential(
    [
        keras.layers.Input((SIDE, SIDE, CHANNELS)),
        keras.layers.Conv2D(8, 3, padding="same", activation="relu"),
        keras.layers.MaxPooling2D(2),
        keras.layers.Conv2D(12, 3, strides=(1, 2), activation="tanh"),
        keras.layers.AveragePooling2D((3, 2), strides=1, padding="same"),
        keras.layers.MaxPooling2D(2, padding="same"),
        keras.layers.Flatten(),
        keras.layers.Dense(20, activation="relu"),
        keras.layers.Dense(10),
    ]
)
model.set_weights([numbers(20 + index, w.shape) * 0.25 for index, w in enumerate(model.get_weights())])
x = numbers(1, (BATCH, SIDE, SIDE, CHANNELS))
y = ((numbers(2, (BATCH,)) + 1) * 5).astype(np.int32)
loss_of = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
optimizer = keras.optimizers.Adam(learning_rate=0.003)

curve, first = [], None
for _ in range(STEPS):
    with tf.GradientTape() as tape:
        value = loss_of(y, model(x, training=True))
    gradients = tape.gradient(value, model.trainable_variables)
    first = first or [g.numpy() for g in gradients]
    optimizer.apply_gradients(zip(gradients, model.trainable_variables))
    curve.append(float(value))

result = {
    "made by": f"test/reference/cnn.py, tensorflow {tf.__version__}, keras {keras.__version__}, float32",
    "gradients": [significant(g) for g in first],
    "curve": significant(curve),
}
Path(__file__).with_name("cnn.json").write_text(json.dumps(result) + "\n")

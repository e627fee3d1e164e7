"""Gradient accumulation and moving averages of weights in Keras, for test/train/averaging.test.ts: 12 steps of a small network.

After each step its loss, at the end weights and averages, and what `finalize_variable_values` makes of the weights. Weights
and batches come from the generator of test/support/numbers.ts.

Run: pip install tensorflow-cpu && python averaging.py
"""

import json
import os
from pathlib import Path

os.environ["TF_ENABLE_ONEDNN_OPTS"] = "0"
import numpy as np
import tensorflow as tf
from common import numbers

keras = tf.keras
O = keras.optimizers
STEPS = 12


def camel(name: str) -> str:
    known = {"clipnorm": "clipNorm", "clipvalue": "clipValue", "global_clipnorm": "globalClipNorm", "beta_1": "beta1"}
    known |= {"ema_overwrite_frequency": "emaOverwriteFrequency"}
    first, *rest = name.split("_")
    return known.get(name, first + "".join(word.capitalize() for word in rest))


def network(constrained: bool):
    L = keras.layers
    rules = {"kernel_constraint": keras.constraints.MaxNorm(1.5), "bias_regularizer": keras.regularizers.L2(0.01)}
    model = keras.Sequential([
        L.Input((7,)),
        L.Dense(5, activation="tanh", **(rules if constrained else {})),
        L.Dense(3),
    ])
    model.set_weights([numbers(20 + index, w.shape) for index, w in enumerate(model.get_weights())])
    return model


def run(function: str, make, options: dict, schedule: dict | None, constrained: bool) -> dict:
    given = dict(options)
    if schedule is not None:
        given["learning_rate"] = O.schedules.CosineDecay(**schedule)
    optimizer, model = make(**given), network(constrained)
    loss_of = keras.losses.MeanSquaredError()
    losses = []
    for step in range(STEPS):
        x, y = numbers(100 + step, (8, 7)), numbers(200 + step, (8, 3)) * 2
        with tf.GradientTape() as tape:
            loss = loss_of(y, model(x, training=True)) + sum(model.losses)
        optimizer.apply_gradients(zip(tape.gradient(loss, model.trainable_variables), model.trainable_variables))
        losses.append(float(loss))
    weights = [w.copy() for w in model.get_weights()]
    optimizer.finalize_variable_values(model.trainable_variables)
    told = {camel(name): value for name, value in options.items()}
    if schedule is not None:
        config = {camel(name): value for name, value in schedule.items()}
        told["learningRate"] = {"className": "CosineDecay", "config": config}
    short = lambda arrays: [[float(f"{v:.7g}") for v in array.ravel()] for array in arrays]
    return {
        "function": function,
        "options": told,
        "constrained": constrained,
        "losses": [float(f"{v:.7g}") for v in losses],
        "weights": short(weights),
        "finalized": short(model.get_weights()),
    }


cosine = {"initial_learning_rate": 0.02, "decay_steps": 10, "warmup_target": 0.05, "warmup_steps": 3, "alpha": 0.1}
accumulate = [{"gradient_accumulation_steps": 3}, {"gradient_accumulation_steps": 5}]
averages = [
    {"use_ema": True},
    {"use_ema": True, "ema_momentum": 0.6, "ema_overwrite_frequency": 4},
    {"use_ema": True, "ema_momentum": 0.8, "ema_overwrite_frequency": 2, "gradient_accumulation_steps": 2},
    {"use_ema": True, "ema_momentum": 0.9, "gradient_accumulation_steps": 4},
]
kinds = [
    ("sgd", O.SGD, {"learning_rate": 0.05, "momentum": 0.9}, None, True),
    ("adam", O.Adam, {"learning_rate": 0.02, "clipvalue": 0.1}, None, False),
    ("adamW", O.AdamW, {"weight_decay": 0.05, "clipnorm": 0.3}, cosine, False),
    ("adamW", O.AdamW, {"weight_decay": 0.05, "global_clipnorm": 0.3}, cosine, True),
]
result = {
    "made by": f"test/reference/averaging.py, tensorflow {tf.__version__}, keras {keras.__version__}, float32",
    "runs": [
        run(function, make, {**options, **more}, schedule, constrained)
        for function, make, options, schedule, constrained in kinds
        for more in accumulate + averages
    ],
}
Path(__file__).with_name("averaging.json").write_text(json.dumps(result) + "\n")

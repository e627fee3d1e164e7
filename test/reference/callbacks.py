"""What Keras's own callbacks decide, for test/callbacks/decisions.test.ts: on rows of numbers, and in a training.

The numbers are multiples of 1/64, so that float32 decides ties as float64 does.

Run: pip install tensorflow-cpu && python callbacks.py
"""

import json
import random
import tempfile
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import tensorflow as tf
from common import numbers

keras = tf.keras
K = keras.callbacks
snake = {
    "minDelta": "min_delta", "patience": "patience", "mode": "mode", "baseline": "baseline", "factor": "factor",
    "restoreBestWeights": "restore_best_weights", "startFromEpoch": "start_from_epoch", "cooldown": "cooldown",
    "minLr": "min_lr", "saveBestOnly": "save_best_only", "saveFreq": "save_freq",
    "initialValueThreshold": "initial_value_threshold",
}  # fmt: skip
pick = random.Random(5)
python = lambda options: {snake[name]: value for name, value in options.items()}


def row(count):
    """A random walk on multiples of 1/64."""
    value, out = pick.randrange(64, 128), []
    for _ in range(count):
        value = max(0, value + pick.choice([-9, -4, -2, -1, 0, 0, 1, 2, 5]))
        out.append(value / 64)
    return out


class Trained:
    """The members of a model that callbacks use; its weights are the number of the epoch."""

    def __init__(self, rate=1.0):
        self.stop_training, self.weights, self.saved = False, -1, []
        self.optimizer = SimpleNamespace(learning_rate=rate)

    def get_weights(self):
        return self.weights

    def set_weights(self, weights):
        self.weights = weights

    def save(self, path, overwrite):
        self.saved.append(self.now)


def early_stopping():
    options = {"minDelta": pick.choice([0, 1, 2, 3]) / 64, "patience": pick.randrange(4), "mode": pick.choice(["min", "max"]), "restoreBestWeights": True}
    if pick.random() < 0.4:
        options["baseline"] = pick.randrange(48, 120) / 64
    if pick.random() < 0.4:
        options["startFromEpoch"] = pick.randrange(1, 5)
    values, model = row(16), Trained()
    callback = K.EarlyStopping(**python(options))
    callback.set_model(model)
    callback.on_train_begin()
    epochs = 0
    for epoch, value in enumerate(values):
        model.weights = epoch
        callback.on_epoch_end(epoch, {"val_loss": value})
        epochs += 1
        if model.stop_training:
            break
    callback.on_train_end()
    return {"options": options, "values": values, "epochs": epochs, "weights": model.weights}


def reduce_rate():
    options = {"factor": pick.choice([0.25, 0.5]), "patience": pick.randrange(4), "mode": pick.choice(["min", "max"]), "cooldown": pick.randrange(3), "minDelta": pick.choice([0, 1, 3]) / 64, "minLr": pick.choice([0, 2**-3])}
    values, model, rates = row(16), Trained(), []
    callback = K.ReduceLROnPlateau(**python(options))
    callback.set_model(model)
    callback.on_train_begin()
    for epoch, value in enumerate(values):
        logs = {"val_loss": value}
        callback.on_epoch_end(epoch, logs)
        rates.append([logs["learning_rate"], float(model.optimizer.learning_rate)])
    return {"options": options, "values": values, "rates": rates}


def checkpoint():
    options = {"mode": pick.choice(["min", "max"]), "saveBestOnly": True}
    if pick.random() < 0.4:
        options["initialValueThreshold"] = pick.randrange(48, 120) / 64
    if pick.random() < 0.3:
        options = {"saveFreq": pick.randrange(1, 9)}
    steps, values, model = pick.randrange(1, 6), row(8), Trained()
    callback = K.ModelCheckpoint("/nowhere.keras", **python(options))
    callback.set_model(model)
    callback.on_train_begin()
    for epoch, value in enumerate(values):
        callback.on_epoch_begin(epoch)
        for batch in range(steps):
            model.now = [epoch, batch]
            callback.on_train_batch_end(batch, {"loss": value})
        model.now = [epoch]
        callback.on_epoch_end(epoch, {"val_loss": value})
    return {"options": options, "steps": steps, "values": values, "saved": model.saved}


def training():
    """A whole fit: scheduler, plateau, early stopping and CSV; no shuffling, weights of the generator."""
    x, y = numbers(1, 24 * 3).reshape(24, 3), numbers(2, 24).reshape(24, 1)
    path = Path(tempfile.mkdtemp()) / "log.csv"
    result = {}
    for name, callbacks in {
        "scheduler": lambda: [K.LearningRateScheduler(lambda epoch, rate: rate if epoch < 2 else rate * 0.5)],
        "plateau": lambda: [K.ReduceLROnPlateau("loss", factor=0.5, patience=1, min_delta=0.02), K.EarlyStopping("loss", patience=3, min_delta=0.01, restore_best_weights=True)],
        "csv": lambda: [K.LearningRateScheduler(lambda epoch, rate: 0.5 / (epoch + 1)), K.CSVLogger(path)],
    }.items():
        model = keras.Sequential([keras.layers.Input((3,)), keras.layers.Dense(1)])
        model.set_weights([numbers(3, 3).reshape(3, 1), numbers(4, 1)])
        model.compile(keras.optimizers.SGD(0.25), "mean_squared_error")
        history = model.fit(x, y, batch_size=8, epochs=12, shuffle=False, verbose=0, validation_split=0.25, callbacks=callbacks())
        result[name] = {
            "history": {key: [float(v) for v in values] for key, values in history.history.items()},
            "weights": [float(v) for w in model.get_weights() for v in w.ravel()],
        }
    result["csv"]["head"] = path.read_bytes().decode().split("\r\n")[0]
    return result


result = {
    "made by": f"test/reference/callbacks.py, tensorflow {tf.__version__}, keras {keras.__version__}",
    "earlyStopping": [early_stopping() for _ in range(120)],
    "reduceLROnPlateau": [reduce_rate() for _ in range(80)],
    "modelCheckpoint": [checkpoint() for _ in range(60)],
    "training": training(),
}
Path(__file__).with_name("callbacks.json").write_text(json.dumps(result) + "\n")

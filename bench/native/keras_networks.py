"""The networks of bench/workloads/networks in Keras; a step and a prediction are compiled functions."""

import re

import numpy as np
import tensorflow as tf
from tensorflow_training import adam, training

LAYERS = tf.keras.layers


def layer_class(kind: str):
    """Their class of a type: conv2dTranspose is Conv2DTranspose."""
    name = re.sub(r"(\d)d", r"\1D", kind)
    return getattr(LAYERS, name[0].upper() + name[1:])


def snake(name: str) -> str:
    return re.sub("[A-Z]", lambda letter: "_" + letter.group().lower(), name)


def build(description: dict, inputs: dict):
    start = last = tf.keras.Input(description["input"])
    values = {}
    for layer in description["layers"]:
        taken = [values[name] for name in layer["from"]] if layer.get("from") else [last]
        options = {snake(name): value for name, value in layer["options"].items()}
        if "activation" in options:
            options["activation"] = snake(options["activation"])
        made = layer_class(layer["type"])(name=layer["name"], **options)
        last = values[layer["name"]] = made(taken if len(taken) > 1 else taken[0])
    model = tf.keras.Model(start, last)
    for layer in model.layers:
        own = [array for name, array in inputs.items() if name.startswith(layer.name + "/")]
        layer.set_weights([array.reshape(weight.shape) for array, weight in zip(own, layer.weights, strict=True)])
    return model


def network_step(w, inputs):
    model = build(w["model"], inputs)
    x = tf.Variable(inputs["x"].reshape([w["batch"], *w["model"]["input"]]), trainable=False)
    y = tf.constant(inputs["y"].reshape([w["batch"], *w["output"]]))
    losses = {
        "categoricalCrossentropy": tf.keras.losses.CategoricalCrossentropy,
        "meanSquaredError": tf.keras.losses.MeanSquaredError,
    }
    loss_of = losses[w["loss"]]()
    variables = model.trainable_variables
    return training(variables, lambda: loss_of(y, model(x, training=True)), adam(variables, w["rate"]))


def network_predict(w, inputs):
    model = build(w["model"], inputs)
    x = tf.Variable(inputs["x"].reshape([w["batch"], *w["model"]["input"]]))
    compiled = tf.function(lambda: model(x, training=False))
    return np.asarray(compiled()), lambda: compiled().numpy()

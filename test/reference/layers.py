"""Every layer, activation, loss and optimizer in Keras, for test/suites/keras.test.ts: outputs, gradients, steps.

A layer stands behind a PReLU whose slopes have the input's shape. Inputs are negative, so that the slopes' gradients tell
the gradient of the layer's input. The loss is the mean squared error against fixed targets.

Run: pip install tensorflow-cpu && python layers.py
"""

import json
import os
from pathlib import Path

os.environ["TF_ENABLE_ONEDNN_OPTS"] = "0"
import numpy as np
import tensorflow as tf
from common import loss_case, numbers, significant

keras = tf.keras
L = keras.layers


image, row = [6, 7, 5], [9]
act = lambda name: L.Activation(name)
# Name of the function, its options, shape of the input, the layer in Keras.
LAYERS = [
    ("conv2d", dict(filters=4, kernelSize=3, padding="same", strides=2, activation="gelu"), image, lambda: L.Conv2D(4, 3, 2, padding="same", activation="gelu")),
    ("conv2d", dict(filters=6, kernelSize=[1, 3], dilationRate=2, activation="silu", useBias=False), image, lambda: L.Conv2D(6, (1, 3), dilation_rate=2, activation="silu", use_bias=False)),
    ("conv2d", dict(filters=6, kernelSize=3, groups=2, activation="softplus"), [6, 7, 4], lambda: L.Conv2D(6, 3, groups=2, activation="softplus")),
    ("conv1d", dict(filters=4, kernelSize=3, strides=2, padding="same", activation="relu6"), [11, 3], lambda: L.Conv1D(4, 3, 2, padding="same", activation="relu6")),
    ("conv1d", dict(filters=4, kernelSize=3, padding="causal", dilationRate=2), [11, 3], lambda: L.Conv1D(4, 3, padding="causal", dilation_rate=2)),
    ("depthwiseConv2d", dict(kernelSize=3, padding="same", activation="tanh"), image, lambda: L.DepthwiseConv2D(3, padding="same", activation="tanh")),
    ("depthwiseConv2d", dict(kernelSize=3, strides=2, padding="same"), [7, 6, 8], lambda: L.DepthwiseConv2D(3, 2, padding="same")),
    ("depthwiseConv2d", dict(kernelSize=[2, 3], depthMultiplier=2, useBias=False), image, lambda: L.DepthwiseConv2D((2, 3), depth_multiplier=2, use_bias=False)),
    ("separableConv2d", dict(filters=4, kernelSize=3, padding="same", activation="elu"), image, lambda: L.SeparableConv2D(4, 3, padding="same", activation="elu")),
    ("separableConv2d", dict(filters=3, kernelSize=3, depthMultiplier=2, strides=2), image, lambda: L.SeparableConv2D(3, 3, strides=2, depth_multiplier=2)),
    ("conv2dTranspose", dict(filters=4, kernelSize=3, strides=2, padding="same", activation="relu"), [4, 3, 5], lambda: L.Conv2DTranspose(4, 3, 2, padding="same", activation="relu")),
    ("conv2dTranspose", dict(filters=3, kernelSize=[3, 2], strides=[1, 3]), [4, 3, 5], lambda: L.Conv2DTranspose(3, (3, 2), (1, 3))),
    ("conv2dTranspose", dict(filters=3, kernelSize=4, strides=2, activation="selu"), [4, 3, 5], lambda: L.Conv2DTranspose(3, 4, 2, activation="selu")),
    ("maxPool2d", dict(poolSize=[2, 3], strides=2, padding="same"), image, lambda: L.MaxPooling2D((2, 3), 2, padding="same")),
    ("averagePool2d", dict(poolSize=3, strides=2, padding="same"), image, lambda: L.AveragePooling2D(3, 2, padding="same")),
    ("globalMaxPooling2d", {}, image, lambda: L.GlobalMaxPooling2D()),
    ("globalAveragePooling2d", dict(keepDims=True), image, lambda: L.GlobalAveragePooling2D(keepdims=True)),
    ("dense", dict(units=4, activation="sigmoid"), row, lambda: L.Dense(4, activation="sigmoid")),
    ("dense", dict(units=5, activation="softmax"), row, lambda: L.Dense(5, activation="softmax")),
    ("dense", dict(units=4, activation="gelu"), image, lambda: L.Dense(4, activation=lambda x: keras.activations.gelu(x, approximate=False))),
    ("dense", dict(units=7, activation="softmax", useBias=False), [11, 3], lambda: L.Dense(7, activation="softmax", use_bias=False)),
    ("batchNormalization", {}, image, lambda: L.BatchNormalization()),
    ("batchNormalization", dict(momentum=0.8, epsilon=0.01, scale=False), row, lambda: L.BatchNormalization(momentum=0.8, epsilon=0.01, scale=False)),
    ("batchNormalization", dict(center=False), row, lambda: L.BatchNormalization(center=False)),
    ("batchNormalization", dict(trainable=False), image, lambda: L.BatchNormalization(trainable=False)),
    ("layerNormalization", {}, image, lambda: L.LayerNormalization()),
    ("layerNormalization", dict(epsilon=0.01, center=False), row, lambda: L.LayerNormalization(epsilon=0.01, center=False)),
    ("flatten", {}, image, lambda: L.Flatten()),
    ("reshape", dict(targetShape=[7, -1]), image, lambda: L.Reshape((7, -1))),
    ("zeroPadding2d", dict(padding=[[1, 2], [0, 3]]), image, lambda: L.ZeroPadding2D(((1, 2), (0, 3)))),
    ("cropping2d", dict(cropping=[[1, 2], [0, 3]]), image, lambda: L.Cropping2D(((1, 2), (0, 3)))),
    ("upSampling2d", dict(size=[2, 3]), image, lambda: L.UpSampling2D((2, 3))),
    ("upSampling2d", dict(size=[3, 2], interpolation="bilinear"), image, lambda: L.UpSampling2D((3, 2), interpolation="bilinear")),
    ("rescaling", dict(scale=0.25, offset=-1), image, lambda: L.Rescaling(0.25, -1)),
    ("prelu", dict(sharedAxes=[1, 2]), image, lambda: L.PReLU(shared_axes=[1, 2])),
    ("leakyRelu", dict(alpha=0.1), row, lambda: L.LeakyReLU(negative_slope=0.1)),
    ("elu", dict(alpha=0.5), row, lambda: L.ELU(alpha=0.5)),
    ("relu", {}, row, lambda: L.ReLU()),
    ("softmax", {}, image, lambda: L.Softmax()),
]
ACTIVATIONS = dict(
    linear="linear", sigmoid="sigmoid", relu="relu", tanh="tanh", relu6="relu6", leakyRelu="leaky_relu", elu="elu", selu="selu",
    gelu=lambda x: keras.activations.gelu(x, approximate=False), geluTanh=lambda x: keras.activations.gelu(x, approximate=True),
    silu="silu", softplus="softplus", hardSigmoid="hard_sigmoid", hardSwish="hard_silu", softmax="softmax",
)
LAYERS += [("activation", dict(activation=name), [5, 9], (lambda f: lambda: L.Activation(f))(f)) for name, f in ACTIVATIONS.items()]


def layer_case(function, options, shape, make):
    model = keras.Sequential([L.Input(shape), L.PReLU(), make()])
    if options.get("activation") == "gelu" and function == "conv2d":
        # Keras's default is exact already; said, so that it stays.
        model.layers[1].activation = lambda x: keras.activations.gelu(x, approximate=False)
    weights = []
    for index, variable in enumerate(model.weights):
        value = numbers(20 + index, variable.shape)
        # A variance is positive, and factors of a normalization lie about 1.
        weights.append(np.abs(value) + 0.5 if "moving_variance" in variable.path else value)
    model.set_weights(weights)
    batch = 3
    # Slopes take both signs, so that the layer sees both.
    x = -np.abs(numbers(1, [batch, *shape])) * 3 - 0.01
    with tf.GradientTape() as tape:
        y = model(x, training=True)
        target = numbers(2, y.shape)
        loss = tf.reduce_mean(tf.square(y - target))
    gradients = tape.gradient(loss, model.trainable_variables)
    return {
        "function": function,
        "options": options,
        "inputShape": shape,
        "output": significant(y),
        "loss": float(loss),
        "gradients": {v.path.split("/")[-1] + ("" if i else " (slopes)"): significant(g) for i, (v, g) in enumerate(zip(model.trainable_variables, gradients))},
        "after": {v.path.split("/")[-1]: significant(v) for v in model.non_trainable_variables if "moving" in v.path},
        "predicted": significant(model(x, training=False)),
    }


def softmax(z):
    e = np.exp(z - z.max(-1, keepdims=True))
    return (e / e.sum(-1, keepdims=True)).astype(np.float32)


logits = numbers(3, (6, 4)) * 3
p = softmax(logits)
labels = np.array([0, 3, 1, 1, 2, 0])
distribution = softmax(numbers(4, (6, 4)) * 2)
onehot = np.eye(4, dtype=np.float32)[labels]
binary = (numbers(5, (6, 4)) > 0).astype(np.float32)
K = keras.losses
LOSSES = [
    ("meanSquaredError", {}, logits, distribution, K.MeanSquaredError()),
    ("meanAbsoluteError", {}, logits, distribution, K.MeanAbsoluteError()),
    ("huber", dict(delta=0.7), logits, distribution, K.Huber(0.7)),
    ("binaryCrossentropy", {}, p, binary, K.BinaryCrossentropy()),
    ("binaryCrossentropy", dict(fromLogits=True, labelSmoothing=0.1), logits, binary, K.BinaryCrossentropy(True, 0.1)),
    ("categoricalCrossentropy", dict(labelSmoothing=0.2), p, onehot, K.CategoricalCrossentropy(label_smoothing=0.2)),
    ("categoricalCrossentropy", dict(fromLogits=True), logits, distribution, K.CategoricalCrossentropy(True)),
    ("sparseCategoricalCrossentropy", {}, p, labels, K.SparseCategoricalCrossentropy()),
    ("sparseCategoricalCrossentropy", dict(fromLogits=True), logits, labels, K.SparseCategoricalCrossentropy(True)),
    ("hinge", {}, logits, binary * 2 - 1, K.Hinge()),
    ("kullbackLeiblerDivergence", {}, p, distribution, K.KLDivergence()),
]

O = keras.optimizers
S = O.schedules
OPTIMIZERS = [
    ("sgd", dict(learningRate=0.1), lambda: O.SGD(0.1)),
    ("sgd", dict(learningRate=0.1, momentum=0.9), lambda: O.SGD(0.1, 0.9)),
    ("sgd", dict(learningRate=0.1, momentum=0.9, nesterov=True), lambda: O.SGD(0.1, 0.9, True)),
    ("sgd", dict(learningRate=0.1, clipValue=0.3), lambda: O.SGD(0.1, clipvalue=0.3)),
    ("sgd", dict(learningRate=0.1, clipNorm=0.5), lambda: O.SGD(0.1, clipnorm=0.5)),
    ("sgd", dict(learningRate=0.1, globalClipNorm=0.5), lambda: O.SGD(0.1, global_clipnorm=0.5)),
    ("sgd", dict(learningRate=0.1, weightDecay=0.05), lambda: O.SGD(0.1, weight_decay=0.05)),
    ("rmsprop", dict(learningRate=0.02), lambda: O.RMSprop(0.02)),
    ("rmsprop", dict(learningRate=0.02, rho=0.8, momentum=0.7, centered=True), lambda: O.RMSprop(0.02, 0.8, 0.7, centered=True)),
    ("adagrad", dict(learningRate=0.1), lambda: O.Adagrad(0.1, initial_accumulator_value=0.0)),
    ("adadelta", dict(learningRate=1), lambda: O.Adadelta(1.0)),
    ("adam", dict(learningRate=0.05), lambda: O.Adam(0.05)),
    ("adam", dict(learningRate=0.05, amsgrad=True, beta2=0.9), lambda: O.Adam(0.05, beta_2=0.9, amsgrad=True)),
    ("adamW", dict(learningRate=0.05, weightDecay=0.02), lambda: O.AdamW(0.05, 0.02)),
    ("lion", dict(learningRate=0.02), lambda: O.Lion(0.02)),
    ("adamax", dict(learningRate=0.05), lambda: O.Adamax(0.05)),
    ("adamax", dict(learningRate=0.05, beta1=0.7, beta2=0.6, epsilon=0.05), lambda: O.Adamax(0.05, 0.7, 0.6, 0.05)),
]


def optimizer_case(function, options, make):
    model = keras.Sequential([L.Input([7]), L.Dense(5, activation="tanh"), L.Dense(3)])
    model.set_weights([numbers(20 + index, w.shape) for index, w in enumerate(model.get_weights())])
    x, y, optimizer, curve = numbers(1, (8, 7)), numbers(2, (8, 3)) * 2, make(), []
    for _ in range(30):
        with tf.GradientTape() as tape:
            value = tf.reduce_mean(tf.square(model(x) - y))
        optimizer.apply_gradients(zip(tape.gradient(value, model.trainable_variables), model.trainable_variables))
        curve.append(float(value))
    return dict(function=function, options=options, curve=significant(curve))


SCHEDULES = [
    ("piecewiseConstantDecay", dict(boundaries=[2, 5], values=[1, 0.5, 0.1]), S.PiecewiseConstantDecay([2, 5], [1.0, 0.5, 0.1])),
    ("exponentialDecay", dict(initialLearningRate=0.1, decaySteps=4, decayRate=0.5), S.ExponentialDecay(0.1, 4, 0.5)),
    ("exponentialDecay", dict(initialLearningRate=0.1, decaySteps=4, decayRate=0.5, staircase=True), S.ExponentialDecay(0.1, 4, 0.5, True)),
    ("cosineDecay", dict(initialLearningRate=0.1, decaySteps=10, alpha=0.1), S.CosineDecay(0.1, 10, 0.1)),
    ("cosineDecay", dict(initialLearningRate=0, decaySteps=10, warmupTarget=0.2, warmupSteps=5), S.CosineDecay(0.0, 10, warmup_target=0.2, warmup_steps=5)),
]
result = {
    "made by": f"test/reference/layers.py, tensorflow {tf.__version__}, keras {keras.__version__}, float32",
    "layers": [layer_case(*case) for case in LAYERS],
    "losses": [loss_case(*case) for case in LOSSES],
    "optimizers": [optimizer_case(*case) for case in OPTIMIZERS],
    "schedules": [
        dict(function=f, options=o, rates=[float(s(step)) for step in range(20)]) for f, o, s in SCHEDULES
    ],
}
Path(__file__).with_name("layers.json").write_text(json.dumps(result) + "\n")

"""The layers, activations and losses of test/suites/catalogue.test.ts in Keras: outputs, losses, gradients.

Each input of a layer stands behind a PReLU whose slopes have its shape. Inputs are negative, so that the slopes' gradients
tell the gradients of the layer's inputs. The loss is the mean squared error against fixed targets, plus what layers add.

Run: pip install tensorflow-cpu jax && python catalogue.py
"""

import json
import os
from pathlib import Path

os.environ["TF_ENABLE_ONEDNN_OPTS"] = "0"
import jax
import jax.numpy as jnp
import numpy as np
import tensorflow as tf
from common import loss_case, numbers, significant

keras = tf.keras
L = keras.layers


steps, image, row = [9, 4], [4, 5, 6], [7]
# Name of the function, its options, shapes of the inputs, the layer in Keras.
LAYERS = [
    ("maximum", {}, [row] * 3, lambda: L.Maximum()),
    ("minimum", {}, [image] * 2, lambda: L.Minimum()),
    ("average", {}, [row] * 3, lambda: L.Average()),
    ("subtract", {}, [row] * 2, lambda: L.Subtract()),
    # What has size 1 is repeated.
    ("multiply", {}, [image, [1, 1, 6]], lambda: L.Multiply()),
    ("multiply", {}, [[4, 5, 1], image, [6]], lambda: L.Multiply()),
    ("multiply", {}, [[4, 1, 6], [1, 5, 1]], lambda: L.Multiply()),
    ("add", {}, [[1, 5, 1], image], lambda: L.Add()),
    ("average", {}, [image, [1], [4, 1, 1]], lambda: L.Average()),
    ("subtract", {}, [[5, 6], image], lambda: L.Subtract()),
    ("maximum", {}, [image, [1, 1, 6], [4, 5, 1]], lambda: L.Maximum()),
    ("dot", dict(axes=1), [row] * 2, lambda: L.Dot(axes=1)),
    ("dot", dict(axes=-1, normalize=True), [row] * 2, lambda: L.Dot(axes=-1, normalize=True)),
    ("maxPooling1d", dict(poolSize=3, strides=2, padding="same"), [steps], lambda: L.MaxPooling1D(3, 2, padding="same")),
    ("averagePooling1d", dict(poolSize=3, strides=2, padding="same"), [steps], lambda: L.AveragePooling1D(3, 2, padding="same")),
    ("averagePooling1d", {}, [steps], lambda: L.AveragePooling1D(2)),
    ("globalMaxPooling1d", {}, [steps], lambda: L.GlobalMaxPooling1D()),
    ("globalAveragePooling1d", dict(keepDims=True), [steps], lambda: L.GlobalAveragePooling1D(keepdims=True)),
    ("zeroPadding1d", dict(padding=[1, 2]), [steps], lambda: L.ZeroPadding1D((1, 2))),
    ("cropping1d", dict(cropping=[2, 1]), [steps], lambda: L.Cropping1D((2, 1))),
    ("upSampling1d", dict(size=3), [steps], lambda: L.UpSampling1D(3)),
    ("repeatVector", dict(n=3), [row], lambda: L.RepeatVector(3)),
    ("permute", dict(dims=[3, 1, 2]), [image], lambda: L.Permute((3, 1, 2))),
    ("groupNormalization", dict(groups=2), [image], lambda: L.GroupNormalization(2)),
    ("groupNormalization", dict(groups=3, epsilon=0.01, center=False), [steps[:1] + [6]], lambda: L.GroupNormalization(3, epsilon=0.01, center=False)),
    ("groupNormalization", dict(groups=-1, scale=False), [image], lambda: L.GroupNormalization(-1, scale=False)),
    ("unitNormalization", {}, [steps], lambda: L.UnitNormalization()),
    ("relu", dict(maxValue=1.5), [[40]], lambda: L.ReLU(max_value=1.5)),
    ("relu", dict(maxValue=2, negativeSlope=0.25, threshold=0.5), [[40]], lambda: L.ReLU(2.0, 0.25, 0.5)),
    ("relu", dict(negativeSlope=0.1), [[40]], lambda: L.ReLU(negative_slope=0.1)),
    ("thresholdedRelu", dict(theta=0.75), [[40]], lambda: L.ReLU(threshold=0.75)),
    ("activityRegularization", dict(l1=0.2, l2=0.3), [row], lambda: L.ActivityRegularization(0.2, 0.3)),
]
weighted_row = [[9, 4]]
LAYERS += [
    ("depthwiseConv1d", dict(kernelSize=3, padding="same", activation="tanh"), weighted_row, lambda: L.DepthwiseConv1D(3, padding="same", activation="tanh")),
    ("depthwiseConv1d", dict(kernelSize=2, strides=2, depthMultiplier=3, useBias=False), weighted_row, lambda: L.DepthwiseConv1D(2, 2, depth_multiplier=3, use_bias=False)),
    ("depthwiseConv1d", dict(kernelSize=3, dilationRate=2), weighted_row, lambda: L.DepthwiseConv1D(3, dilation_rate=2)),
    ("separableConv1d", dict(filters=5, kernelSize=3, depthMultiplier=2, activation="elu"), weighted_row, lambda: L.SeparableConv1D(5, 3, depth_multiplier=2, activation="elu")),
    ("separableConv1d", dict(filters=2, kernelSize=3, strides=2, padding="same"), weighted_row, lambda: L.SeparableConv1D(2, 3, strides=2, padding="same")),
    ("conv1dTranspose", dict(filters=3, kernelSize=3, strides=2, padding="same"), weighted_row, lambda: L.Conv1DTranspose(3, 3, 2, padding="same")),
    ("conv1dTranspose", dict(filters=3, kernelSize=4, strides=3, outputPadding=1, activation="relu"), weighted_row, lambda: L.Conv1DTranspose(3, 4, 3, output_padding=1, activation="relu")),
    ("conv2dTranspose", dict(filters=2, kernelSize=[3, 2], strides=[3, 2], padding="same", outputPadding=[1, 1]), [[3, 4, 3]], lambda: L.Conv2DTranspose(2, (3, 2), (3, 2), padding="same", output_padding=(1, 1))),
    ("conv2dTranspose", dict(filters=2, kernelSize=[2, 3], strides=3, outputPadding=[2, 1]), [[3, 4, 3]], lambda: L.Conv2DTranspose(2, (2, 3), 3, output_padding=(2, 1))),
    # With penalties, which the loss tells.
    ("depthwiseConv2d", dict(kernelSize=2, depthwiseRegularizer=dict(className="L1L2", config=dict(l1=0.1, l2=0.2)), biasRegularizer=dict(className="L2", config=dict(l2=0.3))), [[4, 5, 2]], lambda: L.DepthwiseConv2D(2, depthwise_regularizer=keras.regularizers.L1L2(0.1, 0.2), bias_regularizer=keras.regularizers.L2(0.3))),
    ("separableConv2d", dict(filters=3, kernelSize=2, depthwiseRegularizer=dict(className="L1", config=dict(l1=0.1)), pointwiseRegularizer=dict(className="L2", config=dict(l2=0.3))), [[4, 5, 2]], lambda: L.SeparableConv2D(3, 2, depthwise_regularizer=keras.regularizers.L1(0.1), pointwise_regularizer=keras.regularizers.L2(0.3))),
    ("layerNormalization", dict(betaRegularizer=dict(className="L2", config=dict(l2=0.3)), gammaRegularizer=dict(className="L1", config=dict(l1=0.2))), [row], lambda: L.LayerNormalization(beta_regularizer=keras.regularizers.L2(0.3), gamma_regularizer=keras.regularizers.L1(0.2))),
    ("prelu", dict(alphaRegularizer=dict(className="L2", config=dict(l2=0.3))), [row], lambda: L.PReLU(alpha_regularizer=keras.regularizers.L2(0.3))),
]
# Noise is there in training only; without it these layers hand their inputs on.
for function, options, shape, make in [
    ("gaussianNoise", dict(stddev=0), row, lambda: L.GaussianNoise(0.0)),
    ("gaussianDropout", dict(rate=0), row, lambda: L.GaussianDropout(0.0)),
    ("alphaDropout", dict(rate=0), row, lambda: L.AlphaDropout(0.0)),
    ("spatialDropout1d", dict(rate=0), steps, lambda: L.SpatialDropout1D(0.0)),
]:
    LAYERS.append((function, options, [shape], make))
ACTIVATIONS = dict(
    mish="mish", softsign="softsign", hardTanh="hard_tanh", exponential="exponential", logSigmoid="log_sigmoid",
    softShrink="soft_shrink", hardShrink="hard_shrink", tanhShrink="tanh_shrink", squareplus="squareplus", logSoftmax="log_softmax",
)
LAYERS += [("activation", dict(activation=name), [[3, 11]], (lambda f: lambda: L.Activation(f))(f)) for name, f in ACTIVATIONS.items()]


def layer_case(function, options, shapes, make):
    inputs = [L.Input(shape) for shape in shapes]
    layer = make()
    slopes = [L.PReLU()(each) for each in inputs]
    model = keras.Model(inputs, layer(slopes if len(slopes) > 1 else slopes[0]))
    model.set_weights([numbers(20 + index, variable.shape) for index, variable in enumerate(model.weights)])
    # Slopes take both signs, so that the layer sees both.
    x = [-np.abs(numbers(1 + index, [3, *shape])) * 3 - 0.01 for index, shape in enumerate(shapes)]
    with tf.GradientTape() as tape:
        y = model(x if len(x) > 1 else x[0], training=True)
        loss = tf.reduce_mean(tf.square(y - numbers(2, y.shape))) + sum(model.losses)
    gradients = tape.gradient(loss, model.trainable_variables)
    return dict(
        function=function, options=options, inputShapes=shapes, output=significant(y), loss=float(loss),
        gradients=[significant(gradient) for gradient in gradients],
    )


def dilated_case(options, shape, output, pads):
    """A dilated transposed convolution, which TensorFlow has no CPU kernel for: JAX's gradient of the convolution."""
    kernel_size, strides = np.broadcast_to(options["kernelSize"], 2), np.broadcast_to(options.get("strides", 1), 2)
    dilations, filters = np.broadcast_to(options["dilationRate"], 2), options["filters"]
    x = -np.abs(numbers(1, [3, *shape])) * 3 - 0.01
    weights = [numbers(20, shape), numbers(21, [*kernel_size, filters, shape[-1]]), numbers(22, [filters])]

    def layer(slopes, kernel, bias):
        convolve = lambda image: jax.lax.conv_general_dilated(
            image, kernel, strides, pads, rhs_dilation=dilations, dimension_numbers=("NHWC", "HWIO", "NHWC")
        )
        _, transposed = jax.vjp(convolve, jnp.zeros([3, *output, filters]))
        return transposed(x * slopes)[0] + bias

    loss = lambda *weights: jnp.mean((layer(*weights) - numbers(2, [3, *output, filters])) ** 2)
    value, gradients = jax.value_and_grad(loss, argnums=(0, 1, 2))(*weights)
    return dict(
        function="conv2dTranspose", options=options, inputShapes=[shape], output=significant(layer(*weights)),
        loss=float(value), gradients=[significant(gradient) for gradient in gradients],
    )


DILATED = [
    (dict(filters=2, kernelSize=[3, 2], dilationRate=[2, 3]), [3, 4, 3], [7, 7], [(0, 0), (0, 0)]),
    (dict(filters=2, kernelSize=3, strides=2, dilationRate=2, padding="same"), [3, 4, 3], [6, 8], [(1, 2), (1, 2)]),
]


def softmax(z):
    e = np.exp(z - z.max(-1, keepdims=True))
    return (e / e.sum(-1, keepdims=True)).astype(np.float32)


logits = numbers(3, (6, 4)) * 3
p = softmax(logits)
distribution = softmax(numbers(4, (6, 4)) * 2)
onehot = np.eye(4, dtype=np.float32)[[0, 3, 1, 1, 2, 0]]
binary = (numbers(5, (6, 4)) > 0).astype(np.float32)
positive = np.abs(numbers(7, (6, 4))) * 3 + 0.1
K = keras.losses
LOSSES = [
    ("squaredHinge", {}, logits, binary * 2 - 1, K.SquaredHinge()),
    ("categoricalHinge", {}, logits, onehot, K.CategoricalHinge()),
    ("logCosh", {}, logits, distribution, K.LogCosh()),
    ("poisson", {}, p, positive, K.Poisson()),
    ("cosineSimilarity", {}, logits, positive, K.CosineSimilarity()),
    ("meanAbsolutePercentageError", {}, logits, positive, K.MeanAbsolutePercentageError()),
    ("meanSquaredLogarithmicError", {}, logits, positive, K.MeanSquaredLogarithmicError()),
    ("binaryFocalCrossentropy", {}, p, binary, K.BinaryFocalCrossentropy()),
    ("binaryFocalCrossentropy", dict(gamma=1.5, alpha=0.4, applyClassBalancing=True, labelSmoothing=0.1), p, binary, K.BinaryFocalCrossentropy(True, 0.4, 1.5, label_smoothing=0.1)),
    ("binaryFocalCrossentropy", dict(fromLogits=True, gamma=3), logits, binary, K.BinaryFocalCrossentropy(gamma=3.0, from_logits=True)),
    ("categoricalFocalCrossentropy", {}, p, onehot, K.CategoricalFocalCrossentropy()),
    ("categoricalFocalCrossentropy", dict(fromLogits=True, gamma=1.3, alpha=0.6, labelSmoothing=0.2), logits, distribution, K.CategoricalFocalCrossentropy(0.6, 1.3, True, 0.2)),
]

result = {
    "made by": f"test/reference/catalogue.py, tensorflow {tf.__version__}, keras {keras.__version__}, jax {jax.__version__}, float32",
    "layers": [layer_case(*case) for case in LAYERS] + [dilated_case(*case) for case in DILATED],
    "losses": [loss_case(*case) for case in LOSSES],
}
Path(__file__).with_name("catalogue.json").write_text(json.dumps(result) + "\n")

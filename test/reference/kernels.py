"""Numbers of the convolution and its gradients from JAX, for test/kernels: shapes, options and results.

Run: pip install jax && python kernels.py
"""

import json
from pathlib import Path

import jax
import numpy as np
from seed import numbers

CASES = [
    # x [n,h,w,c], filter [kh,kw,c/groups,k], strides, padding ((top,bottom),(left,right)), dilations, groups
    ([2, 7, 9, 1], [3, 3, 1, 1], (1, 1), ((0, 0), (0, 0)), (1, 1), 1),
    ([2, 7, 9, 1], [3, 3, 1, 5], (1, 1), ((1, 1), (1, 1)), (1, 1), 1),
    ([1, 8, 8, 3], [5, 5, 3, 4], (2, 2), ((1, 2), (1, 2)), (1, 1), 1),
    ([2, 6, 5, 8], [3, 3, 8, 12], (1, 2), ((0, 0), (1, 0)), (1, 1), 1),
    ([1, 9, 9, 2], [3, 2, 2, 3], (1, 1), ((2, 0), (0, 3)), (2, 3), 1),
    ([2, 5, 5, 6], [3, 3, 2, 9], (1, 1), ((1, 1), (1, 1)), (1, 1), 3),
    ([1, 6, 6, 4], [3, 3, 1, 8], (2, 1), ((0, 1), (1, 1)), (1, 1), 4),
    ([3, 4, 4, 5], [1, 1, 5, 7], (1, 1), ((0, 0), (0, 0)), (1, 1), 1),
    ([1, 10, 11, 4], [7, 7, 4, 1], (1, 1), ((3, 3), (3, 3)), (1, 1), 1),
]


def convolve(x, f, strides, padding, dilations, groups):
    return jax.lax.conv_general_dilated(
        x,
        f,
        strides,
        padding,
        rhs_dilation=dilations,
        feature_group_count=groups,
        dimension_numbers=("NHWC", "HWIO", "NHWC"),
    )


def case(x_shape, filter_shape, strides, padding, dilations, groups):
    x = numbers(11, int(np.prod(x_shape))).reshape(x_shape)
    f = numbers(12, int(np.prod(filter_shape))).reshape(filter_shape)
    y, back = jax.vjp(lambda x, f: convolve(x, f, strides, padding, dilations, groups), x, f)
    dy = numbers(13, y.size).reshape(y.shape)
    dx, df = back(dy)
    significant = lambda values: [float(f"{value:.9g}") for value in np.asarray(values).ravel()]
    return {
        "xShape": x_shape,
        "filterShape": filter_shape,
        "strides": strides,
        "padding": padding,
        "dilations": dilations,
        "groups": groups,
        "dyShape": list(y.shape),
        "y": significant(y),
        "filterGradient": significant(df),
        "inputGradient": significant(dx),
    }


if __name__ == "__main__":
    result = {
        "made by": f"test/reference/kernels.py, jax {jax.__version__}, float64",
        "cases": [case(*arguments) for arguments in CASES],
    }
    Path(__file__).with_name("kernels.json").write_text(json.dumps(result) + "\n")

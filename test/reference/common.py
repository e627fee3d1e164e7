"""What the scripts of this folder share."""

import numpy as np


def numbers(seed: int, shape) -> np.ndarray:
    """The generator of test/support/numbers.ts."""
    count, state = int(np.prod(shape)), seed
    out = np.empty(count, np.float32)
    for index in range(count):
        state = (state * 1664525 + 1013904223) % 2**32
        out[index] = (state >> 15) / 65536 - 1
    return out.reshape(shape)

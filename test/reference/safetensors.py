"""Files as the Python package safetensors writes them, and what it reads from one that convgrad wrote.

    python safetensors.py
"""

import base64
import json
from pathlib import Path

import ml_dtypes
import numpy as np
import safetensors
import safetensors.numpy

values = np.array([0, -0.0, 1, -1.5, 65504, 2.0**-24, 3.140625, np.inf, -np.inf, 1 / 3], dtype=np.float32)
arrays = {
    "conv2d_1/kernel": np.arange(-9, 9, dtype=np.float32).reshape(3, 3, 1, 2) / 8,
    "scalar": np.array(0.1, dtype=np.float32),
    "empty": np.zeros((0, 4), dtype=np.float32),
    "half": values.astype(np.float16),
    "brain": values.astype(ml_dtypes.bfloat16).reshape(2, 5),
    "größe ✓": values,
}
file = safetensors.numpy.save(arrays, {"note": "made by \"Python\" \\ 雪"})
result = {
    "version": safetensors.__version__,
    "file": base64.b64encode(file).decode(),
    "metadata": {"note": "made by \"Python\" \\ 雪"},
    "tensors": {
        name: {
            "shape": list(array.shape),
            # The bits of the numbers as float32.
            "bits": array.astype(np.float32).reshape(-1).view(np.uint32).tolist(),
        }
        for name, array in arrays.items()
    },
}
# Written by test/io/safetensors.test.ts's own tensors; Python must find the same numbers in it.
own = Path(__file__).with_name("safetensors-own.bin")
if own.exists():
    with safetensors.safe_open(own, "numpy") as opened:
        result["own"] = {
            "file": base64.b64encode(own.read_bytes()).decode(),
            "metadata": opened.metadata(),
            "tensors": {
                name: {
                    "shape": list(opened.get_tensor(name).shape),
                    "bits": opened.get_tensor(name).reshape(-1).view(np.uint32).tolist(),
                }
                for name in opened.keys()
            },
        }
Path(__file__).with_name("safetensors.json").write_text(json.dumps(result) + "\n")

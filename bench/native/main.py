"""Serves bench/engines/native.mjs: python main.py tensorflow|jax THREADS, lines of JSON in and out."""

import base64
import json
import os
import sys
import time

import numpy as np

framework, threads = sys.argv[1], int(sys.argv[2])
# Before the framework counts its cores; the surest limit, where the system has it.
if hasattr(os, "sched_setaffinity"):
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:threads])
os.environ["OMP_NUM_THREADS"] = str(threads)
# Whatever a framework prints must not come between the lines.
out = os.fdopen(os.dup(1), "w")
os.dup2(2, 1)


def reply(message: dict) -> None:
    print(json.dumps(message), file=out, flush=True)


def decode(array: dict) -> np.ndarray:
    return np.frombuffer(base64.b64decode(array["data"]), np.dtype(array["type"]))


def sample(step, steps: int) -> float:
    start = time.perf_counter()
    for _ in range(steps):
        step()
    return (time.perf_counter() - start) * 1000 / steps


try:
    if framework == "tensorflow":
        import tensorflow_engine as engine
    else:
        import jax_engine as engine
except ImportError as error:
    reply({"error": str(error)})
    sys.exit()

reply({"version": engine.VERSION})
step = None
for line in sys.stdin:
    message = json.loads(line)
    try:
        if "prepare" in message:
            inputs = {name: decode(array) for name, array in message["inputs"].items()}
            prepared = engine.prepare(message["prepare"], inputs, threads)
            if prepared is None:
                reply({})
                continue
            answer, step = prepared
            data = np.ascontiguousarray(answer, np.float32).tobytes()
            reply({"answer": base64.b64encode(data).decode()})
        else:
            reply({"milliseconds": sample(step, message["sample"])})
    except Exception as error:  # the other side must hear of it
        reply({"error": f"{type(error).__name__}: {error}"})

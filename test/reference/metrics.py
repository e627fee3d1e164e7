"""Metrics in Keras, for test/metrics/keras.test.ts, over three batches.

Run: pip install tensorflow-cpu && python metrics.py
"""

import json
from pathlib import Path

import numpy as np
import tensorflow as tf
from common import numbers

keras = tf.keras
M = keras.metrics


n, classes = 60, 7
# Some outputs are equal, and some lie on thresholds.
scores = (np.round((numbers(1, (n, classes)) + 1) * 20) / 40).astype(np.float32)
fine = ((numbers(2, (n, classes)) + 1) / 2).astype(np.float32)
labels = np.floor((numbers(3, (n,)) + 1) / 2 * classes).astype(np.int32)
onehot = np.eye(classes, dtype=np.float32)[labels]
# Targets that have to do with the outputs.
many = (fine + numbers(4, (n, classes)) * 0.5 > 0.5).astype(np.float32)
single = many[:, :1]
logits = (fine * 8 - 4).astype(np.float32)
data = dict(scores=scores, fine=fine, labels=labels, onehot=onehot, many=many, single=single, first=fine[:, :1], logits=logits)

CASES = [
    ("topKCategoricalAccuracy", dict(k=3), "scores", "onehot", lambda: M.TopKCategoricalAccuracy(3)),
    ("topKCategoricalAccuracy", {}, "fine", "onehot", lambda: M.TopKCategoricalAccuracy()),
    ("sparseTopKCategoricalAccuracy", dict(k=2), "scores", "labels", lambda: M.SparseTopKCategoricalAccuracy(2)),
    ("sparseTopKCategoricalAccuracy", {}, "fine", "labels", lambda: M.SparseTopKCategoricalAccuracy()),
    ("precision", {}, "fine", "many", lambda: M.Precision()),
    ("precision", dict(threshold=0.7), "scores", "many", lambda: M.Precision(0.7)),
    ("precision", dict(topK=2), "scores", "onehot", lambda: M.Precision(top_k=2)),
    ("precision", dict(topK=3, classId=2), "scores", "many", lambda: M.Precision(top_k=3, class_id=2)),
    ("precision", dict(threshold=0.99999), "scores", "many", lambda: M.Precision(0.99999)),
    ("recall", {}, "fine", "many", lambda: M.Recall()),
    ("recall", dict(threshold=0.3, classId=6), "fine", "many", lambda: M.Recall(0.3, class_id=6)),
    ("recall", dict(topK=2, threshold=0.6), "scores", "onehot", lambda: M.Recall(0.6, top_k=2)),
    ("f1Score", {}, "fine", "onehot", lambda: M.F1Score("macro")),
    ("f1Score", dict(average="micro"), "scores", "onehot", lambda: M.F1Score("micro")),
    ("f1Score", dict(average="weighted", threshold=0.4), "fine", "many", lambda: M.F1Score("weighted", 0.4)),
    ("f1Score", {}, "first", "single", lambda: M.F1Score("macro", 0.5)),
    ("auc", {}, "fine", "many", lambda: M.AUC()),
    ("auc", {}, "first", "single", lambda: M.AUC()),
    ("auc", dict(numThresholds=41), "scores", "many", lambda: M.AUC(41)),
    ("auc", dict(summationMethod="minoring"), "fine", "many", lambda: M.AUC(summation_method="minoring")),
    ("auc", dict(summationMethod="majoring", numThresholds=20), "fine", "many", lambda: M.AUC(20, summation_method="majoring")),
    ("auc", dict(curve="PR"), "fine", "many", lambda: M.AUC(curve="PR")),
    ("auc", dict(curve="PR", numThresholds=30, summationMethod="minoring"), "fine", "many", lambda: M.AUC(30, "PR", "minoring")),
    ("auc", dict(curve="PR", numThresholds=30, summationMethod="majoring"), "fine", "many", lambda: M.AUC(30, "PR", "majoring")),
    ("auc", dict(multiLabel=True), "fine", "many", lambda: M.AUC(multi_label=True)),
    ("auc", dict(fromLogits=True, multiLabel=True, curve="PR"), "logits", "many", lambda: M.AUC(from_logits=True, multi_label=True, curve="PR")),
    ("rootMeanSquaredError", {}, "fine", "many", lambda: M.RootMeanSquaredError()),
    ("r2Score", {}, "fine", "many", lambda: M.R2Score()),
    ("r2Score", {}, "first", "single", lambda: M.R2Score()),
    ("meanIoU", {}, "fine", "labels", lambda: M.MeanIoU(classes, sparse_y_pred=False)),
    ("meanIoU", {}, "scores", "onehot", lambda: M.OneHotMeanIoU(classes)),
]


def run(function, options, outputs, targets, make):
    metric = make()
    values = []
    for start in range(0, n, 20):
        metric.update_state(data[targets][start : start + 20], data[outputs][start : start + 20])
        values.append(float(metric.result()))
    return dict(function=function, options=options, outputs=outputs, targets=targets, values=values)


matrix = tf.math.confusion_matrix(labels, fine.argmax(-1), weights=np.abs(numbers(9, (n,))), dtype=tf.float32)
result = {
    "made by": f"test/reference/metrics.py, tensorflow {tf.__version__}, keras {keras.__version__}",
    "data": {name: dict(shape=list(a.shape), values=[float(v) for v in a.ravel()]) for name, a in data.items()},
    "cases": [run(*case) for case in CASES],
    "confusion": [float(v) for v in matrix.numpy().ravel()],
}
Path(__file__).with_name("metrics.json").write_text(json.dumps(result) + "\n")

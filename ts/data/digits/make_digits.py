"""Writes base64.ts: the digits of scikit-learn's load_digits, 64 pixels of 0..16 and a label each, gzipped.

Run: pip install scikit-learn && python make_digits.py
"""

import base64
import gzip
from pathlib import Path

import numpy as np
from sklearn.datasets import load_digits

digits = load_digits()
rows = np.concatenate([digits.data, digits.target[:, None]], axis=1).astype(np.uint8)
assert rows.shape == (1797, 65) and rows[:, :64].max() == 16
text = base64.b64encode(gzip.compress(rows.tobytes(), 9, mtime=0)).decode()
lines = [text[at : at + 1000] for at in range(0, len(text), 1000)]
body = ",\n".join(f"  '{line}'" for line in lines)
Path(__file__).with_name("base64.ts").write_text(
    "/** 1,797 rows of 65 bytes (64 pixels, a label), gzipped; see ATTRIBUTION.md. Made by make_digits.py. */\n"
    f"export const digitsBase64 = [\n{body},\n].join('');\n"
)

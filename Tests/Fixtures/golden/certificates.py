"""Writes certificates.json: interval bounds and CROWN of a small network, in double precision and written down densely, as
an implementation that shares nothing with Ward's. Every layer is a matrix here. NumPy 2."""

import json
import sys

import numpy as np

random = np.random.default_rng(19)
SIDE, CHANNELS, HIDDEN, CLASSES = 6, 2, 7, 3


def rounded(a):
    return np.float64(np.float32(a))


conv = rounded(random.normal(0, 0.5, (CHANNELS, 1, 3, 3)))
conv_bias = rounded(random.normal(0, 0.2, CHANNELS))
w1 = rounded(random.normal(0, 0.4, (HIDDEN, CHANNELS * 9)))
b1 = rounded(random.normal(0, 0.2, HIDDEN))
w2 = rounded(random.normal(0, 0.6, (HIDDEN, HIDDEN)))
b2 = rounded(random.normal(0, 0.2, HIDDEN))
w3 = rounded(random.normal(0, 0.8, (CLASSES, HIDDEN)))
b3 = rounded(random.normal(0, 0.2, CLASSES))
x = rounded(random.uniform(0, 1, SIDE * SIDE))

# The convolution with one pixel of padding as a matrix.
matrix = np.zeros((CHANNELS * SIDE * SIDE, SIDE * SIDE))
for c in range(CHANNELS):
    for i in range(SIDE):
        for j in range(SIDE):
            for di in range(3):
                for dj in range(3):
                    y, z = i + di - 1, j + dj - 1
                    if 0 <= y < SIDE and 0 <= z < SIDE:
                        matrix[(c * SIDE + i) * SIDE + j, y * SIDE + z] = conv[c, 0, di, dj]
bias = np.repeat(conv_bias, SIDE * SIDE)
windows = [
    [(c * SIDE + 2 * i + a) * SIDE + 2 * j + b for a in (0, 1) for b in (0, 1)]
    for c in range(CHANNELS) for i in range(3) for j in range(3)
]


def logits(v):
    h = np.maximum(matrix @ v + bias, 0)
    p = np.array([h[w].max() for w in windows])
    return w3 @ np.maximum(w2 @ np.maximum(w1 @ p + b1, 0) + b2, 0) + b3


def box(w, b, l, u):
    c, r = w @ ((l + u) / 2) + b, abs(w) @ ((u - l) / 2)
    return c - r, c + r


def relu_lines(l, u, rule):
    a, s, t = np.zeros(len(l)), np.zeros(len(l)), np.zeros(len(l))
    for i in range(len(l)):
        if l[i] >= 0:
            a[i] = s[i] = 1
        elif u[i] > 0:
            s[i] = u[i] / (u[i] - l[i])
            t[i] = -s[i] * l[i]
            a[i] = {"adaptive": 1.0 if u[i] > -l[i] else 0.0, "zero": 0.0, "parallel": s[i]}[rule]
    return np.diag(a), 0 * t, np.diag(s), t


def pool_lines(l, u):
    low, high, shift = (np.zeros((len(windows), len(l))) for _ in range(2)), None, np.zeros(len(windows))
    low, high = low
    for k, w in enumerate(windows):
        low[k, w[int(np.argmax(l[w]))]] = 1
        j = int(np.argmax(u[w]))
        second = max(u[w[i]] for i in range(4) if i != j)
        lj, uj = l[w[j]], u[w[j]]
        if lj >= second:
            high[k, w[j]] = 1
        elif uj > second:
            slope = (uj - second) / (uj - lj)
            high[k, w[j]], shift[k] = slope, second - slope * lj
        else:
            shift[k] = uj
    return low, 0 * shift, high, shift


def back(rows, chain, l0, u0):
    """Lower bounds of rows times the values before which `chain` ends, last layer first."""
    d = np.zeros(len(rows))
    for kind, *what in chain:
        if kind == "affine":
            d, rows = d + rows @ what[1], rows @ what[0]
        else:
            up, down = np.maximum(rows, 0), np.minimum(rows, 0)
            d = d + up @ what[1] + down @ what[3]
            rows = up @ what[0] + down @ what[2]
    return d + np.maximum(rows, 0) @ l0 + np.minimum(rows, 0) @ u0


def bounds(eps, label):
    l0, u0 = np.maximum(x - eps, 0), np.minimum(x + eps, 1)
    margin_rows = np.array([np.eye(CLASSES)[label] - np.eye(CLASSES)[(label + s) % CLASSES] for s in range(1, CLASSES)])
    l1, u1 = box(matrix, bias, l0, u0)
    r = np.maximum(l1, 0), np.maximum(u1, 0)
    p = [np.array([v[w].max() for w in windows]) for v in r]
    l2, u2 = box(w1, b1, *p)
    l3, u3 = box(w2, b2, np.maximum(l2, 0), np.maximum(u2, 0))
    c, h = (np.maximum(l3, 0) + np.maximum(u3, 0)) / 2, (np.maximum(u3, 0) - np.maximum(l3, 0)) / 2
    merged = margin_rows @ w3
    result = {"ibp": merged @ c + margin_rows @ b3 - abs(merged) @ h}
    for rule in ("adaptive", "zero", "parallel"):
        below = [("lines", *pool_lines(*r)), ("lines", *relu_lines(l1, u1, rule)), ("affine", matrix, bias)]
        chain = [("affine", w1, b1)] + below
        rows = np.eye(HIDDEN)
        m2 = np.maximum(back(rows, chain, l0, u0), l2), np.minimum(-back(-rows, chain, l0, u0), u2)
        chain = [("affine", w2, b2), ("lines", *relu_lines(*m2, rule))] + chain
        # The box of the second layer, from the better bounds of the first.
        i3 = box(w2, b2, np.maximum(m2[0], 0), np.maximum(m2[1], 0))
        m3 = np.maximum(back(rows, chain, l0, u0), i3[0]), np.minimum(-back(-rows, chain, l0, u0), i3[1])
        result[rule] = back(margin_rows, [("affine", w3, b3), ("lines", *relu_lines(*m3, rule))] + chain, l0, u0)
    return {name: value.tolist() for name, value in result.items()}


label = int(np.argmax(logits(x)))
for _ in range(20000):  # nothing in the box falls below what is written
    eps = 0.1
    v = np.clip(x + random.choice([-eps, eps], x.shape), 0, 1)
    z = logits(v)
    least = bounds(eps, label) if _ == 0 else least
    for s in range(1, CLASSES):
        for name, value in least.items():
            assert z[label] - z[(label + s) % CLASSES] >= value[s - 1] - 1e-9, name
out = {
    "made_by": f"certificates.py, NumPy {np.__version__}, Python {sys.version.split()[0]}",
    "side": SIDE, "label": label, "image": x.tolist(), "logits": logits(x).tolist(),
    "parameters": [p.ravel().tolist() for p in (conv, conv_bias, w1, b1, w2, b2, w3, b3)],
    "bounds": {str(eps): bounds(eps, label) for eps in (0.0, 0.02, 0.05, 0.1)},
}
json.dump(out, open(sys.argv[1], "w"), indent=1)

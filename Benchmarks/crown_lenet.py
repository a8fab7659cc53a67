"""CROWN on a LeNet, Ward beside PyTorch: 100 images of Fashion-MNIST, in turns, once both sides were found to prove the same.

PyTorch's side is written for the work, in batched tensors. Of the forms tried the fastest stands here: two images at a time;
transposed convolutions as convolutions with flipped weights; and rows of the second convolution cut to the 14×14 pixels that one
of its values sees. The lines are those of `crown(slopes: adaptive)`: of a maximum, below its pixel with the highest lower bound,
above its pixel with the highest upper bound or the chord in that pixel. Bounds by lines are kept within those of boxes, and
dense layers get rows only for values whose sign is open, as in Ward.
"""
import gzip
import os
import statistics
import time

import numpy as np
import torch
import torch.nn.functional as F

FOLDER = "/usr/share/datasets/fashion-mnist/t10k-"


def relu_lines(l, u):
    """The slopes below and above, and the shift of the upper line."""
    unstable, active = (l < 0) & (u > 0), (l >= 0).float()
    above = torch.where(unstable, u / (u - l).clamp(min=1e-12), active)
    return torch.where(unstable, (u > -l).float(), active), above, torch.where(unstable, -above * l, 0.0)


def pool_lines(l, u):
    """The same of 2×2 maxima: slopes for each pixel, shifts for each maximum."""
    def cut(x):
        return x.unflatten(3, (-1, 2)).unflatten(2, (-1, 2)).transpose(3, 4).flatten(4)

    def join(x):
        return x.unflatten(4, (2, 2)).transpose(3, 4).flatten(4).flatten(2, 3)
    l, u = cut(l), cut(u)
    top, j = u.topk(2, -1).values, u.argmax(-1)
    (most, second), own = top.unbind(-1), l.gather(-1, j[..., None])[..., 0]
    wins = own >= second
    slope = torch.where(wins, 1.0, (most - second) / (most - own).clamp(min=1e-12))
    shift = torch.where(wins, 0.0, second - slope * own)
    return join(F.one_hot(l.argmax(-1), 4).float()), join(F.one_hot(j, 4) * slope[..., None]), shift


def through(rows, rest, lines, pooling=False):
    """Rows [n, k, ...] and what is left over, back through lines."""
    below, above, shift = (t[:, None] for t in lines)
    up, down = rows.clamp(min=0), rows.clamp(max=0)
    rest = rest + (down.flatten(2) @ shift.flatten(2).transpose(1, 2))[..., 0]
    if pooling:
        up, down = (t.repeat_interleave(2, -1).repeat_interleave(2, -2) for t in (up, down))
    return up * below + down * above, rest


def back(rows, rest, weight, bias, padding):
    """Rows back through a 5×5 convolution."""
    rest = rest + rows.sum((3, 4)) @ bias
    out = F.conv2d(rows.flatten(0, 1), weight.flip(2, 3).transpose(0, 1).contiguous(), padding=4 - padding)
    return out.unflatten(0, rows.shape[:2]), rest


def meet(rows, rest, l, u):
    """Rows over a box: the centre and the reach of their values."""
    rows, c, r = rows.flatten(2), ((l + u) / 2).flatten(1)[..., None], ((u - l) / 2).flatten(1)[..., None]
    return (rows @ c)[..., 0] + rest, (rows.abs() @ r)[..., 0]


def patches(x, size, step=1):
    """[n, c, ...] to [100 n, c, size, size]: what each place of the second convolution sees."""
    return x.unfold(2, size, step).unfold(3, size, step).permute(0, 2, 3, 1, 4, 5).flatten(0, 2)


class Crown:
    """Lower bounds of the smallest margin, for `weights` of Ward's `lenet`."""

    def __init__(self, weights, mean, std):
        self.mean, self.std = mean, std
        self.layers = {name: (weights[name + ".weight"], weights[name + ".bias"])
                       for name in ("conv1", "conv2", "fc1", "fc2", "fc3")}

    def margins(self, x, labels, eps, refines, group=2):
        parts = zip(x.split(group), labels.split(group))
        return torch.cat([self.group(images, y, eps, refines) for images, y in parts])

    def group(self, x, labels, eps, refines):
        self.box = [((x + d).clamp(0, 1) - self.mean) / self.std for d in (-eps, eps)]
        rows = F.one_hot(labels, 10).float()[:, None] - torch.eye(10)
        w, b = self.layers["fc3"]
        c, r = meet(rows @ w, rows @ b, *self.spread(False))
        best = c - r - 1e-4 * (1 + c.abs() + r)
        if refines:
            self.spread(True)
        c, r = self.pull(rows, torch.zeros(len(x), 10), 3)
        best = torch.maximum(best, c - r - 1e-4 * (1 + c.abs() + r))
        best[torch.arange(len(x)), labels] = torch.inf
        return best.min(1).values

    def spread(self, refines):
        """Boxes forward, and the lines of everything that bends; with `refines` tighter ones, from rows."""
        def affine(f, name, l, u, **more):
            w, b = self.layers[name]
            c, r = f((l + u) / 2, w, b, **more), f((u - l) / 2, w.abs(), **more)
            return c - r, c + r
        self.lines, (l, u) = {}, self.box
        for name, padding in (("conv1", 2), ("conv2", 0)):
            l, u = affine(F.conv2d, name, l, u, padding=padding)
            if refines and name == "conv2":
                l, u = self.refine_patches(l, u)
            self.lines[name], l, u = relu_lines(l, u), l.relu(), u.relu()
            self.lines["pool" + name[-1]] = pool_lines(l, u)
            l, u = F.max_pool2d(l, 2), F.max_pool2d(u, 2)
        l, u = l.flatten(1), u.flatten(1)
        for number, name in ((1, "fc1"), (2, "fc2")):
            l, u = affine(F.linear, name, l, u)
            if refines:
                self.refine(number, l, u)
            self.lines[name], l, u = relu_lines(l, u), l.relu(), u.relu()
        return l, u

    def pull(self, rows, rest, number):
        """Rows over the values of dense layer `number`, back to the image."""
        for at in range(number, 0, -1):
            if at < number:
                rows, rest = through(rows, rest, self.lines[f"fc{at}"])
            w, b = self.layers[f"fc{at}"]
            rows, rest = rows @ w, rest + rows @ b
        rows = rows.unflatten(2, (16, 5, 5))
        for at, padding in (("2", 0), ("1", 2)):
            rows, rest = through(rows, rest, self.lines["pool" + at], pooling=True)
            rows, rest = through(rows, rest, self.lines["conv" + at])
            rows, rest = back(rows, rest, *self.layers["conv" + at], padding)
        return meet(rows, rest, *self.box)

    def refine(self, number, l, u):
        for part in ((l < 0) & (u > 0)).any(0).nonzero()[:, 0].split(32):
            rows, rest = torch.eye(l.shape[1])[part].expand(len(l), -1, -1), torch.zeros(len(l), len(part))
            c, r = self.pull(rows, rest, number)
            l[:, part] = torch.maximum(l[:, part], c - r)
            c, r = self.pull(-rows, rest, number)
            u[:, part] = torch.minimum(u[:, part], r - c)

    def refine_patches(self, l, u):
        pool = [patches(t, size, step) for t, size, step in zip(self.lines["pool1"], (10, 10, 5), (2, 2, 1))]
        relu = [patches(t, 10, 2) for t in self.lines["conv1"]]
        box = [patches(F.pad(t, (2, 2, 2, 2)), 14, 2) for t in self.box]
        w, b = self.layers["conv2"]

        def low(sign):
            rows, rest = through(sign * w[None], sign * b[None], pool, pooling=True)
            rows, rest = back(*through(rows, rest, relu), *self.layers["conv1"], 0)
            c, r = meet(rows, rest, *box)
            return (c - r).unflatten(0, (-1, 10, 10)).permute(0, 3, 1, 2)
        return torch.maximum(l, low(1)), torch.minimum(u, -low(-1))


def images(count):
    pixels = np.frombuffer(gzip.open(FOLDER + "images-idx3-ubyte.gz").read(), np.uint8)[16:]
    labels = np.frombuffer(gzip.open(FOLDER + "labels-idx1-ubyte.gz").read(), np.uint8)[8:]
    x = pixels.reshape(-1, 1, 28, 28)[:count].astype(np.float32) / 255
    return torch.tensor(x), torch.tensor(labels[:count].astype(np.int64))


def compare(ward, folder, rounds):
    """Prints a line for each radius and form; `ward` runs a program and returns the lines that begin with @."""
    from safetensors import safe_open
    path = os.path.join(folder, "lenet.safetensors")
    ward(f'let data = load "fashion-mnist"\nkeep (train lenet on: data epochs: 2 batch: 128) as: "{path}"')
    with safe_open(path, "pt") as file:
        about = file.metadata()
        torch_side = Crown({name: file.get_tensor(name) for name in file.keys()},
                           float(about["ward.mean"]), float(about["ward.std"]))
    x, labels = images(100)

    def ours(eps, form):
        lines = [line[1:].replace(",", "") for line in ward(f"""
let data = load "fashion-mnist"
let m = open "{path}" on: data
let proof = certify m on: take(data.test, 100) eps: {eps} with: crown(slopes: adaptive, hidden: {form})
print "@{{proof.seconds}}"
for row in (select margin from certificates where result = (select max(result) from certificates) order by image) {{
  print "@{{row.margin}}"
}}
""")]
        return float(lines[0]), torch.tensor([float(line) for line in lines[1:]])

    def theirs(eps, form):
        start = time.perf_counter()
        with torch.inference_mode():
            # Without rows inside of the network larger groups are faster.
            found = torch_side.margins(x, labels, eps, form == "crown", 2 if form == "crown" else 20)
        return time.perf_counter() - start, found

    for form in ("crown", "ibp"):
        for eps in (0.005, 0.01):
            seconds = ([], [])
            theirs(eps, "ibp")
            for _ in range(rounds):
                (a, own), (b, other) = ours(eps, form), theirs(eps, form)
                seconds[0].append(a)
                seconds[1].append(b)
                counts = int((own > 0).sum()), int((other > 0).sum())
                gaps = (own - other).abs() / other.abs().clamp(min=1)
                most, gap = float(gaps.quantile(0.9)), float(gaps.max())
                # Where two ends of a box are nearly alike rounding decides which line is taken: PyTorch's own margins in
                # single and in double precision differ by up to 0.0042.
                if abs(counts[0] - counts[1]) > 1 or most > 1e-3 or gap > 1e-2:
                    raise SystemExit(f"not the same work: {counts[0]} and {counts[1]} certified, margins within {gap}")
            (best, other), (median, other_median) = map(min, seconds), map(statistics.median, seconds)
            print(f"CROWN, LeNet, hidden: {form}, eps {eps}: ward {counts[0]} certified, {best:.3g} s (median {median:.3g});"
                  f" torch {counts[1]}, {other:.3g} s (median {other_median:.3g}); margins within {gap:.1e} (nine of ten {most:.1e});"
                  f" {other / best:.1f} times as fast (median {other_median / median:.1f})", flush=True)

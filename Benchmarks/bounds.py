#!/usr/bin/env python3
"""Ward beside PyTorch on bounds: CROWN on mnist_256x2 (100 images, from the folder of reference networks), CROWN on a LeNet
(100 images of Fashion-MNIST, `crown_lenet.py`), and an epoch of interval bound training of LeNet beside a clean one.

  bounds.py WARD [--reference FOLDER] [--threads 2] [--images 20000] [--rounds 5]

PyTorch's side is written for the work: batched matrices for CROWN (adaptive slopes, bounds inside of the network from lines),
two forward passes for interval bounds. Both sides count certified images; Ward keeps bounds within their boxes as well, which
may prove an image more.
"""
import argparse
import gzip
import os
import subprocess
import tempfile
import time

import numpy as np
import torch
import torch.nn.functional as F

import crown_lenet


def ward(program, code, threads, store):
    out = subprocess.run(
        [program, "--threads", str(threads), "--store", store, "-c", code], capture_output=True, text=True)
    if out.returncode:
        raise SystemExit(out.stdout + out.stderr)
    return [line for line in out.stdout.splitlines() if line.startswith("@")]


def dense(path):
    import onnx
    from onnx import numpy_helper
    tensors = [torch.tensor(numpy_helper.to_array(t).copy()) for t in onnx.load(path).graph.initializer]
    weights = [t for t in tensors if t.ndim == 2]
    biases = [t for t in tensors if t.ndim == 1]
    return list(zip(weights, biases))


def crown(layers, x, y, eps):
    l0, u0 = (x - eps).clamp(0, 1), (x + eps).clamp(0, 1)
    boxes = []

    def back(rows, d, upto):
        # rows [n, k, width of layer `upto`'s output]: lower bounds of them.
        for i in range(upto, -1, -1):
            w, b = layers[i]
            d = d + rows @ b
            rows = rows @ w
            if i:
                l, u = boxes[i - 1]
                s = (u / (u - l).clamp(min=1e-12)).where((l < 0) & (u > 0), (l >= 0).float())
                a = (u > -l).float().where((l < 0) & (u > 0), (l >= 0).float())
                up, down = rows.clamp(min=0), rows.clamp(max=0)
                d = d + (down @ (-s * l).where((l < 0) & (u > 0), torch.zeros_like(l))[:, :, None])[:, :, 0]
                rows = up * a[:, None] + down * s[:, None]
        return d + (rows.clamp(min=0) @ l0[:, :, None] + rows.clamp(max=0) @ u0[:, :, None])[:, :, 0]

    n = len(x)
    for i, (w, b) in enumerate(layers[:-1]):
        eye = torch.eye(len(b)).expand(n, -1, -1)
        zero = torch.zeros(n, len(b))
        boxes.append((back(eye, zero, i), -back(-eye, zero, i)))
    classes = len(layers[-1][1])
    rows = F.one_hot(y, classes).float()[:, None] - torch.eye(classes)
    margins = back(rows, torch.zeros(n, classes), len(layers) - 1)
    margins[torch.arange(n), y] = torch.inf
    return int((margins.min(1).values > 0).sum())


class LeNet(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = torch.nn.Conv2d(1, 6, 5, padding=2)
        self.conv2 = torch.nn.Conv2d(6, 16, 5)
        self.fc1, self.fc2, self.fc3 = torch.nn.Linear(400, 120), torch.nn.Linear(120, 84), torch.nn.Linear(84, 10)

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.conv1(x)), 2)
        x = F.max_pool2d(F.relu(self.conv2(x)), 2).flatten(1)
        return self.fc3(F.relu(self.fc2(F.relu(self.fc1(x)))))

    def bounds(self, l, u, y):
        def affine(f, layer, l, u):
            c, r = f((l + u) / 2, layer.weight, layer.bias), f((u - l) / 2, layer.weight.abs(), None)
            return F.relu(c - r), F.relu(c + r)
        for layer, pad in ((self.conv1, 2), (self.conv2, 0)):
            l, u = affine(lambda x, w, b: F.conv2d(x, w, b, padding=pad), layer, l, u)
            l, u = F.max_pool2d(l, 2), F.max_pool2d(u, 2)
        l, u = l.flatten(1), u.flatten(1)
        for layer in (self.fc1, self.fc2):
            l, u = affine(F.linear, layer, l, u)
        w = self.fc3.weight[None] - self.fc3.weight[y][:, None]
        b = self.fc3.bias[None] - self.fc3.bias[y][:, None]
        return (w @ ((l + u) / 2)[:, :, None])[:, :, 0] + b + (w.abs() @ ((u - l) / 2)[:, :, None])[:, :, 0]


def epochs(images, labels):
    x, model = images, LeNet()
    optimiser = torch.optim.Adam(model.parameters(), 1e-3)

    def epoch(bounded):
        start = time.perf_counter()
        for at in range(0, len(x), 128):
            part, y = x[at:at + 128], labels[at:at + 128]
            loss = F.cross_entropy(model((part - 0.2862) / 0.3204), y)
            if bounded:
                l, u = (part - 0.1).clamp(0, 1), (part + 0.1).clamp(0, 1)
                f = model.bounds((l - 0.2862) / 0.3204, (u - 0.2862) / 0.3204, y)
                loss = 0.5 * loss + 0.5 * F.cross_entropy(f, y)
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
        return len(x) / (time.perf_counter() - start)

    epoch(True)
    return max(epoch(False) for _ in range(3)), max(epoch(True) for _ in range(3))


def main():
    parse = argparse.ArgumentParser()
    parse.add_argument("ward")
    parse.add_argument("--reference", default="../shared/reference/onnx")
    parse.add_argument("--threads", type=int, default=2)
    parse.add_argument("--images", type=int, default=20000)
    parse.add_argument("--rounds", type=int, default=5, help="of CROWN on LeNet, in turns")
    given = parse.parse_args()
    torch.set_num_threads(given.threads)
    with tempfile.TemporaryDirectory() as folder:
        store = os.path.join(folder, "store.sqlite")
        network = os.path.join(given.reference, "mnist_256x2.onnx")
        if os.path.exists(network):
            rows = np.loadtxt(os.path.join(given.reference, "mnist_test.csv"), delimiter=",", dtype=np.float32)
            x, y = torch.tensor(rows[:, 1:] / 255), torch.tensor(rows[:, 0]).long()
            layers = dense(network)
            times = []
            for _ in range(4):
                start = time.perf_counter()
                count = crown(layers, x, y, 0.02)
                times.append(time.perf_counter() - start)
            print(f"CROWN, mnist_256x2, eps 0.02: torch {count} certified, {100 / min(times):.0f} images/s")
            table = os.path.join(folder, "mnist.csv")
            np.savetxt(table, rows.astype(int), fmt="%d", delimiter=",",
                       header=",".join(["label"] + [f"p{i}" for i in range(784)]), comments="")
            print("  ward:", *ward(given.ward, f"""
let data = load "{table}" test: 50%
let m = open "{network}" on: data
for i in 1..4 {{
  let a = certify m on: data.test eps: 0.02 with: crown(slopes: adaptive)
  let b = certify m on: data.train eps: 0.02 with: crown(slopes: adaptive)
  print "@ {{100 * (a.certified * a.images + b.certified * b.images) / 100}} certified, {{100 / (a.seconds + b.seconds)}} images/s"
}}
""", given.threads, store)[-1:])
        own = os.path.join(folder, "lenet.sqlite")
        crown_lenet.compare(lambda code: ward(given.ward, code, given.threads, own), folder, given.rounds)
        data = "/usr/share/datasets/fashion-mnist/train-"
        pixels = np.frombuffer(gzip.open(data + "images-idx3-ubyte.gz").read(), np.uint8)[16:]
        labels = np.frombuffer(gzip.open(data + "labels-idx1-ubyte.gz").read(), np.uint8)[8:]
        x = torch.tensor(pixels.reshape(-1, 1, 28, 28)[:given.images].astype(np.float32) / 255)
        clean, bounded = epochs(x, torch.tensor(labels[:given.images].astype(np.int64)))
        print(f"training LeNet: torch clean {clean:.0f}, bounds {bounded:.0f} images/s, {clean / bounded:.2f} times as long")
        lines = ward(given.ward, f"""
let data = load "fashion-mnist" train: {given.images} test: 10
train lenet on: data epochs: 3 batch: 128
train lenet on: data defense: ibp_training(warmup: 0, ramp: 0) epochs: 3 batch: 128
for row in (select model_id, max(images_per_second) as speed from epochs group by model_id order by model_id) {{
  print "@ {{row.speed}}"
}}
""", given.threads, store)
        clean, bounded = (float(line[1:].replace(",", "")) for line in lines)
        print(f"  ward: clean {clean:.0f}, bounds {bounded:.0f} images/s, {clean / bounded:.2f} times as long")


if __name__ == "__main__":
    main()

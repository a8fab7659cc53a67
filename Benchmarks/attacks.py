"""Ward's attacks beside their peers: what is left standing, how far the images went, and the time, with equal settings.

    Benchmarks/attacks.py WARD MODEL.safetensors [--threads 1] [--rounds 1] [--only WORDS]

MODEL holds a LeNet for Fashion-MNIST that takes (pixel - 0.2862) / 0.3204, under PyTorch's names. Needs a Python with torch,
safetensors, foolbox and pyautoattack. Ward runs as a user runs it, one `attack` each; its time is what the result says. Both take
turns on the same images; with several rounds the ratio is the median of the ratios of each round.
"""
import argparse
import csv
import gzip
import io
import os
import statistics
import subprocess
import sys
import tempfile
import time
import warnings

import numpy as np
import torch
from safetensors.torch import load_file

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from torch_side import LeNet  # noqa: E402

MEAN, STD, EPS = 0.2862, 0.3204, 24.5 / 255
FASHION = "/usr/share/datasets/fashion-mnist"


class Pixels(torch.nn.Module):
    """The network as a function of pixels from 0 to 1."""

    def __init__(self, net):
        super().__init__()
        self.net = net

    def forward(self, x):
        return self.net((x - MEAN) / STD)


def test_images(count):
    def numbers(name, header):
        with gzip.open(os.path.join(FASHION, name)) as file:
            return np.frombuffer(file.read(), np.uint8, offset=header)

    x = numbers("t10k-images-idx3-ubyte.gz", 16).reshape(-1, 1, 28, 28)[:count]
    y = numbers("t10k-labels-idx1-ubyte.gz", 8)[:count]
    return torch.tensor(x / 255, dtype=torch.float32), torch.tensor(y.astype(np.int64))


def autoattack(norm, eps, attacks=None):
    def run(net, x, y):
        from pyautoattack import AutoAttack

        options = dict(attacks=attacks, version="custom") if attacks else {}
        peer = AutoAttack(net, norm=norm, eps=eps, seed=0, **options)
        with open(os.devnull, "w") as nothing:
            out, sys.stdout = sys.stdout, nothing
            try:
                found = peer.run_standard_evaluation(x, y, batch_size=len(x))
                return found[0] if isinstance(found, tuple) else found
            finally:
                sys.stdout = out

    return run


def foolbox(name, eps=None, call=None, **settings):
    """One of Foolbox's attacks: at a radius, or for the smallest change."""

    def run(net, x, y):
        import foolbox
        import foolbox.attacks

        model = foolbox.PyTorchModel(net, bounds=(0, 1), device="cpu")
        attack = getattr(foolbox.attacks, name)(**settings)
        return attack(model, x, y, epsilons=eps, **(call or {}))[1]

    return run


# What Ward is asked for, images, norm, radius, the peer and its settings. Smallest changes count within the radius.
WORK = [
    ("autoattack", "autoattack", 250, "linf", EPS, "AutoAttack", autoattack("Linf", EPS)),
    ("autoattack", "autoattack", 100, "l1", 10, "AutoAttack", autoattack("L1", 10)),
    ("square", "square(queries: 5000)", 250, "linf", EPS, "AutoAttack", autoattack("Linf", EPS, ["square"])),
    ("deepfool", "deepfool(steps: 50)", 500, "l2", 1, "Foolbox", foolbox("L2DeepFoolAttack", steps=50)),
    ("cw", "cw(searches: 6, steps: 200, rate: 0.05)", 500, "l2", 1, "Foolbox",
     foolbox("L2CarliniWagnerAttack", binary_search_steps=6, steps=200, stepsize=0.05, initial_const=1, abort_early=False)),
    ("fmn", "fmn(steps: 100)", 500, "l2", 1, "Foolbox", foolbox("L2FMNAttack", steps=100)),
    ("fmn linf", "fmn(steps: 100)", 500, "linf", EPS, "Foolbox", foolbox("LInfFMNAttack", steps=100)),
    ("ead", "ead(searches: 6, steps: 200, rule: l1)", 100, "l1", 10, "Foolbox",
     foolbox("EADAttack", binary_search_steps=6, steps=200, initial_stepsize=0.01, initial_const=0.01, regularization=0.01,
             decision_rule="L1", abort_early=False)),
    ("fgsm l1", "fgsm", 500, "l1", 10, "Foolbox", foolbox("L1FastGradientAttack", eps=10)),
    ("fgsm l2", "fgsm", 500, "l2", 1, "Foolbox", foolbox("L2FastGradientAttack", eps=1)),
    ("noise l2", "noise(draws: 10)", 500, "l2", 4, "Foolbox",
     foolbox("L2ClippingAwareRepeatedAdditiveGaussianNoiseAttack", eps=4, repeats=10)),
]


def distance(change, norm):
    flat = change.flatten(1).abs().double()
    return {"linf": flat.amax, "l2": flat.norm, "l1": flat.sum}[norm](dim=1)


def ward(program, model, threads, attack, count, norm, eps):
    """Robust accuracy, mean distance of what fooled within the radius, and seconds."""
    with tempfile.TemporaryDirectory() as folder:
        store = os.path.join(folder, "store.sqlite")
        code = (
            f'let d = load "fashion-mnist"; let m = open "{model}" as: lenet mean: {MEAN} std: {STD}; '
            f"attack m with: {attack} on: take(d.test, {count}) norm: {norm} eps: {eps}"
        )
        subprocess.run([program, "--threads", str(threads), "--store", store, "-c", code], check=True, capture_output=True)
        query = (
            f"SELECT robust, seconds, (SELECT avg({norm}) FROM examples "
            f"WHERE clean_answer = label AND answer <> label AND {norm} <= {eps * (1 + 1e-6)}) AS distance FROM results"
        )
        text = subprocess.run([program, "sql", "--store", store, query, "--mode", "csv"], check=True, capture_output=True)
        row = next(csv.DictReader(io.StringIO(text.stdout.decode())))
        return float(row["robust"]), float(row["distance"] or "nan"), float(row["seconds"])


def peer(run, net, x, y, norm, eps):
    torch.manual_seed(0)
    start = time.perf_counter()
    found = run(net, x, y)
    seconds = time.perf_counter() - start
    with torch.no_grad():
        right, fooled = net(x).argmax(1) == y, net(found).argmax(1) != y
    far = distance(found - x, norm)
    counts = right & fooled & (far <= eps * (1 + 1e-6))
    mean = far[counts].mean().item() if counts.any() else float("nan")
    return (right & ~counts).double().mean().item(), mean, seconds


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("ward")
    parser.add_argument("model")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--only", default="")
    options = parser.parse_args()
    warnings.filterwarnings("ignore")
    torch.set_num_threads(options.threads)
    plain = LeNet()
    plain.load_state_dict(load_file(options.model))
    net = Pixels(plain).eval()
    for parameter in net.parameters():
        parameter.requires_grad_(False)
    print("| work | images | norm, eps | robust: Ward | peer | distance: Ward | peer | seconds: Ward | peer | ratio |")
    print("|---|--:|---|--:|--:|--:|--:|--:|--:|--:|")
    for name, attack, count, norm, eps, whose, run in WORK:
        if options.only not in name:
            continue
        x, y = test_images(count)
        own, others = [], []
        for _ in range(options.rounds):
            own.append(ward(options.ward, options.model, options.threads, attack, count, norm, eps))
            others.append(peer(run, net, x, y, norm, eps))
        (robust, far, _), (peers, peers_far, _) = own[0], others[0]
        seconds, peers_seconds = (statistics.median(s for _, _, s in side) for side in (own, others))
        ratio = statistics.median(theirs[2] / mine[2] for mine, theirs in zip(own, others))
        print(
            f"| `{attack}`, {whose} | {count} | {norm} {eps:.4g} | {robust:.3f} | {peers:.3f} | {far:.4f} | {peers_far:.4f} "
            f"| {seconds:.2f} | {peers_seconds:.2f} | {ratio:.1f}× |",
            flush=True,
        )


if __name__ == "__main__":
    main()

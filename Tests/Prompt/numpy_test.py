#!/usr/bin/env python3
"""Exports adversarial images with the real program, and opens the files with NumPy.

    python3 Tests/Prompt/numpy_test.py .build/release/ward

Ball, box and mask are checked as whoever takes the images elsewhere would; with PyTorch, a LeNet with the same weights
(`keep`) must give the predictions of the archive. Skipped where NumPy is not installed.
"""
import json
import os
import subprocess
import sys
import tempfile
import zipfile

try:
    import numpy as np
except ImportError:
    print("numpy_test.py: skipped, NumPy is not installed")
    sys.exit(0)

SESSION = """\
let fashion = load "fashion-mnist" train: 600 test: 60
let normal = train lenet on: fashion epochs: 2 seed: 3;
keep normal as: "normal.safetensors"
for attacked in [{attack: pgd(steps: 5), norm: "linf", eps: 0.1}, {attack: pgd(steps: 10), norm: "l2", eps: 1.5},
  {attack: pgd(steps: 10), norm: "l1", eps: 10}, {attack: fmn(steps: 20), norm: "l0", eps: 10}] {
  let hit = attack normal with: attacked.attack on: fashion.test norm: attacked.norm eps: attacked.eps keep: images
  export hit.adversarial as: "{attacked.norm}.npz"
}
let hit = attack normal with: pgd on: fashion.test[10..<40] eps: 1 steps: 5 mask: [4..12, 5..20] keep: images
export hit.adversarial as: "patch.npz"
export hit.adversarial[0..<3] as: "patch.npy"
export hit.adversarial as: "pictures/"
export fashion.test as: "clean.npz"
"""
NORMS = {
    "linf": (lambda d: np.abs(d).max(1), 0.1), "l2": (lambda d: np.sqrt((d ** 2).sum(1)), 1.5),
    "l1": (lambda d: np.abs(d).sum(1), 10), "l0": (lambda d: (d != 0).sum(1), 10),
}
failures = []


def expect(condition, message):
    if not condition:
        failures.append(message)
        print("FAILED " + message)


def common(name):
    file = np.load(name, allow_pickle=False)
    x, clean, y = file["x"], file["x_clean"], file["y"]
    expect(x.dtype == np.float32 and clean.dtype == np.float32, f"{name}: 32-bit floats")
    expect(x.shape == clean.shape and x.shape[1:] == (1, 28, 28), f"{name}: shapes {x.shape}, {clean.shape}")
    expect(y.dtype == np.int64 and y.shape == (len(x),), f"{name}: labels")
    expect(x.min() >= 0 and x.max() <= 1, f"{name}: pixels from 0 to 1")
    levels = clean.astype(np.float64) * 255
    expect(np.abs(levels - levels.round()).max() < 1e-4, f"{name}: clean pixels are bytes")
    expect(len(file["class_names"]) == 10 and str(file["class_names"][0]) == "T-shirt/top", f"{name}: class names")
    fooled = file["predictions"] != y
    expect(not fooled[file["predictions_clean"] == y].sum() == 0, f"{name}: something was fooled")
    same = np.all(x == clean, axis=(1, 2, 3))
    expect(np.all(file["predictions"][same] == file["predictions_clean"][same]), f"{name}: the same image, the same answer")
    return file, (x.astype(np.float64) - clean.astype(np.float64)).reshape(len(x), -1)


def check_ball(name):
    file, change = common(name + ".npz")
    size, eps = NORMS[name]
    expect(size(change).max() <= eps, f"{name}: {size(change).max()} is more than {eps}")
    settings = json.loads(str(file["settings"]))
    expect(settings["attack"]["norm"] == name and settings["attack"]["eps"] == eps, f"{name}: settings {settings}")
    expect(list(file["indices"]) == list(range(60)), f"{name}: indices")


def check_patch():
    file, change = common("patch.npz")
    change = change.reshape(-1, 28, 28)
    outside = np.ones((28, 28), bool)
    outside[4:13, 5:21] = False
    expect(np.all(change[:, outside] == 0), "patch: outside of the mask nothing changes")
    expect(np.abs(change).max() > 0.5, "patch: inside it anything may")
    expect(list(file["indices"]) == list(range(10, 40)), "patch: indices are those of the data set")
    mask = json.loads(str(file["settings"]))["attack"]["mask"]
    expect(mask == {"rows": [4, 13], "columns": [5, 21]}, f"patch: {mask}")
    expect(np.array_equal(np.load("patch.npy"), file["x"][:3]), "patch: .npy has the same pixels")
    pictures = [os.path.join(folder, f) for folder, _, files in os.walk("pictures") for f in files]
    expect(len(pictures) == 30, f"pictures: {len(pictures)} files")
    try:
        from PIL import Image
    except ImportError:
        return
    for place, number in enumerate(file["indices"]):
        found = [p for p in pictures if os.path.basename(p) == f"{number:05d}.png"]
        if len(found) != 1:
            expect(False, f"pictures: {number} is there {len(found)} times")
            continue
        pixels = np.asarray(Image.open(found[0]), dtype=np.float64)
        expect(np.abs(pixels - file["x"][place, 0].astype(np.float64) * 255).max() <= 0.5001, f"pictures: {found[0]} is rounded")


def check_clean():
    file = np.load("clean.npz", allow_pickle=False)
    expect(sorted(file.files) == ["class_names", "indices", "x", "y"], f"clean: {file.files}")
    expect(np.array_equal(file["x"], np.load("linf.npz")["x_clean"]), "clean: the images before the attack")
    with zipfile.ZipFile("clean.npz") as archive:
        expect(archive.testzip() is None, "clean: the checksums are right")


def check_predictions():
    try:
        import torch
        from safetensors.numpy import load_file
    except ImportError:
        print("numpy_test.py: predictions not compared, PyTorch and safetensors are not installed")
        return
    weights = {name: torch.tensor(value) for name, value in load_file("normal.safetensors").items()}
    with open("normal.safetensors", "rb") as stream:
        length = int.from_bytes(stream.read(8), "little")
        notes = json.loads(stream.read(length))["__metadata__"]
    mean, std = float(notes["ward.mean"]), float(notes["ward.std"])
    f = torch.nn.functional

    def lenet(x):
        h = (x - mean) / std
        h = f.max_pool2d(f.relu(f.conv2d(h, weights["conv1.weight"], weights["conv1.bias"], padding=2)), 2)
        h = f.max_pool2d(f.relu(f.conv2d(h, weights["conv2.weight"], weights["conv2.bias"])), 2).flatten(1)
        for name in ["fc1", "fc2"]:
            h = f.relu(f.linear(h, weights[name + ".weight"], weights[name + ".bias"]))
        return f.linear(h, weights["fc3.weight"], weights["fc3.bias"])

    for name in ["linf", "l2", "l1", "l0", "patch"]:
        file = np.load(name + ".npz")
        for pixels, answers in [("x", "predictions"), ("x_clean", "predictions_clean")]:
            logits = lenet(torch.tensor(file[pixels]))
            two = logits.topk(2).values
            # An image on the boundary to the last bit may be answered either way.
            clear = (two[:, 0] - two[:, 1] > 1e-4).numpy()
            agree = logits.argmax(1).numpy() == file[answers]
            expect(agree[clear].all() and clear.mean() > 0.8, f"{name}: PyTorch gives the same {answers}")


def check_validation_part():
    """MedMNIST's own validation part is what epochs are chosen by, and no training image is set apart."""
    random = np.random.default_rng(0)
    parts = {}
    for part, count in [("train", 60), ("val", 20), ("test", 10)]:
        labels = np.arange(count) % 2
        images = random.integers(0, 120, (count, 12, 12)) + 130 * labels[:, None, None]
        parts |= {f"{part}_images": images.astype(np.uint8), f"{part}_labels": labels[:, None].astype(np.uint8)}
    np.savez("medmnist.npz", **parts)
    script = """let d = load "medmnist.npz"
let m = train mlp(hidden: [8]) on: d epochs: 3 batch: 60 VALIDATE
print(m.epochs.validation_accuracy)
print (select spec -> '$.validate' as v, epochs from models order by id desc limit 1)[0].v"""
    for words, note in [("validate: 10% pick: clean", True), ("patience: 2", False), ("validate: d.validation", False)]:
        done = subprocess.run(
            [ward, "--store", "v.sqlite", "-c", script.replace("VALIDATE", words)], capture_output=True, text=True)
        said = done.stdout + done.stderr
        expect(done.returncode == 0 and '{"images":{"part":"validation"}}' in said, f"{words}: {said}")
        expect(("its 20 images are used" in said) == note, f"{words}: {said}")


ward = os.path.abspath(sys.argv[1])
with tempfile.TemporaryDirectory() as folder:
    os.chdir(folder)
    with open("session.ward", "w") as stream:
        stream.write(SESSION)
    done = subprocess.run([ward, "--store", "s.sqlite", "session.ward"], capture_output=True, text=True)
    expect(done.returncode == 0, f"the session ends with {done.returncode}:\n{done.stdout}\n{done.stderr}")
    if not failures:
        for norm in NORMS:
            check_ball(norm)
        check_patch()
        check_clean()
        check_predictions()
    check_validation_part()
    os.chdir("/")
print("numpy_test.py: " + ("all as it should be" if not failures else f"{len(failures)} failures"))
sys.exit(1 if failures else 0)

#!/usr/bin/env python3
"""Writes models of every kind as ONNX with the real program, and has others check and run them.

    python3 Tests/Prompt/onnx_test.py .build/release/ward

Needs numpy, onnx and onnxruntime; without them it says so and passes.
"""
import os
import subprocess
import sys
import tempfile

try:
    import numpy
    import onnx
    import onnxruntime
except ImportError as error:
    print(f"onnx_test.py: skipped, Python has no {error.name}")
    sys.exit(0)

NETWORKS = [
    "lenet", "mlp", "cnn", "vgg_small", "resnet8",
    "network([conv(6, kernel: 3, padding: 1), batchnorm, gelu, avgpool(2), conv(8, kernel: 3, dilation: 2), silu, "
    "groupnorm(4), maxpool(2), flatten, dense(16), layernorm, clip(min: 0, max: 6), dropout(0.3), dense])",
    "network([residual([conv(3, kernel: 3, padding: 1), elu, conv(3, kernel: 3, padding: 1)]), softplus, "
    "adaptive_avgpool(5), pad(rows: [0, 1]), slice(rows: [0, 6, 2]), reducemean(rows: true), expand(rows: 3), scale, hardswish, permute(order: [1, 2, 0]), "
    "gelu(approximate: true), global_avgpool, flatten, dense])",
]
failures = []


def expect(condition, message):
    if not condition:
        failures.append(message)
        print("FAILED " + message)
    return condition


def write_data(path):
    """Forty pictures of noise in four classes."""
    random = numpy.random.default_rng(5)
    images = random.integers(0, 256, (40, 20, 20, 3), dtype=numpy.uint8)
    labels = (numpy.arange(40) % 4).astype(numpy.uint8)
    numpy.savez(path, x_train=images, y_train=labels, x_test=images, y_test=labels)
    return images.transpose(0, 3, 1, 2).astype(numpy.float32) / 255, labels


def main(ward):
    with tempfile.TemporaryDirectory() as folder:
        pixels, labels = write_data(f"{folder}/d.npz")
        for number, network in enumerate(NETWORKS):
            file = f"{folder}/{number}.onnx"
            script = (
                f'let d = load "{folder}/d.npz"\nlet m = train {network} on: d epochs: 1 batch: 8;\n'
                f'keep m as: "{file}";\nlet back = open "{file}" on: d;\n'
                'print "clean {m.clean} {back.clean}"\n')
            run = subprocess.run(
                [ward, "--store", ":memory:", "-c", script], capture_output=True, text=True, cwd=folder, timeout=300)
            name = network if len(network) < 30 else network[:30] + "…"
            if not expect(run.returncode == 0 and os.path.exists(file), f"{name}: {run.stdout}{run.stderr}"):
                continue
            said = [line.split() for line in run.stdout.splitlines() if line.startswith("clean ")]
            expect(said and said[0][1] == said[0][2], f"{name}: read again, it answers otherwise: {said}")
            model = onnx.load(file)
            onnx.checker.check_model(model, full_check=True)
            expect(model.opset_import[0].version == 17, f"{name}: the operators are of another version")
            session = onnxruntime.InferenceSession(file, providers=["CPUExecutionProvider"])
            logits = session.run(None, {session.get_inputs()[0].name: pixels})[0]
            expect(logits.shape == (40, 4), f"{name}: {logits.shape}")
            clean = float((logits.argmax(1) == labels).mean())
            expect(said and abs(clean - float(said[0][1])) < 0.026, f"{name}: onnxruntime finds {clean}, Ward {said}")
    if not failures:
        print("onnx_test.py: passed")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main(os.path.abspath(sys.argv[1])))

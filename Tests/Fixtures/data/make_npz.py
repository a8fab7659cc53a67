"""Writes the two small archives beside this script, with NumPy 2.4.6: the same tiny data set, stored and deflated."""
import numpy as np

x = (np.arange(6 * 4 * 5 * 3) * 7 % 256).astype(np.uint8).reshape(6, 4 * 1, 5, 3)[:, :, :, :]
x = np.repeat(x, 2, axis=1)  # 8 rows, so that the last axis can only be colour
y = np.array([0, 1, 2, 2, 1, 0])
np.savez("tiny_stored.npz", x_train=x[:4], y_train=y[:4], x_test=x[4:], y_test=y[4:])
np.savez_compressed(
    "tiny_deflated.npz", train_images=(x[:4] / 255).astype(np.float32), train_labels=y[:4, None].astype(np.uint8),
    test_images=(x[4:] / 255).astype(np.float64), test_labels=y[4:, None].astype(np.int16))

#!/usr/bin/env python3
"""Writes lumps.csv: 800 invented patients with a lump, for the lesson on data of one's own.

Nothing here was measured. One lump in three is malignant; the numbers overlap enough that some of those are missed.
"""
import random

random.seed(20)
columns = ["radius_mm", "texture", "edge", "symmetry", "density", "growth_mm", "age", "side", "family", "diagnosis"]
rows = []
for _ in range(800):
    malignant = random.random() < 0.34
    shift = 1.0 if malignant else 0.0
    severity = random.gauss(1.1 * shift, 0.8)
    rows.append([
        f"{max(2, random.gauss(11 + 4.5 * severity, 3)):.1f}",
        f"{max(0, random.gauss(17 + 2.5 * severity, 4)):.1f}",
        f"{min(1, max(0, random.gauss(0.35 + 0.18 * severity, 0.12))):.3f}",
        f"{min(1, max(0, random.gauss(0.72 - 0.10 * severity, 0.10))):.3f}",
        f"{max(0, random.gauss(1.0 + 0.25 * severity, 0.3)):.2f}",
        "" if random.random() < 0.03 else f"{max(0, random.gauss(0.4 + 1.1 * severity, 0.8)):.1f}",
        str(int(min(95, max(18, random.gauss(47 + 9 * shift, 14))))),
        random.choice(["left", "right"]),
        random.choices(["none", "one", "several"], weights=[6, 3, 1] if not malignant else [4, 4, 2])[0],
        "malignant" if malignant else "benign",
    ])
with open("lumps.csv", "w", encoding="utf-8") as file:
    file.write(",".join(columns) + "\n")
    for row in rows:
        file.write(",".join(row) + "\n")

"""Measure new pictures against the one they were made from."""

import math

from PIL import Image

import patchloom
from patchloom import metrics

NAMES = ("coherence", "completeness", "patch_swd", "sharpness_ratio", "identity_share", "rigid_share")

source = Image.open("examples/pictures/flowers.png")
pictures = [patchloom.generate(source, seed=seed).image for seed in (1, 2, 3, 4)]
rows = [metrics.measure(picture, source, NAMES, method="patchmatch") for picture in pictures]

print("figure            mean        standard error of 4")
for name in NAMES:
    values = [row[name].value for row in rows]
    mean = sum(values) / len(values)
    error = math.sqrt(sum((value - mean) ** 2 for value in values) / (len(values) - 1) / len(values))
    print(f"{name:16}  {mean:<10.3g}  {error:.1g}")
print(f"{'pixel_diversity':16}  {metrics.pixel_diversity(pictures, source):.3g}")

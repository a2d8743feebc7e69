"""Bring a picture to another shape: wider, with two heaps that stay as they are, and narrower."""

from pathlib import Path

from PIL import Image

import patchloom

out = Path("out")
out.mkdir(exist_ok=True)
picture = Image.open("examples/pictures/spices.png")
heaps = Image.open("examples/pictures/tasks/retarget_protect.png")

# Sizes are (rows, columns).
wide = patchloom.retarget(picture, (168, 403), protect=heaps, seed=1)
wide.image.save(out / "retarget_wide.png")

narrow = patchloom.retarget(Image.open("examples/pictures/mountains.png"), (168, 151), seed=1)
narrow.image.save(out / "retarget_narrow.png")

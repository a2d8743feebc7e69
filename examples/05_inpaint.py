"""Remove something, and put something else there by painting its colour."""

from pathlib import Path

from PIL import Image

import patchloom

out = Path("out")
out.mkdir(exist_ok=True)
flowers = Image.open("examples/pictures/flowers.png")
hole = Image.open("examples/pictures/tasks/inpaint_hole.png")
for seed in (1, 2, 3):
    patchloom.inpaint(flowers, hole, feather=2, seed=seed).image.save(out / f"inpaint_{seed}.png")

# What is painted red in this picture becomes something red that the picture has.
painted = Image.open("examples/pictures/tasks/inpaint_painted.png")
result = patchloom.inpaint(painted, "#c83c28", fill="source", seed=1)
result.image.save(out / "inpaint_painted.png")
print(f"{100 * result.blend.covered:.1f} % of the picture is new")

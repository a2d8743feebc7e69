"""Make a crude edit seamless: two pieces of the picture were copied to other places."""

from pathlib import Path

from PIL import Image

import patchloom

out = Path("out")
out.mkdir(exist_ok=True)
source = Image.open("examples/pictures/flowers.png")
edited = Image.open("examples/pictures/tasks/edit_flowers.png")

result = patchloom.edit(source, edited, seed=1)
result.image.save(out / "edit.png")
print(f"{100 * (result.blend.alpha > 0).mean():.0f} % of the picture may have changed")

# The whole picture may change, as in the paper.
patchloom.edit(source, edited, region="all", seed=1).image.save(out / "edit_all.png")

"""Make a pasted object belong: a bowl of spices at a lake."""

from pathlib import Path

from PIL import Image

import patchloom

out = Path("out")
out.mkdir(exist_ok=True)
composite = Image.open("examples/pictures/tasks/harmonise_bowl.png")
mask = Image.open("examples/pictures/tasks/harmonise_bowl_mask.png")

result = patchloom.harmonise(composite, mask, seed=1)
result.image.save(out / "harmonise.png")

# Colours alone, and half as far; then with more patches of the surroundings than by default.
patchloom.harmonise(composite, mask, strength=0.4, texture=0, seed=1).image.save(out / "harmonise_light.png")
patchloom.harmonise(composite, mask, texture=2.5, seed=1).image.save(out / "harmonise_strong.png")

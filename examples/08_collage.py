"""One picture out of three, with weights, with places, and what the run would have made of other pictures."""

from pathlib import Path

from PIL import Image, ImageOps

import patchloom

out = Path("out")
out.mkdir(exist_ok=True)
sources = [Image.open(f"examples/pictures/{name}.png") for name in ("mountains", "skyline", "flowers")]

result = patchloom.collage(sources, size=(168, 420), seed=1)
result.image.save(out / "collage.png")

# More of the flowers; and the skyline in front of the mountains, the flowers wherever their patches fit.
patchloom.collage(sources, size=(168, 420), weights=(1, 1, 2), seed=1).image.save(out / "collage_weights.png")
places = {0: (0, 0), 1: (0, 190)}
patchloom.collage(sources, size=(168, 420), places=places, seed=1).image.save(out / "collage_places.png")

# Its field points into the mosaic of the sources: the same collage of their grey versions.
grey = [ImageOps.grayscale(source) for source in sources]
patchloom.apply(result, patchloom.mosaic(grey)).save(out / "collage_grey.png")

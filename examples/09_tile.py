"""Make a picture tile, and make a new texture that does."""

from pathlib import Path

from PIL import Image

import patchloom

out = Path("out")
out.mkdir(exist_ok=True)
picture = Image.open("examples/pictures/spices.png")

# The picture itself: at least 80 % of its pixels stay as they are.
tile = patchloom.tile(picture, seed=1).image
tile.save(out / "tile.png")
patchloom.repeated(tile).save(out / "tile_3x3.png")

# A new one of the same kind, of any size (rows, columns).
new = patchloom.generate(picture, tile="xy", size=(200, 200), seed=1).image
patchloom.repeated(new).save(out / "tile_new_3x3.png")

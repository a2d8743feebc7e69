"""New pictures of the same kind: larger, wilder, and one that tiles."""

from pathlib import Path

from PIL import Image

import patchloom

out = Path("out")
out.mkdir(exist_ok=True)
source = Image.open("examples/pictures/flowers.png")

wide = patchloom.generate(source, size=(168, 504), seed=7)                           # (rows, columns)
wide.image.save(out / "generate_wide.png")

params = patchloom.with_diversity(patchloom.PRESETS["default"], "high")
patchloom.generate(source, params=params, seed=7).image.save(out / "generate_wild.png")

patchloom.generate(source, tile="xy", seed=7).image.save(out / "generate_tile.png")

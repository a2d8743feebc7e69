"""The structure of one picture with the patches of another."""

from pathlib import Path

from PIL import Image

import patchloom

out = Path("out")
out.mkdir(exist_ok=True)
flowers, galaxies, spices, mountains, skyline = (
    Image.open(f"examples/pictures/{name}.png") for name in ("flowers", "galaxies", "spices", "mountains", "skyline")
)
drawing = Image.open("examples/pictures/tasks/analogy_drawing.png")

patchloom.analogy(galaxies, flowers, seed=1).image.save(out / "analogy.png")
patchloom.analogy(spices, skyline, params=patchloom.PRESETS["style"], seed=1).image.save(out / "style.png")
patchloom.analogy(mountains, drawing, params=patchloom.PRESETS["sketch"], seed=1).image.save(out / "sketch.png")

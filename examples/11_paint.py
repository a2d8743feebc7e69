"""Turn a crude painting into a picture of the source's kind."""

from pathlib import Path

from PIL import Image

import patchloom

out = Path("out")
out.mkdir(exist_ok=True)
source = Image.open("examples/pictures/mountains.png")
painting = Image.open("examples/pictures/tasks/paint_mountains.png")

for seed in (1, 2):
    result = patchloom.paint(source, painting, colours="channels", seed=seed)
    result.image.save(out / f"paint_{seed}.png")

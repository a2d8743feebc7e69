"""Keep a normal map aligned: the same patches, from the picture and from its map."""

from pathlib import Path

from PIL import Image

import patchloom

out = Path("out")
out.mkdir(exist_ok=True)
picture = Image.open("examples/pictures/spices.png")
normal = Image.open("examples/pictures/tasks/maps_normal.png")

result = patchloom.generate(picture, maps={"normal": normal}, tile="xy", seed=1)
result.image.save(out / "maps_colour.png")
result.maps["normal"].save(out / "maps_normal.png")

# Any other map of the source, later: the same field, applied again.
grey = patchloom.apply(result, picture.convert("L"))
grey.save(out / "maps_grey.png")

"""Make a picture wider; the picture itself stays as it is."""

from pathlib import Path

from PIL import Image

import patchloom

out = Path("out")
out.mkdir(exist_ok=True)
picture = Image.open("examples/pictures/mountains.png")
result = patchloom.extend(picture, left=60, right=120, seed=1)
result.image.save(out / "extend_sides.png")
print("the picture's corner is at row, column", result.blend.origin)

# Or by the size of the result: the picture is then in the middle.
patchloom.extend(picture, size=(220, 400), seed=1).image.save(out / "extend_size.png")

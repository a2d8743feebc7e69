"""Move a flower, and copy it: boxes and shifts are (rows, columns), from the top and the left."""

from pathlib import Path

from PIL import Image

import patchloom
from patchloom import Move

out = Path("out")
out.mkdir(exist_ok=True)
source = Image.open("examples/pictures/flowers.png")
flower = (68, 102, 42, 54)

moved = patchloom.reshuffle(source, [Move((-60, 40), box=flower)], seed=1)
moved.image.save(out / "reshuffle.png")

moves = [Move((-60, 40), box=flower), Move((40, -90), box=flower)]
patchloom.reshuffle(source, moves, copy=True, seed=1).image.save(out / "reshuffle_copy.png")

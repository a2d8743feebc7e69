"""Make a short loop from a picture, and one in which only the lake moves."""

from pathlib import Path

from PIL import Image

import patchloom
from patchloom import io

out = Path("out")
out.mkdir(exist_ok=True)
flowers = Image.open("examples/pictures/flowers.png")
result = patchloom.animate(flowers, seed=1)
(out / "animate.webp").write_bytes(io.encode_frames(result.frames, ".webp", fps=12))

mountains = Image.open("examples/pictures/mountains.png")
lake = Image.open("examples/pictures/tasks/animate_mask.png")
result = patchloom.animate(mountains, mask=lake, motion=3, seed=1)
(out / "animate_lake.gif").write_bytes(io.encode_frames(result.frames, ".gif", fps=12))

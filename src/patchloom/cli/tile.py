"""``patchloom tile``: a picture that fits its own opposite edges."""

from __future__ import annotations

from ..catalogue import TASKS
from ..pixels import repeated
from .command import PREVIEW, TaskCommand

HELP = """Make IMAGE tileable, changing only a band along its edges.

Everything outside of the band stays as it is, to the last bit; the result is not rolled.
The band is made of patches of the picture. --preview also writes the result repeated
three times in both directions, to look at.
"""

EXAMPLES = """\b
Examples:
  patchloom tile cobbles.jpg
  patchloom tile cobbles.jpg --preview --count 4 --out out/
  patchloom tile panorama.jpg --axes x --keep 0.9
  patchloom tile stone.png --map normal=stone_n.png --map height=stone_h.png
  patchloom tile textures/ --size 512x512 --out tiles/
"""

tile = TaskCommand(TASKS["tile"], help=HELP, epilog=EXAMPLES, beside={"preview": (repeated, PREVIEW)})

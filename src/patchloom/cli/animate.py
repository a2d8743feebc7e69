"""``patchloom animate``: a short loop from a picture."""

from __future__ import annotations

from ..catalogue import TASKS
from .command import TaskCommand

HELP = """Make a short loop from IMAGE: its things sway, made of its own patches in every frame.

The loop is WebP by default; --out x.gif has 256 colours, and --out x.mp4 needs the extra
"video". Water, clouds, leaves and flames suit it best; --mask keeps houses standing.
"""

EXAMPLES = """\b
Examples:
  patchloom animate lake.jpg
  patchloom animate lake.jpg --mask water.png --motion 3 --out lake.gif
  patchloom animate lake.jpg --frames 48 --fps 24 --out lake.mp4
  patchloom animate photos/ --size 320x240 --out loops/
"""

animate = TaskCommand(TASKS["animate"], help=HELP, epilog=EXAMPLES)

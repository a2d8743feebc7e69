"""``patchloom analogy``: the structure of one picture with the patches of another."""

from __future__ import annotations

from ..catalogue import TASKS
from .command import TaskCommand

HELP = """Lay out patches of SOURCE so that they show the structure of STRUCTURE.

The result has the size of STRUCTURE and looks like SOURCE. The preset style stays closer
to STRUCTURE; sketch is for drawings of flat shapes.
"""

EXAMPLES = """\b
Examples:
  patchloom analogy sand.jpg snow.jpg
  patchloom analogy painting.jpg photo.jpg --preset style --out painted.png
  patchloom analogy mosaic.jpg drawing.png --preset sketch --detail 30
  patchloom analogy sand.jpg snow.jpg --colours keep --size 300x200 --count 4
"""

analogy = TaskCommand(TASKS["analogy"], help=HELP, epilog=EXAMPLES)

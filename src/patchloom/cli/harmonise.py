"""``patchloom harmonise``: a pasted object in the colours and texture of its surroundings."""

from __future__ import annotations

from ..catalogue import TASKS
from .command import TaskCommand

HELP = """Give an object that was pasted into IMAGE the colours and the texture of what surrounds it.

Its colours move towards those of a ring around it; then patches of the rest of IMAGE replace
its own where they show nearly the same. Its structure stays, and so does every pixel outside.
"""

EXAMPLES = """\b
Examples:
  patchloom harmonise composite.png --mask object.png
  patchloom harmonise composite.png --mask object.png --texture 1.5 --out painted.png
  patchloom harmonise composite.png --mask object.png --strength 0.5 --texture 0
  patchloom harmonise composites/ --mask masks/ --out done/
"""

harmonise = TaskCommand(TASKS["harmonise"], help=HELP, epilog=EXAMPLES)

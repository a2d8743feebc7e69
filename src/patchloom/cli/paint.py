"""``patchloom paint``: paintings of flat colours that become pictures."""

from __future__ import annotations

from ..catalogue import TASKS
from .command import TaskCommand

HELP = """Turn PAINTING, of flat colours and crude shapes, into a picture made of patches of SOURCE.

The result has the size and the layout of PAINTING. The larger --coarsest, the closer it
keeps to what was painted; by default that is read off how flat PAINTING is.
"""

EXAMPLES = """\b
Examples:
  patchloom paint photo.jpg painting.png
  patchloom paint photo.jpg painting.png --colours channels
  patchloom paint photo.jpg painting.png --coarsest 40 --count 4 --out out/
  patchloom paint photo.jpg paintings/ --size 100%
"""

paint = TaskCommand(TASKS["paint"], help=HELP, epilog=EXAMPLES)

"""``patchloom extend``: a picture made larger without changing it."""

from __future__ import annotations

from ..catalogue import TASKS
from .command import TaskCommand

HELP = """Continue IMAGE beyond its edges, with patches of itself.

The picture itself stays as it is, to the last bit. Say how much to add, or the --size of
the result: the picture is then in its middle, or where --left and --top tell.
"""

EXAMPLES = """\b
Examples:
  patchloom extend photo.jpg --left 200
  patchloom extend photo.jpg --left 60 --right 120 --top 40 --count 4 --out out/
  patchloom extend photo.jpg --size 200%x100%
  patchloom extend photo.jpg --size 1920x1080 --bottom 0
"""

extend = TaskCommand(TASKS["extend"], help=HELP, epilog=EXAMPLES)

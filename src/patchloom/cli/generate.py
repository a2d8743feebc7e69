"""``patchloom generate``: new pictures of the same kind as the given ones."""

from __future__ import annotations

from ..catalogue import TASKS
from ..pixels import repeated
from .command import PREVIEW, TaskCommand
from .output import DEFAULT_NAME

HELP = """Make new pictures that look like IMAGE and are not it.

Every patch of a new picture comes from IMAGE, which is a file, a folder of pictures
or - for standard input. The same seed gives the same pixels on any machine. A bad
picture among several does not stop the others; the exit code is then 1.
"""

EXAMPLES = """\b
Examples:
  patchloom generate photo.jpg
  patchloom generate photo.jpg --count 8 --seed 1 --diversity high --out out/
  patchloom generate photo.jpg --size 200%x100% --out wide.png
  patchloom generate grass.png --tile xy --size 512x512 --preview
  patchloom generate photos/ --out "out/{stem}/{index:03d}.png" --json
  patchloom generate photo.jpg --size 4000x3000 --dry-run
  cat photo.jpg | patchloom generate - --out - > new.png
"""

generate = TaskCommand(
    TASKS["generate"], help=HELP, epilog=EXAMPLES, template=DEFAULT_NAME, beside={"preview": (repeated, PREVIEW)}
)

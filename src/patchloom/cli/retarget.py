"""``patchloom retarget``: another size or shape, the objects as they are."""

from __future__ import annotations

from ..catalogue import TASKS
from .command import TaskCommand

HELP = """Bring IMAGE to another size or shape whose objects keep theirs.

Background is left out or goes on, where the picture gets smaller or larger; objects are neither squeezed nor
stretched, though some may be left out or appear twice. With --protect they stay for certain.
"""

EXAMPLES = """\b
Examples:
  patchloom retarget photo.jpg --size 150%x100%
  patchloom retarget photo.jpg --size 400x300 --protect people.png
  patchloom retarget photo.jpg --size 60%x100% --remove sign.png --count 3
"""

retarget = TaskCommand(TASKS["retarget"], help=HELP, epilog=EXAMPLES)

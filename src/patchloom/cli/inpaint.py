"""``patchloom inpaint``: holes filled with patches of the rest."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import click

from ..catalogue import TASKS
from ..errors import ParameterError, explain
from ..plans.inpaint import as_rgb
from .command import TaskCommand, Words
from .options import Checked

HELP = """Fill the holes of IMAGE with patches of the rest.

Say where they are by --mask, --hole-alpha or --hole-color. All pixels outside stay as
they are, to the last bit. Every seed gives another answer: try --count 4.
"""

EXAMPLES = """\b
Examples:
  patchloom inpaint photo.jpg --mask hole.png
  patchloom inpaint photo.jpg --mask hole.png --count 4 --feather 3 --out out/
  patchloom inpaint cutout.png --hole-alpha
  patchloom inpaint painted.png --hole-color "#00ffff" --fill source
  patchloom inpaint photos/ --mask "masks/{stem}.png" --source-mask good.png
"""

def _as_colour(text: str) -> str:
    as_rgb(text, "hole_color")
    return text


HOLE = [
    click.Option(["--hole-alpha"], is_flag=True, help="The hole is where the picture is less than half opaque."),
    click.Option(["--hole-color"], metavar="COLOR", type=Checked("COLOR", _as_colour),
                 help="The hole is where the picture has exactly this colour, such as #00ffff.  [default: none]"),
]


def _given(values: Mapping[str, Any]) -> dict[str, Any]:
    return {"hole": "alpha" if values["hole_alpha"] else values["hole_color"]}


def _check(values: Mapping[str, Any], count: int) -> None:
    """Refuse any but one thing that says where the hole is."""
    alpha = values["hole_alpha"] or None
    told = {"--mask": values["hole"], "--hole-alpha": alpha, "--hole-color": values["hole_color"]}
    given = [name for name, value in told.items() if value is not None]
    if len(given) != 1:
        raise ParameterError(
            explain("mask", " and ".join(given) or "none", "exactly one must say where the hole is",
                    f"give one of {', '.join(told)}")
        )


inpaint = TaskCommand(TASKS["inpaint"], help=HELP, epilog=EXAMPLES, words=Words({"hole": HOLE}, _given, _check))

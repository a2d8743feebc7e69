"""``patchloom collage``: one picture out of several."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import click

from ..catalogue import TASKS
from ..errors import ParameterError, explain
from ..plans.collage import MOST_WEIGHT
from .command import TaskCommand, Words
from .options import Checked

HELP = """Make one picture out of the patches of every IMAGE.

The pictures pass into each other as their patches allow, and each of them appears. The
middles of them stand side by side unless --place or --layout says where they go.
--map NAME=FILE is given as often as there are pictures, in their order.
"""

EXAMPLES = """\b
Examples:
  patchloom collage sea.jpg hills.jpg plain.jpg --size 600x300
  patchloom collage sea.jpg hills.jpg plain.jpg --weights 2,1,1 --count 4 --out out/
  patchloom collage sea.jpg hills.jpg --size 420x190 --place 1:0,0 --place 2:180,20
  patchloom collage sea.jpg hills.jpg --layout crude.png
  patchloom collage a.jpg b.jpg --map normal=a_n.png --map normal=b_n.png
"""

Place = tuple[int, tuple[int, int]]


def as_place(text: str) -> Place:
    """Return which source, from 0, and the (row, column) of its corner from ``I:X,Y``, where I counts from 1."""
    try:
        number, corner = text.split(":")
        left, top = (int(part) for part in corner.split(","))
        return int(number) - 1, (top, left)
    except ValueError:
        raise ParameterError(
            explain("place", repr(text), "must be I:X,Y in whole numbers", "try 2:180,20 for the second picture")
        ) from None


def as_weights(text: str) -> tuple[float, ...]:
    """Return numbers from ``2,1,1``."""
    try:
        return tuple(float(part) for part in text.split(","))
    except ValueError:
        raise ParameterError(explain("weights", repr(text), "must be numbers with commas between, 2,1,1")) from None


PLACES = click.Option(
    ["--place"], type=Checked("I:X,Y", as_place), multiple=True,
    help="Where the left upper corner of picture I (from 1) lies in the result, in pixels; it may stick out,"
         " and later ones lie on top; may be repeated.  [default: all side by side]",
)
WEIGHTS = click.Option(
    ["--weights"], type=Checked("NUMBER,...", as_weights),
    help="How much area each picture gets where they stand side by side."
         f"  [default: equal; each above 0, at most {MOST_WEIGHT:g}]",
)


def _given(values: Mapping[str, Any]) -> dict[str, Any]:
    return {"places": dict(values["place"]) or None, "weights": values["weights"]}


def _check(values: Mapping[str, Any], count: int) -> None:
    """Refuse a place of no picture, and a second one of the same."""
    found = set()
    for number, (top, left) in values["place"]:
        if number in found or number not in range(count):
            wrong = f"picture {number + 1} has a place already" if number in found else f"pictures are 1 to {count}"
            raise ParameterError(explain("place", f"{number + 1}:{left},{top}", wrong))
        found.add(number)


WORDS = Words({"places": [PLACES], "weights": [WEIGHTS]}, _given, _check)

collage = TaskCommand(TASKS["collage"], help=HELP, epilog=EXAMPLES, words=WORDS)

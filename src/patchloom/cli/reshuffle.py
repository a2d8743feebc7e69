"""``patchloom reshuffle``: objects moved to other places."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import click

from ..catalogue import TASKS
from ..checks import MAX_SIDE
from ..errors import ParameterError, explain
from ..plans.moving import Move
from ..types import Size
from .command import TaskCommand, Words
from .edit import all_option, check_region, given_region
from .options import Checked

HELP = """Move objects of IMAGE to other places, and heal the picture where they were and where they are.

Objects are boxes (--move) or a mask (--object and --to). They stay as they are, but for the
outermost pixels of a box, which blend with what is around the new place; what leaves
the frame is cut off. The places left are filled with patches of the rest.
"""

EXAMPLES = """\b
Examples:
  patchloom reshuffle balloons.jpg --move 130,2,52,68:-95,45
  patchloom reshuffle photo.jpg --move 10,20,40,30:60,0 --move 80,20,30,30:0,-15 --count 4
  patchloom reshuffle photo.jpg --object bird.png --to -60,12 --copy
"""

_MOVE = re.compile(r"(\d+),(\d+),(\d+),(\d+):(-?\d+),(-?\d+)")
_SHIFT = re.compile(r"(-?\d+),(-?\d+)")


def as_move(text: str) -> Move:
    """Return the move that ``X,Y,W,H:DX,DY`` says."""
    found = _MOVE.fullmatch(text.strip())
    if not found:
        raise ParameterError(
            explain("move", repr(text), "must be X,Y,W,H:DX,DY in pixels, the box and how far it goes",
                    "try 130,2,52,68:-95,45")
        )
    x, y, width, height, right, down = _numbers("move", text, found)
    if min(width, height) < 1:
        raise ParameterError(explain("move", repr(text), "width and height of the box must be at least 1"))
    return Move((down, right), box=(y, x, height, width))


def as_shift(text: str) -> Size:
    """Return (rows, columns) of ``DX,DY``."""
    found = _SHIFT.fullmatch(text.strip())
    if not found:
        raise ParameterError(
            explain("to", repr(text), "must be DX,DY in pixels, how far the object goes", "try -60,12")
        )
    right, down = _numbers("to", text, found)
    return down, right


def _numbers(name: str, text: str, found: re.Match[str]) -> list[int]:
    """Return the numbers in a text; pictures end long before numbers do."""
    groups = [re.sub("^(-?)0+(?=[0-9])", r"\1", group) for group in found.groups()]
    if any(len(group.lstrip("-")) > len(str(MAX_SIDE)) or abs(int(group)) > MAX_SIDE for group in groups):
        raise ParameterError(
            explain(name, repr(text), f"numbers are at most {MAX_SIDE}, as a picture's sides are", "move it less")
        )
    return [int(group) for group in groups]


MOVES = click.Option(
    ["--move", "moves"], type=Checked("X,Y,W,H:DX,DY", as_move), multiple=True,
    help="A box, in pixels from the left and the top, and how far it goes to the right and down; may be"
         " repeated, later ones come to lie above earlier ones.  [default: none]",
)
SHIFT = click.Option(
    ["--to", "shift"], type=Checked("DX,DY", as_shift),
    help="How far what --object names goes, to the right and down; it comes to lie above all boxes."
         "  [default: none]",
)


def _given(values: Mapping[str, Any]) -> dict[str, Any]:
    return {"moves": values["moves"], "shift": values["shift"], **given_region(values)}


def _check(values: Mapping[str, Any], count: int) -> None:
    """Refuse an object without a shift, a shift without an object, and a mask beside ``--all``."""
    check_region(values, count)
    if (values["object"] is None) != (values["shift"] is None):
        name, other, more = ("object", "to", "DX,DY") if values["shift"] is None else ("to", "object", "MASK")
        raise ParameterError(explain(name, "given alone", f"must come with --{other}", f"add --{other} {more}"))


WORDS = Words({"moves": [MOVES], "shift": [SHIFT], "region": [all_option("was moved")]}, _given, _check)

reshuffle = TaskCommand(TASKS["reshuffle"], help=HELP, epilog=EXAMPLES, words=WORDS)

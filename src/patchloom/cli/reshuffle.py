"""``patchloom reshuffle``: objects moved to other places."""

from __future__ import annotations

import re

import click

from .. import plans
from ..checks import MAX_SIDE
from ..errors import ParameterError, explain
from ..params import GPNNParams
from ..plans.moving import Move
from ..types import Plan, Size
from .command import command
from .edit import REGION, region_of
from .options import Checked, feather_option
from .task import Options, Pictures, Role

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


def _numbers(name: str, text: str, found: re.Match[str]) -> list[int]:
    """Return the numbers in a text; pictures end long before numbers do."""
    groups = [re.sub("^(-?)0+(?=[0-9])", r"\1", group) for group in found.groups()]
    if any(len(group.lstrip("-")) > len(str(MAX_SIDE)) or abs(int(group)) > MAX_SIDE for group in groups):
        raise ParameterError(
            explain(name, repr(text), f"numbers are at most {MAX_SIDE}, as a picture's sides are", "move it less")
        )
    return [int(group) for group in groups]


def move_text(move: Move) -> str:
    """Return the text that `as_move` makes this move of."""
    y, x, height, width = move.box or (0, 0, 0, 0)
    return f"{x},{y},{width},{height}:{move.shift[1]},{move.shift[0]}"


def as_shift(text: str) -> Size:
    """Return (rows, columns) of ``DX,DY``."""
    found = _SHIFT.fullmatch(text.strip())
    if not found:
        raise ParameterError(
            explain("to", repr(text), "must be DX,DY in pixels, how far the object goes", "try -60,12")
        )
    right, down = _numbers("to", text, found)
    return down, right


def shift_text(shift: Size) -> str:
    """Return the text that `as_shift` makes this shift of."""
    return f"{shift[1]},{shift[0]}"


@command("reshuffle", short_help="Move objects of a picture.", epilog=EXAMPLES,
         roles=(Role("object", "White where an object is that --to moves; all of it stays as it is."), REGION))
@click.option("--move", "moves", type=Checked("X,Y,W,H:DX,DY", as_move, text=move_text), multiple=True,
              help="A box, in pixels from the left and the top, and how far it goes to the right and down; may be"
                   " repeated, later ones come to lie above earlier ones.  [default: none]")
@click.option("--to", "shift", type=Checked("DX,DY", as_shift, text=shift_text),
              help="How far what --object names goes, to the right and down; it comes to lie above all boxes."
                   "  [default: none]")
@click.option("--copy", is_flag=True, help="Leave the objects at their old places too.")
@click.option("--all", is_flag=True, help="Make the whole picture anew, not only what was moved and a margin around.")
@feather_option("Pixels around the region over which the result passes into the picture.",
                None, "a twenty-fifth of the longer side")
def reshuffle(pictures: Pictures, options: Options, params: GPNNParams, seed: int) -> Plan:
    """Move objects of IMAGE to other places, and heal the picture where they were and where they are.

    Objects are boxes (--move) or a mask (--object and --to). They stay as they are, but for the
    outermost pixels of a box, which blend with what is around the new place; what leaves
    the frame is cut off. The places left are filled with patches of the rest.
    """
    moves, shape, shift = list(options["moves"]), pictures.get("object"), options["shift"]
    if (shape is None) != (shift is None):
        name, other, more = ("object", "to", "DX,DY") if shift is None else ("to", "object", "MASK")
        raise ParameterError(explain(name, "given alone", f"must come with --{other}", f"add --{other} {more}"))
    if shape is not None:
        moves.append(Move(shift, mask=shape))
    return plans.reshuffle(
        pictures.image, moves, copy=options["copy"], region=region_of(pictures, options["all"]),
        feather=options["feather"], size=options["size"], maps=pictures.maps, map_weights=pictures.map_weights,
        params=params, seed=seed,
    )

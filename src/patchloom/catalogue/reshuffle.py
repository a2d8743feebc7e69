"""Objects moved to other places, as data."""

from __future__ import annotations

from collections.abc import Collection

from .. import plans
from ..errors import ParameterError, explain
from ..params import GPNNParams
from ..plans.moving import Move
from ..types import Plan
from .edit import REGION, check_region, region_of, region_option
from .option import Option, feather, flag
from .task import Options, Pictures, Role, Task
from .values import as_moves, as_shift, plain_moves


def _check(given: Collection[str], options: Options) -> None:
    """Refuse half a move, and none."""
    shaped, shift = "object" in given, options["shift"]
    if shaped == (shift is None):
        name, other = ("object", "shift") if shaped else ("shift", "object")
        raise ParameterError(explain(name, "given alone", f"must come with {other}", f"add {other}"))
    if not shaped and not options["moves"]:
        raise ParameterError(explain("moves", "none", "must be at least one", "say which object goes where"))
    check_region(given, options)


def _plan(pictures: Pictures, options: Options, params: GPNNParams, seed: int | None) -> Plan:
    _check(pictures.companions, options)
    moves, shape, shift = list(options["moves"]), pictures.get("object"), options["shift"]
    if shape is not None:
        moves.append(Move(shift, mask=shape))
    return plans.reshuffle(
        pictures.image, moves, copy=options["copy"], region=region_of(pictures, options), feather=options["feather"],
        size=options["size"], maps=pictures.maps, map_weights=pictures.map_weights, params=params, seed=seed,
    )


RESHUFFLE = Task(
    "reshuffle", "Move objects", "Move objects of a picture.", _plan,
    roles=(Role("object", "White where an object is that the shift moves; all of it stays as it is."), REGION),
    options=(
        Option("moves", "Boxes and how far each goes; later ones come to lie above earlier ones.", "moves", as_moves,
               (), told="none", words=("move", "box"), plain=plain_moves),
        Option("shift", "How far the object of the mask goes; it comes to lie above all boxes.", "shift", as_shift,
               told="none", unit="px", plain=list),
        flag("copy", "Leave the objects at their old places too."),
        region_option("what was moved"),
        feather("Pixels around the region over which the result passes into the picture.", None,
                "a twenty-fifth of the longer side"),
    ),
    check=_check,
)

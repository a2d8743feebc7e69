"""``patchloom collage``: one picture out of several."""

from __future__ import annotations

import click

from .. import plans
from ..errors import ParameterError, explain
from ..params import GPNNParams
from ..plans.collage import MOST_WEIGHT
from ..types import Plan
from .command import command
from .options import Checked
from .task import Options, Pictures, Role

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


def place_text(place: Place) -> str:
    """Return the text that `as_place` makes the same of."""
    number, (top, left) = place
    return f"{number + 1}:{left},{top}"


def as_weights(text: str) -> tuple[float, ...]:
    """Return numbers from ``2,1,1``."""
    try:
        return tuple(float(part) for part in text.split(","))
    except ValueError:
        raise ParameterError(explain("weights", repr(text), "must be numbers with commas between, 2,1,1")) from None


def weights_text(weights: tuple[float, ...]) -> str:
    """Return the text that `as_weights` makes the same of."""
    return ",".join(map(repr, weights))


@command("collage", short_help="One picture out of several.", epilog=EXAMPLES, many=True,
         roles=(Role("layout", "What the result should roughly look like: a crude collage, of any size."),))
@click.option("--place", type=Checked("I:X,Y", as_place, text=place_text), multiple=True,
              help="Where the left upper corner of picture I (from 1) lies in the result, in pixels; it may stick out,"
                   " and later ones lie on top; may be repeated.  [default: all side by side]")
@click.option("--weights", type=Checked("NUMBER,...", as_weights, text=weights_text),
              help="How much area each picture gets where they stand side by side."
                   f"  [default: equal; each above 0, at most {MOST_WEIGHT:g}]")
def collage(pictures: Pictures, options: Options, params: GPNNParams, seed: int) -> Plan:
    """Make one picture out of the patches of every IMAGE.

    The pictures pass into each other as their patches allow, and each of them appears. The
    middles of them stand side by side unless --place or --layout says where they go.
    --map NAME=FILE is given as often as there are pictures, in their order.
    """
    return plans.collage(
        pictures.images, options["size"], places=as_places(options["place"], len(pictures.images)),
        layout=pictures.get("layout"), weights=options["weights"], maps=pictures.maps,
        map_weights=pictures.map_weights, params=params, seed=seed,
    )


def as_places(places: tuple[Place, ...], count: int) -> dict[int, tuple[int, int]]:
    """Return the places by their pictures' numbers, in the order that they were given in."""
    found: dict[int, tuple[int, int]] = {}
    for number, corner in places:
        if number in found or number not in range(count):
            wrong = f"picture {number + 1} has a place already" if number in found else f"pictures are 1 to {count}"
            raise ParameterError(explain("place", place_text((number, corner)), wrong))
        found[number] = corner
    return found

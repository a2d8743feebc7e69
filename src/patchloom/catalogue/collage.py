"""One picture out of several, as data."""

from __future__ import annotations

from .. import plans
from ..params import GPNNParams
from ..plans.collage import MOST_WEIGHT
from ..types import Plan
from .option import Option
from .task import Options, Pictures, Role, Task
from .values import as_places, as_weights, plain_places


def _plan(pictures: Pictures, options: Options, params: GPNNParams, seed: int | None) -> Plan:
    return plans.collage(
        pictures.images, options["size"], places=options["places"], layout=pictures.get("layout"),
        weights=options["weights"], maps=pictures.maps, map_weights=pictures.map_weights, params=params, seed=seed,
    )


COLLAGE = Task(
    "collage", "Collage", "One picture out of several.", _plan, many=True,
    roles=(Role("layout", "What the result should roughly look like: a crude collage, of any size.", kind="picture"),),
    options=(
        Option("places", "Where the left upper corners of pictures lie in the result; they may stick out, and later"
                         " ones lie on top.",
               "places", as_places, told="all side by side", unit="px", words=("place",),
               plain=plain_places),
        Option("weights", "How much area each picture gets where they stand side by side; each is above 0.",
               "weights", as_weights, low=0, high=MOST_WEIGHT, told="equal", plain=list),
    ),
)

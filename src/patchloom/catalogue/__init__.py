"""Every task as data: its pictures, its parameters with defaults, ranges and help, and how they become a plan.

The command line and the studio are made from it, and both write the same records into files.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from .analogy import ANALOGY
from .animate import ANIMATE, LOOP
from .asked import Asked, as_asked, check_weights, number_names, parameter_names
from .collage import COLLAGE
from .edit import EDIT
from .extend import EXTEND
from .generate import GENERATE
from .given import as_options, as_params, as_seeds, finite
from .harmonise import HARMONISE
from .inpaint import INPAINT
from .metadata import (
    NEEDED,
    OPTIONS,
    PARAMETERS,
    PART,
    SEED,
    SOURCES,
    TASK,
    VERSION,
    entry,
    metadata,
    parameters,
    pixel_hash,
    recorded,
    told,
)
from .option import Option
from .paint import PAINT
from .reshuffle import RESHUFFLE
from .retarget import RETARGET
from .sizes import Side, as_size_request, resolve_size
from .task import MAP, Delivery, Options, Pictures, Role, Task, sample
from .tile import TILE
from .work import BESIDE, FIELD, Given, Loaded, Work, called, said_by

__all__ = [
    "BESIDE", "FIELD", "LOOP", "MAP", "NEEDED", "OPTIONS", "PARAMETERS", "PART", "SEED", "SOURCES", "TASK", "TASKS",
    "VERSION", "Asked", "Delivery", "Given", "Loaded", "Option", "Options", "Pictures", "Role", "Side", "Task", "Work",
    "as_asked", "as_options", "as_params", "as_seeds", "as_size_request", "called", "check_weights", "entry",
    "finite", "metadata", "number_names", "parameter_names", "parameters", "pixel_hash", "recorded", "resolve_size",
    "said_by", "sample", "told",
]

TASKS: Mapping[str, Task] = MappingProxyType(
    {
        task.name: task
        for task in (
            GENERATE, RETARGET, EDIT, RESHUFFLE, INPAINT, EXTEND, ANALOGY, PAINT, COLLAGE, TILE, HARMONISE, ANIMATE,
        )
    }
)
"""All twelve, in the order in which they are shown."""

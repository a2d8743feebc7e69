"""Pictures that come with Patchloom: something to begin with, for every task."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any

from .errors import Refusal

_HERE = Path(__file__).resolve()
_PLACES = (_HERE.parent / "pictures", _HERE.parents[3] / "examples" / "pictures")
FOLDER = next((place for place in _PLACES if place.is_dir()), _PLACES[0])
"""Where they are: beside this file once installed, and in a work tree where everybody looks for them."""

_TYPE = "image/png"


@dataclass(frozen=True)
class Example:
    """A picture with a task.

    Attributes
    ----------
    name : str
        For programs.
    title : str
        For people.
    task : str
        Of `patchloom.catalogue.TASKS`.
    image : str
        File of the (first) picture, below `FOLDER`.
    files : mapping of str to tuple of str
        Files of others by their fields; of ``image`` those that come after the first.
    parameters : mapping
        As a request has them.
    """

    name: str
    title: str
    task: str
    image: str
    files: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    parameters: Mapping[str, Any] = field(default_factory=dict)

    @property
    def paths(self) -> tuple[str, ...]:
        """All its files."""
        return (self.image, *(path for paths in self.files.values() for path in paths))

    def entry(self) -> dict[str, Any]:
        """Return it as JSON holds it, with addresses relative to the page."""
        files = {name: [_address(path) for path in paths] for name, paths in self.files.items()}
        return {
            "name": self.name, "title": self.title, "task": self.task, "image": _address(self.image),
            "files": {name: found if name == "image" else found[0] for name, found in files.items()},
            "parameters": dict(self.parameters),
        }


def _address(path: str) -> str:
    return f"api/examples/{path.rpartition('/')[2]}"


_FLOWER = [68, 102, 42, 54]                               # the box of a flower: row, column, rows, columns

EXAMPLES = (
    Example("flowers", "Periwinkles", "generate", "flowers.png", parameters={"count": 8}),
    Example("skyline", "A skyline", "generate", "skyline.png", parameters={"count": 8, "diversity": "high"}),
    Example("wide", "Wider, with the heaps of spices as they are", "retarget", "spices.png",
            {"protect": ("tasks/retarget_protect.png",)}, {"size": [168, 403]}),
    Example("hole", "A flower less", "inpaint", "flowers.png", {"hole": ("tasks/inpaint_hole.png",)}, {"feather": 2}),
    Example("beyond", "More of the lake", "extend", "mountains.png", parameters={"left": 60, "right": 120}),
    Example("moved", "A flower in another place", "reshuffle", "flowers.png",
            parameters={"moves": [{"box": _FLOWER, "shift": [-60, 40]}]}),
    Example("pasted", "Flowers pasted crudely", "edit", "flowers.png", {"edited": ("tasks/edit_flowers.png",)}),
    Example("edgeless", "Spices without an edge", "tile", "spices.png"),
    Example("painted", "A painted valley", "paint", "mountains.png", {"painting": ("tasks/paint_mountains.png",)},
            {"colours": "channels"}),
    Example("drawn", "Mountains after a drawing", "analogy", "mountains.png",
            {"structure": ("tasks/analogy_drawing.png",)}, {"preset": "sketch"}),
    Example("together", "Three places in one", "collage", "mountains.png", {"image": ("skyline.png", "flowers.png")},
            {"size": [168, 420]}),
    Example("bowl", "A bowl by the lake", "harmonise", "tasks/harmonise_bowl.png",
            {"mask": ("tasks/harmonise_bowl_mask.png",)}),
    Example("water", "The lake moves", "animate", "mountains.png", {"mask": ("tasks/animate_mask.png",)},
            {"motion": 3}),
)

_PATHS: Mapping[str, str] = MappingProxyType({
    path.rpartition("/")[2]: path for example in EXAMPLES for path in example.paths
})


def listed() -> list[dict[str, Any]]:
    """Return all of them as JSON holds them."""
    return [example.entry() for example in EXAMPLES]


def example_file(name: str) -> tuple[bytes, str]:
    """Return the bytes and the type of one of their files.

    Parameters
    ----------
    name : str
        Without a folder.

    Raises
    ------
    Refusal
        If there is no such file.
    """
    if name not in _PATHS:
        raise Refusal(404, "not-found", f"example={name[:40]}: there is no such file; api/examples lists them")
    return (FOLDER / _PATHS[name]).read_bytes(), _TYPE

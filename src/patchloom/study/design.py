"""What decides a study, and its identity: the hash of all that, the pictures' bytes included."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any

from ..errors import FileError, explain
from .setups import Setup, as_setups

FORMAT = 1
"""Version of the manifest; a reader refuses others."""


@dataclass(frozen=True)
class Shown:
    """A picture as participants see it.

    Attributes
    ----------
    name : str
        Of the file it was made from.
    real : bool
        Whether it is a real picture.
    sha256 : str
        Of the bytes that the page holds, in hexadecimal.
    width, height : int
        Pixels.
    """

    name: str
    real: bool
    sha256: str
    width: int
    height: int


@dataclass(frozen=True)
class Group:
    """A real picture and the fakes that may stand beside it.

    Attributes
    ----------
    real : str
        Its id.
    fakes : tuple of str
        Their ids, at least one.
    """

    real: str
    fakes: tuple[str, ...]


@dataclass(frozen=True)
class Study:
    """All that decides a study.

    Attributes
    ----------
    title : str
        What participants read first.
    setups : tuple of Setup
        In the order in which they are gone through.
    trials : int
        Answers per setup and participant.
    practice : int
        Trials with feedback, not recorded, before the first setup of each question; never with pictures of the others.
    seed : int
        Decides, with the participant's id, all that is random.
    groups : tuple of Group
        At least `trials` + `practice`: each is shown at most once per setup.
    pictures : mapping of str to Shown
        By id. Ids are opaque: nothing in them tells real from fake.
    """

    title: str
    setups: tuple[Setup, ...]
    trials: int
    practice: int
    seed: int
    groups: tuple[Group, ...]
    pictures: Mapping[str, Shown]

    @cached_property
    def id(self) -> str:
        """SHA-256 of the manifest, in hexadecimal."""
        return hashlib.sha256(_text(self.manifest()).encode()).hexdigest()

    @cached_property
    def group_of(self) -> Mapping[str, Group]:
        """The group of each picture."""
        return {name: group for group in self.groups for name in (group.real, *group.fakes)}

    @property
    def answers(self) -> int:
        """How many answers a participant gives who stays to the end."""
        return self.trials * len(self.setups)

    @property
    def meetings(self) -> int:
        """In how many setups, at most, a participant meets a real picture or a fake of it: one, with enough of them."""
        return -(-self.answers // (len(self.groups) - self.practice))

    def manifest(self) -> dict[str, Any]:
        """Return the study as JSON has it: whole numbers and text alone, so that every reader makes the same of it."""
        return {
            "format": FORMAT,
            "title": self.title,
            "setups": [{"name": setup.name, "paired": setup.paired, "milliseconds": setup.milliseconds}
                       for setup in self.setups],
            "trials": self.trials,
            "practice": self.practice,
            "seed": str(self.seed),                       # 64 bits; JavaScript's numbers have 53
            "groups": [{"real": group.real, "fakes": list(group.fakes)} for group in self.groups],
            "pictures": {name: asdict(shown) for name, shown in self.pictures.items()},
        }


def short(text: str) -> str:
    """Return as much of a text as a message has room for."""
    return text if len(text) <= 80 else text[:77] + "..."


def as_study(manifest: object, label: str) -> Study:
    """Return the study that a manifest describes.

    Parameters
    ----------
    manifest : object
        What JSON gave.
    label : str
        What errors call it.

    Raises
    ------
    FileError
        If it is none, or of another version.
    """
    if not isinstance(manifest, dict) or manifest.get("format") != FORMAT:
        got = short(str(manifest.get("format"))) if isinstance(manifest, dict) else type(manifest).__name__
        raise FileError(
            explain("study", f"{label} (manifest of format {got})", f"must be of format {FORMAT}",
                    "build the study with this version of patchloom")
        )
    try:
        study = Study(
            title=str(manifest["title"]),
            setups=as_setups(",".join(setup["name"] for setup in manifest["setups"])),
            trials=int(manifest["trials"]),
            practice=int(manifest["practice"]),
            seed=int(manifest["seed"]),
            groups=tuple(Group(group["real"], tuple(group["fakes"])) for group in manifest["groups"]),
            pictures={name: Shown(**shown) for name, shown in manifest["pictures"].items()},
        )
        whole = _text(study.manifest()) == _text(manifest) and _is_consistent(study)
    except (AttributeError, KeyError, TypeError, ValueError, OverflowError, RecursionError):
        whole = False
    if not whole:
        raise FileError(explain("study", f"{label} (damaged manifest)", "must be as study build made it",
                                "build it again, or get an undamaged copy"))
    return study


def _text(manifest: object) -> str:
    """Return the one text that JSON has for a manifest: `True` and 1, which are equal in Python, differ in it."""
    return json.dumps(manifest, sort_keys=True, separators=(",", ":"))


def _is_consistent(study: Study) -> bool:
    """Whether the parts of a study fit together, as JSON that somebody else wrote need not."""
    shown = study.pictures
    typed = all(
        [type(value) for value in (one.name, one.real, one.sha256, one.width, one.height)] == [str, bool, str, int, int]
        for one in shown.values()
    )
    grouped = all(
        group.fakes and shown[group.real].real and not any(shown[name].real for name in group.fakes)
        for group in study.groups
    )
    listed = sorted(name for group in study.groups for name in (group.real, *group.fakes)) == sorted(shown)
    counted = study.trials >= 1 and study.practice >= 0
    return typed and grouped and listed and counted and len(study.groups) >= study.trials + study.practice

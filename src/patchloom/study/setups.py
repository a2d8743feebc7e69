"""What a participant is shown, for how long, and what is asked."""

from __future__ import annotations

import re
from dataclasses import dataclass

from ..errors import ParameterError, explain

DEFAULT_SETUPS = "paired-1s,unpaired-1s"
"""The two questions of the SinGAN paper, for one second, as there. Without limit they are studies of their own: who
has looked at pictures for as long as they liked is no judge of the next second."""

SHORTEST, LONGEST = 50, 60_000
"""Milliseconds that a picture may be shown for; below, a screen has too few frames."""

_NAME = re.compile(r"(?P<kind>paired|unpaired)(?:-(?P<seconds>[0-9]{1,3}(?:\.[0-9]{1,3})?)s)?")


@dataclass(frozen=True)
class Setup:
    """One way to ask.

    Attributes
    ----------
    paired : bool
        A real picture and a fake of it side by side: which is the fake? Else one picture: is it real or fake?
    milliseconds : int or None
        How long it is shown; None means until the answer.
    """

    paired: bool
    milliseconds: int | None

    @property
    def name(self) -> str:
        """What options, records and tables call it."""
        kind = "paired" if self.paired else "unpaired"
        return kind if self.milliseconds is None else f"{kind}-{self.milliseconds / 1000:g}s"

    @property
    def answers(self) -> tuple[str, str]:
        """What may be answered: where the fake is, or what the picture is."""
        return ("left", "right") if self.paired else ("real", "fake")


def as_setups(text: str) -> tuple[Setup, ...]:
    """Return the setups that a list such as ``paired-1s,unpaired`` names, in its order.

    Raises
    ------
    ParameterError
        If a name is unknown, a time is out of range, or a setup comes twice.

    Examples
    --------
    >>> [setup.name for setup in as_setups("paired-0.50s, unpaired")]
    ['paired-0.5s', 'unpaired']
    """
    setups = tuple(_as_setup(name.strip()) for name in text.split(","))
    names = [setup.name for setup in setups]
    for name in names:
        if names.count(name) > 1:
            raise ParameterError(explain("setups", repr(name), "was given twice", "name each once"))
    return setups


def _as_setup(name: str) -> Setup:
    found = _NAME.fullmatch(name)
    if found is None:
        raise ParameterError(
            explain("setups", repr(name), "must be paired, unpaired, or one of these with seconds",
                    "try paired-1s,unpaired-1s")
        )
    if found["seconds"] is None:
        return Setup(found["kind"] == "paired", None)
    milliseconds = round(float(found["seconds"]) * 1000)
    if not SHORTEST <= milliseconds <= LONGEST:
        raise ParameterError(
            explain("setups", repr(name), f"a picture is shown for {SHORTEST / 1000:g} to {LONGEST / 1000:g} seconds")
        )
    return Setup(found["kind"] == "paired", milliseconds)

"""One answer: its shape, and whether it is wrong, by the study's manifest and not by what the page says."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from ..errors import ParameterError, explain
from .design import Study, short

MOST_MILLISECONDS = 7 * 24 * 3_600_000
"""A week: a page may stay open overnight, but not for ever."""

MOST_VIEWS = 1000

_PARTICIPANT = re.compile(r"[A-Za-z0-9_-]{1,64}")


@dataclass(frozen=True)
class Answer:
    """What a participant answered to one trial.

    Attributes
    ----------
    participant : str
        Letters, digits, - and _.
    trial : int
        0 to the number of answers less 1: setups in their order, and the trials in each.
    setup : str
        Its name.
    pictures : tuple of str
        Ids as shown: left and right, or the one.
    answer : str
        ``left`` or ``right``: where the fake is; ``real`` or ``fake``: what the picture is.
    shown_ms : float
        How long it was shown.
    reaction_ms : float
        From its first frame to the answer.
    views : int
        How often it was shown: more than once if the page was closed or reloaded before the answer.
    wrong : bool
        Whether the answer is.
    """

    participant: str
    trial: int
    setup: str
    pictures: tuple[str, ...]
    answer: str
    shown_ms: float
    reaction_ms: float
    views: int
    wrong: bool

    def record(self) -> dict[str, Any]:
        """Return it as a page sends it, but for the study's id."""
        fields = asdict(self)
        del fields["wrong"]
        return {**fields, "pictures": list(self.pictures)}


FIELDS = ("participant", "trial", "setup", "pictures", "answer", "shown_ms", "reaction_ms", "views")


def as_answer(study: Study, record: object) -> Answer:
    """Return the answer that a record of a page says.

    Parameters
    ----------
    study : Study
        What the record must be of.
    record : object
        What JSON gave: exactly the fields `FIELDS`.

    Raises
    ------
    ParameterError
        If its shape is another, or it does not fit the study.
    """
    if not isinstance(record, Mapping) or set(record) != set(FIELDS):
        got = ", ".join(sorted(map(str, record))) if isinstance(record, Mapping) else type(record).__name__
        raise ParameterError(explain("answer", got[:200] or "nothing", "must have the fields " + ", ".join(FIELDS)))
    participant = record["participant"]
    if not isinstance(participant, str) or not _PARTICIPANT.fullmatch(participant):
        raise ParameterError(
            explain("participant", _short(participant), "must be 1 to 64 letters, digits, - and _")
        )
    trial = _whole(record, "trial", 0, study.answers - 1)
    setup = study.setups[trial // study.trials]
    _check_one_of("setup", record["setup"], (setup.name,))
    _check_one_of("answer", record["answer"], setup.answers)
    pictures = _pictures(study, record["pictures"], setup.paired)
    fakes = [not study.pictures[name].real for name in pictures]
    truth = setup.answers[fakes.index(True)] if setup.paired else setup.answers[fakes[0]]
    return Answer(
        participant, trial, setup.name, pictures, record["answer"],
        _milliseconds(record, "shown_ms"), _milliseconds(record, "reaction_ms"), _whole(record, "views", 1, MOST_VIEWS),
        wrong=record["answer"] != truth,
    )


def _pictures(study: Study, ids: object, paired: bool) -> tuple[str, ...]:
    """Return ids of pictures that the study may show together."""
    names = tuple(name for name in ids if isinstance(name, str)) if isinstance(ids, list) else ()
    known = len(names) == 1 + paired and ids == list(names) and all(name in study.pictures for name in names)
    if known and paired:
        groups, kinds = [study.group_of[name] for name in names], [study.pictures[name].real for name in names]
        known = groups[0] is groups[1] and kinds[0] != kinds[1]
    if not known:
        allowed = "a real picture and a fake of it" if paired else "one picture"
        raise ParameterError(explain("pictures", _short(ids), f"must be ids of this study: {allowed}"))
    return names


def _whole(record: Mapping[str, Any], name: str, low: int, high: int) -> int:
    value = record[name]
    if type(value) is not int or not low <= value <= high:
        raise ParameterError(explain(name, _short(value), f"must be a whole number, {low} to {high}"))
    return value


def _milliseconds(record: Mapping[str, Any], name: str) -> float:
    value = record[name]
    if type(value) not in (int, float) or not 0 <= value <= MOST_MILLISECONDS:
        raise ParameterError(explain(name, _short(value), f"must be milliseconds, 0 to {MOST_MILLISECONDS}"))
    return float(value)


def _check_one_of(name: str, value: object, allowed: tuple[str, ...]) -> None:
    if value not in allowed:
        raise ParameterError(explain(name, _short(value), "must be " + " or ".join(allowed)))


def _short(value: object) -> str:
    """Return a value as messages show it, whatever it is."""
    return "a huge number" if type(value) is int and abs(value) >= 10**20 else short(repr(value))

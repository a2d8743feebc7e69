"""Answers -> how often people took fakes for real, per setup and per picture."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from statistics import median

from .answers import Answer
from .design import Study
from .setups import Setup
from .statistics import participant_interval, percentile, wilson

ALL, REALS, FAKES = "all", "reals", "fakes"
"""Which pictures a rate of a setup is of; of a paired setup, only all, for each trial shows one of both."""


@dataclass(frozen=True)
class Rate:
    """A share of wrong answers.

    Attributes
    ----------
    wrong, answers : int
        How many of how many.
    rate : float
        Their ratio; 0.5 is what guessing gives.
    interval : (float, float)
        Wilson's, 95 %.
    median_reaction_ms : float
        From a picture's first frame to the answer.
    """

    wrong: int
    answers: int
    rate: float
    interval: tuple[float, float]
    median_reaction_ms: float


@dataclass(frozen=True)
class Times:
    """For how long pictures with a limit were really shown, in milliseconds.

    Attributes
    ----------
    median, percentile_95 : float
        Half of them, and 19 of 20, were hidden again by then.
    """

    median: float
    percentile_95: float


@dataclass(frozen=True)
class SetupRate:
    """The rate of a setup.

    Attributes
    ----------
    setup, of : str
        Its name, and which of its pictures: all, reals or fakes.
    rate : Rate
        Over all answers.
    participants : int
        How many gave them.
    participant_interval : (float, float) or None
        95 %, from resampling participants; None for fewer than five.
    shown_ms : Times or None
        None in a setup without limit.
    """

    setup: str
    of: str
    rate: Rate
    participants: int
    participant_interval: tuple[float, float] | None
    shown_ms: Times | None


@dataclass(frozen=True)
class PictureRate:
    """The rate of a picture in a setup.

    Attributes
    ----------
    setup, name : str
        Of the setup, and of the picture's file.
    real : bool
        Whether it is a real picture.
    rate : Rate
        Over all answers to trials that showed it: with its partner, in a paired setup.
    """

    setup: str
    name: str
    real: bool
    rate: Rate


@dataclass(frozen=True)
class Report:
    """What a study found.

    Attributes
    ----------
    study : Study
        What was asked.
    participants, answers : int
        How many.
    seen_again : int
        Answers to trials that were shown more than once, since the page was reloaded before the answer.
    incomplete : tuple of (str, int)
        Participants who left early, with how many answers they gave. These count.
    setups : tuple of SetupRate
        In the study's order; those without answers are left out.
    pictures : tuple of PictureRate
        In the order of setups, reals before fakes, by name.
    """

    study: Study
    participants: int
    answers: int
    seen_again: int
    incomplete: tuple[tuple[str, int], ...]
    setups: tuple[SetupRate, ...]
    pictures: tuple[PictureRate, ...]


def report(study: Study, answers: Sequence[Answer], *, seed: int = 0) -> Report:
    """Return rates of wrong answers with their intervals.

    Parameters
    ----------
    study : Study
        What was asked.
    answers : sequence of Answer
        Of `reading.read_answers`.
    seed : int
        Of the resampling of participants.

    Returns
    -------
    Report
    """
    given = Counter(answer.participant for answer in answers)
    by_setup = _grouped(answers, lambda answer: answer.setup)
    setups, pictures = [], []
    for setup in study.setups:
        own = by_setup.get(setup.name, [])
        parts = {ALL: own}
        if not setup.paired:
            parts[REALS] = [one for one in own if _real(study, one)]
            parts[FAKES] = [one for one in own if not _real(study, one)]
        setups += [_setup_rate(setup, of, part, seed) for of, part in parts.items() if part]
        pictures += _picture_rates(study, setup.name, own)
    return Report(
        study=study,
        participants=len(given),
        answers=len(answers),
        seen_again=sum(answer.views > 1 for answer in answers),
        incomplete=tuple((name, count) for name, count in sorted(given.items()) if count < study.answers),
        setups=tuple(setups),
        pictures=tuple(pictures),
    )


def _real(study: Study, answer: Answer) -> bool:
    return study.pictures[answer.pictures[0]].real


def _rate(answers: Sequence[Answer]) -> Rate:
    wrong = sum(answer.wrong for answer in answers)
    return Rate(wrong, len(answers), wrong / len(answers), wilson(wrong, len(answers)),
                median(answer.reaction_ms for answer in answers))


def _setup_rate(setup: Setup, of: str, answers: Sequence[Answer], seed: int) -> SetupRate:
    people = _grouped(answers, lambda answer: answer.participant)
    counts = [(sum(answer.wrong for answer in own), len(own)) for _, own in sorted(people.items())]
    times = [answer.shown_ms for answer in answers]
    shown = None if setup.milliseconds is None else Times(median(times), percentile(times, 0.95))
    return SetupRate(setup.name, of, _rate(answers), len(people), participant_interval(counts, seed=seed), shown)


def _picture_rates(study: Study, setup: str, answers: Sequence[Answer]) -> list[PictureRate]:
    shown = defaultdict(list)
    for answer in answers:
        for name in answer.pictures:
            shown[name].append(answer)
    rates = [PictureRate(setup, study.pictures[name].name, study.pictures[name].real, _rate(own))
             for name, own in shown.items()]
    return sorted(rates, key=lambda rate: (not rate.real, rate.name))


def _grouped(answers: Iterable[Answer], key: Callable[[Answer], str]) -> dict[str, list[Answer]]:
    found = defaultdict(list)
    for answer in answers:
        found[key(answer)].append(answer)
    return dict(found)

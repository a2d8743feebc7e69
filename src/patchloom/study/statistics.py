"""Intervals around a share of answers."""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from statistics import NormalDist

from ..errors import ParameterError, explain

LEVEL = 0.95
RESAMPLES = 10_000
LEAST_PARTICIPANTS = 5
"""Below, resampling participants says next to nothing."""


def percentile(values: Sequence[float], share: float) -> float:
    """Return the value below which a share of others lie, between two of them where it falls between.

    Parameters
    ----------
    values : sequence of float
        At least one.
    share : float
        0 to 1; 0.5 gives the median.

    Examples
    --------
    >>> percentile([4, 1, 3, 2], 0.5), percentile([4, 1, 3, 2], 0.95), percentile([7], 0.95)
    (2.5, 3.8499999999999996, 7.0)
    """
    ordered = sorted(values)
    place = share * (len(ordered) - 1)
    below = int(place)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (place - below) * (ordered[above] - ordered[below])


def wilson(wrong: int, answers: int, *, level: float = LEVEL) -> tuple[float, float]:
    """Return Wilson's score interval of a share of independent answers.

    Parameters
    ----------
    wrong, answers : int
        How many of how many, at least one.
    level : float
        Probability that the interval covers the true share, about, 0.5 to 0.9999.

    Returns
    -------
    (float, float)
        Within [0, 1]. Never empty, at 0 of n and n of n neither.

    Raises
    ------
    ParameterError
        If there are no answers, or `wrong` is not one of 0 to `answers`.

    Notes
    -----
    E. B. Wilson, "Probable inference, the law of succession, and statistical inference", Journal of the American
    Statistical Association 22, 1927. It assumes that answers are independent; those of one participant are not quite.

    Examples
    --------
    >>> [round(end, 4) for end in wilson(15, 148)]
    [0.0624, 0.1605]
    >>> [round(end, 4) for end in wilson(0, 10)]
    [0.0, 0.2775]
    """
    if not 0 <= wrong <= answers or answers < 1:
        raise ParameterError(
            explain("wrong", f"{wrong} of {answers}", "must be 0 to the number of answers, at least 1")
        )
    z = NormalDist().inv_cdf((1 + level) / 2)
    share, extra = wrong / answers, z * z / answers
    centre = share + extra / 2
    half = z * math.sqrt(share * (1 - share) / answers + extra / answers / 4)
    low, high = (centre - half) / (1 + extra), (centre + half) / (1 + extra)
    return (0.0 if wrong == 0 else low), (1.0 if wrong == answers else high)


def participant_interval(
    counts: Sequence[tuple[int, int]], *, level: float = LEVEL, resamples: int = RESAMPLES, seed: int = 0
) -> tuple[float, float] | None:
    """Return an interval of the share from participants drawn again and again, with repetition.

    The answers of one participant stay together, so that people who differ widen the interval as they should.

    Parameters
    ----------
    counts : sequence of (int, int)
        Wrong answers and answers of each participant.
    level : float
        Share of the resampled shares that lie within.
    resamples : int
        How often participants are drawn.
    seed : int
        The same seed gives the same interval on every machine.

    Returns
    -------
    (float, float) or None
        Percentiles of the resampled shares; None for fewer than five participants.

    Notes
    -----
    The percentile bootstrap over clusters (A. C. Davison and D. V. Hinkley, "Bootstrap Methods and their
    Application", 1997, chapter 3.8). With few participants it is rather too narrow.

    Examples
    --------
    >>> participant_interval([(5, 10)] * 8)
    (0.5, 0.5)
    >>> participant_interval([(0, 10), (10, 10)] * 4)
    (0.125, 0.875)
    >>> participant_interval([(1, 10)] * 3) is None
    True
    """
    if len(counts) < LEAST_PARTICIPANTS:
        return None
    draw, people = random.Random(seed).random, len(counts)
    shares = []
    for _ in range(resamples):
        drawn = [counts[int(draw() * people)] for _ in range(people)]
        shares.append(sum(wrong for wrong, _ in drawn) / sum(answers for _, answers in drawn))
    shares.sort()
    cut = int((1 - level) / 2 * resamples)
    return shares[cut], shares[resamples - 1 - cut]

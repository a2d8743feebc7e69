"""A study's report as a table, CSV or JSON."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from .. import io
from ..study.building import counted
from ..study.report import PictureRate, Rate, Report, SetupRate, Times
from ..study.statistics import LEVEL, RESAMPLES
from .tables import Table, csv_text, inert, plain

COLUMNS = ("setup", "of", "name", "wrong", "answers", "rate", "wilson_low", "wilson_high", "participants",
           "participants_low", "participants_high", "median_reaction_ms", "median_shown_ms", "percentile_95_shown_ms")


def as_json(report: Report) -> dict[str, Any]:
    """Return a report as JSON has it."""
    study = report.study
    return {
        "study": {"id": study.id, "title": study.title, "trials": study.trials,
                  "setups": [setup.name for setup in study.setups], "setups_per_picture": study.meetings},
        "participants": report.participants,
        "answers": report.answers,
        "seen_again": report.seen_again,
        "incomplete": [{"participant": name, "answers": count, "of": study.answers}
                       for name, count in report.incomplete],
        "level": LEVEL,
        "interval": "wilson",
        "participant_interval": f"percentiles over {RESAMPLES} resamplings of participants",
        "setups": [_entry(asdict(one)) for one in report.setups],
        "pictures": [_entry(asdict(one)) for one in report.pictures],
    }


def _entry(values: dict[str, Any]) -> dict[str, Any]:
    """Return a rate's fields beside those of what it is of."""
    return {**{key: value for key, value in values.items() if key != "rate"}, **values["rate"]}


def as_csv(report: Report) -> str:
    """Return a line for each setup, then one for each picture in each setup."""
    lines: list[Sequence[Any]] = [COLUMNS]
    for one in report.setups:
        around = one.participant_interval or ("", "")
        shown = ("", "") if one.shown_ms is None else (one.shown_ms.median, one.shown_ms.percentile_95)
        lines.append([one.setup, one.of, "", *_numbers(one.rate), one.participants, *around,
                      one.rate.median_reaction_ms, *shown])
    for picture in report.pictures:
        lines.append([picture.setup, "real" if picture.real else "fake", inert(io.shown(picture.name)),
                      *_numbers(picture.rate), "", "", "", picture.rate.median_reaction_ms, "", ""])
    return csv_text(lines)


def _numbers(rate: Rate) -> list[Any]:
    return [rate.wrong, rate.answers, rate.rate, *rate.interval]


def as_table(report: Report) -> str:
    """Return a report to read."""
    study = report.study
    lines = [
        f"{io.shown(study.title)}  (study {study.id[:8]})",
        f"{counted(report.answers, 'answer')} of {counted(report.participants, 'participant')}"
        + _left(report) + (f"; {report.seen_again} after a reload" if report.seen_again else ""),
    ]
    if study.meetings > 1:
        lines.append(f"Participants met a picture in up to {study.meetings} setups, and may have known it again.")
    if report.setups:
        of_setups = ("setup", "of", "wrong", "rate", "95 % Wilson", "95 % resampled", "people", "median",
                     "shown, 95th")
        lines += ["", *plain(Table(of_setups, [_setup_row(one) for one in report.setups], text=2))]
    if report.pictures:
        of_pictures = ("setup", "picture", "", "wrong", "rate", "95 % Wilson", "median")
        lines += ["", *plain(Table(of_pictures, [_picture_row(one) for one in report.pictures], text=3))]
    lines += ["", "rate: share of wrong answers; 50 % means that fakes cannot be told from real pictures.",
              "Wilson: as if answers were independent; resampled: participants, whose answers are not (from five on).",
              "median: from a picture's first frame to the answer.",
              "shown: for how long pictures with a limit really were, median and 95th percentile."]
    return "\n".join(lines)


def _left(report: Report) -> str:
    if not report.incomplete:
        return ""
    named = ", ".join(f"{name} ({count} of {report.study.answers})" for name, count in report.incomplete[:5])
    more = len(report.incomplete) - 5
    return f", {len(report.incomplete)} incomplete: {named}" + (f" and {more} more" if more > 0 else "")


def _setup_row(one: SetupRate) -> tuple[str, ...]:
    around = "-" if one.participant_interval is None else _interval(one.participant_interval)
    return (one.setup, one.of, _share(one.rate), _percent(one.rate.rate), _interval(one.rate.interval), around,
            str(one.participants), _seconds(one.rate), _shown(one.shown_ms))


def _picture_row(one: PictureRate) -> tuple[str, ...]:
    return (one.setup, "real" if one.real else "fake", io.shown(one.name), _share(one.rate), _percent(one.rate.rate),
            _interval(one.rate.interval), _seconds(one.rate))


def _shown(times: Times | None) -> str:
    return "-" if times is None else f"{times.median / 1000:.3f}, {times.percentile_95 / 1000:.3f} s"


def _share(rate: Rate) -> str:
    return f"{rate.wrong} of {rate.answers}"


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %"


def _interval(ends: tuple[float, float]) -> str:
    return f"{100 * ends[0]:.1f} - {100 * ends[1]:.1f} %"


def _seconds(rate: Rate) -> str:
    return f"{rate.median_reaction_ms / 1000:.2f} s"

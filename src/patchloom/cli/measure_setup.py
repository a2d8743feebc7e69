"""What the options of ``patchloom measure`` say together: which metrics, with what, and on how many cores."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from .. import io, metrics
from ..checks import as_threads
from ..metrics import NiqeModel
from ..metrics.inception import VARIABLE
from . import measure_list
from .measure_list import SET_METRIC
from .measure_work import Setup


def told(path: str, model: NiqeModel) -> dict[str, Any]:
    """Return what a report says of pristine parameters."""
    return {"path": io.shown(path), "sha256": model.digest, "blocks": model.blocks, "block_size": model.block_size}


def as_names(values: Mapping[str, Any], samples: int) -> tuple[list[str], list[tuple[str, str]]]:
    """Return the names of what is measured, and what ``all`` leaves out for want of something.

    Parameters
    ----------
    values : mapping
        All options.
    samples : int
        The most of any source.
    """
    asked = [name.strip() for text in values["names"] for name in text.split(",")]
    given = {need: values[need] for need in measure_list.OPTIONS if values[need] is not None}
    weights = ["weights"] if os.environ.get(VARIABLE) else []
    names = measure_list.chosen(asked, [*given, *weights])
    measure_list.check_needed(names, given)
    measure_list.check_set(asked, samples)
    return names, measure_list.left_out(asked, names, samples)


def as_setup(
    values: Mapping[str, Any], names: Sequence[str], fit: Callable[[], NiqeModel] | None
) -> tuple[Setup, dict[str, Any]]:
    """Return how pairs are measured, and what a report says of it; files that metrics need are read.

    Parameters
    ----------
    values : mapping
        All options.
    names : sequence of str
        Of `as_names`.
    fit : callable, optional
        Returns pristine parameters, which otherwise come from their file.
    """
    needed = {metric.needs for metric in metrics.METRICS if metric.name in names}
    given: dict[str, Any] = {}
    about: dict[str, Any] = dict.fromkeys(("niqe", "weights"))
    if "weights" in needed:
        given["weights"] = found = metrics.load_inception(values["weights"])
        about["weights"] = {"path": io.shown(found.path), "sha256": found.sha256, "layout": found.layout}
    if "niqe" in needed:
        given["niqe"] = model = fit() if fit else io.load_niqe(values["niqe"])
        about["niqe"] = told(values["niqe"], model)
    setup = Setup(
        tuple(name for name in names if name != SET_METRIC), values["patch_size"] or Setup.patch_size,
        values["method"], rgb=values["rgb"], given=given, mask=values["mask"],
    )
    settings = {
        "metrics": names, "patch_size": setup.patch_size, "method": setup.method, "rgb": setup.rgb, **about,
        "mask": setup.mask,
    }
    return setup, settings


def shared(values: Mapping[str, Any], pairs: int) -> tuple[int, int]:
    """Return how many processes and how many threads of each share the cores."""
    threads: int | None = values["threads"]
    cores = as_threads(0)
    jobs = values["jobs"] or max(1, min(pairs, cores // (threads or 1)))
    jobs = min(jobs, pairs)
    return jobs, threads or max(1, cores // jobs)

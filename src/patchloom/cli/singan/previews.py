"""Pictures of a training that goes on: the reconstruction and two samples of a scale."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ... import catalogue, io
from ..._version import __version__
from ...errors import FileError, explain
from ...types import PixelFormat

if TYPE_CHECKING:
    from ...singan import Model, Step

EVERY = 500
"""Iterations between previews inside a scale."""

_SAMPLES = 2


class Previews:
    """Writes previews of a training into a folder, as PNG.

    Parameters
    ----------
    folder : path
        Made if it is not there.
    stem : str
        What their names begin with.
    force : bool
        Those that are there may be replaced.
    device, threads
        Where samples are made.

    Raises
    ------
    FileError
        If it cannot be written to, or holds such previews already.
    """

    def __init__(self, folder: Path, stem: str, *, force: bool, device: str, threads: int) -> None:
        self.folder = folder
        self._stem = stem
        self._force = force
        self._where: dict[str, Any] = {"device": device, "threads": threads}
        self.paths: list[Path] = []
        there = sorted(file for file in folder.iterdir() if self._ours(file.name)) if folder.is_dir() else []
        if there and not force:
            raise FileError(explain("preview_dir", f"{io.shown(folder)} (has {io.shown(there[0].name)})",
                                    "previews are not overwritten", "use another folder, or pass --force"))
        io.check_writable(folder / self._name(0, 0, "reconstruction"), force=force)

    def _name(self, scale: int, iterations: int, what: str) -> str:
        return f"{self._stem}_scale{scale:02d}_{iterations:06d}_{what}.png"

    def _ours(self, name: str) -> bool:
        return name.startswith(f"{self._stem}_scale") and name.endswith(("_reconstruction.png", "_sample1.png"))

    def __call__(self, step: Step) -> None:
        """Write what a scale makes, if it is at its end or has gone on for long."""
        if step.last_of_scale or (step.iteration + 1) % EVERY == 0:
            self.write(step.model)

    def write(self, model: Model) -> None:
        """Write what the last scale of a model makes."""
        from ... import singan

        scale, made = len(model.scales) - 1, model.scales[-1]
        model = replace(model, kind=_shown(model.kind, model.channels))
        for number in range(_SAMPLES + 1):
            what, seed = f"sample{number}" if number else "reconstruction", (model.seed + number) % 2**64
            if number:
                pixels = singan.sample(model, seed=seed, **self._where).image
            else:
                pixels = singan.reconstruction(model, **self._where)
            path = self.folder / self._name(scale, len(made.record), what)
            told = {
                catalogue.VERSION: __version__, catalogue.TASK: "singan train", catalogue.SEED: str(seed),
                catalogue.PART: what,
                catalogue.PARAMETERS: json.dumps(asdict(model.params), sort_keys=True),
            }
            io.write(path, _as_rgb(pixels), metadata=told, force=self._force)
            self.paths.append(path)


def _shown(kind: PixelFormat, channels: int) -> PixelFormat:
    """Return the kind of pixels that previews are made as: 8 bits, with the same channels."""
    return kind if kind.mode == "CMYK" else PixelFormat("", np.dtype(np.uint8), flat=channels == 1, alpha=kind.alpha)


def _as_rgb(pixels: Any) -> Any:
    """Return CMYK, which no PNG holds, as RGB, and anything else as it is."""
    return pixels.convert("RGB") if getattr(pixels, "mode", "") == "CMYK" else pixels

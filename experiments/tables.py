"""What the tables' scripts have in common: pictures, settings, and runs that go on where they were stopped.

A run keeps its pictures and figures in a folder outside git (`--cache`, out/tables unless told). A killed run goes on
when the same command is given again. The cache knows pictures, settings and Patchloom's version, but not its code:
delete the folder after a change to it.
"""

from __future__ import annotations

import argparse
import hashlib
import io
import json
import math
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image
from reports import commit, facts
from sheets import PICTURES, ROOT

import patchloom
from patchloom import GPNNParams, kernels, metrics
from patchloom.metrics.sliced import patch_swd_of

FILES = (".png", ".jpg", ".jpeg")
USUAL = (
    "coherence", "completeness", "patch_swd", "sharpness_ratio", "identity_share", "rigid_share", "nnfdiv",
)
"""The metrics of most tables."""


@dataclass(frozen=True)
class Setting:
    """A row of a table: where its pictures come from.

    `params` makes them; without it, they are the files of `folder`, named as their sources. With `jpeg` above 0 they go
    through a file of that quality before they are measured. `seeds` limits the seeds.
    """

    name: str
    params: GPNNParams | None = None
    folder: Path | None = None
    jpeg: int = 0
    seeds: int = 10**6


@dataclass(frozen=True)
class Row:
    """What was measured of one picture; the seed of a file's is 0."""

    picture: str
    seed: int
    values: dict[str, float]


def options(description: str, name: str, seeds: int) -> argparse.ArgumentParser:
    """Return a parser with what every table can be told."""
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sources", type=Path, default=PICTURES, metavar="FOLDER", help="source pictures")
    parser.add_argument("--pictures", nargs="+", metavar="NAME", help="only these of the folder, named without suffix")
    parser.add_argument("--longest", type=int, default=0, metavar="PX", help="shrink them to this; 0: as they are")
    parser.add_argument("--seeds", type=int, default=seeds, help=f"seeds 1 to this, by default {seeds}")
    parser.add_argument("--method", default="exact", choices=patchloom.params.METHODS, help="how figures are measured")
    parser.add_argument("--projections", type=int, default=64, help="directions of patch SWD, always the same")
    common_options(parser, name)
    parser.add_argument("--cache", type=Path, default=ROOT / "out" / "tables", metavar="FOLDER",
                        help="where a run keeps what it has done; delete it after a change to Patchloom's code")
    return parser


def common_options(parser: argparse.ArgumentParser, name: str) -> None:
    """Add where a table goes."""
    parser.add_argument("--name", default=name, help=f"of the files that are written, by default {name}")
    parser.add_argument("--out", type=Path, default=ROOT / "docs" / "tables", metavar="FOLDER", help="for the table")
    parser.add_argument("--figures", type=Path, metavar="FOLDER", help="for the figure; by default --out")
    parser.add_argument("--page", type=Path, metavar="FILE", help="a page with the table's marks, which is mended too")


def load(path: Path, longest: int = 0) -> np.ndarray:
    """Return a picture as uint8 (H, W, 3), shrunk until its longer side is no longer than told."""
    with Image.open(path) as opened:
        picture = opened.convert("RGB")
    if longest:
        picture.thumbnail((longest, longest), Image.Resampling.LANCZOS)
    return np.asarray(picture)


def sources(folder: Path, longest: int = 0, only: Iterable[str] | None = None) -> dict[str, np.ndarray]:
    """Return the pictures of a folder by their names without suffix: numbers by value, then by letters."""
    paths = {path.stem: path for path in folder.iterdir() if path.suffix.lower() in FILES}
    names = sorted(paths, key=lambda stem: (not stem.isdigit(), int(stem) if stem.isdigit() else 0, stem))
    missing = sorted(set(only or ()) - set(names))
    if missing or not names:
        raise SystemExit(f"{folder}: has no picture {', '.join(missing)}; pass names of its .png or .jpg files")
    return {name: load(paths[name], longest) for name in names if only is None or name in only}


def through_jpeg(picture: np.ndarray, quality: int) -> np.ndarray:
    """Return a picture as a JPEG file of this quality gives it back."""
    file = io.BytesIO()
    Image.fromarray(picture).save(file, "JPEG", quality=quality)
    return np.asarray(Image.open(file).convert("RGB"))


def digest(*parts: Any) -> str:
    """Return a short name for pictures and plain values."""
    told = hashlib.sha256()
    for part in parts:
        told.update(part.tobytes() if isinstance(part, np.ndarray) else json.dumps(part, sort_keys=True).encode())
        told.update(str(getattr(part, "shape", "")).encode())
    return told.hexdigest()[:20]


@dataclass
class Cache:
    """Pictures and figures that were made before; a line of rows.jsonl each, the last one counts."""

    folder: Path
    commits: set[str] = field(default_factory=set)

    @cached_property
    def rows(self) -> dict[str, dict[str, Any]]:
        """Return the lines by key; one that a killed run left unfinished does not count."""
        found = {}
        if (self.folder / "rows.jsonl").exists():
            for line in (self.folder / "rows.jsonl").read_text("utf-8").splitlines():
                try:
                    row = json.loads(line)
                except json.JSONDecodeError:
                    continue
                found[row["key"]] = row
        return found

    def get(self, key: str) -> dict[str, Any] | None:
        """Return what was put, and note the commit that it came from."""
        row = self.rows.get(key)
        if row is not None:
            self.commits.add(row["commit"])
        return row

    def put(self, key: str, **values: Any) -> None:
        """Append a line."""
        row = self.rows[key] = {"key": key, "commit": commit(), **values}
        self.commits.add(row["commit"])
        self.folder.mkdir(parents=True, exist_ok=True)
        with (self.folder / "rows.jsonl").open("a", encoding="utf-8") as file:
            file.write("\n" * self._torn() + json.dumps(row) + "\n")

    def _torn(self) -> bool:
        """Return whether the last line was left unfinished."""
        path = self.folder / "rows.jsonl"
        return path.exists() and path.stat().st_size > 0 and path.read_bytes()[-1:] != b"\n"


def made(params: GPNNParams, source: np.ndarray, seed: int, cache: Cache) -> tuple[np.ndarray, float]:
    """Return a new picture and the seconds of one thread that it took, from the cache if it is there.

    Seconds are the processor's, so that others on the same machine count as little as can be.
    """
    told = {name: str(value) for name, value in asdict(params).items()}
    key = digest("made", patchloom.__version__, kernels.info()["kernels"], source, told, seed)
    path = cache.folder / "pictures" / f"{key}.png"
    row = cache.get(key)
    if row is None or not path.exists():
        start = time.process_time()
        picture = patchloom.generate(source, params=params, seed=seed, threads=1).image
        seconds = time.process_time() - start
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(picture).save(path)
        cache.put(key, seconds=round(seconds, 4))
        return picture, seconds
    return load(path), row["seconds"]


def measured(
    picture: np.ndarray, source: np.ndarray, names: Sequence[str], given: argparse.Namespace, needs: Mapping[str, Any],
    cache: Cache,
) -> dict[str, float]:
    """Return the named metrics of a picture, from the cache as far as they are there."""
    how = [given.method, given.projections, {name: hash_of(value) for name, value in needs.items()}]
    key = digest("measured", patchloom.__version__, picture, source, how)
    row = cache.get(key)
    values = dict(row["values"]) if row else {}
    missing = [name for name in names if name not in values and name != "contrast"]
    if missing:
        pair = metrics.compare(picture, source, method=given.method, threads=1, given=needs)
        for metric in (metric for metric in metrics.METRICS if metric.name in missing):
            values[metric.name] = figure(metric, pair, given.projections)
        cache.put(key, values=values)
    if "contrast" in names:
        values["contrast"] = float(picture.std() / source.std())
    return {name: math.nan if values[name] is None else values[name] for name in names}


def hash_of(loaded: Any) -> str:
    """Return the hash of a file's content that a metric needs."""
    return loaded.digest if hasattr(loaded, "digest") else loaded.sha256


def figure(metric: metrics.Metric, pair: metrics.Comparison, projections: int) -> float | None:
    """Return a metric's figure; None where the pictures do not suit it."""
    try:
        value = (
            patch_swd_of(pair, projections) if metric.name == "patch_swd" else metric.compute(pair)
        ).value
    except patchloom.ImageError:
        return None
    return None if math.isnan(value) else float(f"{value:.7g}")


def how(argv: Sequence[str] | None, given: argparse.Namespace, cache: Cache) -> dict[str, Any]:
    """Return what a table has to say of how it was made, once its run is over."""
    found = facts(argv) | {"method": given.method, "projections": given.projections}
    return found | {"commits": sorted(cache.commits)}


def run(
    settings: Sequence[Setting], pictures: Mapping[str, np.ndarray], given: argparse.Namespace, cache: Cache,
    names: Sequence[str] = USUAL, needs: Mapping[str, Any] | None = None,
) -> dict[str, list[Row]]:
    """Make and measure everything, seed by seed, so that a run that is stopped has like parts of all settings.

    `given` is what `options` parses. The figures of a row are those of `names`, the seconds, and for settings of
    several seeds the pixel diversity.
    """
    rows: dict[str, list[Row]] = {setting.name: [] for setting in settings}
    samples: dict[tuple[str, str], list[np.ndarray]] = {}
    for seed in range(1, given.seeds + 1):
        for setting in settings:
            if seed > (setting.seeds if setting.params else 1):
                continue
            start = time.perf_counter()
            for name, source in pictures.items():
                picture, seconds = of_setting(setting, name, source, seed, given.longest, cache)
                samples.setdefault((setting.name, name), []).append(picture)
                values = measured(picture, source, names, given, needs or {}, cache)
                if not math.isnan(seconds):
                    values["seconds"] = seconds
                rows[setting.name].append(Row(name, seed if setting.params else 0, values))
            print(f"seed {seed}, {setting.name}: {time.perf_counter() - start:.1f} s", flush=True)
    add_diversity(rows, samples, pictures)
    return rows


def add_diversity(
    rows: Mapping[str, Sequence[Row]], samples: Mapping[tuple[str, str], Sequence[np.ndarray]],
    pictures: Mapping[str, np.ndarray],
) -> None:
    """Add pixel diversity to the first row of each picture; of equally many samples, for it grows with their number."""
    number = min((len(several) for several in samples.values() if len(several) > 1), default=0)
    for (setting, name), several in samples.items():
        if len(several) > 1:
            first = next(row for row in rows[setting] if row.picture == name)
            first.values["pixel_diversity"] = float(metrics.pixel_diversity(several[:number], pictures[name]))


def of_setting(
    setting: Setting, name: str, source: np.ndarray, seed: int, longest: int, cache: Cache
) -> tuple[np.ndarray, float]:
    """Return a setting's picture of a source, and the seconds it took (nan for a file)."""
    if setting.params is not None:
        picture, seconds = made(setting.params, source, seed, cache)
    else:
        paths = [path for path in setting.folder.iterdir() if path.stem == name and path.suffix.lower() in FILES]
        if not paths:
            raise SystemExit(f"{setting.folder}: has no {name}.png or .jpg; must hold a picture for each source")
        picture, seconds = load(paths[0], longest), math.nan
    return (through_jpeg(picture, setting.jpeg) if setting.jpeg else picture), seconds

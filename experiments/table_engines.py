"""Both engines on the same pictures: seconds, memory and figures of new pictures by GPNN and by SinGAN.

    python experiments/table_engines.py [--longest 64] [--seeds 8] [--paper NAME ...] [--iterations N]

Everything runs on one thread of the CPU. A SinGAN is trained once for each picture (seed 1), and its samples have the
seeds 1 to `--seeds`, so that their spread is that of samples and pictures, not of trainings. `--paper` trains the
paper's preset on the pictures that are named, which takes long. Needs the extra `torch`.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import charts
import numpy as np
from PIL import Image
from reports import explained, markdown, summary, told_of, write
from tables import Cache, Row, add_diversity, digest, how, load, made, measured, options, sources
from trained import apart, generating_job, trained

import patchloom
from patchloom import PRESETS, GPNNParams, singan
from patchloom.params import SinGANParams

METRICS = (
    "patch_swd", "coherence", "completeness", "sharpness_ratio", "identity_share", "rigid_share",
)
SHOWN = (*METRICS, "pixel_diversity", "training_seconds", "seconds", "megabytes")
BASE = "GPNN, default"
DOTS = (
    ("patch_swd", 1e-3), ("coherence", 1e-4), ("completeness", 1e-4), ("sharpness_ratio", 1), ("identity_share", 1),
    ("rigid_share", 1), ("pixel_diversity", 1),
)


@dataclass(frozen=True)
class Engine:
    """A row of the table: what makes its pictures, and of which sources (all, unless some are named)."""

    name: str
    params: GPNNParams | SinGANParams
    start_scale: int = 0
    only: tuple[str, ...] | None = None


def engines(given: argparse.Namespace) -> list[Engine]:
    """Return the rows."""
    shorter = {} if given.iterations is None else {"iterations": given.iterations}
    default, paper = (replace(singan.PRESETS[name], **shorter) for name in ("default", "paper"))
    rows = [
        Engine(BASE, PRESETS["default"]), Engine("GPNN, paper", PRESETS["paper"]),
        Engine("SinGAN, default", default), Engine("SinGAN, default, from scale 1", default, 1),
    ]
    if given.paper:
        rows += [Engine("SinGAN, paper", paper, only=tuple(given.paper)),
                 Engine("SinGAN, paper, from scale 1", paper, 1, tuple(given.paper))]
    return rows


def sampled(engine: Engine, source: np.ndarray, seed: int, cache: Cache) -> tuple[np.ndarray, float]:
    """Return a sample of a SinGAN and the seconds of one thread that it took, from the cache if it is there."""
    model, told = trained(source, engine.params, cache.folder)
    known = (patchloom.__version__, source, str(engine.params), engine.start_scale, seed, told["seconds"])
    key = digest("sampled", *known)
    path, row = cache.folder / "pictures" / f"{key}.png", cache.get(key)
    if row is not None and path.exists():
        return load(path), row["seconds"]
    start = time.process_time()
    first = min(engine.start_scale, model.count - 1)
    picture = singan.sample(model, start_scale=first, seed=seed, device="cpu", threads=1).image
    seconds = round(time.process_time() - start, 4)
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(picture).save(path)
    cache.put(key, seconds=seconds)
    return picture, seconds


def taken(engine: Engine, source: np.ndarray, cache: Cache) -> dict[str, float]:
    """Return what is told once for each picture: seconds of training, and the memory that the work adds."""
    if isinstance(engine.params, SinGANParams):
        _, told = trained(source, engine.params, cache.folder)
        return {"training_seconds": told["seconds"], "megabytes": told["memory"] / 1e6}
    key = digest("memory", patchloom.__version__, source, str(engine.params))
    row = cache.get(key)
    if row is None:
        cache.put(key, memory=apart(generating_job, source, engine.params))
        row = cache.get(key)
    return {"training_seconds": 0.0, "megabytes": row["memory"] / 1e6}


def rows_of(
    engine: Engine, pictures: Mapping[str, np.ndarray], given: argparse.Namespace, cache: Cache,
    samples: dict[tuple[str, str], list[np.ndarray]],
) -> list[Row]:
    """Make and measure an engine's pictures."""
    rows = []
    for name, source in pictures.items():
        if engine.only is not None and name not in engine.only:
            continue
        once = taken(engine, source, cache)
        for seed in range(1, given.seeds + 1):
            make = made if isinstance(engine.params, GPNNParams) else None
            picture, seconds = make(engine.params, source, seed, cache) if make else sampled(
                engine, source, seed, cache)
            samples.setdefault((engine.name, name), []).append(picture)
            values = measured(picture, source, METRICS, given, {}, cache)
            rows.append(Row(name, seed, values | {"seconds": seconds} | once))
            once = {}
        print(f"{engine.name}: {name}", flush=True)
    return rows


def main(argv: Sequence[str] | None = None) -> None:
    """Make the table."""
    parser = options(__doc__, "engines", 8)
    parser.add_argument("--paper", nargs="+", default=[], metavar="NAME", help="pictures for SinGAN's preset paper")
    parser.add_argument("--iterations", type=int, metavar="N", help="most of a scale; by default as the presets say")
    parser.set_defaults(longest=64)
    given = parser.parse_args(argv)
    pictures = sources(given.sources, given.longest, given.pictures)
    cache, several = Cache(given.cache), engines(given)
    samples: dict[tuple[str, str], list[np.ndarray]] = {}
    rows = {engine.name: rows_of(engine, pictures, given, cache, samples) for engine in several}
    add_diversity(rows, samples, pictures)
    table = how(argv, given, cache) | {"base": BASE, "settings": summary(rows, BASE, SHOWN)}
    table["sizes"] = {name: f"{source.shape[1]} x {source.shape[0]}" for name, source in pictures.items()}
    import torch

    table["versions"]["torch"] = torch.__version__
    for engine in several:
        table["settings"][engine.name]["files"] = False
    text = [explained(table, BASE) + told_sizes(table), markdown(table, list(rows), SHOWN), told_of(table)]
    write(given.name, table, "\n\n".join(text), given.out, given.page)
    charts.draw((given.figures or given.out) / f"{given.name}.svg", charts.dots, table, DOTS, BASE)


def told_sizes(table: Mapping[str, object]) -> str:
    """Return what else the cells hold."""
    sizes = sorted(set(table["sizes"].values()))
    return (
        f" Pictures are {' or '.join(sizes)} px. Training is once for a picture, and memory is what training (or, where"
        " there is none, a new picture) adds to a process that has loaded everything."
    )


if __name__ == "__main__":
    main()

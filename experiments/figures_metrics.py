"""Render docs/figures/metrics_fooled.jpg, pictures that fool metrics, and write the tables of docs/metrics.md.

    python experiments/figures_metrics.py --page docs/metrics.md

All are made of the shipped pictures. About ten minutes on one core; `--sheet` draws the pictures alone.
`--niqe FILE` and `--weights FILE` add the columns that need them; `--method patchmatch` is quicker, with an error.
"""

from __future__ import annotations

import argparse
import io
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageChops, ImageFilter, ImageOps
from reports import facts, rounded, told_of, write
from sheets import FIGURES, ROOT, load, sheet

import patchloom
from patchloom import io as files
from patchloom import kernels, metrics, params

Pictures = dict[str, Image.Image]
NAME = "metrics_fooled"
MAIN = (
    "coherence", "completeness", "bidirectional_multiscale", "patch_swd", "nnfdiv", "identity_share", "rigid_share",
    "top_offsets", "sharpness_ratio",
)
SEEDS = range(1, 7)
GENERATED = tuple(f"generated, seed {seed}" for seed in SEEDS[:3])
QUALITIES = (75, 90, 95)
SHIPPED = ("flowers", "galaxies", "mountains", "skyline", "spices")
WIDE = 6                                                  # pictures in a row of the sheet



def noise(shape: tuple[int, ...], seed: int) -> npt.NDArray[np.float64]:
    """Return Gaussian noise that is the same on every machine."""
    return kernels.noise(shape, seed).astype(np.float64)


def as_picture(values: npt.NDArray[Any]) -> Image.Image:
    """Return 8-bit colours."""
    return Image.fromarray(np.clip(np.rint(values), 0, 255).astype(np.uint8))


def shuffled(picture: Image.Image, side: int) -> Image.Image:
    """Return the picture's square pieces in random order."""
    values = np.asarray(picture)
    rows, cols = values.shape[0] // side, values.shape[1] // side
    pieces = values.reshape(rows, side, cols, side, 3).swapaxes(1, 2).reshape(-1, side, side, 3)
    pieces = pieces[np.argsort(noise((len(pieces),), 2), kind="stable")]
    return Image.fromarray(pieces.reshape(rows, cols, side, side, 3).swapaxes(1, 2).reshape(values.shape))


def with_noise(picture: Image.Image, levels: float, seed: int = 3) -> Image.Image:
    """Return the picture with Gaussian noise of this standard deviation."""
    values = np.asarray(picture)
    return as_picture(values + levels * noise(values.shape, seed))


def repeated(picture: Image.Image, side: int) -> Image.Image:
    """Return the square in the upper left, repeated over the picture's size."""
    values = np.asarray(picture)
    times = -(-values.shape[0] // side), -(-values.shape[1] // side), 1
    return Image.fromarray(np.tile(values[:side, :side], times)[: values.shape[0], : values.shape[1]])


def matched(picture: Image.Image, seed: int = 4) -> Image.Image:
    """Return noise that has the picture's mean, spectrum and correlations of colours: its phases are random."""
    values = np.asarray(picture).astype(np.float64)
    mean = values.mean(axis=(0, 1))
    turn = np.fft.fft2(noise(values.shape[:2], seed))
    turn /= np.abs(turn)
    turn[0, 0] = 1
    return as_picture(np.fft.ifft2(np.fft.fft2(values - mean, axes=(0, 1)) * turn[..., None], axes=(0, 1)).real + mean)


def as_jpeg(picture: Image.Image, quality: int) -> Image.Image:
    """Return what a JPEG file gives back."""
    file = io.BytesIO()
    picture.save(file, "JPEG", quality=quality)
    return Image.open(file).convert("RGB")


def flattest(picture: Image.Image) -> Image.Image:
    """Return the mean colour of the flattest 16 x 16 pixels, everywhere."""
    values = np.asarray(picture).astype(np.float64)
    corners = [(row, col) for row in range(0, values.shape[0] - 15, 4) for col in range(0, values.shape[1] - 15, 4)]
    row, col = min(corners, key=lambda at: values[at[0] : at[0] + 16, at[1] : at[1] + 16].var(axis=(0, 1)).sum())
    colour = values[row : row + 16, col : col + 16].mean(axis=(0, 1))
    return as_picture(np.broadcast_to(colour, values.shape))


def blurred_and_noisy(picture: Image.Image) -> Image.Image:
    """Return the picture blurred, with noise that brings its mean gradient back to what it was."""
    blurred, low, high = picture.filter(ImageFilter.GaussianBlur(2)), 0.0, 64.0
    for _ in range(12):
        middle = (low + high) / 2
        less = metrics.sharpness_ratio(with_noise(blurred, middle), picture) < 1
        low, high = (middle, high) if less else (low, middle)
    return with_noise(blurred, low)


def mixture(picture: Image.Image, other: Image.Image) -> Image.Image:
    """Return a picture whose right half is another's."""
    mixed = picture.copy()
    mixed.paste(other.crop((mixed.width // 2, 0, mixed.width, mixed.height)), (mixed.width // 2, 0))
    return mixed


def beside(picture: Image.Image) -> Image.Image:
    """Return the picture above as much noise."""
    both = Image.new("RGB", (picture.width, 2 * picture.height))
    both.paste(picture)
    both.paste(as_picture(128 + 64 * noise((picture.height, picture.width, 3), 5)), (0, picture.height))
    return both


def fooled(picture: Image.Image, other: Image.Image) -> Pictures:
    """Return what is to be measured against a picture."""
    width, height = picture.size
    generated = {label: patchloom.generate(picture, seed=int(label[-1])).image for label in GENERATED}
    return {
        **generated,
        "seed 1, JPEG 75": as_jpeg(generated[GENERATED[0]], 75),
        "copy": picture,
        "shifted by 5 px": ImageChops.offset(picture, 5, 5),
        "mirrored": ImageOps.mirror(picture),
        "crop": picture.crop((width // 4, height // 4, width // 4 * 3, height // 4 * 3)),
        "one piece repeated": repeated(picture, 84),
        "flat": flattest(picture),
        "blurred": picture.filter(ImageFilter.GaussianBlur(1.5)),
        "sharpened": picture.filter(ImageFilter.UnsharpMask(2, 100, 0)),
        "blurred, then noisy": blurred_and_noisy(picture),
        "faint noise": with_noise(picture, 4),
        "JPEG 75": as_jpeg(picture, 75),
        "half another": mixture(picture, other),
        "above noise": beside(picture),
        "pieces shuffled": shuffled(picture, 28),
        "pixels shuffled": shuffled(picture, 1),
        "matched noise": matched(picture),
    }


def borders(picture: Image.Image, hole: Image.Image) -> Pictures:
    """Return fillings of a hole, good and bad."""
    filled = patchloom.inpaint(picture, hole, seed=1).image
    pasted = Image.composite(ImageChops.offset(picture, 110, 70), picture, hole)
    edge = ImageChops.difference(hole.filter(ImageFilter.MaxFilter(9)), hole.filter(ImageFilter.MinFilter(9)))
    soft = Image.composite(pasted.filter(ImageFilter.GaussianBlur(3)), pasted, edge)
    ground = as_picture(128 + 64 * noise((picture.height, picture.width, 3), 6))
    inside = Image.composite(ground, filled, hole.filter(ImageFilter.MinFilter(13)))
    return {"inpainted": filled, "piece pasted": pasted, "pasted, blurred": soft, "noise inside": inside}


def tiles(picture: Image.Image) -> Pictures:
    """Return pictures that go round, and that do not."""
    small = picture.resize((picture.width // 2, picture.height // 2), Image.Resampling.LANCZOS)
    across = picture.copy()
    across.paste(small)
    across.paste(ImageOps.mirror(small), (small.width, 0))
    across.paste(ImageOps.flip(across.crop((0, 0, across.width, small.height))), (0, small.height))
    round_ = ImageChops.offset(picture, picture.width // 2, picture.height // 2)
    band = Image.new("L", picture.size)
    for box in ((0, picture.height // 2 - 6, picture.width, picture.height // 2 + 6),
                (picture.width // 2 - 6, 0, picture.width // 2 + 6, picture.height)):
        band.paste(255, box)
    soft = Image.composite(round_.filter(ImageFilter.GaussianBlur(4)), round_, band)
    soft = ImageChops.offset(soft, -(picture.width // 2), -(picture.height // 2))
    return {"as it is": picture, "made to tile": patchloom.tile(picture, seed=1).image, "mirrored tile": across,
            "edges blurred": soft, "much noise": with_noise(picture, 40)}


def measured(
    pictures: Pictures, source: Image.Image, names: Sequence[str], given: Mapping[str, Any], method: str
) -> dict[str, dict[str, float]]:
    """Return the figures of each picture, by metric, and the distances that `seam` is made of."""
    found = {}
    for label, picture in pictures.items():
        told = metrics.measure(picture, source, names, given=given, method=method)
        found[label] = {name: one.value for name, one in told.items()}
        if "seam" in told:
            found[label] |= {name: told["seam"].details[name] for name in ("across", "natural", "inside")}
        print(label, *(f"{name} {value:.3g}" for name, value in found[label].items()), flush=True)
    return found


def compressed(method: str) -> dict[str, dict[str, float]]:
    """Return the coherence of copies that went through a JPEG file."""
    return {
        name: {f"quality {quality}": metrics.coherence(as_jpeg(load(name), quality), load(name), method=method)
               for quality in QUALITIES}
        for name in SHIPPED
    }


def spreads(picture: Image.Image) -> dict[str, dict[str, float]]:
    """Return the pixel diversity of sets of six."""
    sets = {
        "generated": [patchloom.generate(picture, seed=seed).image for seed in SEEDS],
        "one copy six times": [picture for _ in SEEDS],
        "copies, shifted by up to 60 px": [ImageChops.offset(picture, 20 * at - 60, 12 * at - 36) for at in SEEDS],
        "matched noise": [matched(picture, 10 + seed) for seed in SEEDS],
    }
    return {label: {"pixel_diversity": metrics.pixel_diversity(several, picture)} for label, several in sets.items()}


def table(rows: Mapping[str, Mapping[str, float]], like: Sequence[str] = ()) -> str:
    """Return figures in Markdown; bold are those that are at least as good as the worst of some rows."""
    names = list(next(iter(rows.values())))
    lines = ["| | " + " | ".join(name.replace("_", " ") for name in names) + " |", "|---|" + "---|" * len(names)]
    worst = {name: max(badness(name, rows[label][name]) for label in like) for name in names} if like else {}
    for label, row in rows.items():
        told = [f"**{cell(value)}**" if like and badness(name, value) <= worst[name] else cell(value)
                for name, value in row.items()]
        lines.append(f"| {label} | " + " | ".join(told) + " |")
    return "\n".join(lines)


def badness(name: str, value: float) -> float:
    """Return a number that is lower for what a metric calls better."""
    better = {metric.name: metric.better for metric in metrics.METRICS}[name]
    return {"lower": value, "higher": -value, "near 1": abs(value - 1)}[better]


def cell(value: float) -> str:
    """Return a figure with three digits, - where there is none."""
    return "-" if math.isnan(value) else f"{value:.1e}" if 0 < abs(value) < 1e-3 else f"{value:.3g}"


def draw(pictures: Pictures) -> None:
    """Draw the sheet: pictures as they are, those of other sizes shrunk or in the middle of white."""
    cells = []
    for label, picture in pictures.items():
        cell_ = Image.new("RGB", pictures["source"].size, "white")
        small = ImageOps.contain(picture, cell_.size) if picture.height > cell_.height else picture
        cell_.paste(small, ((cell_.width - small.width) // 2, (cell_.height - small.height) // 2))
        cells.append((label, cell_))
    sheet([cells[start : start + WIDE] for start in range(0, len(cells), WIDE)], FIGURES / f"{NAME}.jpg", scale=0.57)


def written(tables: Mapping[str, Mapping[str, Mapping[str, float]]], about: Mapping[str, Any]) -> str:
    """Return all tables in Markdown, each under its title, and how they were made."""
    like = {title: GENERATED if GENERATED[0] in rows else () for title, rows in tables.items()}
    parts = [f"**{title}**\n\n{table(rows, like[title])}" for title, rows in tables.items()]
    return "\n\n".join([*parts, told_of(about)])


def main() -> None:
    """Draw the sheet; measure, and write the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sheet", action="store_true", help="draw the sheet and measure nothing")
    parser.add_argument("--method", default="exact", choices=params.METHODS, help="how figures are measured")
    parser.add_argument("--niqe", type=Path, metavar="FILE", help="pristine parameters, for NIQE")
    parser.add_argument("--weights", type=Path, metavar="FILE", help="Inception-V3's weights, for SIFID")
    parser.add_argument("--out", type=Path, default=ROOT / "docs" / "tables", metavar="FOLDER", help="for the tables")
    parser.add_argument("--page", type=Path, metavar="FILE", help="a page with the tables' marks, which is mended too")
    asked = parser.parse_args()
    flowers, spices, hole = load("flowers"), load("spices"), load("tasks/inpaint_hole").convert("L")
    whole, filled, round_ = fooled(flowers, spices), borders(flowers, hole), tiles(spices)
    draw({"source": flowers, **whole, **filled, **round_})
    if asked.sheet:
        return
    names, given = [*MAIN], {}
    if asked.niqe:
        names, given = [*names, "niqe"], {"niqe": files.load_niqe(asked.niqe)}
    if asked.weights:
        names, given = [*names, "sifid64", "sifid192"], {**given, "weights": metrics.load_inception(asked.weights)}
    method = asked.method
    tables = {
        "Whole pictures (flowers)": measured(whole, flowers, names, given, method),
        "Holes (flowers)": measured(filled, flowers, ("coherence", "sharpness_ratio", "seam"), {"mask": hole}, method),
        "Edges that should meet (spices)": measured(
            round_, spices, ("coherence", "sharpness_ratio", "tile_seam", "tile_coherence"), {}, method
        ),
        "Six pictures together (flowers)": spreads(flowers),
        "Coherence of copies in a JPEG file": compressed(method),
    }
    digests = {need: getattr(one, "digest", "") or one.sha256 for need, one in given.items()}
    about = {**facts(None), "note": "".join(f" {need}: SHA-256 {digest}." for need, digest in digests.items())}
    write(NAME, {**about, "tables": plain(tables)}, written(tables, about), asked.out, asked.page)


def plain(values: Any) -> Any:
    """Return figures as JSON has them, nan as null."""
    if isinstance(values, Mapping):
        return {name: plain(value) for name, value in values.items()}
    return rounded(values)


if __name__ == "__main__":
    main()

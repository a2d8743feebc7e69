"""Contact sheets of the shipped pictures, for the figures of README and docs."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PIL import Image, ImageDraw

ROOT = Path(__file__).resolve().parent.parent
PICTURES = ROOT / "examples" / "pictures"
FIGURES = ROOT / "docs" / "figures"
GAP, LABEL = 6, 18


def load(name: str) -> Image.Image:
    """Return a shipped picture."""
    return Image.open(PICTURES / f"{name}.png")


def sheet(
    rows: Sequence[Sequence[tuple[str, Image.Image]]], path: Path, scale: float = 1.0, quality: int = 90
) -> None:
    """Lay out labelled pictures in rows and save them, as JPEG of that quality."""
    width, height = (int(side * scale) for side in rows[0][0][1].size)
    columns = max(len(row) for row in rows)
    canvas = Image.new("RGB", (columns * (width + GAP) - GAP, len(rows) * (height + GAP + LABEL) - GAP), "white")
    draw = ImageDraw.Draw(canvas)
    for down, row in enumerate(rows):
        for right, (label, picture) in enumerate(row):
            corner = right * (width + GAP), down * (height + GAP + LABEL)
            draw.text((corner[0] + 2, corner[1] + 3), label, fill="black")
            canvas.paste(picture.resize((width, height), Image.Resampling.LANCZOS), (corner[0], corner[1] + LABEL))
    path.parent.mkdir(parents=True, exist_ok=True)
    canvas.save(path, quality=quality, subsampling=0, optimize=True)

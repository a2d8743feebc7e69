"""Render docs/figures/edit.jpg and reshuffle.jpg, and the crude edits of shipped pictures that go with them.

    python experiments/figures_edit.py
"""

from __future__ import annotations

from PIL import Image, ImageDraw
from sheets import FIGURES, PICTURES, load, sheet

import patchloom
from patchloom import Move

# Picture -> (box to copy, corner to paste it at), in (left, top, right, bottom).
COPIES = {
    "flowers": (((104, 70, 154, 108), (190, 6)), ((0, 80, 60, 120), (100, 128))),
    "skyline": (((190, 10, 212, 98), (100, 12)),),
}
MOVES = {
    "flowers": [Move((-60, 40), box=(68, 102, 42, 54))],
    "galaxies": [Move((62, 60), box=(26, 93, 30, 30)), Move((-70, 20), box=(120, 100, 44, 40))],
}


def crude(name: str) -> Image.Image:
    """Return a shipped picture with pieces of it pasted elsewhere, as a painting program would."""
    source = load(name)
    edited = source.copy()
    for box, place in COPIES[name]:
        edited.paste(source.crop(box), place)
    (PICTURES / "tasks").mkdir(exist_ok=True)
    edited.save(PICTURES / "tasks" / f"edit_{name}.png", optimize=True)
    return edited


def marked(picture: Image.Image, moves: list[Move]) -> Image.Image:
    """Return a picture with the boxes to move in white, and where they go in yellow."""
    shown = picture.copy()
    draw = ImageDraw.Draw(shown)
    for move in moves:
        row, col, rows, cols = move.box
        down, right = move.shift
        for colour, top, left in (("white", row, col), ("yellow", row + down, col + right)):
            draw.rectangle((left, top, left + cols - 1, top + rows - 1), outline=colour)
    return shown


def edit() -> None:
    """Two crude edits, and what becomes of them."""
    rows = []
    for name in COPIES:
        source, edited = load(name), crude(name)
        made = [(f"seed {seed}", patchloom.edit(source, edited, seed=seed).image) for seed in (1, 2)]
        rows.append([("source", source), ("crude edit", edited), *made])
    sheet(rows, FIGURES / "edit.jpg", 0.9)


def reshuffle() -> None:
    """Moves, and two results of each."""
    rows = []
    for name, moves in MOVES.items():
        source = load(name)
        made = [(f"seed {seed}", patchloom.reshuffle(source, moves, seed=seed).image) for seed in (1, 2)]
        rows.append([("source", source), ("moves", marked(source, moves)), *made])
    sheet(rows, FIGURES / "reshuffle.jpg", 0.9)


if __name__ == "__main__":
    edit()
    reshuffle()

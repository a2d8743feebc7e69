"""Tables of figures: digits, alignment, Markdown, and parts that fit a terminal."""

import math
import re

from patchloom.cli import tables


def test_digits():
    assert tables.figures([12346.7, 0.4]) == ["12347", "0"]
    assert tables.figures([0.0, math.nan]) == ["0.000", "-"]
    assert tables.figures([1.5e-9, 2e-9]) == ["1.500e-09", "2.000e-09"]
    assert tables.figures([0.5], [100.0]) == ["0.5"]


def test_markdown_is_escaped():
    table = tables.Table(["a|b", "n"], [["x_y", "1"]], [["mean", "2"]])
    assert tables.markdown(table) == ["| a\\|b | n |", "| :-- | --: |", "| x\\_y | 1 |", "| **mean** | **2** |"]


def test_wide_letters_are_aligned():
    lines = tables.plain(tables.Table(["名前", "n"], [["花", "1"], ["cafe\u0301", "22"]]))
    assert lines == ["名前   n", "----  --", "花     1", "cafe\u0301  22"]


def test_parts_fit_a_terminal():
    """Each has the names, all columns are there, and no line is wider."""
    header = ["sample", *(f"metric {at}" for at in range(9))]
    table = tables.Table(header, [["a.png", *"123456789"]], [["mean", *"123456789"]])
    for width in (200, 60, 35):
        text = re.sub("\x1b\\[[0-9;]*m", "", tables.drawn(table, width))
        parts = text.split("\n\n")
        assert all("sample" in part and "a.png" in part for part in parts)
        assert re.findall("metric [0-9]", text) == header[1:]
        assert max(map(len, text.splitlines())) <= width
    assert len(parts) > 3

"""Tables of figures, for terminals, text files and Markdown."""

from __future__ import annotations

import csv
import io as streams
import math
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

_DIGITS = 4
_MOST_DECIMALS = 7
_GAP = "  "
_AROUND = 3                                               # columns that rich leaves between texts


@dataclass(frozen=True)
class Table:
    """Cells of text.

    Attributes
    ----------
    header : sequence of str
        One for each column.
    rows : sequence of sequences of str
        As many in each.
    foot : sequence of sequences of str
        Rows of another kind, below a line.
    text : int
        How many columns, from the left, are names; the others are figures, which end at the same place.
    """

    header: Sequence[str]
    rows: Sequence[Sequence[str]]
    foot: Sequence[Sequence[str]] = ()
    text: int = 1


def inert(text: str) -> str:
    """Return a text that no spreadsheet takes for a formula, for CSV."""
    return "'" + text if text.startswith(("=", "+", "-", "@", "\t", "\r")) else text


def csv_text(lines: Iterable[Sequence[Any]]) -> str:
    """Return lines of cells as CSV, without the last line's end."""
    file = streams.StringIO()
    csv.writer(file, lineterminator="\n").writerows(lines)
    return file.getvalue().removesuffix("\n")


def figures(values: Sequence[float], places: Iterable[float] = ()) -> list[str]:
    """Return numbers of one kind as people read them: with as many decimals, four digits for the largest.

    Parameters
    ----------
    values : sequence of float
        To be shown; nan is a dash.
    places : iterable of float
        More numbers that stand above or below.

    Examples
    --------
    >>> figures([0.0004412, 0.00123, math.nan]), figures([12.0, 3.25])
    (['0.000441', '0.001230', '-'], ['12.00', '3.25'])
    """
    sizes = [abs(value) for value in (*values, *places) if math.isfinite(value) and value]
    exponent = math.floor(math.log10(max(sizes))) if sizes else 0
    decimals = max(_DIGITS - 1 - exponent, 0)
    form = f".{decimals}f" if decimals <= _MOST_DECIMALS else f".{_DIGITS - 1}e"
    return ["-" if math.isnan(value) else format(value, form) for value in values]


def plain(table: Table) -> list[str]:
    """Return the lines of a table in letters of one width."""
    widths = _widths(table)
    rule = _GAP.join("-" * width for width in widths)
    foot = [rule, *(_aligned(line, widths, table.text) for line in table.foot)] if table.foot else []
    return [
        _aligned(table.header, widths, table.text), rule, *(_aligned(line, widths, table.text) for line in table.rows),
        *foot,
    ]


def _aligned(cells: Sequence[str], widths: Sequence[int], text: int) -> str:
    padded = [
        cell + " " * (width - _width(cell)) if at < text else " " * (width - _width(cell)) + cell
        for at, (cell, width) in enumerate(zip(cells, widths, strict=True))
    ]
    return _GAP.join(padded).rstrip()


def _width(text: str) -> int:
    """Return how many columns a terminal gives a text."""
    wide = sum(unicodedata.east_asian_width(letter) in "WF" for letter in text)
    return len(text) + wide - sum(bool(unicodedata.combining(letter)) for letter in text)


def markdown(table: Table) -> list[str]:
    """Return the lines of a table in Markdown."""
    rule = [":--" if at < table.text else "--:" for at in range(len(table.header))]
    foot = [[f"**{cell}**" if cell else "" for cell in line] for line in _escaped(table.foot)]
    return ["| " + " | ".join(line) + " |" for line in (*_escaped([table.header]), rule, *_escaped(table.rows), *foot)]


def _escaped(lines: Iterable[Sequence[str]]) -> list[list[str]]:
    return [["".join("\\" + c if c in "\\|*_`<[" else c for c in cell) for cell in line] for line in lines]


def drawn(table: Table, width: int | None) -> str:
    """Return a table as text: in letters of one width, or for a terminal of so many columns.

    There it has as many parts below one another as the width asks for.
    """
    if width is None:
        return "\n".join(plain(table))
    return "\n\n".join(_shown(part, width) for part in _parts(table, width))


def _shown(table: Table, width: int) -> str:
    from rich.console import Console

    file = streams.StringIO()
    Console(file=file, force_terminal=True, width=width).print(_rich(table))
    # Rich leaves a blank line above, below and before the foot.
    return "\n".join(line for line in file.getvalue().splitlines() if line.strip())


def width_of(table: Table) -> int:
    """Return how many columns of a terminal a table takes where nothing is wrapped."""
    return sum(_widths(table)) + _AROUND * len(table.header)


def _widths(table: Table) -> list[int]:
    lines = [table.header, *table.rows, *table.foot]
    return [max(_width(line[at]) for line in lines) for at in range(len(table.header))]


def _parts(table: Table, width: int) -> list[Table]:
    """Return tables of some columns each, all with the names, that are no wider than a terminal."""
    widths = [one + _AROUND for one in _widths(table)]
    names = list(range(table.text))
    parts, taken = [], list(names)
    for at in range(table.text, len(widths)):
        if taken != names and sum(widths[column] for column in (*taken, at)) > width - _AROUND:
            parts.append(taken)
            taken = list(names)
        taken.append(at)
    parts.append(taken)
    return [_only(table, part) for part in parts]


def _only(table: Table, columns: Sequence[int]) -> Table:
    def picked(lines: Sequence[Sequence[str]]) -> list[list[str]]:
        return [[line[at] for at in columns] for line in lines]

    return Table(picked([table.header])[0], picked(table.rows), picked(table.foot), table.text)


def _rich(table: Table) -> Any:
    from rich import box
    from rich.table import Table as Drawn
    from rich.text import Text

    drawn = Drawn(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1), header_style="bold")
    for at, name in enumerate(table.header):
        drawn.add_column(Text(name), justify="left" if at < table.text else "right", overflow="fold")
    for at, line in enumerate(table.rows):
        drawn.add_row(*map(Text, line), end_section=at + 1 == len(table.rows) and bool(table.foot))
    for line in table.foot:
        drawn.add_row(*(Text(cell, style="bold") for cell in line))
    return drawn

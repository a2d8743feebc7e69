"""``patchloom edit``: a crude edit, made seamless."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import click

from ..catalogue import TASKS
from ..errors import ParameterError, explain
from .command import TaskCommand, Words

HELP = """Make EDITED, a crude edit of SOURCE, seamless with patches of SOURCE.

Copy, move or paint over parts of a picture in any program, and save it: what differs,
and a margin around, is made anew; the rest of EDITED stays as it is, to the last bit.
A smaller --coarsest melts the edit into the picture, a larger one keeps it as it is.
"""

EXAMPLES = """\b
Examples:
  patchloom edit photo.jpg photo_edited.png
  patchloom edit photo.jpg photo_edited.png --coarsest 60 --count 4
  patchloom edit photo.jpg photo_edited.png --region mask.png --feather 0
  patchloom edit photo.jpg edits/ --out out/
"""

def all_option(what: str) -> click.Option:
    """Return ``--all``, which stands for the region ``all``.

    Parameters
    ----------
    what : str
        What changes otherwise, with a margin around it.
    """
    text = f"Make the whole picture anew, not only what {what} and a margin around."
    return click.Option(["--all"], is_flag=True, help=text)


def given_region(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return what ``--all`` says of the region."""
    return {"region": "all" if values["all"] else None}


def check_region(values: Mapping[str, Any], count: int) -> None:
    """Refuse a mask beside ``--all``."""
    if values["all"] and values["region"] is not None:
        raise ParameterError(explain("region", "a mask beside --all", "must be one of the two"))


WORDS = Words({"region": [all_option("differs")]}, given_region, check_region)

edit = TaskCommand(TASKS["edit"], help=HELP, epilog=EXAMPLES, words=WORDS)

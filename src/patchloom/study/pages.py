"""A study and its pictures <-> one HTML file that needs nothing else."""

from __future__ import annotations

import base64
import hashlib
import html
import importlib.resources
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .. import io
from ..errors import FileError, explain
from .design import Study, as_study

SCRIPTS = ("random.js", "schedule.js", "records.js", "pictures.js", "screens.js", "trial.js", "main.js")
"""Parts of the page's one script, in order."""

_BLOCK = re.compile(r'<script type="application/json" id="(study|pictures)">(.*?)</script>', re.DOTALL)


@dataclass(frozen=True, eq=False)
class Page:
    """A page as it is served.

    Attributes
    ----------
    study : Study
        What it asks.
    html : bytes
        The whole file.
    """

    study: Study
    html: bytes


def make_page(study: Study, pictures: Mapping[str, bytes], encoding: str) -> Page:
    """Return the page of a study.

    Parameters
    ----------
    study : Study
        What it asks.
    pictures : mapping of str to bytes
        By id: the encoded files.
    encoding : str
        One of `encoding.ENCODINGS`.
    """
    style, script = _part("study.css"), "\n".join(["\"use strict\";", *(_part(name) for name in SCRIPTS)])
    held = {name: f"data:image/{encoding};base64,{base64.b64encode(data).decode()}" for name, data in pictures.items()}
    text = _part("study.html")
    values = {
        "title": html.escape(study.title),
        # Only what stands in this file may run, and it may talk to nobody but the server it came from.
        "policy": f"default-src 'none'; script-src {_hash(script)}; style-src {_hash(style)}; img-src data:; "
                  "connect-src 'self'; base-uri 'none'; form-action 'none'",
        "style": style,
        "script": script,
        "study": _data({"id": study.id, **study.manifest()}),
        "pictures": _data(held),
    }
    return Page(study, re.sub(r"\{\{(\w+)\}\}", lambda found: values[found[1]], text).encode())


def read_page(path: str) -> Page:
    """Read the page that `make_page` made.

    Raises
    ------
    FileError
        If it is no such page, or its study or pictures were changed since. Its script and style are not looked at.
    """
    data, label = io.read_bytes(path, "study"), io.shown(path)
    try:
        blocks = {name: json.loads(text) for name, text in _BLOCK.findall(data.decode())}
        manifest, held = dict(blocks["study"]), dict(blocks["pictures"])
        identity = manifest.pop("id")
    except (KeyError, TypeError, ValueError, RecursionError):
        raise FileError(
            explain("study", label, "must be a page that patchloom study build made", "build one, or pass another file")
        ) from None
    study = as_study(manifest, label)
    if study.id != identity or {name: shown.sha256 for name, shown in study.pictures.items()} != _hashes(held):
        raise FileError(explain("study", f"{label} (changed since it was built)", "must be as study build made it",
                                "build it again"))
    return Page(study, data)


def _hashes(held: Mapping[str, Any]) -> dict[str, str]:
    try:
        return {name: hashlib.sha256(base64.b64decode(uri.partition(",")[2])).hexdigest() for name, uri in held.items()}
    except (AttributeError, TypeError, ValueError):
        return {}


def _part(name: str) -> str:
    return (importlib.resources.files(__package__) / "page" / name).read_text("utf-8")


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def _data(value: object) -> str:
    """Return JSON that cannot end the element it stands in."""
    return json.dumps(value, separators=(",", ":")).replace("<", "\\u003c")

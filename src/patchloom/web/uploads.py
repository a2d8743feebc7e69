"""What comes in a request's multipart body: files and texts by their fields, counted and limited."""

from __future__ import annotations

import json
import math
import re
import time
from collections.abc import AsyncGenerator, Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import parse_options_header
from starlette.datastructures import FormData, UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import ClientDisconnect, Request

from .. import io
from ..errors import ParameterError, explain
from .errors import Refusal

TYPE = "multipart/form-data"
TEXTS = ("task", "parameters")
"""Fields that are texts; all others are files."""

MOST_FILES, MOST_TEXTS, MOST_TEXT = 64, 8, 1 << 18
_LONGEST_NAME, _DEEPEST = 100, 32
_LONGEST_WAIT = 60                                        # seconds after which who was refused is told to try again
_RESERVED = re.compile(r'[<>:"|?*]')


@dataclass(frozen=True)
class Sent:
    """One file.

    Attributes
    ----------
    field : str
        Of the form.
    name : str
        What it was called, as `safe_name` returns it.
    data : bytes
        Its content.
    """

    field: str
    name: str
    data: bytes


@dataclass(frozen=True)
class Form:
    """A request's body.

    Attributes
    ----------
    texts : mapping of str to str
        By field.
    files : sequence of Sent
        In order.
    """

    texts: Mapping[str, str] = field(default_factory=dict)
    files: Sequence[Sent] = ()


class Intake:
    """Room for the bodies that are read at a time: they are held in memory until they are decoded.

    Parameters
    ----------
    most : int
        Bytes of all of them together.
    clock : callable
        Seconds.
    """

    def __init__(self, most: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._left, self._clock = most, clock
        self._begun: dict[object, float] = {}

    @contextmanager
    def place(self, size: int) -> Iterator[Callable[[int], None]]:
        """Hold room for a body in the block: not for what is announced, but as it comes.

        Parameters
        ----------
        size : int
            Bytes that are announced.

        Yields
        ------
        callable
            Takes room for so many bytes more.

        Raises
        ------
        Refusal
            Of status 429, if there is none now.
        """
        taken, body = 0, object()

        def take(count: int) -> None:
            nonlocal taken
            self._check(count)
            self._left -= count
            taken += count

        self._check(size)
        self._begun[body] = self._clock()
        try:
            yield take
        finally:
            self._left += taken
            del self._begun[body]

    def _check(self, count: int) -> None:
        """Refuse what there is no room for; it may take as long again as it has taken so far."""
        if count > self._left:
            longest = self._clock() - min(self._begun.values(), default=self._clock())
            wait = min(max(math.ceil(longest), 1), _LONGEST_WAIT)
            raise Refusal(429, "queue", f"body: too much is being sent at once; try again in {wait} s",
                          headers={"Retry-After": str(wait)})


def safe_name(name: str | None) -> str:
    r"""Return the last part of a file's name, of letters that can be shown: it is recorded, and never a path.

    Examples
    --------
    >>> safe_name("..\\..\\C:/boot.ini"), safe_name("../.."), safe_name("a\nb.png"), safe_name(None)
    ('boot.ini', 'picture', 'ab.png', 'picture')
    """
    last = re.split(r"[/\\]", name or "")[-1]
    shown = "".join(letter for letter in last if letter.isprintable())
    shown = _RESERVED.sub("_", shown).strip(" .")
    if len(shown) > _LONGEST_NAME:
        stem, dot, suffix = shown.rpartition(".")
        suffix = dot + suffix if stem and len(suffix) < 8 else ""
        shown = shown[: _LONGEST_NAME - len(suffix)] + suffix
    return shown or "picture"


class _Parser(MultiPartParser):
    """Keeps files in memory, for which there is room, and none of them on the disk."""

    spool_max_size = 1 << 40


async def read_form(request: Request, take: Callable[[int], None], texts: Collection[str] = TEXTS) -> Form:
    """Read a multipart body whole.

    Parameters
    ----------
    request : Request
        With its body unread.
    take : callable
        Given the number of bytes that came, each time.
    texts : collection of str
        Fields that are texts; others are files.

    Raises
    ------
    Refusal
        If it is of another kind, cannot be read, or has too many or too long parts.
    """
    kind = request.headers.get("content-type", "")
    if kind.partition(";")[0].strip().lower() != TYPE:
        raise Refusal(415, "media-type", f"Content-Type={kind or 'none'}: must be {TYPE}")
    if not parse_options_header(kind)[1].get(b"boundary"):
        raise Refusal(400, "request", f"Content-Type={kind}: must tell the boundary, as HTTP libraries do for forms")

    async def counted() -> AsyncGenerator[bytes, None]:
        async for piece in request.stream():
            take(len(piece))
            yield piece

    limits = {"max_files": MOST_FILES + MOST_TEXTS, "max_fields": MOST_TEXTS, "max_part_size": MOST_TEXT}
    try:
        form = await _Parser(request.headers, counted(), **limits).parse()
        try:
            return await _sorted(form, texts)
        finally:
            await form.close()
    except (MultiPartException, FormParserError) as error:
        told = getattr(error, "message", str(error)).rstrip(".")
        raise Refusal(400, "request", f"body: {told}; must be whole {TYPE}") from None
    except ClientDisconnect:                              # nobody hears this; but it is no failure of the studio
        raise Refusal(400, "request", f"body: it ended early; must be whole {TYPE}") from None


async def _sorted(form: FormData, texts: Collection[str]) -> Form:
    """Return the parts of a form, read whole."""
    found: dict[str, str] = {}
    files: list[Sent] = []
    for name, value in form.multi_items():
        if name not in texts:
            files.append(await _file(name, value))
        elif name in found:
            raise Refusal(422, "upload", f"{name}=given twice: must be given once", name)
        else:
            found[name] = await _text(name, value)
    return Form(found, files)


async def _file(name: str, value: UploadFile | str) -> Sent:
    if isinstance(value, str):
        told = explain(io.shown(name)[:_LONGEST_NAME], "a text", "must be a file", "send it with a file name")
        raise Refusal(422, "upload", told, name[:_LONGEST_NAME])
    return Sent(name, safe_name(value.filename), await value.read())


async def _text(name: str, value: UploadFile | str) -> str:
    if isinstance(value, str):
        return value
    data = await value.read(MOST_TEXT + 1)
    if len(data) > MOST_TEXT:
        raise Refusal(422, "upload", f"{name}=more than {MOST_TEXT} bytes: must be shorter", name)
    try:
        return data.decode()
    except UnicodeDecodeError:
        raise Refusal(422, "upload", f"{name}={len(data)} bytes: must be text in UTF-8", name) from None


def as_parameters(text: str) -> dict[str, Any]:
    """Return the JSON object that a text is.

    Raises
    ------
    ParameterError
        If it is none, is nested too deeply, names something twice, or holds a number that JSON has none for.
    """
    try:
        found = json.loads(text, parse_constant=_no_number, parse_float=_as_float, object_pairs_hook=_as_object)
        deep = _depth(found) > _DEEPEST
    except ParameterError:
        raise
    except (ValueError, RecursionError) as error:
        reason = "nested too deeply" if isinstance(error, RecursionError) else _reason(error)
        raise _wrong(reason) from None
    if deep:
        raise _wrong("nested too deeply")
    if not isinstance(found, dict):
        raise _wrong(f"a JSON {type(found).__name__}")
    return found


def _reason(error: ValueError) -> str:
    if isinstance(error, json.JSONDecodeError):
        return f"{error.msg} at character {error.pos + 1}"
    return "a number of too many digits"                  # Python refuses to read these, in words of its own


def _wrong(got: str) -> ParameterError:
    return ParameterError(explain("parameters", got, "must be a JSON object", 'try {"count": 4}'))


def _no_number(word: str) -> float:
    raise _wrong(word)


def _as_float(text: str) -> float:
    value = float(text)
    if value in (float("inf"), float("-inf")):
        raise ParameterError(explain("parameters", text[:40], "is too large a number", 'infinity is "inf"'))
    return value


def _as_object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in pairs:
        if name in found:
            raise ParameterError(explain("parameters", f"{name!r} twice", "must have each name once"))
        found[name] = value
    return found


def _depth(value: Any) -> int:
    if isinstance(value, dict):
        return 1 + max(map(_depth, value.values()), default=0)
    return 1 + max(map(_depth, value), default=0) if isinstance(value, list) else 0

"""From what was sent to an order: pictures decoded, parameters checked, everything refused by its field."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from .. import io
from ..catalogue import MAP, TASKS, Asked, Task, as_asked, check_weights, parameter_names
from ..checks import size_of
from ..errors import Cancelled, ParameterError, PatchloomError, explain
from .errors import Refusal, refusal_of
from .job import Job
from .jobs import Studio
from .limits import Limits
from .orders import Order
from .uploads import Form, Sent, as_parameters

IMAGE, MAP_FIELD = "image", "map."
MOST_MAPS = 16
_RENAMED = {"source": IMAGE, "sources": IMAGE, "weight": "map_weights"}
"""What the library's messages begin with -> the field; of a pair, the first picture is the image here."""

_TOGETHER = 4                                             # times the pixels of one picture


def image_fields(task: Task) -> tuple[str, ...]:
    """Return the fields of a task's pictures: ``image`` and, of a pair, the second by its name."""
    return (IMAGE, *task.takes[1:])


def place(form: Form, studio: Studio, left: Callable[[], bool] | None = None) -> Job:
    """Have a studio make what a request asks for; takes up to half a minute for large pictures.

    Parameters
    ----------
    form : Form
        The request's texts and files.
    studio : Studio
        That makes it.
    left : callable, optional
        Whether the client has left.

    Raises
    ------
    Refusal
        With the field that cannot be used; of status 429 if the queue is full, and 503 if the studio ends.
    """
    task = _task(form.texts)
    fields = {*image_fields(task), *(role.name for role in task.roles), *parameter_names(task), "parameters",
              *(sent.field for sent in form.files)}
    with _named(task, fields):
        asked = _asked(task, as_parameters(form.texts.get("parameters", "{}")), studio.limits)
        with studio.looking(left):
            order = _order(task, asked, _files(task, form.files), studio.limits)
        return studio.submit(order, left)


@contextmanager
def _named(task: Task, fields: Iterable[str]) -> Iterator[None]:
    """Refuse what the library refuses, naming the request's field."""
    known = {**{name: name for name in fields}, **task.words}
    renamed = {name: IMAGE if field == task.takes[0] else field for name, field in known.items()}
    try:
        yield
    except PatchloomError as error:
        raise refusal_of(error, {**renamed, **_RENAMED}) from error


def _task(texts: Mapping[str, str]) -> Task:
    name = texts.get("task")
    if name is None or name not in TASKS:
        got = "none" if name is None else repr(name[:40])
        raise Refusal(422, "parameter", f"task={got}: must be one of {', '.join(TASKS)}", "task")
    return TASKS[name]


def _asked(task: Task, given: Mapping[str, Any], limits: Limits) -> Asked:
    """Return the parts of an order that parameters say."""
    names = parameter_names(task)
    for name in given:
        if name not in names:
            told = explain("parameters", repr(name[:60]), f"{task.name} has no such parameter",
                           f"these are: {', '.join(names)}")
            raise Refusal(422, "parameter", told, name[:60])
    asked = as_asked(task, given, most=limits.count)
    if task.size == "required" and asked.options["size"] is None:
        raise ParameterError(explain("size", "none", f"{task.name} needs the size of the result", "try [168, 400]"))
    return asked


def _files(task: Task, files: Sequence[Sent]) -> dict[str, list[Sent]]:
    """Return the files by field, all of them known ones."""
    allowed = [*image_fields(task), *(role.name for role in task.roles)]
    found: dict[str, list[Sent]] = {}
    for sent in files:
        name = sent.field.removeprefix(MAP_FIELD)
        is_map = name != sent.field and _is_name(name)
        if sent.field not in allowed and not is_map:
            told = explain("field", repr(io.shown(sent.field)[:60]), f"{task.name} takes no such file",
                           f"these are: {', '.join([*allowed, MAP_FIELD + 'NAME'])}")
            raise Refusal(422, "file", told, sent.field[:60])
        many = task.many and (is_map or sent.field == IMAGE)
        if sent.field in found and not many:
            raise Refusal(422, "file", f"{sent.field}=given twice: must be one file", sent.field)
        found.setdefault(sent.field, []).append(sent)
    needed = [*image_fields(task), *(role.name for role in task.roles if role.required)]
    for name in needed:
        if name not in found:
            raise Refusal(422, "file", f"{name}=none: {task.name} needs this picture; send it as a file", name)
    if len([name for name in found if name.startswith(MAP_FIELD)]) > MOST_MAPS:
        raise Refusal(422, "file", f"map.NAME=more than {MOST_MAPS}: must be fewer; send them in two jobs")
    return found


def _is_name(name: str) -> bool:
    return 0 < len(name) <= 40 and all(letter.isalnum() or letter in "_-" for letter in name)


def _order(task: Task, asked: Asked, files: Mapping[str, Sequence[Sent]], limits: Limits) -> Order:
    read = _Reader(limits)
    images = [(role, [read(sent) for sent in files[name]])
              for role, name in zip(task.takes, image_fields(task), strict=True)]
    companions = {role.name: read(files[role.name][0]) for role in task.roles if role.name in files}
    maps = {name.removeprefix(MAP_FIELD): [read(sent) for sent in found]
            for name, found in files.items() if name.startswith(MAP_FIELD)}
    first, lead = images[0][1][0], images[-1][1][0]
    for name, layers in maps.items():
        if len(layers) != len(images[-1][1]):
            wanted = f"must be given once for each of {len(images[-1][1])} pictures, in their order"
            raise Refusal(422, "file", f"{MAP_FIELD}{name}={len(layers)} files: {wanted}", MAP_FIELD + name)
    check_weights(asked.map_weights, maps, f"send it as {MAP_FIELD}NAME")
    _check_margins(asked.options, lead, limits)
    suffixes = task.delivery.suffix(lead), task.delivery.suffix(first)
    told = [(role, one) for role, found in images for one in found] + list(companions.items())
    told += [(MAP + name, one) for name, found in maps.items() for one in found]
    return Order(
        task=task,
        pictures=task.pictures([(role, one.pixels) for role, one in told], asked.map_weights),
        options=asked.options, params=asked.params, seeds=asked.seeds,
        sources=[{"role": role, "name": one.name, "sha256": one.sha256} for role, one in told],
        stem=first.stem, suffixes=suffixes, icc=first.icc,
        map_suffixes={name: _map_suffix(task, name, found[0], suffixes[0]) for name, found in maps.items()},
        map_iccs={name: found[0].icc for name, found in maps.items()},
    )


def _check_margins(options: Mapping[str, Any], lead: io.Picture, limits: Limits) -> None:
    """Refuse to add so much that the plan itself would be too large: it has a guess of the result's size."""
    rows, cols = size_of(lead.pixels)
    rows += sum(options.get(name) or 0 for name in ("top", "bottom"))
    cols += sum(options.get(name) or 0 for name in ("left", "right"))
    if rows * cols > limits.pixels and (rows, cols) != size_of(lead.pixels):
        name = next(name for name in ("right", "left", "bottom", "top") if options.get(name))
        raise ParameterError(explain(name, f"{options[name]} (in all {cols} x {rows} pixels)",
                                     f"a result has at most {limits.pixels / 1e6:g} megapixels", "add less"))


def _map_suffix(task: Task, name: str, picture: io.Picture, suffix: str) -> str:
    if not task.delivery.moving:
        return picture.suffix
    task.delivery.check_map(name, picture.pixels, suffix)
    return suffix


class _Reader:
    """Decodes the pictures of one request, which have a limit together."""

    def __init__(self, limits: Limits) -> None:
        self._most = limits.pixels
        self._left = _TOGETHER * limits.pixels

    def __call__(self, sent: Sent) -> io.Picture:
        if self._left <= 0:
            raise Refusal(422, "image", f"{sent.field}={sent.name}: all pictures of a job together have at most "
                          f"{_TOGETHER * self._most / 1e6:g} megapixels; make them smaller", sent.field)
        with read_as(sent.field):
            picture = io.read(sent.name, data=sent.data, most_pixels=self._most)
        rows, cols = size_of(picture.pixels)
        self._left -= rows * cols
        return picture


@contextmanager
def read_as(field: str) -> Iterator[None]:
    """Tell what is wrong with a picture by its field."""
    try:
        yield
    except Cancelled:
        raise
    except PatchloomError as error:
        text = str(error)
        if text.startswith("image="):
            text = field + text.removeprefix("image")
        refusal = refusal_of(error)
        raise Refusal(refusal.status, refusal.code, text, field) from error

"""Folders of pictures -> the page of a study."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from .. import io
from ..errors import FileError, ParameterError, explain
from . import encoding as encodings
from .design import Group, Shown, Study
from .pages import Page, make_page
from .pairing import pairs
from .setups import DEFAULT_SETUPS, Setup, as_setups

MOST_TRIALS, DEFAULT_TRIALS = 1000, 50                    # fifty: as the SinGAN paper
DEFAULT_PRACTICE, MOST_PRACTICE = 3, 20
MOST_BYTES = 256_000_000
"""Of all encoded pictures together: a page is one text that a browser holds whole."""

MANY_PIXELS = 100_000_000
"""Four bytes each, in a browser that has all pictures ready before the first trial."""

MAX_TITLE = 120
SUFFIXES = (".html", ".htm")


@dataclass(frozen=True, eq=False)
class Built:
    """A page and what is worth telling about it.

    Attributes
    ----------
    page : Page
        What `place` writes.
    notes : tuple of str
        What was left out, and what may give fakes away; a line each.
    """

    page: Page
    notes: tuple[str, ...]


@dataclass(frozen=True)
class Form:
    """How pictures are shown: the same for all of them.

    Attributes
    ----------
    side : int or None
        Longer side in pixels; None keeps sizes, which must then agree.
    encoding : str
        ``png`` or ``jpeg``.
    """

    side: int | None = None
    encoding: str = encodings.ENCODINGS[0]


def build(
    reals: Sequence[Path], fakes: Sequence[Path], *, setups: tuple[Setup, ...] | None = None, trials: int | None = None,
    practice: int = DEFAULT_PRACTICE, title: str = "Real or fake?", seed: int = 0, form: Form | None = None,
) -> Built:
    """Build the page of a real/fake study.

    Parameters
    ----------
    reals, fakes : sequence of Path
        Files of pictures; names say which belong together (see `pairing.pairs`).
    setups : tuple of Setup, optional
        Of `as_setups`; by default both questions, for a second each.
    trials : int, optional
        Per setup and participant, 1 to 1000; by default as many as there are pictures for with none shown twice (or
        one), at most 50.
    practice : int
        Trials with feedback before each question, 0 to 20, with pictures that are not asked about.
    title : str
        What participants read first.
    seed : int
        Decides, with a participant's id, all that is random. 0 to 2**64 - 1.
    form : Form, optional
        Size and encoding of the pictures.

    Returns
    -------
    Built

    Raises
    ------
    InputError
        If a picture cannot be used, sizes differ, or there are too few pictures.
    """
    _check_apart(reals, fakes)
    setups, form = setups or as_setups(DEFAULT_SETUPS), form or Form()
    by_name = any(setup.paired for setup in setups)
    found = pairs(reals, fakes, by_name=by_name)
    if not found:
        raise FileError(explain("fake", "none", "at least one must belong to a real picture",
                                "name fakes like their reals, as flowers_7.png of flowers.png"))
    chosen = _trials(trials, len(found), practice, setups)
    groups, shown, data, lossy = [], {}, {}, set()
    for real, own in found:
        loaded = [encodings.load(path) for path in (real, *own)]
        lossy |= {(number == 0, picture.lossy) for number, picture in enumerate(loaded)}
        ids = []
        for number, (picture, pixels) in enumerate(zip(loaded, encodings.fitted(loaded, form.side), strict=True)):
            name = _opaque(seed, number == 0, picture.path.name)
            data[name] = encodings.encode(pixels, form.encoding)
            ids.append(name)
            shown[name] = Shown(picture.path.name, number == 0, hashlib.sha256(data[name]).hexdigest(),
                                pixels.shape[1], pixels.shape[0])
        groups.append(Group(ids[0], tuple(ids[1:])))
        _check_bytes(sum(map(len, data.values())))
    # By id, so that the order in the file tells nothing either.
    study = Study(_as_title(title), setups, chosen, practice, seed, tuple(sorted(groups, key=lambda group: group.real)),
                  dict(sorted(shown.items())))
    page = make_page(study, {name: data[name] for name in study.pictures}, form.encoding)
    fewer = trials is None and chosen < min(len(found) - practice, DEFAULT_TRIALS)
    return Built(page, _notes(study, len(reals) - len(found), fewer, lossy))


def _check_apart(reals: Sequence[Path], fakes: Sequence[Path]) -> None:
    both = {path.resolve() for path in reals} & {path.resolve() for path in fakes}
    if both:
        raise FileError(explain("fake", f"{io.shown(min(both))} (is a real picture too)", "must be another file",
                                "pass real and fake pictures in folders of their own"))


def _trials(asked: int | None, groups: int, practice: int, setups: tuple[Setup, ...]) -> int:
    """Return the number of trials per setup: each group is shown at most once in it, and none of the practice.

    Unless more are asked for, it is at most once in all setups, and practice has pictures of its own for each question.
    """
    most = min(groups - practice, MOST_TRIALS)
    if most < 1:
        raise ParameterError(
            explain("practice", practice, f"must be fewer than the {counted(groups, 'real picture')} with fakes, for "
                    "they are not asked about", f"add pictures, or pass --practice {groups - 1}")
        )
    if asked is not None and asked > most:
        raise ParameterError(
            explain("trials", asked, f"must be at most {most}, with {counted(groups, 'real picture')} that can be "
                    f"shown with fakes, {practice} of them for practice", "add pictures, or ask for less")
        )
    questions = len({setup.paired for setup in setups})
    return min(max(1, (groups - questions * practice) // len(setups)), DEFAULT_TRIALS) if asked is None else asked


def counted(number: int, noun: str) -> str:
    """Return a number of things in words."""
    return f"{number} {noun}{'' if number == 1 else 's'}"


def _opaque(seed: int, real: bool, name: str) -> str:
    text = f"{seed}/{'real' if real else 'fake'}/{name}"
    return hashlib.sha256(text.encode(errors="surrogateescape")).hexdigest()[:16]


def _as_title(title: str) -> str:
    text = " ".join(title.split())
    if not 0 < len(text) <= MAX_TITLE or not text.isprintable():
        raise ParameterError(
            explain("title", repr(title[:MAX_TITLE]), f"must be 1 to {MAX_TITLE} printable characters")
        )
    return text


def _check_bytes(total: int) -> None:
    if total > MOST_BYTES:
        raise ParameterError(
            explain("pictures", f"more than {MOST_BYTES // 10**6} MB", "a page must fit into a browser",
                    "pass --side to make them smaller, --encoding jpeg, or fewer pictures")
        )


def _notes(study: Study, unused: int, fewer: bool, lossy: set[tuple[bool, bool]]) -> tuple[str, ...]:
    notes = []
    if unused:
        notes.append(f"{counted(unused, 'real picture')} without a fake, not shown")
    if fewer and study.meetings == 1:
        notes.append(f"{counted(study.trials, 'trial')} in each setup, so that nobody meets a picture twice: add "
                     f"pictures, or pass --trials, up to {len(study.groups) - study.practice}")
    if study.meetings > 1:
        fewer_of = ["fewer --trials"] * (study.trials > 1) or ["less --practice"] * (study.practice > 0)
        notes.append(f"participants meet a picture in up to {study.meetings} setups, and may know it again: "
                     + ", ".join(["add pictures", *(f"ask for {what}" for what in fewer_of)])
                     + ", or build one study for each setup")
    pixels = sum(shown.width * shown.height for shown in study.pictures.values())
    if pixels > MANY_PIXELS:
        notes.append(f"participants' browsers may need {4 * pixels / 1e9:.1f} GB for the pictures: --side makes them "
                     "smaller")
    sides = [{was for side, was in lossy if side is real} for real in (True, False)]
    if sides[0] != sides[1]:
        notes.append("real and fake files differ in JPEG compression, whose traces may give them away: half the size "
                     "or less (--side) removes most of them")
    return tuple(notes)


def place(path: Path, built: Built, *, force: bool = False) -> None:
    """Write a page whole or not at all.

    Raises
    ------
    FileError
        If it cannot be written, or exists and `force` is false.
    """
    io.check_writable(path, force=force, suffixes=SUFFIXES)
    io.place(path, built.page.html, force=force)

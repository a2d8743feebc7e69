"""The real/fake user study of the papers: a page to build, a server for its answers, a report of them.

::

    setups      what a participant is shown and asked
    pairing     which fakes belong to which real
    encoding    pictures -> bytes that give nothing away by their kind
    design      Study: all that decides a study; its identity is the hash of that
    pages       Study + pictures <-> one HTML file
    answers     Answer: one answer, checked against the study, right or wrong by its manifest
    database    answers <-> SQLite
    serving     the page and its answers over loopback
    reading     databases and downloaded files -> answers
    statistics  rates and intervals
    report      answers -> rates per setup and per picture

The page itself is plain HTML, CSS and JavaScript in ``page/``.
"""

from __future__ import annotations

from .answers import Answer, as_answer
from .building import build
from .database import Database
from .design import Group, Shown, Study
from .pages import Page, read_page
from .reading import Collected, read_answers
from .report import PictureRate, Report, SetupRate, Times, report
from .serving import StudyServer
from .setups import Setup, as_setups
from .statistics import participant_interval, wilson

__all__ = [
    "Answer",
    "Collected",
    "Database",
    "Group",
    "Page",
    "PictureRate",
    "Report",
    "Setup",
    "SetupRate",
    "Shown",
    "Study",
    "StudyServer",
    "Times",
    "as_answer",
    "as_setups",
    "build",
    "participant_interval",
    "read_answers",
    "read_page",
    "report",
    "wilson",
]

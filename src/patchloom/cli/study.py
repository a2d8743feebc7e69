"""``patchloom study``: the real/fake user study of the papers, from pictures to rates."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from .. import io, study
from .._version import __version__
from ..errors import FileError, ParameterError, explain
from ..study import building, encoding
from ..study.building import counted
from ..study.setups import DEFAULT_SETUPS
from .exits import check_open, say, tell
from .options import SEED, Checked, choice, whole
from .stopping import ended_by, open_browser
from .study_report import as_csv, as_json, as_table

EXAMPLES = """\b
Examples:
  patchloom study build real/ fake/ --out study.html
  patchloom study serve study.html --answers answers.sqlite
  patchloom study report answers.sqlite
"""

BUILD_EXAMPLES = """\b
Examples:
  patchloom study build real/ fake/ --setups paired-1s,unpaired-1s --trials 20
  patchloom study build photos/ samples/ --side 256 --title "Photos" --out photos.html
"""

SERVE_EXAMPLES = """\b
Examples:
  patchloom study serve study.html
  patchloom study serve study.html --answers monday.sqlite --port 0 --no-browser
"""

REPORT_EXAMPLES = """\b
Examples:
  patchloom study report answers.sqlite
  patchloom study report answers-*.json --csv > rates.csv
"""


@click.group(
    "study", invoke_without_command=True, epilog=EXAMPLES, short_help="A real/fake user study: build, serve, report."
)
@click.pass_context
def group(context: click.Context) -> None:
    """Ask people which pictures are real: build a page, serve it, report how often they were wrong.

    Half of the answers wrong means that fakes cannot be told from real pictures.
    """
    if context.invoked_subcommand is None:
        click.echo(context.get_help())


@group.command("build", epilog=BUILD_EXAMPLES, short_help="Pictures -> one HTML file.")
@click.argument("real", metavar="REAL")
@click.argument("fake", metavar="FAKE")
@click.option("--out", metavar="FILE", default="study.html", help="The page.  [default: study.html]")
@click.option("--setups", type=Checked("NAMES", study.as_setups), default=DEFAULT_SETUPS,
              help="What is asked, in this order: paired (real and fake side by side, which is the fake?) or unpaired "
                   "(one picture, real or fake?), with seconds for pictures that are hidden again; any number such as "
                   f"paired-0.5s.  [default: {DEFAULT_SETUPS}; 0.05 to 60 s]")
@click.option("--trials", type=whole("trials", 1, building.MOST_TRIALS),
              help="Answers per setup and participant. A real picture or one of its fakes is shown at most once in "
                   "each; more trials than the default make setups share pictures.  [default: as many as there are "
                   f"pictures for without, at most {building.DEFAULT_TRIALS}; 1 to {building.MOST_TRIALS}]")
@click.option("--practice", type=whole("practice", 0, building.MOST_PRACTICE), default=str(building.DEFAULT_PRACTICE),
              help="Trials with feedback before each question, which are not recorded; with pictures that the "
                   "participant is not asked about. Both questions have their own where pictures are enough."
                   f"  [default: {building.DEFAULT_PRACTICE}; 0 to {building.MOST_PRACTICE}]")
@click.option("--title", default="Real or fake?", help="What participants read first.  [default: Real or fake?]")
@click.option("--side", type=whole("side", encoding.LEAST_SIDE, encoding.MOST_SIDE),
              help="Make all pictures smaller, to this longer side, and cut fakes to their real's proportions."
                   "  [default: sizes stay, and a fake must have its real's; "
                   f"{encoding.LEAST_SIDE} to {encoding.MOST_SIDE} px]")
@click.option("--encoding", type=choice("encoding", encoding.ENCODINGS), metavar="[png|jpeg]", default="png",
              help="What all pictures are written as into the page: exactly, or at JPEG quality 95 for a smaller file."
                   "  [default: png]")
@click.option("--seed", type=SEED, default="0",
              help="Decides, with the participant's id, what is shown to whom.  [default: 0; 0 to 2**64 - 1]")
@click.option("--force", is_flag=True, help="Overwrite a page that exists.")
@click.option("--quiet", is_flag=True, help="Say nothing but errors.")
def build(real: str, fake: str, out: str, force: bool, quiet: bool, **values: Any) -> None:
    """Make a page that asks which pictures are real.

    REAL and FAKE are folders of pictures, or single pictures. A fake belongs to the real picture whose name its own
    begins with: flowers_1.png and flowers_2.png to flowers.jpg. All pictures are encoded alike, and participants see no
    names. The page is one HTML file that needs no network: serve it with `patchloom study serve`, or open it as a file
    and download the answers at the end.
    """
    reals, fakes = _pictures("real", real), _pictures("fake", fake)
    path = Path(out)
    io.check_writable(path, force=force, suffixes=building.SUFFIXES)
    io.check_inputs_kept([*reals, *fakes], [path])
    form = building.Form(values.pop("side"), values.pop("encoding"))
    built = study.build(reals, fakes, form=form, **values)
    building.place(path, built, force=force)
    if quiet:
        return
    for note in built.notes:
        say(f"note: {note}")
    made = built.page.study
    shown = len(made.groups)
    say(f"{io.shown(path)}  {counted(shown, 'real picture')} with {counted(len(made.pictures) - shown, 'fake')}, "
        f"{counted(len(made.setups), 'setup')} of {counted(made.trials, 'trial')}, practice {made.practice}, "
        f"{len(built.page.html) / 1e6:.1f} MB, study {made.id[:8]}")


def _pictures(what: str, text: str) -> list[Path]:
    """Return the pictures of a folder, or the one."""
    if not text:
        raise FileError(explain(what, "''", "must be a file or a folder", "try . for the current folder"))
    if not io.is_folder(text, what):
        io.read_bytes(text, what)                         # missing is told before what belongs to what
        return [Path(text)]
    found = io.find_images(text)
    if not found:
        raise FileError(explain(what, repr(io.shown(text)), "is a folder without pictures",
                                f"these count: {', '.join(io.READABLE)}"))
    return found


@group.command("serve", epilog=SERVE_EXAMPLES, short_help="Show a study on this machine, and keep the answers.")
@click.argument("page", metavar="PAGE")
@click.option("--answers", metavar="FILE", default="answers.sqlite",
              help="The database that answers go to, each as it is given; appended to if it exists and is of this "
                   "study.  [default: answers.sqlite]")
@click.option("--port", type=whole("port", 0, 65535), default="8000",
              help="Where to listen, on this machine alone; 0 takes a free port.  [default: 8000; 0 to 65535]")
@click.option("--no-browser", is_flag=True, help="Open no browser; tell the address only.")
def serve(page: str, answers: str, port: int, no_browser: bool) -> None:
    """Show the study PAGE to participants on this machine until Ctrl-C, and keep their answers.

    Every answer is saved as it is given, and whether it is right is judged here. The same file goes on another day.
    """
    found = study.read_page(page)
    path = Path(answers)
    io.check_inputs_kept([Path(page)], [path])
    database = study.Database(path, found.study)
    try:
        with study.StudyServer(found, database, port) as server, ended_by(server.stop):
            say(f"{io.shown(found.study.title)}  {server.url}  (Ctrl-C ends it)")
            if not no_browser:
                open_browser(server.url)
            server.serve_forever()
        count, people = database.counts()
    finally:
        database.close()
    say(f"{io.shown(path)}  {counted(count, 'answer')} of {counted(people, 'participant')}")


@group.command("report", epilog=REPORT_EXAMPLES, short_help="How often people were wrong, with intervals.")
@click.argument("files", nargs=-1, required=True, metavar="ANSWERS...")
@click.option("--json", "as_json_", is_flag=True, help="As one JSON object.")
@click.option("--csv", "as_csv_", is_flag=True, help="As CSV: a line per setup and per picture.")
@click.option("--seed", type=SEED, default="0",
              help="Of the resampling of participants.  [default: 0; 0 to 2**64 - 1]")
def report(files: tuple[str, ...], as_json_: bool, as_csv_: bool, seed: int) -> None:
    """Tell how often participants took fakes for real: 50 % means that they could not tell.

    ANSWERS are databases of `patchloom study serve`, or files that pages let download, all of one study. Intervals are
    95 %: Wilson's, as if all answers were independent; and, from five participants on, from resampling participants,
    whose answers are not.
    """
    if as_json_ and as_csv_:
        raise ParameterError(explain("json", "with csv", "must be one of both", "leave one out"))
    check_open("a report")
    collected = study.read_answers([Path(file) for file in files])
    found = study.report(collected.study, collected.answers, seed=seed)
    if as_json_:
        tell(json.dumps({"version": __version__, **as_json(found)}, indent=2))
    else:
        tell((as_csv if as_csv_ else as_table)(found).rstrip("\n"))

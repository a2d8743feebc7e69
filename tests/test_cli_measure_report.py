"""Reports of what was measured: notes, lines below tables, columns, and names without the folder that all share."""

import csv
import io as streams
import math
import statistics
from dataclasses import replace

from patchloom.cli import measure_report, measure_text
from patchloom.cli.measure_work import Row


def rows_with(notes, **details):
    """One row for each text, whose sentences stand between bars."""
    told = [{"niqe": tuple(note.split("|"))} if note else {} for note in notes]
    return [Row("s/a.jpg", f"g/{at}.png", {"niqe": 1.0 + at}, details, one, (8, 8, 3)) for at, one in enumerate(told)]


def report_of(rows, **settings):
    told = {"patch_size": 7, "method": "exact", "rgb": False, "niqe": None, "weights": None, **settings}
    return measure_report.Report(told, ("niqe",), rows)


def below(rows):
    """The lines below the table."""
    return measure_text.as_text(report_of(rows)).split("\n\n")[-1].splitlines()


def test_notes_are_few():
    """Sentences that differ in numbers alone are one, with from which to which they are, and few names."""
    lines = below(rows_with(["2 blocks: below 16|12 % of it is flat", "4 blocks: below 16", "10 blocks: below 16",
                             "2 blocks: below 16|1.1 % of it is flat", "2 blocks: below 16", ""]))
    assert lines[1:3] == ["note on niqe (5 of 6): 2 to 10 blocks: below 16",
                          "note on niqe (0.png, 3.png): 1.1 to 12 % of it is flat"]
    assert below(rows_with(["x", "x"]))[1] == "note on niqe (all): x"
    assert below(rows_with(["2 blocks"]))[0] == "note on niqe: 2 blocks"
    assert below(rows_with(["error 2e-05 of #1", "error 1.5e-05 of #1"]))[1] == (
        "note on niqe (all): error 1.5e-05 to 2e-05 of #1")


def test_scores_of_sources_stand_below():
    """Of one, of a few by their names, of many from which to which."""
    def row(at):
        return replace(rows_with([""])[0], source=f"s/{at}.jpg", details={"niqe": {"source": float(at), "blocks": 2}})

    assert below([row(3)])[0] == below([row(3), row(3)])[1].replace("sources", "source") == "niqe of the source: 3.000"
    assert below([row(3), row(5)])[1] == "niqe of the sources: 3.jpg 3.000, 5.jpg 5.000"
    assert below([row(at) for at in (3, 4, 5, 8)])[1] == (
        "niqe of the sources: 3.000 to 8.000, mean 5.000; each stands in CSV and JSON")
    text = measure_report.as_csv(report_of([row(3)], weights={"sha256": "b"}, niqe={"sha256": "a"}))
    line = next(csv.DictReader(streams.StringIO(text)))
    assert (line["niqe_of_source"], line["niqe_blocks"], line["niqe_sha256"], line["weights_sha256"]) == (
        "3.0", "2", "a", "b")


def test_folders_in_common():
    assert measure_text.folder_of(["a/b.png"]) == "a/"
    assert measure_text.folder_of(["a/bc/1.png", "a/bd/1.png"]) == "a/"
    assert measure_text.folder_of(["a.png", "ab.png"]) == measure_text.folder_of(["stdin"]) == ""
    line = next(csv.DictReader(streams.StringIO(measure_report.as_csv(report_of(rows_with(["", ""]))))))
    assert (line["source"], line["sample"]) == ("s/a.jpg", "g/0.png")


def test_parentheses_stay_whole():
    assert below(rows_with(["no score (a; b)|2 blocks"]))[:2] == ["note on niqe: no score (a; b)",
                                                                    "note on niqe: 2 blocks"]
    failed = replace(rows_with(["sizes=1 and 2: must be one; use another"])[0], values={"niqe": math.nan})
    assert below([failed])[0] == "note on niqe: sizes=1 and 2: must be one; use another"


def test_the_median_is_the_median():
    assert measure_report.summary([3.0, math.nan, 1.0, 8.0]) == {
        "n": 3, "mean": 4.0, "median": 3.0, "min": 1.0, "max": 8.0, "deviation": statistics.stdev([3, 1, 8])
    }

"""``patchloom measure``: pairing, figures, formats, several processes, and what is refused."""

import contextlib
import csv
import io as streams
import json
import os
import re
import shlex
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import command_line
from batch_functions import wait_for
from command_line import names, save
from patchloom import io, metrics
from patchloom.cli import group, measure_list, measure_report, measure_setup, measure_text, measure_time
from patchloom.cli.measure_pairs import as_pairs, natural
from patchloom.cli.measure_work import Row, Setup, as_rgb

QUICK = "coherence,sharpness_ratio"
ONE = ("--jobs", 1)


@pytest.fixture
def pictures(folder, make_picture):
    """Two sources and four samples: arrays by path."""
    made = {}
    for seed, name in enumerate(("in/flowers.png", "in/sky.png", "out/flowers_2.png", "out/flowers_10.png",
                                 "out/flowers_tile_1.png", "out/sky.png")):
        made[name] = make_picture(24, 30, 3, seed)
        save(folder / name, made[name])
    return made


def alone(command, arguments):
    return () if command != "measure" or {"--jobs", "--list"} & set(arguments) else ONE


def run(command, *arguments, **options):
    """Run a command; measure in this process alone, if nothing else is said."""
    return command_line.run(command, *arguments, *alone(command, arguments), **options)


def refused(folder, command, *arguments, message):
    """See `command_line.refused`."""
    command_line.refused(folder, command, *arguments, *alone(command, arguments), message=message)


def told(*arguments, code=0):
    """What a command tells as JSON."""
    return json.loads(run("measure", *arguments, "--json", code=code).stdout)


# Pairs

def touch(folder, *paths):
    for path in paths:
        save(folder / path, np.zeros((8, 8), np.uint8))


def pairs_of(source, *samples):
    found = as_pairs(source, samples)
    return [(one.source.name, one.sample.name) for one in found.pairs], dict(found.passed_over)


def test_pairs_by_stem(folder):
    """Exact stems, and those with more behind what is no letter or digit; longest source first; people's order."""
    touch(folder, "s/1.png", "s/10.png", "s/2.png", "s/a.png", "s/a_b.png")
    touch(folder, "g/1.png", "g/10_7.png", "g/2_10.png", "g/2_9.png", "g/a_b_3.png", "g/a_7.png", "g/a_b.png",
          "g/a-7.png", "g/ab_3.png", "g/3.png")
    found, passed = pairs_of("s", "g")
    assert found == [
        ("1.png", "1.png"), ("2.png", "2_9.png"), ("2.png", "2_10.png"), ("10.png", "10_7.png"), ("a.png", "a-7.png"),
        ("a.png", "a_7.png"), ("a_b.png", "a_b.png"), ("a_b.png", "a_b_3.png"),
    ]
    assert passed == {"g/3.png": "no source has its name", "g/ab_3.png": "no source has its name"}


def test_a_source_among_the_samples_is_told_as_such(folder):
    touch(folder, "s/a.png", "s/b.png", "g/a_1.png")
    found = as_pairs("s", ("s", "g"))
    assert [one.sample.name for one in found.pairs] == ["a_1.png"]
    assert sorted(found.passed_over) == [
        ("s/a.png", "it is the source itself"), ("s/b.png", "it has no sample"), ("s/b.png", "it is the source itself")]


def test_pairs_of_several_folders_and_files(folder):
    touch(folder, "s/a.jpg", "s/b.png", "g/a.png", "h/a_1.png", "a_2.png")
    found, passed = pairs_of("s", "g", "h", "a_2.png")
    assert found == [("a.jpg", "a.png"), ("a.jpg", "a_1.png"), ("a.jpg", "a_2.png")]
    assert passed == {"s/b.png": "it has no sample"}


def test_one_source_for_all(folder):
    """Whatever samples are called; a folder's own source is none of them, a file that is named is."""
    touch(folder, "a.png", "x/b10.png", "x/b9.png", "c.png")
    assert pairs_of("a.png", "x", "c.png")[0] == [("a.png", name) for name in ("b9.png", "b10.png", "c.png")]
    found, passed = pairs_of("a.png", ".")
    assert (found, passed) == ([("a.png", "c.png")], {"a.png": "it is the source itself"})
    assert pairs_of("a.png", "a.png")[0] == [("a.png", "a.png")]


def test_results_beside_their_sources(folder):
    """The same folder twice: what begins with another picture's name is a sample, and no picture is its own."""
    touch(folder, "a.png", "a_5.png", "b.png")
    found, passed = pairs_of(".", ".")
    assert found == [("a.png", "a_5.png")]
    assert passed["b.png"] == "it has no sample"
    assert "a_5.png" not in passed


def test_parts_of_results_are_no_samples(folder, make_picture):
    """Maps and previews that our own commands wrote beside a result."""
    save(folder / "s" / "a.png", make_picture(32, 40))
    run("tile", "s/a.png", "--preview", "--seed", 1, "--iterations", 2, "--out", "g/")
    found, passed = pairs_of("s", "g")
    assert [sample for _, sample in found] == ["a_tile_1.png"]
    assert list(passed.values()) == ["it is the preview of a result"]


def test_two_sources_of_one_stem(folder):
    touch(folder, "s/a.png", "s/a.bmp", "g/a_1.png", "s/b.png", "g/b.png")
    refused(folder, "measure", "s", "g", message="sources=s/a.bmp, s/a.png: must not have the same name but for the")
    (folder / "g" / "a_1.png").unlink()
    assert pairs_of("s", "g")[0] == [("b.png", "b.png")]


def test_nothing_belongs_together(folder):
    touch(folder, "s/a.png", "g/b.png")
    refused(folder, "measure", "s", "g", message="samples=g: none belongs to s; name them as their sources")


def test_people_count():
    assert sorted(["10", "9", "1a", "1", "B2", "a10", "a9"], key=natural) == ["1", "1a", "9", "10", "a9", "a10", "B2"]


def test_standard_input(pictures, folder):
    data = (folder / "in/sky.png").read_bytes()
    arguments = ("measure", "in/sky.png", "-", "--metrics", "coherence", "--json")
    row = json.loads(run(*arguments, input=data).stdout)["rows"][0]
    assert (row["sample"], row["values"]) == ("stdin", {"coherence": 0.0})
    refused(folder, "measure", "-", "-", message="image=-: standard input can be given once")


# Figures and formats

def test_json(pictures, folder):
    found = told("in", "out", "--metrics", f"{QUICK},pixel_diversity")
    assert list(found) == ["version", "settings", "rows", "sets", "summary", "failed", "passed_over", "left_out"]
    assert found["settings"] == {
        "metrics": ["coherence", "sharpness_ratio", "pixel_diversity"], "patch_size": 7, "method": "exact",
        "rgb": False, "niqe": None, "weights": None, "mask": None,
    }
    assert [row["sample"] for row in found["rows"]] == [
        "out/flowers_2.png", "out/flowers_10.png", "out/flowers_tile_1.png", "out/sky.png"
    ]
    for row in found["rows"]:
        expected = metrics.measure(pictures[row["sample"]], pictures[row["source"]], QUICK.split(","))
        assert row["values"] == {name: one.value for name, one in expected.items()}
        assert list(row) == ["source", "sample", "values", "details", "notes"]
    values = [row["values"]["coherence"] for row in found["rows"]]
    assert found["summary"]["coherence"] == {
        "n": 4, "mean": pytest.approx(sum(values) / 4), "median": pytest.approx(np.median(values)),
        "min": min(values), "max": max(values), "deviation": pytest.approx(np.std(values, ddof=1)),
    }
    flowers = [pictures[f"out/flowers_{name}.png"] for name in ("2", "10", "tile_1")]
    assert found["sets"] == [{
        "source": "in/flowers.png", "n": 3, "notes": [],
        "pixel_diversity": metrics.pixel_diversity(flowers, pictures["in/flowers.png"]),
    }]
    assert (found["failed"], found["passed_over"]) == ([], [])


def test_csv(pictures, folder):
    """One line for each pair, one column for each metric; numbers come back as they are."""
    text = run("measure", "in", "out", "--metrics", QUICK, "--metrics", "pixel_diversity", "--csv").stdout
    lines = list(csv.DictReader(streams.StringIO(text)))
    facts = ["method", "patch_size", "rgb", "version", "notes"]
    assert list(lines[0]) == ["source", "sample", "coherence", "sharpness_ratio", "pixel_diversity", *facts]
    for line in lines:
        row = metrics.measure(pictures[line["sample"]], pictures[line["source"]], ["coherence"])
        assert float(line["coherence"]) == row["coherence"].value
        assert [line[name] for name in facts[:-1]] == ["exact", "7", "no", measure_report.__version__]
    assert [bool(line["pixel_diversity"]) for line in lines] == [True, True, True, False]
    alone = run("measure", "in", "out", "--metrics", QUICK, "--format", "csv").stdout
    assert [list(line) for line in csv.DictReader(streams.StringIO(alone))] == [
        ["source", "sample", "coherence", "sharpness_ratio", *facts]
    ] * 4


def test_errors_stand_beside_figures(pictures):
    """In CSV as columns of their own, below tables as the worst of all rows; exhaustive search has none."""
    arguments = ("measure", "in", "out", "--metrics", "coherence,nnfdiv,patch_swd", "--method")
    lines = list(csv.DictReader(streams.StringIO(run(*arguments, "patchmatch", "--csv").stdout)))
    shares = {"coherence": [], "patch_swd": []}
    for line in lines:
        found = metrics.measure(pictures[line["sample"]], pictures[line["source"]], list(shares), method="patchmatch")
        for name, one in found.items():
            assert float(line[f"{name}_standard_error"]) == one.details["standard_error"]
            shares[name].append(100 * one.details["standard_error"] / one.value)
    assert "nnfdiv_standard_error" not in lines[0]
    text = run(*arguments, "patchmatch").stdout
    assert f"standard error of the search: coherence at most {max(shares['coherence']):.1f} %\n" in text
    directions = f"standard error of random directions: patch_swd at most {max(shares['patch_swd']):.1f} %\n"
    assert directions in text
    exact = run(*arguments, "exact").stdout
    assert "of the search" not in exact and directions in exact
    assert "coherence_standard_error" not in run(*arguments, "exact", "--csv").stdout
    automatic = list(csv.DictReader(streams.StringIO(run(*arguments, "auto", "--csv").stdout)))
    assert {line["method"] for line in automatic} == {"exact"}


def test_csv_names_no_search_where_there_was_none(pictures):
    """A patch size and a search are facts of figures that they decide."""
    for name, size, method in (("sharpness_ratio", "", ""), ("patch_swd", "7", ""), ("coherence", "7", "exact")):
        text = run("measure", "in/sky.png", "out/sky.png", "--metrics", name, "--csv").stdout
        line = next(csv.DictReader(streams.StringIO(text)))
        assert (line["patch_size"], line["method"]) == (size, method)


def test_csv_holds_no_formulas(folder, make_picture):
    save(folder / "a.png", make_picture(16, 16))
    save(folder / "=1+2.png", make_picture(16, 16))
    text = run("measure", "a.png", "=1+2.png", "--metrics", "coherence", "--csv").stdout
    assert "a.png,'=1+2.png,0.0," in text


def test_table_of_several(pictures):
    lines = run("measure", "in", "out", "--metrics", QUICK, "--metrics", "pixel_diversity").stdout.splitlines()
    assert lines[0].split() == ["sample", "source", "coherence", "↓", "sharpness_ratio", "→1"]
    assert [line.split()[0] for line in lines[2:6]] == [
        "flowers_2.png", "flowers_10.png", "flowers_tile_1.png", "sky.png"
    ]
    assert [line.split()[0] for line in lines[7:10]] == ["mean", "median", "deviation"]
    assert len({len(line) for line in lines[:10]}) == 1
    assert "flowers.png        3" in run("measure", "in", "out", "--metrics", "pixel_diversity").stdout
    assert lines[-3:] == ["↓ lower is better, ↑ higher is better, →1 near 1 is better",
                          f"patches 7 x 7, search exact, patchloom {measure_report.__version__}",
                          "samples in out/, sources in in/"]
    sharpness = run("measure", "in", "out", "--metrics", "sharpness_ratio").stdout
    assert f"\npatchloom {measure_report.__version__}\n" in sharpness


def test_table_of_one(pictures):
    text = run("measure", "in/sky.png", "out/sky.png", "--metrics", "coherence").stdout
    assert text.splitlines()[0].split() == ["metric", "range", "better", "sky.png", "against", "sky.png"]
    assert "pixel_diversity" not in text


def test_a_terminal_gets_parts_that_fit(pictures):
    """Names stand in each part; nothing is cut off."""
    rows = [Row("s.png", f"{at}.png", {"coherence": at / 10, "completeness": 2.0, "nnfdiv": 1.0}, {}, {}, (8, 8, 3))
            for at in range(3)]
    report = measure_report.Report(
        {"patch_size": 7, "method": "exact", "rgb": False, "niqe": None, "weights": None},
        ("coherence", "completeness", "nnfdiv"), rows,
    )
    for width in (200, 32):
        text = measure_text.as_text(report, width)
        plain = "".join(letter for letter in text if letter.isprintable() or letter == "\n")
        shown = [line for line in plain.splitlines() if "0.png" in line]
        assert len(shown) == (1 if width == 200 else 3)
    assert "\x1b[" in text
    assert measure_text.as_text(report).splitlines()[0].split()[1::2] == ["coherence", "completeness", "nnfdiv"]


def test_files(pictures, folder):
    """The suffix decides; standard output has its own format all the same."""
    outputs = [word for name in ("a.json", "a.csv", "x/a.md", "a.txt") for word in ("--out", name)]
    arguments = ("measure", "in", "out", "--metrics", QUICK)
    done = run(*arguments, *outputs)
    assert (folder / "a.txt").read_text("utf-8") == done.stdout
    assert (folder / "a.json").read_text("utf-8") == run(*arguments, "--json").stdout
    assert (folder / "a.csv").read_text("utf-8") == run(*arguments, "--csv").stdout
    assert (folder / "x" / "a.md").read_text("utf-8").startswith("| sample | source | coherence ↓ |")
    quiet = run(*arguments, "--out", "b.csv", "--quiet")
    assert (quiet.stdout, quiet.stderr) == ("", "")
    assert run(*arguments, "--out", "b.json", "--csv", "--quiet").stdout.startswith("source,sample,")
    assert run(*arguments, "--quiet").stdout == done.stdout


@pytest.mark.skipif(os.name == "nt", reason="not on this machine: these are POSIX's")
def test_closed_standard_output(pictures, folder):
    """It matters only to what would go there, and then before the work."""
    line = f"{shlex.quote(sys.executable)} -m patchloom measure in/sky.png out/sky.png --metrics coherence --quiet >&-"
    done = subprocess.run(["sh", "-c", f"{line} --out a.csv; {line}"], capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert done.stderr.startswith("error: stdout=closed: the report writes to standard output")
    assert (folder / "a.csv").exists()


def test_what_is_no_number_is_null(pictures, folder, make_picture):
    """JSON stays strict, CSV has an empty cell, a table a dash; a note says why."""
    save(folder / "small.png", make_picture(20, 30))
    arguments = ("in/sky.png", "small.png", "out/sky.png", "--metrics", "identity_share")
    found = told(*arguments)
    assert found["rows"][0]["values"] == {"identity_share": None}
    assert found["rows"][0]["notes"][0].startswith("identity_share: ")
    assert found["summary"]["identity_share"]["n"] == 1
    assert found["summary"]["identity_share"]["deviation"] is None
    assert f'in/sky.png,small.png,,,7,no,{measure_report.__version__},"identity_share: ' in (
        run("measure", *arguments, "--csv").stdout)
    text = run("measure", *arguments).stdout
    assert "note on identity_share (small.png): " in text
    assert text.splitlines()[2].split()[-1] == "-"


def test_a_set_of_several_sizes(pictures, folder, make_picture):
    save(folder / "out" / "flowers_3.png", make_picture(20, 30))
    found = told("in", "out", "--metrics", "pixel_diversity")["sets"][0]
    assert (found["n"], found["pixel_diversity"]) == (4, None)
    assert found["notes"] == ["its samples must be of one size, and are of 30 x 20, 30 x 24"]


def test_list():
    found = json.loads(run("measure", "--list", "--json").stdout)["metrics"]
    assert [one["name"] for one in found] == [*(metric.name for metric in metrics.METRICS), "pixel_diversity"]
    for one, metric in zip(found, metrics.METRICS, strict=False):
        assert (one["range"], one["better"], one["help"]) == (metric.range, metric.better, metric.help)
        assert bool(one["needs"]) == bool(metric.needs)
        assert one["needs"].split(" ")[0] in ["", *(option.opts[0] for option in group.commands["measure"].params)]
    lines = run("measure", "--list").stdout.splitlines()
    assert [line.split()[0] for line in lines[2:]] == [one["name"] for one in found]
    assert run("measure", "--list", "--csv").stdout.startswith("name,usual,range,better,needs,help\ncoherence,yes,")
    assert [one["usual"] == "yes" for one in found] == [*(metric.usual for metric in metrics.METRICS), True]


def test_the_usual_ones_and_all(pictures):
    free = [metric for metric in metrics.METRICS if not metric.needs]
    usual = [metric.name for metric in free if metric.usual]
    assert 0 < len(usual) < len(free)
    assert list(told("in/sky.png", "out/sky.png")["rows"][0]["values"]) == usual
    found = told("in/sky.png", "out/sky.png", "--metrics", "all")
    assert list(found["rows"][0]["values"]) == [metric.name for metric in free]


def test_what_all_leaves_out_is_said(pictures, monkeypatch):
    """In one line, with what would be needed; nothing of the sort where nobody asked for all."""
    monkeypatch.delenv("PATCHLOOM_INCEPTION", raising=False)
    arguments = ("measure", "in/sky.png", "out/sky.png", "--metrics", "all", "--json")
    done = run(*arguments)
    assert done.stderr.splitlines()[0] == (
        "left out: seam (--mask PATH), niqe (--niqe FILE), sifid64 (--weights FILE), sifid192 (--weights FILE), "
        "pixel_diversity (two samples of a source or more)")
    assert json.loads(done.stdout)["left_out"][0] == {"metric": "seam", "needs": "--mask PATH"}
    assert not run(*arguments, "--quiet").stderr
    assert "pixel_diversity (" not in run("measure", "in", "out", "--metrics", "all", "--json").stderr
    assert "left out" not in run("measure", "in/sky.png", "out/sky.png").stderr


@pytest.mark.parametrize("width", [40, 60, 80, 100])
def test_list_on_a_narrow_terminal(width):
    """Every name whole, on a line of its own; help breaks between words, and no line is wider."""
    text = measure_list.listed("table", width)
    lines = text.splitlines()
    assert [line for line in lines if line[0] != " "] == [
        *(metric.name for metric in metrics.METRICS), "pixel_diversity"
    ]
    assert max(map(len, lines)) <= width
    told = " ".join(text.split())
    assert all(metric.help in told for metric in metrics.METRICS)
    assert "\x1b" not in text and "needs --weights FILE" in told


def test_list_on_a_wide_terminal():
    lines = re.sub("\x1b\\[[0-9;]*m", "", measure_list.listed("table", 250)).splitlines()
    assert [line.split()[0] for line in lines[2:]] == [*(one.name for one in metrics.METRICS), "pixel_diversity"]


# Kinds of pictures

def test_kinds(folder, make_picture):
    """Grey beside RGB is an error whose remedy works; so is alpha, even where it hides nothing."""
    pixels = make_picture(16, 20)
    grey = pixels[..., :1].repeat(3, axis=2)
    save(folder / "rgb.png", pixels)
    save(folder / "grey.png", pixels[..., 0])
    save(folder / "alpha.png", np.dstack([pixels, np.full(pixels.shape[:2], 9, np.uint8)]))
    for name, expected in (("grey.png", grey), ("alpha.png", pixels)):
        channels = 1 if name == "grey.png" else 4
        arguments = ("measure", "rgb.png", name, "--metrics", "coherence")
        refused(folder, *arguments, message=f"{name}: channels={channels} of generated and 3 of source: must be the "
                                            "same; pass --rgb to measure both as RGB")
        found = told(*arguments[1:], "--rgb")
        assert found["rows"][0]["values"]["coherence"] == metrics.coherence(expected, pixels)
        assert found["settings"]["rgb"] is True
        assert "both pictures brought to RGB" in run(*arguments, "--rgb").stdout


def test_inks_are_brought_to_rgb(folder, make_picture):
    """CMYK is an error whose remedy works."""
    inks = Image.frombytes("CMYK", (20, 16), make_picture(16, 20, 4).tobytes())
    inks.save(folder / "inks.tif")
    save(folder / "rgb.png", make_picture(16, 20))
    arguments = ("measure", "rgb.png", "inks.tif", "--metrics", "coherence")
    refused(folder, *arguments, message="inks.tif: generated=CMYK: inks cannot be measured as light; pass --rgb to "
                                        "measure both as RGB")
    found = told(*arguments[1:], "--rgb")
    expected = metrics.coherence(inks.convert("RGB"), make_picture(16, 20))
    assert found["rows"][0]["values"]["coherence"] == expected > 0


def test_deep_pictures_keep_their_depth(folder, make_picture):
    pytest.importorskip("OpenImageIO")
    deep = make_picture(16, 20).astype(np.uint16) * 257 + 3
    for name, pixels in (("rgb.png", deep), ("grey.png", deep[..., 0])):
        io.write(name, pixels)
    save(folder / "eight.png", make_picture(16, 20))
    row = told("eight.png", "rgb.png", "--metrics", "coherence")["rows"][0]
    assert row["values"]["coherence"] == metrics.coherence(deep, make_picture(16, 20))
    row = told("rgb.png", "grey.png", "--rgb", "--metrics", "coherence")["rows"][0]
    assert row["values"]["coherence"] == metrics.coherence(np.repeat(deep[..., :1], 3, axis=2), deep)
    assert as_rgb(np.dstack([deep, deep[..., 0]])).tobytes() == deep.tobytes()


def test_mask(pictures, folder):
    """A file, or one for each source by its name."""
    mask = np.zeros((24, 30), np.uint8)
    mask[8:18, 6:20] = 255
    save(folder / "masks" / "sky.png", mask)
    expected = metrics.seam(pictures["out/sky.png"], pictures["in/sky.png"], mask=mask)
    for given in ("masks/sky.png", "masks", "masks/{stem}.png"):
        found = told("in/sky.png", "out/sky.png", "--metrics", "seam", "--mask", given)
        assert found["rows"][0]["values"] == {"seam": expected}
    assert "seam" in told("in/sky.png", "out/sky.png", "--mask", "masks")["rows"][0]["values"]


# What metrics need

@pytest.fixture
def noisy(folder, make_picture):
    """Pictures large enough for NIQE."""
    for seed in range(12):
        noise = make_picture(16, 16, 3, seed).repeat(14, axis=0).repeat(14, axis=1)
        save(folder / "fine" / f"{seed}.png", noise // 2 + make_picture(224, 224, 3, seed) // 2)


def test_niqe(folder, noisy):
    """Fitted to a folder and written; the same figures with it at once, from its file, and in Python."""
    done = command_line.run("measure", "--fit-niqe", "fine", "--niqe", "new.npz")
    assert done.stdout == ""
    assert done.stderr.splitlines()[-1].startswith("new.npz  ")
    model = io.load_niqe("new.npz")
    told_alone = command_line.run("measure", "--fit-niqe", "fine", "--niqe", "new.npz", "--force", "--json", "--quiet")
    assert json.loads(told_alone.stdout)["niqe"]["sha256"] == model.digest
    expected = metrics.niqe(io.read("fine/1.png").pixels, parameters=model)
    arguments = ("fine/0.png", "fine/1.png", "--metrics", "niqe")
    for more in (("--niqe", "new.npz"), ("--niqe", "new.npz", "--fit-niqe", "fine", "--force")):
        found = told(*arguments, *more)
        assert found["rows"][0]["values"] == {"niqe": expected}
        assert found["settings"]["niqe"] == {
            "path": "new.npz", "sha256": model.digest, "blocks": model.blocks, "block_size": 96
        }
    assert f"niqe new.npz, SHA-256 {model.digest}" in run("measure", *arguments, "--niqe", "new.npz").stdout


def test_fitting_needs_pictures_that_serve(pictures, folder, make_picture):
    before = names(folder)
    for name, said in (("few", "error: pictures="), ("bad", "error: picture=bad/b.png (not a picture")):
        save(folder / name / "a.png", make_picture(24, 30))
        (folder / "bad").mkdir(exist_ok=True)
        (folder / "bad" / "b.png").write_bytes(b"no picture")
        done = command_line.run("measure", "--fit-niqe", name, "--niqe", "new.npz", code=2)
        assert done.stderr.splitlines()[-1].startswith(said)
    assert set(names(folder)) - set(before) == {"few/a.png", "bad/a.png", "bad/b.png"}


def test_weights(folder, make_picture, monkeypatch):
    """From --weights or the variable; the file's hash stands with the figures."""
    torch = pytest.importorskip("torch", reason="not on this machine: torch")
    from test_metrics_sifid import made_up

    torch.save(made_up(), "made.pth")
    for seed in (0, 1):
        save(folder / f"{seed}.png", make_picture(48, 60, 3, seed))
    arguments = ("0.png", "1.png", "--metrics", "sifid64")
    monkeypatch.setenv("PATCHLOOM_INCEPTION", "made.pth")
    by_variable = told(*arguments)
    monkeypatch.delenv("PATCHLOOM_INCEPTION")
    assert told(*arguments, "--weights", "made.pth") == by_variable
    weights = metrics.load_inception("made.pth")
    value = metrics.sifid64(io.read("1.png").pixels, io.read("0.png").pixels, weights=weights)
    assert by_variable["rows"][0]["values"] == {"sifid64": value}
    assert by_variable["settings"]["weights"]["sha256"] == weights.sha256
    text = run("measure", *arguments, "--weights", "made.pth").stdout
    assert f"weights made.pth, SHA-256 {weights.sha256}" in text


# Several processes

def test_processes_change_nothing(pictures, folder):
    """The same bytes on standard output, with failures in the same order."""
    (folder / "out" / "flowers_3.png").write_bytes(b"no picture")
    (folder / "out" / "sky_1.png").write_bytes(b"no picture")
    arguments = ("measure", "in", "out", "--metrics", QUICK, "--json")
    one, two = (run(*arguments, "--jobs", jobs, code=1) for jobs in (1, 2))
    assert one.stdout == two.stdout
    assert [failure["sample"] for failure in json.loads(one.stdout)["failed"]] == ["out/flowers_3.png", "out/sky_1.png"]


def children(session):
    """What is told of the processes that a session's command has started, where the system shows them as files."""
    for about in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            own = about.read_text().rpartition(")")[2].split()[3] == str(session)
            if own and "spawn_main" in (about.parent / "cmdline").read_text():
                yield (about.parent / "status").read_text()


def at_work(status):
    """Whether a process has begun to serve: it no longer minds Ctrl-C."""
    return int(re.search(r"^SigIgn:\s*([0-9a-f]+)$", status, re.MULTILINE)[1], 16) & 1 << signal.SIGINT - 1


@pytest.mark.skipif(os.name == "nt", reason="not on this machine: these are POSIX's")
def test_ctrl_c(folder, make_picture):
    """At once, in one line, and no process stays."""
    with in_two_processes(folder, make_picture) as process:
        os.killpg(process.pid, signal.SIGINT)
        assert process.communicate(timeout=40) == ("", "cancelled\n")
        assert process.returncode == 130
        assert not list(children(process.pid))


@pytest.mark.skipif(os.name == "nt", reason="not on this machine: these are POSIX's")
@pytest.mark.parametrize("name", ["SIGTERM", "SIGKILL"])
def test_no_process_outlives_the_command(folder, make_picture, name):
    """However it ends: standard error, which all of them share, is closed at once."""
    with in_two_processes(folder, make_picture) as process:
        process.send_signal(getattr(signal, name))
        assert process.communicate(timeout=40) == ("", "")              # what they measure takes them minutes
        assert process.returncode == -getattr(signal, name)


@contextlib.contextmanager
def in_two_processes(folder, make_picture):
    """Run a command that measures, for long, in two processes of its own; none is there after the block."""
    for name in ("a.png", "a_1.png", "a_2.png"):
        save(folder / name, make_picture(800, 900))
    command = [sys.executable, "-m", "patchloom", "measure", "a.png", "a_1.png", "a_2.png", "--jobs", "2"]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    ) as process:
        try:
            assert process.stderr.readline().startswith("2 pairs, about ")
            if Path("/proc/self/status").exists():
                wait_for(lambda: sum(map(bool, map(at_work, children(process.pid)))) == 2)
            time.sleep(1)                                 # into the middle of it
            yield process
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)


def test_how_cores_are_shared(monkeypatch):
    monkeypatch.setattr(measure_setup, "as_threads", lambda _: 8)
    none = {"jobs": None, "threads": None}
    assert measure_setup.shared(none, 20) == (8, 1)
    assert measure_setup.shared(none, 3) == (3, 2)
    assert measure_setup.shared(none, 1) == (1, 8)
    assert measure_setup.shared({**none, "threads": 4}, 20) == (2, 4)
    assert measure_setup.shared({**none, "jobs": 2}, 20) == (2, 4)
    assert measure_setup.shared({"jobs": 20, "threads": 1}, 3) == (3, 1)


# Time

def test_searches_are_seen_before_they_are_made():
    assert measure_time.searches(Setup(("sharpness_ratio",))) == set()
    assert measure_time.searches(Setup(("coherence", "nnfdist"), 9)) == {(True, 9)}
    assert (False, 7) in measure_time.searches(Setup(("completeness",)))


def test_long_runs_are_announced(pictures, monkeypatch):
    monkeypatch.setattr("patchloom.estimate.exact_seconds", lambda *_: 100.0)
    arguments = ("measure", "in", "out", "--metrics", "coherence", "--threads", 1)
    first = run(*arguments).stderr.splitlines()[0]
    assert first.startswith("4 pairs, about 7 min; --method patchmatch takes about ")
    assert not run(*arguments, "--quiet").stderr
    assert "about" not in run(*arguments, "--method", "patchmatch").stderr


# What is refused

@pytest.mark.parametrize(("arguments", "message"), [
    ((), "Missing argument 'SOURCE'; see patchloom measure --help"),
    (("in",), "Missing argument 'SAMPLE...'; see patchloom measure --help"),
    (("none.png", "out"), "source=none.png (no such file or directory)"),
    (("in", "none.png"), "samples=none.png: none belongs to in"),
    (("in/sky.png", "none.png"), "sample=none.png (no such file or directory)"),
    (("empty", "out"), "image='empty': is a folder without pictures"),
    (("in", "empty"), "image='empty': is a folder without pictures"),
    (("in", "out", "--metrics", "beauty"), "metrics='beauty': must be among coherence, "),
    (("in", "out", "--metrics", "coherence,"), "metrics='': must be among coherence, "),
    (("in", "out", "--metrics", "niqe"), "metrics=niqe: needs a model of pristine pictures; pass --niqe FILE, which "
                                                "--fit-niqe FOLDER makes"),
    (("in", "out", "--metrics", "sifid64"), "metrics=sifid64: needs the weights of Inception-V3; pass --weights FILE, "
                                                   "or set PATCHLOOM_INCEPTION"),
    (("in", "out", "--metrics", "seam"), "metrics=seam: needs a mask of what is new; pass --mask PATH"),
    (("in", "out", "--metrics", "coherence", "--mask", "m"), "mask=m: is only for seam, which --metrics leaves out; "),
    (("in", "out", "--niqe", "none.npz"), "niqe=none.npz (no such file or directory)"),
    (("in", "out", "--niqe", "in/sky.png"), "niqe=in/sky.png"),
    (("in", "out", "--patch-size", "8"), "patch_size=8: must be odd, 3 to 31"),
    (("in/sky.png", "out/sky.png", "--metrics", "pixel_diversity"), "metrics=pixel_diversity: needs two samples of a "
                                                                    "source or more; pass more"),
    (("--list", "in"), "--list=with pictures: tells about every metric, and measures nothing; leave one of them out"),
    (("--list", "--metrics", "coherence"), "--list=with --metrics: "),
    (("in", "in"), "samples=in: holds the sources of in alone, and none is measured against itself; give a "),
    (("in/sky.png", "tiny.png"), "tiny.png: generated=5 x 5 pixels: sides must hold a patch of 7; pass a larger "
                                 "picture or a smaller --patch-size"),
    (("in", "out", "--method", "best"), "method='best': must be one of auto, exact, patchmatch"),
    (("in", "out", "--jobs", "0"), "jobs=0: must be a whole number, 1 to 1024"),
    (("in", "out", "--threads", "x"), "threads='x': must be a whole number"),
    (("in", "out", "--format", "xml"), "format='xml': must be one of table, json, csv"),
    (("in", "out", "--json", "--csv"), "format=json and csv: standard output holds one; write the other with --out"),
    (("in", "out", "--out", "a.xml"), "output suffix='.xml': must be one of .json, .csv, .md, .txt"),
    (("in", "out", "--out", "old.csv"), "output=old.csv (exists): is not overwritten; pass --force"),
    (("in", "out", "--out", "a.csv", "--out", "./a.csv"), "out="),
    (("--fit-niqe", "in", "--niqe", "new.npz", "--metrics", "niqe"), "Missing argument 'SOURCE'; see patchloom"),
    (("--fit-niqe", "in"), "fit_niqe=in: needs a file to write to; pass --niqe with a new one"),
    (("--fit-niqe", "none", "--niqe", "new.npz"), "fit_niqe=none: must be a folder of pictures"),
    (("--fit-niqe", "empty", "--niqe", "new.npz"), "image='empty': is a folder without pictures"),
    (("--fit-niqe", "in", "--niqe", "old.npz"), "output=old.npz (exists): is not overwritten"),
    (("--fit-niqe", "in", "--niqe", "new.txt"), "output suffix='.txt': must be one of .npz"),
])
def test_refused(pictures, folder, make_picture, monkeypatch, arguments, message):
    monkeypatch.delenv("PATCHLOOM_INCEPTION", raising=False)
    (folder / "empty").mkdir()
    for name in ("old.csv", "old.npz"):
        (folder / name).write_text("kept")
    save(folder / "tiny.png", make_picture(5, 5))
    refused(folder, "measure", *arguments, message=message)
    assert (folder / "old.csv").read_text() == "kept"


def test_errors_come_alone(pictures, folder, make_picture):
    """What is passed over is told once all that is needed has been read."""
    save(folder / "out" / "nobody.png", make_picture(8, 8))
    refused(folder, "measure", "in", "out", "--niqe", "none.npz", message="niqe=none.npz (no such file or directory)")
    assert run("measure", "in", "out", "--metrics", "sharpness_ratio").stderr.splitlines()[0] == (
        "out/nobody.png is passed over: no source has its name")


def test_inputs_are_not_replaced(pictures, folder):
    (folder / "p.txt").write_text("kept")
    refused(folder, "measure", "in", "out", "--mask", "p.txt", "--out", "p.txt", "--force",
            message="output=p.txt (is an input)")


def test_bad_samples_among_good_ones(pictures, folder, make_picture):
    """Each is one line, the rest is measured, and the exit code says that something failed."""
    (folder / "out" / "flowers_3.png").write_bytes((folder / "out" / "sky.png").read_bytes()[:300])
    save(folder / "out" / "sky_1.png", make_picture(5, 5))
    done = run("measure", "in", "out", "--metrics", "coherence", "--json", code=1)
    found = json.loads(done.stdout)
    assert len(found["rows"]) == 4
    assert [one["sample"] for one in found["failed"]] == ["out/flowers_3.png", "out/sky_1.png"]
    assert found["failed"][0]["error"].startswith("sample=out/flowers_3.png (")
    lines = done.stderr.splitlines()
    assert len([line for line in lines if line.startswith("error: ")]) == 2
    assert lines[-1] == "2 of 6 inputs failed: out/flowers_3.png, out/sky_1.png"


def test_all_fail(folder, make_picture):
    for name in ("a.png", "a_1.png", "a_2.png"):
        save(folder / name, make_picture(5, 5))
    done = run("measure", "a.png", "a_1.png", "a_2.png", code=1)
    assert done.stdout == ""
    assert told("a.png", "a_1.png", "a_2.png", code=1)["rows"] == []


def test_names_on_one_line(folder, make_picture):
    for name in ("a\nb.png", "a\nb_1.png"):
        save(folder / name, make_picture(16, 16))
    done = run("measure", "a\nb.png", "a\nb_1.png", "--metrics", "coherence")
    assert "a\\nb_1.png against a\\nb.png" in done.stdout
    assert names(folder) == ["a\nb.png", "a\nb_1.png"]


def test_a_jpeg_says_so(folder, make_picture):
    """Its losses are in what it is measured by; those of the source are in both pictures."""
    io.write("a.jpg", make_picture(24, 24))
    io.write("a.png", io.read("a.jpg").pixels)
    found = told("a.png", "a.jpg", "a.png", "--metrics", "coherence")
    assert [[note.split(",")[0] for note in row["notes"]] for row in found["rows"]] == [
        ["file format: the sample is a JPEG"], []
    ]
    assert told("a.jpg", "a.png", "--metrics", "coherence")["rows"][0]["notes"] == []
    assert "note on file format (a.jpg): the sample is a JPEG" in (
        run("measure", "a.png", "a.jpg", "a.png", "--metrics", "coherence").stdout)

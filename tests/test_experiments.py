"""The scripts behind the tables of the docs: each runs on a tiny picture and writes what a table has to tell."""

import json
import math
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture
def script(monkeypatch):
    """Return a function that gives a script of experiments/ as a module."""
    monkeypatch.syspath_prepend(str(ROOT / "experiments"))
    return __import__


@pytest.fixture
def told(tmp_path, make_picture):
    """Return what every script is told: a folder with one tiny picture, and where files go."""
    (tmp_path / "sources").mkdir()
    Image.fromarray(make_picture(28, 36)).save(tmp_path / "sources" / "tiny.png")
    return ["--sources", str(tmp_path / "sources"), "--out", str(tmp_path / "out")]


def result(tmp_path, name):
    """Return a script's JSON and Markdown."""
    table = json.loads((tmp_path / "out" / f"{name}.json").read_text("utf-8"))
    assert table["machine"]["processor"] and table["machine"]["cores"] >= 1
    assert {"patchloom", "kernels", "isa", "numpy", "python"} <= set(table["versions"])
    assert isinstance(table["commits"], list) and "experiments/" in table["command"]
    return table, (tmp_path / "out" / f"{name}.md").read_text("utf-8")


def no_matplotlib(monkeypatch):
    """Let matplotlib be missing."""
    monkeypatch.setitem(sys.modules, "matplotlib", None)


def test_ablations(script, told, tmp_path, monkeypatch, capsys):
    """Every setting has its seeds, n, spread and differences; without matplotlib only the figure is missing."""
    no_matplotlib(monkeypatch)
    told = [*told, "--cache", str(tmp_path / "cache"), "--method", "patchmatch", "--only", "fold", "--seeds", "2"]
    script("table_ablations").main([*told, "--base-seeds", "3"])
    table, text = result(tmp_path, "ablations")
    default, flat = (table["settings"][name] for name in ("default", "fold 1.7"))
    assert (default["seeds"], flat["seeds"], flat["n"]) == ([1, 2, 3], [1, 2], 2)
    assert flat["pictures"] == ["tiny"]
    told_of = flat["metrics"]["coherence"]
    values = told_of["values"]
    assert told_of["n"] == 2 and told_of["median"] == pytest.approx(np.median(values), rel=1e-2)
    assert told_of["standard_deviation"] == pytest.approx(np.std(values, ddof=1), rel=1e-2, abs=1e-6)
    assert len(told_of["quartiles"]) == 2 and told_of["difference"]["n"] == 2
    pairs = np.subtract(values, default["metrics"]["coherence"]["values"][:2])
    assert told_of["difference"]["mean"] == pytest.approx(pairs.mean(), rel=1e-2, abs=5e-6)    # of rounded values
    assert flat["metrics"]["pixel_diversity"]["n"] == 1
    assert "### fold" in text and "| fold 1.7 | 2 |" in text and " ± " in text
    assert not (tmp_path / "out" / "ablations.svg").exists()
    assert 'no figure ablations.svg: needs matplotlib; pip install "patchloom[docs]"' in capsys.readouterr().out


def test_a_killed_run_goes_on(script, told, tmp_path, monkeypatch):
    """What stands in the cache is neither made nor measured again, also after a line that was cut off."""
    no_matplotlib(monkeypatch)
    told = [*told, "--cache", str(tmp_path / "cache"), "--only", "fold"]
    module, tables = script("table_ablations"), script("tables")
    module.main([*told, "--seeds", "1"])
    first, _ = result(tmp_path, "ablations")
    rows = tmp_path / "cache" / "rows.jsonl"
    rows.write_text(rows.read_text("utf-8") + '{"key": "cut o', "utf-8")
    calls = []
    generate = tables.patchloom.generate

    def counted(*args, **options):
        calls.append(options["seed"])
        return generate(*args, **options)

    monkeypatch.setattr(tables.patchloom, "generate", counted)
    module.main([*told, "--seeds", "2"])
    assert calls == [2] * 4
    again, _ = result(tmp_path, "ablations")
    for name, setting in again["settings"].items():
        before = first["settings"][name]["metrics"]["coherence"]["values"]
        assert setting["metrics"]["coherence"]["values"][:1] == before
    assert all(json.loads(line) for line in rows.read_text("utf-8").splitlines() if not line.endswith("cut o"))


def test_published(script, told, tmp_path, monkeypatch):
    """Files of a folder stand beside ours; a source itself is a perfect copy, and a JPEG file loses coherence."""
    no_matplotlib(monkeypatch)
    told = [*told, "--cache", str(tmp_path / "cache"), "--seeds", "2", "--presets", "official"]
    told += ["--published", str(tmp_path / "sources"), "--published-name", "copies", "--jpeg", "40"]
    script("table_published").main(told)
    table, text = result(tmp_path, "published")
    settings = table["settings"]
    copies = settings["published, copies"]
    assert copies["files"] and not settings["default"]["files"]
    assert copies["metrics"]["coherence"]["mean"] == 0 and copies["metrics"]["identity_share"]["mean"] == 1
    assert copies["n"] == 1 and settings["official"]["seeds"] == [1] and settings["default"]["seeds"] == [1, 2]
    plain, saved = (settings[name]["metrics"]["coherence"]["mean"] for name in ("official", "official, JPEG 40"))
    assert saved > plain
    mean = settings["default"]["metrics"]["completeness"]["mean"]
    assert copies["metrics"]["completeness"]["difference"]["mean"] == pytest.approx(-mean, rel=1e-2)
    assert "| published, copies | 1 |" in text


def test_completeness(script, told, tmp_path, monkeypatch):
    """Each search has a base of its own."""
    no_matplotlib(monkeypatch)
    script("table_completeness").main([*told, "--cache", str(tmp_path / "cache"), "--seeds", "1"])
    table, _ = result(tmp_path, "completeness")
    for method in ("exact", "patchmatch"):
        assert "difference" not in table["settings"][f"{method}: alpha inf"]["metrics"]["contrast"]
        assert "difference" in table["settings"][f"{method}: alpha 0.01"]["metrics"]["contrast"]


def test_engines(script, told, tmp_path, monkeypatch):
    """Both engines have their figures, training is told once for a picture, and is not done again."""
    pytest.importorskip("torch", reason="not on this machine: torch")
    no_matplotlib(monkeypatch)
    told = [*told, "--cache", str(tmp_path / "cache"), "--seeds", "2", "--iterations", "1", "--longest", "36"]
    module = script("table_engines")
    module.main([*told, "--paper", "tiny"])
    table, text = result(tmp_path, "engines")
    trained = table["settings"]["SinGAN, default"]["metrics"]
    assert trained["training_seconds"]["n"] == 1 and trained["training_seconds"]["mean"] > 0
    assert trained["megabytes"]["n"] == 1 and trained["patch_swd"]["n"] == trained["seconds"]["n"] == 2
    assert "difference" in trained["patch_swd"] and "difference" not in trained["seconds"]
    assert table["settings"]["GPNN, default"]["metrics"]["training_seconds"]["mean"] == 0
    assert "torch" in table["versions"] and table["sizes"] == {"tiny": "36 x 28"}
    assert "| SinGAN, paper | 2 |" in text and "seconds of training" in text
    assert not list((tmp_path / "cache" / "models").glob("*.part.*"))
    monkeypatch.setattr(sys.modules["trained"], "apart", None)
    module.main(told)
    again, _ = result(tmp_path, "engines")
    assert again["settings"]["SinGAN, default"] == table["settings"]["SinGAN, default"]


def test_a_stopped_training_goes_on(script, told, tmp_path, monkeypatch, make_picture):
    """A model whose training was stopped after a scale is the same as one that was trained at once."""
    pytest.importorskip("torch", reason="not on this machine: torch")
    trained = script("trained")
    from patchloom import io, singan

    params = singan.SinGANParams(min_size=11, iterations=2, channels=4)
    picture = make_picture(16, 20)
    trained.training_job(picture, params, 3, tmp_path / "whole.safetensors")
    save, saved = io.save_model, []

    def cut(path, model, *, force):
        save(path, model, force=force)
        saved.append(len(model.scales))
        if len(saved) == 2:
            raise KeyboardInterrupt

    monkeypatch.setattr(trained, "EVERY", math.inf)       # on a machine that stands still, too, only at scales' ends
    monkeypatch.setattr(trained.io, "save_model", cut)
    with pytest.raises(KeyboardInterrupt):
        trained.training_job(picture, params, 3, tmp_path / "parts.safetensors")
    assert saved == [1, 2] and (tmp_path / "parts.part.safetensors").exists()
    trained.training_job(picture, params, 3, tmp_path / "parts.safetensors")
    assert saved[2] == 3
    whole, parts = ((tmp_path / f"{name}.safetensors").read_bytes() for name in ("whole", "parts"))
    assert whole == parts and not (tmp_path / "parts.part.safetensors").exists()
    assert json.loads((tmp_path / "parts.json").read_text("utf-8"))["seconds"] > 0


def test_speed(script, told, tmp_path, monkeypatch):
    """One thread and two give the same bytes; seconds come with their spread."""
    no_matplotlib(monkeypatch)
    script("table_speed").main([*told, "--sizes", "32", "--seeds", "1", "--threads", "2"])
    table, text = result(tmp_path, "speed")
    one, two = table["cells"]
    assert (one["threads"], two["threads"], one["n"], one["seeds"]) == (1, 2, 1, [1])
    assert two["same_bytes"] and one["seconds"]["median"] > 0 and one["coherence"] > 0
    assert "| 32 | 1 |" in text and "the same bytes" in text


def test_figures(script, told, tmp_path):
    """With matplotlib there is a figure, the same at every run."""
    pytest.importorskip("matplotlib", reason="not on this machine: matplotlib")
    told = [*told, "--cache", str(tmp_path / "cache"), "--method", "patchmatch", "--only", "fold", "--seeds", "1"]
    figure = tmp_path / "figures" / "ablations.svg"
    found = []
    for _ in range(2):
        script("table_ablations").main([*told, "--figures", str(tmp_path / "figures")])
        found.append(figure.read_bytes())
    assert found[0] == found[1] and b"fold 1.7" in found[0]


def test_page(script, tmp_path):
    """A table goes between its marks, and a page without them is told of and left alone."""
    write = script("reports").write
    page = tmp_path / "page.md"
    page.write_text("before\n<!-- some -->\nold\n<!-- /some -->\nafter\n", "utf-8")
    write("some", {"n": 1}, "| new |", tmp_path, page)
    assert page.read_text("utf-8") == "before\n<!-- some -->\n| new |\n<!-- /some -->\nafter\n"
    with pytest.raises(SystemExit, match="has no marks <!-- other -->"):
        write("other", {"n": 1}, "| new |", tmp_path, page)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--pictures", "nothing"], "has no picture nothing"),
        (["--published", ".", "--published-name", "none"], "has no tiny.png or .jpg"),
    ],
)
def test_bad_input(script, told, tmp_path, monkeypatch, words, message):
    """What cannot be done is one line."""
    monkeypatch.chdir(tmp_path)
    told = [*told, "--cache", str(tmp_path / "cache"), "--seeds", "1", "--metrics", "coherence"]
    with pytest.raises(SystemExit, match=message):
        script("table_published").main([*told, *words, "--presets"])


@pytest.mark.parametrize(
    ("name", "page"),
    [("ablations", "ablations"), ("published", "quality"), ("completeness", "quality"), ("engines", "singan")],
)
def test_pages_hold_the_tables(name, page):
    """The docs show what the scripts wrote last."""
    tables = ROOT / "docs" / "tables"
    text = (ROOT / "docs" / f"{page}.md").read_text("utf-8")
    shown = text.partition(f"<!-- {name} -->\n")[2].partition(f"\n<!-- /{name} -->")[0]
    assert shown and f"{shown}\n" == (tables / f"{name}.md").read_text("utf-8")
    table = json.loads((tables / f"{name}.json").read_text("utf-8"))
    assert table["commits"] and table["command"].removeprefix("python experiments/table_").startswith(name)


def test_ablations_are_of_todays_default(script):
    """Each row of the docs' ablations still changes something, from settings that still are the default."""
    module = script("table_ablations")
    table = json.loads((ROOT / "docs" / "tables" / "ablations.json").read_text("utf-8"))
    params = {name: setting for group in module.GROUPS.values() for name, setting in group}
    assert set(table["settings"]) == {module.BASE, *params}
    assert all(setting != module.PLAIN for setting in params.values())

"""What a command reads besides its pictures: partners, companions and maps; and what is written beside a result."""

import json

import numpy as np
import pytest

from command_line import FAST, names, refused, run, save
from patchloom import io, plans
from patchloom.catalogue import Role, Task
from patchloom.cli import group
from patchloom.cli.command import TaskCommand

SEEN = []


def planned(pictures, options, params, seed):
    """Keep what a plan function gets, and plan something."""
    SEEN.append((pictures, options))
    maps = {name: found[0] if isinstance(found, tuple) else found for name, found in pictures.maps.items()}
    return plans.generate(pictures.source, size=options["size"], maps=maps, params=params, seed=seed)


@pytest.fixture
def made(monkeypatch):
    """Return a function that adds a command ``probe``; what its plans get is in `SEEN`."""
    SEEN.clear()

    def add(**task):
        probe = TaskCommand(Task("probe", "Probe", "Look.", planned, presets=("default",), **task), help="Look.")
        monkeypatch.setitem(group.commands, "probe", probe)
        return probe

    return add


def mean(image):
    return float(np.asarray(image).mean())


def flat(path, value, size=(32, 40)):
    return save(path, np.full((*size, 3), value, np.uint8))


# Maps

def test_a_map_that_is_a_channel_equals_the_result_s(photo, folder):
    red = np.asarray(io.read(photo).pixels)[..., 0]
    save(folder / "red.png", red)
    given = ("--seed", 3, "--map", "red=red.png", "--map-weight", "red=2", "--json", *FAST)
    told = json.loads(run("generate", photo, *given).stdout)["outputs"][0]
    assert told["maps"] == {"red": "photo_3_red.png"}
    made, follows = (np.asarray(io.read(name).pixels) for name in ("photo_3.png", "photo_3_red.png"))
    assert follows.shape == (32, 40)
    assert np.array_equal(made[..., 0], follows)
    about = io.read_metadata("photo_3.png")
    assert json.loads(about["patchloom:options"]) == {"tile": "", "map_weights": {"red": 2.0}}
    assert [source["role"] for source in json.loads(about["patchloom:sources"])] == ["image", "map red"]
    assert io.read_metadata("photo_3_red.png") == {**about, "patchloom:part": "map red"}


@pytest.mark.parametrize(("suffix", "dtype"), [(".png", np.uint16), (".exr", np.float32), (".tif", np.float16)])
def test_maps_keep_their_depth(photo, folder, make_picture, suffix, dtype):
    pytest.importorskip("OpenImageIO")
    deep = make_picture(32, 40).astype(np.float32) * 257
    deep = deep.astype(dtype) if dtype == np.uint16 else (deep / 65535 - 0.5).astype(dtype)
    io.write("deep" + suffix, deep)
    run("generate", photo, "--seed", 1, "--map", f"height=deep{suffix}", *FAST)
    made = io.read(f"photo_1_height{suffix}").pixels
    assert (made.dtype, made.shape) == (dtype, (32, 40, 3))
    assert not np.array_equal(made, deep)


def test_deep_pictures_and_their_red_channel(folder, make_picture):
    pytest.importorskip("OpenImageIO")
    deep = make_picture(32, 40).astype(np.uint16) * 257 + 3
    io.write("deep.png", deep)
    io.write("red.png", np.ascontiguousarray(deep[..., 0]))
    run("generate", "deep.png", "--seed", 1, "--out", "new.png", "--map", "red=red.png", *FAST)
    assert np.array_equal(io.read("new.png").pixels[..., 0], io.read("new_red.png").pixels)


def test_maps_from_a_folder_or_a_template(folder, make_picture):
    for i, name in enumerate(("a", "b")):
        save(folder / "in" / f"{name}.png", make_picture(32, 40, 3, i))
        save(folder / "normals" / f"{name}.jpg", make_picture(32, 40, 3, i))
        save(folder / f"{name}.png_rough.png", make_picture(32, 40, 1, i)[..., 0])
    run("generate", "in", "--seed", 1, "--map", "n=normals", "--map", "rough={name}_rough.png", "--out", "out/", *FAST)
    assert names(folder / "out") == [
        "a_1.png", "a_1_n.png", "a_1_rough.png", "b_1.png", "b_1_n.png", "b_1_rough.png"
    ]


def test_bad_maps(photo, folder, make_picture):
    save(folder / "small.png", make_picture(8, 8))
    save(folder / "n.png", make_picture(32, 40))
    (folder / "empty").mkdir()
    (folder / "text.png").write_text("not a picture")
    for given, message in (
        (("--map", "n.png"), "map='n.png': must be NAME=FILE"),
        (("--map", "a/b=n.png"), "map='a/b=n.png': must be NAME=FILE"),
        (("--map", "n=n.png", "--map", "n=small.png"), "map='n': was given twice"),
        (("--map", "n="), "map n='': must be a file, a folder or a template"),
        (("--map", "n=none.png"), "map n=none.png (no such file or directory)"),
        (("--map", "n=-"), "map n=-: must be a file, a folder or a template; only an argument can come from standard"),
        (("--map", "n=text.png"), "map n=text.png (not a picture of a known kind)"),
        (("--map", "n=empty"), "map n=empty (nothing of that name): the folder must have one picture called photo"),
        (("--map", "n={seed}.png"), "map n='{seed}.png': a template may hold {stem} and {name}"),
        (("--map", "n=small.png"), "map n=8 x 8 pixels: must be 40 x 32"),
        (("--map", "n=n.png", "--map-weight", "n=x"), "map_weight='n=x': must be NAME=NUMBER"),
        (("--map", "n=n.png", "--map-weight", "n=-1"), "weight of map n=-1.0: must be a number, 0 to 100"),
        (("--map-weight", "n=1"), "map_weights='n': is no map"),
        (("--map", "n=n.png", "--out", "-"), "out=-: --map writes beside a file"),
    ):
        done = run("generate", photo, *given, code=2)
        assert message in done.stderr
        assert done.stderr.count("\n") == 1
    save(folder / "photo_1_n.png", make_picture(8, 8))
    refused(folder, "generate", photo, "--seed", 1, "--map", "n=n.png", message="output=photo_1_n.png (exists)")


def test_a_map_is_not_replaced(photo, folder, make_picture):
    save(folder / "photo_1_n.png", make_picture(32, 40))
    refused(folder, "generate", photo, "--seed", 1, "--map", "n=photo_1_n.png", "--force", message=
            "output=photo_1_n.png (is an input)")


# Companions, pairs and many

def test_companions(made, folder):
    made(roles=(Role("mask", "White is meant."), Role("source_mask", "Where patches come from.", flag="source")))
    for i, name in enumerate(("a", "b")):
        flat(folder / "in" / f"{name}.png", 10 + i)
        flat(folder / "masks" / f"{name}.tif", 20 + i)
    flat(folder / "one.png", 30)
    run("probe", "in", "--mask", "masks", "--source", "one.png", "--seed", 1, "--out", "out/", *FAST)
    assert names(folder / "out") == ["a_probe_1.png", "b_probe_1.png"]
    assert {tuple(map(mean, (p.image, p.get("mask"), p.get("source_mask")))) for p, _ in SEEN} == {
        (10, 20, 30), (11, 21, 30)
    }
    run("probe", "in/a.png", "--seed", 1, *FAST)
    assert SEEN[-1][0].get("mask") is None


def test_a_missing_partner_is_that_input_s_error(made, folder):
    made(roles=(Role("mask", "White is meant.", required=True),))
    flat(folder / "in" / "a.png", 10)
    flat(folder / "in" / "b.png", 11)
    flat(folder / "masks" / "b.png", 20)
    done = run("probe", "in", "--mask", "masks", "--seed", 1, "--out", "out/", *FAST, code=1)
    assert done.stderr.splitlines()[0] == (
        "error: in/a.png: mask=masks (nothing of that name): the folder must have one picture called a; "
        "add it, or pass a file"
    )
    assert names(folder / "out") == ["b_probe_1.png"]
    refused(folder, "probe", "in", message="Missing option '--mask'; see patchloom probe --help")


def test_pairs(made, folder):
    made(takes=("source", "edited"))
    for i, name in enumerate(("a", "b")):
        flat(folder / "sources" / f"{name}.png", 10 + i)
        flat(folder / "edits" / f"{name}.png", 20 + i)
    run("probe", "sources/a.png", "edits", "--out", "out/{name}", "--seed", 1, *FAST)
    assert {(mean(p.source), mean(p.image)) for p, _ in SEEN} == {(10, 20), (10, 21)}
    SEEN.clear()
    run("probe", "sources", "edits", "--out", "out/", "--seed", 1, *FAST)
    assert {(mean(p.source), mean(p.image)) for p, _ in SEEN} == {(10, 20), (11, 21)}
    roles = json.loads(io.read_metadata("out/b_probe_1.png")["patchloom:sources"])
    assert [(source["role"], source["path"]) for source in roles] == [
        ("source", "sources/b.png"), ("edited", "edits/b.png")
    ]
    refused(folder, "probe", "-", "-", message="image=-: standard input can be given once; pass the other as a file")
    refused(folder, "probe", "none.png", "edits/a.png", message="source=none.png (no such file or directory)")
    refused(folder, "probe", "sources", message="Missing argument 'EDITED...'")


def test_results_are_of_the_source_s_kind(made, folder, make_picture):
    """The one that changes names the result; the other one's pixels decide what can hold it."""
    pytest.importorskip("OpenImageIO")
    made(takes=("source", "edited"))
    save(folder / "edited.png", make_picture(32, 40), icc_profile=b"of the edited")
    save(folder / "source.png", make_picture(32, 40), icc_profile=b"of the source")
    io.write("source.exr", make_picture(32, 40).astype(np.float32))
    io.write("edited.exr", make_picture(32, 40).astype(np.float32))
    for source, edited, result in (("source.exr", "edited.png", "edited_probe_1.exr"),
                                   ("source.png", "edited.exr", "edited_probe_1.png")):
        run("probe", source, edited, "--seed", 1, *FAST)
        assert io.read(result).pixels is not None
    assert io.read("edited_probe_1.png").icc == b"of the source"
    refused(folder, "probe", "source.exr", "edited.png", "--out", "new.png", message="edited.png: output=float as .png")
    refused(folder, "probe", "source.exr", "edited.png", "--out", "-", message="edited.png: out=-: standard output is "
            "PNG, which does not hold such pixels; try --out FILE.exr")


def test_many(made, folder):
    made(many=True)
    for i, name in enumerate(("a", "b", "c")):
        flat(folder / "in" / f"{name}.png", 10 + i)
        flat(folder / "n" / f"{name}.png", 20 + i)
    run("probe", "in", "in/a.png", "--map", "n=n", "--seed", 1, "--size", "50%", *FAST)
    assert {"a_probe_1.png", "a_probe_1_n.png"} < set(names(folder))
    pictures, options = SEEN[-1]
    assert [mean(image) for image in pictures.images] == [10, 11, 12, 10]
    assert [mean(image) for image in pictures.maps["n"]] == [20, 21, 22, 20]
    assert options["size"] == (16, 20)
    run("probe", "in/a.png", "in/b.png", "--map", "n=n/{stem}.png", "--seed", 2, *FAST)
    assert [mean(image) for image in SEEN[-1][0].maps["n"]] == [20, 21]
    both = "in/a.png and 1 more"
    said = "must be once for each of 2 pictures, in their order; or give one folder or template"
    refused(folder, "probe", "in/a.png", "in/b.png", "--map", "n=n/a.png", message=f"{both}: map n=given once: {said}")
    three = ("--map", "n=n/a.png") * 3
    refused(folder, "probe", "in/a.png", "in/b.png", *three, message=f"{both}: map n=given 3 times: {said}")

"""What `rerun` and `apply` make of files that other commands wrote."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from command_line import FAST, names, refused, run, save
from patchloom import catalogue, io, plans
from patchloom.cli import group
from patchloom.cli.command import TaskCommand, Words
from patchloom.cli.reshuffle import MOVES, SHIFT

GIVEN = ("--seed", 3, "--tile", "x", "--size", "120%x100%", *FAST)


def same(one, other):
    """Whether two files have the same bytes."""
    return Path(one).read_bytes() == Path(other).read_bytes()


@pytest.mark.parametrize("suffix", [".png", ".jpg", ".webp", ".tif"])
def test_rerun_gives_the_same_bytes(photo, folder, suffix):
    run("generate", photo, "--out", f"new{suffix}", *GIVEN)
    told = run("rerun", f"new{suffix}", "--json")
    assert same(f"new{suffix}", f"new_rerun{suffix}")
    assert told.stderr.splitlines()[1:] == [f"new_rerun{suffix} has the same bytes as new{suffix}"]
    entry = json.loads(told.stdout)["outputs"][0]
    assert (entry["same_pixels"], entry["same_bytes"], entry["seed"], entry["width"]) == (True, True, 3, 48)
    refused(folder, "rerun", f"new{suffix}", message=f"output=new_rerun{suffix} (exists)")


@pytest.mark.parametrize(("suffix", "dtype"), [(".png", np.uint16), (".tif", np.float32), (".exr", np.float16)])
def test_rerun_of_deep_pictures(folder, make_picture, suffix, dtype):
    pytest.importorskip("OpenImageIO")
    deep = make_picture(32, 40).astype(np.float32)
    io.write("deep" + suffix, (deep * 257 if dtype == np.uint16 else deep / 255).astype(dtype))
    run("generate", "deep" + suffix, "--seed", 1, "--preset", "paper", "--alpha", "inf", *FAST)
    run("rerun", f"deep_1{suffix}")
    assert same(f"deep_1{suffix}", f"deep_1_rerun{suffix}")


def test_rerun_with_maps_and_field(photo, folder):
    save(folder / "red.png", np.asarray(io.read(photo).pixels)[..., 0])
    given = ("--map", "red=red.png", "--map-weight", "red=0.5", "--save-nnf", "--out", "out/new.png")
    run("generate", photo, *given, *GIVEN)
    run("rerun", "out", "--save-nnf", "--out", "again/{name}")
    assert names(folder / "again") == ["new.npz", "new.png", "new_red.png"]
    assert all(same(f"out/{name}", f"again/{name}") for name in names(folder / "again"))
    refused(folder, "rerun", "out/new_red.png", message="output=out/new_red.png (the map red of a result): must be")
    refused(folder, "rerun", "out/new.npz", message="output=out/new.npz (the field of a result): must be")


def test_what_says_nothing_in_a_folder_is_passed_over(photo, folder):
    run("generate", photo, "--out", "out/new.png", *GIVEN)
    shutil.copy(photo, "out/plain.png")
    done = run("rerun", "out", "--source", ".", "--out", "again/{name}")
    assert "out/plain.png is passed over: it does not say how it was made\n" in done.stderr
    assert names(folder / "again") == ["new.png"]
    (folder / "plain").mkdir()
    shutil.copy(photo, "plain")
    refused(folder, "rerun", "plain", "--quiet", message="output=plain: is a folder without results")
    refused(folder, "rerun", "-", message="output=-: must be a file or a folder; save it first")


def test_inputs_that_moved(photo, folder):
    """Found by --source, under any name; by name beside the output or here; or not at all."""
    run("generate", "photo.png", "--out", "out/new.png", *GIVEN)
    (folder / "there").mkdir()
    shutil.move("photo.png", "there/other.png")
    refused(folder, "rerun", "out/new.png", message="image=photo.png (not found): out/new.png was made from it; pass "
                                                    "--source with the file or its folder")
    for number, source in enumerate(("there", "there/other.png")):
        run("rerun", "out/new.png", "--source", source, "--out", f"{number}.png")
        assert same("out/new.png", f"{number}.png")
    shutil.move("there/other.png", "out/photo.png")
    run("rerun", "out/new.png")
    assert same("out/new.png", "new_rerun.png")


def test_an_input_that_changed(photo, folder, make_picture):
    run("generate", "photo.png", "--out", "new.png", *GIVEN)
    shutil.copy("photo.png", "kept.png")
    save(photo, make_picture(32, 40, 3, 1))
    refused(folder, "rerun", "new.png", message="image=photo.png (changed since): must be what new.png was made from")
    run("rerun", "new.png", "--source", "kept.png")
    assert same("new.png", "new_rerun.png")


def test_standard_input_is_found_by_its_hash(photo, folder):
    run("generate", "-", "--out", "new.png", *GIVEN, input=photo.read_bytes())
    refused(folder, "rerun", "new.png", message="image=stdin (not found)")
    run("rerun", "new.png", "--source", "photo.png")
    assert same("new.png", "new_rerun.png")


def test_what_paths_are_recorded(photo, folder, make_picture, tmp_path_factory):
    """Relative ones as given, absolute ones only below the current folder."""
    other = save(tmp_path_factory.mktemp("private") / "photo.png", make_picture(32, 40))
    for given, path in (("./photo.png", "photo.png"), (photo, "photo.png"), (other, None)):
        run("generate", given, "--out", "new.png", "--force", *GIVEN)
        (source,) = json.loads(io.read_metadata("new.png")["patchloom:sources"])
        assert source.get("path") == path


def changed(path, **texts):
    """Write a picture of ours again with other metadata."""
    about = {**io.read_metadata(path), **{f"patchloom:{name}": text for name, text in texts.items()}}
    io.write(path, io.read(path).pixels, metadata=about, force=True)


def test_other_versions_and_other_pixels(photo, folder):
    run("generate", "photo.png", "--out", "new.png", *GIVEN)
    changed("new.png", version="0.0.7")
    with Image.open("new.png") as image:
        pixels = np.array(image)
    pixels[0, 0] ^= 1
    io.write("new.png", pixels, metadata=io.read_metadata("new.png"), force=True)
    lines = run("rerun", "new.png").stderr.splitlines()
    assert lines[0].startswith("warning: new.png was made by patchloom 0.0.7, and this is ")
    assert lines[-1] == "new_rerun.png has other pixels than new.png"
    assert io.read_metadata("new_rerun.png") == io.read_metadata("new.png")


def test_what_cannot_be_repeated(photo, folder):
    run("generate", "photo.png", "--out", "new.png", *GIVEN)
    run("generate", "photo.png", "--out", "new.bmp", *GIVEN)
    refused(folder, "rerun", "photo.png", message="output=photo.png (does not say how it was made): must be a file")
    refused(folder, "rerun", "new.bmp", message="output=new.bmp (does not say how it was made): must be a file")
    refused(folder, "rerun", "none.png", message="image=none.png (no such file or directory)")
    refused(folder, "rerun", "new.png", "--out", "photo.png", "--force", message="output=photo.png (is an input)")
    refused(folder, "rerun", "new.png", "--out", "new.png", "--force", message="output=new.png (is an input)")
    for texts in (
        {"parameters": "{"}, {"parameters": '{"alpha": -1}'}, {"parameters": '{"more": 1}'}, {"options": '{"more": 1}'},
        {"options": '{"tile": "z"}'}, {"options": '{"size": "1"}'}, {"options": "[]"},
        {"options": '{"map_weights": 1}'}, {"beside": '["more"]'}, {"parameters": "3"}, {"sources": "[]"},
        {"options": '{"tile": ' + "[" * 990 + "]" * 990 + "}"},
        {"sources": "[1]"},
        {"seed": "-1"}, {"seed": "x"},
    ):
        shutil.copy("new.png", "bad.png")
        changed("bad.png", **texts)
        refused(folder, "rerun", "bad.png", message="output=bad.png (")
    changed("bad.png", task="dance")
    refused(folder, "rerun", "bad.png", message="output=bad.png (made by dance): must be of a command")


def test_own_options_and_companions_come_back(photo, folder, make_picture, monkeypatch):
    """Flags, values that are no texts, a role of another name; what is written beside the result; a pair's second."""
    seen = []

    def plan(pictures, options, params, seed):
        moves = [(move.box, move.shift) for move in options["moves"]]
        images = (np.asarray(one).tobytes() for one in (*pictures.images, pictures.get("hole")))
        seen.append(({**options, "moves": moves}, *images))
        return plans.generate(pictures.source, params=params, seed=seed)

    own = catalogue.TASKS["reshuffle"].options
    task = catalogue.Task("probe", "Probe", "Look.", plan, presets=("default",), takes=("source", "edited"),
                          roles=(catalogue.Role("hole", "White.", flag="mask"),), options=own)
    words = Words({"moves": [MOVES], "shift": [SHIFT]}, lambda values: {"moves": values["moves"]})
    turned = {"preview": (lambda image: image.rotate(90, expand=True), "More.")}
    monkeypatch.setitem(group.commands, "probe", TaskCommand(task, help="Look.", beside=turned, words=words))
    for number, name in enumerate(("edited", "mask")):
        save(folder / "more" / f"{name}.png", make_picture(32, 40, 3, number))
    run("probe", photo, "more/edited.png", "--mask", "more/mask.png", "--move", "1,2,3,4:-1,2", "--move", "4,3,2,1:3,4",
        "--copy", "--preview", "--out", "new.png", *FAST)
    run("rerun", "new.png", "--quiet")
    moves = [((2, 1, 4, 3), (2, -1)), ((3, 4, 1, 2), (4, 3))]
    assert seen[0][0] == {
        "moves": moves, "shift": None, "copy": True, "region": "auto", "feather": None, "size": None
    }
    assert all(one == seen[0] for one in seen)
    roles = [one["role"] for one in json.loads(io.read_metadata("new.png")["patchloom:sources"])]
    assert roles == ["source", "edited", "hole"]
    assert same("new.png", "new_rerun.png")
    assert same("new_preview.png", "new_rerun_preview.png")
    refused(folder, "probe", photo, "more/edited.png", "--preview", "--out", "-",
            message="out=-: --preview writes beside a file")
    refused(folder, "probe", photo, "more/edited.png", "--mask", "none.png", message="mask=none.png (no such file")


def test_dry_rerun(photo, folder):
    run("generate", "photo.png", "--out", "new.png", *GIVEN)
    done = run("rerun", "new.png", "--dry-run")
    assert done.stderr.splitlines()[0] == "new.png: 40 x 32 -> 48 x 32, 1 picture, seed 3"
    assert names(folder) == ["new.png", "photo.png"]


# Apply

def test_apply_makes_the_map_of_the_run(photo, folder, make_picture):
    save(folder / "normals.png", make_picture(32, 40, 3, 1))
    run("generate", photo, "--map", "n=normals.png", "--save-nnf", *GIVEN)
    done = run("apply", "photo_3.npz", "normals.png", photo, "--json")
    assert names(folder)[:2] == ["normals.png", "normals_applied.png"]
    assert done.stderr == "normals_applied.png  48 x 32\nphoto_applied.png  48 x 32\n"
    for made, expected in (("normals_applied.png", "photo_3_n.png"), ("photo_applied.png", "photo_3.png")):
        assert io.read(made).pixels.tobytes() == io.read(expected).pixels.tobytes()
    told = json.loads(done.stdout)
    assert [entry["path"] for entry in told["outputs"]] == ["normals_applied.png", "photo_applied.png"]
    sources = json.loads(io.read_metadata("photo_applied.png")["patchloom:sources"])
    assert [source["role"] for source in sources] == ["field", "image"]
    data = run("apply", "photo_3.npz", photo, "--out", "-").stdout_bytes
    assert data == (folder / "photo_applied.png").read_bytes()


def test_the_field_of_a_collage_takes_its_pictures(folder, make_picture):
    """The run's source is their mosaic."""
    parts = [make_picture(32, cols, 3, cols) for cols in (24, 30)]
    for name, part in zip(("a", "b"), parts, strict=True):
        save(folder / f"{name}.png", part)
    save(folder / "both.png", np.concatenate(parts, axis=1))
    run("generate", "both.png", "--save-nnf", "--out", "new.png", *GIVEN)
    about = io.read_metadata("new.npz")
    (source,) = json.loads(about["patchloom:sources"])
    about["patchloom:sources"] = json.dumps([source, source])
    io.save_field("new.npz", io.load_field("new.npz"), metadata=about, force=True)
    done = run("apply", "new.npz", "a.png", "b.png", "--json")
    assert json.loads(done.stdout)["outputs"][0]["source"] == "a.png and 1 more"
    assert io.read("a_applied.png").pixels.tobytes() == io.read("new.png").pixels.tobytes()
    refused(folder, "apply", "new.npz", "a.png", message="images=1 pictures: new.npz is of a run with 2 sources; pass")


def test_bad_applications(photo, folder, make_picture):
    run("generate", photo, "--save-nnf", "--out", "new.png", *GIVEN)
    save(folder / "small.png", make_picture(8, 8))
    refused(folder, "apply", "none.npz", photo, message="field=none.npz (no such file or directory)")
    refused(folder, "apply", photo, photo, message=f"field={photo} (")
    refused(folder, "apply", "new.npz", "small.png", message="small.png: ")
    refused(folder, "apply", "new.npz", photo, "--out", "new.png", message="output=new.png (exists)")
    refused(folder, "apply", "new.npz", photo, "--out", photo, "--force", message=f"output={photo} (is an input)")
    refused(folder, "apply", "new.npz", photo, "--out", "{seed}.png", message="out='{seed}.png': unknown field {seed}")
    refused(folder, "apply", "new.npz", message="Missing argument 'IMAGE...'")

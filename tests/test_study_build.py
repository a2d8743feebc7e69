"""`study build`: one file that gives nothing away, the same for the same pictures; and what it refuses."""

import base64
import hashlib
import io as streams
import json
import re
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import patchloom
from command_line import names, refused, run, save
from patchloom import io, study
from patchloom.errors import FileError, ImageError, ParameterError
from patchloom.study import building
from patchloom.study.design import as_study
from patchloom.study.pairing import pairs
from studies import built, folders


def blocks(html):
    """The page's two blocks of data: the manifest, and the bytes of its pictures."""
    found = dict(re.findall(r'<script type="application/json" id="(\w+)">(.*?)</script>', html.decode(), re.S))
    return json.loads(found["study"]), {
        name: base64.b64decode(uri.partition(",")[2]) for name, uri in json.loads(found["pictures"]).items()
    }


# The page

def test_the_page_needs_nothing_else(folder, make_picture):
    page = built(folder, make_picture).page.html.decode()
    assert not re.search(r"https?://|//cdn|@import|url\(|<link(?! rel=\"icon\" href=\"data:,\")|\ssrc=", page)
    policy = re.search(r'Content-Security-Policy" content="([^"]+)"', page)[1]
    assert policy.startswith("default-src 'none'; script-src 'sha256-")
    assert "unsafe" not in policy
    scripts = re.findall(r"<script>(.*?)</script>", page, re.S)
    styles = re.findall(r"<style>(.*?)</style>", page, re.S)
    for kind, (text,) in (("script", scripts), ("style", styles)):
        digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        assert f"{kind}-src 'sha256-{digest}'" in policy
    assert " style=" not in page
    assert "{{" not in re.sub(r"<script.*?</script>", "", page, flags=re.S)


def test_no_name_stands_where_a_participant_may_see_it(folder, make_picture):
    made = built(folder, make_picture)
    shown = re.sub(r'<script type="application/json".*?</script>', "", made.page.html.decode(), flags=re.S)
    assert not re.search(r"p\d(_1)?\.png", shown)
    ids = list(made.page.study.pictures)
    assert all(re.fullmatch("[0-9a-f]{16}", name) for name in ids)
    assert ids == sorted(ids)
    assert list(blocks(made.page.html)[1]) == ids


@pytest.mark.parametrize(("encoding", "start"), [("png", b"\x89PNG"), ("jpeg", b"\xff\xd8\xff")])
def test_all_pictures_are_encoded_alike(folder, make_picture, encoding, start):
    """Whatever the files were: kind, depth, palette, profile and metadata are gone."""
    reals, fakes = folder / "real", folder / "fake"
    pixels = [make_picture(24, 32, 3, seed) for seed in range(4)]
    save(reals / "a.jpg", pixels[0], quality=90, icc_profile=b"a profile", comment=b"real")
    save(reals / "b.png", pixels[1], icc_profile=b"a profile")
    save(fakes / "a_1.png", pixels[2])
    io.write(fakes / "b_1.png", pixels[3].astype(np.uint16) * 257, metadata={"made": "by us"})
    made = study.build(io.find_images(reals), io.find_images(fakes), practice=0, form=building.Form(encoding=encoding))
    manifest, held = blocks(made.page.html)
    seen = set()
    for name, data in held.items():
        assert data.startswith(start)
        assert hashlib.sha256(data).hexdigest() == manifest["pictures"][name]["sha256"]
        with Image.open(streams.BytesIO(data)) as image:
            seen.add((image.mode, image.size, tuple(key for key in image.info if key not in ("jfif", "jfif_version"))))
            if encoding == "png" and manifest["pictures"][name]["name"] == "b_1.png":
                assert np.array_equal(np.asarray(image), pixels[3])
    assert len(seen) == 1
    assert seen.pop()[:2] == ("RGB", (32, 24))
    assert "JPEG" in made.notes[-1]


def test_the_same_study_for_the_same_pictures(folder, make_picture):
    first, again = (built(folder, make_picture) for _ in range(2))
    assert first.page.html == again.page.html
    others = [built(folder, make_picture, seed=1), built(folder, make_picture, title="Other"),
              built(folder, make_picture, trials=3), built(folder, make_picture, setups="paired")]
    assert len({one.page.study.id for one in (first, *others)}) == 5


def test_a_page_is_read_back_and_changes_are_noticed(folder, make_picture):
    made = built(folder, make_picture, title="A <b>title</b> & </script> more")
    assert b"A &lt;b&gt;title" in made.page.html
    path = folder / "s.html"
    path.write_bytes(made.page.html)
    assert study.read_page(str(path)).study == made.page.study
    for old, new in (('"trials":4', '"trials":3'), ("base64,iV", "base64,iW"), ('"name":"p0.png"', '"name":"p9.png"')):
        path.write_text(made.page.html.decode().replace(old, new, 1))
        with pytest.raises(FileError, match=r"s\.html \(changed since it was built\): must be as study build made it"):
            study.read_page(str(path))
    path.write_text(made.page.html.decode().replace('"trials":4', '"trials":"4"', 1))
    with pytest.raises(FileError, match="damaged manifest"):
        study.read_page(str(path))
    path.write_text(made.page.html.decode().replace('"format":1', '"format":2', 1))
    with pytest.raises(FileError, match="manifest of format 2"):
        study.read_page(str(path))
    for text in ("", "<html>", '<script type="application/json" id="study">[' + "[" * 100_000 + "</script>"):
        path.write_text(text)
        with pytest.raises(FileError, match="must be a page that patchloom study build made"):
            study.read_page(str(path))


def changed(manifest, change):
    """A copy of a manifest after a change."""
    copy = json.loads(json.dumps(manifest))
    change(copy)
    return copy


@pytest.mark.parametrize("change", [
    lambda m: m.update(trials=True), lambda m: m.update(trials=5), lambda m: m.update(trials=0),
    lambda m: m.pop("seed"), lambda m: m.update(practice=1), lambda m: m.update(title=3),
    lambda m: m.update(seed="one"), lambda m: m.update(more=1), lambda m: m.update(groups=m["groups"][:2]),
    lambda m: m["groups"].append(m["groups"][0]),
    lambda m: m["groups"][0].update(fakes=[]), lambda m: m["groups"][0].update(real="nobody"),
    lambda m: m["groups"][0].update(real=m["groups"][0]["fakes"][0], fakes=[m["groups"][0]["real"]]),
    lambda m: m["pictures"][m["groups"][0]["real"]].update(name=5), lambda m: m["setups"].append(m["setups"][0]),
    lambda m: m["pictures"][m["groups"][0]["real"]].update(width="5"), lambda m: m.update(setups="paired"),
    lambda m: m["setups"][0].update(milliseconds=3), lambda m: m.update(pictures=[]),
])
def test_a_manifest_that_does_not_fit_together_is_damaged(folder, make_picture, change):
    manifest = built(folder, make_picture).page.study.manifest()
    assert as_study(manifest, "x").manifest() == manifest
    with pytest.raises(FileError, match=r"^study=x \(damaged manifest\): must be as study build made it; build"):
        as_study(changed(manifest, change), "x")


def test_parts_of_the_page_are_installed():
    page = Path(patchloom.__file__).parent / "study" / "page"
    assert {path.name for path in page.iterdir()} == {"study.html", "study.css", *study.pages.SCRIPTS}
    assert all(len(path.read_text("utf-8").splitlines()) <= 300 for path in page.iterdir())


# Sizes

def test_side_brings_all_to_one_size(folder, make_picture):
    """Fakes are cut to the real's proportions, and nothing is enlarged."""
    save(folder / "real" / "a.png", make_picture(60, 80))
    save(folder / "fake" / "a_wide.png", make_picture(60, 100))
    save(folder / "fake" / "a_tall.png", make_picture(90, 80))
    save(folder / "fake" / "a_large.png", make_picture(120, 160))
    files = [io.find_images(folder / name) for name in ("real", "fake")]
    with pytest.raises(ImageError, match=r"fake=.*\(160 x 120\): must have its real's size, 80 x 60, or sizes would"):
        study.build(*files, practice=0)
    made = study.build(*files, practice=0, form=building.Form(side=40))
    assert {(one.width, one.height) for one in made.page.study.pictures.values()} == {(40, 30)}
    with pytest.raises(ImageError, match=r"side=81 .*made smaller only.*; try 79 or less"):
        study.build(*files, practice=0, form=building.Form(side=81))
    study.build(*files, practice=0, form=building.Form(side=80))
    save(folder / "fake" / "a_tiny.png", make_picture(12, 12))
    with pytest.raises(ImageError, match=r"side=16 .*a_tiny\.png has 12 x 9\).*; leave this picture out"):
        study.build(files[0], [folder / "fake" / "a_tiny.png"], practice=0, form=building.Form(side=16))


def test_a_cut_is_about_the_centre(make_picture):
    pixels = make_picture(60, 100)
    cut = study.encoding._cut(pixels, make_picture(60, 80))
    assert np.array_equal(cut, pixels[:, 10:90])


# Which fakes belong to which real

def test_pairs_by_name():
    reals = [Path(name) for name in ("flower.jpg", "flowers.png", "sky_2.png", "lonely.png")]
    fakes = [Path(name) for name in ("flowers_7.png", "flowers-8.png", "flower.png", "flower 1.jpg", "sky_2_1.png")]
    assert [(real.name, [fake.name for fake in own]) for real, own in pairs(reals, fakes)] == [
        ("flower.jpg", ["flower.png", "flower 1.jpg"]), ("flowers.png", ["flowers_7.png", "flowers-8.png"]),
        ("sky_2.png", ["sky_2_1.png"]),
    ]
    with pytest.raises(FileError, match=r"fake=flowerbed\.png: must have the name of a real picture"):
        pairs(reals, [Path("flowerbed.png")])
    with pytest.raises(FileError, match=r"real=a \(2 pictures of that name\): each must have a stem of its own"):
        pairs([Path("a.png"), Path("a.jpg")], [])


def test_unpaired_setups_need_no_partners(folder, make_picture):
    """Fakes of other names are dealt out, to reals without one first; each real still has at most one trial."""
    reals = [Path(f"{name}.png") for name in "abc"]
    dealt = pairs(reals, [Path(f"{name}.png") for name in ("a_1", "x", "y", "z")], by_name=False)
    assert [[fake.stem for fake in own] for _, own in dealt] == [["a_1", "z"], ["x"], ["y"]]
    real, fake = folders(folder, make_picture, 2)
    (fake / "p1_1.png").rename(fake / "other.png")
    refused(folder, "study", "build", real, fake, "--practice", 0, message=f"fake={fake / 'other.png'}: must have")
    run("study", "build", real, fake, "--practice", 0, "--setups", "unpaired")


def test_reals_without_fakes_are_told(folder, make_picture):
    real, fake = folders(folder, make_picture, 3)
    (fake / "p1_1.png").unlink()
    said = run("study", "build", real, fake, "--practice", 0).stderr.splitlines()
    assert said[0] == "note: 1 real picture without a fake, not shown"
    assert said[1] == ("note: 1 trial in each setup, so that nobody meets a picture twice: add pictures, or pass "
                       "--trials, up to 2")
    assert re.fullmatch(r"study\.html  2 real pictures with 2 fakes, 2 setups of 1 trial, practice 0, \d\.\d MB, "
                        "study [0-9a-f]{8}", said[2])
    assert [setup.name for setup in study.read_page("study.html").study.setups] == ["paired-1s", "unpaired-1s"]


# Setups and numbers

def test_setups():
    found = study.as_setups("unpaired-0.5s, paired,paired-2s")
    assert [(one.name, one.paired, one.milliseconds) for one in found] == [
        ("unpaired-0.5s", False, 500), ("paired", True, None), ("paired-2s", True, 2000)]
    for text, said in (("", "setups='': must be paired"), ("pair", "setups='pair': must be"),
                       ("paired-1", "setups='paired-1': must be"), ("paired,paired", "'paired': was given twice"),
                       ("paired-1s,paired-1.0s", "'paired-1s': was given twice"),
                       ("paired-0.01s", "shown for 0.05 to 60 s"), ("paired-61s", "shown for 0.05 to 60 s")):
        with pytest.raises(ParameterError, match=re.escape(said)):
            study.as_setups(text)


def test_trials_are_as_many_as_pictures_allow(folder, make_picture):
    with pytest.raises(ParameterError, match="practice=1: must be fewer than the 1 real picture with"):
        built(folder, make_picture, groups=1, practice=1)
    assert built(folder, make_picture, trials=4).page.study.trials == 4
    with pytest.raises(ParameterError, match="trials=3: must be at most 2, with 4 real pictures that can be shown with "
                                             "fakes, 2 of them for practice; add"):
        built(folder, make_picture, practice=2, trials=3)
    with pytest.raises(ParameterError, match="practice=4: must be fewer than the 4 real pictures with fakes, for they "
                                             "are not asked about; add pictures, or pass --practice 3"):
        built(folder, make_picture, practice=4)


@pytest.mark.parametrize(("setups", "practice", "trials", "meetings"), [
    ("paired", 0, 12, 1), ("paired", 3, 9, 1), ("paired-1s,unpaired-1s", 0, 6, 1), ("paired-1s,unpaired-1s", 1, 5, 1),
    ("paired-1s,paired", 2, 5, 1), ("paired-1s,paired,unpaired-1s,unpaired", 3, 1, 1),
    ("paired-1s,paired,unpaired-1s,unpaired", 6, 1, 1), ("paired-1s,paired,unpaired-1s,unpaired", 10, 1, 2),
    ("paired,unpaired", 11, 1, 2),
])
def test_without_being_asked_no_picture_is_shown_twice(folder, make_picture, setups, practice, trials, meetings):
    """As long as there are pictures for a trial in each setup; practice has its own then too, if they suffice."""
    real, fake = (io.find_images(one) for one in folders(folder, make_picture, 12, size=(8, 8)))
    made = study.build(real, fake, setups=study.as_setups(setups), practice=practice)
    assert (made.page.study.trials, made.page.study.meetings) == (trials, meetings)
    said = "meet a picture in up to" if meetings > 1 else f"trial{'s' * (trials > 1)} in each setup, so that nobody"
    assert [said in note for note in made.notes] == [True] * (trials < 12 - practice or meetings > 1)


def test_setups_that_share_pictures_are_told(folder, make_picture):
    real, fake = folders(folder, make_picture, 4)
    four = ("study", "build", real, fake, "--force", "--practice", 1, "--setups",
            "paired-1s,paired,unpaired-1s,unpaired")
    for trials, meetings in ((1, 2), (2, 3), (3, 4)):
        assert run(*four, "--trials", trials).stderr.splitlines()[0] == (
            f"note: participants meet a picture in up to {meetings} setups, and may know it again: add pictures, ask "
            f"for {'fewer --trials' if trials > 1 else 'less --practice'}, or build one study for each setup")
    nothing_less = run(*four, "--practice", 0, "--trials", 1).stderr
    assert "add pictures, or build one study" in nothing_less or "note: participants" not in nothing_less
    assert "note" not in run("study", "build", real, fake, "--practice", 1, "--setups", "paired", "--force").stderr


def test_too_much_for_a_page(folder, make_picture, monkeypatch):
    monkeypatch.setattr(building, "MOST_BYTES", 10_000)
    with pytest.raises(ParameterError, match="pictures=more than 0 MB: a page must fit into a browser; pass --side"):
        built(folder, make_picture)


def test_what_browsers_need_for_many_pixels_is_told(folder, make_picture, monkeypatch):
    assert built(folder, make_picture, setups="paired").notes == ()
    monkeypatch.setattr(building, "MANY_PIXELS", 8 * 24 * 32 - 1)
    assert built(folder, make_picture, setups="paired").notes == (
        "participants' browsers may need 0.0 GB for the pictures: --side makes them smaller",)


# The command

def test_build_writes_one_file(folder, make_picture):
    real, fake = folders(folder, make_picture, 4, 2)
    before = names(folder)
    done = run("study", "build", real, fake, "--out", "new/a.html", "--practice", 1, "--setups", "paired-1s,unpaired",
               "--seed", 2**64 - 1, "--trials", 3)
    assert names(folder) == sorted([*before, "new/a.html"])
    assert done.stdout == ""
    assert done.stderr.splitlines()[1].startswith(
        "new/a.html  4 real pictures with 8 fakes, 2 setups of 3 trials, practice 1, ")
    page = study.read_page("new/a.html")
    assert page.study.seed == 2**64 - 1
    assert run("study", "build", real, fake, "--out", "new/a.html", "--practice", 0, "--force", "--quiet").stderr == ""
    assert study.read_page("new/a.html").study.practice == 0


def test_build_of_single_files(folder, make_picture):
    real, fake = folders(folder, make_picture, 1)
    run("study", "build", real / "p0.png", fake / "p0_1.png", "--practice", 0, "--setups", "paired")
    assert study.read_page("study.html").study.trials == 1


@pytest.mark.parametrize(("options", "message"), [
    (["--trials", "0"], "trials=0: must be a whole number, 1 to 1000"),
    (["--practice", "x"], "practice='x': must be a whole number, 0 to 20"),
    (["--practice", "4"], "practice=4: must be fewer than the 4 real pictures with fakes"),
    (["--setups", "both"], "setups='both': must be paired, unpaired, or one of these with seconds; try"),
    (["--encoding", "gif"], "encoding='gif': must be one of png, jpeg"),
    (["--side", "8"], "side=8: must be a whole number, 16 to 4096"),
    (["--side", "100"], "side=100 ("),
    (["--seed", "-1"], "seed=-1: must be a whole number, 0 to 2**64 - 1"),
    (["--title", " "], "title=' ': must be 1 to 120 printable characters"),
    (["--title", "a\x07b"], "title='a\\x07b': must be 1 to 120 printable characters"),
    (["--out", "s.png"], "output suffix='.png': must be one of .html, .htm"),
    (["--out", "old.html"], "output=old.html (exists): is not overwritten"),
])
def test_build_refuses(folder, make_picture, options, message):
    real, fake = folders(folder, make_picture)
    (folder / "old.html").write_text("old")
    refused(folder, "study", "build", real, fake, *options, message=message)
    assert (folder / "old.html").read_text() == "old"


def test_build_refuses_pictures(folder, make_picture):
    real, fake = folders(folder, make_picture, 1)
    (folder / "empty").mkdir()
    command = ("study", "build", real, fake, "--practice", 0)
    refused(folder, *command[:2], "", fake, message="real='': must be a file or a folder")
    refused(folder, *command[:3], "empty", message="fake='empty': is a folder without pictures")
    for text in ("nowhere", "p0_2.png"):
        refused(folder, *command[:2], text, fake, message=f"real={text} (no such file or directory): must be")
        refused(folder, *command[:3], text, message=f"fake={text} (no such file or directory): must be")
    for mode in ("RGBA", "CMYK"):
        image = Image.new(mode, (32, 24), (10, 20, 30, 40))
        image.save(fake / "p0_1.tif")
        (fake / "p0_1.png").unlink(missing_ok=True)
        refused(folder, *command, message=f"image={fake / 'p0_1.tif'} ({'CMYK' if mode == 'CMYK' else 'transparent'}")
    save(fake / "p0_1.tif", make_picture(24, 30))
    refused(folder, *command, message=f"fake={fake / 'p0_1.tif'} (30 x 24): must have its real's size, 32 x 24")
    (fake / "p0_1.tif").write_bytes(b"no picture")
    refused(folder, *command, message=f"image={fake / 'p0_1.tif'} (not a picture of a known kind)")


def test_a_picture_is_real_or_fake(folder, make_picture):
    real, _ = folders(folder, make_picture)
    refused(folder, "study", "build", real, "./real", message=f"fake={real / 'p0.png'} (is a real picture too)")


def test_opaque_alpha_and_grey_are_taken(folder, make_picture):
    save(folder / "real" / "a.png", make_picture(24, 32, 1)[..., 0])
    Image.fromarray(make_picture(24, 32)).convert("RGBA").save(folder / "a_1.png")
    run("study", "build", "real", "a_1.png", "--practice", 0)


def test_help_of_the_commands():
    for name in ("build", "serve", "report"):
        text = run("study", name, "--help").stdout
        assert f"Examples:\n    patchloom study {name}" in text
        assert "default: " in text
    assert run("study").stdout == run("study", "--help").stdout
    refused(Path(), "study", "bulid", message="No such command 'bulid'")

"""Batches: what is refused before anything runs, as files would have one name, or be where nobody finds them."""

import json
import posixpath
import time
import zipfile

import numpy as np
import pytest

from command_line import FAST, refused, run, save
from patchloom.batch import files
from patchloom.cli.batch.checking import Named, check_places
from patchloom.cli.batch.naming import as_place
from patchloom.cli.batch.pairing import leads
from patchloom.errors import FileError, ParameterError


def check(*outs, inputs=(), maps=(), save_nnf=False):
    """Check results below one folder, or with folders of their own."""
    named = (Named(*(("/out", out) if isinstance(out, str) else out), maps, save_nnf) for out in outs)
    check_places(list(named), inputs)


@pytest.mark.parametrize(
    "outs",
    [
        ("x.png", "x.png"), ("x.png", "x{suffix}"), ("x{suffix}", "x.jpg"), ("x{suffix:s}", "x{suffix}"),
        ("x.png", "./x.png"), ("x.png", "a/../x.png"), ("a/x.png", ("/out/a", "x.png")),
        ("x_{width}.png", "x_30.png"), ("x_3x20{suffix}", "x_{width}x{height}{suffix}"),
        ("x_{width:04d}.png", "x_{width}{suffix}"), ("{width}/x.png", "30/x.png"), ("x{suffix}.png", "x.jpg.png"),
        (("s3://k/out", "x.png"), ("s3://k", "out/x{suffix}")),
    ],
)
def test_names_that_may_be_one(outs):
    """However they are written, and whichever comes first."""
    for some in (outs, outs[::-1]):
        with pytest.raises(FileError, match="several results would have this name"):
            check(*some)


@pytest.mark.parametrize(
    "outs",
    [
        ("x.png", "x.jpg"), ("x{suffix}", "y{suffix}"), ("x.png", "a/x.png"), ("x_{width}.png", "x_a.png"),
        ("x_{width}.png", "x_30_1.png"), ("x_{width}.png", "x_{width}_1.png"), ("{{width}}.png", "30.png"),
        ("{width}.png", "a/30.png"), (("s3://k", "x.png"), ("s3://l", "x.png")),
    ],
)
def test_names_that_differ(outs):
    check(*outs)


@pytest.mark.parametrize(
    ("outs", "how"),
    [
        (("a{suffix}", "a_n{suffix}"), {"maps": ("n",)}), (("a_n.png", "a.png"), {"maps": ("n",)}),
        (("a{width}_n.png", "a{width}.png"), {"maps": ("n",)}), (("a{width}.png", "a3_n.png"), {"maps": ("n",)}),
        (("a.png", "a.jpg"), {"save_nnf": True}), (("a{suffix:s}", "a.jpg"), {"save_nnf": True}),
        (("a3.png", "a{width}.jpg"), {"save_nnf": True}),
    ],
)
def test_files_beside_results_have_names_too(outs, how):
    for some in (outs, outs[::-1]):
        with pytest.raises(FileError, match=r"^out="):
            check(*some, **how)


def test_results_among_inputs(tmp_path):
    """In a folder that holds inputs, by whichever way there."""
    (tmp_path / "in").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "in")
    kept = str(tmp_path / "in")
    for out in ((kept, "x.png"), (str(tmp_path), "in/x.png"), (str(tmp_path / "link"), "x.png"), (kept, "./x.png")):
        with pytest.raises(FileError, match="holds inputs"):
            check(out, inputs=[kept])
    with pytest.raises(FileError, match="holds inputs"):
        check((str(tmp_path), "{width}/x.png"), inputs=[str(tmp_path / "30")])
    check((kept, "out/x.png"), (str(tmp_path), "in{width}/x.png"), inputs=[kept])


def test_many_folders_take_no_longer_each():
    """Where nothing is late, a folder is looked up; to compare each with each took seconds."""
    count = 4000
    begun = time.thread_time()
    check(*(f"{at}/x{{suffix}}" for at in range(count)), inputs=[f"/in/{at}" for at in range(count)])
    assert time.thread_time() - begun < 2


def test_nothing_in_a_process_own_memory(folder, make_picture):
    """What one process holds no other finds."""
    save(folder / "in" / "a.png", make_picture(24, 28))
    known = "must be where other processes find it, and memory:// is not"
    for place in ("memory://out/", "simplecache::memory://out/"):
        refused(folder, "batch", "generate", "in", "--out", place, message=f"out={place.rstrip('/')}: {known}")
    refused(folder, "batch", "generate", "memory://in/a.png", "--out", "out/", message=f"image=memory://in: {known}")
    given = ("in", "--out", "out/", "--map", "up=memory://maps/a.png")
    refused(folder, "batch", "generate", *given, message=f"image=memory://maps: {known}")
    given = ("in", "--out", "out/", "--manifest", "memory://list.jsonl")
    refused(folder, "batch", "generate", *given, message=f"manifest=memory://list.jsonl: {known}")


def test_files_told_as_urls(folder, make_picture):
    """They are the paths that they are, in whatever is given."""
    save(folder / "in dir" / "a.png", make_picture(24, 28))
    told = f"file://{folder}/in%20dir"
    for out in (told, f"{told}/", f"local://{folder}/in dir/{{stem}}_1.png"):
        refused(folder, "batch", "generate", "in dir", "--out", out, message=f"out={folder}/in dir: holds inputs")
    assert as_place(f"file://{folder}/o/", "{stem}.png") == as_place("o/", "{stem}.png")
    (lead,) = leads([f"{told}/*.png"])
    assert (lead.path, lead.root, lead.folder) == (f"{folder}/in dir/a.png", f"{folder}/in dir", ".")
    for elsewhere in ("file://in/", "file://in", "local://"):
        refused(folder, "batch", "generate", "in dir", "--out", elsewhere, message=f"path={elsewhere}: is of no file")


def test_a_name_that_two_seeds_share(folder, make_picture):
    """The map of one seed's result, and another picture's result of another seed."""
    for name in ("a", "a_0"):
        save(folder / "in" / f"{name}.png", make_picture(24, 28))
    given = ("in", "--map", "1=in/{name}", "--count", 2, "--force", "--out")
    refused(folder, "batch", "generate", *given, "out/", message="out='a_0_1{suffix}'")
    lines = [{"task": "generate", "image": "in/a.png", "out": out} for out in ("x.png", "x{suffix}", "x{suffix:s}")]
    (folder / "jobs.jsonl").write_text("\n".join(map(json.dumps, lines)))
    refused(folder, "batch", "jobs", "jobs.jsonl", "--force", "--out", "out/", message="out='x{suffix}': several")


@pytest.mark.parametrize("given", ["out/a_0.png", "out/a_0.PNG", "out/a_0_n.jpg", "out/a_0.npz", "s3://k/a.mp4"])
@pytest.mark.parametrize("more", [(), ("--force",)])
def test_a_list_by_the_name_of_a_result(folder, make_picture, given, more):
    """One of the two would be lost."""
    save(folder / "a.png", make_picture(24, 28))
    refused(folder, "batch", "generate", "a.png", "--out", "out/", "--manifest", given, *more,
            message=f"manifest={given}: is a list of lines, and results may end with .")


def test_endings_are_the_tasks(folder, make_picture):
    """A loop is no still, and what an input is called may end its result's name."""
    save(folder / "in" / "a.gif", make_picture(24, 28))
    refused(folder, "batch", "animate", "in", "--out", "out/{stem}.png",
            message="out='a.png': must end with {suffix} or one of .webp, ")
    refused(folder, "batch", "generate", "in", "--out", "out/{name}", message="out='a.gif': must end with")
    run("batch", "generate", "in", "--out", "out/{name}{suffix:s}", "--dry-run")


@pytest.mark.parametrize(("out", "template"), [
    ("b/{stem}.png", "b/{stem}.png"), ("b/../{stem}.png", "{stem}.png"), ("{root}/b/x.png", "b/x.png"),
    ("b/", "b/d.png"),
])
@pytest.mark.parametrize("root", ["/o", "s3://k/o"])
def test_places_of_lines(root, out, template):
    place = as_place(f"{root}/", "d.png").below(out.replace("{root}", root), "d.png")
    assert (place.folder, posixpath.normpath(place.template)) == (root, template)


@pytest.mark.parametrize("out", [
    "../x.png", "b/../../x.png", "/x.png", "s3://k/x.png", "s3://l/x.png", "{stem}/../../x",
])
@pytest.mark.parametrize("root", ["/o", "s3://k/o"])
def test_places_that_lines_may_not_have(root, out):
    with pytest.raises(ParameterError, match=rf"^out=.* must be below {root}, the folder of --out"):
        as_place(f"{root}/", "d.png").below(out, "d.png")


def test_pictures_in_an_archive(folder, make_picture):
    """What follows in a chain belongs to each that was found; names are those in the archive."""
    with zipfile.ZipFile(folder / "z.zip", "w") as archive:
        for number, name in enumerate(("a", "in/b", "in/c")):
            save(folder / "one.png", make_picture(24, 28, seed=number))
            archive.write(folder / "one.png", f"{name}.png")
    rest = f"::{folder}/z.zip"
    for given, found in (("*.png", ["a"]), ("in/*.png", ["in/b", "in/c"]), ("in", ["in/b", "in/c"]), ("", ["a"]),
                         ("in/b.png", ["in/b"])):
        assert [lead.path for lead in leads([f"zip://{given}{rest}"])] == [f"zip://{name}.png{rest}" for name in found]
    found = [(lead.stem, lead.folder) for lead in leads([f"zip://**/*.png{rest}"])]
    assert found == [("a", "."), ("b", "in"), ("c", "in")]
    run("batch", "generate", f"zip://in/*.png{rest}", "--out", "out/", "--iterations", 2, "--workers", 1)
    assert sorted(path.name for path in (folder / "out").glob("*.png")) == ["b_0.png", "c_0.png"]


def test_an_archive_with_masks_and_a_name_like_a_glob(folder, make_picture):
    """Only what is looked for in the archive may be a glob, or a folder."""
    mask = np.zeros((24, 28), np.uint8)
    mask[8:12, 8:14] = 255
    save(folder / "one.png", make_picture(24, 28))
    save(folder / "mask.png", mask)
    with zipfile.ZipFile(folder / "z[1].zip", "w") as archive:
        for name in ("in/a.png", "in/b.png", "in/c[1].png"):
            archive.write(folder / "one.png", name)
        for name in ("masks/a.png", "a.png", "b.png"):
            archive.write(folder / "mask.png", name)
    rest = f"::{folder}/z[1].zip"
    for given, found in (("in", ["in/a", "in/b", "in/c[1]"]), ("in/*[ab].png", ["in/a", "in/b"]),
                         ("in/b.png", ["in/b"]), ("in/c[[]1].png", ["in/c[1]"])):
        assert [lead.path for lead in leads([f"zip://{given}{rest}"])] == [f"zip://{name}.png{rest}" for name in found]
    assert [(lead.stem, lead.folder) for lead in leads([f"zip://in/b.png{rest}", f"zip://in{rest}"])][:2] == [
        ("b", "."), ("a", ".")]
    given = ("batch", "inpaint", f"zip://in/[ab].png{rest}", "--out", "out/", *FAST, "--workers", 1)
    done = run(*given, "--mask", f"zip://masks/{rest}", code=1)
    assert f"mask=zip://masks{rest} (no picture called b): the folder must have one" in done.stderr
    assert sorted(path.name for path in (folder / "out").glob("*.png")) == ["a_inpaint_0.png"]
    run(*given, "--mask", f"zip://{rest}", "--force")     # the archive's own folder
    assert sorted(path.name for path in (folder / "out").glob("*.png")) == ["a_inpaint_0.png", "b_inpaint_0.png"]


def test_nothing_is_written_into_an_archive(folder, make_picture):
    """That is told before anything runs; a cache before a URL is no archive."""
    save(folder / "a.png", make_picture(24, 28))
    told = "must be no place in an archive, which is only read; choose a folder, and pack that afterwards"
    for out in ("zip://::z.zip", "zip://o/{stem}.png::z.zip", "zip://o::s3://k/z.zip",
                "simplecache::zip://o/::s3://k/z"):
        refused(folder, "batch", "generate", "a.png", "--out", out, message=f"out={out}: {told}")
    refused(folder, "batch", "generate", "a.png", "--out", "out/", "--manifest", "zip://m.jsonl::z.zip",
            message=f"manifest=zip://m.jsonl::z.zip: {told}")
    (folder / "jobs.jsonl").write_text('{"task": "generate", "image": "a.png", "out": "zip://o/::z.zip"}\n', "utf-8")
    refused(folder, "batch", "jobs", "jobs.jsonl", "--out", "out/",
            message=f"jobs.jsonl, line 1: out=zip://o/::z.zip: {told}")
    assert as_place("simplecache::s3://k/o/", "d.png").folder == "simplecache::s3://k/o"


def test_a_picture_s_folder_leads_nowhere_else():
    """A URL keeps its dots: where the folder is none, they would lead above that of --out."""
    place = as_place("s3://k/o/", "d.png").below("{folder}/../x.png", "d.png")
    assert place.out({"folder": "a/b"}) == "a/x.png"
    with pytest.raises(ParameterError, match=r"^out='{folder}/../x.png' \(../x.png\): must be below s3://k/o, the"):
        place.out({"folder": "."})


@pytest.mark.parametrize(("url", "parts"), [
    ("zip://*.png::/tmp/z.zip", ("zip://*.png", "::/tmp/z.zip")), ("zip://::s3://k/z", ("zip://", "::s3://k/z")),
    ("simplecache::s3://k/*.png", ("simplecache::s3://k/*.png", "")), ("http://[::1]:80/a", ("http://[::1]:80/a", "")),
    ("filecache::zip://a::http://[::1]/z", ("filecache::zip://a", "::http://[::1]/z")),
])
def test_chains(url, parts):
    assert files.chained(url) == parts

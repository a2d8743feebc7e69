"""One job: every task, what stands already, what needs too much, what fails, and what is left if it ends in between."""

import json
import os
from dataclasses import replace

import fsspec
import numpy as np
import pytest
from PIL import Image

from command_line import names, run, save
from patchloom import catalogue, estimate, io, tasks
from patchloom.batch import files
from patchloom.batch import work as working
from patchloom.batch.job import How, Job, Source
from patchloom.batch.manifest import Manifest
from patchloom.batch.work import prepare, work
from patchloom.catalogue import TASKS, as_options, as_params
from patchloom.errors import DeviceError, DeviceMemoryError, MissingExtraError, ParameterError

FAST = {"iterations": 2, "coarsest": 16}
OWN = {
    "reshuffle": {"moves": [{"box": [4, 4, 8, 8], "shift": [10, 10]}]}, "extend": {"right": 8},
    "animate": {"frames": 4}, "collage": {"weights": [2, 1]}, "tile": {"axes": "x"},
}


def a_job(task="generate", out="{width}x{height}{suffix}", roles=(), **more):
    """A job of the pictures in the current folder, which are called as their roles."""
    kind = TASKS[task]
    takes = (*kind.takes, *kind.takes[-1:] * kind.many, *roles)
    sources = tuple(Source(role, files.absolute(f"{role}.png"), f"{role}.png") for role in takes)
    size = ((24, False), (28, False)) if kind.size == "required" else None
    usual = {
        "sources": sources, "options": as_options(kind, OWN.get(task, {})), "params": as_params(kind, numbers=FAST),
        "seed": 3, "folder": files.absolute("out"), "size": size,
    }
    return Job(0, task, out=out, **{**usual, **more})


@pytest.fixture(autouse=True)
def pictures(folder, make_picture):
    """Pictures by the names of roles, masks and maps among them."""
    for number, role in enumerate(("image", "source", "edited", "structure", "painting")):
        save(folder / f"{role}.png", make_picture(32, 36, seed=number))
    edited = make_picture(32, 36, seed=1)
    edited[8:14, 8:14] = 255
    save(folder / "edited.png", edited)
    mask = np.zeros((32, 36), np.uint8)
    mask[10:18, 12:22] = 255
    for role in ("hole", "mask"):
        save(folder / f"{role}.png", mask)
    save(folder / "map up.png", make_picture(32, 36, 1, seed=9)[..., 0])


ROLES = {"inpaint": ("hole",), "harmonise": ("mask",)}


# What is made

@pytest.mark.parametrize("task", TASKS)
def test_every_task(task, folder):
    """The first call makes a result that `rerun` makes again to the byte; the second finds that it stands."""
    job = a_job(task, roles=ROLES.get(task, ()))
    made = work(job, How())
    assert (made.state, made.error) == ("made", "") and made.seconds > 0 and made.worker
    path = folder / "out" / f"{made.width}x{made.height}{'.webp' if task == 'animate' else '.png'}"
    assert [file.path for file in made.files] == [str(path)]
    assert made.files[0] == files.as_file(str(path), path.read_bytes())
    assert [(one["role"], one["name"]) for one in made.sources] == [
        (one.role, f"{one.role}.png") for one in job.sources]
    again = json.loads(run("rerun", path, "--out", "again/", "--json").stdout)["outputs"]
    assert again[0]["same_bytes"] and (again[0]["width"], again[0]["height"]) == (made.width, made.height)
    changed = path.stat().st_mtime_ns
    stands = work(job, How(threads=2))
    assert stands.state == "stands" and path.stat().st_mtime_ns == changed
    assert replace(stands, state="made", seconds=0, worker="") == replace(made, seconds=0, worker="")


def test_it_makes_what_the_command_makes(folder):
    """With a map, a field, a size in per cent and a name that the worker completes: the same files."""
    job = a_job(roles=("map up",), size=((50, True), (150, True)), save_nnf=True, map_weights={"up": 0.5},
                out="{{a}}/image_generate_3_{width}{suffix}")
    made = work(job, How())
    run("generate", "image.png", "--size", "150%x50%", "--map", "up=map up.png", "--map-weight", "up=0.5", "--save-nnf",
        "--seed", 3, "--iterations", 2, "--coarsest", 16, "--out", "one/image_generate_3_{width}{suffix}")
    ours = [files.within(file.path, str(folder / "out" / "{a}")) for file in made.files]
    assert ours == ["image_generate_3_54.png", "image_generate_3_54.npz", "image_generate_3_54_up.png"]
    for name in ours:
        assert (folder / "out" / "{a}" / name).read_bytes() == (folder / "one" / name).read_bytes()


def test_neither_threads_nor_the_allowance_show():
    """How a job is done changes no byte."""
    hows = [How(), How(threads=3, force=True), How(memory=10**10, force=True), How(device="auto", force=True)]
    assert len({work(a_job(), how).files for how in hows}) == 1
    found = work(a_job(), How(device="abacus", force=True))
    assert found.final and found.error.startswith("device='abacus': must be ")


def test_in_and_out_through_urls(folder):
    """What was made of what is at a URL is what is made of a file; files say nothing of private places."""
    local = work(a_job(), How())
    files.place("memory://in/image.png", (folder / "image.png").read_bytes(), force=True)
    job = a_job(folder="memory://out")
    there = work(replace(job, sources=(Source("image", "memory://in/image.png"),)), How())
    assert there.state == "made" and there.files[0].path == "memory://out/36x32.png"
    ours, others = (io.read(None, data=files.read_bytes(one.files[0].path)).pixels for one in (local, there))
    assert np.array_equal(np.asarray(ours), np.asarray(others))
    sources = json.loads(io.read_metadata("a.png", data=files.read_bytes(there.files[0].path))[catalogue.SOURCES])
    assert [list(one) for one in sources] == [["role", "name", "sha256"]]
    assert work(replace(job, sources=(Source("image", "memory://in/image.png"),)), How()).state == "stands"
    fsspec.filesystem("memory").store.clear()


def test_web_addresses_are_not_told(monkeypatch, folder):
    """What stands behind a name may be a key to it."""
    data = (folder / "image.png").read_bytes()
    monkeypatch.setattr(files, "read_bytes", lambda path, what="image": data)
    job = a_job(sources=(Source("image", "https://x.org/a%20b.png?key=secret"),))
    made = work(job, How())
    assert [one["name"] for one in made.sources] == ["a b.png"]
    assert b"secret" not in (folder / "out" / "36x32.png").read_bytes()


# What stands

def test_another_result_is_not_replaced(folder):
    """Not by another seed, not for good: only with force."""
    path = folder / "out" / "36x32.png"
    work(a_job(), How())
    before = path.read_bytes()
    refused = work(a_job(seed=4), How())
    assert (refused.state, refused.final) == ("failed", True) and path.read_bytes() == before
    assert refused.error == f"output={path} (exists): is another result; --force replaces it, or choose another folder"
    forced = work(a_job(seed=4), How(force=True))
    assert forced.state == "made" and path.read_bytes() != before
    assert work(a_job(seed=4), How(force=True)).state == "made"


@pytest.mark.parametrize("junk", [b"", b"junk", b"\x89PNG\r\n\x1a\n"])
def test_what_is_no_result_is_not_replaced(folder, junk):
    """A file of the user's, or a damaged one."""
    (folder / "out").mkdir()
    (folder / "out" / "36x32.png").write_bytes(junk)
    refused = work(a_job(), How())
    assert refused.final and "is another result" in refused.error
    assert (folder / "out" / "36x32.png").read_bytes() == junk
    assert work(a_job(), How(force=True)).state == "made"


@pytest.mark.parametrize(("task", "out", "damaged"), [
    ("generate", "a.png", "a.png"), ("generate", "a.jpg", "a.jpg"), ("generate", "a.webp", "a.webp"),
    ("generate", "a.tif", "a.tif"), ("generate", "a.png", "a_up.png"), ("animate", "a.webp", "a.webp"),
    ("animate", "a.gif", "a.gif"),
])
def test_what_is_cut_off_does_not_stand(folder, task, out, damaged):
    """What it says about itself is often whole, and its pixels are not; somebody may want the rest of them."""
    job = a_job(task, out, roles=("map up",))
    made = work(job, How())
    path = folder / "out" / damaged
    whole = path.read_bytes()
    for length in (len(whole) * 9 // 10, len(whole) // 2):
        path.write_bytes(whole[:length])
        found = work(job, How())
        assert (found.state, found.final) == ("failed", True)
        assert found.error in (
            f"output={path}: cannot be read whole; --force makes it again",
            f"output={path} (exists): is another result; --force replaces it, or choose another folder",
        )
        assert path.read_bytes() == whole[:length]
    assert work(job, How(force=True)).files == made.files


def test_an_exr_whose_header_is_cut_off(folder):
    """It is the result that cannot be read, and no picture that is at fault: --force is the way out."""
    io.write(folder / "image.exr", np.random.default_rng(0).random((32, 36, 3), np.float32))
    job = a_job(out="a.exr", sources=(Source("image", str(folder / "image.exr")),))
    made = work(job, How())
    path = folder / "out" / "a.exr"
    whole = path.read_bytes()
    for length in (3, 8, 40, 200, 400, len(whole) // 2):
        path.write_bytes(whole[:length])
        found = work(job, How())
        assert found.error.startswith(f"output={path}") and "; --force " in found.error and found.final, length
    assert work(job, How(force=True)).files == made.files


@pytest.mark.parametrize("gone", ["36x32.png", "36x32_up.png", "36x32.npz"])
def test_what_is_missing_is_made_again(folder, gone):
    """All files or none: where one is gone, the job is done again, and the others stay what they are."""
    job = a_job(roles=("map up",), save_nnf=True)
    made = work(job, How())
    assert names(folder / "out") == ["36x32.npz", "36x32.png", "36x32_up.png"]
    (folder / "out" / gone).unlink()
    again = work(job, How())
    assert again.state == "made" and again.files == made.files and len(names(folder / "out")) == 3
    assert work(job, How()).state == "stands"


def test_a_map_in_the_place_of_the_result(folder):
    """A file beside a result says which part of it it is, and does not stand for another."""
    job = a_job(roles=("map up",))
    work(job, How())
    (folder / "out" / "36x32_up.png").replace(folder / "out" / "36x32.png")
    assert "is another result" in work(job, How()).error


def test_files_that_cannot_say_what_they_are(folder, make_picture):
    """BMP has no place for metadata: what is made is compared."""
    job = a_job(out="a.bmp")
    made = work(job, How())
    assert work(job, How()).files == made.files
    assert "is another result" in work(replace(job, seed=4), How()).error
    assert work(replace(job, seed=4), How(force=True)).files != made.files


@pytest.mark.parametrize("at", [1, 2, 3])
def test_the_result_is_written_last(folder, monkeypatch, at):
    """A worker that dies at any file leaves no result; the next one makes all."""
    job, placed = a_job(roles=("map up",), save_nnf=True), []
    place = files.place

    def dies(path, data, **how):
        placed.append(path)
        if len(placed) == at:
            raise KeyboardInterrupt
        place(path, data, **how)

    monkeypatch.setattr(files, "place", dies)
    with pytest.raises(KeyboardInterrupt):
        work(job, How())
    assert len(names(folder / "out") if at > 1 else []) == at - 1 and not (folder / "out" / "36x32.png").exists()
    monkeypatch.undo()
    assert work(job, How()).state == "made" and len(names(folder / "out")) == 3


@pytest.mark.parametrize("same", [True, False])
def test_two_workers_with_one_job(monkeypatch, folder, same):
    """Who comes second finds the same bytes, or another result."""
    put = files.place

    def rival(path, data, **how):
        put(path, data if same else b"other", **how)
        put(path, data, **how)

    monkeypatch.setattr(files, "place", rival)
    found = work(a_job(), How())
    assert found.state == ("made" if same else "failed") and ("is another result" in found.error) is not same
    assert not same or names(folder / "out") == ["36x32.png"]


# What an earlier run did

def earlier(job, outcome):
    """What the manifest says of a job."""
    with Manifest("list.jsonl", job.folder) as kept:
        kept.add(outcome)
    with Manifest("list.jsonl", job.folder) as kept:
        return kept.earlier[job.key]


def test_what_the_manifest_knows_is_not_planned(monkeypatch, folder):
    """Files and inputs with the hashes of the manifest: nothing is decoded."""
    job = a_job(roles=("map up",), save_nnf=True)
    made = work(job, How())
    entry = earlier(job, made)

    def fails(*arguments, **options):
        raise AssertionError("was decoded")

    monkeypatch.setattr(io, "read", fails)
    found = work(job, How(), entry)
    assert replace(found, state="made", seconds=0, worker="") == replace(made, seconds=0, worker="")
    assert found.state == "stands" and "was decoded" in work(job, How(force=True), entry).error
    moved = replace(job, folder=str(folder / "else"))
    assert "was decoded" in work(moved, How(), entry).error            # stands elsewhere, which is no help


def test_what_has_changed_since(folder, make_picture):
    """A file that is gone is made again; one of another hash and an input that changed are noticed."""
    job = a_job()
    made = work(job, How())
    entry, path = earlier(job, made), folder / "out" / "36x32.png"
    whole = path.read_bytes()
    path.unlink()
    assert work(job, How(), entry).state == "made" and path.read_bytes() == whole
    for data in (whole[:-20], b"other"):
        path.write_bytes(data)
        found = work(job, How(), entry)
        assert found.error == f"output={path}: its bytes are not those that the manifest has; --force makes it again"
        assert found.final and path.read_bytes() == data
    path.write_bytes(whole)
    save(folder / "image.png", make_picture(32, 36, seed=30))
    assert "is another result" in work(job, How(), entry).error


# Memory

def test_what_needs_more_than_it_may_is_not_begun(monkeypatch, folder):
    """It says what it needs, and with that it runs."""
    needs = work(a_job(), How(memory=200_000))
    assert needs.state == "needs" and needs.needs > 200_000 and not (folder / "out").exists()
    job = a_job()
    plan = prepare(job).plan
    exactly = estimate.peak_memory(plan)
    assert work(job, How(memory=exactly - 1)).needs == exactly == prepare(job).needs
    assert work(job, How(memory=exactly)).state == "made"
    assert work(job, How(memory=exactly - 1)).state == "stands"        # takes no run
    assert work(job, How(memory=exactly - 1, force=True)).state == "needs"


def test_what_is_far_too_large_is_not_even_planned(monkeypatch):
    """A plan may be large itself."""
    def fails(*arguments):
        raise AssertionError("was planned")

    monkeypatch.setattr(catalogue.Work, "plan", fails)
    found = work(a_job(size=((20000, False), (20000, False))), How(memory=10**9))
    assert found.state == "needs" and found.needs > 10**10


# What fails

@pytest.mark.parametrize(
    ("change", "message", "final"),
    [
        ({"sources": (Source("image", "/none/a.png"),)}, "image=/none/a.png (no such file or directory)", False),
        ({"sources": (Source("image", "memory://none/a.png"),)}, "image=memory://none/a.png (no such file)", False),
        ({"sources": (Source("image", "nowhere://a.png"),)}, "path=nowhere://a.png: fsspec cannot open", True),
        ({"out": "a.gif"}, "output suffix='.gif': must be one of .png", False),
        ({"out": "a"}, "output suffix=none: must be one of", False),
        ({"size": ((2, False), (2, False))}, "size=", True),
        ({"map_weights": {"up": 1.0}}, "map_weights='up': is no map", True),
        ({"out": "../image.png"}, "output=", False),
    ],
)
def test_errors_are_outcomes(change, message, final, folder):
    """One line each, and whether another try may help; nothing is written."""
    before = names(folder)
    found = work(a_job(**change), How(force=True))
    assert found.state == "failed" and found.error.startswith(message) and "\n" not in found.error
    assert (found.final, found.files, found.key) == (final, (), a_job(**change).key) and names(folder) == before


def test_pictures_that_are_none_stay_so(folder):
    """Corrupt, cut off, or too small: to read them again is no use."""
    whole = (folder / "image.png").read_bytes()
    Image.new("RGB", (3, 3)).save("small.png")
    for data in (b"junk", whole[: len(whole) // 2], (folder / "small.png").read_bytes()):
        (folder / "image.png").write_bytes(data)
        found = work(a_job(), How())
        assert (found.state, found.final) == ("failed", True), found.error


def test_errors_call_pictures_by_their_part(folder):
    """As the command line does."""
    (folder / "hole.png").write_bytes(b"junk")
    assert work(a_job("inpaint", roles=("hole",)), How()).error.startswith(f"mask={folder}/hole.png (not a picture")
    Image.new("RGB", (8, 8)).save("map up.png")
    assert work(a_job(roles=("map up",)), How()).error.startswith("map up=8 x 8 pixels: must be 36 x 32")


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (MemoryError(), "ran out of memory"), (OSError(5, "Input\nerror"), "OSError: [Errno 5] Input error"),
        (DeviceMemoryError("memory=full"), "memory=full"),
    ],
)
def test_whatever_goes_wrong_is_one_jobs_trouble(monkeypatch, error, message):
    """And may pass."""
    def fails(*arguments, **options):
        raise error

    monkeypatch.setattr(tasks, "run", fails)
    found = work(a_job(), How())
    assert (found.state, found.error, found.final) == ("failed", message, False)


def test_a_worker_whose_device_failed_does_no_more(monkeypatch):
    """All its later jobs would fail, and at once; other workers' need not."""
    assert not work(a_job(), How()).last
    unknown = RuntimeError("CUDA error: unspecified launch failure")
    for error, text in ((DeviceError("device=cuda:0: failed"), "device=cuda:0: failed"),
                        (unknown, f"RuntimeError: {unknown}")):

        def fails(*arguments, error=error, **options):
            raise error

        monkeypatch.setattr(tasks, "run", fails)
        found = work(a_job(), How(force=True))
        assert (found.state, found.error, found.final, found.last) == ("failed", text, False, True)


@pytest.mark.parametrize("kind", [ParameterError, MissingExtraError])
def test_a_worker_without_the_device_is_not_the_jobs_trouble(monkeypatch, kind):
    """Another worker may have it; what stands needs none."""
    def lacks(*arguments, **options):
        raise kind("device='cuda': torch sees no GPU")

    assert work(a_job(), How()).state == "made"
    monkeypatch.setattr(working, "engine_on", lacks)
    assert work(a_job(), How(device="cuda")).state == "stands"
    found = work(a_job(), How(device="cuda", force=True))
    assert (found.error, found.final, found.last) == ("device='cuda': torch sees no GPU", False, True)


def test_a_worker_without_work_keeps_nothing_of_a_gpu(monkeypatch):
    """Whatever became of its job; others may share it."""
    calls = []
    monkeypatch.setattr(working, "let_go", lambda: calls.append("let go"))
    monkeypatch.setattr(working, "engine_on", lambda *arguments, **options: 1 / 0)
    for device, expected in (("cpu", []), ("cuda", ["let go"])):
        assert work(a_job(), How(device=device)).state == "failed"
        assert calls == expected


@pytest.mark.parametrize("end", [KeyboardInterrupt, SystemExit])
def test_the_end_of_the_process_is_no_outcome(monkeypatch, end):
    """Ctrl-C ends a worker."""
    def ends(*arguments, **options):
        raise end

    monkeypatch.setattr(working, "prepare", ends)
    with pytest.raises(end):
        work(a_job(), How())


def test_inputs_are_never_replaced(folder):
    """Not even with force, and not through a link of either kind."""
    before = (folder / "image.png").read_bytes()
    (folder / "out").symlink_to(folder)
    (folder / "other.png").hardlink_to(folder / "image.png")
    for out in ("image.png", "./image.png", "other.png"):
        assert "inputs are not replaced" in work(a_job(out=out), How(force=True)).error
    files.place("memory://in/image.png", before, force=True)
    job = replace(a_job(folder="memory://in", out="image.png"), sources=(Source("image", "memory://in/image.png"),))
    assert "inputs are not replaced" in work(job, How(force=True)).error
    assert (folder / "image.png").read_bytes() == before == files.read_bytes("memory://in/image.png")


def test_what_was_left_of_other_results_goes_with_one_look(folder, make_picture, monkeypatch):
    """Each process looks through a folder once, however many results it puts there."""
    save(folder / "image.png", make_picture(24, 28))
    (folder / "out").mkdir()
    left = folder / "out" / f".patchloom-{'0' * 16}-{'1' * 16}.tmp"
    left.write_bytes(b"half")
    os.utime(left, (0, 0))
    files.tidy.cache_clear()
    looked = []
    monkeypatch.setattr(io, "clear", lambda path, clear=io.clear: (looked.append(path), clear(path)))
    for seed in (0, 1):
        assert work(a_job(seed=seed, out=f"{seed}{{suffix}}"), How()).state == "made"
    assert looked == [folder / "out"]
    assert names(folder / "out") == ["0.png", "1.png"]

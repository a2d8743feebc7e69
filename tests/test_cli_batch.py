"""``patchloom batch``: options, pictures, names, what is told, exit codes; most workers are in this process."""

import json
import os
import re
import signal
import string
import subprocess
import sys
import warnings
from io import BytesIO, StringIO
from pathlib import Path

import click
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, PngImagePlugin
from rich.console import Console

from command_line import FAST, names, refused, run, save
from patchloom.batch import scheduling
from patchloom.batch.connecting import PATIENCE
from patchloom.batch.job import Outcome
from patchloom.cli import group
from patchloom.cli.batch import checking, running
from patchloom.cli.batch.lines import lines
from patchloom.cli.batch.naming import BATCH_FIELDS, LATE, as_place
from patchloom.cli.batch.pairing import Lead, leads
from patchloom.cli.batch.reporting import Report, duration
from patchloom.errors import PatchloomError

BATCH = group.commands["batch"]
TASKS = [name for name in BATCH.commands if name != "jobs"]
POSIX = pytest.mark.skipif(os.name != "posix", reason="not on this machine: no signals")


class Here:
    """A pool whose one worker is this process."""

    window, budget, allotment = 1, None, None

    def __init__(self, function, workers, memory):
        self.function, self.asked, self.ended, self.tickets = function, (workers, memory), [], 0

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def submit(self, job, how, earlier):
        self.tickets += 1
        self.ended.append(scheduling.Ended(self.tickets, self.function(job, how, earlier)))
        return self.tickets

    def wait(self, seconds):
        found, self.ended = self.ended, []
        return found

    def close(self):
        """Nothing is under way."""


@pytest.fixture
def here(monkeypatch):
    """Have this process be the only worker."""
    monkeypatch.setattr("patchloom.batch.local.LocalPool", Here)


@pytest.fixture
def photos(folder, make_picture):
    """Return a folder of three small pictures."""
    for number, name in enumerate(("a", "b", "c")):
        save(folder / "photos" / f"{name}.png", make_picture(24, 28, seed=number))
    return folder / "photos"


def manifest(path):
    """Entries of a manifest."""
    return [json.loads(line) for line in Path(path).read_text("utf-8").splitlines()]


# Options

@pytest.mark.parametrize("name", TASKS)
def test_options_are_those_of_the_task(name):
    """What says what is made has the same names, flags, help and defaults; only the seed's default differs."""
    own = {option.name: option for option in group.commands[name].params}
    many = {option.name: option for option in BATCH.commands[name].params}
    where = {"threads", "memory", "out", "force", "as_json", "quiet", "dry_run", "device", "preview"}
    assert set(own) - where <= set(many)
    for option in set(own) - where - {"seed", "count"}:
        assert (many[option].opts, many[option].type.name) == (own[option].opts, own[option].type.name)
        assert many[option].required == own[option].required
        assert getattr(many[option], "help", None) == getattr(own[option], "help", None)
    assert "[default: 0, " in many["seed"].help
    assert many["device"].default == own["device"].default == "cpu"
    assert "preview" not in many


def test_every_task_is_there():
    assert set(TASKS) == {name for name, command in group.commands.items() if hasattr(command, "task")}


def test_help_tells_defaults_and_ends_with_examples():
    for arguments in ((), *((name,) for name in BATCH.commands)):
        text = run("batch", *arguments, "--help").stdout
        assert " ".join(("\n    patchloom batch", *arguments)) in text
    for option in (option for command in BATCH.commands.values() for option in command.params):
        if not (isinstance(option, click.Argument) or option.is_flag):
            assert option.required or "default: " in option.help, option.name
    assert run("batch").stdout == run("batch", "--help").stdout


def test_help_loads_nothing_optional():
    code = (
        "import sys\nfrom patchloom.cli import group\n"
        "for words in (['batch', '--help'], ['batch', 'generate', '--help']):\n"
        "    try: group.main(words, prog_name='patchloom')\n"
        "    except SystemExit: pass\n"
        "sys.stderr.write(' '.join(sorted({name.partition('.')[0] for name in sys.modules})))"
    )
    code += "\nassert not [name for name in sys.modules if name.startswith(('patchloom.metrics', 'patchloom.singan'))]"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not {"loky", "joblib", "distributed", "dask", "fsspec", "torch", "PIL"} & set(done.stderr.split())


# Names

FIELDS = {"stem": "a{b}", "name": "a{b}.png", "seed": 7, "index": 3, "task": "tile", "folder": "x/y"}
KNOWN_LATE = {"width": 30, "height": 20, "suffix": ".png"}
PARTS = st.sampled_from(
    [*(f"{{{name}}}" for name in BATCH_FIELDS), "{index:03d}", "{width:05d}", "{stem!r}", "{{x}}", "b", "/c"]
)


@given(st.lists(PARTS, min_size=1, max_size=6))
def test_names_are_filled_in_two_steps_as_in_one(parts):
    """What a worker makes of a job's name is what the whole template says."""
    template = "out/z" + "".join(parts) + "{seed}"
    place = as_place(template, "unused")
    late = place.out(FIELDS)
    left = {name for _, name, _, _ in string.Formatter().parse(late) if name is not None}
    assert left <= set(LATE)
    made = Path(place.folder, late.format(**KNOWN_LATE))
    assert made == Path.cwd() / os.path.normpath(template.format(**FIELDS, **KNOWN_LATE))


@pytest.mark.parametrize(
    ("out", "below", "template"),
    [
        ("out", "{here}/out", "{stem}.png"),
        ("out/", "{here}/out", "{stem}.png"),
        ("out/{stem}/x{seed}.png", "{here}/out", "{stem}/x{seed}.png"),
        ("{seed}.png", "{here}", "{seed}.png"),
        ("one.png", "{here}", "one.png"),
        ("/a/b{{c}}/d{index}.png", "/a/b{c}", "d{index}.png"),
        ("/{stem}/x.png", "/", "{stem}/x.png"),
        ("s3://bucket/out", "s3://bucket/out", "{stem}.png"),
        ("s3://bucket/out/", "s3://bucket/out", "{stem}.png"),
        ("s3://bucket", "s3://bucket", "{stem}.png"),
        ("s3://bucket/{task}/{seed}.png", "s3://bucket", "{task}/{seed}.png"),
        ("memory://out/{task}/", "memory://out", "{task}/{stem}.png"),
        ("s3://bucket/one.png", "s3://bucket", "one.png"),
    ],
)
def test_places(folder, out, below, template):
    place = as_place(out, "{stem}.png")
    assert (place.folder, place.template) == (below.replace("{here}", str(folder)), template)


def test_a_folder_with_braces_means_itself(folder):
    (folder / "a{b}").mkdir()
    place = as_place("a{b}", "{stem}.png")
    assert (place.folder, place.template) == (str(folder / "a{b}"), "{stem}.png")


@pytest.mark.parametrize(
    ("out", "message"),
    [
        ("-", "out=-: must be a folder or a template"),
        ("", "out='': must be a file, a folder or a template"),
        ("out/{date}.png", "out='out/{date}.png': unknown field {date}"),
        ("out/{stem", "out='out/{stem': braces do not match"),
        ("out/{stem:d}.png", "out='out/{stem:d}.png': has a field with a format that does not fit"),
        ("out/{suffix:d}", "out='out/{suffix:d}': has a field with a format that does not fit"),
        ("s3://{stem}/x.png", "out='s3://{stem}/x.png': what follows :// must be a name"),
        ("s3://bucket/{date}", "out='s3://bucket/{date}': unknown field {date}"),
        ("one.png", "out='one.png': is one name, and 3 pictures result"),
        ("out/one.png", "out='out/one.png': is one name, and 3 pictures result"),
        ("out/{seed}.png", "out='0.png': several results would have this name"),
        ("photos", "out={photos}: holds inputs, for which a later run would take the results"),
        ("{task}/../photos/{stem}.png", "out={photos}: holds inputs"),
        ("q/{stem}.xyz", "out='a.xyz': must end with {suffix} or one of .png, "),
        ("out/{stem}", "out='a': must end with {suffix} or one of .png, "),
        ("s3://bucket/{stem}.{width}", "out='a.{width}': must end with {suffix} or one of .png, "),
    ],
)
def test_bad_names(photos, folder, out, message):
    refused(folder, "batch", "generate", photos, "--out", out, message=message.replace("{photos}", str(photos)))


# Pictures

@pytest.fixture
def tree(folder, make_picture):
    """Return a folder with pictures at several depths, and files that are none."""
    for name in ("a.png", "x/b.jpg", "x/y/c.png", "x/y/.hidden.png"):
        (folder / "in" / name).parent.mkdir(parents=True, exist_ok=True)
        save(folder / "in" / name, make_picture(24, 28))
    (folder / "in" / "notes.txt").write_text("no picture")
    return folder / "in"


def found(*images):
    """What arguments stand for: path below the current folder, and folder below where it was looked."""
    return [(Path(lead.path).relative_to(Path.cwd()).as_posix(), lead.folder) for lead in leads(images)]


def test_files_folders_and_globs(tree):
    assert found("in") == [("in/a.png", ".")]
    assert found("in/x/y/c.png", "in/a.png") == [("in/x/y/c.png", "."), ("in/a.png", ".")]
    assert found("in/**/*.*") == [("in/a.png", "."), ("in/x/b.jpg", "x"), ("in/x/y/c.png", "x/y")]
    assert found("in/x*/*") == [("in/x/b.jpg", "x")]
    assert found(f"{tree}/x/**/*.png") == [("in/x/y/c.png", "y")]
    (tree / "x[1].png").write_bytes((tree / "a.png").read_bytes())
    assert found("in/x[1].png") == [("in/x[1].png", ".")]
    assert [lead.told for lead in leads(["in/a.png", str(tree / "a.png")])] == ["in/a.png", ""]


@pytest.mark.parametrize("image", ["", "-", "in/*.tif", "in/x/none*", "in/none.png", "none"])
def test_arguments_that_stand_for_nothing(tree, image):
    refused(tree.parent, "batch", "generate", image, "--out", "out/", message="image=")


def test_folders_of_a_url():
    lead = Lead("gs://bucket/a/b/c.png", "gcs://bucket/a")
    assert (lead.name, lead.stem, lead.folder) == ("c.png", "c", "b")


def test_results_in_folders_like_those_of_the_inputs(tree, here):
    run("batch", "generate", "in/**/*", "--out", "out/{folder}/{name}_{seed}.png", *FAST)
    assert names(tree.parent / "out") == ["a.png_0.png", "manifest.jsonl", "x/b.jpg_0.png", "x/y/c.png_0.png"]


def test_two_inputs_of_one_name(tree, make_picture):
    save(tree / "x" / "a.png", make_picture(24, 28))
    refused(tree.parent, "batch", "generate", "in/**/*.png", "--out", "out/", message="out='a_0{suffix}': several")


@pytest.mark.parametrize("form", ["masks", "masks/", "masks/{stem}.png", "{here}/masks/{folder}/{stem}.png"])
def test_masks_of_each_picture(photos, folder, make_picture, here, form):
    """A folder or a template has a mask for each; where it is missing, that job fails and the others are done."""
    masks = folder / "masks"
    for name in ("a", "c"):
        white = make_picture(24, 28)
        white[...] = 0
        white[8:14, 8:14] = 255
        save(masks / f"{name}.png", white)
    given = ("--mask", form.replace("{here}", str(folder)))
    done = run("batch", "inpaint", "photos", *given, "--out", "out/", *FAST, code=1)
    assert names(folder / "out") == ["a_inpaint_0.png", "c_inpaint_0.png", "manifest.jsonl"]
    error = next(line for line in done.stderr.splitlines() if line.startswith("error: "))
    told = rf"{masks}/(\./)?b\.png \(no such file" if "{" in form else rf"{masks} \(no picture called b\): the folder"
    assert re.match(rf"error: photos/b\.png seed 0: mask={told}", error)
    for name in ("a", "c"):
        run("inpaint", f"photos/{name}.png", "--mask", f"masks/{name}.png", "--seed", 0, "--out", "alone/", *FAST)
        alone = (folder / "alone" / f"{name}_inpaint_0.png").read_bytes()
        if "{here}" not in form:                          # absolute paths are not told
            assert alone == (folder / "out" / f"{name}_inpaint_0.png").read_bytes()


def test_one_input_given_twice(photos, folder):
    twice = ("photos/a.png", "photos")
    refused(folder, "batch", "generate", *twice, "--out", "out/", message=f"image={photos}/a.png: is given twice")


def test_pictures_in_subfolders_are_told_of(tree, here):
    """Those of the folder itself are taken; results that lie below are not counted."""
    told = 'in: 2 pictures in subfolders are left out; "in/**/*" takes them too'
    for _ in range(2):
        done = run("batch", "generate", "in", "--out", "in/out/", *FAST)
        assert done.stderr.splitlines()[0] == told
    assert "left out" not in run("batch", "generate", "in/**/*.jpg", "in/a.png", "--out", "more/", *FAST).stderr
    assert run("batch", "generate", "in", "--out", "quiet/", "--quiet", *FAST).stderr == ""


def test_two_masks_of_one_stem(photos, folder, pixels):
    for suffix in ("png", "bmp"):
        save(folder / "masks" / f"b.{suffix}", pixels)
    given = ("--mask", "masks", "--out", "out/")
    refused(folder, "batch", "inpaint", "photos", *given, message="mask=masks (b.bmp, b.png): the folder must have one")


def test_pairs_maps_and_many(photos, folder, here):
    """The fixed picture, maps for each and for all, and a task whose pictures make one result."""
    run("batch", "analogy", "photos/a.png", "photos/b.png", "photos/c.png", "--out", "out/", *FAST)
    run("batch", "generate", "photos", "--map", "up=photos/{name}", "--out", "maps/", *FAST)
    run("batch", "collage", "photos", "--map", "up=photos", "--count", 2, "--size", "30x20", "--out", "many/", *FAST)
    assert names(folder / "out") == ["b_analogy_0.png", "c_analogy_0.png", "manifest.jsonl"]
    assert [path for path in names(folder / "maps") if "up" in path] == [f"{stem}_0_up.png" for stem in "abc"]
    assert names(folder / "many") == [
        "a_collage_0.png", "a_collage_0_up.png", "a_collage_1.png", "a_collage_1_up.png", "manifest.jsonl"
    ]
    told = manifest("many/manifest.jsonl")
    roles = [source["role"] for source in told[0]["sources"]]
    assert roles == ["image"] * 3 + ["map up"] * 3


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("generate", "photos", "--map", "up="), "map up=''"),
        (("generate", "photos", "--map", "up=photos", "--map", "up=photos"), "map='up'"),
        (("generate", "photos", "--map-weight", "up=1"), "map_weights='up': must be of a map that is given (none)"),
        (("collage", "photos", "--map", "up=photos/a.png"), "map up=given once: must be once for each of 3 pictures"),
        (("analogy", "-", "photos"), "source='-'"),
        (("analogy", "none.jpg", "photos"), "source={here}/none.jpg (no such file): must be a file"),
        (("inpaint", "photos", "--mask", "none.png"), "mask={here}/none.png (no such file): must be a file"),
        (("inpaint", "photos"), "mask=none: exactly one must say where the hole is"),
        (("extend", "photos"), "size=none: something must be added"),
        (("generate", "photos", "--workers", "0"), "workers=0"),
        (("generate", "photos", "--retries", "-1"), "retries=-1"),
        (("generate", "photos", "--scheduler", "tcp://127.0.0.1:9", "--workers", "2"), "workers=2: is for this"),
        (("generate", "photos", "--scheduler", "tcp://127.0.0.1:9", "--memory", "2GB"), "memory=2000000000: is for"),
        (("generate", "photos", "--scheduler", "photos/a.png"), "scheduler=photos/a.png: must be an address"),
        (("generate", "photos", "--seed", str(2**64 - 1), "--count", "2"), "seed="),
        (("generate", "photos", "--device", "abacus"), "device='abacus'"),
    ],
)
def test_bad_requests(photos, folder, arguments, message):
    """Told in one line before anything runs."""
    refused(folder, "batch", *arguments, "--out", "out/", message=message.replace("{here}", str(folder)))


# What it makes

def test_results_are_those_of_the_task_s_own_command(photos, folder):
    """Two real workers make the bytes that the command makes which does it once; again, all stands."""
    given = ("--count", 2, "--seed", 3, "--size", "120%", "--save-nnf", *FAST)
    done = run("batch", "generate", "photos", *given, "--workers", 2, "--out", "out/", "--json")
    run("generate", "photos", *given, "--out", "alone/")
    results = [path for path in names(folder / "out") if path != "manifest.jsonl"]
    assert results == names(folder / "alone")
    for name in results:
        assert (folder / "out" / name).read_bytes() == (folder / "alone" / name).read_bytes()
    told = json.loads(done.stdout)
    assert {**told, **{"jobs": 6, "made": 6, "standing": 0, "failed": 0, "failures": []}} == told
    assert told["manifest"] == str(folder / "out" / "manifest.jsonl")
    assert re.search(r"^6 jobs in \S+ s: 6 made; ", done.stderr, re.M)
    before = (folder / "out" / "manifest.jsonl").read_bytes()
    again = run("batch", "generate", "photos", *given, "--workers", 1, "--out", "out/", "--json")
    told = json.loads(again.stdout)
    assert {**told, **{"jobs": 6, "made": 0, "standing": 6, "failed": 0}} == told
    assert (folder / "out" / "manifest.jsonl").read_bytes() == before


def test_jobs_are_numbered_pictures_first(photos, here):
    run("batch", "generate", "photos", "--count", 2, "--out", "out/", *FAST)
    told = manifest("out/manifest.jsonl")
    assert [(one["number"], one["files"][0]["path"]) for one in told] == [
        (number, f"{stem}_{seed}.png") for number, (stem, seed) in enumerate((s, n) for s in "abc" for n in (0, 1))
    ]


def test_what_fails_is_told_and_the_rest_is_done(photos, folder, here):
    (photos / "b.png").write_bytes(b"no picture")
    done = run("batch", "generate", "photos", "--count", 2, "--out", "out/", "--json", *FAST, code=1)
    assert names(folder / "out") == ["a_0.png", "a_1.png", "c_0.png", "c_1.png", "manifest.jsonl"]
    told = json.loads(done.stdout)
    assert (told["made"], told["failed"]) == (4, 2)
    assert [one["job"] for one in told["failures"]] == [2, 3]
    lines = done.stderr.splitlines()
    assert lines[0].startswith(f"error: photos/b.png seed 0: image={photos}/b.png (not a picture of a known kind)")
    assert re.match(r"6 jobs in \S+ s: 4 made, 2 failed; ", lines[2])
    assert [one["state"] for one in manifest("out/manifest.jsonl")] == ["made"] * 2 + ["failed"] * 2 + ["made"] * 2


def test_more_failures_than_are_listed(folder, photos, here):
    (photos / "a.png").write_bytes(b"no picture")
    done = run("batch", "generate", "photos/a.png", "--count", 25, "--out", "out/", "--quiet", code=1)
    lines = done.stderr.splitlines()
    assert len(lines) == 21
    assert lines[-1] == f"error: 5 more failed; they are in {folder}/out/manifest.jsonl"


def test_another_result_stays_without_force(photos, folder, here):
    run("batch", "generate", "photos/a.png", "--out", "out/{stem}.png", *FAST)
    before = (folder / "out" / "a.png").read_bytes()
    given = ("batch", "generate", "photos/a.png", "--out", "out/{stem}.png", "--seed", 1, *FAST)
    assert "is another result" in run(*given, code=1).stderr
    assert (folder / "out" / "a.png").read_bytes() == before
    run(*given, "--force")
    assert (folder / "out" / "a.png").read_bytes() != before


def test_dry_run(photos, folder, here):
    (photos / "b.png").write_bytes(b"no picture")
    given = ("batch", "generate", "photos", "--count", 100, "--size", "200%", "--out", "out/", "--dry-run")
    done = run(*given, "--json", "--workers", 2, code=1)
    told = json.loads(done.stdout)
    assert (told["jobs"], told["workers"], len(told["looked_at"])) == (300, 2, 5)
    first = told["looked_at"][0]
    assert not first["stands"]
    assert (first["width"], first["height"], first["path"]) == (56, 48, str(folder / "out" / "a_0.png"))
    assert first["estimated_bytes"] > 0
    assert "error" in told["looked_at"][2]
    assert done.stderr.splitlines()[0] == "300 jobs; 5 of them:"
    assert done.stderr.splitlines()[-1].endswith(" with 2 workers, start included, if the others are like these")
    done = run("batch", "generate", photos, "--out", "out/", "--dry-run", "--scheduler", "tcp://127.0.0.1:9", code=1)
    last = done.stderr.splitlines()[-1]                    # how many workers a cluster has nobody has asked
    assert re.fullmatch("all in .* of one worker's time, without the start, if the others are like these", last)
    assert not (folder / "out").exists()
    (told,) = [line for line in run("batch", "generate", "photos/b.png", "--out", "out/", "--dry-run", code=1).stderr
               .splitlines() if not line.startswith("error: ")]
    assert told == "1 job:"                               # nobody knows how long
    given = ("batch", "generate", "photos/a.png", "--out", "out/", *FAST)
    run(*given)
    assert run(*given, "--dry-run").stderr.splitlines()[1] == f"  {folder}/out/a_0.png stands already"
    assert "would write" in run(*given, "--dry-run", "--force").stderr


def test_dry_run_reads_the_manifest(photos, folder, here):
    """What another program saved anew fails in the run; without the list it stands by what it says about itself."""
    given = ("batch", "generate", "photos/a.png", "--out", "out/", *FAST)
    run(*given)
    with Image.open("out/a_0.png") as image:
        text = PngImagePlugin.PngInfo()
        for name, value in image.text.items():
            text.add_text(name, value)
        image.save("out/a_0.png", pnginfo=text, optimize=True)
    told = "its bytes are not those that the manifest has; --force makes it again"
    for more in ((), ("--dry-run",), ()):
        assert told in run(*given, *more, code=1).stderr
    assert "would write" in run(*given, "--dry-run", "--force").stderr
    (folder / "out" / "manifest.jsonl").rename("list.jsonl")
    assert "stands already" in run(*given, "--dry-run").stderr
    assert "1 stood already" in run(*given).stderr
    Path("text").write_text("my own\n", "utf-8")
    told = f"manifest={folder}/text (line at byte 0): must be"
    for more in ((), ("--dry-run",)):
        refused(folder, *given, "--manifest", "text", *more, message=told)


def test_workers_and_memory(photos, monkeypatch):
    """As many workers as cores, or as jobs if those are fewer; all of the machine's memory."""
    asked = []

    class Counted(Here):
        def __init__(self, *arguments):
            super().__init__(*arguments)
            asked.append(self.asked)

    monkeypatch.setattr("patchloom.batch.local.LocalPool", Counted)
    monkeypatch.setattr(running, "available_cores", lambda: 4)
    monkeypatch.setattr("patchloom.cli.command.machine_memory", lambda: 5_000)
    for number, words in enumerate(((), ("--count", "2"), ("--workers", "2", "--memory", "1GB"))):
        run("batch", "generate", "photos", *words, "--out", f"out{number}/", *FAST)
    assert asked == [(3, 5_000), (4, 5_000), (2, 10**9)]
    monkeypatch.setattr(running, "is_gpu", lambda value: True)
    run("batch", "generate", "photos", "--out", "out/", *FAST)
    assert asked[-1] == (2, 5_000)


@pytest.mark.filterwarnings("default")
def test_slow_kernels_are_told_of_here(photos, here, monkeypatch):
    """Workers would each tell of it, or none."""
    monkeypatch.setattr(running.kernels, "warn_if_slow", lambda: warnings.warn("slow", UserWarning, stacklevel=2))
    done = run("batch", "generate", "photos/a.png", "--out", "out/", *FAST)
    assert done.stderr.splitlines()[0] == "warning: slow"
    assert run("batch", "generate", "photos/a.png", "--out", "more/", "--quiet", *FAST).stderr == ""


# Clusters

class There(Here):
    """A cluster of one worker, which is this process; and it is lost after some jobs."""

    seen = ()
    lasts = 100

    def __init__(self, function, address, patience, device):
        super().__init__(function, 1, None)
        There.seen = (*There.seen, (address, patience))

    def wait(self, seconds):
        if self.tickets > self.lasts:
            raise PatchloomError("scheduler=it: is gone")
        return super().wait(seconds)


@pytest.fixture
def there(monkeypatch):
    """Have this process be the cluster."""
    monkeypatch.setattr(There, "seen", ())
    monkeypatch.setattr("patchloom.batch.cluster.ClusterPool", There)
    return There


def test_a_scheduler_s_address_or_file(photos, folder, there):
    (folder / "scheduler.json").write_text(json.dumps({"id": "Scheduler-1", "address": "tcp://10.0.0.1:8786"}))
    run("batch", "generate", "photos", "--scheduler", "scheduler.json", "--out", "out/", *FAST)
    run("batch", "generate", "photos", "--scheduler", "host:8786", "--patience", 7, "--out", "again/", *FAST)
    assert there.seen == (("tcp://10.0.0.1:8786", 300.0), ("host:8786", 7.0))
    assert (folder / "out" / "manifest.jsonl").read_bytes() == (folder / "again" / "manifest.jsonl").read_bytes()


def test_a_scheduler_s_file_that_is_not_there_yet(photos, folder, there, monkeypatch):
    """Dask writes it once the scheduler runs, and not in one step."""
    steps = iter(['{"address": "tcp', '{"address": "tcp://10.0.0.1:8786"}'])
    with monkeypatch.context() as patched:
        patched.setattr(running.time, "sleep", lambda seconds: (folder / "scheduler.json").write_text(next(steps)))
        run("batch", "generate", "photos", "--scheduler", "scheduler.json", "--out", "out/", *FAST)
    assert there.seen == (("tcp://10.0.0.1:8786", 300.0),)
    given = ("photos", "--scheduler", "other.json", "--patience", "0.2", "--out", "more/")
    refused(folder, "batch", "generate", *given, message="scheduler=other.json: must be an address")


def test_the_patience_is_the_cluster_s():
    assert {option.name: option for option in lines.params}["patience"].default == str(PATIENCE)


def test_a_cluster_that_is_lost(photos, folder, there, monkeypatch):
    """What was done is told and kept, with exit code 1; another run goes on."""
    monkeypatch.setattr(There, "lasts", 4)
    given = ("batch", "generate", "photos", "--count", 3, "--out", "out/", "--json", *FAST)
    done = run(*given, "--scheduler", "it", code=1)
    told = json.loads(done.stdout)
    assert (told["jobs"], told["made"], told["failed"], told["error"]) == (9, 4, 0, "scheduler=it: is gone")
    assert re.search(r"^error: scheduler=it: is gone\n4 of 9 jobs in", done.stderr, re.M)
    assert [one["number"] for one in manifest("out/manifest.jsonl")] == [0, 1, 2, 3]
    monkeypatch.setattr(There, "lasts", 100)
    told = json.loads(run(*given, "--scheduler", "it").stdout)
    assert (told["made"], told["standing"]) == (4, 5)     # the fifth was made, and nobody was told


@pytest.mark.parametrize(
    ("library", "given", "message"),
    [
        ("loky", (), "workers of this machine need loky, which is not installed; pip install 'patchloom[batch]'"),
        ("distributed", ("--scheduler", "tcp://127.0.0.1:9"), "scheduler=tcp://127.0.0.1:9: needs Dask distributed"),
        ("fsspec", ("--manifest", "s3://bucket/list.jsonl"), "path=s3://bucket/list.jsonl: needs fsspec"),
    ],
)
def test_without_the_extra(photos, folder, monkeypatch, library, given, message):
    for name in [name for name in sys.modules if name.partition(".")[0] == library]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, library, None)
    refused(folder, "batch", "generate", "photos", *given, "--out", "out/", message=message)


# URLs

@pytest.fixture
def store(make_picture, monkeypatch):
    """Return fsspec's store in this process's memory, with two pictures; its worker is this process, too."""
    import fsspec

    monkeypatch.setattr(checking, "_MEMORY", re.compile("(?!)"))
    store = fsspec.filesystem("memory")
    store.rm("/", recursive=True)
    for number, name in enumerate(("a.png", "x/b.png")):
        stream = BytesIO()
        Image.fromarray(make_picture(24, 28, seed=number)).save(stream, "PNG")
        store.pipe(f"/in/{name}", stream.getvalue())
    yield store
    store.rm("/", recursive=True)


def test_urls_in_and_out(folder, store, here):
    given = ("batch", "generate", "memory://in/**/*.png", "--map", "up=memory://in/{folder}/{name}", *FAST)
    run(*given, "--out", "memory://out/{folder}/")
    made = sorted(store.find("/out"))
    assert made == ["/out/a_0.png", "/out/a_0_up.png", "/out/manifest.jsonl", "/out/x/b_0.png", "/out/x/b_0_up.png"]
    store.get("/in", "in", recursive=True)
    local = ("--map", f"up={folder}/in/{{folder}}/{{name}}", "--out", "out/{folder}/")
    run("batch", "generate", f"{folder}/in/**/*.png", *local, *FAST)
    for path in made:
        assert store.cat(path) == (folder / path[1:]).read_bytes() or path.endswith(".jsonl")
    before = store.cat("/out/manifest.jsonl")
    told = json.loads(run(*given, "--out", "memory://out/{folder}/", "--json").stdout)
    assert told["standing"] == 2
    assert store.cat("/out/manifest.jsonl") == before


def test_a_folder_that_is_a_url(folder, store, here):
    run("batch", "generate", "memory://in", "--map", "up=memory://in/", "--out", "out", *FAST)
    assert names(folder / "out") == ["a_0.png", "a_0_up.png", "manifest.jsonl"]
    same = ("memory://in", "--out", "memory://in/")
    refused(folder, "batch", "generate", *same, message="out=memory://in: holds inputs")


# Jobs from a file

def test_jobs_of_a_file(photos, folder, here):
    """Each line its own task; names below --out; the same results as the tasks' own commands."""
    (folder / "lists").mkdir()
    jobs = [
        {"task": "generate", "image": "../photos/a.png",
         "parameters": {"size": "150%", "iterations": 2, "seed": 5, "count": 2}},
        {"task": "analogy", "source": "../photos/a.png", "structure": "../photos/b.png", "out": "pairs/{stem}{suffix}",
         "parameters": {"iterations": 2}},
        {"task": "collage", "images": ["../photos/a.png", "../photos/b.png"],
         "parameters": {"size": [30, 40], "iterations": 2, "weights": [2, 1]}},
    ]
    (folder / "lists" / "jobs.jsonl").write_text("\n".join(map(json.dumps, jobs)))
    run("batch", "jobs", "lists/jobs.jsonl", "--out", "out/", "--save-nnf")
    results = ["a_collage_0", "a_generate_5", "a_generate_6", "pairs/b"]
    assert names(folder / "out") == sorted(
        ["manifest.jsonl", *(f"{name}{suffix}" for name in results for suffix in (".npz", ".png"))]
    )
    run("generate", "photos/a.png", "--size", "150%", "--seed", 5, "--count", 2, "--out", "alone/", *FAST)
    run("analogy", "photos/a.png", "photos/b.png", "--seed", 0, "--out", "alone/", *FAST)
    given = ("--seed", 0, "--size", "40x30", "--weights", "2,1")
    run("collage", "photos/a.png", "photos/b.png", *given, "--out", "alone/", *FAST)
    for name, alone in zip(results, ("a_collage_0", "a_5", "a_6", "b_analogy_0"), strict=True):
        assert (folder / "out" / f"{name}.png").read_bytes() == (folder / "alone" / f"{alone}.png").read_bytes()
    told = json.loads(run("batch", "jobs", "lists/jobs.jsonl", "--out", "out/", "--save-nnf", "--json").stdout)
    assert (told["jobs"], told["standing"]) == (4, 4)


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ([{"task": "generate", "image": "photos/a.png"}, "{"], "jobs.jsonl, line 2: line="),
        ([{"task": "paints", "image": "photos/a.png"}], "jobs.jsonl, line 1: task='paints': must be one of"),
        ([{"task": "generate", "image": "photos/a.png", "out": "{x}"}], "jobs.jsonl, line 1: out="),
        ([{"task": "generate", "image": "photos/a.png", "out": "../photos/"}],
         "jobs.jsonl, line 1: out='../photos/': must be below {here}/out, the folder of --out; leave out the .."),
        ([{"task": "generate", "image": "photos/a.png", "out": "{stem}/../../x.png"}], "jobs.jsonl, line 1: out="),
        ([{"task": "generate", "image": "photos/a.png", "out": "/x/{stem}.png"}], "jobs.jsonl, line 1: out='/x/{stem}"),
        ([{"task": "generate", "image": "photos/a.png", "out": "s3://k/x.png"}], "jobs.jsonl, line 1: out='s3://k/x.png'"),
        ([{"task": "generate", "image": "photos/a.png", "out": "a.gif"}],
         "jobs.jsonl, line 1: out='a.gif': must end with {suffix} or one of .png, "),
        ([{"task": "generate", "image": "photos/a.png"}] * 2, "out='a_generate_0{suffix}': several results"),
        ([{"task": "generate", "image": "photos/a.png", "out": "one.png", "parameters": {"count": 2}}],
         "out='one.png': several results"),
        ([{"task": "generate", "image": "photos/a.png"}, {"task": "generate", "image": "photos/d.png"}],
         "jobs.jsonl, line 2: image={here}/photos/d.png (no such file)"),
        ([], "jobs=jobs.jsonl (no lines)"),
    ],
)
def test_bad_jobs(photos, folder, lines, message):
    text = [line if isinstance(line, str) else json.dumps(line) for line in lines]
    (folder / "jobs.jsonl").write_text("\n".join(text))
    refused(folder, "batch", "jobs", "jobs.jsonl", "--out", "out/", message=message.replace("{here}", str(folder)))


# While it runs

def outcome(number, state="made"):
    return Outcome(number, "key", "generate", 0, state, error="no" if state == "failed" else "")


def test_a_line_every_ten_seconds(capsys):
    """Rate and time left are those of the last two minutes."""
    now = [0.0]
    with Report(1000, clock=lambda: now[0]) as report:
        for number in range(25):
            now[0] += 1.0
            report.on_outcome(outcome(number, "stands" if number < 5 else "made"))
    assert capsys.readouterr().err.splitlines() == [
        "10 of 1000 done: 5 made, 5 stood already; 1.0 a second, 16 min 30 s left",
        "20 of 1000 done: 15 made, 5 stood already; 1.0 a second, 16 min 20 s left",
    ]
    with Report(1000, clock=lambda: now[0]) as report:
        for number in range(400):
            now[0] += 0.5 if number < 200 else 2.0
            report.on_outcome(outcome(number))
    assert capsys.readouterr().err.splitlines()[-1].split("; ")[-1] == "30.0 a minute, 20 min left"


def test_a_bar_on_a_terminal():
    stream, now = StringIO(), [0.0]
    with Report(4, console=Console(file=stream, force_terminal=True, width=120), clock=lambda: now[0]) as report:
        for number in range(3):
            now[0] += 2.0
            report.on_outcome(outcome(number, "failed" if number else "made"))
    assert "1 made, 2 failed" in stream.getvalue()
    assert "30.0 a minute, 2.0 s left" in stream.getvalue()


def test_quiet(photos, here):
    done = run("batch", "generate", "photos", "--out", "out/", "--quiet", *FAST)
    assert (done.stdout, done.stderr) == ("", "")


def test_durations():
    assert [duration(seconds) for seconds in (0.04, 9.94, 9.96, 59.4, 60, 3599.6, 3661, 86_400 * 3)] == [
        "0.0 s", "9.9 s", "10 s", "59 s", "1 min", "1 h", "1 h 1 min", "3 d"
    ]


@POSIX
def test_ctrl_c_and_on(folder, make_picture):
    """Cancelled in the middle: 130, a manifest of what is done, no half file; the same command goes on."""
    save(folder / "in" / "a.png", make_picture(48, 64))
    (folder / "slow").mkdir()                             # a machine may stand still for longer than it has usually
    (folder / "slow" / "sitecustomize.py").write_text("from patchloom.batch import serving\nserving._GRACE = 60.0\n")
    words = [sys.executable, "-m", "patchloom", "batch", "generate", "in", "--count", "2000", "--workers", "2", "--out",
             "out/", "--json"]
    path = os.pathsep.join(filter(None, (str(folder / "slow"), os.environ.get("PYTHONPATH"))))
    kept = folder / "out" / "manifest.jsonl"
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                          env={**os.environ, "PYTHONPATH": path},
                          preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL)) as process:
        try:
            while not (kept.exists() and kept.read_bytes().count(b"\n") > 2):
                with pytest.raises(subprocess.TimeoutExpired):          # it has not ended
                    process.wait(0.02)
            process.send_signal(signal.SIGINT)
            out, err = process.communicate(timeout=60)
        finally:
            process.kill()
    assert process.returncode == 130
    assert err.splitlines()[-1] == "cancelled; the same command goes on with what is left"
    made = json.loads(out)["made"]
    assert 2 < made < 2000
    assert [one["number"] for one in manifest(kept)] == sorted(one["number"] for one in manifest(kept))
    assert not [name for name in names(folder / "out") if name.startswith(".")]
    first = sum(one["seed"] < 20 for one in manifest(kept))
    done = run("batch", "generate", "in", "--count", 20, "--workers", 2, "--out", "out/", "--json")
    assert json.loads(done.stdout)["standing"] >= first   # what was written last may not be in the manifest
    assert {f"a_{seed}.png" for seed in range(20)} <= set(names(folder / "out"))

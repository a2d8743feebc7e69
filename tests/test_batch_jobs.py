"""What jobs are: their keys, local paths and URLs alike, and jobs from a JSON Lines file."""

import json
import pickle
import sys
from dataclasses import replace
from typing import ClassVar

import fsspec
import pytest
from fsspec.implementations.memory import MemoryFileSystem
from hypothesis import given
from hypothesis import strategies as st

from patchloom.batch import files, reading
from patchloom.batch import job as jobs
from patchloom.batch.job import Job, Source
from patchloom.catalogue import TASKS, as_options, as_params
from patchloom.errors import FileError, InputError, MissingExtraError, ParameterError
from patchloom.params import PRESETS


def a_job(task="generate", **more):
    """A job with the defaults of its task."""
    roles = TASKS[task].takes
    usual = {
        "number": 0, "task": task, "sources": tuple(Source(role, f"/in/{role}.png") for role in roles), "seed": 0,
        "options": as_options(TASKS[task], {}), "params": as_params(TASKS[task]), "folder": "/out", "out": "a{suffix}",
    }
    return Job(**{**usual, **more})


# Keys

@pytest.mark.parametrize("task", TASKS)
def test_jobs_travel(task):
    """A job that was sent to another machine is the same job."""
    there = pickle.loads(pickle.dumps(a_job(task)))
    assert there == a_job(task) and there.key == a_job(task).key and len(there.key) == 64


DECIDES = {
    "task": "extend", "sources": (Source("image", "/in/b.png"),), "options": {"tile": "x"}, "seed": 1,
    "out": "b{suffix}", "params": PRESETS["paper"], "size": ((50.0, True), (50.0, True)),
    "map_weights": {"normal": 1.0}, "save_nnf": True,
}


@pytest.mark.parametrize("name", DECIDES)
def test_a_key_tells_jobs_apart(name):
    """Everything that decides a byte or a name is in it."""
    other = replace(a_job(), **{name: DECIDES[name]}) if name != "task" else a_job("extend")
    assert other.key != a_job().key


def test_a_key_is_of_this_version(monkeypatch):
    """Another version may give other bytes."""
    before = a_job().key
    monkeypatch.setattr(jobs, "__version__", "0.0.0")
    assert a_job().key != before


def test_a_key_does_not_tell_where(monkeypatch):
    """Neither the job's number nor the folder: a batch that was moved is the same batch."""
    assert a_job(number=7, folder="s3://bucket/out").key == a_job().key
    assert set(DECIDES) | {"number", "folder"} == set(Job.__dataclass_fields__)


def test_labels():
    """Messages call a job by the picture that changes."""
    assert a_job("edit").label == "/in/edited.png" and a_job("collage").label == "/in/image.png"


# Files

class Drawer(MemoryFileSystem):
    """A store in which files are written bit by bit: names that appear in it are noted."""

    protocol = "drawer"
    store: ClassVar[dict] = {}
    pseudo_dirs: ClassVar[list] = [""]
    appeared: ClassVar[list] = []

    @classmethod
    def _strip_protocol(cls, path):
        return super()._strip_protocol(path.replace("drawer://", "memory://"))

    def unstrip_protocol(self, name):
        return f"drawer:/{name}"

    def pipe_file(self, path, value, **options):
        self.appeared.append(path)
        super().pipe_file(path, value, **options)


class Broken(MemoryFileSystem):
    """A store with errors of its own kind."""

    protocol = "broken"

    def cat_file(self, path, **options):
        raise RuntimeError("the bucket\nis on fire")

    pipe_file = exists = isdir = cat_file


@pytest.fixture(autouse=True)
def stores():
    """Empty stores under memory://, drawer:// and broken://."""
    fsspec.register_implementation("drawer", Drawer, clobber=True)
    fsspec.register_implementation("broken", Broken, clobber=True)
    for kind in (MemoryFileSystem, Drawer):
        kind.store.clear()
        kind.pseudo_dirs[:] = [""]
    Drawer.appeared.clear()


@pytest.fixture(params=["path", "memory", "drawer"])
def place(request, tmp_path):
    """A folder of each kind: on this machine, in a store of whole objects, in one of files."""
    return str(tmp_path / "deep" / "er") if request.param == "path" else f"{request.param}://deep/er"


def test_files_are_whole_or_not_there(place):
    """What is put somewhere can be read, is not replaced without force, and nothing is left beside it."""
    path = files.joined(place, "x/a.png")
    assert files.read_standing(path) is None
    files.place(path, b"one", force=False)
    assert files.read_bytes(path) == files.read_standing(path) == b"one"
    with pytest.raises(FileError, match=r"\(exists\): is not overwritten"):
        files.place(path, b"two", force=False)
    assert files.read_bytes(path) == b"one"
    files.place(path, b"two", force=True)
    assert files.read_bytes(path) == b"two"
    system, folder = fsspec.core.url_to_fs(files.folder_of(path))
    assert [one.rpartition("/")[2] for one in system.ls(folder, detail=False)] == ["a.png"]
    with pytest.raises(FileError, match=r"^mask=.*b\.png \(no such file"):
        files.read_bytes(files.joined(place, "b.png"), "mask")


def test_files_elsewhere_get_their_name_at_the_end(monkeypatch):
    """Where objects do not appear at once they are written under another name; what fails leaves nothing."""
    files.place("drawer://a/b.png", b"one", force=False)
    assert [name for name in Drawer.appeared if name.endswith("b.png")] == []
    files.place("memory://a/b.png", b"one", force=False)

    def fails(self, *names):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Drawer, "mv", fails)
    with pytest.raises(FileError, match=r"^output=drawer://a/c\.png \(No space left on device\): must be a place"):
        files.place("drawer://a/c.png", b"one", force=False)
    assert list(Drawer.store) == ["/a/b.png"]


def test_expand(place):
    """Files as they are; of folders and globs what is a picture and not hidden, by name."""
    for name in ("b.PNG", "a.jpg", ".c.png", "notes.txt", "x/d.tif", "x/y/e.png", "[1].png"):
        files.place(files.joined(place, name), b"", force=False)
    local = not files.is_url(place)

    def names(text):
        return [files.within(path, place) for path in files.expand(text)]

    assert names(place) == names(place + "/") == ["[1].png", "a.jpg", "b.PNG"]
    assert names(f"{place}/*") == ["[1].png", "a.jpg", "b.PNG"]
    assert names(f"{place}/**/*.png") == ["[1].png", "x/y/e.png"]
    assert names(f"{place}/x/**") == ["x/d.tif", "x/y/e.png"]
    assert names(f"{place}/notes.txt") == ["notes.txt"]
    if local:
        assert names(f"{place}/[1].png") == ["[1].png"]
        with pytest.raises(FileError, match=r"^image=.*missing\.png \(no such file\)"):
            names(f"{place}/missing.png")
    else:
        assert names(f"{place}/missing.png") == ["missing.png"]
    for nothing in (f"{place}/x/*.jpg", f"{place}/z*/"):
        with pytest.raises(FileError, match="stands for no picture"):
            files.expand(nothing)


@pytest.mark.parametrize(
    ("path", "name", "suffix", "folder"),
    [
        ("/a/b.c.png", "b.c.png", ".png", "/a"), ("s3://k/a/b?c.png", "b?c.png", ".png", "s3://k/a"),
        ("https://x.org/a/b%20c.jpg?key=/secret.png#d", "b c.jpg", ".jpg", "https://x.org/a"),
    ],
)
def test_names(path, name, suffix, folder):
    """A web address says more than a name; elsewhere every character is one of the name's."""
    assert (files.name_of(path), files.suffix_of(path)) == (name, suffix)
    if "?key" not in path:
        assert files.folder_of(path) == folder
        assert files.renamed(path, "_normal.exr") == path.removesuffix(suffix) + "_normal.exr"


def test_absolute(folder):
    """Paths mean the same in any process."""
    assert files.absolute("a/../b.png") == str(folder / "b.png")
    assert files.absolute("file:///a%20b/c.png") == "/a b/c.png"
    assert files.absolute("s3://a/../b.png") == "s3://a/../b.png"


@given(
    folder=st.sampled_from(["/a", "/a/", "/", "s3://k", "s3://k/a/"]),
    name=st.from_regex(r"[ab{.]{1,3}(/[ab]){0,2}", fullmatch=True),
)
def test_within_is_the_inverse_of_joined(folder, name):
    """Below a folder and back."""
    assert files.within(files.joined(folder, name), folder) == name
    assert files.within("/other/c.png", "/othe") == "/other/c.png"


def test_what_is_not_installed(monkeypatch):
    """One line with the remedy."""
    with pytest.raises(MissingExtraError, match=r"^path=nowhere://a/b\.png: fsspec cannot open nowhere://"):
        files.read_bytes("nowhere://a/b.png")
    monkeypatch.setitem(sys.modules, "fsspec.core", None)
    with pytest.raises(MissingExtraError, match=r"^path=s3://a/b: needs fsspec; pip install 'patchloom\[batch\]'$"):
        files.expand("s3://a/b")
    assert files.expand("s3://a/b.png") == ["s3://a/b.png"]            # is not asked for


def test_errors_of_stores_are_ours():
    """Whatever a store raises is one line of ours."""
    for call in (files.read_bytes, files.read_standing, files.expand, lambda path: files.place(path, b"", force=False)):
        with pytest.raises(FileError, match=r"=broken://a/b \(the bucket is on fire\): must be a "):
            call("broken://a/b")


# Reading

def naming(out, values):
    """Names that tell all that they are made of."""
    told = ",".join(f"{name}={value}" for name, value in sorted(values.items()))
    return "/results", f"{out or 'default'}:{told}{{suffix}}"


@pytest.fixture
def lines(folder):
    """Return a function that gives the jobs of lines: objects, or texts."""
    def made(*given, **more):
        text = "\n".join(one if isinstance(one, str) else json.dumps(one) for one in given)
        (folder / "lists").mkdir(exist_ok=True)
        (folder / "lists" / "jobs.jsonl").write_text(text, "utf-8")
        return reading.Lines("lists/jobs.jsonl", naming, **more)

    return made


def test_lines_become_jobs(lines, folder):
    """A line has as many jobs as seeds; paths are relative to the file, and files record no private ones."""
    found = lines(
        {"task": "generate", "image": "p/a.png", "parameters": {"seed": 5, "count": 2, "tile": "x", "sweeps": 2}},
        "",
        {"task": "retarget", "image": "/abs/b.png", "parameters": {"size": "150%x64"}, "out": "{stem}"},
        {"task": "generate", "image": "s3://k/c.png", "parameters": {"size": [32, 48], "preset": "paper"}},
        save_nnf=True,
    )
    first, second, third, fourth = found
    assert len(found) == 4 and [job.number for job in found] == [0, 1, 2, 3] and all(job.save_nnf for job in found)
    assert first.sources == (Source("image", str(folder / "lists/p/a.png"), "lists/p/a.png"),)
    assert (first.seed, second.seed, third.seed) == (5, 6, 0) and first.options["tile"] == "x"
    assert second == replace(first, number=1, seed=6, out=second.out)
    assert first.params == replace(PRESETS["default"], sweeps=2) and fourth.params == PRESETS["paper"]
    assert first.out == "default:folder=p,index=0,name=a.png,seed=5,stem=a,task=generate{suffix}"
    assert "index=1" in second.out and third.out.startswith("{stem}:folder=.,")
    assert third.sources == (Source("image", "/abs/b.png"),) and fourth.sources == (Source("image", "s3://k/c.png"),)
    assert third.size == ((64.0, False), (150.0, True)) and fourth.size == ((32, False), (48, False))
    assert first.size is None and {job.folder for job in found} == {"/results"}


def test_jobs_in_any_order(lines):
    """A job is the same whenever it is looked at."""
    found = lines(*({"task": "tile", "image": f"{at}.png", "parameters": {"count": at}} for at in (3, 1, 4)))
    every = list(found)
    assert len(every) == len(found) == 8
    for number in (7, 0, 3, 4, 2, 7):
        assert found[number] == every[number]
    for number in (8, -1):
        with pytest.raises(IndexError):
            found[number]


def test_companions_maps_and_many(lines, folder):
    """Roles in the order of the task, by either name; maps last, one for each picture."""
    (job,) = lines({"task": "inpaint", "maps": {"up": "u.png"}, "mask": "m.png", "source_mask": "s.png",
                    "image": "i.png", "parameters": {"map_weights": {"up": 0.5}}})
    assert [source.role for source in job.sources] == ["image", "hole", "source_mask", "map up"]
    assert job.map_weights == {"up": 0.5}
    assert lines({"task": "inpaint", "hole": "m.png", "image": "i.png"})[0].sources[1].role == "hole"
    (job,) = lines({"task": "collage", "images": ["a.png", "b.png"], "maps": {"up": ["c.png", "d.png"]}})
    assert [(one.role, one.told[-5]) for one in job.sources] == [
        ("image", "a"), ("image", "b"), ("map up", "c"), ("map up", "d")]
    (job,) = lines({"task": "analogy", "source": "a.png", "structure": "b.png"})
    assert [source.role for source in job.sources] == ["source", "structure"] and "stem=b" in job.out


def test_a_list_at_a_url():
    """Its paths are relative to where it is."""
    files.place("memory://lists/jobs.jsonl", b'{"task": "tile", "image": "a.png"}\n', force=False)
    (job,) = reading.Lines("memory://lists/jobs.jsonl", naming)
    assert job.sources == (Source("image", "memory://lists/a.png"),)


IMAGE = {"task": "generate", "image": "a.png"}
WRONG = [
    ("{", "line=Expecting property name"), ("[1]", "line=list: must be an object"), ("\0", "line=Expecting value"),
    ({"image": "a.png"}, "task=none: must be one of generate,"), ({"task": "draw"}, "task='draw': must be one of"),
    ({"task": ["generate"]}, "task=['generate']: must be one of"),
    ({"task": "generate"}, "image=none: must be a path"), ({**IMAGE, "image": 3}, "image=3: must be a path"),
    ({**IMAGE, "images": ["a.png"]}, "images=given: generate has no such field; these are: task, maps,"),
    ({**IMAGE, "seed": 3}, "seed=given: generate has no such field"),
    ({**IMAGE, "parameters": {"sed": 3}}, "parameters='sed': generate has no such parameter"),
    ({**IMAGE, "parameters": {"ratio": 2}}, "ratio=2: must be a number, "),
    ({**IMAGE, "parameters": {"seed": False}}, "seed=False: must be a whole number"),
    ({**IMAGE, "parameters": {"count": 0}}, "count=0: must be a whole number, 1 to"),
    ({**IMAGE, "parameters": {"count": 2.0}}, "count=2.0: must be a whole number; write it without a point"),
    ({**IMAGE, "parameters": {"seed": 2.0}}, "seed=2.0: must be a whole number"),
    ('{"task": "generate", "image": "a.png", "image": "b.png"}', "image=given twice: must be given once"),
    ('{"task": "generate", "image": "a.png", "parameters": {"seed": 1, "seed": 1}}', "seed=given twice"),
    ({**IMAGE, "image": "a\0.png"}, r"image='a\x00.png': may hold neither NUL nor half a surrogate pair"),
    ({**IMAGE, "out": "\ud800{suffix}"}, r"out='\ud800{suffix}': may hold neither NUL"),
    ({**IMAGE, "maps": {"up": "\udfff.png"}}, r"map up='\udfff.png': may hold neither NUL"),
    ({**IMAGE, "parameters": {"size": "big"}}, "size='big': must be WIDTHxHEIGHT"),
    ({**IMAGE, "parameters": {"size": ""}}, "size='': must be WIDTHxHEIGHT"),
    ({**IMAGE, "parameters": {"size": [3]}}, "size=[3]: must be two whole numbers"),
    ({**IMAGE, "parameters": [1]}, "parameters=[1]: must be an object"),
    ({**IMAGE, "parameters": {"map_weights": {"up": 1}}}, "map_weights='up': must be of a map that is given (none)"),
    ({**IMAGE, "maps": ["a.png"]}, "maps=['a.png']: must be an object"),
    ({**IMAGE, "maps": {"u/p": "a.png"}}, "maps='u/p': names must be of letters"),
    ({**IMAGE, "maps": {"up": ["a.png", "b.png"]}}, "map up=2 paths: must be one for each of 1 pictures"),
    ({**IMAGE, "maps": {"up": None}}, "map up=none: must be a path"),
    ({**IMAGE, "out": 3}, "out=3: must be a template"),
    ({"task": "retarget", "image": "a.png"}, "size=none: retarget needs the size"),
    ({"task": "tile", "image": "a.png", "parameters": {"preset": "paper"}}, "preset='paper': must be one of tile"),
    ({"task": "collage", "image": "a.png"}, "image=given: collage has no such field"),
    ({"task": "collage", "images": []}, "images=[]: must be a list of paths"),
    ({"task": "collage", "images": ["a.png", ""]}, "images='': must be a path"),
    ({"task": "inpaint", "image": "a.png", "mask": "b", "hole": "c"}, "mask=given: is the same as hole"),
    ({"task": "inpaint", "image": "a.png"}, "hole=none: one thing must say where the hole is"),
    ({"task": "inpaint", "image": "a.png", "mask": "b.png", "parameters": {"hole": "alpha"}},
     "hole=a mask beside alpha"),
    ({"task": "reshuffle", "image": "a.png"}, "moves=none: must be at least one"),
    ({"task": "reshuffle", "image": "a.png", "object": "b.png"}, "object=given alone: must come with shift"),
    ({"task": "edit", "source": "a.png", "edited": "b.png", "region": "c.png", "parameters": {"region": "all"}},
     "region=a mask beside all"),
    ({"task": "extend", "image": "a.png"}, "size=none: something must be added"),
]


@pytest.mark.parametrize(("line", "message"), WRONG, ids=range(len(WRONG)))
def test_wrong_lines_are_named(lines, line, message):
    """One error with the number of the line and the field, before anything else is done with any."""
    with pytest.raises(ParameterError) as caught:
        lines(IMAGE, "  ", line, "and worse")
    assert str(caught.value).startswith(f"lists/jobs.jsonl, line 3: {message}") and "\n" not in str(caught.value)


def test_names_are_checked_at_once(folder):
    """A template that cannot be filled in is told of its line."""
    def refuses(out, values):
        raise ParameterError("out='{x}': unknown field")

    (folder / "jobs.jsonl").write_text(json.dumps(IMAGE))
    with pytest.raises(ParameterError, match=r"^jobs\.jsonl, line 1: out='\{x\}': unknown field$"):
        reading.Lines("jobs.jsonl", refuses)


@pytest.mark.parametrize(("text", "message"), [("", "no lines"), ("\n \n", "no lines"), (None, "no such file")])
def test_lists_without_jobs(folder, text, message):
    """Nothing to do is an error."""
    if text is not None:
        (folder / "jobs.jsonl").write_text(text)
    with pytest.raises(InputError, match=rf"^jobs=.*jobs\.jsonl \({message}"):
        reading.Lines("jobs.jsonl", naming)

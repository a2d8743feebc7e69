"""The list of what a batch has made: the same bytes whoever did it, whole lines whenever it was killed."""

import json
from dataclasses import replace

import fsspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from patchloom.batch import files
from patchloom.batch.job import File, Outcome
from patchloom.batch.manifest import EVERY, Manifest
from patchloom.batch.recalling import recalled
from patchloom.errors import FileError


def outcome(number, state="made", folder="/results", **more):
    """An outcome that is like no other."""
    told = File(f"{folder}/a/{number}.png", f"{number:064x}", 100 + number), File(f"{folder}/{number}.npz", "f" * 64, 1)
    sources = ({"role": "image", "name": f"{number}.jpg", "sha256": "e" * 64},)
    good = state in ("made", "stands")
    return Outcome(number, f"{number:064x}", "tile", 2**64 - 1 - number, state, told if good else (), sources,
                   48, 32, error="" if good else "image=x: was bad", **more)


def written(path, outcomes, folder="/results", finish=True, **more):
    """The bytes of a list, after one run that told these."""
    with Manifest(str(path), folder, **more) as kept:
        for one in outcomes:
            kept.add(one)
        if finish:
            kept.finish()
    return files.read_bytes(str(path))


def numbers(data):
    """Numbers of the jobs in a list."""
    return [json.loads(line)["number"] for line in data.splitlines()]


def test_what_a_line_says(tmp_path):
    """Neither when nor where it was done; paths below the folder of the results."""
    data = written(tmp_path / "new" / "list.jsonl", [outcome(7, seconds=3.5, worker="here:1")])
    assert data.endswith(b"\n") and json.loads(data) == {
        "number": 7, "key": f"{7:064x}", "state": "made", "task": "tile", "seed": 2**64 - 8,
        "sources": [{"role": "image", "name": "7.jpg", "sha256": "e" * 64}],
        "files": [{"path": "a/7.png", "sha256": f"{7:064x}", "bytes": 107},
                  {"path": "7.npz", "sha256": "f" * 64, "bytes": 1}],
        "width": 48, "height": 32, "error": "",
    }
    assert [one.name for one in (tmp_path / "new").iterdir()] == ["list.jsonl"]
    failed = json.loads(written(tmp_path / "list.jsonl", [outcome(7, "failed", final=True)]))
    assert (failed["state"], failed["error"], failed["files"]) == ("failed", "image=x: was bad", [])


@given(order=st.permutations(range(6)), stands=st.sets(st.integers(0, 5)), where=st.sampled_from(["/results", "s3://k/r"]))
def test_the_same_bytes_in_any_order(tmp_path_factory, order, stands, where):
    """Whoever did which job when, in whichever folder, and whether it stood already."""
    folder = tmp_path_factory.mktemp("list")
    usual = written(folder / "a.jsonl", map(outcome, range(6)))
    told = [outcome(number, "stands" if number in stands else "made", where, worker=str(number)) for number in order]
    assert written(folder / "b.jsonl", told, where) == usual and numbers(usual) == list(range(6))


def test_a_run_that_is_killed_leaves_what_it_did(tmp_path):
    """At whichever byte: all whole lines count, and what is torn is cut off."""
    whole = written(tmp_path / "list.jsonl", map(outcome, range(3)))
    lines = whole.splitlines(keepends=True)
    for end in range(len(lines[0]) + len(lines[1]), len(whole)):
        path = tmp_path / "torn.jsonl"
        path.write_bytes(whole[:end])
        with Manifest(str(path), "/results") as kept:
            assert list(kept.earlier) == [f"{number:064x}" for number in (0, 1)]
            kept.add(outcome(2))
            assert path.read_bytes() == whole                         # at once, before the end of the run
        assert path.read_bytes() == whole


def test_what_was_done_is_there_at_once(tmp_path):
    """A process that ends without a word has told everything that was added."""
    kept = Manifest(str(tmp_path / "list.jsonl"), "/results")
    for number in (4, 1):
        kept.add(outcome(number))
        assert numbers((tmp_path / "list.jsonl").read_bytes())[-1] == number
    kept._file.close()
    kept._end.close()


def test_what_an_earlier_run_made(tmp_path):
    """By the jobs' keys, with paths below the folder of today; what failed from the first does not count."""
    path = tmp_path / "list.jsonl"
    told = [outcome(0), outcome(1, "failed"), outcome(2, "stands"), outcome(3)]
    written(path, told)
    with Manifest(str(path), "s3://elsewhere") as kept:
        assert set(kept.earlier) == {told[0].key, told[2].key, told[3].key} and len(kept.earlier) == 3
        assert kept.earlier.get(told[1].key) is None and kept.earlier.get("a" * 64) is None
        entry = kept.earlier[told[2].key]
        assert [one["path"] for one in entry["files"]] == ["s3://elsewhere/a/2.png", "s3://elsewhere/2.npz"]
        assert entry["sources"] == list(told[2].sources) and (entry["width"], entry["height"]) == (48, 32)
        kept.add(replace(outcome(9, "failed", "s3://elsewhere"), key=told[3].key))
        assert kept.earlier[told[2].key] == entry                      # reading and adding do not meet


def test_what_failed_later_was_made_once(tmp_path):
    """A line of what failed keeps the hashes of what an earlier run made, however often it fails."""
    path = tmp_path / "list.jsonl"
    before = json.loads(written(path, [outcome(3)]))
    for finish in (True, False):
        told = json.loads(written(path, [replace(outcome(3, "failed"), sources=(), width=0, height=0)], finish=finish))
        assert told == {**before, "state": "failed", "error": "image=x: was bad"}
        with Manifest(str(path), "/results") as kept:
            assert kept.earlier[outcome(3).key]["files"][0]["sha256"] == outcome(3).files[0].sha256


def test_what_was_told_last_counts(tmp_path):
    """Of a list that a killed run left in the order in which jobs ended."""
    lines = [written(tmp_path / f"{state}.jsonl", [outcome(0, state)]) for state in ("made", "failed")]
    for order, count in ((lines, 0), (lines[::-1], 1)):
        (tmp_path / "list.jsonl").write_bytes(b"".join(order))
        with Manifest(str(tmp_path / "list.jsonl"), "/results") as kept:
            assert len(kept.earlier) == count
        assert (tmp_path / "list.jsonl").read_bytes() == order[1]


def test_what_is_left_of_earlier_runs(tmp_path):
    """A run that is cancelled keeps what it did not reach; one that is done has its own jobs only."""
    path = tmp_path / "list.jsonl"
    written(path, map(outcome, range(5)))
    cancelled = written(path, [outcome(3, "failed"), outcome(1)], finish=False)
    assert numbers(cancelled) == [0, 1, 2, 3, 4]
    assert [json.loads(line)["state"] for line in cancelled.splitlines()] == ["made"] * 3 + ["failed", "made"]
    assert numbers(written(path, [outcome(3), outcome(1)])) == [1, 3]


def test_a_run_that_fails_keeps_its_list(tmp_path):
    """In order, too."""
    path = tmp_path / "list.jsonl"
    with pytest.raises(ZeroDivisionError), Manifest(str(path), "/results") as kept:
        kept.add(outcome(1))
        kept.add(outcome(0))
        raise ZeroDivisionError
    assert numbers(path.read_bytes()) == [0, 1]


@pytest.mark.parametrize("text", [
    b"notes", b"notes\n", b"\n", b"{}\n", b"[]\n", b"\x89PNG\r\n", b'{"number": 1}\n', b'{"key": "00"}\n', b'{"numb\n',
    b'{"number": 1, "key": "' + b"0" * 64 + b'", "state": "made", "task": "tile", "seed": 1, "sources": [], '
    b'"files": [3], "width": 1, "height": 1, "error": ""}\n',
])
def test_other_files_stay_what_they_are(tmp_path, text):
    """Whatever --manifest names is not taken for a list, nor overwritten."""
    (tmp_path / "file").write_bytes(text)
    message = r"^manifest=.*file \(line at byte 0\): must be a list that patchloom batch wrote"
    with pytest.raises(FileError, match=message):
        Manifest(str(tmp_path / "file"), "/results")
    assert (tmp_path / "file").read_bytes() == text


def test_places_that_cannot_be_written(tmp_path):
    """One error, before any job."""
    (tmp_path / "file").write_bytes(b"")
    for path, reason in ((tmp_path, "is a directory"), (tmp_path / "file" / "list.jsonl", "")):
        with pytest.raises(FileError, match=rf"^manifest=.*\(.*{reason}.*\): must be a file that can be written"):
            Manifest(str(path), "/results")


def test_names_that_no_encoding_has(tmp_path):
    """File names of any bytes."""
    odd = replace(outcome(0), files=(File("/results/\udcff\n\u2028.png", "0" * 64, 1),))
    data = written(tmp_path / "list.jsonl", [odd])
    assert data.count(b"\n") == 1
    with Manifest(str(tmp_path / "list.jsonl"), "/results") as kept:
        assert kept.earlier[odd.key]["files"][0]["path"] == odd.files[0].path


def test_a_list_at_a_url(tmp_path):
    """The same bytes; written once a minute and at the end, since nothing can be added to what is there."""
    now, url = 0.0, "memory://results/list.jsonl"
    with Manifest(url, "memory://results", clock=lambda: now) as kept:
        kept.add(outcome(2, folder="memory://results"))
        assert files.read_standing(url) is None
        now = EVERY
        kept.add(outcome(0, folder="memory://results"))
        assert numbers(files.read_bytes(url)) == [2, 0]
        now = 2 * EVERY - 1
        kept.add(outcome(1, folder="memory://results"))
        assert numbers(files.read_bytes(url)) == [2, 0]
        kept.finish()
    assert files.read_bytes(url) == written(tmp_path / "list.jsonl", map(outcome, range(3)))
    data = written(url, [outcome(3, "failed", "memory://results")], "memory://results", finish=False)
    assert numbers(data) == [0, 1, 2, 3]
    fsspec.filesystem("memory").store.clear()


# Other batches, and damage

def made_in(folder, number, **more):
    """An outcome whose files are there."""
    found = replace(outcome(number, folder=str(folder)), **more)
    for file in found.files:
        (folder / file.path).parent.mkdir(exist_ok=True)
        (folder / file.path).touch()
    return found


def test_other_batches_stay_in_the_list(tmp_path):
    """As long as their files stand and are theirs; after this batch's, and in one order whatever ran first."""
    path, told = tmp_path / "list.jsonl", [made_in(tmp_path, number) for number in range(6)]
    again = replace(made_in(tmp_path, 4), key="a" * 64, number=1)           # has put another in the place of 4
    for first, second in ((told[:3], told[3:5]), (told[3:5], told[:3])):
        path.unlink(missing_ok=True)
        written(path, [*first, outcome(9, "failed")], str(tmp_path))
        written(path, second, str(tmp_path))
        assert numbers(written(path, [told[5]], str(tmp_path))) == [5, 0, 1, 2, 3, 4]
    assert numbers(written(path, told[4:], str(tmp_path))) == [4, 5, 0, 1, 2, 3]
    (tmp_path / "2.npz").unlink()
    data = written(path, [again], str(tmp_path))
    assert numbers(data) == [1, 0, 1, 3, 5] and json.loads(data.splitlines()[0])["key"] == again.key
    assert written(path, [again], str(tmp_path)) == data


def test_what_failed_takes_nobodys_line(tmp_path):
    """A job that failed told the hashes of what it once made, and another batch has made that file since."""
    path, own = tmp_path / "list.jsonl", made_in(tmp_path, 4)
    other = replace(own, key="a" * 64, number=1)
    fails = replace(outcome(4, "failed", str(tmp_path)), sources=())

    def told(data):
        return [(one["state"], one["key"]) for one in map(json.loads, data.splitlines())]

    written(path, [own], str(tmp_path))
    data = written(path, [other, fails], str(tmp_path), finish=False)       # and is killed
    path.write_bytes(b"".join(sorted(data.splitlines(True), key=lambda line: b'"failed"' in line)))
    killed = path.read_bytes()
    assert told(killed) == [("made", other.key), ("failed", own.key)]
    assert told(written(path, [fails], str(tmp_path))) == [("failed", own.key), ("made", other.key)]
    path.write_bytes(killed)
    data = written(path, [made_in(tmp_path, 5)], str(tmp_path))             # to which both are others
    assert told(data) == [("made", outcome(5).key), ("made", other.key), ("failed", own.key)]
    assert told(written(path, [other], str(tmp_path))) == [("made", other.key), ("made", outcome(5).key)]


def test_one_batch_at_a_time(tmp_path):
    path = tmp_path / "list.jsonl"
    with Manifest(str(path), "/results") as kept:
        kept.add(outcome(0))
        told = r"^manifest=.*list.jsonl \(in use\): another batch writes this list; wait until that has ended, or "
        with pytest.raises(FileError, match=told):
            Manifest(str(path), "/results")
        kept.add(outcome(1))
    assert numbers(written(path, [outcome(1), outcome(0)])) == [0, 1]


@pytest.mark.parametrize("change", [
    {"sources": [1]}, {"sources": [{}]}, {"width": -5}, {"state": "needs"}, {"files": [{"path": "a", "sha256": "b"}]},
])
def test_damaged_lines_do_not_count(tmp_path, change):
    """Wherever they are; nor do the zeros that a power cut leaves."""
    path, lines = tmp_path / "list.jsonl", written(tmp_path / "whole.jsonl", map(outcome, range(3))).splitlines(True)
    damaged = json.dumps({**json.loads(lines[1]), **change}).encode() + b"\n"
    for data in (damaged + lines[0] + lines[2], lines[0] + lines[2] + damaged + bytes(9), lines[0] + bytes(3) + damaged
                 + lines[2]):
        path.write_bytes(data)
        with Manifest(str(path), "/results") as kept:
            assert [kept.earlier[key]["number"] for key in kept.earlier] == [0, 2]
            kept.add(outcome(1))
        assert path.read_bytes() == b"".join(lines)


def test_a_list_that_is_only_read(tmp_path):
    """As a run reads it; neither is a lock taken, nor a folder made, nor what is torn cut off."""
    path, data = tmp_path / "list.jsonl", written(tmp_path / "whole.jsonl", map(outcome, range(3)))
    with recalled(str(tmp_path / "none" / "list.jsonl"), "/results") as earlier:
        assert len(earlier) == 0 and not (tmp_path / "none").exists()
    path.write_bytes(data + data[:20])
    with Manifest(str(path), "/results") as kept:
        path.write_bytes(data + data[:20])
        with recalled(str(path), "/results") as earlier:
            assert dict(earlier) == dict(kept.earlier) and len(earlier) == 3
        assert path.read_bytes() == data + data[:20]
    for other, told in ((tmp_path, "directory"), (tmp_path / "text", "line at byte 0")):
        (tmp_path / "text").write_text("my own\n")
        with pytest.raises(FileError, match=f"^manifest=.*{told}"), recalled(str(other), "/results"):
            raise AssertionError
    fsspec.filesystem("memory").pipe("/results/list.jsonl", data)
    with recalled("memory://results/list.jsonl", "memory://results") as earlier:
        assert len(earlier) == 3
    fsspec.filesystem("memory").store.clear()


def test_a_full_disk(tmp_path, monkeypatch):
    """What was added stays, whole lines and the beginning of one; it is told once."""

    class Full:
        def __init__(self, file):
            self.file = file

        def write(self, data):
            if len(data) < 100:
                raise OSError(28, "No space left on device")
            return self.file.write(data[:100])

        def __getattr__(self, name):
            return getattr(self.file, name)

    path = tmp_path / "list.jsonl"
    with pytest.raises(FileError, match="no space left on device"), Manifest(str(path), "/results") as kept:
        kept.add(outcome(0))
        kept._end = Full(kept._end)
        kept.add(outcome(1))
    assert numbers(path.read_bytes()) == [0]
    monkeypatch.setattr("patchloom.io.place", lambda *_, **__: 1 / 0)
    with Manifest(str(path), "/results") as kept:
        kept.add(outcome(1))
        with pytest.raises(ZeroDivisionError):
            kept.finish()
    assert numbers(path.read_bytes()) == [0, 1]

"""How ``patchloom batch`` ends when its list cannot be written, or when somebody asks twice."""

import json
import os
import shlex
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from command_line import FAST, names, refused, run, save
from patchloom.batch.manifest import Manifest
from patchloom.cli.batch import running
from patchloom.cli.stopping import ended_by
from patchloom.errors import FileError


@pytest.fixture
def photo(folder, make_picture):
    """Return a small picture."""
    save(folder / "a.png", make_picture(24, 28))
    return "a.png"


def full(*_, **__):
    raise FileError("output=list: no space left on device")


@pytest.mark.parametrize("where", ["patchloom.batch.manifest.io.place", "patchloom.batch.manifest.Manifest.add"])
def test_a_list_that_cannot_be_written(photo, folder, monkeypatch, where):
    """Once jobs have begun it is one error and exit code 1; what was made stays."""
    monkeypatch.setattr(where, full)
    done = run("batch", "generate", photo, "--out", "out/", *FAST, code=1)
    assert done.stderr.count("no space left on device") == 1
    assert "1 job in" in done.stderr and "1 made" in done.stderr
    assert "a_0.png" in names(folder / "out")


def test_a_list_that_another_batch_writes(photo, folder):
    """Before any job."""
    (folder / "out").mkdir()
    with Manifest(str(folder / "out" / "manifest.jsonl"), str(folder / "out")):
        refused(folder, "batch", "generate", photo, "--out", "out/", message="manifest=")
    run("batch", "generate", photo, "--out", "out/", *FAST)


def test_a_second_batch_keeps_the_first_s_lines(photo, folder):
    run("batch", "generate", photo, "--count", 3, "--out", "out/", *FAST)
    before = Path("out/manifest.jsonl").read_bytes()
    run("batch", "tile", photo, "--out", "out/", *FAST)
    after = Path("out/manifest.jsonl").read_bytes()
    assert after.endswith(before) and after.count(b"\n") == 4
    run("batch", "generate", photo, "--count", 2, "--out", "out/", *FAST)
    assert sorted(Path("out/manifest.jsonl").read_bytes().splitlines()) == sorted(after.splitlines())


@pytest.mark.skipif(os.name != "posix", reason="not on this machine: no signals")
def test_whoever_asks_twice_does_not_wait():
    asked, seen = running.threading.Event(), []
    before = signal.signal(signal.SIGINT, signal.default_int_handler)        # a shell may have had it ignored
    with ended_by(lambda: running._stop(asked)):
        os.kill(os.getpid(), signal.SIGINT)
        seen.append(asked.is_set())
        os.kill(os.getpid(), signal.SIGINT)
        seen.append("went on")
    signal.signal(signal.SIGINT, before)
    assert seen == [True]


def test_what_was_damaged_stays_so_until_force(photo, folder):
    """A flipped bit is told each time, and the list never vouches for it."""
    given = ("batch", "generate", photo, "--count", 2, "--out", "out/", *FAST)
    run(*given)
    path, before = folder / "out" / "a_0.png", Path("out/manifest.jsonl").read_bytes()
    whole = path.read_bytes()
    damaged = bytearray(whole)
    damaged[-20] ^= 1
    for data in (whole[: len(whole) // 2], bytes(damaged)):
        path.write_bytes(data)
        for _ in range(2):
            done = run(*given, code=1)
            assert f"output={path}: its bytes are not those that the manifest has; --force" in done.stderr
            assert "1 stood already, 1 failed" in done.stderr and path.read_bytes() == data
            first, second = map(json.loads, Path("out/manifest.jsonl").read_text().splitlines())
            assert (first["state"], second["state"]) == ("failed", "made")
            assert first["files"] == json.loads(before.splitlines()[0])["files"]
    run(*given, "--force")
    assert Path("out/manifest.jsonl").read_bytes() == before and path.read_bytes() == whole


@pytest.mark.skipif(os.name != "posix", reason="not on this machine: no such shell")
@pytest.mark.parametrize(("streams", "code"), [
    ("2>&-", 0), (">&-", 0), ("<&- >&- 2>&-", 0), ("--json 2>&-", 0), ("--json >&-", 2),
])
def test_streams_that_are_closed(photo, folder, streams, code):
    """Workers start all the same, with descriptors of their own; only what has nowhere to go is an error."""
    words = [sys.executable, "-m", "patchloom", "batch", "generate", photo, "--count", "2", "--out", "out/", *FAST]
    line = f"{shlex.join(words)} --workers 2 --quiet {streams}"
    done = subprocess.run(line, shell=True, capture_output=True, text=True, timeout=120)  # it closes them
    assert done.returncode == code, done.stderr
    assert "Traceback" not in done.stderr and done.stderr.startswith("error: stdout=closed" if code else "")
    assert names(folder) == (["a.png"] if code else ["a.png", "out/a_0.png", "out/a_1.png", "out/manifest.jsonl"])
    assert "json" not in streams or code or json.loads(done.stdout)["made"] == 2


@pytest.mark.skipif(os.name != "posix", reason="not on this machine: no signals")
@pytest.mark.parametrize("second", [True, False])
def test_what_is_cancelled_is_told_once(photo, folder, second):
    """A second Ctrl-C may come while the workers end, which takes up to two seconds."""
    code = (
        "import os, signal, sys\n"
        "from patchloom.batch import local\n"
        "from patchloom.cli import group\n"
        "class Slow(local.LocalPool):\n"
        "    def submit(self, *arguments):\n"
        "        os.kill(os.getpid(), signal.SIGINT)\n"
        "        return super().submit(*arguments)\n"
        "    def close(self):\n"
        f"        {second} and os.kill(os.getpid(), signal.SIGINT)\n"
        "        super().close()\n"
        "local.LocalPool = Slow\n"
        "group.main(sys.argv[1:])\n"
    )
    words = ("batch", "generate", photo, "--size", "400%", "--out", "out/", "--workers", "1")
    done = subprocess.run([sys.executable, "-c", code, *words], capture_output=True, text=True, timeout=120,
                          preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL))
    told = [line for line in done.stderr.splitlines() if line.startswith("cancelled")]
    assert (done.returncode, told) == (130, ["cancelled; the same command goes on with what is left"]), done.stderr


@pytest.mark.skipif(os.name != "posix", reason="not on this machine: no links")
@pytest.mark.parametrize("given", ["in", "in/*.png"])
def test_a_link_to_nothing_is_a_failure_with_a_name(photo, folder, given):
    """As other files that cannot be read; what is no file at all does not count."""
    (folder / "in" / "folder.png").mkdir(parents=True)
    (folder / "a.png").rename(folder / "in" / "b.png")
    (folder / "in" / "a.png").symlink_to("nowhere.png")
    os.mkfifo(folder / "in" / "pipe.png")
    done = run("batch", "generate", given, "--out", "out/", *FAST, code=1)
    assert "1 made, 1 failed" in done.stderr
    assert f"error: in/a.png seed 0: image={folder}/in/a.png (no such file or directory)" in done.stderr
    assert names(folder / "out") == ["b_0.png", "manifest.jsonl"]

"""``--device``: which commands have it, what they write and say, and what they refuse."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from command_line import FAST, names, refused, run
from patchloom.cli import group
from patchloom.cli.batch import dry_run, running
from patchloom.cli.command import TaskCommand
from patchloom.cli.singan.again import check_again
from patchloom.device import choosing
from patchloom.errors import ParameterError
from patchloom.web.jobs import Studio

torch = pytest.importorskip("torch", reason="not on this machine: torch")

MADE = re.compile(r"photo_5\.png  40 x 32  seed 5  \d+\.\d s(?P<where>.*)")


@pytest.fixture
def gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine with a CUDA device, which is its processor."""
    own = choosing.as_device

    def as_device(value: Any) -> Any:
        return torch.device("cpu") if value in ("cuda", "auto") else own(value)

    monkeypatch.setattr(choosing, "as_device", as_device)
    monkeypatch.setattr("patchloom.cli.options.as_device",
                        lambda text: torch.device("cuda") if text in ("cuda", "auto") else own(text))


def test_which_commands_have_it() -> None:
    with_it = {name for name, command in group.commands.items() if any(one.name == "device" for one in command.params)}
    tasks = {name for name, command in group.commands.items() if isinstance(command, TaskCommand)}
    assert len(tasks) == 12
    assert with_it - {"batch"} == tasks | {"rerun", "studio"}


@pytest.mark.usefixtures("gpu")
def test_the_file_is_the_same_and_the_line_tells_where(photo: Path, folder: Path) -> None:
    given = ("--seed", 5, "--threads", 1, "--save-nnf", *FAST)
    told = [MADE.fullmatch(run("generate", photo, *given).stderr.splitlines()[0])]
    before = {path.name: path.read_bytes() for path in (folder / "photo_5.png", folder / "photo_5.npz")}
    for device in ("cuda", "auto"):
        done = run("generate", photo, "--device", device, "--force", *given)
        told.append(MADE.fullmatch(done.stderr.splitlines()[0]))
        assert before == {name: (folder / name).read_bytes() for name in before}
    on_torch = f" on cpu (torch {torch.__version__})"
    assert [one and one["where"] for one in told] == ["", on_torch, on_torch]


@pytest.mark.usefixtures("gpu")
def test_json_and_rerun(photo: Path) -> None:
    made = json.loads(run("generate", photo, "--seed", 5, "--device", "cuda", "--threads", 1, "--json", *FAST)
                      .stdout)["outputs"][0]
    again = json.loads(run("rerun", "photo_5.png", "--device", "cuda", "--threads", 1, "--json").stdout)["outputs"][0]
    home = json.loads(run("rerun", "photo_5.png", "--out", "home.png", "--json").stdout)["outputs"][0]
    assert made["device"] == again["device"] == f"cpu (torch {torch.__version__})"
    assert home["device"] == "cpu"
    assert again["same_bytes"] and home["same_bytes"]


@pytest.mark.usefixtures("gpu")
def test_dry_run_knows_no_times_of_other_devices(photo: Path) -> None:
    done = run("generate", photo, "--seed", 3, "--device", "cuda", "--dry-run", "--json")
    entry = json.loads(done.stdout)["inputs"][0]
    assert (entry["device"], entry["estimated_seconds"]) == ("cuda", None)
    assert re.search(r"^  on cuda, about \d\.\d MB of memory besides its own; how long that takes is not estimated$",
                     done.stderr, re.MULTILINE)
    entry = json.loads(run("generate", photo, "--seed", 3, "--dry-run", "--json").stdout)["inputs"][0]
    assert entry["device"] == "cpu" and entry["estimated_seconds"] > 0


@pytest.mark.usefixtures("gpu")
def test_a_batchs_dry_run_knows_no_times_of_other_devices(photo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(running, "is_gpu", lambda value: value in ("cuda", "auto"))
    monkeypatch.setattr(dry_run, "as_device", choosing.as_device)
    given = ("batch", "generate", photo, "--out", "out/", "--dry-run", "--json", *FAST)
    for more in (("--device", "cuda"), ("--device", "auto"), ("--device", "cuda:1", "--scheduler", "tcp://nobody:1")):
        done = run(*given, *more)
        told = json.loads(done.stdout)
        assert told["estimated_seconds_of_one_worker"] is told["looked_at"][0]["estimated_seconds"] is None
        assert re.search(r"out/photo_0.png, 40 x 32, with about \d\.\d MB$", done.stderr, re.MULTILINE)
        assert done.stderr.splitlines()[-1] == f"on {more[1]}; how long that takes is not estimated"
    told = json.loads(run(*given).stdout)
    assert told["estimated_seconds_of_one_worker"] >= 0 and told["looked_at"][0]["estimated_seconds"] > 0


def test_a_batchs_device_is_checked_before_its_first_job(
    photo: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its name always, and whether it is there where workers are this machine's."""
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    given = ("batch", "generate", photo, "--out", "out/", "--dry-run")
    for more in ((), ("--scheduler", "tcp://nobody:1")):
        refused(folder, *given, "--device", "gpu", *more, message="device='gpu': must be auto, cpu, cuda")
    refused(folder, *given, "--device", "cuda", message="device='cuda': torch ")
    run(*given, "--device", "cuda", "--scheduler", "tcp://nobody:1")


@pytest.mark.parametrize("device", ["cuda", "cuda:0", "auto"])
def test_a_batchs_command_leaves_the_gpu_to_its_workers(device: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where only one process may use it, none of them could; and they would find less memory."""
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 1)
    monkeypatch.setattr(choosing, "_fault", lambda *_: pytest.fail("it was used"))
    assert running.workers({"device": device, "workers": None}, 10) == running.WORKERS_ON_A_GPU
    with pytest.raises(ParameterError, match="^device='cuda:1': torch sees cuda:0 on this machine; "):
        running.workers({"device": "cuda:1", "workers": None}, 10)


def test_devices_that_are_not_there(photo: Path, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: False)
    monkeypatch.setattr(torch.version, "cuda", "12.4")
    for command in (("generate", photo), ("rerun", photo), ("studio",)):
        refused(folder, *command, "--device", "cuda", message="device='cuda': torch sees no GPU on this machine; try")
        refused(folder, *command, "--device", "gpu", message="device='gpu': must be auto, cpu, cuda")
    run("generate", photo, "--device", "auto", "--seed", 5, *FAST)
    assert names(folder) == ["photo.png", "photo_5.png"]


def test_without_torch_it_says_what_to_install(photo: Path, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "torch", None)
    done = run("generate", photo, "--device", "cuda", code=2)
    assert done.stderr == ("error: device='cuda': needs torch, which is not installed; "
                           "pip install 'patchloom[torch]', or leave it at cpu\n")
    assert names(folder) == ["photo.png"]


def test_results_of_trained_models_have_their_own_device() -> None:
    usual = {"save_nnf": False, "dry_run": False, "memory": None, "device": "cpu"}
    check_again(usual)
    with pytest.raises(ParameterError, match="--device is for results of patches; leave it out"):
        check_again({**usual, "device": "cuda"})


def test_the_studio_passes_it_on(monkeypatch: pytest.MonkeyPatch) -> None:
    found: dict[str, Any] = {}

    class Server:
        url, left = "http://127.0.0.1:1/", False

        def __init__(self, studio: Studio, port: int, **_: Any) -> None:
            found.update(studio._how)

        def __enter__(self) -> Server:
            return self

        def __exit__(self, *_: object) -> None:
            pass

        def serve_forever(self) -> None:
            pass

        def stop(self) -> None:
            pass

    monkeypatch.setattr("patchloom.web.serving.StudioServer", Server)
    monkeypatch.setattr("patchloom.cli.options.as_device", lambda text: torch.device(text))
    run("studio", "--no-browser", "--device", "cuda:1", "--threads", 3)
    assert (found["device"], found["threads"]) == ("cuda:1", 3)

"""Which kernels run, and what the environment may ask for."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from patchloom import kernels

SHOW = "import json, patchloom.kernels as k; print(json.dumps(k.info()))"
RUN = "import numpy, patchloom; patchloom.generate(numpy.zeros((16, 16), 'u1'), seed=1)"


def python(code: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", code], env={**os.environ, **environment}, capture_output=True, text=True
    )


def test_numpy_can_be_asked_for_and_then_nothing_is_warned_of() -> None:
    done = python(SHOW, PATCHLOOM_KERNELS="numpy")
    assert json.loads(done.stdout) == {"kernels": "numpy", "isa": "none"}
    assert python(RUN, PATCHLOOM_KERNELS="numpy").stderr == ""


def test_without_compiled_kernels_it_warns_once_or_fails_where_they_are_required() -> None:
    without = "import sys; sys.modules['patchloom._native'] = None\n"
    done = python(without + RUN + "\n" + RUN.split("; ")[1], PATCHLOOM_KERNELS="", PATCHLOOM_REQUIRE_NATIVE="")
    assert done.returncode == 0
    assert done.stderr.count("RuntimeWarning: patchloom runs on its NumPy kernels") == 1
    for required in ({"PATCHLOOM_REQUIRE_NATIVE": "1"}, {"PATCHLOOM_KERNELS": "native"}):
        done = python(without + RUN, **{"PATCHLOOM_KERNELS": "", "PATCHLOOM_REQUIRE_NATIVE": "", **required})
        assert "native kernels: not built; required by" in done.stderr.splitlines()[-1]


@pytest.mark.parametrize(
    ("name", "value"), [("PATCHLOOM_KERNELS", "fast"), ("PATCHLOOM_ISA", "sse9"), ("PATCHLOOM_REQUIRE_NATIVE", "maybe")]
)
def test_an_unsupported_setting_is_an_error_of_the_call(name: str, value: str) -> None:
    if name == "PATCHLOOM_ISA" and kernels.info()["kernels"] == "numpy":
        name, value = "PATCHLOOM_KERNELS", "fast"
    settings = {"PATCHLOOM_KERNELS": "", name: value}
    assert python("import patchloom", **settings).returncode == 0
    done = python(RUN, **settings)
    assert f"{name}='{value}': must be" in done.stderr.splitlines()[-1]
    done = subprocess.run(
        [sys.executable, "-m", "patchloom", "--version", "--json"],
        env={**os.environ, **settings},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 2
    assert done.stderr.startswith(f"error: {name}='{value}': must be")
    assert done.stderr.count("\n") == 1


def test_an_empty_setting_counts_as_unset() -> None:
    assert json.loads(python(SHOW, PATCHLOOM_ISA="", PATCHLOOM_KERNELS="").stdout)["kernels"] in ("native", "numpy")


def test_other_names_are_no_kernels() -> None:
    with pytest.raises(AttributeError, match="no attribute 'warp'"):
        kernels.warp  # noqa: B018

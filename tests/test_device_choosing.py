"""Which device a run gets, what is told where it cannot have one, and that nobody else needs torch."""

from __future__ import annotations

import gc
import re
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from conftest import make_picture
from patchloom import (
    PRESETS,
    Cancelled,
    DeviceError,
    DeviceMemoryError,
    MemoryBudgetError,
    MissingExtraError,
    ParameterError,
    Step,
    generate,
    plans,
    run,
    steps,
)
from patchloom.device import choosing, failing
from patchloom.device.choosing import as_device, as_name, engine_on
from patchloom.device.failing import let_go

torch = pytest.importorskip("torch", reason="not on this machine: torch")

from patchloom.device import engine  # noqa: E402  # needs torch
from patchloom.device.working import working  # noqa: E402

CPU = torch.device("cpu")
PICTURE = make_picture(28, 36)


@pytest.fixture
def gpus(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Return a function that says how many CUDA devices there are, and whether there is an MPS one."""
    def there(cuda: int = 0, mps: bool = False) -> None:
        monkeypatch.setattr(torch.cuda, "is_available", lambda: cuda > 0)
        monkeypatch.setattr(torch.cuda, "device_count", lambda: cuda)
        monkeypatch.setattr(torch.backends.mps, "is_available", lambda: mps)

    monkeypatch.setattr(choosing, "_fault", lambda *_: None)
    monkeypatch.setattr(choosing, "_built_for", lambda *_: True)
    there()
    return there


@pytest.fixture
def no_torch(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine on which torch is not installed."""
    monkeypatch.setitem(sys.modules, "torch", None)


def test_names_and_devices(gpus: Callable[..., None]) -> None:
    assert as_device("cpu") is as_device("cpu:0") is None
    assert as_device(CPU) == CPU
    assert as_device("auto") is None
    gpus(cuda=2)
    assert as_device("auto") == as_device("cuda") == torch.device("cuda")
    assert as_device("cuda:1") == as_device(torch.device("cuda:1")) == torch.device("cuda:1")
    gpus(mps=True)
    assert as_device("auto") == as_device("mps") == torch.device("mps")


OTHERS = ("gpu", "", "CUDA", "cuda:", "cuda:-1", "cuda:256", "cpu:00:0", "mps:", "cpu:00", "cuda:01", "mps:00",
          "cpu:1", torch.device("cpu:1"), None, 0, True, b"cuda", np.array([1, 2]), np.array(["cpu", "auto"]))


@pytest.mark.parametrize("value", OTHERS)
def test_other_values_are_refused(value: Any) -> None:
    with pytest.raises(ParameterError, match="^device=.*: must be auto, cpu, cuda, cuda:NUMBER or mps"):
        as_device(value)
    with pytest.raises(ParameterError, match="^device=.*: must be auto, cpu, cuda, cuda:NUMBER or mps"):
        as_name(value)


@pytest.mark.usefixtures("gpus", "no_torch")
def test_a_name_may_be_another_machines() -> None:
    names = ("auto", "cpu", "cuda", "cuda:1", "mps")
    assert tuple(map(as_name, names)) == names


def test_a_name_while_another_thread_imports_torch(monkeypatch: pytest.MonkeyPatch) -> None:
    """The module is there, and what it will have is not: a cluster's worker that is asked twice meets that."""
    monkeypatch.setitem(sys.modules, "torch", ModuleType("torch"))
    assert as_name("cuda:1") == "cuda:1"
    assert as_device("cpu") is None


ELSEWHERE = ("cuda", "cuda:3", "mps", "mps:0", torch.device("cuda"), torch.device("cuda:3"))


@pytest.mark.parametrize("value", ELSEWHERE)
def test_a_gpu_that_is_not_there(value: Any, gpus: Callable[..., None]) -> None:
    with pytest.raises(ParameterError, match=f"^device='{value}': torch sees no GPU on this machine; try auto"):
        generate(PICTURE, device=value)
    gpus(cuda=2)
    if str(value) != "cuda":
        with pytest.raises(ParameterError, match="torch sees cuda:0, cuda:1 on this machine; try auto or cpu$"):
            as_device(value)


@pytest.mark.parametrize(("kind", "named"), [("cuda", "CUDA"), ("mps", "MPS")])
def test_a_torch_that_is_built_for_no_gpu(kind: str, named: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.version, "cuda", None)
    monkeypatch.setattr(torch.version, "hip", None)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: False)
    monkeypatch.setattr(torch.backends.mps, "is_built", lambda: False)
    built = re.escape(f"device='{kind}': torch {torch.__version__} is built without {named}; install another build (py")
    with pytest.raises(ParameterError, match=f"^{built}"):
        as_device(kind)
    monkeypatch.setattr(torch.version, "hip" if kind == "cuda" else "cuda", "6.0")
    monkeypatch.setattr(torch.backends.mps, "is_built", lambda: True)
    with pytest.raises(ParameterError, match="torch sees no GPU on this machine; try auto or cpu$"):
        as_device(kind)


UNUSABLE = ("CUDA error: no kernel image is available for execution on the device\nCUDA kernel errors might be",
            "CUDA error: CUDA-capable device(s) is/are busy or unavailable\nCompile with `TORCH_USE_CUDA_DSA`")


@pytest.mark.parametrize("text", UNUSABLE, ids=["not built for it", "somebody else's"])
def test_a_gpu_that_torch_sees_and_cannot_use(
    text: str, gpus: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.undo()
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 1)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: False)
    zeros = torch.zeros

    def fails(*given: Any, device: Any = None, **named: Any) -> Any:
        if torch.device(device or "cpu").type == "cuda":
            raise RuntimeError(text)
        return zeros(*given, device=device, **named)

    monkeypatch.setattr(torch, "zeros", fails)
    assert as_device("auto") is None
    assert generate(PICTURE, seed=1, device="auto").device == "cpu"
    told = re.escape(f"device='cuda:0': torch sees it and cannot use it ({text.splitlines()[0]}); ")
    with pytest.raises(ParameterError, match=f"^{told}[^\n]*, or try cpu$"):
        generate(PICTURE, device="cuda:0")
    text = "CUDA error: out of memory\nCUDA kernel errors"
    with pytest.raises(DeviceMemoryError, match="^device='cuda': ran out of memory; "):
        as_device("cuda")
    assert as_device(CPU) == CPU


def test_devices_that_torch_has_and_patchloom_has_not() -> None:
    with pytest.raises(ParameterError, match="^device='meta': must be auto"):
        as_device(torch.device("meta"))


def test_steps_run_and_the_tasks_take_devices(gpus: Callable[..., None]) -> None:
    plan = plans.generate(PICTURE, seed=1)
    for call in (lambda: list(steps(plan, device="cuda")), lambda: run(plan, device="cuda")):
        with pytest.raises(ParameterError, match="device='cuda'"):
            call()
    engine = engine_on(CPU, threads=1)
    assert engine_on(engine) is engine
    assert run(plan, device=engine).image.tobytes() == run(plan).image.tobytes()


def test_without_torch_only_a_device_is_missed(no_torch: None) -> None:
    assert generate(PICTURE, seed=1).device == generate(PICTURE, seed=1, device="auto").device == "cpu"
    for name in ("cuda", "cuda:1", "mps"):
        with pytest.raises(MissingExtraError, match=rf"^device='{name}': needs torch, .*'patchloom\[torch\]'"):
            generate(PICTURE, device=name)
    with pytest.raises(ParameterError, match="^device='gpu': must be"):
        generate(PICTURE, device="gpu")


def test_torch_that_does_not_load(monkeypatch: pytest.MonkeyPatch) -> None:
    class Damaged:
        @staticmethod
        def find_spec(name: str, *_: Any) -> None:
            if name == "torch":
                raise OSError("libtorch_cpu.so: cannot open\nshared object file")

    monkeypatch.delitem(sys.modules, "torch")
    monkeypatch.setattr(sys, "meta_path", [Damaged, *sys.meta_path])
    assert as_device("auto") is None
    with pytest.raises(MissingExtraError, match=r"^device='cuda': needs torch, which does not load \(libtorch_cpu.so: "
                       r"cannot open shared object file\); install it anew, or leave it at cpu$"):
        as_device("cuda")


def test_cuda_without_a_number_is_the_one_that_is_current(
    gpus: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    gpus(cuda=3)
    monkeypatch.setattr(torch.cuda, "current_device", lambda: 2)
    for value in ("cuda", "auto", torch.device("cuda")):
        assert engine_on(value).device == torch.device("cuda:2")
    assert engine_on("cuda:1").device == torch.device("cuda:1")


def test_letting_go_of_memory(gpus: Callable[..., None], monkeypatch: pytest.MonkeyPatch) -> None:
    calls = []

    def fails() -> None:
        calls.append("cuda")
        raise RuntimeError("CUDA error: an illegal memory access was encountered")

    monkeypatch.setattr(torch.cuda, "empty_cache", fails)
    monkeypatch.setattr(torch.mps, "empty_cache", lambda: calls.append("mps"))
    for there in ({}, {"cuda": 1}, {"mps": True}):
        gpus(**there)
        let_go()
    assert calls == ["cuda", "mps"]


def test_the_native_engine_loads_no_torch() -> None:
    code = ("import sys, numpy, patchloom; patchloom.generate(numpy.zeros((20, 20), 'uint8'), seed=1, device='cpu'); "
            "assert 'torch' not in sys.modules")
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.parametrize("method", ["exact", "patchmatch"])
def test_cancelling(method: str) -> None:
    """Also in the middle of a step: who asks is called more often than there are steps."""
    asked, seen = 0, []

    def cancel() -> bool:
        nonlocal asked
        asked += 1
        return asked > 40

    params = replace(PRESETS["default"], method=method)
    with pytest.raises(Cancelled):
        generate(PICTURE, seed=1, params=params, device=CPU, threads=1, cancel=cancel, on_step=seen.append)
    assert asked == 41
    assert len(seen) < 20
    stop = threading.Event()
    stop.set()
    with pytest.raises(Cancelled):
        generate(PICTURE, seed=1, device=CPU, cancel=stop.is_set)


def test_a_run_does_not_mind_what_the_caller_set_and_leaves_it_so() -> None:
    plan = plans.generate(PICTURE, seed=4)
    expected = run(plan).image.tobytes()
    dtype, threads = torch.get_default_dtype(), torch.get_num_threads()
    try:
        torch.set_default_dtype(torch.float64)
        torch.set_num_threads(2)
        with torch.inference_mode():
            made = steps(plan, device=CPU, threads=1)
            next(made)                                    # the rest is made without it
        assert list(made)[-1].image.tobytes() == list(steps(plan))[-1].image.tobytes()
        with torch.autocast("cpu", torch.bfloat16), torch.device("meta"):
            told = [torch.is_grad_enabled() and torch.is_autocast_enabled("cpu") and torch.get_num_threads() == 2
                    for _ in steps(plan, device=CPU, threads=1)]
            assert run(plan, device=CPU, threads=1).image.tobytes() == expected
        assert all(told)
    finally:
        torch.set_default_dtype(dtype)
        torch.set_num_threads(threads)


def set_by_the_caller() -> tuple[Any, ...]:
    return (torch.is_inference_mode_enabled(), torch.is_autocast_enabled("cpu"), torch.get_num_threads(),
            torch.are_deterministic_algorithms_enabled(), torch.is_deterministic_algorithms_warn_only_enabled())


@pytest.mark.parametrize("warn_only", [False, True])
def test_nothing_that_the_caller_set_is_on_within_a_step_or_a_look(
    warn_only: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = []
    for name, function in (("quantise", engine.quantise), ("back", engine.back)):
        def looks(*given: Any, function: Any = function, **named: Any) -> Any:
            seen.append((function.__name__, *set_by_the_caller()))
            return function(*given, **named)

        monkeypatch.setattr(engine, name, looks)
    threads = torch.get_num_threads()
    try:
        torch.use_deterministic_algorithms(True, warn_only=warn_only)
        torch.set_num_threads(2)
        with torch.inference_mode(), torch.autocast("cpu", torch.bfloat16):
            for step in steps(plans.generate(PICTURE, seed=4), device=CPU, threads=1):
                assert step.image.dtype == np.float32
                assert set_by_the_caller() == (True, True, 2, True, warn_only)
    finally:
        torch.use_deterministic_algorithms(False)
        torch.set_num_threads(threads)
    assert set(seen) == {(name, False, False, 1, False, False) for name in ("quantise", "back")}


def test_what_a_step_shows_is_read_only_and_made_at_the_first_look() -> None:
    plan = plans.generate(PICTURE, seed=4)
    looked_at: list[Step] = list(steps(plan, device=CPU, threads=1))
    assert all("_made" not in vars(step) for step in looked_at)
    last = looked_at[-1]
    assert last.image is last.image
    for array in (last.image, last.fields.forward.index, last.fields.forward.distance):
        assert isinstance(array, np.ndarray)
        with pytest.raises(ValueError, match="read-only"):
            array[...] = 0


NO_MEMORY = (
    torch.cuda.OutOfMemoryError("as CUDA tells it, whatever the words"),
    RuntimeError("MPS backend out of memory (MPS allocated: 8.00 GB)"),
    RuntimeError("Invalid buffer size: 16.00 GB"),
    RuntimeError("CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`"),
    RuntimeError("[enforce fail at alloc_cpu.cpp:127] . DefaultCPUAllocator: can't allocate memory: you tried to"),
    RuntimeError("[enforce fail at alloc_cpu.cpp:80] . DefaultCPUAllocator: not enough memory: you tried to allocate"),
    RuntimeError("CUDA error: CUBLAS_STATUS_NOT_INITIALIZED when calling `cublasCreate(handle)`"),
)


@pytest.mark.parametrize("error", NO_MEMORY, ids=lambda error: str(error)[:30])
@pytest.mark.parametrize("where", ["quantise", "back"], ids=["in a step", "at a look"])
def test_a_device_without_enough_memory(error: RuntimeError, where: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: Any, **__: Any) -> None:
        raise error

    monkeypatch.setattr(f"patchloom.device.engine.{where}", fails)
    with pytest.raises(DeviceMemoryError, match="^device=cpu: ran out of memory; ask for a smaller size, or for the"):
        generate(PICTURE, device=CPU)
    assert issubclass(DeviceMemoryError, MemoryBudgetError)


def test_a_device_really_without_enough_memory() -> None:
    with pytest.raises(DeviceMemoryError), working(CPU, 1):
        torch.empty(1 << 60)


def tensors() -> int:
    gc.collect()
    return sum(type(found) is torch.Tensor for found in gc.get_objects())


@pytest.mark.parametrize("where", ["vote_again", "back"], ids=["in a step", "at a look"])
def test_nothing_is_held_on_the_device_while_its_error_is_handled(
    where: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls, own = 0, getattr(engine, where)

    def fails(*given: Any, **named: Any) -> Any:
        nonlocal calls
        calls += 1
        if where == "back" or calls > 5:
            raise torch.cuda.OutOfMemoryError("too little")
        return own(*given, **named)

    let = []
    monkeypatch.setattr(engine, where, fails)
    monkeypatch.setattr(failing, "let_go", lambda: let.append(tensors()))
    before = tensors()
    try:
        generate(PICTURE, device=CPU, threads=1)
    except DeviceMemoryError:
        assert tensors() == before
        assert let[-1] == before
    else:
        raise AssertionError("there was enough")
    if where == "vote_again":
        calls = 0
        try:
            for _ in steps(plans.generate(PICTURE, seed=4), device=CPU, threads=1):
                pass
        except DeviceMemoryError:
            del _
            assert tensors() == before


def test_the_callers_own_errors_keep_their_frames(monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where one is handled while another is, and both were before the run."""
    def fails(*_: Any, **__: Any) -> None:
        raise torch.cuda.OutOfMemoryError("too little")

    def mine(text: str) -> None:
        precious = text.upper()
        raise ValueError(precious)

    def kept(error: BaseException) -> str:
        assert error.__traceback__ is not None and error.__traceback__.tb_next is not None
        return str(error.__traceback__.tb_next.tb_frame.f_locals.get("precious"))

    monkeypatch.setattr(engine, "quantise", fails)
    try:
        mine("first")
    except ValueError as first:
        try:
            mine("second")
        except ValueError as second:
            with pytest.raises(DeviceMemoryError):
                generate(PICTURE, device=CPU, threads=1)
            assert (kept(first), kept(second)) == ("FIRST", "SECOND")


def test_a_device_that_fails_in_the_middle(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: Any, **__: Any) -> None:
        raise RuntimeError("CUDA error: an illegal memory access was encountered\nCUDA kernel errors might be")

    for where in ("quantise", "back"):
        with monkeypatch.context() as patched:
            patched.setattr(f"patchloom.device.engine.{where}", fails)
            with pytest.raises(DeviceError, match=r"^device=cpu: failed \(CUDA error: an illegal memory access was "
                               r"encountered\); start the program anew; [^\n]*$"):
                generate(PICTURE, device=CPU)


def test_runs_at_once_leave_what_the_caller_set() -> None:
    """Whichever ends first."""
    usual = torch.get_num_threads()
    both, over = threading.Barrier(2), threading.Event()
    seen: list[Any] = []

    def first() -> None:
        with working(CPU, 1):
            both.wait(60)
            both.wait(60)
        over.set()

    def second() -> None:
        both.wait(60)
        with working(CPU, 1):
            both.wait(60)
            over.wait(60)
            seen.append((torch.get_num_threads(), torch.are_deterministic_algorithms_enabled()))

    def later() -> None:
        seen.append(torch.get_num_threads())

    try:
        torch.set_num_threads(3)
        torch.use_deterministic_algorithms(True, warn_only=True)
        for group in ((first, second), (later,)):
            running = [threading.Thread(target=one) for one in group]
            for one in running:
                one.start()
            for one in running:
                one.join(120)
        assert seen == [(1, False), 3]
        assert set_by_the_caller()[2:] == (3, True, True)
    finally:
        torch.use_deterministic_algorithms(False)
        torch.set_num_threads(usual)


def test_a_gpu_works_in_its_usual_stream(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[Any] = []

    @contextmanager
    def stream(given: Any) -> Iterator[None]:
        seen.append(given)
        yield
        seen.append("left")

    monkeypatch.setattr(torch.cuda, "default_stream", lambda device: f"stream of {device}")
    monkeypatch.setattr(torch.cuda, "stream", stream)
    with working(torch.device("cuda:1"), 1):
        assert seen == ["stream of cuda:1"]
    assert seen[1:] == ["left"]
    with working(CPU, 1):
        assert len(seen) == 2


def test_other_errors_are_not_hidden(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: Any, **__: Any) -> None:
        raise RuntimeError("a mistake of ours")

    monkeypatch.setattr("patchloom.device.engine.quantise", fails)
    with pytest.raises(RuntimeError, match="a mistake of ours"):
        generate(PICTURE, device=CPU)

"""The project's chores, under the names that CI uses: ``nox -s lint``, ``types``, ``test``."""

import nox

nox.options.sessions = ["lint", "types", "test"]
nox.options.reuse_existing_virtualenvs = True

NATIVE = {"PATCHLOOM_REQUIRE_NATIVE": "1"}


@nox.session
def lint(session: nox.Session) -> None:
    """Check the style and the import contracts."""
    session.install(".[dev]", env=NATIVE)
    session.run("ruff", "check", *session.posargs)
    session.run("lint-imports")


@nox.session
def types(session: nox.Session) -> None:
    """Check the types of src, strictly."""
    session.install(".[dev]", env=NATIVE)
    session.run("mypy", *session.posargs)


@nox.session
@nox.parametrize("kernels", ["native", "numpy"])
def test(session: nox.Session, kernels: str) -> None:
    """Run the tests on the installed package, with the compiled kernels and with their twins."""
    session.install(".[test]", env=NATIVE)
    # The twins are many times slower: unless told which, only the tests closest to them.
    some = [] if kernels == "native" else ["tests/test_kernels.py", "tests/test_gpnn.py"]
    session.run("pytest", *(session.posargs or some), env={"PATCHLOOM_KERNELS": kernels})


@nox.session
def browser(session: nox.Session) -> None:
    """Run the tests in a browser, and fail where there is none."""
    session.install(".[test]", env=NATIVE)
    session.run("pytest", "tests/browser", *session.posargs, env={"PATCHLOOM_REQUIRE_BROWSER": "1"})


@nox.session
def sanitize(session: nox.Session) -> None:
    """Call the compiled kernels at random under the address, undefined-behaviour and thread sanitizers."""
    session.run("python", "tests/native/run.py", "sanitize", *session.posargs)
    session.run("python", "tests/native/run.py", "threads", *session.posargs)


@nox.session
def arm64(session: nox.Session) -> None:
    """Build the kernels for arm64 and compare their bytes with this machine's, on an emulator."""
    session.run("python", "tests/native/run.py", "arm64", *session.posargs)


@nox.session
def bench(session: nox.Session) -> None:
    """Print the benchmarks' tables; on one thread where they compare with BLAS."""
    session.install(".", env=NATIVE)
    session.run("python", "benchmarks/presets.py", *session.posargs)
    session.run("python", "benchmarks/search.py", env={"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"})
    session.run("python", "benchmarks/sizes.py", "--sizes", "128", "256", "512")

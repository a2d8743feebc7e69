"""Build driver.cpp with the kernels and run it: under sanitizers, with threads, or for arm64 on an emulator.

The flags, the kernels' sources and the instruction sets are those of CMakeLists.txt. Needs g++; for `arm64` Debian's
packages g++-aarch64-linux-gnu and qemu-user (or qemu-user-static) too.
"""

import argparse
import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
LEAST = ["-O1", "-g", "-fno-omit-frame-pointer"]
ADDRESS = [*LEAST, "-fsanitize=address,undefined", "-fno-sanitize-recover=all"]
THREAD = [*LEAST, "-fsanitize=thread"]


def tool(package: str, *names: str) -> str:
    """Return the first of these programs that there is."""
    for name in names:
        found = shutil.which(name)
        if found:
            return found
    sys.exit(f"{' or '.join(names)}: not found; needed for this check; apt-get install {package}")


def cmake() -> tuple[list[str], list[str], dict[str, list[str]]]:
    """Return CMakeLists.txt's flags for GCC, the kernels' sources, and the flags of each instruction set."""
    text = (ROOT / "CMakeLists.txt").read_text("utf-8")
    flags = re.search(r"set\(PATCHLOOM_FLAGS (-[^)]*)\)", text)
    sources = re.search(r"set\(PATCHLOOM_KERNELS ([^)]*)\)", text)
    isas = dict(re.findall(r"^ *patchloom_isa\((\w+)([^)]*)\)", text, re.MULTILINE))
    if not flags or not sources or "baseline" not in isas:
        sys.exit("CMakeLists.txt: no PATCHLOOM_FLAGS, PATCHLOOM_KERNELS or patchloom_isa(baseline); run.py reads these")
    # The build proper shows the warnings; sanitizers give rise to false ones.
    common = ["-std=gnu++17", *flags[1].split(), "-w"]
    return common, sources[1].split(), {name: more.split() for name, more in isas.items()}


def compile_with(command: list[str]) -> None:
    """Run a compiler, which explains itself where it fails."""
    if subprocess.run(command).returncode:
        sys.exit(f"failed: {' '.join(command)}")


def build(folder: Path, compiler: str, more: list[str], *, x86: bool) -> Path:
    """Compile each kernel once per instruction set and the rest once; return the program."""
    common, kernels, isas = cmake()
    common += [f"-I{ROOT / 'native'}", *more]
    jobs = [(name, source, [f"-DPATCHLOOM_ISA={name}", *isas[name]])
            for name in isas if x86 or name == "baseline" for source in kernels]
    defined = ["-DPATCHLOOM_X86=1"] if x86 else []
    rest = ["native/dispatch.cpp", "native/threads.cpp", "tests/native/driver.cpp"]
    jobs += [("all", source, defined) for source in rest]

    def one(job: tuple[str, str, list[str]]) -> Path:
        name, source, own = job
        target = folder / f"{name}-{Path(source).stem}.o"
        compile_with([compiler, *common, *own, "-c", str(ROOT / source), "-o", str(target)])
        return target

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        objects = list(pool.map(one, jobs))
    program = folder / "driver"
    compile_with([compiler, *common, *map(str, objects), "-pthread", "-o", str(program)])
    return program


def run(command: list[str], options: argparse.Namespace, threads: int = 0) -> dict[str, str]:
    """Run the driver and show what it says; return the hash of each instruction set."""
    start = time.monotonic()
    command = [*command, "--calls", str(options.calls), "--seed", str(options.seed), "--threads", str(threads)]
    first_only = {**os.environ, "TSAN_OPTIONS": "halt_on_error=1"}       # as the other sanitizers do
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, env=first_only)
    print(f"{done.stdout}{time.monotonic() - start:.0f} s", flush=True)
    if done.returncode:
        sys.exit(f"{options.check}: failed with exit status {done.returncode}; see above")
    return {line.split()[0]: line.split()[2] for line in done.stdout.splitlines()}


def main() -> None:
    """Read the command line and do the check that it names."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("check", choices=["sanitize", "threads", "arm64"])
    parser.add_argument("--calls", type=int, help="of each kernel on each instruction set")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    if options.calls is None:
        options.calls = 2_000 if options.check == "threads" else 100_000
    compiler = tool("g++", "g++")
    x86 = platform.machine().lower() in ("x86_64", "amd64")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if options.check == "arm64":
            cross = tool("g++-aarch64-linux-gnu", "aarch64-linux-gnu-g++")
            emulator = tool("qemu-user", "qemu-aarch64", "qemu-aarch64-static")
            for part in ("host", "arm64"):
                (folder / part).mkdir()
            host = run([str(build(folder / "host", compiler, [], x86=x86))], options)
            arm = run([emulator, str(build(folder / "arm64", cross, ["-static"], x86=False))], options)
            if arm["baseline"] != host["baseline"]:
                sys.exit(f"arm64: hash {arm['baseline']}; must be the host's {host['baseline']}")
            print("arm64 gives the host's bytes")
        else:
            threads = 4 if options.check == "threads" else 0
            run([str(build(folder, compiler, THREAD if threads else ADDRESS, x86=x86))], options, threads)


if __name__ == "__main__":
    main()

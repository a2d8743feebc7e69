"""A real Dask cluster on this machine: a scheduler and workers that are processes, and can be killed."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

TESTS = Path(__file__).parent

_ALONE, _LOST = ("--idle-timeout", "1800"), ("--death-timeout", "60")        # should nobody be left to end them


class DaskCluster:
    """A scheduler on a port of its own, and workers, each with one thread; all end with the block."""

    def __init__(self, folder, **environment):
        self.folder, self._held = Path(folder), _held_port()
        self.port = self._held.getsockname()[1]
        self.address = f"tcp://127.0.0.1:{self.port}"
        path = os.pathsep.join(filter(None, (str(TESTS), os.environ.get("PYTHONPATH"))))
        self.environment = {**os.environ, "PYTHONPATH": path, "PATCHLOOM_THREADS": "1", **environment}
        self.scheduler, self.workers = None, []

    def __enter__(self):
        return self

    def __exit__(self, *_):
        with self._held:
            for process in [*self.workers, self.scheduler]:
                if process is not None:
                    kill(process)

    def start(self, workers=3, **how):
        """Start a scheduler and workers; it takes them seconds to be there."""
        self.scheduler = self._process("scheduler", "--host", "127.0.0.1", "--port", str(self.port), *_ALONE)
        for _ in range(workers):
            self.add(**how)
        return self

    def answers(self):
        """Whether the scheduler does."""
        with socket.socket() as caller:
            return caller.connect_ex(("127.0.0.1", self.port)) == 0

    def restart(self):
        """Kill the scheduler, whose workers then leave; start another at its address, with as many workers."""
        kill(self.scheduler)
        self.start(len(self.workers))

    def add(self, memory="2GB", threads=1, nanny=False, **environment):
        """Start a worker."""
        worker = self._process(
            "worker", self.address, "--nthreads", str(threads), "--memory-limit", memory, *_LOST,
            "--nanny" if nanny else "--no-nanny", "--local-directory", str(self.folder), environment=environment,
        )
        self.workers.append(worker)
        return worker

    def _process(self, what, *arguments, environment=()):
        """Start a command of Dask's in a session of its own, so that its children can be ended with it."""
        command = [sys.executable, "-m", f"distributed.cli.dask_{what}", *arguments, "--no-dashboard"]
        with (self.folder / f"{what}.log").open("a") as log:
            return subprocess.Popen(
                command, env={**self.environment, **dict(environment)}, stdout=log, stderr=log, cwd=self.folder,
                start_new_session=True,
            )


def _held_port():
    """Return a socket whose port nobody gets who asks for any, while a scheduler may listen there; it does not."""
    held = socket.socket()
    held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    held.bind(("127.0.0.1", 0))
    return held


def kill(process):
    """End a process and its children with SIGKILL."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()

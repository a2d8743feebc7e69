"""``patchloom studio``: a page to work with pictures, served by this machine to itself."""

from __future__ import annotations

import importlib.util
from typing import Any

import click

from ..checks import as_memory
from ..errors import MissingExtraError, explain
from ..web.addresses import as_host, as_root_path
from ..web.limits import MEGABYTE, MEGAPIXEL, Limits
from .exits import say
from .options import DEVICE, THREADS, Checked, real, whole
from .stopping import end_now, ended_by, open_browser

EXAMPLES = """\b
Examples:
  patchloom studio
  patchloom studio --no-browser --port 0
  patchloom studio --no-browser --allow-host pictures.example.org --root-path /studio
"""

DEFAULT_PORT = 8500
_NEEDS = ("fastapi", "uvicorn", "python_multipart")
_DAY = 86_400
_USUAL = Limits()


_BYTES = Checked("SIZE", as_memory)


@click.command("studio", epilog=EXAMPLES, short_help="A page for all of this, in a browser.")
@click.option("--port", type=whole("port", 0, 65535), default=str(DEFAULT_PORT),
              help="Where to listen, on this machine alone; 0 takes a free port."
                   f"  [default: {DEFAULT_PORT}; 0 to 65535]")
@click.option("--no-browser", is_flag=True, help="Open no browser; tell the address only.")
@click.option("--allow-host", "hosts", multiple=True, type=Checked("NAME[:PORT]", as_host),
              help="What else the page may be called by: the name that a reverse proxy of yours passes on as Host. May "
                   "be repeated.  [default: none but 127.0.0.1, localhost and ::1, with the port]")
@click.option("--root-path", type=Checked("/PATH", as_root_path), default="",
              help="The path that a reverse proxy serves the page under, whether it takes that away or not."
                   "  [default: none]")
@click.option("--threads", type=THREADS, default="0",
              help="Threads of each run; results are the same for any number."
                   "  [default: 0, which means PATCHLOOM_THREADS or else all cores; 0 to 1024]")
@click.option("--device", type=DEVICE, metavar=DEVICE.name, default="cpu",
              help="Where to compute, with the same results: on the processor, or on a GPU by torch (pip install"
                   " 'patchloom[torch]').  [default: cpu]")
@click.option("--max-pixels", "pixels", type=real("max_pixels", 0.01, 400, "megapixels"),
              default=f"{_USUAL.pixels / MEGAPIXEL:g}",
              help="Of a picture that is sent, and of a result, in megapixels."
                   f"  [default: {_USUAL.pixels / MEGAPIXEL:g}; 0.01 to 400]")
@click.option("--max-body", "body", type=_BYTES, default=f"{_USUAL.body // MEGABYTE}MB",
              help=f"All that one request sends.  [default: {_USUAL.body // MEGABYTE}MB]")
@click.option("--max-count", "count", type=whole("max_count", 1, 10_000), default=str(_USUAL.count),
              help=f"Results of one job.  [default: {_USUAL.count}; 1 to 10000]")
@click.option("--queue", type=whole("queue", 1, 10_000), default=str(_USUAL.queue),
              help=f"Jobs that may wait.  [default: {_USUAL.queue}; 1 to 10000]")
@click.option("--max-seconds", "seconds", type=real("max_seconds", 1, _DAY, "seconds"), default=f"{_USUAL.seconds:g}",
              help=f"Time that one job may run, in seconds.  [default: {_USUAL.seconds:g}; 1 to {_DAY}]")
@click.option("--keep", "kept", type=real("keep", 1, _DAY, "seconds"), default=f"{_USUAL.kept:g}",
              help="Seconds for which the results of a finished job are kept."
                   f"  [default: {_USUAL.kept:g}; 1 to {_DAY}]")
@click.option("--hold", "held", type=_BYTES, default=f"{_USUAL.held // MEGABYTE}MB",
              help="Memory for pictures that wait and results that are kept; the oldest results go first."
                   f"  [default: {_USUAL.held // MEGABYTE}MB]")
@click.option("--memory", type=_BYTES, default=f"{_USUAL.memory // MEGABYTE}MB",
              help="Refuse a job that would need more to run, such as 500MB or 2GiB."
                   f"  [default: {_USUAL.memory // MEGABYTE}MB]")
def studio(
    port: int, no_browser: bool, hosts: tuple[str, ...], root_path: str, threads: int, device: str, pixels: float,
    **limits: Any,
) -> None:
    """Open a page to work with pictures in, and serve it until Ctrl-C.

    It is served on this machine alone, and nothing is sent anywhere else. docs/studio.md is about the page,
    docs/http.md about its interface for programs, which /docs on the page lists.
    """
    _check_extra()
    from ..web.jobs import Studio
    from ..web.serving import StudioServer

    made = Studio(Limits(pixels=int(pixels * MEGAPIXEL), **limits), threads=threads, device=device)
    with StudioServer(made, port, hosts=hosts, root_path=root_path) as server, ended_by(server.stop):
        say(f"studio  {server.url}  (Ctrl-C ends it)")
        if not no_browser:
            open_browser(server.url)
        server.serve_forever()
    if server.left:
        end_now()


def _check_extra() -> None:
    missing = [name for name in _NEEDS if importlib.util.find_spec(name) is None]
    if missing:
        raise MissingExtraError(
            explain("studio", "a page", f"needs {', '.join(missing)}", "pip install 'patchloom[web]'")
        )

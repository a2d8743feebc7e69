"""How a command that serves ends: by Ctrl-C or a request to end, which are no errors."""

from __future__ import annotations

import atexit
import os
import signal
import sys
import threading
import webbrowser
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType


@contextmanager
def ended_by(stop: Callable[[], None]) -> Iterator[None]:
    """Have Ctrl-C and a request to end call `stop` while the block runs, instead of cutting into whatever it does.

    Parameters
    ----------
    stop : callable
        Lets the block end soon; it may be called at any time, more than once, and must not wait.
    """

    def ask(number: int, frame: FrameType | None) -> None:
        stop()

    wanted = [number for number in (signal.SIGINT, signal.SIGTERM) if signal.getsignal(number) != signal.SIG_IGN]
    before = {number: signal.signal(number, ask) for number in wanted}
    try:
        yield
    except KeyboardInterrupt:
        pass
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def open_browser(url: str) -> None:
    """Open a browser beside what goes on: some, in a terminal, return only when they are left."""
    threading.Thread(target=webbrowser.open, args=(url,), daemon=True).start()


def end_now() -> None:
    """End the program without an error though threads still work; what it made for a while goes as it always does."""
    atexit._run_exitfuncs()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)

"""What the servers have in common: only this machine reaches them, and pages from elsewhere get nothing of them."""

from __future__ import annotations

from collections.abc import Mapping

from .errors import FileError, explain

ADDRESS = "127.0.0.1"

HEADERS: Mapping[str, str] = {
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
"""Of every answer, beside a policy of its content."""


def url(port: int) -> str:
    """Return where the page of a server is."""
    return f"http://{ADDRESS}:{port}/"


def taken(port: int, error: OSError) -> FileError:
    """Return what is told of a port that a server cannot have."""
    reason = (error.strerror or str(error)).lower()
    return FileError(explain("port", f"{port} ({reason})", "must be free", "try --port 0 for a free one"))

"""The real `patchloom studio` in a process of its own, and requests to it by hand."""

import json
import re
import signal
import socket
import subprocess
import sys
import sysconfig
from contextlib import contextmanager, suppress
from pathlib import Path

# Put together here: messages quote what came in, and hypothesis sends constants that it finds in tests.
INSIDE = ("Trace" + "back", sysconfig.get_path("purelib"), str(Path(__file__).resolve().parents[1]))


class Server:
    """A running studio."""

    def __init__(self, process, url, log):
        self.process, self.url, self.log = process, url, log
        self.port = int(re.search(r":(\d+)/", url)[1])
        self.host = f"127.0.0.1:{self.port}"

    def memory(self, what="VmHWM"):
        """Bytes that the process holds (VmRSS), or held at most (VmHWM)."""
        about = Path(f"/proc/{self.process.pid}/status").read_text()
        return 1024 * int(re.search(rf"^{what}:\s+(\d+) kB$", about, re.M)[1])

    def forget_peak(self):
        """Let the most that it held be counted from now on."""
        Path(f"/proc/{self.process.pid}/clear_refs").write_text("5")

    def send(self, data, limit=60.0, *, leave=False):
        """Send bytes, and if told say that no more come; return all that comes back until the server closes."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=limit) as connection:
            try:
                connection.sendall(data)
                if leave:
                    connection.shutdown(socket.SHUT_WR)
            except OSError:                               # refused before all was sent
                pass
            parts = []
            try:
                while part := connection.recv(1 << 16):
                    parts.append(part)
            except ConnectionError:
                pass
            return b"".join(parts)


@contextmanager
def running(folder, *options):
    """Run the command until the block ends; it must then end as it should."""
    log = Path(folder) / "studio.log"
    command = [sys.executable, "-m", "patchloom", "studio", "--port", "0", "--no-browser", *map(str, options)]
    with log.open("w") as out:
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=out, cwd=folder)
    try:
        yield Server(process, _address(process, log), log)
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=60) == 0
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()


def _address(process, log):
    while process.poll() is None:
        if found := re.search(r"http://127\.0\.0\.1:\d+/", log.read_text()):
            return found[0]
        with suppress(subprocess.TimeoutExpired):
            process.wait(0.02)
    raise AssertionError(log.read_text())


def answered(data):
    """Return (status, headers in lower case, body) of the first answer in what came back."""
    head, _, body = data.partition(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    if "content-length" in headers:
        body = body[: int(headers["content-length"])]
    return int(first.split()[1]), headers, body


def assert_refused(status, headers, body):
    """The one shape of errors: what, allowed, on one line; nothing of the inside."""
    assert 400 <= status < 500, (status, body)
    assert headers["content-type"] == "application/json"
    told = json.loads(body)
    assert list(told) == ["error"] and set(told["error"]) == {"status", "code", "message", "field"}, told
    error = told["error"]
    assert error["status"] == status and re.fullmatch(r"[a-z][a-z-]*", error["code"]), error
    assert error["message"] and error["message"].isprintable() and len(error["message"]) < 1000, error
    assert error["field"] is None or isinstance(error["field"], str), error
    for inside in INSIDE:
        assert inside not in error["message"], error
    if status in (429, 503):
        assert int(headers["retry-after"]) >= 1
    return error


def multipart(*parts, boundary="edge", end=True):
    """A body of (head, data): the head without its Content-Disposition, as ``name="image"; filename="a.png"``."""
    lines = [f"--{boundary}\r\nContent-Disposition: form-data; {head}\r\n\r\n".encode("utf-8", "surrogateescape")
             + (data if isinstance(data, bytes) else data.encode()) + b"\r\n" for head, data in parts]
    return b"".join(lines) + (f"--{boundary}--\r\n".encode() if end else b"")

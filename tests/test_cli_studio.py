"""``patchloom studio``: what it says, what it refuses, and how it ends."""

import json
import signal
import subprocess
import sys
import threading
import time
from http.client import HTTPConnection
from io import BytesIO

import httpx
import pytest

from command_line import run
from patchloom.web.jobs import Studio
from patchloom.web.limits import Limits
from studio_client import png
from studio_server import running

HERE = "127.0.0.1"
SOON = 60.0                                               # seconds: two cores may be busy with other tests


@pytest.fixture(scope="module", name="server")
def server_fixture(tmp_path_factory):
    """The real command; it must end as it should."""
    with running(tmp_path_factory.mktemp("studio"), "--max-pixels", "0.5", "--max-count", 3) as server:
        yield server


def test_its_address_is_all_that_it_says(server):
    """One line, which scripts read."""
    assert server.log.read_text() == f"studio  {server.url}  (Ctrl-C ends it)\n"


def test_limits_are_options(server):
    """What the command line says is what the page is told."""
    limits = httpx.get(server.url + "api/tasks", timeout=SOON).json()["limits"]
    assert (limits["pixels"], limits["count"]) == (500_000, 3)
    default = Limits()
    assert (limits["bytes"], limits["queue"], limits["seconds"]) == (default.body, default.queue, default.seconds)


def test_defaults_are_those_of_the_limits(monkeypatch):
    """Without options the limits are `Limits`."""
    found = {}

    class Server:
        url, left = "http://127.0.0.1:1/", False

        def __init__(self, studio, port, **options):
            found.update(limits=studio.limits, port=port, **options)

        def __enter__(self):
            return self

        def __exit__(self, *_):
            pass

        def serve_forever(self):
            pass

        def stop(self):
            pass

    monkeypatch.setattr("patchloom.web.serving.StudioServer", Server)
    run("studio", "--no-browser")
    assert found == {"limits": Limits(), "port": 8500, "hosts": (), "root_path": ""}
    run("studio", "--no-browser", "--allow-host", "A.example", "--allow-host", "b:1", "--root-path", "/x/", "--port", 0)
    assert (found["hosts"], found["root_path"], found["port"]) == (("a.example", "b:1"), "/x", 0)


def test_opens_a_browser(monkeypatch):
    """At its address, unless it is told not to."""
    opened, shown = [], threading.Event()
    monkeypatch.setattr("webbrowser.open", lambda url: (opened.append(url), shown.set()))
    monkeypatch.setattr("patchloom.web.serving.StudioServer.serve_forever", lambda self: shown.wait(SOON))
    done = run("studio", "--port", 0)
    assert opened and opened[0] in done.stderr
    monkeypatch.setattr("patchloom.web.serving.StudioServer.serve_forever", lambda self: time.sleep(0.2))
    run("studio", "--port", 0, "--no-browser")
    assert len(opened) == 1


@pytest.mark.parametrize(("options", "message"), [
    (("--port", "65536"), "port=65536: "), (("--port", "x"), "port='x': "), (("--threads", "-1"), "threads=-1: "),
    (("--root-path", "x"), "root_path='x': "), (("--allow-host", "http://x"), "allow_host='http://x': "),
    (("--max-pixels", "0"), "max_pixels=0: "), (("--max-body", "much"), "memory='much': "),
    (("--queue", "0"), "queue=0: "), (("--keep", "inf"), "keep=inf: "), (("--max-seconds", "nan"), "max_seconds=nan: "),
    (("picture.png",), "Got unexpected extra argument")])
def test_wrong_options(options, message):
    """One line, exit code 2."""
    done = run("studio", "--no-browser", *options, code=2)
    assert done.stderr.startswith("error: " + message) and done.stderr.count("\n") == 1


def test_port_that_is_taken(server):
    """Told with what helps."""
    done = run("studio", "--no-browser", "--port", server.port, code=2)
    told = f"port={server.port} (address already in use): must be free; try --port 0 for a free one"
    assert done.stderr == f"error: {told}\n"


def test_without_the_extra(monkeypatch):
    """One line that says what to install; help needs nothing."""
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    done = run("studio", code=2)
    assert done.stderr.startswith("error: studio=a page: needs fastapi") and "patchloom[web]" in done.stderr
    assert "--allow-host" in run("studio", "--help").stdout


def test_the_framework_is_loaded_for_the_studio_alone():
    """Nothing else waits for it."""
    code = ("import sys, patchloom.cli; from click.testing import CliRunner; "
            "CliRunner().invoke(patchloom.cli.group, ['studio', '--help']); "
            "print(sorted({'fastapi', 'starlette', 'uvicorn', 'pydantic', 'anyio'} & set(sys.modules)))")
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"


def test_no_name_of_the_server(server):
    """Answers do not say what made them, and connections stay open for the next request."""
    connection = HTTPConnection(HERE, server.port, timeout=SOON)
    for _ in range(2):
        connection.request("GET", "/api/tasks")
        answer = connection.getresponse()
        assert answer.status == 200 and answer.getheader("server") is None and json.load(answer)
    connection.close()


@pytest.mark.parametrize("data", [
    b"hello\r\n\r\n", b"\x16\x03\x01\x00\xa5", b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
    b"GET / HTTP/1.1\r\n\r\n", b"GET / HTTP/1.1\r\nA: " + b"x" * 100_000 + b"\r\n\r\n",
    b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n"])
def test_what_is_no_http(server, data):
    """Answered in the shape of all errors, and the connection closed."""
    head, _, body = server.send(data).partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 400 ") and b"connection: close" in head.lower()
    assert json.loads(body)["error"]["code"] == "request"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_ends_at_once(tmp_path, number):
    """While a job runs and somebody watches it: it is cancelled, the stream ends, long before it would be done."""
    with running(tmp_path) as server:
        data = {"task": "generate", "parameters": json.dumps({"count": 64, "size": [600, 800]})}
        job = httpx.post(server.url + "api/jobs", data=data, files={"image": png()}, timeout=SOON).json()
        with httpx.stream("GET", f"{server.url}api/jobs/{job['id']}/events", timeout=SOON) as stream:
            lines = stream.iter_lines()
            assert next(lines) == "event: state"
            start = time.monotonic()
            server.process.send_signal(number)
            kinds = [line.removeprefix("event: ") for line in lines if line.startswith("event: ")]
        assert kinds[-1] == "cancelled"
        assert server.process.wait(timeout=SOON) == 0
        assert time.monotonic() - start < SOON
        assert server.log.read_text().count("\n") == 1


def test_ends_while_a_body_is_sent(tmp_path):
    """A connection that never finishes its request does not keep the studio."""
    with running(tmp_path) as server:
        connection = HTTPConnection(HERE, server.port, timeout=SOON)
        connection.putrequest("POST", "/api/jobs")
        connection.putheader("Content-Length", "1000")
        connection.putheader("Content-Type", "multipart/form-data; boundary=x")
        connection.endheaders(b"--x")
        server.process.send_signal(signal.SIGTERM)
        assert server.process.wait(timeout=SOON) == 0
        connection.close()
        assert server.log.read_text().count("\n") == 1


@pytest.mark.parametrize("delay", [0, 0.005, 0.01, 0.02, 0.04])
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_ends_at_once_after_it_began(tmp_path, number, delay):
    """From the moment that the address is told, whatever the server is about to do."""
    with running(tmp_path) as server:
        time.sleep(delay)
        server.process.send_signal(number)
        assert server.process.wait(timeout=SOON) == 0
        assert server.log.read_text().count("\n") == 1


def test_stop():
    """A server in a program of one's own ends from any thread."""
    from patchloom.web.serving import StudioServer

    with StudioServer(Studio(threads=1)) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            answer = httpx.post(server.url + "api/preview", files={"image": BytesIO(png())}, timeout=SOON)
            assert answer.headers["content-type"] == "image/png"
        finally:
            server.stop()
            thread.join(SOON)
        assert not thread.is_alive()

"""Clients that leave, trickle or come in crowds, and a studio that ends, to a real server."""

import contextlib
import dataclasses
import http.client
import signal
import socket
import subprocess
import sys
import threading
import time
from contextlib import ExitStack

import httpx
import pytest

from malformed_requests import IMAGE, TASK, posted, wire
from patchloom.cancelling import check
from patchloom.catalogue import TASKS
from patchloom.web import guard, job_routes, ordering, protocol, serving, threads
from patchloom.web.jobs import Studio
from patchloom.web.limits import Limits
from patchloom.web.serving import StudioServer
from studio_server import answered, assert_refused

SOON = 60.0


@pytest.fixture(name="server")
def server_fixture(monkeypatch):
    """A studio whose requests may have 200 kB, and which waits for its last answers on a busy machine too."""
    monkeypatch.setattr(serving, "_LINGER", SOON)
    with StudioServer(Studio(Limits(body=200_000), threads=1)) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.stop()
        thread.join(SOON)
        assert not thread.is_alive() and not server.left


def connected(server):
    return socket.create_connection(("127.0.0.1", server.port), timeout=SOON)


def read(connection):
    """All that comes until the server closes."""
    parts = []
    while part := connection.recv(1 << 16):
        parts.append(part)
    return b"".join(parts)


def unavailable(status, headers, body):
    """An error as all are, of status 503."""
    assert status == 503 and int(headers["retry-after"]) >= 1
    return assert_refused(403, headers, body.replace(b"503", b"403"))


@pytest.fixture(name="planning")
def planning_fixture(monkeypatch):
    """Planning ``tile`` never ends by itself: what is released when it begins, and when it ends."""
    begun, ended = threading.Semaphore(0), threading.Semaphore(0)

    def plan(*_):
        begun.release()
        try:
            while True:
                check()
                time.sleep(0.001)
        finally:
            ended.release()

    monkeypatch.setattr(ordering, "TASKS", {**TASKS, "tile": dataclasses.replace(TASKS["tile"], plan=plan)})
    return begun, ended


def test_a_client_that_leaves_ends_its_plan(server, planning, monkeypatch):
    """And nothing is made; those who wait for a thread leave without one, and others come to their turn."""
    (begun, ended), host = planning, f"127.0.0.1:{server.port}"
    watch, watched = threads._watch, threading.Semaphore(0)

    def watching(*arguments):
        watched.release()
        return watch(*arguments)

    monkeypatch.setattr(threads, "_watch", watching)
    with ExitStack() as left:                             # who came last leaves first: those who wait, all of them
        for number in range(job_routes._DECODERS + 3):
            left.enter_context(connected(server)).sendall(posted(host, ('name="task"', "tile"), IMAGE))
            assert watched.acquire(timeout=SOON)
            assert number >= job_routes._DECODERS or begun.acquire(timeout=SOON)
        assert not begun.acquire(timeout=0.1)
    assert all(ended.acquire(timeout=SOON) for _ in range(job_routes._DECODERS))
    answer = httpx.post(server.url + "api/jobs", data={"task": "generate"}, files={"image": ("a.png", IMAGE[1])},
                        timeout=SOON)
    assert answer.status_code == 202 and not begun.acquire(blocking=False)


def test_a_plan_ends_with_the_studio(server, planning):
    """Its client is told."""
    begun, ended = planning
    with connected(server) as connection:
        connection.sendall(posted(f"127.0.0.1:{server.port}", ('name="task"', "tile"), IMAGE))
        assert begun.acquire(timeout=SOON)
        server.stop()
        assert unavailable(*answered(read(connection)))["code"] == "unavailable"
    assert ended.acquire(timeout=SOON)


@pytest.mark.parametrize("chunked", [True, False])
def test_who_sends_too_much_sees_why(server, monkeypatch, chunked):
    """The connection is not cut off before all is sent."""
    monkeypatch.setattr(guard, "_PATIENCE", SOON)         # on a busy machine this may send nothing for a while
    monkeypatch.setattr(guard, "_DRAINED", SOON)
    host, head = f"127.0.0.1:{server.port}", b'--edge\r\nContent-Disposition: form-data; name="a"; filename="a"\r\n\r\n'
    pieces = [head + bytes(100_000 - len(head)), *[bytes(100_000)] * 3]
    more = ["Transfer-Encoding: chunked"] if chunked else []
    request = wire(host, "POST", "/api/jobs", more, kind="multipart/form-data; boundary=edge",
                   length=None if chunked else 400_000)
    with connected(server) as connection:
        connection.sendall(request)
        for piece in pieces:
            connection.sendall(b"186a0\r\n" + piece + b"\r\n" if chunked else piece)
            time.sleep(0.02)
        if chunked:
            connection.sendall(b"0\r\n\r\n")
        assert assert_refused(*answered(read(connection)))["code"] == "too-large"


def test_who_asks_first_is_answered_first(server, monkeypatch):
    """A body that is announced too large is not even begun."""
    monkeypatch.setattr(guard, "_PATIENCE", 3 * SOON)     # a body that is waited for is longer than `read` waits
    monkeypatch.setattr(guard, "_DRAINED", 3 * SOON)
    host = f"127.0.0.1:{server.port}"
    with connected(server) as connection:
        connection.sendall(wire(host, "POST", "/api/jobs", ["Expect: 100-continue"], length=300_000))
        assert assert_refused(*answered(read(connection)))["code"] == "too-large"


def test_bodies_that_are_announced_take_no_room(server):
    """Four of the largest, of which nothing comes, leave it to others."""
    host = f"127.0.0.1:{server.port}"
    with ExitStack() as open_:
        for _ in range(6):
            open_.enter_context(connected(server)).sendall(
                wire(host, "POST", "/api/jobs", kind="multipart/form-data; boundary=edge", length=200_000) + b"--")
        time.sleep(0.05)
        answer = httpx.post(server.url + "api/jobs", data={"task": "generate"}, files={"image": ("a.png", IMAGE[1])},
                            timeout=SOON)
        assert answer.status_code == 202


def test_streams_have_a_limit(server, monkeypatch):
    """Of a job and in all; who leaves makes room."""
    def run(*_, **__):                                    # ended by a cancel alone
        while True:
            check()
            time.sleep(0.002)

    generate = TASKS["generate"]
    endless = dataclasses.replace(generate, delivery=dataclasses.replace(generate.delivery, run=run))
    monkeypatch.setattr(ordering, "TASKS", {**TASKS, "generate": endless})
    monkeypatch.setattr(job_routes, "_FOLLOWERS", 3)
    monkeypatch.setattr(job_routes, "_STREAMS", 4)
    data = {"task": "generate"}
    jobs = [httpx.post(server.url + "api/jobs", data=data, files={"image": ("a.png", IMAGE[1])},
                       timeout=SOON).json()["id"] for _ in range(2)]
    urls = [f"{server.url}api/jobs/{job}/events" for job in jobs]
    with ExitStack() as open_:
        def follow(url, status):
            answer = open_.enter_context(httpx.stream("GET", url, timeout=SOON))
            assert answer.status_code == status
            return answer

        first = follow(urls[0], 200)
        for url, status in ((urls[0], 200), (urls[0], 200), (urls[0], 429), (urls[1], 200), (urls[1], 429)):
            refused = follow(url, status)
        assert refused.headers["retry-after"] == "5" and b'"code":"queue"' in refused.read()
        first.close()
        until = time.monotonic() + SOON
        while not _free(urls[0]):
            assert time.monotonic() < until
    for job in jobs:
        httpx.delete(f"{server.url}api/jobs/{job}", timeout=SOON)


def _free(url):
    with httpx.stream("GET", url, timeout=SOON) as answer:
        return answer.status_code == 200


def test_connections_have_a_limit(server, monkeypatch):
    """In the shape of all errors."""
    monkeypatch.setattr(protocol, "MOST", 3)
    with ExitStack() as open_:
        for _ in range(3):
            open_.enter_context(connected(server))
        with connected(server) as one_more:
            assert unavailable(*answered(read(one_more)))["code"] == "unavailable"


@pytest.mark.parametrize("sent", [b"", b"GET / HTTP/1.1\r\nHos", None])
def test_connections_that_ask_nothing_are_closed(server, monkeypatch, sent):
    """Also after an answer, and however slowly something comes; not while a job is followed."""
    def patience_is_short():
        monkeypatch.setattr(protocol, "HEAD", 0.2)
        return time.monotonic()

    if sent is not None:
        start = patience_is_short()
    with connected(server) as connection:
        if sent is None:                                  # not before: on a busy machine a request may take longer
            request = wire(f"127.0.0.1:{server.port}", path="/nothing")
            connection.sendall(request.replace(b"Connection: close\r\n", b""))
            came = b""
            while not came.endswith(b"}}"):
                part = connection.recv(1 << 16)
                assert part, came                         # closed: nothing more will ever come
                came += part
            assert came.startswith(b"HTTP/1.1 404")
            start, sent = patience_is_short(), b"G"
        with contextlib.suppress(ConnectionError):        # closed before all is sent
            connection.sendall(sent)
            for _ in range(4):
                connection.sendall(b"E" if sent else b"")
                time.sleep(0.03)
            assert connection.recv(1 << 16) == b""
        assert time.monotonic() - start > 0.05


def test_slow_answers_are_no_silence(server, planning):
    """A request that is whole waits for its answer as long as that takes."""
    begun, _ = planning
    with connected(server) as connection:
        connection.sendall(posted(f"127.0.0.1:{server.port}", ('name="task"', "tile"), IMAGE))
        assert begun.acquire(timeout=SOON)
        (open_,) = server._server.server_state.connections
        assert open_._timer is None                       # nothing will close it
        connection.settimeout(0.4)
        with pytest.raises(TimeoutError):
            connection.recv(1)


DECODES = """
import sys, threading, time
from patchloom import io
from patchloom.cli import main

def read(*_, **__):
    print("decodes", flush=True)
    time.sleep(600)

io.read = read
sys.argv = ["patchloom", "studio", "--port", "0", "--no-browser"]
main()
"""


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_ends_while_a_picture_is_decoded(number):
    """Nothing can cut a decoder off, and nobody waits for it."""
    with subprocess.Popen([sys.executable, "-c", DECODES], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          text=True) as process:
        try:
            host = process.stderr.readline().split("/")[2]
            connection = http.client.HTTPConnection(host, timeout=SOON)
            connection.sock = socket.create_connection(tuple(host.split(":")), timeout=SOON)
            connection.sock.sendall(posted(host, TASK, IMAGE))
            assert process.stdout.readline() == "decodes\n"
            process.send_signal(number)
            assert process.wait(SOON) == 0
            assert process.stderr.read() == ""
            connection.close()
        finally:
            process.kill()

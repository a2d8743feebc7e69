"""Who may ask the studio, how much may be sent, and what every answer carries."""

from types import SimpleNamespace

import anyio
import pytest

from patchloom.errors import ParameterError
from patchloom.web import guard
from patchloom.web.addresses import as_host, as_root_path
from patchloom.web.guard import Guard
from patchloom.web.limits import Limits
from studio_client import PORT, made, png, post, refused, studio_client

OWN = f"127.0.0.1:{PORT}"


@pytest.fixture(scope="module", name="client")
def client_fixture():
    """A studio with a name besides those of this machine, that takes little."""
    with studio_client(Limits(body=100_000), hosts=["pictures.example.org", "box:8080"]) as client:
        yield client


@pytest.mark.parametrize("host", [OWN, f"localhost:{PORT}", f"LOCALHOST:{PORT}", f"[::1]:{PORT}", "box:8080",
                                  "pictures.example.org"])
def test_own_hosts(client, host):
    """This machine's names with the port, and those that were allowed as they are."""
    assert client.get("/api/tasks", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize("host", [
    "127.0.0.1", "localhost", "localhost:80", f"127.0.0.2:{PORT}", f"evil.example:{PORT}", "", f"127.0.0.1.:{PORT}",
    f"127.0.0.1.evil.example:{PORT}", f"localhost:{PORT}0", "box", "box:8081", "pictures.example.org:443",
    f"user@127.0.0.1:{PORT}", f"0.0.0.0:{PORT}", f" 127.0.0.1:{PORT}/"])
@pytest.mark.parametrize("path", ["/", "/api/tasks", "/static/docs.js", "/nothing"])
def test_other_hosts(client, host, path):
    """A name that leads here is not enough: DNS can be made to."""
    refused(client.get(path, headers={"Host": host}), 403, "host", "must be 127.0.0.1:8500")


def test_two_hosts(client):
    """A proxy may look at the one, and this at the other."""
    refused(client.get("/", headers=[("Host", OWN), ("Host", "evil.example")]), 403, "host")


@pytest.mark.parametrize(("host", "origin"), [
    (OWN, f"http://{OWN}"), (f"localhost:{PORT}", f"http://localhost:{PORT}"),
    ("pictures.example.org", "https://pictures.example.org"), ("pictures.example.org", "http://pictures.example.org"),
    ("box:8080", "https://box:8080")])
def test_own_origins(client, host, origin):
    """A page of the same name may send; one behind a reverse proxy by https too."""
    answer = post(client, headers={"Host": host, "Origin": origin, "Sec-Fetch-Site": "same-origin"})
    assert answer.status_code == 202


@pytest.mark.parametrize("origin", [
    "http://evil.example", "null", "", f"https://{OWN}", f"http://localhost:{PORT}", f"http://127.0.0.1:{PORT + 1}",
    f"http://{OWN}/", f"file://{OWN}", "http://pictures.example.org", f"http://{OWN}.evil.example"])
@pytest.mark.parametrize("method", ["POST", "GET", "DELETE"])
def test_other_origins(client, origin, method):
    """No page of another origin sends, reads or cancels anything."""
    path = "/api/jobs" if method == "POST" else "/api/jobs/x"
    answer = refused(client.request(method, path, headers={"Origin": origin}), 403, "origin")
    assert not [name for name in answer.headers if name.startswith("access-control")]


@pytest.mark.parametrize("site", ["cross-site", "same-site", "nonsense"])
def test_other_sites(client, site):
    """What a browser says that another site's page asks for, whatever the method."""
    for method, path in (("POST", "/api/jobs"), ("GET", "/api/tasks"), ("GET", "/static/docs.js"), ("GET", "/")):
        refused(client.request(method, path, headers={"Sec-Fetch-Site": site}), 403, "origin", "Sec-Fetch-Site")


def test_links_from_elsewhere(client):
    """People may follow a link to a page, but no frame may show one, and nothing else may be led to."""
    led = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}
    for path in ("/", "/docs"):
        assert client.get(path, headers=led).status_code == 200
        refused(client.get(path, headers={**led, "Sec-Fetch-Dest": "iframe"}), 403, "origin")
        refused(client.get(path, headers={**led, "Sec-Fetch-Mode": "no-cors"}), 403, "origin")
    refused(client.get("/api/tasks", headers=led), 403, "origin")
    refused(client.post("/", headers=led), 403, "origin")


def test_own_page_and_programs(client):
    """Requests of the page, an address that is typed, and programs that say nothing of all this."""
    for headers in ({"Sec-Fetch-Site": "same-origin"}, {"Sec-Fetch-Site": "none", "Sec-Fetch-Mode": "navigate"}, {}):
        assert client.get("/api/tasks", headers=headers).status_code == 200


@pytest.mark.parametrize(("path", "status", "kept"), [
    ("/", 200, "no-cache"), ("/api/tasks", 200, "no-store"), ("/nothing", 404, "no-cache"),
    ("/api/jobs/x", 404, "no-store"), ("/static/docs.js", 200, "no-cache"), ("/openapi.json", 200, "no-cache")])
def test_headers(client, path, status, kept):
    """Every answer says what a browser may do with it."""
    answer = client.get(path)
    found = answer.headers
    assert (answer.status_code, found["cache-control"]) == (status, kept)
    assert found["content-security-policy"].startswith("default-src 'none'; script-src 'self'")
    assert "unsafe" not in found["content-security-policy"] and "frame-ancestors 'none'" in guard.POLICY
    assert (found["x-content-type-options"], found["referrer-policy"]) == ("nosniff", "no-referrer")
    assert found["cross-origin-opener-policy"] == found["cross-origin-resource-policy"] == "same-origin"
    assert not [name for name in found if name.startswith("access-control") or name == "server"]


# How much is sent

def test_body_that_is_announced_too_large(client):
    """Refused by its length, before it is read."""
    answer = post(client, files=[("map.a", b"\0" * 120_000)])
    refused(answer, 413, "too-large", "at most 100000")


def test_body_that_becomes_too_large(client):
    """Without a length it is counted as it comes."""
    sent = 0

    async def chunks():
        nonlocal sent
        yield b'--x\r\nContent-Disposition: form-data; name="image"; filename="a"\r\n\r\n'
        for _ in range(1000):
            sent += 10_000
            yield b"\0" * 10_000

    answer = client.post("/api/jobs", content=chunks(), headers={"Content-Type": "multipart/form-data; boundary=x"})
    refused(answer, 413, "too-large")
    assert sent < 400_000


@pytest.mark.parametrize("length", ["-1", "x", "1e3", "9" * 40, "+5", "1_0"])
def test_lengths_that_are_none(client, length):
    """Servers before this one may have let them through."""
    refused(client.get("/api/tasks", headers={"Content-Length": length}), 400, "request")


def test_body_that_stops(monkeypatch):
    """Nobody waits for ever."""
    monkeypatch.setattr(guard, "SILENCE", 0.05)
    sent = []

    async def app(scope, receive, send):
        while (await receive()).get("more_body"):
            pass

    async def receive():
        await anyio.sleep(60)

    async def send(message):
        sent.append(message)

    headers = [(b"host", OWN.encode()), (b"content-length", b"10")]
    scope = {"type": "http", "method": "POST", "path": "/api/jobs", "headers": headers}
    anyio.run(Guard(app, port=PORT, most_bytes=100), scope, receive, send)
    assert sent[0]["status"] == 408 and b'"timeout"' in sent[1]["body"]


def test_body_that_trickles(monkeypatch):
    """A byte now and then is not enough, nor is what is sent for a body that is too large read for ever."""
    now, sent, came = [0.0], [], []
    monkeypatch.setattr(guard, "time", SimpleNamespace(monotonic=lambda: now[0]))

    async def app(scope, receive, send):
        while (await receive()).get("more_body"):
            pass

    async def receive():
        await anyio.sleep(0)
        now[0] += 1                                       # as if it took a second
        came.append(1)
        assert len(came) < 50
        return {"type": "http.request", "body": b"x", "more_body": True}

    async def send(message):
        sent.append(message)

    for length, status, code in ((b"1000", 408, b'"timeout"'), (b"10000", 413, b'"too-large"')):
        headers = [(b"host", OWN.encode()), (b"content-length", length)]
        scope = {"type": "http", "method": "POST", "path": "/api/jobs", "headers": headers}
        anyio.run(Guard(app, port=PORT, most_bytes=5000), scope, receive, send)
        assert sent[0]["status"] == status and code in sent[1]["body"] and came
        assert (b"connection", b"close") in sent[0]["headers"]
        sent.clear()
        came.clear()


def test_long_heads(client):
    """The server that reads them lets longer ones through if they come at once."""
    assert client.get("/api/tasks", headers={"X-A": "a" * 30_000}).status_code == 200
    refused(client.get("/api/tasks", headers={"X-A": "a" * 33_000}), 400, "request", "must be at most 32768")
    refused(client.get("/api/tasks?" + "a" * 33_000), 400, "request", "must be at most 32768")


@pytest.mark.parametrize("path", ["/", "/docs", "/static/docs.js", "/api/examples/flowers.png"])
def test_parts_of_files(client, path):
    """Nobody needs them, and what is wrong with a range would be told in another shape."""
    whole = client.get(path)
    for given in ("bytes=0-9", "bytes=5-1", "bytes=abc", "bytes=99999999-", "lines=1"):
        answer = client.get(path, headers={"Range": given, "If-Range": "x"})
        assert (answer.status_code, answer.content) == (200, whole.content)
        assert answer.headers.get("accept-ranges", "none") == "none"


@pytest.mark.parametrize(("path", "status"), [
    ("/", 200), ("/docs", 200), ("/static/docs.js", 200), ("/api/tasks", 200), ("/api/examples/flowers.png", 200),
    ("/openapi.json", 200), ("/nothing", 404), ("/api/jobs/x", 404), ("/api/jobs", 405)])
def test_head_is_get_without_what_follows(client, path, status):
    """For whoever asks whether the studio is there."""
    answer, whole = client.request("HEAD", path), client.get(path)
    assert (answer.status_code, answer.content) == (status, b"") == (whole.status_code, b"")
    assert answer.headers == whole.headers
    assert answer.headers.get("allow", "POST") == "POST"


def test_head_of_events_ends_at_once(client):
    """Though the job goes on."""
    name = post(client, parameters={"count": 64, "size": [500, 500], "iterations": 20}).json()["id"]
    answer = client.request("HEAD", f"/api/jobs/{name}/events")
    assert answer.headers["content-type"].startswith("text/event-stream") and answer.content == b""
    assert client.delete(f"/api/jobs/{name}").json()["state"] == "cancelled"


def test_sockets_of_other_kinds():
    """There are no web sockets here."""
    async def never(*_):
        raise AssertionError

    anyio.run(Guard(never, port=PORT, most_bytes=100), {"type": "websocket", "path": "/"}, never, never)


# Reverse proxies

@pytest.mark.parametrize("prefix", ["", "/tools/studio"])
def test_root_path(prefix):
    """It is the same whether the proxy takes the prefix away or keeps it; addresses that are told have it."""
    with studio_client(root_path="/tools/studio", hosts=["example.org"]) as client:
        host = {"Host": "example.org"}
        for path in ("/", "/docs", "/static/docs.js", "/api/tasks", "/openapi.json"):
            answer = client.get(prefix + path, headers=host)
            assert answer.status_code == 200, path
        assert answer.json()["servers"] == [{"url": "/tools/studio"}]
        assert client.get(f"{prefix}/api/tasks", headers=host).headers["cache-control"] == "no-store"
        refused(client.get(f"{prefix}/nothing", headers=host), 404, "not-found")
        job = client.post(f"{prefix}/api/jobs", data={"task": "generate"}, files={"image": png()}, headers=host)
        assert job.headers["location"].startswith("/tools/studio/api/jobs/")
        assert client.get(job.headers["location"], headers=host).status_code == 200
        led = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", **host}
        assert client.get(f"{prefix}/", headers=led).status_code == 200


def test_root_path_without_its_slash():
    """Addresses in the page are relative, so that the page must end with one."""
    with studio_client(root_path="/studio") as client:
        answer = client.get("/studio")
        assert (answer.status_code, answer.headers["location"]) == (307, "/studio/")


def test_root_path_is_whole():
    """A path that only begins alike is another one."""
    with studio_client(root_path="/studio") as client:
        refused(client.get("/studios/api/tasks"), 404, "not-found")
        assert made(client)["state"] == "done"


@pytest.mark.parametrize(("text", "host"), [
    ("Pictures.Example.org", "pictures.example.org"), ("box:8080", "box:8080"), ("[::1]:80", "[::1]:80"),
    (" a ", "a")])
def test_as_host(text, host):
    """As browsers send it."""
    assert as_host(text) == host


@pytest.mark.parametrize("text", ["", "http://a", "a/b", "a:0", "a:65536", "*", "a b", "a:", ".a", "a\nb", "é"])
def test_as_host_refuses(text):
    """Whatever no browser would send."""
    with pytest.raises(ParameterError, match="^allow_host="):
        as_host(text)


@pytest.mark.parametrize(("text", "path"), [("", ""), ("/", ""), ("/a", "/a"), ("/a/b-c/", "/a/b-c"), ("/~me", "/~me"),
                                            ("/apis", "/apis"), ("/my/api", "/my/api")])
def test_as_root_path(text, path):
    """Without the last slash."""
    assert as_root_path(text) == path


@pytest.mark.parametrize("text", ["a", "//a", "/a//b", "/../b", "/.", "/a b", "/a?b",
                                  "http://x/a", "/é", "/api", "/static/x", "/docs",
                                  "/openapi.json", "/api/jobs"])
def test_as_root_path_refuses(text):
    """Whatever is no plain path."""
    with pytest.raises(ParameterError, match="^root_path="):
        as_root_path(text)

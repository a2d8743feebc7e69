"""The studio's application in this process, without a socket."""

import json
import time
from contextlib import contextmanager
from io import BytesIO

import httpx
import numpy as np
from anyio.from_thread import start_blocking_portal
from PIL import Image

from conftest import make_picture
from patchloom.web.app import create
from patchloom.web.jobs import Studio
from patchloom.web.limits import Limits

PORT = 8500
FAST = {"iterations": 1, "coarsest_iterations": 1, "seed": 5}


class Client:
    """Sends requests to an application as a program on this machine does; requests are httpx's."""

    def __init__(self, studio, app, portal):
        self.studio = studio
        transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
        self._client = httpx.AsyncClient(transport=transport, base_url=f"http://127.0.0.1:{PORT}", timeout=60)
        self._portal = portal

    def request(self, method, path, **options):
        """Return the answer, read whole."""
        return self._portal.call(lambda: self._client.request(method, path, **options))

    def get(self, path, **options):
        """GET."""
        return self.request("GET", path, **options)

    def post(self, path, **options):
        """POST."""
        return self.request("POST", path, **options)

    def delete(self, path, **options):
        """DELETE."""
        return self.request("DELETE", path, **options)


@contextmanager
def studio_client(limits=None, *, clock=time.monotonic, **options):
    """A client of a new studio."""
    studio = Studio(limits or Limits(), threads=1, clock=clock)
    app = create(studio, port=PORT, **options)
    studio.start()
    try:
        with start_blocking_portal() as portal:
            yield Client(studio, app, portal)
    finally:
        studio.close()


def png(pixels=None, **options):
    """Bytes of a PNG."""
    file = BytesIO()
    Image.fromarray(make_picture(40, 52) if pixels is None else pixels).save(file, "PNG", **options)
    return file.getvalue()


def mask(rows=40, cols=52, box=(12, 12, 24, 24)):
    """Bytes of a mask with a white box."""
    pixels = np.zeros((rows, cols), np.uint8)
    pixels[box[0] : box[2], box[1] : box[3]] = 255
    return png(pixels)


def post(client, task="generate", parameters=None, files=(), *, image=None, **options):
    """Send a job: files are (field, bytes) or (field, (name, bytes))."""
    data = {"task": task, "parameters": json.dumps({**FAST, **(parameters or {})})}
    first = [] if image is False else [("image", image or png())]
    sent = [(field, file if isinstance(file, tuple) else (f"{field}.png", file)) for field, file in [*first, *files]]
    return client.post("/api/jobs", data=data, files=sent, **options)


def made(client, *arguments, **options):
    """Send a job that is good, and wait for its end: its id and last state."""
    answer = post(client, *arguments, **options)
    assert answer.status_code == 202, answer.text
    return ended(client, answer.json()["id"])


def ended(client, name, seconds=60):
    """Wait for the end of a job."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        state = client.get(f"/api/jobs/{name}").json()
        if state["state"] not in ("queued", "running"):
            return state
        time.sleep(0.01)
    raise AssertionError(f"job {name} has not ended")


def refused(answer, status, code, message="", field=None):
    """It is an error of the one shape."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/json"
    error = answer.json()["error"]
    assert set(answer.json()) == {"error"} and set(error) == {"status", "code", "message", "field"}
    assert (error["status"], error["code"], error["field"]) == (status, code, field), error
    assert message in error["message"] and "\n" not in error["message"] and error["message"].isprintable()
    return answer


def events(text):
    """Events of a stream: (kind, data)."""
    found = []
    for block in text.split("\n\n"):
        lines = dict(line.split(": ", 1) for line in block.splitlines() if not line.startswith(":"))
        if lines:
            found.append((lines["event"], json.loads(lines["data"])))
    return found

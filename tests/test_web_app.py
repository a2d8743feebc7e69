"""The studio's routes, each with what it refuses, in this process."""

import json
import threading
import time
from io import BytesIO

import numpy as np
import pytest
from PIL import Image

import patchloom
from conftest import make_picture
from patchloom import catalogue, io
from patchloom.web import errors, jobs
from patchloom.web.job import Job
from patchloom.web.limits import Limits
from patchloom.web.results import Made
from studio_client import FAST, ended, events, made, mask, png, post, refused, studio_client


@pytest.fixture(scope="module", name="client")
def client_fixture():
    """A studio for all tests that do not change what it is."""
    with studio_client() as client:
        yield client


@pytest.fixture(scope="module", name="done")
def done_fixture(client):
    """A job of two results with a map."""
    return made(client, parameters={"count": 2}, files=[("map.normal", png(make_picture(40, 52, 3, seed=3)))])


# Pages and lists

@pytest.mark.parametrize("path", ["/", "/docs"])
def test_pages(client, path):
    """HTML that loads nothing from elsewhere, and no script or style of its own text."""
    answer = client.get(path)
    assert answer.status_code == 200 and answer.headers["content-type"] == "text/html; charset=utf-8"
    assert "<style" not in answer.text and "style=" not in answer.text and "http://" not in answer.text
    assert 'src="static/' in answer.text and 'src="/' not in answer.text


def test_static_files(client):
    """Modules have the type that browsers insist on; what has not changed is not sent again."""
    answer = client.get("/static/docs.js")
    assert answer.headers["content-type"] == "text/javascript; charset=utf-8"
    assert answer.headers["cache-control"] == "no-cache"
    again = client.get("/static/docs.js", headers={"If-None-Match": answer.headers["etag"]})
    assert again.status_code == 304 and again.content == b""


@pytest.mark.parametrize("path", [
    "/static/../app.py", "/static/%2e%2e/app.py", "/static/..%2fapp.py", "/static/none.js", "/static/", "/static/%00",
    "/static/..%5capp.py", "/static//etc/passwd", "/nothing", "/api", "/api/", "/docs/", "/redoc", "/api/tasks/",
    "/api/examples/..%2fapp.py"])
def test_nothing_there(client, path):
    """Files outside of the page's folder are as if there were none."""
    refused(client.get(path), 404, "not-found")


def test_tasks_are_the_catalogue(client):
    """Every task, with each of its options once, and defaults that the request may name."""
    found = client.get("/api/tasks").json()
    assert found["version"] == patchloom.__version__
    assert found["limits"] == {"pixels": 16_000_000, "bytes": 64_000_000, "count": 64, "seconds": 300.0, "queue": 32}
    assert [task["name"] for task in found["tasks"]] == list(catalogue.TASKS)
    for told, task in zip(found["tasks"], catalogue.TASKS.values(), strict=True):
        names = [parameter["name"] for parameter in told["parameters"]]
        assert len(names) == len(set(names)) and {option.name for option in task.options} <= set(names)
        assert {"seed", "count", "patch_size", "alpha"} <= set(names)
        assert ("size" in names, "diversity" in names) == (bool(task.size), task.diversity)
        assert set(told["presets"]) == set(task.presets)
        groups = [parameter["group"] for parameter in told["parameters"]]
        assert groups == sorted(groups, key=["result", "task", "expert"].index)


def test_numbers_of_the_schema(client):
    """Bounds and infinity as JSON has them."""
    generate = client.get("/api/tasks").json()["tasks"][0]
    found = {parameter["name"]: parameter for parameter in generate["parameters"]}
    assert found["patch_size"]["odd"] and (found["patch_size"]["low"], found["patch_size"]["high"]) == (3, 31)
    assert found["alpha"]["high"] == "inf" and generate["presets"]["paper"]["alpha"] == "inf"
    assert found["method"]["choices"] == ["auto", "exact", "patchmatch"]
    assert found["size"]["kind"] == "size" and found["seed"]["told"] == "a fresh one"


def test_examples_can_be_made(client):
    """At least one for each task, all of whose files are there and whose parameters are taken."""
    found = client.get("/api/examples").json()
    assert {example["task"] for example in found} == set(catalogue.TASKS)
    for example in found:
        paths = [("image", example["image"])]
        paths += [(name, path) for name, more in example["files"].items() for path in np.atleast_1d(more)]
        files = []
        for name, path in paths:
            answer = client.get(f"/{path}")
            assert answer.headers["content-type"] == "image/png"
            files.append((name, answer.content))
        answer = post(client, example["task"], example["parameters"], files[1:], image=files[0][1])
        assert answer.status_code == 202, (example["name"], answer.text)
        client.delete(f"/api/jobs/{answer.json()['id']}")


# Jobs

def test_a_job_from_beginning_to_end(client, done):
    """The same seeds give the same pictures as the function does."""
    assert (done["task"], done["state"], done["progress"], done["error"]) == ("generate", "done", 1.0, None)
    assert done["seeds"] == [5, 6] == [result["seed"] for result in done["results"]]
    for result in done["results"]:
        answer = client.get(f"/api/jobs/{done['id']}/image", params={"index": result["index"]})
        assert answer.headers["content-type"] == "image/png"
        pixels = np.asarray(Image.open(BytesIO(answer.content)))
        params = patchloom.GPNNParams(iterations=1, coarsest_iterations=1)
        expected = patchloom.generate(make_picture(40, 52), params=params, seed=result["seed"]).image
        assert np.array_equal(pixels, expected)
        assert catalogue.pixel_hash(pixels) == result["sha256_of_pixels"]


def test_accepted(client):
    """What a new job is, and where."""
    answer = post(client)
    told = answer.json()
    assert answer.status_code == 202 and set(told) == {"id", "task", "state", "position", "seeds"}
    assert answer.headers["location"] == f"/api/jobs/{told['id']}" and told["seeds"] == [5]
    assert client.get(answer.headers["location"]).json()["id"] == told["id"]


def test_events(client, done):
    """Who comes late hears state, all results and the end."""
    answer = client.get(f"/api/jobs/{done['id']}/events")
    assert answer.headers["content-type"].startswith("text/event-stream")
    assert answer.headers["cache-control"] == "no-store"
    kinds = [kind for kind, _ in events(answer.text)]
    assert kinds == ["state", "result", "result", "done"]
    assert events(answer.text)[-1][1] == done


def test_events_while_it_runs(client, monkeypatch):
    """Each result exactly once, steps before it, and the end last."""
    make, changes, heard = jobs.make, Job.changes, threading.Event()

    def waiting(job, *arguments, **options):              # or all might be over before anybody listens
        until = time.monotonic() + 60
        while not job.followers:
            assert time.monotonic() < until
            time.sleep(0.005)
        made = make(job, *arguments, **options)
        assert heard.wait(60)
        return made

    def told(job, seen):
        found = changes(job, seen)
        if any(event.kind == "step" for event in found):
            heard.set()
        return found

    monkeypatch.setattr(jobs, "make", waiting)
    monkeypatch.setattr(Job, "changes", told)
    name = post(client, parameters={"count": 2, "size": [160, 200], "iterations": 6}).json()["id"]
    found = events(client.get(f"/api/jobs/{name}/events").text)
    assert [data["index"] for kind, data in found if kind == "result"] == [0, 1]
    assert found[-1][0] == "done" and found[0][0] == "state"
    steps = [data for kind, data in found if kind == "step"]
    assert steps and steps[0]["preview"].startswith("data:image/")
    assert {"index", "seed", "level", "levels", "iteration", "progress", "width", "height"} <= set(steps[0])


def test_files_of_a_result(client, done):
    """Other kinds, preview, field, metadata, map: what they say they are, with a name to save them by."""
    base = f"/api/jobs/{done['id']}"
    for form, kind in (("png", "image/png"), ("jpeg", "image/jpeg"), ("webp", "image/webp"), ("tiff", "image/tiff")):
        answer = client.get(f"{base}/image", params={"index": 1, "format": form})
        assert answer.headers["content-type"] == kind
        assert "image_generate_6." in answer.headers["content-disposition"]
        assert io.read(None, data=answer.content).pixels.size == (52, 40)
    small = client.get(f"{base}/preview", params={"side": 20})
    assert Image.open(BytesIO(small.content)).size == (20, 15)
    assert small.headers["content-disposition"].startswith("inline")
    field = client.get(f"{base}/field")
    assert np.load(BytesIO(field.content)).files and field.headers["content-type"] == "application/zip"
    about = client.get(f"{base}/metadata", params={"index": 1}).json()
    assert (about["task"], about["seed"], about["parameters"]["iterations"]) == ("generate", 6, 1)
    assert [source["role"] for source in about["sources"]] == ["image", "map normal"]
    assert done["results"][0]["maps"] == ["normal"]
    assert Image.open(BytesIO(client.get(f"{base}/maps/normal").content)).size == (52, 40)


@pytest.mark.parametrize("route", ["image", "preview", "field", "metadata", "maps/normal"])
def test_results_that_are_not_there(client, done, route):
    """Of another job, another index, a wrong one."""
    refused(client.get(f"/api/jobs/none/{route}"), 404, "not-found", "no such job")
    base = f"/api/jobs/{done['id']}/{route}"
    refused(client.get(base, params={"index": 2}), 404, "not-found", "this job has 2 results", "index")
    for wrong in ("-1", "x", "1.5", "", "9" * 5000):
        refused(client.get(base, params={"index": wrong}), 422, "parameter", field="index")
    refused(client.get(base, params={"indx": 1}), 422, "parameter", "no such parameter", "indx")
    refused(client.get(base + "?index=0&index=1"), 422, "parameter", "given twice", "index")


def test_wrong_forms_of_results(client, done):
    """Formats that there are not, sides that are none, maps of other names."""
    base = f"/api/jobs/{done['id']}"
    refused(client.get(f"{base}/image", params={"format": "gif"}), 422, "parameter", "must be one of png", "format")
    refused(client.get(f"{base}/image", params={"format": "exr"}), 422, "image", "holds float; use .png", "format")
    for side in (0, 4097, "x"):
        refused(client.get(f"{base}/preview", params={"side": side}), 422, "parameter", field="side")
    refused(client.get(f"{base}/maps/height"), 404, "not-found", "no such map")


@pytest.mark.parametrize(("method", "path"), [
    ("GET", ""), ("DELETE", ""), ("GET", "/events"), ("GET", "/image")])
def test_unknown_job(client, method, path):
    """The same everywhere."""
    refused(client.request(method, f"/api/jobs/nobody{path}"), 404, "not-found", "there is no such job")


@pytest.mark.parametrize(("method", "path", "allowed"), [
    ("PUT", "/api/jobs", "POST"), ("GET", "/api/jobs", "POST"), ("POST", "/", "GET, HEAD"),
    ("DELETE", "/api/tasks", "GET, HEAD"),
    ("POST", "/api/jobs/x", "DELETE, GET, HEAD"), ("POST", "/static/docs.js", "GET, HEAD"), ("TRACE", "/", "GET, HEAD"),
    ("BREW", "/api/tasks", "GET, HEAD"), ("OPTIONS", "/api/jobs", "POST")])
def test_methods(client, method, path, allowed):
    """Those of a path only, and none for other origins to ask about."""
    answer = refused(client.request(method, path), 405, "method", f"this path takes {allowed}")
    assert answer.headers["allow"] == allowed
    assert not [name for name in answer.headers if name.startswith("access-control")]


def test_cancel_keeps_what_is_finished(client, done):
    """A job that is done stays so."""
    assert client.delete(f"/api/jobs/{done['id']}").json() == done


# States that take a while

def test_queue_cancel_and_not_ready():
    """Waiting jobs have a place; the queue has an end; what is cancelled makes room."""
    long = {"count": 64, "size": [400, 400], "iterations": 10}
    with studio_client(Limits(queue=1)) as client:
        first = post(client, parameters=long).json()["id"]
        until = time.monotonic() + 60
        while (state := client.get(f"/api/jobs/{first}").json()["state"]) != "running":
            assert state == "queued" and time.monotonic() < until
            time.sleep(0.01)
        refused(client.get(f"/api/jobs/{first}/image", params={"index": 63}), 409, "not-ready", "not made yet", "index")
        refused(client.get(f"/api/jobs/{first}/image", params={"index": 64}), 404, "not-found", field="index")
        second = post(client, parameters=long).json()
        assert (second["state"], second["position"]) == ("queued", 1)
        full = refused(post(client, parameters=long), 429, "queue", "try again in", )
        assert int(full.headers["retry-after"]) >= 1
        assert client.delete(f"/api/jobs/{first}").json()["state"] == "cancelled"
        assert client.delete(f"/api/jobs/{second['id']}").json()["state"] == "cancelled"
        refused(client.get(f"/api/jobs/{second['id']}/image"), 404, "not-found", field="index")
        assert ended(client, made(client)["id"])["state"] == "done"


def test_expired():
    """What was kept long enough is gone, and that is told."""
    now = [0.0]
    with studio_client(Limits(kept=60), clock=lambda: now[0]) as client:
        name = made(client)["id"]
        now[0] += 61
        for method, path in (("GET", ""), ("GET", "/image"), ("DELETE", ""), ("GET", "/events")):
            refused(client.request(method, f"/api/jobs/{name}{path}"), 410, "expired", "kept for 60 s")


def test_too_long():
    """A job over its time says so in its state, not as an error of the request."""
    now, until = [0.0], time.monotonic() + 60
    with studio_client(Limits(seconds=60), clock=lambda: now[0]) as client:
        answer = post(client, parameters={"size": [500, 500], "count": 64, "iterations": 20})
        while (state := client.get(answer.headers["location"]).json())["state"] in ("queued", "running"):
            now[0] += 61 * (state["state"] == "running")
            assert time.monotonic() < until
            time.sleep(0.01)
        assert (state["state"], state["error"]["status"], state["error"]["code"]) == ("failed", 422, "time")


def test_what_nobody_expected(client, monkeypatch, caplog, done):
    """A fault of ours is a 500 that tells no more, guarded like every answer, and goes to the log."""
    monkeypatch.setattr(errors.log, "disabled", False)    # import-linter turns loggers off that are there before it
    monkeypatch.setattr(Made, "entry", lambda self: 1 / 0)
    answer = refused(client.get(f"/api/jobs/{done['id']}"), 500, "internal")
    assert "division" not in answer.text and "Traceback" not in answer.text
    assert "content-security-policy" in answer.headers
    assert "ZeroDivisionError" in caplog.text


# A picture that browsers do not show

def test_preview_of_a_picture(client):
    """As PNG of the same size, at 8 bits; nothing else in the request."""
    deep = np.linspace(0, 65535, 30 * 40).reshape(30, 40).astype(np.uint16)
    answer = client.post("/api/preview", files={"image": ("deep.tif", io.encode(deep, ".tif"))})
    shown = Image.open(BytesIO(answer.content))
    assert answer.headers["content-type"] == "image/png" and (shown.size, shown.mode) == ((40, 30), "L")
    bright = np.linspace(0, 3, 30 * 40 * 3, dtype=np.float32).reshape(30, 40, 3)
    clear = Image.new("RGBA", (40, 30)).quantize(4)
    for pixels, suffix, told in (
        (deep, ".tif", ("1", "0 1")), (bright, ".tif", ("3", "0 3")), (bright - 1, ".exr", ("3", "-1 2")),
        (Image.new("CMYK", (40, 30)), ".tif", ("4", "0 1")), (clear, ".png", ("3", "0 1")),
        (np.zeros((30, 40, 2), np.uint8), ".png", ("1", "0 1")),
        (np.zeros((30, 40, 4), np.uint16), ".png", ("3", "0 1")),
    ):
        found = client.post("/api/preview", files={"image": (f"a{suffix}", io.encode(pixels, suffix))}).headers
        assert (found["patchloom-channels"], found["patchloom-range"]) == told
    refused(client.post("/api/preview", files={"image": ("x.png", b"no picture")}), 422, "image", "x.png", "image")
    two = [("image", ("a.png", png())), ("image", ("b.png", png()))]
    refused(client.post("/api/preview", files=two), 422, "file", "must be one", "image")
    refused(client.post("/api/preview", files={"picture": png()}), 422, "file", field="image")
    refused(client.post("/api/preview", json={}), 415, "media-type")


# The OpenAPI document

def test_openapi_is_whole(client):
    """Every route, each with its errors in the one shape, and a body that is described by field."""
    document = client.get("/openapi.json").json()
    assert set(document["paths"]) == {
        "/api/tasks", "/api/examples", "/api/examples/{file}", "/api/jobs", "/api/preview", "/api/jobs/{id}",
        *(f"/api/jobs/{{id}}/{name}" for name in ("events", "image", "preview", "field", "metadata", "maps/{name}")),
    }
    for path, methods in document["paths"].items():
        for method, route in methods.items():
            assert route["description"], (method, path)
            for status, answer in route["responses"].items():
                schema = next(iter(answer["content"].values()))["schema"]
                assert (schema == {"$ref": "#/components/schemas/Error"}) == (int(status) >= 400), (path, status)
            assert {"400", "403", "405", "422", "500"} <= set(route["responses"])
    body = document["paths"]["/api/jobs"]["post"]["requestBody"]["content"]["multipart/form-data"]
    fields = body["schema"]["properties"]
    assert fields["task"]["enum"] == list(catalogue.TASKS) and body["encoding"]["parameters"]["contentType"]
    roles = {role.name for task in catalogue.TASKS.values() for role in task.roles}
    seconds = {name for task in catalogue.TASKS.values() for name in task.takes[1:]}
    assert {"task", "parameters", "image", "map.NAME", *roles, *seconds} == set(fields)
    assert "HTTPValidationError" not in json.dumps(document)


def test_answers_are_as_documented(client, done):
    """What is sent has the fields that the document names, and no others."""
    schemas = client.get("/openapi.json").json()["components"]["schemas"]
    assert set(schemas["Job"]["properties"]) == set(done)
    assert set(schemas["Result"]["properties"]) == set(done["results"][0])
    tasks = client.get("/api/tasks").json()
    assert set(schemas["Tasks"]["properties"]) == set(tasks)
    assert set(schemas["Task"]["properties"]) == set(tasks["tasks"][0])
    for name, entries in (("ImageField", "images"), ("FileField", "files"), ("Parameter", "parameters")):
        for task in tasks["tasks"]:
            for entry in task[entries]:
                assert set(schemas[name]["properties"]) == set(entry)
    kinds = set(schemas["Parameter"]["properties"]["kind"]["enum"])
    assert {entry["kind"] for task in tasks["tasks"] for entry in task["parameters"]} <= kinds


def test_rerun_knows_the_studios_files(client, tmp_path):
    """A file from here is made again by the command line, to the byte."""
    from command_line import run

    hole = mask()
    job = made(client, "inpaint", {"feather": 2}, [("hole", ("hole.png", hole))])
    data = client.get(f"/api/jobs/{job['id']}/image").content
    for name, content in (("image.png", png()), ("hole.png", hole), ("made.png", data)):
        (tmp_path / name).write_bytes(content)
    run("rerun", tmp_path / "made.png", "--source", tmp_path / "image.png", "--source", tmp_path / "hole.png",
        "--out", tmp_path / "again.png", code=0)
    assert (tmp_path / "again.png").read_bytes() == data
    assert FAST["seed"] == 5


def test_a_result_is_named_after_the_picture_and_not_after_its_edit(client):
    """The edit is one of many, often with a name that says nothing."""
    pixels = np.array(Image.open(BytesIO(png())))
    pixels[10:20, 10:20] = 200
    job = made(client, "edit", {}, [("edited", ("rough.png", png(pixels)))])
    told = client.get(f"/api/jobs/{job['id']}/image").headers["content-disposition"]
    assert 'filename="image_edit_5.png"' in told

"""What is sent for a job, and all that can be wrong with it: told by its field, before anything runs."""

import json
import struct
import zlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from conftest import make_picture
from patchloom.errors import ParameterError
from patchloom.web.errors import Refusal, one_line
from patchloom.web.limits import Limits
from patchloom.web.uploads import Intake, as_parameters, safe_name
from studio_client import FAST, made, mask, png, post, refused, studio_client


@pytest.fixture(scope="module", name="client")
def client_fixture():
    """A studio whose pictures may have 10 000 pixels."""
    with studio_client(Limits(pixels=10_000, queue=1000, count=8)) as client:
        yield client
        assert client.get("/api/tasks").status_code == 200


def bomb(rows=30_000, cols=30_000):
    """A PNG of a few kilobytes that says it is huge."""
    def chunk(name, body):
        return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))

    header = struct.pack(">IIBBBBB", cols, rows, 8, 0, 0, 0, 0)
    pixels = zlib.compress(b"\0" * 10**6)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")


# Parameters

@pytest.mark.parametrize(("text", "message"), [
    ("", "must be a JSON object"), ("[]", "a JSON list"), ("1", "a JSON int"), ("null", "a JSON NoneType"),
    ("{", "must be a JSON object"), ("{'a': 1}", "at character"), ('{"count": NaN}', "NaN"),
    ('{"count": Infinity}', "Infinity"), ('{"alpha": 1e999}', "too large"), ('{"alpha": -1e999}', "too large"),
    ('{"seed": 1' + "0" * 5000 + "}", "too many digits"), ("[" * 100_000, "nested too deeply"),
    ('{"a":' * 500 + "1" + "}" * 500, "nested too deeply"), ('{"count": 1, "count": 2}', "twice"),
    ('{"moves": [{"box": 1, "box": 2}]}', "twice"), ('{"count": 1} x', "must be a JSON object"),
    ('\ufeff{}', "must be a JSON object")])
def test_parameters_that_are_no_object(client, text, message):
    """Never a fault, whatever Python's parser makes of it."""
    answer = client.post("/api/jobs", data={"task": "generate", "parameters": text}, files={"image": png()})
    refused(answer, 422, "parameter", message, "parameters")


@pytest.mark.parametrize(("name", "value"), [
    ("patch_size", 8), ("patch_size", "7"), ("patch_size", 10**400), ("patch_size", True), ("patch_size", [7]),
    ("alpha", "infinity"), ("alpha", 0), ("alpha", "nan"), ("ratio", -1), ("noise", {}), ("method", "magic"),
    ("method", []), ("method", {}), ("count", 0), ("count", 9), ("count", 1.5), ("count", "1"), ("count", 1e300),
    ("seed", -1), ("seed", 2**64), ("seed", 0.5), ("seed", "x"), ("size", 5), ("size", [1]), ("size", [1, 2, 3]),
    ("size", ["a", "b"]), ("size", {}), ("size", [0, 10]), ("size", [1 << 40, 1]), ("size", [5000, 5000]),
    ("preset", "best"), ("preset", 1), ("preset", []), ("diversity", "wild"), ("diversity", {}), ("tile", "z"),
    ("map_weights", 1), ("map_weights", {"normal": 1}), ("map_weights", [["normal", 1]])])
def test_wrong_values(client, name, value):
    """Every parameter names itself."""
    refused(post(client, parameters={name: value}), 422, "parameter", field=name)


@pytest.mark.parametrize(("task", "name", "value"), [
    ("inpaint", "fill", "pink elephant"), ("inpaint", "invert", 1), ("inpaint", "feather", -1), ("tile", "keep", 2),
    ("extend", "left", 20_000), ("extend", "top", 1.5), ("extend", "bottom", "wide"), ("collage", "weights", [0]),
    ("collage", "weights", "x"), ("collage", "places", {"7": [0, 0]}), ("collage", "places", [1]),
    ("reshuffle", "moves", [{"box": [0, 0, 5], "shift": [1, 1]}]), ("reshuffle", "moves", [{"bx": 1}]),
    ("reshuffle", "moves", 5), ("reshuffle", "shift", [1]), ("animate", "frames", 1), ("animate", "fps", 1e9),
    ("retarget", "steps", 0)])
def test_wrong_values_of_tasks(client, task, name, value):
    """Those of a task too, before its run."""
    more = {"collage": {"size": [40, 80]}, "retarget": {"size": [40, 80]}}.get(task, {})
    files = [("hole", mask())] if task == "inpaint" else []
    files += [("image", png())] if task == "collage" else []
    refused(post(client, task, {**more, name: value}, files), 422, "parameter", field=name)


def test_unknown_parameters(client):
    """Refused with those that there are."""
    refused(post(client, parameters={"patchsize": 7}), 422, "parameter", "these are: seed, count", "patchsize")
    refused(post(client, "tile", {"diversity": "low"}), 422, "parameter", "no such parameter", "diversity")
    refused(post(client, parameters={"sweeps": 1}), 422, "parameter", "no such parameter", "sweeps")


def test_infinity_and_defaults(client):
    """Infinity is a word, and null the default."""
    job = made(client, parameters={"alpha": "inf", "noise": None, "size": None, "preset": None, "map_weights": None})
    about = client.get(f"/api/jobs/{job['id']}/metadata").json()
    assert (about["parameters"]["alpha"], about["parameters"]["noise"]) == ("inf", 0.9)


def test_seeds_at_the_end(client):
    """The last seed is a seed too."""
    assert post(client, parameters={"seed": 2**64 - 2, "count": 2}).json()["seeds"] == [2**64 - 2, 2**64 - 1]
    refused(post(client, parameters={"seed": 2**64 - 2, "count": 3}), 422, "parameter", "try", "seed")


def test_fresh_seeds(client):
    """None asked for: each job has its own."""
    one, other = (post(client, parameters={"seed": None}).json()["seeds"][0] for _ in range(2))
    assert one != other


@pytest.mark.parametrize("task", [None, "", "Generate", "generate ", "../generate", "x" * 10_000])
def test_unknown_tasks(client, task):
    """With those that there are."""
    data = {} if task is None else {"task": task}
    refused(client.post("/api/jobs", data=data, files={"image": png()}), 422, "parameter", "generate, retarget", "task")


# Files

def test_missing_files(client):
    """What a task needs."""
    refused(post(client, image=False, files=[("map.a", png())]), 422, "file", "image=none: generate needs", "image")
    refused(post(client, "analogy"), 422, "file", "analogy needs this picture", "structure")
    refused(post(client, "harmonise"), 422, "file", "harmonise needs this picture", "mask")
    refused(post(client, "inpaint"), 422, "parameter", "one thing must say where the hole is", "hole")
    refused(post(client, "retarget"), 422, "parameter", "needs the size", "size")
    refused(post(client, "collage"), 422, "parameter", "at least 2", "image")


def test_files_that_a_task_does_not_take(client):
    """Refused with those that it does."""
    refused(post(client, files=[("hole", mask())]), 422, "file", "these are: image, map.NAME", "hole")
    refused(post(client, files=[("image", png())]), 422, "file", "given twice", "image")
    refused(post(client, "inpaint", {}, [("hole", mask()), ("hole", mask())]), 422, "file", "given twice", "hole")
    for name in ("map.", "map.a/b", "map.a.b", "map." + "x" * 41, "map. ", "\u2603", "x" * 500):
        refused(post(client, files=[(name, png())]), 422, "file", "takes no such file", field=name[:60])
    many = [(f"map.m{index}", png()) for index in range(17)]
    refused(post(client, files=many), 422, "file", "more than 16")


def test_texts_that_should_be_files_and_files_that_should_be_texts(client):
    """A file may stand for a text, as scripts in browsers send them; a text is no picture."""
    texts = {"task": "generate", "image": "flowers.png"}
    refused(client.post("/api/jobs", data=texts, files={"x": b""}), 422, "upload", "must be a file", "image")
    files = {"task": ("blob", b"generate"), "image": png(),
             "parameters": ("blob", json.dumps(FAST).encode(), "application/json")}
    assert client.post("/api/jobs", files=files).status_code == 202
    files["parameters"] = ("blob", b"\xff\xfe{}")
    refused(client.post("/api/jobs", files=files), 422, "upload", "UTF-8", "parameters")
    files["parameters"] = ("blob", b"{" + b" " * (1 << 18) + b"}")
    refused(client.post("/api/jobs", files=files), 422, "upload", "must be shorter", "parameters")
    twice = [("image", ("a.png", png())), ("task", (None, "generate")), ("task", (None, "tile"))]
    refused(client.post("/api/jobs", files=twice), 422, "upload", "given twice", "task")


@pytest.mark.parametrize("field", ["image", "hole", "source_mask", "map.normal"])
@pytest.mark.parametrize("data", [b"", b"hello", png()[:200], b"GIF89a" + b"\0" * 50, bomb(),
                                  bomb(1, 10**6), b"\xff\xd8\xff"])
def test_files_that_are_no_pictures(client, field, data):
    """Bombs by their header, damage by its decoder; each by its field and name."""
    good = {"image": png(), "hole": mask()}
    files = [(name, (f"{name}.png", content)) for name, content in {**good, field: data}.items()]
    refused(post(client, "inpaint", {}, files, image=False), 422, "image", f"{field}={field}.png (", field)


def test_pixels(client):
    """As many as the studio takes, and no more; in all of a job's pictures together four times that."""
    assert post(client, image=png(make_picture(100, 100))).status_code == 202
    refused(post(client, image=png(make_picture(100, 101))), 422, "image", "0.01 megapixels", "image")
    many = [("image", png(make_picture(100, 100))) for _ in range(5)]
    answer = post(client, "collage", {"size": [50, 90]}, many, image=png(make_picture(100, 100)))
    refused(answer, 422, "image", "together have at most 0.04 megapixels", "image")


def test_margins_are_judged_before_the_plan(client):
    """A plan has a guess of the result's size: it is not made for one that is too large."""
    answer = post(client, "extend", {"left": 30_000, "bottom": 30_000})
    refused(answer, 422, "parameter", "at most 0.01 megapixels", "left")


@pytest.mark.parametrize(("task", "field", "size"), [
    ("inpaint", "hole", (30, 30)), ("retarget", "protect", (40, 51)), ("harmonise", "mask", (1, 1)),
    ("animate", "mask", (52, 40)), ("reshuffle", "object", (41, 52))])
def test_masks_of_another_size(client, task, field, size):
    """Told of the mask, with both sizes."""
    parameters = {"retarget": {"size": [40, 80]}, "reshuffle": {"shift": [3, 3]}}.get(task, {})
    answer = post(client, task, parameters, [(field, mask(*size, box=(0, 0, 1, 1)))])
    refused(answer, 422, "image", f"{size[1]} x {size[0]} pixels", field)


def test_second_pictures(client):
    """The first of a pair is `image` here, whatever Python calls it."""
    answer = post(client, "edit", {}, [("edited", png(make_picture(30, 30)))])
    refused(answer, 422, "image", field="edited")
    assert post(client, "analogy", {}, [("structure", png(make_picture(30, 60)))]).status_code == 202
    refused(post(client, "analogy", {}, [("structure", png())], image=png(make_picture(3, 3))), 422, "image",
            field="image")


def test_maps(client):
    """Of the picture's size, once for each picture of a collage, with weights of maps that are sent."""
    refused(post(client, files=[("map.normal", png(make_picture(40, 40)))]), 422, "image", field="map.normal")
    files = [("image", png()), ("map.normal", png())]
    refused(post(client, "collage", {"size": [40, 80]}, files), 422, "file", "once for each of 2", "map.normal")
    job = made(client, "collage", {"size": [40, 80], "map_weights": {"normal": 0.5}}, [*files, ("map.normal", png())])
    assert job["results"][0]["maps"] == ["normal"]
    refused(post(client, files=[("map.a", png())], parameters={"map_weights": {"a": -1}}), 422, "parameter",
            field="map_weights")


def test_deep_pictures(client):
    """Sixteen bits stay sixteen, half and single floats come as EXR or TIFF; what a loop cannot hold is refused."""
    from patchloom import io

    deep = (np.arange(40 * 52, dtype=np.uint16) * 31).reshape(40, 52)
    job = made(client, image=io.encode(deep, ".png"))
    data = client.get(f"/api/jobs/{job['id']}/image").content
    assert job["results"][0]["type"] == "image/png" and io.read(None, data=data).pixels.dtype == np.uint16
    light = (deep / 65535).astype(np.float32)
    job = made(client, image=io.encode(light, ".exr"))
    assert job["results"][0]["type"] == "image/x-exr"
    refused(post(client, "animate", image=io.encode(light, ".exr")), 422, "image", "does not hold")
    painting = png(make_picture(40, 52, 1)[..., 0])
    job = made(client, "paint", {}, [("painting", painting)], image=io.encode(light, ".exr"))
    assert job["results"][0]["type"] == "image/x-exr"


# Multipart

@pytest.mark.parametrize(("kind", "status", "code"), [
    ("application/json", 415, "media-type"), ("", 415, "media-type"), ("text/plain", 415, "media-type"),
    ("application/x-www-form-urlencoded", 415, "media-type"), ("multipart/mixed; boundary=x", 415, "media-type"),
    ("multipart/form-data", 400, "request"), ("multipart/form-data; boundary=", 400, "request"),
    ("multipart/form-data; boundary=y", 400, "request")])
def test_bodies_of_another_kind(client, kind, status, code):
    """Told what it must be."""
    body = b'--x\r\nContent-Disposition: form-data; name="task"\r\n\r\ngenerate\r\n--x--\r\n'
    headers = {"Content-Type": kind} if kind else {}
    told = "must tell the boundary" if kind.endswith(("form-data", "boundary=")) else ""
    refused(client.post("/api/jobs", content=body, headers=headers), status, code, told)


def test_no_body_is_written_to_the_disk(client, monkeypatch):
    """However large: there is room for it."""
    monkeypatch.setattr("tempfile.TemporaryFile", None)
    assert post(client, files=[("map.a", png() + bytes(3 << 20))]).status_code == 202


@pytest.mark.parametrize("body", [
    b"--x", b"--x\r\n\r\n", b"--x\r\nContent-Disposition: form-data\r\n\r\na\r\n--x--\r\n", b"\0" * 1000,
    b'--x\r\nContent-Disposition: form-data; name="task"\r\n\r\ngenerate',
    b"--x\r\n" + b"A" * 100_000, b'--x\r\n: b\r\n\r\n\r\n--x--'])
def test_bodies_that_cannot_be_read(client, body):
    """Cut off, of no form: an error of the request, or of what is missing in it."""
    answer = client.post("/api/jobs", content=body, headers={"Content-Type": "multipart/form-data; boundary=x"})
    assert answer.status_code in (400, 422)
    refused(answer, answer.status_code, "request" if answer.status_code == 400 else "parameter",
            field=None if answer.status_code == 400 else "task")


def test_too_many_parts(client):
    """Counted, and the long ones measured."""
    parts = [("image", ("a.png", b"x")) for _ in range(80)]
    refused(client.post("/api/jobs", files=parts), 400, "request", "Too many files")
    texts = [(f"a{index}", (None, "x")) for index in range(20)]
    refused(client.post("/api/jobs", files=texts), 400, "request", "Too many fields")
    long = {"task": "x" * (1 << 19)}
    refused(client.post("/api/jobs", data=long, files={"image": png()}), 400, "request", "Part exceeded")


def test_intake_has_a_limit():
    """Bodies that are read at a time take so much room, and give it back."""
    now = [0.0]
    intake = Intake(100, lambda: now[0])
    with intake.place(90), intake.place(90) as take, intake.place(0) as other:    # what is announced takes none yet
        take(60)
        with pytest.raises(Refusal) as refusal, intake.place(41):
            pass
        assert (refusal.value.status, refusal.value.headers) == (429, {"Retry-After": "1"})
        now[0] += 7.5                                     # others may take as long again
        with pytest.raises(Refusal, match="try again in 8 s"):
            other(41)
        other(40)
        now[0] += 1000
        with pytest.raises(Refusal, match="try again in 60 s"):
            take(1)
    with pytest.raises(KeyError), intake.place(100) as take:
        take(100)
        raise KeyError
    with intake.place(100) as take:
        take(100)


# Names

@pytest.mark.parametrize(("name", "shown"), [
    ("../../etc/passwd", "passwd"), ("C:\\Users\\me\\holiday.png", "holiday.png"), ("..", "picture"), ("", "picture"),
    ("a\0b\r\n.png", "ab.png"), ("\u202egnp.exe", "gnp.exe"), ("CON:", "CON_"), (".hidden", "hidden"),
    ("a/", "picture"), ("x" * 300 + ".png", "x" * 96 + ".png"), ("été.jpg", "été.jpg"), ('a"b.png', "a_b.png")])
def test_safe_name(name, shown):
    """The last part, without what cannot be shown, never long."""
    assert safe_name(name) == shown


@given(st.text(max_size=200))
def test_safe_names_are_safe(name):
    """Whatever it is called, it is one part of a path that can be shown."""
    shown = safe_name(name)
    assert 0 < len(shown) <= 100 and shown.isprintable() and not set(shown) & set('/\\:"<>|?*')
    assert shown not in (".", "..") and safe_name(shown) == shown


def test_names_are_recorded_and_given_back(client):
    """A file is called after what was sent, in its metadata and when it is saved."""
    job = made(client, files=[], image=("..\\secret\\Früh ling?\u202e.png", png()))
    about = client.get(f"/api/jobs/{job['id']}/metadata").json()
    assert about["sources"][0]["name"] == "Früh ling_.png" and "path" not in about["sources"][0]
    how = client.get(f"/api/jobs/{job['id']}/image").headers["content-disposition"]
    assert how.startswith('attachment; filename="Fr_h ling__generate_5.png"; ')
    assert how.endswith("filename*=UTF-8''Fr%C3%BCh%20ling__generate_5.png")


@given(st.text())
def test_parameters_never_fail_otherwise(text):
    """Any text is an object, or refused."""
    try:
        assert isinstance(as_parameters(text), dict)
    except ParameterError as error:
        assert "\n" not in one_line(str(error))


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False)
                    | st.text(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=20))
def test_parameters_are_what_was_sent(value):
    """JSON comes through as it is."""
    assert as_parameters(json.dumps({"a": value})) == {"a": value}


def test_long_messages_are_cut(client):
    """What is quoted has an end."""
    answer = refused(post(client, parameters={"method": "x" * 200_000}), 422, "parameter", field="method")
    error = answer.json()["error"]
    assert len(error["message"]) < 700 and error["message"].endswith("exact, patchmatch")
    refused(post(client, parameters={"method": "\ud800\n\u2028"}), 422, "parameter", field="method")

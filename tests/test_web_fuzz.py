"""Hundreds of requests that are wrong, to the real server: each is refused in one shape, soon, and nothing is held."""

import json
import random
import time
from concurrent.futures import ThreadPoolExecutor
from email.message import Message

import pytest

from malformed_files import corpus, whole
from malformed_requests import FORM, IMAGE, PICTURE, TASK, framing, posted, refused, wire
from studio_server import answered, assert_refused, multipart, running

LIMIT = 60.0                                              # seconds for a request
HELD = 64                                                 # megabytes of pictures and results that this studio keeps
SLACK = 250 << 20                                         # bytes of buffers, decoders and what malloc keeps for later
GROUPS = {"path": 60, "method": 15, "foreign": 30, "body": 40, "parts": 40, "numbers": 70}
SEED = 7
FIRST = ("damaged", "cut")                                # names of files that may by chance be whole enough
LIBRARIES = ("libpng ", "JPEGLib", "More samples", "tempfile.tif")    # they write to standard error themselves


@pytest.fixture(scope="module", name="server")
def server_fixture(tmp_path_factory):
    """A studio that keeps little; after all that came it has told of nothing, and ends as it should."""
    folder = tmp_path_factory.mktemp("studio")
    with running(folder, "--hold", f"{HELD}MB", "--queue", 100) as server:
        assert ask(server, posted(server.host, TASK, IMAGE))[0] == 202
        usual = server.memory("VmRSS")
        yield server
        assert server.memory("VmHWM") < usual + HELD * 10**6 + SLACK
        assert answered(server.send(wire(server.host, path="/api/tasks")))[0] == 200
    first, *told = server.log.read_text().splitlines()
    assert first.startswith("studio  ") and [line for line in told if not line.startswith(LIBRARIES)] == []


def ask(server, data, **options):
    """Send a request; status, headers and body of its answer."""
    start = time.perf_counter()
    found = answered(server.send(data, LIMIT, **options))
    assert time.perf_counter() - start < LIMIT
    return found


def check(server, data, name):
    """Refused, in the one shape."""
    try:
        return assert_refused(*ask(server, data))
    except Exception as error:
        raise AssertionError(f"{name}: {error}") from error


@pytest.mark.parametrize("group", GROUPS)
def test_malformed_requests_are_refused(server, group):
    """Whole HTTP that asks for what there is not."""
    cases = {name: data for name, data in refused(server.host).items() if name.startswith(f"{group}: ")}
    assert len(cases) >= GROUPS[group]
    for name, data in cases.items():
        check(server, data, name)


def test_what_is_hardly_http(server):
    """Answered in the same shape, or by closing the connection where a request never becomes whole."""
    silent = []
    for name, data in framing(server.host).items():
        came = server.send(data, LIMIT, leave=True)
        if came:
            assert_refused(*answered(came))
        else:
            silent.append(name)
    assert set(silent) <= {"noise", "half", "huge chunk", "cut off", "gzip", "too large"}


@pytest.fixture(scope="module", name="files")
def files_fixture():
    """All the files that are none."""
    return corpus()


def test_files_that_are_no_pictures(server, files):
    """Bombs, cut off, damaged, something else: told so by field, or shown if the damage left a picture."""
    shown = []
    for name, data in files.items():
        file = (f'name="image"; filename="{name}"', data)
        status, headers, body = ask(server, posted(server.host, file, path="/api/preview"))
        if status == 200:
            assert headers["content-type"] == "image/png" and body.startswith(b"\x89PNG")
            shown.append(name)
        else:
            error = assert_refused(status, headers, body)
            assert (status, error["field"]) == (422, "image") and error["code"] in ("image", "file"), (name, error)
    assert len(files) > 150
    assert len(shown) < 40 and [name for name in shown if not name.startswith(FIRST)] == ["png-over.png"]


def test_bombs_are_no_masks_and_maps_either(server, files):
    """Every part of a job is checked before it is taken."""
    bombs = [(name, data) for name, data in files.items() if not name.startswith((*FIRST, "png-over"))]
    dice = random.Random(SEED)
    for name, data in dice.sample(bombs, 24):
        field = dice.choice(["hole", "source_mask", "map.normal"])
        hole = ('name="hole"; filename="h.png"', PICTURE)
        others = [] if field == "hole" else [hole]
        error = check(server, posted(server.host, ('name="task"', "inpaint"), IMAGE, *others,
                                     (f'name="{field}"; filename="{name}"', data)), name)
        assert error["field"] == field, (name, error)


def test_whole_files_are_shown(server):
    """The corpus's whole files are: without that, all refusals might have another reason."""
    for name, data in whole().items():
        file = (f'name="image"; filename="{name}"', data)
        assert ask(server, posted(server.host, file, path="/api/preview"))[0] == 200, name


ODD = (
    None, True, "x", "", [], {}, -1, 0, 1.5, 1e308, 2**200, "inf", "-inf", "nan", "1", [1], [None], {"a": 1}, "\ud800",
    "\0", "a" * 5000, [[1, 2]], [1e9, 1e9], {"0": [1]}, [{"box": 1}], "#12345", "source",
)


def test_every_parameter_of_every_task_with_odd_values(server):
    """What can be made is taken, and cancelled at once; all else is refused, and its field is told."""
    tasks = json.loads(ask(server, wire(server.host, path="/api/tasks"))[2])["tasks"]
    dice, taken, told = random.Random(SEED), 0, set()
    cases = [(task, entry["name"], value) for task in tasks for entry in task["parameters"] for value in ODD]
    for task, name, value in dice.sample(cases, 600):
        needed = [(f'name="{part["name"]}"; filename="a.png"', PICTURE)
                  for part in [*task["images"], *task["files"]] if part.get("required", True)]
        parameters = ({"size": [20, 24]} if task["size"] == "required" else {}) | {name: value}
        status, headers, body = ask(server, posted(
            server.host, ('name="task"', task["name"]), ('name="parameters"', json.dumps(parameters)), *needed))
        if status == 202:
            taken += 1
            path = headers["location"]
            assert ask(server, wire(server.host, "DELETE", path))[0] == 200
        else:
            error = assert_refused(status, headers, body)
            assert status == 422, error
            told.add((error["field"] == name, error["code"]))
    assert 10 < taken < 300
    assert (True, "parameter") in told


def test_paths_of_a_job_that_is_there(server):
    """Odd indices, sides, formats and names of maps, of a job that is done."""
    parts = (TASK, ('name="parameters"', '{"seed": 1}'), IMAGE, ('name="map.n"; filename="n.png"', PICTURE))
    status, headers, _ = ask(server, posted(server.host, *parts))
    assert status == 202
    path = headers["location"]
    assert b"event: done" in server.send(wire(server.host, path=path + "/events"))
    for good in ("image", "image?format=webp", "preview?side=4096", "field", "metadata", "maps/n"):
        assert ask(server, wire(server.host, path=f"{path}/{good}"))[0] == 200
    odd = ("-1", "1", "64", "nan", "1e3", "0x0", "", "null", "9" * 30, "9" * 5000, "%00", "0%0d%0aX:1", "0&index=1",
           "[0]", "%ff")
    cases = [f"{what}?index={index}" for what in ("image", "preview", "field", "metadata", "maps/n") for index in odd]
    cases += [f"preview?side={side}" for side in ("0", "-1", "4097", "nan", "1e9", "9" * 40, "")]
    cases += [f"image?format={form}" for form in ("", "PNG", "exe", "png%00", "../png", "mp4", "exr", "p" * 4000)]
    cases += [f"maps/{name}" for name in ("N", "%00", "..", ".%2e", "n%2f", "__class__", "m" * 3000)]
    for case in cases:
        check(server, wire(server.host, path=f"{path}/{case}"), case)


def test_names_of_files_are_never_paths(server):
    """What a file was called is shown and recorded without its folders, and names a download."""
    names = (
        "../../etc/passwd.png", "..\\\\..\\\\boot.png", "/etc/passwd", "C:\\\\x.png", "a%00.png", "\u202egnp.png",
        "x" * 3000 + ".png", ".", "..", "", " ", "con.png", "a\tb.png", "%2e%2e%2fa.png", "b;c=d.png", "\udcff.png",
    )
    for name in names:
        image = (f'name="image"; filename="{name}"', PICTURE)
        status, headers, body = ask(server, posted(server.host, TASK, image))
        if status != 202:
            assert_refused(status, headers, body)
            continue
        path = headers["location"]
        assert b"event: done" in server.send(wire(server.host, path=path + "/events"))
        _, headers, _ = ask(server, wire(server.host, path=path + "/image"))
        message = Message()
        message["Content-Disposition"] = headers["content-disposition"]
        given = message.get_filename()
        assert given.endswith(".png") and given[0] != "." and len(given) < 200, name
        assert given.isprintable() and not set(given) & set("/\\:"), name
        told = json.loads(ask(server, wire(server.host, path=path + "/metadata"))[2])
        assert "/" not in json.dumps(told["sources"]), name


def test_large_bodies_do_not_pile_up(server):
    """Four bodies of tens of megabytes at once, wrong at their very end, are let go; the fixture measures it, too."""
    body = multipart(('name="image"; filename="a.png"', PICTURE + bytes(40_000_000)), ("x", b""))
    request = wire(server.host, "POST", "/api/preview", body=body, kind=FORM)
    with ThreadPoolExecutor(4) as pool:
        for status, headers, answer in pool.map(lambda _: ask(server, request), range(12)):
            assert_refused(status, headers, answer)

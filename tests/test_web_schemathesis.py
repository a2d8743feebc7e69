"""Requests that schemathesis makes from the OpenAPI document, in this process: nothing fails, all is as documented."""

import io
import time
from collections import Counter

import pytest
from hypothesis import HealthCheck, Phase, settings
from PIL import Image

from conftest import make_picture
from studio_server import assert_refused

schemathesis = pytest.importorskip("schemathesis", reason="not on this machine: schemathesis")
pytest.importorskip("fastapi", reason="not on this machine: fastapi")

from patchloom.catalogue import TASKS, Pictures, as_options, as_params  # noqa: E402
from patchloom.web.app import create  # noqa: E402
from patchloom.web.jobs import Studio  # noqa: E402
from patchloom.web.limits import Limits  # noqa: E402
from patchloom.web.orders import Order  # noqa: E402

STUDIO = Studio(Limits(pixels=4096, queue=1000, seconds=30), threads=1)
GUARDED = create(STUDIO, port=80, hosts=["testserver"])


async def app(scope, receive, send):
    """The application, which begins and ends with the tests and not with each client that schemathesis makes."""
    if scope["type"] == "http":
        await GUARDED(scope, receive, send)
    while scope["type"] == "lifespan":
        kind = (await receive())["type"]
        await send({"type": f"{kind}.complete"})
        if kind == "lifespan.shutdown":
            break


SCHEMA = schemathesis.openapi.from_asgi("/openapi.json", app)
SEEN = Counter()


@pytest.fixture(scope="module", name="job", autouse=True)
def job_fixture():
    """A job that is done, in a studio that runs; in the end, hundreds of requests have been answered in many ways."""
    STUDIO.start()
    task, picture = TASKS["generate"], make_picture(16, 24)
    job = STUDIO.submit(Order(
        task=task, pictures=Pictures((picture,), maps={"n": picture}), options=as_options(task, {}),
        params=as_params(task), seeds=range(1, 2), sources=[], stem="a", suffixes=(".png",), icc=None,
        map_suffixes={"n": ".png"}, map_iccs={},
    ))
    until = time.monotonic() + 60
    while not job.finished and time.monotonic() < until:
        time.sleep(0.01)
    assert job.state == "done", job.error
    yield job
    STUDIO.close()
    assert sum(SEEN.values()) > 500
    assert {200, 400, 404, 405, 415, 422} <= set(SEEN)


@pytest.mark.parametrize("known", [True, False])
@SCHEMA.parametrize()
@settings(max_examples=12, derandomize=True, database=None, deadline=None, phases=(Phase.explicit, Phase.generate),
          suppress_health_check=list(HealthCheck))
def test_requests_of_the_schema(case, job, known):
    """With ids as they come, and with that of the job; what is shaped rightly may still be no picture."""
    if known and isinstance(case.path_parameters, dict) and "id" in case.path_parameters:
        case.path_parameters["id"] = job.id
    response = case.call()
    SEEN[response.status_code] += 1
    if response.status_code >= 400:
        headers = {name.lower(): value[0] for name, value in response.headers.items()}
        assert_refused(response.status_code, headers, response.content)
    elif response.headers["content-type"][0] == "image/png":
        Image.open(io.BytesIO(response.content)).load()
    case.validate_response(response, excluded_checks=[schemathesis.checks.positive_data_acceptance])

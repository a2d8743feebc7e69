"""Pages of other origins, which the browser itself would let ask: the studio refuses them, and answers its own."""

import time
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest

# A job as another page would send it: first as a request of a script, then as what a browser sends without any.
SEND = """
async ([url, mode]) => {
  const body = new FormData();
  body.append("task", "generate");
  body.append("parameters", "{}");
  const canvas = Object.assign(document.createElement("canvas"), { width: 64, height: 48 });
  canvas.getContext("2d").fillRect(8, 8, 20, 20);
  body.append("image", await new Promise((done) => canvas.toBlob(done)), "photo.png");
  try {
    const answer = await fetch(url + "api/jobs", { method: "POST", body, mode });
    return [answer.type, answer.status];
  } catch (error) {
    return error.name;
  }
}
"""
FORM = """
(url) => {
  document.body.innerHTML = `<form method="post" enctype="multipart/form-data" action="${url}api/jobs">
    <input name="task" value="generate"><button>Win a prize</button></form>`;
}
"""
EMBED = """
(url) => new Promise((done) => {
  const frame = Object.assign(document.createElement("iframe"), { src: url });
  frame.onload = () => done(frame.contentDocument === null);
  document.body.append(frame);
})
"""


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_):
        """Keep the tests' output clean."""


@pytest.fixture(name="elsewhere")
def elsewhere_fixture(folder):
    """Serve an empty page from a port that is not the studio's: its address."""
    (folder / "index.html").write_text("<!doctype html><title>Elsewhere</title><link rel=icon href=data:,>")
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=folder)) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()
        thread.join()


@pytest.fixture(name="foreign")
def foreign_fixture(browser, elsewhere):
    """Open a page of another origin, and note the status of each answer, also of those that the page may not see."""
    page = browser.new_page()
    page.set_default_timeout(60_000)
    page.goto(elsewhere)
    network, answers = page.context.new_cdp_session(page), []
    network.on("Network.responseReceivedExtraInfo", lambda answer: answers.append(answer["statusCode"]))
    network.send("Network.enable")
    yield page, answers
    page.close()


def first(page, found):
    """Wait for what the network tells, which may come later than what the page says; return all that came."""
    until = time.monotonic() + 60
    while not (came := found()):
        assert time.monotonic() < until
        page.wait_for_timeout(20)
    return came


def test_the_same_request_is_taken_from_the_studio_itself(studio, visit):
    """So that what follows is refused for its origin, and not for how it is put."""
    for url in (studio, studio.replace("127.0.0.1", "localhost")):
        assert visit(url).evaluate(SEND, [url, "same-origin"]) == ["basic", 202]


@pytest.mark.parametrize("mode", ["cors", "no-cors"])
def test_a_script_of_another_origin_is_refused(studio, foreign, mode):
    page, answers = foreign
    said = page.evaluate(SEND, [studio, mode])
    assert said == "TypeError"                            # it cannot even read that it was refused
    assert first(page, lambda: answers) == [403]


def test_a_form_of_another_origin_is_refused(studio, foreign):
    page, answers = foreign
    page.evaluate(FORM, studio)
    with page.expect_navigation():
        page.get_by_role("button").click()
    assert first(page, lambda: answers)[0] == 403
    assert '"origin"' in page.locator("body").inner_text()


def test_another_origin_cannot_read_or_embed(studio, foreign):
    page, answers = foreign
    said = page.evaluate("(url) => fetch(url).then(() => 'read', (error) => error.name)", studio + "api/tasks")
    assert said == "TypeError"
    assert first(page, lambda: answers) == [403]
    assert page.evaluate(EMBED, studio)
    assert first(page, lambda: page.frames[1].url).startswith("chrome-error:")
    page.goto(studio)                                     # a link may be followed from anywhere
    assert page.title().startswith("Patchloom")

"""Runs among others: of several windows, of the live mode, and cancelled before they are known; and of which size."""

from playwright.sync_api import expect

from studio_page import StudioPage

# Runs before every page: what is posted as a job is never answered, and it is noted when the page gives it up.
UNANSWERED = """
const send = window.fetch;
window.fetch = (path, options) => path !== "api/jobs" ? send(path, options) : new Promise((_, fail) => {
  window.posted = true;
  options.signal?.addEventListener("abort", () => {
    window.given = true;
    fail(options.signal.reason);
  });
});
"""


def test_a_request_that_is_cancelled_is_given_up(open_studio):
    """The server then ends its plan, which takes half a minute for large pictures."""
    studio = open_studio(script=UNANSWERED)
    page = studio.page
    studio.example("flowers")
    studio.run_button.click()
    page.wait_for_function("() => window.posted")
    expect(page.locator("#run-hint")).to_have_text("Sending…")
    page.keyboard.press("Escape")
    expect(studio.run_button).to_have_attribute("data-doing", "false")
    page.wait_for_function("() => window.given")
    expect(page.locator(".notice")).to_have_count(0)


# What a window says of itself, and how often it asks about jobs.
LOOKED_AT = """
window.asked = [];
const send = window.fetch;
window.fetch = (path, options) => {
  if (/^api\\/jobs\\/[^/]+$/.test(path)) window.asked.push(performance.now());
  return send(path, options);
};
Object.defineProperty(document, "hidden", { get: () => window.away === true });
window.look = (at) => {
  window.away = !at;
  window.asked.length = 0;
  document.dispatchEvent(new Event("visibilitychange"));
};
"""


def windows(first, number):
    """Open further windows of the browser that has one already."""
    for _ in range(number):
        page = first.page.context.new_page()
        page.goto(first.page.url)
        yield StudioPage(page)


def send(studio, count, side):
    studio.example("flowers")
    for name, value in (("count", count), ("size", side), ("size-height", side)):
        studio.set(name, value)
    with studio.sending():
        studio.run_button.click()


def test_windows_that_wait_leave_room_for_others(open_studio):
    """A browser has six connections to a server; who waits shows its results all the same."""
    first = open_studio()
    send(first, 20, 1500)                                 # minutes
    first.page.context.add_init_script(LOOKED_AT)
    waiting = []
    for studio in windows(first, 5):
        send(studio, 1, 64)
        waiting.append(studio)
    next(windows(first, 1))                                # is there with all its examples
    last = waiting[-1].page
    expect(last.locator("#run-hint")).to_have_text("Waiting, 5 before this")
    last.evaluate("look(false)")
    last.wait_for_timeout(1800)
    assert last.evaluate("asked.length") <= 1              # as it goes out of sight
    last.evaluate("look(true)")
    last.wait_for_function("() => asked.length > 1")
    first.page.keyboard.press("Escape")
    for studio in waiting:
        studio.finished(1)


# How many variations were not done yet whenever the live mode's preview came to lie over them.
COVERED = """
() => {
  const view = document.getElementById("live-view");
  window.covered = [];
  new MutationObserver(() => {
    if (!view.hidden && view.parentElement.id === "results")
      window.covered.push(document.querySelectorAll("#grid .cell:not([data-state=done])").length);
  }).observe(view, { attributes: true });
}
"""


def test_what_was_asked_for_by_hand_is_not_hidden_by_the_live_mode(open_studio):
    """What changes meanwhile is made afterwards, small and at full size."""
    studio = open_studio()
    page = studio.page
    studio.example("flowers")
    studio.run(1, seed=3)
    studio.show("results")
    page.locator("#live").click()
    studio.finished(1)
    studio.set("count", 4)
    with studio.sending():                                # the button would cancel what the live mode has begun
        page.keyboard.press("Control+Enter")
    expect(studio.results).to_have_count(4)
    page.evaluate(COVERED)
    studio.set("seed", 77)
    expect(studio.results.locator(".seed")).to_have_text(["Seed 77"])
    studio.finished(1)
    expect(page.locator("#live-view")).to_be_hidden()
    assert not any(page.evaluate("covered"))
    page.locator("#history-list .past").nth(-2).click()
    expect(studio.done.locator(".seed")).to_have_text([f"Seed {seed}" for seed in (3, 4, 5, 6)])


# Runs before every page: the parameters of the last job.
SENT = """
const send = window.fetch;
window.fetch = (path, options) => {
  if (path === "api/jobs" && options?.body) window.sent = JSON.parse(options.body.get("parameters"));
  return send(path, options);
};
"""


def test_the_size_in_the_form_is_that_of_the_result(open_studio):
    """Also where it is not the picture's: of several pictures together, and of one that goes on beyond its edges."""
    studio = open_studio(script=SENT)
    page = studio.page
    size, height = page.locator("#p-size"), page.locator("#p-size-height")
    per_cent = page.locator("[data-field=size] .chip").first

    def automatic(width):
        expect(size).to_have_value("")
        expect(size).to_have_attribute("placeholder", str(width))
        expect(height).to_have_attribute("placeholder", "168")
        expect(per_cent).to_be_hidden()

    studio.example("beyond")
    automatic(252 + 60 + 120)
    studio.task("generate")
    expect(per_cent).to_be_visible()
    expect(size).to_have_attribute("placeholder", "252")
    studio.example("together")
    expect(size).to_have_value("420")
    page.locator("[data-field=size] .reset").click()
    automatic(567)
    expect(studio.part("number-width")).to_have_value("567")
    studio.part("undo").click()
    expect(size).to_have_value("420")
    studio.part("redo").click()
    automatic(567)
    studio.part("remove").click()                          # refused: the first picture stays
    studio.part("place-3").click()
    studio.part("remove").click()
    automatic(378)
    studio.part("number-width").fill("300")
    studio.part("number-width").press("Enter")
    expect(size).to_have_value("300")
    page.locator("[data-field=size] .reset").click()
    automatic(378)
    studio.run_button.click()
    page.wait_for_function("() => window.sent")
    assert page.evaluate("sent.size") == [168, 378]

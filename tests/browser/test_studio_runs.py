"""Runs that are cancelled early or asked for twice, the live mode beside other runs, and fields that hold nonsense."""

from playwright.sync_api import expect

from studio_page import PICTURES

STATE = "(id) => fetch(`api/jobs/${id}`).then((answer) => answer.json()).then(({ state }) => state)"


def listen(page):
    """Return a list that takes in the answers to all jobs that a page sends from now on."""
    found = []
    page.on("response", lambda answer: found.append(answer) if answer.request.method == "POST"
            and answer.url.endswith("/api/jobs") else None)
    return found


def large(studio, count=8):
    studio.set("count", count)
    studio.set("size", 1500)
    studio.set("size-height", 1000)


# Runs before every page: what is told of a job comes after the cancel, and late, as on a busy machine.
LATE = """
const send = window.fetch;
const cancelled = new Promise((done) => { window.cancel = done; });
window.fetch = async (path, options) => {
  const answer = send(path, options);
  if (path === "api/jobs") {
    await cancelled;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  return answer;
};
"""


def test_a_run_that_is_cancelled_while_it_is_sent_ends_at_the_server(open_studio):
    """The page has its answer only then; the next run need not wait for it."""
    studio = open_studio(script=LATE)
    page = studio.page
    studio.example("flowers")
    large(studio, 20)                                     # a minute and more, should it run on
    page.evaluate("""async () => {
      const button = document.getElementById("run");
      button.click();
      await new Promise((resolve) => setTimeout(resolve, 15));
      button.click();
      window.cancel();
    }""")
    expect(studio.run_button).to_have_attribute("data-doing", "false")
    expect(studio.results).to_have_count(0)
    studio.run(1, **{"size": 90, "size-height": 60})


# Runs before every page: the name of each live region that says something new.
REGIONS = """
addEventListener("DOMContentLoaded", () => {
  window.said = [];
  new MutationObserver((changes) => changes.forEach(({ target }) => {
    const element = target.nodeType === 1 ? target : target.parentElement;
    const region = element?.closest("output, [aria-live], [role=status]");
    if (region && region.textContent) window.said.push(region.textContent);
  })).observe(document.body, { subtree: true, childList: true, characterData: true });
});
"""


def test_a_second_request_waits_for_its_turn(open_studio):
    """Ctrl+Enter held down, a double click and Rerun send one job, and that one can still be cancelled."""
    studio = open_studio()
    page = studio.page
    studio.example("flowers")
    studio.run(1, seed=1)
    studio.done.click()
    large(studio)
    sent = listen(page)
    with studio.sending():                                # or there would be no answer, once it is cancelled
        page.keyboard.down("Control")
        for _ in range(3):
            page.keyboard.down("Enter")
        page.keyboard.up("Control")
    expect(studio.results).to_have_count(8)
    page.locator("#history-list .past").first.click()
    studio.done.click()
    page.locator("#rerun").click()
    expect(page.locator(".notice")).to_contain_text("Another run is not finished")
    page.keyboard.press("Escape")
    expect(studio.run_button).to_have_attribute("data-doing", "false")
    page.evaluate("() => { const now = performance.now(); performance.now = () => now; }")   # both clicks are at once
    with studio.sending():
        studio.run_button.dblclick()
    page.evaluate("() => { delete performance.now; }")
    expect(studio.results).to_have_count(8)
    expect(studio.run_button).to_have_attribute("data-doing", "true")
    studio.run_button.click()
    assert len(sent) == 2
    for one in sent:
        page.wait_for_function(f"async (id) => (await ({STATE})(id)) === 'cancelled'", arg=one.json()["id"])


def test_the_live_mode_keeps_to_itself(open_studio):
    """What the history brings back stays; Escape takes the preview away; nothing is said of what it overtakes."""
    studio = open_studio(script=REGIONS)
    page = studio.page
    studio.example("flowers")
    studio.run(2, seed=5)
    page.locator("#live").click()
    studio.finished(1)
    studio.set("seed", 9)
    expect(studio.results.locator(".seed")).to_have_text(["Seed 9"])
    studio.finished(1)
    expect(page.locator("#live-view span")).to_have_text("Full size")
    entries = page.locator("#history-list .past")
    expect(entries).to_have_count(2)
    sent = listen(page)
    entries.first.click()
    expect(studio.done).to_have_count(2)
    page.wait_for_timeout(900)
    assert studio.seeds() == [5, 6]
    assert sent == []
    expect(page.locator("#live-view")).to_be_hidden()
    studio.set("size", 3000)
    studio.set("size-height", 2000)
    expect(page.locator("#live-view")).to_be_visible()
    expect(page.locator("#live-view")).to_contain_text("Full size…")
    expect(studio.run_button).to_have_attribute("data-doing", "true")     # of the height too
    page.keyboard.press("Escape")
    expect(page.locator("#live-view")).to_be_hidden()
    said = page.evaluate("said")
    assert said.count("Cancelled") == 1
    assert not any("%" in words for words in said)


def test_what_was_typed_and_cannot_be_sent_stays_with_its_error(open_studio):
    studio = open_studio()
    page = studio.page
    studio.example("flowers")
    for name, typed in (("count", "e"), ("map_weights", "a:"), ("map_weights", "a: 1e999")):
        field = page.locator(f"#p-{name}")
        if not field.is_visible():
            page.locator("#more > summary").click()
        field.press_sequentially(typed)
        studio.set("seed", 3)
        expect(page.locator(f"#error-{name}")).to_contain_text("Must be")
        assert field.evaluate("(input) => input.validity.badInput || input.value !== ''")
        field.press("Control+A")
        field.press("Delete")
        expect(page.locator(f"#error-{name}")).to_be_hidden()


def test_keys_go_on_from_the_number_and_focus_stays_in_the_page(open_studio):
    studio = open_studio()
    page = studio.page
    studio.example("flowers")
    studio.set("count", 40)
    page.locator("#p-count-slider").press("ArrowRight")
    expect(page.locator("#p-count")).to_have_value("41")
    page.locator("#open").focus()
    studio.open(PICTURES / "spices.png")
    studio.opened("spices.png")
    expect(page.locator("#open")).to_be_focused()


def test_files_beyond_the_room_go_and_come_back_when_they_are_looked_at(open_studio):
    studio = open_studio()
    page = studio.page

    def small(route):
        answer = route.fetch()
        route.fulfill(response=answer, body=answer.text().replace("ROOM = 384e6", "ROOM = 1e5"))

    page.route("**/keep.js", small)
    page.reload()
    page.locator("#example-list button").first.wait_for()
    studio.example("flowers")
    for seed in (5, 6, 7):
        studio.run(1, seed=seed)
    held = """async () => (await import("/static/state.js")).state.runs.map(({ cells }) => cells[0].blob !== null)"""
    page.wait_for_function(f"async () => (await ({held})()).join() === 'false,true,true'")
    page.locator("#history-list .past").first.click()
    expect(studio.results.locator(".seed")).to_have_text(["Seed 5"])
    assert studio.pixels_of(studio.done.locator("img")).shape == (168, 252, 3)
    studio.show("results")
    studio.done.click()
    assert studio.pixels_of(page.get_by_alt_text("After: seed 5")).shape == (168, 252, 3)

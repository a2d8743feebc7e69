"""The real page, served by the real command to a real browser: what people do there is what the report says."""

import base64
import io as streams
import json
import re
from collections import Counter
from itertools import pairwise

import pytest
from PIL import Image
from playwright.sync_api import expect

from command_line import run
from patchloom import study
from patchloom.study.building import place
from patchloom.study.database import read_database
from studies import built

PEOPLE = 100

# When the pictures appear and disappear, noted beside the page's own code: the frame before, and the one in which.
WATCH = """
window.turns = [];
window.frames_ = [0, 0];
const ask = window.requestAnimationFrame;
window.requestAnimationFrame = (work) => ask.call(window, (time) => {
  frames_ = [frames_[1], time];
  work(time);
});
new MutationObserver((records) => {
  for (const { target } of records)
    if (target.classList.contains("frames")) turns.push([target.classList.contains("on"), ...frames_]);
}).observe(document, { attributes: true, attributeFilter: ["class"], subtree: true });
"""

# Whether so many answers are kept, as far as a window knows.
KEPT = "(count) => Object.keys(localStorage).filter((key) => key.includes('/answer/')).length === count"

LEFT, RIGHT = ("KeyF", "ArrowLeft"), ("KeyJ", "ArrowRight")


@pytest.fixture(name="make")
def make_fixture(folder, make_picture):
    """Return ``make(setups, groups, **options)``: write a study's page, and give its path."""

    def make(setups, groups, **options):
        made = built(folder, make_picture, setups, groups=groups, fakes=2, **options)
        place(folder / "study.html", made)
        return folder / "study.html"

    return make


class Participant:
    """Somebody before the page, who knows the pictures by their pixels and answers by plan."""

    def __init__(self, page, path):
        self.page = page
        self.names = {}
        text = path.read_text("utf-8")
        self.study = study.read_page(str(path)).study
        held = json.loads(re.search(r'id="pictures">(.*?)</script>', text, re.S)[1])
        for name, uri in held.items():
            with Image.open(streams.BytesIO(base64.b64decode(uri.partition(",")[2]))) as image:
                self.names[image.getpixel((3, 5)), image.getpixel((20, 9))] = self.study.pictures[name]
        assert len(self.names) == len(held)
        self.given = []

    def go_on(self, text, *, by_mouse=False):
        """Leave a page that is read."""
        button = self.page.get_by_role("button", name=text)
        button.wait_for()
        button.click() if by_mouse else self.page.keyboard.press("Space")

    def pictures(self):
        """What stands on the page, left to right, seen by its pixels."""
        self.page.locator(".choices button:enabled").first.wait_for()
        pixels = self.page.evaluate(
            "() => [...document.querySelectorAll('canvas')].map((canvas) => [[3, 5], [20, 9]].map(([x, y]) =>"
            " [...canvas.getContext('2d').getImageData(x, y, 1, 1).data.slice(0, 3)]))"
        )
        return [self.names[tuple(map(tuple, two))] for two in pixels]

    def answer(self, wrong, number=0):
        """Answer the trial on the page, by keys and by mouse in turn."""
        shown = self.pictures()
        if len(shown) == 2:
            assert {one.real for one in shown} == {True, False}
            first = not shown[0].real
        else:
            first = shown[0].real
        first ^= wrong
        asked = self.page.locator(".choices").element_handle()
        if number % 3 == 2:
            self.page.locator(".choices button").nth(0 if first else 1).click()
        else:
            self.page.keyboard.press((LEFT if first else RIGHT)[number % 3])
        self.given.append(shown)
        self.page.wait_for_function("(asked) => !asked.isConnected", arg=asked, polling=20)
        return shown


def reported(path):
    """What `study report` says."""
    return json.loads(run("study", "report", path, "--json").stdout)


def test_ten_answers_give_the_right_rates(folder, make, serve, visit):
    """Five pairs for a second and five single pictures without limit, with practice before each."""
    path = make("paired-1s,unpaired", 6, practice=1, title="A <b>study</b>")
    url, stop = serve(path, folder / "answers.sqlite")
    page = visit(url, script=WATCH)
    someone = Participant(page, path)
    expect(page.get_by_role("heading", name="A <b>study</b>")).to_be_focused()
    someone.go_on("I agree, begin")
    plan = {"paired-1s": [True, False, True, False, False], "unpaired": [False, True, True, False, True]}
    expected = Counter()
    for setup, wrongs in plan.items():
        someone.go_on("Practise", by_mouse=True)
        practised = someone.answer(False)
        expect(page.get_by_role("status")).to_contain_text("Right")
        someone.go_on("Go on")
        someone.go_on("Begin")
        for number, wrong in enumerate(wrongs):
            someone.pictures()
            assert page.locator("canvas").first.is_visible() is (setup == "unpaired")
            for shown in (given := someone.answer(wrong, number)):
                expected[setup, shown.name, shown.real, wrong] += 1
            assert not {one.name[:2] for one in given} & {one.name[:2] for one in practised}
    expect(page.get_by_role("heading", name="Thank you")).to_be_visible()
    expect(page.get_by_text("Your answers have been saved.")).to_be_visible()
    turns = page.evaluate("() => turns")
    found = reported(folder / "answers.sqlite")             # while the server runs
    stop()
    assert reported(folder / "answers.sqlite") == found
    assert (found["participants"], found["answers"], found["incomplete"], found["seen_again"]) == (1, 10, [], 0)
    rates = {one["setup"]: (one["wrong"], one["answers"], one["rate"], *one["interval"])
             for one in found["setups"] if one["of"] == "all"}
    # Wilson's interval for 2 of 5 and 3 of 5.
    assert rates == {"paired-1s": pytest.approx((2, 5, 0.4, 0.117621, 0.769276), abs=1e-6),
                     "unpaired": pytest.approx((3, 5, 0.6, 0.230724, 0.882379), abs=1e-6)}
    pictures = Counter()
    for one in found["pictures"]:
        for wrong, count in ((True, one["wrong"]), (False, one["answers"] - one["wrong"])):
            pictures[one["setup"], one["name"], one["real"], wrong] += count
    assert +pictures == expected
    kept = read_database(folder / "answers.sqlite")[1]
    assert all(one.shown_ms >= 975 for one in kept[:5]), kept[:5]
    watched = [(off - on, before - on) for (was, _, on), (now, before, off) in pairwise(turns) if was and not now]
    assert len(watched) == 6                              # the practice, and five trials
    assert [one.shown_ms for one in kept[:5]] == pytest.approx([shown for shown, _ in watched[1:]], abs=0.1)
    assert all(last < 1000 for _, last in watched)        # hidden in the first frame that is late enough
    assert all(one.reaction_ms >= one.shown_ms for one in kept[:5])
    assert all(one.reaction_ms == one.shown_ms for one in kept[5:])


def test_nothing_is_lost_on_reload(folder, make, serve, visit):
    """Reloaded before an answer, the same trial comes again, and that it was seen twice is recorded."""
    path = make("unpaired", 3)
    url, stop = serve(path, folder / "answers.sqlite")
    page = visit(url)
    someone = Participant(page, path)
    someone.go_on("I agree, begin")
    someone.go_on("Begin")
    someone.answer(False)
    before = someone.pictures()
    page.reload()
    expect(page.get_by_text("You have given 1 answer of 3.")).to_be_visible()
    someone.go_on("Go on")
    someone.go_on("Begin")
    assert someone.pictures() == before
    someone.answer(True)
    someone.answer(False)
    expect(page.get_by_role("heading", name="Thank you")).to_be_visible()
    page.reload()
    expect(page.get_by_role("heading", name="Thank you")).to_be_visible()
    page.get_by_role("button", name="Next participant").click()
    someone.go_on("I agree, begin")
    someone.go_on("Begin")
    with page.expect_response("**/answers"):              # or the server might be gone before it can answer
        someone.answer(False)
    stop()
    kept = read_database(folder / "answers.sqlite")[1]
    views = Counter((one.participant, one.trial, one.views, one.wrong) for one in kept)
    first = next(one.participant for one in kept if one.views == 2)
    assert [key[1:] for key in sorted(views) if key[0] == first] == [(0, 1, False), (1, 2, True), (2, 1, False)]
    assert len(views) == 4
    assert reported(folder / "answers.sqlite")["incomplete"][0]["answers"] == 1


def test_opened_as_a_file_the_answers_are_downloaded(folder, make, visit):
    path = make("paired-0.2s", 3)
    page = visit(path.as_uri() + "#participant=ann")
    someone = Participant(page, path)
    expect(page.get_by_text("your answers and how long they took, under the name “ann” that")).to_be_visible()
    someone.go_on("I agree, begin")
    someone.go_on("Begin")
    for wrong in (True, False, True):
        someone.answer(wrong)
    with page.expect_download() as download:
        page.get_by_role("button", name="Download the answers").click()
    assert download.value.suggested_filename == f"answers-{someone.study.id[:8]}-ann.json"
    download.value.save_as(folder / "answers.json")
    found = reported(folder / "answers.json")
    assert (found["setups"][0]["wrong"], found["setups"][0]["answers"]) == (2, 3)
    assert [one.participant for one in study.read_answers([folder / "answers.json"]).answers] == ["ann"] * 3


def test_participants_are_told_under_which_name(make, visit):
    """And another name in the address of the open page is another participant, who is never taken for the last."""
    path = make("unpaired", 2)
    page = visit(path.as_uri())
    expect(page.get_by_text("under a random number; neither your name nor")).to_be_visible()
    address = "(participant) => { location.hash = participant; }"
    for name in ("p07", "p08"):
        page.evaluate(address, f"participant={name}")
        expect(page.get_by_text(f"under the name “{name}” that this page was opened with")).to_be_visible()
    page.evaluate(address, "participant=p%2009")
    expect(page.get_by_text("“p 09” cannot be a participant's name")).to_be_visible()
    assert page.get_by_role("button").count() == 0


def test_a_server_that_goes_away_loses_nothing(folder, make, serve, port, visit):
    path = make("unpaired", 2)
    url, stop = serve(path, folder / "answers.sqlite", port=port)
    page = visit(url, offline=True)
    someone = Participant(page, path)
    someone.go_on("I agree, begin")
    someone.go_on("Begin")
    someone.pictures()
    stop()
    someone.answer(True)
    someone.answer(True)
    expect(page.get_by_role("alert")).to_contain_text("2 answers did not reach the server")
    expect(page.get_by_role("button", name="Download the answers")).to_be_visible()
    assert read_database(folder / "answers.sqlite")[1] == []
    _, stop = serve(path, folder / "answers.sqlite", port=port)
    page.get_by_role("button", name="Try again").click()
    expect(page.get_by_text("Your answers have been saved.")).to_be_visible()
    stop()
    assert [one.wrong for one in read_database(folder / "answers.sqlite")[1]] == [True, True]


def test_windows_at_once_keep_all_answers(folder, make, visit):
    """Of two people, and of one who has the page open twice: the first answer to a trial counts."""
    path = make("unpaired", 2)
    first = visit(path.as_uri() + "#participant=ann")
    pages = [first, first.context.new_page(), first.context.new_page()]
    people = []
    for page, name in zip(pages, ("ann", "ben", "ben"), strict=True):
        page.set_viewport_size({"width": 1000, "height": 700})
        page.goto(path.as_uri() + f"#participant={name}")
        people.append(Participant(page, path))
    for someone in people:                                # all have read what is kept before any adds to it
        someone.page.bring_to_front()
        someone.go_on("I agree, begin")
        someone.go_on("Begin")
    for trial in range(2):
        for someone, wrong, count in zip(people, (True, False, True), (1, 2, 2), strict=True):
            someone.page.bring_to_front()
            someone.answer(wrong)
            for page in pages:                            # each a process, which is told of what another keeps
                page.wait_for_function(KEPT, arg=2 * trial + count, polling=20)
    for page in pages:
        page.bring_to_front()
        with page.expect_download() as download:
            page.get_by_role("button", name="Download the answers").click()
        download.value.save_as(folder / "answers.json")
        kept = study.read_answers([folder / "answers.json"]).answers
        assert [(one.participant, one.trial, one.wrong) for one in kept] == [
            ("ann", 0, True), ("ann", 1, True), ("ben", 0, False), ("ben", 1, False)]


def test_unnamed_windows_are_of_different_people(make, visit):
    """Who opens the page beside another's gets an id of their own, and a reload keeps it."""
    path = make("unpaired", 2)
    pages = [visit(path.as_uri())]
    pages.append(pages[0].context.new_page())
    pages[1].goto(path.as_uri())
    who = "() => records.state.participant"
    ids = [page.evaluate(who) for page in pages]
    assert len(set(ids)) == 2 and None not in ids
    for page in pages:
        page.bring_to_front()
        Participant(page, path).go_on("I agree, begin")
    for page in pages:
        page.reload()
    assert [page.evaluate(who) for page in pages] == ids


def test_who_finds_the_page_of_another_is_somebody_else(make, visit):
    path = make("unpaired", 2)
    page = visit(path.as_uri() + "#participant=ann")
    someone = Participant(page, path)
    someone.go_on("I agree, begin")
    someone.go_on("Begin")
    someone.answer(True)
    page.reload()
    page.get_by_role("button", name="I am someone else").click()
    expect(page.get_by_text("under a random number; neither your name nor")).to_be_visible()
    someone.go_on("I agree, begin")
    someone.go_on("Begin")
    expect(page.locator("#count")).to_have_text("0 / 2")
    page.goto(path.as_uri() + "#participant=ann")
    expect(page.get_by_text("You have given 1 answer of 2.")).to_be_visible()


def test_a_server_that_does_not_answer_is_not_waited_for(folder, make, serve, visit):
    path = make("unpaired", 2)
    url, stop = serve(path, folder / "answers.sqlite")
    page = visit(url, offline=True, script="const after = AbortSignal.timeout.bind(AbortSignal);"
                                           "window.hurry = 10;"
                                           "AbortSignal.timeout = (time) => after(time / hurry);")
    page.route("**/answers", lambda route: None)
    someone = Participant(page, path)
    someone.go_on("I agree, begin")
    someone.go_on("Begin")
    for _ in range(2):
        someone.answer(True)
    expect(page.get_by_role("heading", name="Saving your answers")).to_be_visible()
    expect(page.get_by_role("alert")).to_contain_text("2 answers did not reach the server (it does not answer)")
    page.unroute("**/answers")
    page.evaluate("window.hurry = 0.1")                   # one that answers may take its time
    page.get_by_role("button", name="Try again").click()
    expect(page.get_by_text("Your answers have been saved.")).to_be_visible()
    stop()
    assert len(read_database(folder / "answers.sqlite")[1]) == 2


def test_an_answer_that_is_refused_holds_up_no_other(folder, make, serve, visit):
    """Two people under one name, by mistake: the first counts, the second is told, the third is not held up."""
    path = make("unpaired", 1)
    url, stop = serve(path, folder / "answers.sqlite")
    for wrong in (False, True):
        page = visit(url + "#participant=ann", offline=True)
        someone = Participant(page, path)
        someone.go_on("I agree, begin")
        someone.go_on("Begin")
        someone.answer(wrong)
        expect(page.get_by_role("heading", name="Thank you")).to_be_visible()
        assert page.get_by_role("alert").count() == wrong
    expect(page.get_by_role("alert")).to_contain_text("1 answer did not reach the server (trial: this participant has")
    page.get_by_role("button", name="Next participant").click()
    someone.go_on("I agree, begin")
    someone.go_on("Begin")
    someone.answer(True)
    expect(page.get_by_text("Your answers have been saved.")).to_be_visible()
    stop()
    kept = read_database(folder / "answers.sqlite")[1]
    assert sorted((one.participant == "ann", one.wrong) for one in kept) == [(False, True), (True, False)]


def test_keys_that_are_held_and_clicks_too_early_do_nothing(folder, make, visit):
    path = make("paired-0.5s", 2)
    page = visit(path.as_uri(), script=WATCH)
    someone = Participant(page, path)
    someone.go_on("I agree, begin")
    someone.go_on("Begin")
    page.keyboard.down("KeyF")                            # before the pictures are hidden
    page.wait_for_function("() => turns.some(([on]) => on)", polling=20)
    page.keyboard.down("KeyF")                            # again while it is down: a repeat
    someone.pictures()
    page.keyboard.down("KeyF")
    page.keyboard.press("Control+KeyJ")
    page.wait_for_timeout(200)
    expect(page.locator("#count")).to_have_text("0 / 2")
    page.keyboard.up("KeyF")
    page.keyboard.press("KeyF")
    expect(page.locator("#count")).to_have_text("1 / 2")


@pytest.mark.parametrize("size", [(320, 568), (1000, 420)])
def test_small_windows(make, visit, size):
    """Pictures and buttons fit; what is read can be scrolled to, and nothing is wider than the window."""
    path = make("paired", 2)
    page = visit(path.as_uri(), viewport={"width": size[0], "height": size[1]})
    someone = Participant(page, path)
    wide = "() => document.documentElement.scrollWidth - window.innerWidth"
    page.get_by_role("button", name="I agree, begin").wait_for()
    assert page.evaluate(wide) <= 0
    someone.go_on("I agree, begin", by_mouse=True)
    someone.go_on("Begin", by_mouse=True)
    someone.pictures()
    assert page.evaluate(wide) <= 0
    for one in (*page.locator("canvas").all(), *page.locator(".choices button").all()):
        expect(one).to_be_in_viewport(ratio=1)


def test_schedules_are_balanced(make, visit):
    """Of many participants each: no picture nor its partner twice in a setup, sides and kinds even, all repeatable."""
    path = make("paired-1s,unpaired,paired", 9, practice=2, trials=5, seed=2**64 - 1)
    page = visit(path.as_uri())
    page.get_by_role("button", name="I agree, begin").wait_for()
    names = [f"p{number}" for number in range(PEOPLE)]
    ask = "(names) => names.map((name) => schedule(study, name))"
    plans = page.evaluate(ask, names)
    assert page.evaluate(ask, names) == plans
    made = study.read_page(str(path)).study
    left, fakes, first = Counter(), Counter(), Counter()
    for plan in plans:
        assert [one["trial"] for one in plan["trials"]] == list(range(15))
        practised = {made.group_of[one["pictures"][0]] for kind in plan["practice"].values() for one in kind}
        assert len(practised) == 2
        seen = Counter()
        for number, setup in enumerate(made.setups):
            own = plan["trials"][5 * number : 5 * number + 5]
            groups = [made.group_of[one["pictures"][0]] for one in own]
            assert len({group.real for group in groups}) == 5
            assert not practised & set(groups)
            truths = Counter(one["truth"] for one in own)
            assert set(truths.values()) == {2, 3}
            assert {one["setup"] for one in own} == {setup.name}
            for one, group in zip(own, groups, strict=True):
                right = study.as_answer(made, {
                    "participant": "a", "trial": one["trial"], "setup": setup.name, "pictures": one["pictures"],
                    "answer": one["truth"], "shown_ms": 1, "reaction_ms": 1, "views": 1})
                assert not right.wrong
                seen[group.real] += 1
                fakes.update(name for name in one["pictures"] if not made.pictures[name].real)
            left.update([own[0]["truth"]])
            first.update([groups[0].real])
        assert max(seen.values()) - min(seen.values()) <= 1                      # 15 trials of 7 groups
    assert len(first) == 9
    assert len(fakes) == 18
    for counts, of in (({"left": left["left"]}, 2 * PEOPLE), ({"real": left["real"]}, PEOPLE)):
        assert even(counts, of / 2, of / 4)
    assert even(first, 3 * PEOPLE / 9, 3 * PEOPLE / 9)
    assert even(fakes, sum(fakes.values()) / 18, sum(fakes.values()) / 18)


@pytest.mark.parametrize(("groups", "own"), [(6, 2), (7, 3), (8, 4), (9, 4)])
def test_practice_of_both_questions_differs_where_it_can(make, visit, groups, own):
    """It takes what setups leave, and setups never take what it has."""
    path = make("paired-1s,unpaired", groups, practice=2, trials=2)
    page = visit(path.as_uri())
    page.get_by_role("button", name="I agree, begin").wait_for()
    made = study.read_page(str(path)).study
    for plan in page.evaluate("(names) => names.map((name) => schedule(study, name))", ["a", "b", "c"]):
        practice = [made.group_of[one["pictures"][0]].real for kind in plan["practice"].values() for one in kind]
        asked = [made.group_of[one["pictures"][0]].real for one in plan["trials"]]
        assert (len(practice), len(set(practice)), len(set(asked))) == (4, own, 4)
        assert not set(practice) & set(asked)


def even(counts, expected, variance):
    """Whether counts are as expected, within five standard deviations."""
    return all(abs(count - expected) < 5 * variance**0.5 for count in counts.values())

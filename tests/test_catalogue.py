"""Every task as data: it agrees with the calls in Python, and values come back as they were."""

import hashlib
import inspect
import json
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import patchloom
from command_line import run, save
from patchloom import catalogue, io, params, plans
from patchloom.catalogue import TASKS, Pictures, as_options, as_params
from patchloom.checks import MAX_SIDE
from patchloom.errors import ParameterError
from patchloom.params import DIVERSITIES, PRESETS, GPNNParams, with_diversity, with_patch_size
from patchloom.plans.moving import Move

ORDER = ["generate", "retarget", "edit", "reshuffle", "inpaint", "extend", "analogy", "paint", "collage", "tile",
         "harmonise", "animate"]

# What every call takes besides; and of what a task takes, what only a file, a command or a request needs.
COMMON = {"size", "params", "seed", "maps", "map_weights", "threads", "memory", "on_step", "cancel", "device"}
MORE = {"reshuffle": {"object", "shift"}, "animate": {"fps"}}

OPTIONS = [pytest.param(task, option, id=f"{task.name}-{option.name}") for task in TASKS.values()
           for option in task.options]
NUMBERS = [case for case in OPTIONS if case.values[1].kind in ("integer", "number")]

pixels = st.integers(-MAX_SIDE, MAX_SIDE)
pairs = st.tuples(pixels, pixels).map(list)
moves = st.fixed_dictionaries({
    "box": st.tuples(pixels, pixels, st.integers(1, MAX_SIDE), st.integers(1, MAX_SIDE)).map(list), "shift": pairs,
})
colours = st.text("0123456789abcdefABCDEF", min_size=6, max_size=6).map("#".__add__)


def values_of(option):
    """What a request may say of an option."""
    return {
        "integer": lambda: st.integers(int(option.low), int(option.high)),
        "number": lambda: st.floats(option.low, option.high),
        "choice": lambda: st.sampled_from(option.choices),
        "flag": st.booleans,
        "fill": lambda: st.sampled_from(option.choices) | colours,
        "moves": lambda: st.lists(moves, max_size=5),
        "shift": lambda: pairs,
        "places": lambda: st.dictionaries(st.integers(0, 99).map(str), pairs, max_size=5),
        "weights": lambda: st.lists(st.floats(0.001, option.high)),
    }[option.kind]()


# The tables

def test_there_are_twelve_in_order():
    assert list(TASKS) == ORDER
    assert {name for name in ORDER if hasattr(patchloom, name) and hasattr(plans, name)} == set(ORDER)
    assert len({task.title for task in TASKS.values()}) == len(TASKS)


@pytest.mark.parametrize("module", [patchloom, plans], ids=["patchloom", "plans"])
@pytest.mark.parametrize("task", TASKS.values(), ids=ORDER)
def test_names_and_defaults_are_those_of_the_calls(task, module):
    taken = list(inspect.signature(getattr(module, task.name)).parameters.values())[len(task.takes):]
    own = {one.name: one.default for one in taken if one.name not in COMMON}
    options = {option.name: option.default for option in task.options}
    names = set(options) | {role.name for role in task.roles}
    assert names - MORE.get(task.name, set()) == set(own)
    for name in set(own) & set(options):
        assert own[name] is inspect.Parameter.empty or options[name] == own[name], name
    required = {role.name for role in task.roles if role.required}
    assert required <= {name for name, default in own.items() if default is inspect.Parameter.empty}


@pytest.mark.parametrize("task", TASKS.values(), ids=ORDER)
def test_all_that_is_given_reaches_the_plan(task, monkeypatch):
    """Under the call's own names, nothing left out."""
    seen = {}
    signature = inspect.signature(getattr(plans, task.name))

    def planned(*images, **named):
        seen.update(signature.bind(*images, **named).arguments)
        return "a plan"

    monkeypatch.setattr(plans, task.name, planned)
    companions = {role.name: f"the {role.name}" for role in task.roles}
    given = {"invert": True, "copy": True, "feather": 7, "shift": [1, 2], "size": [30, 40],
             "moves": [{"box": [1, 2, 3, 4], "shift": [5, 6]}], "places": {"1": [0, 3]}, "weights": [1, 2]}
    known = {option.name for option in task.options} | {"size"}
    options = as_options(task, {name: value for name, value in given.items() if name in known})
    pictures = Pictures(("one", "two")[-len(task.takes):], companions, {"a": "a map"}, {"a": 1.0})
    assert task.plan(pictures, options, PRESETS[task.presets[0]], 5) == "a plan"
    assert set(seen) == set(signature.parameters)
    assert (seen["size"], seen["seed"], seen["maps"], seen["map_weights"]) == (
        (30, 40), 5, {"a": "a map"}, {"a": 1.0}
    )
    for name in set(seen) & set(companions):
        assert seen[name] == companions[name]
    for name in (set(seen) & known) - set(companions) - {"moves"}:
        assert seen[name] == options[name]
    if task.name == "reshuffle":
        boxed, shaped = seen["moves"]
        assert (boxed.box, boxed.shift, shaped.mask, shaped.shift) == ((1, 2, 3, 4), (5, 6), "the object", (1, 2))


@pytest.mark.parametrize("task", TASKS.values(), ids=ORDER)
def test_everything_is_told(task):
    """Titles, help, presets, and a default in words where it is chosen later."""
    assert task.presets[0] in PRESETS and set(task.presets) <= set(PRESETS)
    assert task.help.endswith(".") and task.title
    assert all(role.help.endswith(".") for role in task.roles)
    names = [option.name for option in task.options]
    assert len(names) == len(set(names)) and not set(names) & set(params.numbers())
    for option in task.options:
        assert option.help.endswith(".") and "--" not in option.help and "default" not in option.help
        assert option.told or option.default not in (None, "", ())
        assert (option.kind in ("choice", "fill")) == bool(option.choices)
    assert set(task.words.values()) <= {*names, *(role.name for role in task.roles)}
    assert not set(task.words) & {*names, *(role.name for role in task.roles)}


# Options

@pytest.mark.parametrize(("task", "option"), OPTIONS)
@settings(max_examples=25)
@given(data=st.data())
def test_values_come_back_from_json(task, option, data):
    """Canonical values are the same after a way through JSON; and so are records as a whole."""
    value = data.draw(values_of(option))
    canonical = option.read(value)
    plain = option.plain(canonical)
    again = option.read(json.loads(json.dumps(plain)))
    assert option.plain(again) == plain
    if option.kind != "moves":                              # which are compared by identity
        assert again == canonical and type(again) is type(canonical)
    options = as_options(task, {option.name: value})
    recorded = json.loads(json.dumps(catalogue.recorded(task, options, {})))
    assert catalogue.recorded(task, as_options(task, recorded), {}) == recorded


@pytest.mark.parametrize(("task", "option"), OPTIONS)
def test_defaults_are_canonical(task, option):
    assert as_options(task, {})[option.name] == option.default == option.read(None)
    if option.default is not None:
        assert option.check(option.plain(option.default)) == option.default


@pytest.mark.parametrize(("task", "option"), NUMBERS)
def test_bounds_are_those_of_the_check(task, option):
    step = 1 if option.kind == "integer" else 1e-6
    for allowed in (option.low, option.high):
        assert option.read(allowed) == allowed
    for value in (option.low - step, option.high + step, math.nan, math.inf, True, "x", "1", [], {}, 10**400):
        with pytest.raises(ParameterError, match=f"^{option.name}="):
            option.read(value)


@pytest.mark.parametrize(("task", "option"), [case for case in OPTIONS if case.values[1].kind not in
                                              ("integer", "number")])
def test_what_is_none_of_the_kind_is_refused_by_name(task, option):
    for value in (3, 3.5, math.nan, "nothing", "#12345", b"x", object(), [object()], {"a": 1}, [[1]], [None]):
        with pytest.raises(ParameterError, match=f"^{option.name}=[^\n]*$"):
            option.read(value)
    if option.kind != "flag":
        with pytest.raises(ParameterError, match=f"^{option.name}="):
            option.read(True)


@pytest.mark.parametrize(("name", "given", "message"), [
    ("reshuffle", {"moves": {"box": [1, 2, 3, 4], "shift": [1, 1]}}, "moves=.*: must be a list"),
    ("reshuffle", {"moves": [{"box": [1, 2, 3], "shift": [1, 1]}]}, r"moves=\[1, 2, 3\]: a box must be"),
    ("reshuffle", {"moves": [{"box": [1, 2, 0, 4], "shift": [1, 1]}]}, "moves=.*: rows and columns of a box must be"),
    ("reshuffle", {"moves": [{"box": [1, 2, 3, 4], "shift": [1.5, 1]}]}, "moves=.*: a shift must be"),
    ("reshuffle", {"moves": [{"box": [1, 2, 3, 4], "shift": [1, 1], "copy": 1}]}, "moves=.*: each must be a box and"),
    ("reshuffle", {"moves": [{"box": [1, 2, 3, 4], "shift": [1, 1]}] * 257}, "moves=257 moves: at most 256"),
    ("reshuffle", {"moves": [Move((1, 1), mask="a mask")]}, "moves=None: a box must be"),
    ("reshuffle", {"shift": [1, 32769]}, "shift=.*: numbers are at most 32768"),
    ("collage", {"places": {"-1": [0, 0]}}, "places='-1': pictures are counted from 0"),
    ("collage", {"places": {-1: [0, 0]}}, "places=-1: pictures are counted from 0"),
    ("collage", {"places": {"0": [0, 0], "00": [1, 1]}}, "places='00': pictures are counted from 0, each once"),
    ("collage", {"places": {"0": [0]}}, r"places=\[0\]: a place must be"),
    ("collage", {"weights": "12"}, "weights='12': must be a list of numbers"),
    ("collage", {"weights": [1, True]}, "weights=.*: must be a list of numbers"),
    ("collage", {"weights": [10**400]}, "weights=.*: numbers are too large"),
    ("inpaint", {"hole": "beta"}, "hole='beta': must be alpha"),
    ("inpaint", {"mask": 1}, "mask=1: is no option of inpaint; these are: hole, invert, fill, feather, size"),
    ("tile", {"axes": "z"}, "axes='z': must be one of xy, x, y"),
    ("generate", {"tile": "z"}, "tile='z': must be one of x, y, xy, empty"),
    ("generate", {"size": [10]}, "size="),
    ("generate", {"size": "10x10"}, "size="),
    ("generate", {"seed": 1}, "seed=1: is no option of generate; these are: tile, size"),
])
def test_bad_options(name, given, message):
    with pytest.raises(ParameterError, match="^" + message):
        as_options(TASKS[name], given)


def test_what_python_says():
    """Moves, tuples, and places by whole numbers; None is the default."""
    found = as_options(TASKS["reshuffle"], {"moves": (Move((1, -2), box=(3, 4, 5, 6)),), "shift": (1, 2), "copy": None})
    assert catalogue.recorded(TASKS["reshuffle"], found, {"n": 0.5}) == {
        "moves": [{"box": [3, 4, 5, 6], "shift": [1, -2]}], "shift": [1, 2], "copy": False, "region": "auto",
        "map_weights": {"n": 0.5},
    }
    places = as_options(TASKS["collage"], {"places": {3: (1, 2), 0: (0, -4)}})
    assert list(places["places"].items()) == [(3, (1, 2)), (0, (0, -4))]


@pytest.mark.parametrize(("name", "companions", "given", "message"), [
    ("inpaint", {}, {}, "hole=none: one thing must say where the hole is"),
    ("inpaint", {"hole": "a mask"}, {"hole": "alpha"}, "hole=a mask beside alpha: one thing must say"),
    ("edit", {"region": "a mask"}, {"region": "all"}, "region=a mask beside all: must be one of the two"),
    ("reshuffle", {"object": "a mask"}, {}, "object=given alone: must come with shift"),
    ("reshuffle", {}, {"shift": [1, 1]}, "shift=given alone: must come with object"),
])
def test_what_does_not_go_together(name, companions, given, message):
    task, picture = TASKS[name], np.zeros((20, 20, 3), np.uint8)
    with pytest.raises(ParameterError, match="^" + message):
        task.plan(Pictures((picture, picture), companions), as_options(task, given), PRESETS[name], 1)


# Numbers

def test_the_preset_then_the_patch_size_then_the_diversity_then_the_numbers():
    task = TASKS["generate"]
    for preset in task.presets:
        assert as_params(task, preset=preset) == PRESETS[preset]
        for diversity in DIVERSITIES:
            wide = with_diversity(with_patch_size(PRESETS[preset], 9), diversity)
            assert as_params(task, preset=preset, diversity=diversity, numbers={"patch_size": 9}) == wide
    told = {"patch_size": 9, "coarsest": 50, "noise": 0.1, "alpha": "inf", "ratio": None}
    found = as_params(task, diversity="high", numbers=told)
    assert (found.coarsest, found.noise, found.alpha, found.patch_size) == (50, 0.1, math.inf, 9)
    assert found.stay == with_diversity(GPNNParams(), "high").stay
    for task in TASKS.values():
        assert as_params(task) == as_params(task, numbers={}) == PRESETS[task.presets[0]]


@pytest.mark.parametrize("preset", PRESETS)
def test_recorded_numbers_come_back(preset):
    """Whatever the task's own preset is."""
    told = json.loads(json.dumps(catalogue.parameters(PRESETS[preset]), allow_nan=False))
    assert as_params(TASKS["paint"], numbers=told) == PRESETS[preset]


@pytest.mark.parametrize(("how", "message"), [
    ({"preset": "paint"}, "preset='paint': must be one of default, official, paper"),
    ({"preset": 3}, "preset=3: must be one of"),
    ({"diversity": "huge"}, "diversity='huge': must be one of low, medium, high"),
    ({"numbers": {"patch_size": 8}}, "patch_size=8: must be odd"),
    ({"numbers": {"alpha": "x"}}, "alpha='x': must be a number"),
    ({"numbers": {"alpha": math.nan}}, "alpha=nan: must be a number"),
    ({"numbers": {"iterations": [3]}}, r"iterations=\[3\]: must be a whole number"),
    ({"numbers": {"feather": 3}}, "feather=3: is no number of a run; these are: patch_size, "),
    ({"numbers": {"patch_size": 31, "coarsest": 14}}, "coarsest=14: must be 0 or at least patch_size"),
])
def test_bad_numbers(how, message):
    with pytest.raises(ParameterError, match="^" + message):
        as_params(TASKS["generate"], **how)


def test_diversity_is_for_the_task_that_has_it():
    with pytest.raises(ParameterError, match="^diversity='low': is no option of inpaint; leave it out"):
        as_params(TASKS["inpaint"], diversity="low")


# Records

GIVEN = {
    "retarget": {"size": [32, 30], "steps": 2}, "reshuffle": {"moves": [{"box": [4, 4, 8, 8], "shift": [8, 10]}]},
    "inpaint": {"feather": 2}, "extend": {"left": 9}, "generate": {"tile": "x"},
    "collage": {"size": [32, 60], "places": {"1": [0, 30], "0": [0, 0]}},
    "animate": {"frames": 4, "fps": 5}, "tile": {"axes": "x", "keep": 0.5},
}
MASKS = {"inpaint": "hole", "harmonise": "mask"}


@pytest.mark.parametrize("task", TASKS.values(), ids=ORDER)
def test_rerun_makes_what_another_front_end_wrote(task, folder, make_picture):
    """From a file with the catalogue's metadata and no path to its inputs; also with a map that weighs."""
    count = 2 if task.many else len(task.takes)
    for number in range(count):
        save(folder / f"{number}.png", make_picture(32, 40, 3, number))
        save(folder / f"{number}_map.png", make_picture(32, 40, 1, number)[..., 0])
    mask = np.zeros((32, 40), np.uint8)
    mask[10:20, 12:22] = 255
    save(folder / "mask.png", mask)
    roles = [*(task.takes * count)[:count], *([MASKS[task.name]] if task.name in MASKS else [])]
    paths = [*(f"{number}.png" for number in range(count)), *(["mask.png"] if task.name in MASKS else [])]
    if task.name == "tile":
        roles, paths = [*roles, "map n"], [*paths, "0_map.png"]
    sources = [
        {"role": role, "name": path, "sha256": hashlib.sha256((folder / path).read_bytes()).hexdigest()}
        for role, path in zip(roles, paths, strict=True)
    ]
    read = {path: io.read(path).pixels for path in paths}
    weights = {"n": 0.5} if task.name == "tile" else {}
    pictures = Pictures(
        tuple(read[path] for path in paths[:count]),
        {role: read["mask.png"] for role in roles if role in MASKS.values()},
        {"n": read["0_map.png"]} if weights else {}, weights,
    )
    options = as_options(task, GIVEN.get(task.name, {}))
    numbers = as_params(task, numbers={"iterations": 1, "coarsest_iterations": 1})
    plan = task.plan(pictures, options, numbers, 3)
    result = task.delivery.run(plan, options, threads=1, memory=None)
    about = catalogue.metadata(task, options=options, params=numbers, map_weights=weights, sources=sources, plan=plan)
    suffix = task.delivery.suffix(io.read(paths[count - 1]))
    (folder / f"made{suffix}").write_bytes(task.delivery.encode(result, options, suffix, None, about))
    told = json.loads(run("rerun", f"made{suffix}", "--json").stdout)["outputs"][0]
    assert (told["same_bytes"], told["seed"]) == (True, 3)
    assert told["sha256_of_pixels"] == catalogue.pixel_hash(*(result.frames or (result.image,)))

"""Animation: loops that close, flow and stay sharp, and the files that hold them."""

import importlib
import json
import math
import sys
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

import patchloom
from command_line import names, refused, run, save
from patchloom import PRESETS, FileError, ImageError, MissingExtraError, ParameterError, io, plans
from patchloom.motion import Frame, displaced, sample, steadied, walk
from patchloom.plans.animate import FRAMES, MOTION

FAST = replace(PRESETS["animate"], iterations=1, coarsest_iterations=1)
QUICK = ("--frames", "4", "--iterations", "1", "--coarsest-iterations", "1", "--seed", "1", "--threads", "1")


def loop(source, **options):
    """Frames as float64 (N, H, W, ...)."""
    options = {"frames": 6, "seed": 1, "threads": 1, "params": FAST, **options}
    return np.stack([np.asarray(frame) for frame in patchloom.animate(source, **options).frames]).astype(float)


def steps(frames, order=None):
    """Mean absolute difference of each frame to the next, the last to the first."""
    frames = frames if order is None else frames[list(order)]
    return np.abs(np.roll(frames, -1, axis=0) - frames).mean(axis=(1, 2, 3))


# The walk

@pytest.mark.parametrize("frames", [*range(4, 40), 240])
def test_the_circle_is_the_circle(frames):
    """Sines and cosines without the C library agree with it."""
    from patchloom.motion import _circle

    wanted = [(math.cos(2 * math.pi * n / frames), math.sin(2 * math.pi * n / frames)) for n in range(frames)]
    assert np.abs(np.array(_circle(frames)) - wanted).max() < 1e-13


def test_the_walk_closes_and_is_smooth():
    """The step from the last to the first is one of the others, and no step is far from the one before it."""
    places = walk((100, 150), 48, seed=3)
    assert places.shape == (48, 4, 6, 2)
    step = np.linalg.norm((np.roll(places, -1, axis=0) - places).reshape(48, -1), axis=1)
    assert np.abs(step[-1] - step[[0, -2]]).max() < 0.1 * step[-1]
    bend = np.roll(places, -1, axis=0) + np.roll(places, 1, axis=0) - 2 * places
    assert np.abs(bend).mean() < 0.35 * np.abs(np.roll(places, -1, axis=0) - places).mean()
    assert 0.7 < np.concatenate([walk((90, 90), 12, seed) for seed in range(20)]).std() < 1.3
    assert (walk((100, 150), 48, seed=4) != places).any()


def test_sampling_at_whole_places_copies(picture):
    """No interpolation where none is needed, and none leaves the picture's range elsewhere."""
    own = np.indices(picture.shape[:2]).transpose(1, 2, 0).astype(np.float32)
    assert (sample(picture, own) == picture).all()
    shift = np.full((*picture.shape[:2], 2), 3, np.float32)
    assert (displaced(picture, shift)[:-3, :-3] == picture[3:, 3:]).all()
    between = sample(picture, own + np.float32(0.37))
    assert picture.min() <= between.min() <= between.max() <= picture.max()


def test_a_straight_motion_is_made_even():
    """Places that jitter by a pixel around a line come nearer to it; what is not sure mixes colours instead."""
    rng = np.arange(40, dtype=np.float32)
    source = np.repeat(np.sin(rng / 4)[None, :, None], 12, axis=0).astype(np.float32)
    own = np.indices((12, 40)).transpose(1, 2, 0).astype(np.float32)
    frames = [
        Frame(own + np.array([0, shift], np.float32), np.ones((12, 40, 1), np.float32), {}) for shift in (0, 2, 2)
    ]
    frames = [replace(frame, voted={"": sample(source, frame.places)}) for frame in frames]
    even = steadied(*frames, {"": source}, 3.0)[""]
    assert np.abs(even - sample(source, own + np.array([0, 1.5], np.float32))).max() < 1e-6
    mixed = steadied(*[replace(frame, sure=frame.sure * 0) for frame in frames], {"": source}, 3.0)[""]
    assert np.abs(mixed - (frames[0].voted[""] + 3 * frames[1].voted[""]) / 4).max() < 1e-6


# What is promised of a loop

@settings(max_examples=12)
@given(st.integers(7, 24), st.integers(7, 24), st.integers(4, 6), st.integers(0, 2), st.integers(0, 2**64 - 1))
def test_what_does_not_move_stays(make_picture, rows, cols, frames, feather, seed):
    """Size, type and number are as asked for; outside of the feathered mask no bit changes in any frame."""
    picture = make_picture(rows, cols, seed=seed % 5)
    mask = np.zeros((rows, cols), bool)
    mask[: rows // 2, : cols // 2] = True
    made = patchloom.animate(
        picture, frames=frames, mask=mask, feather=feather, motion=8, seed=seed, threads=1, params=FAST
    )
    away = made.blend.alpha == 0
    assert len(made.frames) == frames
    assert away.any()
    for frame in made.frames:
        assert frame.shape == picture.shape
        assert frame.dtype == picture.dtype
        assert (frame[away] == picture[away]).all()


def test_frames_flow(make_picture):
    """Steps are alike, the closing one too, and far smaller than between frames in another order."""
    frames = loop(make_picture(96, 128), frames=16, params=PRESETS["animate"])
    step = steps(frames)
    assert step.max() < 1.5 * np.median(step)
    assert 0.6 < step[-1] / np.median(step) < 1.4
    assert step.mean() < 0.6 * steps(frames, [(7 * n) % 16 for n in range(16)]).mean()
    bend = np.abs(np.roll(frames, -1, axis=0) + np.roll(frames, 1, axis=0) - 2 * frames).mean()
    assert bend < 1.3 * step.mean()                       # independent frames: about 1.7


def test_neighbouring_frames_steady_each_other(make_picture):
    """The delivered frames bend less from step to step than those that the engine makes one by one."""
    from patchloom.tasks.filming import frame_plan

    picture = make_picture(96, 128)
    plan = plans.animate(picture, frames=8, seed=1)
    alone = np.stack([patchloom.run(replace(frame_plan(plan, n), drift=None), threads=1).image for n in range(8)])

    def bend(frames):
        frames = frames.astype(float)
        return np.abs(np.roll(frames, -1, axis=0) + np.roll(frames, 1, axis=0) - 2 * frames).mean()

    together = np.stack(patchloom.run(plan, threads=1).frames)
    assert bend(together) < 0.75 * bend(alone)


def test_more_motion_moves_more(make_picture):
    """And frames are made of the source's patches, moved or not."""
    picture = make_picture(64, 96)
    little, much = (loop(picture, motion=motion, params=PRESETS["animate"]) for motion in (1, 6))
    away = [np.abs(frames - picture).mean() for frames in (little, much)]
    assert away[1] > 2 * away[0] > 0.5
    key = picture.astype(np.float32) / 255
    for frames in (little, much):
        query = np.ascontiguousarray(frames[0] / 255, np.float32)
        assert patchloom.nearest(query, key, patch_size=7, threads=1).distance.mean() < 2e-3


def test_same_seed_same_bytes_for_any_threads(make_picture):
    """And another seed is another loop."""
    picture = make_picture(40, 48)
    one, four, other = (loop(picture, seed=seed, threads=threads) for seed, threads in ((1, 1), (1, 4), (2, 1)))
    assert (one == four).all()
    assert (one != other).any()


def test_types(make_picture):
    """Frames are what the picture was."""
    picture = make_picture(24, 30)
    clear = np.dstack([picture, np.full((24, 30), 255, np.uint8)])
    for source in (picture, picture[..., 0], picture.astype(np.uint16) * 257, clear, picture / 255.0):
        made = patchloom.animate(source, frames=4, seed=1, threads=1, params=FAST)
        assert {(frame.shape, frame.dtype) for frame in made.frames} == {(source.shape, source.dtype)}
        assert made.frames[0] is made.image
    made = patchloom.animate(Image.fromarray(picture).convert("L"), frames=4, size=(20, 25), seed=1, params=FAST)
    assert {(frame.mode, frame.size) for frame in made.frames} == {("L", (25, 20))}


@pytest.mark.parametrize("kind", [np.uint8, np.uint16])
def test_maps_are_the_picture_moved_alike(make_picture, kind):
    """The red channel as a map is the frames' red channel, to the last bit."""
    picture = make_picture(24, 30).astype(kind) * (257 if kind is np.uint16 else 1)
    made = patchloom.animate(picture, frames=4, maps={"red": picture[..., 0]}, seed=1, threads=1, params=FAST)
    assert len(made.maps["red"]) == 4
    for frame, red in zip(made.frames, made.maps["red"], strict=True):
        assert red.dtype == kind
        assert (red == frame[..., 0]).all()


def test_golden(make_picture, golden):
    """The frames of a small loop, one below the other."""
    golden("animate", loop(make_picture(32, 40), frames=4, motion=5).astype(np.uint8).reshape(-1, 40, 3))


def test_on_step_sees_every_frame(make_picture):
    """The last step of each frame says so; a memory budget counts all frames."""
    seen = []
    patchloom.animate(make_picture(24, 30), frames=5, seed=1, threads=1, params=FAST, on_step=seen.append)
    assert sum(step.last for step in seen) == 5
    from patchloom import estimate

    few, many = (plans.animate(make_picture(64, 64), frames=frames, seed=1) for frames in (4, 100))
    assert estimate.peak_memory(many) - estimate.peak_memory(few) >= 96 * 64 * 64 * 3
    assert estimate.seconds(many, 1) == pytest.approx(25 * estimate.seconds(few, 1))


@pytest.mark.parametrize("options, message", [
    ({"frames": 3}, "frames=3: must be a whole number, 4 to 240"),
    ({"frames": None}, "frames=None: must be a whole number, 4 to 240"),
    ({"frames": np.nan}, "frames=nan: must be a whole number, 4 to 240"),
    ({"frames": np.inf}, "frames=inf: must be a whole number, 4 to 240"),
    ({"frames": [3]}, "frames=[3]: must be a whole number, 4 to 240"),
    ({"frames": 5.5}, "frames=5.5: must be"),
    ({"motion": 0}, "motion=0: must be a number, 0.1 to 20"),
    ({"motion": math.nan}, "motion=nan: must be"),
    ({"feather": 300}, "feather=300: must be"),
    ({"mask": np.zeros((24, 30), np.uint8)}, "mask=0 % of the picture"),
    ({"mask": np.full((24, 30), 255, np.uint8)}, "mask=100 % of the picture"),
    ({"mask": np.zeros((9, 30), np.uint8)}, "mask="),
    ({"map_weights": {"x": 1}}, "map_weights='x': is no map"),
])
def test_bad_input(make_picture, options, message):
    """One line says what is wrong."""
    with pytest.raises((ParameterError, ImageError)) as caught:
        plans.animate(make_picture(24, 30), **options)
    assert str(caught.value).startswith(message)
    assert "\n" not in str(caught.value)
    assert FRAMES[0] >= 4 and MOTION[0] > 0


# Files

@pytest.mark.parametrize("suffix", io.ANIMATED)
def test_files_hold_the_frames(make_picture, suffix):
    """As many, of the size, about the same pixels; the same call gives the same bytes; odd sides are no matter."""
    if suffix == ".mp4":
        pytest.importorskip("av", reason="not on this machine: PyAV")
    frames = [make_picture(33, 40, seed=seed) for seed in range(4)]
    data = io.encode_frames(frames, suffix, fps=10, metadata={"a": "ü"})
    read = io.decode_frames(data)
    assert len(read) == 4
    for frame, found in zip(frames, read, strict=True):
        assert found.shape[:2] == frame.shape[:2]
        assert np.abs(found[..., :3].astype(float) - frame).mean() < 8
    assert io.encode_frames(frames, suffix, fps=10, metadata={"a": "ü"}) == data


def test_webp_keeps_alpha_and_times(make_picture, tmp_path):
    """Alpha is exact; GIF and WebP go round for ever."""
    picture = np.dstack([make_picture(20, 20), np.arange(400, dtype=np.uint16).reshape(20, 20).astype(np.uint8)])
    frames = [picture, picture[::-1].copy(), picture[:, ::-1].copy()]
    read = io.decode_frames(io.encode_frames(frames, ".webp", fps=12.5))
    assert all((one[..., 3] == other[..., 3]).all() for one, other in zip(frames, read, strict=True))
    for suffix, wanted in ((".webp", 80), (".gif", 80)):
        path = tmp_path / f"x{suffix}"
        path.write_bytes(io.encode_frames([frame[..., :3] for frame in frames], suffix, fps=12.5))
        with Image.open(path) as file:
            assert file.info["loop"] == 0
            assert file.n_frames == 3
            file.seek(1)
            file.load()
            assert file.info["duration"] == wanted


@pytest.mark.parametrize("pixels, suffix", [
    (np.zeros((9, 9, 4), np.uint8), ".gif"), (np.zeros((9, 9, 4), np.uint8), ".mp4"),
    (np.zeros((9, 9, 3), np.uint16), ".webp"), (np.zeros((9, 9), np.float32), ".gif"),
])
def test_what_a_format_does_not_hold_is_refused(pixels, suffix):
    """Nothing is converted in silence."""
    with pytest.raises(ImageError, match="does not hold"):
        io.check_frames(pixels, suffix)
    with pytest.raises(FileError, match=r"must be one of \.webp, \.gif, \.mp4"):
        io.check_frames(pixels, ".png")


def test_without_the_extra_the_remedy_is_told(monkeypatch):
    """MP4 needs PyAV; the others do not."""
    monkeypatch.setitem(sys.modules, "av", None)
    with pytest.raises(MissingExtraError, match=r"pip install 'patchloom\[video\]'"):
        io.check_frames(np.zeros((9, 9, 3), np.uint8), ".mp4")
    io.check_frames(np.zeros((9, 9, 3), np.uint8), ".webp")
    assert importlib.import_module("patchloom.io.animation") is not None


# The command

@pytest.mark.parametrize("suffix", io.ANIMATED)
def test_command_and_rerun(folder, photo, suffix):
    """A loop is written, tells how it was made, and is made again to the same bytes."""
    if suffix == ".mp4":
        pytest.importorskip("av", reason="not on this machine: PyAV")
    told = json.loads(run("animate", photo, *QUICK, "--fps", "8", "--out", f"a{suffix}", "--json").stdout)
    assert told["outputs"][0]["seed"] == 1
    about = io.read_metadata(folder / f"a{suffix}")
    assert about["patchloom:task"] == "animate"
    assert json.loads(about["patchloom:options"])["fps"] == 8.0
    assert len(io.decode_frames((folder / f"a{suffix}").read_bytes())) == 4
    again = json.loads(run("rerun", f"a{suffix}", "--threads", "1", "--out", f"b{suffix}", "--json").stdout)
    assert again["outputs"][0]["same_bytes"]


def test_command_defaults_and_refusals(folder, photo, make_picture):
    """WebP by default, nothing overwritten, nothing written where something is wrong."""
    run("animate", photo, *QUICK)
    assert names(folder) == ["photo.png", "photo_animate_1.webp"]
    refused(folder, "animate", photo, *QUICK, message="output=")
    refused(folder, "animate", photo, *QUICK, "--out", "x.png", message="output suffix='.png'")
    refused(folder, "animate", photo, "--frames", "3", message="frames=")
    refused(folder, "animate", photo, "--fps", "99", message="fps=")
    refused(folder, "animate", photo, "--motion", "0", message="motion=")
    deep = folder / "deep.png"
    io.write(deep, make_picture(32, 40, 1)[..., 0].astype(np.uint16) * 257)
    refused(folder, "animate", photo, *QUICK, "--force", "--map", "n=deep.png",
            message=f"{photo}: map n: output=.webp: does not hold 16 bits")
    clear = save(folder / "clear.png", np.dstack([make_picture(24, 30), make_picture(24, 30, 1)]))
    refused(folder, "animate", clear, *QUICK, "--out", "x.gif", message=f"{clear}: output=.gif")
    dry = run("animate", photo, *QUICK, "--dry-run", "--out", "dry.gif")
    assert "dry.gif" in dry.stderr
    assert not (folder / "dry.gif").exists()


def test_steps_make_one_picture(make_picture):
    """A plan of many says so, instead of giving back what it started from."""
    with pytest.raises(ParameterError, match="^plan=an animation: steps makes one picture"):
        next(patchloom.steps(plans.animate(make_picture(), frames=4, seed=1)))


def test_maps_are_loops_too(folder, photo):
    """Beside the loop, of its kind, frame by frame."""
    run("animate", photo, *QUICK, "--map", f"n={photo}", "--out", "a.webp")
    assert names(folder) == ["a.webp", "a_n.webp", "photo.png"]
    loop, moved = (io.decode_frames((folder / name).read_bytes()) for name in ("a.webp", "a_n.webp"))
    assert len(loop) == len(moved)
    assert all(np.array_equal(*pair) for pair in zip(loop, moved, strict=True))

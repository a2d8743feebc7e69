"""`study report`: known answers give known rates, intervals equal published ones, files are checked."""

import csv
import io as streams
import json
import math
import random

import numpy as np
import pytest

from command_line import refused, run, save
from patchloom import study
from patchloom.errors import FileError, ParameterError
from patchloom.study.statistics import LEAST_PARTICIPANTS, percentile
from studies import answers, built, record

# Intervals

# R. G. Newcombe, "Two-sided confidence intervals for the single proportion", Statistics in Medicine 17, 1998, table I.
PUBLISHED = [((81, 263), (0.2553, 0.3662)), ((15, 148), (0.0624, 0.1605)), ((0, 20), (0.0, 0.1611)),
             ((1, 29), (0.0061, 0.1718))]


@pytest.mark.parametrize(("counts", "ends"), PUBLISHED)
def test_wilson_equals_published_values(counts, ends):
    assert study.wilson(*counts) == pytest.approx(ends, abs=5e-5)


@pytest.mark.parametrize("answers", [1, 2, 10, 1000])
def test_wilson_solves_its_equation(answers):
    """Its ends are where the score statistic is the quantile: another way to the same numbers. It is symmetric."""
    for wrong in {0, 1, answers // 2, answers}:
        low, high = study.wilson(wrong, answers)
        share = wrong / answers
        for end in {low, high} - {0.0, 1.0}:
            assert abs(share - end) / math.sqrt(end * (1 - end) / answers) == pytest.approx(1.959963984540054)
        assert low <= share <= high
        assert study.wilson(answers - wrong, answers) == pytest.approx((1 - high, 1 - low))
    assert study.wilson(0, answers)[0] == 0.0
    assert study.wilson(answers, answers)[1] == 1.0


@pytest.mark.parametrize("counts", [(0, 0), (-1, 3), (4, 3)])
def test_wilson_refuses(counts):
    with pytest.raises(ParameterError, match="wrong="):
        study.wilson(*counts)


def test_participants_who_differ_widen_the_interval():
    alike = study.participant_interval([(5, 10)] * 10)
    mixed = study.participant_interval([(4, 10), (6, 10)] * 5)
    split = study.participant_interval([(0, 10), (10, 10)] * 5)
    assert alike == (0.5, 0.5)
    assert 0.5 - mixed[0] < 0.5 - split[0]
    # Ten fair draws: the 2.5 % points of the binomial distribution are 2 and 8 of 10.
    assert split == (0.2, 0.8)


def test_resampling_agrees_with_wilson_where_answers_are_independent():
    """One answer from each of many participants: both intervals are of the same thing."""
    counts = [(int(number < 120), 1) for number in range(400)]
    assert study.participant_interval(counts) == pytest.approx(study.wilson(120, 400), abs=0.01)


def test_resampling_is_the_same_for_the_same_seed():
    counts = [(random.Random(number).randrange(11), 10) for number in range(9)]
    first = study.participant_interval(counts, resamples=500)
    state = random.getstate()
    assert study.participant_interval(counts, resamples=500) == first
    assert random.getstate() == state
    assert study.participant_interval(counts, resamples=500, seed=1) != first
    assert study.participant_interval(counts[: LEAST_PARTICIPANTS - 1]) is None


# Rates

def test_known_answers_give_known_rates(folder, make_picture):
    made = built(folder, make_picture).page.study
    wrong, right = True, False
    plan = {"ann": [wrong, right, right, right, wrong, wrong, right, right], "ben": [wrong, wrong, right, right],
            "cat": [right] * 8}
    found = study.report(made, answers(made, plan))
    assert (found.participants, found.answers, found.seen_again) == (3, 20, 0)
    assert found.incomplete == (("ben", 4),)
    rates = {(one.setup, one.of): (one.rate.wrong, one.rate.answers, one.participants) for one in found.setups}
    assert rates == {("paired-1s", "all"): (3, 12, 3), ("unpaired", "all"): (2, 8, 2), ("unpaired", "reals"): (1, 4, 2),
                     ("unpaired", "fakes"): (1, 4, 2)}
    for one in found.setups:
        assert one.rate.rate == one.rate.wrong / one.rate.answers
        assert one.rate.interval == study.wilson(one.rate.wrong, one.rate.answers)
        assert one.rate.median_reaction_ms == 1500
        assert one.participant_interval is None
    paired = {(one.name, one.real): (one.rate.wrong, one.rate.answers) for one in found.pictures
              if one.setup == "paired-1s"}
    names = [made.pictures[group.real].name for group in made.groups]
    for name, expected in zip(names, [(2, 3), (1, 3), (0, 3), (0, 3)], strict=True):
        assert paired[name, True] == paired[name.replace(".png", "_1.png"), False] == expected
    unpaired = {(one.name, one.real): (one.rate.wrong, one.rate.answers) for one in found.pictures
                if one.setup == "unpaired"}
    assert unpaired == {(names[0].replace(".", "_1."), False): (1, 2), (names[1], True): (1, 2),
                        (names[2].replace(".", "_1."), False): (0, 2), (names[3], True): (0, 2)}


def test_medians_and_reloads(folder, make_picture):
    made = built(folder, make_picture, setups="paired").page.study
    given = [study.as_answer(made, record(made, "ann", trial, wrong=False, reaction=reaction, views=views))
             for trial, (reaction, views) in enumerate([(900, 1), (1000, 3), (1200, 1), (5000, 2)])]
    found = study.report(made, given)
    assert found.setups[0].rate.median_reaction_ms == 1100
    assert found.setups[0].shown_ms is None
    assert found.seen_again == 2


@pytest.mark.parametrize("values", [[3.5], [1, 2], [5, 1, 4, 2], [*range(100, 0, -3)]])
@pytest.mark.parametrize("share", [0, 0.5, 0.95, 1])
def test_percentiles(values, share):
    assert percentile(values, share) == pytest.approx(np.percentile(values, 100 * share), rel=1e-12)


def test_how_long_pictures_were_really_shown(folder, make_picture):
    """Told for setups with a limit, in every form."""
    made = built(folder, make_picture).page.study
    records = [record(made, "ann", trial, wrong=False, shown=shown)
               for trial, shown in enumerate([1000.0, 1016.7, 1008.3, 1400.1, 9000, 9000, 9000, 9000])]
    saved = downloaded(folder / "a.json", made, records)
    late = 1016.7 + 0.85 * (1400.1 - 1016.7)
    limited, unlimited = ([one for one in json.loads(run("study", "report", saved, "--json").stdout)["setups"]
                           if one["setup"] == name] for name in ("paired-1s", "unpaired"))
    assert [one["shown_ms"] for one in limited] == [{"median": 1012.5, "percentile_95": pytest.approx(late)}]
    assert [one["shown_ms"] for one in unlimited] == [None] * 3
    rows = list(csv.DictReader(streams.StringIO(run("study", "report", saved, "--csv").stdout)))
    times = [(row["median_shown_ms"], row["percentile_95_shown_ms"]) for row in rows]
    assert tuple(map(float, times[0])) == pytest.approx((1012.5, late))
    assert set(times[1:]) == {("", "")}
    lines = run("study", "report", saved).stdout.splitlines()
    ends = {line.split()[0]: line.split("  ")[-1].strip() for line in lines if " all " in line}
    assert ends == {"paired-1s": "1.012, 1.343 s", "unpaired": "-"}


def test_setups_that_shared_pictures_are_told(folder, make_picture):
    for trials, meetings in ((4, 2), (2, 1)):
        made = built(folder, make_picture, trials=trials).page.study
        saved = downloaded(folder / "a.json", made, [record(made, "ann", 0, wrong=True)])
        assert json.loads(run("study", "report", saved, "--json").stdout)["study"]["setups_per_picture"] == meetings
        said = "Participants met a picture in up to 2 setups, and may have known it again."
        assert (said in run("study", "report", saved).stdout.splitlines()) is (meetings == 2)


def test_five_participants_have_an_interval_of_their_own(folder, make_picture):
    made = built(folder, make_picture, setups="paired").page.study
    plan = {f"p{number}": [number % 2 == 0] * 4 for number in range(6)}
    one = study.report(made, answers(made, plan)).setups[0]
    assert one.participant_interval == study.participant_interval([(4, 4), (0, 4)] * 3)
    assert one.participant_interval[0] < one.rate.interval[0]
    assert study.report(made, answers(made, plan), seed=3).setups[0].participant_interval is not None


def test_no_answers(folder, make_picture):
    made = built(folder, make_picture).page.study
    found = study.report(made, [])
    assert (found.participants, found.setups, found.pictures) == (0, (), ())


# Files

def downloaded(path, made, records, **changes):
    """Write what a page lets download."""
    told = {"kind": "patchloom study answers", "study": {"id": made.id, **made.manifest()}, "answers": records}
    path.write_text(json.dumps({**told, **changes}))
    return path


def test_files_of_several_kinds_together(folder, make_picture):
    made = built(folder, make_picture).page.study
    database = study.Database(folder / "a.sqlite", made)
    for answer in answers(made, {"ann": [True] * 8}):
        database.add(answer)
    database.close()
    ann = [record(made, "ann", trial, wrong=True) for trial in range(8)]
    ben = [record(made, "ben", trial, wrong=False) for trial in range(8)]
    files = [folder / "a.sqlite", downloaded(folder / "b.json", made, ann[:3] + ben),
             downloaded(folder / "c.json", made, ben)]
    found = study.read_answers(files)
    assert found.study == made
    assert [(one.participant, one.trial) for one in found.answers] == [(n, t) for n in ("ann", "ben") for t in range(8)]
    assert [one.wrong for one in found.answers] == [True] * 8 + [False] * 8
    assert study.read_answers(files[::-1]) == found


def test_files_that_contradict_each_other(folder, make_picture):
    made = built(folder, make_picture).page.study
    first, second = (downloaded(folder / f"{n}.json", made, [record(made, "ann", 0, wrong=bool(n))]) for n in range(2))
    with pytest.raises(FileError, match=r"1\.json \(trial 0 of ann\): .*0\.json has another answer to it; leave one"):
        study.read_answers([first, second])
    other = built(folder, make_picture, title="Other").page.study
    third = downloaded(folder / "2.json", other, [])
    with pytest.raises(FileError, match=r"2\.json \(of the study 'Other', .*\): all must be of the study of .*0\.json"):
        study.read_answers([first, third])
    with pytest.raises(FileError, match="answers=no files"):
        study.read_answers([])


def test_files_that_are_damaged(folder, make_picture):
    made = built(folder, make_picture).page.study
    path = folder / "a.json"
    changed = {**made.manifest(), "trials": 3, "id": made.id}
    for change, said in [
        ({"kind": "other"}, "must be a database of study serve, or a file that a study's page let download"),
        ({"study": None}, "must be a database"), ({"study": {}}, "must be a database"), ({"answers": 3}, "must be a"),
        ({"study": changed}, r"\(its study was changed\): must be as it was downloaded"),
        ({"answers": [1]}, r"a\.json: answer=int: must have the fields"),
        ({"answers": [{**record(made, "ann", 0, wrong=True), "answer": "both"}]}, r"a\.json: answer='both'"),
    ]:
        downloaded(path, made, [], **change)
        with pytest.raises(FileError, match=said):
            study.read_answers([path])
    told = json.loads(downloaded(path, made, []).read_text())
    deep = json.dumps({**told, "study": {**told["study"], "groups": "DEEP"}}).replace('"DEEP"', "[" * 900 + "]" * 900)
    long = json.dumps({**told, "study": {**told["study"], "format": "x" * 5000}})
    for text in (deep, long):
        path.write_text(text)
        with pytest.raises(FileError, match=r"^study=.*a\.json \((damaged m|manifest of format x)") as error:
            study.read_answers([path])
        assert len(str(error.value)) < 500
    for data in (b"", b"\xff", b"[1, 2]", b"[" * 100_000, b"SQLite format 3\0 but no more"):
        path.write_bytes(data)
        with pytest.raises(FileError, match=r"^answers=.*a\.json"):
            study.read_answers([path])


# The command

@pytest.fixture(name="saved")
def saved_fixture(folder, make_picture):
    """A file of answers: ann is wrong in one of eight, ben left after two."""
    made = built(folder, make_picture).page.study
    records = [record(made, "ann", trial, wrong=trial == 1) for trial in range(8)]
    return downloaded(folder / "a.json", made, records + [record(made, "ben", trial, wrong=True) for trial in range(2)])


def test_the_table(saved):
    done = run("study", "report", saved)
    assert done.stderr == ""
    lines = done.stdout.splitlines()
    assert lines[1] == "10 answers of 2 participants, 1 incomplete: ben (2 of 8)"
    row = next(line for line in lines if line.startswith("paired-1s") and " all " in line)
    assert " ".join(row.split()) == "paired-1s all 3 of 6 50.0 % 18.8 - 81.2 % - 2 1.50 s 1.000, 1.000 s"
    assert any("p0_1.png" in line for line in lines)
    assert "50 % means that fakes cannot be told" in done.stdout


def test_json_and_csv(saved):
    told = json.loads(run("study", "report", saved, "--json").stdout)
    assert (told["participants"], told["answers"], told["level"], told["interval"]) == (2, 10, 0.95, "wilson")
    assert told["incomplete"] == [{"participant": "ben", "answers": 2, "of": 8}]
    first = told["setups"][0]
    assert {**first, "setup": "paired-1s", "of": "all", "wrong": 3, "answers": 6, "rate": 0.5} == first
    assert first["interval"] == list(study.wilson(3, 6))
    assert first["participant_interval"] is None
    rows = list(csv.DictReader(streams.StringIO(run("study", "report", saved, "--csv").stdout)))
    assert len(rows) == len(told["setups"]) + len(told["pictures"])
    assert [float(rows[0][name]) for name in ("rate", "wilson_low", "wilson_high")] == [0.5, *study.wilson(3, 6)]
    assert rows[0]["participants_low"] == ""
    assert {row["of"] for row in rows} == {"all", "reals", "fakes", "real", "fake"}


def test_no_name_is_a_formula_in_csv(folder, make_picture):
    for name in ("real/=1+1.png", "fake/=1+1_2.png"):
        save(folder / name, make_picture(24, 32))
    made = study.build([folder / "real/=1+1.png"], [folder / "fake/=1+1_2.png"], practice=0).page.study
    saved = downloaded(folder / "a.json", made, [record(made, "ann", 0, wrong=True)])
    rows = list(csv.DictReader(streams.StringIO(run("study", "report", saved, "--csv").stdout)))
    assert {row["name"] for row in rows} == {"", "'=1+1.png", "'=1+1_2.png"}


def test_report_refuses(folder, saved):
    refused(folder, "study", "report", saved, "--json", "--csv", message="json=with csv: must be one of both")
    refused(folder, "study", "report", message="Missing argument 'ANSWERS...'")
    refused(folder, "study", "report", "missing.sqlite", message="answers=missing.sqlite (no such file")
    (folder / "text").write_text("text")
    refused(folder, "study", "report", "text", message="answers=text: must be a database of study serve, or")
    refused(folder, "study", "report", saved, "--seed", "x", message="seed='x'")

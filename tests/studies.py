"""Small studies, and answers to them that are right or wrong by plan."""

from command_line import save
from patchloom import io, study


def folders(folder, make_picture, groups=4, fakes=1, size=(24, 32)):
    """Write ``real/p0.png`` ... and ``fake/p0_1.png`` ... of noise; return both folders."""
    for group in range(groups):
        save(folder / "real" / f"p{group}.png", make_picture(*size, 3, group))
        for number in range(1, fakes + 1):
            save(folder / "fake" / f"p{group}_{number}.png", make_picture(*size, 3, 100 * number + group))
    return folder / "real", folder / "fake"


def built(folder, make_picture, setups="paired-1s,unpaired", *, groups=4, fakes=1, practice=0, trials=None, **options):
    """Build a study of such pictures, each in every setup."""
    real, fake = folders(folder, make_picture, groups, fakes)
    return study.build(io.find_images(real), io.find_images(fake), setups=study.as_setups(setups), practice=practice,
                       trials=trials or max(1, groups - practice), **options)


def record(made, participant, trial, *, wrong, shown=1000.0, reaction=1500.0, views=1):
    """What a page would send: trial i of a setup shows the i-th group, fakes left and right in turn."""
    setup = made.setups[trial // made.trials]
    group = made.groups[trial % made.trials]
    if setup.paired:
        pictures = [group.real, group.fakes[0]][:: 1 if trial % 2 else -1]
        truth = "right" if trial % 2 else "left"
    else:
        truth = "real" if trial % 2 else "fake"
        pictures = [group.real if truth == "real" else group.fakes[0]]
    answer = next(one for one in setup.answers if (one != truth) is wrong)
    return {"participant": participant, "trial": trial, "setup": setup.name, "pictures": pictures, "answer": answer,
            "shown_ms": shown, "reaction_ms": reaction, "views": views}


def answers(made, plan):
    """Answers by plan: participant -> whether each of the trials is wrong, in order."""
    return [study.as_answer(made, record(made, name, trial, wrong=wrong))
            for name, wrongs in plan.items() for trial, wrong in enumerate(wrongs)]

"""``patchloom batch TASK``: a task's command, done many times."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

import click

from ...catalogue import Work, as_seeds, check_weights
from ..command import TaskCommand, arguments, task_options
from ..exits import say
from ..options import by_name, gathered
from ..output import check_many
from .listing import Listing
from .naming import as_place
from .options import MOST_RESULTS, batch_options
from .pairing import check_once, leads, left_out, pairing
from .running import perform

_HELP = """Do `patchloom {name}` with many pictures and seeds, on all cores or on a cluster.

{last} is a file, a folder (only the pictures in itself; "photos/**/*" for all below it), a glob (in quotes; ** is any
depth) or a URL of these, and there may be many. What the task itself does and takes: patchloom {name} --help.
"""

_EXAMPLES = """\b
Examples:
  patchloom batch {name} {words}
"""

_WORDS = {
    "generate": "photos/ --count 100 --out out/",
    "retarget": '"photos/**/*.jpg" --size 512x512 --out "out/{folder}/{stem}_{seed}{suffix}"',
    "edit": "source.jpg edits/ --count 4 --out out/",
    "reshuffle": "photos/ --object masks/ --to 40,0 --out out/",
    "inpaint": 'photos/ --mask "masks/{stem}.png" --out out/',
    "extend": "photos/ --left 60 --right 60 --out out/",
    "analogy": "style.jpg structures/ --preset style --out out/",
    "paint": "photo.jpg paintings/ --out out/",
    "collage": "sea.jpg hills.jpg plain.jpg --count 1000 --out out/",
    "tile": "s3://bucket/textures/ --size 512x512 --out s3://bucket/tiles/",
    "harmonise": "pasted/ --mask masks/ --out out/",
    "animate": "photos/ --out loops/",
}


class BatchCommand(click.Command):
    """A task's command with the options of a batch.

    Parameters
    ----------
    made : TaskCommand
        The command that does it once.
    """

    def __init__(self, made: TaskCommand) -> None:
        task = made.task
        self.made = made
        super().__init__(
            task.name, callback=partial(_invoke, self), short_help=task.help,
            help=_HELP.format(name=task.name, last=task.takes[-1].upper()),
            epilog=_EXAMPLES.format(name=task.name, words=_WORDS[task.name]),
            params=[
                *arguments(task),
                *task_options(task, made.words, seed="0, so that a later run goes on with this one", most=MOST_RESULTS),
                *batch_options(made.template),
            ],
        )

    def work(self, values: Mapping[str, Any]) -> Work:
        """Return what is done with each picture."""
        return self.made.work({**values, **dict.fromkeys(self.made.beside, False)})

    def listing(self, values: Mapping[str, Any]) -> Listing:
        """Return the jobs.

        Raises
        ------
        InputError
            If they cannot be told from what was given.
        """
        task = self.made.task
        work, place = self.work(values), as_place(values["out"], self.made.template)
        found = leads(values["images"])
        if not task.many:
            check_once(found)
        groups = [found] if task.many else [[lead] for lead in found]
        if self.made.words.check:
            self.made.words.check(values, len(groups[0]))
        given = values["map_file"]
        companions = {role.name: values[role.name] for role in task.roles if values[role.name] is not None}
        if task.check:
            task.check(companions, {**work.options, "size": work.size})
        maps = gathered(given) if task.many else {name: [text] for name, text in by_name("map", given).items()}
        check_weights(work.map_weights, maps, "give it with --map")
        paired = pairing(task, len(groups[0]), values.get("fixed"), companions, maps)
        seeds = as_seeds(values["seed"] or 0, values["count"])
        check_many(place.naming(), len(groups), len(seeds), values["out"])
        made = Listing(work, groups, paired, seeds, place, values["save_nnf"])
        made.check()
        return made


def _invoke(command: BatchCommand, **values: Any) -> int:
    """Do what a command line asks for, and return its exit code."""
    listing = command.listing(values)
    if not values["quiet"]:
        for image in values["images"]:
            count = left_out(image, listing.place.folder)
            if count:
                many = "1 picture in a subfolder is" if count == 1 else f"{count} pictures in subfolders are"
                say(f'{image}: {many} left out; "{image.rstrip("/")}/**/*" takes them too')
    return perform(listing, listing.place.folder, values)

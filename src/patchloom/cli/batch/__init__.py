"""``patchloom batch``: many pictures times many seeds, on all cores or on a cluster.

Nothing optional is loaded before it is needed.
"""

from __future__ import annotations

import click

from ..analogy import analogy
from ..animate import animate
from ..collage import collage
from ..edit import edit
from ..extend import extend
from ..generate import generate
from ..harmonise import harmonise
from ..inpaint import inpaint
from ..paint import paint
from ..reshuffle import reshuffle
from ..retarget import retarget
from ..tile import tile
from .command import BatchCommand
from .lines import lines

EXAMPLES = """\b
Examples:
  patchloom batch generate photos/ --count 100 --out out/
  patchloom batch generate "s3://bucket/in/*.png" --scheduler tcp://host:8786 --out s3://bucket/out/
  patchloom batch jobs jobs.jsonl --out out/
"""


@click.group(
    "batch", invoke_without_command=True, epilog=EXAMPLES, short_help="Any task, many times: all cores or a cluster."
)
@click.pass_context
def group(context: click.Context) -> None:
    """Do a task with many pictures, times many seeds, on all cores or on a Dask cluster.

    The same command again goes on where it stopped: results that stand are not made again. A job that fails stops no
    other. A manifest lists every result with its hash. It needs loky, and for a cluster or URLs Dask and fsspec: pip
    install "patchloom[batch]".
    """
    if context.invoked_subcommand is None:
        click.echo(context.get_help())


for made in (
    generate, retarget, edit, reshuffle, inpaint, extend, analogy, paint, collage, tile, harmonise, animate,
):
    group.add_command(BatchCommand(made))
group.add_command(lines)

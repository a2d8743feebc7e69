"""``patchloom singan``: the trained engine's commands, one module each; torch is loaded by those that run.

Of this package's modules none imports `patchloom.singan` at its top, so that help works without the extra ``torch``.
"""

from __future__ import annotations

import click

from .animate import animate
from .edit import edit
from .harmonise import harmonise
from .info import info
from .paint import paint
from .sample import sample
from .superres import superres
from .train import train

EXAMPLES = """\b
Examples:
  patchloom singan train photo.jpg --out photo.safetensors
  patchloom singan info photo.safetensors
"""


@click.group(
    "singan", invoke_without_command=True, epilog=EXAMPLES, short_help="The trained engine: train, sample, and more."
)
@click.pass_context
def group(context: click.Context) -> None:
    """Train a model on one picture, and make new pictures with it.

    SinGAN learns a picture's patches at every scale. Training takes minutes to hours, what is made with a model then
    seconds. It needs torch: pip install "patchloom[torch]".
    """
    if context.invoked_subcommand is None:
        click.echo(context.get_help())


for command in (train, info, sample, animate, superres, paint, harmonise, edit):
    group.add_command(command)

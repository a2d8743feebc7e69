"""Running the command line in this process, and what its tests look at."""

from click.testing import CliRunner
from PIL import Image

from patchloom.cli import group

FAST = ("--iterations", "2")


def save(path, pixels, **options):
    """Write an array with Pillow alone."""
    path.parent.mkdir(exist_ok=True)
    Image.fromarray(pixels).save(path, **options)
    return path


def run(*arguments, code=0, **options):
    """Run a command line in this process and check its exit code."""
    done = CliRunner().invoke(group, [str(argument) for argument in arguments], **options)
    if done.exception and not isinstance(done.exception, SystemExit):
        raise done.exception
    assert done.exit_code == code, done.output
    return done


def names(folder):
    """Names of all files below a folder."""
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


def refused(folder, *arguments, message, **options):
    """One line on stderr, exit code 2, nothing written."""
    before = names(folder)
    done = run(*arguments, code=2, **options)
    assert done.stderr.startswith("error: " + message)
    assert done.stderr.count("\n") == 1
    assert done.stdout == ""
    assert names(folder) == before

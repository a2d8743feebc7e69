"""Work that is spread over processes: results, errors, and processes that die."""

import pytest

from patchloom.cli.processes import spread
from patchloom.errors import PatchloomError


def test_a_process_that_dies_is_one_error():
    """The others' work goes on, and so does what was to come."""
    items = ["1 + 1", "__import__('os')._exit(7)", "__import__('patchloom.checks').checks.as_seed(-1)", "2 + 2"]
    found = dict(spread(eval, items, 2))
    assert (found[0], found[3], str(found[2])) == (2, 4, "seed=-1: must be a whole number, 0 to 2**64 - 1")
    assert str(found[1]).startswith("process=ended with code 7: must live until its work is done; ")
    assert all(isinstance(found[at], PatchloomError) for at in (1, 2))
    assert str(dict(spread(eval, items[2:], 1))[0]) == str(found[2])


@pytest.mark.parametrize("jobs", [1, 2])
def test_other_errors_end_the_work(jobs):
    with pytest.raises(ZeroDivisionError):
        list(spread(eval, ["1 / 0", "1 / 0"], jobs))

"""The options of a batch: how many at once, on which machines, what is kept and told."""

from __future__ import annotations

import click

from ...checks import as_memory
from ...device.choosing import DEVICES, as_name
from ..options import THREADS, Checked, real, whole
from .checking import check_manifest
from .naming import BATCH_FIELDS

MOST_RESULTS = 100_000_000
"""Of one input: the largest ``--count``."""

MOST_WORKERS, WORKERS_ON_A_GPU = 1024, 2
MOST_RETRIES = 100
LEAST_PATIENCE, MOST_PATIENCE = 0.1, 604_800.0            # seconds
RETRIES, PATIENCE = 1, 300.0                              # times, seconds


def batch_options(template: str) -> list[click.Option]:
    """Return the options that all batches have; results are called `template` unless ``--out`` says more."""
    return [*_where(template), *_who(), *_told()]


def _where(template: str) -> list[click.Option]:
    braced = ", ".join(f"{{{name}}}" for name in BATCH_FIELDS)
    return [
        click.Option(["--out"], metavar="PATH", required=True,
                     help=f"A folder, whose results are called {template}, or a template with {braced}; both may be"
                          " URLs. No input may lie in it."),
        click.Option(["--force"], is_flag=True, help="Make every result again and replace what stands, also files that"
                                                     " are another result."),
        click.Option(["--manifest"], type=Checked("PATH", check_manifest), metavar="PATH",
                     help="The list of all results with their hashes, one JSON object in a line; a later run goes by"
                          " it.  [default: manifest.jsonl in the folder of --out]"),
    ]


def _who() -> list[click.Option]:
    return [
        click.Option(["--workers"], type=whole("workers", 1, MOST_WORKERS),
                     help="Results made at once, each in a process of its own.  [default: as many as cores, or"
                          f" {WORKERS_ON_A_GPU} that share a GPU; 1 to {MOST_WORKERS}]"),
        click.Option(["--threads"], type=THREADS, default="1",
                     help="Threads of each; more workers are faster than more threads, as long as memory lasts."
                          "  [default: 1; 0 to 1024, 0 means all cores]"),
        click.Option(["--memory"], type=Checked("SIZE", as_memory),
                     help="What all of this machine's workers may take together, such as 500MB or 2GiB; results that"
                          " need more than a worker's share are made when there is room, and refused if there never"
                          " is.  [default: all that the machine has; on a cluster what each worker says]"),
        click.Option(["--device"], type=Checked("DEVICE", as_name, DEVICES), default="cpu",
                     metavar=f"[{'|'.join(DEVICES)}]",
                     help="Where each is made, with the same result: on the processor, or on a GPU by torch, which all"
                          " workers share; cuda:1 is the second one, auto a GPU if there is one. A cluster's workers"
                          " that have no such device get no jobs.  [default: cpu]"),
        click.Option(["--scheduler"], metavar="ADDRESS",
                     help="Have a Dask cluster make them, whose scheduler is there: tcp://host:8786, or its scheduler"
                          " file.  [default: this machine]"),
        click.Option(["--patience"], default=str(PATIENCE),
                     type=real("patience", LEAST_PATIENCE, MOST_PATIENCE, "seconds"),
                     help="How long to wait for a scheduler that does not answer, or has no workers."
                          f"  [default: {PATIENCE:.0f}; {LEAST_PATIENCE} to {MOST_PATIENCE:.0f} seconds]"),
        click.Option(["--retries"], type=whole("retries", 0, MOST_RETRIES), default=str(RETRIES),
                     help="How often a job is tried again after an error that may pass, or whose worker was killed."
                          f"  [default: {RETRIES}; 0 to {MOST_RETRIES}]"),
    ]


def _told() -> list[click.Option]:
    return [
        click.Option(["--dry-run"], is_flag=True,
                     help="Tell how many jobs there are, and of five from the first to the last whether they stand"
                          " already, or else their size, time and memory; run and write nothing."),
        click.Option(["--json", "as_json"], is_flag=True,
                     help="Tell on standard output what became of the batch, as one JSON object."),
        click.Option(["--quiet"], is_flag=True, help="Say nothing but errors."),
    ]

"""How much of the machine the studio may take."""

from __future__ import annotations

from dataclasses import dataclass

MEGAPIXEL = 1_000_000
MEGABYTE = 1_000_000


@dataclass(frozen=True)
class Limits:
    """What one studio accepts and keeps.

    Attributes
    ----------
    pixels : int
        Of one picture that is sent, and of a result (of an animation, of each frame).
    body : int
        Bytes of one request.
    queue : int
        Jobs that wait, besides the one that runs.
    count : int
        Results of one job.
    seconds : float
        That a job may run.
    held : int
        Bytes of waiting pictures and kept results together; the oldest finished jobs go first.
    kept : float
        Seconds that a finished job is kept.
    memory : int
        Bytes that a run may take by its estimate.
    """

    pixels: int = 16 * MEGAPIXEL
    body: int = 64 * MEGABYTE
    queue: int = 32
    count: int = 64
    seconds: float = 300.0
    held: int = 1000 * MEGABYTE
    kept: float = 900.0
    memory: int = 6000 * MEGABYTE

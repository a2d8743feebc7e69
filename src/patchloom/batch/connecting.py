"""A Dask cluster, as far as it answers: its scheduler, and those of its workers that may be given jobs."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import logging
import time
from concurrent import futures
from importlib import metadata
from typing import Any

from .._version import __version__
from ..checks import as_real
from ..errors import DeviceMemoryError, MissingExtraError, ParameterError, PatchloomError, explain
from . import offering

PATIENCE = 300.0
"""Seconds to wait for a scheduler, and for a worker."""

GONE = (OSError, TimeoutError, asyncio.TimeoutError, futures.TimeoutError, futures.CancelledError)
"""What is raised where nobody answers."""

_ATTEMPT = 5.0                                            # seconds to take leave
_ANSWER = 10.0                                            # seconds that a scheduler or a worker may take to answer
_SILENT = 60.0                                            # seconds until who did not, or is full, is asked again
_PAUSES = (0.05, 0.1, 0.2, 0.5, 1.0)                      # seconds between looks for who was lost; then the last
_RESTS = 10.0                                             # seconds until what waits at a resting worker goes elsewhere
_LOOK = 1.0                                               # seconds between looks at which workers there are
_LOGGERS = ("distributed.client", "distributed.core", "distributed.comm.tcp", "distributed.batched")

_log = logging.getLogger("patchloom")


class Cluster:
    """A scheduler that is connected to, and its workers.

    Parameters
    ----------
    address : str
        Of the scheduler.
    patience : float
        Seconds to wait for it, and for a first worker, whenever there is none.
    device : str
        Where jobs are done, as for `patchloom.generate`: workers that cannot are passed over.

    Attributes
    ----------
    client : distributed.Client
        Of the scheduler.
    workers : mapping of str to (int, int)
        By its address, how many threads a worker has and how many bytes it offers; never empty.
    resting : mapping of str to float
        By its address, since when a worker has been idle that Dask has paused, as its memory is nearly full.

    Raises
    ------
    MissingExtraError
        If Dask distributed is not installed.
    PatchloomError
        If there is no scheduler or no worker in time, or one has no Patchloom or another version of it.
    """

    def __init__(self, address: str, patience: float = PATIENCE, device: str = "cpu") -> None:
        try:
            import distributed
        except ImportError as error:
            raise MissingExtraError(
                explain("scheduler", address, "needs Dask distributed, which is not installed",
                        "pip install 'patchloom[batch]'")
            ) from error
        self._dask: Any = distributed
        self._address, self._device = address, device
        self._fit = f"workers with the device {device}" if offering.on(device) else "workers"
        self._patience = as_real(patience, "patience", 0.1, 1e9, unit="seconds")
        self._levels = {name: logging.getLogger(name).level for name in _LOGGERS}
        for name in _LOGGERS:                             # who is lost and found is ours to tell
            logging.getLogger(name).setLevel(logging.CRITICAL)
        self._refused: set[str] = set()
        self._silent: dict[str, float] = {}               # who did not answer, and when to ask again
        self._answered = False                            # the scheduler, when last asked
        self._looked = 0.0                                # when we last looked at the workers
        self._served = time.monotonic()                   # when there last was one
        self.workers: dict[str, tuple[int, int]] = {}
        self.resting: dict[str, float] = {}
        self.client: Any = None
        try:
            self.client = self._met()
            while not self.back(self._patience):
                pass
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Let go of it."""
        if self.client is not None:
            with contextlib.suppress(*GONE):
                self.client.close(timeout=_ATTEMPT)
        for name, level in self._levels.items():
            logging.getLogger(name).setLevel(level)

    def back(self, seconds: float) -> bool:
        """Return whether the scheduler answers and has a worker; wait for that up to `seconds`.

        Raises
        ------
        PatchloomError
            If it has not for too long, or a worker is not fit.
        """
        until = time.monotonic() + seconds
        for pause in itertools.chain(_PAUSES, itertools.repeat(_PAUSES[-1])):
            with contextlib.suppress(*GONE):
                if self.client.status == "running" and self._found(strict=True):
                    return True
            now = time.monotonic()
            if self.client.status == "closed" or now - self._served > self._patience:
                there = self._answered and self.client.status == "running"
                raise self._no_worker() if there else self._nobody("does not answer")
            if now > until:
                return False
            time.sleep(min(pause, max(until - now, 0.01)))
        return False

    def look(self) -> tuple[bool, list[str]]:
        """Find out which workers there are, if that was a while ago.

        Returns
        -------
        bool
            Whether there are new ones.
        list of str
            The addresses of those that have been resting for long, unless all do.

        Raises
        ------
        OSError
            If the scheduler is lost.
        PatchloomError
            If there has been no worker for too long.
        """
        if self.client.status != "running":
            raise ConnectionError("the scheduler is lost")
        now = time.monotonic()
        if now - self._looked < _LOOK:
            return False, []
        before = set(self.workers)
        if not self._found(strict=False):
            if time.monotonic() - self._served > self._patience:
                raise self._no_worker()
            return False, []
        return not before.issuperset(self.workers), [one for one, since in self.resting.items() if now - since > _RESTS]

    def _met(self) -> Any:
        """Return a client of the scheduler, once that answers; it connects again by itself, for as long."""
        try:
            self._dask.comm.get_address_host_port(self._address)
        except ValueError as error:
            raise ParameterError(
                explain("scheduler", repr(self._address), f"is no address ({error})", "try tcp://HOST:8786")
            ) from None
        self._check_security()
        try:
            return self._dask.Client(self._address, timeout=self._patience, set_as_default=False)
        except GONE:
            raise self._nobody("does not answer") from None
        except (TypeError, ValueError, RuntimeError) as error:
            raise self._closed(str(error)) from None

    def _check_security(self) -> None:
        """Refuse what cannot be connected to for lack of certificates: a client that was begun waits when it goes."""
        try:
            given = self._dask.Security().get_connection_args("client")
        except (OSError, TypeError, ValueError, RuntimeError) as error:
            raise self._closed(str(error)) from None
        encrypted = self._address.startswith(("tls://", "wss://"))
        if encrypted and given["ssl_context"] is None:
            raise self._closed("there are no certificates")
        if given["require_encryption"] and not encrypted:
            raise self._closed("encryption is required")

    def _closed(self, reason: str) -> ParameterError:
        return ParameterError(
            explain("scheduler", self._address, f"cannot be connected to ({' '.join(reason.split())})",
                    "see Dask's configuration (tls:// needs certificates), or try tcp://HOST:8786")
        )

    def ask_scheduler(self, function: Any, *arguments: Any, **more: Any) -> Any:
        """Return what a function returns in the scheduler.

        Raises
        ------
        OSError
            If it does not answer in time; one that is stopped or overwhelmed may stay connected.
        """
        self._answered = False
        answer = self.client.run_on_scheduler(function, *arguments, callback_timeout=self._time(), **more)
        self._answered = True
        return answer

    def _ask_workers(self, function: Any, *arguments: Any, workers: list[str]) -> dict[str, Any]:
        """Return what a function returns in workers, or its error; who does not answer in time is left out."""
        how = {"on_error": "return", "callback_timeout": self._time()}
        try:
            return dict(self.client.run(function, *arguments, workers=workers, **how))
        except GONE:                                      # one is enough for that: each by itself
            self.ask_scheduler(offering.workers, self._device)

        async def each() -> list[Any]:
            asked = [self.client.run(function, *arguments, workers=[one], asynchronous=True, **how) for one in workers]
            return await asyncio.gather(*asked, return_exceptions=True)

        answers = dict(zip(workers, self.client.sync(each, callback_timeout=2 * self._time()), strict=True))
        again = time.monotonic() + _SILENT
        self._silent.update({one: again for one, answer in answers.items() if not isinstance(answer, dict)})
        return {one: answer[one] for one, answer in answers.items() if isinstance(answer, dict) and one in answer}

    def _time(self) -> float:
        return min(_ANSWER, self._patience)

    def _no_worker(self) -> PatchloomError:
        if self.resting:
            return self._nobody(f"has {self._fit}, but Dask has paused them, as their memory is nearly full",
                                "start them anew, with a larger --memory-limit")
        return self._nobody(f"has no {self._fit}", "start one")

    def _nobody(self, what: str, remedy: str = "start it") -> PatchloomError:
        return PatchloomError(
            explain("scheduler", self._address, f"{what}, after {self._patience:g} s",
                    f"{remedy}, and give the same command again: it goes on where it stopped")
        )

    def _found(self, *, strict: bool) -> bool:
        """Look which workers may be given jobs, and return whether any may; `strict`: one that may not is an error."""
        self._looked = time.monotonic()
        if strict:
            self._check_scheduler()
        there = self.ask_scheduler(offering.workers, self._device)
        new = [address for address, (_, offered, _) in there.items() if not offered and address not in self._refused
               and self._silent.get(address, 0.0) < self._looked]
        if new:
            self._admit(new, strict)
            there = self.ask_scheduler(offering.workers, self._device)
        fit = {address: found for address, found in there.items() if found[1]}
        self.resting = {address: self.resting.get(address, self._looked) for address, found in fit.items() if found[2]}
        if fit:
            self.workers = {address: found[:2] for address, found in fit.items()}
        if fit.keys() > self.resting.keys():
            self._served = self._looked
        return fit.keys() > self.resting.keys()

    def _check_scheduler(self) -> None:
        """Refuse a scheduler that could not read what it is given."""
        try:
            version = self.ask_scheduler(metadata.version, "patchloom")
        except metadata.PackageNotFoundError as error:
            version = error
        if version != __version__:
            raise _unfit("scheduler", self._address, version)

    def _admit(self, addresses: list[str], strict: bool) -> None:
        """Have those workers offer what they have that run this version."""
        versions = self._ask_workers(metadata.version, "patchloom", workers=addresses)
        for address, version in versions.items():
            if version == __version__ or isinstance(version, GONE):
                continue
            if strict:
                raise _unfit("worker", address, version)
            self._refused.add(address)
            _log.warning("%s", _unfit("worker", address, version))
        fit = self._able([address for address, version in versions.items() if version == __version__])
        if fit:
            self._ask_workers(offering.offer, self._device, workers=fit)

    def _able(self, addresses: list[str]) -> list[str]:
        """Return those workers that have the device; the others are told of, and passed over: full ones for a while."""
        if not addresses or not offering.on(self._device):
            return addresses
        lacks = self._ask_workers(offering.lacks, self._device, workers=addresses)
        again = time.monotonic() + _SILENT
        for address, reason in lacks.items():
            if isinstance(reason, DeviceMemoryError):
                self._silent[address] = again
                _log.warning("worker=%s: gets no jobs for %g s: %s", address, _SILENT, reason)
            elif reason and not isinstance(reason, GONE):
                self._refused.add(address)
                _log.warning("worker=%s: gets no jobs: %s", address, reason)
        return [address for address, reason in lacks.items() if reason == ""]


def _unfit(what: str, address: str, version: Any) -> PatchloomError:
    """Return what is told of a part of the cluster that has another Patchloom (a version), or none (an error)."""
    if isinstance(version, metadata.PackageNotFoundError):
        got = "has no Patchloom"
    else:
        got = f"has Patchloom {version}" if isinstance(version, str) else f"does not tell its Patchloom ({version!r})"
    return PatchloomError(
        explain(what, address, got, f"install Patchloom {__version__}, as here, wherever the cluster runs")
    )

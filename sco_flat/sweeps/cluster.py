"""Cells on a Dask cluster: a running scheduler, or one on this machine. Workers get names and numbers only."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import signal
from collections.abc import Iterator
from concurrent import futures
from typing import Any

from sco_flat.errors import InputError
from sco_flat.sweeps.local import DIED, Outcome, Runner, Task, run_cell

CHUNK = 16
"""Cells of a task."""
AHEAD = 4
"""Tasks that a worker has in reserve."""
PATIENCE = 10
"""Seconds to wait for a scheduler."""


def _many(tasks: list[Task], record: tuple[str, ...], runner: Runner) -> list[Outcome]:
    return [runner(task, record) for task in tasks]


@contextlib.contextmanager
def _deaf() -> Iterator[None]:
    """Threads and processes that begin within it never hear Ctrl-C; this one hears it afterwards."""
    if not hasattr(signal, "pthread_sigmask"):  # another system
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Within it, Dask does not say what an error of ours says in one line."""
    known = ["distributed", "asyncio", "tornado", *logging.root.manager.loggerDict]
    loggers = [logging.getLogger(name) for name in known if name.startswith(("distributed", "asyncio", "tornado"))]
    before = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.CRITICAL + 1)
    try:
        yield
    finally:
        for logger, level in zip(loggers, before, strict=True):
            logger.setLevel(level)


@contextlib.contextmanager
def client(scheduler: str | None, workers: int) -> Iterator[Any]:
    """Connect to a scheduler, or start a cluster of ``workers`` processes on this machine.

    Raises
    ------
    InputError
        Without the package, and for a scheduler that does not answer.
    """
    try:
        import dask
        from distributed import Client, LocalCluster
    except ImportError:
        raise InputError(
            "backend", "dask", "is not installed", 'pip install "sco_flat[dask]", or leave --backend out'
        ) from None
    settings = {"distributed.scheduler.allowed-failures": 0, "distributed.comm.timeouts.connect": PATIENCE}
    with _quiet(), dask.config.set(settings), contextlib.ExitStack() as stack:
        if scheduler is None:
            with _deaf():
                cluster = stack.enter_context(
                    LocalCluster(n_workers=workers, threads_per_worker=1, dashboard_address=None, silence_logs=50)
                )
                found = stack.enter_context(Client(cluster))
            yield found
            return
        try:
            found = Client(scheduler, timeout=PATIENCE)
        except (OSError, ValueError, TimeoutError) as error:
            raise InputError("scheduler", scheduler, f"cannot be reached: {error}", "check the address") from None
        with found:
            try:
                found.wait_for_workers(1, timeout=PATIENCE)
            except TimeoutError:
                raise InputError("scheduler", scheduler, "has no worker", "start workers, then run it again") from None
            yield found


@contextlib.contextmanager
def _reaching(connected: Any) -> Iterator[None]:
    """Turn what Dask says of a scheduler that went away into one line."""
    try:
        yield
    except (OSError, TimeoutError, asyncio.CancelledError, futures.CancelledError):
        address = getattr(connected.scheduler, "address", "dask")
        mend = "start it, then run the same command again"
        raise InputError("scheduler", address, "is gone; rows so far are safe", mend) from None


def warm(connected: Any, arguments: list[str], record: tuple[str, ...]) -> None:
    """Run small cells once on every host, so that its workers find compiled kernels."""
    hosts: dict[str, str] = {}
    for address in connected.nthreads():
        hosts.setdefault(address.rpartition(":")[0], address)
    from distributed import wait

    tasks = [(b"", text) for text in arguments]
    with _reaching(connected):
        wait([connected.submit(_many, tasks, record, run_cell, workers=[a], pure=False) for a in hosts.values()])


def outcomes(
    connected: Any, tasks: list[Task], record: tuple[str, ...], runner: Runner = run_cell
) -> Iterator[Outcome]:
    """Yield results as they come; a cell whose worker dies is tried once more by itself.

    Raises
    ------
    InputError
        If the scheduler is gone.
    """
    from distributed import as_completed

    chunks = [tasks[k : k + CHUNK] for k in range(0, len(tasks), CHUNK)]
    chunks.reverse()
    room = AHEAD * max(len(connected.nthreads()), 1)
    known: dict[Any, tuple[list[Task], bool]] = {}
    running = as_completed()

    def send(chunk: list[Task], again: bool) -> None:
        future = connected.submit(_many, chunk, record, runner, pure=False)
        known[future] = chunk, again
        running.add(future)

    with _reaching(connected):
        for _ in range(min(room, len(chunks))):
            send(chunks.pop(), False)
        for future in running:
            chunk, again = known.pop(future)
            if future.status in ("cancelled", "lost") or connected.status not in ("running", "connecting"):
                raise ConnectionError
            if future.status == "finished":
                yield from future.result()
            elif again:
                yield chunk[0][0], None, DIED, 0.0
            else:
                for task in chunk:
                    send([task], True)
            future.release()
            if chunks and len(known) < room:
                send(chunks.pop(), False)

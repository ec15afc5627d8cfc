"""Cells on the processes of this machine, by joblib."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from typing import Any

import joblib

from sco_flat._workers import begin, pool
from sco_flat.sweeps import work

Task = tuple[bytes, str]
Outcome = tuple[bytes, list[Any] | None, str, float]
Runner = Callable[[Task, tuple[str, ...]], Outcome]
DIED = f"{work.UNEXPECTED}the worker died twice in this cell (out of memory?)"


def run_cell(task: Task, record: tuple[str, ...]) -> Outcome:
    """Run one cell in a worker."""
    key, arguments = task
    return key, *work.run(json.loads(arguments), record)


def outcomes(tasks: list[Task], record: tuple[str, ...], workers: int, runner: Runner = run_cell) -> Iterator[Outcome]:
    """Yield results as they come; a cell whose worker dies is tried once more by itself.

    Parameters
    ----------
    tasks : list of (key, arguments)
        In the order in which they are handed out.
    record : tuple of str
        What a cell keeps.
    workers : int
        Processes; 1 runs in this one.
    runner : callable
        What a worker runs.
    """
    if workers == 1:
        for task in tasks:
            yield runner(task, record)
        return
    from joblib.externals.loky.process_executor import TerminatedWorkerError

    waiting = dict(tasks)
    sent: list[Task] = []

    def handed() -> Iterator[Any]:
        for task in list(waiting.items()):
            sent.append(task)
            yield joblib.delayed(runner)(task, record)

    while waiting:
        sent.clear()
        try:
            with pool(workers, "generator_unordered") as running:
                for outcome in running(handed()):
                    waiting.pop(outcome[0])
                    yield outcome
        except TerminatedWorkerError:
            suspects = [task for task in sent if task[0] in waiting]
            for outcome in _one_by_one(suspects, record, runner):
                waiting.pop(outcome[0])
                yield outcome


def _one_by_one(tasks: list[Task], record: tuple[str, ...], runner: Runner) -> Iterator[Outcome]:
    """Run cells that were out when a worker died, each alone in a process, so that the one to blame is known."""
    from joblib.externals.loky.process_executor import ProcessPoolExecutor, TerminatedWorkerError

    def started() -> Any:
        return ProcessPoolExecutor(max_workers=1, initializer=begin, initargs=(os.getpid(),))

    alone = started()
    try:
        for task in tasks:
            try:
                yield alone.submit(runner, task, record).result()
            except TerminatedWorkerError:
                yield task[0], None, DIED, 0.0
                alone = started()
    finally:
        alone.shutdown()

"""Drive a sweep: open the store, hand out what waits, commit what comes back."""

from __future__ import annotations

import functools
import itertools
import json
import os
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from sco_flat import instances, patience
from sco_flat._files import refuse_file_name
from sco_flat.engines import memory
from sco_flat.errors import InputError
from sco_flat.requests import request_from
from sco_flat.sweeps import filters, local, log, work
from sco_flat.sweeps.cells import Cell, canonical, deciding
from sco_flat.sweeps.filters import Condition
from sco_flat.sweeps.plan import Plan, Study, read
from sco_flat.sweeps.progress import Progress
from sco_flat.sweeps.rows import Counts, key_of
from sco_flat.sweeps.statements import Checks
from sco_flat.sweeps.store import NAME, Store

LAYERS, DRAWN = 8, 6
"""A dry run sorts cells into layers by their size, and times some of each."""
PATIENCE = 5.0
"""Seconds that a dry run may take, about."""
SIZES = (
    "instance", "method", "oracle", "engine", "n", "steps", "width", "dimension", "start", "batch_size", "order",
    "project", "step_size",
)  # fmt: skip
"""Arguments of a cell on which its memory depends, and without which there is none."""
WORKER = 180e6
"""Bytes of a worker before its first cell: Python, NumPy, Numba."""
START = 2.0
"""Seconds until a process has loaded them, and what it compiled before."""


@dataclass(frozen=True)
class Estimate:
    """What a dry run tells: of the seconds that a run takes, ``start`` are those of its processes."""

    cells: int
    waiting: int
    seconds: float
    megabytes: float
    probes: int
    refused: dict[str, int]
    looked: int
    start: float


def differences(old: Any, new: Any, path: str = "") -> list[str]:
    """Lines ``axes.n: [6] -> [6, 8]`` for everything in which two files differ."""
    if isinstance(old, dict) and isinstance(new, dict):
        found = []
        for key in sorted({*old, *new}):
            found += differences(old.get(key), new.get(key), f"{path}.{key}".lstrip("."))
        return found
    if old == new:
        return []
    shown = ["(none)" if x is None else json.dumps(x) for x in (old, new)]
    return [f"{path}: {shown[0]} -> {shown[1]}"]


def prepare(folder: Path, plan: Plan | Checks, mode: str | None, *, retry: bool = False) -> Store:
    """Open the store for a plan, which must be the one it was filled from unless ``mode`` says otherwise.

    Parameters
    ----------
    folder : Path
        Of the store.
    plan : Plan or Checks
        What to run.
    mode : {None, "new", "extend"}
        ``new`` sets the old store aside, ``extend`` keeps its results and takes the new plan.
    retry : bool
        Run failed and damaged cells again.

    Raises
    ------
    InputError
        If the file changed and no mode is given; the message lists what differs.
    """
    refuse_file_name("out", folder)
    try:
        store = Store(folder, create=True)
        old = store.declared()
    except InputError:
        if mode != "new" or not os.path.isfile(folder / NAME):
            raise
        _set_aside(folder)
        store, old = Store(folder, create=True), None
    try:
        store.claim()
        if mode is None:
            _refuse_changed(folder, old, plan)
        if old is not None and mode == "new":
            store.close()
            _set_aside(folder)
            store = Store(folder, create=True)
            store.claim()
        store.register(plan, retry=retry)
    except BaseException:
        store.close()
        raise
    return store


def _refuse_changed(folder: Path, old: dict[str, Any] | None, plan: Plan | Checks) -> None:
    """Refuse a store that was filled from another file; the message lists what differs."""
    changed = [] if old is None else differences(deciding(old), deciding(plan.declared))
    if changed:
        raise InputError(
            "file", "changed", f"the store in {folder} was filled from another one: {'; '.join(changed)}",
            "--extend keeps what is there and adds the rest, --new sets it aside and starts again, --out DIR takes "
            "another one",
        )  # fmt: skip


def _set_aside(folder: Path) -> None:
    """Move a store, whatever its state, into a folder of its own."""
    aside = next(p for k in itertools.count(1) if not (p := folder / f"aside-{k}").exists())
    try:
        aside.mkdir()
        for path in (*folder.glob(f"{NAME}*"), *folder.glob(log.NAMES)):
            path.rename(aside / path.name)
    except OSError as error:
        raise InputError("folder", folder, f"cannot be written: {error.strerror}", "allow writing") from None


def estimate(plan: Plan | Checks, waiting: list[tuple[bytes, str]], total: int, workers: int) -> Estimate:
    """Time some cells and add up what all will take.

    Cells are sorted by a rough model of their work and cut into layers; each layer takes the mean of the cells that are
    drawn from it, or, where one cell would take too long, that of the layer before times the ratio of their work. Of
    checks one is timed for each statement, and the others are taken to be like it.
    """
    if isinstance(plan, Checks):
        return _of_checks(plan, waiting, total, workers)
    sizes = np.array([_work(json.loads(text)) for _, text in waiting])
    if not sizes.size:
        return Estimate(total, 0, 0.0, 0.0, 0, {}, 0, 0.0)
    refused, looked = refusals(plan, [text for _, text in waiting])
    order = np.argsort(sizes[:, 0], kind="stable")
    layers = [layer for layer in np.array_split(order, LAYERS) if layer.size]
    for text in smallest(plan):
        work.run(json.loads(text), plan.record)  # compiles
    rng, probes, seconds = np.random.default_rng(0), 0, 0.0
    before = _tried(plan, json.loads(waiting[order[0]][1]))
    began = time.perf_counter()
    for layer in layers:
        effort = float(sizes[layer, 0].mean())
        mean = before[0] * effort / before[1]
        if mean < PATIENCE / LAYERS and time.perf_counter() - began < PATIENCE:
            picks = rng.choice(layer, min(DRAWN, layer.size), replace=False)
            mean = float(np.mean([work.run(json.loads(waiting[k][1]), plan.record)[2] for k in picks]))
            probes += len(picks)
        before = mean, effort
        seconds += mean * layer.size
    held = workers * (WORKER + float(sizes[:, 1].max())) / 1e6
    start = _start(len(waiting), workers)
    return Estimate(total, len(waiting), start + seconds / workers, held, probes, refused, looked, start)


def _of_checks(plan: Checks, waiting: list[tuple[bytes, str]], total: int, workers: int) -> Estimate:
    """Time a cell of each statement while there is patience, without what it compiles; what is short, a second time."""
    refused, looked = refusals(plan, [text for _, text in waiting])
    groups: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for _, text in waiting:
        arguments = json.loads(text)
        groups.setdefault((arguments["statement"], arguments["evidence"]), []).append(arguments)
    probes, seconds, mean, began = 0, 0.0, 0.0, time.perf_counter()
    with patience.unlimited(memory=False):
        for cells in patience.track(groups.values(), len(groups), "statements timed"):
            if time.perf_counter() - began < PATIENCE:
                middle, before = cells[len(cells) // 2], patience.compiled()
                mean = work.run(middle, plan.record)[2]
                if mean < PATIENCE:
                    mean = work.run(middle, plan.record)[2]
                else:
                    mean -= patience.compiled() - before
                probes += 1
            seconds += mean * len(cells)
    held = workers * WORKER / 1e6 if waiting else 0.0
    start = _start(len(waiting), workers)
    return Estimate(total, len(waiting), start + seconds / workers, held, probes, refused, looked, start)


def _start(waiting: int, workers: int) -> float:
    """Seconds of a run before its first cell: of its own process, and of workers beside it."""
    return START * ((waiting > 0) + (workers > 1 and waiting > 1))


def _tried(plan: Plan, arguments: dict[str, Any]) -> tuple[float, float]:
    """Seconds of a cell and its work; of one with fewer steps where the cell itself would take too long."""
    for steps in itertools.count(6):
        small = arguments | {"steps": min(arguments["steps"], 2**steps), "allow_outside": True}
        effort = _work(small)[0]
        seconds = work.run(small, plan.record)[2]
        if small["steps"] == arguments["steps"] or seconds > PATIENCE / LAYERS / 4:
            break
    return seconds, effort


def refusals(plan: Plan | Checks, waiting: list[str]) -> tuple[dict[str, int], int]:
    """What is refused before its first step, by the reason, with the number of cells; and how many were looked at.

    They are looked at in an order in which every value of every axis comes soon, and while there is patience. What only
    a run can meet (an oracle that leaves its regime on the way) is not among it.
    """
    found: Counter[str] = Counter()
    began, looked = time.perf_counter(), 0
    for k in np.random.default_rng(0).permutation(len(waiting)):
        message = work.refusal(json.loads(waiting[k]), plan.record)
        looked += 1
        if message:
            found[plan.as_written(message)] += 1
        if time.perf_counter() - began > PATIENCE:
            break
    return dict(found.most_common()), looked


def _work(arguments: dict[str, Any]) -> tuple[float, float]:
    """Steps times numbers that are touched in each, and bytes that are held; rough."""
    n, steps = arguments["n"], arguments["steps"]
    loss = instances.get(arguments["instance"])
    columns = float(arguments.get("width") or 2**n) if loss.has_blocks else float(n)
    sparse = arguments.get("start", "zero") == "zero" and loss.sleeps
    blocks = 2.0 if sparse and arguments.get("engine") != "dense" else columns
    return steps * (blocks * steps**0.5 + 64.0) + columns, _held(canonical({k: arguments.get(k) for k in SIZES}))


@functools.lru_cache(maxsize=1024)
def _held(text: str) -> float:
    """Bytes of a cell, from what its size depends on; none for one that is refused."""
    arguments = {key: value for key, value in json.loads(text).items() if value is not None}
    try:
        request = request_from(**arguments, allow_outside=True)
        return memory.run_bytes(request.build(), request.settings)
    except InputError:
        return 0.0


def chosen(plan: Plan | Checks, only: Sequence[str]) -> tuple[Condition, ...]:
    """Read conditions on the cells of a plan.

    Raises
    ------
    InputError
        If no cell meets them.
    """
    found = filters.read("only", only, plan.columns)
    if found and not any(filters.chosen(found, cell.labels) for cell in plan.cells()):
        values: dict[str, dict[Any, None]] = {name: {} for name in plan.columns}
        for cell in plan.cells():
            for name in values:
                values[name][cell.labels.get(name)] = None
        raise filters.nothing("only", found, values)
    return found


def dry_run(
    plan: Plan | Checks, folder: Path, workers: int, *, mode: str | None = None, only: Sequence[str] = ()
) -> Estimate:
    """Estimate what is left to do, or all of it for a fresh start, without making or changing a store.

    Raises
    ------
    InputError
        For conditions that no cell meets, and where the run itself would refuse the store.
    """
    asked = chosen(plan, only)
    done: set[bytes] = set()
    if mode != "new" and os.path.exists(folder / NAME):
        with Store(folder) as store:
            if mode is None:
                _refuse_changed(folder, store.declared(), plan)
            done = store.finished()
    version, cells = work.version(), [cell for cell in plan.cells() if filters.chosen(asked, cell.labels)]
    keys = (key_of(cell.text, plan.record, version) for cell in cells)
    tasks = [(key, cell.text) for key, cell in zip(keys, cells, strict=True) if key not in done]
    return estimate(plan, tasks, len(cells), workers)


def smallest(plan: Plan | Checks) -> list[str]:
    """Arguments of one small cell for each kind of run: what a host compiles. A check has none that is small."""
    if isinstance(plan, Checks):
        return []
    kinds = ("instance", "method", "oracle", "engine")
    axes = {key: values if key in kinds else values[:1] for key, values in plan.axes.items()}
    thin = replace(plan, axes=axes, declared=plan.declared | {"random": plan.declared["random"] | {"repeat": 1}})
    return list(dict.fromkeys(canonical(_shrunk(cell)) for cell in thin.cells()))


def _shrunk(cell: Cell) -> dict[str, Any]:
    small = {"n": min(cell.arguments["n"], 6), "steps": min(cell.arguments["steps"], 7), "allow_outside": True}
    return cell.arguments | small | ({"width": 4} if cell.arguments.get("width") else {})


def run(
    file: Study,
    folder: str | Path,
    *,
    workers: int,
    backend: str = "joblib",
    scheduler: str | None = None,
    mode: str | None = None,
    retry: bool = False,
    only: Sequence[str] = (),
    changes: Sequence[str] = (),
) -> Counts:
    """Run what is left of a sweep.

    Parameters
    ----------
    file : path or mapping
        The sweep file, or what it would say.
    folder : path
        Where its store is or will be.
    workers : int
        Processes on this machine.
    backend : {"joblib", "dask"}
        Who hands out cells.
    scheduler : str, optional
        Address of a running Dask scheduler.
    mode : {None, "new", "extend"}
        See `prepare`.
    retry : bool
        Run failed and damaged cells again.
    only : sequence of str
        Conditions on the cells, as in `filters.read`; the others wait.
    changes : sequence of str
        What is changed of the file, as in `overrides.changed`: it is another study, with a store of its own.

    Returns
    -------
    Counts
        Cells by state at the end.

    Raises
    ------
    InputError
        For anything that stops the sweep; rows so far stay.
    KeyboardInterrupt
        After the store was closed.
    """
    plan = read(file, changes)
    asked = chosen(plan, only)
    with prepare(Path(folder), plan, mode, retry=retry) as store, ExitStack() as stack:
        tasks = store.waiting(asked)
        before = store.counts()
        if not tasks:
            return before
        how = {
            "study": str(plan.declared.get("name", "")), "changed": ", ".join(changes), "only": ", ".join(only),
            "mode": ", ".join([mode or "", "retry" * retry]).strip(", "),
            "run": f"{len(tasks)} of {before.total} cells, {workers} worker(s), {backend}",
        }  # fmt: skip
        noted = stack.enter_context(log.Log(store.folder, store.version(), how))
        results = _outcomes(plan, tasks, workers, backend, scheduler, stack)
        progress = Progress(len(tasks), 0) if asked else Progress(before.total, before.done + before.failed)
        arguments = dict(tasks)
        try:
            for key, found, message, seconds in results:
                message = plan.as_written(message)
                store.finish(key, found, message, seconds)
                progress.add(found is None, message)
                if found is None:
                    noted.failed(arguments[key], message)
        finally:
            progress.close()
        store.settle()
        counts = store.counts()
        noted.ended(counts)
        return counts


def _outcomes(
    plan: Plan | Checks, tasks: list[local.Task], workers: int, backend: str, scheduler: str | None, stack: ExitStack
) -> Iterator[local.Outcome]:
    """Hand out cells, to hosts on which their kinds of runs are compiled."""
    if backend == "dask" or scheduler is not None:
        from sco_flat.sweeps import cluster

        connected = stack.enter_context(cluster.client(scheduler, workers))
        cluster.warm(connected, smallest(plan), plan.record)
        return cluster.outcomes(connected, tasks, plan.record)
    for text in smallest(plan):
        work.run(json.loads(text), plan.record)  # fills the compile cache for all workers
    return local.outcomes(tasks, plan.record, workers)

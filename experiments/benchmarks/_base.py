"""What a benchmark is, its rows, and how time is taken.

Seconds are CPU seconds of the process and all of its threads unless a row says wall: they move less when others use the
machine. Contenders take turns, and a ratio is the median of the rounds' ratios, so that a slow moment hits both.
"""

from __future__ import annotations

import concurrent.futures
import importlib.util
import multiprocessing
import re
import statistics
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

ROUNDS = 5
"""How often each contender runs, unless a size says otherwise; what is shown is the median."""
NEEDS = {"optax": ("jax", "optax"), "PyTorch": ("torch",), "PEPit": ("PEPit",), "Chromium": ("playwright",)}
"""Modules that a rival or a tool consists of; whoever is not named here is there."""
ABSENT, UNKNOWN = "not installed", "known on Linux alone"
"""Why a number is not there."""


class Unmeasured(Exception):
    """Something that was to be timed did not end as it should; the message is one line."""


@dataclass(frozen=True)
class Row:
    """One number.

    Attributes
    ----------
    case : str
        What was run, with its sizes.
    what : str
        ``ours``, ``RIVAL / ours`` (times as long), ``ours / triad ...``, ``exponent in T``, or another quantity.
    value : float or None
        None where it could not be measured; ``unit`` then says why.
    unit : str
        Of the value.
    most, least : float, optional
        What it must not exceed or fall below.
    """

    case: str
    what: str
    value: float | None
    unit: str
    most: float | None = None
    least: float | None = None

    @property
    def verdict(self) -> str:
        """The limit, and whether it is kept; empty without one."""
        if self.value is None or (self.most is None and self.least is None):
            return ""
        if self.most is not None:
            return f"at most {self.most:g}: {'reached' if self.value <= self.most else 'MISSED'}"
        return f"at least {self.least:g}: {'reached' if self.value >= self.least else 'MISSED'}"


@dataclass(frozen=True)
class Benchmark:
    """One file of this folder.

    Attributes
    ----------
    title : str
        What is measured, for a heading.
    measure : callable
        From the numbers of a size to rows.
    sizes : mapping
        The numbers of ``full``, ``quick`` and ``smallest``, the last a second or two for the tests.
    shown : int
        How many of its first cases the README's table has.
    """

    title: str
    measure: Callable[..., Iterable[Row]]
    sizes: Mapping[str, Mapping[str, Any]]
    shown: int = 2

    def rounds(self, size: str) -> int:
        """How often each contender runs."""
        return int(self.sizes[size].get("rounds", ROUNDS))

    def run(self, size: str) -> list[Row]:
        """All rows of a size."""
        return list(self.measure(**{"rounds": ROUNDS, **self.sizes[size]}))


def installed(name: str) -> bool:
    """Whether a rival can be imported."""
    return all(importlib.util.find_spec(module) for module in NEEDS.get(name, ()))


def seconds(call: Callable[[], Any], times: int = 1) -> float:
    """CPU seconds of one of several calls."""
    began = time.process_time()
    for _ in range(times):
        call()
    return (time.process_time() - began) / times


def median(call: Callable[[], float], rounds: int) -> float:
    """Median of what several calls return."""
    return statistics.median(call() for _ in range(rounds))


def race(
    case: str,
    ours: Callable[[], float],
    rivals: Mapping[str, Callable[[], float] | None],
    rounds: int,
    unit: tuple[str, float] = ("s", 1.0),
    limits: Mapping[str, float] | None = None,
    triads: Mapping[str, Callable[[], float]] | None = None,
    most: float | None = None,
) -> list[Row]:
    """Let all take turns.

    Parameters
    ----------
    case : str
        What is run.
    ours : callable
        Runs once, returns seconds.
    rivals : mapping
        The same of each rival, None for one that is not installed.
    rounds : int
        How often each one runs.
    unit : (str, float)
        In which our seconds are shown, and how many of it a second has.
    limits : mapping, optional
        How many times as long as ours a rival has to take at least, or ours as long as a triad at most.
    triads : mapping, optional
        What a triad needs for as many bytes as ours has to move.
    most : float, optional
        Of ours, in its unit.
    """
    calls = {"": ours, **{k: c for k, c in rivals.items() if c is not None}, **(triads or {})}
    times: dict[str, list[float]] = {name: [] for name in calls}
    for _ in range(rounds):
        for name, call in calls.items():
            times[name].append(call())
    own = times[""]
    rows = [Row(case, "ours", unit[1] * statistics.median(own), unit[0], most=most)]
    for name in rivals:
        if name not in times:
            rows.append(Row(case, f"{name} / ours", None, ABSENT))
            continue
        ratio = statistics.median(t / o for t, o in zip(times[name], own, strict=True))
        rows.append(Row(case, f"{name} / ours", ratio, "x", least=(limits or {}).get(name)))
    for name in triads or ():
        ratio = statistics.median(o / t for t, o in zip(times[name], own, strict=True))
        rows.append(Row(case, f"ours / {name}", ratio, "x", most=(limits or {}).get(name)))
    return rows


def growth(case: str, variable: str, sizes: Sequence[float], times: Sequence[float], most: float | None = None) -> Row:
    """Slope of log seconds over log size, by least squares."""
    slope = np.polyfit(np.log(np.array(sizes, dtype=float)), np.log(times), 1)[0]
    return Row(case, f"exponent in {variable}", float(slope), "", most=most)


def fresh(function: Callable[..., Any], *given: Any) -> Any:
    """Call a function of a module in a new process, whose peak memory is its own."""
    context = multiprocessing.get_context("spawn")
    with concurrent.futures.ProcessPoolExecutor(1, mp_context=context) as pool:
        return pool.submit(function, *given).result()


def peak_mebibytes() -> float | None:
    """Peak resident memory of this process, of Linux alone; `getrusage` would count what its parent had before."""
    status = Path("/proc/self/status")
    found = re.search(r"VmHWM:\s+(\d+) kB", status.read_text()) if status.exists() else None
    return None if found is None else int(found[1]) / 1024


def memory(case: str, peak: float | None, most: float | None = None) -> Row:
    """The row of a peak."""
    return Row(case, "peak memory", peak, UNKNOWN if peak is None else "MiB", most)

"""Kernels compiled side by side: each file of kernels in a process of its own, which keeps them in the cache.

Kernels of one file share their helpers, so that they are compiled together. A process that dies leaves the cache as it
was, or with one kernel more: files come into it whole, by a rename.
"""

from __future__ import annotations

import importlib
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass

from sco_flat import _cache, _jit
from sco_flat._jit import Kernel
from sco_flat._registry import entry, names
from sco_flat.engines import driver
from sco_flat.errors import InputError
from sco_flat.methods.base import no_oracle

PARTS = ("value", "gradient", "descend", "upper", "profile", "maximise")
"""Kernels of a loss."""
DRIVERS = (driver.advance, driver.replay, driver.changes, driver.backwards)
CHILD = (
    "import json, sys; sys.path[:] = json.loads(sys.argv[1]); from sco_flat import _registry, compilation; "
    "_registry.load_named(); print(compilation.compile_file(*json.loads(sys.argv[2])))"
)
"""What a process does: the path of Python may have been changed in this one."""


@dataclass(frozen=True)
class Compiled:
    """One file of kernels.

    Attributes
    ----------
    file : str
        Its module, without the name of the package.
    kernels : tuple of str
        Its kernels.
    anew : int
        How many of them were not in the cache.
    seconds : float
        How long it took.
    """

    file: str
    kernels: tuple[str, ...]
    anew: int
    seconds: float


def wanted(losses: Iterable[str], methods: Iterable[str]) -> dict[str, list[str]]:
    """Return the kernels that runs of these methods on these losses may ask for.

    Parameters
    ----------
    losses, methods : iterable of str
        Their names.

    Returns
    -------
    dict
        Names of kernels by the module that they are in, the drivers first.
    """
    rules = [entry("methods", name, "method") for name in methods]
    found = [*DRIVERS, no_oracle, *(rule.step for rule in rules)]
    oracles = any("oracle" in rule.reads for rule in rules)
    if oracles:
        found += [entry("oracles", name).maximise for name in names("oracles")]
    parts = PARTS if oracles else PARTS[:-1]
    for name in losses:
        holders = [entry("instances", name, "instance")]
        if not isinstance(getattr(holders[0], "value", None), Kernel):  # its network has the kernels
            holders += [entry("networks", network) for network in names("networks")]
        found += [getattr(holder, part, None) for holder in holders for part in parts]
    files: dict[str, list[str]] = {}
    for kernel in dict.fromkeys(k for k in found if isinstance(k, Kernel)):
        files.setdefault(kernel.__module__, []).append(kernel.dispatcher.__name__)
    return files


def compile_file(module: str, kernels: list[str]) -> str:
    """Compile kernels of one module, or load them; return in JSON how many were compiled, and the seconds."""
    began, anew = time.monotonic(), 0
    there = importlib.import_module(module)
    for name in kernels:
        anew += bool(getattr(there, name).compiled.stats.cache_misses)
    return json.dumps([anew, time.monotonic() - began])


def side_by_side(files: dict[str, list[str]], jobs: int) -> Iterator[Compiled]:
    """Compile files of kernels in processes beside this one.

    Parameters
    ----------
    files : dict
        From `wanted`.
    jobs : int
        How many processes there may be at once.

    Yields
    ------
    Compiled
        One after the other, as they are done.

    Raises
    ------
    InputError
        If there is no folder for compiled code, or a process fails.
    """
    if _cache.directory(_jit.source_key()) is None:
        raise InputError(
            "NUMBA_CACHE_DIR", os.environ.get("NUMBA_CACHE_DIR", "(unset)"), "no folder can be trusted with compiled "
            "code", "set it to a folder of yours",
        )  # fmt: skip
    with ThreadPoolExecutor(jobs) as pool:
        tasks = [pool.submit(_in_process, module, kernels) for module, kernels in files.items()]
        try:
            for task in as_completed(tasks):
                yield task.result()
        finally:
            pool.shutdown(wait=True, cancel_futures=True)


def _in_process(module: str, kernels: list[str]) -> Compiled:
    words = [sys.executable, "-c", CHILD, json.dumps(sys.path), json.dumps([module, kernels])]
    done = subprocess.run(words, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    file = module.removeprefix("sco_flat.")
    if done.returncode != 0:
        why = (done.stderr.strip().splitlines() or [f"exit code {done.returncode}"])[-1]
        raise InputError("compile", file, f"cannot be compiled ({why})", "a run of it says more with --debug")
    anew, seconds = json.loads(done.stdout)
    return Compiled(file, tuple(kernels), anew, seconds)

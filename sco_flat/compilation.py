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

from sco_flat import _cache, _jit, patience
from sco_flat._jit import Kernel
from sco_flat._registry import entry, names
from sco_flat.cores import cores
from sco_flat.engines import driver
from sco_flat.engines.simulation import DETAILED
from sco_flat.errors import InputError
from sco_flat.instances.base import Loss
from sco_flat.instances.kernels.general import no_upper
from sco_flat.methods.base import no_oracle
from sco_flat.settings import Settings

PARTS = ("value", "gradient", "descend", "upper", "profile", "maximise")
"""Kernels of a loss."""
DRIVERS = (driver.advance, driver.replay, driver.changes, driver.backwards)
CHILD = (
    "import atexit, gc, json, sys; atexit.register(gc.freeze); sys.path[:] = json.loads(sys.argv[1]); "
    "from sco_flat import _registry, compilation; _registry.load_named(); "
    "print(compilation.compile_files(json.loads(sys.argv[2])))"
)
"""What a process does: the path of Python may have been changed in this one. At its end it searches for no garbage."""


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
    found = [*DRIVERS, no_oracle, no_upper, *(rule.step for rule in rules)]
    oracles = any("oracle" in rule.reads for rule in rules)
    if oracles:
        found += [entry("oracles", name).maximise for name in names("oracles")]
    parts = PARTS if oracles else PARTS[:-1]
    for name in losses:
        holders = [entry("instances", name, "instance")]
        if not isinstance(getattr(holders[0], "value", None), Kernel):  # its network has the kernels
            holders += [entry("networks", network) for network in names("networks")]
        found += [getattr(holder, part, None) for holder in holders for part in parts]
    return _by_file(k for k in found if isinstance(k, Kernel))


def compile_files(files: dict[str, list[str]]) -> str:
    """Compile kernels, or load them; return in JSON how many were compiled, and the seconds."""
    began, anew = time.monotonic(), 0
    for module, kernels in files.items():
        there = importlib.import_module(module)
        for name in kernels:
            anew += bool(getattr(there, name).compiled.stats.cache_misses)
    return json.dumps([anew, time.monotonic() - began])


def _by_file(kernels: Iterable[Kernel]) -> dict[str, list[str]]:
    files: dict[str, list[str]] = {}
    for kernel in dict.fromkeys(kernels):
        files.setdefault(kernel.__module__, []).append(kernel.__name__)
    return files


def _words(files: dict[str, list[str]]) -> list[str]:
    """The command line of a process that compiles."""
    return [sys.executable, "-c", CHILD, json.dumps(sys.path), json.dumps(files)]


def ahead_of(instance: Loss, settings: Settings) -> None:
    """Compile what a first run needs on two cores: the loss's kernels here, drivers and method in a process beside.

    Nothing is done where the drivers or the loss are in the cache, nor where no core is free, nor in workers and
    threads: others work there.

    Parameters
    ----------
    instance, settings : Loss, Settings
        Of the run.
    """
    oracle = settings.maximiser
    loop = [driver.advance, settings.rule.step, no_oracle if oracle is None else oracle.kernel_on(instance)]
    if instance.suffixes and instance.steps <= DETAILED:
        loop.append(driver.replay)
    own = [instance.value, instance.gradient, instance.descend, instance.profile]
    if not (driver.advance.missing() and instance.gradient.missing() and a_core_is_free() and patience.in_front()):
        return
    count = len(loop)
    words = _words(_by_file(loop))
    with subprocess.Popen(
        words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as beside:
        try:
            for kernel in own:
                _ = kernel.compiled
            with patience.compiling("engines.driver", lambda: count):
                out, _ = beside.communicate()
                # a process that fails leaves its part to this one
                count = json.loads(out)[0] if beside.returncode == 0 else 0
        finally:
            beside.terminate()


def a_core_is_free() -> bool:
    """Whether a second process would have a core: on a busy machine it only costs its start."""
    return cores() > 1 and hasattr(os, "getloadavg") and os.getloadavg()[0] <= cores() - 1


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
    done = subprocess.run(
        _words({module: kernels}), stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )
    file = module.removeprefix("sco_flat.")
    if done.returncode != 0:
        why = (done.stderr.strip().splitlines() or [f"exit code {done.returncode}"])[-1]
        raise InputError("compile", file, f"cannot be compiled ({why})", "a run of it says more with --debug")
    anew, seconds = json.loads(done.stdout)
    return Compiled(file, tuple(kernels), anew, seconds)

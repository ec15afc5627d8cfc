"""What a command costs as a process: CPU seconds of it and of all processes that it waited for, and wall seconds."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence

from benchmarks._base import Row, Unmeasured

SCO_FLAT = ("-m", "sco_flat")


def spent(words: Sequence[str], cache: str | None = None) -> tuple[float, float]:
    """CPU and wall seconds of Python with these words; ``cache`` is a folder for its compiled code.

    Raises
    ------
    Unmeasured
        If it ends with another code than 0, with the last line of its standard error.
    """
    environment = os.environ | ({} if cache is None else {"NUMBA_CACHE_DIR": cache})
    with tempfile.TemporaryFile("w+") as said:
        began = time.perf_counter()
        process = subprocess.Popen([sys.executable, *words], env=environment, stdout=subprocess.DEVNULL, stderr=said)
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - began
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            said.seek(0)
            last = [*said.read().splitlines(), "nothing on standard error"][-2:][0]
            raise Unmeasured(f"{' '.join(words)}: exit code {process.returncode}: {last}")
    return usage.ru_utime + usage.ru_stime, wall


def cost(
    case: str, words: Sequence[str], rounds: int, *, cold: bool = False, most: float | None = None
) -> Iterator[Row]:
    """Rows of a command: cold, each time with an empty cache, or warm; the median leaves out the one that fills it."""
    taken = []
    for _ in range(rounds):
        if cold:
            with tempfile.TemporaryDirectory() as folder:
                taken.append(spent(words, folder))
        else:
            taken.append(spent(words))
    yield Row(case, "ours", statistics.median(cpu for cpu, _ in taken), "s", most=most)
    yield Row(case, "wall", statistics.median(wall for _, wall in taken), "s")

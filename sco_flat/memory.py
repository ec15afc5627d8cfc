"""What needs more memory than is free asks first, before its arrays are made.

Nothing is estimated here: whoever makes arrays says what they take, in bytes.
"""

from __future__ import annotations

import math
import os
from collections.abc import Callable
from pathlib import Path

from sco_flat import patience
from sco_flat.errors import InputError

UNTOLD = 2**33
"""Bytes that are taken to be there where the system tells nothing."""
SPARE = 0.9
"""Part of the free memory that one computation may take."""
SMALL = 2**26
"""Bytes that are not worth a question."""
PROC, GROUPS = Path("/proc"), Path("/sys/fs/cgroup")
"""Where Linux tells."""


def free_bytes() -> int:
    """Memory that a computation may take: the least of what the machine, its control groups and ``ulimit -v`` leave.

    Linux tells both in files. Elsewhere it is what ``os.sysconf`` calls available, or half of the physical pages; and
    `UNTOLD` where the system tells neither.
    """
    known = [found for found in (_machine(), _address_space(), *_groups()) if found is not None]
    return int(SPARE * max(min(known, default=_pages()), 0))


def _machine() -> int | None:
    """``MemAvailable`` of Linux: free pages, and those that the kernel can give back."""
    for line in _read(PROC / "meminfo").splitlines():
        name, _, value = line.partition(":")
        if name == "MemAvailable":
            return 1024 * int(value.split()[0])
    return None


def _address_space() -> int | None:
    """What ``ulimit -v`` leaves this process, where there is such a limit."""
    try:
        import resource
    except ImportError:  # not on this system
        return None
    limit = resource.getrlimit(resource.RLIMIT_AS)[0]
    held = _read(PROC / "self" / "statm").split()
    if limit == resource.RLIM_INFINITY or not held:
        return None
    return limit - int(held[0]) * resource.getpagesize()


def _groups() -> list[int]:
    """What the limits of this process's control group, and of those around it, leave; both versions."""
    left = []
    for line in _read(PROC / "self" / "cgroup").splitlines():
        _, kinds, path = [*line.split(":", 2), "", ""][:3]
        if kinds not in ("", "memory") and "memory" not in kinds.split(","):
            continue
        root = GROUPS if kinds == "" else GROUPS / "memory"
        names = ("memory.max", "memory.current", "inactive_file")
        if kinds:
            names = ("memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file")
        place = root / path.lstrip("/")
        for folder in (place, *place.parents):
            if folder != root and root not in folder.parents:
                break
            limit, used = (_read(folder / name).strip() for name in names[:2])
            if limit.isdigit() and used.isdigit():  # "max" is no limit
                left.append(int(limit) - int(used) + _cached(folder, names[2]))
    return left


def _cached(folder: Path, key: str) -> int:
    """Pages of files that a control group holds and can give back."""
    for line in _read(folder / "memory.stat").splitlines():
        name, _, value = line.partition(" ")
        if name == key and value.strip().isdigit():
            return int(value)
    return 0


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="ascii", errors="replace")
    except OSError:
        return ""


def _pages() -> int:
    """What systems without those files tell."""
    for name, share in (("SC_AVPHYS_PAGES", 1.0), ("SC_PHYS_PAGES", 0.5)):
        try:
            return int(share * os.sysconf("SC_PAGE_SIZE") * os.sysconf(name))
        except (AttributeError, ValueError, OSError):
            continue
    return UNTOLD


def ask(need: float, mend: str | Callable[[int], str]) -> None:
    """Refuse what does not fit, unless somebody said that it may be tried.

    Parameters
    ----------
    need : float
        Bytes, about.
    mend : str or callable
        What to take instead; or a function to that from the bytes that are free.

    Raises
    ------
    InputError
        If more is needed than is free, and nobody said ``--yes`` (in Python: `sco_flat.patience.unlimited`).
    """
    if need <= SMALL or patience.may_take("memory"):
        return
    have = free_bytes()
    if need > have:
        instead = mend if isinstance(mend, str) else mend(have)
        raise InputError(
            "memory", f"about {size(need)}", f"more than the {size(have)} that are free",
            f"{instead}, or say --yes (in Python: sco_flat.patience.unlimited())",
        )  # fmt: skip


def size(count: float) -> str:
    """``940 MB``, ``7.9 GB``, ``18 GB``, ``3,400 TB``, ``10^401 bytes``."""
    if count >= 1e18:
        return f"10^{round(math.log10(count))} bytes"
    for unit, scale in (("TB", 1e12), ("GB", 1e9), ("MB", 1e6)):
        if count >= scale or unit == "MB":
            return f"{count / scale:,.0f} {unit}" if count >= 10 * scale else f"{count / scale:.1f} {unit}"
    raise AssertionError


def largest(fits: Callable[[int], bool], high: int) -> int:
    """Return the largest whole number from 1 to ``high`` that fits, 0 if none does; what fits, fits if made smaller."""
    low = 0
    while low < high:
        middle = (low + high + 1) // 2
        if fits(middle):
            low = middle
        else:
            high = middle - 1
    return low


def rounded(count: int) -> int:
    """Return a large number with its first two digits alone, below it."""
    unit: int = 10 ** max(len(str(count)) - 2, 0)
    return count // unit * unit if count > 100 else count

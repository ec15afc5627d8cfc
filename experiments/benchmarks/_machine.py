"""Which machine, which versions, which commit: what a number means nothing without. No names of hosts, no paths."""

from __future__ import annotations

import importlib.metadata
import platform
import re
import subprocess
from pathlib import Path
from typing import Any

import llvmlite.binding

from sco_flat.cores import cores

PACKAGES = ("numba", "llvmlite", "numpy", "scipy", "jax", "optax", "torch", "PEPit")
LEVELS = (("avx512f", "AVX-512"), ("avx2", "AVX2"), ("avx", "AVX"), ("sse4.2", "SSE4.2"), ("neon", "NEON"))


def machine() -> dict[str, Any]:
    """Processor, cores that this process may use, and the widest vectors that LLVM finds."""
    known = llvmlite.binding.get_host_cpu_features()
    level = next((name for key, name in LEVELS if known.get(key)), "none known")
    return {"processor": _processor(), "cores": cores(), "vectors": level}


def _processor() -> str:
    table = Path("/proc/cpuinfo")
    found = re.search(r"^model name\s*: (.+)$", table.read_text(), re.MULTILINE) if table.exists() else None
    return found[1].strip() if found else platform.machine()


def versions() -> dict[str, str]:
    """Of Python and of what is installed of the packages that count."""
    found = {"python": platform.python_version()}
    for name in PACKAGES:
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    return found


def commit() -> str:
    """The commit of this checkout, with a ``+`` where what is measured has changed since; ``unknown`` without git."""
    root = Path(__file__).parents[2]
    words = (("rev-parse", "--short=10", "HEAD"), ("status", "--porcelain", "--", "sco_flat", "experiments/benchmarks"))
    try:
        said = [subprocess.run(["git", *w], cwd=root, capture_output=True, text=True, check=True).stdout for w in words]
    except (OSError, subprocess.CalledProcessError):
        return "unknown"
    return said[0].strip() + ("+" if said[1] else "")

"""The benchmarks, one file each, found by their names: ``dense.py`` declares ``BENCHMARK`` and is called ``dense``.

A benchmark measures what the package does and, alternating with it in the same process, what rivals need for the same.
Its rows name their limits where an issue has set some. Files whose names begin with an underscore are shared.
"""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any


def names() -> list[str]:
    """All benchmarks."""
    return sorted(p.stem for p in Path(__file__).parent.glob("[!_]*.py"))


def get(name: str) -> Any:
    """The benchmark of a name out of `names`, a `_base.Benchmark`."""
    return importlib.import_module(f"benchmarks.{name}").BENCHMARK

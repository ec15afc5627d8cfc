"""Flat minima and generalisation in stochastic convex optimisation.

Counterexamples of arXiv 2511.03548 (Schliserman, Vansover-Hager, Koren), compiled simulators of GD, SGD,
SA-GD and SAM on them, and the bounds that theory proves. Names load when they are first used; importing the
package compiles nothing.
"""

from __future__ import annotations

import importlib
from typing import Any

__version__ = "0.1.0"

_HOMES = {
    "run": "runs",
    "execute": "runs",
    "request_from": "requests",
    "Request": "requests",
    "Settings": "settings",
    "check": "checks",
    "Claim": "results",
    "Run": "results",
    "InputError": "errors",
    "NotApplicable": "errors",
    "draw": "samples",
    "simulate": "engines.simulation",
    "swad_window": "averages.window",
    "register": "_admission",
}
_MODULES = (
    "animations", "averages", "bounds", "comparisons", "engines", "explore", "instances", "measures", "methods",
    "oracles", "patience", "plots", "samples", "works",
)  # fmt: skip

__all__ = [*_HOMES, *_MODULES, "__version__"]


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(importlib.import_module(f"sco_flat.{_HOMES[name]}"), name)
    if name in _MODULES:
        return importlib.import_module(f"sco_flat.{name}")
    raise AttributeError(f"module 'sco_flat' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)

"""Flat minima and generalisation in stochastic convex optimisation.

Counterexamples of arXiv 2511.03548 (Schliserman, Vansover-Hager, Koren), compiled simulators of GD, SGD,
SA-GD and SAM on them, and the bounds that theory proves. Names load when they are first used; importing the
package compiles nothing.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:  # what `_HOMES` loads, once more for editors
    from sco_flat._admission import register as register
    from sco_flat.averages.window import swad_window as swad_window
    from sco_flat.checks import check as check
    from sco_flat.engines.simulation import simulate as simulate
    from sco_flat.errors import InputError as InputError
    from sco_flat.errors import NotApplicable as NotApplicable
    from sco_flat.inspection.certify import certify as certify
    from sco_flat.reports.main import reproduce as reproduce
    from sco_flat.requests import Request as Request
    from sco_flat.requests import request_from as request_from
    from sco_flat.results import Claim as Claim
    from sco_flat.results import Run as Run
    from sco_flat.runs import execute as execute
    from sco_flat.runs import run as run
    from sco_flat.samples import draw as draw
    from sco_flat.settings import Settings as Settings
    from sco_flat.sweeps.load import load as load
    from sco_flat.sweeps.swept import sweep as sweep

__version__ = "0.1.0"

_HOMES = {
    "run": "runs",
    "execute": "runs",
    "request_from": "requests",
    "Request": "requests",
    "Settings": "settings",
    "check": "checks",
    "certify": "inspection.certify",
    "reproduce": "reports.main",
    "sweep": "sweeps.swept",
    "load": "sweeps.load",
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

"""Wen, Li and Ma: three scenarios of the trace of the Hessian."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from sco_flat.works.base import Case, Work

RUNS = {"no-bias": 20, "bias": 20, "weight-decay": 20, "layer-norm-run": 10, "batch-norm-run": 10}
"""Statements about runs, and their usual dimension."""


def grid(quick: bool) -> list[Case]:
    """The checks of the report."""
    drawn = [
        Case(f"wen-li-ma.{key}", "xor", {"d": 6, "n": 20, "seed": 0}) for key in ("memoriser", "generaliser", "depth")
    ]
    found = [
        Case("wen-li-ma.floor", "random networks", {"d": 4, "n": 8}),
        *drawn,
        Case("wen-li-ma.layer-norm", "xor", {"n": 12}),
        Case("wen-li-ma.batch-norm", "S of 7 points", {"d": 8}),
        Case("wen-li-ma.complete-sets", "20 sets", {"d": 5}),
        Case("wen-li-ma.kinks", "the full cube", {"d": 4}),
        Case("wen-li-ma.small-sample", "seed 1"),
        Case("wen-li-ma.label-smoothing", "p = 1/5"),
        Case("wen-li-ma.other-labels", "s = 3", {"n": 12}),
        Case("wen-li-ma.circle", "n = 12", {"n": 12}),
    ]
    found += [
        Case(f"wen-li-ma.{key}", f"d = {d}", {"seed": seed})
        for key, d in RUNS.items()
        for seed in range(1 if quick else 3)
    ]
    if quick:
        return found
    found.append(Case("wen-li-ma.scenarios", "computed"))
    for seed in range(3):
        found += [
            Case(f"wen-li-ma.{key}", "xor", {"d": 6, "n": 24, "seed": seed}) for key in ("memoriser", "generaliser")
        ]
    found += [Case(f"wen-li-ma.{key}", "xor", {"d": 8, "n": 60}) for key in ("memoriser", "generaliser")]
    found.append(Case("wen-li-ma.complete-sets", "20 sets", {"d": 6}))
    return found


def figures() -> tuple[Any, ...]:
    """The figures of the report; matplotlib loads with them."""
    from sco_flat.works.wen_li_ma.figures import figures as own

    return own()


def errata() -> list[Any]:
    """Slips of the paper, in its order; python-flint loads with them."""
    from sco_flat.works.wen_li_ma.errata import entries

    return entries()


def certificates() -> Mapping[str, Callable[[str, Any], Any]]:
    """Certificates of flattest networks; python-flint loads with them."""
    from sco_flat.works.wen_li_ma.flattest import certificate

    return {certificate.FORMAT: certificate.recheck}


def rows() -> tuple[Any, ...]:
    """Its rows in the table of all works; python-flint loads with them."""
    from sco_flat.works.wen_li_ma.rows import rows as own

    return own()


WORK = Work(
    name="wen-li-ma",
    title="Sharpness Minimization Algorithms Do Not Only Minimize Sharpness To Achieve Better Generalization",
    citation="K. Wen, Z. Li, T. Ma, arXiv 2307.11007",
    reference="Wen, Li and Ma",
    heading="Three scenarios of the trace of the Hessian",
    introduction="Where no loss is convex, does a small trace of the Hessian mean a good network? For y = x_1 x_2 and "
    "two layers it depends on a bias: with one, a network that knows its training set alone is flattest.",
    grid=grid,
    figures=figures,
    errata=errata,
    certificates=certificates,
    rows=rows,
)

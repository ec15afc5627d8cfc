"""The work that this package began with."""

from __future__ import annotations

from typing import Any

from sco_flat.bounds.base import PAPER
from sco_flat.works.base import Case, Work
from sco_flat.works.flat_minima import upper
from sco_flat.works.worst_cases import Printed


def grid(quick: bool) -> list[Case]:
    """The checks of the report."""
    from sco_flat.works.flat_minima.grid import cases

    return cases(quick)


def figures() -> tuple[Any, ...]:
    """The figures of the report; matplotlib loads with them."""
    from sco_flat.works.flat_minima.figures import figures as own

    return own()


def errata() -> list[Any]:
    """Slips of the paper, in its order; python-flint loads with them."""
    from sco_flat.works.flat_minima.errata import entries

    return entries()


def gaps() -> list[Any]:
    """Upper against lower bounds."""
    from sco_flat.works.flat_minima.gaps import table

    return table()


def counterexamples() -> tuple[Any, ...]:
    """Runs that end badly, to be disturbed."""
    from sco_flat.works.flat_minima.counterexamples import counterexamples as own

    return own()


def rows() -> tuple[Any, ...]:
    """Its rows in the table of all works; python-flint loads with them."""
    from sco_flat.works.flat_minima.rows import rows as own

    return own()


WORK = Work(
    name="flat-minima",
    title="Flat Minima and Generalization: Insights from Stochastic Convex Optimization",
    citation="M. Schliserman, S. Vansover-Hager, T. Koren, arXiv 2511.03548",
    reference=PAPER,
    heading="Flat minima and generalisation: eight theorems, measured",
    introduction="Flat minima of the empirical risk are believed to generalise, and sharpness-aware methods are built "
    "to find them; in stochastic convex optimisation, Schliserman, Vansover-Hager and Koren construct losses on which "
    "a flat minimum generalises badly and on which SA-GD and SAM walk into one.",
    every_sample=((upper.theorem2, "saer"), (upper.theorem5, "empirical_risk")),
    stability=(upper.stability_paper,),
    transfer=(upper.risk_paper,),
    risk=(upper.theorem4, upper.theorem8),
    sharpens={
        "regret_sharper": "regret lemma of Theorem 2",
        "sa_gd_sharper": "Theorem 2",
        "sam_sharper": "Theorem 5",
        "stability_trajectory": "stability lemma of Theorems 4 and 8",
        "stability_sharper": "stability lemma of Theorems 4 and 8",
        "sa_gd_stability_trajectory": "stability lemma of Theorem 4",
        "sa_gd_stability": "stability lemma of Theorem 4",
        "sa_gd_risk": "Theorem 4",
        "risk_sharper": "stability to generalisation",
        "risk_a_priori.sa-gd": "Theorem 4",
        "risk_a_priori.sam": "Theorem 8",
        "risk_one_more.sa-gd": "Theorem 4",
        "risk_one_more.sam": "Theorem 8",
        "risk_trajectory": "Theorems 4 and 8",
    },
    grid=grid,
    figures=figures,
    proved=(
        ("flat-minima.1", {"n": 20, "flatness_radius": "0..1/2"}),
        ("flat-minima.3", {"n": 20, "steps": 1000, "step_size": "1/10..1", "flatness_radius": "0..1/10"}),
        (
            "flat-minima.3",
            {"n": 20, "steps": 1000, "step_size": "1/10..1", "flatness_radius": "0..1/10", "preset": "robust"},
        ),
        ("flat-minima.6", {"start": "1/100"}),
        ("flat-minima.7", {"n": 20, "steps": 1000, "step_size": "1/24..4"}),
        ("flat-minima.7", {"n": 1000, "steps": 1000, "step_size": "1/24..4"}),
    ),
    worst_cases=(
        Printed("flat-minima.2", "sagd", upper.theorem2),
        Printed("flat-minima.5", "sam", upper.theorem5),
        Printed("flat-minima.lemma", "lemma", upper.regret_lemma, "the regret lemma"),
    ),
    errata=errata,
    gaps=gaps,
    counterexamples=counterexamples,
    rows=rows,
)

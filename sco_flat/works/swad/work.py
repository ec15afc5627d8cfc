"""SWAD: seeking flat minima by averaging."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from sco_flat.works.base import Case, Work

MISSED = (
    (64, Fraction(1, 8), Fraction(1, 5)),
    (64, Fraction(1, 8), Fraction(3, 10)),
    (256, Fraction(1, 16), Fraction(1, 5)),
)
"""T, q and rho of the walks of the report."""


def grid(quick: bool) -> list[Case]:
    """The checks of the report."""
    found = [Case("swad.window", "three valleys and random ones", {"traces": 100 if quick else 1000})]
    found.append(Case("swad.theorem3", "sagd-blocks"))
    for steps, q, rho in MISSED:
        found.append(Case("swad.miss", f"T = {steps}, rho = {rho}", {"steps": steps, "q": q, "flatness_radius": rho}))
    found.append(Case("swad.chain", "sam-chain"))
    found.append(Case("swad.valley", "sam-valley"))
    found.append(Case("swad.valley-sagd", "sagd-valley"))
    found.append(Case("swad.plateau", "noise in 50 dimensions"))
    found += [Case("swad.complexity", "flat-erm", {"n": n}) for n in ((8,) if quick else (8, 20))]
    found.append(Case("swad.theorem1", "10 weights, a million examples"))
    found.append(Case("swad.theorem2", "10 weights, a million examples"))
    if not quick:
        found += [Case("swad.domains", "six domains"), Case("swad.domains", "nothing overfits", {"case": "calm"})]
        found.append(Case("swad.theorem3", "sagd-blocks, rho = 0.3", {"flatness_radius": 0.3}))
        found.append(Case("swad.theorem3", "sagd-blocks, T = 256", {"steps": 256}))
        found.append(Case("swad.chain", "sam-chain, n = 8", {"n": 8, "steps": 256}))
        found += [Case("swad.valley", f"sam-valley, n = {n}", {"n": n, "steps": 160}) for n in (4, 6, 8)]
        found += [Case("swad.valley-sagd", f"sagd-valley, n = {n}", {"n": n, "steps": 64}) for n in (4, 6, 8)]
    return found


def errata() -> list[Any]:
    """Slips of the paper; python-flint loads with them."""
    from sco_flat.works.swad.errata import ENTRIES

    return list(ENTRIES)


def rows() -> tuple[Any, ...]:
    """Its rows in the table of all works; python-flint loads with them."""
    from sco_flat.works.swad.rows import rows as own

    return own()


def figures() -> tuple[Any, ...]:
    """The figures of the report; matplotlib loads with them."""
    from sco_flat.works.swad.figures import figures as own

    return own()


WORK = Work(
    name="swad",
    title="SWAD: Domain Generalization by Seeking Flat Minima",
    citation="J. Cha et al., arXiv 2102.08604",
    reference="Cha et al.",
    heading="SWAD: averages of a window",
    introduction="Averaging the iterates of a valley is said to find flat minima, and these to generalise. On SA-GD's "
    "walk every window can be answered exactly: an average is safe where it stops early, and SWAD does so as often as "
    "its validation set sees the bad column.",
    grid=grid,
    errata=errata,
    rows=rows,
    figures=figures,
)

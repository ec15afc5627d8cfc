"""F2M: flat local minima by parameter noise and a clamp."""

from __future__ import annotations

from typing import Any

from sco_flat.works.base import Case, Work


def grid(quick: bool) -> list[Case]:
    """The checks of the report."""
    found = [Case("f2m.clamp", "sagd-blocks"), Case("f2m.blind", "flat-erm")]
    if not quick:
        found += [
            Case("f2m.clamp", "sagd-blocks, T = 256", {"steps": 256}),
            Case("f2m.blind", "flat-erm", {"width": 10}),
            Case("f2m.sessions", "Gaussian classes, six seeds"),
            Case("f2m.sessions", "as released", {"variant": "released", "epochs": 6, "step_size": 0.01, "seeds": 2}),
        ]
    return found


def errata() -> list[Any]:
    """What the released code does otherwise; python-flint loads with them."""
    from sco_flat.works.f2m.errata import ENTRIES

    return list(ENTRIES)


WORK = Work(
    name="f2m",
    title="Overcoming Catastrophic Forgetting in Incremental Few-Shot Learning by Finding Flat Minima",
    citation="G. Shi et al., arXiv 2111.01549",
    reference="Shi et al.",
    heading="F2M: noise and a box",
    introduction="Noise on the weights is to find flat minima, and a clamp to stay in them. On two of our losses both "
    "can be answered exactly: the noise does not tell the bad flat minimum from the good one, and the box is safe only "
    "inside the flat ball. Its own setting, sessions of new classes, is run in small.",
    grid=grid,
    errata=errata,
)

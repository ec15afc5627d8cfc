"""SWAD on the chain on which every suffix of SAM is bad: it stops before the chain begins, whatever it is fed with.

Why: the loss is as good as zero at w_1 and at w_2, where SAM has only chosen the bad column, and from w_3 on it is not,
on the sample neither, since the chain keeps F_S at a small constant. So ``l = (r/Ns) (L_0 + .. + L_{Ns-1})`` is about
``(r/3) L_2``, below everything that follows as long as ``r < 3``: the valley ends at w_2. Theorem 7 is about suffixes,
and ``w_1, w_2`` is a prefix. In floats; what is said of the windows is read off the trace, not proved.
"""

from __future__ import annotations

from sco_flat.averages.options import RULE
from sco_flat.engines.simulation import simulate
from sco_flat.requests import Request
from sco_flat.results import Claim, claim
from sco_flat.works.base import Statement, build, hypothesis_claims
from sco_flat.works.flat_minima.theorem7 import STATEMENT as SUFFIXES
from sco_flat.works.swad.fed import FED, SOURCE, beside, losses, outcomes


def largest_tolerance(trace: list[float]) -> float:
    """R below which a valley that begins at checkpoint 0 ends at 1: ``Ns min(L_2 .. L_{1+Ne}) / (L_0 + .. )``."""
    n_start, n_end = RULE["n_start"], RULE["n_end"]
    return float(n_start * min(trace[2 : 2 + n_end]) / sum(trace[:n_start]))


def claims(request: Request) -> list[Claim]:
    """Both traces, all windows, and the risks beside those of every suffix."""
    loss = build(request, STATEMENT)
    ran = simulate(loss, request.sample(loss), request.settings, request.seed)
    found = hypothesis_claims(SUFFIXES.hypotheses(loss))
    columns = float(len(ran.layout.sample.event.columns))
    found.append(claim("exactly one bad column", "hypothesis", columns, "==", 1.0, SOURCE))
    enough = 3.0 + RULE["n_end"]  # at w_T the chain has nowhere to go, and F_S is 0
    found.append(claim("T >= 3 + Ne: it sees the end", "hypothesis", float(loss.steps), ">=", enough, SOURCE))
    if any(c.verdict == "fails" for c in found):
        return found
    for name in FED:
        limit = f"fed with {name}: the tolerance below which the valley ends at w_2"
        found.append(claim(limit, "dynamics", largest_tolerance(losses(ran, name)), ">", RULE["tolerance"], SOURCE))
    for (name, mode), out in outcomes(ran).items():
        label = f"fed with {name}, {mode}"
        found.append(
            claim(f"{label}: it ends at checkpoint", "conclusion", float(out.window.end or 0), "==", 1.0, SOURCE)
        )
        found.append(beside(f"{label}: F of its mean", out.risk[1], "<", ran, SUFFIXES))
    found.append(beside("F of the full average", ran.look(ran.average).population_risk[0], ">=", ran, SUFFIXES))
    return found


STATEMENT = Statement(
    key="swad.chain",
    title="SAM's chain",
    text="SWAD on SAM's chain ends at w_2, fed with F_S too: below every suffix average (measured)",
    instance="sam-chain",
    method="sam",
    defaults=SUFFIXES.defaults,
    claims=claims,
    hypotheses=SUFFIXES.hypotheses,
    needs=SUFFIXES.needs,
    event="one",
)

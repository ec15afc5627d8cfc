"""What SWAD does in a valley that widens, for SAM and for SA-GD.

Why the sample does not stop it: ``b`` is a cycle of two that decays along the valley, so that F_S swings about its
mean, and of two losses in a row one stays below ``l = r times`` their mean. The smallest of Ne = 6 is then never above
l: the window never ends, and a window that never ends is a suffix, of which the theorem says that F is of the order of
``eta r² T``. The risk itself grows with x, and ends it early. By the text ``l = r L_s`` with L_s as good as 0, and the
window ends at once, whatever it is fed with. In floats; what is said of the windows is read off the trace, not proved.
"""

from __future__ import annotations

from sco_flat.engines.simulation import simulate
from sco_flat.requests import Request
from sco_flat.results import Claim, claim
from sco_flat.works.base import Statement, build, hypothesis_claims
from sco_flat.works.swad.fed import SOURCE, Outcome, beside, losses, outcomes


def swing(trace: list[float], start: int) -> float:
    """The largest smaller one of two losses in a row, from a checkpoint on."""
    return max(min(pair) for pair in zip(trace[start:], trace[start + 1 :], strict=False))


def _never(found: dict[tuple[str, str], Outcome], trace: list[float]) -> list[Claim]:
    """Fed with F_S the rule never ends, and why."""
    window = found["F_S", "algorithm"].window
    name = "F_S: the largest smaller one of two losses in a row <= l"
    listed = [claim(name, "dynamics", swing(trace, window.start or 0), "<=", window.threshold or 0.0, SOURCE)]
    for mode in ("algorithm", "released"):
        ended = float(found["F_S", mode].window.ended)
        listed.append(claim(f"fed with F_S, {mode}: it ends", "conclusion", ended, "==", 0.0, SOURCE))
    return listed


def about(request: Request, statement: Statement, suffixes: Statement) -> list[Claim]:
    """All windows of a run, and their risks beside those of every suffix."""
    loss = build(request, statement)
    ran = simulate(loss, request.sample(loss), request.settings, request.seed)
    found = hypothesis_claims(statement.hypotheses(loss))
    columns = float(len(ran.layout.sample.event.columns))
    found.append(claim("exactly one bad column", "hypothesis", columns, "==", 1.0, SOURCE))
    if any(c.verdict == "fails" for c in found):
        return found
    reached = outcomes(ran)
    found += _never(reached, losses(ran, "F_S"))
    suffix = reached["F_S", "algorithm"]
    found.append(beside("fed with F_S, algorithm: F of its mean, a suffix", suffix.risk[0], ">=", ran, suffixes))
    for key in (("F_S", "text"), ("F", "algorithm"), ("F", "text"), ("F", "released")):
        out, label = reached[key], f"fed with {key[0]}, {key[1]}"
        ends = f"{label}: the checkpoint at which it ends, against T - 1"
        found.append(claim(ends, "conclusion", float(out.window.end or 0), "<", loss.steps - 1.0, SOURCE))
        found.append(beside(f"{label}: F of its mean", out.risk[1], "<", ran, suffixes))
    return found

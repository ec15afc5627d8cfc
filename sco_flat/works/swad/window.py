"""The window rule, in its three versions: the fast function against the words, in fractions."""

from __future__ import annotations

from fractions import Fraction

import numpy as np

from sco_flat.averages.window import Window, swad_window
from sco_flat.results import Claim
from sco_flat.works.exact import Exact, Number, exactly
from sco_flat.works.swad.rules import RULES

SOURCE = "Cha et al."
N_START, N_END, TOLERANCE = 3, 6, Fraction(13, 10)
VALLEYS = (
    "5 4 3 2 1 1.1 1.05 1.1 1.2 1.1 1.3 1.5 1.6 1.7 1.8 1.9 2 2.1 2.2 2.3",
    "1 1.1 1.2 1.15 1.1 1.2 1.25 1.2 1.5 1.6 1.7 1.8 1.9 2 2.1",
    "15 14 13 12 11 10 9 8 7 6 5 4 3 2 1",
)
"""Down and up; up only, with a start at 0; down only."""


def differs(found: Window, wanted: Window) -> bool:
    """Whether two windows are not the same; thresholds up to rounding."""
    if (found.start, found.end, found.ended, found.weights) != (wanted.start, wanted.end, wanted.ended, wanted.weights):
        return True
    one, other = found.threshold, wanted.threshold
    return (one is None) != (other is None) or (one is not None and abs(one - (other or 0.0)) > 1e-14 * abs(one))


def decide(seed: int, traces: int) -> list[Claim]:
    """Three traces and random ones; and the rules of the paper against each other."""
    valleys = [[Fraction(v) for v in line.split()] for line in VALLEYS]
    found = []
    for mode, rule in RULES.items():
        wrong = sum(
            differs(swad_window([float(v) for v in valley], N_START, N_END, float(TOLERANCE), mode),
                    rule(valley, N_START, N_END, TOLERANCE))
            for valley in valleys
        )  # fmt: skip
        found.append(exactly(f"{mode}: wrong windows of the three valleys", wrong, "==", 0, SOURCE))
    rng = np.random.default_rng(seed)
    wrong, ends = 0, [0, 0]
    for _ in range(traces):
        ns, ne = int(rng.integers(1, 6)), int(rng.integers(1, 9))
        # deep ones, in which a single loss is below the threshold, and flat ones, in which many are equal to it
        base, rough = int(rng.choice([1, 4, 12])), int(rng.choice([2, 8]))
        shape = base + np.abs(np.arange(30) - rng.integers(30)) // rng.integers(1, 5) + rng.integers(0, rough, 30)
        losses = [Fraction(int(v)) for v in shape]
        for mode, rule in RULES.items():
            one = swad_window([float(v) for v in losses], ns, ne, 1.25, mode)
            wrong += differs(one, rule(losses, ns, ne, Fraction(5, 4)))
        both = [RULES[mode](losses, ns, ne, Fraction(5, 4)) for mode in ("algorithm", "text")]
        if both[0].ended:
            ends[0] += 1
            ends[1] += both[0].end != both[1].end
    note = f"{traces} valleys; {ends[1]} of {ends[0]} that end by the algorithm do so elsewhere by the text"
    return [*found, exactly("wrong windows of random valleys, all rules", wrong, "==", 0, SOURCE, note)]


STATEMENT = Exact(
    key="swad.window",
    title="Algorithm 1",
    text="SWAD's window in three versions: the algorithm, the text, the released code; they are not the same",
    numbers={"seed": Number(0, 0, 2**32 - 1), "traces": Number(100, 1, 10**5)},
    decide=decide,
)

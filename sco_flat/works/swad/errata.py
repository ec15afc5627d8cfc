"""Where the paper's text and its code say something else than its algorithm, each with what it computes."""

from __future__ import annotations

from fractions import Fraction

from sco_flat.results import Claim
from sco_flat.works.errata import Erratum, exact
from sco_flat.works.swad.rules import RULES
from sco_flat.works.swad.window import N_END, N_START, TOLERANCE, VALLEYS

SOURCE = "Cha et al., section 3.2"
CODE = "Cha et al., released code"
Pair = tuple[Claim, Claim]


def _losses(place: int) -> list[Fraction]:
    return [Fraction(v) for v in VALLEYS[place].split()]


def _end() -> Pair:
    losses = _losses(0)
    printed, true = (RULES[mode](losses, N_START, N_END, TOLERANCE) for mode in ("text", "algorithm"))
    assert printed.end is not None
    assert true.end is not None
    level = TOLERANCE * sum(losses[4 : 4 + N_START], Fraction(0)) / N_START
    name = "the loss at the end t_e of the first valley, against l of the algorithm"
    return (
        exact(f"{name}: t_e of the text", losses[printed.end], "<=", level, SOURCE),
        exact(f"{name}: t_e of the algorithm", losses[true.end], "<=", level, SOURCE),
    )


def _weights() -> Pair:
    weights = RULES["released"](_losses(1), N_START, N_END, TOLERANCE).weights or {}
    uniform = RULES["released"](_losses(0), N_START, N_END, TOLERANCE).weights or {}
    name = "how often a segment of the window enters the mean, at most"
    return (
        exact(f"{name}: the second valley", max(weights.values()), "==", 1, CODE),
        exact(f"{name}: the first valley", max(uniform.values()), "==", 1, CODE),
    )


ENTRIES = (
    Erratum(
        "s1",
        "arXiv 2102.08604, section 3.2 against Algorithm 1",
        "the window ends at the first t with min L_t .. L_{t+Ne-1} > r L_{t_s}",
        "Algorithm 1 ends with the checkpoint before, and its threshold is r times the mean of Ns losses",
        "false",
        _end,
        "sco-flat check swad.window",
    ),
    Erratum(
        "s2",
        "arXiv 2102.08604, released code against Algorithm 1",
        "the mean of the iterates of the window, each once",
        "so it is where the valley begins late; where it begins at once, segments enter two and three times",
        "false",
        _weights,
        "sco-flat check swad.window",
    ),
)

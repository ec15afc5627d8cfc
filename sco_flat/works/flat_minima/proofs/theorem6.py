"""Theorem 6, exactly: SAM at 0, or from a positive start, in rational numbers.

From 0 the gradient is 0 and SAM stays (0/0 = 0): ``F_S^r(0) - F_S^r(-½) = ½ r²`` for ``r <= ½``. From ``e > 0`` the
first step goes to ``e (1 - eta) - eta r``; where that is at most 0 SAM stays, ``r + w = (1 - eta)(e + r)``, and every
average lies between. Every quantity is monotone in each number, so that the ends of a box are enough.
"""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from itertools import product

from sco_flat.proofs.balls import decide_exactly
from sco_flat.proofs.base import Constant, Provable
from sco_flat.proofs.question import Question
from sco_flat.results import Claim
from sco_flat.samples import Sample
from sco_flat.works.flat_minima.rechecks.theorem6 import theorem6 as recheck

SOURCE = "Theorem 6"
HALF = Fraction(1, 2)
CURVATURES = (Fraction(0), Fraction(1))
"""Of ``½ [w]_+²``: the values of f''."""


def hypotheses(question: Question) -> list[tuple[Claim, str]]:
    """``r, rho <= ½``, and from a positive start ``eta <= 1`` and ``e (1 - eta) <= eta r``."""
    e = question.evidence
    found = [
        (decide_exactly("r <= 1/2", "hypothesis", _radius(question), "<=", HALF, SOURCE, e), "radius"),
        (
            decide_exactly("rho <= 1/2", "hypothesis", question.flatness_radius, "<=", HALF, SOURCE, e),
            "flatness-radius",
        ),
    ]
    if _start(question):
        name = "eta <= 1"
        found.append(
            (decide_exactly(name, "hypothesis", question.step_size, "<=", 1, f"{SOURCE}, sharper", e), "step-size")
        )
        second = [_start(question) * (1 - eta) - eta * r for eta, r in product(question.step_size, _radius(question))]
        value = (min(second), max(second))
        name = "w_2 = e (1 - eta) - eta r <= 0"
        found.append((decide_exactly(name, "hypothesis", value, "<=", 0, f"{SOURCE}, sharper", e), "start"))
    return found


def _radius(question: Question) -> tuple[Fraction, Fraction]:
    return question.perturbation_radius or (HALF, HALF)


def _start(question: Question) -> Fraction:
    return Fraction(question.options.get("start", 0))


def walk(start: Fraction, eta: Fraction, radius: Fraction, steps: int) -> Fraction:
    """Run SAM on ``½ [w]_+²`` for two steps at most: under the hypotheses it rests after the first one."""
    w = start
    for _ in range(min(steps - 1, 2)):
        direction = 1 if w > 0 else 0  # the normalised gradient; 0/0 counts as 0
        moved = w - eta * max(w + radius * direction, Fraction(0)) * direction
        if moved == w:
            break
        w = moved
    return w


def claims(question: Question, sample: Sample | None) -> list[Claim]:
    """Evaluate the walk and its SAER; the sample does not enter."""
    e, start, radius = question.evidence, _start(question), _radius(question)
    found = [c for c, _ in hypotheses(question)]
    inside = all(c.verdict == "proved" for c in found)
    found += [
        decide_exactly(name, "hypothesis", CURVATURES, relation, bound, SOURCE, e)  # type: ignore[arg-type]
        for name, relation, bound in (("f is convex and f >= 0: f'' >= 0", ">=", 0), ("smoothness <= 1", "<=", 1))
    ]
    steepest = (max(CURVATURES) * 1,) * 2  # f' grows from 0 at w <= 0 on, up to w = 1
    found.append(decide_exactly("Lipschitz constant on [-1, 1] <= 1", "hypothesis", steepest, "<=", 1, SOURCE, e))
    pairs = list(product(question.step_size, radius))
    last = [walk(start, eta, r, question.steps) for eta, r in pairs]
    farthest = (start, max(start, *map(abs, last)))
    norm = decide_exactly("|w_t| <= 1 for every t, no projection", "dynamics", farthest, "<=", 1, SOURCE, e)
    found.append(norm if inside else replace(norm, verdict="undecided", value=None, enclosure=None))
    if not start:
        value = (min(last), max(last))
        found.append(decide_exactly("w_T from w_1 = 0", "dynamics", value, "==", 0, SOURCE, e, "0/0 counts as 0"))
        gaps = [
            (max(w + r, Fraction(0)) ** 2 - max(r - HALF, Fraction(0)) ** 2 - r**2) / 2
            for w, (_, r) in zip(last, pairs, strict=True)
        ]
        name = "F_S^r(w_t) - F_S^r(w*) - r²/2 = 0 for every t"
        found.append(decide_exactly(name, "conclusion", (min(gaps), max(gaps)), "==", 0, SOURCE, e))
        return found
    source = f"{SOURCE}, sharper: positive start"
    room = [(max(w + r, Fraction(0)) ** 2 - (1 - eta) ** 2 * r**2) / 2 for w, (eta, r) in zip(last, pairs, strict=True)]
    name = "F_S^r(w_t) - (1 - eta)² r²/2 >= 0 for every t"
    holds = all(c.verdict == "proved" for c in found)
    value = (min(room), max(room))
    conclusion = decide_exactly(name, "conclusion", value, ">=", 0, source, e)
    if not holds:
        conclusion = Claim(name, "conclusion", e, "undecided", None, None, ">=", source, "outside the hypotheses")
    return [*found, conclusion]


PROVABLE = Provable(
    hypotheses=hypotheses,
    claims=claims,
    recheck=recheck,
    largest_radius="1/2",
    constants={"start": Constant(1, zero=True)},
)

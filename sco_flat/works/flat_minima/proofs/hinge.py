"""What Theorems 1 and 3 ask of their losses ``½ [xi_z - rho]_+²``, decided from the weights in xi_z.

``xi_z = |A P_z w|`` with A diagonal and ``P_z`` a projection on a cone: it is convex, and f is convex and not negative
where no weight is negative. With a for the largest weight, ``grad f = A^T (1 - rho/xi)_+ A P_z w`` has the Lipschitz
constant ``a²``, at most ``a [a - rho]_+`` on the unit ball as its length, and f is 0 on the ball of radius rho where
``a <= 1``.
"""

from __future__ import annotations

from sco_flat.proofs.balls import Ball, ball, decide
from sco_flat.proofs.question import Question, Side
from sco_flat.results import Claim, Relation


def loss_claims(question: Question, smallest: Ball, largest: Ball, source: str) -> list[Claim]:
    """Convexity, sign, smoothness, Lipschitz constant and flatness, from the ends of the weights."""
    zero, one = ball(0), ball(1)
    steep = largest * (largest - ball(question.flatness_radius[0])).max(zero)  # largest where rho is smallest

    def item(name: str, value: Ball, relation: Relation, bound: Ball, side: Side = "both") -> Claim:
        return decide(name, "hypothesis", value, relation, bound, source, question.evidence, side=side)

    return [
        item("f is convex and f >= 0: smallest weight >= 0", smallest, ">=", zero),
        item("smoothness <= 1", largest * largest, "<=", one),
        item("Lipschitz constant on the unit ball <= 1", steep, "<=", one, "high"),
        item("f = 0 within rho of 0: largest weight <= 1", largest, "<=", one),
    ]

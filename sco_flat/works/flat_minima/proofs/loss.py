"""What Theorem 7 asks of the chain's loss.

f is half a sum of squares of positive parts of affine functions with the factors 1 and gamma: convex and not negative
where gamma is not. Its Hessians are at most ``1 + B^T B + gamma v v^T``: B has the chain's rows ``x_j - delta_j
x_{j-1}``, whose ``B^T B`` is tridiagonal and bounded by Gershgorin's circles, and ``|v_z|² <= m + 1``. Where all of z
is 1 and the coupling is positive, gamma ``(m + 1)`` is attained along v. At ``w = v/|v|`` the gradient is ``gamma (|v|
+ delta_1) v``; on the unit ball it is at most ``|grad f(0)|`` and the smoothness long. All losses are 0 at ``-delta_1
e_b``.
"""

from __future__ import annotations

from sco_flat.proofs.balls import Ball, ball, decide
from sco_flat.proofs.question import Question
from sco_flat.results import Claim
from sco_flat.works.flat_minima.proofs.constants import Constants

SOURCE = "Theorem 7"
PRINTED = 6
"""The paper's smoothness and Lipschitz constant."""


def loss_claims(question: Question, c: Constants) -> list[Claim]:
    """Convexity and sign, smoothness, Lipschitz constant, and a common minimum in the unit ball."""
    one, columns = ball(1), question.width + 1
    delta_1 = c.delta_1 * c.reach / c.eta
    circles = c.delta_2 * c.delta_2 + c.delta_2
    for before, after in ((c.delta_2, c.delta_3), (c.delta_3, c.delta), (c.delta, c.delta)):
        circles = circles.max(1 + after * after + before + after)
    coupling = c.gamma * columns
    smooth = coupling.max(one).lower().union((1 + circles + coupling).upper())
    slope = c.gamma * delta_1 * ball(columns).sqrt()
    steep = (coupling + slope).lower().union((smooth + slope).upper())

    def item(name: str, value: Ball, relation: str, bound: Ball) -> Claim:
        return decide(name, "hypothesis", value, relation, bound, SOURCE, question.evidence)  # type: ignore[arg-type]

    return [
        item("f is convex and f >= 0: smallest factor >= 0", c.gamma.min(one), ">=", ball(0)),
        item("smoothness <= 6", smooth, "<=", ball(PRINTED)),
        item("Lipschitz constant on the unit ball <= 6", steep, "<=", ball(PRINTED)),
        item("f = 0 at -delta_1 e_b in the unit ball: delta_1 <= 1", delta_1, "<=", one),
    ]

"""The family's event, the loss and the first step of SAM in the valley.

*Event.* Given n distinct examples, ``A_i`` is bad with probability ``p0 = C(N-n, N/2)/C(N, N/2)``, independently in i.
For all n: ``p0`` falls with n (by ``2^-n`` at least), ``M p0 >= 1``, ``(1 - p0)^(M-1) >= (1 - p0)^(1/p0)``, which falls
with p0, and ``prod (1 - k/N) >= 1 - n(n-1)/(2N) >= 1/2``.

*Loss.* A sum of squared distances to convex sets with weights: convex, non-negative, and on every coordinate the
weights (times squared normals) add up to the smoothness. ``w* = -e_a/2 - kappa sum_i u_i`` has residuals below 0 in
every term: for orthonormal codes ``kappa = min(h r sqrt(eta T)/2, 1/(2 sqrt M))``, for signs, whose ``k_x`` is
positive, ``kappa = 0``.

*First step.* At 0 the start term alone has a gradient, ``lam dl (e_a + 1_S/n)``, so that the ascent point is ``a' = 1,
y' = 1/n`` on S in units of ``r/om``. There the residual of R_i is ``th (1/2 - k)/n`` with ``k = |A_i n S|`` (th of the
loss, which is th/n here), which is eps1 for the bad column and at most -eps1 otherwise. The projection on half-space I
lowers the residual of R_j by ``eps1 (sig² + th² |A_I n A_j| + <u_I, u_j>)/nn``.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Protocol

from sco_flat.proofs.balls import Ball, ball, decide, decide_exactly, product
from sco_flat.proofs.question import Question, Span
from sco_flat.results import Claim
from sco_flat.works.valley.proofs.design import Design, Numbers, root

EVENT = "P(n distinct examples and exactly one bad column), mean over the families >= 9/50"
LEAST_N = 4
MANY = 200
"""From this n on p0 is bounded by 2^-n instead of written out."""


def bad_share(n: int) -> Fraction:
    """``p0``: the probability that a frozen set misses n distinct examples."""
    top = bottom = 1
    for k in range(n):
        top *= n * n // 2 - k
        bottom *= n * n - k
    return Fraction(top, bottom)


def family_size(n: int) -> int:
    """``M = ceil(1/p0)``, n >= 2."""
    share = bad_share(n)
    return -(-share.denominator // share.numerator)


class Asked(Protocol):
    """What the event reads of the numbers."""

    question: Question
    all: bool


def event(numbers: Asked) -> Ball:
    """Its probability; for all n at once from below."""
    if numbers.all:
        worst = ball(bad_share(LEAST_N))
        return ball(Fraction(1, 2)) * ((-worst).log1p() / worst).exp()
    n = numbers.question.n
    distinct = ball(1)
    for k in range(1, n):
        distinct *= ball(Fraction(n * n - k, n * n))
    if n > MANY:  # 1 <= M p0 <= 1 + p0, and (M-1) log(1 - p0) is -1 up to p0
        small = Fraction(1, 2**MANY)
        return distinct * ball(1, 1 + small) * ball(-1 - small, -1 + small).exp()
    share = bad_share(n)
    size = family_size(n)
    return distinct * ball(share) * size * ((-ball(share)).log1p() * (size - 1)).exp()


def event_claim(numbers: Numbers, source: str) -> Claim:
    """The event has a probability that does not fall with n."""
    side = "low" if numbers.all else "both"
    if numbers.question.n < 1 + numbers.question.n % 2:
        return Claim(EVENT, "hypothesis", numbers.question.evidence, "undecided", None, None, ">=", source, "n < 2")
    value = event(numbers)
    return decide(EVENT, "hypothesis", value, ">=", ball(Fraction(9, 50)), source, numbers.question.evidence, "", side)  # type: ignore[arg-type]


def smoothness(x: Numbers) -> Span:
    """Largest sum of the weights on a coordinate, exactly."""
    d = x.design
    found = []
    for c2, gam in zip(x.c2_span, x.gam_span, strict=True):
        cone = gam * (1 + c2 / 8) if x.flat else gam
        pushed = d.mu * d.normal
        found.append(max(2 + c2, 1 + c2 + cone + pushed, pushed + 2 * d.lam, cone))
    return found[0], found[1]


def loss_claims(x: Numbers, source: str) -> list[Claim]:
    """Convexity, smoothness, the common flat minimum."""
    e, d = x.question.evidence, x.design
    least = [min(Fraction(1), gam, d.mu, d.lam) for gam in x.gam_span]
    found = [
        decide_exactly(
            "f is convex and f >= 0: smallest weight of a squared distance", "hypothesis", (least[0], least[1]), ">=",
            0, source, e,
        ),
        decide_exactly("smoothness <= 3", "hypothesis", smoothness(x), "<=", 3, source, e),
    ]  # fmt: skip
    radius = root(product(x.s2, x.c2))
    dl = product(x.eta, radius, ball(d.lam * d.dl))
    less, within = (", less r/8", radius / 8) if x.flat else ("", ball(0))
    margins = {
        f"R{less}": (ball(d.sig / 2) + product(x.tau_r, radius)) / ball(d.normal).sqrt() - within,
        f"the start{less}": (ball(Fraction(1, 2)) - dl) / ball(2).sqrt() - within,
    }
    if x.flat:
        share = root(x.s2) / 8
        margins["the cone, less r/8, times sqrt(eta T)"] = ball(Fraction(1, 2)) / ball(8).sqrt() / x.length - share
        margins["V, less r/8, over r"] = ball(d.h) / (1 + x.c2).sqrt() - ball(Fraction(1, 8))
        margins["K, less rho, over r sqrt(eta T)"] = ball(x.t * d.reach)
    else:
        kept = Fraction(1, 2) if x.t == 0 else Fraction(1)  # kappa takes half of h at most
        margins["the slab, over eta r/n²"] = ball(d.tau * d.mu * d.th / 2) / x.om
        margins["V, over r"] = ball(d.h * kept) / (1 + x.c2).sqrt()
        margins["K, over its share"] = ball(Fraction(1) if x.t == 0 else x.t * d.reach)
    for name, value in margins.items():
        relation = ">=" if name.startswith("K, less") else ">"
        full = f"w* is a common flat minimum: margin of {name}"
        found.append(decide(full, "hypothesis", value, relation, ball(0), source, e))  # type: ignore[arg-type]
    longest = Fraction(1, 2) if x.flat or x.t == 0 else Fraction(1, 4)
    found.append(decide_exactly("|w*|² <= 1", "hypothesis", (longest, longest), "<=", 1, source, e))
    return found


class Start(Protocol):
    """What the first step reads of the numbers."""

    question: Question
    design: Design
    t: Fraction

    @property
    def nu(self) -> Ball:
        """``1/n``."""

    @property
    def eta(self) -> Ball:
        """``eta``."""

    @property
    def vth(self) -> Ball:
        """``eta (1 + gam)``."""

    @property
    def c2(self) -> Ball:
        """``c²``."""

    @property
    def tau_r(self) -> Ball:
        """``tau_R/r``."""

    @property
    def pull(self) -> Ball:
        """``a_2`` without the part of R, in units of ``-eta lam r``."""


def first_step(x: Start, source: str) -> list[Claim]:
    """The only column that answers is the bad one, and from w_2 on the start and R are silent."""
    e, d, zero = x.question.evidence, x.design, ball(0)
    bad, other = d.th * Fraction(1, 2), d.th * Fraction(1 - 2, 2)  # k = 0 and k = 1, in units of r/(n² om)
    unit = d.th / 2
    tilt = x.t
    found = [
        decide_exactly(
            "w'_1: residual of R_I, in units of eps1", "dynamics", (bad / unit,) * 2, "==", 1, source, e,
        ),
        decide_exactly(
            "w'_1: largest other residual of R, in units of eps1", "dynamics", (other / unit,) * 2, "<=", -1, source, e,
        ),
        decide_exactly(
            "projection on R_I lowers the others: sig² - |<u_i,u_j>|", "dynamics", (d.sig**2 - tilt,) * 2, ">", 0,
            source, e,
        ),
        decide_exactly("|b_2| / tau", "dynamics", (1 / d.tau,) * 2, "==", 2, source, e),
        decide_exactly("share of a frozen set: P_z(z in A_I)", "dynamics", (Fraction(1, 2),) * 2, "==", Fraction(1, 2),
                       source, e),
    ]  # fmt: skip
    om2 = 1 + x.nu
    start = ball(d.dl) - product(x.pull, om2)
    dead = 1 + x.vth - x.tau_r - product(x.eta, ball(d.lam), x.pull, ball(d.sig) - ball(d.th) * x.nu)
    average = ball(d.dl) - product(1 - product(x.eta, x.c2), x.pull, om2)
    for name, value in (
        ("start term of S at w_2, over eta lam r", start),
        ("start term of S at the full average, over eta lam r", average),
        ("R from w_2 on: largest residual over r", dead),
    ):
        found.append(decide(name, "dynamics", value, "<", zero, source, e, "", "high"))
    return found

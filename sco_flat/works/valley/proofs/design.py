"""Numbers of SAM's valley, as balls and as fractions: of a question, or all admissible ones at once.

Lengths are in units of r, B and tau beside them in units of ``eta r``; ``c² = 1/(eta T)``, so that ``eta c² = 1/T``
and ``X`` in units of ``r sqrt(eta T)`` is ``c X`` in units of r. In these units r enters through ``r² eta T`` alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property

from sco_flat.proofs.balls import Ball, ball, product
from sco_flat.proofs.question import Question, Span

ALL = "all"
"""The scope of a proof for all numbers within the hypotheses at once."""
SCOPES = ("given", ALL)
CODES = ("orthonormal", "signs")
STEEPEST = Fraction(6, 25)
"""Largest ``eta (1 + gam)``."""
LARGEST_REACH = Fraction(49, 25)
"""Largest ``r² eta T``."""
LEAST_TIME = {False: Fraction(16), True: Fraction(32)}
"""Smallest ``eta T``, without the coordinate q and with it."""


@dataclass(frozen=True)
class Design:
    """The constants of the loss that are free of its numbers.

    Attributes
    ----------
    sig, th, mu, lam : Fraction
        As in the loss, th times n.
    h : Fraction
        In units of r.
    tau, dl : Fraction
        As shares of ``eta mu eps1`` and of ``eta lam r``.
    reach : Fraction
        ``k_x / (t r sqrt(eta T))``.
    """

    sig: Fraction = Fraction(3, 2)
    th: Fraction = Fraction(1)
    mu: Fraction = Fraction(1, 4)
    lam: Fraction = Fraction(1, 2)
    h: Fraction = Fraction(1, 4)
    tau: Fraction = Fraction(1, 2)
    dl: Fraction = Fraction(1, 2)
    reach: Fraction = Fraction(63, 100)

    @property
    def normal(self) -> Fraction:
        """Squared length nn of a normal of R."""
        return 1 + self.sig**2 + self.th**2 / 2


def span_product(*spans: Span) -> Span:
    """Product of ranges of non-negative numbers."""
    low = high = Fraction(1)
    for a, b in spans:
        low, high = low * a, high * b
    return low, high


def root(value: Ball) -> Ball:
    """Root of a ball of numbers that are not negative, whatever its rounding reaches below 0."""
    low = value.lower().max(ball(0)).sqrt()
    return low if value.upper() <= 0 else low.union(value.upper().sqrt())


class Numbers:
    """What the inequalities read.

    Parameters
    ----------
    question : Question
        The numbers.
    design : Design
        The constants.
    flat : bool
        Whether the loss has the coordinate q: then ``gam = eta/8``.
    """

    def __init__(self, question: Question, design: Design, flat: bool) -> None:
        self.question, self.design, self.flat = question, design, flat
        self.all = question.options.get("scope", SCOPES[0]) == ALL
        self.t = Fraction(0) if question.options.get("codes", CODES[0]) == CODES[0] else Fraction(1, 8)

    @cached_property
    def gam_span(self) -> Span:
        """``gam``, exactly."""
        if self.flat:
            low, high = self.eta_span
            return low / 8, high / 8
        if self.all:
            return Fraction(0), Fraction(1)
        own = Fraction(self.question.options.get("gamma", 1))
        return own, own

    @cached_property
    def eta_span(self) -> Span:
        """``eta``, exactly."""
        return (Fraction(0), STEEPEST) if self.all else self.question.step_size

    @cached_property
    def c2_span(self) -> Span:
        """``c² = 1/(eta T)``, exactly."""
        if self.all:
            return Fraction(0), 1 / LEAST_TIME[self.flat]
        low, high = self.question.step_size
        return 1 / (high * self.question.steps), 1 / (low * self.question.steps)

    @cached_property
    def s2_span(self) -> Span:
        """``r² eta T``, exactly."""
        return (Fraction(0), LARGEST_REACH) if self.all else reach_squared(self.question)

    @cached_property
    def eta(self) -> Ball:
        """``eta``."""
        return ball(*self.eta_span)

    @cached_property
    def gam(self) -> Ball:
        """``gam``."""
        return ball(*self.gam_span)

    @cached_property
    def vth(self) -> Ball:
        """``eta (1 + gam)``."""
        if self.all:
            return ball(0, STEEPEST)
        return product(self.eta, 1 + self.gam)

    @cached_property
    def share(self) -> Ball:
        """``eta/vth = 1/(1 + gam)``."""
        low, high = self.gam_span
        return ball(1 / (1 + high), 1 / (1 + low))

    @cached_property
    def nu(self) -> Ball:
        """``1/n``."""
        return ball(0, Fraction(1, 4)) if self.all else ball(Fraction(1, self.question.n))

    @cached_property
    def c2(self) -> Ball:
        """``c²``."""
        return ball(*self.c2_span)

    @cached_property
    def s2(self) -> Ball:
        """``r² eta T``."""
        return ball(*self.s2_span)

    @cached_property
    def rest(self) -> Ball:
        """``(1 - 1/T)^(t-2)`` at t = T."""
        if self.all:
            return ball(-1).exp().union(ball(1))
        return self._power(self.question.steps - 2)

    @cached_property
    def mean(self) -> Ball:
        """``(1 - 1/T)^(T-1) - 1/T``: the full average of ``1 - (1 - 1/T)^(t-2)``, t >= 2, from below."""
        if self.all:
            return (ball(-1).exp() - ball(STEEPEST / LEAST_TIME[self.flat])).union(ball(1))
        return self._power(self.question.steps - 1) - ball(Fraction(1, self.question.steps))

    def _power(self, exponent: int) -> Ball:
        steps = self.question.steps
        if steps == 1:
            return ball(0)
        return ((-ball(1) / steps).log1p() * max(exponent, 0)).exp()

    @cached_property
    def rho(self) -> Ball:
        """``rho / (r sqrt(eta T))``."""
        if self.all:
            return ball(0).union(self.c2.upper().sqrt() / 8)
        size = self.question.flatness_radius if self.flat else margin_of(self.question)
        return ball(*size) / root(self.s2)

    @cached_property
    def om(self) -> Ball:
        """``sqrt(1 + 1/n)``."""
        return (1 + self.nu).sqrt()

    @cached_property
    def eps1(self) -> Ball:
        """``eps1/r``."""
        return product(ball(self.design.th / 2), self.nu, self.nu) / self.om

    @cached_property
    def tau(self) -> Ball:
        """``tau/(eta r)``."""
        return ball(self.design.tau * self.design.mu) * self.eps1

    @cached_property
    def tau_r(self) -> Ball:
        """``tau_R/r``."""
        return (ball(self.design.sig) - product(ball(self.design.th / 2), self.nu, self.nu)) / self.om

    @cached_property
    def pull(self) -> Ball:
        """``a_2`` without the part of R, in units of ``-eta lam r``: ``om + dl/r``."""
        return self.om + product(self.eta, ball(self.design.lam * self.design.dl))

    @cached_property
    def w2(self) -> Ball:
        """``th'²`` of the coordinate q; 0 without it."""
        return self.c2 / 8 if self.flat else ball(0)

    @cached_property
    def length(self) -> Ball:
        """``l = sqrt(1 + th'²)``."""
        return (1 + self.w2).sqrt()

    @cached_property
    def top(self) -> Ball:
        """``H_2/r``."""
        return 1 / self.length - ball(self.design.h)

    @cached_property
    def floor(self) -> Ball:
        """``H_t/r`` from below: ``H + vth r`` shrinks by ``1 - 1/T`` at most."""
        return product(self.top, self.rest) - product(self.vth, 1 - self.rest)

    @cached_property
    def risen(self) -> Ball:
        """``c X_t/r`` from above."""
        return product(self.top + self.vth, 1 - self.rest)


def reach_squared(question: Question) -> Span:
    """``r² eta T``, exactly: 1 where r is ``auto``."""
    radius = question.perturbation_radius
    if radius is None:
        return Fraction(1), Fraction(1)
    return span_product(radius, radius, question.step_size, (Fraction(question.steps),) * 2)


def margin_of(question: Question) -> Span:
    """What stands for rho in the population's penalty where there is no flat ball."""
    return (Fraction(question.options.get("margin", 0)),) * 2


def eighth(question: Question, rho: Span) -> Span:
    """``(8 rho/r)²``, exactly."""
    if question.perturbation_radius is None:
        inverse = span_product(question.step_size, (Fraction(question.steps),) * 2)
    else:
        low, high = question.perturbation_radius
        inverse = (1 / high**2, 1 / low**2)
    return span_product((Fraction(64),) * 2, rho, rho, inverse)

"""SAM in the valley on one sample, in balls and from the loss: all terms at every iterate and at its ascent point.

By symmetry a run from 0 has one value of y on the sample, one on the missed set ``A_I`` and 0 elsewhere, and b and x
along ``u_I``: six numbers with q. A term is ``(weight/2) [<v, w> + level]_+²``. At every w_t one term alone is active,
so that the ascent direction is its normal, without a quotient. Which terms are active at the ascent point is decided in
balls; with them the step is affine, and its matrix is made before it meets the point, so that balls do not grow.
Half-spaces of other sets are bounded: ``|<u_i, u_I>| <= t``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import reduce

from sco_flat.patience import track
from sco_flat.proofs.balls import Ball, answer, ball, decide, product
from sco_flat.results import Claim, Relation
from sco_flat.samples import Sample
from sco_flat.works.valley.drawn import sets
from sco_flat.works.valley.proofs.counts import overlaps
from sco_flat.works.valley.proofs.design import CODES, Numbers

A, SEEN, MISSED, B, X, Q = range(6)
"""Places: a, y on the sample, y on the missed set, b and x along its code, q."""
START, FAR, SLAB, WALL = range(4)
"""Terms: the start, R for the missed set, the slab, V for it."""
RISKS = tuple(f"F / (eta r² T) of {point}" for point in ("the last iterate", "the full average", "the lowest suffix"))
Point = list[Ball]


class Lost(Exception):
    """A sign is not certain, or the run is another one than the theorem's."""


@dataclass(frozen=True)
class Term:
    """``(weight/2) [<v, w> + level]_+²``; v by its coordinates, each of them standing for several."""

    weight: Ball
    normal: Point
    level: Ball


@dataclass(frozen=True)
class Step:
    """A step of SAM as an affine map, for the terms that are active at the ascent point."""

    matrix: list[Point]
    shift: Point


@dataclass
class Walk:
    """A run, and the extremes of what it rests on, in units of r unless said otherwise."""

    points: list[Point]
    extremes: dict[str, Ball]


class Run:
    """Numbers of the loss, and the run.

    Parameters
    ----------
    x : Numbers
        Of the question.
    drawn : Sample
        With one missed set.
    """

    def __init__(self, x: Numbers, drawn: Sample) -> None:
        d, n = x.design, x.question.n
        shared = overlaps(sets(x.question), drawn.codes)
        self.least, self.most = (int(k) for k in (shared[shared > 0].min(), shared.max()))
        self.x, self.n, self.steps, self.t = x, n, x.question.steps, ball(x.t)
        self.counts = [1, n, n * n // 2, 1, 1, 1]
        self.eta, self.r, self.c = x.eta, (x.s2 * x.c2).sqrt(), x.c2.sqrt()
        self.th, om = ball(d.th / n), (1 + ball(Fraction(1, n))).sqrt()
        self.top = (ball(d.sig) - self.th / (2 * n)) * self.r / om
        self.lam, self.mu, self.sig = ball(d.lam), ball(d.mu), ball(d.sig)
        self.dl = product(self.eta, self.lam, self.r) * ball(d.dl)
        self.eps1 = self.th * self.r / (2 * n * om)
        self.tau = product(self.eta, self.mu, self.eps1) * ball(d.tau)
        self.h, self.lift = self.r * ball(d.h), x.w2.sqrt() if x.flat else ball(0)
        self.k_x = self.t * ball(d.reach) * self.r / self.c
        self.rho, self.gam = x.rho * self.r / self.c, x.gam
        self.cached: dict[tuple[tuple[int, ...], int], Step] = {}

    def terms(self, side: int) -> list[Term]:
        """All four, on the side of b."""
        zero, one, sign = ball(0), ball(1), ball(side)
        return [
            Term(self.lam, [one, one / self.n, zero, zero, zero, zero], self.dl),
            Term(self.mu, [self.sig, zero, -self.th, one, zero, zero], -self.top),
            Term(self.gam, [zero, zero, zero, sign, zero, self.lift], -self.tau),
            Term(one, [zero, zero, zero, sign, -self.c, zero], -self.h),
        ]

    def residual(self, term: Term, point: Sequence[Ball]) -> Ball:
        """``<v, w> + level``."""
        return sum((k * v * p for k, v, p in zip(self.counts, term.normal, point, strict=True)), term.level)

    def step(self, active: tuple[int, ...], side: int, push: Point) -> Step:
        """The map of a step whose ascent point is ``w + push``."""
        if (active, side) not in self.cached:
            matrix = [[ball(int(i == j)) for j in range(6)] for i in range(6)]
            shift = [ball(0)] * 6
            for term in (self.terms(side)[k] for k in active):
                rest = self.residual(term, push)
                for i in range(6):
                    pull = product(self.eta, term.weight) * term.normal[i]
                    shift[i] -= pull * rest
                    for j in range(6):
                        matrix[i][j] -= pull * self.counts[j] * term.normal[j]
            self.cached[active, side] = Step(matrix, shift)
        return self.cached[active, side]

    def walk(self) -> Walk:
        """All iterates from 0.

        Raises
        ------
        Lost
            Where a sign is not certain.
        """
        point, found = [ball(0)] * 6, Walk([], {})
        for t in track(range(1, self.steps + 1), self.steps, "steps in balls"):
            found.points.append(point)
            if t == self.steps:
                break
            side = 1 if t == 1 else _sign(point[B])
            terms, lone = self.terms(side), START if t == 1 else SLAB
            self._rests(found, point, terms, lone)
            normal = terms[lone].normal
            length = sum((k * v * v for k, v in zip(self.counts, normal, strict=True)), ball(0)).sqrt()
            push = [self.r * v / length for v in normal]
            there = [p + v for p, v in zip(point, push, strict=True)]
            active = tuple(k for k in range(4) if _positive(self.residual(terms[k], there)))
            self._ascent(found, there, terms, active, side, t)
            step = self.step(active, side, push)
            point = [
                sum((row[j] * point[j] for j in range(6)), shift)
                for row, shift in zip(step.matrix, step.shift, strict=True)
            ]
        return found

    def _rests(self, found: Walk, point: Point, terms: list[Term], lone: int) -> None:
        """At w_t one term alone is active."""
        values = [self.residual(term, point) for term in terms]
        if [k for k in range(4) if _positive(values[k])] != [lone]:
            raise Lost("another term than the expected one is active")
        if lone == SLAB:
            _keep(found, "least", "slab at w_t, t >= 2, over eta r", values[SLAB] / (self.eta * self.r))
            _keep(found, "most", "V_I at w_t, t >= 2", values[WALL] / self.r)
            _keep(found, "most", "start term of S at w_t, t >= 2, over eta lam r",
                  values[START] / product(self.eta, self.lam, self.r))  # fmt: skip
        _keep(found, "most", "|w_t|²", self.squared(point))

    def _ascent(self, found: Walk, there: Point, terms: list[Term], active: tuple[int, ...], side: int, t: int) -> None:
        """Other half-spaces are at rest, and no nearest point is an apex."""
        base = self.sig * there[A] - self.top
        if not there[MISSED] >= 0:  # it lowers the other residuals, by at most all of it
            raise Lost("y on the missed set is negative")
        others = [self.t * abs(there[B]) + base - self.th * k * there[SEEN] for k in (self.least, self.most)]
        largest = others[0].max(others[1])
        if _positive(largest):
            raise Lost("another half-space of R is active")
        if t == 1:
            _keep(found, "most", "R of other sets at w'_1, over eps1", largest / self.eps1)
            if active != (START, FAR):
                raise Lost("at the first ascent point other terms are active than the start and R")
            return
        if active != (SLAB, WALL):
            raise Lost("at an ascent point other terms are active than the slab and V")
        _keep(found, "most", "R at w'_t, t >= 2", largest.max(self.residual(terms[FAR], there)) / self.r)
        excess = self.residual(terms[WALL], there)
        across = abs(there[B]) - excess / (1 + self.c * self.c)
        along = self.c * there[X] + self.c * self.c * excess / (1 + self.c * self.c)
        _keep(found, "least", "V_I at w'_t, t >= 2", excess / self.r)
        _keep(found, "least", "b at the projection on V_I", across / self.r)
        _keep(found, "most", "V_i at the projection", (self.t * (across + along) - self.h) / self.r)
        _keep(found, "most", "K_z of the sample, times c", self.c * (self.t * there[X] - self.k_x) / self.r)
        if self.x.flat:
            edge = self.lift * self.lift * abs(there[B]) - self.lift * there[Q] + self.tau
            _keep(found, "least", "slab at w'_t: room before its apex", edge / self.r)

    def squared(self, point: Point) -> Ball:
        """``|w|²``."""
        return sum((k * p * p for k, p in zip(self.counts, point, strict=True)), ball(0))

    def averages(self, points: list[Point]) -> list[tuple[Ball, Ball]]:
        """Population and empirical risk of every suffix average, the last iterate's first, over ``eta r² T``.

        The average of points where V, R and the sample's K_z are at rest is such a point.
        """
        total, found, unit = [ball(0)] * 6, [], self.r * self.r / self.x.c2
        for count, point in enumerate(reversed(points), 1):
            total = [s + p for s, p in zip(total, point, strict=True)]
            felt, risk = self.risks([s / count for s in total])
            found.append((risk / unit, felt / unit))
        return found

    def risks(self, point: Point) -> tuple[Ball, Ball]:
        """Empirical and population risk of an average."""
        size = self.n * self.n
        thick = self.gam / 2 * _square(abs(point[B]) + self.lift * point[Q] - self.tau)
        starts = [_square(point[A] + y + self.dl) for y in (point[SEEN], point[MISSED], ball(0))]
        shares = [Fraction(self.n, size), Fraction(1, 2), Fraction(1, 2) - Fraction(self.n, size)]
        fresh = sum((ball(p) * s for p, s in zip(shares, starts, strict=True)), ball(0))
        far = _square(point[X] - self.k_x - self.rho) / 4
        return thick + self.lam / 2 * starts[0], far + thick + self.lam / 2 * fresh


def _square(value: Ball) -> Ball:
    """``[value]_+²``."""
    return value.max(ball(0)) ** 2


def _sign(value: Ball) -> int:
    if value > 0 or value < 0:
        return 1 if value > 0 else -1
    raise Lost("the sign of b is not certain")


def _positive(value: Ball) -> bool:
    if value > 0 or value <= 0:
        return bool(value > 0)
    raise Lost("whether a term is active is not certain")


def _keep(found: Walk, which: str, name: str, value: Ball) -> None:
    known = found.extremes.get(name)
    found.extremes[name] = value if known is None else known.min(value) if which == "least" else known.max(value)


LIMITS: dict[str, tuple[Relation, int]] = {
    "slab at w_t, t >= 2, over eta r": (">", 0),
    "V_I at w_t, t >= 2": ("<=", 0),
    "start term of S at w_t, t >= 2, over eta lam r": ("<=", 0),
    "|w_t|²": ("<=", 1),
    "R of other sets at w'_1, over eps1": ("<=", 0),
    "R at w'_t, t >= 2": ("<=", 0),
    "V_I at w'_t, t >= 2": (">", 0),
    "b at the projection on V_I": (">", 0),
    "V_i at the projection": ("<=", 0),
    "K_z of the sample, times c": ("<=", 0),
    "slab at w'_t: room before its apex": (">", 0),
}
"""What the run rests on: the largest or the smallest value along it."""


def claims(x: Numbers, drawn: Sample, known: list[Claim], suffix: str, empirical: str) -> list[Claim]:
    """The run, and the risks that it reaches.

    Parameters
    ----------
    x : Numbers
        Of the question.
    drawn : Sample
        Of the run.
    known : list of Claim
        Hypotheses: where one is not proved, the conclusion is open.
    suffix, empirical : str
        Names of the conclusions for every suffix average.
    """
    e, source = x.question.evidence, "Theorem S2" if x.flat else "Theorem S1"
    least = Fraction(1, 80) if x.question.options.get("codes", CODES[0]) == CODES[0] else Fraction(1, 190)
    names = [f"{name} >= 1/{least.denominator}" for name in (suffix, *RISKS)]
    broken, found = next((c.name for c in known if c.verdict != "proved"), ""), list[Claim]()
    run, walk = None, None
    if not broken:
        try:
            run = Run(x, drawn)
            walk = run.walk()
        except Lost as lost:
            broken = str(lost)
    if run is not None and walk is not None:
        for name, value in walk.extremes.items():
            relation, bound = LIMITS[name]
            found.append(decide(f"run: {name}", "dynamics", value, relation, ball(bound), source, e))
        broken = next((c.name for c in found if c.verdict != "proved"), "")
    if broken or run is None or walk is None:
        note = f"it rests on {broken}"
        open_: list[tuple[str, Relation]] = [*((name, ">=") for name in names), (empirical, "<=")]
        return found + [Claim(name, "conclusion", e, "undecided", None, None, r, source, note) for name, r in open_]
    both = run.averages(walk.points)
    risks = [risk for risk, _ in both]
    lowest = reduce(lambda a, b: a.min(b), risks)
    place = next(k for k, risk in enumerate(risks) if answer(risk, ">", lowest) != "proved")
    note = f"lowest at tau = {len(risks) - place}"
    for name, value in zip(names, (lowest, risks[0], risks[-1], lowest), strict=True):
        side = "low" if name.startswith(suffix) else "both"
        found.append(decide(name, "conclusion", value, ">=", ball(least), source, e, note, side))  # type: ignore[arg-type]
    unit = x.gam * x.vth * x.vth * x.c2 / 2
    felt = reduce(lambda a, b: a.max(b), [value for _, value in both]) / unit
    return [*found, decide(empirical, "conclusion", felt, "<=", ball(1), source, e)]


def trajectory(x: Numbers, drawn: Sample | None) -> dict[str, list[Ball]]:
    """Enclosures along the missed set's code, and of the last iterate; nothing is walked for every sample.

    Returns
    -------
    dict
        ``b``, ``x`` and ``q`` of every iterate; ``final``: what is not 0 at the end.
    """
    if drawn is None:
        return {}
    points = Run(x, drawn).walk().points
    final = [value for value in points[-1] if value != 0]
    return {name: [p[place] for p in points] for name, place in (("b", B), ("x", X), ("q", Q))} | {"final": final}

"""Convexity by cvxpy's rules; smoothness and Lipschitz constants as operator norms, bracketed in balls."""

from __future__ import annotations

import functools
import itertools
from dataclasses import replace
from typing import Any

import flint
import numpy as np
from numpy.typing import NDArray

from sco_flat.engines.layout import Layout, Look
from sco_flat.instances.base import Curvature, Loss
from sco_flat.patience import track
from sco_flat.proofs.balls import Ball, decide, endpoints, precision
from sco_flat.results import Claim, Verdict, claim
from sco_flat.samples import generator
from sco_flat.traits import CONVEX, objection

POINTS = 8
EXAMPLES = 4
"""Random examples, beside all zeros and all ones."""
WINDOW = 400
"""Length of the truncated matrices whose eigenvectors give the lower end."""
GAP = 1e-10
"""Relative width at which the search for the largest eigenvalue stops."""


def convexity(instance: Loss, *, seed: int = 0, points: int = POINTS) -> list[Claim]:
    """Certify convexity by the rules of disciplined convex programming; hold the expression against loss and kernel.

    Parameters
    ----------
    instance : Loss
        Its ``loss_cvxpy`` is what the rules are applied to.
    seed : int
        Of the examples and points.
    points : int
        Number of random points at which the values are compared, for each example.

    Returns
    -------
    list of Claim
        One ``symbolic`` claim, ``proved`` where the rules certify every expression and ``undecided`` elsewhere (they
        refute nothing), and two ``float`` claims on the values.
    """
    import cvxpy

    from sco_flat.instances.distances import slacks, value_of

    reason = objection((CONVEX,), instance.facts())
    rng = generator(seed)
    w = cvxpy.Variable(instance.dimension)
    worst = {"the loss": 0.0, "the kernel": 0.0}
    certified, joint = 0, False
    chosen = instance.trials(rng, EXAMPLES)
    if reason is None and instance.loss_cvxpy(w, chosen[0]) is None:
        reason = f"{instance.name} is not declared in cvxpy's grammar"
    if reason is not None:
        return [
            Claim(
                "f(., z) is convex", "hypothesis", "symbolic", "not applicable", None, None, "==",
                "disciplined convex programming", reason,
            )
        ]  # fmt: skip
    for z in track(chosen, len(chosen), "examples"):
        expression = instance.loss_cvxpy(w, z)
        joint = joint or bool(slacks(expression))
        certified += bool(expression.is_dcp() and expression.is_convex())
        for k in range(points):
            point = _point(instance, rng, k)
            w.value = point
            value = value_of(expression)
            others = {"the loss": instance.loss(point, z), "the kernel": _kernel(instance, z, point)}
            for name, other in others.items():
                worst[name] = max(worst[name], _difference(value, other))
    verdict: Verdict = "proved" if certified == len(chosen) else "undecided"
    how = f"{len(chosen)} examples, the extreme ones among them"
    if joint:
        how += "; distances are least values over slacks >= 0, in which the expression is convex, too"
    claims = [
        Claim(
            "f(., z) is convex", "hypothesis", "symbolic", verdict, float(certified), float(len(chosen)), "==",
            "disciplined convex programming", how,
        )
    ]  # fmt: skip
    # sums of d terms, a square root, a difference and a square: a few roundings for each term
    allowed = 16.0 * (instance.dimension + 4) * float(np.finfo(float).eps)
    note = f"largest relative difference at {points} points for each of {len(chosen)} examples"
    claims += [
        claim(f"the expression has the value of {name}", "hypothesis", found, "<=", allowed, "rounding", note=note)
        for name, found in worst.items()
    ]
    return claims


def _point(instance: Loss, rng: np.random.Generator, k: int) -> NDArray[np.float64]:
    """A point where all terms count, or only those of one block, of first entries and b, or of b."""
    w = rng.standard_normal(instance.dimension)
    if not instance.has_blocks or k % 4 == 0:
        return w
    point = np.zeros(instance.dimension)
    if k % 4 == 1:
        block = int(rng.integers(instance.m)) * instance.length
        point[block : block + instance.length] = w[block : block + instance.length]
        point[-1] = -abs(w[-1])
        return point
    # around the thresholds of the blocks and of b, so that shifts far below 1 are seen, too
    if k % 4 == 2:
        first = rng.uniform(-2.0, -0.5, instance.m) * float(instance.wake_at)
        point[:-1].reshape(instance.m, instance.length)[:, 0] = first
        point[-1] = w[-1]
    else:
        point[-1] = rng.uniform(-0.5, 2.0) * abs((instance.flat_minimum() or {}).get("b", 0.0) or 1.0)
    return point


def _kernel(instance: Loss, z: Any, w: NDArray[np.float64]) -> float:
    """F_S of the compiled kernel on a sample that repeats one example."""
    return Look(Layout(instance, instance.repeated(z), np.arange(instance.m)), w.copy()).empirical_risk


def _difference(left: float, right: float) -> float:
    largest = max(abs(left), abs(right))
    return abs(left - right) / largest if largest else 0.0


def smoothness(instance: Loss, *, precision: int = 200) -> list[Claim]:
    """Bracket the smoothness and Lipschitz constants and hold the stated ones against them.

    Setting
        Every ``f(., z)``; the unit ball for the Lipschitz constant.
    Guarantee
        Every Hessian is at most the matrix of ``instance.curvature()``, whose norm has its upper end from the pivots
        of ``L I - M`` and its lower end from a Rayleigh quotient, both in balls. A stated constant below the lower end
        ``fails``.

    Parameters
    ----------
    instance : Loss
        What states the constants.
    precision : int
        Bits of the balls.

    Returns
    -------
    list of Claim
        Evidence ``symbolic``; ``value`` is the upper end (the lower one where the claim fails), ``enclosure`` both.
    """
    with _bits(precision):
        curvature = instance.curvature()
        if curvature is None:
            reason = f"{instance.name} declares no bound on its Hessians"
            name, source = "smoothness <= the stated one", "operator norm, in balls"
            return [Claim(name, "hypothesis", "symbolic", "not applicable", None, None, "<=", source, reason)]
        low, high = block_norm(curvature)
        extra = flint.arb(flint.fmpq(curvature.extra.numerator, curvature.extra.denominator))
        beta = low, (high + extra).upper()
        steep = _slope(instance, curvature, beta[1])
        source = "operator norm, in balls"
        claims = [
            _decide("smoothness <= the stated one", beta, instance.smoothness, source, "largest Hessian"),
            _decide(
                "Lipschitz constant on the unit ball <= the stated one", steep, instance.lipschitz, source,
                "|grad f(w)| <= |grad f(0)| + beta |w|, or sharper",
            ),
        ]  # fmt: skip
        names = {"smoothness": "smoothness", "lipschitz": "Lipschitz constant on the unit ball"}
        values = {"smoothness": (beta, "largest Hessian"), "lipschitz": (steep, "")}
        sharper = [
            _decide(f"{names[key]} <= {bound:g} ({text})", values[key][0], bound, source, values[key][1])
            for key, bound, text in instance.remarks()
        ]
        claims += [c for c in sharper if c.verdict == "proved"]  # other constants may be larger
    return claims


_bits = precision  # the name is a parameter above


def _decide(name: str, ends: tuple[Ball, Ball], bound: float, source: str, note: str) -> Claim:
    low, high = ends
    limit = flint.arb(float(bound))
    found = decide(name, "hypothesis", low.union(high), "<=", limit, source, "symbolic", note)
    # a ball that holds both ends is wider than they are: its radius has 30 bits
    verdict: Verdict = "proved" if high <= limit else "fails" if low > limit else "undecided"
    ends = endpoints(low)[0], endpoints(high)[1]
    value = float(low if verdict == "fails" else high)
    return replace(found, verdict=verdict, value=value, bound=float(bound), enclosure=ends)


def block_norm(curvature: Curvature) -> tuple[Ball, Ball]:
    """Bracket the largest eigenvalue of the tridiagonal matrix of a `Curvature`, without ``extra``.

    Returns
    -------
    lower, upper : Ball
        Exact numbers: a Rayleigh quotient rounded down, and an L for which all pivots of ``L I - M`` are positive.
    """
    scales, links = [[flint.arb(float(x)) for x in part] for part in (curvature.scales, curvature.links)]
    diagonal = [s * s for s in scales]
    beside = [-link for link in links]
    for j, link in enumerate(links):
        diagonal[j] += link * link
        diagonal[j + 1] += 1
    floats, squares = [float(x) for x in diagonal], [float(x) ** 2 for x in beside]
    lower = _rayleigh(diagonal, beside)
    if not any(squares):
        return lower, _largest(diagonal)
    low = max(floats)
    high = low + 2.0 * max(abs(float(x)) for x in beside)  # Gershgorin
    while high - low > GAP * high:
        middle = 0.5 * (low + high)
        if _positive_pivots([middle - x for x in floats], squares):
            high = middle
        else:
            low = middle
    exact_squares = [x * x for x in beside]
    for widen in (1e-12, 1e-10, 1e-8, 1e-6):
        upper = flint.arb(high * (1.0 + widen))
        if _positive_pivots([upper - x for x in diagonal], exact_squares):
            return lower, upper
    zero = [flint.arb(0)]
    rows = [x + abs(a) + abs(b) for x, a, b in zip(diagonal, beside + zero, zero + beside, strict=True)]
    return lower, _largest(rows)


def _largest(balls: list[Ball]) -> Ball:
    """Upper end of the maximum."""
    return functools.reduce(lambda a, b: a.max(b), balls).upper()


def _positive_pivots(diagonal: list[Any], squares: list[Any]) -> bool:
    """Whether ``LDL^T`` of a symmetric tridiagonal matrix meets positive pivots only: it is positive definite."""
    pivot = diagonal[0]
    if not pivot > 0:
        return False
    for entry, square in zip(diagonal[1:], squares, strict=True):
        pivot = entry - square / pivot
        if not pivot > 0:
            return False
    return True


def _rayleigh(diagonal: list[Ball], beside: list[Ball]) -> Ball:
    """Largest Rayleigh quotient found: of unit vectors, and of eigenvectors at the head and inside of the matrix."""
    best = max(diagonal, key=float).lower()
    for start in (0, WINDOW):
        inner, links = diagonal[start : start + WINDOW], beside[start : start + WINDOW - 1]
        links = links[: max(len(inner) - 1, 0)]
        if not links:
            continue
        matrix = np.diag([float(x) for x in inner]) + np.diag([float(x) for x in links], -1)
        vector = [flint.arb(float(x)) for x in np.linalg.eigh(matrix)[1][:, -1]]
        top = sum((d * x * x for d, x in zip(inner, vector, strict=True)), flint.arb(0))
        top += sum((2 * o * x * y for o, (x, y) in zip(links, itertools.pairwise(vector), strict=True)), flint.arb(0))
        quotient = (top / sum((x * x for x in vector), flint.arb(0))).lower()
        if quotient > best:
            best = quotient
    return best


def _slope(instance: Loss, curvature: Curvature, beta: Ball) -> tuple[Ball, Ball]:
    """Lower and upper end of the largest ``|grad f(w, z)|`` over the unit ball and all z, from that of beta."""
    squared = curvature.slope_squared
    upper = (beta + flint.arb(flint.fmpq(squared.numerator, squared.denominator)).sqrt()).upper()
    found = instance.steepest(upper)
    return found.lower().max(flint.arb(0)), found.upper().min(upper)

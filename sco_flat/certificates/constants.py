"""Convexity by cvxpy's rules, and smoothness and Lipschitz constants by an operator norm in balls."""

from __future__ import annotations

from fractions import Fraction
from statistics import fmean
from typing import Any

import flint
import numpy as np
from numpy.typing import NDArray

from sco_flat.certificates._balls import Ball, ball, endpoints, precision
from sco_flat.engines._layout import Layout, Look
from sco_flat.instances._base import Curvature, Instance
from sco_flat.results import Claim, Verdict, claim
from sco_flat.samples import Sample

POINTS = 8
ROUNDING = 1e-11
"""Relative difference that the rounding of a few thousand terms explains, with room."""
BITS = 200
TRUNCATED = 400
"""Length up to which an eigenvector is computed for the lower end."""


def examples(sample: Sample) -> list[NDArray[np.int64]]:
    """The examples of a sample as bits, with the extreme ones."""
    m = sample.width
    return [np.zeros(m, np.int64), np.ones(m, np.int64), *(sample.codes >> k & 1 for k in range(sample.n))]


def convexity(instance: Instance, sample: Sample) -> list[Claim]:
    """Certify convexity by the rules of disciplined convex programming, and hold the expression against the kernels.

    Parameters
    ----------
    instance : Instance
        Its ``loss_cvxpy`` is what the rules are applied to.
    sample : Sample
        Where the examples come from; all zeros and all ones are tried too.

    Returns
    -------
    list of Claim
        One ``symbolic`` (proved or undecided), one ``float`` on the equality of the values.
    """
    import cvxpy

    w = cvxpy.Variable(instance.dimension)
    chosen = examples(sample)[: POINTS + 2]
    convex = [bool(instance.loss_cvxpy(w, z).is_dcp() and instance.loss_cvxpy(w, z).is_convex()) for z in chosen]
    verdict: Verdict = "proved" if all(convex) else "undecided"
    found = [
        Claim(
            "f(., z) is convex", "hypothesis", "symbolic", verdict, float(sum(convex)), float(len(convex)), "==",
            "disciplined convex programming", f"the expressions of {len(chosen)} examples; all z have the same form",
        )
    ]  # fmt: skip
    return [*found, _same_value(instance, sample, w)]


def _same_value(instance: Instance, sample: Sample, w: Any) -> Claim:
    """Largest relative difference between the expression, the loss in NumPy and the compiled kernel."""
    rng = np.random.default_rng(0)
    layout = Layout(instance, sample, np.arange(instance.m if instance.has_blocks else 0))
    worst = 0.0
    bits = examples(sample)[2:]
    for k in range(POINTS):
        point = rng.standard_normal(instance.dimension) * 10.0 ** -(k % 3)
        w.value = point
        expression = fmean(float(instance.loss_cvxpy(w, z).value) for z in bits)
        for other in (fmean(instance.loss(point, z) for z in bits), Look(layout, point.copy()).empirical_risk):
            worst = max(worst, abs(expression - other) / max(abs(expression), abs(other), 1e-300))
    return claim(
        "the expression, the NumPy loss and the kernel have one value", "hypothesis", worst, "<=", ROUNDING, "",
        note=f"F_S: largest relative difference at {POINTS} random points",
    )  # fmt: skip


def largest_eigenvalue(curvature: Curvature) -> tuple[Ball, Ball]:
    """Bracket the largest eigenvalue of the block matrix, without ``extra``.

    The upper end L is certified by the pivots of ``L I - M``, all of them positive balls; the lower end is the Rayleigh
    quotient of a vector, in balls.

    Returns
    -------
    lower, upper : Ball
        Exact ends.
    """
    scales, links = [Fraction(float(s)) for s in curvature.scales], [Fraction(float(x)) for x in curvature.links]
    diagonal, beside = [s * s for s in scales], [Fraction(0)] * (len(scales) - 1)
    for j, link in enumerate(links):
        diagonal[j] += link * link
        diagonal[j + 1] += 1
        beside[j] -= link
    floats = [float(x) for x in diagonal], [float(x) ** 2 for x in beside]
    low, high = max(floats[0]), max(floats[0]) + 2.0 * max((float(abs(x)) for x in beside), default=0.0)
    for _ in range(60):
        middle = 0.5 * (low + high)
        if _positive_pivots([middle - x for x in floats[0]], floats[1]):
            high = middle
        else:
            low = middle
    upper = Fraction(high) * (1 + Fraction(1, 10**12)) if links else max(diagonal)
    exact = [ball(upper) - ball(x) for x in diagonal]
    if links and not _positive_pivots(exact, [ball(x * x) for x in beside]):
        upper = max(diagonal) + 2 * max(abs(x) for x in beside)  # Gershgorin
    return _rayleigh(diagonal, beside), ball(upper).upper()


def _positive_pivots(diagonal: list[Any], squared: list[Any]) -> bool:
    """Whether elimination on a symmetric tridiagonal matrix meets positive pivots only."""
    pivot = diagonal[0]
    if not pivot > 0:
        return False
    for entry, link in zip(diagonal[1:], squared, strict=True):
        pivot = entry - link / pivot
        if not pivot > 0:
            return False
    return True


def _rayleigh(diagonal: list[Fraction], beside: list[Fraction]) -> Ball:
    size = min(len(diagonal), TRUNCATED)
    start = 0 if size == len(diagonal) or len(diagonal) < 3 * TRUNCATED else TRUNCATED
    inner, links = diagonal[start : start + size], beside[start : start + size - 1]
    matrix = np.diag([float(x) for x in inner]) + np.diag([float(x) for x in links], 1)
    vector = [ball(Fraction(float(x))) for x in np.linalg.eigh(matrix, UPLO="U")[1][:, -1]]
    top = sum((ball(d) * x * x for d, x in zip(inner, vector, strict=True)), ball(0))
    top += sum((2 * ball(o) * x * y for o, x, y in zip(links, vector, vector[1:], strict=False)), ball(0))
    largest = ball(max(diagonal))  # the unit vector there
    return (top / sum((x * x for x in vector), ball(0))).max(largest).lower()


def bounded_constants(instance: Instance) -> list[Claim]:
    """Certify the smoothness and Lipschitz constants that an instance states.

    Setting
        Every ``f(., z)``, on the unit ball for the Lipschitz constant.
    Guarantee
        Hessians are at most the matrix of ``instance.curvature()``, whose norm is bracketed in balls; and
        ``|grad f(w)| <= |grad f(0)| + beta |w|``.

    Returns
    -------
    list of Claim
        Evidence ``symbolic``; ``fails`` where the lower end refutes a constant.
    """
    with precision(BITS):
        curvature = instance.curvature()
        low, high = largest_eigenvalue(curvature)
        beta = low.union(high + ball(curvature.extra))
        slope = beta.upper() + ball(curvature.slope_squared).sqrt()
        source = "operator norm, in balls"
        stated, lipschitz = ball(Fraction(instance.smoothness)), ball(Fraction(instance.lipschitz))
        true, false = bool(beta.upper() <= stated), bool(low > stated)
        verdict: Verdict = "proved" if true else "fails" if false else "undecided"
        note = "a Hessian of this norm exists: the constant itself is enclosed" if verdict != "undecided" else ""
        return [
            Claim("smoothness <= the stated beta", "hypothesis", "symbolic", verdict, float(beta.upper()),
                  instance.smoothness, "<=", source, note, endpoints(beta), endpoints(stated)),
            Claim("Lipschitz constant on the unit ball <= the stated one", "hypothesis", "symbolic",
                  "proved" if bool(slope <= lipschitz) else "undecided", float(slope.upper()), instance.lipschitz, "<=",
                  source, "|grad f(w)| <= |grad f(0)| + beta |w|", endpoints(flint.arb(slope)), endpoints(lipschitz)),
        ]  # fmt: skip

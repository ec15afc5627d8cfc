"""Minima by convex programming, beside those that the methods find: nearest flat minima, ERM, SA-ERM.

A status other than "optimal" is no number: every value is then None and the status says why.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Iterable
from dataclasses import dataclass, replace
from fractions import Fraction
from statistics import fmean
from typing import Any

import flint
import numpy as np
from numpy.typing import NDArray

from sco_flat.engines.simulation import simulate
from sco_flat.errors import InputError
from sco_flat.instances.base import Loss, squared_distance
from sco_flat.proofs.balls import ball, precision
from sco_flat.results import Claim, claim
from sco_flat.samples import popcounts
from sco_flat.settings import Settings
from sco_flat.traits import CONVEX, REALIZABLE, objection

Vector = NDArray[np.float64]

LARGEST = 5000
"""Dimension up to which a program is built: the programs are dense."""
TOLERANCE = 1e-6
"""Of an optimal value, in units of ``max(1, value)``; Clarabel stops at 1e-8."""
BITS = 200
SOURCE = "cvxpy, Clarabel"
OUTSIDE = "the point is outside the unit ball, over which the program minimises"
NOT_DECLARED = "not declared"
"""Status where the loss has nothing to make a program of."""


@dataclass(frozen=True, eq=False)
class FlatDistance:
    """Distance D from a start to the nearest rho-flat minimum that all z share.

    Attributes
    ----------
    value : float or None
        The solver's D.
    lower, upper : float or None
        Proved ends of D, rounded outwards.
    status : str
        Of the solver; without "optimal" all numbers are None.
    point : ndarray or None
        Flat minimum at the distance ``upper``, exactly feasible.
    argument : str
        Where the lower end comes from.
    """

    status: str
    value: float | None = None
    lower: float | None = None
    upper: float | None = None
    point: Vector | None = None
    argument: str = ""


@dataclass(frozen=True, eq=False)
class Minimum:
    """A minimum over the unit ball: the solver's value, and floats below and above the true one.

    ``point`` attains ``upper``. Without the status "optimal" all numbers are None.
    """

    status: str
    value: float | None = None
    lower: float | None = None
    upper: float | None = None
    point: Vector | None = None


def _solve(problem: Any, variable: Any) -> tuple[str, float, Vector]:
    """Solve with Clarabel; the numbers count only beside the status "optimal"."""
    import cvxpy

    none = np.zeros(0)
    try:
        with warnings.catch_warnings():
            # the status says it, too
            warnings.filterwarnings("ignore", message="Solution may be inaccurate", category=UserWarning)
            problem.solve(solver=cvxpy.CLARABEL)
    except cvxpy.SolverError as error:
        return f"solver error: {str(error).splitlines()[0]}", math.nan, none
    status = str(problem.status)
    if status != "optimal" or variable.value is None:
        return status if status != "optimal" else "no solution", math.nan, none
    value, point = float(problem.value), np.array(variable.value, dtype=float)
    if not (math.isfinite(value) and np.isfinite(point).all()):
        return "not finite", math.nan, none
    return "optimal", value, point


def _check_size(instance: Loss) -> None:
    if instance.dimension > LARGEST:
        raise InputError(
            "dimension", instance.dimension, f"a dense convex program has at most {LARGEST:,} variables",
            "choose a smaller n, T or width",
        )  # fmt: skip


def flat_distance(instance: Loss, start: Vector | None = None) -> FlatDistance:
    """Find the nearest rho-flat minimum by a second-order cone program and prove both ends of its distance.

    Parameters
    ----------
    instance : Loss
        Its ``flat_constraints`` describe the flat minima.
    start : ndarray, shape (d,), optional
        w_1; 0 if left out.

    Returns
    -------
    FlatDistance
        D, its ends and the point.

    Raises
    ------
    InputError
        If the dimension is above `LARGEST` or the start does not fit.

    Notes
    -----
    The variable is the displacement in units of the expected distance: the chain's is 1e-10 and smaller.
    """
    import cvxpy

    _check_size(instance)
    w = Settings(start=np.zeros(instance.dimension) if start is None else start).start_vector(
        instance.dimension, np.random.default_rng(0)
    )
    if instance.flat_minimum() is None:
        return FlatDistance(NOT_DECLARED)
    unit = instance.distance(float(w @ w), float(w[-1])) or 1.0
    y = cvxpy.Variable(instance.dimension)
    constraints = instance.flat_constraints(y + w / unit, unit)
    if constraints is None:
        return FlatDistance(NOT_DECLARED)
    problem = cvxpy.Problem(cvxpy.Minimize(cvxpy.norm(y)), constraints)
    status, value, step = _solve(problem, y)
    if status != "optimal":
        return FlatDistance(status)
    with precision(BITS):
        found = instance.nearest_flat(w, w + unit * step)
        if found is None:
            return FlatDistance("optimal", unit * value, argument="no argument for this instance")
        point, squared, argument = found
        upper = _outwards(squared_distance(zip(point, w, strict=True)), up=True)
    return FlatDistance("optimal", unit * value, _outwards(squared, up=False), upper, point, argument)


def _outwards(squared: Fraction, up: bool) -> float:
    """Square root, rounded up or down."""
    if squared <= 0:
        return 0.0
    root = flint.arb(ball(squared)).sqrt()
    end = float(root.upper() if up else root.lower())
    return math.nextafter(end, math.inf if up else 0.0)


def _examples(instance: Loss, sample: Any) -> list[Any]:
    return [instance.example(sample, k) for k in range(instance.n)]


def _mean(expressions: list[Any]) -> Any:
    return sum(expressions) / len(expressions)


def erm(instance: Loss, sample: Any, *, radius: float | None = None) -> Minimum:
    """Minimise the empirical risk, or with a radius bracket the minimum of the SAER, over the unit ball.

    Parameters
    ----------
    instance : Loss
        The loss.
    sample : Sample
        Its examples.
    radius : float, optional
        r of the SAER.

    Returns
    -------
    Minimum
        Without a radius (or r = 0) the minimum of F_S, ``lower`` 0 since losses are not negative. With one, ``upper``
        (and ``value``) are of ``mean_k ½ [psi_k + sqrt(beta) r]_+²``, which bounds ``F_S^r`` at every w, and ``lower``
        is the minimum of ``max_v F_S(w + v)`` over a few pushes v of length r, less `TOLERANCE`. ``upper`` is
        evaluated at a point of the ball, ``lower`` trusts the solver.

    Raises
    ------
    InputError
        If the dimension is above `LARGEST`, or the radius is negative or not finite.
    """
    import cvxpy

    from sco_flat.instances.distances import value_of

    _check_size(instance)
    if radius is not None and not 0.0 <= radius < math.inf:
        raise InputError("radius", radius, "must be a finite number, at least 0", "choose r >= 0")
    w = cvxpy.Variable(instance.dimension)
    inside = [cvxpy.norm(w) <= 1]
    push = 0.0 if radius is None else math.sqrt(instance.smoothness) * radius
    losses = [instance.loss_cvxpy(w, z, push) for z in _examples(instance, sample)]
    if any(loss is None for loss in losses):
        return Minimum(NOT_DECLARED)
    bound = _mean(losses)
    status, value, point = _solve(cvxpy.Problem(cvxpy.Minimize(bound), inside), w)
    if status != "optimal":
        return Minimum(status)
    point = point / max(1.0, float(np.linalg.norm(point)) * (1.0 + 4e-16))
    lower = 0.0
    if radius:
        pushed = [
            _mean([instance.loss_cvxpy(w + radius * v, z) for z in _examples(instance, sample)])
            for v in _pushes(instance, sample)
        ]
        model = cvxpy.maximum(*pushed)
        status, least, _ = _solve(cvxpy.Problem(cvxpy.Minimize(model), inside), w)
        if status != "optimal":
            return Minimum(status)
        lower = max(0.0, least - TOLERANCE * max(1.0, least))
    w.value = point
    upper = value_of(bound) if radius else fmean(instance.loss(point, z) for z in _examples(instance, sample))
    return Minimum("optimal", value, lower, upper, point)


def _pushes(instance: Loss, sample: Any) -> list[Vector]:
    """Unit vectors along b and the first two entries of the block that most examples see."""
    places = [instance.dimension - 1]
    if instance.has_blocks:
        first = int(np.argmax(popcounts(sample.codes))) * instance.length
        places += range(first, first + min(2, instance.length))
    found = []
    for place in places:
        for sign in (1.0, -1.0):
            v = np.zeros(instance.dimension)
            v[place] = sign
            found.append(v)
    return found


def compare(instance: Loss, sample: Any, runs: Iterable[str | Settings] | None = None) -> list[Claim]:
    """Hold what the methods find against what convex programming finds.

    Parameters
    ----------
    instance : Loss
        Small enough for a program, see `LARGEST`.
    sample : Sample
        What the methods and the programs see.
    runs : iterable of str or Settings, optional
        Methods by name, or with their settings; GD and the loss's usual method if left out.

    Returns
    -------
    list of Claim
        Float claims; ``undecided`` where a solver did not say "optimal", ``not applicable`` where the last iterate is
        outside the unit ball, over which the programs minimise.
    """
    facts = instance.facts()
    reason = objection((CONVEX,), facts)
    if reason is not None:
        name = "minima by convex programming"
        return [Claim(name, "conclusion", "float", "not applicable", None, None, "==", SOURCE, reason)]
    radius = instance.perturbation_radius
    nearest, best, sharp = flat_distance(instance), erm(instance, sample), erm(instance, sample, radius=radius)
    stated = instance.distance_from(None, sample)
    zero = objection((REALIZABLE,), facts)
    found = [
        _claim("D from 0 <= the distance that bounds use", nearest.lower, "<=", stated, nearest.status),
        _claim(
            "D from 0 >= the distance that bounds use", nearest.upper, ">=", stated, nearest.status, slack=TOLERANCE
        ),
        _claim("min F_S = 0 up to the solver", best.upper, "<=", TOLERANCE, best.status, reason=zero),
        _claim("min F_S^r: lower <= upper model", sharp.lower, "<=", sharp.upper, sharp.status),
    ]
    for chosen in runs if runs is not None else dict.fromkeys(("gd", instance.default_method)):
        settings = chosen if isinstance(chosen, Settings) else Settings(chosen, instance.default_oracle)
        simulation = simulate(instance, sample, replace(settings, engine="dense"))
        look = simulation.look(simulation.last)
        norm = float(np.linalg.norm(simulation.last))
        floor = None if best.value is None else best.value - TOLERANCE
        for name, value, bound, status in (
            ("F_S", look.empirical_risk, floor, best.status),
            ("F_S^r", look.saer[1], sharp.lower, sharp.status),
        ):
            text = f"{settings.method}: {name} of the last iterate >= the minimum, less the solver's tolerance"
            found.append(_claim(text, value, ">=", bound, status, reason=OUTSIDE if norm > 1.0 else None))
    return found


def _claim(
    name: str,
    value: float | None,
    relation: Any,
    bound: float | None,
    status: str,
    *,
    slack: float = 0.0,
    reason: str | None = None,
) -> Claim:
    source = SOURCE
    if status == NOT_DECLARED:
        reason = "the loss declares nothing to make a convex program of"
    if reason is not None:
        return Claim(name, "conclusion", "float", "not applicable", value, bound, relation, source, reason)
    if value is None or bound is None:
        note = f"the solver says {status}" if status != "optimal" else "no end is known for this instance"
        return Claim(name, "conclusion", "float", "undecided", value, bound, relation, source, note)
    return claim(name, "conclusion", value, relation, bound, source, slack=slack)

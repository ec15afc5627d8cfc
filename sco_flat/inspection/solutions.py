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
from sco_flat.instances.base import Instance
from sco_flat.instances.huber import Huber
from sco_flat.instances.norm_hinge import HingeInstance
from sco_flat.instances.sam_chain import SamChain
from sco_flat.instances.sam_sharp import SamSharp
from sco_flat.proofs.balls import ball, precision
from sco_flat.results import Claim, claim
from sco_flat.samples import Sample, popcounts
from sco_flat.settings import Settings

Vector = NDArray[np.float64]

LARGEST = 5000
"""Dimension up to which a program is built: the programs are dense."""
TOLERANCE = 1e-6
"""Of an optimal value, in units of ``max(1, value)``; Clarabel stops at 1e-8."""
BITS = 200


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


def _check_size(instance: Instance) -> None:
    if instance.dimension > LARGEST:
        raise InputError(
            "dimension", instance.dimension, f"a dense convex program has at most {LARGEST:,} variables",
            "choose a smaller n, T or width",
        )  # fmt: skip


def flat_distance(instance: Instance, start: Vector | None = None) -> FlatDistance:
    """Find the nearest rho-flat minimum by a second-order cone program and prove both ends of its distance.

    Parameters
    ----------
    instance : Instance
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
    if isinstance(instance, SamChain) and instance.flatness_radius > 0.0:
        return FlatDistance("infeasible: the zeros of the chain have no ball around them, choose rho = 0")
    unit = instance.distance(float(w @ w), float(w[-1])) or 1.0
    y = cvxpy.Variable(instance.dimension)
    problem = cvxpy.Problem(cvxpy.Minimize(cvxpy.norm(y)), instance.flat_constraints(y + w / unit, unit))
    status, value, step = _solve(problem, y)
    if status != "optimal":
        return FlatDistance(status)
    with precision(BITS):
        point, squared, argument = _certify(instance, w, w + unit * step)
        lower = None if squared is None else _outwards(squared, up=False)
        upper = None if point is None else _outwards(_squared(zip(point, w, strict=True)), up=True)
    return FlatDistance("optimal", unit * value, lower, upper, point, argument)


def _squared(pairs: Iterable[tuple[float, float]]) -> Fraction:
    return sum(((Fraction(float(x)) - Fraction(float(y))) ** 2 for x, y in pairs if x != y), Fraction(0))


def _outwards(squared: Fraction, up: bool) -> float:
    """Square root, rounded up or down."""
    if squared <= 0:
        return 0.0
    root = flint.arb(ball(squared)).sqrt()
    end = float(root.upper() if up else root.lower())
    return math.nextafter(end, math.inf if up else 0.0)


def _certify(instance: Instance, start: Vector, found: Vector) -> tuple[Vector | None, Fraction | None, str]:
    """Return an exactly feasible point near the solver's, a lower bound of D² and its argument."""
    if isinstance(instance, HingeInstance):
        felt = np.append(np.tile(instance.weights()[:-1], instance.m), instance.bias_weight) != 0.0
        # what no example feels may stay where it started
        return np.where(felt, 0.0, start), _squared((x, 0.0) for x in start[felt]), "the flat minima are a subspace"
    if isinstance(instance, SamSharp):
        point = np.minimum(start, -instance.flatness_radius)
        return point, _squared(zip(start, point, strict=True)), "the flat minima are a half-line"
    if isinstance(instance, Huber):
        point = np.ones(1)
        return point, _squared(zip(start, point, strict=True)), "the flat minimum is one point"
    if isinstance(instance, SamChain):
        return _certify_chain(instance, start, found)
    return None, None, "no argument for this instance"


def _certify_chain(instance: SamChain, start: Vector, found: Vector) -> tuple[Vector, Fraction, str]:
    """Weak duality with the multiplier of the coupling constraint, in fractions.

    With ``g(s) = max(s, -kappa s)`` and any ``mu >= 0``, the minimum of ``½ |w - w_1|² + mu (b + sum_i g(x_i1) +
    delta_1)`` over the other constraints is at most ``½ D²``; it falls apart into one minimum for each coordinate.
    """
    c = {key: Fraction(value) for key, value in instance.chain().items()}
    kappa, lam, delta_1 = c["kappa"], c["lam"], c["delta_1"]
    blocks = start[:-1].reshape(instance.m, instance.length)
    firsts = np.maximum(found[:-1].reshape(instance.m, instance.length)[:, 0], -float(lam))
    point = np.zeros(instance.dimension)
    point[:-1].reshape(instance.m, instance.length)[:, 0] = firsts
    total = delta_1 + sum((max(s, -kappa * s) for s in map(Fraction, map(float, firsts))), Fraction(0))
    b = min(float(start[-1]), -float(total))
    point[-1] = b if Fraction(b) <= -total else math.nextafter(b, -math.inf)
    firsts_1 = [Fraction(float(s)) for s in blocks[:, 0]]
    rest = _squared((x, 0.0) for x in blocks[:, 1:].ravel()) / 2

    def dual(mu: Fraction) -> Fraction:
        half = rest + mu * (Fraction(float(start[-1])) + delta_1) - mu * mu / 2
        for s_1 in firsts_1:
            s = max(s_1 - mu if s_1 > mu else min(s_1 + kappa * mu, Fraction(0)), -lam)
            half += (s - s_1) ** 2 / 2 + mu * max(s, -kappa * s)
        return 2 * half

    # 0 where the constraint is slack and the solver's multiplier is noise
    lower = max(dual(Fraction(0)), dual(Fraction(max(float(start[-1] - found[-1]), 0.0))))
    return point, lower, "weak duality with the solver's multiplier of the coupling constraint, or 0"


def _bits(sample: Sample) -> list[NDArray[np.int64]]:
    return [sample.codes >> k & 1 for k in range(sample.n)]


def _mean(expressions: list[Any]) -> Any:
    return sum(expressions) / len(expressions)


def erm(instance: Instance, sample: Sample, *, radius: float | None = None) -> Minimum:
    """Minimise the empirical risk, or with a radius bracket the minimum of the SAER, over the unit ball.

    Parameters
    ----------
    instance : Instance
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

    _check_size(instance)
    if radius is not None and not 0.0 <= radius < math.inf:
        raise InputError("radius", radius, "must be a finite number, at least 0", "choose r >= 0")
    w = cvxpy.Variable(instance.dimension)
    inside = [cvxpy.norm(w) <= 1]
    push = 0.0 if radius is None else math.sqrt(instance.smoothness) * radius
    bound = _mean([instance.loss_cvxpy(w, z, push) for z in _bits(sample)])
    status, value, point = _solve(cvxpy.Problem(cvxpy.Minimize(bound), inside), w)
    if status != "optimal":
        return Minimum(status)
    point = point / max(1.0, float(np.linalg.norm(point)) * (1.0 + 4e-16))
    lower = 0.0
    if radius:
        pushed = [
            _mean([instance.loss_cvxpy(w + radius * v, z) for z in _bits(sample)]) for v in _pushes(instance, sample)
        ]
        model = cvxpy.maximum(*pushed)
        status, least, _ = _solve(cvxpy.Problem(cvxpy.Minimize(model), inside), w)
        if status != "optimal":
            return Minimum(status)
        lower = max(0.0, least - TOLERANCE * max(1.0, least))
    w.value = point
    upper = float(bound.value) if radius else fmean(instance.loss(point, z) for z in _bits(sample))
    return Minimum("optimal", value, lower, upper, point)


def _pushes(instance: Instance, sample: Sample) -> list[Vector]:
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


def compare(instance: Instance, sample: Sample, runs: Iterable[str | Settings] | None = None) -> list[Claim]:
    """Hold what the methods find against what convex programming finds.

    Parameters
    ----------
    instance : Instance
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
    radius = instance.perturbation_radius
    nearest, best, sharp = flat_distance(instance), erm(instance, sample), erm(instance, sample, radius=radius)
    stated = instance.distance(0.0, 0.0)
    found = [
        _claim("D from 0 <= the distance that bounds use", nearest.lower, "<=", stated, nearest.status),
        _claim(
            "D from 0 >= the distance that bounds use", nearest.upper, ">=", stated, nearest.status, slack=TOLERANCE
        ),
        _claim("min F_S = 0 up to the solver", best.upper, "<=", TOLERANCE, best.status),
        _claim("min F_S^r: lower <= upper model", sharp.lower, "<=", sharp.upper, sharp.status),
    ]
    for chosen in runs if runs is not None else dict.fromkeys(("gd", instance.default_method)):
        settings = chosen if isinstance(chosen, Settings) else Settings(method=chosen)
        simulation = simulate(instance, sample, replace(settings, engine="dense"))
        look = simulation.look(simulation.last)
        point, norm = look, float(np.linalg.norm(simulation.last))
        floor = None if best.value is None else best.value - TOLERANCE
        for name, value, bound, status in (
            ("F_S", point.empirical_risk, floor, best.status),
            ("F_S^r", point.saer[1], sharp.lower, sharp.status),
        ):
            text = f"{settings.method}: {name} of the last iterate >= the minimum, less the solver's tolerance"
            found.append(_claim(text, value, ">=", bound, status, outside=norm > 1.0))
    return found


def _claim(
    name: str,
    value: float | None,
    relation: Any,
    bound: float | None,
    status: str,
    *,
    slack: float = 0.0,
    outside: bool = False,
) -> Claim:
    source = "cvxpy, Clarabel"
    if value is None or bound is None:
        note = f"the solver says {status}" if status != "optimal" else "no end is known for this instance"
        return Claim(name, "conclusion", "float", "undecided", value, bound, relation, source, note)
    if outside:
        note = "the point is outside the unit ball, over which the program minimises"
        return Claim(name, "conclusion", "float", "not applicable", value, bound, relation, source, note)
    return claim(name, "conclusion", value, relation, bound, source, slack=slack)

"""What convex programming finds beside what the methods find: flat minima, ERM and SA-ERM by cvxpy.

A solver's number is a float that suggests. A status other than "optimal" is no number at all.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sco_flat.certificates.constants import examples
from sco_flat.engines._simulate import simulate
from sco_flat.errors import InputError
from sco_flat.instances._base import Instance
from sco_flat.results import Claim
from sco_flat.samples import Sample
from sco_flat.settings import Settings

LARGEST = 1000
"""Dimension up to which a program is built."""
TOLERANCE = 1e-6
"""Of an optimal value of order one; Clarabel stops at 1e-8."""
PUSHES = 4
"""Coordinates that are pushed in the lower model of the SAER, b among them."""


@dataclass(frozen=True, eq=False)
class Solution:
    """Outcome of a convex program: ``value`` and ``point`` are None unless the status is "optimal"."""

    status: str
    value: float | None = None
    point: NDArray[np.float64] | None = None


def _solve(problem: Any, variable: Any) -> Solution:
    """Solve with Clarabel; any trouble is a status, never a number."""
    import warnings

    import cvxpy

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # "may be inaccurate" comes as a status, too
            problem.solve(solver=cvxpy.CLARABEL)
    except cvxpy.SolverError as error:
        return Solution(f"solver error: {str(error).splitlines()[0]}")
    if problem.status != "optimal" or variable.value is None:
        return Solution(str(problem.status))
    return Solution("optimal", float(problem.value), np.array(variable.value))


def _small(instance: Instance) -> None:
    if instance.dimension > LARGEST:
        raise InputError(
            "n", instance.n, f"the program would have {instance.dimension:,} variables, the limit is {LARGEST:,}",
            "choose a smaller n, T or width",
        )  # fmt: skip


def flat_distance(instance: Instance, start: NDArray[np.float64] | None = None) -> Solution:
    """Distance from a start to the nearest rho-flat minimum that all z have in common, a second-order cone program.

    Parameters
    ----------
    instance : Instance
        Its ``flat_constraints`` describe the flat minima.
    start : ndarray, shape (d,), optional
        w_1; 0 if left out.

    Returns
    -------
    Solution
        ``value`` is D, ``point`` the nearest flat minimum.

    Raises
    ------
    InputError
        If the dimension is above `LARGEST`.
    """
    import cvxpy

    _small(instance)
    w = np.zeros(instance.dimension) if start is None else np.asarray(start, dtype=float)
    expected = instance.distance(float(w @ w), float(w[-1]))
    unit = expected if expected > 0.0 else 1.0
    y = cvxpy.Variable(instance.dimension)
    found = _solve(cvxpy.Problem(cvxpy.Minimize(cvxpy.norm(y - w / unit)), instance.flat_constraints(y, unit)), y)
    if found.value is None or found.point is None:
        return found
    return Solution("optimal", found.value * unit, found.point * unit)


def erm(instance: Instance, sample: Sample) -> Solution:
    """Minimum of the empirical risk over the unit ball."""
    import cvxpy

    _small(instance)
    w = cvxpy.Variable(instance.dimension)
    losses = [instance.loss_cvxpy(w, z) for z in examples(sample)[2:]]
    return _solve(cvxpy.Problem(cvxpy.Minimize(sum(losses) / len(losses)), [cvxpy.norm(w) <= 1]), w)


def sharpness_aware_erm(instance: Instance, sample: Sample, radius: float) -> tuple[Solution, Solution]:
    """Bracket ``min F_S^r`` over the unit ball by two convex programs.

    Returns
    -------
    lower : Solution
        Minimum of the largest ``F_S(w + v)`` over pushes v by r along b and along some coordinates.
    upper : Solution
        Minimum of ``mean_k ½ [psi_k + sqrt(beta) r]_+²``, a bound on ``F_S^r`` at every w.
    """
    import cvxpy

    _small(instance)
    bits = examples(sample)[2:]
    d = instance.dimension
    places = np.unique(np.linspace(0, d - 1, min(PUSHES, d)).astype(int))
    w = cvxpy.Variable(d)
    pushed = []
    for place in places:
        for sign in (1.0, -1.0):
            v = np.zeros(d)
            v[place] = sign * radius
            pushed.append(sum(instance.loss_cvxpy(w + v, z) for z in bits) / len(bits))
    ball = [cvxpy.norm(w) <= 1]
    lower = _solve(cvxpy.Problem(cvxpy.Minimize(cvxpy.maximum(*pushed)), ball), w)
    u = cvxpy.Variable(d)
    bound = sum(instance.loss_cvxpy(u, z, math.sqrt(instance.smoothness) * radius) for z in bits) / len(bits)
    upper = _solve(cvxpy.Problem(cvxpy.Minimize(bound), [cvxpy.norm(u) <= 1]), u)
    return lower, upper


def compare(instance: Instance, sample: Sample, methods: Sequence[str] | None = None) -> list[Claim]:
    """Hold what the methods find against what convex programming finds.

    Parameters
    ----------
    instance : Instance
        Small enough for a program, see `LARGEST`.
    sample : Sample
        The sample that is trained on.
    methods : sequence of str, optional
        Registered methods; GD and those of the instance's theorem if left out.

    Returns
    -------
    list of Claim
        Float claims; ``undecided`` where a solver did not say "optimal".
    """
    radius = instance.perturbation_radius
    best, (low, high) = erm(instance, sample), sharpness_aware_erm(instance, sample, radius)
    nearest = flat_distance(instance)
    stated = instance.distance(0.0, 0.0)
    found = [
        _against("D: distance from 0 to the nearest flat minimum = the one used in bounds", nearest, stated, "==",
                 stated or 1.0),
        _against("min F_S <= 0 (realizable)", best, 0.0, "<="),
    ]  # fmt: skip
    if low.value is None or high.value is None:
        found.append(_against("min F_S^r, lower <= upper model", low if low.value is None else high, 0.0, "<="))
    else:
        found.append(_against("min F_S^r: lower <= upper model", low, high.value, "<="))
    for method in methods or ("gd", *instance.methods):
        simulation = simulate(instance, sample, Settings(method=method, engine="dense"), 0)
        point = simulation.look(simulation.last).point()
        for name, value, solution in (
            ("F_S", point.empirical_risk, best), ("F_S^r", point.saer[1], low),
        ):  # fmt: skip
            found.append(_against(f"{method}: {name} of the last iterate >= its minimum", solution, value, ">="))
    return found


def _against(name: str, solution: Solution, value: float, relation: Any, unit: float = 1.0) -> Claim:
    """A claim between a program's value and another number, to the solver's tolerance in the program's unit."""
    source = "cvxpy, Clarabel"
    if solution.value is None:
        note = f"the solver says {solution.status}"
        return Claim(name, "hypothesis", "float", "undecided", None, value, relation, source, note)
    room = TOLERANCE * unit
    left, right = (value, solution.value) if relation == ">=" else (solution.value, value)
    good = {"<=": left <= right + room, ">=": left >= right - room, "==": abs(left - right) <= room}[relation]
    note = f"to the solver's tolerance, {room:.2g}"
    return Claim(name, "hypothesis", "float", "holds" if good else "fails", left, right, relation, source, note)

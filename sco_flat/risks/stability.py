"""Leave-one-out stability, measured: n more runs, each without one example.

``S^(i)`` has an example of zero loss in place of z_i, so that ``F_{S^(i)} = (n-1)/n`` times the mean over the other n -
1. A run on it is a run on those n - 1 examples with the step size ``eta (n-1)/n``: directions of SAM and maximisers of
SA-GD do not see a positive factor. The constants of the loss stay those of the full sample.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sco_flat import bounds
from sco_flat.engines._layout import Vector
from sco_flat.engines._simulate import Simulation, simulate
from sco_flat.errors import InputError, NotApplicable
from sco_flat.instances._base import Instance
from sco_flat.results import Claim, Event, claim
from sco_flat.runs import Request, common, is_plain
from sco_flat.samples import Sample
from sco_flat.settings import Settings


@dataclass(frozen=True, eq=False)
class Stability:
    """Measured stability of the full average.

    Attributes
    ----------
    eps : float
        ``(1/n) sum_i |A(S) - A(S^(i))|²``.
    distances : ndarray, shape (n,)
        ``|A(S) - A(S^(i))|``.
    growth : ndarray, shape (T,)
        ``(1/n) sum_i |w_t - w_t^(i)|²`` for t = 1..T.
    summed_risk : float
        ``sum_t F_S(w_t + v_t)``, from above.
    simulation : Simulation
        The run on S.
    """

    eps: float
    distances: NDArray[np.float64]
    growth: NDArray[np.float64]
    summed_risk: float
    simulation: Simulation

    def as_dict(self) -> dict[str, Any]:
        """Return the measurement as JSON-ready data."""
        return {
            "eps": self.eps,
            "distances": self.distances.tolist(),
            "growth": self.growth.tolist(),
            "summed_risk": self.summed_risk,
        }


def without(instance: Instance, sample: Sample, i: int) -> tuple[Instance, Sample]:
    """Leave example i out; the constants of the loss are kept, the step size is ``eta (n-1)/n``."""
    low = sample.codes & ((1 << i) - 1)
    codes = low | (sample.codes >> (i + 1) << i)
    n = instance.n - 1
    bad = 0 if instance.bad_code == 0 else (1 << n) - 1
    columns = tuple(np.flatnonzero(codes == bad).tolist())
    changed: dict[str, Any] = {"n": n, "width": sample.width, "step_size": instance.step_size * n / instance.n}
    changed |= instance.pinned()
    return replace(instance, **changed), Sample(codes, n, Event("free", columns, 1.0))


def _squared_distance(one: Simulation, w: Vector, other: Simulation, u: Vector) -> float:
    """``|w - u|²`` of two points that are stored on different blocks."""
    length = one.instance.length
    parts = []
    rows = np.union1d(one.layout.rows, other.layout.rows)
    for simulation, point in ((one, w), (other, u)):
        own = simulation.layout.rows
        blocks = np.zeros((rows.size, length))
        firsts = np.zeros(0)
        if not simulation.layout.full and simulation.instance.passive:
            firsts = point[own.size * length : -1].copy()
            if length:
                blocks[:, 0] = firsts[rows]
            firsts[rows] = 0.0
        if own.size:
            blocks[np.searchsorted(rows, own)] = point[: own.size * length].reshape(own.size, length)
        parts.append((blocks, firsts, float(point[-1])))
    (x, a, b), (y, c, d) = parts
    rest = a - c if a.size == c.size else a if a.size else c  # a full layout has no sleeping block
    return float(((x - y) ** 2).sum() + (rest**2).sum() + (b - d) ** 2)


def leave_one_out(instance: Instance, sample: Sample, settings: Settings, seed: int = 0) -> Stability:
    """Run a full-batch method on S and on every ``S^(i)``.

    Parameters
    ----------
    instance, sample : Instance, Sample
        With n >= 2.
    settings : Settings
        GD, SA-GD or SAM, with all examples in every step.
    seed : int
        Of a random start or oracle, the same for all runs.

    Returns
    -------
    Stability
        ``eps``, the distances, and their growth.

    Raises
    ------
    InputError
        For n = 1, for SGD and for mini-batches, whose order would change with the sample.
    """
    if instance.n < 2:
        raise InputError("n", instance.n, "leaving an example out needs n >= 2", "choose a larger n")
    if settings.method == "sgd" or settings.batch_size is not None:
        raise InputError(
            "method", settings.method, "leave-one-out runs take all examples in a step", "use gd, sagd, sam"
        )
    full = simulate(instance, sample, settings, seed)
    distances, growth = np.zeros(instance.n), np.zeros(instance.steps)
    for i in range(instance.n):
        other = simulate(*without(instance, sample, i), settings, seed)
        distances[i] = np.sqrt(_squared_distance(full, full.average, other, other.average))
        for (t, w), (_, u) in zip(full.iterates(), other.iterates(), strict=True):
            growth[t - 1] += _squared_distance(full, w, other, u) / instance.n
    return Stability(float(np.mean(distances**2)), distances, growth, _summed_risk(full), full)


def _summed_risk(simulation: Simulation) -> float:
    """``sum_t F_S(w_t + v_t)``; for SA-GD the SAER, from above."""
    radius, method = simulation.instance.perturbation_radius, simulation.settings.method
    total = 0.0
    for _, w in simulation.iterates():
        look = simulation.look(w.copy())
        if method == "sagd":
            total += look.point().saer[1]
            continue
        slope = look.gradient() if method == "sam" else None
        norm = 0.0 if slope is None else float(np.sqrt(slope @ slope))
        value = look.value(slope, radius / norm) if norm > 0.0 else look.empirical_risk
        assert value is not None  # the run took its gradient there
        total += value
    return total


def claims(request: Request) -> tuple[Stability, list[Claim]]:
    """Measure the stability of a request and hold it against the bounds: along the trajectory, a priori, the paper's.

    The bounds hold for every sample. Where a bound does not apply, the claim says why.
    """
    instance = request.build()
    found = leave_one_out(instance, request.sample(instance), request.settings, request.seed)
    numbers: dict[str, Any] = common(instance, found.simulation) | {"n": instance.n}
    if request.settings.method == "gd":
        numbers["perturbation_radius"] = 0.0
    along = {k: numbers[k] for k in ("step_size", "steps", "smoothness", "perturbation_radius", "n")}
    kept = []
    for name, function, given in (
        ("along the trajectory, sharper", bounds.stability_trajectory, along | {"summed_risk": found.summed_risk}),
        ("a priori, sharper", bounds.stability_sharper, numbers),
        ("the paper's constants", bounds.stability_paper, numbers),
    ):
        label = f"eps <= {name}"
        if not is_plain(request.settings):
            reason: Any = "the bounds are about the exact, full-batch method with a constant step size"
        else:
            reason = bounds.attempt(function, **given)
        if isinstance(reason, bounds.Bound):
            kept.append(claim(label, "conclusion", found.eps, "<=", reason.value, reason.source))
        else:
            assert isinstance(reason, (NotApplicable, str))
            kept.append(Claim(label, "conclusion", "float", "not applicable", found.eps, None, "<=", "", str(reason)))
    return found, kept

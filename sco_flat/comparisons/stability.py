"""Leave-one-out stability, measured: n more runs, each without one example.

``S^(i)`` has an example of zero loss in place of z_i, so that ``F_{S^(i)} = c h`` with ``c = (n-1)/n`` and h the mean
over the other n - 1. A run on it is a run on those n - 1 examples with the step size ``c eta``, as far as the points
where gradients are taken do not see c. The maximisers of SA-GD and ``r grad/|grad|`` of SAM do not. The other
ascents of SAM do:

    r grad F/(|grad F| + epsilon) = r grad h/(|grad h| + epsilon/c),        r grad F = c r grad h.

So the method is told c (``FACTOR`` in ``_jit``), and must say that it knows what to do with it (``scales``). The
constants of the loss stay those of the full sample. SGD and mini-batches keep their order: z_i is taken out of each
batch, and c is the share of the batch that is left; a step of which nothing is left has no gradient.
"""

from __future__ import annotations

import math
import time
import warnings
from dataclasses import dataclass, replace
from typing import Any

import joblib
import numpy as np
from numpy.typing import NDArray

from sco_flat.comparisons import scaling, spread
from sco_flat.comparisons.spread import Spread
from sco_flat.cores import cores
from sco_flat.engines import memory
from sco_flat.engines.layout import Vector
from sco_flat.engines.simulation import Simulation, simulate
from sco_flat.engines.sleeping import NUMBERS
from sco_flat.errors import InputError
from sco_flat.instances.base import Loss
from sco_flat.patience import LIMIT, ahead, carried, track
from sco_flat.requests import Request
from sco_flat.results import Claim
from sco_flat.samples import Sample
from sco_flat.settings import Settings
from sco_flat.works import base as works


@dataclass(frozen=True, eq=False)
class Stability(Spread):
    """Measured stability on a registered instance.

    Attributes
    ----------
    simulation : Simulation
        The run on S.
    """

    simulation: Simulation


def _awake(simulation: Simulation, w: Vector, rows: NDArray[np.int64]) -> Vector:
    """Blocks of w at ``rows``, zero where one sleeps; its sleeping number, if any, is its first entry."""
    layout, length = simulation.layout, simulation.instance.length
    blocks = np.zeros((rows.size, length))
    own = layout.rows.size
    if length and not layout.full and simulation.instance.passive:
        streamed = layout.streamed
        blocks[:, 0] = layout.sleeping.at(layout.sleeping.view(w), rows) if streamed else w[own * length : -1][rows]
    if own:
        blocks[np.searchsorted(rows, layout.rows)] = w[: own * length].reshape(own, length)
    return blocks


def _asleep(simulation: Simulation, w: Vector, rows: NDArray[np.int64]) -> Vector:
    """Sleeping numbers outside ``rows``; empty where every block is stored."""
    layout = simulation.layout
    if layout.full or not simulation.instance.passive:
        return np.zeros(0)
    if layout.streamed:
        firsts = layout.sleeping.all(layout.sleeping.view(w))
    else:
        firsts = w[layout.rows.size * simulation.instance.length : -1].copy()
    firsts[rows] = 0.0
    return firsts


class _Gap:
    """``|w_t - u_t|²`` of two runs; numbers of sleeping blocks are compared until they have settled in both."""

    def __init__(self, one: Simulation, other: Simulation) -> None:
        self.one, self.other = one, other
        self.rows = np.union1d(one.layout.rows, other.layout.rows)
        self.settled = max(one.settled, other.settled)
        self.rest = 0.0

    def squared(self, t: int, w: Vector, u: Vector) -> float:
        """At iterate t; t = 0 for any other point."""
        if t <= self.settled:
            a, c = _asleep(self.one, w, self.rows), _asleep(self.other, u, self.rows)
            rest = a - c if a.size == c.size else a if a.size else c  # a full layout has no sleeping block
            self.rest = float((rest**2).sum())
        x, y = _awake(self.one, w, self.rows), _awake(self.other, u, self.rows)
        return float(((x - y) ** 2).sum() + self.rest + (w[-1] - u[-1]) ** 2)


def ask(instance: Loss, settings: Settings, *, growth: bool) -> None:
    """Refuse what does not fit into memory: a run for each thread beside that of the whole sample, and the distances.

    Raises
    ------
    InputError
        With what would fit.
    """
    threads = cores()

    def beside(loss: Loss) -> float:  # the distances twice, while their mean is taken
        numbers = NUMBERS * 8.0 * loss.m if loss.streamed and loss.passive else 0.0  # made for the distances
        return threads * (memory.run_bytes(loss, settings) + numbers) + 16.0 * loss.n * (loss.steps if growth else 2)

    memory.ask(instance, settings, beside)


def leave_one_out(
    instance: Loss, sample: Sample, settings: Settings, seed: int = 0, *, growth: bool = True
) -> Stability:
    """Run a method on S and on every ``S^(i)``.

    Parameters
    ----------
    instance, sample : Loss, Sample
        With n >= 2.
    settings : Settings
        Of a method that ``scales``.
    seed : int
        Of a random start, order or oracle, the same for all runs.
    growth : bool
        Follow the distances over t as well, at the cost of running everything again step by step.

    Returns
    -------
    Stability
        ``eps``, the distances, and their growth.

    Raises
    ------
    InputError
        For n = 1, and for a method that does not say, or not truly, what a factor of the loss does to it.
    """
    if instance.n < 2:
        raise InputError("n", instance.n, "leaving an example out needs n >= 2", "choose a larger n")
    if not settings.rule.scales:
        raise InputError(
            "method", settings.method, "does not say what (n-1)/n times the loss does to it", "see Method.scales"
        )
    scaling.ask(settings)
    full_batch = settings.facts()["full_batch"]
    ask(instance, settings, growth=growth)
    began = time.perf_counter()
    full = simulate(instance, sample, settings, seed)  # compiles what the threads below run
    turns = instance.n / cores()
    if (time.perf_counter() - began) * turns > LIMIT:  # once more, since the first one may have compiled
        began = time.perf_counter()
        full = simulate(instance, sample, settings, seed)
        ahead("examples left out", instance.n, (time.perf_counter() - began) * turns)

    limits = carried(turns)

    def beside(i: int) -> tuple[float, Vector, float]:
        """Distance of the averages, the squared ones of all iterates, and the oracle's gap, without example i."""
        with np.errstate(all="ignore"), limits():  # each thread has its own
            if not full_batch:
                other = simulate(instance, sample, replace(settings, left_out=i), seed)
            else:
                other = simulate(*instance.without(sample, i), settings, seed)
            gap = _Gap(full, other)
            distance = math.sqrt(gap.squared(0, full.average, other.average))
            pairs = zip(full.iterates(), other.iterates(), strict=True) if growth else ()
            return distance, np.array([gap.squared(t, w, u) for (t, w), (_, u) in pairs]), _gap(other)

    # the kernels leave Python alone while they run
    threads = joblib.Parallel(n_jobs=-1, prefer="threads", return_as="generator")
    runs = threads(joblib.delayed(beside)(i) for i in range(instance.n))
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=".*tasks which were still being processed", category=UserWarning)
        try:
            found = list(track(runs, instance.n, "examples left out"))
        finally:
            runs.close()  # an error is said alone
    distances = np.array([distance for distance, _, _ in found])
    growing = np.mean([squares for _, squares, _ in found], axis=0)
    eps, visits = float(np.mean(distances**2)), 0
    if settings.rule.picks is not None:
        picks = full.batches()[: instance.steps - 1]
        visits = max(np.unique(picks, return_counts=True)[1], default=1)
        return Stability(eps, distances, growing, _summed_loss(full, picks), int(visits), "", full)
    reason = _unmeasured(full)
    summed = math.nan if reason else _summed_risk(full)
    # F_{S^(i)} is (n-1)/n times what the run without z_i maximises
    gap = _gap(full) + (1 - 1 / instance.n) * float(np.mean([own for _, _, own in found]))
    return Stability(eps, distances, growing, summed, 0, reason, full, gap=gap)


def _gap(simulation: Simulation) -> float:
    """How far the perturbations may be from maximisers: 0 where they are exact by proof."""
    return 0.0 if simulation.settings.facts()["exact_oracle"] else simulation.oracle_gap


def _summed_loss(simulation: Simulation, picks: NDArray[np.int64]) -> float:
    """``sum_t f(w_t, z_t)`` over the updates of SGD."""
    total, look = 0.0, simulation.look(simulation.last)
    for pick, (_, w) in zip(picks.tolist(), simulation.iterates(), strict=False):
        total += look.at(w.copy(), pick).empirical_risk
    return total


def _unmeasured(simulation: Simulation) -> str:
    """Why ``sum_t F_S(w_t + v_t)`` is not measured, or nothing."""
    settings = simulation.settings
    if not settings.facts()["full_batch"]:
        return "F_S(w_t + v_t) is of all examples, and the steps take some"
    if simulation.layout.streamed:
        return "the gradients of all columns enter F_S(w_t + v_t), and there are too many to be stored"
    return "" if settings.rule.felt_risk else f"{settings.method} does not say where it takes gradients (felt_risk)"


def _summed_risk(simulation: Simulation) -> float:
    """``sum_t F_S(w_t + v_t)``, from above."""
    settings, felt = simulation.settings, simulation.settings.rule.felt_risk
    assert felt is not None  # see `_unmeasured`
    look = simulation.look(simulation.last)
    return sum(felt(look.at(w.copy()), settings) for _, w in simulation.iterates())


@np.errstate(all="ignore")
def claims(request: Request) -> tuple[Stability, list[Claim]]:
    """Measure the stability of a request and hold it against the bounds: along the trajectory, a priori, the works'.

    The bounds hold for every sample. Where a bound does not apply, the claim says why.
    """
    instance = works.build(request)
    ask(instance, request.settings, growth=True)
    found = leave_one_out(instance, request.sample(instance), request.settings, request.seed)
    numbers: dict[str, Any] = works.numbers_of(found.simulation) | {"n": instance.n}
    return found, spread.claims(found, works.facts_of(found.simulation), numbers)

"""One cell: from names and numbers to a row of results. This is what workers run."""

from __future__ import annotations

import functools
import hashlib
import time
from pathlib import Path
from typing import Any

from sco_flat.errors import InputError
from sco_flat.sweeps.plan import POINTS
from sco_flat.works.flat_minima import upper

QUANTITIES = (
    "empirical_risk", "population_risk_low", "population_risk", "saer_low", "saer", "flatness_radius",
)  # fmt: skip
COMMON = ("r", "dimension", "engine", "inside_theorem", "bad_columns", "tied_steps")
BOUNDS = ("lower_bound", "upper_bound", "paper_bound")
STABILITY = ("eps", "summed_risk")
NUMERICAL = (
    "_jit.py", "samples.py", "settings.py", "runs.py", "engines", "instances", "methods", "oracles", "comparisons",
    "bounds", "works/flat_minima/lower.py", "sweeps/work.py",
)  # fmt: skip
"""Parts of the package on which a result depends."""


def columns(record: tuple[str, ...]) -> list[str]:
    """Names of the results of a cell."""
    names = [*COMMON]
    for part in record:
        names += (
            [f"{part}.{q}" for q in QUANTITIES] if part in POINTS else {"bounds": BOUNDS, "stability": STABILITY}[part]
        )
    return names


@functools.cache
def version() -> str:
    """Hash of the sources that results depend on."""
    root, digest = Path(__file__).parent.parent, hashlib.sha256()
    for part in NUMERICAL:
        place = root / part
        for path in [place] if place.is_file() else sorted(place.rglob("*.py")):
            digest.update(path.relative_to(root).as_posix().encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:16]


def run(arguments: dict[str, Any], record: tuple[str, ...]) -> tuple[list[Any] | None, str, float]:
    """Run a cell.

    Parameters
    ----------
    arguments : dict
        Of `runs.request_from`.
    record : tuple of str
        What to keep.

    Returns
    -------
    results : list or None
        In the order of `columns`; None if the cell failed.
    message : str
        Why it failed, or empty.
    seconds : float
        Time taken.
    """
    began = time.perf_counter()
    try:
        found = _measure(arguments, record)
    except InputError as error:
        return None, str(error), time.perf_counter() - began
    except MemoryError:
        return None, "out of memory", time.perf_counter() - began
    except Exception as error:  # a sweep goes on: the row says what happened
        return None, f"{type(error).__name__}: {error}", time.perf_counter() - began
    return found, "", time.perf_counter() - began


def _measure(arguments: dict[str, Any], record: tuple[str, ...]) -> list[Any]:
    from sco_flat import runs
    from sco_flat.engines.simulation import simulate

    given = dict(arguments)
    start = given.get("start")
    if isinstance(start, str) and start.startswith("gaussian:"):
        from sco_flat.numbers import real

        given["start"] = ("gaussian", real("start", start.partition(":")[2]))
    request = runs.request_from(given.pop("instance"), given.pop("method"), **given)
    instance = request.build()
    sample = request.sample(instance)
    simulation = simulate(instance, sample, request.settings, request.seed)
    row: list[Any] = [
        float(instance.perturbation_radius), str(instance.dimension), simulation.engine.name,
        all(condition.holds for condition in instance.hypotheses()),
        len(sample.event.columns), simulation.tied_steps,
    ]  # fmt: skip
    for part in record:
        if part in POINTS:
            if part == "lowest_suffix":
                w = simulation.suffix(simulation.lowest_suffix()[0])
            else:
                w = simulation.last if part == "last" else simulation.average
            point = simulation.look(w).point()
            row += [point.empirical_risk, *point.population_risk, *point.saer, point.flatness_radius]
        elif part == "bounds":
            row += _bounds(request, instance, simulation, sample)
        else:
            from sco_flat.comparisons import stability

            found = stability.leave_one_out(instance, sample, request.settings, request.seed, growth=False)
            row += [found.eps, found.summed_risk]
    return row


def _bounds(request: Any, instance: Any, simulation: Any, sample: Any) -> list[float | None]:
    """Bounds given the sample's event; None outside their range.

    The lower one holds for every suffix, the upper ones for the mean: ``E F >= P(event) E[F | event]``, so a bound on
    E F over the event's probability bounds the mean given the event.
    """
    from sco_flat import bounds, runs

    lower = runs.lower_bound(instance, request.settings, sample.event)
    method = request.settings.method
    numbers: dict[str, Any] = runs.common(instance, simulation) | {"n": instance.n}
    uppers: list[Any] = [None, None]
    if method in ("sagd", "sam") and runs.is_plain(request.settings):
        kind = "sa-gd" if method == "sagd" else "sam"
        paper = upper.theorem4 if method == "sagd" else upper.theorem8
        uppers = [bounds.attempt(bounds.risk_a_priori, **numbers, method=kind), bounds.attempt(paper, **numbers)]
    chance = sample.event.probability
    values = [found.value if isinstance(found, bounds.Bound) else None for found in (lower, *uppers)]
    return [x if x is None or k == 0 else x / chance for k, x in enumerate(values)]

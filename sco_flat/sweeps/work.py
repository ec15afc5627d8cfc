"""One cell: from names and numbers to a row of results. This is what workers run."""

from __future__ import annotations

import functools
import hashlib
import json
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sco_flat import _outside, _registry
from sco_flat.errors import ANYWAY, InputError, NotApplicable
from sco_flat.results import Claim, Kind, json_number

if TYPE_CHECKING:
    from sco_flat.measures.base import Measure

COMMON = ("r", "dimension", "engine", "inside_theorem", "outside_because", "bad_columns", "tied_steps")
BOUNDS = ("lower_bound", "upper_bound", "paper_bound")
"""The first speaks of the population risk of every suffix average, the others of that of the full one."""
CURVATURE = "curvature"
"""Recorded beside averages, it adds the measures that are only taken where they are asked for."""
TRAJECTORY, ITERATES = "trajectory", 65
"""Recorded, it is one text: the columns of `sco_flat.runs.over_time` at so many iterates, first and last among them."""
ALONG = ("t", "iterate.empirical_risk", "iterate.population_risk_low", "iterate.population_risk")
"""Columns of these."""
STABILITY = ("eps", "summed_risk")
CLAIMS, VERDICT = "claims", "verdict"
"""What a cell that checks a statement keeps, as one text: how many claims there are is known once it is done."""
CHECKED = (VERDICT, "reason", "inside_theorem", CLAIMS)
PARTS = (".value", ".bound", ".gap", ".holds")
"""Columns of a claim, after its name."""
KINDS: tuple[Kind, ...] = ("conclusion", "dynamics", "hypothesis")
"""Of claims, in the order in which a table has them."""
NUMERICAL = (
    "_jit.py", "averages", "bounds", "checks.py", "comparisons", "curvature.py", "draws.py", "engines", "instances",
    "measures", "methods", "networks", "numbers.py", "oracles", "proofs", "requests.py", "results.py", "runs.py",
    "samples.py", "settings.py", "sweeps/work.py", "traits.py", "vocabulary.py", "works",
)  # fmt: skip
"""Parts of the package on which a result depends."""
UNEXPECTED = "unexpected: "
"""So begin the messages of failures that another try may not meet again; what is refused is refused again."""


def columns(record: tuple[str, ...]) -> list[str]:
    """Names of the results of a cell."""
    if record == (CLAIMS,):
        return [*CHECKED]
    quantities = [column for m in _taken(record) for column in m.columns]
    names: list[str] = [*COMMON]
    others: dict[str, tuple[str, ...]] = {"bounds": BOUNDS, "stability": STABILITY, CURVATURE: (),
                                       TRAJECTORY: (TRAJECTORY,)}  # fmt: skip
    for part in record:
        names += others[part] if part in others else [f"{part}.{quantity}" for quantity in quantities]
    return names


def _taken(record: tuple[str, ...]) -> list[Measure]:
    """The measures of a cell."""
    from sco_flat import measures

    known = [measures.get(name) for name in measures.names()]
    return [m for m in known if not m.asked or CURVATURE in record]


def speaking(value: str) -> tuple[str, ...]:
    """The bounds that speak of a column."""
    from sco_flat import averages

    point, _, name = value.partition(".")
    if name.removesuffix("_low") != "population_risk" or point not in averages.names():
        return ()
    average = averages.get(point)
    return BOUNDS[:1] * average.suffix + BOUNDS[1:] * average.whole


def version() -> str:
    """Hash of the sources that results depend on, those outside the package that are registered among them."""
    outside = _registry.added_files()
    return f"{_package_version()}-{_outside.digest(outside)}" if outside else _package_version()


@functools.cache
def _package_version() -> str:
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
        Of `runs.request_from`; where claims are kept, ``statement``, ``evidence`` and the numbers of a check.
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
    import numpy as np

    from sco_flat import patience
    from sco_flat.instances import saer

    began = time.perf_counter()
    try:
        with np.errstate(all="ignore"), saer.cheaply(), patience.unlimited(silent=True, memory=False):
            found = _checked(arguments) if record == (CLAIMS,) else _measure(arguments, record)
    except InputError as error:
        return None, _said(error), time.perf_counter() - began
    except MemoryError:
        return None, f"{UNEXPECTED}out of memory", time.perf_counter() - began
    except Exception as error:  # a sweep goes on: the row says what happened
        return None, f"{UNEXPECTED}{type(error).__name__}: {error}", time.perf_counter() - began
    return found, "", time.perf_counter() - began


def refusal(arguments: dict[str, Any], record: tuple[str, ...]) -> str:
    """Why a cell would be refused before its first step, or nothing.

    Parameters
    ----------
    arguments, record
        As for `run`.
    """
    try:
        if record == (CLAIMS,):
            _ask(arguments)
        else:
            _prepare(arguments, record)
    except InputError as error:
        silent = record == (CLAIMS,) and isinstance(error, NotApplicable)  # a state of a check, and no refusal
        return "" if silent else _said(error)
    except MemoryError:
        return "out of memory"
    return ""


def _said(error: InputError) -> str:
    """What a store keeps of an error: its mend is one of the sweep file."""
    return str(error).replace(ANYWAY, "allow_outside = true in the file")


def _parted(arguments: dict[str, Any], record: tuple[str, ...]) -> tuple[dict[str, Any], dict[str, Any]]:
    """What the recorded averages read, and what the run does."""
    from sco_flat import averages

    watchers = [averages.get(part) for part in record if part in averages.names()]
    own = {option.name for average in watchers for option in average.numbers}
    return {k: arguments[k] for k in arguments if k in own}, {k: arguments[k] for k in arguments if k not in own}


def _prepare(arguments: dict[str, Any], record: tuple[str, ...]) -> None:
    """All that comes before the first step."""
    from sco_flat.engines.batches import drawn
    from sco_flat.engines.simulation import suited
    from sco_flat.requests import request_from
    from sco_flat.samples import streams
    from sco_flat.works import base as works

    request = request_from(**_parted(arguments, record)[1])
    instance = works.build(request)
    suited(instance, request.settings)
    sample = request.sample(instance)
    drawn(sample, instance.steps, request.settings, streams(request.seed, "order")["order"])


def _ask(arguments: dict[str, Any]) -> None:
    """Read the numbers of a check."""
    from sco_flat import checks
    from sco_flat.works import base as works
    from sco_flat.works.exact import Exact

    numbers = dict(arguments)
    statement, evidence = works.get(numbers.pop("statement")), numbers.pop("evidence")
    if evidence != "float":
        from sco_flat.proofs.prove import question_from

        numbers.pop("allow_outside", None)
        question_from(statement, evidence, **numbers)
    elif isinstance(statement, Exact):
        statement.read(numbers)
    else:
        checks.request_for(statement, **numbers).build()


def _checked(arguments: dict[str, Any]) -> list[Any]:
    """A check: its verdict, why it is no better, whether the numbers are inside the statement, and its claims."""
    from sco_flat import checks

    numbers = dict(arguments)
    statement, evidence = numbers.pop("statement"), numbers.pop("evidence")
    try:
        found = checks.check(statement, evidence=evidence, **numbers)
    except NotApplicable as reason:
        return ["not applicable", _said(reason), False, "[]"]
    first = sorted(found.claims, key=lambda c: KINDS.index(c.kind))  # a figure shows the first one if not asked
    claims = [[c.name, json_number(c.value), json_number(c.bound), c.verdict] for c in first]
    inside = all(c.verdict in ("holds", "proved") for c in found.claims if c.kind == "hypothesis")
    return [found.verdict, _reason(found.verdict, found.claims), inside, json.dumps(claims)]


def _reason(verdict: str, claims: tuple[Claim, ...]) -> str | None:
    """Why a check is neither proved nor holds: the hypotheses that fail, or the claims of its verdict."""
    if verdict in ("holds", "proved"):
        return None
    broken = [c.name for c in claims if c.kind == "hypothesis" and c.verdict == "fails"]
    if broken and verdict == "not applicable":
        return f"outside the theorem: {'; '.join(broken)}"
    # what it concludes says more than what it met on the way
    open_ = sorted((c for c in claims if c.verdict == verdict), key=lambda c: c.kind != "conclusion")
    if verdict == "fails":
        return "; ".join(c.name for c in open_)
    return next((c.note for c in open_ if c.note), "; ".join(c.name for c in open_) or None)


def _measure(arguments: dict[str, Any], record: tuple[str, ...]) -> list[Any]:
    from sco_flat.engines.simulation import simulate
    from sco_flat.requests import request_from
    from sco_flat.runs import measured, over_time
    from sco_flat.works import base as works

    picks, numbers = _parted(arguments, record)
    request = request_from(**numbers)
    instance = works.build(request)
    sample = request.sample(instance)
    simulation = simulate(instance, sample, request.settings, request.seed)
    row: list[Any] = [
        float(instance.perturbation_radius), str(instance.dimension), simulation.engine.name,
        *_inside(simulation), len(sample.event.columns), simulation.tied_steps,
    ]  # fmt: skip
    for part in record:
        if part not in ("bounds", "stability", CURVATURE, TRAJECTORY):
            points = measured(simulation, [part], CURVATURE in record, picks)
            for m in _taken(record):
                found = points[part].values.get(m.name) if part in points else None
                row += (found or (None, None)) if m.interval else [found]
        elif part == "bounds":
            row += _bounds(simulation)
        elif part == TRAJECTORY:
            row.append(json.dumps([*over_time(simulation, ITERATES).values()]))
        elif part == "stability":
            from sco_flat.comparisons import stability

            found = stability.leave_one_out(instance, sample, request.settings, request.seed, growth=False)
            row += [found.eps, found.summed_risk]
    return row


def _inside(simulation: Any) -> tuple[bool, str | None]:
    """Whether a statement for which the loss was built, or about a case of it, speaks of the run; if none, why not."""
    from sco_flat.works import base as works

    facts, known = works.facts_of(simulation), list(works.about(simulation.instance.name))
    known = [s for s in known if s.home] or [s for s in known if s.concerns(simulation.instance)]
    reasons = [s.silence(simulation.instance, facts) for s in known]
    if not reasons:
        return False, "no statement is about this loss"
    return None in reasons, None if None in reasons else reasons[0]


def _bounds(simulation: Any) -> list[float | None]:
    """Bounds given the sample's event; None outside their range.

    The lower one holds for every suffix, the upper ones for the mean: ``E F >= P(event) E[F | event]``, so a bound on
    E F over the event's probability bounds the mean given the event.
    """
    from sco_flat.bounds.base import judge
    from sco_flat.comparisons import strengths
    from sco_flat.works import base as works

    instance, settings, facts = simulation.instance, simulation.settings, works.facts_of(simulation)
    lowest = [found.value for _, found in works.lower_bounds(instance, settings, facts) if not isinstance(found, str)]
    numbers: dict[str, Any] = works.numbers_of(simulation) | {"n": instance.n}
    uppers = [strengths.a_priori(facts, numbers)]
    papers = [judge(f, facts, **numbers) for work in works.works() for f in work.risk]
    uppers.append(next((found for found in papers if not isinstance(found, str)), ""))
    chance = simulation.layout.sample.event.probability
    values = [None if isinstance(found, str) else found.value / chance for found in uppers]
    return [max(lowest, default=None), *values]

"""From names and numbers to a run with its risks and claims: what ``sco-flat run`` and the Python API call."""

from __future__ import annotations

import time
from dataclasses import dataclass, field, fields, replace
from typing import Any

import numpy as np

from sco_flat import bounds, instances, methods
from sco_flat.engines.simulation import Simulation, simulate
from sco_flat.errors import InputError, NotApplicable
from sco_flat.instances.base import Hypothesis, Instance
from sco_flat.numbers import real
from sco_flat.results import Claim, Event, Run, claim
from sco_flat.samples import Sample, draw, streams
from sco_flat.settings import Settings
from sco_flat.works.flat_minima import lower, upper


@dataclass(frozen=True)
class Request:
    """Everything that fixes a run.

    Attributes
    ----------
    instance : str
        A registered instance.
    n, steps : int
        Sample size and number of iterates T.
    step_size : float
        eta.
    perturbation_radius : float or "auto"
        r; ``auto`` is the largest that the instance's theorem allows.
    flatness_radius : float
        rho.
    settings : Settings
        Method, oracle, engine, start and schedule.
    width : int, optional
        Number m of columns, ``2**n`` by default.
    event : str, optional
        ``any``, ``one`` or ``free``; the theorem's event by default.
    seed : int
        Root of all random streams.
    options : dict
        Further parameters of the instance (``preset``, ``parameters``, ``delta`` ...).
    allow_outside : bool
        Run although a hypothesis of the theorem fails; every claim then says so.
    """

    instance: str
    n: int
    steps: int
    step_size: float
    perturbation_radius: float | str = "auto"
    flatness_radius: float = 0.0
    settings: Settings = field(default_factory=Settings)
    width: int | None = None
    event: str | None = None
    seed: int = 0
    options: dict[str, Any] = field(default_factory=dict)
    allow_outside: bool = False

    def build(self) -> Instance:
        """Make the instance.

        Raises
        ------
        InputError
            If a number is out of range or a hypothesis of the theorem fails without ``allow_outside``.
        """
        cls = instances.get(self.instance)
        radius = self.perturbation_radius
        if radius == "auto":
            if not self.step_size > 0 or self.steps < 1:
                radius = 1.0  # the constructor names the bad number
            else:
                radius = cls.auto_radius(self.steps, self.step_size, self.flatness_radius)
        built = cls(
            n=self.n, steps=self.steps, step_size=self.step_size, perturbation_radius=real("radius", radius),
            flatness_radius=self.flatness_radius, width=self.width, **self.options,
        )  # fmt: skip
        if not self.allow_outside and self.speaks(cls):
            for condition in built.hypotheses():
                if not condition.holds:
                    raise outside(condition)
        return built

    def speaks(self, cls: type[Instance]) -> bool:
        """Whether the instance's theorem is about this method."""
        return not cls.methods or self.settings.method in cls.methods

    def sample(self, instance: Instance) -> Sample:
        """Draw the sample, under the event asked for."""
        event = self.event or instance.event
        stream = streams(self.seed, "sample")["sample"]
        density = getattr(instance, "density", 0.5)
        return draw(instance.n, instance.m, instance.bad_code, event, stream, density)  # type: ignore[arg-type]


def outside(condition: Hypothesis) -> InputError:
    """Build the error for a hypothesis that fails."""
    return InputError(
        condition.key,
        f"{condition.value:.12g}",
        f"{condition.source} needs {condition.name}",
        f"{condition.legal} (--allow-outside runs anyway)",
    )


def hypothesis_claims(instance: Instance) -> list[Claim]:
    """Turn the theorem's conditions on the numbers into claims."""
    return [
        Claim(c.name, "hypothesis", "float", "holds" if c.holds else "fails", c.value, c.limit, c.relation, c.source)  # type: ignore[arg-type]
        for c in instance.hypotheses()
    ]


def mark_outside(claims: list[Claim]) -> tuple[Claim, ...]:
    """Say on every claim of a run outside its theorem that it is one."""
    broken = [c.name for c in claims if c.kind == "hypothesis" and c.verdict == "fails"]
    if not broken:
        return tuple(claims)
    mark = "outside the theorem: " + "; ".join(broken)
    return tuple(replace(c, note=f"{mark}. {c.note}".removesuffix(". ")) for c in claims)


def common(instance: Instance, simulation: Simulation) -> dict[str, float]:
    """Numbers that the upper bounds ask for."""
    start = np.zeros(1) if simulation.settings.zero_start else simulation.started()
    return {
        "step_size": instance.step_size,
        "steps": instance.steps,
        "smoothness": instance.smoothness,
        "perturbation_radius": instance.perturbation_radius,
        "flatness_radius": instance.flatness_radius,
        "distance": instance.distance(float(start @ start), float(start[-1])),
    }


UPPER = {
    "sagd": ((upper.theorem2, "saer"), (bounds.sa_gd_sharper, "saer")),
    "sam": ((upper.theorem5, "empirical_risk"), (bounds.sam_sharper, "empirical_risk")),
}


def bound_name(function: Any) -> str:
    """Say whose bound a function of `sco_flat.bounds` gives."""
    number = function.__name__.removeprefix("theorem")
    return f"the paper's bound (Theorem {number})" if number.isdigit() else "the sharper bound"


def upper_claims(instance: Instance, simulation: Simulation, average: Any, exact: bool) -> list[Claim]:
    """Hold the full average against the upper bounds of its method that hold for every sample."""
    claims = []
    for function, quantity in UPPER.get(simulation.settings.method, ()):
        value = average.saer[1] if quantity == "saer" else average.empirical_risk
        name = f"{quantity} of the full average <= {bound_name(function)}"
        if not exact:
            note = "the theorem is about the exact, full-batch, constant-step method"
            claims.append(Claim(name, "conclusion", "float", "not applicable", value, None, "<=", "", note))
            continue
        found = bounds.attempt(function, **common(instance, simulation))
        if isinstance(found, NotApplicable):
            claims.append(
                Claim(name, "conclusion", "float", "not applicable", value, None, "<=", function.__name__, str(found))
            )
        else:
            claims.append(claim(name, "conclusion", value, "<=", found.value, found.source))
    return claims


def event_holds(instance: Instance, event: Event) -> bool:
    """Whether the sample has the bad columns that the instance's theorem asks for."""
    count = len(event.columns)
    return {"any": count >= 1, "one": count == 1, "free": True}[instance.event]


def lower_bound(instance: Instance, settings: Settings, event: Event) -> bounds.Bound | NotApplicable | None:
    """Return the lower bound on every suffix that the instance's theorem gives for this run, if it speaks of it."""
    numbers: dict[str, Any] = {
        "step_size": instance.step_size,
        "steps": instance.steps,
        "perturbation_radius": instance.perturbation_radius,
    }
    if not event_holds(instance, event) and settings.method in instance.methods:
        return NotApplicable(
            "event", event.kind, f"the sample has {len(event.columns)} bad column(s)", f"use --event {instance.event}"
        )
    if instance.theorem == 3 and settings.method == "sagd":
        numbers["flatness_radius"] = instance.flatness_radius
        resolved = instance.resolved()
        if resolved["bias"] == 1.0 and resolved["decay"] == 0.0:
            if settings.oracle == "adversarial":
                return bounds.attempt(lower.theorem3, **numbers)
            return NotApplicable(
                "oracle", settings.oracle, "with the paper's weights Theorem 3 needs the oracle adversarial",
                "use it, or --preset robust",
            )  # fmt: skip
        return bounds.attempt(lower.theorem3_rate, **numbers)
    if instance.theorem == 7 and settings.method == "sam":
        return bounds.attempt(lower.theorem7, **numbers, n=instance.n, width=instance.m)
    return None


def is_plain(settings: Settings) -> bool:
    """Whether the run is the method that the theorems analyse."""
    return (
        settings.schedule == "constant"
        and settings.batch_size is None
        and settings.normalize
        and settings.epsilon == 0.0
        and not settings.project
        and (settings.method != "sagd" or settings.oracle != "ascent")
    )


def execute(request: Request) -> tuple[Run, Simulation]:
    """Run a request and hold its last iterate, full average and lowest suffix against their risks.

    Parameters
    ----------
    request : Request
        What to run.

    Returns
    -------
    run : Run
        The record.
    simulation : Simulation
        The run itself, for its vectors and for every suffix.

    Raises
    ------
    InputError
        For every number, name or combination that cannot be used.
    """
    began = time.perf_counter()
    instance = request.build()
    settings = request.settings
    sample = request.sample(instance)
    simulation = simulate(instance, sample, settings, request.seed)
    last = simulation.look(simulation.last).point()
    average = simulation.look(simulation.average).point()
    points = {"last": last, "average": average}
    notes = list(_notes(simulation))
    start, _ = simulation.lowest_suffix()
    lowest = replace(average, start=1) if start == 1 else simulation.look(simulation.suffix(start)).point(start)
    points["lowest_suffix"] = lowest
    least = float(simulation.suffix_risks[:, 0].min())
    claims = hypothesis_claims(instance) if request.speaks(type(instance)) else []
    if any(c.verdict == "fails" for c in claims):
        notes.append("outside the theorem: " + "; ".join(c.name for c in claims if c.verdict == "fails"))
    found = lower_bound(instance, settings, sample.event)
    name = "population risk of every suffix >= lower bound"
    if isinstance(found, NotApplicable):
        claims.append(Claim(name, "conclusion", "float", "not applicable", least, None, ">=", "", str(found)))
    elif found is not None:
        claims.append(claim(name, "conclusion", least, ">=", found.value, found.source, slack=1e-12))
    claims += upper_claims(instance, simulation, average, is_plain(settings))
    run = Run(
        instance=request.instance,
        method=settings.method,
        engine=simulation.engine.name,
        dimension=instance.dimension,
        parameters=instance.resolved() | _method_numbers(request),
        event=sample.event,
        points=points,
        claims=mark_outside(claims),
        seconds=time.perf_counter() - began,
        notes=tuple(notes),
    )
    return run, simulation


def _method_numbers(request: Request) -> dict[str, Any]:
    settings = request.settings
    start = settings.start if isinstance(settings.start, (str, tuple)) else "given"
    data: dict[str, Any] = {"seed": request.seed, "schedule": settings.schedule, "project": settings.project}
    data["start"] = start if isinstance(start, str) else f"gaussian:{start[1]:g}"
    for key in methods.get(settings.method).reads:
        if key != "perturbation_radius":
            data[key] = getattr(settings, key)
    return data


def _notes(simulation: Simulation) -> list[str]:
    notes = []
    if simulation.zero_step:
        notes.append(f"zero gradient at step {simulation.zero_step}: SAM takes no step (0/0 = 0)")
    if simulation.underflow_step:
        notes.append(
            f"gradient underflow at step {simulation.underflow_step}: it is not zero but too small for a float64, "
            "so this run stands still where SAM would move"
        )
    if simulation.settings.method == "sagd":
        if simulation.tied_steps:
            notes.append(f"the oracle had more than one maximiser on {simulation.tied_steps} steps")
        if simulation.oracle_gap > 0.0:
            notes.append(f"the oracle's value is within {simulation.oracle_gap:.3g} of the upper bound of the maximum")
    return notes


def run(instance: str, method: str | None = None, **numbers: Any) -> Run:
    """Run a method on an instance and return every number of it.

    Parameters
    ----------
    instance : str
        ``flat-erm``, ``sagd-blocks``, ``sam-sharp`` or ``sam-chain``.
    method : str, optional
        ``gd``, ``sgd``, ``sagd`` or ``sam``; by default the one of the instance's theorem.
    **numbers
        Fields of `Request` and `Settings`, and parameters of the instance.

    Returns
    -------
    Run
        Points ``last``, ``average`` and ``lowest_suffix``, claims, notes.

    Raises
    ------
    InputError
        For every number, name or combination that cannot be used.

    Examples
    --------
    >>> import sco_flat
    >>> run = sco_flat.run("sam-chain", n=6, steps=64, step_size=1 / 6)
    >>> round(run.points["last"].population_risk[0], 4)
    0.0493
    """
    return execute(request_from(instance, method, **numbers))[0]


def request_from(instance: str, method: str | None = None, **numbers: Any) -> Request:
    """Sort keyword arguments into a `Request`, its `Settings` and parameters of the instance."""
    cls = instances.get(instance)
    chosen = method or (cls.methods[0] if cls.methods else "gd")
    own = {f.name for f in fields(Request)} - {"instance", "settings", "options"}
    choices = {f.name for f in fields(Settings)} - {"method"}
    extra = {f.name for f in fields(cls)} - own
    known = own | choices | extra
    for key in numbers:
        if key not in known:
            from sco_flat.errors import unknown_name

            raise unknown_name("parameter", key, known)
    settings = Settings(method=chosen, **{k: v for k, v in numbers.items() if k in choices})
    options = {k: v for k, v in numbers.items() if k in extra and v is not None}
    fields_ = {"n": 6, "steps": 64, "step_size": 0.25} | {k: v for k, v in numbers.items() if k in own}
    return Request(instance=instance, settings=settings, options=options, **fields_)

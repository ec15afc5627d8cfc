"""From names and numbers to a request: what to run, with which method, on which sample."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import Any

from sco_flat import instances, methods
from sco_flat.errors import unknown_name
from sco_flat.instances.base import Instance
from sco_flat.numbers import real
from sco_flat.settings import Settings


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
        """Make the instance; no statement's hypotheses are asked for.

        Raises
        ------
        InputError
            If a number is out of range.
        """
        cls = instances.get(self.instance)
        radius = self.perturbation_radius
        if radius == "auto":
            if not self.step_size > 0 or self.steps < 1:
                radius = 1.0  # the constructor names the bad number
            else:
                radius = cls.auto_radius(self.steps, self.step_size, self.flatness_radius)
        numbers = dict(self.options)
        if cls.has_blocks:
            numbers["width"] = self.width
        return cls(
            n=self.n, steps=self.steps, step_size=self.step_size, perturbation_radius=real("radius", radius),
            flatness_radius=self.flatness_radius, **numbers,
        )  # fmt: skip

    def sample(self, instance: Instance) -> Any:
        """Draw the sample, under the event asked for."""
        return instance.draw(self.event or instance.event, self.seed)


def request_from(instance: str, method: str | None = None, **numbers: Any) -> Request:
    """Sort keyword arguments into a `Request`, its `Settings` and parameters of the instance."""
    cls = instances.get(instance)
    chosen = method or cls.default_method
    reads = methods.get(chosen).reads
    numbers = {k: v for k, v in cls.defaults.items() if k in reads or k not in ("order", "oracle")} | numbers
    own = {f.name for f in fields(Request)} - {"instance", "settings", "options"}
    choices = {f.name for f in fields(Settings)} - {"method"}
    extra = {f.name for f in fields(cls)} - own
    known = own | choices | extra
    for key in numbers:
        if key not in known:
            raise unknown_name("parameter", key, known)
    settings = Settings(method=chosen, **{k: v for k, v in numbers.items() if k in choices})
    options = {k: v for k, v in numbers.items() if k in extra and v is not None}
    fields_ = {"n": 6, "steps": 64, "step_size": 0.25} | {k: v for k, v in numbers.items() if k in own}
    return Request(instance=instance, settings=settings, options=options, **fields_)

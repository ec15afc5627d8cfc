"""From names and numbers to a request: what to run, with which method, on which sample."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Any, Unpack, overload

from sco_flat import averages, instances, methods, vocabulary
from sco_flat.errors import InputError, unknown_name
from sco_flat.instances.base import Loss, types_of
from sco_flat.numbers import real
from sco_flat.settings import Settings
from sco_flat.signatures import Numbers, spelled
from sco_flat.vocabulary import OPTIONS, is_auto, typed

if TYPE_CHECKING:
    from sco_flat.methods.base import Method


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

    def build(self) -> Loss:
        """Make the instance; no statement's hypotheses are asked for.

        Raises
        ------
        InputError
            If a number is out of range.
        """
        cls = instances.get(self.instance)
        radius = self.perturbation_radius
        if is_auto(radius):
            if not self.step_size > 0 or self.steps < 1:
                radius = 1.0  # the constructor names the bad number
            else:
                radius = cls.auto_radius(self.steps, self.step_size, self.flatness_radius)
        numbers = dict(self.options)
        if cls.has_blocks or self.width is not None:
            numbers["width"] = self.width
        return cls(
            n=self.n, steps=self.steps, step_size=self.step_size, perturbation_radius=real("radius", radius),
            flatness_radius=self.flatness_radius, **numbers,
        )  # fmt: skip

    def sample(self, instance: Loss) -> Any:
        """Draw the sample, under the event asked for."""
        return instance.draw(self.event or instance.event, self.seed)


def own_fields(cls: type[Loss]) -> dict[str, Any]:
    """Fields of a loss beyond those that every loss has, with their types.

    Raises
    ------
    InputError
        If one is called like an option that means something else.
    """
    shared = {o.name for o in OPTIONS.values() if o.reader != "loss"}
    found = {f.name: f for f in fields(cls) if f.name not in shared}
    for name in found:
        if vocabulary.long_name(name) in shared:
            raise InputError(
                "instance", cls.name, f"its field {name} is called like {vocabulary.long_name(name)}", "rename it"
            )
    hints = types_of(cls)
    return {name: hints[name] for name in found}


def parameters_of(rule: Method) -> Mapping[str, Any]:
    """Return the numbers that a method declares itself."""
    return rule.parameters


def readable(cls: type[Loss], rule: Method) -> set[str]:
    """Return the names of everything that a run of a method on a loss reads.

    Raises
    ------
    InputError
        If the method and the loss have a number of the same name: one of them would be ignored.
    """
    wide = any(f.name == "width" for f in fields(cls))
    everyone = {"request": True, "run": True, "blocks": wide, "loss": False}
    shared = {o.name for o in OPTIONS.values() if everyone.get(o.reader, o.name in rule.reads)}
    if cls.any_batch and "batch_size" in rule.reads:
        shared.add("order")
    own, parameters = set(own_fields(cls)), set(parameters_of(rule))
    if own & parameters:
        limit = f"its parameter {min(own & parameters)} is called like one of {cls.name}"
        raise InputError("method", rule.name, limit, "rename it, or use another instance")
    return shared | own | parameters


def refusal(cls: type[Loss], rule: Method, key: str, value: Any) -> InputError:
    """Build the error for what a run does not read: by whom it is not, and which methods would read it."""
    readers = [m for m in map(methods.get, methods.names()) if key in m.reads or key in parameters_of(m)]
    option = OPTIONS.get(key)
    if readers:
        mend = f"leave it out, or use --method {' or '.join(m.name for m in readers)}"
        return InputError(key, value, f"{rule.name} does not read it", mend)
    if option is not None:
        limit = f"{cls.name} has no blocks" if option.reader == "blocks" else f"{cls.name} does not read it"
        return InputError(key, value, limit, "leave it out")
    watchers = averages.readers(key)
    if watchers:
        mend = f"leave it out, or use --average {' or '.join(watchers)}"
        return InputError(key, value, "is a number of an average, and none is asked for that reads it", mend)
    known = readable(cls, rule)
    meant = {word: name for word, name in vocabulary.NEAR.items() if name in known}
    return unknown_name("parameter", key, known, meant | {s: s for s in vocabulary.spellings(known)})


def staged(given: Mapping[str, Any]) -> dict[str, Any]:
    """Add what stages say of T, eta and r: the run takes their steps, and begins with the first one's numbers.

    Raises
    ------
    InputError
        If one of them is given, too.
    """
    if "stages" not in given:
        return dict(given)
    text = vocabulary.stages("stages", given["stages"])
    plan = vocabulary.stages_of(text)
    said = {"steps": 1 + sum(count for count, _, _ in plan), "step_size": plan[0][1], "perturbation_radius": plan[0][2]}
    for key in said:
        if key in given:
            raise InputError(key, given[key], "is said by the stages, which are given, too", "leave one of them out")
    return {**given, **said, "stages": text}


@overload
def request_from(instance: str, method: str | None = None, **numbers: Unpack[Numbers]) -> Request: ...


@overload
def request_from(instance: str, method: str | None = None, **numbers: Any) -> Request: ...


@spelled
def request_from(instance: str, method: str | None = None, **numbers: Any) -> Request:
    """Sort keyword arguments into a `Request`, its `Settings` and parameters of the instance.

    Parameters
    ----------
    instance : str
        A registered instance.
    method : str, optional
        A registered method; the instance's own by default.
    **numbers
        Options under any of their names, numbers of any kind; see `sco_flat.vocabulary`.

    Raises
    ------
    InputError
        For an option that nobody knows, or that this instance or method does not read.
    """
    with vocabulary.as_written(numbers):
        cls = instances.get(instance)
        rule = methods.get(cls.default_method if method is None else method)
        reads, own, parameters = readable(cls, rule), own_fields(cls), parameters_of(rule)
        given = vocabulary.long_names(numbers)
        for key, value in given.items():
            if key not in reads:
                raise refusal(cls, rule, key, value)
        usual = {"n": 6, "steps": 64, "step_size": 0.25} | getattr(cls, "defaults", {})
        usual |= {"oracle": cls.default_oracle}
        given = staged(given)
        values = vocabulary.read({k: v for k, v in usual.items() if k in reads} | given)
        for key, reason in rule.unread(values).items():
            if key in given:
                raise InputError(key, given[key], reason, "leave it out")
        options = {k: typed(k, v, own[k]) for k, v in values.items() if k in own}
        choices = {f.name for f in fields(Settings)} - {"method", "own"}
        settings = Settings(
            method=rule.name,
            own={k: real(k, v) for k, v in values.items() if k in parameters and k not in OPTIONS},
            **{k: v for k, v in values.items() if k in choices},
        )
        asked = {k: v for k, v in values.items() if k in OPTIONS and k not in own and k not in choices}
        return Request(instance=cls.name, settings=settings, options=options, **asked)

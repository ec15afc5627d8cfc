"""The disturbances: an axis of kinds with levels, each of which changes a run or says why it cannot."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from sco_flat import oracles
from sco_flat.requests import Request
from sco_flat.settings import Settings
from sco_flat.vocabulary import SCHEDULES

SIZES = (1e-12, 1e-9, 1e-6, 1e-4, 1e-2)
NOISE, EPSILON = "start noise", "epsilon"
COLUMNS = (2, 3, 4)
DRAWS = 8
"""Of the batches."""
BATCHES: dict[str, Callable[[int], int]] = {
    "1": lambda n: 1, "n/2": lambda n: max(n // 2, 1), "n-1": lambda n: max(n - 1, 1),
}  # fmt: skip


@dataclass(frozen=True)
class Change:
    """What is changed of a run.

    Attributes
    ----------
    settings : mapping
        Settings of the run by name.
    noise : float
        Standard deviation of what is added to every entry of w_1.
    columns : int or None
        Bad columns that the sample has.
    chance : bool
        Whether samples are drawn without the event; the mean over several is taken.
    draws : int
        Runs with other batches over which the mean is taken.
    """

    settings: Mapping[str, Any] = field(default_factory=dict)
    noise: float = 0.0
    columns: int | None = None
    chance: bool = False
    draws: int = 1


Maker = Callable[[Request], Change | str]
"""From a run to what is changed of it, or to the reason why that is not applicable."""


@dataclass(frozen=True)
class Disturbance:
    """One level of a kind of disturbance."""

    kind: str
    level: str
    make: Maker


def _reads(settings: Settings, key: str) -> bool:
    return key in settings.rule.reads


def _is_sam(settings: Settings) -> bool:
    return "sam" in settings.rule.families


def _oracle(name: str) -> Maker:
    def make(request: Request) -> Change | str:
        if not _reads(request.settings, "oracle"):
            return f"{request.settings.method} has no inner maximiser to choose"
        return Change({"oracle": name})

    return make


def _noise(scale: float) -> Maker:
    return lambda request: Change(noise=scale)


def of_size(kind: str, size: float) -> Maker:
    """The disturbance of a kind that has sizes: `NOISE` or `EPSILON`."""
    return _noise(size) if kind == NOISE else _setting("epsilon", size, "takes no norm to which it could be added")


def _setting(key: str, value: Any, reason: str) -> Maker:
    def make(request: Request) -> Change | str:
        if not _reads(request.settings, key):
            return f"{request.settings.method} {reason}"
        return Change({key: value})

    return make


def _batches(size: Callable[[int], int]) -> Maker:
    def make(request: Request) -> Change | str:
        found = _setting("batch_size", size(request.n), "takes all examples in every step")(request)
        return found if isinstance(found, str) else replace(found, draws=DRAWS)

    return make


def _always(**settings: Any) -> Maker:
    return lambda request: Change(settings)


def _variant(method: str, what: str, **own: float) -> Maker:
    def make(request: Request) -> Change | str:
        if not _is_sam(request.settings):
            return f"the package has {what} for SAM only"
        return Change({"method": method, "own": own})

    return make


def _columns(count: int) -> Maker:
    return lambda request: Change(columns=count) if _has_columns(request) else _one_loss(request)


def _chance(request: Request) -> Change | str:
    return Change(chance=True) if _has_columns(request) else _one_loss(request)


def _has_columns(request: Request) -> bool:
    return request.build().event != "free"


def _one_loss(request: Request) -> str:
    return f"{request.instance} is one loss for all z: it has no columns"


def disturbances() -> Iterator[Disturbance]:
    """Yield all of them, kind by kind."""
    for name in oracles.names():
        yield Disturbance("oracle", name, _oracle(name))
    for kind in (NOISE, EPSILON):
        for size in SIZES:
            yield Disturbance(kind, f"{size:.0e}".replace("e-0", "e-"), of_size(kind, size))
    yield Disturbance("precision", "float32", _variant("sam-single", "single precision"))
    for level, share in BATCHES.items():
        yield Disturbance("batch", level, _batches(share))
    for name in SCHEDULES[1:]:
        yield Disturbance("schedule", name, _always(schedule=name))
    yield Disturbance("projection", "unit ball", _always(project=True))
    yield Disturbance("normalisation", "off", _setting("normalize", False, "does not normalise"))
    for momentum in (0.5, 0.9):
        make = _variant("sam-momentum", "momentum", momentum=momentum)
        yield Disturbance("momentum", f"{momentum:g}", make)
    for decay in (1e-4, 1e-2, 0.1):
        make = _variant("sam-momentum", "weight decay", momentum=0.0, weight_decay=decay)
        yield Disturbance("weight decay", f"{decay:g}", make)
    for offset in (0.01, 1.0):
        make = _variant("sam-adaptive", "the adaptive ascent", offset=offset)
        yield Disturbance("adaptive", f"offset {offset:g}", make)
    for power in (0.25, 0.5):
        make = _variant("sam-radius", "a falling radius", power=power)
        yield Disturbance("radius", f"r t^-{power:g}", make)
    for count in COLUMNS:
        yield Disturbance("bad columns", str(count), _columns(count))
    yield Disturbance("event", "to chance", _chance)

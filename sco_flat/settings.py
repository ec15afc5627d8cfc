"""Settings of a run that belong to the method rather than to the instance."""

from __future__ import annotations

import functools
from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from sco_flat import methods, oracles
from sco_flat.errors import InputError, unknown_name
from sco_flat.numbers import real, rounded
from sco_flat.vocabulary import OPTIONS, stages_of, value_of

if TYPE_CHECKING:
    from sco_flat.methods.base import Method
    from sco_flat.oracles.base import Oracle


@dataclass(frozen=True)
class Settings:
    """How a method runs on an instance.

    Attributes
    ----------
    method, oracle, engine : str
        Registered names; engine ``auto`` takes the sparsest that supports the run.
    normalize : bool
        SAM: divide the ascent direction by its norm.
    epsilon : float
        SAM: added to that norm; 0 is the paper's method.
    batch_size : int or None
        SAM: examples a step, None for all.
    order : str
        SGD: ``one-pass``, ``without-replacement`` or ``with-replacement``.
    schedule : str
        Step sizes: ``constant``, ``inverse-sqrt``, ``linear-decay`` (to 0), ``warm-up`` (over T/10 steps).
    start : "zero", ("gaussian", scale), ndarray, or a number for a loss with one coordinate
        w_1; an array is dense, in the paper's order.
    project : bool
        Project on the unit ball after every step.
    left_out : int or None
        SGD and mini-batches: example of zero loss instead of its own. The order and the batches stay; a step of which
        nothing is left is not taken.
    stages : str or None
        ``STEPS:STEP_SIZE:RADIUS, ...``: they replace the step size and the radius of the loss one after the other.
    clamp : float or None
        Every entry is kept within this distance of its start.
    box : pair of ndarray or None
        The lowest and the highest value of every entry, in Python only; infinite where it is free.
    own : dict
        Numbers that the method declares itself.
    """

    method: str = "gd"
    oracle: str = "adversarial"
    engine: str = "auto"
    normalize: bool = True
    epsilon: float = 0.0
    batch_size: int | None = None
    order: str = "one-pass"
    schedule: str = "constant"
    start: Any = "zero"
    project: bool = False
    left_out: int | None = None
    stages: str | None = None
    clamp: float | None = None
    box: Any = None
    own: dict[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for option in OPTIONS.values():
            value = getattr(self, option.name, None)
            if value is not None or option.name in _NEVER_NONE:
                object.__setattr__(self, option.name, value_of(option, value))
        if not self.epsilon >= 0.0:
            raise InputError("epsilon", self.epsilon, "must be a finite number, at least 0", "0 is the paper's method")
        if self.left_out is not None and self.facts()["full_batch"]:
            raise InputError("left_out", self.left_out, "is for SGD and mini-batches", "leave it out")
        if self.clamp is not None and not self.clamp >= 0.0:
            raise InputError("clamp", self.clamp, "is a distance, at least 0", "leave it out for none")
        if self.clamp is not None and self.box is not None:
            raise InputError("clamp", self.clamp, "is given with a box, which says the same", "give one of them")
        if self.stages is not None and self.schedule != "constant":
            limit = f"the stages set the step sizes, which the schedule {self.schedule} would change"
            raise InputError("stages", self.stages, limit, "leave one of them out")
        parameters: dict[str, Any] = getattr(self.rule, "parameters", {})
        if not isinstance(self.own, dict):
            raise InputError("own", self.own, "is a dict of the method's own numbers", "leave it out")
        for key in self.own:
            if key not in parameters:
                raise unknown_name("parameter", key, parameters)
        object.__setattr__(self, "own", {key: real(key, value) for key, value in self.own.items()})
        for key, value in self.own.items():
            number = parameters[key]
            if not number.low <= value <= number.high:
                limit = f"must be in [{rounded(number.low, 6)}, {rounded(number.high, 6)}]: {number.meaning}"
                raise InputError(key, value, limit, f"leave it out for {number.default:g}")

    def __getstate__(self) -> dict[str, Any]:
        """What is pickled: the fields; method and oracle are looked up again by their names."""
        return {f.name: getattr(self, f.name) for f in fields(self)}

    @functools.cached_property
    def rule(self) -> Method:
        """The method, looked up once."""
        return methods.get(self.method)

    @functools.cached_property
    def plan(self) -> tuple[tuple[int, float, float], ...]:
        """Steps, step size and radius of each stage."""
        return stages_of(self.stages) if self.stages else ()

    @functools.cached_property
    def maximiser(self) -> Oracle | None:
        """The oracle, where the method asks one; looked up once."""
        return oracles.get(self.oracle) if "oracle" in self.rule.reads else None

    def facts(self) -> dict[str, Any]:
        """What the run is, for whoever speaks about it; see `sco_flat.traits`."""
        reads, maximiser = self.rule.reads, self.maximiser
        drawn = "a random point" if isinstance(self.start, tuple) else "a given point"
        start = self.start if self.zero_start else "the loss itself" if self.own_start else drawn
        return {
            "method": self.method,
            "families": self.rule.families,
            "schedule": self.schedule if self.stages is None else "stages",
            "free": self.clamp is None and self.box is None,
            "sparse": self.rule.sparse,
            "full_batch": self.rule.picks is None and ("batch_size" not in reads or self.batch_size is None),
            "normalized": "normalize" not in reads or self.normalize,
            "epsilon": self.epsilon if "epsilon" in reads else 0.0,
            "unprojected": not self.project,
            "start": start,
            "lowest_start": self._lowest_start,
            "oracle": "none" if maximiser is None else maximiser.name,
            "exact_oracle": maximiser is None or maximiser.exact,
            "uphill": "uphill" in self.rule.families and (maximiser is None or maximiser.uphill),
            "one_coordinate": maximiser is None or maximiser.one_coordinate,
        }

    @property
    def _lowest_start(self) -> float | None:
        """The smallest entry of w_1; None where it is drawn."""
        if isinstance(self.start, tuple) or self.own_start:
            return None
        return 0.0 if isinstance(self.start, str) else float(np.min(self.start))

    @property
    def zero_start(self) -> bool:
        """Whether w_1 = 0."""
        return isinstance(self.start, str) and self.start == "zero"

    @property
    def own_start(self) -> bool:
        """Whether the loss draws w_1."""
        return isinstance(self.start, str) and self.start == "own"

    def start_vector(self, dimension: int, rng: np.random.Generator) -> NDArray[np.float64]:
        """Return w_1 as a dense vector.

        Raises
        ------
        InputError
            If a given start has the wrong shape or is not finite.
        """
        if isinstance(self.start, str):
            return np.zeros(dimension)
        if isinstance(self.start, tuple):
            return np.asarray(rng.standard_normal(dimension) * float(self.start[1]))
        given = np.array([self.start] if isinstance(self.start, float) else self.start, dtype=np.float64)
        if given.shape != (dimension,) or not np.isfinite(given).all():
            raise InputError(
                "start",
                self.start if isinstance(self.start, float) else f"array of shape {given.shape}",
                f"must be finite, of shape ({dimension},)",
                "write zero or gaussian:SCALE; in an array blocks come first, then b",
            )
        return given


_NEVER_NONE = frozenset(f.name for f in fields(Settings) if f.default is not None)

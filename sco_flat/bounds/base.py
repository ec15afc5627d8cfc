"""The record that every bound returns, and the checks that guard its hypotheses."""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from numbers import Integral
from typing import Any, Literal, TypeVar

from sco_flat.errors import NotApplicable
from sco_flat.numbers import ROUNDING
from sco_flat.results import BEYOND, Claim, Verdict, claim
from sco_flat.traits import Facts, Need, objection

Side = Literal["upper", "lower"]
Quantity = Literal["empirical_risk", "saer", "population_risk", "stability", "mean_empirical_risk"]
Strength = Literal["paper", "sharper"]

PAPER = "arXiv 2511.03548"
CONVEX = "f(., z) is convex, non-negative and beta-smooth on the whole space, for every z"
FLAT = "one w* for all z: f(., z) = 0 on the ball of radius rho around w*"


@dataclass(frozen=True)
class Bound:
    """A proved inequality evaluated at given numbers.

    Attributes
    ----------
    name : str
        The function that made it.
    value : float
        The bound itself, always finite.
    side : {"upper", "lower"}
        Whether the quantity lies below or above ``value``.
    quantity : str
        What is bounded. ``stability`` is ``eps = (1/n) sum_i |A(S) - A(S^(i))|^2``; ``mean_empirical_risk`` is
        ``(1/T) sum_t F_S(w_t + v_t)``.
    strength : {"paper", "sharper"}
        ``paper``: what the paper states or its proof gives; ``sharper``: proved in this package.
    source : str
        Where it comes from. A work's own names the work, and says "corrected" where it is not printed in this form; a
        sharper one names its argument. What a work has in its place is for the work to say (`Work.sharpens`).
    hypotheses : tuple of str
        What has to be true. Those about numbers were checked; those about the problem are the caller's.
    case : str
        Which of the function's cases, where it has several.
    """

    name: str
    value: float
    side: Side
    quantity: Quantity
    strength: Strength
    source: str
    hypotheses: tuple[str, ...]
    case: str = ""

    @property
    def key(self) -> str:
        """The function that made it, and which of its cases."""
        return f"{self.name}.{self.case}" if self.case else self.name

    def __post_init__(self) -> None:
        require(self.name, self.value, math.isfinite(self.value), "overflows a float", "use less extreme numbers")


def require(key: str, value: object, ok: bool, limit: str, mend: str) -> None:
    """Raise `NotApplicable` unless ``ok``; NaN fails by itself, since every comparison with it is false."""
    if not ok:
        raise NotApplicable(key, value, limit, mend)


Function = TypeVar("Function", bound=Callable[..., Bound])


def speaks(*needs: Need, title: str = "the sharper bound") -> Callable[[Function], Function]:
    """Declare what a bound asks of a loss and of a run, beside the conditions on numbers that it checks itself.

    Parameters
    ----------
    *needs : Need
        The first one says which methods it is about.
    title : str
        What tables call it.
    """

    def decorate(function: Function) -> Function:
        function.needs, function.title = needs, title  # type: ignore[attr-defined]
        return function

    return decorate


def title_of(function: Callable[..., Bound]) -> str:
    """What tables call a bound."""
    return str(getattr(function, "title", function.__name__))


def about(function: Callable[..., Bound], facts: Facts) -> bool:
    """Whether a bound is about the method of a run at all, whatever else it needs."""
    needs = getattr(function, "needs", (_UNDECLARED,))
    return needs[0].objection(facts) is None


def attempt(function: Callable[..., Bound], **kwargs: object) -> Bound | NotApplicable:
    """Evaluate a bound; hand back the `NotApplicable` instead of raising it, so that a table can go on."""
    try:
        return function(**kwargs)
    except NotApplicable as refusal:
        return refusal


def silent(function: Callable[..., Bound], facts: Facts) -> str | None:
    """Why a bound does not speak of a run with these facts, whatever its numbers, or None."""
    return objection(getattr(function, "needs", (_UNDECLARED,)), facts)


class Beyond(str):
    """Why a bound that is applicable has no value: a number overflowed."""


def judge(function: Callable[..., Bound], facts: Facts, **numbers: object) -> Bound | str:
    """Evaluate a bound for a run with these facts, or return why it is not applicable; `Beyond` if it overflows.

    A function without declared needs speaks about nothing.
    """
    return silent(function, facts) or valued(function, **numbers)


def valued(function: Callable[..., Bound], **numbers: object) -> Bound | str:
    """Evaluate a bound, or return why its numbers are not applicable; `Beyond` if one of them, or it, overflows."""
    found = attempt(function, **numbers)
    if isinstance(found, Bound):
        return found
    value = found.value
    if isinstance(value, float) and not math.isfinite(value) and (found.key, value) != ("distance", math.inf):
        return Beyond(BEYOND)  # an infinite distance says that no common minimum is known
    return str(found)


def asked(function: Callable[..., Bound], numbers: Mapping[str, Any]) -> dict[str, Any]:
    """Return those of the numbers that a bound has names for; all of them if it takes any."""
    taken = inspect.signature(function).parameters
    if any(p.kind is p.VAR_KEYWORD for p in taken.values()):
        return dict(numbers)
    return {key: value for key, value in numbers.items() if key in taken}


def sharpest(functions: Iterable[Callable[..., Bound]], facts: Facts, **numbers: Any) -> Bound | str:
    """Return the smallest of the upper bounds that speak of a run, or why none does.

    The reason is that of the first one whose needs are met but not its conditions on numbers, else of the first one.
    """
    found = [(function, judge(function, facts, **asked(function, numbers))) for function in functions]
    values = [bound for _, bound in found if isinstance(bound, Bound)]
    if values:
        return min(values, key=lambda bound: bound.value)
    return next((reason for function, reason in found if silent(function, facts) is None), found[0][1])


def held(name: str, function: Callable[..., Bound], facts: Facts, value: float, **numbers: object) -> Claim:
    """Hold a measured value against an upper bound for every sample."""
    found = judge(function, facts, **numbers)
    if isinstance(found, Bound):
        return claim(name, "conclusion", value, "<=", found.value, found.source)
    verdict: Verdict = "undecided" if isinstance(found, Beyond) else "not applicable"
    return Claim(name, "conclusion", "float", verdict, value, None, "<=", title_of(function), found)


_UNDECLARED = Need("declared", "the bound does not say what it is about")


def positive(**values: float) -> None:
    """Require every value to be positive and finite."""
    for key, value in values.items():
        require(key, value, 0 < value < math.inf, "must be positive and finite", f"give a {key} above 0")


def non_negative(**values: float) -> None:
    """Require every value to be zero or more, and finite."""
    for key, value in values.items():
        require(key, value, 0 <= value < math.inf, "must be zero or more and finite", f"give a {key} of at least 0")


def whole(key: str, value: int, least: int) -> None:
    """Require an integer of at least ``least``."""
    ok = isinstance(value, Integral) and not isinstance(value, bool) and value >= least
    require(key, value, ok, f"must be an integer >= {least}", f"give a {key} of at least {least}")


def at_most(key: str, value: float, limit: float, name: str, mend: str) -> None:
    """Require ``value <= limit`` up to rounding; ``name`` is the formula of the limit."""
    require(key, value, value <= limit * (1 + ROUNDING), f"must be at most {name} = {limit:.6g}", mend)


def below_two_over_beta(step_size: float, smoothness: float) -> float:
    """Check ``0 < eta < 2/beta`` and return ``2 - theta``, ``theta = eta beta``."""
    positive(step_size=step_size, smoothness=smoothness)
    room = 2 - step_size * smoothness
    limit = f"must be below 2/smoothness = {2 / smoothness:.6g}"
    require("step_size", step_size, room > 0, limit, "take a smaller step_size: beyond it even GD diverges")
    return room


def excess(perturbation_radius: float, flatness_radius: float) -> float:
    """Check the two radii and return ``Delta = max(r - rho, 0)``."""
    non_negative(perturbation_radius=perturbation_radius, flatness_radius=flatness_radius)
    return max(perturbation_radius - flatness_radius, 0.0)

"""Who may be judged by what: things have facts, what speaks about them has needs, and one function compares.

A loss, a method with its settings and a drawn sample each state facts about themselves. A bound, statement, oracle,
engine, measure or average states what it needs. `objection` gives the reason why one does not speak about the other;
what is not covered is *not applicable*, never right and never wrong. A fact that nobody states is not there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

Facts = Mapping[str, Any]
"""What is known of a loss, a run and its sample, by name."""


@dataclass(frozen=True)
class Need:
    """A condition on one fact.

    Attributes
    ----------
    fact : str
        Its name; a fact that is missing does not meet any need.
    reason : str
        Why nothing is said without it; ``{value}`` stands for the fact, other names in braces for other facts.
    met : callable
        From the fact to whether the need is met.
    unstated : str
        Why nothing is said where the fact is missing; the reason if empty.
    """

    fact: str
    reason: str
    met: Callable[[Any], bool] = bool
    unstated: str = ""

    def objection(self, facts: Facts) -> str | None:
        """Return the reason if the need is not met."""
        if self.fact in facts and self.met(facts[self.fact]):
            return None
        reason = self.reason if self.fact in facts else self.unstated or self.reason
        return reason.format_map(_Known(facts, facts.get(self.fact)))


class _Known(dict[str, Any]):
    """Facts for a reason's braces; what is not known is left open."""

    def __init__(self, facts: Facts, value: Any) -> None:
        super().__init__(facts, value="none" if value is None else value)

    def __missing__(self, key: str) -> str:
        return "unknown"


class Needy(Protocol):
    """Anything that states its needs."""

    @property
    def needs(self) -> Iterable[Need]:
        """What has to hold."""


def objection(what: Needy | tuple[Need, ...], facts: Facts) -> str | None:
    """Return why ``what`` does not speak about something with these facts, or None if it does.

    Parameters
    ----------
    what : object with ``needs``, or needs
        A bound, statement, oracle, engine, measure, average.
    facts : mapping
        Of a loss, a run, a sample, together.

    Examples
    --------
    >>> objection((CONVEX,), {"loss": "double-well", "convex": False})
    'double-well is not convex'
    >>> objection((CONVEX,), {"loss": "least-squares", "convex": True}) is None
    True
    """
    needs = what if isinstance(what, tuple) else what.needs
    for need in needs:
        reason = need.objection(facts)
        if reason is not None:
            return reason
    return None


def family(name: str, title: str) -> Need:
    """Need a method that says of itself that it is of this family."""
    return Need("families", f"it speaks of {title}, not of {{method}}", lambda families: name in families)


PERTURBED = family("perturbed", "w <- w - eta grad F_S(w + v) with |v| <= r")
ASCENT = family("ascent", "SAM")

# --- of the loss ---------------------------------------------------------------------------------------
CONVEX = Need("convex", "{loss} is not convex", unstated="{loss} does not say that it is convex")
SMOOTH = Need("smooth", "{loss} has no smoothness constant")
NON_NEGATIVE = Need("non_negative", "{loss} may be negative", unstated="{loss} does not say that it is never negative")
REALIZABLE = Need(
    "realizable", "no w* has loss 0 on every example",
    unstated="{loss} does not say that one w* has loss 0 on every example",
)  # fmt: skip
FLAT = Need(
    "flat", "{loss} has no flat ball around a common minimum: rho = 0",
    unstated="{loss} does not say that it has a flat ball around a common minimum",
)  # fmt: skip
KNOWN_MAXIMISERS = Need("known_maximisers", "the maximisers of F_S(w + v) are not known exactly on {loss}")
OWN_MAXIMISER = Need("own_maximiser", "{loss} brings no exact maximiser of F_S(w + v)")
BLOCKS = Need("blocks", "{loss} has no blocks")
CURVED = Need("curved", "{loss} is no network")
CLASSES = Need("classes", "the labels of {loss} are no classes", unstated="{loss} has no labels that are classes")
KNOWN_RISK = Need("known_risk", "the law of {loss} is not enumerated: look at the fresh risk")

# --- of the run ----------------------------------------------------------------------------------------
FULL_BATCH = Need("full_batch", "it speaks of all examples in every step")
CONSTANT_STEP = Need(
    "schedule", "it speaks of a constant step size, not of the schedule {value}", lambda value: value == "constant"
)
NORMALIZED = Need("normalized", "it speaks of the normalised ascent direction")
UNNORMALIZED = Need(
    "normalized", "it speaks of the ascent v = r grad F_S(w), not normalised", lambda normalized: not normalized
)
NO_EPSILON = Need("epsilon", "it speaks of epsilon = 0, not of {value:g}", lambda value: value == 0.0)
UNPROJECTED = Need("unprojected", "it speaks of the method without projection")
FROM_ZERO = Need("start", "it speaks of the start w_1 = 0, not of {value}", lambda value: value == "zero")
UPHILL = Need("uphill", "it speaks of perturbations that do not lower F_S, which {method} does not promise")
EXACT_ORACLE = Need("exact_oracle", "it speaks of exact inner maximisers; oracle {oracle} is a numerical search")

PERTURBED_RUN = (PERTURBED, FULL_BATCH, CONSTANT_STEP, NORMALIZED, NO_EPSILON, UNPROJECTED)
"""Perturbed gradient descent as the stability bounds have it: any v of length r or less."""
SMOOTH_CONVEX = (CONVEX, NON_NEGATIVE, SMOOTH)
"""What every upper bound asks of the loss."""
AS_ANALYSED = (FULL_BATCH, CONSTANT_STEP, NORMALIZED, NO_EPSILON, UNPROJECTED, EXACT_ORACLE)
"""The exact, full-batch, constant-step, un-projected method with epsilon = 0."""

"""What is to be proved: the statement, the evidence, exact numbers or boxes of them."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import Any, Literal

from sco_flat.numbers import wide_text
from sco_flat.results import Evidence

Span = tuple[Fraction, Fraction]
Side = Literal["both", "low", "high"]
"""Which ends of an enclosure are known: only the lower one where the quantity may be larger, and so on."""
LOWEST, LARGEST = "-inf", "inf"
"""How the end of an enclosure is written that is not known."""
LARGEST_N, LARGEST_T = 100_000, 1_000_000
SMALLEST_PRECISION, LARGEST_PRECISION = 53, 100_000
"""What a question may ask, in the prover and in a certificate."""
LONGEST = 60
"""Characters of an option that the label shows."""
SPANS = ("step_size", "perturbation_radius", "flatness_radius")


@dataclass(frozen=True)
class Question:
    """A statement with numbers. Every number is an exact rational or a range of them.

    Attributes
    ----------
    key : str
        Of the statement, for example ``flat-minima.7``.
    evidence : {"bracket", "every sample"}
        For the sample of ``seed``, or for all samples of the event at once.
    n, steps : int
        Sample size and T.
    width : int
        Number m of columns.
    step_size, flatness_radius : pair of Fraction
        eta and rho, from and to.
    perturbation_radius : pair of Fraction, or None
        r; ``None`` is the largest that the statement allows, met with equality.
    options : dict
        Names (``preset``, ``parameters``, ``oracle``) and exact constants (``delta``, ``bias``, ``start`` ...).
    seed : int
        Of the sample; of no consequence for ``every sample``.
    precision : int
        Bits of the balls.
    """

    key: str
    evidence: Evidence
    n: int
    steps: int
    width: int
    step_size: Span
    perturbation_radius: Span | None
    flatness_radius: Span
    options: dict[str, Any] = field(default_factory=dict)
    seed: int = 0
    precision: int = 200

    @property
    def dimension(self) -> int:
        """``d = m T + 1``."""
        return self.width * self.steps + 1

    @property
    def spread(self) -> dict[str, Span]:
        """The numbers that are ranges."""
        pairs = {name: getattr(self, name) for name in SPANS}
        return {name: pair for name, pair in pairs.items() if pair is not None and pair[0] < pair[1]}

    def label(self, unread: Collection[str]) -> str:
        """The numbers in one line, without those that the statement does not read."""
        text = self.as_dict()
        keys = {"n": "n", "T": "steps", "eta": "step_size", "r": "perturbation_radius", "rho": "flatness_radius"}
        said = {k: text[key] for k, key in keys.items() if key not in unread} | text["options"]
        return ", ".join(f"{k} = {v if len(str(v)) <= LONGEST else f'{v[:LONGEST]}...'}" for k, v in said.items())

    def halves(self) -> Iterator[Question]:
        """Cut the relatively widest range in two, at its geometric middle where it is positive."""
        name, (low, high) = max(
            self.spread.items(), key=lambda item: (item[1][1] - item[1][0]) / (item[1][1] + item[1][0])
        )
        middle = (low + high) / 2
        if low > 0 and high > 2 * low:
            middle = Fraction(math.sqrt(float(low) * float(high))).limit_denominator(10**6)
            middle = middle if low < middle < high else (low + high) / 2
        for half in ((low, middle), (middle, high)):
            yield self.within({name: half})

    def within(self, spans: Mapping[str, Span | None]) -> Question:
        """Return the same question for other ranges of its numbers."""
        numbers: dict[str, Any] = dict(spans)
        return replace(self, **numbers)

    def as_dict(self) -> dict[str, Any]:
        """Return the question as JSON-ready data: fractions as ``p/q``, ranges as ``p/q..p/q``."""

        def text(value: Any) -> Any:
            if isinstance(value, tuple):
                return str(value[0]) if value[0] == value[1] else f"{value[0]}..{value[1]}"
            return str(value) if isinstance(value, Fraction) else value

        return {
            "key": self.key,
            "evidence": self.evidence,
            "n": self.n,
            "steps": self.steps,
            "width": wide_text(self.width),
            "step_size": text(self.step_size),
            "perturbation_radius": "auto" if self.perturbation_radius is None else text(self.perturbation_radius),
            "flatness_radius": text(self.flatness_radius),
            "options": {k: text(v) for k, v in sorted(self.options.items())},
            "seed": self.seed,
            "precision": self.precision,
        }

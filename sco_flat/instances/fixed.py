"""Losses that do not look at z: every sample is the same."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sco_flat._jit import Params, freeze
from sco_flat.errors import InputError
from sco_flat.instances.base import Loss
from sco_flat.results import Event, Interval
from sco_flat.samples import Sample


@dataclass(frozen=True)
class FixedLoss(Loss):
    """A loss without randomness: the population risk is the empirical risk, which is the loss."""

    def constants(self) -> tuple[float, ...]:
        """Scalars for the kernels."""
        return (0.0,)

    def population_risk(self, profile: NDArray[np.float64]) -> Interval:
        """The loss itself, of which the profile is the point."""
        risk = self.loss(profile, None)
        return risk, risk

    def draw(self, event: str, seed: int) -> Sample:
        """Return the only sample: one column of zeros."""
        if event != "free":
            raise InputError("event", event, f"{self.name} does not look at the sample", "leave it out")
        return Sample(np.zeros(1, dtype=np.int64), self.n, Event("free", (), 1.0))

    def example(self, sample: Sample, k: int) -> NDArray[np.int64]:
        """Nothing that the loss would look at."""
        return np.zeros(1, dtype=np.int64)

    def trials(self, rng: np.random.Generator, count: int) -> list[NDArray[np.int64]]:
        """Nothing that the loss would look at."""
        drawn = rng.integers(0, 2, size=(count, 1), dtype=np.int64)
        return [np.zeros(1, dtype=np.int64), np.ones(1, dtype=np.int64), *drawn]

    def repeated(self, z: Any) -> Sample:
        """The only sample."""
        return self.draw("free", 0)

    def without(self, sample: Sample, i: int) -> tuple[Loss, Sample]:
        """See ``Loss.without``."""
        return replace(self, n=self.n - 1), Sample(sample.codes, self.n - 1, sample.event, sample.idle + 1)

    def params(self, sample: Sample, rows: NDArray[np.int64]) -> Params:
        """Pack the loss for the kernels."""
        scalars = freeze(self.constants(), np.float64)
        return Params(
            self.n, 1, self.length, 0, sample.codes, freeze(rows, np.int64), freeze([0.0], np.float64), scalars
        )

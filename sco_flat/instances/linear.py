"""Linear models on unit vectors: ordinary losses, on which no bound is built to be met."""

from __future__ import annotations

import abc
import math
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from sco_flat._jit import Params, freeze
from sco_flat.errors import InputError
from sco_flat.instances.base import Loss, whole
from sco_flat.instances.kernels import linear as kernels
from sco_flat.instances.saer import closing
from sco_flat.instances.saer import linear as saer
from sco_flat.results import Interval
from sco_flat.samples import Examples, members, streams


@dataclass(frozen=True)
class LinearLoss(Loss):
    """A link of ``x . w`` and a label.

    Setting
        x uniform on the unit sphere of dimension d, labels from a unit vector w* that is drawn, too:
        ``f(w, (x, y)) = link(x . w, y)``. Both links are 1-smooth.

    Attributes
    ----------
    dimension : int
        d.
    """

    dimension: int = 40

    link: ClassVar[float]
    defaults = {  # noqa: RUF012
        "n": 20, "steps": 200, "step_size": 0.25, "perturbation_radius": 0.1, "order": "without-replacement",
    }  # fmt: skip
    convex = non_negative = True
    flat = False
    default_method = "sam"
    scratch = kernels.SCRATCH
    value = kernels.value
    gradient = kernels.gradient
    descend = kernels.descend
    upper = kernels.upper
    profile = kernels.profile

    def __post_init__(self) -> None:
        super().__post_init__()
        whole("dimension", self.dimension, 1, 10**6, "choose d >= 1")

    @property
    def smoothness(self) -> float:
        """1: the links are, and the inputs are unit vectors."""
        return 1.0

    def labels(self, predictions: NDArray[np.float64]) -> NDArray[np.float64]:
        """Labels from ``x . w*``."""
        return predictions

    def draw(self, event: str, seed: int) -> Examples:
        """Draw w* and the examples, from streams of their own.

        Raises
        ------
        InputError
            For an event: there are no columns.
        """
        if event != "free":
            raise InputError("event", event, f"{self.name} has no columns", "leave it out")
        drawn = streams(seed, "target", "sample")
        target = drawn["target"].standard_normal(self.dimension)
        target /= np.linalg.norm(target)
        x = drawn["sample"].standard_normal((self.n, self.dimension))
        x /= np.linalg.norm(x, axis=1)[:, None]
        return Examples(x, self.labels(x @ target), target)

    def sample_bytes(self) -> float:
        """The inputs, their squares while they are made unit vectors, and two copies for the kernels."""
        return 8.0 * (4 * self.n * self.dimension + 4 * self.n + 2 * self.dimension)

    def without(self, sample: Examples, i: int) -> tuple[Loss, Examples]:
        """See ``Loss.without``."""
        inputs, labels = np.delete(sample.inputs, i, axis=0), np.delete(sample.labels, i)
        return replace(self, n=self.n - 1), Examples(inputs, labels, sample.target, sample.idle + 1)

    def params(self, sample: Examples, rows: NDArray[np.int64]) -> Params:
        """Pack the examples for the kernels."""
        data = np.concatenate([sample.inputs.ravel(), sample.labels, sample.target])
        return Params(
            self.n, 1, self.length, 0, freeze([0], np.int64), freeze(rows, np.int64), freeze(data, np.float64),
            freeze([self.link], np.float64),
        )  # fmt: skip

    @abc.abstractmethod
    def links(self, labels: NDArray[np.float64], at: NDArray[np.float64]) -> tuple[saer.Link, saer.Link]:
        """The links of the examples and their slopes, from these predictions on."""

    def least_curvature(self, at: NDArray[np.float64], reach: float) -> NDArray[np.float64]:
        """Lower bounds of the links' second derivatives within reach of these predictions."""
        return np.zeros(at.size)

    def saer_bracket(self, look: Any) -> Interval:
        """Quadratics above the links, and branching; the cheap bracket beyond `saer.MOST` examples."""
        cheap = super().saer_bracket(look)
        sample, radius = look.layout.sample, self.perturbation_radius
        chosen = members(self.n, look.batch)
        if cheap[0] == cheap[1] or not closing() or radius == 0.0 or chosen.size > saer.MOST:
            return cheap
        inputs = sample.inputs[chosen]
        at = inputs @ look.w
        height, slope = self.links(sample.labels[chosen], at)
        basis = np.linalg.qr(inputs.T)[1].T
        return saer.search(
            saer.Predictions(basis, height, slope, self.least_curvature(at, 1.0001 * radius), radius), cheap
        )

    def profile_size(self, blocks: int) -> int:
        """``|w - w*|²``, ``w . w*`` and ``|w|²``."""
        return 3

    def trials(self, rng: np.random.Generator, count: int) -> list[tuple[NDArray[np.float64], float]]:
        """Unit vectors, with labels from the first one as w*."""
        x = rng.standard_normal((count, self.dimension))
        x /= np.linalg.norm(x, axis=1)[:, None]
        return list(zip(x, self.labels(x[:, 0]).tolist(), strict=True))

    def fresh(self, sample: Examples, rng: np.random.Generator, count: int) -> list[Any]:
        """See ``Loss.fresh``; w* is that of the sample."""
        x = rng.standard_normal((count, self.dimension))
        x /= np.linalg.norm(x, axis=1)[:, None]
        return list(zip(x, self.labels(x @ sample.target).tolist(), strict=True))

    def repeated(self, z: tuple[NDArray[np.float64], float]) -> Examples:
        """The input and its label, n times; the target does not enter the loss of an example."""
        return Examples(np.tile(z[0], (self.n, 1)), np.full(self.n, z[1]), np.zeros(self.dimension))

    def example(self, sample: Examples, k: int) -> tuple[NDArray[np.float64], float]:
        """Example k as `loss` takes it."""
        return sample.inputs[k], float(sample.labels[k])

    def distance_from(self, start: NDArray[np.float64] | None, sample: Examples) -> float:
        """See ``Loss.distance_from``: to w*."""
        if not self.realizable:
            return math.inf
        found = float(np.linalg.norm(sample.target if start is None else start - sample.target))
        return found if math.isfinite(found) else math.nan

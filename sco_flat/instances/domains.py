"""Domains that show the same classes differently: learn on all but one, look at the one that was left out."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

import numpy as np

from sco_flat.errors import InputError
from sco_flat.instances.base import Loss, number, whole
from sco_flat.instances.images import SIDE, digits
from sco_flat.networks.base import Array, times
from sco_flat.networks.loss import NetworkLoss
from sco_flat.networks.table import Table
from sco_flat.samples import Examples, generator, streams

TURN = 15.0
"""Degrees between two domains."""
CLASSES = 10


@dataclass(frozen=True, eq=False)
class Domained(Table):
    """A sample of several sources, one after the other, with examples kept for validation.

    Parameters
    ----------
    sources : int
        How many, each of as many examples.
    kept_inputs, kept_labels : ndarray
        Validation examples of all sources; the points of the law are those of the target.
    """

    sources: int = 1
    kept_inputs: Array = None  # type: ignore[assignment]
    kept_labels: Array = None  # type: ignore[assignment]

    @property
    def groups(self) -> int:
        """See `Examples.groups`."""
        return self.sources


@functools.cache
def rotated(domain: int) -> Array:
    """All digits turned by 15 degrees times the domain, shape (1797, 64); linear interpolation."""
    from scipy import ndimage

    images, _ = digits()
    turned = ndimage.rotate(images, TURN * domain, axes=(1, 2), reshape=False, order=1)
    return np.asarray(turned.reshape(len(images), SIDE * SIDE))


@functools.cache
def rule(inputs: int) -> tuple[Array, Array]:
    """Of the generated data: the map whose largest output is the class, and the mark that a class leaves."""
    rng = generator(0)
    invariant = inputs // 2
    return rng.standard_normal((invariant, CLASSES)), rng.standard_normal((CLASSES, inputs - invariant))


@dataclass(frozen=True)
class Domains(NetworkLoss):
    """Ten classes in several domains, one of which is the target.

    Setting
        ``generated``: half of x is Gaussian and decides the class by a fixed linear map; the other half is a mark of
        the class, turned pair by pair by 15 degrees times the domain, with noise. ``digits``: images turned by as much,
        no image in two domains. In the sources a share ``noise`` of the labels is drawn at random, those kept for
        validation among them; the labels of the target are right.
    Source
        In kind after arXiv 2102.08604.

    Attributes
    ----------
    data : {"generated", "digits"}
        Where the examples come from; ``digits`` asks for the extra ``data``.
    domains, target : int
        How many there are, and which one is left out, from 0.
    noise : float
        Share of labels drawn at random.
    kept : int
        Validation examples of each source.
    """

    data: Literal["generated", "digits"] = "generated"
    domains: int = 6
    target: int = 0
    noise: float = 0.2
    kept: int = 24
    objective: Literal["square", "logistic", "cross-entropy"] = "cross-entropy"

    name = "domains"
    title = "a network on ten classes in several domains, one of them left out"
    classes = CLASSES
    fresh_ones = "examples that the sources keep"
    default_method = "sam"
    defaults: ClassVar[dict[str, Any]] = {
        "n": 480, "steps": 2501, "step_size": 0.3, "perturbation_radius": 0.0, "batch_size": 80, "start": "own",
        "order": "without-replacement", "inputs": 64, "width": 64, "bias": "all",
        "test": 299,
    }  # fmt: skip

    def __post_init__(self) -> None:
        super().__post_init__()
        whole("domains", self.domains, 2, 24, "a source and a target are the least")
        whole("target", self.target, 0, self.domains - 1, f"the domains are 0 to {self.domains - 1}")
        whole("kept", self.kept, 1, 10**6, "choose at least 1 validation example a source")
        number("noise", self.noise, 0.0, 1.0, "choose a share of at most 1")
        if self.n % self.groups:
            limit = f"{self.groups} sources have as many examples each"
            raise InputError("n", self.n, limit, f"choose a multiple of {self.groups}")
        if self.data == "digits":
            self._refuse_images()

    def _refuse_images(self) -> None:
        room = len(digits()[1]) // self.domains
        if self.inputs != SIDE * SIDE:
            raise InputError("inputs", self.inputs, f"an image has {SIDE * SIDE} pixels", "leave it out")
        if self.n // self.groups + self.kept > room:
            raise InputError("n", self.n, f"each domain has {room} images", f"choose at most {(room - self.kept)} each")
        if self.test > room:
            raise InputError("test", self.test, f"the target has {room} images", f"choose at most {room}")

    @property
    def groups(self) -> int:
        """Sources."""
        return self.domains - 1

    def points(self, rng: np.random.Generator, count: int, distinct: bool) -> Array:
        """See ``NetworkLoss.points``: of the target."""
        if self.data == "digits":
            return rotated(self.target)[rng.choice(len(digits()[1]), count, replace=not distinct)]
        return self._made(rng, count, self.target)

    def _made(self, rng: np.random.Generator, count: int, domain: int) -> Array:
        """Generated inputs of a domain."""
        invariant = rng.standard_normal((count, self.inputs // 2))
        marks = rule(self.inputs)[1][self._classes(invariant)]
        marks += rng.standard_normal(marks.shape)
        c, s = np.cos(np.deg2rad(TURN * domain)), np.sin(np.deg2rad(TURN * domain))
        pairs = marks.shape[1] // 2 * 2
        even, odd = marks[:, 0:pairs:2].copy(), marks[:, 1:pairs:2].copy()
        marks[:, 0:pairs:2], marks[:, 1:pairs:2] = c * even - s * odd, s * even + c * odd
        return np.hstack([invariant, marks])

    def _classes(self, invariant: Array) -> Any:
        return times(invariant, rule(self.inputs)[0]).argmax(axis=1)

    def labels(self, inputs: Array) -> Array:
        """The class, without noise."""
        if self.data == "generated":
            return np.asarray(self._classes(inputs[:, : self.inputs // 2]), dtype=np.float64)
        known = {
            row.tobytes(): label
            for k in range(self.domains)
            for row, label in zip(rotated(k), digits()[1], strict=True)
        }
        return np.array([known[row.tobytes()] for row in inputs], dtype=np.float64)

    def draw(self, event: str, seed: int) -> Domained:
        """Draw all domains, and the noise of the sources' labels.

        Raises
        ------
        InputError
            For an event: there are no columns.
        """
        if event != "free":
            raise InputError("event", event, f"{self.name} has no columns", "leave it out")
        drawn = streams(seed, "sample", "noise")
        each = self.n // self.groups + self.kept
        parts = [self._part(drawn["sample"], k, self.test if k == self.target else each) for k in range(self.domains)]
        if self.data == "digits":
            room = len(digits()[1]) // self.domains
            order = drawn["sample"].permutation(len(digits()[1]))
            parts = [rotated(k)[order[k * room : k * room + len(part)]] for k, part in enumerate(parts)]
        sources = np.vstack([part for k, part in enumerate(parts) if k != self.target])
        labels = self.labels(sources)
        wrong = drawn["noise"].random(len(labels)) < self.noise
        labels = np.where(wrong, drawn["noise"].integers(0, CLASSES, len(labels)), labels)
        used = np.tile(np.arange(each) < each - self.kept, self.groups)
        law = parts[self.target]
        return Domained(
            sources[used], labels[used], np.zeros(1), 0, law, self.labels(law), np.ones(len(law), dtype=bool),
            self.groups, sources[~used], labels[~used],
        )  # fmt: skip

    def without(self, sample: Examples, i: int) -> tuple[Loss, Examples]:
        """See ``Loss.without``.

        Raises
        ------
        InputError
            With two sources or more: one would have an example less than the others.
        """
        if self.groups > 1:
            limit = f"{self.groups} sources have as many examples each, so that none can be left out"
            raise InputError("domains", self.domains, limit, "use domains = 2, which is one source")
        return super().without(sample, i)

    def fresh(self, sample: Any, rng: np.random.Generator, count: int) -> list[Any]:
        """See ``Loss.fresh``: some of those that the sources keep, since the target is not to be seen.

        Raises
        ------
        InputError
            If they keep fewer.
        """
        known = len(sample.kept_labels)
        if count > known:
            raise InputError("n_val", count, f"the sources keep {known} examples", "choose fewer, or a larger kept")
        chosen = rng.choice(known, count, replace=False)
        pairs = zip(sample.kept_inputs[chosen], sample.kept_labels[chosen].tolist(), strict=True)
        return [(x, y, sample.inputs) for x, y in pairs]

    def _part(self, rng: np.random.Generator, domain: int, count: int) -> Array:
        """Inputs of a domain; of images only how many there are."""
        return self._made(rng, count, domain) if self.data == "generated" else np.zeros((count, self.inputs))


INSTANCE = Domains

"""What was found: the floor, the worst flattest network, and how far each is certain."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from sco_flat.digits import SOLVERS, digits_from
from sco_flat.results import Claim, Verdict, overall
from sco_flat.works.wen_li_ma.data import Data, dot
from sco_flat.works.wen_li_ma.nets import Neuron, Row, Shallow, wrong

SOURCE = "Wen, Li and Ma, Theorems 3.1 and 4.1, made an optimisation"


@dataclass(frozen=True)
class Face:
    """A pure constant face: ``sign * weight * relu(direction · x')``, 1 or 0 on every training point.

    Attributes
    ----------
    direction : tuple of Fraction
        u, with the bias as last entry where there is one.
    sign : int
        Of the labels of its points.
    """

    direction: Row
    sign: int

    def on(self, x: Row) -> Fraction:
        """``relu(direction · x)``."""
        return max(dot(self.direction, x), Fraction(0))


def covered(face: Face, data: Data) -> tuple[int, ...] | None:
    """The training points of a face; None where it is not pure and constant there."""
    found = []
    for k, (x, y) in enumerate(zip(data.points, data.labels, strict=True)):
        h = face.on(data.seen(x))
        if h == 0:
            continue
        if h != 1 or y * face.sign <= 0:
            return None
        found.append(k)
    return tuple(found)


def network(faces: Sequence[Face], weights: Sequence[Fraction], data: Data) -> Shallow:
    """The network of a cover, each neuron in its best scale."""
    return Shallow(
        tuple(Neuron(f.direction, f.sign * a, a) for f, a in zip(faces, weights, strict=True) if a), data.length
    )


@dataclass(frozen=True)
class Cover:
    """A flattest network as a cover, and the multipliers that bound what it minimises.

    Attributes
    ----------
    places : tuple of int
        Of its faces in a list of them.
    weights : tuple of Fraction
        Theirs: on every training point they add up to 1.
    value : Fraction
        What was minimised: ``y f`` at a test point, or its mean over them.
    multipliers : tuple of Fraction
        One a training point; empty where no lower end is claimed.
    """

    places: tuple[int, ...]
    weights: tuple[Fraction, ...]
    value: Fraction
    multipliers: Row = ()


@dataclass(frozen=True)
class Left:
    """A test point that is not decided, with the interval in which the least ``y f`` is.

    Attributes
    ----------
    place : int
        Of the test point.
    low : float
        Float, by mixed integer programs; -inf where none has ended.
    high : Fraction
        What a flattest network reaches.
    why : str
        What stopped it.
    """

    place: int
    low: float
    high: Fraction
    why: str

    def text(self) -> str:
        """Say it in a few words."""
        low = "-inf" if self.low == -math.inf else f"{self.low:.6g}"
        return f"{self.place} in [{low}, {self.high}]"


@dataclass(frozen=True)
class Found:
    """The flattest interpolators of one training set.

    Attributes
    ----------
    data : Data
        The points.
    directions : str
        Over which directions was minimised.
    claims : tuple of Claim
        What is said, with its evidence.
    faces : tuple of Face
        Of all covers.
    covers : tuple of Cover
        One that minimises ``y f`` for each test point that is not left, or one that minimises its mean; empty where
        none was looked for.
    worst : Cover or None
        The flattest network with the most wrong test points of those that were met; of a dictionary, the one with the
        least mean of y f.
    notes : tuple of str
        Warnings, and what was not decided.
    seed : int, optional
        Of the training set, where it was drawn.
    left : tuple of Left
        The test points that are not decided.
    """

    data: Data = field(repr=False)
    directions: str
    claims: tuple[Claim, ...]
    faces: tuple[Face, ...] = ()
    covers: tuple[Cover, ...] = ()
    worst: Cover | None = None
    notes: tuple[str, ...] = ()
    seed: int | None = None
    left: tuple[Left, ...] = ()

    @property
    def verdict(self) -> Verdict:
        """Of the claims together."""
        return overall(self.claims)

    @property
    def lowest(self) -> tuple[Fraction, ...]:
        """What the covers minimise, in the order of the test points that are not left."""
        return tuple(c.value for c in self.covers)

    @property
    def net(self) -> Shallow | None:
        """The worst flattest network."""
        return None if self.worst is None else self.network(self.worst)

    def network(self, cover: Cover) -> Shallow:
        """The network of a cover."""
        return network([self.faces[k] for k in cover.places], cover.weights, self.data)

    @property
    def errors(self) -> int | None:
        """Test points where the worst flattest network has the wrong sign."""
        return None if self.net is None else wrong(self.net, self.data)

    def as_dict(self) -> dict[str, Any]:
        """Return it as JSON-ready data."""
        data, worst = self.data, self.worst
        return {
            "d": data.d, "n": data.n, "seed": self.seed, "bias": data.bias, "directions": self.directions,
            "verdict": self.verdict, "test_points": len(data.rest), "wrong": self.errors,
            "lowest": [str(v) for v in self.lowest],
            "undecided": [
                {"test_point": k.place, "low": None if k.low == -math.inf else k.low, "high": str(k.high), "why": k.why}
                for k in self.left
            ],
            "witness": [] if worst is None else [
                {"direction": [str(v) for v in self.faces[k].direction], "sign": self.faces[k].sign, "weight": str(a)}
                for k, a in zip(worst.places, worst.weights, strict=True)
            ],
            "claims": [c.as_dict() for c in self.claims], "notes": list(self.notes),
            "digits_from": digits_from(*SOLVERS),
        }  # fmt: skip

"""Incremental tasks: base classes with many examples, then sessions that bring new classes with a few shots each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sco_flat.errors import InputError
from sco_flat.instances.images import digits

Array = NDArray[np.float64]
Labels = NDArray[np.int64]
Examples = tuple[Array, Labels]
BASE_EXAMPLES, TEST_EXAMPLES = 40, 50
"""Of each class of the toy."""
SPREAD = 0.85
"""Standard deviation of the entries of its class means; that of its examples is 1."""
INPUTS, NEW = 24, 2
"""Its dimension, and the classes that a session brings."""


@dataclass(frozen=True)
class Task:
    """Classes 0 .. base - 1 first, then those of each session.

    Attributes
    ----------
    base : Examples
        To train the network with.
    sessions : tuple of Examples
        Inputs and labels of the new classes.
    test : Examples
        Of all classes.
    hidden, steps, step_size : int, int, float
        Width of the first layer, and the base training that suits the data.

    Raises
    ------
    InputError
        If a session brings a class that was there before, or none.
    """

    base: Examples
    sessions: tuple[Examples, ...]
    test: Examples
    hidden: int = 48
    steps: int = 1000
    step_size: float = 0.2

    def __post_init__(self) -> None:
        seen = set(self.base[1].tolist())
        for k, (_, labels) in enumerate(self.sessions, 1):
            if not labels.size:
                raise InputError("shots", 0, f"session {k} brings no example", "give every class at least one")
            for label in dict.fromkeys(labels.tolist()):
                if label in seen:
                    raise InputError("session", k, f"brings class {label}, which was there before", "leave it out")
            seen |= set(labels.tolist())

    @property
    def classes(self) -> int:
        """Of the base."""
        return len(set(self.base[1].tolist()))


def gaussians(seed: int, shots: int) -> Task:
    """12 classes in 24 dimensions, then four times two."""
    rng, base, sessions = np.random.default_rng([seed, 1]), 12, 4
    count = base + NEW * sessions
    means = SPREAD * rng.standard_normal((count, INPUTS))

    def draw(classes: Sequence[int], each: int) -> Examples:
        labels = np.repeat(np.asarray(classes, dtype=np.int64), each)
        return means[labels] + rng.standard_normal((labels.size, INPUTS)), labels

    known, test = draw(range(base), BASE_EXAMPLES), draw(range(count), TEST_EXAMPLES)
    few = tuple(draw(range(base + NEW * s, base + NEW * (s + 1)), shots) for s in range(sessions))
    return Task(known, few, test)


def handwritten(seed: int, shots: int) -> Task:
    """Digits: six of them, drawn, then twice two; half of the images are for the test."""
    images, labels = digits()
    rng, base = np.random.default_rng([seed, 1]), 6
    place = np.argsort(rng.permutation(10))  # from a digit to its class
    inputs, classes = images.reshape(len(images), -1), place[labels].astype(np.int64)
    order = rng.permutation(len(classes))
    train, test = order[: len(order) // 2], order[len(order) // 2 :]

    def shot(first: int) -> Examples:
        rows = np.concatenate([train[classes[train] == c][:shots] for c in range(first, first + NEW)])
        return inputs[rows], classes[rows]

    known = train[classes[train] < base]
    few = tuple(shot(first) for first in range(base, 10, NEW))
    return Task((inputs[known], classes[known]), few, (inputs[test], classes[test]))


TASKS = {"toy": gaussians, "digits": handwritten}

"""What a method declares. Its compiled part is one ``perturb`` kernel; the loop is shared by all."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sco_flat._jit import MAXIMISE, PERTURB, Kernel, kernel


@kernel(PERTURB)
def stay(params, work, knobs, value, gradient, upper, oracle, batch, t, w, v):
    """No perturbation: the gradient is taken at w."""
    return 0.0


@kernel(MAXIMISE)
def no_oracle(params, work, knobs, value, gradient, upper, batch, t, w, v):
    """Placeholder for methods without an inner maximisation."""
    return 0.0


def full_batch(n: int) -> NDArray[np.int64]:
    """Every example at every step, as one bit mask."""
    return np.array([(1 << n) - 1], dtype=np.int64)


def random_batches(n: int, steps: int, size: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """``size`` of the n examples at each step, drawn afresh without replacement."""
    order = rng.random((max(steps - 1, 1), n)).argsort(axis=1)[:, :size]
    return np.asarray(np.bitwise_or.reduce(np.int64(1) << order.astype(np.int64), axis=1))


@dataclass(frozen=True)
class Method:
    """A method: its kernel, which settings it reads, and how it picks the examples of a step.

    Attributes
    ----------
    name : str
        The word on the command line.
    title : str
        One line for tables.
    perturb : Kernel
        Kernel of signature ``_jit.PERTURB``.
    reads : tuple of str
        Settings beyond the common ones: ``perturbation_radius``, ``oracle``, ``normalize``, ``epsilon``,
        ``batch_size``, ``order``.
    families : frozenset of str
        What it is, for bounds and statements: ``perturbed`` for ``w - eta grad F_S(w + v)`` with ``|v| <= r``,
        ``uphill`` where ``F_S(w + v) >= F_S(w)`` on convex losses, and ``gd``, ``sgd``, ``sagd``, ``sam``. Of a method
        that names none, nothing is claimed.
    """

    name: str
    title: str
    perturb: Kernel
    reads: tuple[str, ...]
    families: frozenset[str] = frozenset()

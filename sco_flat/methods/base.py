"""What a method declares. Its compiled part is one ``step`` kernel; the loop is shared by all."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sco_flat._jit import MAXIMISE, PASSIVE_STEP, STATE_DIRTY, Kernel, helper, kernel
from sco_flat.errors import InputError
from sco_flat.samples import SIZE_BITS


@kernel(MAXIMISE)
def no_oracle(params, work, knobs, value, gradient, upper, batch, t, w, v):
    """Placeholder for methods without an inner maximisation."""
    return 0.0


@helper
def move_by(work, w, direction, scale, total, weight):
    """``w -= scale direction`` on every coordinate: a step that is no descent along a gradient.

    A method that takes it must not declare ``sparse``.
    """
    for j in range(w.size):
        old = w[j]
        w[j] = old - scale * direction[j]
        total[j] += weight * (w[j] - old)
    work.flags[STATE_DIRTY] = 1
    work.flags[PASSIVE_STEP] = -1


@helper
def set_to(work, w, j, value, total, weight):
    """``w[j] = value``, for projections and clamps of a method's own."""
    total[j] += weight * (value - w[j])
    w[j] = value
    work.flags[STATE_DIRTY] = 1
    work.flags[PASSIVE_STEP] = -1


def random_batches(n: int, steps: int, size: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """``size`` of the n examples at each step, drawn afresh without replacement."""
    order = rng.random((max(steps - 1, 1), n)).argsort(axis=1)[:, :size]
    return np.asarray(np.bitwise_or.reduce(np.int64(1) << order.astype(np.int64), axis=1))


def listed_batches(
    n: int, steps: int, size: int, order: str, rng: np.random.Generator
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Draw batches of any size from any number of examples.

    Parameters
    ----------
    n, steps, size : int
        Examples, iterates, examples of a batch.
    order : {"without-replacement", "with-replacement", "one-pass"}
        Epochs, each a fresh shuffle that is cut into batches (the last one may be smaller); batches that are each drawn
        afresh from all examples; the examples in their order, once.
    rng : numpy.random.Generator
        The stream.

    Returns
    -------
    batches, table : ndarray of int64
        One batch a step, as kernels with ``any_batch`` read it: a stretch of the table, or one example.
    """
    updates, an_epoch = max(steps - 1, 1), -(-n // size)
    if order == "one-pass" and updates > an_epoch:
        limit = f"one pass over n = {n} examples allows at most {an_epoch + 1}"
        raise InputError("steps", steps, limit, "use --order without-replacement")
    if order == "with-replacement":
        table = _afresh(n, updates, size, rng)
        first, count = size * np.arange(updates), np.full(updates, size)
    else:
        epochs = -(-updates // an_epoch)
        passes = [np.arange(n) if order == "one-pass" else rng.permutation(n) for _ in range(epochs)]
        table = np.concatenate(passes).astype(np.int64)
        begin = size * np.arange(an_epoch)
        first = (n * np.arange(epochs)[:, None] + begin[None, :]).ravel()[:updates]
        count = np.tile(np.minimum(size, n - begin), epochs)[:updates]
    first = np.where(count == 1, table[first], first)
    return -(first + ((count - 1) << SIZE_BITS) + 2), table


def _afresh(n: int, updates: int, size: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """``size`` distinct ones of n examples for each update, one after the other."""
    if size == 1:
        return rng.integers(0, n, updates, dtype=np.int64)
    stretch = max(10**6 // n, 1)  # rows at once, so that memory does not grow with n T
    rows = [rng.random((min(stretch, updates - t), n)).argsort(axis=1)[:, :size] for t in range(0, updates, stretch)]
    return np.concatenate(rows).astype(np.int64).ravel()


def grouped_batches(
    n: int, steps: int, size: int, groups: int, rng: np.random.Generator
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Draw batches that hold as many examples of each of several groups, which lie one after the other.

    Each group is shuffled anew as soon as it has no whole share of a batch left.

    Parameters
    ----------
    n, steps, size, groups : int
        Examples, iterates, examples of a batch, groups.

    Returns
    -------
    batches, table : ndarray of int64
        As of `listed_batches`.

    Raises
    ------
    InputError
        If a batch is no multiple of the groups.
    """
    if size % groups:
        limit = f"{groups} groups have as many examples each in a batch"
        raise InputError("batch-size", size, limit, f"choose a multiple of {groups}")
    updates, each, share = max(steps - 1, 1), n // groups, size // groups
    an_epoch = each // share
    epochs = -(-updates // an_epoch)
    shuffled = rng.permuted(np.tile(np.arange(each), (epochs, groups, 1)), axis=2)[:, :, : an_epoch * share]
    cut = (shuffled + each * np.arange(groups)[None, :, None]).reshape(epochs, groups, an_epoch, share)
    table = cut.transpose(0, 2, 1, 3).reshape(-1, size)[:updates].astype(np.int64).ravel()
    first = size * np.arange(updates)
    first = table[first] if size == 1 else first
    return -(first + ((size - 1) << SIZE_BITS) + 2), table


@dataclass(frozen=True)
class Parameter:
    """A number of a method's own.

    Attributes
    ----------
    default, low, high : float
        Its usual value, and the ends of its range.
    meaning : str
        One line for help and errors.
    """

    default: float
    low: float
    high: float
    meaning: str


Picks = Callable[[int, int, str, np.random.Generator], NDArray[np.int64]]
"""From n, T, the order's name and a stream to the index of the example of each step."""


@dataclass(frozen=True)
class Method:
    """A method: its kernel, which settings it reads, and how it picks the examples of a step.

    Attributes
    ----------
    name : str
        The word on the command line.
    title : str
        One line for tables.
    step : Kernel
        Kernel of signature ``_jit.STEP``.
    reads : tuple of str
        Settings beyond the common ones: ``perturbation_radius``, ``oracle``, ``normalize``, ``epsilon``,
        ``batch_size``, ``order``.
    families : frozenset of str
        What it is, for bounds and statements: ``perturbed`` for ``w - eta grad F_S(w + v)`` with ``|v| <= r``,
        ``uphill`` where ``F_S(w + v) >= F_S(w)`` on convex losses, ``ascent`` where ``v = r g/|g|`` with g the gradient
        at w (r may be 0), and ``gd``, ``sgd``, ``sagd``, ``sam``. Of a method that names none, nothing is claimed.
    sparse : bool
        Whether it moves by the loss's ``descend`` only, once a step, at w or along what ``gradient`` or the oracle
        wrote in this step, so that what has no gradient stays where it is: the blocks and frontier engines ask for
        that. They take a step anew from its beginning when a block wakes in it, and keep nothing else of it.
    memory : int
        Vectors of the length of w that its kernel keeps from step to step; they start as zeros.
    parameters : mapping
        Its own numbers by name; the kernel finds them in ``knobs.own``, in this order.
    picks : callable, optional
        For a method that takes one example a step: which ones.
    felt_risk : callable, optional
        From a `Look` at w_t and the settings to ``F_S`` where the gradient is taken, or a number above it.
    unread : callable
        From the chosen settings to those that then go unread, each with the reason.
    scales : bool
        Whether its run on ``c f`` is what its kernel does with the kernels of f, the step size ``c eta`` and c in
        ``work.stats[FACTOR]``. So it is for steps along a sum of gradients taken where a factor does not matter. A step
        whose length does not grow with the gradient divides by c, since ``step_size`` carries it already.
        Leave-one-out runs ask for it, with ``c = (n-1)/n``.
    """

    name: str
    title: str
    step: Kernel
    reads: tuple[str, ...] = ()
    families: frozenset[str] = frozenset()
    sparse: bool = False
    memory: int = 0
    parameters: Mapping[str, Parameter] = field(default_factory=lambda: MappingProxyType({}))
    picks: Picks | None = None
    felt_risk: Callable[[Any, Any], float] | None = None
    unread: Callable[[Mapping[str, Any]], Mapping[str, str]] = lambda chosen: {}
    scales: bool = False

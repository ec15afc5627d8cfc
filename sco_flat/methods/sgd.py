"""Stochastic gradient descent (SGD): one example a step."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sco_flat.errors import InputError
from sco_flat.methods.base import Method
from sco_flat.methods.gd import step


def picks(n: int, steps: int, order: str, rng: np.random.Generator) -> NDArray[np.int64]:
    """Pick the example of every step.

    Parameters
    ----------
    n, steps : int
        Sample size and number of iterates; the run takes ``steps - 1`` updates.
    order : {"one-pass", "without-replacement", "with-replacement"}
        The examples in their order once; reshuffled in every pass; independent draws.

    Returns
    -------
    picks : ndarray of int64, shape (steps - 1,)
        Indices of examples; one index if there is no update.

    Raises
    ------
    InputError
        If one pass is too short for ``steps``.
    """
    updates = max(steps - 1, 1)
    if order == "one-pass":
        if updates > n:
            raise InputError(
                "steps",
                steps,
                f"one pass over n = {n} examples allows at most {n + 1}",
                "use --order without-replacement",
            )
        return np.arange(updates, dtype=np.int64)
    if order == "without-replacement":
        return np.concatenate([rng.permutation(n) for _ in range(-(-updates // n))])[:updates].astype(np.int64)
    return rng.integers(0, n, updates, dtype=np.int64)


METHOD = Method(
    name="sgd",
    title="stochastic gradient descent: w <- w - eta grad f(w, z_k), k by --order",
    step=step,
    reads=("order", "left_out"),
    families=frozenset({"sgd"}),
    sparse=True,
    scales=True,
    picks=picks,
)

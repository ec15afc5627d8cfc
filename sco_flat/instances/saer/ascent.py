"""Climb on the sphere of perturbations: a lower end of the SAER."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Vector = NDArray[np.float64]


def climb(
    at: Callable[[Vector], tuple[float, Vector]], w: Vector, radius: float, x: Vector, rounds: int = 100
) -> tuple[float, Vector]:
    """Climb from x by ``v <- r grad / |grad|``, which cannot fall where the function is convex, and by longer steps.

    Parameters
    ----------
    at : callable
        Value and gradient at a point.
    w, radius : ndarray, float
        Centre and radius of the ball.
    x : ndarray
        Where to start; moved into the ball.
    rounds : int
        Most evaluations.

    Returns
    -------
    float, ndarray
        The largest value, and where it is.
    """
    length = float(np.linalg.norm(x - w))
    x = w + (x - w) * min(1.0, radius / length) if length > 0.0 else x
    best, rise = at(x)
    pace = 1.0
    for _ in range(rounds):
        norm = float(np.linalg.norm(rise))
        if norm == 0.0:
            break
        v = x - w
        v = v + pace * (rise * (radius / norm) - v)
        trial = w + v * (radius / max(float(np.linalg.norm(v)), 1e-300))
        value, slope = at(trial)
        if value > best:
            done = pace == 1.0 and value <= best * (1.0 + 1e-13)
            x, best, rise, pace = trial, value, slope, 2.0 * pace
            if done:
                break
        elif pace == 1.0:
            break
        else:
            pace = 1.0
    return best, x

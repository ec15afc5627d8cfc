"""Second derivatives of ``F_S`` at a point: largest eigenvalue and trace of the Hessian, for any loss.

Both come from central differences of the gradient kernel, ``(g(w + h v) - g(w - h v)) / 2h`` with ``h = 2^-20``: exact
up to rounding (about 1e-9) where ``F_S`` is quadratic or multilinear within h. Convention: where a second derivative
jumps within h of the point, the mean of both sides is taken; deep in a flat ball all of it is exactly 0. So at the flat
minima of the convex losses here these numbers are 0 and rank nothing.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sco_flat.engines.layout import Layout, Look
from sco_flat.samples import streams

STEP = 2.0**-20
"""h."""
LARGEST = 100_000
"""Coordinates, times examples where each costs a pass, up to which the trace is taken: two gradients for each."""
WIDEST = 10**6
"""Coordinates up to which sleeping blocks are stored for this."""
ROUNDS = 150
"""Vectors of Lanczos' basis, at most."""
CLOSE = 1e-9
"""Relative residual at which the largest eigenvalue is taken."""

Vector = NDArray[np.float64]


def along(look: Look, v: Vector) -> Vector | None:
    """The Hessian times a unit vector, at a point with every block stored; None where a kernel refuses the point."""
    ahead, behind = look.gradient(v, STEP), look.gradient(v, -STEP)
    return None if ahead is None or behind is None else np.asarray((ahead - behind) / (2.0 * STEP))


def _awake(look: Look) -> Look | None:
    """The point with every block stored, None where that is too much or a double does not hold it."""
    layout = look.layout
    if not look.held or layout.instance.dimension > WIDEST:
        return None
    if layout.full:
        return look
    every = Layout(layout.instance, layout.sample, np.arange(layout.instance.m))
    return Look(every, layout.dense(look.w), look.batch)


def _inner(x: Vector, y: Vector) -> float:
    """A product whose bits no thread count changes."""
    return float(np.einsum("i,i->", x, y, optimize=False))


def lambda_max(look: Look) -> float | None:
    """Largest eigenvalue of the Hessian of ``F_S``, by Lanczos from a fixed start.

    Parameters
    ----------
    look : Look
        The point.

    Returns
    -------
    float or None
        None where a double does not hold the point or a kernel refuses it, or beyond `WIDEST` coordinates.

    Examples
    --------
    >>> from sco_flat.runs import execute
    >>> from sco_flat.requests import request_from
    >>> simulation = execute(request_from("huber", steps=4, step_size=0.25, perturbation_radius=0.5))[1]
    >>> lambda_max(simulation.look(simulation.last))
    1.0
    """
    awake = _awake(look)
    if awake is None:
        return None
    size = awake.w.size
    q = streams(0, "lanczos")["lanczos"].standard_normal(size)
    q /= _inner(q, q) ** 0.5
    basis = np.zeros((min(size, ROUNDS), size))
    diagonal: list[float] = []
    beside: list[float] = []
    top = 0.0
    for k in range(len(basis)):
        basis[k] = q
        felt = along(awake, q)
        if felt is None:
            return None
        diagonal.append(_inner(q, felt))
        for _ in range(2):  # full orthogonalisation, twice is enough
            felt -= np.einsum("k,kj->j", np.einsum("kj,j->k", basis[: k + 1], felt, optimize=False), basis[: k + 1],
                              optimize=False)  # fmt: skip
        length = _inner(felt, felt) ** 0.5
        values, vectors = np.linalg.eigh(np.diag(diagonal) + np.diag(beside, 1) + np.diag(beside, -1))
        top = float(values[-1])
        scale = max(abs(float(values[0])), abs(top))
        if length * abs(float(vectors[-1, -1])) <= CLOSE * scale or length <= CLOSE * scale:
            break
        beside.append(length)
        q = felt / length
    return top


def trace(look: Look) -> float | None:
    """Trace of the Hessian of ``F_S``.

    Returns
    -------
    float or None
        None beyond `LARGEST` coordinates, and as for `lambda_max`.
    """
    awake = _awake(look)
    if awake is None or awake.w.size * (look.instance.n if look.instance.curved else 1) > LARGEST:
        return None
    found, v = 0.0, np.zeros(awake.w.size)
    for j in range(awake.w.size):
        v[j] = 1.0
        felt = along(awake, v)
        if felt is None:
            return None
        found += float(felt[j])
        v[j] = 0.0
    return found


def f_gamma(look: Look, gamma: float, directions: int = 100) -> float | None:
    """``E_u[F_S(w + gamma u) - F_S(w)]``, u uniform on the unit sphere, over fixed directions.

    The directions are those of seed 0, so that points are compared along the same ones.
    """
    awake = _awake(look)
    if awake is None:
        return None
    random, found = streams(0, "directions")["directions"], 0.0
    for _ in range(directions):
        u = random.standard_normal(awake.w.size)
        value = awake.value(u, gamma / _inner(u, u) ** 0.5)
        assert value is not None
        found += value
    return found / directions - look.empirical_risk

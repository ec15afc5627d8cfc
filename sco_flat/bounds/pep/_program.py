"""Semidefinite programs over multipliers, handed to Clarabel itself.

Both ends of a worst case are asked for in the form that has the multipliers as variables: the upper end is one, and
the lower end is the dual of one, whose Gram matrix and values come back as the multipliers' multipliers. With the Gram
matrix as the variable its entries would stand in the solver's equations twice, which costs eight times as much.

A symmetric matrix is its upper triangle, column after column, with entries off the diagonal times the root of 2:
products of such vectors are inner products of the matrices.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np

from sco_flat.bounds.pep._base import Array, Form, triangle

ACCURACY, FEASIBLE = 1e-10, 1e-8
"""Asked of the solver: the gap, since a run on the rebuilt function multiplies its errors; and what conditions miss.

The gap of a degenerate program still falls where its conditions are met no better any more; asked for more, the solver
would call its optimum inaccurate.
"""
ROOT = np.sqrt(0.5)
WORDS = {
    "Solved": "optimal", "AlmostSolved": "optimal_inaccurate",
    "PrimalInfeasible": "infeasible", "AlmostPrimalInfeasible": "infeasible_inaccurate",
    "DualInfeasible": "unbounded", "AlmostDualInfeasible": "unbounded_inaccurate",
}  # fmt: skip
"""What the solver says, in the words of convex programs; anything else is its failure."""


@dataclass(frozen=True, eq=False)
class Found:
    """What the solver returns: its status, the variables, and the multipliers of equations and of the matrix.

    The numbers are those of its last iterate, whatever the status; NaN where it has none.
    """

    status: str
    x: Array
    equations: Array
    gram: Array


def settings() -> Any:
    """Ours of Clarabel: one thread, since worst cases are computed side by side, and no words."""
    from clarabel import DefaultSettings

    how = DefaultSettings()
    how.verbose = False
    how.max_threads = 1
    how.tol_gap_abs = how.tol_gap_rel = ACCURACY
    how.tol_feas = FEASIBLE
    return how


def packed(forms: list[Form], size: int) -> Any:
    """Matrices of forms ``sum x <x_i, x_j>``, one a column."""
    from scipy import sparse

    entries = [
        (j * (j + 1) // 2 + i, k, float(x) * (1.0 if i == j else ROOT))
        for k, form in enumerate(forms)
        for (i, j), x in form.items()
    ]
    rows, columns, values = zip(*entries, strict=True)
    return sparse.csc_matrix((values, (rows, columns)), shape=(size * (size + 1) // 2, len(forms)))


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep the solver's own crash report, which it writes past Python, off the terminal; the status says it."""
    kept = os.dup(2)
    try:
        with open(os.devnull, "w") as nowhere:
            os.dup2(nowhere.fileno(), 2)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)


def solve(cost: Array, conditions: dict[str, tuple[Any, Array]], size: int) -> Found:
    """Minimise ``cost @ x`` under conditions on ``A x + b``, given as ``(A, b)`` by what must hold of it.

    Parameters
    ----------
    cost : ndarray, shape (n,)
        Of the variables.
    conditions : dict
        ``zero``: the rows are 0. ``positive``: they are at least 0. ``cones``: of every three, the first is at least
        the length of the other two. ``matrix``: they are a positive semidefinite matrix, packed.
    size : int
        Rows of that matrix.

    Returns
    -------
    Found
        Its multipliers enter as in ``cost @ x - equations @ (A x + b) - <gram, A x + b>``.

    Examples
    --------
    The least x for which the matrix of x on the diagonal and 1 off it has no negative eigenvalue:

    >>> from fractions import Fraction
    >>> diagonal = packed([{(0, 0): Fraction(1), (1, 1): Fraction(1)}], 2)
    >>> found = solve(np.ones(1), {"matrix": (diagonal, np.array([0.0, np.sqrt(2.0), 0.0]))}, 2)
    >>> found.status, round(float(found.x[0]), 6), found.gram.round(6).tolist()
    ('optimal', 1.0, [[0.5, -0.5], [-0.5, 0.5]])
    """
    from clarabel import DefaultSolver, NonnegativeConeT, PSDTriangleConeT, SecondOrderConeT, ZeroConeT
    from scipy import sparse

    kinds = {
        "zero": lambda rows: [ZeroConeT(rows)], "positive": lambda rows: [NonnegativeConeT(rows)],
        "cones": lambda rows: [SecondOrderConeT(3)] * (rows // 3), "matrix": lambda rows: [PSDTriangleConeT(size)],
    }  # fmt: skip
    parts = [(name, *conditions[name]) for name in kinds if name in conditions]
    cones = [cone for name, _, b in parts for cone in kinds[name](b.size)]
    rows = sparse.csc_matrix(-sparse.vstack([a for _, a, _ in parts]))
    ends = np.concatenate([b for _, _, b in parts])
    failed = np.full(cost.size, np.nan), np.full(ends.size, np.nan)
    nothing = sparse.csc_matrix((cost.size, cost.size))
    try:
        with _quiet():
            done = DefaultSolver(nothing, cost, rows, ends, cones, settings()).solve()
        status = WORDS.get(str(done.status), f"solver error: {done.status}")
        x, z = np.array(done.x), np.array(done.z)
        if status.startswith("optimal") and not (np.isfinite(x).all() and np.isfinite(z).all()):
            status = "solver error: its optimum is no number"
    except BaseException as error:
        if type(error).__name__ != "PanicException":  # what the solver raises where its own arithmetic breaks down
            raise
        status, (x, z) = f"solver error: {error}", failed
    first = conditions["zero"][1].size if "zero" in conditions else 0
    i, j, scale = triangle(size)
    gram = np.zeros((size, size))
    gram[i, j] = gram[j, i] = z[z.size - i.size :] / scale
    return Found(status, x, z[:first], gram)

"""Upper end: multipliers from a semidefinite program, rounded to fractions, verified in balls."""

from __future__ import annotations

import functools
import os
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np

from sco_flat.bounds.pep._base import Array, Form, Statement, inner

MARGINS = (1e-6, 1e-5, 1e-4)
"""Room that the form keeps from 0, so that the solver's errors leave it positive; the first that verifies counts."""
ACCURACY = 1e-10
"""Asked of the solver: a run on the rebuilt function multiplies its errors."""
DIGITS = 12
LENGTHS = (1e-2, 1e3)
"""Range of the weights c, which are the norms at the worst case: at both ends noise in S does not reach the margin."""


@dataclass(frozen=True)
class Certificate:
    """Multipliers of a statement's inequalities, as fractions; `verify` re-checks them in balls.

    Added up they give ``B.f + M.n + <A, Gram> <= C``. If B is at least the objective, which multiplies non-negative
    values, and ``-M n <= (S/2) (|x|²/c + c)`` with ``S = [-M]_+`` for a norm ``n <= |x|`` and any c > 0, then

        objective <= nu + C + sum S c / 2    whenever    nu |w_1 - w*|²/D² + A - sum (S/2c) |x|² >= 0.

    Attributes
    ----------
    statement : Statement
        What it is about.
    multipliers : dict
        By the inequality's name.
    weights : dict
        c, by the norm's name.
    nu : Fraction
        Weight of ``|w_1 - w*|²/D² <= 1``.
    """

    statement: Statement
    multipliers: dict[str, Fraction]
    weights: dict[str, Fraction]
    nu: Fraction

    @functools.cached_property
    def totals(self) -> tuple[dict[str, Fraction], dict[str, Fraction], Form]:
        """B, M and A."""
        values: dict[str, Fraction] = {}
        norms: dict[str, Fraction] = {}
        form: Form = {}
        for name, inequality in self.statement.rules.items():
            factor = self.multipliers[name]
            parts: tuple[tuple[dict[Any, Fraction], dict[Any, Any]], ...] = (
                (values, inequality.values), (norms, inequality.norms), (form, inequality.form),
            )  # fmt: skip
            for total, part in parts:
                for key, x in part.items():
                    total[key] = total.get(key, Fraction(0)) + factor * x
        return values, norms, form

    def slack(self) -> dict[str, Fraction]:
        """``S = [-M]_+`` by norm."""
        return {key: max(-x, Fraction(0)) for key, x in self.totals[1].items()}

    @property
    def bound(self) -> Fraction:
        """``nu + C + sum S c / 2``, exactly, in units of beta times the length squared."""
        slack = self.slack()
        constants = (self.multipliers[k] * x.constant for k, x in self.statement.rules.items())
        return self.nu + sum(constants, sum((slack[key] * c / 2 for key, c in self.weights.items()), Fraction(0)))

    def verify(self, bits: int = 200) -> bool:
        """Whether the multipliers are admissible and the form has positive pivots, in balls."""
        from sco_flat.proofs.balls import ball, precision

        statement, vectors = self.statement, self.statement.norms()
        if set(self.multipliers) != set(statement.rules) or not 0 < statement.theta < 2 or statement.radius < 0:
            return False
        values, norms, form = self.totals
        slack = self.slack()
        bounded = {key for key, vector in vectors.items() if vector is not None}
        admissible = (
            all(x >= 0 for x in self.multipliers.values())
            and all(values.get(key, 0) >= x for key, x in statement.objective().items())
            and all(x >= 0 for x in values.values())
            and all(norms.get(key, Fraction(0)) >= 0 for key in vectors if key not in bounded)
            and set(self.weights) == bounded
            and all(c > 0 for c in self.weights.values())
        )
        if not admissible:
            return False
        form = dict(form)
        form[0, 0] = form.get((0, 0), Fraction(0)) + self.nu
        for key, c in self.weights.items():
            vector = vectors[key]
            assert vector is not None
            for at, x in inner(vector, vector, -slack[key] / (2 * c)).items():
                form[at] = form.get(at, Fraction(0)) + x
        size = statement.rows
        with precision(bits):
            zero = ball(Fraction(0))
            rows = [[zero] * size for _ in range(size)]
            for (i, j), x in form.items():
                rows[i][j] = rows[j][i] = ball(x if i == j else x / 2)
            for k in range(size):
                if not rows[k][k] > 0:
                    return False
                for i in range(k + 1, size):
                    factor = rows[i][k] / rows[k][k]
                    for j in range(i, size):
                        rows[i][j] = rows[i][j] - factor * rows[k][j]
                        rows[j][i] = rows[i][j]
        return True

    def as_dict(self) -> dict[str, Any]:
        """Return the multipliers as JSON-ready data, exactly."""
        return {
            "multipliers": {k: str(x) for k, x in self.multipliers.items()},
            "weights": {k: str(x) for k, x in self.weights.items()},
            "nu": str(self.nu),
            "distance": str(self.statement.distance),
        }


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


def solve(problem: Any) -> str:
    """Solve and return the status; a failure of the solver is one, too."""
    import cvxpy

    try:
        with warnings.catch_warnings(), _quiet():
            warnings.simplefilter("ignore")  # an inaccurate solution comes as a status, too
            problem.solve(solver=cvxpy.CLARABEL, tol_gap_abs=ACCURACY, tol_gap_rel=ACCURACY, tol_feas=ACCURACY)
    except cvxpy.SolverError as error:
        return f"solver error: {str(error).splitlines()[0]}"
    except BaseException as error:
        if type(error).__name__ != "PanicException":  # what the solver raises where its own arithmetic breaks down
            raise
        return f"solver error: {error}"
    return str(problem.status)


def _matrix(form: Form, size: int) -> Array:
    dense = np.zeros((size, size))
    for (i, j), x in form.items():
        dense[i, j] += float(x) / 2
        dense[j, i] += float(x) / 2
    return dense


def _coefficients(names: list[str], parts: list[dict[str, Fraction | int]]) -> Array:
    return np.array([[float(part.get(name, 0)) for part in parts] for name in names])


def upper(statement: Statement) -> tuple[str, Certificate | None, Array]:
    """Solve for the multipliers, round them, verify; return the lengths of its gradients too (or zeros)."""
    import cvxpy

    size, inequalities, vectors = statement.rows, statement.rules, statement.norms()
    rules = list(inequalities.values())
    names = sorted({key for rule in rules for key in rule.values})
    bounded = [key for key, vector in vectors.items() if vector is not None]
    free = [key for key, vector in vectors.items() if vector is None]
    lam = cvxpy.Variable(len(rules), nonneg=True)
    nu = cvxpy.Variable(nonneg=True)
    p, q, s = (cvxpy.Variable(len(bounded), nonneg=True) for _ in range(3))
    forms = np.array([_matrix(rule.form, size).ravel() for rule in rules]).T
    squares = np.zeros((size * size, len(bounded)))
    for k, key in enumerate(bounded):
        squares[:, k] = _matrix(inner(vectors[key] or {}, vectors[key] or {}), size).ravel()
    corner = np.zeros(size * size)
    corner[0] = 1.0
    form = cvxpy.reshape(forms @ lam - squares @ q / 2 + corner * nu, (size, size), order="C")
    margin = cvxpy.Parameter(nonneg=True)
    positive = form >> margin * np.eye(size)
    goal = statement.objective()
    wanted = np.array([float(goal.get(key, 0)) for key in names])
    constraints = [positive, _coefficients(names, [rule.values for rule in rules]) @ lam >= wanted]
    parts = [rule.norms for rule in rules]
    constraints.append(s >= -(_coefficients(bounded, parts) @ lam))
    constraints += [cvxpy.quad_over_lin(s[k], p[k]) <= q[k] for k in range(len(bounded))]
    if free:
        constraints.append(_coefficients(free, parts) @ lam >= 0)
    constant = np.array([float(rule.constant) for rule in rules])
    problem = cvxpy.Problem(cvxpy.Minimize(nu + constant @ lam + cvxpy.sum(p) / 2), constraints)
    lengths = np.zeros(size - 1)
    for room in MARGINS:
        margin.value = room
        status = solve(problem)
        if lam.value is None:
            continue
        lengths = np.sqrt(np.maximum(np.diag(positive.dual_value)[1:], 0.0))
        # whatever the solver thinks of its multipliers: they count if the form is verified, and only then
        scales = np.clip(np.sqrt(np.maximum(p.value, 1e-12) / np.maximum(q.value, 1e-12)), *LENGTHS)
        found = Certificate(
            statement,
            dict(zip(inequalities, map(_rounded, lam.value), strict=True)),
            {key: _rounded(scales[k]) for k, key in enumerate(bounded)},
            _rounded(nu.value),
        )
        found = _repaired(found)
        if found.verify():
            return status, found, lengths
    return status, None, lengths


def _rounded(value: Any) -> Fraction:
    return Fraction(round(max(float(value), 0.0) * 10**DIGITS), 10**DIGITS)


def _repaired(found: Certificate) -> Certificate:
    """Make the linear conditions hold exactly after rounding: raise stars, lower triangles by what is missing."""
    multipliers, goal = dict(found.multipliers), found.statement.objective()
    for key, total in found.totals[0].items():
        multipliers[f"star {key}"] += max(goal.get(key, Fraction(0)) - total, Fraction(0))
    found = Certificate(found.statement, multipliers, found.weights, found.nu)
    norms, vectors = found.totals[1], found.statement.norms()
    for key, vector in vectors.items():
        if vector is None and norms[key] < 0:
            name = f"triangle {key}"
            multipliers[name] = max(multipliers[name] + norms[key], Fraction(0))
    return Certificate(found.statement, multipliers, found.weights, found.nu)

"""Upper end: multipliers from a semidefinite program, rounded to fractions, verified in balls."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np

from sco_flat.bounds.pep import _program
from sco_flat.bounds.pep._base import Array, Form, Statement, inner, triangle

MARGINS = (1e-6, 1e-5, 1e-4)
"""Room that the form keeps from 0, so that the solver's errors leave it positive; the first that verifies counts."""
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


def _coefficients(names: list[str], parts: list[dict[str, Fraction | int]]) -> Array:
    return np.array([[float(part.get(name, 0)) for part in parts] for name in names]).reshape(len(names), len(parts))


def _program_of(statement: Statement, bounded: list[str]) -> tuple[Array, dict[str, tuple[Any, Array]]]:
    """Cost and conditions on ``lambda, nu, p, q, s``, where ``s >= S`` and ``s² <= p q`` for every bounded norm."""
    from scipy import sparse

    rules, vectors = list(statement.rules.values()), statement.norms()
    names = sorted({key for rule in rules for key in rule.values})
    free = [key for key, vector in vectors.items() if vector is None]
    goal = statement.objective()
    count, ends = len(rules), len(bounded)
    every = sparse.eye(count + 1 + 3 * ends, format="csr")
    lam, p, q, s = (every[a : a + many] for a, many in ((0, count), *((count + 1 + k * ends, ends) for k in range(3))))
    values, of_bounded, of_free = (
        sparse.csr_matrix(_coefficients(keys, parts)) @ lam
        for keys, parts in (
            (names, [rule.values for rule in rules]), (bounded, [rule.norms for rule in rules]),
            (free, [rule.norms for rule in rules]),
        )
    )  # fmt: skip
    threes = np.arange(3 * ends).reshape(3, ends).T.ravel()
    squares = [inner(vectors[key] or {}, vectors[key] or {}, Fraction(-1, 2)) for key in bounded]
    nothing: list[Form] = [{}] * ends
    corner: Form = {(0, 0): Fraction(1)}
    forms = _program.packed([*(rule.form for rule in rules), corner, *nothing, *squares, *nothing], statement.rows)
    positive = sparse.vstack([values, of_bounded + s, of_free, every])
    wanted = np.zeros(positive.shape[0])
    wanted[: len(names)] = [float(goal.get(key, 0)) for key in names]
    constant = [float(rule.constant) for rule in rules]
    return np.concatenate([constant, [1.0], np.full(ends, 0.5), np.zeros(2 * ends)]), {
        "positive": (positive, -wanted),
        "cones": (sparse.vstack([p + q, p - q, 2.0 * s], format="csr")[threes], np.zeros(3 * ends)),
        "matrix": (forms, np.zeros(forms.shape[0])),
    }


def upper(statement: Statement) -> tuple[str, Certificate | None, Array]:
    """Solve for the multipliers, round them, verify; return the lengths of its gradients too (or zeros)."""
    rows = statement.rows
    bounded = [key for key, vector in statement.norms().items() if vector is not None]
    cost, conditions = _program_of(statement, bounded)
    matrix = conditions["matrix"][0]
    i, j, _ = triangle(rows)
    lengths = np.zeros(rows - 1)
    for room in MARGINS:
        found = _program.solve(cost, conditions | {"matrix": (matrix, np.where(i == j, -room, 0.0))}, rows)
        if not np.isfinite(found.x * 10.0**DIGITS).all():
            continue
        lengths = np.sqrt(np.maximum(np.diag(found.gram)[1:], 0.0))
        # whatever the solver thinks of its multipliers: they count if the form is verified, and only then
        lam, nu, p, q, _ = np.split(found.x, np.cumsum([len(statement.rules), 1, len(bounded), len(bounded)]))
        scales = np.clip(np.sqrt(np.maximum(p, 1e-12) / np.maximum(q, 1e-12)), *LENGTHS)
        proof = Certificate(
            statement,
            dict(zip(statement.rules, map(_rounded, lam), strict=True)),
            {key: _rounded(scale) for key, scale in zip(bounded, scales, strict=True)},
            _rounded(nu[0]),
        )
        proof = _repaired(proof)
        if proof.verify():
            return found.status, proof, lengths
    return found.status, None, lengths


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

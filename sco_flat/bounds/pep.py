"""Performance estimation for the regret lemma of Theorems 2 and 5: the worst loss, in any dimension.

The quantity is ``(1/T) sum_t F(w_t + v_t)``, over all losses and all perturbations.

Setting
    F convex, beta-smooth, zero on the ball of radius rho around w*; ``w_{t+1} = w_t - eta grad F(w_t + v_t)``, any
    ``|v_t| <= r``. In units of beta and ``D = |w_1 - w*|`` only ``theta = eta beta`` and ``Delta = [r - rho]_+/D``
    count.

Upper end
    Keep the inequalities between each ``x_t = w_t + v_t`` and w* only, ``f_t <= <g_t, w_t - w*> + Delta a_t - a_t²/2``
    and ``f_t >= a_t²/2`` with ``a_t = |g_t|``. For any ``lam_t, mu_t, nu >= 0`` with ``lam_t - mu_t >= 1/T`` and any
    ``c_t > 0`` they add up to ``(1/T) sum f_t <= nu + (Delta/2) sum lam_t c_t``, as ``2 a_t <= a_t²/c_t + c_t``,
    provided that the quadratic form ``nu |w_1 - w*|² - sum lam_t <g_t, w_t - w*> - ½ sum (Delta lam_t/c_t - lam_t -
    mu_t) a_t²`` is non-negative. The multipliers come from a semidefinite program (with ``p = lam c``, ``q = lam/c``),
    are rounded to fractions, and the form is verified by an elimination in balls: only then is it called a bound.

Lower end
    With rho = 0 and Delta for r, all inequalities between all points hold for some F exactly if F exists (smooth convex
    interpolation); the program's optimum is the worst case over all dimensions. The optimal Gram matrix gives points,
    gradients and values; the function through them is rebuilt and the method is run on it.

Source
    The lemma: arXiv 2511.03548. Interpolation and performance estimation: Taylor, Hendrickx and Glineur (2017).
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sco_flat.errors import InputError, NotApplicable
from sco_flat.results import json_number

Vector = NDArray[np.float64]
LARGEST = 40
"""Largest T: the lower program then has an 81 x 81 matrix and 1,640 inequalities."""
SLOW = 20
"""T from which it is said beforehand how long it takes."""
MARGIN = 1e-6
"""Room that the form keeps from 0, so that rounding the multipliers leaves it non-negative."""
DIGITS = 12


@dataclass(frozen=True)
class Certificate:
    """Multipliers of the upper end, as fractions; ``verify`` re-checks them in balls.

    Attributes
    ----------
    theta, excess : Fraction
        ``eta beta`` and ``Delta / D``.
    lam, mu, c : tuple of Fraction
        One for each step.
    nu : Fraction
        Weight of ``|w_1 - w*|²``.
    """

    theta: Fraction
    excess: Fraction
    lam: tuple[Fraction, ...]
    mu: tuple[Fraction, ...]
    c: tuple[Fraction, ...]
    nu: Fraction

    @property
    def bound(self) -> Fraction:
        """``nu + (Delta/2) sum lam_t c_t``, exactly."""
        return self.nu + self.excess / 2 * sum((x * c for x, c in zip(self.lam, self.c, strict=True)), Fraction(0))

    def form(self) -> list[list[Fraction]]:
        """The quadratic form in ``w_1 - w*, g_1, ..., g_T``, as a symmetric matrix."""
        steps = len(self.lam)
        matrix = [[Fraction(0)] * (steps + 1) for _ in range(steps + 1)]
        matrix[0][0] = self.nu
        for t, (lam, mu, c) in enumerate(zip(self.lam, self.mu, self.c, strict=True), 1):
            matrix[0][t] = matrix[t][0] = -lam / 2
            for s in range(1, t):
                matrix[s][t] = matrix[t][s] = self.theta * lam / 2
            matrix[t][t] = (lam + mu - self.excess * lam / c) / 2
        return matrix

    def verify(self, bits: int = 200) -> bool:
        """Whether the multipliers are admissible and the form has positive pivots, in balls."""
        from sco_flat.certificates._balls import ball, precision

        steps = len(self.lam)
        share = Fraction(1, steps)
        admissible = all(
            lam >= 0 and mu >= 0 and lam - mu >= share and c > 0
            for lam, mu, c in zip(self.lam, self.mu, self.c, strict=True)
        )
        if not admissible or self.theta <= 0 or self.excess < 0:
            return False
        with precision(bits):
            rows = [[ball(x) for x in row] for row in self.form()]
            for k in range(steps + 1):
                if not rows[k][k] > 0:
                    return False
                for i in range(k + 1, steps + 1):
                    factor = rows[i][k] / rows[k][k]
                    for j in range(i, steps + 1):
                        rows[i][j] = rows[i][j] - factor * rows[k][j]
                        rows[j][i] = rows[i][j]
        return True


@dataclass(frozen=True)
class WorstCase:
    """Bracket of the worst case, in units of ``beta D²``.

    Attributes
    ----------
    steps : int
        T.
    theta, excess : Fraction
        ``eta beta`` and ``Delta / D``.
    upper : float or None
        The verified upper bound; None where no certificate could be verified.
    lower : float or None
        What the method reaches on the rebuilt function (a float run); None without a solution.
    estimate : float or None
        The lower program's own optimum, a solver's number; None unless its status is "optimal".
    paper, sharper : float or None
        The lemma's bound (None beyond ``eta beta = 1/4``) and the sharper one.
    certificate : Certificate or None
        The proof of ``upper``.
    status : dict
        What the solver said of each program. ``upper`` counts because it is verified and ``lower`` because it is run,
        whatever the status; ``estimate`` counts if it is "optimal".
    seconds : float
        All of it.
    """

    steps: int
    theta: Fraction
    excess: Fraction
    upper: float | None
    lower: float | None
    estimate: float | None
    paper: float | None
    sharper: float
    certificate: Certificate | None
    status: dict[str, str]
    seconds: float

    def as_dict(self) -> dict[str, Any]:
        """Return the bracket as JSON-ready data."""
        data: dict[str, Any] = {k: v for k, v in vars(self).items() if k != "certificate"}
        data["theta"], data["excess"] = str(self.theta), str(self.excess)
        if self.certificate is not None:
            proof = self.certificate
            data["certificate"] = {k: [str(x) for x in getattr(proof, k)] for k in ("lam", "mu", "c")} | {
                "nu": str(proof.nu)
            }
        return {k: json_number(v) for k, v in data.items()}


def size(steps: int) -> str:
    """The size of the programs and the time to expect, in words."""
    seconds = max(1.0, 2e-4 * steps**3.6)
    return (
        f"matrices of {steps + 1} and {2 * steps + 1} rows, {steps * (steps + 1) + steps} inequalities, "
        f"about {seconds:.0f} s"
    )


def worst_case(steps: int, theta: Fraction, excess: Fraction) -> WorstCase:
    """Bracket the worst case of the regret lemma.

    Parameters
    ----------
    steps : int
        T, 1 to `LARGEST`.
    theta : Fraction
        ``eta beta``, below 2.
    excess : Fraction
        ``max(r - rho, 0) / D``.

    Returns
    -------
    WorstCase
        In units of ``beta D²``.

    Raises
    ------
    NotApplicable
        For ``eta beta >= 2``, where no bound exists.
    InputError
        For T beyond the limit, or a negative number.
    """
    if not 0 < theta < 2:
        raise NotApplicable("step-size", float(theta), "a bound exists for 0 < eta beta < 2", "choose eta below 2/beta")
    if excess < 0:
        raise InputError("radius", float(excess), "r - rho must be at least 0", "choose r >= rho")
    if not 1 <= steps <= LARGEST:
        raise InputError("steps", steps, f"must be from 1 to {LARGEST}: {size(steps)}", "choose a smaller T")
    began = time.perf_counter()
    above, certificate = _upper(steps, theta, excess)
    below, found = _lower(steps, float(theta), float(excess))
    reached = None if found is None else float(np.mean(rebuilt_run(found, float(theta))))
    floor = 2 * excess**2 / (2 - theta) ** 2
    return WorstCase(
        steps=steps,
        theta=theta,
        excess=excess,
        upper=None if certificate is None else float(certificate.bound),
        lower=reached,
        estimate=float(np.mean(found.values)) if found is not None and below == "optimal" else None,
        paper=float(1 / (theta * steps) + 4 * excess**2) if theta <= Fraction(1, 4) else None,
        sharper=float(1 / ((2 - theta) * theta * steps) + floor),
        certificate=certificate,
        status={"upper": above, "lower": below},
        seconds=time.perf_counter() - began,
    )


def _solve(problem: Any) -> str:
    """Solve and return the status."""
    import warnings

    import cvxpy

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # an inaccurate solution comes as a status, too
            problem.solve(solver=cvxpy.CLARABEL)
    except cvxpy.SolverError as error:
        return f"solver error: {str(error).splitlines()[0]}"
    return str(problem.status)


def _upper(steps: int, theta: Fraction, excess: Fraction) -> tuple[str, Certificate | None]:
    """Solve for the multipliers, round them, verify the form."""
    import cvxpy

    lam, mu, p, q = (cvxpy.Variable(steps, nonneg=True) for _ in range(4))
    nu = cvxpy.Variable(nonneg=True)
    later = np.triu(np.ones((steps, steps)), 1)
    cross = cvxpy.multiply(later, cvxpy.reshape(lam, (1, steps), order="C") * float(theta) / 2)
    inner = cross + cross.T + cvxpy.diag((lam + mu - float(excess) * q) / 2)
    row = cvxpy.reshape(-lam / 2, (1, steps), order="C")
    form = cvxpy.bmat([[cvxpy.reshape(nu, (1, 1), order="C"), row], [row.T, inner]])
    constraints = [form >> MARGIN * np.eye(steps + 1), lam - mu >= 1 / steps]
    constraints += [cvxpy.quad_over_lin(lam[t], p[t]) <= q[t] for t in range(steps)]
    problem = cvxpy.Problem(cvxpy.Minimize(nu + float(excess) / 2 * cvxpy.sum(p)), constraints)
    status = _solve(problem)
    if lam.value is None:
        return status, None

    # whatever the solver thinks of its multipliers: they count if the form is verified, and only then

    def rounded(values: Any) -> tuple[Fraction, ...]:
        return tuple(Fraction(round(max(float(v), 0.0) * 10**DIGITS), 10**DIGITS) for v in values)

    share = Fraction(1, steps)
    weights = tuple(max(x, share) for x in rounded(lam.value))
    others = tuple(min(x, y - share) for x, y in zip(rounded(mu.value), weights, strict=True))
    ratios = rounded([pt / float(x) for pt, x in zip(p.value, weights, strict=True)])
    tiny = Fraction(1, 10**DIGITS)
    found = Certificate(theta, excess, weights, others, tuple(max(c, tiny) for c in ratios), rounded([nu.value])[0])
    return status, found if found.verify() else None


@dataclass(frozen=True, eq=False)
class Points:
    """Points ``x_t``, gradients and values through which the worst function goes; w_1, perturbations; w* = 0."""

    start: Vector
    perturbations: Vector
    points: Vector
    gradients: Vector
    values: Vector


def _lower(steps: int, theta: float, excess: float) -> tuple[str, Points | None]:
    """Solve over all interpolable points and read them off the Gram matrix of ``w_1, g_t, v_t``."""
    import cvxpy

    rows = 1 + 2 * steps
    unit = np.eye(rows)
    slopes = np.vstack([unit[1 : 1 + steps], np.zeros(rows)])
    iterates = [unit[0] - theta * unit[1 : 1 + t].sum(axis=0) for t in range(steps)]
    places = np.vstack([*(w + unit[1 + steps + t] for t, w in enumerate(iterates)), np.zeros(rows)])
    gram, values = cvxpy.Variable((rows, rows), PSD=True), cvxpy.Variable(steps)
    known = cvxpy.hstack([values, 0.0])
    constraints = [gram[0, 0] <= 1, cvxpy.diag(gram)[1 + steps :] <= excess**2]
    matrices, left, right = [], [], []
    for i in range(steps + 1):
        for j in range(steps + 1):
            if i != j:
                change, step = slopes[i] - slopes[j], places[i] - places[j]
                outer = np.outer(slopes[j], step)
                matrices.append(((outer + outer.T + np.outer(change, change)) / 2).ravel(order="F"))
                left.append(i)
                right.append(j)
    constraints.append(known[left] - known[right] >= np.array(matrices) @ cvxpy.vec(gram, order="F"))
    problem = cvxpy.Problem(cvxpy.Maximize(cvxpy.sum(values) / steps), constraints)
    status = _solve(problem)
    if gram.value is None:
        return status, None
    sizes, vectors = np.linalg.eigh((gram.value + gram.value.T) / 2)
    kept = sizes > 1e-9 * sizes[-1]
    basis = vectors[:, kept] * np.sqrt(sizes[kept])
    return status, Points(
        basis[0], basis[1 + steps :], places[:-1] @ basis, slopes[:-1] @ basis, np.array(values.value, dtype=float)
    )


def interpolant(found: Points, y: Vector) -> tuple[float, Vector]:
    """Value and gradient at y of a smooth convex function through the points and through ``f(0) = 0, grad f(0) = 0``.

    ``f(y) = min ½ |y - sum_i alpha_i (x_i - g_i)|² + sum_i alpha_i (f_i - |g_i|²/2)`` over the simplex.
    """
    import cvxpy

    centres = np.vstack([found.points - found.gradients, np.zeros(y.size)])
    heights = np.append(found.values - 0.5 * (found.gradients**2).sum(axis=1), 0.0)
    alpha = cvxpy.Variable(heights.size, nonneg=True)
    objective = 0.5 * cvxpy.sum_squares(y - centres.T @ alpha) + heights @ alpha
    problem = cvxpy.Problem(cvxpy.Minimize(objective), [cvxpy.sum(alpha) == 1])
    problem.solve(solver=cvxpy.CLARABEL)
    return float(problem.value), y - centres.T @ alpha.value


def rebuilt_run(found: Points, theta: float) -> Vector:
    """Run perturbed gradient descent on the rebuilt function; return ``F(w_t + v_t)`` of every step."""
    w, reached = found.start.copy(), []
    for v in found.perturbations:
        value, slope = interpolant(found, w + v)
        reached.append(value)
        w = w - theta * slope
    return np.array(reached)


def two_cycle(theta: Fraction, excess: Fraction, steps: int) -> list[Fraction]:
    """Run the lemma's method on ``½ x²`` from ``theta Delta/(2 - theta)``, pushed outwards, in fractions.

    Returns
    -------
    list of Fraction
        ``F(w_t + v_t)``: each is ``2 Delta²/(2 - theta)²``, so that the floor of the sharper bound is exact.
    """
    w, reached = theta * excess / (2 - theta), []
    for _ in range(steps):
        x = w + (excess if w >= 0 else -excess)
        reached.append(x * x / 2)
        w -= theta * x
    return reached

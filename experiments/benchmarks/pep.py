"""Worst cases by semidefinite programs, verified in balls, against PEPit, which returns its solver's number.

Both ask for the largest mean of ``F(w_t + v_t)`` over gradient descent with any perturbations ``|v_t| <= r``, for
convex F of smoothness 1 from a distance of 1; eta = 1/4, r = 1. The program of our lower end is PEPit's, so its optimum
is what is compared; ours solves the upper end's as well, and proves it.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from benchmarks._base import ABSENT, Benchmark, Row, growth, installed, race, seconds
from sco_flat.bounds import pep

ETA, RADIUS = Fraction(1, 4), Fraction(1)


def ours(steps: int) -> pep.WorstCase:
    """Both ends, the upper one verified."""
    return pep.worst_case("lemma", steps, ETA, RADIUS)


def theirs(steps: int) -> float:
    """The same number by PEPit, with our solver: its own choice, SCS, misses it by 1e-3 at T = 20."""
    import cvxpy
    from PEPit import PEP, Point
    from PEPit.functions import SmoothConvexFunction

    problem = PEP()
    loss = problem.declare_function(SmoothConvexFunction, L=1.0)
    minimum = loss.stationary_point()
    w = problem.set_initial_point()
    problem.set_initial_condition((w - minimum) ** 2 <= 1.0)
    total = -loss(minimum)
    for _ in range(steps):
        push = Point()
        problem.add_constraint(push**2 <= float(RADIUS) ** 2)
        slope, value = loss.oracle(w + push)
        total = total + value / steps
        w = w - float(ETA) * slope
    problem.set_performance_metric(total)
    return float(problem.solve(wrapper="cvxpy", solver=cvxpy.CLARABEL, verbose=0))


def measure(rounds: int, steps: tuple[int, ...]) -> Iterator[Row]:
    """A race for each T, then growth."""
    times = []
    for t in steps:
        case, found = f"T = {t}", ours(t)
        for what, bound in (("upper end", found.upper), ("lower end", found.lower)):
            yield Row(case, what, bound, "beta D²" if bound is not None else "none found")
        there = installed("PEPit")
        if there and found.estimate is not None:
            yield Row(case, "difference to PEPit", abs(theirs(t) / found.estimate - 1.0), "relative", most=1e-4)
        else:
            yield Row(case, "difference to PEPit", None, "no optimum of our solver" if there else ABSENT)
        rivals = {"PEPit": (lambda t=t: seconds(lambda: theirs(t))) if there else None}
        rows = race(case, lambda t=t: seconds(lambda: ours(t)), rivals, rounds)
        yield from rows
        times.append(rows[0].value)
    yield growth(f"T = {steps[-1]} to {steps[0]}", "T", steps, times)


BENCHMARK = Benchmark(
    title="Worst cases by semidefinite programs",
    measure=measure,
    sizes={
        "full": {"steps": (30, 20, 10, 5)},
        "quick": {"steps": (10, 5)},
        "smallest": {"steps": (2, 1), "rounds": 1},
    },
)

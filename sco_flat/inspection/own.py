"""Check an instance of your own: a search for points that refute what it claims.

A claim that is refuted comes with a witness: the points at which the inequality breaks, for anyone to plug in. A claim
that is not refuted *holds* as far as the search went; only convexity can be proved, by cvxpy's rules.
`_own_reading` says what room rounding is given.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from sco_flat import samples
from sco_flat.errors import InputError
from sco_flat.inspection._inequalities import TESTS, Measured, Witness, admissible, witness
from sco_flat.inspection._reading import Claimed, Evaluations, Points, Problem, ProblemLike, direction, raised, read
from sco_flat.inspection._search import Search
from sco_flat.instances.base import Loss
from sco_flat.results import Claim, Evidence, Relation, Verdict, overall

__all__ = ["Inspection", "Problem", "ProblemLike", "Witness", "inspect"]


@dataclass(frozen=True, eq=False)
class Inspection:
    """What became of the claims of a problem, and a witness for each that is refuted."""

    name: str
    verdict: Verdict
    claims: tuple[Claim, ...]
    witnesses: dict[str, Witness]

    def as_dict(self) -> dict[str, Any]:
        """Return the inspection as JSON-ready data."""
        return {
            "name": self.name,
            "verdict": self.verdict,
            "claims": [c.as_dict() for c in self.claims],
            "witnesses": {k: w.as_dict() for k, w in self.witnesses.items()},
        }


@dataclass
class _Tally:
    """What was found about one claim over all examples."""

    name: str
    tests: tuple[str, ...]
    worst: Measured | None = None
    witness: Witness | None = None

    def take(self, look: Evaluations, test: str, points: Points | None) -> None:
        """Keep the worst, and a witness if it refutes."""
        if points is None or not admissible(look, test, points):
            return
        m = TESTS[test](look, points)
        if self.witness is None and test == self.tests[0] and (self.worst is None or m.score > self.worst.score):
            self.worst = m
        # later tests read more easily; the room is final only now, since sizes grow while the search goes on
        old = self.witness
        if m.score > 0.0 and (old is None or old.test != test or m.margin > 2 * old.margin):
            self.witness = witness(look, self.name, test, points)
            self.worst = TESTS[test](look, self.witness.points)


def _different(drawn: list[Any]) -> list[Any]:
    """Drop repeated examples."""
    kept: dict[Any, Any] = {}
    for z in drawn:
        key = (z.dtype.str, z.shape, z.tobytes()) if isinstance(z, np.ndarray) and z.dtype != object else repr(z)
        kept.setdefault(key, z)
    return list(kept.values())


def _symbolic(problem: Any, looks: list[Evaluations], rng: np.random.Generator) -> tuple[bool, str]:
    """Whether cvxpy's rules say that ``loss_cvxpy`` is convex for every example drawn, and it agrees with ``value``."""
    build = getattr(problem, "loss_cvxpy", None)
    if build is None:
        return False, ""
    import cvxpy as cp

    for look in looks:
        w = cp.Variable(look.claimed.dimension)
        try:
            expression = build(w, look.z)
        except Exception as error:  # whatever the user's code raises
            raise InputError(
                "loss_cvxpy", "no expression", raised(error), "mend loss_cvxpy, or leave it out"
            ) from error
        if not isinstance(expression, cp.Expression) or expression.size != 1:
            raise InputError(
                "loss_cvxpy", type(expression).__name__, "must be one number as a cvxpy expression",
                "return such an expression of w",
            )  # fmt: skip
        if not expression.is_convex():
            return False, "cvxpy's rules do not decide loss_cvxpy"
        for _ in range(4):
            w.value = direction(rng, look.claimed.dimension) * look.radius * rng.random()
            written, given = look.value(np.array(w.value)), float(np.asarray(expression.value).item())
            if abs(written - given) > 1e-9 * look.size:
                return False, f"loss_cvxpy is not used: it gives {given:.9g} where value gives {written:.9g}"
    return (
        True,
        f"by cvxpy's rules, for each of the {len(looks)} examples drawn; loss_cvxpy agrees with value at random points",
    )


def _tallies(claimed: Claimed, gradient_fails: bool) -> list[_Tally]:
    """The claims, each with its inequalities; without a gradient to rely on, those that look at values only."""
    found = []
    if claimed.convex:
        found.append(
            _Tally("convex", ("midpoint",) if gradient_fails else ("monotone gradient", "tangent", "midpoint"))
        )
    if claimed.non_negative:
        found.append(_Tally("non-negative", ("sign",)))
    if claimed.smoothness is not None:
        found.append(_Tally("smoothness", ("second difference",) if gradient_fails else ("change of gradient",)))
    if claimed.lipschitz is not None:
        found.append(_Tally("lipschitz", ("secant",) if gradient_fails else ("norm of gradient",)))
    return found


def inspect(problem: ProblemLike | Loss, *, seed: int = 0, effort: float = 1.0) -> Inspection:
    """Search for points that refute the claims of a problem.

    Parameters
    ----------
    problem : Problem, Loss or any object with the members of `Problem`
        What is inspected; registered instances up to d = 2000.
    seed : int
        Root of the random streams.
    effort : float
        Multiplies the number of examples and points, in [0.1, 100].

    Returns
    -------
    Inspection
        ``fails`` with a witness for each refuted claim; otherwise ``holds``, since a search proves nothing.

    Raises
    ------
    InputError
        For a member that is missing, has the wrong shape, or does not return numbers.
    """
    adapted, claimed = read(problem)
    if isinstance(effort, bool) or not isinstance(effort, (int, float)) or not 0.1 <= effort <= 100:
        raise InputError("effort", repr(effort), "must be a number in [0.1, 100]", "leave it out for 1")
    rng = samples.streams(seed, "examples", "search")
    try:
        drawn = [adapted.draw(rng["examples"]) for _ in range(max(8, round(64 * effort)))]
    except Exception as error:  # whatever the user's code raises
        raise InputError("draw", "no example", raised(error), "mend draw(rng)") from error
    looks = [Evaluations(adapted, claimed, z) for z in _different(drawn)]
    for look in looks:
        look.calibrate(rng["search"])
    # the steepest examples, and others spread over the ranks
    looks.sort(key=lambda look: -look.size_g)
    few = max(2, round(12 * effort))
    deep = looks[: few // 2] + looks[few // 2 :: max(1, math.ceil((len(looks) - few // 2) / (few - few // 2)))]
    # few examples get more points each
    each = effort * min(3.0, max(1.0, 4.0 / len(deep)))
    searches = [Search(look, rng["search"], each) for look in deep]

    gradient = _Tally("gradient", ("difference quotients",))
    for search in searches:
        search.fill()
        gradient.take(search.look, "difference quotients", search.gradient_errors())
    tallies = _tallies(claimed, gradient.witness is not None)
    for search in searches:
        search.sweep()
        for tally in tallies:
            if tally.witness is None:
                for test in tally.tests:
                    tally.take(search.look, test, search.refute(test))
    tallies.insert(0, gradient)
    if claimed.flat_minimum is not None:
        realizable = _Tally("realizable", ("zero",))
        for look in looks:
            realizable.take(look, "zero", (claimed.flat_minimum,))
        tallies.append(realizable)
        if claimed.flatness_radius is not None:
            flat = _Tally("flatness radius", ("flat",))
            for search in searches:
                flat.take(search.look, "flat", search.flat())
            tallies.append(flat)

    convex, remark = _symbolic(adapted, looks[:16], rng["search"])
    points = sum(look.count for look in looks)
    room = f"{max(look.room_f for look in looks):.1g}"
    searched = (
        f"nothing found in {points:,} evaluations on {len(looks)} examples: a search suggests, it does not prove; "
        f"values count with a rounding room of {room}"
    )
    claims = tuple(_claim(t, convex and t.name == "convex", remark, searched, claimed) for t in tallies)
    return Inspection(claimed.name, overall(claims), claims, {t.name: t.witness for t in tallies if t.witness})


def _claim(tally: _Tally, symbolic: bool, remark: str, searched: str, claimed: Claimed) -> Claim:
    """Put what was found about one claim into a record."""
    worst, note = tally.worst, searched
    evidence: Evidence = "float"
    verdict: Verdict = "holds"
    value = bound = None
    relation: Relation = "<="
    if worst is not None:
        value, relation, bound = worst.value, worst.relation, worst.bound
        if tally.name == "gradient":  # how far it lies outside the slopes
            value, relation, bound = max(worst.margin, 0.0), "<=", worst.room
    if tally.witness is not None:
        verdict, note = "fails", f"see the witness; a rounding room of {tally.witness.allowance:.1g} is allowed for"
    elif tally.name == "convex":
        note = f"{remark}; {searched}" if remark else searched
        if symbolic:
            evidence, verdict, note = "symbolic", "proved", remark
    return Claim(tally.name, "hypothesis", evidence, verdict, value, bound, relation, claimed.name, note)

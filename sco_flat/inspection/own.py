"""Check an instance of your own: a search for points that refute what it claims.

A claim that is refuted comes with a witness: the points at which the inequality breaks, for anyone to plug in. A claim
that is not refuted *holds* as far as the search went, and says how far that was. Nothing about the loss is proved: what
cvxpy's rules prove is the convexity of `loss_cvxpy`, and that this is the loss is once more a comparison of floats.
`_reading` says what room rounding is given.
"""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import Any, ClassVar

import numpy as np

from sco_flat import samples
from sco_flat.errors import InputError
from sco_flat.inspection._inequalities import TESTS, Measured, Witness, admissible, by_values, witness
from sco_flat.inspection._reading import Claimed, Evaluations, Points, Problem, ProblemLike, direction, raised, read
from sco_flat.inspection._scan import NODES
from sco_flat.inspection._search import Search
from sco_flat.instances.base import Loss
from sco_flat.numbers import rounded
from sco_flat.presentation import Shown, above
from sco_flat.results import Claim, Relation, Verdict, overall

__all__ = ["Inspection", "Problem", "ProblemLike", "Searched", "Witness", "inspect"]

LINES = 48
"""Lines that are scanned, over all examples."""
EXPRESSIONS = 16
"""Examples for which ``loss_cvxpy`` is looked at."""
WITH_GRADIENT = ("monotone gradient", "tangent", "change of gradient", "norm of gradient")


@dataclass(frozen=True)
class Searched:
    """How far a search went.

    Attributes
    ----------
    examples, evaluations, pairs, lines : int
        Examples drawn that differ; values and gradients taken; pairs of points compared; lines scanned.
    spacing, finest : float
        Of the points on these lines, and the smallest to which a kink was followed, in radii of the domain.
    room : float
        What values may be off by rounding.
    """

    examples: int
    evaluations: int
    pairs: int
    lines: int
    spacing: float
    finest: float
    room: float

    def text(self) -> str:
        """Say it in a line."""
        return (
            f"holds (float search of {self.evaluations:,} values and gradients, {self.pairs:,} pairs and "
            f"{self.lines:,} lines on {self.examples} examples; spacing {rounded(self.spacing, 1)} radii, kinks "
            f"followed to {self.finest:.1g}): it suggests, it does not prove; rounding alone may move "
            f"values by {self.room:.1g}"
        )


@dataclass(frozen=True, eq=False, repr=False)
class Inspection(Shown):
    """What became of the claims of a problem, a witness for each that is refuted, and how far the search went."""

    presenter: ClassVar[str] = "inspection"

    name: str
    verdict: Verdict
    claims: tuple[Claim, ...]
    witnesses: dict[str, Witness]
    searched: Searched
    problem: Any = None

    def plot(self, claim: str | None = None) -> Any:
        """Draw loss and slope on the line through the points that refute a claim.

        Parameters
        ----------
        claim : str, optional
            Its name, a key of ``witnesses``; the first that is refuted by default.

        Returns
        -------
        matplotlib.figure.Figure
            Drawn; a notebook shows it, ``savefig`` writes it.

        Raises
        ------
        InputError
            Where nothing is refuted, or not that claim.
        """
        return above("comparisons.pictures").of_inspection(self, claim)

    def as_dict(self) -> dict[str, Any]:
        """Return the inspection as JSON-ready data."""
        return {
            "name": self.name,
            "verdict": self.verdict,
            "claims": [c.as_dict() for c in self.claims],
            "witnesses": {k: w.as_dict() for k, w in self.witnesses.items()},
            "searched": asdict(self.searched),
        }


@dataclass
class _Tally:
    """What was found about one claim over all examples."""

    name: str
    tests: tuple[str, ...]
    worst: Measured | None = None
    witness: Witness | None = None
    search: Search | None = None
    by_values: bool = True

    def take(self, look: Evaluations, test: str, points: Points | None, search: Search | None = None) -> None:
        """Keep the worst, and a witness if it refutes."""
        if points is None or not admissible(look, test, points):
            return
        m = TESTS[test](look, points)
        if self.witness is None and test == self.tests[0] and (self.worst is None or m.score > self.worst.score):
            self.worst = m
        # later tests read more easily; the room is final only now, since sizes grow while the search goes on
        old = self.witness
        if m.score > 0.0 and (old is None or old.test != test or m.margin > 2 * old.margin):
            self.witness, self.search = witness(look, self.name, test, points), search
            self.worst = TESTS[test](look, self.witness.points)
            self.by_values = by_values(look, test, self.witness.points)


def _different(drawn: list[Any]) -> list[Any]:
    """Drop repeated examples."""
    kept: dict[Any, Any] = {}
    for z in drawn:
        key = (z.dtype.str, z.shape, z.tobytes()) if isinstance(z, np.ndarray) and z.dtype != object else repr(z)
        kept.setdefault(key, z)
    return list(kept.values())


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
    except (Exception, SystemExit) as error:  # whatever the user's code raises
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
    lines = max(2, round(LINES * effort / len(deep)))
    for search in searches:
        search.fill(lines)

    tallies = _searched(searches, looks, claimed)
    proved = []
    if hasattr(adapted, "loss_cvxpy"):
        proved.append(_rules(looks[:EXPRESSIONS]))
        tallies.append(_agreement(searches, looks[:EXPRESSIONS], tallies, rng["search"]))
    searched = _extent(searches, looks, claimed)
    claims = [_claim(t, searched, claimed) for t in tallies] + proved
    return Inspection(
        claimed.name, overall(claims), tuple(claims), {t.name: t.witness for t in tallies if t.witness}, searched,
        adapted,
    )  # fmt: skip


def _extent(searches: list[Search], looks: list[Evaluations], claimed: Claimed) -> Searched:
    """How far the search went."""
    scans = [search.lines for search in searches]
    return Searched(
        examples=len(looks),
        evaluations=sum(look.count for look in looks),
        pairs=sum(search.compared + search.lines.compared for search in searches),
        lines=sum(scan.lines for scan in scans),
        spacing=max(scan.spacing for scan in scans) / claimed.radius,
        finest=min(scan.finest for scan in scans) / claimed.radius,
        room=max(look.room_f for look in looks),
    )


def _searched(searches: list[Search], looks: list[Evaluations], claimed: Claimed) -> list[_Tally]:
    """Search for points that refute each claim, the gradient first, since others rely on it."""
    gradient = _Tally("gradient", ("line integral", "difference quotients"))
    for search in searches:
        gradient.take(search.look, "line integral", search.segment_errors(search.segments()))
        gradient.take(search.look, "difference quotients", search.quotient_errors())
        search.sweep()
    tallies = _refuted(searches, _tallies(claimed, gradient.witness is not None))
    if gradient.witness is None:
        # what gradients refuted may be their own fault
        for tally in tallies:
            if tally.witness and tally.search:
                beside = tally.search.beside(tally.witness.points)
                gradient.take(tally.search.look, "line integral", tally.search.segment_errors(beside))
        if gradient.witness and any(t.witness and t.witness.test in WITH_GRADIENT for t in tallies):
            tallies = _refuted(searches, _tallies(claimed, True))
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
    return tallies


def _refuted(searches: list[Search], tallies: list[_Tally]) -> list[_Tally]:
    """Search every example for every claim that is not refuted yet."""
    for search in searches:
        for tally in tallies:
            if tally.witness is None:
                for test in tally.tests:
                    tally.take(search.look, test, search.refute(test), search)
    return tallies


def _rules(looks: list[Evaluations]) -> Claim:
    """What cvxpy's rules say of ``loss_cvxpy``, and of nothing else."""
    convex = sum(bool(look.written[1].is_convex()) for look in looks)
    verdict: Verdict = "proved" if convex == len(looks) else "not applicable"
    note = (
        f"by cvxpy's rules, for each of {len(looks)} examples drawn: that is loss_cvxpy, not value"
        if verdict == "proved"
        else f"cvxpy's rules do not decide loss_cvxpy on {len(looks) - convex} of {len(looks)} examples drawn"
    )
    name, source = "loss_cvxpy is convex", "disciplined convex programming"
    return Claim(name, "hypothesis", "symbolic", verdict, float(convex), float(len(looks)), "==", source, note)


def _agreement(
    searches: list[Search], looks: list[Evaluations], tallies: list[_Tally], rng: np.random.Generator
) -> _Tally:
    """Whether ``loss_cvxpy`` is found to have the values of ``value``: a comparison of floats.

    It is made at random points, where the values are least smooth, on a line, and at the points that refute something.
    """
    agreement = _Tally("value = loss_cvxpy", ("expression",))
    found = {id(s.look): s for s in searches}
    for look in looks:
        search = found.get(id(look))
        points = [direction(rng, look.claimed.dimension) * look.reach * rng.random() for _ in range(20)]
        if search is not None:
            points += search.lines.odd + search.lines.points + search.pool[: search.times(60)]
            points += [p for pair in search.lines.pairs[:20] for p in pair]
            points += list(search.lines.first)[: search.times(NODES)]
        points += [p for t in tallies if t.witness and t.witness.z is look.z for p in t.witness.points]
        for p in points:
            agreement.take(look, "expression", (p,))
    return agreement


def _claim(tally: _Tally, searched: Searched, claimed: Claimed) -> Claim:
    """Put what was found about one claim into a record."""
    worst, note = tally.worst, searched.text()
    verdict: Verdict = "holds"
    value = bound = None
    relation: Relation = "<="
    if worst is not None:
        value, relation, bound = worst.value, worst.relation, worst.bound
        if tally.name == "gradient":  # how far it is off the values
            value, relation, bound = max(worst.margin, 0.0), "<=", worst.room
    if tally.witness is not None:
        verdict = "fails"
        note = f"see the witness; more than the {tally.witness.allowance:.1g} that rounding may explain"
        if not tally.by_values:
            note += (
                "; the gradient alone shows it: at this distance values are too coarse to say which of both is wrong"
            )
    return Claim(tally.name, "hypothesis", "float", verdict, value, bound, relation, claimed.name, note)

"""The chain from w_2 on, in units of eta r; see ``theorem7.py``."""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction

from sco_flat import memory
from sco_flat.patience import track
from sco_flat.proofs.balls import Ball, ball, decide, held, product
from sco_flat.proofs.question import Question, Side
from sco_flat.results import Claim
from sco_flat.works.flat_minima.proofs.constants import Constants
from sco_flat.works.flat_minima.proofs.first_step import Sight

CHAIN = "Theorem 7, chain lemma"
PASSES, LISTS = 4.0, 6
"""Loops over all entries that take long, and lists of them that are held."""


@dataclass
class Chain:
    """The chain from w_2 on, in units of eta r.

    Attributes
    ----------
    fresh : list of Ball
        ``b_j``, the size of entry j when it is new (index j, from 2).
    final : list of Ball
        Its size from the next step on.
    """

    fresh: list[Ball] = field(default_factory=list)
    final: list[Ball] = field(default_factory=list)
    growth: list[Ball] = field(default_factory=list)
    quiet: Ball = None
    quiet_now: Ball = None

    @property
    def entries(self) -> list[Ball]:
        """Entries 2..T of block I at w_T, with their sign."""
        return [-x for x in self.final[2:-1]] + [-self.fresh[-1]]


def chain(question: Question, c: Constants, first: Ball) -> Chain:
    """Run the recurrence; ``first`` is ``A = |x_I2|/eta`` at w_2."""
    steps = question.steps
    memory.ask(held(LISTS * steps), lambda have: f"take --steps {memory.rounded(int(have / held(LISTS)))} or less")
    zero = ball(0)
    excess = [_excess(c.delta_3), _excess(c.delta)]
    grow = [zero, zero, zero, excess[0] + product(c.delta_3, c.eta, first)]  # b_j / (eta r) - 1, from j = 3 on
    for _ in track(range(4, steps + 1), steps, "entries", PASSES):
        grow.append(excess[1] + c.eta_delta * (1 + grow[-1]))
    fresh = [zero, zero, first] + [1 + g for g in grow[3:]]
    final = [zero, zero, first - c.delta_3 * fresh[3]] + [
        fresh[j] - c.delta * fresh[j + 1] for j in range(3, steps)
    ] + [fresh[steps]]  # fmt: skip
    found = Chain(fresh, final, grow)
    found.quiet = final[3] - c.delta_3 * final[2]
    found.quiet_now = fresh[3] - c.delta_3 * final[2]
    for j in track(range(4, steps), steps, "entries", PASSES):
        found.quiet = found.quiet.min(final[j] - c.delta * final[j - 1])
    for j in range(4, steps + 1):
        found.quiet_now = found.quiet_now.min(fresh[j] - c.delta * final[j - 1])
    return found


def _excess(delta: Ball) -> Ball:
    """``sqrt(1 + delta²) - 1`` without cancellation."""
    return delta * delta / (1 + (1 + delta * delta).sqrt())


def suffix_squares(found: Chain, steps: int) -> list[Ball]:
    """``sum_{j>=2} x_Ij² / (eta r)²`` of every suffix average, at place tau (from 1)."""
    ahead = ball(0)
    sums = [ball(0)] * (steps + 2)
    for j in range(steps, 1, -1):
        weighted = found.fresh[j] + (steps - j) * found.final[j]
        ahead += weighted * weighted
        sums[j] = ahead
    sums[1] = sums[2]
    before = ball(0)
    squares = [ball(0)]
    for tau in track(range(1, steps + 1), steps, "suffixes", PASSES):
        count = steps - tau + 1
        squares.append(before + sums[tau] / (count * count))
        if tau >= 2:
            before += found.final[tau] * found.final[tau]
    return squares


def chain_items(question: Question, c: Constants, found: Chain) -> list[Claim]:
    """The chain lemma, worst over t, in units of eta r."""
    e = question.evidence
    grow = found.growth[3]
    shrunk = found.final[3]
    largest = found.growth[3]
    longest = found.final[3]
    for g in found.growth[4:]:
        grow, largest = grow.min(g), largest.max(g)
    for x in found.final[4:-1]:
        shrunk, longest = shrunk.min(x), longest.max(x)

    def item(name: str, value: Ball, relation: str, bound: Ball, note: str = "") -> Claim:
        return decide(name, "dynamics", value, relation, bound, CHAIN, e, note)  # type: ignore[arg-type]

    return [
        item("chain item 1: x_I2 stays at most 0", -found.final[2], "<=", ball(0)),
        item("chain item 2, 2 <= i < t, when new", -found.quiet_now, "<=", ball(0)),
        item("chain item 2, 2 <= i < t, from then on", -found.quiet, "<=", ball(0)),
        item("chain item 2, i = t", _smallest(c, found), ">", ball(0)),
        item("chain item 3: x_It >= -2 eta r", -1 - largest, ">=", ball(-2)),
        item("chain item 3 (upper side), x_It + eta r", -grow, "<=", ball(0)),
        item("chain item 4: x_I,t-1 >= -2 eta r", -longest, ">=", ball(-2)),
        item("chain item 4 (upper side)", -shrunk, "<=", ball(Fraction(-1, 2))),
    ]


def _smallest(c: Constants, found: Chain) -> Ball:
    """Smallest ``delta_{t+1} b_t`` over t = 3..T-1 and the first link, the slack of the next term."""
    value = c.delta_3 * found.fresh[2]
    for x in found.fresh[3:-1]:
        value = value.min(c.delta * x)
    return value


def norm_claim(question: Question, c: Constants, sight: Sight, first: Ball, found: Chain) -> Claim:
    """``|w_t|² <= 1`` for every t."""
    mean = sight.norm + c.delta_1
    bad = c.delta_2 * first + c.gamma * ball(c.kappa) * mean
    resting = bad * bad + c.gamma * c.gamma * (sight.squared - ball(c.kappa**2) * mean * mean)
    largest = found.fresh[2] * found.fresh[2]
    before = ball(0)
    for j in track(range(3, question.steps + 1), question.steps, "steps", PASSES):
        before += found.final[j - 1] * found.final[j - 1]
        largest = largest.max(before + found.fresh[j] * found.fresh[j])
    value = c.reach_squared * (resting + largest)
    side: Side = "high" if question.evidence == "every sample" else "both"  # of all samples, bounds from above
    return decide("|w_t|² <= 1, no projection", "dynamics", value, "<=", ball(1), CHAIN, question.evidence, side=side)

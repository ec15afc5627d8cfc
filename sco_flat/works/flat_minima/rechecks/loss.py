"""What Theorem 7 asks of the chain's loss, once more."""

from __future__ import annotations

from sco_flat.proofs.intervals import Interval
from sco_flat.proofs.question import Question
from sco_flat.works.flat_minima.rechecks.book import CLAIMED_LATER, Book
from sco_flat.works.flat_minima.rechecks.constants import Constants


def loss_claims(book: Book, question: Question, c: Constants) -> None:
    """The chain's rows by ``|B|² <= |B|_1 |B|_inf``; the first entry has no row and no term of its own."""
    columns, since = question.width + 1, CLAIMED_LATER
    later = c.delta_3.most(c.delta)
    rows = c.delta_2.most(later) + 1
    sums = c.delta_2.most(later + 1)
    coupling = c.gamma * columns
    highest = 1 + rows * sums + coupling
    delta_1 = c.delta_1 * c.radius
    slope = delta_1 * c.gamma * Interval(columns).sqrt()
    smooth = Interval(coupling.most(1).low, highest.high)
    steep = Interval((coupling + slope).low, (highest + slope).high)
    book.say("hypothesis", "f is convex and f >= 0: smallest factor >= 0", c.gamma.least(1), ">=", 0, since=since)
    book.say("hypothesis", "smoothness <= 6", smooth, "<=", 6, since=since)
    book.say("hypothesis", "Lipschitz constant on the unit ball <= 6", steep, "<=", 6, since=since)
    book.say("hypothesis", "f = 0 at -delta_1 e_b in the unit ball: delta_1 <= 1", delta_1, "<=", 1, since=since)

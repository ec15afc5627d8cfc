"""Theorem A once more, in rational intervals: everything in units of eta where that is possible, roots taken last."""

from __future__ import annotations

from fractions import Fraction

from sco_flat.proofs.base import Rechecked
from sco_flat.proofs.intervals import Interval
from sco_flat.proofs.question import Question
from sco_flat.samples import Sample
from sco_flat.works.valley.rechecks.book import Book, power
from sco_flat.works.valley.rechecks.sagd import only_one

QUARTER = Fraction(1, 4)
ROOT = Interval(8).sqrt()
"""``2 sqrt 2``."""


class Setting:
    """The numbers of a question, and what is known before the first step; lengths in units of r."""

    def __init__(self, question: Question) -> None:
        n, steps = question.n, question.steps
        self.n, self.steps = n, steps
        self.eta = Interval(*question.step_size)
        self.gam = Fraction(question.options.get("gamma", 1))
        self.time = self.eta * steps
        radius = question.perturbation_radius
        self.s2 = Interval(1) if radius is None else Interval(*radius).square() * self.time
        self.c2 = 1 / self.time
        self.vth = self.eta * (1 + self.gam)
        self.root_m = Interval(question.width).sqrt()
        self.kap = Fraction(1, 2 * n)
        cap, slope = (1 / (32 * self.gam * steps) if self.gam else Fraction(10**6)), Fraction(1, 2500) * question.width
        self.tilt = (cap / self.eta.square()).least(slope).sqrt()  # th/eta
        self.th = (self.eta.square() * slope).least(cap).sqrt()
        self.length = (self.th.square() + 1).sqrt()
        self.zone1 = self.tilt * self.kap / (ROOT * self.root_m)  # tau1/eta
        self.tau1 = self.th * self.kap / (ROOT * self.root_m)
        self.tau2 = self.eta * self.tau1 * (self.gam / 2)
        self.near = self.tau2 * QUARTER
        self.drift = self.near / self.time.sqrt()
        stay = Interval(Fraction(steps - 1, steps))
        self.rest, self.mean = power(stay, steps - 2), stay - (1 - power(stay, steps - 1))
        # the first step
        self.uneven = self.th * (self.gam * 5) / (ROOT * self.root_m) * (self.root_m + 1)
        self.first = self.th * self.eta * (self.gam**2 * 8) / (ROOT * self.root_m * (1 - self.uneven) * 5 * self.kap)
        self.side = self.eta * (self.th + 1) * (self.gam / 8)
        own = self.side * 2 + QUARTER
        self.least = 2 - Interval(4) * self.first.high - own
        self.most = ROOT * 2 - 2 + own
        self.felt = ROOT / 2 + self.eta * (self.uneven + 1) * (self.kap / 40)
        hinge = self.tau1 * (ROOT - 1 + self.side)
        fall = self.eta * self.felt * (self.kap / 8)
        self.pulled = fall
        self.answered = self.near + fall / self.root_m + self.eta * self.th * hinge * self.gam


def recheck(question: Question, sample: Sample | None) -> list[Rechecked]:
    """All claims of the statement."""
    x, book = Setting(question), Book()
    n, steps = question.n, question.steps
    eta, gam = Interval(*question.step_size), x.gam
    book.say("hypothesis", "n >= 4", n, ">=", 4)
    book.say("hypothesis", "m = 2^n: m/2^n", Fraction(question.width, 1 << n), "==", 1)
    book.say("hypothesis", "eta (1 + gam) <= .24", eta + eta * gam, "<=", Fraction(24, 100))
    book.say("hypothesis", "eta T >= 16", x.time, ">=", 16)
    book.say("hypothesis", "eta gam T >= 4", eta * (gam * steps), ">=", 4)
    book.say("hypothesis", "r² eta T <= 1.4²", x.s2, "<=", Fraction(14, 10) ** 2)
    book.say("hypothesis", "rho = 0", Interval(*question.flatness_radius), "==", 0)
    name = "P(exactly one all-zero column) >= 1/3"
    book.say("hypothesis", name, only_one(n, question.width), ">=", Fraction(1, 3))
    if sample is not None:
        count = sum(int(code) == 0 for code in sample.codes)
        book.say("hypothesis", "number of all-zero columns", count, "==", 1)
    lam = x.kap / 8
    name = "f is convex and f >= 0: smallest weight of a squared distance"
    book.say("hypothesis", name, min(gam, lam), ">=", 0)
    tilted = gam + Fraction(1, 32 * steps)
    felt = (x.c2 + 2).most(x.c2 + 1 + gam + tilted).most(tilted + 2 * lam)
    book.say("hypothesis", "smoothness <= 4", felt, "<=", 4)
    book.say("hypothesis", "w* = -e_a/2 is a common flat minimum: margin tau2/r", x.tau2, ">", 0)
    _first(book, x)
    average = _run(book, x)
    below = (x.c2 * Fraction(1, 64)).sqrt()
    value = (average - below).positive().square() * QUARTER
    book.say("conclusion", "F / (eta r² T) of every suffix average >= 1/80", value, ">=", Fraction(1, 80), "low")
    return book.found


def _first(book: Book, x: Setting) -> None:
    n = x.n
    start = (x.uneven + 1) * Fraction(1, 40) - (1 - x.first.high) * (1 - x.kap) ** 2 / (ROOT * 4)
    for name, value, relation, bound, side in (
        ("w_1: |s_k/dl - 1|", x.uneven, "<=", Fraction(1, 8), "high"),
        ("w_1: |x| of an example, less rho, over r", x.root_m * x.near - Fraction(1, 8), "<", 0, "high"),
        ("w_1: wedges, over r", x.near + x.drift - QUARTER, "<", 0, "high"),
        ("w_1: other hinges, over tau1", x.side - 1, "<", 0, "high"),
        (
            "w'_1: no y of another column falls: least mean of u, over dl",
            Fraction(n + 1, 2 * n) - x.uneven * Fraction(3 * n - 1, 2 * n), ">", 0, "low",
        ),
        ("epsilon / |g| at w_1", x.first, "<=", Fraction(1, 100), "high"),
        ("|b_2| / tau2", x.least, ">=", Fraction(3, 2), "low"),
        ("|b_2| / tau2, from above", x.most, "<=", Fraction(9, 2), "high"),
        ("other blocks sleep: th |y_i| + |b_i|, over tau1", x.eta * x.felt * ROOT / 8 + x.side, "<", 1, "high"),
        ("start term of w_2, over eta kap r", start, "<", 0, "high"),
        ("start term of every later ascent point, over eta kap r", start + x.tilt / x.root_m, "<", 0, "high"),
        ("(m - tau2) / tau1", 1 - x.eta * (x.th + 4) * (x.gam / 8), ">", 0, "low"),
    ):  # fmt: skip
        book.say("dynamics", name, value, relation, bound, side)  # type: ignore[arg-type]


def _run(book: Book, x: Setting) -> Interval:
    """Every later step; return the least ``c X`` of a suffix."""
    gam, share, late = x.gam, 1 / (1 + x.gam), Fraction(1, 1000)
    bent = 1 - 1 / x.length
    blunt = (x.eta * Fraction(1, 50)).most(bent + x.eta * late)
    risen = (x.vth + Fraction(3, 4)) * (1 - x.rest)
    floor = (Fraction(3, 4) - x.drift) * x.rest - x.vth * (1 - x.rest) - blunt.high
    zone = x.zone1 + x.tilt * x.answered + x.th.square() * (x.vth + x.length) * (gam * x.steps / 2)
    lost = x.c2 * (x.vth / floor.low + 1) * share + late / floor.low
    odd_gain = 1 - lost - (x.length - 1) * gam / (x.vth * floor.low)
    even_gain = 1 - lost - bent / (x.vth * floor.low) - zone * (gam * share) / floor.low
    reach = 1 - x.eta * Fraction(1, 50)
    third = (reach - x.tau2) * gam + reach - QUARTER - x.drift - (1 - x.vth) * x.most * x.tau1 * (gam / 2)
    odd = third.least(odd_gain * floor / (2 - x.vth))
    even = even_gain * floor * x.vth / (x.tau1 * (gam / 2)) if gam else Interval(0)
    average = (Fraction(3, 4) - blunt.high) * x.mean - x.drift
    for name, value, relation, bound, side in (
        ("1 - vth", 1 - x.vth, ">", 0, "both"),
        ("B_2 / (vth r)", x.most * x.tau1 * (gam * share / 2), "<=", 1, "high"),
        ("B <= eta K <= vth r: K/r - (1 + gam)", (x.length - 1) * gam + x.drift - QUARTER, "<=", 0, "high"),
        ("V is at rest at w_t: (B - h)/r", x.vth + x.drift - QUARTER, "<", 0, "high"),
        ("H_t / r", floor, ">=", Fraction(115, 1000), "low"),
        ("m / (eta r)", zone, "<=", Fraction(223, 10_000), "high"),
        ("gain of two steps from an odd one / (eta vth K)", odd_gain, ">=", Fraction(7, 10), "low"),
        ("gain of two steps from an even one / (eta vth K)", even_gain, ">=", Fraction(7, 10), "low"),
        ("B_3 / (eta r)", third, ">=", Fraction(1, 2), "low"),
        ("odd steps: (B - m)/(eta r)", odd - zone, ">", 0, "low"),
        ("even steps from w_4 on: B / tau2", even, ">=", 11, "low"),
        ("1 - phi at w_2, over eta", Fraction(1, 100) / (x.least.low - 1), "<=", Fraction(1, 50), "high"),
        ("1 - phi at odd steps", x.tau1 * (gam / 2) / (100 * (odd - zone).low), "<=", late, "high"),
        ("1 - phi at even steps from w_4 on, over eta", Fraction(1, 100) / (even.low - 1), "<=", late, "high"),
        ("b at the projection on V_I, over r", QUARTER - x.drift, ">", 0, "low"),
        ("c X_t / r", risen + x.drift, "<=", Fraction(63, 100), "high"),
        ("|w_t|² <= 1, no projection", _norm(x, risen + x.drift), "<=", 1, "high"),
        ("c X of every suffix average / r", average, ">=", Fraction(26, 100), "low"),
    ):
        left = value if isinstance(value, Interval) else Interval(value)
        book.say("dynamics", name, left, relation, bound, side)  # type: ignore[arg-type]
    return average


def _norm(x: Setting, risen: Interval) -> Interval:
    """``|w_t|²``: what moves, and the noise."""
    block = x.answered + x.eta * x.th * (x.vth + x.length) * (x.gam * x.steps / 2)
    noise = ((x.root_m + 1) * x.near).square() * 4
    rest = x.pulled.square() * 4 + block.square() * 2 + x.vth.square() * 2 + noise
    return x.s2 * (x.c2 * rest + risen.square())

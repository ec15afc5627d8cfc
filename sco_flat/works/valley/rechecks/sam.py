"""Theorems S1 and S2 once more: the recurrence walked in rational intervals, or its closed forms."""

from __future__ import annotations

from fractions import Fraction
from functools import cached_property
from typing import Any

from sco_flat.proofs.base import Rechecked
from sco_flat.proofs.intervals import Interval, exponential
from sco_flat.proofs.question import Question
from sco_flat.samples import Sample
from sco_flat.works.valley.rechecks.book import Book, chance, least_chance, power
from sco_flat.works.valley.rechecks.run import run
from sco_flat.works.valley.rechecks.walk import LONGEST, Extremes, extremes

HALF, QUARTER = Fraction(1, 2), Fraction(1, 4)
REACH = Fraction(63, 100)


class Setting:
    """The numbers of a question in rational intervals; lengths in units of r."""

    def __init__(self, question: Question, flat: bool) -> None:
        steps = question.steps
        self.flat, self.steps, self.n = flat, steps, question.n
        self.all = question.options.get("scope") == "all"
        self.t = Fraction(1, 8) if question.options.get("codes") == "signs" else Fraction(0)
        self.eta = Interval(*question.step_size)
        self.gam = self.eta / 8 if flat else Interval(Fraction(question.options.get("gamma", 1)))
        self.time = self.eta * steps
        radius, rho = question.perturbation_radius, Interval(Fraction(question.options.get("margin", 0)))
        rho = Interval(*question.flatness_radius) if flat else rho
        self.reach = Interval(1) if radius is None else Interval(*radius).square() * self.time
        self.eighth = rho.square() * 64 * self.time if radius is None else (rho * 8 / Interval(*radius)).square()
        if self.all:
            self.widen()
        else:
            self.vth = self.eta * (self.gam + 1)
            self.share = 1 / (self.gam + 1)
            self.nu = Interval(Fraction(1, self.n))
            self.c2 = 1 / self.time
            self.s2 = self.reach
            self.rho = rho / self.reach.sqrt()
            self.stay = Interval(Fraction(steps - 1, steps))

    def widen(self) -> None:
        """All admissible numbers at once."""
        self.eta = self.vth = Interval(0, Fraction(6, 25))
        self.gam = self.eta / 8 if self.flat else Interval(0, 1)
        self.share = 1 / (self.gam + 1)
        self.nu = Interval(0, QUARTER)
        self.c2 = Interval(0, Fraction(1, 32 if self.flat else 16))
        self.s2 = Interval(0, Fraction(49, 25))
        self.rho = Interval(0, (self.c2.sqrt() / 8).high)

    @cached_property
    def om(self) -> Interval:
        """``sqrt((n+1)/n)``."""
        return (self.nu + 1).sqrt()

    @cached_property
    def tau(self) -> Interval:
        """``tau/(eta r) = 1/(16 n² om)``."""
        return self.nu.square() / (self.om * 16)

    @cached_property
    def tau_r(self) -> Interval:
        """``tau_R/r``."""
        return (3 - self.nu.square()) / (self.om * 2)

    @cached_property
    def w2(self) -> Interval:
        """``th'²``."""
        return self.c2 / 8 if self.flat else Interval(0)

    @cached_property
    def length(self) -> Interval:
        """``l``."""
        return (self.w2 + 1).sqrt()

    @cached_property
    def top(self) -> Interval:
        """``H_2/r``."""
        return 1 / self.length - QUARTER

    @cached_property
    def rest(self) -> Interval:
        """``(1 - 1/T)^(T-2)``."""
        if self.all:
            return Interval(exponential(Interval(-1)).low, 1)
        return power(self.stay, self.steps - 2)

    @cached_property
    def mean(self) -> Interval:
        """Full average of ``1 - (1 - 1/T)^(t-2)``, as a sum of a geometric row."""
        if self.all:
            return Interval((exponential(Interval(-1)) - Fraction(6, 25) * self.c2.high).low, 1)
        return self.stay - (1 - power(self.stay, self.steps - 1))

    def closed(self) -> Extremes:
        """What the recurrence reaches at most, by its closed forms."""
        risen = (self.top + self.vth) * (1 - self.rest)
        floor = self.top - risen
        grows = (self.vth + self.length) / 64
        ratio = self.vth / floor.low
        lost = self.c2 * (ratio + 1) + (self.gam.square() * self.w2 * grows * 64 / floor.low if self.flat else 0)
        gain = 1 - self.share * lost
        first = self.tau * 2 * (1 - self.vth)
        third = self.top + self.gam * (self.length - self.eta * self.tau) - first
        part = (1 - exponential(Interval(Fraction(-63, 50)))) / Fraction(63, 50)
        slope, widest = gain * floor * part, self.tau + grows
        odd = third.least(gain * floor / (2 - self.vth))
        return Extremes(
            excess=self.top + self.gam * (self.length - 1) - 1,
            size=self.vth,
            floor=floor,
            ratio=ratio,
            drop=self.c2 * (ratio + 1),
            gain=gain,
            third=third,
            side=1 / self.length - self.top / (self.c2 + 1),
            risen=risen,
            reach=self.vth + risen,
            grown=self.eta * grows,
            average=self.top * self.mean,
            slope=slope,
            early=slope - self.tau * 4 - self.share * self.c2 * grows * 2,
            late=slope * REACH - widest,
            odd=odd,
            odd_room=odd - widest,
        )

    def reached(self, spread: bool) -> Extremes:
        """By a walk where that is possible."""
        if self.all or spread or not 66 < self.steps <= LONGEST:
            return self.closed()
        return extremes(self)


def recheck(question: Question, flat: bool, sample: Sample | None = None) -> list[Rechecked]:
    """All claims of the statement, or of the run of one sample."""
    x, book = Setting(question, flat), Book()
    _hypotheses(book, question, x)
    name = "P(n distinct examples and exactly one bad column), mean over the families >= 9/50"
    book.say(
        "hypothesis", name, least_chance() if x.all else chance(x.n), ">=", Fraction(9, 50), "low" if x.all else "both"
    )
    _loss(book, x)
    if sample is not None:
        run(book, x, sample, question)
        return book.found
    first_step(book, x)
    _recurrence(book, x, x.reached(bool(question.spread)))
    return book.found


def _hypotheses(book: Book, question: Question, x: Setting) -> None:
    eta = Interval(*question.step_size)
    gam = eta / 8 if x.flat else Interval(Fraction(question.options.get("gamma", 1)))
    for name, value, relation, bound in (
        ("n >= 4", Interval(x.n), ">=", 4),
        ("n is even: n mod 2", Interval(x.n & 1), "==", 0),
        ("eta (1 + gam) <= .24", eta + eta * gam, "<=", Fraction(24, 100)),
        (f"eta T >= {32 if x.flat else 16}", x.time, ">=", 32 if x.flat else 16),
        ("r² eta T <= 1.4²", x.reach, "<=", Fraction(14, 10) ** 2),
        *_flatness(question, x),
    ):
        book.say("hypothesis", name, value, relation, bound)  # type: ignore[arg-type]


def _flatness(question: Question, x: Setting) -> list[tuple[str, Interval, str, int]]:
    rho = Interval(*question.flatness_radius)
    if not x.flat:
        return [("rho = 0", rho, "==", 0), ("(8 margin/r)² <= 1", x.eighth, "<=", 1)]
    return [("rho > 0", rho, ">", 0), ("(8 rho/r)² <= 1", x.eighth, "<=", 1)]


def _loss(book: Book, x: Setting) -> None:
    book.say(
        "hypothesis", "f is convex and f >= 0: smallest weight of a squared distance", x.gam.least(QUARTER), ">=", 0
    )
    cone = x.gam + x.gam * x.w2
    felt = (x.c2 + cone + Fraction(31, 16)).most(x.c2 + 2).most(Fraction(31, 16)).most(cone)  # mu nn = 15/16
    book.say("hypothesis", "smoothness <= 3", felt, "<=", 3)
    radius = (x.s2 * x.c2).sqrt()
    normal = Interval(15).sqrt() / 2
    less, within = (", less r/8", radius * Fraction(1, 8)) if x.flat else ("", Interval(0))
    margins = {
        f"R{less}": (x.tau_r * radius + Fraction(3, 4)) / normal - within,
        f"the start{less}": (1 - x.eta * radius * HALF) / Interval(8).sqrt() - within,
    }
    if x.flat:
        root = (1 / (x.length.square() * 32)).sqrt()
        margins["the cone, less r/8, times sqrt(eta T)"] = root - (x.s2 / 64).sqrt()
        margins["V, less r/8, over r"] = (1 / ((x.c2 + 1) * 16)).sqrt() - Fraction(1, 8)
        margins["K, less rho, over r sqrt(eta T)"] = Interval(x.t * REACH)
    else:
        margins["the slab, over eta r/n²"] = (1 / ((x.nu + 1) * 256)).sqrt()
        share = Fraction(1, 64) if x.t == 0 else Fraction(1, 16)
        margins["V, over r"] = (share / (x.c2 + 1)).sqrt()
        margins["K, over its share"] = Interval(1 if x.t == 0 else x.t * REACH)
    for name, value in margins.items():
        relation = ">=" if "less rho" in name else ">"
        book.say("hypothesis", f"w* is a common flat minimum: margin of {name}", value, relation, 0)  # type: ignore[arg-type]
    book.say("hypothesis", "|w*|² <= 1", HALF if x.flat or x.t == 0 else QUARTER, "<=", 1)


def first_step(book: Book, x: Any) -> None:
    """The residuals from their coordinates; of all n at once, for three of them: they are polynomials of degree 2."""
    bad, others = set[Fraction](), set[Fraction]()
    for n in (4, 6, 8) if x.all else (x.n,):
        sight, threshold, unit = Fraction(3, 2), Fraction(3, 2) - Fraction(1, 2 * n * n), Fraction(1, 2 * n * n)
        bad.add((sight - threshold) / unit)
        others.update((sight - Fraction(k, n * n) - threshold) / unit for k in range(1, n + 1))
    book.say("dynamics", "w'_1: residual of R_I, in units of eps1", Interval(min(bad), max(bad)), "==", 1)
    name = "w'_1: largest other residual of R, in units of eps1"
    book.say("dynamics", name, max(others), "<=", -1)
    book.say("dynamics", "projection on R_I lowers the others: sig² - |<u_i,u_j>|", Fraction(9, 4) - x.t, ">", 0)
    book.say("dynamics", "|b_2| / tau", QUARTER / (QUARTER * HALF), "==", 2)
    size = x.n * x.n
    book.say("dynamics", "share of a frozen set: P_z(z in A_I)", Fraction(size // 2, size), "==", HALF)
    om2, fall = x.nu + 1, x.om + x.eta * QUARTER
    book.say("dynamics", "start term of S at w_2, over eta lam r", HALF - fall * om2, "<", 0, "high")
    late = 1 - x.eta * x.c2
    book.say(
        "dynamics", "start term of S at the full average, over eta lam r", HALF - late * fall * om2, "<", 0, "high"
    )
    dead = x.vth + 1 - x.tau_r - x.eta * fall * (3 - x.nu * 2) * QUARTER
    book.say("dynamics", "R from w_2 on: largest residual over r", dead, "<", 0, "high")


def _recurrence(book: Book, x: Setting, m: Extremes) -> None:
    for name, value, relation, bound, side in (
        ("1 - vth", 1 - x.vth, ">", 0, "both"),
        ("B_2 / (vth r)", x.tau * 2 * x.share, "<=", 1, "both"),
        ("B <= eta K <= vth r: K/r - (1 + gam)", m.excess, "<=", 0, "high"),
        ("V is at rest at w_t: (B - h)/r", m.size - QUARTER, "<", 0, "high"),
        ("H_t / r", m.floor, ">=", Fraction(12, 100), "low"),
        ("B / H", m.ratio, "<=", 2, "high"),
        ("(H_t - H_t+1) / (eta H)", m.drop, "<=", Fraction(3, 16), "high"),
        ("gain of two steps / (eta vth K)", m.gain, ">=", Fraction(8, 10), "low"),
        ("(B_3 - 2 tau) / (eta r)", m.third - x.tau * 2, ">", 0, "low"),
        ("b at the projection on V_I, over r", m.side, ">", 0, "low"),
        ("1 - c²", 1 - x.c2, ">=", 0, "low"),
        ("c X_t / r", m.risen, "<=", REACH, "high"),
        ("V_i is at rest: t (|b'| + c X)/r - h/r", (m.reach + 1) * x.t - QUARTER, "<", 0, "high"),
        ("K_z of the sample is at rest: t c X/r - c k_x/r", (m.risen - REACH) * x.t, "<=", 0, "high"),
        ("|w_t|² <= 1, no projection", _norm(x, m), "<=", 1, "high"),
        ("c X of every suffix average / r", m.average, ">=", Fraction(26, 100), "low"),
    ):
        book.say("dynamics", name, value, relation, bound, side)  # type: ignore[arg-type]
    lasting: list[tuple[str, Interval, str, Fraction | int]] = [
        ("B >= min(2 tau, .4 eta K) stays: gain/.4 - (2 - vth)", m.gain * Fraction(5, 2) + x.vth - 2, ">=", 0),
        (".4 eta K > tau: (.4 H - tau/eta)/r", m.floor * Fraction(2, 5) - x.tau, ">", 0),
    ]
    if x.flat:
        lasting = [
            ("even steps: gain a over min(k vth, .63) eta r", m.slope, ">=", Fraction(48, 1000)),
            ("even steps, k vth <= .63: growth of (B - m)/(eta vth r)", m.early, ">", 0),
            ("even steps, k vth >= .63: (B - m)/(eta r)", m.late, ">", 0),
            ("odd steps: B/(eta r)", m.odd, ">=", Fraction(48, 1000)),
            ("odd steps: (B - m)/(eta r)", m.odd_room, ">", 0),
        ]
    for name, value, relation, bound in lasting:
        book.say("dynamics", name, value, relation, bound, "low")  # type: ignore[arg-type]
    below = x.t * REACH + x.rho
    least = Fraction(1, 80 if x.t == 0 else 190)
    name = f"F / (eta r² T) of every suffix average >= 1/{least.denominator}"
    book.say("conclusion", name, (m.average - below).positive().square() * QUARTER, ">=", least, "low")
    felt = (1 - x.tau * x.share).square()
    book.say("conclusion", "F_S / (gam (vth r)²/2) of every suffix average", felt, "<=", 1, "high")


def _norm(x: Setting, m: Extremes) -> Interval:
    """``|w_t|²``: a, y, b, q, x one after the other, in units of r."""
    tilt, fall = x.eta * x.nu.square() / (x.om * 8), x.eta * HALF * (x.om + x.eta * QUARTER)
    rest = (tilt * Fraction(3, 2) + fall).square() + fall.square() * x.nu + tilt.square() * HALF + m.size.square()
    along = m.grown.square() * 8 if x.flat else Interval(0)
    return x.s2 * (x.c2 * rest + along + m.risen.square())

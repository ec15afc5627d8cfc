"""Theorem S2' once more, in rational intervals."""

from __future__ import annotations

from fractions import Fraction

from sco_flat.proofs.base import Rechecked
from sco_flat.proofs.intervals import Interval, exponential
from sco_flat.proofs.question import Question
from sco_flat.samples import Sample
from sco_flat.works.valley.rechecks.book import Book, chance, least_chance, power
from sco_flat.works.valley.rechecks.run import counts
from sco_flat.works.valley.rechecks.sam import first_step

HALF, QUARTER, STEEP = Fraction(1, 2), Fraction(1, 4), Fraction(6, 25)
TURN = Fraction(63, 100)


class Setting:
    """The numbers of a question, or all that are admissible."""

    def __init__(self, question: Question) -> None:
        steps, radius = question.steps, question.perturbation_radius
        self.n, time = question.n, Interval(*question.step_size) * steps
        rho = Interval(*question.flatness_radius)
        self.square = rho.square() * time if radius is None else rho.square() / Interval(*radius).square()
        self.alpha = self.square.sqrt()
        self.d, self.eta = 1 - self.alpha, Interval(*question.step_size)
        self.reach = Interval(1) if radius is None else Interval(*radius).square() * time
        self.gam = self.eta * self.d / 128
        self.slow, self.short = self.eta + self.eta * self.gam, 1 / (time * self.d.square())
        self.rests = (self.eta + self.eta.square() / 64) * self.d - self.alpha
        self.all = question.options.get("scope") == "all"
        self.p, self.vth, self.s2 = self.short, self.slow, self.reach
        self.nu, stay = Interval(Fraction(1, self.n)), Interval(Fraction(steps - 1, steps))
        self.rest, self.late = power(stay, steps - 2), stay - (1 - power(stay, steps - 1))
        if self.all:
            self.eta = self.vth = Interval(0, STEEP)
            self.p, self.s2, self.nu = Interval(0, Fraction(1, 64)), Interval(0, 1), Interval(0, QUARTER)
            self.alpha, self.d = Interval(0, 1), Interval(0, 1)
            self.rest = Interval(exponential(Interval(-1)).low, 1)
            self.gam = self.eta * self.d / 128
        self.c2, self.v = self.p * self.d.square(), self.eta + self.eta.square() / 64
        if self.all:
            self.late = Interval((exponential(Interval(-1)) - self.eta * self.c2.high).low, 1)
        self.length, self.wall = (self.c2 * 2 + 1).sqrt(), (self.c2 + 1).sqrt()
        self.om, self.t = (self.nu + 1).sqrt(), Fraction(0)
        self.tau_r = (3 - self.nu.square()) / (self.om * 2)
        self.share = 1 / (self.gam + 1)
        # (1/l - alpha wall)/d with 1/l = 1 - 2 c²/(l² + l) and wall = 1 + c²/(wall + 1)
        felt = 2 / (self.length.square() + self.length) + self.alpha / (self.wall + 1)
        self.top = 1 - self.p * self.d * felt


def recheck(question: Question, sample: Sample | None) -> list[Rechecked]:
    """All claims of the statement; a sample is counted."""
    x, book = Setting(question), Book()
    least = Fraction(0 if question.options.get("walls") == "snug" else 1, 64)
    for name, value, relation, bound in (
        ("n >= 4", Interval(x.n), ">=", Fraction(4)),
        ("n is even: n mod 2", Interval(x.n & 1), "==", Fraction(0)),
        ("(rho/r)² > 1/64, or 0 with snug walls", x.square, ">", least),
        ("(rho/r)² < 1", x.square, "<", Fraction(1)),
        ("V is at rest at w_t: (B - h)/r", x.rests, "<", Fraction(0)),
        ("eta (1 + gam) <= .24", x.slow, "<=", STEEP),
        ("1/((1 - rho/r)² eta T) <= 1/64", x.short, "<=", Fraction(1, 64)),
        ("r² eta T <= 1", x.reach, "<=", Fraction(1)),
    ):
        book.say("hypothesis", name, value, relation, bound)  # type: ignore[arg-type]
    name = "P(n distinct examples and exactly one bad column), mean over the families >= 9/50"
    odds = least_chance() if x.all else chance(x.n)
    book.say("hypothesis", name, odds, ">=", Fraction(9, 50), "low" if x.all else "both")
    _loss(book, x)
    first_step(book, x)
    if sample is not None:
        counts(book, question, sample)
    _walk(book, x)
    return book.found


def _loss(book: Book, x: Setting) -> None:
    """Convexity, smoothness, the common flat minimum; r is ``sqrt(s2) c``."""
    radius = (x.s2 * x.c2).sqrt()
    far = x.d * Fraction(15, 256)
    beside = x.gam * x.length.square() + far
    # the larger root of (1 + beside - s) (1 + c² - s) = c²
    spread = ((beside - x.c2).square() + x.c2 * 4).sqrt()
    felt = ((beside + x.c2 + spread) * HALF + 1).most(x.c2 + 1 + beside).most(far + 1)
    low = "f is convex and f >= 0: smallest weight of a squared distance"
    book.say("hypothesis", low, x.gam, ">=", 0, "low")
    book.say("hypothesis", "smoothness <= 6/5", felt, "<=", Fraction(6, 5), "high")
    flat = "w* is a common flat minimum: margin of"
    book.say("hypothesis", f"{flat} R, less rho, over 1", Fraction(3, 2) / Interval(15).sqrt() - radius, ">", 0, "low")
    start = (1 - x.eta * radius * HALF) / Interval(8).sqrt() - radius
    book.say("hypothesis", f"{flat} the start, less rho", start, ">", 0, "low")
    book.say("hypothesis", "|w*|² <= 1", x.alpha.square() * x.length.square() * x.s2 * HALF + QUARTER, "<=", 1, "high")


def _walk(book: Book, x: Setting) -> None:
    """The first steps, the recurrence, the risk."""
    fall, s = x.om + x.eta * QUARTER, "dynamics"
    floor = x.top * x.rest - x.v * (1 - x.rest)
    ratio, least = x.v / floor.low, floor.low
    drop = x.c2 * (ratio + 1)
    opened = x.eta.square() * x.d * x.c2 * (x.vth + x.length) * 2 / (least * 128**2)
    gain = 1 - x.share * (drop + opened)
    tau = x.nu.square() / (x.om * 256)
    third = x.top + x.eta * (x.length - x.eta * x.d * tau) / 128 - tau * 2 * (1 - x.vth)
    grows = (x.vth + x.length) / 64
    slope = gain * floor * (1 - exponential(Interval(-2 * TURN))) / (2 * TURN)
    odd = third.least(gain * floor / (2 - x.vth))
    # 1/l - 1/(1 + c²) is at least 0, since l² = 1 + 2 c² <= (1 + c²)²
    beside = (1 / x.length - 1 / x.wall.square()).positive() + x.alpha / x.wall.square()
    risen = (x.top + x.v) * (1 - x.rest)
    first = (x.eta * fall * 2).square() + x.vth.square()
    norm = x.s2 * (x.c2 * first + (x.eta * x.d * grows).square() * HALF + (risen * x.d).square())
    mean = x.top * x.late
    for name, value, relation, bound, side in (
        ("1 - vth", 1 - x.vth, ">", 0, "both"),
        ("B <= eta K <= v d r: l", x.length, "<=", 2, "high"),
        ("H_t / (d r)", floor, ">=", Fraction(1, 5), "low"),
        ("(H_t - H_t+1) / (eta H)", drop, "<=", Fraction(3, 16), "high"),
        ("gain of two steps / (eta vth K)", gain, ">=", Fraction(4, 5), "low"),
        ("(B_3 - tau) / (eta d r)", third - tau, ">", 0, "low"),
        ("even steps: gain a over min(k vth, .63) eta d r", slope, ">=", Fraction(9, 100), "low"),
        ("even steps, k vth <= .63: growth of (B - m)/(eta vth d r)",
         slope - tau * 4 - x.share * x.c2 * grows * 2, ">", 0, "low"),
        ("even steps, k vth >= .63: (B - m)/(eta d r)", slope * TURN - tau - grows, ">", 0, "low"),
        ("odd steps: (B - m)/(eta d r)", odd - tau - grows, ">", 0, "low"),
        ("b at the projection on V_I, less its part in B, over r", beside, ">=", 0, "low"),
        ("1 - c²", 1 - x.c2, ">=", 0, "low"),
        ("|w_t|² <= 1, no projection", norm, "<=", 1, "high"),
        ("c X of every suffix average / (d r)", mean, ">=", Fraction(7, 20), "low"),
    ):  # fmt: skip
        book.say(s, name, value, relation, bound, side)  # type: ignore[arg-type]
    risk = (mean - x.alpha * x.p.sqrt()).positive().square() * QUARTER
    book.say("conclusion", "F / (eta (r - rho)² T) of every suffix average >= 1/80", risk, ">=", Fraction(1, 80), "low")

"""Theorems 2, 4, 5 and 8: the regret and stability lemmas, and the summary."""

from __future__ import annotations

from fractions import Fraction

from sco_flat.results import Claim
from sco_flat.works.errata import Erratum, exact

SOURCE = "stability lemma"


def _distance() -> tuple[Claim, Claim]:
    """GD on ``½ (w - D)²`` for both examples, n = T = 2: w_2 = eta D, and eta D/2 without an example."""
    eta, n, steps, distance = Fraction(1, 4), 2, 2, 60
    change = eta * distance / 4
    eps = change * change
    printed = eta * 96 * steps / (n * n)
    name = "eps of GD on (w - 60)²/2, n = T = 2, eta = 1/4"
    return exact(name, eps, "<=", printed, SOURCE), exact(name, eps, "<=", printed * distance**2, SOURCE)


def _factors() -> tuple[None, Claim]:
    """The average of T iterates: ``|mean x|² <= mean |x|²`` with nothing lost, here with equality."""
    x = Fraction(3)
    mean = (x + x) / 2
    return None, exact("|mean x|² - mean |x|² at x = (3, 3)", mean * mean - (x * x + x * x) / 2, "<=", 0, SOURCE)


def _common() -> tuple[Claim, Claim]:
    """``f = ½ [|w - c_z| - rho]_+²``, c = 1 and -1: each rho-flat, the mean is nowhere below its value at 0."""
    rho, eta, steps = Fraction(1, 4), Fraction(1, 4), 1000
    least = (1 - rho) ** 2 / 2
    bound = 1 / (eta * steps)
    return (
        exact(
            "smallest F_S of two flat losses, against D²/(eta T) at r = rho, T = 1000", least, "<=", bound, "Theorem 2"
        ),
        exact(
            "F_S at a common flat minimum (c = 1 for both)", max(abs(1 - 1) - rho, Fraction(0)) ** 2, "<=", bound, ""
        ),
    )


def _range() -> tuple[None, Claim]:
    theta = Fraction(1, 2)
    worst = max(1 / (2 - theta), 2 / (2 - theta) ** 2 / 4)
    return None, exact("sharper / printed constants of the regret lemma at eta = 1/(2 beta)", worst, "<=", 1, "sharper")


def _summary() -> tuple[Claim, Claim]:
    eta = Fraction(1, 100)
    name = "summary's term / Theorem 4's term at beta = 1, eta = 1/100"
    return exact(name, eta**2 / eta, ">=", 1, "summary"), exact(name, eta**2 / eta, "==", eta, "Theorem 4")


def _pair() -> tuple[None, Claim]:
    a = b = Fraction(3)  # the worst case: |a + b|² = 2 |a|² + 2 |b|²
    return None, exact("|a + b|² - 2 |a|² - 2 |b|² at a = b = 3", (a + b) ** 2 - 2 * a * a - 2 * b * b, "<=", 0, SOURCE)


def _last() -> tuple[None, Claim]:
    steps = 1  # (T + 1)/T is largest there
    return None, exact(
        "24 (T + 1) / T at T = 1, where it is largest", Fraction(24 * (steps + 1), steps), "<=", 48, SOURCE
    )


def _young() -> tuple[Claim, Claim]:
    g = v = Fraction(4)
    name = "2 <g, v> - the bound at g = v = 4, gamma = 1, with"
    return (
        exact(f"{name} |g|", 2 * g * v - g - v * v, "<=", 0, SOURCE),
        exact(f"{name} |g|²", 2 * g * v - g * g - v * v, "<=", 0, SOURCE),
    )


def _regime() -> tuple[Claim, Claim]:
    steps = 10**6

    def bound(eta: Fraction, radius: Fraction) -> Fraction:
        """Theorem 5's bound at beta = D = 1 and rho = 0."""
        return 1 / (eta * steps) + 4 * radius**2

    name = "Theorem 5's bound at T = 10^6, beta = D = 1, rho = 0,"
    few = Fraction(1, 100)
    return (
        exact(f"{name} eta = 1/sqrt T, r = 1/2", bound(Fraction(1, 1000), Fraction(1, 2)), "<=", few, "summary"),
        exact(f"{name} eta = 1/4, r = 1/sqrt T", bound(Fraction(1, 4), Fraction(1, 1000)), "<=", few, "Theorem 5"),
    )


def _order() -> tuple[None, Claim]:
    """4 theta²/(2 - theta) + (2 theta/n) 2/(2 - theta)²: what exact maximisers add to eps/(r² T) at D = rho = 0."""
    theta, n = Fraction(1, 100), 100
    added = 4 * theta**2 / (2 - theta) + 4 * theta / (n * (2 - theta) ** 2)
    name = "SA-GD's perturbation term at beta = 1, eta = 1/100, n = 100 over (eta² + eta/n) r² T"
    return None, exact(name, added / (theta**2 + theta / n), "<=", 3, "bounds for maximisers")


ENTRIES = (
    Erratum(
        "8a",
        "Stability lemma (Theorems 4 and 8)",
        "eps <= ... + 96 beta eta T/n² + ...",
        "96 beta eta T D²/n²: D = |w_1 - w*| is lost",
        "false",
        _distance,
    ),
    Erratum(
        "8b",
        "Stability lemma, last display",
        "24, 96, 768 after averaging",
        "12, 96, 384: Jensen costs no factor 2",
        "gap",
        _factors,
    ),
    Erratum(
        "8c",
        "Theorems 2, 4, 5, 8, assumptions",
        "f(., z) is rho-flat for every z",
        "they need one flat minimum common to all z: F_S need not be flat otherwise, nor reach 0",
        "false",
        _common,
    ),
    Erratum(
        "8d",
        "Stability lemma",
        "eta <= 1/(2 beta)",
        "its proof uses the regret lemma, which has eta <= 1/(4 beta); the sharper regret bound covers the rest",
        "gap",
        _range,
    ),
    Erratum(
        "8e",
        "Summary of contributions",
        "an additional term O(eta² r² T)",
        "O(eta beta² r² T), as in Theorems 4 and 8",
        "misprint",
        _summary,
    ),
    Erratum(
        "8f",
        "Stability lemma, term (I)",
        "2 eta²/n² |grad f|² <= 4 eta²/n² |grad f|²",
        "the second factor 2 that is not needed: 2 eta²/n² |grad f|² <= 4 beta eta² f/n²",
        "gap",
        _pair,
    ),
    Erratum(
        "8g",
        "Stability lemma, after the regret lemma",
        "24 (T + 1) becomes 96 T",
        "48 T is enough, a third factor 2; with 8b and 8f, 24, 96, 768 become 12, 24, 96",
        "gap",
        _last,
    ),
    Erratum(
        "8h",
        "Stability lemma, term (II)",
        "(eta/gamma) |grad F(x) - grad F(y)|",
        "its square, as in the next display",
        "misprint",
        _young,
    ),
    Erratum(
        "8i",
        "Summary of contributions, SAM at rho = 0",
        "eta of order 1/sqrt T with r = Theta(1) is a regime where SAM minimizes the empirical risk",
        "Theorem 5 leaves 4 beta r² there, which does not fall with T; on the loss of Theorem 7 it is so all the same",
        "gap",
        _regime,
        "sco-flat check constant-radius",
    ),
    Erratum(
        "8j",
        "Theorems 3 and 7 against 4 and 8",
        "eta² r² T from below, eta r² T from above: open which is right",
        "SAM: eta r² T (valley.sam); SA-GD with exact maximisers: (eta² + eta/n) r² T on both sides (below: "
        "valley.sagd), as long as eta beta T is at most of order n; SAM without normalisation: no such term",
        "gap",
        _order,
        "sco-flat bounds stability sagd-blocks --n 6 --steps 16 --step-size 1/16",
    ),
)

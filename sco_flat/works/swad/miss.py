"""SWAD misses the bad minimum exactly as often as its validation set does."""

from __future__ import annotations

import math
from fractions import Fraction
from functools import partial

import numpy as np

from sco_flat import memory
from sco_flat.averages.window import Window, swad_window
from sco_flat.results import Claim
from sco_flat.works.exact import Exact, Number, exactly
from sco_flat.works.walk import NEW, WALK, squared

RATIOS = (0.1, 1.3, 10.0)
"""Tolerances that are tried: the threshold is r times 0."""
HELD = 24
"""Bytes for each step: losses and the minima of windows."""


def windows(steps: int, push: Fraction, rho: Fraction, n_start: int, n_end: int, seen: bool) -> set[tuple[int, int]]:
    """The windows in iterates, one for all tolerances where they agree.

    A validation set in which k of n_val examples feel the column has the losses ``(k/n_val) ½ [q sqrt(t-1) - rho]_+²``.
    They begin with zeros, so that the threshold is 0 whatever r, and from there on the rule asks for nothing but where
    they are 0; so they are replaced by 0 and 1.
    """
    free = math.floor(rho**2 / push**2)
    losses = (np.arange(steps) > free).astype(np.float64) if seen else np.zeros(steps)
    found: list[Window] = [swad_window(losses, n_start, n_end, r) for r in RATIOS]
    return {(w.start + 1, w.end + 1) for w in found if w.start is not None and w.end is not None}


def decide(steps: int, q: Fraction, flatness_radius: Fraction, n_val: int, n_start: int, n_end: int) -> list[Claim]:
    """Both windows, their risks, and the mean over validation sets."""
    from sco_flat.proofs.balls import ball
    from sco_flat.proofs.balls import decide as enclose

    memory.ask(HELD * float(steps), lambda have: f"take --steps {memory.rounded(have // HELD)} or less")
    ratio = flatness_radius**2 / q**2
    last = 1 + math.floor(ratio)
    asks = partial(exactly, source=NEW, kind="hypothesis")
    found = [
        asks("q² (T - 1) <= 1: w_T in the unit ball", q**2 * (steps - 1), "<=", 1),
        asks("rho²/q² >= Ns - 1: it begins with zeros", ratio, ">=", n_start - 1),
        asks("b + Ne <= T: the run is long enough", last + n_end, "<=", steps),
    ]
    if any(c.verdict != "proved" for c in found):
        return found
    blind, seen = (windows(steps, q, flatness_radius, n_start, n_end, k) for k in (False, True))
    says = partial(exactly, source=NEW, evidence="every sample")
    chance, note = Fraction(1, 2**n_val), f"b = {last}, whatever r; {WALK}"
    found += [
        says("k = 0, and fed with F_S: windows other than [1, T]", len(blind ^ {(1, steps)}), "==", 0, note=WALK),
        says("k >= 1: windows other than [1, 1 + floor(rho²/q²)]", len(seen ^ {(1, last)}), "==", 0, note=note),
        says("k >= 1: q² |mean|² <= rho², so that F = 0", q**2 * squared(1, last), "<=", flatness_radius**2),
        says("P(k = 0) = 2^-n_val", _misses(n_val), "==", chance),
    ]
    if squared(1, steps) <= ratio:
        return [
            *found,
            says("q² |full average|² <= rho², so that F = 0", q**2 * squared(1, steps), "<=", flatness_radius**2),
        ]
    full = (ball(q**2 * squared(1, steps)).sqrt() - ball(flatness_radius)) ** 2 / 4
    for name, value in (("F(full) > 0", full), ("E F = 2^-n_val F(full) > 0", full * ball(chance))):
        found.append(enclose(name, "conclusion", value, ">", ball(0), NEW, "every sample", WALK))
    return found


def _misses(n_val: int) -> Fraction:
    """The probability that no validation example feels the column, from that of one that does: ½."""
    felt = sum(math.comb(n_val, k) for k in range(1, n_val + 1))
    return 1 - Fraction(felt, 2**n_val)


STATEMENT = Exact(
    key="swad.miss",
    title="the validation set",
    text="SWAD on SA-GD's walk, n_val fresh examples: E F = 2^-n_val F(full); it fails where they see nothing",
    numbers={
        "steps": Number(64, 2, 10**9),
        "q": Number(Fraction(1, 8), Fraction(1, 10**9), 1),
        "flatness_radius": Number(Fraction(1, 5), 0, 1),
        "n_val": Number(8, 1, 1000),
        "n_start": Number(3, 1, 10**6),
        "n_end": Number(6, 1, 10**6),
    },
    decide=decide,
)

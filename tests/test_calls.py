"""Calls from Python with whatever people type: what cannot be used is an `InputError`, and nothing else."""

import datetime
import random
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest

import sco_flat
from sco_flat import instances, methods, vocabulary
from sco_flat.errors import InputError
from sco_flat.requests import own_fields
from sco_flat.works import base as works


class Nameless:
    """An object of nobody's; even its text fails."""

    def __str__(self):
        raise RuntimeError("no text")

    __repr__ = __str__


WRONG = [
    None, True, False, np.True_, "", " ", "x", "true", "auto", "zero", "gaussian", "gaussian:", "gaussian:x", "1..2",
    "2..1", "1//2", "1/0", "nan", "10^400", "1e400", "2^10000", "9" * 5000, 10**5000, -(10**400), Fraction(10**400, 3),
    [], (), {}, set(), [1], (1, 2), (1, 2, 3), ["a"], {"a": 1}, b"1", 1j, object(), Nameless(), len, int, "é\n\t",
    float("nan"), float("inf"), -float("inf"), Decimal("NaN"), Decimal("Infinity"), np.nan, np.array([1.0, 2.0]),
    np.array(["a"]), np.array("x"), np.array([]), np.zeros((2, 2)), np.array([None]), np.array([True]),
    np.datetime64("2020-01-01"), datetime.date(2020, 1, 1), ("gaussian", "x"), ("gaussian", np.nan), ("gaussian", True),
    ("gaussian",), ("uniform", 1), ["gaussian", 1], np.array([np.inf]),
]  # fmt: skip
NUMBERS = [
    0, 1, 2, 3, 5, 7, 9, 12, -1, -3, 0.5, 1.5, 1e-3, 1e-300, 5e-324, 1e99, 1e100, 1e101, 1e300, 2**62, 2**127, 10**6,
    "1/24", "2^3", "7", "1e1", Fraction(1, 24), Fraction(7), Decimal("0.25"), Decimal(7), np.int64(7), np.uint8(6),
    np.float32(0.25), np.float64(7.0), np.array(7), np.array(0.1), ("gaussian", 1e-3), ("gaussian", 1e99), [0.1], 0.0,
]  # fmt: skip
WORDS = [
    *vocabulary.EVENTS, *vocabulary.ORDERS, *vocabulary.SCHEDULES, *methods.names(), "dense", "Blocks", "frontier",
    "adversarial", "ASCENT", "benign", "uniform", "printed", "robust", "paper", "corrected",
]  # fmt: skip
LOSSES = ("huber", "sam-chain", "sam-sharp", "sagd-blocks", "flat-erm", "least-squares")


def value(rng):
    return rng.choice(rng.choice((WRONG, NUMBERS, NUMBERS, WORDS)))


def options(rng, loss):
    own = own_fields(instances.get(loss)) if loss in instances.names() else {}
    other = ("T", "eta", "r", "rho", "m", "radius", "lr", "precision", "theorem", "key", "set")
    keys = [key for key in (*vocabulary.OPTIONS, *own, *other) if key != "method"]
    chosen = rng.sample(keys, rng.randrange(3))
    # what takes long though it may be used is not what is looked for
    few = {"steps": 7} if rng.random() < 0.8 or loss not in LOSSES else {}
    return few | {key: value(rng) for key in chosen}


def calls(rng):
    """A call, as a function and its arguments."""
    kind = rng.choice(("run", "request", "build", "check", "draw", "settings"))
    loss = rng.choice(LOSSES) if rng.random() < 0.9 else value(rng)
    if kind in ("run", "request"):
        method = rng.choice((None, "gd", "sgd", "sam", value(rng)))  # inner maximisations take seconds
        call = sco_flat.run if kind == "run" else sco_flat.request_from
        return call, (loss, method), options(rng, loss if isinstance(loss, str) else "")
    if kind == "build":
        cls = instances.get(rng.choice(LOSSES))
        numbers = {"n": 6, "steps": 7, "step_size": 0.1, "perturbation_radius": 0.1}
        return cls, (), numbers | {rng.choice([*numbers, *own_fields(cls), "flatness_radius"]): value(rng)}
    if kind == "check":
        key = rng.choice((1, 2, 3, 5, 6, 7, "7", "Flat-Minima.6", np.int64(7), rng.choice(works.names()), value(rng)))
        evidence = rng.choice(("float", "bracket", "every sample", "Every-Sample", value(rng)))
        return sco_flat.check, (key,), {"evidence": evidence} | options(rng, "sam-chain")
    if kind == "draw":
        given = [5, 16, 0, "any", np.random.default_rng(0), 0.5]
        given[rng.randrange(6)] = value(rng)
        return sco_flat.draw, tuple(given), {}
    return sco_flat.Settings, (), {rng.choice(("method", "oracle", "start", "epsilon", "own", "left_out")): value(rng)}


def tried(seed):
    """Make one call; it is fine if it returns or refuses."""
    call, given, named = calls(random.Random(seed))
    try:
        call(*given, **named)
    except InputError as error:
        return str(error)
    return "done"


def one_line(text):
    return "\n" not in text and len(text) < 1200


def test_calls_are_done_or_refused():
    found = [tried(seed) for seed in range(300)]
    assert all(map(one_line, found))
    assert 60 < found.count("done") < 240


@pytest.mark.deep
def test_more_calls_are_done_or_refused():
    assert all(one_line(tried(seed)) for seed in range(300, 5300))

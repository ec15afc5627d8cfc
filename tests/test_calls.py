"""Calls from Python with whatever people type: what cannot be used is an `InputError`, and nothing else."""

import datetime
import json
import random
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest

import sco_flat
from sco_flat import instances, methods, numbers, vocabulary
from sco_flat.engines.simulation import suited
from sco_flat.errors import InputError
from sco_flat.inspection import certify
from sco_flat.requests import own_fields
from sco_flat.sweeps import plan
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


# --- the same number everywhere ---


def points(run):
    return json.loads(json.dumps(run.as_dict()["points"]))


EXACT = {"n": 6, "steps": 16, "step_size": Fraction(1, 24)}
SAME = [
    {"n": np.int64(6), "steps": np.int64(16), "step_size": Fraction(1, 24)},
    {"n": "6", "steps": Decimal(16), "step_size": "1/24"},
    {"n": np.float32(6), "steps": np.array(16), "step_size": np.float64(1 / 24)},
    {"n": Fraction(6), "steps": "1.6e1", "step_size": 1 / 24},
]


@pytest.mark.parametrize("given", SAME, ids=range(len(SAME)))
def test_numbers_of_all_kinds_mean_the_same(given):
    wanted = points(sco_flat.run("sam-chain", **EXACT))
    assert points(sco_flat.run("sam-chain", **given)) == wanted
    assert sco_flat.check(7, **given).as_dict() == sco_flat.check(7, **EXACT).as_dict()
    for evidence in ("bracket", "every sample"):
        one, two = (sco_flat.check("Flat-Minima.7", evidence=evidence, **x) for x in (given, EXACT))
        assert one.as_dict() == two.as_dict()
    cls = instances.get("sam-chain")
    built = cls(**given, perturbation_radius="1/2", lam=np.float32(0.25), width="2^5")
    assert built == cls(**EXACT, perturbation_radius=0.5, lam=0.25, width=32)
    kinds = {key: type(getattr(built, key)) for key in (*given, "perturbation_radius", "lam", "width")}
    assert set(kinds.values()) == {int, float}
    declared = {"instance": "sam-chain", "axes": {k: str(v) for k, v in given.items()}}
    (cell,) = plan.understand(declared).cells()
    assert sco_flat.request_from(**cell.arguments | {"seed": 0}) == sco_flat.request_from("sam-chain", **EXACT)


def test_a_float_of_half_the_length_is_the_number_that_it_holds():
    small = np.float32(0.1)
    for value in (small, np.array(small)):
        assert numbers.exact("k", value) == numbers.exact("k", float(small))
        assert numbers.real("k", value) == float(small)


def test_settings_are_read_as_options_are():
    wanted = sco_flat.Settings(method="sam", epsilon=0.5, batch_size=3, start=("gaussian", 0.001), project=True)
    given = sco_flat.Settings(
        method="SAM", epsilon=Fraction(1, 2), batch_size=np.int64(3), start="Gaussian:1e-3", project="true"
    )
    assert given == wanted
    assert sco_flat.Settings(method="sam", epsilon=0) == sco_flat.Settings(method="sam")
    for value in (0, "0", np.float32(0), Fraction(0)):
        run = sco_flat.run("sam-chain", steps=8, epsilon=value)
        assert points(run) == points(sco_flat.run("sam-chain", steps=8))


def test_whole_and_other_numbers_of_an_axis_are_one_kind(tmp_path):
    declared = {"instance": "sam-chain", "axes": {"n": 6, "T": 8, "eta": "1/6"}, "record": ["average"]}
    cells = [
        [cell.arguments for cell in plan.understand(declared | {"axes": declared["axes"] | {"epsilon": x}}).cells()]
        for x in ([0, 1e-12], ["0", "1e-12"], [0.0, 1e-12, 0])
    ]
    assert cells[0] == cells[1] == cells[2]
    assert [cell["epsilon"] for cell in cells[0]] == [0.0, 1e-12]


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"start": ("gaussian", "x")}, "start = x: is not a finite number"),
        ({"start": np.array(["a"])}, "start = .*must be zero"),
        ({"start": ("gaussian", np.nan)}, "start = nan: is not a finite number"),
        ({"start": np.array([True])}, "start = .*must be zero"),
        ({"start": [True]}, "start = .*must be zero"),
        ({"start": True}, "start = True"),
        ({"step_size": True}, "step_size = True"),
        ({"n": np.True_}, "n = True"),
        ({"epsilon": True, "method": "sam"}, "epsilon = True"),
        ({"seed": 2**128}, "seed = .*at most 2.128 - 1"),
        ({"knee": True}, "knee = True"),
        ({"knee": 1e101}, "knee = 1e.101: must be at most 1e.100"),
        ({"method": "sgd", "order": "with-replacement", "left_out": 6}, "left_out = 6: the examples are 0 to 5"),
        ({"method": "sgd", "left_out": -1}, "left_out = -1: must be a whole number, at least 0"),
        ({"method": "sam", "normalize": False, "epsilon": 0.5}, "epsilon = 0.5: .*without normalisation"),
    ],
    ids=str,
)
def test_wrong_values_from_python_are_named(given, words):
    with pytest.raises(InputError, match=words):
        sco_flat.run("huber", **given)


def test_wrong_values_of_a_check_and_of_a_loss_are_named():
    for evidence in (None, 3, "sure", ["float"]):
        with pytest.raises(InputError, match=r"^evidence = "):
            sco_flat.check(7, evidence=evidence)
    for key, value in (("steps", True), ("steps", 2.5), ("n", "x"), ("step_size", True), ("perturbation_radius", "x")):
        numbers_ = {"n": 6, "steps": 8, "step_size": 0.1, "perturbation_radius": 0.5} | {key: value}
        with pytest.raises(InputError, match=f"^{key} = {value}: "):
            instances.get("huber")(**numbers_)
    with pytest.raises(InputError, match=r"^allow_outside = 3"):
        sco_flat.check(7, evidence="bracket", allow_outside=3)
    with pytest.raises(InputError, match=r"^method = gd: certify"):
        certify.certify("huber", method="gd")


def test_auto_and_keys_ignore_capitals():
    assert sco_flat.request_from("sam-chain", radius=" AUTO ") == sco_flat.request_from("sam-chain", radius="auto")
    assert sco_flat.check("FLAT-minima.6").key == "flat-minima.6"
    cells = plan.understand({"instance": "huber", "axes": {"n": 6, "T": 8, "eta": 0.1, "r": ["Auto", "auto"]}}).cells()
    assert [cell.arguments["perturbation_radius"] for cell in cells] == ["auto"]
    one, two = (sco_flat.check(7, evidence="every sample", radius=x).as_dict() for x in ("AUTO", "auto"))
    assert one == two


def test_every_loss_has_an_oracle_that_supports_it():
    for name in instances.names():
        request = sco_flat.request_from(name, "sagd", steps=4)
        suited(request.build(), request.settings)
        declared = {"instance": name, "method": ["gd", "sagd"], "axes": {"n": 6, "T": 4, "eta": 0.1}}
        gd, sagd = plan.understand(declared).cells()
        assert (gd.labels["oracle"], sagd.labels["oracle"]) == (None, request.settings.oracle)
        assert sagd.arguments["oracle"] == request.settings.oracle
    with pytest.raises(InputError, match=r"^oracle = adversarial"):
        sco_flat.run("huber", "sagd", oracle="adversarial", steps=4)


def test_a_sweep_drops_what_a_cell_does_not_read():
    axes = {"n": 6, "T": 8, "eta": 0.1, "normalize": [True, False], "epsilon": [0, 0.5]}
    cells = list(plan.understand({"instance": "huber", "method": "sam", "axes": axes}).cells())
    assert [cell.arguments.get("epsilon") for cell in cells] == [0.0, 0.5, None]
    with pytest.raises(InputError, match=r"^axes.T = 10\^400: must be at least 1 and at most"):
        plan.understand({"instance": "huber", "axes": {"n": 6, "T": "10^400", "eta": 0.1}})


def test_what_a_statement_accepts_has_consequences():
    """Of the options that no statement may ignore in silence: refused, or its claims depend on them."""
    values = {"schedule": "warm-up", "start": ("gaussian", 0.01), "project": True, "steps": 9, "step_size": 0.03,
              "event": "any"}  # fmt: skip
    refused = set()
    for key, event in (("1", "one"), ("3", "one"), ("7", "any"), ("8", "any"), ("saer-minimisers", "free")):
        plain = [c.as_dict() for c in sco_flat.check(key).claims]
        for name, value in (values | {"event": event}).items():
            try:
                found = sco_flat.check(key, **{name: value, "allow_outside": True})
            except InputError as error:
                refused.add((key, error.key))
            else:
                assert [c.as_dict() for c in found.claims] != plain, (key, name)
    assert refused == {
        *((key, name) for key in ("1", "saer-minimisers") for name in values if name != "event"),
        ("3", "oracle"), ("8", "event"),
    }  # fmt: skip


@pytest.mark.parametrize("text", ["1E+999999999", "1E-999999999", "Infinity", "NaN"])
def test_decimals_beyond_all_reason_are_refused_at_once(text):
    with pytest.raises(InputError, match="step_size"):
        sco_flat.run("sam-sharp", steps=4, step_size=Decimal(text))


@pytest.mark.parametrize("key", ["step_size", "perturbation_radius", "flatness_radius"])
def test_sizes_that_floats_cannot_tell_from_0_are_refused(key):
    """Their products are no floats: a bound of 0 would be met by a risk of 0, and nothing was computed."""
    with pytest.raises(InputError, match="must be 0 or at least 1e-60"):
        sco_flat.run("sam-chain", n=6, steps=8, allow_outside=True, **{key: "1e-320"})


def test_no_scale_of_a_random_start_is_negative():
    with pytest.raises(InputError, match="gaussian:-1: its scale must be at least 0"):
        sco_flat.run("sam-sharp", steps=4, start="gaussian:-1")

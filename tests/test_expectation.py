"""Means over samples against bounds in expectation: what chance can explain fails nothing."""

import functools
import json
import math
import warnings

import numpy as np
import pytest

import sco_flat
from sco_flat import bounds, cli, methods
from sco_flat.bounds import expectation
from sco_flat.bounds.base import Bound
from sco_flat.comparisons import curves, stability, strengths
from sco_flat.runs import request_from
from sco_flat.works.flat_minima import common, upper


def bound_of(values):
    """A bound that is the mean of something measured."""
    return lambda kept: Bound("b", float(np.mean(np.take(values, kept))), "upper", "population_risk", "sharper", "", ())


def verdict(risks, values):
    return expectation.hold("E F", risks, risks, bound_of(values)).verdict


def test_two_sides_that_are_equal_in_expectation_never_fail():
    """Least squares at T = 1 in numbers: F is 1/80 and F_S the mean of n squares, as skewed as n is small."""
    rng = np.random.default_rng(0)
    found = [verdict([1 / 80] * k, rng.beta(0.5, 19.5, (k, n)).mean(1) / 2) for n in (1, 2, 8) for k in (2, 3, 8, 16)
             for _ in range(40)]  # fmt: skip
    assert "fails" not in found
    assert found.count("undecided") > 0.9 * len(found)


def test_a_false_bound_fails_and_a_true_one_holds():
    rng = np.random.default_rng(1)
    risks = rng.uniform(0.5, 1.5, 16)
    assert verdict(risks, risks / 4) == "fails"  # paired: both sides move together
    assert verdict(risks, risks * 1.1) == "holds"
    assert verdict(risks, np.full(16, 0.1)) == "fails"
    assert verdict(risks, rng.uniform(0.5, 1.5, 16)) == "undecided"
    assert verdict(risks[:1], np.full(1, 1e-9)) == "undecided"
    assert verdict([0.0] * 15 + [1.0], np.full(16, 1e-12)) == "fails"  # a rare risk, but no mean as small as that
    assert verdict([0.0] * 15 + [1.0], np.full(16, 0.01)) == "undecided"
    assert verdict([1.0, math.inf], np.ones(2)) == "undecided"
    assert verdict([1 / 3] * 4, np.full(4, 1 / 3 * (1 - 1e-15))) == "holds"  # rounding


def test_the_jackknife_of_a_linear_bound_is_the_paired_standard_error():
    rng = np.random.default_rng(2)
    risks, values = rng.uniform(size=9), rng.uniform(size=9)
    rest = [[i for i in range(9) if i != k] for k in range(9)]
    apart = [np.mean(risks[kept]) - np.mean(values[kept]) for kept in rest]
    assert expectation._jackknife(apart) == pytest.approx(np.std(risks - values, ddof=1) / 3)


def test_what_a_mean_is_at_least():
    """All K of K above x: with the chance c it is x c^(1/K)."""
    assert expectation._at_least([2.0] * 5) == pytest.approx(2 * (expectation.CHANCE / 5) ** (1 / 5))
    assert expectation._at_least([0.0, 0.0]) == 0.0


# --- D of every sample ---


def test_the_distance_is_that_of_every_sample():
    numbers = {"steps": 8, "start": ("gaussian", 1.0), "seed": 25}
    found = strengths.of_instance(request_from("huber", "sam", **numbers), 16)
    distances = [m.distance for m in found.measured]
    assert max(distances) > 1.5 * min(distances)
    mean = math.sqrt(np.mean(np.square(distances)))
    own = {
        "step_size": 0.25,
        "steps": 8,
        "smoothness": 1.0,
        "perturbation_radius": 0.1,
        "flatness_radius": 0.0,
        "n": 20,
    }
    built = request_from("huber", "sam", **numbers).build()
    own |= {k: getattr(built, k) for k in ("step_size", "smoothness", "perturbation_radius", "flatness_radius", "n")}
    assert found.claim("a_priori").bound == pytest.approx(
        bounds.risk_a_priori(**own, distance=mean, method="sam").value, rel=1e-9
    )
    paper = [upper.theorem8(**own, distance=d).value for d in distances]
    assert found.claim("paper").bound == pytest.approx(np.mean(paper), rel=1e-9)  # affine in D²
    assert [c.verdict for c in found.claims] == ["holds"] * 6


def test_the_sharper_bound_is_concave_in_the_squared_distance():
    own = {"step_size": 0.5, "steps": 50, "smoothness": 1.0, "perturbation_radius": 0.3, "flatness_radius": 0.1, "n": 9}
    sharper = [functools.partial(bounds.risk_a_priori, method=method) for method in ("sam", "sa-gd")]
    for bound in (*sharper, bounds.sa_gd_risk):
        at = [bound(**own, distance=math.sqrt(x)).value for x in np.linspace(0, 9, 40)]
        assert np.diff(at, 2).max() < 0.0
    del own["flatness_radius"]
    one, four = (bounds.unnormalized_sam_risk(**own, distance=d).value for d in (1.0, 2.0))
    assert four == pytest.approx(4 * one, rel=1e-12)  # linear in D²


def test_checks_and_regimes_take_the_start_of_every_sample():
    request = request_from("sam-chain", "sam", n=6, steps=8, step_size=1 / 16, start=("gaussian", 1.0))
    means = common.mean_risk(request)
    assert len(set(means.distances)) == common.SAMPLES
    made = means.upper_bounds(upper.theorem8)[0]
    assert made.bound == pytest.approx(np.mean([upper.theorem8(**means.numbers, distance=d).value
                                                for d in means.distances]))  # fmt: skip
    source = curves.Source("least-squares", "gd", {"n": 8, "steps": 8, "step_size": 0.25, "start": ("gaussian", 1)}, 2)
    far = source.strengths().distance
    assert far > 3.0  # from 0 it is 1
    assert source.parts(far)[0] == pytest.approx(far**2 / (2 * 0.25 * 8))


@pytest.mark.parametrize(
    "words",
    [
        ["least-squares", "--method", "gd", "--n", "8", "--T", "1"],
        ["least-squares", "--method", "gd", "--n", "8", "--T", "1", "--eta", "1/1000", "--seed", "1"],
        ["logistic", "--method", "gd", "--n", "8", "--T", "1", "--start", "gaussian:1"],
        ["least-squares", "--method", "gd", "--n", "8", "--T", "1", "--samples", "3"],
    ],
)
def test_equality_in_expectation_is_undecided_on_the_command_line(words, capsys):
    assert cli.main(["bounds", "risk", *words, "--json"]) == 0
    claims = json.loads(capsys.readouterr().out)["claims"]
    assert claims[0]["verdict"] == "undecided"
    assert claims[0]["bound"] < claims[0]["value"]


# --- events ---


def test_an_event_that_was_not_met_leaves_the_lower_bound_undecided():
    none = [strengths.Measured(0.0, 0.0, 0.0, 0.0, 0, 1.0)] * 8
    met = strengths.Measured(0.5, 0.0, 0.0, 0.0, 0, 1.0, floors={"a": 0.4})
    assert list(curves.below(none, "a", 0.07)) == ["undecided"]
    assert list(curves.below([*none, met], "a", 0.07)) == []
    assert list(curves.below([*none, met], "b", 0.07)) == ["undecided"]
    assert list(curves.below(none, "a", 0.9)) == ["failures"]  # 10^-8: not such an event
    low = strengths.Measured(0.3, 0.0, 0.0, 0.0, 0, 1.0, floors={"a": 0.4})
    assert curves.below([*none, low], "a", 0.07) == {"failures": "below the lower bound"}
    panel = curves.over_steps(curves.Source("sam-chain", "sam", {"n": 6, "step_size": 0.25, "width": 5}, 8), (16,))
    assert panel.failures == []
    assert any("the event was met 0 of 8 times" in text for text in panel.undecided)


# --- who is analysed as what ---


def test_gd_and_sam_are_analysed_by_the_ascent_and_the_others_are_not():
    found = {name: bounds.analysis({"families": methods.get(name).families}) for name in ("gd", "sam", "sagd")}
    assert found == {"gd": "sam", "sam": "sam", "sagd": "sa-gd"}


def test_mini_batches_of_sam_are_not_sgd(capsys):
    words = ["flat-erm", "--method", "sam", "--batch-size", "2", "--n", "4", "--T", "5", "--m", "4"]
    assert cli.main(["bounds", "risk", *words, "--samples", "2"]) == 0
    out = capsys.readouterr().out
    assert "it speaks of all examples in every step" in out
    assert "not of sam" not in out
    assert "not measured (F_S(w_t + v_t) is of all examples" in out


def test_one_step_has_a_table(capsys):
    for name in ("huber", "flat-erm"):
        assert cli.main(["bounds", "stability", name, "--n", "2", "--T", "1", "--allow-outside"]) == 0
        assert "(t = 1)\n" in capsys.readouterr().out


# --- what a double does not hold ---


@pytest.mark.parametrize(
    ("name", "numbers", "note"),
    [
        ("least-squares", {"step_size": 1e100, "steps": 8}, "the iterates leave what a double holds at step 5"),
        ("logistic", {"start": np.full(40, 1e200), "steps": 4}, "a double does not hold the population risk of last"),
        ("sam-chain", {"start": np.full(513, 1e300), "steps": 8}, "a double does not hold the empirical risk of last"),
        ("sam-sharp", {"start": np.full(1, -1e200), "steps": 4}, "zero gradient"),
    ],
)
def test_overflow_is_said(name, numbers, note):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = sco_flat.run(name, allow_outside=True, **numbers)
    assert any(n.startswith(note) for n in found.notes)
    ends = [c for c in found.claims if c.kind == "conclusion"]
    assert {c.verdict for c in ends} <= {"undecided", "not applicable"}


def test_overflow_is_undecided_in_comparisons():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        request = request_from("huber", "sam", start=np.full(1, 1e160), steps=4)
        found = strengths.of_instance(request, 2)
        assert [found.claim(key).verdict for key in ("a_priori", "paper")] == ["undecided"] * 2
        _, claims = stability.claims(request_from("least-squares", "sam", start=np.full(40, 1e200), steps=4))
        assert {c.verdict for c in claims} == {"undecided"}

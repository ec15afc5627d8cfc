"""SWAD's and F2M's statements: closed forms against runs that are written out here, and rules that are changed."""

import inspect
import itertools
import math
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest

import sco_flat
from sco_flat import cli
from sco_flat.averages.swad import swad
from sco_flat.engines.layout import Layout, Look
from sco_flat.engines.simulation import simulate
from sco_flat.errors import InputError
from sco_flat.instances.sagd_blocks import SagdBlocks
from sco_flat.reports.rows import rows_of, summarise
from sco_flat.settings import Settings
from sco_flat.works import base as works
from sco_flat.works.f2m import blind, clamp
from sco_flat.works.f2m.work import grid as f2m_grid
from sco_flat.works.swad import bounds, rules, window
from sco_flat.works.swad.window import differs
from sco_flat.works.swad.work import grid as swad_grid
from sco_flat.works.walk import added_up, squared

KEYS = [key for key in works.names() if key.split(".")[0] in ("swad", "f2m")]


def test_there_are_all():
    assert [key for key in KEYS if key.startswith("f2m.")] == ["f2m.blind", "f2m.clamp", "f2m.sessions"]
    own = [
        "chain",
        "complexity",
        "domains",
        "miss",
        "plateau",
        "theorem1",
        "theorem2",
        "theorem3",
        "valley",
        "valley-sagd",
        "window",
    ]
    assert [key.removeprefix("swad.") for key in KEYS if key.startswith("swad.")] == own


@pytest.mark.parametrize("key", sorted({*KEYS} - {"swad.domains"}))  # in test_domains.py
def test_every_statement_holds(key):
    few = {"seeds": 2, "variant": "released"} if key == "f2m.sessions" else {}  # all of it in test_f2m_sessions.py
    found = sco_flat.check(key, **few)
    floats = {"f2m.clamp", "f2m.sessions", "swad.chain", "swad.plateau", "swad.theorem3", "swad.valley"}
    ran = key in floats | {"swad.valley-sagd"}
    assert found.verdict == ("holds" if ran else "proved")
    assert ("float" in {c.evidence for c in found.claims}) == ran


def test_the_report_has_them():
    cases = [*swad_grid(True), *f2m_grid(True)]
    slow = {case.statement for case in [*swad_grid(False), *f2m_grid(False)]} - {case.statement for case in cases}
    assert slow == {"f2m.sessions", "swad.domains"}
    assert {case.statement for case in cases} | slow == set(KEYS)
    rows = [row for case in cases for row in rows_of(case)]
    assert len(rows) > 50
    assert {row["verdict"] for row in rows} == {"holds", "proved"}
    assert {row["theorem"] for row in summarise(rows)} == {works.get(key).called for key in set(KEYS) - slow}


def walked(steps, rho, q):
    """The loss, its sample of one bad column beside a good one, and its run."""
    step = 0.25
    loss = SagdBlocks(
        n=3, steps=steps, step_size=step, perturbation_radius=rho + q / step, flatness_radius=rho, width=8
    )
    return loss, simulate(loss, loss.draw("any", 1), Settings(method="sagd"))


@pytest.mark.parametrize(("rho", "last", "half", "full", "safe"), [(0.2, 0.1569, 0.0936, 0.0343, 9)])
def test_every_window_of_the_walk(rho, last, half, full, safe):
    """All 2080 windows, from the iterates, by the loss itself; and which prefixes are safe."""
    _, ran = walked(64, rho, 0.125)
    sums = np.cumsum([w.copy() for _, w in ran.iterates()], axis=0)
    sums = np.vstack([np.zeros(sums.shape[1]), sums])
    risks = {}
    for a, b in itertools.combinations(range(65), 2):
        mean = (sums[b] - sums[a]) / (b - a)
        risks[a + 1, b] = (
            0.25 * max(np.linalg.norm(mean) - rho, 0.0) ** 2
        )  # half of all z feel the one column that moves
        closed = 0.25 * max(0.125 * math.sqrt(squared(a + 1, b)) - rho, 0.0) ** 2
        assert risks[a + 1, b] == pytest.approx(closed, abs=2e-16)
    assert [round(risks[w], 4) for w in ((64, 64), (33, 64), (1, 64))] == [last, half, full]
    assert max(b for b in range(1, 65) if risks[1, b] == 0.0) == safe
    for a, b in ((64, 64), (33, 64), (1, 64), (5, 20)):
        mean = simulate(ran.instance, ran.layout.sample, ran.settings, 0, (a, b)).average
        assert ran.look(mean).population_risk == pytest.approx((risks[a, b],) * 2, abs=1e-14)


def test_the_closed_form_is_the_sum():
    assert all(squared(a, b) == added_up(a, b) for b in range(1, 25) for a in range(1, b + 1))


@pytest.mark.parametrize(
    ("steps", "q", "rho", "end"), [(64, 1 / 8, 0.2, 3), (64, 1 / 8, 0.3, 6), (256, 1 / 16, 0.2, 11)]
)
def test_swad_on_the_walk_by_its_validation_set(steps, q, rho, end):
    """All validation sets of 2 examples: only the one that feels nothing ends with the full average."""
    loss, ran = walked(steps, rho, q)
    column = ran.layout.sample.event.columns[0]
    means = []
    for signs in itertools.product((0, 1), repeat=2):
        fresh = type(loss)(n=2, steps=steps, step_size=0.25, perturbation_radius=loss.perturbation_radius,
                           flatness_radius=rho, width=8)  # fmt: skip
        drawn = fresh.draw("free", 0)
        sample = replace(drawn, codes=np.where(np.arange(8) == column, signs[0] + 2 * signs[1], drawn.codes))
        held = Layout(fresh, sample, ran.layout.rows)
        w, window = swad(ran, 1, lambda look, held=held: Look(held, look.w).empirical_risk)
        felt = sum(not sign for sign in signs)  # -1 is felt: the entries are negative
        assert (window.start, window.end) == (0, end - 1 if felt else steps - 1)
        means.append(ran.look(w).population_risk[1])
        assert (means[-1] == 0.0) == (felt > 0)
    found = sco_flat.check("swad.miss", steps=steps, q=Fraction(q), flatness_radius=rho, n_val=2)
    claim = next(c for c in found.claims if c.name.startswith("E F"))
    assert claim.value == pytest.approx(np.mean(means), rel=1e-12)
    assert claim.evidence == "every sample"
    assert any(f"b = {end}," in c.note for c in found.claims)


@pytest.mark.parametrize(
    ("numbers", "name"),
    [
        ({"flatness_radius": "1/20"}, "it begins with zeros"),
        ({"steps": 8}, "long enough"),
        ({"steps": 128}, "unit ball"),
    ],
)
def test_outside_it_says_nothing(numbers, name):
    found = sco_flat.check("swad.miss", **numbers)
    assert found.verdict == "not applicable"
    assert [name in c.name for c in found.claims if c.verdict == "fails"] == [True]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("min(past[-n_end:])", "max(past[-n_end:])"),
        ("i - n_end, float(level), True", "i - n_end + 1, float(level), True"),
        ("sum(recent, Fraction(0)) / n_start", "recent[0]"),
        ("level = tolerance * losses[start]", "level = tolerance * max(losses[start : start + n_start])"),
        ("high[-1] + 2", "high[-1] + 1"),
        ("entered.append(queue[0])", "entered.append(queue[-1])"),
        ("        queue.popleft()\n        while", "        while"),
        ("entered += list(recent)[1 : 1 + max(n_start - n_end, 0)]", "pass"),
        ("elif queue[0] >= start", "else"),
    ],
)
def test_a_changed_rule_is_caught(old, new):
    text = inspect.getsource(rules)
    assert text.count(old) == 1
    space = {"__name__": "changed"}
    exec(compile(text.replace(old, new), "changed", "exec"), space)
    rng, caught = np.random.default_rng(3), 0
    for _ in range(150):
        ns, ne = int(rng.integers(1, 6)), int(rng.integers(1, 9))
        losses = [Fraction(int(v)) for v in 10 + np.abs(np.arange(30) - rng.integers(30)) + rng.integers(0, 8, 30)]
        for mode, rule in space["RULES"].items():
            found = sco_flat.swad_window([float(v) for v in losses], ns, ne, 1.25, mode)
            caught += differs(found, rule(losses, ns, ne, Fraction(5, 4)))
    assert caught > 0


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("elif start <= i - n_end", "elif start < i - n_end"),
        ("for k in queue) <= level", "for k in queue) < level"),
        ("losses[k] > level]", "losses[k] >= level]"),
    ],
)
def test_the_statement_meets_ties_and_windows_of_one_loss(old, new, monkeypatch):
    text = inspect.getsource(rules)
    assert text.count(old) == 1
    space = {"__name__": "changed"}
    exec(compile(text.replace(old, new), "changed", "exec"), space)
    monkeypatch.setattr(window, "RULES", space["RULES"])
    assert sco_flat.check("swad.window").verdict == "fails"


def test_the_bounds_over_domains():
    numbers = {"m": 400, "dimension": 3, "diameter": 2.0, "gamma": 0.5, "vc": 4, "delta": 0.1}
    cover = math.log(64)
    one = bounds.theorem1(0.1, [0.2, 0.4], **numbers)
    assert one.value == pytest.approx(0.1 + 0.15 + math.sqrt((4 * math.log(100) + cover + math.log(10)) / 400))
    assert one.vacuous == ""
    assert bounds.logarithm_of_cover(3, 2.0, 0.2) == math.log(1000)  # the power is a whole number, and no ball more
    two = bounds.theorem2(0.1, 0.05, [0.2, 0.4], **numbers)
    paid = math.sqrt((4 * math.log(100) + cover + math.log(20)) / 400) + math.sqrt(
        (4 * math.log(100) + math.log(20)) / 400
    )
    assert two.value == pytest.approx(0.05 + 0.3 + paid)
    for dimension in (288, 289):  # 288 ln 4 < 400 <= 289 ln 4
        found = bounds.theorem1(0.0, [0.0], **numbers | {"dimension": dimension})
        assert found.complexity >= 1.0
        assert ("d ln(diam/gamma)" in found.vacuous) == (dimension == 289)
        assert found.vacuous


@pytest.mark.parametrize("changed", [{}, {"d": 3, "m": 10**5}, {"gamma": "1/7", "vc": 3}, {"divergence": "1/3"}])
def test_the_bounds_as_statements(changed):
    """Their balls hold the floats of `bounds`; and the risk is held against just that bound."""
    given = {"m": 10**6, "d": 10, "vc": 10, "diameter": 2, "gamma": "1/5", "divergence": 0} | changed
    read = {key: float(Fraction(given[key])) for key in ("diameter", "gamma", "divergence")}
    numbers = {"m": given["m"], "dimension": given["d"], "vc": given["vc"], "diameter": read["diameter"]}
    numbers |= {"gamma": read["gamma"], "delta": 0.05}
    shift = [read["divergence"]]
    wanted = {
        "theorem1": bounds.theorem1(0.125, shift, **numbers).value,
        "theorem2": bounds.theorem2(0.125, 0.0625, shift, **numbers).value,
    }
    for name, risk, own in (("theorem1", "target_risk", {}), ("theorem2", "excess_risk", {"least_risk": "1/16"})):
        for value, verdict in ((wanted[name] * (1 - 1e-9), "proved"), (wanted[name] * (1 + 1e-9), "fails")):
            numbers_ = {**changed, **own, "robust_risk": "1/8", risk: repr(value)}
            found = sco_flat.check(f"swad.{name}", **numbers_)
            assert found.verdict == verdict
            assert found.claims[-1].bound == pytest.approx(wanted[name], rel=1e-12)


@pytest.mark.parametrize("name", ["theorem1", "theorem2"])
def test_the_bounds_say_when_they_say_nothing(name):
    for numbers, why in (
        ({"m": 400, "d": 173, "vc": 4}, "d ln(diam/gamma)"),  # 173 ln 10 < 400 <= 174 ln 10, and ln N is not all
        ({"m": 400, "d": 174, "vc": 4}, "d ln(diam/gamma)"),
        ({"robust_risk": 1}, "the bound < 1"),
    ):
        found = sco_flat.check(f"swad.{name}", **numbers)
        assert found.verdict == "not applicable"
        first = next(c for c in found.claims if c.verdict == "fails")
        assert first.name.startswith(why if numbers.get("d") != 173 else "what it pays")
    with pytest.raises(InputError, match="gamma"):
        sco_flat.check(f"swad.{name}", gamma=3)
    with pytest.raises(InputError, match="vc"):
        sco_flat.check(f"swad.{name}", m=5)
    long = sco_flat.check(f"swad.{name}", d=10**9, gamma="1999999/1000000", vc=1)  # N has 10^10 digits and more
    assert long.claims[-1].verdict == "proved"


@pytest.mark.parametrize(
    "changed", [{"gamma": 0.0}, {"gamma": 3.0}, {"delta": 0.0}, {"delta": 2.0}, {"vc": 0}, {"vc": 401}, {"m": 0}]
)
def test_bounds_that_cannot_be_taken(changed):
    numbers = {"m": 400, "dimension": 3, "diameter": 2.0, "gamma": 0.5, "vc": 4}
    with pytest.raises(InputError, match=next(iter(changed))):
        bounds.theorem1(0.0, [0.0], **numbers | changed)
    with pytest.raises(InputError, match="divergences"):
        bounds.theorem2(0.0, 0.0, [], **numbers)


def test_the_complexity_term_that_is_needed():
    found = {c.name: c for c in sco_flat.check("swad.complexity", n=10, flatness_radius="1/3", gamma="1/4").claims}
    assert found["what the class has to cost: E - E^gamma at e_I > 0"].value == pytest.approx(1 / 9)
    for numbers in ({"gamma": "1/4"}, {"delta": "2/3"}, {"flatness_radius": 1}):
        assert sco_flat.check("swad.complexity", **numbers).verdict == "not applicable"


@pytest.mark.parametrize(("share", "risk"), [(0.2, 0.0), (0.25, 5.77e-4), (0.5, 0.0219), (1.0, 0.1569)])
def test_the_walk_in_a_box(share, risk):
    loss, _ = walked(64, 0.2, 0.125)
    ran = simulate(loss, loss.draw("any", 1), Settings(method="sagd", clamp=share / 8))
    assert np.abs(ran.last).max() <= share / 8
    assert ran.look(ran.last).population_risk[1] == pytest.approx(risk, abs=5e-5 if risk > 0.01 else 5e-7)
    assert sco_flat.check("f2m.clamp", clamp=share / 8).verdict == "holds"


@pytest.mark.parametrize(("steps", "rho", "b"), [(65, 0.2, 1 / 40), (17, 0.25, 1 / 16), (65, 0.2, 1 / 40 - 1e-17)])
def test_a_box_exactly_at_the_threshold_is_safe_up_to_rounding(steps, rho, b, monkeypatch):
    """``b sqrt(T-1) = rho``: what is left of F is the square of a rounding error, and no more is allowed for."""
    numbers = {"steps": steps, "flatness_radius": rho, "clamp": b}
    found = sco_flat.check("f2m.clamp", **numbers)
    assert found.verdict == "holds"
    (risk,) = (c for c in found.claims if c.name.endswith("F of the last iterate"))
    assert 0.0 < risk.bound <= 0.25 * (steps * 2.0**-52 * rho) ** 2 < 1e-28
    assert sco_flat.check("f2m.clamp", **numbers | {"clamp": b * (1 - 1e-12)}).claims[-1].bound == 0.0
    monkeypatch.setattr(clamp, "rounded", lambda *given: 0.0)
    if risk.value:
        assert sco_flat.check("f2m.clamp", **numbers).verdict == "fails"


def test_a_closed_box_freezes_the_run_bit_for_bit():
    start = np.random.default_rng(0).normal(size=4)
    numbers = {"steps": 30, "start": start, "clamp": 0.0}
    _, ran = sco_flat.execute(sco_flat.request_from("least-squares", "sam", **numbers | {"dimension": 4}))
    assert np.array_equal(ran.last, start)


def test_noise_is_blind_on_the_loss_itself():
    loss = sco_flat.instances.get("flat-erm")(n=2, steps=1, step_size=0.1, perturbation_radius=0.3, flatness_radius=0.2)
    rng = np.random.default_rng(0)
    bad = np.array([0.0, 1.0, 0.0, 0.0, 0.0])
    told = set()
    for _ in range(200):
        v, z = rng.normal(size=5), rng.integers(0, 2, 4)
        same = loss.loss(bad + v, z) == loss.loss(v, z)
        told.add((int(z[1]), bool(same)))
    assert told == {(0, True), (1, False)}
    assert blind.difference((1, 0, 1), 1) == {}
    assert blind.difference((1, 1, 1), 1) == {(): 1, (1,): 2}


def test_the_command_line(capsys):
    assert cli.main(["check", "swad.miss", "--T", "256", "--rho", "0.2", "--set", "q=1/16"]) == 0
    assert "b = 11" in capsys.readouterr().out
    assert cli.main(["check", "f2m.clamp", "--clamp", "-1"]) == 2
    assert cli.main(["check", "f2m.blind", "--m", "3", "--json"]) == 0
    assert cli.main(["check", "swad.theorem3", "--preset", "robust"]) == 0
    assert "not applicable" in capsys.readouterr().out

"""Proofs: enclosures contain exact values, wrong statements are never proved."""

import json
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction

import flint
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from proof_cases import (
    ALL,
    ONE,
    WRONG,
    chain_of,
    claim_of,
    rationals,
)

import sco_flat
from sco_flat import works
from sco_flat.engines.simulation import simulate
from sco_flat.proofs import files
from sco_flat.proofs.balls import answer, ball, endpoints, fraction, precision, product
from sco_flat.proofs.intervals import Interval, exponential, log_without
from sco_flat.proofs.prove import question_from
from sco_flat.results import Event
from sco_flat.runs import request_from
from sco_flat.samples import Sample
from sco_flat.works.base import prove, verify
from sco_flat.works.flat_minima.proofs import chain, constants, first_step, theorem3, theorem7


@given(rationals, rationals, rationals)
def test_balls_and_intervals_contain_exact_values(x, y, z):
    exact = (x * y - z) * (x + Fraction(1, 3)) ** 2
    with precision(64):
        b = (ball(x) * ball(y) - ball(z)) * (ball(x) + ball(Fraction(1, 3))) ** 2
        assert fraction(b.lower()) <= exact <= fraction(b.upper())
        low, high = endpoints(b)
        assert Decimal(low) <= Decimal(high)
        assert Fraction(low) <= exact <= Fraction(high)
    i = (Interval(x) * y - z) * (Interval(x) + Fraction(1, 3)).square()
    assert i.low <= exact <= i.high
    if exact != 0:
        assert (1 / i).low <= 1 / exact <= (1 / i).high
    root = Interval(exact).sqrt()
    assert root.low**2 <= max(exact, 0) <= root.high**2


@given(
    st.fractions(min_value=Fraction(1, 1000), max_value=9), st.fractions(min_value=0, max_value=5), st.integers(0, 8)
)
def test_wide_intervals_contain_every_point(low, width, k):
    high = low + width
    x = low + width * Fraction(k, 8)
    with precision(80):
        wide = product(ball(low, high), ball(low, high))
        assert fraction(wide.lower()) <= x * x <= fraction(wide.upper())
        assert low * low - high * high / 2**28 <= fraction(wide.lower())  # radii have 30 bits
    box = Interval(low, high)
    assert (box * box).low <= x * x <= (box * box).high
    assert (box - box).low <= 0 <= (box - box).high


@pytest.mark.parametrize("n", [1, 2, 6, 20, 300])
def test_exponential_and_logarithm(n):
    with precision(400):
        log = (-ball(1) / ball(2) ** n).log1p()
        own = log_without(n)
        assert own.low <= fraction(log.upper())
        assert fraction(log.lower()) <= own.high
        for factor in (1, 7, 2**n):
            power = (log * factor).exp()
            mine = exponential(own * factor)
            assert mine.low <= fraction(power.upper())
            assert fraction(power.lower()) <= mine.high
            assert mine.high - mine.low < mine.high / 2**80


def test_a_certain_answer_is_right():
    with precision(60):
        wide = ball(1, 2)
        assert answer(wide, "<", ball(3)) == "proved"
        assert answer(wide, "<", ball(Fraction(9, 10))) == "fails"
        assert answer(wide, "<", ball(Fraction(3, 2))) == "undecided"
        assert answer(wide, "==", wide) == "undecided"
        assert answer(ball(1) / 3, "==", ball(1) / 3) == "undecided"
        assert answer(ball(2), "==", ball(2)) == "proved"
        assert answer(flint.arb("nan"), "<", ball(1)) == "undecided"


def test_chain_contains_the_exact_rational_recurrence():
    """delta = 5/12 and 8/15 have rational roots, so that the whole chain is rational."""
    eta, steps, first, delta, delta_3 = Fraction(1, 3), 12, Fraction(3, 7), Fraction(5, 12), Fraction(8, 15)
    fresh = {2: first, 3: Fraction(17, 15) + delta_3 * eta * first}
    for j in range(4, steps + 1):
        fresh[j] = Fraction(13, 12) + eta * delta * fresh[j - 1]
    final = {j: fresh[j] - (delta_3 if j == 2 else delta) * fresh[j + 1] for j in range(2, steps)} | {
        steps: fresh[steps]
    }
    question = question_from(works.get(7), ONE, n=6, steps=steps, step_size=eta, delta=delta, delta_3=delta_3)
    with precision(200):
        found = chain.chain(question, constants.constants(question), ball(first))
        for j in range(2, steps + 1):
            assert fraction(found.fresh[j].lower()) <= fresh[j] <= fraction(found.fresh[j].upper())
            assert fraction(found.final[j].lower()) <= final[j] <= fraction(found.final[j].upper())
        squares = chain.suffix_squares(found, steps)
        for tau in range(1, steps + 1):
            count = steps - tau + 1
            average = [
                final[j] if j < tau else (fresh[j] + (steps - j) * final[j]) / count for j in range(2, steps + 1)
            ]
            exact = sum(x * x for x in average)
            assert fraction(squares[tau].lower()) <= exact <= fraction(squares[tau].upper())
            assert squares[tau].rel_accuracy_bits() > 180


@pytest.mark.parametrize(("n", "steps", "eta"), [(6, 12, "1/4"), (6, 10, "3"), (7, 8, "1/6"), (5, 6, "1")])
def test_chain_agrees_with_sam_from_the_loss(n, steps, eta):
    """Nothing of the lemmas is assumed on the other side: dense SAM in 2,000-bit balls."""
    question, sample, c, sight, _first, found = chain_of(n=n, steps=steps, step_size=eta)
    with precision(2000):
        exact = theorem7.walk(replace(question, precision=2000), constants.constants(question), sample)
        last = exact.points[-1]
        place = exact.codes.index(0)
        reach = constants.constants(question).reach
        for j in range(2, steps + 1):
            entry = last.later[place][j - 2] / reach
            mine = -found.fresh[j] if j == steps else -found.final[j]
            assert entry.rel_accuracy_bits() > 1000
            assert mine.contains(entry)
        for k, code in enumerate(exact.codes):
            if code:
                assert last.later[k] is None or all(x.is_zero() for x in last.later[k])
        others = [x / c.lam / reach * c.eta for k, x in enumerate(last.first) if exact.codes[k]]
        smallest = min(others, key=lambda x: float(x.mid()))
        assert (-c.step_share * sight.largest).overlaps(smallest)
        coupling = max((exact.coupling(last, k) for k in range(n)), key=lambda x: float((x / c.delta_1).mid()))
        assert not (coupling > 0)
        risks = exact.risks()
    proof = prove(7, ONE, n=n, steps=steps, step_size=eta, allow_outside=True)
    unit = Fraction(1, 4 * steps)
    for name, risk in (("F of the last iterate", risks[-1]), ("F of the full average", risks[0])):
        assert claim_of(proof, name).enclosure is not None
        low, high = (Fraction(Decimal(end)) for end in claim_of(proof, name).enclosure)
        assert low <= fraction(risk.upper())
        assert fraction(risk.lower()) <= high
        assert high - low < unit / 10**12


@pytest.mark.parametrize(("n", "steps", "eta"), [(6, 64, "1/6"), (12, 32, "1/24"), (16, 200, "1/4"), (8, 32, "3")])
def test_float_runs_agree_with_balls(n, steps, eta):
    _, sample, c, _, _, found = chain_of(n=n, steps=steps, step_size=eta)
    run = request_from("sam-chain", n=n, steps=steps, step_size=float(Fraction(eta)))
    instance = run.build()
    simulation = simulate(instance, sample, run.settings, 0)
    row = int(np.searchsorted(simulation.layout.rows, sample.event.columns[0]))
    block = simulation.last[row * steps : (row + 1) * steps]
    with precision(200):
        entries = [float((x * c.reach).mid()) for x in found.entries]
    np.testing.assert_allclose(block[1:], entries, rtol=1e-13)
    proof = prove(7, ONE, n=n, steps=steps, step_size=eta)
    risk = simulation.look(simulation.average).population_risk
    low, high = (float(end) for end in claim_of(proof, "F of the full average").enclosure)
    assert low * (1 - 1e-12) <= risk[0] <= risk[1] <= high * (1 + 1e-12)


def test_bits_are_left_at_the_end_and_grow_with_the_precision():
    proof = prove(7, ONE, n=20, steps=10_000, step_size="1/4")
    assert proof.bits_left >= 150
    assert len(proof.trajectory()["final"]) == 9_999
    assert prove(3, ONE, preset="robust", steps=1000).bits_left >= 150
    assert prove(7, ALL).bits_left is None
    assert prove(7, ONE, parameters="printed", n=12, steps=64).trajectory() == {}
    widths = []
    for bits in (80, 200, 400):
        found = chain_of(bits, n=8, steps=64, step_size="1/4")[-1]
        with precision(bits):
            widths.append(max(float(x.rad()) for x in found.entries))
    assert widths[1] < widths[0] * 2.0**-100
    assert widths[2] < widths[1] * 2.0**-150


def test_the_worst_sample_attains_its_bound():
    """For all samples item 2 is decided by a sample that exists: every column but one is all ones."""
    n, m = 6, 64
    question = question_from(works.get(7), ALL, n=n, steps=16, step_size="1/4")
    codes = np.full(m, 2**n - 1, dtype=np.int64)
    codes[5] = 0
    with precision(200):
        c = constants.constants(question)
        one = first_step.one_sample(question, c, Sample(codes, n, Event("one", (5,), 0.4)))
        assert first_step.all_samples(question, c).largest.overlaps(one.largest)


def test_printed_upper_side_of_item_2_is_false_for_some_samples():
    """One column is seen by example 1 only, all others by every example but it; n >= 2 T."""
    n, steps = 14, 6
    codes = np.full(2**n, 2**n - 2, dtype=np.int64)
    codes[0], codes[1] = 0, 1
    sample = Sample(codes, n, Event("one", (0,), 0.4))
    question = question_from(works.get(7), ONE, n=n, steps=steps, step_size="1/4")
    with precision(200):
        claims = theorem7.claims(question, sample)
    verdicts = {c.name: c.verdict for c in claims}
    assert verdicts["first-update item 2 (upper side)"] == "fails"
    assert all(v == "proved" for k, v in verdicts.items() if k != "first-update item 2 (upper side)")


@settings(max_examples=25, deadline=None)
@given(
    st.integers(6, 10), st.integers(6, 40), st.fractions(Fraction(1, 50), 4, max_denominator=60), st.integers(0, 2**32)
)
def test_every_sample_contains_each_sample(n, steps, eta, seed):
    """What is enclosed for all samples contains what is enclosed for one, and says no more."""
    everyone = prove(7, ALL, n=n, steps=steps, step_size=eta)
    single = prove(7, ONE, n=n, steps=steps, step_size=eta, seed=seed)
    assert everyone.verdict == single.verdict == "proved"
    for name in ("chain item", "F / (eta", "first-update item 5", "first-update item 6"):
        for c in (c for c in everyone.claims if c.name.startswith(name)):
            other = next(o for o in single.claims if o.name == c.name)
            low, high = (Decimal(end) for end in c.enclosure)
            inner = [Decimal(end) for end in other.enclosure]
            assert max(low, inner[0]) <= min(high, inner[1]), c.name
    for name in ("first-update item 1", "first-update item 2: "):
        assert Decimal(claim_of(single, name).enclosure[1]) <= 0
    assert Decimal(claim_of(single, "first-update item 2: ").enclosure[0]) >= Decimal(
        claim_of(everyone, "first-update item 2: ").enclosure[0]
    )


@pytest.mark.parametrize("n", [6, 20, 100, 1000])
@pytest.mark.parametrize(
    ("theorem", "numbers"),
    [
        (1, {}),
        (3, {}),
        (3, {"preset": "robust"}),
        (6, {}),
        (6, {"start": "1/100"}),
        (7, {"steps": 1000}),
        (7, {"steps": 64, "step_size": "1/24..4"}),
        (1, {"flatness_radius": "0..1/2"}),
        (3, {"flatness_radius": "0..1/10", "step_size": "1/10..1"}),
    ],
)
def test_proved_for_every_sample(theorem, n, numbers):
    proof = prove(theorem, ALL, n=n, **numbers)
    assert proof.verdict == "proved"
    assert not proof.undecided
    assert all(c.evidence == ALL for c in proof.claims)


@pytest.mark.parametrize("evidence", [ONE, ALL])
@pytest.mark.parametrize(("theorem", "numbers"), WRONG)
def test_a_wrong_statement_is_never_proved(theorem, numbers, evidence, tmp_path):
    proof = prove(theorem, evidence, allow_outside=True, **numbers)
    outside = any(c.kind == "hypothesis" and c.verdict == "fails" for c in proof.claims)
    assert proof.verdict in (("not applicable",) if outside else ("fails", "undecided"))
    assert not proof.guarantee
    path = tmp_path / "c.json"
    files.write(str(path), proof)
    outcome = verify(str(path))
    assert (outcome.valid, outcome.reason) == (True, "")
    data = json.loads(path.read_text())
    for part in data["parts"]:  # the same certificate, saying the opposite
        part["verdict"] = "proved"
        for c in part["claims"]:
            c["verdict"] = "proved"
    data["verdict"] = "proved"
    data["sha256"] = files.digest(data)
    path.write_text(json.dumps(data))
    assert not verify(str(path)).valid


def test_a_thousandfold_delta_3_fails():
    constants = sco_flat.instances.get("sam-chain")(n=6, steps=64, step_size=0.25, perturbation_radius=0.25).chain()
    for evidence in (ONE, ALL):
        proof = prove(7, evidence, n=6, steps=64, step_size="1/4", delta_3=1000 * Fraction(constants["delta_3"]))
        assert proof.verdict in ("fails", "undecided")
        assert claim_of(proof, "chain item 1").verdict in ("fails", "undecided")


def test_printed_parameters_are_refuted_by_sam_itself():
    """Item 2 fails, and so does the bound that the printed lemmas give, for the sample at hand: not a float says so."""
    proof = prove(7, ONE, parameters="printed", n=10, step_size="1/4", steps=8)
    assert proof.verdict == "fails"
    assert claim_of(proof, "first-update item 2: ").verdict == "fails"
    run = sco_flat.run("sam-chain", parameters="printed", n=10, step_size=1 / 4, steps=8)
    unit = 1 / 4
    for name, point in (("the last iterate", "last"), ("the full average", "average"), ("the lowest", "lowest_suffix")):
        c = claim_of(proof, f"F / (eta² r² T) of {name}")
        low, high = (float(end) for end in c.enclosure)
        risk = run.points[point].population_risk
        assert low * (1 - 1e-9) <= risk[0] / unit <= risk[1] / unit <= high * (1 + 1e-9)
    assert claim_of(proof, "F / (eta² r² T) of the full average").verdict == "fails"


def test_a_box_is_cut_where_the_truth_changes():
    """With the printed constants item 2 turns false for the worst sample at eta sqrt(m) = 1."""
    proof = prove(7, ALL, parameters="printed", n=12, steps=64, step_size="1/240..1")
    assert proof.verdict == "fails"
    proved = [p.question.step_size for p in proof.parts if p.verdict == "proved"]
    false = [p.question.step_size for p in proof.refuted]
    assert max(high for _, high in proved) < Fraction(1, 64) < min(low for low, _ in false)
    open_ = [p.question.step_size for p in proof.undecided]
    assert all(low <= Fraction(1, 64) <= high and high < low * Fraction(101, 100) for low, high in open_)


@settings(max_examples=20, deadline=None)
@given(st.fractions(Fraction(1, 24), 1), st.fractions(Fraction(1, 100), Fraction(1, 40)), st.integers(6, 12))
def test_a_box_contains_its_points(eta, radius, n):
    box = prove(7, ALL, n=n, steps=16, step_size="1/24..1", perturbation_radius="1/100..1/40")
    assert box.verdict == "proved"
    point = prove(7, ALL, n=n, steps=16, step_size=eta, perturbation_radius=radius)
    for c in point.claims:
        whole = next(o for o in box.claims if o.name == c.name)
        if c.verdict == "proved" and c.name.startswith(("F /", "chain item", "|w_t|")):
            low, high = (Decimal(end) for end in whole.enclosure)
            assert max(low, Decimal(c.enclosure[0])) <= min(high, Decimal(c.enclosure[1])), c.name


def test_robust_walk_agrees_with_the_run():
    """Every correct oracle stays above the proved bound; the deterministic one is enclosed."""
    for seed in range(4):
        numbers = {"n": 6, "steps": 48, "seed": seed, "preset": "robust"}
        proof = prove(3, ONE, step_size="1/4", flatness_radius="1/50", **numbers)
        everyone = prove(3, ALL, step_size="1/4", flatness_radius="1/50", n=6, steps=48, preset="robust")
        bound = float(claim_of(everyone, "F / (eta²").enclosure[0])
        for oracle in ("adversarial", "coordinate", "uniform"):
            run = sco_flat.run("sagd-blocks", step_size=0.25, flatness_radius=0.02, oracle=oracle, **numbers)
            assert run.points["lowest_suffix"].population_risk[0] >= bound
        run = sco_flat.run("sagd-blocks", step_size=0.25, flatness_radius=0.02, **numbers)
        for name, point in (("F of the last iterate", "last"), ("F of the full average", "average")):
            low, high = (float(end) for end in claim_of(proof, name).enclosure)
            risk = run.points[point].population_risk
            assert low * (1 - 1e-11) <= risk[0] <= risk[1] <= high * (1 + 1e-11)


@given(st.integers(2, 300))
def test_suffixes_of_sa_gd_are_the_closed_form(steps):
    squares = theorem3.suffix_squares(steps)
    for tau in {1, 2, steps // 2 + 1, steps}:
        count = steps - tau + 1
        assert squares[tau] == tau - 1 + Fraction((count - 1) * (2 * count - 1), 6 * count)
    assert min(squares[1:]) == squares[1]


def test_paper_walk_agrees_with_the_run():
    proof = prove(3, ONE, n=6, steps=64, step_size="1/4", flatness_radius="1/50")
    run = sco_flat.run("sagd-blocks", n=6, steps=64, step_size=0.25, flatness_radius=0.02)
    for name, point in (("F of the last iterate", "last"), ("F of the full average", "average")):
        low, high = (float(end) for end in claim_of(proof, name).enclosure)
        risk = run.points[point].population_risk
        assert low * (1 - 1e-11) <= risk[0] <= risk[1] <= high * (1 + 1e-11)

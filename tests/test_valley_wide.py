"""The valley that begins as wide as the flat ball: every flatness radius below SAM's own."""

import dataclasses
import json
import math
from fractions import Fraction

import numpy as np
import pytest
from valley_reference import along_code, recurrence

from sco_flat import cli
from sco_flat.engines.simulation import simulate
from sco_flat.errors import InputError
from sco_flat.instances.sam_valley import SamValley
from sco_flat.settings import Settings
from sco_flat.works.base import prove
from sco_flat.works.flat_minima import gaps
from sco_flat.works.valley import sam_wide
from sco_flat.works.valley.proofs import wide

WORDS = ["check", "valley.sam-wide", "--evidence", "every-sample"]


def made(alpha, step_size, room=1.0, **more):
    """The loss at the least legal T times ``room`` and the largest legal radius."""
    steps = math.ceil(64 * room / ((1 - alpha) ** 2 * step_size))
    radius = (1 - 1e-9) / math.sqrt(step_size * steps)
    numbers = {"n": 4, "steps": steps, "step_size": step_size, "perturbation_radius": radius}
    return SamValley(**numbers, flatness_radius=alpha * radius, **more)


def test_all_admissible_numbers_at_once_and_their_certificate(tmp_path, capsys):
    path = tmp_path / "wide.json"
    assert cli.main([*WORDS, "--set", "scope=all", "--certificate", str(path)]) == 0
    assert "F >= 0.0132934 eta (r - rho)² T" in capsys.readouterr().out
    assert cli.main(["verify", str(path)]) == 0
    capsys.readouterr()
    given = {"--n": 20, "--steps": 100_000, "--step-size": "1/50", "--radius": "1/50", "--flatness-radius": "1/100"}
    words = [str(part) for pair in given.items() for part in pair]
    assert cli.main([*WORDS, *words, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["verdict"] == "proved"


def test_a_proof_about_one_sample_counts_it(tmp_path, capsys):
    """With the event left to chance seed 0 draws an example twice and leaves three sets out: nothing is said of it."""
    path = tmp_path / "sample.json"
    words = ["check", "valley.sam-wide", "--evidence", "bracket", "--certificate", str(path)]
    for event, verdict in (("one", "proved"), ("free", "not applicable")):
        assert prove("valley.sam-wide", "bracket", event=event).verdict == verdict
        assert cli.main([*words, "--event", event, "--json"]) == 0
        assert json.loads(capsys.readouterr().out)["verdict"] == verdict
        assert cli.main(["verify", str(path)]) == 0
        assert "claims on 1 part(s) confirmed" in capsys.readouterr().out
    loss = SamValley(**sam_wide.STATEMENT.defaults)
    drawn = prove("valley.sam-wide", "bracket").sample
    assert drawn.codes.tolist() == loss.draw("one", 0).codes.tolist()
    with pytest.raises(InputError, match="a sample is drawn for given numbers"):
        prove("valley.sam-wide", "bracket", scope="all")


@pytest.mark.parametrize("alpha", [0.25, 0.5, 0.8])
def test_runs_follow_the_recurrence_and_reach_the_bound(alpha):
    rng = np.random.default_rng(round(100 * alpha))
    for step_size in 0.02 + 0.21 * rng.random(2):
        loss = made(alpha, step_size, 1 + rng.random())
        assert all(c.holds for c in sam_wide.hypotheses(loss))
        assert loss.flat_radius() >= loss.flatness_radius * (1 - 1e-15)
        assert loss.smoothness <= 1.2
        sample = loss.draw("one", 0)
        run = simulate(loss, sample, Settings(method="sam"), 0)
        wanted = recurrence(loss)
        dense = np.zeros(loss.dimension)
        dense[run.layout.rows], dense[-1] = run.last[:-1], run.last[-1]
        assert along_code(loss, sample, dense)[:3] == pytest.approx(wanted[-1], rel=1e-9, abs=1e-15)
        unit = loss.step_size * (loss.perturbation_radius - loss.flatness_radius) ** 2 * loss.steps
        assert run.lowest_suffix()[1][0] >= unit / 80
        # B above the dead zone, H above .2 (1 - rho/r) r: as in the proof
        v, d = loss.valley(), 1 - alpha
        b, x, q = wanted[1:].T
        assert (b > v["tau"] - v["lift"] * q).all()
        edge = loss.perturbation_radius / math.hypot(1, v["lift"]) - v["h"] - v["c"] * x
        assert (edge >= 0.2 * d * loss.perturbation_radius).all()


def test_nothing_is_left_where_eta_t_is_too_small():
    """X is at most about .63 (1 - alpha) r sqrt(eta T), and rho hides it."""
    alpha = 0.75
    loss = made(alpha, 0.1, 0.8 * (alpha / (0.63 * (1 - alpha))) ** 2 * (1 - alpha) ** 2 / 64)
    run = simulate(loss, loss.draw("one", 0), Settings(method="sam"), 0)
    assert run.lowest_suffix()[1][0] == 0.0
    assert {c.name.partition(" >")[0] for c in sam_wide.hypotheses(loss) if not c.holds} == {"eta T"}


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"flatness_radius": 0.0055, "step_size": 0.2, "perturbation_radius": 0.04}, "flatness"),
        ({"flatness_radius": 0.007}, "walls"),
        ({"steps": 2500}, "steps"),
        ({"step_size": 0.25, "perturbation_radius": 0.03}, "step-size"),
        ({"perturbation_radius": 0.0609}, "radius"),
    ],
)
def test_outside_its_conditions_it_is_refused(change, named, capsys):
    given = {"steps": 2700, "step_size": 0.1, "perturbation_radius": 0.06, "flatness_radius": 0.03} | change
    if named == "step-size":
        given["flatness_radius"] = 0.015
    words = [part for key, value in given.items() for part in (f"--{key.replace('_', '-')}", str(value))]
    assert cli.main(["check", "valley.sam-wide", *words]) == 2
    assert named in capsys.readouterr().err
    with pytest.raises(InputError, match="must step out of the flat ball"):
        SamValley(n=4, steps=100, step_size=0.1, perturbation_radius=0.1, flatness_radius=0.1)


@pytest.mark.parametrize(
    ("change", "broken"),
    [
        ({"mu": Fraction(1, 4)}, "smoothness <= 6/5"),
        ({"tau": Fraction(1)}, "|b_2| / tau"),
        ({"dl": Fraction(3, 2)}, "start term of S"),
        ({"sig": Fraction(1, 2)}, "R from w_2 on"),
    ],
)
def test_other_constants_break_a_claim(change, broken, monkeypatch):
    other = dataclasses.replace(wide.DESIGN, **change)
    monkeypatch.setattr(wide, "DESIGN", other)
    monkeypatch.setattr(wide.Numbers, "design", other)
    found = prove("valley.sam-wide", "every sample", scope="all")
    assert found.verdict != "proved"
    assert any(c.name.startswith(broken) for c in found.claims if c.verdict != "proved")


def test_the_gap_between_upper_and_lower_bound_is_what_is_proved():
    """At eta T = 100, r = .1, rho = r/90, D = .51, n = 20: the row of SAM in the gap table."""
    given = {"steps": 10_000, "step_size": 0.01, "perturbation_radius": 0.1, "flatness_radius": 0.1 / 90}
    beta = SamValley(n=4, walls="snug", **given).smoothness
    assert gaps._sam_valley(0.01, 10_000, 1 / 90)[0] == pytest.approx(beta, rel=1e-12)
    row = next(g for g in gaps._risks() if "SAM" in g.quantity)
    more = 16 / beta / 100 + 72 + 2304 * beta / 4 + 0.51**2 * (0.04 + 72 * beta**2) / beta**2
    assert row.paper == pytest.approx(more, rel=1e-12)
    words = {"step_size": "1/100", "perturbation_radius": "1/10", "flatness_radius": "1/900", "walls": "snug"}
    found = prove("valley.sam-wide", "every sample", n=20, steps=10_000, **words)
    assert found.verdict == "proved"
    chance, least = (float(c.enclosure[0]) for c in found.claims if c.name.startswith(("P(", "F /")))
    assert row.worst == pytest.approx(chance * least * (1 - 1 / 90) ** 2 / beta**2, rel=1e-9)
    assert row.sharper / row.worst < 170


def test_the_smoothness_is_that_of_the_curvatures_that_meet():
    """Largest curvature along random lines, where V, K_z and the slab are active: within 1.2, and above 1.1."""
    loss = made(0.5, 0.1)
    v, rng, largest = loss.valley(), np.random.default_rng(0), 0.0
    code, size = int(np.flatnonzero(loss.sets.sets()[:, 0])[0]), loss.columns
    for _ in range(300):
        w = 0.01 * rng.normal(size=loss.dimension) * loss.perturbation_radius
        b, x = loss.points + code, loss.points + size + code
        w[b], w[x] = 3 * loss.perturbation_radius, 2 * loss.flatness_radius * (1 + 5 * rng.random())
        across = 0.005 * rng.normal(size=loss.dimension)
        across[b], across[x] = 1.0, -rng.random()
        across *= 1e-2 * loss.perturbation_radius / np.linalg.norm(across)
        ends = loss.loss(w + across, 0) - 2 * loss.loss(w, 0) + loss.loss(w - across, 0)
        largest = max(largest, ends / float(across @ across))
    assert 1 + 0.5 * v["c"] < largest <= loss.smoothness * (1 + 1e-6) <= 1.2 * (1 + 1e-6)

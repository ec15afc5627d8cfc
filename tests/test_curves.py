"""The data of the bounds figure: expectations between lower and upper bounds, over T and over r."""

import functools
import json
import math

import pytest

from sco_flat import bounds, cli
from sco_flat.comparisons import curves, overview, strengths
from sco_flat.comparisons import overview as figure
from sco_flat.errors import InputError
from sco_flat.works.flat_minima import lower

WALK = {"n": 6, "steps": 16, "step_size": 0.25, "flatness_radius": 0.02}
CHAIN = {"n": 6, "steps": 16, "step_size": 1 / 16}
ORDINARY = {"n": 8, "dimension": 10, "steps": 8, "step_size": 0.25, "perturbation_radius": 0.1, "seed": 0}
SOURCES = [
    ("sagd-blocks", "sagd", WALK), ("sam-chain", "sam", CHAIN), ("least-squares", "gd", ORDINARY),
    ("least-squares", "sgd", ORDINARY), ("least-squares", "sagd", ORDINARY), ("logistic", "sam", ORDINARY),
]  # fmt: skip


@pytest.mark.parametrize(("name", "method", "numbers"), SOURCES)
def test_curves_are_in_order(name, method, numbers):
    panel = curves.over_steps(curves.Source(name, method, numbers, 3), (4, 8, 16))
    assert panel.failures == []
    for k in range(3):
        row = {key: values[k] for key, values in panel.series.items()}
        upper = [row[key] for key in curves.UPPER if row[key] is not None]
        assert row["risk"] - row["error"] <= upper[0]
        assert len(upper) >= 2
        if method != "sgd":  # its a priori bound is another argument, not the same one with less knowledge
            assert upper == sorted(upper)
        assert row["lower"] is None or row["lower"] <= row["risk"] + row["error"]
    assert panel.as_dict()["source"]["name"] == name
    json.dumps(panel.as_dict())


@pytest.mark.parametrize(("name", "method", "numbers"), SOURCES[:2])
def test_lower_bounds_are_the_theorems_times_the_probability_of_the_event(name, method, numbers):
    source = curves.Source(name, method, numbers, 3)
    if method == "sagd":
        value, chance = lower.theorem3(
            step_size=0.25, steps=16, perturbation_radius=source.radius(), flatness_radius=0.02
        ).value, 1 - (1 - 1 / 64) ** 64  # fmt: skip
    else:
        given = {"step_size": 1 / 16, "steps": 16, "perturbation_radius": source.radius()}
        value, chance = lower.theorem7(**given, n=6).value, (1 - 1 / 64) ** 63
    assert source.lower() == pytest.approx(value * chance, rel=1e-9)


def test_beyond_the_theorem_the_lower_bound_stops_and_everything_else_stays():
    panel = curves.over_radius(curves.Source("sam-chain", "sam", CHAIN, 3), (0.5, 1.0, 1.5))
    assert [x is None for x in panel.series["lower"]] == [False, False, True]
    assert all(None not in panel.series[key] for key in ("risk", *curves.UPPER))
    assert any(note.startswith("lower: Theorem 7 needs r <= 1/(2 eta sqrt T)") for note in panel.notes)
    assert [name for _, _, name in panel.regimes] == ["the lower bound holds", "beyond the theorem"]
    assert panel.regimes[0][1] == panel.regimes[1][0] == pytest.approx(panel.x[1])
    # a step size outside the paper's range takes away the paper's bound only
    panel = curves.over_steps(curves.Source("sam-chain", "sam", CHAIN | {"step_size": 0.3}, 3), (8, 16))
    assert panel.series["paper"] == [None, None]
    assert None not in panel.series["a_priori"]
    assert any("1/(4 smoothness)" in note for note in panel.notes)
    walk = curves.over_radius(curves.Source("sagd-blocks", "sagd", WALK, 3), (0.01, 1.0))
    assert walk.regimes[0] == (0.0, 0.02, "r ≤ ρ")
    assert walk.series["risk"][0] == 0.0


def test_regimes_over_steps_are_the_larger_part_of_the_a_priori_bound():
    source = curves.Source("least-squares", "gd", ORDINARY | {"n": 20, "dimension": 40}, 2)
    panel = curves.over_steps(source, (5, 20, 80, 320))
    assert [name for _, _, name in panel.regimes] == ["optimisation term leads", "stability term leads"]
    assert panel.regimes[0][0] == 0.0
    assert math.isinf(panel.regimes[1][1])
    assert panel.regimes[0][1] == panel.regimes[1][0] == pytest.approx(math.sqrt(20 * 80))


def test_a_measured_value_above_a_bound_is_a_failure(monkeypatch, tmp_path, capsys):
    real = bounds.stability_trajectory

    @functools.wraps(real)
    def cut(**given):
        found = real(**given)
        return type(found)(**(vars(found) | {"value": 1e-30}))

    monkeypatch.setattr(strengths.bounds, "stability_trajectory", cut)
    words = ["bounds", "plot", "sam-chain", "--n", "6", "--steps", "8", "--step-size", "1/16", "--samples", "3"]
    assert cli.main([*words, "--out", str(tmp_path)]) == 1
    assert "ABOVE ITS BOUND" in capsys.readouterr().out


def test_below_the_lower_bound_is_a_failure_too(monkeypatch):
    real = lower.theorem7

    def raised(**given):
        found = real(**given)
        return type(found)(**(vars(found) | {"value": 10.0}))

    monkeypatch.setattr(lower, "theorem7", raised)
    panel = curves.over_steps(curves.Source("sam-chain", "sam", CHAIN, 3), (8,))
    assert panel.failures == ["T = 8: below the lower bound"]


def test_plot_on_the_command_line(tmp_path, capsys, monkeypatch):
    words = ["bounds", "plot", "sagd-blocks", "--n", "4", "--steps", "8", "--samples", "2", "--out", str(tmp_path)]
    assert cli.main(words) == 0
    out = capsys.readouterr().out
    assert "SA-GD on sagd-blocks" in out
    assert {p.name for p in tmp_path.iterdir()} == {"bounds.png", "bounds.pdf", "bounds.json"}
    data = json.loads((tmp_path / "bounds.json").read_text())
    assert [panel["axis"] for panel in data["panels"][0]] == ["T", "r"]
    assert data["panels"][0][0]["x"] == [2, 4, 8]
    assert cli.main([*words, "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == data
    monkeypatch.setattr(overview, "data", lambda quick: data)  # of all methods, in a minute
    assert cli.main(["bounds", "plot", "--out", str(tmp_path)]) == 0
    assert "SA-GD on sagd-blocks" in capsys.readouterr().out
    for more, key in (
        (["bounds", "plot", "--n", "4"], "n"),
        (["bounds", "plot", "--out", str(tmp_path / "missing")], "out"),
        (["bounds", "plot", "flat-erm", "--dimension", "4"], "dimension"),
        (["bounds", "plot", "sam-chian"], "instance"),
        (["bounds", "plot", "--style", "papper"], "style"),
        (["reproduce", "--style", "papper", "--out", str(tmp_path / "report")], "style"),
    ):
        assert cli.main(more) == 2
        assert capsys.readouterr().err.startswith(f"sco-flat: {key} = ")
    with pytest.raises(InputError, match="no perturbation radius"):
        curves.over_radius(curves.Source("least-squares", "gd", ORDINARY, 2), (1.0,))


@pytest.mark.deep
def test_the_whole_figure():
    data = figure.data(False)
    assert data["failures"] == []
    assert [len(row) for row in data["panels"]] == [2, 2, 2, 2]

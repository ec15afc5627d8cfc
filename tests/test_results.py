"""What results show: a line, the text of the command line, tables, HTML, the run over t."""

import copy
import html.parser
import pickle
import sys
from fractions import Fraction

import numpy as np
import pytest

import sco_flat
from sco_flat import cli
from sco_flat.errors import InputError
from sco_flat.presentation import frame
from sco_flat.terminal import texts as terminal
from sco_flat.works import worst_cases

NUMBERS = {"n": 6, "steps": 20, "step_size": 1 / 6}


class Quadratic:
    """½ |w|², with a smoothness that is too small."""

    dimension, smoothness, lipschitz = 2, 0.5, 1.0

    def value(self, w, z):
        return 0.5 * float(w @ w)

    def gradient(self, w, z):
        return w

    def draw(self, rng):
        return 0


@pytest.fixture(scope="module")
def run():
    return sco_flat.run("sam-chain", **NUMBERS)


@pytest.fixture(scope="module")
def results(run):
    return {
        "Run": run,
        "Check": sco_flat.check(6),
        "Proof": sco_flat.check(1, evidence="every sample"),
        "Inspection": sco_flat.check(Quadratic()),
        "WorstCase": worst_cases.worst_case("lemma", 2, Fraction(1, 4), Fraction(1)),
    }


KINDS = ("Run", "Check", "Proof", "Inspection", "WorstCase")


@pytest.mark.parametrize("kind", KINDS)
def test_every_result_is_one_line_a_text_and_a_table(results, kind):
    found = results[kind]
    assert repr(found).startswith(f"<{kind} ")
    assert repr(found).endswith(">")
    assert "\n" not in repr(found)
    assert len(repr(found)) < 120
    assert str(found).count("\n") > 5
    rows = found.table()
    assert len({tuple(row) for row in rows}) == 1  # the same keys in each
    assert set(found.to_frame()) == set(rows[0])


def test_texts_are_those_of_the_command_line(run, results, capsys):
    assert str(run) == terminal.run_text(run)
    assert cli.main(["check", "6"]) == 0
    assert capsys.readouterr().out == f"{results['Check']}\n"
    assert cli.main(["check", "1", "--evidence", "every-sample"]) == 0
    assert capsys.readouterr().out == f"{results['Proof']}\n"


def test_lines_say_what_came_out(results):
    assert repr(results["Proof"]) == f"<Proof flat-minima.1: proved, {len(results['Proof'].claims)} claims>"
    assert "fails" in repr(results["Inspection"])
    assert "1.6 to 1.6" in repr(results["WorstCase"])


def test_points_of_a_run_in_a_table(run):
    rows = {row["point"]: row for row in run.table()}
    assert list(rows) == list(run.points)
    for name, point in run.points.items():
        assert rows[name]["empirical_risk"] == point.empirical_risk
        assert (rows[name]["population_risk_low"], rows[name]["population_risk"]) == point.population_risk
    assert rows["lowest_suffix"]["start"] == run.points["lowest_suffix"].start


class Tags(html.parser.HTMLParser):
    def __init__(self):
        super().__init__()
        self.open, self.seen = [], []

    def handle_starttag(self, tag, attrs):
        self.open.append(tag)
        self.seen.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


@pytest.mark.parametrize("kind", KINDS)
def test_html_is_whole_and_has_no_script(results, kind):
    text = results[kind]._repr_html_()
    tags = Tags()
    tags.feed(text)
    assert tags.open == []
    assert "table" in tags.seen
    assert not {"script", "style", "img"} & set(tags.seen)
    assert "color" not in text
    assert "<=" not in text  # it is escaped


def test_iterates_are_those_of_the_run(run):
    found = run.iterates(most=7)
    assert list(found["t"]) == [1, 4, 7, 10, 14, 17, 20]
    assert found["empirical_risk"][-1] == run.points["last"].empirical_risk
    assert found["population_risk"][-1] == run.points["last"].population_risk[1]
    whole = run.iterates()
    assert list(whole["t"]) == list(range(1, 21))
    assert [whole["empirical_risk"][t - 1] for t in found["t"]] == list(found["empirical_risk"])
    start = sco_flat.run("huber", "gd", steps=5, step_size=0.5, knee=9.0, flatness_radius=0.0)  # from 0 to 1
    np.testing.assert_allclose(start.iterates()["empirical_risk"], [0.5 * 0.25**k for k in range(5)], rtol=1e-12)
    for most in (1, 0, "x"):
        with pytest.raises(InputError, match="most"):
            run.iterates(most=most)


def test_a_run_is_drawn_over_t(run, tmp_path):
    figure = run.plot(most=10)
    (axes,) = figure.axes
    lines = {line.get_label(): line.get_ydata() for line in axes.lines if not line.get_label().startswith("_")}
    assert set(lines) == {"empirical risk", "population risk"}
    assert lines["population risk"][-1] == run.points["last"].population_risk[1]
    assert lines["empirical risk"].min() > 0  # zeros stand at the floor, which is named
    assert any("drawn at" in text.get_text() for text in axes.texts)
    figure.savefig(tmp_path / "run.png")
    assert (tmp_path / "run.png").stat().st_size > 10_000


def test_a_frame_of_pandas_where_it_is_installed(monkeypatch):
    class Pandas:
        DataFrame = staticmethod(lambda columns: ("frame", dict(columns)))

    monkeypatch.setitem(sys.modules, "pandas", Pandas)
    assert frame({"a": [1]}) == ("frame", {"a": [1]})
    monkeypatch.setitem(sys.modules, "pandas", None)
    assert frame({"a": (1, 2)}) == {"a": [1, 2]}


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda found: pickle.loads(pickle.dumps(found))])
@pytest.mark.parametrize(
    "make",
    [
        lambda: sco_flat.run("sam-chain", n=6, steps=8, step_size=1 / 6),
        lambda: sco_flat.run("sagd-blocks", n=4, steps=8, step_size=1 / 4),
        lambda: sco_flat.check(7, n=6, steps=8, step_size=1 / 6),
        lambda: sco_flat.check(1, evidence="every sample"),
        lambda: sco_flat.check(7, evidence="bracket", n=6, steps=8, step_size="1/6"),
    ],
)
def test_results_travel_between_processes(make, copied):
    found = make()
    again = copied(found)
    assert again == found
    assert str(again) == str(found)
    if getattr(found, "request", None) is not None:
        assert again.request == found.request
        assert again.request.settings.rule is found.request.settings.rule  # looked up by name

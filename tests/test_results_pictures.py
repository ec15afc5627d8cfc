"""Pictures of results: what is drawn is what was found, and where there is none a line says so."""

from fractions import Fraction

import numpy as np
import pytest
from figure_text import complaints, cut
from matplotlib.backends.backend_agg import FigureCanvasAgg

import sco_flat
from sco_flat.comparisons import pictures, staircase
from sco_flat.errors import InputError
from sco_flat.works import worst_cases

NUMBERS = {"n": 6, "steps": 20, "step_size": 1 / 6}


class Wave:
    """cos(3 w_1) + |w|²: neither convex nor as flat or smooth as it claims."""

    dimension, smoothness, radius = 3, 1.0, 1.0
    flat_minimum, flatness_radius = np.zeros(3), 0.1

    def value(self, w, z):
        return float(np.cos(3 * w[0]) + w @ w)

    def gradient(self, w, z):
        return 2 * w - 3 * np.sin(3 * w[0]) * np.eye(3)[0]

    def draw(self, rng):
        return 0


@pytest.fixture(scope="module")
def run():
    return sco_flat.run("sam-chain", **NUMBERS)


@pytest.fixture(scope="module")
def searched():
    return sco_flat.check(Wave(), effort=0.2)


def curves(axes):
    return {line.get_label(): np.asarray(line.get_ydata()) for line in axes.lines}


def within(figure):
    """Whether all letters are on the canvas."""
    FigureCanvasAgg(figure).draw()
    canvas = figure.bbox
    texts = [t for axes in figure.axes for t in (axes.title, axes.xaxis.label, axes.yaxis.label, *axes.texts)]
    texts += figure.texts
    texts += [t for axes in figure.axes if axes.get_legend() for t in axes.get_legend().get_texts()]
    boxes = [t.get_window_extent() for t in texts if t.get_text()]
    assert len(boxes) > 2
    return all(b.x0 >= 0 and b.y0 >= 0 and b.x1 <= canvas.x1 and b.y1 <= canvas.y1 for b in boxes)


def test_every_suffix_of_a_run_above_what_is_proved(run):
    figure = run.plot("suffixes")
    (axes,) = figure.axes
    found = curves(axes)
    _, simulation = sco_flat.execute(run.request)
    assert found["average of [τ, T]"].tolist() == simulation.suffix_risks[:, 1].tolist()
    (bound,) = [c.bound for c in run.claims if c.name.startswith("population risk of every suffix")]
    (drawn,) = [values for label, values in found.items() if "every suffix is above" in label]
    assert set(drawn) == {bound}
    assert within(figure)


def test_thinned_suffixes_keep_the_lowest(run):
    found = pictures.suffixes(run.request, 3)
    start = run.points["lowest_suffix"].start
    assert set(found["start"]) == {1, 10, 20, start}
    lowest = run.points["lowest_suffix"].population_risk[0]
    assert min(found["low"]) == pytest.approx(lowest, rel=1e-12)  # a sum that goes backwards


def test_a_check_draws_its_run(run):
    check = sco_flat.check(7, **NUMBERS)
    assert check.request == run.request
    drawn, own = (curves(each.plot(most=10).axes[0]) for each in (check, run))
    assert drawn["population risk"].tolist() == own["population risk"].tolist()


def test_the_line_through_a_witness(searched):
    figure = searched.plot("convex")
    left, right = figure.axes
    witness = searched.witnesses["convex"]
    ends = [line.get_xydata()[0] for line in left.lines[1:]]
    values = [Wave().value(point, 0) for point in witness.points]
    assert [y for _, y in ends] == pytest.approx(values, abs=1e-3)  # between 400 points of the curve
    assert ends[1][0] - ends[0][0] == pytest.approx(np.linalg.norm(witness.points[1] - witness.points[0]))
    way = (witness.points[1] - witness.points[0]) / np.linalg.norm(witness.points[1] - witness.points[0])
    at, slopes = right.lines[0].get_data()
    k = 100
    assert slopes[k] == pytest.approx(Wave().gradient(witness.points[0] + at[k] * way, 0) @ way)
    assert np.linalg.norm(witness.points[0] + at[[0, -1], None] * way, axis=1).max() <= 1.0
    assert within(figure)


def test_a_witness_of_one_point_has_a_line_outwards(searched):
    at = searched.plot("realizable").axes[0].lines[0].get_xdata()
    assert (at[0], at[-1]) == (-1.0, 1.0)


def test_both_ends_of_a_worst_case():
    found = worst_cases.worst_case("lemma", 2, Fraction(1, 4), Fraction(1))
    figure = found.plot()
    (axes,) = figure.axes
    values = [float(line.get_xdata()[0]) for line in axes.lines]
    known = (found.lower, found.estimate, found.upper, found.sharper, found.paper)
    assert values == [value for value in known if value is not None]
    assert axes.texts[0].get_text().endswith(" (float run)")
    assert within(figure)


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: sco_flat.check(1, evidence="every sample"), "plot = Proof: has no picture"),
        (lambda: sco_flat.certify("sam-sharp"), "plot = Certified: has no picture"),
        (lambda: sco_flat.check("swad.miss"), "plot = a check of swad.miss: has no picture; the statement is"),
    ],
)  # fmt: skip
def test_where_there_is_no_picture_a_line_says_so(make, said):
    with pytest.raises(InputError) as refused:
        make().plot()
    assert str(refused.value).startswith(said)
    assert "\n" not in str(refused.value)


def test_what_cannot_be_drawn_is_named(run, searched):
    with pytest.raises(InputError, match="kind = 'blocks'"):
        run.plot("blocks")
    xor = sco_flat.run("xor", "sgd", d=4, n=6, width=4, steps=6, step_size=0.01)
    with pytest.raises(InputError, match="kind = suffixes: the risk of xor"):
        xor.plot("suffixes")
    for kind, said in (("staircase", "has no blocks"), ("minima", "knows no minima")):
        with pytest.raises(InputError, match=f"kind = {kind}: xor {said}"):
            xor.plot(kind)
    drawn = (sco_flat.run("sam-chain", event="free", seed=seed, **NUMBERS) for seed in range(20))
    free = next(each for each in drawn if not each.event.columns)
    with pytest.raises(InputError, match="kind = staircase: the sample has no bad column"):
        free.plot("staircase")
    with pytest.raises(InputError, match="most = 1"):
        run.plot("staircase", most=1)
    with pytest.raises(InputError, match="claim = 'lipschitz'"):
        searched.plot("lipschitz")


@pytest.mark.parametrize(
    ("name", "numbers"),
    [
        ("flat-erm", {"perturbation_radius": 0.5, "flatness_radius": 0.2}),
        ("flat-erm-code", {"steps": 1, "perturbation_radius": 0.3, "flatness_radius": 0.1}),
    ],
)
def test_the_flat_and_the_sharp_minimum_of_a_run(name, numbers):
    """By default, since a run that stays at 0 has only two lines at 0 to show."""
    run = sco_flat.run(name, n=6, **numbers)
    figure = run.plot(most=9)
    left, right = figure.axes
    flat, sharp = (next(k for k in run.points if k.startswith(word)) for word in ("flat", "sharp"))
    names = [label.get_text() for label in left.get_yticklabels()]
    assert names == list(run.points)
    on_left, on_line = ({line.get_label(): line for line in axes.lines} for axes in (left, right))
    for label, read in (
        ("empirical risk $F_S$", lambda point: point.empirical_risk),
        ("population risk $F$", lambda point: point.population_risk[1]),
        ("SAER $F_S^r$", lambda point: point.saer[1]),
    ):
        assert on_left[label].get_xdata().tolist() == [read(run.points[name]) for name in names]
        ends = on_line[label].get_ydata()[[0, -1]]
        assert ends.tolist() == [read(run.points[sharp]), read(run.points[flat])]
    risk, saer = (on_line[label].get_ydata() for label in ("population risk $F$", "SAER $F_S^r$"))
    assert (np.diff(risk) >= 0).all()  # flatter and worse, all the way
    assert (np.diff(saer) < 0).all()
    rho, t = numbers["flatness_radius"], run.parameters.get("coherence", 0.0)
    assert risk[-1] >= 0.25 * (1.0 - t - rho) ** 2 * (1 - 1e-12)  # Theorem 1, Theorem 1'
    assert complaints(figure) == cut(figure) == []
    assert [line.get_label() for line in run.plot("iterates").axes[0].lines][:2] == [
        "empirical risk",
        "population risk",
    ]


@pytest.mark.parametrize("steps", [20, 64])
def test_the_staircase_of_a_run(steps):
    """Every iterate of the unseen block; from 33 coordinates on a cell is the largest of two."""
    run = sco_flat.run("sam-chain", n=6, steps=steps, step_size=1 / 6)
    found = staircase.along(run.request, 32)
    _, simulation = sco_flat.execute(run.request)
    cell = 1 if steps == 20 else 2
    assert (found["cell"], found["column"]) == (cell, run.event.columns[0])
    for t, w in simulation.iterates():
        if t in found["t"]:
            block = np.abs(simulation.layout.dense(w)[:-1].reshape(-1, steps)[found["column"]])
            assert found["size"][found["t"].index(t)].tolist() == block.reshape(-1, cell).max(1).tolist()
    moved = (found["size"] > 0.01 * found["size"].max()).sum(1)
    assert (np.diff(moved) >= 0).all()
    assert moved[-1] == (steps - 2) // cell  # x[I, 1], x[I, 2] are far too small
    figure = run.plot("staircase")
    assert complaints(figure) == []
    shown = figure.axes[0].collections[0].get_array()
    assert float(shown.max()) == pytest.approx(float(found["size"].max()))


def test_a_title_names_what_the_picture_depends_on():
    numbers = {"n": 6, "steps": 9, "step_size": 0.25}
    kind, cruel = (sco_flat.run("sagd-blocks", oracle=oracle, **numbers) for oracle in ("benign", "adversarial"))
    said = [" ".join(each.plot("staircase").get_suptitle().split()) for each in (kind, cruel)]
    assert "r = 1.33" in said[0]
    assert said[0].partition(", oracle = benign;")[0] == said[1].partition(", oracle = adversarial;")[0] != said[0]
    shown = sco_flat.run("flat-erm", n=6, steps=9, step_size=0.25).plot("iterates").get_suptitle()
    assert "ρ = 0.2" in shown
    assert "r =" not in shown  # gradient descent reads none
    odd = sco_flat.run("sam-chain", n=6, epsilon=1e-12, parameters="printed", seed=3, stages="9:1/6:0.2")
    (_, said) = odd.plot("iterates").get_suptitle().split("\n", 1)
    assert " ".join(said.split()) == (
        "n = 6, T = 10, seed = 3, stages = 9:0.16666666666666666:0.2, epsilon = 1e-12, parameters = printed; "
        "float run; the empirical risk of the last iterate is 0"
    )


def test_a_run_that_leaves_the_doubles_says_so():
    away = sco_flat.run("least-squares", "gd", n=6, steps=400, step_size=50.0, allow_outside=True)
    assert "they are more than a double holds" in " ".join(away.plot("iterates").get_suptitle().split())
    with pytest.raises(InputError, match="kind = suffixes: the risk of a suffix average is more than a double holds"):
        away.plot("suffixes")


def test_a_check_of_points_shows_no_run():
    check = sco_flat.check(1)
    figure = check.plot(most=5)
    assert [label.get_text() for label in figure.axes[0].get_yticklabels()] == [
        "flat minimum e_I",
        "sharp minimum rho e_b",
    ]
    assert figure.get_suptitle().startswith("flat-minima.1: flat-erm: the minima of the empirical risk\nn = 8, r = 0.3")
    assert complaints(figure) == []


def test_one_iterate_and_risks_that_differ_by_rounding_are_seen_as_they_are():
    one = sco_flat.run("huber", steps=1)
    for kind in ("iterates", "suffixes"):
        (axes,) = one.plot(kind).axes
        assert {line.get_marker() for line in axes.lines} == {"o"}
        assert 1.0 in axes.get_xticks()
        assert all(tick == round(tick) for tick in axes.get_xticks())
    (axes,) = sco_flat.run("sam-chain", "gd", **NUMBERS).plot("iterates").axes
    values = np.concatenate([line.get_ydata() for line in axes.lines])
    low, high = axes.get_ylim()
    assert values.max() < 1.001 * values.min()
    assert low < values.min() / 3
    assert high > 3 * values.max()
    valley = sco_flat.run("sagd-valley", n=6, steps=8).plot("staircase").axes[0]
    assert all(tick == round(tick) for tick in valley.get_yticks())


def test_a_block_beyond_the_doubles_is_said_and_the_rest_drawn():
    found = {"t": [1, 2, 3], "cell": 1, "size": np.array([[0.0, 0.0], [1.0, 2.0], [np.inf, np.nan]])}
    figure = staircase.draw(found | {"column": 3, "columns": 1}, "a run", {"T": 3})
    assert "it leaves the doubles by t = 3" in figure.get_suptitle()
    assert figure.axes[0].collections[0].get_clim() == (0.0, 2.0)

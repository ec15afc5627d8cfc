"""SWAD where every suffix is bad: windows found here by the words of the paper, and averages added up here."""

import numpy as np
import pytest

import sco_flat
from sco_flat.works.swad.chain import largest_tolerance
from sco_flat.works.swad.slope import swing

RUNS = [
    ("sam-chain", "sam", {"n": 6, "steps": 64}, "flat-minima.7"),
    ("sam-valley", "sam", {"n": 4, "steps": 400, "step_size": 0.12}, "valley.sam"),
    ("sagd-valley", "sagd", {"n": 4, "steps": 200, "step_size": 0.25}, "valley.sagd"),
]


def words(losses, level=None):
    """Algorithm 1 for (3, 6, 1.3), one loss after the other; the end is None where it never comes."""
    start = None
    for i in range(2, len(losses)):
        if start is None and losses[i - 2] == min(losses[i - 2 : i + 1]):
            start, level = i - 2, 1.3 / 3 * sum(losses[i - 2 : i + 1])
        elif start is not None and i - 5 >= 0 and min(losses[i - 5 : i + 1]) > level:
            return start, i - 6
    return start, None


def traced(name, method, numbers):
    _, ran = sco_flat.execute(sco_flat.request_from(name, method, **numbers))
    points = [w.copy() for _, w in ran.iterates()]
    looks = [ran.look(w) for w in points]
    return ran, points, [v.empirical_risk for v in looks], [v.population_risk[1] for v in looks]


@pytest.mark.parametrize(("name", "method", "numbers", "key"), RUNS)
def test_windows_and_risks(name, method, numbers, key):
    ran, points, training, fresh = traced(name, method, numbers)
    floor = min(c.bound for c in sco_flat.check(key, **numbers).claims if c.name.startswith("F of every suffix"))
    saved = {}
    for fed, losses in (("F_S", training), ("F", fresh)):
        start, end = words(losses)
        last = len(losses) - 1 if end is None else end
        risk = ran.look(np.mean(points[start : last + 1], axis=0)).population_risk[1]
        saved[fed] = (end is not None, risk < floor)
        assert risk <= np.mean(fresh[start : last + 1]) * (1 + 1e-12)  # F is convex
        statement = {"sam-chain": "chain", "sam-valley": "valley", "sagd-valley": "valley-sagd"}[name]
        found = {c.name: c.value for c in sco_flat.check(f"swad.{statement}", **numbers).claims}
        told = next(v for k, v in found.items() if k.startswith(f"fed with {fed}, algorithm: F of its mean"))
        assert told == pytest.approx(risk, rel=1e-9)
    assert saved == {"F_S": (name == "sam-chain",) * 2, "F": (True, True)}


def test_the_tolerance_that_is_too_large():
    """Below it the chain ends at w_2, above it does not."""
    losses = traced(*RUNS[0][:3])[2]
    limit = largest_tolerance(losses)
    assert sco_flat.swad_window(losses, tolerance=limit * (1 - 1e-9)).end == 1
    assert sco_flat.swad_window(losses, tolerance=limit * (1 + 1e-9)).end == 2
    assert not sco_flat.swad_window(losses, tolerance=3.5).ended


def test_the_smaller_of_two():
    assert swing([9.0, 1.0, 4.0, 2.0, 3.0], 1) == 2.0
    assert swing([9.0, 8.0, 1.0], 0) == 8.0


@pytest.mark.parametrize(
    ("key", "numbers", "name"),
    [
        ("swad.chain", {"steps": 8}, "T >= 3 + Ne"),
        ("swad.chain", {"event": "free", "seed": 1}, "one bad column"),
    ],
)
def test_outside_nothing_is_said(key, numbers, name):
    found = sco_flat.check(key, **numbers)
    assert found.verdict == "not applicable"
    assert [name in c.name for c in found.claims if c.verdict == "fails"] == [True]
    assert not any(c.kind == "conclusion" for c in found.claims)


@pytest.mark.parametrize(("numbers", "name"), [({"steps": 12}, "T >= 16"), ({"step_size": 0.02}, "4 c²")])
def test_outside_the_valley_it_is_refused(numbers, name):
    with pytest.raises(sco_flat.InputError, match=name):
        sco_flat.check("swad.valley-sagd", **numbers)


def test_the_plateau():
    """Walks of all ten seeds at once, by another order of operations; the segments one iterate after the other."""
    draws = np.stack([np.random.default_rng(k).standard_normal((4000, 50)) for k in range(10)])
    w, path = np.tile(np.eye(50)[0] / 2, (10, 1)), []
    for t in range(4000):
        path.append(w)
        size = np.sqrt((w**2).sum(axis=1, keepdims=True))
        w = w - 0.1 * np.maximum(size - 0.5, 0) * w / size - 0.01 * draws[:, t]
    sizes = np.linalg.norm(path, axis=2)
    lengths = []
    for k in range(10):
        weights = sco_flat.swad_window(np.maximum(sizes[::20, k] - 0.5, 0) ** 2, mode="released").weights
        total = np.zeros(50)
        for place, count in weights.items():
            span = [0] if place == 0 else range(20 * place - 19, 20 * place + 1)
            total += count * sum(path[t][k] for t in span) / len(span)
        lengths.append(np.linalg.norm(total / sum(weights.values())))
    found = [c.value for c in sco_flat.check("swad.plateau").claims]
    assert found == pytest.approx([sizes.mean(), (sizes <= 0.5).mean(), np.median(lengths)], rel=1e-6)
    assert found[:2] == pytest.approx([0.546, 0.023], abs=1e-3)  # other seeds of the same law, to the digits printed
    assert found[2] < 0.3


def test_the_figures_show_what_they_say():
    """Windows and lengths are those of the checks; nothing is simulated when they are drawn."""
    from sco_flat.works.swad.figures import ball, trace

    shown = trace.FIGURE.data(True)
    assert shown["panels"]["F_S"]["windows"]["algorithm"][1] == 159
    ends = [panel["windows"]["algorithm"][1] for panel in shown["panels"].values()]
    assert ends[1] < ends[0]
    drawn = trace.FIGURE.draw(shown).axes
    panels, strips = drawn[:2], drawn[2:]
    assert [axes.get_title() for axes in panels] == ["fed with $F_S$", "fed with F"]
    for axes, strip, panel in zip(panels, strips, shown["panels"].values(), strict=True):
        assert list(axes.lines[0].get_ydata()) == panel["losses"]
        assert 0 < axes.get_ylim()[0] < min(panel["losses"])  # none lies below the axis
        bars = [tuple(line.get_xdata()) for line in strip.lines]
        assert bars == [(start + 1, end + 1) for start, end in panel["windows"].values()]
    lengths = ball.FIGURE.data(True)
    found = [c.value for c in sco_flat.check("swad.plateau", steps=2000).claims]
    assert np.median(lengths["swad"]) == pytest.approx(found[2], rel=1e-12)
    assert ball.FIGURE.draw(lengths).axes[0].get_ylim()[0] == 0.0
    assert "F = 0.0" in trace.FIGURE.caption(shown)


def test_the_figure_of_the_domains_shows_the_runs():
    """Positions are those of the runs, SAM's marks are full and ERM's hollow; the caption's ratios are the marks'."""
    from sco_flat.works.swad.figures import domains

    shown = domains.FIGURE.data(True)
    drawn = domains.FIGURE.draw(shown)
    for place, axes in enumerate(drawn.axes):
        means = {line.get_label(): line for line in axes.lines if line.get_label()[0] != "_"}
        assert len(means) == 6
        for row in shown["rows"]:
            for point, title in domains.TITLES.items():
                line = means[f"{row.way}, {title}"]
                assert (line.get_xdata()[0], line.get_ydata()[0]) == (row.flatness[point][place], row.accuracy[point])
                assert (line.get_markerfacecolor() == "white") == (row.way == "ERM")
    assert len({line.get_marker() for line in means.values()}) == 3
    row = shown["rows"][0]
    near, far = (row.flatness["swad"][k] / row.flatness["last"][k] for k in (0, 1))
    assert near > 1.0 > far
    assert f"{near:.2g} times the last iterate's on the sources, {far:.2g} times" in domains.FIGURE.caption(shown)

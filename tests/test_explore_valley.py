"""The valley on the explorable page: iterates, averages, bounds against the package; picture and controls."""

import itertools
import math

import numpy as np
import pytest
from conftest import settled, until

from sco_flat import bounds, cli, instances, runs, works
from sco_flat.bounds.base import asked, judge, title_of
from sco_flat.bounds.unnormalized import unnormalized_sam_reach, unnormalized_sam_risk
from sco_flat.works.flat_minima import upper
from sco_flat.works.valley.common import LEAST_RISK

KINDS = [
    {"method": "gd"}, {"method": "sam"}, {"method": "sam", "epsilon": 1e-12},
    {"method": "sam", "normalisation": "off"},
]  # fmt: skip
CASES = [
    {"instance": "valley-2d", "T": steps, "eta": eta, "radius": share / math.sqrt(eta * steps)} | kind
    for (steps, share), eta, kind in itertools.product(((2, 0.2), (64, 1.0), (256, 0.4)), (0.02, 0.25, 1.3), KINDS)
]
READ = """cases => cases.map(settings => {
  const { history, iterates, suffixes, average, bounds, conditions, model, resting } = scoFlat.simulate(settings);
  return { history, iterates, suffixes, average, bounds, conditions, resting, constants: [model.c, model.h, model.g] };
})"""


def python_run(given):
    """The same run by the package."""
    options = {"epsilon": given["epsilon"]} if given.get("epsilon") else {}
    options |= {"normalize": False} if given.get("normalisation") == "off" else {}
    request = runs.request_from(
        given.get("instance", "valley-2d"), given.get("method", "sam"), steps=given["T"], step_size=given["eta"],
        perturbation_radius=given["radius"], allow_outside=True, **options,
    )  # fmt: skip
    return request, *runs.execute(request)


def exactly(wanted, scale=0.0):
    """1e-12, relative; of averages in which both sides cancel, relative to what is added up."""
    return pytest.approx(wanted, rel=1e-12, abs=1e-12 * scale)


def test_numbers_are_those_of_the_package(opened):
    for given, page in zip(CASES, opened().evaluate(READ, CASES), strict=True):
        request, run, simulation = python_run(given)
        path = np.array([w.copy() for _, w in simulation.iterates()])
        assert np.array(page["history"]) == exactly(path), given
        assert page["constants"] == exactly(list(simulation.instance.constants())), given
        risks = [simulation.look(w).empirical_risk for w in path]
        assert [at["empirical"] for at in page["iterates"]] == exactly(risks), given
        scale = max(risks)
        found = [at["population"] for at in page["suffixes"]]
        assert np.array(found) == exactly(simulation.suffix_risks, scale), given
        assert page["average"]["empirical"] == exactly(run.points["average"].empirical_risk, scale), given
        x = np.cumsum(path[::-1, 1])[::-1] / np.arange(len(path), 0, -1)
        assert [at["x"] for at in page["suffixes"]] == exactly(x, np.abs(path[:, 1]).max()), given
        if given["method"] == "gd":
            rest = path  # gradient descent comes first, and the other methods with the same numbers after it
        assert np.array(page["resting"]) == exactly(rest), given
        assert page["conditions"] == []
        compare_bounds(given, page["bounds"], request, simulation)


def compare_bounds(given, found, request, simulation):
    """Every bound of the page is the package's, and applies where the package's does."""
    if request.settings.method == "gd":
        assert found == []
        return
    facts, numbers = works.base.facts_of(simulation), works.base.numbers_of(simulation)
    n = simulation.instance.n
    wanted = {
        "reach-paper": judge(upper.theorem5, facts, **numbers),
        "reach-sharper": judge(bounds.sam_sharper, facts, **numbers),
        "risk-paper": judge(upper.theorem8, facts, **numbers, n=n),
        "risk-sharper": judge(bounds.risk_a_priori, facts, **numbers, n=n, method="sam"),
    }
    if given.get("normalisation") == "off":
        wanted |= {
            key: judge(function, facts, **asked(function, numbers | {"n": n}))
            for key, function in (("reach-plain", unnormalized_sam_reach), ("risk-plain", unnormalized_sam_risk))
        }
    here = [b for b in found if b["key"] != "lower"]
    assert [b["key"] for b in here] == list(wanted)
    for one, other in zip(here, wanted.values(), strict=True):
        if isinstance(other, bounds.Bound):
            assert one["value"] == pytest.approx(other.value, rel=1e-9), (given, one)
        else:
            assert one["why"], (given, one)
        if one["key"].endswith("plain"):
            assert one["name"].partition(":")[0] == title_of(unnormalized_sam_risk)


def test_the_chain_without_normalisation(opened):
    """Its bounds apply there, too, and no other does; the run is the package's."""
    cases = [
        {
            "instance": "sam-chain",
            "n": 6,
            "T": 20,
            "eta": eta,
            "radius": radius,
            "method": "sam",
            "normalisation": "off",
        }
        for eta, radius in ((1 / 4, 0.05), (1 / 4, 0.1), (1 / 2, 0.5), (1 / 24, 0.3))
    ]
    read = "cases => cases.map(scoFlat.simulate).map(({ last, average, bounds }) => ({ last, average, bounds }))"
    applied = []
    for given, page in zip(cases, opened().evaluate(read, cases), strict=True):
        request = runs.request_from(
            "sam-chain", "sam", n=6, steps=20, step_size=given["eta"], perturbation_radius=given["radius"],
            normalize=False, allow_outside=True,
        )  # fmt: skip
        run, simulation = runs.execute(request)
        for name in ("last", "average"):
            assert page[name]["population"] == pytest.approx(list(run.points[name].population_risk), rel=1e-9)
        assert page["bounds"][0]["why"]
        compare_bounds(given, page["bounds"], request, simulation)
        applied.append("value" in page["bounds"][-1])
    assert {*applied} == {True, False}


def test_the_scene(opened):
    """SAM drifts and gradient descent rests; the numbers shown are those of the package, in units of eta r² T."""
    tab = opened()
    tab.get_by_role("button", name="8 The valley").click()
    settled(tab)
    given = tab.evaluate("scoFlat.run.settings")
    simulation = python_run(given)[2]
    r, (b, x) = simulation.instance.perturbation_radius, simulation.last
    unit = given["eta"] * r**2 * given["T"]
    ours = f"{x * x / 4 / unit:.4g}"
    rest = python_run(given | {"method": "gd"})[2].last[1]
    assert x > 1e4 * rest
    words = tab.inner_text("#headline")
    assert f"x ends at {x:.4g}, gradient descent at" in words
    assert f"¼x² = {ours} η r² T." in words
    assert tab.inner_text("#points tbody tr:first-child td:last-child") == ours
    assert tab.inner_text("#moment").startswith(f"t = 64: x = {x:.4g}, b = {b:.4g}, F = ")
    assert f"at least 1/{1 / LEAST_RISK['orthonormal']:g}" in tab.text_content("#suffix")
    assert tab.is_visible("#landscape")
    assert not tab.is_visible("#map")
    for hidden in ("n", "rho", "seed"):
        assert not tab.is_visible(f"#{hidden}")
    tab.get_by_text("Every iterate as a table").click()
    cells = tab.locator("#iterates tbody tr:last-child td").all_inner_texts()
    assert [float(cell) for cell in cells[-2:]] == [float(f"{v:.4g}") for v in (b, x)]
    tab.get_by_role("button", name="9 Not normalised").click()
    settled(tab)
    assert tab.evaluate("scoFlat.run.last.x") < 1e-5
    assert "at least" not in tab.text_content("#suffix")  # no theorem says so of this run
    verdicts = tab.locator("#bounds tbody td:last-child").all_inner_texts()
    assert verdicts[-2:] == ["ok", "this sample is below it"]
    tab.get_by_role("button", name="1 SAM walks").click()
    settled(tab)
    assert not tab.is_visible("#landscape")
    assert tab.is_visible("#map")


def test_keyboard_and_link(opened, capsys):
    """By keys alone: step size, radius, number of steps, time. Link and command bring the same run."""
    tab = opened("#instance=valley-2d")
    tab.uncheck("#auto")
    for control, key in (("T", "ArrowRight"), ("eta", "ArrowLeft"), ("radius", "ArrowLeft")):
        tab.focus(f"#{control}-slider")
        tab.keyboard.press(key)
        settled(tab)
    tab.focus("#normalisation")
    tab.keyboard.press("Space")
    settled(tab)
    given = tab.evaluate("scoFlat.run.settings")
    assert (given["T"], given["eta"], given["normalisation"]) == (65, 2**-2.25, "off")
    assert tab.is_disabled("#epsilon")
    tab.keyboard.press("Space")
    tab.focus("#time")
    tab.keyboard.press("Home")
    settled(tab)
    start = python_run(given)[2].started()
    assert f"x = {float(f'{start[1]:.3g}')}".replace("e-0", "e-") in tab.inner_text("#moment")
    other = opened(tab.evaluate("location.hash"))
    assert other.evaluate("scoFlat.run.last") == tab.evaluate("scoFlat.run.last")
    command = tab.inner_text("#command").split()
    assert cli.main([*command[1:], "--json"]) == 0
    assert f'"instance": "{given["instance"]}"' in capsys.readouterr().out


def test_nothing_lies_outside_or_overlaps(opened):
    """No text of a picture leaves it or covers another, on desk and phone: all scenes, ends of sliders."""
    overlap = """() => {
      const found = [];
      for (const svg of document.querySelectorAll(".panels svg")) {
        const frame = svg.getBoundingClientRect();
        const texts = [...svg.querySelectorAll("text")].map((t) => [t.textContent, t.getBoundingClientRect()]);
        texts.forEach(([text, at], k) => {
          if (at.left < frame.left - 1 || at.right > frame.right + 1) found.push(`out: ${text}`);
          if (at.top < frame.top - 5 || at.bottom > frame.bottom + 5) found.push(`out: ${text}`);
          for (const [other, to] of texts.slice(0, k))
            if (at.left < to.right - 1 && to.left < at.right - 1 && at.top < to.bottom - 4 && to.top < at.bottom - 4)
              found.push(`${text} on ${other}`);
        });
      }
      return found;
    }"""
    for width, height in ((1280, 800), (390, 844)):
        tab = opened(viewport={"width": width, "height": height})
        for scene in tab.locator("#scenes button").all():
            scene.click()
            settled(tab)
            assert tab.evaluate(overlap) == [], (width, scene.inner_text())
        ends = ("&method=gd", "&eta=4", "&T=2", "&radius=7&eta=0.01&T=200")
        places = [f"instance=valley-2d{end}" for end in ends]
        for place in (*places, "T=2", "T=200&n=12&method=gd", "instance=sagd-blocks&method=sagd&T=200&preset=robust"):
            tab.evaluate(f"location.hash = '{place}'")
            until(tab, f"scoFlat.run.settings.T === {place.partition('T=')[2].partition('&')[0] or 64}")
            settled(tab)
            assert tab.evaluate(overlap) == [], (width, place)
            assert tab.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_a_step_that_is_too_long(opened):
    """The iterates run away; the page says why and where it stops."""
    tab = opened("#instance=valley-2d&eta=16&T=256&radius=0.1")
    words = tab.inner_text("#headline")
    assert "η is at least 2/β = 1.8" in words
    assert "pass all bounds, and the run stops" in words
    assert tab.evaluate("scoFlat.run.stopped") > 10
    assert "stopped before its end" in tab.text_content("#suffix")


def test_the_level_lines_are_those_of_the_loss(opened):
    """At every point of a level line the package's loss has that level; the ends are as far as the picture."""
    tab = opened("#instance=valley-2d")
    model = instances.get("valley-2d")(n=1, steps=64, step_size=0.25, perturbation_radius=0.25)
    behind = 0
    for level in (1e-4, 0.01, 0.3):
        line = tab.evaluate(f"scoFlat.run.model.levelLine({level}, 9)")
        assert line[0][1] == line[-1][1] == 9
        felt = [model.loss(np.array(w), None) for w in line]
        assert felt == pytest.approx([level] * len(line), rel=1e-9)
        c, h, _ = model.constants()
        behind += sum(c * abs(b) + x + h / c < 0 for b, x in line)
    assert behind > 10

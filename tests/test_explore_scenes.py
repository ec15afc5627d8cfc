"""The two minima, flatness over t, many samples and the glossary of the explorable page, against the package."""

import math
from pathlib import Path

import numpy as np
import pytest
from conftest import settled, until

from sco_flat import cli, instances, runs
from sco_flat.engines.layout import Layout, Look
from sco_flat.explore import page as source
from sco_flat.works.flat_minima import conditions


def close(wanted):
    """1e-9 relative; what cancels is 0 in one order of summation and 1e-32 in another."""
    return pytest.approx(wanted, rel=1e-9, abs=1e-25)


def package(given):
    """The same run by the package."""
    own = {"sam-chain": ("parameters",), "sagd-blocks": ("preset", "oracle")}.get(given["instance"], ())
    options = {key: given[key] for key in own if key in given}
    if given["instance"] != "valley-2d":
        options |= {"n": given["n"], "seed": given.get("seed", 0), "event": given.get("event")}
    options |= {"flatness_radius": given["rho"]} if given.get("rho") else {}
    return runs.execute(
        runs.request_from(
            given["instance"], given["method"], steps=given["T"], step_size=given.get("eta", 0.25),
            perturbation_radius=given["radius"], allow_outside=True, **options,
        )
    )[1]  # fmt: skip


TWO = [
    {"instance": "flat-erm", "n": n, "rho": rho, "radius": radius, "seed": seed}
    for n, rho, radius, seed in ((6, 0.25, 0.5, 0), (3, 0.0, 0.3, 4), (8, 0.5, 0.2, 1), (5, 0.7, 1.2, 2))
]
READ_TWO = """cases => cases.map(settings => {
  const run = scoFlat.simulate(settings);
  const { flat, sharp, model, conditions } = run;
  const { slice, growth } = scoFlat;
  return { flat, sharp, columns: model.columns, slice: slice(run), growth: growth(run), conditions };
})"""


def test_the_two_minima_are_those_of_the_package(opened):
    """Also everything on the line through both, and their SAER at every radius."""
    for given, page in zip(TWO, opened().evaluate(READ_TWO, TWO), strict=True):
        rho, radius = given["rho"], given["radius"]
        model = instances.get("flat-erm")(
            n=given["n"], steps=1, step_size=0.25, perturbation_radius=radius, flatness_radius=rho
        )
        sample = model.draw("any", given["seed"])
        assert page["columns"] == list(sample.event.columns)
        layout = Layout(model, sample, np.array(page["columns"][:1]))
        places = [(s, (1 - s) * rho) for s in np.linspace(-0.4, 1.4, 181)]
        points = [(page["flat"], (1.0, 0.0)), (page["sharp"], (0.0, rho)), *zip(page["slice"], places, strict=True)][
            :40
        ]
        for found, at in points:
            look = Look(layout, np.array(at))
            assert found["empirical"] == close(look.empirical_risk), (given, at)
            assert found["population"] == close(list(look.population_risk)), (given, at)
            assert found["saer"] == close(list(model.saer_bracket(look))), (given, at)
        for name, at in (("flat", (1.0, 0.0)), ("sharp", (0.0, rho))):
            look = Look(layout, np.array(at))
            assert page[name]["flatness"] == pytest.approx(model.flatness_at(look), abs=1e-15)
            for k in (0, 30, 120):
                assert page["growth"][name][k] == close(look.upper(k / 100))
        (legal,) = conditions.theorem1(rho)
        assert [c["holds"] for c in page["conditions"]] == [legal.holds]


FLATNESS = [
    {"instance": "sam-chain", "n": 6, "T": 12, "radius": 0.5, "method": "sam"},
    {"instance": "sam-chain", "n": 6, "T": 7, "radius": 0.5, "method": "gd"},
    {"instance": "sam-chain", "n": 3, "T": 8, "eta": 1.0, "radius": 2.0, "method": "sam", "parameters": "printed"},
    {"instance": "sagd-blocks", "n": 4, "T": 9, "radius": 0.7, "rho": 0.1, "method": "sagd", "preset": "robust"},
    {"instance": "sagd-blocks", "n": 4, "T": 9, "radius": 0.7, "rho": 0.1, "method": "gd"},
    {"instance": "valley-2d", "T": 12, "radius": 0.5, "method": "sam"},
    {"instance": "valley-2d", "T": 12, "radius": 0.5, "method": "gd"},
]
READ_RUN = """cases => cases.map(settings => {
  const { saers, restingRisks, average, bounds, model, iterates } = scoFlat.simulate(settings);
  return { saers, restingRisks, average, bounds, event: model.inEvent(), iterates };
})"""


def test_flatness_over_time(opened):
    """SAER of every iterate: the package's bracket, or one that holds it, with the package's own ends."""
    for given, page in zip(FLATNESS, opened().evaluate(READ_RUN, FLATNESS), strict=True):
        simulation = package(given)
        model, radius = simulation.instance, given["radius"]
        for (t, w), (low, high) in zip(simulation.iterates(), page["saers"], strict=True):
            look = simulation.look(w)
            if given["instance"] != "sam-chain":
                assert [low, high] == close(list(model.saer_bracket(look))), (given, t)
                continue
            seen = model._asleep(look)
            push = 0.0 if seen is None else 0.5 * (1 + seen) * radius**2
            assert [low, high] == close([look.empirical_risk + push, look.upper(radius)]), (given, t)
            if t % 4:
                continue
            inner = model.saer_bracket(look)  # closer, by a search
            assert low <= inner[0] * (1 + 1e-9), (given, t)
            assert high >= inner[1] * (1 - 1e-9), (given, t)


def test_gradient_descent_beside_each_method(opened):
    cases = [case for case in FLATNESS if case["method"] != "gd"]
    for given, page in zip(cases, opened().evaluate(READ_RUN, cases), strict=True):
        simulation = package(given | {"method": "gd"})
        risks = [simulation.instance.population_risk(simulation.look(w).profile())[0] for _, w in simulation.iterates()]
        assert page["restingRisks"] == close(risks), given
        assert max(risks) < 1e-3 * page["iterates"][-1]["population"][0]


LEFT = [
    {"instance": name, "n": 5, "T": 10, "radius": radius, "method": method, "seed": seed, "event": "chance"}
    for name, radius, method in (("sam-chain", 0.6, "sam"), ("sagd-blocks", 1.2, "sagd")) for seed in range(6)
]  # fmt: skip


def test_the_event_left_to_chance(opened):
    """The samples are the package's, in the event or not; no theorem speaks of those outside."""
    seen = set()
    for given, page in zip(LEFT, opened().evaluate(READ_RUN, LEFT), strict=True):
        simulation = package(given | {"event": "free"})
        bad = int((simulation.layout.sample.codes == simulation.instance.bad_code).sum())
        inside = bad == 1 if given["instance"] == "sam-chain" else bad >= 1
        assert page["event"] == inside
        assert (page["bounds"][0].get("why") == "the sample is not in the theorem's event") == (not inside)
        look = simulation.look(simulation.average)
        risk = simulation.instance.population_risk(look.profile())
        assert page["average"]["population"] == close(list(risk)), given
        seen.add((given["instance"], inside))
    assert len(seen) == 4


def test_many_samples(opened):
    """Mean, least and most of the runs with the seeds that follow; the first one is that of the page."""
    tab = opened("#instance=sam-chain&n=6&T=9&radius=0.5&seed=3&samples=5&event=chance")
    until(tab, "scoFlat.run.many.done")
    many = tab.evaluate("scoFlat.run.many")
    given = {"instance": "sam-chain", "n": 6, "T": 9, "radius": 0.5, "method": "sam", "event": "free"}
    runs_of = [package(given | {"seed": seed}) for seed in range(3, 8)]
    events = [int((run.layout.sample.codes == 0).sum()) == 1 for run in runs_of]
    risks = np.array(
        [[run.instance.population_risk(run.look(w).profile())[0] for _, w in run.iterates()] for run in runs_of]
    )
    for name, wanted in (("mean", risks.mean(axis=0)), ("least", risks.min(axis=0)), ("most", risks.max(axis=0))):
        assert many[name] == close(wanted.tolist()), name
    averages = [run.instance.population_risk(run.look(run.average).profile())[0] for run in runs_of]
    assert 0 < sum(events) < 5
    said = f"Over 5 samples, {sum(events)} of them in the event, the mean population risk is {np.mean(averages):.4g}."
    assert said in tab.inner_text("#headline")
    assert "mean F of 5" in tab.text_content("#risk")
    assert "the mean of 5 samples is below it" in tab.inner_text("#bounds tbody tr:last-child")
    assert "--event free" in tab.inner_text("#command")
    tab.fill("#samples", "1")
    settled(tab)
    assert "mean F" not in tab.text_content("#risk")


def test_the_first_scene_by_keys(opened, capsys):
    """SAER grows with r, at the sharp minimum first; the command on the page says the same."""
    tab = opened()
    for key in ("Home", "ArrowRight", "ArrowRight"):
        tab.focus("#radius-slider")
        tab.keyboard.press(key)
    settled(tab)
    assert tab.evaluate("scoFlat.run.settings.radius") == 0.03
    assert tab.inner_text("#moment") == "r = 0.03: SAER 0 (flat), 0.00045 (sharp)"
    tab.focus("#play")
    tab.keyboard.press("Space")
    until(tab, "scoFlat.run.settings.radius > 0.05")
    tab.keyboard.press("Space")
    assert tab.inner_text("#play") == "Play"
    tab.fill("#radius", "0.7")
    settled(tab)
    said = "it grows to at most (SAER) 0.125 around the flat one and 0.245 around the sharp one"
    assert said in tab.inner_text("#headline")
    assert tab.locator("#bounds tbody td:last-child").all_inner_texts() == ["ok", "ok"]
    assert cli.main(tab.inner_text("#command").split()[1:]) == 0
    assert "0.125" in capsys.readouterr().out
    tab.fill("#rho", "0")
    settled(tab)
    assert "no minimum is flatter" in tab.inner_text("#headline")


def test_words_explain_themselves(opened):
    """On hover, on focus, and in a panel that a click opens; Escape closes both."""
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    tab = opened(viewport={"width": 1280, "height": 720})
    word = tab.locator("#headline .word", has_text="SAER")
    word.hover()
    assert tab.inner_text("#tip").startswith("Sharpness-aware empirical risk")
    assert word.get_attribute("aria-describedby") == "tip"
    tab.keyboard.press("Escape")
    assert not tab.is_visible("#tip")
    tab.mouse.move(640, 600)
    word.focus()
    box = tab.locator("#tip").bounding_box()
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= 1280
    tab.keyboard.press("Enter")
    assert tab.is_visible("#glossary")
    assert not tab.is_visible("#tip")
    listed = tab.locator("#entries dt").all_inner_texts()
    assert {"SAER", "event", "suffix averages", "oracle", "flat minimum"} <= set(listed)
    found = axe.run(tab).response
    assert [(v["id"], [n["html"] for n in v["nodes"]]) for v in found["violations"]] == []
    tab.keyboard.press("Escape")
    assert not tab.is_visible("#glossary")


def test_the_notebook_comes_along(opened):
    """A click saves the notebook of the scene, without network."""
    tab = opened()
    folder = Path(__file__).parents[1] / "notebooks"
    for scene, name in (("0 Flat and sharp", "1_flat_and_sharp.py"), ("8 The valley", "6_the_valley.py")):
        tab.get_by_role("button", name=scene).click()
        settled(tab)
        with tab.expect_download() as download:
            tab.locator(".more a:visible").click()
        assert download.value.suggested_filename == name
        assert Path(download.value.path()).read_bytes() == (folder / name).read_bytes()


def test_without_the_notebooks_their_names_are_left(monkeypatch, tmp_path):
    """An installed package is without them."""
    monkeypatch.setattr(source, "__file__", str(tmp_path / "sco_flat" / "explore" / "page.py"))
    assert "href" not in source.notebooks()
    for name in source.LECTURES.values():
        assert f"notebooks/{name}.py" in source.notebooks()


def test_a_mended_link_says_what_is_taken(opened):
    tab = opened("#instance=sagd-blocks&method=sam&T=1000&samples=65")
    assert tab.inner_text("#copied") == (
        "The link was mended: T = 1000: a whole number from 2 to 256; 64 is taken. samples = 65: a whole number from "
        "1 to 64; 1 is taken. method = sam: not for sagd-blocks; sagd is taken."
    )
    assert math.isclose(tab.evaluate("scoFlat.run.settings.radius"), 0.5)
    assert opened(tab.evaluate("location.hash")).inner_text("#copied") == ""


def test_a_risk_that_vanishes_does_not_fill_an_axis(opened):
    """SAM beside a tiny epsilon rests at a risk of 3e-36: no tick of the picture is as small, and its line is at 0."""
    tab = opened("#instance=sam-chain&epsilon=1e-12")
    assert 0.0 < tab.evaluate("scoFlat.run.average.population[0]") < 1e-30
    ticks = tab.eval_on_selector_all("#risk text.tick", "all => all.map((tick) => Number(tick.textContent))")
    assert min(t for t in ticks if t > 0.0) > 1e-3

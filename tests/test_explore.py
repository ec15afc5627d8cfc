"""The explorable page in a real browser: its numbers against the package, controls, keyboard, address bar, access."""

import itertools
import json
import math
import os
import re

import numpy as np
import pytest
from conftest import settled, until

from sco_flat import bounds, cli, instances, runs, works
from sco_flat.bounds.base import judge, title_of
from sco_flat.explore import page as source
from sco_flat.instances.base import Loss
from sco_flat.works.flat_minima import lower, upper

# --- numbers ---

CHAIN = [
    {"instance": "sam-chain", "n": n, "T": T, "eta": eta, "radius": share / (2 * eta * math.sqrt(T)), "seed": seed}
    | {"parameters": parameters, "method": "sam", "epsilon": epsilon}
    for n, (T, seed), eta, share, parameters, epsilon in itertools.product(
        (6, 9), ((6, 0), (31, 3)), (1 / 24, 1 / 4, 1.0), (1.0, 0.3), ("corrected", "printed"), (0.0, 1e-12)
    )
]
BLOCKS = [
    {"instance": "sagd-blocks", "n": n, "T": T, "eta": eta, "radius": rho + share / (eta * math.sqrt(T)), "rho": rho}
    | {"preset": preset, "oracle": oracle, "seed": seed, "method": "sagd"}
    for (n, seed), (T, eta), share, rho, preset, oracle in itertools.product(
        ((3, 0), (6, 7)), ((2, 1.0), (31, 1 / 4), (100, 1 / 16)), (1.0, 0.5), (0.0, 0.02, 0.3), ("paper", "robust"),
        ("adversarial", "coordinate", "benign", "uniform"),
    )
]  # fmt: skip
# in every fifth of them every pair of values still meets
LONG = [
    {"instance": "sam-chain", "T": 200, "n": 12, "eta": 1 / 24, "radius": 1 / (2 / 24 * math.sqrt(200))},
    {"instance": "sam-chain", "T": 200, "eta": 1 / 4, "radius": 1.0, "rho": 0.3},  # outside the theorem
    {"instance": "sam-chain", "T": 4, "n": 3, "eta": 1 / 4, "radius": 3.0},
    {"instance": "sam-chain", "T": 200, "method": "gd", "radius": 0.1},
    {"instance": "sagd-blocks", "T": 200, "n": 5, "method": "gd", "radius": 0.1},
    {"instance": "sagd-blocks", "T": 200, "n": 8, "eta": 1.0, "radius": 4.0, "rho": 0.5, "method": "sagd", "seed": 11},
    {"instance": "sagd-blocks", "T": 256, "n": 12, "radius": 0.25, "method": "sagd", "oracle": "coordinate"},
    {"instance": "sagd-blocks", "T": 256, "n": 7, "radius": 0.25, "method": "sagd", "seed": 47},  # 8 blocks
    {"instance": "sam-chain", "T": 9, "n": 1, "radius": 0.5, "seed": 123456789012345},
]


@pytest.fixture(autouse=True)
def the_chain_shows_no_saer(monkeypatch):
    """The page shows none of the chain, so that it need not be closed."""
    monkeypatch.setattr(instances.get("sam-chain"), "saer_bracket", Loss.saer_bracket)


def python_run(given):
    """The same run by the package."""
    own = {"sam-chain": ("parameters",), "sagd-blocks": ("preset", "oracle")}[given["instance"]]
    options = {k: given[k] for k in own if k in given}
    options |= {"epsilon": given["epsilon"]} if given.get("epsilon") else {}
    rho = 0.0 if given["instance"] == "sam-chain" else given.get("rho", 0.0)
    request = runs.request_from(
        given["instance"], given.get("method", "sam"), n=given.get("n", 8), steps=given["T"],
        step_size=given.get("eta", 0.25), perturbation_radius=given["radius"], flatness_radius=rho,
        seed=given.get("seed", 0), allow_outside=True, **options,
    )  # fmt: skip
    return request, *runs.execute(request)


def close(found, wanted):
    """1e-9 relative; sums that cancel exactly in one order of summation leave 1e-32 in another."""
    return found == pytest.approx(wanted, rel=1e-9, abs=1e-25)


READ = """cases => cases.map(settings => {
  const { last, average, suffixes, lowest, iterates, conditions, bounds, stopped, history, model } =
    scoFlat.simulate(settings);
  const shown = Array.from(model.shown(history.at(-1)));
  const { tied } = model;
  return { last, average, suffixes, lowest, iterates, conditions, bounds, stopped, shown, tied };
})"""


@pytest.mark.parametrize(
    "cases",
    [CHAIN[::5], BLOCKS[::5], LONG, *(pytest.param(cases, marks=pytest.mark.deep) for cases in (CHAIN, BLOCKS))],
    ids=["chain", "blocks", "long", "whole chain", "whole blocks"],
)
def test_numbers_are_those_of_the_package(opened, cases):
    tab = opened("#instance=sam-chain")
    for given, page in zip(cases, tab.evaluate(READ, cases), strict=True):
        request, run, simulation = python_run(given)
        assert page["stopped"] == 0, given
        for name in ("last", "average"):
            point = run.points[name]
            assert close(page[name]["population"], list(point.population_risk)), given
            assert close(page[name]["empirical"], point.empirical_risk), given
        found = [suffix["population"][0] for suffix in page["suffixes"]]
        assert close(found, simulation.suffix_risks[:, 0].tolist()), given
        assert close(found[page["lowest"]], run.points["lowest_suffix"].population_risk[0])
        for t, w in itertools.islice(simulation.iterates(), 0, None, 7):
            at = simulation.look(w)
            assert close(page["iterates"][t - 1]["empirical"], at.empirical_risk), (given, t)
            risk = list(simulation.instance.population_risk(at.profile()))
            assert close(page["iterates"][t - 1]["population"], risk), (given, t)
        column = int(np.flatnonzero(simulation.layout.sample.codes == simulation.instance.bad_code)[0])
        block = simulation.layout.dense(simulation.last)[:-1].reshape(simulation.instance.m, -1)[column]
        assert close(page["shown"], block.tolist()), given
        if "saer" in page["average"] and request.settings.method == "sagd":
            (low, high), own = page["average"]["saer"], run.points["average"].saer
            assert high >= own[0] * (1 - 1e-9), given
            assert low <= own[1] * (1 + 1e-9), given  # away from b = 0 the page has the wider bracket
            assert close(high, own[1]) or given["oracle"] == "uniform", given
        assert (page["tied"] or 0) == simulation.tied_steps
        homes = [s for s in works.about(request.instance) if s.home]
        conditions = [c for s in homes for c in s.hypotheses(simulation.instance) if "P(z" not in c.name]
        assert [c["holds"] for c in page["conditions"]] == [c.holds for c in conditions], given
        compare_bounds(given, page["bounds"], request, simulation)


def drawn(rng):
    """Any settings that the page can have."""
    chain = rng.random() < 0.5
    steps, eta, rho = int(rng.integers(2, 130)), 2 ** rng.uniform(-9, 3), rng.choice([0.0, 0.5 * rng.random()])
    found = {"n": int(rng.integers(1, 10)), "T": steps, "eta": eta, "rho": rho, "seed": int(rng.integers(10**6))}
    share = rng.choice([1.0, 2 ** rng.uniform(-4, 2)])
    if chain:
        found |= {"instance": "sam-chain", "method": "sam", "rho": 0.0, "radius": share / (2 * eta * math.sqrt(steps))}
        return found | {"parameters": str(rng.choice(["corrected", "printed"])), "epsilon": rng.choice([0.0, 1e-16])}
    oracle = str(rng.choice(["adversarial", "coordinate", "benign", "uniform"]))
    found |= {"instance": "sagd-blocks", "method": "sagd", "radius": rho + share / (eta * math.sqrt(steps))}
    return found | {"preset": str(rng.choice(["paper", "robust"])), "oracle": oracle}


@pytest.mark.deep
@pytest.mark.filterwarnings("ignore::RuntimeWarning")  # far outside the theorem runs overflow, in both
def test_numbers_at_random_settings(opened):
    """Averages may cancel to 1e-15 of the iterates' risks, where the rounding of both sums is what is left."""
    rng = np.random.default_rng(0)
    cases = [drawn(rng) for _ in range(1000)]
    finished = 0
    for given, page in zip(cases, opened().evaluate(READ, cases), strict=True):
        if page["stopped"]:
            continue
        finished += 1
        _, run, simulation = python_run(given)
        scale = max(at["population"][1] for at in page["iterates"])
        for name in ("last", "average"):
            found, wanted = page[name]["population"], list(run.points[name].population_risk)
            assert found == pytest.approx(wanted, rel=1e-9, abs=1e-14 * scale), given
            found = page[name]["empirical"]
            assert found == pytest.approx(run.points[name].empirical_risk, rel=1e-9, abs=1e-14 * scale), given
        found = [suffix["population"][0] for suffix in page["suffixes"]]
        assert found == pytest.approx(simulation.suffix_risks[:, 0].tolist(), rel=1e-9, abs=1e-14 * scale), given
    assert finished > 950


def lowest(simulation, facts):
    """The lower bound on every suffix; with the printed constants what their own lemmas give, which may fail."""
    instance, settings = simulation.instance, simulation.settings
    ((statement, found),) = works.base.lower_bounds(instance, settings, facts)
    if facts.get("constants") != "printed":
        return found
    numbers = {k: getattr(instance, k) for k in ("step_size", "steps", "perturbation_radius", "n")}
    reason = statement.objection(instance, facts)
    return reason or bounds.attempt(lower.theorem7_printed_lemma, **numbers, width=instance.m)


def compare_bounds(given, found, request, simulation):
    """Every bound of the page is the package's, and applies where the package's does."""
    instance, method = simulation.instance, request.settings.method
    if method == "gd":
        assert found == []
        return
    facts = works.base.facts_of(simulation)
    numbers = works.base.numbers_of(simulation)
    sam = method == "sam"
    wanted = {
        "lower": lowest(simulation, facts),
        "reach-paper": judge(upper.theorem5 if sam else upper.theorem2, facts, **numbers),
        "reach-sharper": judge(bounds.sam_sharper if sam else bounds.sa_gd_sharper, facts, **numbers),
        "risk-paper": judge(upper.theorem8 if sam else upper.theorem4, facts, **numbers, n=instance.n),
        "risk-sharper": judge(bounds.risk_a_priori, facts, **numbers, n=instance.n, method="sam" if sam else "sa-gd"),
    }
    if not sam:
        wanted["risk-maximisers"] = judge(bounds.sa_gd_risk, facts, **numbers, n=instance.n)
    assert [b["key"] for b in found] == list(wanted)
    reach, risk = (upper.theorem5, upper.theorem8) if sam else (upper.theorem2, upper.theorem4)
    stated = {"lower": f"({works.base.home(instance.name).title})", "reach": title_of(reach), "risk": title_of(risk)}
    for one in found:
        assert f"({one['name'].partition(',')[0]})" in stated[one["key"].partition("-")[0]], one
    for one, other in zip(found, wanted.values(), strict=True):
        if isinstance(other, bounds.Bound):
            assert close(one["value"], other.value), (given, one)
        else:
            assert one["why"], (given, one)


def test_a_run_that_would_take_long_stops_and_says_so(opened):
    tab = opened("#parameters=printed&n=12&T=200&eta=1/24")
    found = tab.evaluate("({stopped: scoFlat.run.stopped, iterates: scoFlat.run.iterates, awake: scoFlat.run.awake})")
    assert 8 < found["stopped"] < 200
    assert "blocks are awake" in tab.inner_text("#headline")
    assert "stopped before its end" in tab.text_content("#ladder")
    assert tab.inner_text("#bounds tbody tr:first-child td:last-child") == "the run stopped"
    given = {"instance": "sam-chain", "n": 12, "T": 200, "eta": 1 / 24, "radius": 1 / (2 / 24 * math.sqrt(200))}
    _, _, simulation = python_run(given | {"parameters": "printed"})
    for t, w in itertools.islice(simulation.iterates(), found["stopped"]):
        assert close(found["iterates"][t - 1]["empirical"], simulation.look(w).empirical_risk)


# --- what a person does ---


def test_keyboard_alone(opened):
    """Tab to a slider, move it by keys: the numbers that are shown are those of the package for these settings."""
    tab = opened("#instance=sam-chain")
    tab.focus("#T-slider")
    for _ in range(3):
        tab.keyboard.press("ArrowRight")
    tab.focus("#n-slider")
    tab.keyboard.press("End")
    tab.focus("#eta-slider")
    tab.keyboard.press("ArrowLeft")
    settled(tab)
    given = tab.evaluate("scoFlat.run.settings")
    assert (given["T"], given["n"], given["eta"]) == (67, 12, 2**-2.25)
    _, run, _ = python_run(given)
    risk = run.points["average"].population_risk[0]
    assert close(tab.evaluate("scoFlat.run.average.population[0]"), risk)
    shown = tab.inner_text("#points tbody tr:nth-child(2) td:nth-child(3)")
    assert float(shown) == float(f"{risk:.4g}")
    assert f"population risk {shown}" in tab.inner_text("#headline")
    assert tab.get_attribute("#eta-slider", "aria-valuetext") == "0.2102"


def test_every_control_reaches_the_simulation(opened):
    tab = opened("#instance=sam-chain")
    tab.check("#epsilon")
    settled(tab)
    assert tab.evaluate("scoFlat.run.settings.epsilon") == 1e-12
    assert tab.evaluate("scoFlat.run.average.population[0]") < 1e-20
    tab.get_by_label("as printed in the paper").check()
    tab.get_by_label("SA-GD on blocks (Theorem 3)").check()
    settled(tab)
    assert tab.evaluate("scoFlat.run.settings.method") == "sagd"
    assert not tab.is_visible("#epsilon")
    tab.select_option("#oracle", "benign")
    tab.get_by_label("robust: no choice left").check()
    tab.fill("#T", "50")
    tab.fill("#eta", "1/8")
    tab.uncheck("#auto")
    tab.fill("#radius", "0.75")
    tab.fill("#rho", "0.05")
    tab.fill("#seed", "4")
    settled(tab)
    given = tab.evaluate("scoFlat.run.settings")
    wanted = {"T": 50, "eta": 0.125, "radius": 0.75, "rho": 0.05, "seed": 4, "oracle": "benign", "preset": "robust"}
    assert {k: given[k] for k in wanted} == wanted
    _, run, _ = python_run(given | {"epsilon": 0})
    assert close(tab.evaluate("scoFlat.run.average.population[0]"), run.points["average"].population_risk[0])
    command = tab.inner_text("#command")
    assert command.startswith("sco-flat run sagd-blocks --method sagd")
    tab.get_by_label("plain gradient descent").check()
    settled(tab)
    assert tab.evaluate("scoFlat.run.average.population[0]") == 0


def test_the_command_on_the_page_gives_its_numbers(opened, capsys):
    tab = opened("#n=7&T=40&radius=5&parameters=printed&seed=2")
    command = tab.inner_text("#command").split()
    assert command[0] == "sco-flat"
    cli.main([*command[1:], "--json"])
    found = json.loads(capsys.readouterr().out)
    assert close(tab.evaluate("scoFlat.run.average.population[0]"), found["points"]["average"]["population_risk"][0])


def test_outside_the_theorem_is_marked_not_refused(opened):
    tab = opened("#radius=1&n=4")
    marks = tab.locator("#conditions li.fails").all_inner_texts()
    assert marks == ["✗ outside: n ≥ 6 (it is 4, the limit 6)", "✗ outside: r ≤ 1/(2 η √T) (it is 1, the limit 0.25)"]
    assert "Outside the theorem: n ≥ 6; r ≤ 1/(2 η √T)." in tab.inner_text("#headline")
    assert "outside: n ≥ 6" in tab.inner_text("#bounds tbody tr:first-child")
    assert tab.evaluate("scoFlat.run.average.population[0]") > 0
    assert "--allow-outside" in tab.inner_text("#command")


def test_the_ladder_calls_an_upper_bound_no_lower_one(opened):
    """Each mark has the strength of its bound: SA-GD has one lower bound, and one for exact maximisers."""
    labels = opened("#instance=sagd-blocks&method=sagd&n=6").text_content("#ladder")
    assert labels.count("lower bound: ") == 1
    assert labels.count("for maximisers: ") == 1


def test_the_command_leaves_out_what_another_method_read(opened):
    """An epsilon chosen for SAM is no option of gradient descent, which the command line would refuse."""
    tab = opened("#epsilon=1e-12&method=gd&n=6&T=8")
    assert "--epsilon" not in tab.inner_text("#command")
    assert cli.main([*tab.inner_text("#command").split()[1:], "--json"]) == 0


def test_printed_constants_are_seen_to_fail(opened):
    tab = opened()
    tab.get_by_role("button", name="4 As printed").click()
    settled(tab)
    assert "it fails here" in tab.inner_text("#headline")
    verdicts = tab.locator("#bounds tbody td:last-child").all_inner_texts()
    assert verdicts[:3] == ["fails", "ok", "ok"]
    assert verdicts[3:] == ["this sample is below it"] * 2  # these bounds are on the mean over samples
    assert tab.inner_text("#bounds tbody tr:first-child td.fails") == "fails"


SCENES = {
    "1 SAM walks": (0.01, 1), "2 GD stays": (0, 1e-30), "3 A tiny ε": (0, 1e-20), "4 As printed": (1e-4, 1e-3),
    "5 SA-GD walks": (0.05, 1), "6 A kind oracle": (0, 1e-4), "7 No way out": (0.05, 1),
    "8 The valley": (1e-8, 1e-6), "9 Not normalised": (1e-16, 1e-14),
}  # fmt: skip
IN_VIEW = """() => {
  const parts = [...document.querySelectorAll("header, #said, #controls, #through, .panels")];
  return parts.map((part) => [part.id || part.className, part.getBoundingClientRect()])
    .filter(([, at]) => at.top < 0 || at.bottom > innerHeight || at.right > innerWidth)
    .map(([name, at]) => `${name} ends at ${at.bottom}`);
}"""


def test_scenes_show_what_they_say(opened):
    """And all of it at once on a laptop: headline, conditions, controls, pictures and the loss."""
    tab = opened(viewport={"width": 1280, "height": 720})
    names = tab.locator("#scenes button").all_inner_texts()
    assert names == ["0 Flat and sharp", *SCENES]
    assert tab.locator("#scenes button[aria-pressed=true]").all_inner_texts() == names[:1]
    assert tab.evaluate(IN_VIEW) == []
    for name, (low, high) in SCENES.items():
        tab.get_by_role("button", name=name).click()
        settled(tab)
        assert low <= tab.evaluate("scoFlat.run.average.population[0]") <= high, name
        assert tab.locator("#scenes button[aria-pressed=true]").all_inner_texts() == [name]
        assert tab.locator("#conditions li.fails").count() == 0
        assert tab.evaluate(IN_VIEW) == [], name
        words, model = tab.inner_text("#headline"), tab.evaluate("scoFlat.run.model")
        tied, with_b = model.get("tied"), model.get("tiedWithB")
        assert ("had a choice" in words) == bool(tied)
        if tied:
            assert ("never along b" in words) == (with_b == 0)
            assert (with_b == 0) == name.startswith("7")
            assert ("Why: all examples are alike on 1 all-plus and 1 all-minus columns" in words) == (with_b == 0)


def test_the_address_holds_the_state(opened):
    tab = opened()
    tab.get_by_label("SA-GD on blocks (Theorem 3)").check()
    tab.fill("#eta", "1/7")
    tab.select_option("#oracle", "uniform")
    settled(tab)
    other = opened(tab.evaluate("location.hash"))
    assert other.evaluate("scoFlat.run.settings") == tab.evaluate("scoFlat.run.settings")
    assert other.evaluate("scoFlat.run.average") == tab.evaluate("scoFlat.run.average")
    other.evaluate("location.hash = '#T=33'")
    until(other, "scoFlat.run.settings.T === 33")
    assert other.evaluate("scoFlat.run.settings.instance") == "sam-chain"


@pytest.mark.parametrize(
    ("address", "said"),
    [("#T=7.5", "T = 7.5: a whole number from 2 to 256"), ("#colour=red", "colour: not a setting"),
     ("#eta=-1", "eta = -1: a number from 0.001 to 16"), ("#oracle=kind", "oracle is one of adversarial"),
     ("#n=99", "n = 99: a whole number from 1 to 12"), ("#radius=1/0", "radius = 1/0"),
     ("#eta=alert(1)", "eta = alert(1)"), ("#constructor=1", "constructor: not a setting"),
     ("#__proto__=1", "__proto__: not a setting"), ("#toString=x&hasOwnProperty=1", "toString: not a setting")],
)  # fmt: skip
def test_a_bad_address_is_mended_and_said(opened, address, said):
    tab = opened(address)
    assert said in tab.inner_text("#copied")
    assert tab.evaluate("scoFlat.run.average.population[0]") == tab.evaluate(
        "scoFlat.simulate({}).average.population[0]"
    )


def test_a_link_may_have_any_name_of_a_setting(opened):
    tab = opened("#steps=30&step_size=1/8&r=0.1")
    assert tab.inner_text("#copied") == ""
    assert tab.evaluate("({T, eta, radius}) => [T, eta, radius]", tab.evaluate("scoFlat.run.settings")) == [
        30,
        0.125,
        0.1,
    ]


def test_a_bad_number_keeps_the_run(opened):
    tab = opened("#instance=sam-chain")
    before = tab.evaluate("scoFlat.updates")
    for text in ("1e9", "", "abc", "-3", "1/2/3", "0"):
        tab.fill("#eta", text)
        assert tab.get_attribute("#eta", "aria-invalid") == "true"
        assert "a number from 0.001 to 16" in tab.inner_text("#eta-hint")
    settled(tab)
    assert tab.evaluate("[scoFlat.run.settings.eta, scoFlat.updates]") == [0.25, before]
    tab.fill("#eta", "0.5")
    settled(tab)
    assert tab.get_attribute("#eta", "aria-invalid") is None
    assert tab.evaluate("scoFlat.run.settings.eta") == 0.5


def test_time_can_be_scrubbed_and_played(opened):
    tab = opened("#T=30")
    tab.focus("#time")
    tab.keyboard.press("Home")
    first = tab.evaluate("[scoFlat.run.iterates[0].empirical, scoFlat.run.iterates[0].population[0]]")
    shown = re.match(r"t = 1: Fₛ = (.*), F = (.*)", tab.inner_text("#moment"))
    assert [float(text) for text in shown.groups()] == pytest.approx(first, rel=5e-3)
    assert 0 < first[0] < 1e-30
    for _ in range(9):
        tab.keyboard.press("ArrowRight")
    shown = tab.inner_text("#moment")
    risk = tab.evaluate("scoFlat.run.iterates[9].population[0]")
    assert re.match(r"t = 10: Fₛ = .*, F = (.*)", shown)[1] == f"{risk:.4g}"
    assert tab.get_attribute("#time", "aria-valuetext") == shown
    tab.focus("#play")
    tab.keyboard.press("Space")
    until(tab, "document.getElementById('time').value > 12")
    tab.keyboard.press("Space")
    assert tab.inner_text("#play") == "Play"


def test_the_table_of_iterates(opened):
    tab = opened("#T=12")
    tab.get_by_text("Every iterate as a table").click()
    tab.wait_for_selector("#iterates tbody tr:nth-child(12)")
    assert tab.locator("#iterates tbody tr").count() == 12


# --- the file, and access ---


def test_the_file_is_small_and_whole(explorable):
    text = explorable.read_text()
    assert len(text.encode()) < 500_000
    assert not re.findall(r"(?:src|href)\s*=\s*[\"'](?!data:|#)|@import|fetch\(|XMLHttpRequest|import\(", text)
    assert not re.findall(r"\{(?:style|script|version)\}", text)


ONLY_COLOURS = {"runOnly": {"type": "tag", "values": ["cat.color"]}}


@pytest.mark.parametrize("width", [1440, 390])
@pytest.mark.parametrize(
    "address", ["", "#instance=sagd-blocks&radius=9", "#instance=valley-2d", "#parameters=printed&n=12&T=16&eta=1/24"]
)
def test_no_barriers(opened, width, address):
    """axe-core finds nothing: contrast, labels, roles, order; on a desk and on a phone, by day and by night."""
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    tab = opened(address, color_scheme="light", viewport={"width": width, "height": 900})
    if tab.is_visible("#more"):  # the two minima have no iterates
        tab.get_by_text("Every iterate as a table").click()
    ground = "getComputedStyle(document.body).backgroundColor"
    day = tab.evaluate(ground)
    # only colours differ between the schemes, and the page follows when the scheme is changed
    for scheme, options, least in (("light", None, 20), ("dark", ONLY_COLOURS, 0)):
        tab.emulate_media(color_scheme=scheme)
        assert (tab.evaluate(ground) != day) == (scheme == "dark")
        found = axe.run(tab, options=options).response
        assert [(v["id"], [n["html"] for n in v["nodes"]]) for v in found["violations"]] == []
        assert len(found["passes"]) > least
        assert tab.evaluate("document.documentElement.scrollWidth <= innerWidth"), "it scrolls sideways"


def test_command_line(tmp_path, capsys):
    target = tmp_path / "page.html"
    assert cli.main(["explore", "--out", str(target)]) == 0
    assert target.read_text() == source.text()
    assert [p.name for p in tmp_path.iterdir()] == ["page.html"]
    capsys.readouterr()


@pytest.mark.parametrize("place", ["missing/page.html", ".", "page.txt", "page"])
def test_bad_targets(tmp_path, monkeypatch, capsys, place):
    monkeypatch.chdir(tmp_path)
    assert cli.main(["explore", "--out", place]) == 2
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert "out = " in said
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_read_only_folder(tmp_path, capsys):
    tmp_path.chmod(0o500)
    assert cli.main(["explore", "--out", str(tmp_path / "page.html")]) == 2
    assert "cannot be written to" in capsys.readouterr().err

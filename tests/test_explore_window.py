"""The page on SWAD's window in a real browser: its rule against the package's, what a person does, and access."""

import json

import numpy as np
import pytest
from conftest import settled, until

import sco_flat
from sco_flat import cli
from sco_flat.averages.window import MODES
from sco_flat.explore import page
from sco_flat.explore.traces import traces


@pytest.fixture(scope="module")
def explorable(tmp_path_factory):
    """This page in the place of the other one."""
    return page.write(tmp_path_factory.mktemp("page") / "window.html", "window")


@pytest.fixture(scope="module")
def offered():
    """The traces of the page; two of them are of a run."""
    return traces()


def drawn(count):
    """Valleys with noise, a third of them in whole numbers, so that losses tie; sums of up to 300 of them."""
    rng = np.random.default_rng(7)
    for k in range(count):
        size = int(rng.integers(5, 40)) if k % 50 else 320
        ns, ne = int(rng.integers(1, min(size, 20 if k % 50 else 300))), int(rng.integers(1, 13))
        shape = 2 + rng.uniform(0, 3) * np.abs(np.arange(size) - rng.uniform(0, size)) + rng.normal(0, 2, size)
        losses = np.abs(np.floor(shape) if k % 3 == 0 else shape)
        if not k % 50:
            losses = losses[::-1].cumsum()
        yield losses.tolist(), ns, ne, float(rng.choice([0.5, 1.0, 1.2, 1.3, rng.uniform(0.5, 3)])), MODES[k % 3]


def test_four_thousand_random_traces(opened):
    cases = list(drawn(4000))
    asked = "text => JSON.stringify(JSON.parse(text).map(given => scoFlat.window(...given)))"
    found = json.loads(opened().evaluate(asked, json.dumps(cases)))  # as text it is quicker
    wanted = [sco_flat.swad_window(*given).as_dict() for given in cases]
    assert found == wanted  # thresholds to the last bit
    assert {(w["mode"], w["start"] is None, w["ended"]) for w in wanted} == {
        (mode, *how) for mode in MODES for how in ((True, False), (False, False), (False, True))
    }
    assert sum(given[1] > 128 and w["start"] is not None for given, w in zip(cases, wanted, strict=True)) > 10


def shown(tab):
    settled(tab)
    return tab.evaluate("scoFlat.state")


def expected(state):
    return sco_flat.swad_window(state["losses"], state["ns"], state["ne"], state["r"], state["mode"]).as_dict()


def test_every_trace_in_every_mode(opened, offered):
    tab = opened()
    for name, trace in offered.items():
        tab.select_option("#trace", name)
        for mode in MODES:
            tab.check(f"input[value={mode}]")
            state = shown(tab)
            assert (state["losses"], state["mode"]) == (trace["losses"], mode)
            assert state["found"] == expected(state)
            assert trace["about"] in tab.inner_text("#headline")


def test_the_training_loss_never_stops_it_and_fresh_examples_do(opened):
    tab = opened("#trace=training")
    assert "never ends" in tab.inner_text("#headline")
    assert "tₑ = 63: never ended" in tab.text_content("#chart")
    assert max(shown(tab)["losses"]) == 0
    tab.select_option("#trace", "walk")
    assert shown(tab)["found"]["ended"]
    tab.select_option("#trace", "falling")
    assert "the window never begins" in (shown(tab), tab.inner_text("#headline"))[1]


def test_keyboard_alone(opened):
    tab = opened()
    tab.focus("#ne-slider")
    tab.keyboard.press("ArrowRight")
    tab.focus("#r-slider")
    tab.keyboard.press("ArrowLeft")
    tab.focus("#checkpoint")
    for _ in range(4):
        tab.keyboard.press("ArrowRight")
    tab.keyboard.press("Tab")
    tab.keyboard.press("ControlOrMeta+A")
    tab.keyboard.type("2.5")
    state = shown(tab)
    assert (state["ne"], state["r"], state["losses"][4], state["losses"][5]) == (7, 1.29, 2.5, 1.1)
    assert state["found"] == expected(state)
    assert tab.get_attribute("#checkpoint", "aria-valuetext") == "checkpoint 4: loss 2.5"


@pytest.mark.parametrize("touch", [False, True])
def test_drawing(opened, offered, touch):
    """A stroke sets every checkpoint under it, those between two events too."""
    tab = opened(has_touch=touch)
    box = tab.locator("#chart").bounding_box()
    ends = [(box["x"] + box["width"] * share, box["y"] + box["height"] * 0.6) for share in (0.3, 0.8)]
    if touch:
        session = tab.context.new_cdp_session(tab)
        for kind, at in (("Start", ends[0]), ("Move", ends[1]), ("End", None)):
            points = [{"x": at[0], "y": at[1]}] if at else []
            session.send("Input.dispatchTouchEvent", {"type": f"touch{kind}", "touchPoints": points})
    else:
        tab.mouse.move(*ends[0])
        tab.mouse.down()
        tab.mouse.move(*ends[1])
        tab.mouse.up()
    state, before = shown(tab), offered["valley"]["losses"]
    changed = [k for k, (new, old) in enumerate(zip(state["losses"], before, strict=True)) if new != old]
    assert changed == list(range(changed[0], changed[-1] + 1))
    assert len(changed) >= 9
    assert len({state["losses"][k] for k in changed}) == 1
    assert state["found"] == expected(state)


PASTED = [
    ("3, 2,1;1.5 4e-1", [3, 2, 1, 1.5, 0.4]), ("3\n2\n\n\n", [3, 2]), ("loss\n1\n2\n", [1, 2]), ("7", [7]),
    ("step,loss\r\n1,0.5\r\n2,0.25", [0.5, 0.25]), ('\ufeff"epoch","loss"\n1,.5\n2,-1', [0.5, -1]),
]  # fmt: skip
BAD_LOSSES = [
    ("3\n2\nabc\n1", "line 3: “abc” is no finite number"), ("3\n\n2", "line 2: a loss is missing"),
    ("step,loss\n1,2\n2,nan", "line 3, column 2: “nan” is no finite number"), ("1\n1e999", "line 2: “1e999”"),
    ("a,b\n1,2", "line 1: 2 columns, and none is called loss"), ("loss,b\n1,2\n,3", "line 3: a loss is missing"),
    (" ", "no losses: one checkpoint a line"), ("1 " * 401, "401 losses: this page takes at most 400"),
]  # fmt: skip
BAD_ADDRESSES = [
    ("ns=0", "ns = 0: a whole number from 1 to 12"), ("r=-1", "r = -1: a number from 0.5 to 3"),
    ("mode=kind", "mode = kind: one of algorithm"), ("losses=1,x", "losses = 1,x: line 1: “x”"),
    ("__proto__=1", "__proto__: not a setting"), ("trace=constructor", "trace = constructor: one of"),
]  # fmt: skip


def test_losses_are_pasted_and_bad_ones_told_with_their_line(opened):
    tab = opened("#ns=1")
    tab.click("#paste summary")
    for text, losses in PASTED:
        tab.fill("#numbers", text)
        state = shown(tab)
        assert state["losses"] == losses
        assert state["found"] == expected(state)
        assert tab.input_value("#trace") == "own"
    before = shown(tab)
    for text, said in BAD_LOSSES:
        tab.fill("#numbers", text)
        assert said in tab.inner_text("#numbers-hint")
        assert tab.get_attribute("#numbers", "aria-invalid") == "true"
        assert shown(tab) == before


def test_the_address_holds_the_state(opened):
    tab = opened("#mode=text&ns=2&r=1.1&losses=3,2,1,1.5,1.25,4,5")
    tab.fill("#ne", "2")
    state = shown(tab)
    assert state["losses"] == [3, 2, 1, 1.5, 1.25, 4, 5]
    assert opened(tab.evaluate("location.hash")).evaluate("scoFlat.state") == state
    tab.click("#reset")
    assert shown(tab) == opened().evaluate("scoFlat.state")


def test_a_bad_address_is_mended_and_said(opened):
    tab = opened()
    usual = shown(tab)
    for address, said in BAD_ADDRESSES:
        tab.evaluate("address => { location.hash = address }", address)
        until(tab, "document.getElementById('copied').textContent")
        assert said in tab.inner_text("#copied")
        assert shown(tab) == usual
        tab.click("#reset")
        settled(tab)


def test_a_bad_number_keeps_the_window(opened):
    tab = opened()
    before = shown(tab)
    tab.fill("#ne", "2.5")
    assert "a whole number from 1 to 12" in tab.inner_text("#ne-hint")
    assert shown(tab) == before
    tab.fill("#loss", "many")
    assert "a finite number" in tab.inner_text("#loss-hint")
    assert shown(tab) == before


def test_too_few_losses_are_said(opened):
    tab = opened("#losses=1,2")
    assert "2 losses are fewer than Ns = 3" in tab.inner_text("#headline")


@pytest.mark.parametrize(("scheme", "address"), [("light", ""), ("dark", "#trace=early&mode=released")])
def test_no_barriers(opened, scheme, address):
    """axe-core finds nothing; on a laptop nothing scrolls, on a phone nothing sideways."""
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    for width, height in ((1280, 720), (390, 900)):
        tab = opened(address, color_scheme=scheme, viewport={"width": width, "height": height})
        if width > height:
            assert tab.evaluate("document.documentElement.scrollHeight <= innerHeight"), "it scrolls"
        tab.click("#paste summary")
        found = axe.run(tab).response
        assert [(v["id"], [n["html"] for n in v["nodes"]]) for v in found["violations"]] == []
        assert len(found["passes"]) > 20
        assert tab.evaluate("document.documentElement.scrollWidth <= innerWidth"), "it scrolls sideways"


def test_command_line(tmp_path, capsys):
    target = tmp_path / "window.html"
    assert cli.main(["explore", "--page", "window", "--out", str(target)]) == 0
    assert target.read_text(encoding="utf-8") == page.text("window")
    assert target.stat().st_size < 500_000
    capsys.readouterr()
    assert cli.main(["explore", "--page", "windows", "--out", str(tmp_path / "b.html")]) == 2
    assert capsys.readouterr().err.count("did you mean 'window'") == 1
    assert [p.name for p in tmp_path.iterdir()] == ["window.html"]

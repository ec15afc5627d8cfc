"""What a notebook shows of a run, in a real browser: the page is light or dark, and the tables take its colours."""

import pytest

import sco_flat

LOOKS = {"light": ("rgb(255, 255, 255)", "rgb(0, 0, 0)"), "dark": ("rgb(17, 17, 17)", "rgb(224, 224, 224)")}
"""Background and letters, as a notebook sets them around its outputs."""


@pytest.fixture(scope="module")
def shown():
    """The HTML that a notebook takes from a run, by its own formatter."""
    formatter = pytest.importorskip("IPython.core.formatters").DisplayFormatter()
    run = sco_flat.run("sam-chain", n=6, steps=20, step_size=1 / 6)
    found, _ = formatter.format(run)
    assert found["text/plain"] == repr(run)
    return run, found["text/html"]


@pytest.mark.parametrize("look", LOOKS)
def test_a_run_in_a_notebook(browser, shown, look, tmp_path):
    run, text = shown
    background, letters = LOOKS[look]
    context = browser.new_context(offline=True, java_script_enabled=False, viewport={"width": 1280, "height": 900})
    tab = context.new_page()
    complaints = []
    tab.on("console", lambda message: complaints.append(message.text))
    tab.on("request", lambda request: complaints.append(request.url))
    style = f"background: {background}; color: {letters}; font: 13px sans-serif"
    page = f'<!doctype html><body style="{style}"><div style="width: 1000px">{text}</div></body>'
    tab.set_content(page)
    points, claims = tab.evaluate(
        "[...document.querySelectorAll('table')].map(t => [...t.rows].map(r => [...r.cells].map(c => c.innerText)))"
    )
    assert points[0] == ["point", "empirical risk", "population risk", "SAER", "flatness radius"]
    assert [row[0] for row in points[1:3]] == ["last", "average"]
    assert [row[1] for row in claims[1:]] == [claim.name for claim in run.claims]
    paint = "e => [getComputedStyle(e).color, getComputedStyle(e).backgroundColor, e.offsetHeight > 0]"
    painted = tab.evaluate(f"[...document.querySelectorAll('td, th, p')].map({paint})")
    assert painted == [[letters, "rgba(0, 0, 0, 0)", True]] * len(painted)
    boxes = [table.bounding_box() for table in tab.locator("table").all()]
    assert all(box["x"] + box["width"] <= 1000 + 8 for box in boxes)  # nothing has to be scrolled to
    assert boxes[0]["y"] + boxes[0]["height"] <= boxes[1]["y"]
    tab.screenshot(path=tmp_path / f"run-{look}.png", full_page=True)
    context.close()
    assert complaints == []

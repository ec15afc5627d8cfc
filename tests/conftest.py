"""Small legal instances of everything that is registered, so that a new file is tested without an edit here."""

import dataclasses
import gc
import os
import re
import shutil
import sys
import threading
from typing import get_args

import numpy as np
import pytest

from sco_flat import _registry, instances, patience, samples
from sco_flat.engines.layout import Layout, Look
from sco_flat.explore import page
from sco_flat.instances.base import types_of

SMALL = {"flat-erm-code": {"code_length": 9}, "sagd-code": {"letters": 4, "places": 4, "steps": 3}}
"""Numbers of a loss that keep it small."""
CHOICES = ("preset", "parameters")


def variants():
    """Every registered instance, once for each value of its choices."""
    for name in instances.names():
        if instances.get(name).curved:  # networks have a suite of their own
            continue
        hints = types_of(instances.get(name))
        named = [(k, v) for k in CHOICES if k in hints for v in get_args(hints[k])] or [(None, None)]
        yield from ((name, {k: v} if k else {}) for k, v in named)


def build(name, options=None, **numbers):
    """Make an instance with small numbers, its radius as large as its theorem allows."""
    cls = instances.get(name)
    given = {"n": 6, "steps": 6, "step_size": 0.5}
    given["flatness_radius"] = cls.defaults.get("flatness_radius", 0.1) if cls.flat else 0.0
    given |= SMALL.get(name, {})
    given |= {"width": 4} if cls.has_blocks else {"dimension": 5} if "dimension" in _fields(cls) else {}
    given |= {k: v for k, v in numbers.items() if k != "width" or cls.has_blocks}
    if "perturbation_radius" not in given:
        usual = cls.defaults.get("perturbation_radius")
        numbers = (given["steps"], given["step_size"], given["flatness_radius"])
        given["perturbation_radius"] = cls.auto_radius(*numbers) if usual is None else usual
    return cls(**given | (options or {}))


def _fields(cls):
    return {f.name for f in dataclasses.fields(cls)}


def sample_for(instance, seed=0, event="any"):
    """Draw a sample, with a bad column where there are columns."""
    if not instance.has_blocks:
        return instance.draw("free", seed)
    if not hasattr(instance, "bad_code"):  # no columns of bits
        return instance.draw(event, seed)
    return samples.draw(instance.n, instance.columns, instance.bad_code, event, samples.generator(seed))


def dense_look(instance, sample, w):
    """Look at a dense point."""
    rows = np.arange(instance.m)
    return Look(Layout(instance, sample, rows), np.array(w, dtype=float))


def bits(sample, k):
    """Example k of a sample as an array of bits."""
    return (sample.codes >> k) & 1


def pytest_configure():
    """Keep bytecode, also where the environment says no: every worker and process would compile all sources anew."""
    sys.dont_write_bytecode = False
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)


def pytest_collection_finish():
    """Five thousand tests stay until the end: no search for what is unused has to go through them again and again."""
    gc.collect()
    gc.freeze()


@pytest.fixture(autouse=True)
def no_signs_of_life(request, monkeypatch):
    """Bars and signs of life come when the machine is slow: only the tests of patience itself look at them."""
    if request.module.__name__ != "test_patience":
        monkeypatch.setattr(patience._state, "shown", True)
        monkeypatch.setattr(patience, "SILENT", threading.TIMEOUT_MAX)


@pytest.fixture(autouse=True)
def plain_output(monkeypatch):
    """Nobody's terminal decides on what tests compare."""
    for name in ("COLUMNS", "NO_COLOR", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)


def without_signs_of_life(stderr):
    """What a command in a process of its own has said, but for how long it has been at work, and compiled."""
    return re.sub(rb"^[\w-]+: ([\d,]+ s(, .*)?|\d+ kernels? compiled in .*)\n", b"", stderr, flags=re.MULTILINE)


@pytest.fixture(params=[pytest.param(v, id="-".join([v[0], *v[1].values()])) for v in variants()])
def variant(request):
    """Name and options of one registered instance."""
    return request.param


@pytest.fixture(scope="module")
def browser():
    """A Chromium that is on this machine; of one module, since its event loop would be in the way of others."""
    sync = pytest.importorskip("playwright.sync_api")
    names = ("chromium", "chromium-browser", "google-chrome", "chrome")
    found = next((path for name in names if (path := shutil.which(name))), None)
    if found is None:
        assert not os.environ.get("CI"), "CI has to test pages in a browser"
        pytest.skip("no Chromium on this machine")
    flags = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run", "--disable-sync"]
    with sync.sync_playwright() as play:
        browser = play.chromium.launch(executable_path=found, args=flags)
        yield browser
        browser.close()


def until(tab, condition):
    """Wait until a condition holds in a page; Playwright's own way evaluates text in it, which its policy forbids."""
    tab.evaluate(
        f"""new Promise((done, fail) => {{
          setTimeout(() => fail(new Error("never")), 30000);
          const look = () => (({condition}) ? done() : requestAnimationFrame(look));
          look();
        }})"""
    )


def settled(tab):
    """Wait for the frame in which the page follows its controls."""
    tab.evaluate("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")


@pytest.fixture(scope="module")
def explorable(tmp_path_factory):
    """The explorable page as a file."""
    return page.write(tmp_path_factory.mktemp("page") / "page.html")


@pytest.fixture
def opened(browser, explorable):
    """Open the page, offline, and fail at the end of the test on any message or request."""
    contexts, complaints = [], []

    def open_page(address="", **options):
        context = browser.new_context(offline=True, **options)
        contexts.append(context)
        tab = context.new_page()
        tab.on("console", lambda message: complaints.append(message.text))
        tab.on("pageerror", lambda error: complaints.append(str(error)))
        tab.on("request", lambda request: request.url.startswith(("file:", "data:")) or complaints.append(request.url))
        tab.goto(explorable.as_uri() + address)
        until(tab, "scoFlat.updates > 0")
        return tab

    yield open_page
    for context in contexts:
        context.close()
    assert complaints == []


@pytest.fixture
def plugins(monkeypatch, tmp_path):
    """A registry to which a test may add: all that it registers is forgotten afterwards."""
    monkeypatch.setenv(_registry.VARIABLE, os.environ.get(_registry.VARIABLE, ""))
    monkeypatch.setattr(sys, "path", [*sys.path])
    monkeypatch.setattr(_registry, "_added", {axis: dict(known) for axis, known in _registry._added.items()})
    for state in ("_origin", "_loaded", "_texts"):
        monkeypatch.setattr(_registry, state, type(getattr(_registry, state))(getattr(_registry, state)))
    before = set(sys.modules)
    yield
    folders = {str(tmp_path), *map(os.path.dirname, _registry._loaded)}
    for name in set(sys.modules) - before:
        if any(folder in str(getattr(sys.modules[name], "__file__", "")) for folder in folders):
            del sys.modules[name]

"""What the explorable page costs in a browser: its size, its start, and one update at T = 200; wall seconds."""

from __future__ import annotations

import shutil
import statistics
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from benchmarks._base import ABSENT, Benchmark, Row, growth, installed
from sco_flat.explore import write

SETTINGS = {
    "SAM, n = 8": "#T=200",
    "SAM, n = 12": "#T=200&n=12",
    "SAM, printed, all blocks awake": "#T=200&parameters=printed&n=8&eta=1",
    "SAM, printed, n = 12, T = 16": "#T=16&parameters=printed&n=12&eta=1/24",
    "SA-GD, adversarial": "#T=200&instance=sagd-blocks&n=6",
    "SA-GD, robust, uniform": "#T=200&instance=sagd-blocks&n=6&oracle=uniform&preset=robust",
}
REACH = 1500
"""Milliseconds that a person takes to reach for a slider."""


def updates(tab: Any, address: str, count: int) -> list[float]:
    """Milliseconds of updates, each of another sample: simulation and drawing."""
    times = []
    for seed in range(1, count + 1):
        before = tab.evaluate("scoFlat.updates")
        tab.evaluate(f"location.hash = '{address[1:]}&seed={seed}'")
        tab.wait_for_function(f"scoFlat.updates > {before}")
        times.append(tab.evaluate("scoFlat.milliseconds"))
    return times


def opened(browser: Any, page: Path, address: str = "") -> tuple[Any, float]:
    """A new window at its first update, and the seconds until then."""
    tab = browser.new_context(bypass_csp=True).new_page()  # else waiting for a condition would be refused
    began = time.perf_counter()
    tab.goto(page.as_uri() + address)
    tab.wait_for_function("scoFlat.updates > 0")
    return tab, time.perf_counter() - began


def measure(rounds: int, settings: tuple[str, ...], lengths: tuple[int, ...], wait: int) -> Iterator[Row]:
    """Size, start, updates of each setting, and growth in T."""
    chromium = shutil.which("chromium")
    if not installed("Chromium") or chromium is None:
        yield Row("the page", "start", None, ABSENT)
        return
    from playwright.sync_api import sync_playwright

    with tempfile.TemporaryDirectory() as folder, sync_playwright() as play:
        page = write(Path(folder) / "page.html")
        yield Row("the page", "size", page.stat().st_size / 1000, "kB", most=500.0)
        browser = play.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        starts = [opened(browser, page)[1] for _ in range(rounds)]
        yield Row("the page", "start", statistics.median(starts), "s wall", most=1.0)
        for name in settings:
            tab, _ = opened(browser, page, SETTINGS[name])
            yield Row(name, "first update", tab.evaluate("scoFlat.milliseconds"), "ms wall")
            tab.wait_for_timeout(wait)
            yield Row(name, "update", statistics.median(updates(tab, SETTINGS[name], 3 * rounds)), "ms wall")
        times = []
        for steps in lengths:
            address = f"#T={steps}"
            tab, _ = opened(browser, page, address)
            times.append(statistics.median(updates(tab, address, rounds)))
        yield growth(f"SAM, n = 8, T = {lengths[0]:,} to {lengths[-1]:,}", "T", lengths, times)
        browser.close()


BENCHMARK = Benchmark(
    title="The page to play with, in Chromium",
    measure=measure,
    sizes={
        "full": {"settings": tuple(SETTINGS), "lengths": (50, 100, 200), "wait": REACH},
        "quick": {"settings": ("SAM, n = 8",), "lengths": (50, 200), "wait": REACH},
        "smallest": {"settings": ("SAM, n = 8",), "lengths": (20, 40), "wait": 0, "rounds": 1},
    },
)

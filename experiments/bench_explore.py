"""What the explorable page costs in a browser: its size, its start, and one update at T = 200.

Run: python experiments/bench_explore.py (needs the extra test, and Chromium)
"""

import shutil
import statistics
import tempfile
import time
from pathlib import Path

from playwright.sync_api import sync_playwright

from sco_flat.explore import write

SETTINGS = {
    "SAM, n = 8": "#T=200",
    "SAM, n = 12": "#T=200&n=12",
    "SAM, printed, all blocks awake": "#T=200&parameters=printed&n=8&eta=1",
    "SAM, printed, n = 12, T = 16": "#T=16&parameters=printed&n=12&eta=1/24",
    "SA-GD, adversarial": "#T=200&instance=sagd-blocks&n=6",
    "SA-GD, robust, uniform": "#T=200&instance=sagd-blocks&n=6&oracle=uniform&preset=robust",
}
REPEATS = 15


def main() -> None:
    """Print a table; an update is simulation and drawing, each of another sample."""
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as play:
        page = write(Path(folder) / "page.html")
        print(f"size: {page.stat().st_size / 1000:.0f} kB (limit 500)")
        browser = play.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        starts = []
        for _ in range(5):
            tab = browser.new_context().new_page()
            began = time.perf_counter()
            tab.goto(page.as_uri())
            tab.wait_for_function("scoFlat.updates > 0")
            starts.append(time.perf_counter() - began)
        print(f"start, new window, median of {len(starts)}: {statistics.median(starts):.2f} s (limit 1)")
        print(f"{'update [ms]':<34}{'first':>8}{'median':>8}{'largest':>9}")
        for name, address in SETTINGS.items():
            tab = browser.new_context().new_page()
            tab.goto(page.as_uri() + address)
            tab.wait_for_function("scoFlat.updates > 0")
            times = [tab.evaluate("scoFlat.milliseconds")]
            tab.wait_for_timeout(1500)  # as long as a person takes to reach for a slider
            for seed in range(1, REPEATS):
                before = tab.evaluate("scoFlat.updates")
                tab.evaluate(f"location.hash = '{address[1:]}&seed={seed}'")
                tab.wait_for_function(f"scoFlat.updates > {before}")
                times.append(tab.evaluate("scoFlat.milliseconds"))
            later = times[1:]
            print(f"{name:<34}{times[0]:>8.0f}{statistics.median(later):>8.0f}{max(later):>9.0f}")
        browser.close()


if __name__ == "__main__":
    main()

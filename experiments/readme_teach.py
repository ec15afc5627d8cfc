"""Make the pictures of the README's section on teaching: the page, an animation, a figure of a notebook.

Run: python experiments/readme_teach.py (needs the extra test, and Chromium)
"""

import base64
import shutil
import tempfile
from pathlib import Path

import jupytext
from nbclient import NotebookClient
from playwright.sync_api import sync_playwright

from sco_flat.animations import animate
from sco_flat.explore import write

HERE = Path(__file__).parent


def screenshot() -> None:
    """The explorable page as it opens on a laptop."""
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as play:
        page = write(Path(folder) / "page.html")
        browser = play.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        tab = browser.new_page(viewport={"width": 1280, "height": 720})
        tab.goto(page.as_uri())
        tab.wait_for_function("scoFlat.updates > 0")
        tab.screenshot(path=HERE / "explore.png")
        browser.close()


def landscape() -> None:
    """The second figure of the first notebook."""
    folder = HERE.parent / "notebooks"
    notebook = jupytext.read(folder / "1_flat_and_sharp.py")
    NotebookClient(notebook, kernel_name="python3", resources={"metadata": {"path": str(folder)}}).execute()
    shown = [
        o["data"]["image/png"] for c in notebook.cells for o in c.get("outputs", []) if "image/png" in o.get("data", {})
    ]
    (HERE / "landscape.png").write_bytes(base64.b64decode(shown[1]))


if __name__ == "__main__":
    screenshot()
    animate("staircase", HERE / "staircase.gif", steps=32, style="paper")
    landscape()

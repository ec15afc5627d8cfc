"""What README and CONTRIBUTING show runs, and prints what they say."""

import contextlib
import io
import re
from pathlib import Path

import pytest

import sco_flat

ROOT = Path(__file__).parents[1]
BLOCKS = [
    (name, k, block)
    for name in ("README.md", "CONTRIBUTING.md")
    for k, block in enumerate(re.findall(r"```python\n(.*?)```", (ROOT / name).read_text(), flags=re.DOTALL))
]


@pytest.mark.parametrize(("name", "k", "block"), BLOCKS, ids=[f"{name}-{k}" for name, k, _ in BLOCKS])
def test_snippets_print_what_they_say(name, k, block, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(compile(block, name, "exec"), {"__name__": "snippet"})
    said = re.findall(r"^print\(.*\)  # (.*)$", block, flags=re.MULTILINE)
    lines = printed.getvalue().splitlines()
    for wanted in said:
        pattern = re.escape(wanted).replace(r"\.\.\.", r"\d*")
        assert any(re.fullmatch(pattern, line) for line in lines), (wanted, lines)


def test_the_look_of_figures_is_reached_by_its_full_name():
    with sco_flat.plots.style.style("slide"):
        pass


def test_files_that_contributing_walks_through_exist():
    text = (ROOT / "CONTRIBUTING.md").read_text()
    named = set(re.findall(r"`((?:sco_flat|tests|experiments|notebooks)/[\w/.]*)`", text))
    assert len(named) > 15
    assert [path for path in named if not (ROOT / path).exists()] == []


def test_python_m():
    import subprocess
    import sys

    out = subprocess.run([sys.executable, "-m", "sco_flat", "--version"], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == f"sco-flat {sco_flat.__version__}"

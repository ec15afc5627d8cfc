"""Every notebook runs with its assertions; every figure has a question; no measured number is typed in."""

import ast
import re
from pathlib import Path

import pytest

jupytext = pytest.importorskip("jupytext")
nbclient = pytest.importorskip("nbclient")
nbformat = pytest.importorskip("nbformat")
jupyter_client = pytest.importorskip("jupyter_client")

FOLDER = Path(__file__).parent.parent / "notebooks"
NOTEBOOKS = sorted(FOLDER.glob("[0-9]*_*.py"), key=lambda path: int(path.name.partition("_")[0]))
RUNS = [pytest.param(path, marks=pytest.mark.deep) if path.name.startswith("4") else path for path in NOTEBOOKS]
"""Lecture 4 takes a minute."""
FORGET = "from matplotlib import pyplot\npyplot.close('all')\npyplot.rcdefaults()\n%reset -f"
"""What a kernel is told before each notebook; modules stay loaded."""
ANSWER = "<details><summary>Answer</summary>"


def test_there_are_ten():
    numbers = [path.name.partition("_")[0] for path in NOTEBOOKS]
    assert numbers == [str(k) for k in range(1, 11)]


@pytest.fixture(scope="module")
def kernel():
    """One kernel for all notebooks, which loads Python, NumPy, Numba and the compiled code once."""
    manager = jupyter_client.KernelManager(kernel_name="python3")
    manager.start_kernel(cwd=str(FOLDER))
    yield manager
    manager.shutdown_kernel(now=True)


# the kernel's client has its own opinions of the event loop
WARNINGS = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::RuntimeWarning", "ignore::FutureWarning")


@WARNINGS
@pytest.mark.parametrize("path", RUNS, ids=[path.stem for path in NOTEBOOKS])
def test_runs(path, kernel):
    """All cells run, without a name from another notebook, and every figure has a question and its folded answer."""
    notebook = jupytext.read(path)
    notebook.cells.insert(0, nbformat.v4.new_code_cell(FORGET))
    client = nbclient.NotebookClient(notebook, km=kernel, timeout=300)
    client.execute()
    client.kc.stop_channels()
    check_figures(notebook)


@pytest.mark.deep
@WARNINGS
@pytest.mark.parametrize("path", NOTEBOOKS, ids=[path.stem for path in NOTEBOOKS])
def test_runs_alone(path):
    """In a kernel of its own, as a reader runs it."""
    notebook = jupytext.read(path)
    resources = {"metadata": {"path": str(FOLDER)}}
    nbclient.NotebookClient(notebook, timeout=300, kernel_name="python3", resources=resources).execute()
    check_figures(notebook)


def check_figures(notebook):
    """Each of at least three is followed by a question and its folded answer, and what is told has no gap."""
    figures = 0
    for cell, question, answer in zip(notebook.cells, notebook.cells[1:], notebook.cells[2:], strict=False):
        shown = [output.get("data", {}) for output in cell.get("outputs", [])]
        if not any("image/png" in data for data in shown):
            continue
        figures += 1
        assert question.source.startswith("**Question.**"), cell.source[:200]
        said = "".join(output["data"].get("text/markdown", "") for output in answer.get("outputs", []))
        assert ANSWER in (said or answer.source), question.source
        if answer.cell_type == "code":
            assert answer.metadata["jupyter"]["source_hidden"]
            assert "hide-input" in answer.metadata["tags"]
    assert figures >= 3
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", []) if "data" in output]
    told = "".join(output["data"].get("text/markdown", "") for output in outputs)
    assert not re.search(r"\bnan\b|<Figure|\{[a-z_]+\}", told)


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_is_paired_and_its_numbers_are_computed(path):
    notebook = jupytext.read(path)
    assert notebook.metadata["jupytext"]["formats"] == "ipynb,py:percent"
    prose = [cell.source for cell in notebook.cells if cell.cell_type == "markdown"]
    assert prose[0].startswith(f"# {path.name.partition('_')[0]}. ")
    assert prose[-1].startswith("## What to take home")
    assert [re.findall(r"\d\.\d", text) for text in prose] == [[]] * len(prose)
    code = [cell.source for cell in notebook.cells if cell.cell_type == "code"]
    tree = ast.parse("\n".join(re.sub(r"^\s*%.*$", "", text, flags=re.M) for text in code))
    assert sum(isinstance(node, ast.Assert) for node in ast.walk(tree)) >= 15
    for node in ast.walk(tree):
        # a measured number in the text of an f-string would be typed in, too; 1e-12 is a setting
        if isinstance(node, ast.JoinedStr):
            typed = [part.value for part in node.values if isinstance(part, ast.Constant)]
            assert not [text for text in typed if re.search(r"\d\.\d", text)], typed
    for target in re.findall(r"\]\(((?!http)[^)#]+)\)", "\n".join(prose)):
        assert (FOLDER / target).exists(), target


def test_the_instructors_page():
    """The code of its solutions runs, in order; each exercise has a folded solution; links and buttons are there."""
    text = (FOLDER / "README.md").read_text()
    blocks = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    assert len(blocks) >= 6
    assert all("assert" in block for block in blocks)
    names: dict[str, object] = {}
    for block in blocks:
        exec(compile(block, "README.md", "exec"), names)
    exercises = re.findall(r"^\*\*(\d)\. ", text, re.MULTILINE)
    assert exercises == [str(k) for k in range(1, 10)]
    assert text.count("<details><summary>Solution</summary>") == text.count("</details>") == len(exercises)
    for target in re.findall(r"\]\(((?!http)[^)#]+)\)", text):
        assert (FOLDER / target).exists(), target
    from sco_flat.explore.page import text as page

    for button in re.findall(r"^\| [\d–]+ \| ([^|]+) \|", text, re.MULTILINE):
        assert all(f'"{name.strip()}"' in page() for name in re.split(r",(?= \d)", button)), button

"""The book: pages that are made name all there is to name, and a dead link or a formula that is misread is found."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from sco_flat import _registry
from sco_flat.works import base as works

ROOT = Path(__file__).parents[1]
BOOK = ROOT / "notebooks/book"
WORDS = (
    "SAER", "suffix", "event", "block", "dense", "frontier", "flatness radius", "perturbation radius", "D", "Delta",
    "q", "oracle", "tie", "window", "stability", "verdict", "certificate", "statement", "lambda_max", "SA-GD",
    "SAM", "SWAD", "E F", "A", "c", "e_I", "tie-break", "preset", "engine", "conclusion", "dynamics", "symbolic",
)  # fmt: skip


@pytest.fixture(scope="module", autouse=True)
def _importable():
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(BOOK))
        yield


@pytest.fixture(scope="module")
def theory():
    import theory

    return theory.pages()


@pytest.fixture(scope="module")
def reference():
    import reference

    return reference.pages()


@pytest.mark.parametrize("key", works.names())
def test_every_statement_has_a_page(theory, key):
    """With text, loss and needs, what is checked, a proof or the word that there is none, and the command."""
    statement = works.get(key)
    work, _, name = key.partition(".")
    page = theory[f"theory/{work}/{name}.rst"]
    unescaped = page.replace("\\", "")
    assert statement.text in unescaped
    assert statement.title in unescaped
    for title in ("Setting", "What is checked", "Proof", "How to check it"):
        assert re.search(rf"^{title}\n-+$", page, re.MULTILINE), title
    assert f"sco-flat check {key.removeprefix('flat-minima.')}\n" in page
    assert ("sco-flat verify" in page) == (statement.proof is not None)
    if statement.instance:
        assert f"<loss-{statement.instance}>" in page
    conditions = [need.reason for need in statement.needs]
    assert page.count("\n- it ") >= len([reason for reason in conditions if reason.startswith("it ")])
    assert "{" not in "".join(line for line in page.split("\n") if line.startswith("- it "))


def test_every_work_lists_its_statements_and_errata(theory):
    front = theory["theory/index.rst"]
    for work in works.works():
        page = theory[f"theory/{work.name}/index.rst"]
        assert f"{work.name}/index" in front
        keys = [key for key in works.names() if key.startswith(f"{work.name}.")]
        assert keys
        for key in keys:
            assert f"``{key}``" in page
            assert re.search(rf"^   {re.escape(key.partition('.')[2])}$", page, re.MULTILINE)
        for erratum in work.errata():
            assert f"   * - {erratum.key}\n" in page


def test_a_statement_has_the_bounds_that_its_check_calls(theory):
    page = theory["theory/flat-minima/7.rst"]
    assert set(re.findall(r"autofunction:: sco_flat\.works\.flat_minima\.lower\.(\w+)", page)) == {
        "theorem7",
        "theorem7_rate",
        "theorem7_printed_lemma",
    }
    assert "multiplies" not in page  # what is only said where it happens is not the statement
    assert "What is proved, and how" in page


@pytest.mark.parametrize(
    ("axis", "page"),
    [
        ("instances", "losses"), ("methods", "methods"), ("oracles", "oracles"), ("engines", "engines"),
        ("averages", "averages"), ("measures", "measures"), ("networks", "networks"), ("plots", "plots"),
        ("animations", "animations"), ("cli", "commands"),
    ],
)  # fmt: skip
def test_the_reference_names_whatever_is_found_by_its_name(reference, axis, page):
    text = reference[f"reference/{page}.rst"]
    known = _registry.names(axis)
    assert known
    headings = re.findall(r"^(\S+)\n-+$", text, re.MULTILINE)
    assert headings == list(known)


def test_the_reference_has_the_public_names(reference):
    import sco_flat

    page = reference["reference/python.rst"]
    for name in sco_flat.__all__:
        assert name == "__version__" or f"sco_flat.{name}" in page
    modules = "".join(text for name, text in reference.items() if name.startswith("reference/modules/"))
    listed = re.findall(r"automodule:: (\S+)", modules)
    assert {"sco_flat.bounds.optimisation", "sco_flat.runs", "sco_flat.proofs.balls"} <= set(listed)
    assert not [name for name in listed if "kernels" in name or "._" in name]


def test_the_glossary_has_the_words():
    lines = (BOOK / "glossary.md").read_text().splitlines()
    terms = {line for line in lines if line and not line.startswith((" ", "#", "`"))}
    assert set(WORDS) <= terms


def test_the_front_page_lists_the_lectures():
    text = (BOOK / "index.md").read_text()
    listed = re.findall(r"^lectures/(\d\w+)$", text, re.MULTILINE)
    found = sorted((ROOT / "notebooks").glob("[0-9]*_*.py"), key=lambda path: int(path.name.partition("_")[0]))
    assert listed == [path.stem for path in found]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("w* and |w|, [x]_+ of f_", r"w* and \|w\|, [x]\_+ of f\_"),
        ("*Best.* ``w* |w|``", "*Best.* ``w* |w|``"),
        ("* a list\n* of two", "* a list\n* of two"),
        ("see `Look`, `sco_flat.run`", "see ``Look``, `sco_flat.run`"),
        ("so\n\n    |a| = 1\n\nand |b|", "so\n\n::\n\n    |a| = 1\n\nand \\|b\\|"),
        (">>> f(*x)\n'|'\n\n|c|", ">>> f(*x)\n'|'\n\n\\|c\\|"),
        ("M. Kamber", r"M\. Kamber"),
    ],
)
def test_docstrings_are_taken_as_they_are_meant(text, expected):
    from rst import plain

    assert plain(text) == expected


def test_a_lecture_becomes_readable():
    """A line of a formula that begins with + or - would begin a list."""
    pytest.importorskip("jupytext")
    import lectures

    text = lectures.readable("See [this](6_the_valley.py): $$a\n+ b .$$ Then $|c\n- d|$.")
    assert text == "See [this](6_the_valley.ipynb):\n\n$$\na\n+ b .\n$$\n\nThen $|c - d|$."


def test_formulas():
    pytest.importorskip("sphinx")
    from docutils.utils.math import MathError
    from extension import mathml

    half = re.sub(r"\s", "", mathml(r"\tfrac12 x", block=False))
    assert "<mn>1</mn><mn>2</mn>" in half
    assert half.endswith("<mi>x</mi></math>")
    assert "∑" in mathml(r"\Big[ \sum_i x_i \Big]_+^2, \dots", block=True)
    brace = re.sub(r"\s", "", mathml(r"\underbrace{x^{2}}_{\text{seen}} y", block=True))
    assert "</munder><mtext>seen</mtext></munder><mi>y</mi>" in brace
    for wrong in ("x_12", r"\frac{1", r"\unheard x"):
        with pytest.raises(MathError):
            mathml(wrong, block=False)


def test_faults_of_pages_are_found(tmp_path):
    import faults

    (tmp_path / "b.html").write_text('<h1 id="here">B</h1><a href="https://example.org">out</a>')
    (tmp_path / "a.html").write_text('<a href="b.html#here">1</a><a href="b.html">2</a><a href="#">3</a>')
    assert faults.faults(tmp_path) == []
    (tmp_path / "c.html").write_text(
        '<a href="b.html#gone">1</a><a href="d.html">2</a><script src="https://example.org/x.js"></script>'
        "<p>costs $x$</p><pre>echo $HOME</pre>"
    )
    found = faults.faults(tmp_path)
    assert len(found) == 4
    assert "costs $x$" in found[0]
    assert "b.html#gone" in found[1]
    assert "d.html" in found[2]
    assert "loads https://example.org/x.js" in found[3]


@pytest.mark.deep
def test_the_book(tmp_path):
    """It builds without a warning, a dead link or a formula that is left as text."""
    pytest.importorskip("myst_nb")
    command = [sys.executable, BOOK / "build.py", tmp_path]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    pages = tmp_path / "html"
    lecture = (pages / "lectures/1_flat_and_sharp.html").read_text()
    assert lecture.count("<img") >= 3
    assert "<math" in lecture
    assert "Answer</summary>" in lecture
    assert len(list((pages / "theory").rglob("*.html"))) > len(works.names())


def test_the_gallery_has_the_figures_of_the_report(tmp_path):
    import gallery

    (tmp_path / "a.png").write_bytes(b"picture")
    figure = {"name": "a", "caption": "|w*| < 2, F_S", "alt": "[0, 1]", "file_png": str(tmp_path / "a.png")}
    page, pictures = gallery.page([], ROOT / "experiments", [figure])
    assert pictures["gallery/report-a.png"] == b"picture"
    assert r"![\[0, 1\]](gallery/report-a.png)" in page
    assert r"\|w\*\| \< 2, F\_S" in page

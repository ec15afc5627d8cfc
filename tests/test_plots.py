"""Figures from small made-up data, saving, the report, and all figures from real runs."""

from __future__ import annotations

import itertools
import re
import subprocess
import sys

import pytest
from figure_data import FIGURES, fake
from figure_text import cut, watched, wrong
from matplotlib.figure import Figure

from sco_flat.errors import InputError
from sco_flat.plots import style
from sco_flat.reports import report
from sco_flat.reports.rows import summarise
from sco_flat.works.base import works
from sco_flat.works.figures import make

PIXEL = (
    b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x01\x00\x00\x00\x01\x08\x06\x00\x00\x00\x1f\x15\xc4\x89"
    b"\x00\x00\x00\nIDATx\x9cc\x00\x01\x00\x00\x05\x00\x01\r\n-\xb4\x00\x00\x00\x00IEND\xaeB`\x82"
)


@pytest.mark.parametrize(
    ("name", "look"), [*((name, "paper") for name in FIGURES), pytest.param("bounds", "poster", marks=pytest.mark.deep)]
)
def test_every_drawing_returns_a_figure_and_saves_both_files(name, look, tmp_path):
    with style.style(look):
        figure = FIGURES[name].draw(fake(name))
        assert isinstance(figure, Figure)
        with watched() as texts:
            files = style.save(figure, tmp_path, name)
    assert wrong([*texts.values()], figure) == []
    assert cut(figure) == []
    assert [f.suffix for f in files] == [".png", ".pdf"]
    assert all(f.stat().st_size > 1000 for f in files)


def test_the_same_data_give_the_same_bytes(tmp_path):
    found = []
    for _ in range(2):
        with style.style():
            files = style.save(FIGURES["chain"].draw(fake("chain")), tmp_path, "chain")
        found.append([f.read_bytes() for f in files])
    assert found[0] == found[1]


FOREIGN = {
    "text.usetex": True, "savefig.transparent": True, "savefig.bbox": "tight", "savefig.pad_inches": 2.0,
    "axes.facecolor": "black", "axes.prop_cycle": "cycler('color', ['r'])", "axes.xmargin": 0.4, "font.weight": "bold",
    "axes.titleweight": "bold", "xtick.direction": "in", "lines.dash_capstyle": "round", "text.color": "red",
    "axes.formatter.use_locale": True, "axes.unicode_minus": False, "path.sketch": (1, 100, 2), "pdf.compression": 0,
    "figure.constrained_layout.use": False, "legend.frameon": True, "image.cmap": "jet", "hatch.color": "red",
    "mathtext.fontset": "cm", "font.family": "serif",
}  # fmt: skip
"""What somebody's matplotlibrc may say."""


def test_settings_of_the_caller_change_no_figure(tmp_path):
    import matplotlib

    found = []
    for name, settings in (("own", {}), ("foreign", FOREIGN)):
        with matplotlib.rc_context(settings):
            before = matplotlib.rcParams.copy()
            with style.style():
                files = style.save(FIGURES["parameters"].draw(fake("parameters")), tmp_path, name)
            assert all(matplotlib.rcParams[k] == before[k] for k in before if k != "backend")
        found.append([f.read_bytes() for f in files])
    assert found[0] == found[1]


def test_a_figure_keeps_its_look_where_it_is_shown_later():
    """A notebook makes a figure inside ``style`` and shows it at the end of the cell."""
    import io

    import matplotlib

    def shown():
        target = io.BytesIO()
        figure.canvas.print_figure(target, format="png", bbox_inches="tight", facecolor="white", dpi=50)
        return target.getvalue()

    found = []
    for settings in ({}, FOREIGN | {"savefig.bbox": None, "savefig.pad_inches": 0.1}):
        with matplotlib.rc_context(settings):
            with style.style():
                figure = style.new_figure(4, 3)
                figure.subplots().plot([-1, 1], [0, 1])
            found.append(shown())
    assert found[0] == found[1]


def test_style_is_left_behind_and_unknown_names_are_refused():
    import matplotlib

    before = matplotlib.rcParams["font.size"]
    with style.style("slide"):
        assert matplotlib.rcParams["font.size"] > before
    assert matplotlib.rcParams["font.size"] == before
    with pytest.raises(InputError), style.style("papper"):
        pass


def test_no_pyplot():
    code = "import sys, sco_flat.comparisons.overview; sys.exit('matplotlib.pyplot' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def row(**changes):
    return {
        "theorem": 3, "statement": "risk <b>stays</b>", "claim": "F >= bound", "instance": "sagd-blocks",
        "method": "sagd", "n": 6, "T": 64, "eta": 0.25, "r": 0.52, "rho": 0.02, "seeds": 3, "quantity": "F",
        "measured": 0.0757, "relation": ">=", "bound": 0.07, "verdict": "holds", "expected": "holds",
        "evidence": "float", "source": "Theorem 3", "note": "",
    } | changes  # fmt: skip


@pytest.fixture
def page(tmp_path):
    png = tmp_path / "chain.png"
    png.write_bytes(PIXEL)
    drawn = [{"name": "chain", "file_png": png, "file_pdf": tmp_path / "chain.pdf", "caption": "a < b. & c."}]
    rows = [
        row(),
        row(theorem=7, note="<script>alert(1)</script>", verdict="fails", expected="fails"),
        row(theorem=1, verdict="fails", bound=None, claim="odd one", note=""),
    ]
    return report.write_report(
        tmp_path, rows, drawn, {"version": "<1>", "command": "sco-flat reproduce"}, works=works()
    )


def test_report_escapes_everything(page):
    text = page.read_text()
    assert "<script" not in text
    assert "&lt;script&gt;" in text
    assert "risk &lt;b&gt;stays" in text
    assert "a &lt; b. &amp; c." in text


def test_report_is_self_contained(page):
    text = page.read_text()
    sources = re.findall(r'(?:src|href)\s*=\s*"([^"]{0,30})', text)
    assert sources
    assert all(s.startswith("data:image/png;base64,") for s in sources)
    assert "url(" not in text
    assert "@import" not in text
    assert page.stat().st_size < 3e6


def test_report_says_what_was_expected(page):
    text = page.read_text()
    assert "fails, as expected" in text
    assert "fails, expected: holds" in text
    assert "1 did not come out as expected" in text
    assert 'scope="col"' in text
    assert "alt=" in text
    assert "arXiv 2511.03548" in text


def test_report_keeps_the_order_of_its_rows_and_counts_them(tmp_path):
    """Work by work, as the grid has them: no corollary before the theorems, no remark counted as one."""
    titles = ["Theorem 2", "Corollary of Theorem 2", "Theorem 10", "Remark on it", "note: Theorem 1'"]
    rows = [row(theorem=title, note=f"note {k}") for k, title in enumerate(titles)] + [row(theorem="Theorem 2")]
    text = report.write_report(tmp_path, rows, [], {}, works=works()).read_text()
    groups = re.findall(r'scope="rowgroup" colspan="6">([^.<]*)', text)
    assert groups == [title.replace("'", "&#x27;") for title in titles]
    assert re.findall(r"note (\d)</li>", text) == [*"01234"]
    assert "6 claims of 5 statements (3 theorems, 2 corollaries, remarks and conjectures)" in text
    for work in works()[1:]:
        assert f"{work.title} ({work.citation.rpartition(', ')[2]})" in text


def test_the_grid_is_in_the_order_of_the_works():
    """Each statement stands in one place; the paper's theorems come by number, each corollary after its theorem."""
    for quick in (True, False):
        keys = [case.statement for work in works() for case in work.cases(quick)]
        stated = list(dict.fromkeys(keys))
        assert [key for key, _ in itertools.groupby(keys)] == stated
        assert [work for work, _ in itertools.groupby(key.partition(".")[0] for key in stated)] == [
            w.name for w in works()
        ]
        paper = [key.removeprefix("flat-minima.") for key in stated if key.startswith("flat-minima.")]
        assert [key for key in paper if key.isdigit()] == [*"12345678"]
        for key in (key for key in paper if key.endswith("-corollary")):
            assert paper[paper.index(key) - 1] == key[0]


def test_the_summary_keeps_that_order():
    one = {"label": "", "claim": "c", "kind": "conclusion", "verdict": "holds", "seed": 0, "measured": 1.0}
    found = summarise([one | {"theorem": name, "bound": 1.0, "relation": "<="} for name in ("b", "a", "b")])
    assert [(row["theorem"], row["runs"]) for row in found] == [("b", 2), ("a", 1)]


def test_report_without_rows_or_figures(tmp_path):
    assert report.write_report(tmp_path, [], [], {}, works=works()).exists()


@pytest.mark.deep  # `reproduce --quick` draws them all in every run of the continuous integration
def test_all_figures_quick(tmp_path):
    drawn = [make(figure, tmp_path, True, "paper") for figure in FIGURES.values()]
    assert [d["name"] for d in drawn] == list(FIGURES)
    assert all(d["failures"] == [] for d in drawn)
    for one in drawn:
        assert one["file_png"].exists()
        assert one["file_pdf"].exists()
        assert one["caption"].endswith(".")
    text = report.write_report(tmp_path, [row()], drawn, {}, works=works())
    assert text.stat().st_size < 3e6

"""A work outside the package: what CONTRIBUTING shows, and one that has everything a work may have."""

import re
from dataclasses import replace
from pathlib import Path

import plugin_sources as sources
import pytest

import sco_flat
from sco_flat import bounds, works
from sco_flat.bounds.base import PAPER
from sco_flat.cli.main import main
from sco_flat.comparisons import spread
from sco_flat.reports import main as reproduce
from sco_flat.reports.rows import rows_of, summarise
from sco_flat.terminal import comparisons
from sco_flat.terminal import texts as terminal
from sco_flat.works import errata
from sco_flat.works.base import works as all_works

TEXT = (Path(__file__).parents[1] / "CONTRIBUTING.md").read_text()
EXAMPLE = next(block for block in re.findall(r"```python\n(.*?)```", TEXT, re.DOTALL) if "WORK = Work(" in block)


@pytest.fixture
def note(tmp_path, plugins):
    """The example of CONTRIBUTING, registered."""
    (tmp_path / "our_note.py").write_text(EXAMPLE)
    assert sco_flat.register(tmp_path / "our_note.py") == ["works/our-note.descent", "works/our-note"]
    return tmp_path / "our_note.py"


@pytest.fixture
def full(tmp_path, plugins):
    """A work with all its parts."""
    (tmp_path / "whole.py").write_text(sources.WORK)
    sco_flat.register(tmp_path / "whole.py")
    return all_works()[-1]


def test_the_example_does_what_the_text_says(note, capsys):
    assert "flat_minima" not in EXAMPLE
    own = ["flat-minima", "f2m", "factorisation", "swad", "valley", "wen-li-ma"]
    assert [work.name for work in all_works()] == [*own, "our-note"]
    assert main(["list"]) == 0
    said = capsys.readouterr().out
    assert "A note of ours (unpublished)" in said
    assert "our-note.descent" in said
    assert main(["check", "our-note.descent"]) == 0
    assert "verdict: holds" in capsys.readouterr().out
    claims = {c.name: c for c in sco_flat.run("least-squares", "gd", n=8, steps=50, step_size=0.5).claims}
    found = claims["empirical_risk of the full average <= our bound"]
    assert (found.verdict, found.bound) == ("holds", 1.0 / 25.0)
    with pytest.raises(
        sco_flat.InputError, match=r"our note needs eta <= 1/\(2 beta\); the largest legal step size is 0.5"
    ):
        sco_flat.check("our-note.descent", step_size=0.75)
    assert not [c for c in sco_flat.run("least-squares", "sam", n=8, steps=5).claims if "our bound" in c.name]


def test_its_grid_stands_beside_the_papers(note):
    """Two works may have a Theorem 1: the report tells them apart."""
    cases = all_works()[-1].grid(True)
    summary = summarise([row for case in cases for row in rows_of(case)])
    assert [(row["theorem"], row["runs"], row["verdict"]) for row in summary] == [("our-note: Theorem 1", 2, "holds")]
    assert works.get(1).called == "Theorem 1"


def test_what_stands_in_place_of_a_sharper_bound_is_for_works_to_say(note, monkeypatch):
    given = {"step_size": 0.5, "steps": 8, "smoothness": 1.0, "perturbation_radius": 0.1, "flatness_radius": 0.0}
    both = all_works()
    monkeypatch.setattr(works.base, "works", lambda: (both[-1],))
    assert works.base.cited(bounds.sam_sharper)(**given, distance=1.0).source == "star inequality"
    ours = replace(both[-1], sharpens={"sam_sharper": "Lemma 1", "regret_sharper": "Lemma 2"})
    monkeypatch.setattr(works.base, "works", lambda: (replace(both[0], sharpens={"sam_sharper": "Theorem 5"}), ours))
    for function, start in ((bounds.regret_sharper, "our-note, Lemma 2"), (bounds.sam_sharper, f"{PAPER}, Theorem 5")):
        assert works.base.cited(function)(**given, distance=1.0).source == f"sharper than {start}: star inequality"


def test_the_home_of_a_loss_is_that_of_the_first_work(note, monkeypatch):
    own = works.base.home("sam-chain")
    other = replace(own, key="a-note.first", title="Theorem 1")
    monkeypatch.setattr(works.base, "about", lambda instance: iter((other, own)))
    assert works.base.home("sam-chain") is own


@pytest.mark.parametrize(
    ("titles", "text"),
    [
        (["Theorem 7"], "Theorem 7"),
        (["Theorem 3", "Theorem 7"], "Theorems 3 and 7"),
        (["Theorem 1", "Theorem 3", "Theorem 7"], "Theorems 1, 3 and 7"),
        (["Theorem 3", "Lemma 2"], "Theorem 3 and Lemma 2"),
    ],
)
def test_titles_in_a_sentence(titles, text):
    assert works.base.listed(titles) == text


def test_errata_gaps_figures_and_proofs(full, tmp_path, capsys):
    shown = errata.evaluate("whole-1")
    assert [e.as_expected for e in shown] == [True]
    assert "whole-1  Remark 1" in terminal.errata_text(shown)
    assert "half" in comparisons.gaps_text(full.gaps())
    assert full.name in [work.name for work in all_works()]
    assert "whole-dots" in [figure.name for figure in reproduce.pictures()]
    made = reproduce.picture("whole-dots", tmp_path, True, "paper")
    assert Path(tmp_path / made["file_png"]).stat().st_size > 1000
    ((key, numbers),) = full.proved
    assert works.base.prove(key, "every sample", **numbers).verdict == "proved"
    path = str(tmp_path / "whole.json")
    assert main(["check", key, "--evidence", "every-sample", "--certificate", path]) == 0
    assert main(["verify", path]) == 0


def test_bounds_on_stability_transfer_and_risk(full, capsys):
    words = ["least-squares", "--method", "gd", "--n", "6", "--steps", "6"]
    assert main(["bounds", "stability", *words]) == 0
    assert "eps <= whole: our stability" in capsys.readouterr().out
    assert main(["bounds", "risk", *words, "--samples", "2"]) == 0
    said = capsys.readouterr().out
    for name in (
        "measured stability, whole: our transfer",
        "along the trajectory, whole: our transfer",
        "a priori, whole: our risk",
    ):
        line = next(line for line in said.splitlines() if name in line)
        assert line.endswith("ok"), line
    assert "a priori, the paper's constants" in said


def test_the_papers_rows_stay_the_papers(full):
    """The names of the first work's rows do not move to another one."""
    facts = {"families": {"gd"}}
    numbers = dict.fromkeys(("step_size", "steps", "smoothness", "perturbation_radius", "n", "distance"), 1.0)
    found = spread._bounds(spread.Spread(0.0, None, None, 0.0, 0, ""), facts, numbers)
    assert [name for name, _, _ in found][2:] == ["the paper's constants", "whole: our stability"]


@pytest.mark.deep
def test_the_report_has_it(full, tmp_path):
    assert reproduce.reproduce(tmp_path / "report", quick=True).surprises == 0
    page = (tmp_path / "report" / "report.html").read_text()
    for part in ("whole: Remark 1", "A whole work", "whole-1", "of dots", "half of nothing"):
        assert part in page

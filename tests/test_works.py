"""The table of all works: README's is that of the command, and no answer stands without its statement."""

import json
import runpy
from pathlib import Path

import pytest

from sco_flat import _registry, cli
from sco_flat.checks import check
from sco_flat.errors import InputError
from sco_flat.reports import report
from sco_flat.reports import works as asked
from sco_flat.works import row
from sco_flat.works.base import get, names, works


@pytest.mark.deep
def test_the_table_of_readme_is_that_of_the_command(monkeypatch, capsys):
    lines = asked.table()
    assert {line.work for line in lines} == {work.name for work in works()}
    monkeypatch.setattr(asked, "table", lambda: lines)  # what is shown, not once more computed
    assert cli.main(["works", "--json"]) == 0
    assert [one["work"] for one in json.loads(capsys.readouterr().out)] == [line.work for line in lines]
    readme = runpy.run_path(str(Path(__file__).parent.parent / "experiments" / "readme_works.py"))
    assert readme["markdown"](lines) in readme["README"].read_text()
    assert report._works(lines).count("<tr>") == len(lines) + 1


def answers():
    """All that are cheap: those decided in fractions or balls."""
    rows = [one for work in works() for one in work.rows()]
    found = [a for one in rows for a in (one.generalises, one.found) if isinstance(a, row.Answer) and not a.run]
    cheap = [a for a in found if get(a.key).proof is not None or not get(a.key).instance]
    assert len(cheap) >= 12
    return cheap


@pytest.mark.parametrize("answer", answers(), ids=lambda a: f"{a.key}: {a.claim[:20]}")
def test_answers_that_are_proved_stand_in_readme(answer):
    said = asked.said(answer)
    assert said.verdict == "proved"
    assert said.evidence in ("every sample", "symbolic")
    readme = (Path(__file__).parent.parent / "README.md").read_text()
    assert said.text.replace("|", "\\|") in readme


def test_an_answer_falls_with_its_statement(monkeypatch, capsys):
    answer = row.Answer("yes", "f2m.blind", "F(e_I) - F(0) = (1 - rho)²/4")

    said = answer.said("fails", check("f2m.blind").claims)
    assert (said.text, said.verdict) == ("not shown", "fails")
    monkeypatch.setattr(asked, "table", lambda: [row.Line("f2m", "flat-erm", "noise", said, row.Said("not asked"))])
    assert cli.main(["works"]) == 1
    assert "not shown" in capsys.readouterr().out


def test_a_claim_that_the_statement_does_not_make_is_refused():
    with pytest.raises(InputError, match=r"f2m\.blind makes no claim of that name"):
        row.Answer("yes", "f2m.blind", "F = 0").said("proved", check("f2m.blind").claims)


def test_a_statement_writes_out_the_loss_that_it_is_about():
    """Otherwise a run of that loss would not find it: files that do not have the word are not imported."""
    about = [(key, get(key).instance) for key in names()]
    assert len([loss for _, loss in about if loss]) > 40
    assert [key for key, loss in about if loss and key not in _registry.names_with("works", loss)] == []

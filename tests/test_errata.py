"""Errata: every entry is shown by what it computes, and one that is not is called stale."""

import json
import shlex
from dataclasses import replace
from fractions import Fraction

import pytest

from sco_flat import cli
from sco_flat.errors import InputError
from sco_flat.reproduce import report
from sco_flat.works import errata
from sco_flat.works.errata import Erratum, Shown, exact
from sco_flat.works.flat_minima.errata import entries

ENTRIES = entries()


@pytest.mark.parametrize("entry", ENTRIES, ids=[e.key for e in ENTRIES])
def test_every_entry_is_shown(entry):
    shown = entry.evaluate()
    assert shown.as_expected
    assert (shown.false is not None) or entry.kind in ("gap", "misprint")
    assert shown.true.verdict == "proved"  # exact arithmetic or balls, no float
    assert entry.printed
    assert entry.holds
    data = shown.as_dict()
    assert json.loads(json.dumps(data)) == data


@pytest.mark.parametrize("entry", [e for e in ENTRIES if e.command], ids=[e.key for e in ENTRIES if e.command])
def test_its_command_runs(entry, capsys):
    words = shlex.split(entry.command)
    assert words[0] == "sco-flat"
    code = cli.main(words[1:])
    out, err = capsys.readouterr()
    assert code in (0, 1)
    assert (out != "", err) == (True, "")
    if "printed" in words or "--allow-outside" in words:
        assert code == 1


def test_keys_and_order():
    keys = [e.key for e in ENTRIES]
    assert len(set(keys)) == len(keys)
    assert keys == sorted(keys)
    with pytest.raises(InputError, match="did you mean '7"):
        errata.evaluate("7A")


def test_a_stale_entry_is_called_stale(capsys, monkeypatch):
    true = exact("1", 1, "<=", 1, "")
    false = exact("1", 1, "<=", Fraction(1, 2), "")
    kept = Erratum("0a", "nowhere", "x", "y", "false", lambda: (false, true))
    assert kept.evaluate().as_expected
    for pair in ((true, true), (None, true), (false, false)):
        assert not replace(kept, show=lambda pair=pair: pair).evaluate().as_expected
    stale = Shown(kept, true, true)
    monkeypatch.setattr(errata, "evaluate", lambda key=None: [stale])
    assert cli.main(["errata"]) == 1
    assert "STALE" in capsys.readouterr().out
    assert "not confirmed by this run" in report._errata([stale])


def test_the_command_line_shows_one_or_all(capsys):
    assert cli.main(["errata", "3e"]) == 0
    out = capsys.readouterr().out
    assert "max{z v, 0}² at z = v = -1: 1 <= 0" in out
    assert out.count("printed:") == 1
    assert cli.main(["errata", "--json"]) == 0
    assert len(json.loads(capsys.readouterr().out)) == len(ENTRIES)
    assert cli.main(["errata", "none"]) == 2

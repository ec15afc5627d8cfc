"""Tables on a terminal and elsewhere."""

import os
import re
import sys

import pytest

import sco_flat
from sco_flat import cli, terminal
from sco_flat.terminal import tables

LONG = [
    (
        "conclusion",
        "F of every suffix average (lowest at 1) >= [sqrt(eta (r - rho)² T/(30 n)) - rho]_+²/8",
        "0.00120481",
    ),
    ("dynamics", "largest fall of x in a step", "0"),
]
HEAD = ("kind", "claim", "value")


@pytest.fixture
def narrow(monkeypatch):
    """A terminal of a number of columns."""

    def make(columns):
        monkeypatch.setattr(sys.stdout, "isatty", lambda: True, raising=False)
        monkeypatch.setattr("shutil.get_terminal_size", lambda *_: os.terminal_size((columns, 24)))

    return make


def words(text):
    """The words of a table in the order of its cells, whatever lines they stand on."""
    return sorted(re.sub(r"-{2,}", " ", text).split())


@pytest.mark.parametrize("columns", [60, 80, 100, 200])
def test_a_table_fits_the_terminal_and_loses_nothing(narrow, columns):
    whole = tables.table(LONG, HEAD)
    assert max(map(len, whole.splitlines())) == 109
    narrow(columns)
    found = tables.table(LONG, HEAD)
    assert max(map(len, found.splitlines())) <= columns
    assert words(found) == words(whole)
    assert (found == whole) == (columns >= 109)
    if columns < 109:  # what goes on below stands in its own column
        head, _, _, below = found.splitlines()[:4]
        assert below[: head.index("claim")].strip() == ""
        assert below[head.index("claim")] != " "


def test_what_cannot_be_broken_stays_whole(narrow):
    narrow(10)
    assert "0.00120481" in tables.table(LONG, HEAD)
    assert tables.table([("a" * 30, "b")], ("x", "y")).splitlines()[2] == "a" * 30 + "  b"


def test_a_loss_that_no_sample_enters_has_no_event():
    run = sco_flat.run("valley-2d", steps=4, step_size=0.25)
    assert terminal.run_text(run).splitlines()[1] == "event: none is asked of the sample"


def test_the_list_fits_and_a_pipe_gets_whole_lines(narrow, capsys):
    assert cli.main(["list"]) == 0
    whole = capsys.readouterr().out
    assert max(map(len, whole.splitlines())) > 150
    narrow(80)
    assert cli.main(["list"]) == 0
    found = capsys.readouterr().out
    assert max(map(len, found.splitlines())) <= 80
    assert found.split() == whole.split()

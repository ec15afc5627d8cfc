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
        monkeypatch.setenv("NO_COLOR", "1")
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


WIDE = [("last", *(f"{k}.23456e-05" for k in range(1, 9))), ("average", *("0.25" for _ in range(8)))]
TOP = ("point", *(f"measure {k}" for k in range(1, 9)))


@pytest.mark.parametrize(("columns", "tables_"), [(40, 4), (80, 2), (140, 1)])
def test_columns_without_room_go_below_with_the_first_one_again(narrow, columns, tables_):
    narrow(columns)
    found = tables.table(WIDE, TOP).split("\n\n")
    assert len(found) == tables_
    assert max(len(line) for part in found for line in part.splitlines()) <= columns
    for part in found:
        assert [line.split()[0] for line in part.splitlines() if line[0] not in " -"] == ["point", "last", "average"]
    shown = [word for part in found for word in part.split()]
    assert all(shown.count(cell) == 1 for cell in WIDE[0][1:])
    assert shown.count("0.25") == 8


def test_a_sentence_is_broken_between_words_on_a_terminal_only(narrow):
    text = "short\n  " + "word " * 30 + "end\n\nlast"
    assert tables.folded(text) == text
    narrow(50)
    found = tables.folded(text).split("\n")
    assert max(map(len, found)) <= 50
    assert [found[0], *found[-2:]] == ["short", "", "last"]
    assert found[1].startswith("  word")
    assert all(line.startswith("      word") for line in found[2:-2])
    assert " ".join(found).split() == text.split()


@pytest.mark.parametrize("columns", [80, 100])
@pytest.mark.parametrize(
    "words",
    [
        ["run", "xor", "--d", "4", "--n", "8", "--width", "4", "--steps", "4"],
        ["errata", "F1"],
        ["check", "wen-li-ma.floor"],
        ["check", "factorisation.lambda", "--evidence", "every-sample"],
    ],
)
def test_what_commands_print_fits(narrow, capsys, words, columns):
    narrow(columns)
    assert cli.main(words) == 0
    assert max(map(len, capsys.readouterr().out.splitlines())) <= columns


def test_stages_say_what_a_run_is_made_of():
    """T counts the steps of all stages; eta and r are theirs."""
    numbers = {"inputs": 6, "n": 20, "width": 8, "stages": "30:.01:.1,20:.01:0", "seed": 1}
    line = terminal.check_text(sco_flat.check("wen-li-ma.bias", **numbers)).splitlines()[1]
    assert "T = 51" in line
    assert "stages = 30:0.01:0.1,20:0.01:0.0" in line
    assert "eta" not in line
    assert "r = " not in line
    head = terminal.run_text(sco_flat.run("xor", "sam", **numbers)).splitlines()[0]
    assert "T = 51, stages = 30:0.01:0.1,20:0.01:0.0, rho = 0" in head

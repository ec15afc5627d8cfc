"""Tables on a terminal and elsewhere."""

import os
import re
import sys

import pytest

import sco_flat
from sco_flat import cli
from sco_flat.colours import coloured
from sco_flat.terminal import tables
from sco_flat.terminal import texts as terminal

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


CLAIMS = [
    ("hypothesis", "n >= 6", "6", ">=", "6", "float", "ok"),
    ("conclusion", "F of every suffix average >= eta² r² T/40", "0.0157947", ">=", "0.00625", "float", "FAILS [1]"),
    ("conclusion", "F of the full average <= the paper's bound", "0.0157947", "<=", "", "float", "- [2]"),
]
CLAIM = ("kind", "claim", "value", "", "bound", "evidence", "verdict")


@pytest.mark.parametrize(
    ("columns", "common", "pages"),
    [(62, None, 1), (61, "evidence float", 1), (52, "evidence float", 1), (51, "evidence float", 2)],
)
def test_what_is_the_same_in_all_rows_is_said_once_where_there_is_no_room(narrow, columns, common, pages):
    """Nothing is lost; a page of further columns names the rows by their claims."""
    narrow(columns)
    *found, last = tables.table(CLAIMS, CLAIM, name=1).split("\n")
    said = f"in every row: {common}"
    assert (last == said) == (common is not None)
    found = "\n".join(found if last == said else [*found, last]).split("\n\n")
    assert len(found) == pages
    assert ("evidence" in found[0]) == (common is None)
    for page in found:
        assert max(map(len, page.splitlines())) <= columns
        assert "claim" in page.splitlines()[0]
        assert page.count("average") == 2
    shown = "\n".join(found)
    assert [shown.count(word) for word in ("FAILS", "[1]", "[2]", "0.00625")] == [1, 1, 1, 1]


def test_a_single_row_and_a_wide_line_keep_all_their_columns(narrow):
    assert "in every row" not in tables.table(CLAIMS, CLAIM, name=1)
    narrow(50)
    assert "in every row" not in tables.table(CLAIMS[:1], CLAIM, name=1)


@pytest.mark.parametrize(("columns", "most"), [("60", 60), ("100", 100), ("0", None), ("many", None), ("", None)])
def test_columns_that_somebody_asks_for_count_everywhere(monkeypatch, columns, most):
    monkeypatch.setenv("COLUMNS", columns)
    assert tables.room() == most
    text = "word " * 40
    assert max(map(len, tables.folded(text).splitlines())) <= (most or len(text))


PLAIN = re.compile(r"\x1b\[[\d;]*m")
COLOURED = re.compile(r"\x1b\[[\d;]+m([^\x1b]+)\x1b\[0m")


@pytest.mark.parametrize(
    ("environment", "terminal", "colours"),
    [
        ({}, True, True),
        ({}, False, False),
        ({"NO_COLOR": "1"}, True, False),
        ({"NO_COLOR": ""}, True, True),
        ({"FORCE_COLOR": "1"}, False, True),
        ({"FORCE_COLOR": "1", "NO_COLOR": "1"}, True, False),
        ({"FORCE_COLOR": "", "TERM": "dumb"}, True, False),
    ],
)
def test_verdicts_have_colours_where_they_are_shown(monkeypatch, environment, terminal, colours):
    """Words and columns stay."""
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("TERM", "xterm")
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(sys.stdout, "isatty", lambda: terminal, raising=False)
    plain = tables.table(CLAIMS, CLAIM, name=1)
    assert "\x1b" not in plain
    with coloured():
        found = tables.table(CLAIMS, CLAIM, name=1)
    assert PLAIN.sub("", found) == plain
    assert COLOURED.findall(found) == (["ok", "FAILS", "-"] if colours else [])


def test_the_command_line_has_colours_and_python_has_none(monkeypatch, capsys):
    printed = {"parameters": "printed", "n": 12, "step_size": "1/24", "steps": 16}
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("COLUMNS", "80")
    assert cli.main(["check", "7", *(word for k, v in printed.items() for word in ("--set", f"{k}={v}"))]) == 1
    found, plain = capsys.readouterr().out, str(sco_flat.check("7", **printed))
    assert PLAIN.sub("", found) == plain + "\n"
    assert plain.count("FAILS") == COLOURED.findall(found).count("FAILS") > 0
    assert COLOURED.findall(found)[-1] == "fails"
    assert "\x1b" not in plain


@pytest.mark.parametrize(
    ("value", "digits", "text"),
    [
        (20.0, 1, "20"),
        (1048576.0, 6, "1048576"),
        (1048576.5, 6, "1.04858e+06"),
        (1e12, 6, "1e+12"),
        (-16384.0, 4, "-16384"),
        (0.1234567, 6, "0.123457"),
        (float("inf"), 6, "inf"),
        (float("nan"), 6, "nan"),
        (1e-30, 6, "1e-30"),
        (None, 6, ""),
    ],
)
def test_a_whole_number_is_written_as_one(value, digits, text):
    assert tables.number(value, digits) == text


@pytest.mark.parametrize(
    ("ends", "text"), [(("2E+1", "2E+1"), "20"), (("1E+6", "1000000"), "1000000"), (("1E+20", "1E+20"), "1e+20")]
)
def test_a_proved_whole_number_is_written_as_one(ends, text):
    assert tables.enclosed(ends) == text


def test_ratios_are_written_without_exponents():
    found = [tables.times(x, 3) for x in (None, 1.0, 57.31, 12821.0, 2.457e6)]
    assert found == ["", "1x", "57.3x", "12,800x", "2,460,000x"]


@pytest.mark.parametrize("columns", [60, 80])
def test_examples_of_a_help_text_are_continued_as_a_shell_reads_them(monkeypatch, capsys, columns):
    monkeypatch.setenv("COLUMNS", "200")
    with pytest.raises(SystemExit):
        cli.main(["--help"])
    whole = capsys.readouterr().out.split("examples:")[-1]
    monkeypatch.setenv("COLUMNS", str(columns))
    with pytest.raises(SystemExit):
        cli.main(["--help"])
    found = capsys.readouterr().out
    assert max(map(len, found.splitlines())) <= columns
    joined = re.sub(r" \\\n +", " ", found.split("examples:")[-1])
    assert joined.split() == whole.split()
    assert [x for x in joined.splitlines() if "sco-flat " in x] == [x for x in whole.splitlines() if "sco-flat " in x]


@pytest.mark.parametrize("columns", [60, 80, 100])
@pytest.mark.parametrize(
    "words",
    [
        ["check", "7", "--n", "6", "--steps", "16"],
        ["errata", "1b"],
        ["bounds", "stability", "sam-sharp", "--steps", "3"],
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

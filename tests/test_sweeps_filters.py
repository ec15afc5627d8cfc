"""Conditions on the rows of a sweep, and the same in SQL."""

import itertools
import json
import sqlite3

import pytest

from sco_flat.errors import InputError
from sco_flat.sweeps import filters

COLUMNS = ["instance", "method", "n", "T", "radius", "project", "stages", "F <= D²/(eta T).holds", "average.saer"]
ROWS = [
    {"method": m, "n": n, "T": t, "radius": r, "project": p, "stages": s}
    for m, n, t, r, p, s in itertools.product(
        ("gd", "sam"), (6, 8), (16, 64), (None, "auto", 1 / 3, 0.0), (True, False), ("1:0.1:0.0,2:0.2:0.0", None)
    )
]


def kept(*texts):
    conditions = filters.read("only", texts, COLUMNS)
    return [row for row in ROWS if filters.chosen(conditions, row)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("n=6", lambda row: row["n"] == 6),
        ("n = 6, 8", lambda row: True),
        ("n==8", lambda row: row["n"] == 8),
        ("steps<=2^4", lambda row: row["T"] == 16),
        ("T<64", lambda row: row["T"] == 16),
        ("T>16.0", lambda row: row["T"] == 64),
        ("T>=16", lambda row: True),
        ("method!=GD", lambda row: row["method"] == "sam"),
        ("method!=gd,sam", lambda row: False),
        ("radius=1/3", lambda row: row["radius"] == 1 / 3),
        ("radius=0.3333333333", lambda row: row["radius"] == 1 / 3),
        ("r<0.3333333333", lambda row: row["radius"] == 0.0),
        ("r>=0.3333333333", lambda row: row["radius"] == 1 / 3),
        ("r!=0", lambda row: row["radius"] != 0.0),
        ("r=none,auto", lambda row: row["radius"] in (None, "auto")),
        ("perturbation_radius!=none", lambda row: row["radius"] is not None),
        ("project=true", lambda row: row["project"]),
        ("project=1", lambda row: False),
        ("stages=1:0.1:0.0,2:0.2:0.0", lambda row: row["stages"] is not None),
    ],
)
def test_which_rows_are_so(text, expected):
    """Also in SQL, where a row without JSON is none of them."""
    wanted = [row for row in ROWS if expected(row)]
    assert kept(text) == wanted
    assert bool(wanted) == (text not in ("method!=gd,sam", "project=1"))
    clause, given = filters.sql(filters.read("only", [text], COLUMNS))
    store = sqlite3.connect(":memory:")
    store.execute("CREATE TABLE cells (place INTEGER, labels TEXT)")
    store.executemany("INSERT INTO cells VALUES (?, ?)", ((k, json.dumps(row)) for k, row in enumerate(ROWS)))
    store.execute("INSERT INTO cells VALUES (-1, '{no JSON')")
    found = store.execute(f"SELECT labels FROM cells WHERE {clause} ORDER BY place", given).fetchall()
    store.close()
    assert [json.loads(row[0]) for row in found] == wanted


def test_all_have_to_hold_and_no_condition_takes_all():
    assert kept("n=6", "T>16", "method=sam") == [r for r in ROWS if (r["n"], r["T"], r["method"]) == (6, 64, "sam")]
    assert kept() == ROWS
    assert filters.sql(()) == ("1", [])


def test_columns_with_relations_in_their_names_and_results():
    (found,) = filters.read("only", ["F <= D²/(eta T).holds=true"], COLUMNS)
    assert (found.name, found.relation) == ("F <= D²/(eta T).holds", "=")
    assert found.holds({found.name: True})
    (found,) = filters.read("only", ["average.saer>0"], COLUMNS)
    assert found.holds({found.name: 1e-300})
    assert not found.holds({found.name: float("nan")})


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("n", "only = n: is COLUMN=VALUE, or has !=, <, <=, > or >= between them; for example n=6,8"),
        ("=6", "only = =6: is COLUMN=VALUE"),
        ("n=", "only = n=: has no value after =; for example n=6,8"),
        ("n<6,8", "only = n<6,8: has no number after <; write one number, for example T<=64"),
        ("method>=gd", "has no number after >="),
        ("metod=gd", "only = 'metod': known names are .*; did you mean 'method'?"),
        (6, "only = 6: is a text like n=6; write it in quotes"),
    ],
)
def test_what_is_no_condition_is_one_line(text, message):
    with pytest.raises(InputError, match=message.replace("?", r"\?")) as caught:
        filters.read("only", [text], COLUMNS)
    assert "\n" not in str(caught.value)

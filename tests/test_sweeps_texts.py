"""Sweeps: what a store is told of a million cells at once is what each cell says."""

import hashlib
import itertools
import json
import sqlite3
from dataclasses import replace

import pytest

from sco_flat.sweeps import plan, rows, store

CHAIN = {"instance": "sam-chain", "axes": {"n": [6, 7], "T": [8, 9], "eta": 0.1}, "random": {"repeat": 3}}
FORMULA = CHAIN | {"method": ["gd", "sam"], "axes": CHAIN["axes"] | {"radius": "1/(2*eta*sqrt(T))", "width": [30, 40]}}
LET = CHAIN | {"let": {"c": [1, 2, 1.0]}, "allow_outside": True}
CHECKS = {"statement": "flat-minima.7", "axes": {"n": [6, 7], "T": [8, 9]}}
DECLARED = [CHAIN, FORMULA, LET, LET | {"random": {"repeat": 3, "by": ["c", "n"], "seed": 5}}, CHECKS]


def written(data):
    return json.dumps(data, sort_keys=True, separators=(",", ":"))


@pytest.mark.parametrize("declared", DECLARED)
def test_texts_are_those_of_the_cells(declared):
    found = plan.understand(declared)
    cells = list(found.cells())
    assert len(cells) > 1
    pairs = itertools.zip_longest(cells, found.texts())
    assert all(texts == (written(c.labels), written(c.arguments)) for c, texts in pairs)
    assert len({c.text for c in cells}) == len(cells)


ALONG = [
    CHAIN | {"method": ["sam", "gd"], "axes": CHAIN["axes"] | {"epsilon": [0.0, 0.1, 1e-3]}},
    CHAIN | {"method": ["sam", "gd"], "axes": CHAIN["axes"] | {"epsilon": [0.0, 1.0], "normalize": [True, False]}},
    CHAIN | {"method": ["sam", "gd"], "axes": CHAIN["axes"] | {"radius": [0.1, "auto"], "width": [40]}},
    CHAIN | {"axes": {"eta": [0.1, 1], "n": 6, "T": [8, 9]}, "random": {"repeat": 2, "by": ["T"]}},
    CHAIN | {"axes": {"eta": "1/T", "n": 6, "T": {"linspace": [8, 64, 5]}}},
    LET,
]
"""The last axis is read, decides what is, has one value, draws the seeds, enters a formula, and is there twice."""


@pytest.mark.parametrize("declared", ALONG)
def test_cells_are_those_of_each_combination_alone_in_the_order_of_the_file(declared):
    """A sweep of one value of everything has no axis along which texts are put together."""
    found, alone = plan.understand(declared), []
    for values in itertools.product(*found.axes.values()):
        single = {key: (value,) for key, value in zip(found.axes, values, strict=True)}
        alone += replace(found, axes=single).cells()
    expected = {cell.text: cell for cell in reversed(alone)}  # of equal arguments the first
    order = [cell for cell in alone if expected[cell.text] is cell]
    assert [*found.cells()] == order
    assert len(order) < len(alone) or declared in ALONG[2:5]


def test_a_seed_is_taken_once_where_no_run_reads_what_draws_it():
    """Values of a name that no run reads: as many cells as there are seeds, in the order of the file."""
    plain, drawn = (plan.understand(LET | {"random": {"repeat": 3, "by": by}}) for by in ([], ["c"]))
    assert [c.labels["repetition"] for c in plain.cells()] == [0, 1, 2] * 4
    cells = list(drawn.cells())
    assert len({c.text for c in cells}) == len(cells) > 12
    assert {c.labels["seed"] for c in plain.cells()}.isdisjoint(c.labels["seed"] for c in cells)


def test_a_key_and_a_seed_are_what_they_were():
    """Stores of before go on where they were: the formulas, written out."""
    found = plan.understand(LET | {"random": {"repeat": 2, "by": ["n"], "seed": 5}})
    for cell, (_, arguments) in zip(found.cells(), found.texts(), strict=True):
        drawn = written([5, {"n": cell.labels["n"], "repetition": cell.labels["repetition"]}])
        assert cell.labels["seed"] == int.from_bytes(hashlib.blake2b(drawn.encode(), digest_size=6).digest(), "big")
        own = {k: v for k, v in cell.arguments.items() if k != "allow_outside"}
        text = written([own, ["average", "last"], "v"])
        key = hashlib.blake2b(text.encode(), digest_size=16).digest()
        assert rows.key_of(arguments, ("average", "last"), "v") == key


@pytest.mark.parametrize("labels", ['{"a":1}', '{"a":"it\'s"}', '{"a":"\\u00e4"}', '{"a":"\'\\\\"}'])
@pytest.mark.parametrize("key", [bytes(16), b"'\"\\nab" * 2, bytes(range(130, 146))])
def test_the_checksum_of_a_new_row_is_the_one_that_is_looked_at(labels, key):
    connection = sqlite3.connect(":memory:")
    connection.create_function("seal", -1, rows.seal)
    connection.execute(rows.TABLES["cells"])
    row = rows.waiting(key, 12, labels, '{"n":6}')
    connection.execute(f"INSERT INTO cells VALUES (?, ?, ?, ?, {rows.WAITING}, NULL, NULL, NULL, ?)", row)
    assert connection.execute(f"SELECT key, place, labels FROM cells WHERE {rows.SOUND}").fetchall() == [row[:3]]


def test_entering_is_whole_or_nothing(tmp_path, monkeypatch):
    """What stops it, a kill among them, leaves rows, plan and file as they were; then it goes on."""
    small, large = plan.understand(CHAIN), plan.understand(FORMULA)
    with store.Store(tmp_path, create=True) as opened:
        opened.register(small)
        before = list(opened.select("SELECT * FROM cells")), opened.declared()
        real = rows.waiting

        def stopped(key, place, *texts):
            if place == 30:
                raise KeyboardInterrupt
            return real(key, place, *texts)

        monkeypatch.setattr(store, "waiting", stopped)
        with pytest.raises(KeyboardInterrupt):
            opened.register(large)
        monkeypatch.undo()
        assert (list(opened.select("SELECT * FROM cells")), opened.declared()) == before
        opened.register(large)
        assert opened.counts() == rows.Counts(len(list(large.cells())), 0, 0, 0)
        assert opened.lost() == []

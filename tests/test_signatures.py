"""What an editor and a notebook complete is what the vocabulary has, and what each function returns."""

import ast
import inspect
import typing
from pathlib import Path

import pytest

import sco_flat
from sco_flat import signatures, vocabulary
from sco_flat.averages.options import ALL, VALIDATIONS
from sco_flat.averages.window import MODES
from sco_flat.checks import check
from sco_flat.signatures import Numbers, OfAverage, OfRun
from sco_flat.vocabulary import OPTIONS

ROOT = Path(__file__).parents[1]
HINTS = {name: hint.__forward_arg__ for name, hint in OfRun.__annotations__.items()}
OF_AVERAGE = {option.name: option for option in ALL}
SPELLED = {spelling: option for option in OPTIONS.values() for spelling in option.spellings if option.name != "method"}
WORDS = {
    "order": vocabulary.ORDERS, "schedule": vocabulary.SCHEDULES, "event": vocabulary.EVENTS, "mode": MODES,
    "validation": VALIDATIONS,
}  # fmt: skip
"""Options whose words no file adds to."""


def test_every_option_is_typed_under_every_name():
    assert set(Numbers.__annotations__) == set(SPELLED)  # the method is an argument of its own
    assert set(OfAverage.__annotations__) == set(OF_AVERAGE)
    assert Numbers.__total__ is False


@pytest.mark.parametrize("name", sorted(SPELLED | OF_AVERAGE))
def test_a_type_says_what_the_vocabulary_reads(name):
    option = (SPELLED | OF_AVERAGE)[name]
    kinds = {"real": "Number", "whole": "Number", "flag": "bool", "word": "str", "start": "Start", "stages": "Stages"}
    kind = kinds[option.kind]
    if option.name in WORDS:
        kind = f"Literal[{', '.join(map(repr, WORDS[option.name]))}]"
        assert option.words() == WORDS[option.name]
    assert HINTS[name] == f"{kind} | None"


@pytest.mark.parametrize("function", ["run", "check", "certify", "request_from"])
def test_options_are_seen_one_by_one(function):
    seen = inspect.signature(getattr(sco_flat, function)).parameters
    assert set(Numbers.__annotations__) <= set(seen)
    assert all(seen[name].kind is inspect.Parameter.KEYWORD_ONLY for name in Numbers.__annotations__)
    assert [p.kind for p in seen.values()][-1] is inspect.Parameter.VAR_KEYWORD  # constants of losses and methods


def test_a_run_shows_the_numbers_of_averages():
    assert set(OF_AVERAGE) <= set(inspect.signature(sco_flat.run).parameters)
    assert set(OF_AVERAGE).isdisjoint(inspect.signature(sco_flat.check).parameters)  # which takes no average


def test_spelling_changes_no_function():
    def plain(a, *, b=1, **numbers):
        return a, b, numbers

    assert signatures.spelled(plain) is plain
    assert plain(1, steps=2, knee=3) == (1, 1, {"steps": 2, "knee": 3})


def test_a_notebook_completes_options():
    shell = pytest.importorskip("IPython.core.interactiveshell").InteractiveShell()
    from IPython.core.completer import provisionalcompleter

    shell.user_ns["sco_flat"] = sco_flat
    shell.Completer.use_jedi = False  # reads sources; it takes seconds
    for text, wanted in (('sco_flat.run("huber", step', {"steps=", "step_size="}),
                         ("sco_flat.check(7, ev", {"evidence=", "event="})):  # fmt: skip
        with provisionalcompleter():
            assert {c.text for c in shell.Completer.completions(text, len(text))} >= wanted


def test_an_editor_sees_every_public_name():
    """The names that load lazily, once more where only type checkers look."""
    tree = ast.parse((ROOT / "sco_flat" / "__init__.py").read_text())
    (only,) = [node for node in tree.body if isinstance(node, ast.If)]
    seen = {alias.asname: node.module for node in only.body for alias in node.names}
    assert seen == {name: f"sco_flat.{home}" for name, home in sco_flat._HOMES.items()}


def test_evidence_decides_what_a_check_returns():
    found = [str(inspect.signature(f)) for f in typing.get_overloads(check)]
    returned = {text.rpartition("-> ")[2] for text in found}
    assert returned == {"'Check'", "'Proof'", "'Check | Proof'", "'Inspection'"}


SNIPPET = """
import sco_flat
import numpy as np
from fractions import Fraction
run = sco_flat.run("sam-chain", n=np.int64(6), T="1e4", eta=Fraction(1, 24), start=[0.0], order="one-pass")
run = sco_flat.run("sam-chain", average="swad", n_start=2, mode="text", validation="F_S")
reveal_type(run)
reveal_type(sco_flat.run("huber", knee=9.0))
reveal_type(sco_flat.check(7, n=6))
reveal_type(sco_flat.check(7, evidence="every sample", precision=300, eta="1/24..4"))
reveal_type(sco_flat.check("swad.miss", evidence="every-sample", q="1/16"))
reveal_type(sco_flat.certify("huber", n=4))
sco_flat.run(7)
"""


@pytest.mark.deep
def test_a_type_checker_reads_the_signatures(tmp_path):
    mypy = pytest.importorskip("mypy.api")
    path = tmp_path / "snippet.py"
    path.write_text(SNIPPET)
    said, _, _ = mypy.run([str(path), "--config-file", str(ROOT / "pyproject.toml"), "--follow-imports", "silent"])
    revealed = [line.partition('Revealed type is "')[2].rstrip('"') for line in said.splitlines() if "Revealed" in line]
    assert [text.rpartition(".")[2] for text in revealed] == ["Run", "Run", "Check", "Proof", "Proof", "Certified"]
    errors = [line for line in said.splitlines() if "error:" in line]
    assert errors
    assert all(f":{SNIPPET.splitlines().index('sco_flat.run(7)') + 1}:" in line for line in errors), said
